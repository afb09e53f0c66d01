"""Sites of Markdown in Chromium, built with MkDocs, ProperDocs and Zensical, and served."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest

from sphinx_pipeviz.draw.style import STYLES, contrast

pytestmark = pytest.mark.browser

NEEDED = ("playwright", "mkdocs", "material", "properdocs", "zensical", "pymdownx")
LACKING = [name for name in NEEDED if find_spec(name) is None]
if LACKING:
    pytest.skip(f"not installed: {LACKING}", allow_module_level=True)

FENCE = """\
```pipeline-schedule caption="{caption}" #{name} {option}
schedule: interleaved-1f1b
devices: 4
microbatches: 6
style: {style}
```
"""
LINKED = """\
```pipeline-schedule #linked
schedule: 1f1b
devices: 2
microbatches: 3
links:
- {device: 0, to: "other.md#q0"}
- {kind: F, microbatch: 2, to: "#p6"}
```
"""
EXTENSIONS = """\
markdown_extensions:
  - admonition
  - pymdownx.details
  - pymdownx.superfences
  - pymdownx.tabbed: {alternate_style: true}
plugins: [search, pipeviz]
"""
MATERIAL = """\
theme:
  name: material
  font: false
  features: [navigation.instant]
  palette:
    - {scheme: default, toggle: {icon: material/brightness-7, name: dark}}
    - {scheme: slate, toggle: {icon: material/brightness-4, name: light}}
"""
MKDOCS = "theme: {name: mkdocs, color_mode: auto, highlightjs: false}\n"
PLAIN = "theme: {name: null, custom_dir: theme}\n"
ZENSICAL = """\
[project.theme]
font = false
features = ["navigation.instant"]
[[project.theme.palette]]
scheme = "default"
toggle = { icon = "lucide/sun", name = "dark" }
[[project.theme.palette]]
scheme = "slate"
toggle = { icon = "lucide/moon", name = "light" }
[project.markdown_extensions.admonition]
[project.markdown_extensions.pymdownx.details]
[project.markdown_extensions.pymdownx.superfences]
[project.markdown_extensions.pymdownx.tabbed]
alternate_style = true
[project.markdown_extensions.sphinx_pipeviz]
"""
#: Every site: the tool that builds it, and its configuration.
SITES = {
    "material": ("mkdocs", MATERIAL),
    "properdocs": ("properdocs", MATERIAL),
    "mkdocs": ("mkdocs", MKDOCS),
    "plain": ("mkdocs", PLAIN),
    "zensical": ("zensical", ZENSICAL),
    "zensical-files": ("zensical", ZENSICAL + 'assets = "assets/pipeviz"\n'),
}
#: What MkDocs' theme says on every page without a highlighter.
THEIRS = ("Cannot set properties of null (setting 'disabled')",)
#: Those that replace pages without loading them.
INSTANT = ("material", "properdocs", "zensical", "zensical-files")


def fence(name, style="seed", option="", caption="C"):
    return FENCE.format(name=name, style=style, option=option, caption=caption)


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def pages():
    """Return the text of each page of a site."""
    places = [
        fence("p0", caption="*One*, see [the others](other.md)"),
        f"1. item\n\n{indented(fence('p1'))}",
        f"!!! note\n\n{indented(fence('p2'))}",
        f'??? note "Folded"\n\n{indented(fence("p3"))}',
        f'=== "A"\n\n{indented(fence("p4"))}\n=== "B"\n\n{indented(fence("p5", "megatron"))}',
        fence("p6", option="width=50% zoom"),
        *(fence(f"p{number}", "mono") for number in range(7, 10)),
        fence("file", option="embed=image zoom"),
        LINKED,
    ]
    index = "\n".join(["# Title\n", *places])
    return {
        "index": index,
        "other": f"# Other\n\n{fence('q0', 'mono', 'zoom')}\n",
        "none": "# None\n",
    }


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """Build every site and serve it; return where each is."""
    folder = tmp_path_factory.mktemp("sites")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = {name: f"http://127.0.0.1:{server.server_port}/{name}/site/" for name in SITES}
    for name, (tool, config) in SITES.items():
        _build(folder / name, tool, config, found[name])
    yield found
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the plain site with a strict policy, and tells nobody."""

    def end_headers(self):
        if self.path.startswith("/plain/"):
            self.send_header(
                "Content-Security-Policy", "default-src 'self'; img-src 'self' data:"
            )
        super().end_headers()

    def log_message(self, *_):
        pass


def _build(folder, tool, config, address):
    (folder / "docs").mkdir(parents=True)
    (folder / "theme").mkdir()
    head = "<!doctype html><title>S</title><link rel=icon href=data:,>"
    (folder / "theme" / "main.html").write_text(f"{head}<body>{{{{ page.content }}}}")
    for name, text in pages().items():
        (folder / "docs" / f"{name}.md").write_text(text)
    file = "zensical.toml" if tool == "zensical" else "mkdocs.yml"
    zensical = f'[project]\nsite_name = "S"\nsite_url = "{address}"\n{config}'
    yaml = f"site_name: S\nsite_url: {address}\n{config}{EXTENSIONS}"
    (folder / file).write_text(zensical if tool == "zensical" else yaml)
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    command = [sys.executable, "-m", tool, "build", "--strict", "-f", file]
    subprocess.run(
        command,
        cwd=folder,
        env=os.environ | quiet,
        check=True,
        capture_output=True,
        timeout=300,
    )


