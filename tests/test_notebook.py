"""Schedules show themselves in notebooks."""

from __future__ import annotations

import pytest

import sphinx_pipeviz as pv

YAML = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\nstyle: mono\n"
PLAN = pv.plan("gpipe", devices=2, microbatches=2)
SOURCES = [PLAN, pv.simulate(PLAN), pv.read(YAML)]
STUCK = pv.Plan.parse(["0F0 0B0 0F1 0B1", "1F1 1B1 1F0 1B0"])


class Printer:
    def __init__(self):
        self.said = ""

    def text(self, text):
        self.said += text


def printed(source):
    printer = Printer()
    source._repr_pretty_(printer, cycle=False)
    return printer.said


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_source_is_a_picture_and_a_text(source):
    assert source._repr_svg_() == pv.render(source, "svg").decode()
    assert printed(source) == pv.render(source, "text").rstrip()


def test_what_cannot_be_drawn_says_why():
    assert STUCK._repr_svg_() is None
    assert printed(STUCK).startswith("Plan that cannot be drawn: ")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_ipython_shows_both(source):
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is missing")
    formatter = formatters.DisplayFormatter()
    formatter.active_types = ["image/svg+xml", "text/plain"]
    shown, _ = formatter.format(source)
    assert shown["image/svg+xml"].rstrip().endswith("</svg>")
    assert "Device 1 │F1│F2│" in shown["text/plain"]
