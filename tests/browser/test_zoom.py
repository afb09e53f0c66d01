"""Enlarged pictures in Chromium: mouse, keyboard, focus, and what the page keeps."""

from __future__ import annotations

import re

import pytest

from sphinx_pipeviz.draw.style import STYLES
from tests.browser.sites import THEMES, TOGGLES, TURNS, hexed, toggled

pytestmark = pytest.mark.browser

OPEN = "#p0 .pipeviz-zoom button"
IMAGE = "[src*='pipeviz-'] ~ .pipeviz-zoom button"
VIEW = "document.querySelector('.pipeviz-view')"


def state(page):
    """Return the width of the enlarged picture, and how far it is scrolled."""
    return page.evaluate(
        f"(v => [v.firstChild.getBoundingClientRect().width, v.scrollLeft])({VIEW})"
    )


def focused(page):
    return page.evaluate("document.activeElement.textContent")


@pytest.mark.behaviour(38)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("opener", [OPEN, IMAGE], ids=["inline", "image"])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_picture_fills_the_window_and_goes_back_to_its_place(visit, theme, opener, width):
    page = visit(theme, width=width)
    around = f'document.querySelector("{opener}").closest(".pipeviz-zoom").parentNode.outerHTML'
    page.focus(opener)
    before = page.evaluate(around)
    page.keyboard.press("Enter")
    assert state(page)[0] == pytest.approx(width - 24, abs=1)
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.pipeviz-large')")
    assert focused(page) == "Enlarge"
    after = page.evaluate(around)
    assert re.sub(r' (style|class)=""', "", after) == re.sub(r' class=""', "", before)
    assert not [problem for problem in page.problems if "pipeviz" in problem]


@pytest.mark.behaviour(38)
@pytest.mark.parametrize("opener", [OPEN, IMAGE], ids=["inline", "image"])
def test_the_keyboard_enlarges_and_moves(visit, opener):
    page = visit("furo")
    page.click(opener)
    least, _ = state(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    wide, middle = state(page)
    assert wide == pytest.approx(1.25**2 * least, rel=0.01)
    page.keyboard.press("ArrowRight")
    assert state(page)[1] == pytest.approx(middle + 60, abs=1)
    page.keyboard.press("ArrowLeft")
    assert state(page)[1] == pytest.approx(middle, abs=1)
    page.keyboard.press("-")
    assert state(page)[0] == pytest.approx(1.25 * least, rel=0.01)
    page.keyboard.press("0")
    assert state(page) == [pytest.approx(least), 0]


def test_keys_that_move_an_enlarged_picture_do_not_turn_the_page(visit):
    page = visit("furo")
    page.evaluate(TURNS)
    page.click(OPEN)
    for key in ("ArrowLeft", "ArrowRight", "+"):
        page.keyboard.press(key)
    assert page.evaluate("turns") == []


def test_escape_closes_whatever_has_the_focus(visit):
    page = visit("alabaster")
    page.click(OPEN)
    page.click(".pipeviz-large .pv-key[data-k=F]")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.pipeviz-large')")


#: How far a button stands from the text before it, in pixels.
GAP = """() => {
  const words = document.createRange();
  words.selectNodeContents(document.querySelector('#p0 summary'));
  const button = document.querySelector('#p0 .pipeviz-zoom button').getBoundingClientRect();
  return button.left - words.getBoundingClientRect().right;
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_the_button_covers_no_words(visit, theme):
    assert visit(theme, width=360).evaluate(GAP) > 0


def test_the_buttons_enlarge_and_close(visit):
    page = visit("furo")
    page.click(OPEN)
    least, _ = state(page)
    page.click("text=Fit")
    page.click("[aria-label='Zoom in']")
    assert state(page)[0] == pytest.approx(1.25 * least, rel=0.01)
    page.click("[aria-label='Zoom out']")
    page.click("text=Close")
    assert focused(page) == "Enlarge"


def test_the_wheel_keeps_what_is_under_the_pointer_and_the_mouse_drags(visit):
    page = visit("furo")
    page.click(OPEN)
    task = "document.querySelector('.pipeviz-view .pv path[data-m=\"4\"]')"
    box = f"(b => [b.x + b.width / 2, b.y + b.height / 2])({task}.getBoundingClientRect())"
    x, y = page.evaluate(box)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -500)
    page.wait_for_function(f"{VIEW}.scrollLeft > 0")
    assert page.evaluate(box)[0] == pytest.approx(x, abs=2)
    page.mouse.down()
    page.mouse.move(x - 50, y)
    page.mouse.up()
    assert page.evaluate(box)[0] == pytest.approx(x - 50, abs=2)


def test_enlarged_tasks_and_entries_work_as_before(visit):
    page = visit("furo")
    page.click("#p1 .pipeviz-zoom button")
    page.click(".pipeviz-large .pv-key[data-k=F]")
    assert page.get_attribute(".pipeviz-large .pv-key[data-k=F]", "aria-pressed") == "false"
    page.focus(".pipeviz-large .pv [tabindex='0']")
    page.keyboard.press("ArrowRight")
    assert page.is_visible(".pipeviz-large .pipeviz-tip")
    assert page.inner_text(".pipeviz-tip").startswith("Backward for weights 1")
    page.click("text=Close")
    assert page.get_attribute("#p1 .pv-key[data-k=F]", "aria-pressed") == "false"


def test_the_dialog_is_named_and_no_id_is_there_twice(visit):
    page = visit("furo")
    page.click(OPEN)
    assert page.get_attribute(".pipeviz-large", "aria-label").startswith("Pipeline schedule")
    ids = page.evaluate("[...document.querySelectorAll('[id^=pv]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_dialog_has_the_colours_of_its_picture(visit, theme, mode):
    page = visit(theme, mode)
    if theme in TOGGLES:
        toggled(page, theme, mode)
    page.click(OPEN)
    colours = page.evaluate(
        "() => { const style = getComputedStyle(document.querySelector('.pipeviz-large'));"
        " return [style.color, style.backgroundColor]; }"
    )
    style = STYLES["seed" if mode == "light" else "seed-dark"]
    assert hexed(colours[0]) == style.text
    light = sum(int(part) for part in re.findall(r"\d+", colours[1])[:3]) > 384
    assert light == (mode == "light")


def test_nothing_moves_for_those_who_want_that(visit):
    page = visit("furo")
    page.hover("#p0 .pv path")
    page.click(OPEN)
    page.keyboard.press("+")
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.behaviour(38)
def test_without_javascript_and_in_print_there_is_no_button(visit):
    assert not visit("furo", script=False).is_visible(".pipeviz-zoom")
    page = visit("furo")
    page.emulate_media(media="print")
    assert not page.is_visible(OPEN)


@pytest.mark.behaviour(38)
def test_pictures_that_do_not_ask_have_no_button(visit):
    page = visit("furo")
    assert page.evaluate("document.querySelectorAll('.pipeviz-zoom button').length") == 3
    assert not page.query_selector("#p2 .pipeviz-zoom")


def test_the_whole_screen_and_back(visit):
    page = visit("furo")
    page.click(OPEN)
    page.click("text=Full screen")
    page.wait_for_function("document.fullscreenElement")
    page.click("text=Close")
    page.wait_for_function("!document.fullscreenElement")
    assert focused(page) == "Enlarge"
