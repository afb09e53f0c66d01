"""Schedules show themselves in notebooks."""

from __future__ import annotations

import re

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


def ids(html):
    return re.findall(r' id="([^"]+)"', html)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_html_is_a_picture_with_its_colours(source):
    html = source._repr_html_()
    assert html.startswith('<div class="pipeviz"><style>')
    assert html.endswith("</svg></div>")
    assert "Pipeline schedule, gpipe: 2 devices, 2 microbatches" in html
    style = re.search(r'<svg class="pipeviz-svg ([^"]+)"', html)[1]
    assert f".{style}{{--pipeviz-" in html
    for page in (
        "body[data-jp-theme-light=false]",
        "body[data-theme=dark]",
        "html[theme=dark]",
    ):
        assert f"{page} .{style}" in html


def test_dark_picture_has_a_ground_where_the_page_may_stay_white():
    html = PLAN._repr_html_()
    (dark,) = re.findall(
        r"@media screen and \(prefers-color-scheme:dark\)\{\n(html:[^{]+?) \.pipeviz-svg"
        r"\{background-color:var\(--pipeviz-background\)\}",
        html,
    )
    style = re.search(r'<svg class="pipeviz-svg ([^"]+)"', html)[1]
    assert f"{dark} .{style}{{" in html
    assert "--pipeviz-background:" in html


def test_the_same_picture_twice_has_no_ids_in_common():
    first, second = (SOURCES[2]._repr_html_() for _ in range(2))
    assert len(ids(first)) == len(set(ids(first))) > 2
    assert not set(ids(first)) & set(ids(second))
    used = set(re.findall(r"url\(#([^)]+)\)", second))
    assert used
    assert used < set(ids(second))


def test_a_picture_of_very_many_tasks_is_no_part_of_the_page():
    large = pv.plan("1f1b", devices=8, microbatches=400)
    assert large._repr_html_() is None
    assert list(large._repr_mimebundle_()) == ["image/svg+xml", "application/pdf"]


def test_a_bundle_has_what_is_asked_for():
    assert list(PLAN._repr_mimebundle_()) == ["text/html", "image/svg+xml", "application/pdf"]
    assert list(PLAN._repr_mimebundle_(include=["application/pdf"])) == ["application/pdf"]
    assert list(PLAN._repr_mimebundle_(exclude=["text/html", "application/pdf"])) == [
        "image/svg+xml"
    ]
    assert STUCK._repr_mimebundle_() == {}


@pytest.mark.parametrize(
    ("format", "kind"),
    [("svg", "image/svg+xml"), ("pdf", "application/pdf"), ("png", "image/png")],
)
def test_what_render_gives_shows_itself(format, kind):
    drawn = pv.render(PLAN, format)
    ((found, data),) = drawn._repr_mimebundle_().items()
    assert found == kind
    assert (data.encode() if isinstance(data, str) else data) == drawn
    assert printed(drawn) == f"<{kind}, {len(drawn):,} bytes>"


def test_text_from_render_is_shown_as_lines():
    assert printed(pv.render(PLAN, "text")) == pv.render(PLAN, "text").rstrip()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_ipython_shows_both(source):
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is missing")
    formatter = formatters.DisplayFormatter()
    formatter.active_types = ["image/svg+xml", "text/plain"]
    shown, _ = formatter.format(source)
    assert shown["image/svg+xml"].rstrip().endswith("</svg>")
    assert "Device 1 │F1│F2│" in shown["text/plain"]
