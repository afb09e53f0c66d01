"""Pages of five themes in Chromium: colours, contrast, ids, width and network."""

from __future__ import annotations

import re

import pytest

from sphinx_pipeviz.draw.style import STYLES, contrast
from tests.browser.sites import TEXT, THEMES, TOGGLES, fill_of, hexed, toggled

pytestmark = pytest.mark.browser

#: What is behind an element: the first background that is not transparent.
BEHIND = """element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
}"""


def behind(page, element):
    return hexed(page.evaluate(f"({BEHIND})({element})"))


def check_look(page, mode):
    """The picture has a mode's colours, can be read, and one of its images shows."""
    style = STYLES["seed"] if mode == "light" else STYLES["seed-dark"]
    assert fill_of(page, TEXT) == style.text
    idle = "document.querySelector('#p0 svg > path')"
    assert fill_of(page, idle) == style.idle
    assert contrast(fill_of(page, TEXT), behind(page, TEXT)) >= 4.5
    shown = page.evaluate(
        "[...document.querySelectorAll('img[src*=\"pipeviz-\"]')]"
        ".filter(i => i.getClientRects().length).map(i => i.className)"
    )
    assert [f"pipeviz-{mode}" in name for name in shown] == [True]


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("theme", TOGGLES)
@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_follow_the_toggle_whatever_the_system_says(visit, theme, system, mode):
    page = visit(theme, system)
    toggled(page, theme, mode)
    check_look(page, mode)


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_pictures_follow_the_system_where_nothing_was_chosen(visit, theme, system):
    check_look(visit(theme, system), system)


@pytest.mark.behaviour(7)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_without_javascript_pictures_suit_the_page(visit, theme, system):
    # themes of pydata's family need it to be dark
    page = visit(theme, system, script=False)
    check_look(
        page, "light" if theme in ("pydata_sphinx_theme", "sphinx_book_theme") else system
    )


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("theme", THEMES)
def test_what_is_printed_is_light(visit, theme):
    page = visit(theme, "dark")
    if theme in TOGGLES:
        toggled(page, theme, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert fill_of(page, TEXT) == STYLES["seed"].text
    shown = page.evaluate(
        "[...document.querySelectorAll('img[src*=\"pipeviz-\"]')]"
        ".filter(i => getComputedStyle(i).display != 'none').map(i => i.className)"
    )
    assert ["pipeviz-light" in name for name in shown] == [True]


@pytest.mark.parametrize("theme", THEMES)
def test_images_are_neither_dimmed_nor_put_on_white(visit, theme):
    page = visit(theme, "dark")
    looks = page.evaluate(
        "[...document.querySelectorAll('img[src*=\"pipeviz-\"]')].map(i => {"
        " const s = getComputedStyle(i); return [s.filter, s.backgroundColor]; })"
    )
    assert looks == [["none", "rgba(0, 0, 0, 0)"]] * 2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [360, 1440])
def test_a_page_is_as_wide_as_its_window(visit, theme, width):
    page = visit(theme, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.behaviour(29)
@pytest.mark.parametrize("theme", THEMES)
def test_a_page_asks_for_nothing_and_complains_of_nothing(visit, theme):
    page = visit(theme)
    page.wait_for_load_state("networkidle")
    ours = [problem for problem in page.problems if "pipeviz" in problem]
    theirs = [problem for problem in page.problems if problem not in ours]
    assert not ours
    assert not [url for url in theirs if url.startswith("http")]


@pytest.mark.behaviour(23)
@pytest.mark.parametrize("theme", THEMES)
def test_no_id_is_there_twice(visit, theme):
    ids = visit(theme).evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    ours = [name for name in ids if re.match(r"pv\d|p\d|file$", name)]
    assert len(ours) > 30
    assert len(ours) == len(set(ours))
