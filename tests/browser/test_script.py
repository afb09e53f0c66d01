"""The script in Chromium: ways of microbatches, the keyboard, the legend, strict policies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sphinx_pipeviz.draw.style import STYLES
from tests.browser.sites import TEXT, TURNS, fill_of

pytestmark = pytest.mark.browser


def test_a_task_lights_up_its_microbatch(visit):
    page = visit("furo")
    page.hover("#p0 .pv > path[data-m='3']")
    lit = page.evaluate("[...document.querySelectorAll('.pv-on')].map(e => e.dataset.m)")
    assert len(lit) == 16
    assert set(lit) == {"3"}
    page.mouse.move(0, 0)
    assert not page.query_selector(".pv-on")


@pytest.mark.behaviour(27)
def test_the_keyboard_walks_from_task_to_task_and_hears_what_they_are(visit):
    page = visit("furo")
    assert page.evaluate("document.querySelectorAll('#p0 .pv [tabindex=\"0\"]').length") == 1
    page.evaluate("document.querySelector('#p0 .pv > [tabindex=\"0\"]').focus()")

    def pressed(key):
        page.keyboard.press(key)
        return page.evaluate("document.activeElement.getAttribute('aria-label')")

    assert pressed("ArrowRight") == "Forward 2, stage 1, Device 1, 1 to 2"
    assert page.inner_text(".pipeviz-tip") == "Forward 2, stage 1, Device 1, 1 to 2"
    assert pressed("ArrowDown").startswith("Forward 1, stage 2, Device 2, ")
    page.keyboard.press("Escape")
    assert not page.query_selector(".pv-lit")
    assert page.is_hidden(".pipeviz-tip")


def opacity(page, element):
    return float(
        page.evaluate(f"getComputedStyle(document.querySelector('{element}')).opacity")
    )


def test_entries_of_the_legend_show_and_hide_their_tasks(visit):
    page = visit("furo")
    key = "#p1 .pv-key[data-k=F]"
    assert page.get_attribute(key, "aria-pressed") == "true"
    page.click(key)
    assert page.get_attribute(key, "aria-pressed") == "false"
    for off in ("#p1 .pv[data-k=F]", "#p1 .pv-over[data-k=F]"):
        assert opacity(page, off) < 0.1
    assert opacity(page, "#p1 .pv[data-k=I]") == opacity(page, "#p0 .pv[data-k=F]") == 1
    page.click(key)
    assert page.get_attribute(key, "aria-pressed") == "true"
    assert opacity(page, "#p1 .pv[data-k=F]") == 1


def test_entries_of_the_legend_are_buttons_for_the_keyboard(visit):
    page = visit("furo")
    page.focus("#p1 .pv [tabindex='0']")
    page.keyboard.press("Tab")
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
    focused = "document.activeElement.getAttribute"
    assert page.evaluate(f"{focused}('aria-pressed')") == "true"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{focused}('aria-pressed')") == "false"
    assert page.evaluate(f"{focused}('data-k')") == "F"
    # the arrows walk over what shows
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{focused}('aria-label')").startswith("Backward for input 1,")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{focused}('aria-label')").startswith("Backward for weights 1,")


def test_the_tab_key_stops_at_nothing_that_only_holds_others(visit):
    page = visit("furo")
    page.focus("#p0 .pipeviz-text summary")
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.localName"))
    assert stops == ["path", "g", "g", "g", "button", "summary"]


def test_keys_that_walk_do_not_turn_the_page(visit):
    page = visit("furo")
    page.evaluate(TURNS)
    page.focus("#p0 .pv [tabindex='0']")
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "End", "Home"):
        page.keyboard.press(key)
    assert page.evaluate("turns") == []
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("x")
    assert page.evaluate("turns") == ["Alt", "ArrowRight", "x"]


def test_without_javascript_entries_of_the_legend_are_plain(visit):
    page = visit("furo", script=False)
    assert not page.query_selector(".pv-key[role], .pv-key[tabindex]")


def test_the_script_finds_pictures_that_come_later_once(visit):
    page = visit("furo")
    page.evaluate(
        "() => { const old = document.querySelector('#p1');"
        " const html = old.outerHTML.replace(/ (role|tabindex|aria-pressed)=.[^ >]*/g, '');"
        " old.outerHTML = html; }"
    )
    key = "#p1 .pv-key[data-k=F]"
    page.wait_for_selector(f"{key}[role=button]")
    page.evaluate("() => document.body.append(document.createElement('p'))")
    page.click(key)
    assert page.get_attribute(key, "aria-pressed") == "false"


@pytest.mark.behaviour(29)
def test_pictures_work_under_a_strict_policy(browser, sites, tmp_path):
    out = Path(sites["alabaster"].removeprefix("file://")).parent
    strict = shutil.copytree(out, tmp_path / "strict")
    policy = "default-src 'none'; style-src file:; script-src file:; img-src file: data:"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    blocked = {}
    for name in ("genindex.html", "index.html"):
        html = (strict / name).read_text().replace("<head>", f"<head>{meta}", 1)
        (strict / name).write_text(html)
        page = browser.new_page(color_scheme="dark")
        found = blocked.setdefault(name, [])
        page.on("console", lambda m, found=found: m.type == "error" and found.append(m.text))
        page.goto((strict / name).as_uri())
        if name == "index.html":
            assert fill_of(page, TEXT) == STYLES["seed-dark"].text
            page.hover("#p0 .pv > path[data-m='3']")
            assert page.query_selector(".pv-on")
            page.click("#p0 .pipeviz-zoom button")
            page.keyboard.press("+")
            assert page.evaluate("document.querySelector('.pipeviz-view').scrollLeft") > 0
        page.close()
    # what the theme itself loses is the same on a page without pictures
    assert blocked["index.html"] == blocked["genindex.html"]
