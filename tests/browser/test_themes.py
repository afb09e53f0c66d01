"""Pages of five themes in Chromium: colours, contrast, ids, width and network."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import sphinx_pipeviz
from sphinx_pipeviz.draw.style import STYLES, contrast

pytestmark = pytest.mark.browser

THEMES = {
    "furo": "furo",
    "pydata_sphinx_theme": "pydata_sphinx_theme",
    "sphinx_book_theme": "sphinx_book_theme",
    "sphinx_rtd_theme": "sphinx_rtd_theme",
    "alabaster": "alabaster",
}
#: Themes with a toggle, and the attribute that it sets.
TOGGLES = {
    "furo": "document.body.dataset.theme",
    "pydata_sphinx_theme": "document.documentElement.dataset.theme",
    "sphinx_book_theme": "document.documentElement.dataset.theme",
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LACKING = [name for name in ("playwright", *THEMES.values()) if find_spec(name) is None]
LACKING += [] if CHROMIUM else ["chromium"]
if LACKING:
    pytest.skip(f"not installed: {LACKING}", allow_module_level=True)

STYLED = ("seed", "megatron", "mono", "gpipe", "colorblind")
PICTURE = """\
.. pipeline-schedule::
   :embed: {embed}
   :name: {name}

   schedule: {schedule}
   devices: 4
   microbatches: 6
   style: {style}
   phases: true
   bubble: true
"""
CONF = """\
project = "Site"
extensions = ["sphinx_pipeviz"]
html_theme = "{theme}"
html_context = {{"default_mode": "auto"}}
"""


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """Build the page with every theme; return where each is."""
    folder = tmp_path_factory.mktemp("themes")
    return {theme: _built(folder / theme, theme) for theme in THEMES}


def _built(folder: Path, theme: str) -> str:
    folder.mkdir()
    (folder / "conf.py").write_text(CONF.format(theme=THEMES[theme]))
    blocks = [
        PICTURE.format(embed="inline", name=f"p{number}", schedule=schedule, style=style)
        for number, (style, schedule) in enumerate(
            itertools.product(STYLED, ("interleaved-1f1b", "zb-h1"))
        )
    ]
    blocks.append(PICTURE.format(embed="image", name="file", schedule="1f1b", style="seed"))
    (folder / "index.rst").write_text("\n".join(["Title\n=====\n", *blocks]))
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "out"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "out" / "index.html").as_uri()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (may be absent)

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


@pytest.fixture
def visit(browser, sites):
    """Return a function that opens a theme's page, and closes it after the test."""
    contexts = []

    def open_page(theme, system="light", width=1440, *, script=True):
        context = browser.new_context(
            color_scheme=system,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
        page.on(
            "request",
            lambda r: r.url.startswith(("file:", "data:")) or page.problems.append(r.url),
        )
        page.goto(sites[theme])
        return page

    yield open_page
    for context in contexts:
        context.close()


def toggled(page, theme, mode):
    page.evaluate(f"() => {{ {TOGGLES[theme]} = '{mode}'; }}")


def hexed(colour):
    channels = [int(float(part)) for part in re.findall(r"[\d.]+", colour)[:3]]
    return "#" + "".join(f"{channel:02X}" for channel in channels)


TASK = "document.querySelector('#p0 .pv')"
TEXT = "[...document.querySelectorAll('#p0 svg > g.pv-over')].at(-1)"
#: What is behind an element: the first background that is not transparent.
BEHIND = """element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
}"""


def fill_of(page, element):
    return hexed(page.evaluate(f"getComputedStyle({element}).fill"))


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


@pytest.mark.parametrize("theme", TOGGLES)
@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_follow_the_toggle_whatever_the_system_says(visit, theme, system, mode):
    page = visit(theme, system)
    toggled(page, theme, mode)
    check_look(page, mode)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_pictures_follow_the_system_where_nothing_was_chosen(visit, theme, system):
    check_look(visit(theme, system), system)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_without_javascript_pictures_suit_the_page(visit, theme, system):
    # themes of pydata's family need it to be dark
    page = visit(theme, system, script=False)
    check_look(
        page, "light" if theme in ("pydata_sphinx_theme", "sphinx_book_theme") else system
    )


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


@pytest.mark.parametrize("theme", THEMES)
def test_a_page_asks_for_nothing_and_complains_of_nothing(visit, theme):
    page = visit(theme)
    page.wait_for_load_state("networkidle")
    ours = [problem for problem in page.problems if "pipeviz" in problem]
    theirs = [problem for problem in page.problems if problem not in ours]
    assert not ours
    assert not [url for url in theirs if url.startswith("http")]


@pytest.mark.parametrize("theme", THEMES)
def test_no_id_is_there_twice(visit, theme):
    ids = visit(theme).evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    ours = [name for name in ids if re.match(r"pv\d|p\d|file$", name)]
    assert len(ours) > 30
    assert len(ours) == len(set(ours))


# With the script


def test_a_task_lights_up_its_microbatch(visit):
    page = visit("furo")
    page.hover("#p0 .pv > path[data-m='3']")
    lit = page.evaluate("[...document.querySelectorAll('.pv-on')].map(e => e.dataset.m)")
    assert len(lit) == 16
    assert set(lit) == {"3"}
    page.mouse.move(0, 0)
    assert not page.query_selector(".pv-on")


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


def test_scripts_stay_small():
    static = Path(sphinx_pipeviz.__file__).parent / "frontends" / "static"
    assert (static / "pipeviz.js").stat().st_size <= 6000


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
            check_look(page, "dark")
            page.hover("#p0 .pv > path[data-m='3']")
            assert page.query_selector(".pv-on")
        page.close()
    # what the theme itself loses is the same on a page without pictures
    assert blocked["index.html"] == blocked["genindex.html"]