@pytest.fixture
def visit(browser, sites):
    """Return a function that opens a site, and closes it after the test."""
    contexts = []

    def open_page(name, system="light", width=1440):
        context = browser.new_context(
            color_scheme=system,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
        page.on(
            "request",
            lambda r: (
                r.url.startswith((sites[name], "data:", "blob:")) or page.problems.append(r.url)
            ),
        )
        page.goto(sites[name])
        return page

    yield open_page
    for context in contexts:
        context.close()


def hexed(colour):
    channels = [int(float(part)) for part in re.findall(r"[\d.]+", colour)[:3]]
    return "#" + "".join(f"{channel:02X}" for channel in channels)


BEHIND = """element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
}"""


def check_look(page, mode, name="p0", style="seed"):
    """The pictures have a mode's colours, can be read, and one of the images shows."""
    look = STYLES[style if mode == "light" else f"{style}-dark"]
    text = f"[...document.querySelectorAll('#{name} svg > g.pv-over')].at(-1)"
    fill = hexed(page.evaluate(f"getComputedStyle({text}).fill"))
    assert fill == look.text
    assert contrast(fill, hexed(page.evaluate(f"({BEHIND})({text})"))) >= 4.5
    idle = f"document.querySelector('#{name} svg > path')"
    assert hexed(page.evaluate(f"getComputedStyle({idle}).fill")) == look.idle
    shown = page.evaluate(
        "[...document.querySelectorAll('#file img')]"
        ".filter(i => getComputedStyle(i).display != 'none').map(i => i.className)"
    )
    assert shown in ([f"pipeviz-{mode}"], [])


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("name", INSTANT)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_pictures_follow_the_toggle_whatever_the_system_says(visit, name, system):
    page = visit(name, system)
    check_look(page, "light")
    toggle = "form[data-md-component=palette] label:not([hidden])"
    page.click(toggle)
    check_look(page, "dark")
    page.click(toggle)
    check_look(page, "light")


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("name", ["mkdocs", "plain"])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_pictures_follow_the_system_where_nothing_was_chosen(visit, name, system):
    check_look(visit(name, system), system)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_pictures_follow_the_toggle_of_the_theme_of_mkdocs(visit, system):
    page = visit("mkdocs", system)
    for mode in ("light", "dark"):
        page.evaluate(f"document.documentElement.setAttribute('data-bs-theme', '{mode}')")
        check_look(page, mode)


@pytest.mark.behaviour(8)
@pytest.mark.parametrize("name", SITES)
def test_what_is_printed_is_light(visit, name):
    page = visit(name, "dark")
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    page.emulate_media(media="print", color_scheme="dark")
    text = "[...document.querySelectorAll('#p0 svg > g.pv-over')].at(-1)"
    assert hexed(page.evaluate(f"getComputedStyle({text}).fill")) == STYLES["seed"].text
    shown = "getComputedStyle(document.querySelector('#file img.pipeviz-dark')).display"
    assert page.evaluate(shown) == "none"


def check_script(page, name="p0"):
    """A task lights up its microbatch, and an arrow key goes one task further."""
    page.hover(f"#{name} .pv > path[data-m='3']")
    lit = page.evaluate("[...document.querySelectorAll('.pv-on')].map(e => e.dataset.m)")
    assert len(lit) == 16
    assert set(lit) == {"3"}
    page.mouse.move(0, 0)
    page.evaluate(f"document.querySelector('#{name} .pv > [tabindex=\"0\"]').focus()")
    page.keyboard.press("ArrowRight")
    told = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert told == "Forward 2, stage 1, Device 1, 1 to 2"
    assert page.inner_text(".pipeviz-tip") == told
    page.keyboard.press("Escape")
    assert page.is_hidden(".pipeviz-tip")


def check_zoom(page, name):
    """A click and the keyboard enlarge; Escape goes back, to the button."""
    button = page.locator(f"#{name} .pipeviz-zoom button")
    assert button.count() == 1
    for enlarge in (button.click, lambda: button.press("Enter")):
        enlarge()
        room = "(v => v.clientWidth - 24 - v.firstChild.getBoundingClientRect().width)"
        assert abs(page.evaluate(f"{room}(document.querySelector('.pipeviz-view'))")) <= 1
        assert page.evaluate("document.querySelector('.pipeviz-view').clientWidth") > 1400
        page.keyboard.press("Escape")
        page.wait_for_function("!document.querySelector('.pipeviz-large')")
        assert page.evaluate("document.activeElement.textContent") == "Enlarge"
        assert button.evaluate("element => element === document.activeElement")


@pytest.mark.parametrize("name", SITES)
def test_pictures_and_images_can_be_enlarged(visit, name):
    page = visit(name)
    check_zoom(page, "p6")
    check_zoom(page, "file")
    assert page.locator(".pipeviz-zoom button").count() == 2
    assert not [problem for problem in page.problems if problem not in THEIRS]


@pytest.mark.behaviour(38)
@pytest.mark.parametrize("name", INSTANT)
def test_pictures_can_be_enlarged_after_instant_navigation(visit, name):
    page = visit(name)
    page.evaluate("window.stayed = true")
    page.wait_for_load_state("networkidle")
    for _ in range(2):
        page.click("#p0 figcaption a")
        page.wait_for_selector("#q0 .pipeviz-zoom button")
        check_zoom(page, "q0")
        page.click("#q0 .pipeviz-zoom button")
        page.go_back()
        page.wait_for_selector("#p6 .pipeviz-zoom button")
        page.wait_for_load_state("networkidle")
        check_zoom(page, "p6")
    assert page.evaluate("window.stayed")
    assert not page.problems


@pytest.mark.parametrize("name", SITES)
def test_a_click_and_enter_follow_links(visit, name):
    page = visit(name)
    page.wait_for_load_state("networkidle")
    start = page.url
    for label, leads in {"Device 1": "other/#q0", "Forward 2, Device 1, 1 to 2": "#p6"}.items():
        link = page.locator(f"#linked a[aria-label='{label}']")
        for follow in (link.click, lambda link=link: link.press("Enter")):
            follow()
            page.wait_for_url(f"{start}{leads}")
            assert page.query_selector(f"#{leads.partition('#')[2]} svg")
            page.go_back()
            page.wait_for_url(start)
            page.wait_for_load_state("networkidle")
    assert not [problem for problem in page.problems if problem not in THEIRS]


@pytest.mark.parametrize("name", SITES)
def test_entries_of_the_legend_fade_tasks(visit, name):
    page = visit(name)
    key = page.locator("#linked .pv-key[data-k=F]")
    faded = "document.querySelectorAll('#linked .pv-off').length"
    assert page.evaluate(faded) == 0
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    assert page.evaluate(faded) > 0
    key.press("Enter")
    assert key.get_attribute("aria-pressed") == "true"
    assert page.evaluate(faded) == 0


def check_ids(page, least):
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    ours = [found for found in ids if re.match(r"pv[0-9a-f]{8}-|[pq]\d$|file$", found)]
    assert len(ours) > least
    assert len(ours) == len(set(ours))


@pytest.mark.behaviour(29, 36)
@pytest.mark.parametrize("name", SITES)
def test_a_page_works_asks_for_nothing_and_complains_of_nothing(visit, name):
    page = visit(name)
    check_script(page)
    check_ids(page, 30)
    page.evaluate("document.querySelector('#p0 summary').click()")
    assert page.inner_text("#p0 .pipeviz-text pre").startswith("t =")
    assert page.inner_text("#p0 figcaption") == "One, see the others"
    page.wait_for_load_state("networkidle")
    found = [problem for problem in page.problems if problem not in THEIRS]
    assert not found


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("width", [360, 1440])
def test_a_page_is_as_wide_as_its_window(visit, name, width):
    page = visit(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('.pipeviz-figure')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect()).map(r => [r.left, r.right])"
    )
    assert len(wide) >= 8
    assert min(left for left, _ in wide) >= 0
    assert max(right for _, right in wide) <= width


