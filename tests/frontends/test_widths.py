"""Pictures are drawn as wide as they are shown, and their text can be read there."""

from __future__ import annotations

import re

import pytest

from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.frontends.widths import fitted
from sphinx_pipeviz.spec import Spec

#: A column of text of 15 cm, in points.
COLUMN = 425.0


def width_of(width, style=None):
    found = fitted(Spec(schedule="1f1b", style=style), width).style
    return found["width"] if isinstance(found, dict) else None


@pytest.mark.parametrize(
    ("width", "points"),
    [
        ("50%", 270.0),
        ("100%", 540.0),
        ("10cm", 283.5),
        ("100mm", 283.5),
        ("4in", 288.0),
        ("400", 300.0),
        ("400px", 300.0),
        ("1pt", 150.0),
        ("9000in", 5000.0),
        (None, None),
        ("0%", None),
        ("image", None),
        ("3 furlongs", None),
    ],
)
def test_a_width_is_one_in_points(width, points):
    assert width_of(width) == points


def test_a_style_keeps_its_name_its_fields_and_its_own_width():
    assert fitted(Spec(style="mono"), "50%").style == {"width": 270.0, "base": "mono"}
    assert fitted(Spec(style={"first": 0}), "50%").style == {"width": 270.0, "first": 0}
    assert width_of("50%", {"width": 700}) == 700


@pytest.mark.parametrize("name", STYLES)
def test_text_is_seven_points_high_in_a_column(name):
    style = STYLES[name]
    assert style.font_size * min(1.0, COLUMN / style.width) >= 7.0


def test_a_figure_with_a_width_is_drawn_at_it(site):
    body = "\n   schedule: gpipe\n   devices: 2\n   microbatches: 2\n"
    site.write("index.rst", f"Title\n=====\n\n.. pipeline-schedule::\n   :width: 50%\n{body}")
    assert site.build().warnings == []
    pictures = list((site.output / "html").rglob("pipeviz-*.svg"))
    assert pictures
    assert all(re.search(r'width="270pt"', path.read_text()) for path in pictures)
    assert "width: 50%" in site.page("index.html")
    assert site.build("latex").warnings == []
    assert r"width=0.500\linewidth" in site.page("site.tex", "latex")