@pytest.mark.parametrize("name", INSTANT)
def test_pictures_are_awake_once_after_instant_navigation(visit, name):
    page = visit(name)
    page.evaluate("window.stayed = true")
    page.wait_for_load_state("networkidle")
    for _ in range(2):
        page.click("#p0 figcaption a")
        page.wait_for_selector("#q0")
        page.wait_for_load_state("networkidle")
        assert not page.query_selector("#p0")
        check_script(page, "q0")
        check_look(page, "light", "q0", "mono")
        check_ids(page, 3)
        page.go_back()
        page.wait_for_selector("#p0")
        page.wait_for_load_state("networkidle")
        check_script(page)
        check_look(page, "light")
        check_ids(page, 30)
    assert page.evaluate("window.stayed")
    assert not page.problems


@pytest.mark.parametrize("name", ["material", "zensical"])
def test_first_page_with_a_picture_may_be_reached_by_instant_navigation(visit, name):
    page = visit(name)
    page.goto(f"{page.url}none/")
    assert not page.query_selector("script[src*=pipeviz], style.pipeviz")
    page.evaluate("window.stayed = true")
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "[...document.querySelectorAll('a')].find(a => /other\\/$/.test(a.href)).click()"
    )
    page.wait_for_selector("#q0")
    page.wait_for_load_state("networkidle")
    check_script(page, "q0")
    check_look(page, "light", "q0", "mono")
    assert page.evaluate("window.stayed")
    assert not page.problems
