"""HTML pages: inline or image, what they load, and what a warm build does."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from html import unescape

import pytest
import sphinx.search

from sphinx_pipeviz import embed
from sphinx_pipeviz.frontends.page_loads import STATIC
from sphinx_pipeviz.page_html import MOST

SPEC = "   schedule: gpipe\n   devices: 2\n   microbatches: 2\n"
PICTURE = ".. pipeline-schedule::\n\n" + SPEC
AUTO = "pipeviz_html_embed = 'auto'"
LIST_MODULES = """
def write_modules(app, error):
    import sys
    print("MODULES", *sorted({name.partition(".")[0] for name in sys.modules}))

def setup(app):
    app.connect("build-finished", write_modules)
"""


def page(*blocks: str) -> str:
    return "\n\n".join(["Title\n=====", *blocks]) + "\n"


def with_option(*lines: str) -> str:
    options = "".join(f"   :{line}\n" for line in lines)
    return f".. pipeline-schedule::\n{options}\n{SPEC}"


@pytest.fixture
def pages(site):
    """Return a function that builds one page and returns its HTML."""

    def build(*blocks: str, conf: str = AUTO, builder: str = "html") -> str:
        site.configure(conf)
        site.write("index.rst", page(*blocks))
        result = site.build(builder, "-E")
        assert result.warnings == []
        return site.page("index.html", builder)

    return build


# Inline or image


@pytest.mark.parametrize(
    ("setting", "option", "inline"),
    [
        ("auto", "", True),
        ("inline", "", True),
        ("image", "", False),
        ("image", "inline", True),
        ("inline", "image", False),
        ("image", "auto", True),
    ],
)
def test_setting_and_option_choose(pages, setting, option, inline):
    block = with_option(f"embed: {option}") if option else PICTURE
    html = pages(block, conf=f"pipeviz_html_embed = '{setting}'")
    assert ("<svg class=" in html) == inline
    assert ('src="_images/pipeviz-' in html) != inline


def test_large_pictures_are_images_unless_asked_for(pages, monkeypatch):
    monkeypatch.setitem(MOST, "auto", 7)
    assert "<svg class=" not in pages(PICTURE)
    assert "<svg class=" in pages(with_option("embed: inline"))


def test_a_wrong_way_is_told_with_its_line(site):
    site.configure(AUTO)
    site.write("index.rst", page(with_option("embed: svg")))
    (warning,) = site.build().warnings
    assert warning.startswith("index.rst:5: WARNING: the option 'embed' cannot be 'svg'")


def test_a_png_is_an_image(pages):
    html = pages(PICTURE, conf="pipeviz_formats = ['png']\npipeviz_html_embed = 'inline'")
    assert "<svg class=" not in html
    assert ".png" in html


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml"])
def test_other_sites_have_inline_pictures_too(pages, builder):
    html = pages(PICTURE, builder=builder)
    assert "<svg class=" in html
    assert "pipeviz.css" in html


@pytest.mark.behaviour(8, 23)
@pytest.mark.parametrize("builder", ["epub", "json"])
def test_books_and_fragments_have_one_light_image(site, builder):
    site.configure(AUTO)
    site.write("index.rst", page(PICTURE))
    assert site.build(builder).warnings == []
    assert len(list((site.output / builder).rglob("pipeviz-*.svg"))) == 1
    assert not list((site.output / builder).rglob("pipeviz*.css"))


# What is in the page


@pytest.mark.behaviour(23)
def test_ids_are_unique_also_where_a_figure_stands_twice(pages):
    html = pages(*[PICTURE] * 10, with_option("name: lone", "embed: inline"))
    assert html.count("<svg class=") == 11
    ids = Counter(re.findall(r'\sid="([^"]*)"', html))
    assert max(ids.values()) == 1
    assert ids["lone"] == 1


@pytest.mark.behaviour(13, 27)
def test_alt_names_the_picture(pages):
    assert ">My *own* &lt;words&gt;</title>" in pages(with_option("alt: My *own* <words>"))
    assert 'aria-hidden="true"' in pages(with_option("alt:"))
    assert ">Pipeline schedule, gpipe: 2 devices" in pages(PICTURE)


@pytest.mark.behaviour(25)
def test_the_picture_is_there_as_text(pages):
    html = pages(PICTURE)
    assert re.search(r'<details class="pipeviz-text"><summary>.*</summary><pre tab', html)
    assert "Device 1 │F1│F2│" in unescape(html)


def test_a_picture_in_a_line_of_text_has_no_text_beside_it(pages):
    html = pages("A |p| b.", f".. |p| pipeline-schedule::\n{SPEC.replace('   ', '   :')}")
    assert re.search(r"<p>A <span [^>]*>\s*<svg (.|\n)*</svg>\s*</span>\s*b\.</p>", html)
    assert "<details" not in html


@pytest.mark.behaviour(21)
@pytest.mark.parametrize(
    ("option", "html"),
    [
        ("width: 50 %", r' width="50%" viewBox'),
        ("width: 320px", r' width="320px" viewBox'),
        ("scale: 50", r' width="270pt" viewBox'),
        ("height: 80pt", r' width="(?!540)[\d.]+pt"[^>]* height="80pt">'),
        ("align: right", r'<div class="pipeviz no-search align-right">'),
        ("class: one two", r'<div class="pipeviz no-search one two">'),
        ("name: lone", r'<div class="[^"]*" id="lone">'),
        (
            "target: https://example.org/",
            r'<a [^>]*href="https://example.org/"><span [^>]*>\s*<',
        ),
        ("caption: C", r"<figure [^>]*>\s*<div (.|\n)*</div>\s*<figcaption>"),
    ],
)
def test_an_option_shows(pages, option, html):
    assert re.search(html, pages(with_option(option)))


@pytest.mark.skipif(
    "no-search" not in inspect.getsource(sphinx.search), reason="an older Sphinx indexes all"
)
def test_numbers_of_tasks_are_no_search_words(pages, site):
    pages(PICTURE)
    index = (site.output / "html" / "searchindex.js").read_text(encoding="utf-8")
    assert "title" in index
    assert '"devic' not in index
    assert "forward" not in index


# Images


@pytest.mark.behaviour(7)
def test_an_image_is_there_light_and_dark(pages, site):
    html = pages(with_option("embed: image", "name: lone"))
    light, dark = re.findall(r'<img [^>]*src="_images/(pipeviz-[^"]*)"', html)
    assert "#131416" in (site.output / "html" / "_images" / dark).read_text().upper()
    assert "#131416" not in (site.output / "html" / "_images" / light).read_text().upper()
    assert html.count('class="dark-light pipeviz-light"') == 1
    assert html.count('class="dark-light pipeviz-dark"') == 1
    assert html.count('id="lone"') == 1


def test_a_page_in_a_latin_script_needs_one_byte_a_character(pages):
    assert max(pages(PICTURE)) <= "\xff"


@pytest.mark.behaviour(25)
def test_images_have_a_text(pages):
    html = pages(with_option("embed: image"))
    assert html.count('<details class="pipeviz-text">') == 1
    assert "\nDevice 1 │F1│" in unescape(html)


@pytest.mark.behaviour(11, 25)
@pytest.mark.parametrize("embed", ["inline", "image", "auto"])
def test_a_text_that_is_too_long_for_the_page_is_a_file(pages, site, monkeypatch, embed):
    if embed == "auto":  # too large to be inline
        monkeypatch.setitem(MOST, "auto", 1000)
    long = with_option(f"embed: {embed}").replace("microbatches: 2", "microbatches: 300")
    html = pages("Words.", long, builder="dirhtml")
    assert "<details" not in html
    (address,) = re.findall(
        r'<p class="pipeviz-text"><a href="([^"]*)">This schedule as text</a></p>', html
    )
    text = (site.output / "dirhtml" / address).read_text(encoding="utf-8-sig")
    assert len(set(re.findall(r"F\d+", text))) == 300
    pages("Words.", builder="dirhtml")
    assert not list(site.folder.rglob("pipeviz-*.txt"))


def test_a_style_that_is_the_same_in_the_dark_is_one_image(pages, site):
    html = pages(with_option("embed: image", "style: seed-dark"))
    assert html.count("<img ") == 1
    assert len(site.pictures()) == 1


def test_inline_pictures_leave_no_files(pages, site):
    pages(PICTURE)
    assert not list((site.output / "html").rglob("pipeviz-*.svg"))


# What a page loads


@pytest.mark.behaviour(30)
def test_only_pages_with_pictures_load_anything(site):
    site.configure(AUTO)
    site.write("index.rst", page(PICTURE, ".. toctree::\n\n   image\n   plain"))
    site.write("image.rst", page(with_option("embed: image")))
    site.write("plain.rst", page("Words."))
    assert site.build().warnings == []
    loads = {
        name: re.findall(
            r'(?:href|src)="_static/(pipeviz[\w-]*\.\w+)', site.page(f"{name}.html")
        )
        for name in ("index", "image", "plain", "genindex")
    }
    sheet, style, script = loads.pop("index")
    assert (sheet, script) == ("pipeviz.css", "pipeviz.js")
    assert re.fullmatch(r"pipeviz-style-[0-9a-f]{10}\.css", style)
    assert loads == {"image": ["pipeviz.css"], "plain": [], "genindex": []}
    for name in (sheet, style, script):
        assert (site.output / "html" / "_static" / name).stat().st_size < 6144


MARK = '<span class="pipeviz-zoom" data-open="Enlarge" data-in="Zoom in"'


@pytest.mark.parametrize("embed", ["inline", "image"])
@pytest.mark.parametrize(
    ("option", "setting", "shown"),
    [
        ("zoom:", False, True),
        ("zoom: true", False, True),
        ("zoom: false", True, False),
        ("align: left", True, True),
        ("align: left", False, False),
    ],
)
def test_pictures_that_can_be_enlarged_have_a_mark_and_its_script(
    pages, embed, option, setting, shown
):
    conf = f"pipeviz_html_embed = '{embed}'\npipeviz_zoom = {setting}"
    html = pages(with_option(option), conf=conf)
    assert html.count(MARK) == shown
    for name in ("pipeviz-zoom.js", "pipeviz-zoom.css"):
        assert (f"_static/{name}" in html) == shown


def test_zoom_is_true_or_false(site):
    site.write("index.rst", page(with_option("zoom: twice")))
    [warning] = site.build().warnings
    assert warning.startswith("index.rst:5: WARNING: the option 'zoom' cannot be 'twice'")


@pytest.mark.parametrize(("name", "most"), [("pipeviz.js", 6000), ("pipeviz-zoom.js", 5000)])
def test_scripts_are_small(name, most):
    assert len(STATIC.joinpath(name).read_bytes()) <= most


# Building again


@pytest.mark.behaviour(30)
def test_a_warm_build_draws_nothing_and_loads_no_matplotlib(site, monkeypatch):
    site.configure(AUTO, LIST_MODULES)
    site.write("index.rst", page(PICTURE))
    cold = site.build_apart()
    html = site.page("index.html")
    warm = site.build_apart("html", "-E", "-a")
    loaded = [
        set(line.split())
        for result in (cold, warm)
        for line in result.status.splitlines()
        if line.startswith("MODULES ")
    ]
    assert "matplotlib" in loaded[0]
    assert not {"matplotlib", "numpy"} & loaded[1]
    assert site.page("index.html") == html
    monkeypatch.setattr(embed, "paint_inline", lambda *_: pytest.fail("drawn again"))
    assert site.build("html", "-E", "-a").warnings == []


@pytest.mark.behaviour(33)
def test_a_changed_setting_writes_pages_anew_without_reading_them(site):
    site.configure(AUTO)
    site.write("index.rst", page(PICTURE))
    site.build()
    site.configure("pipeviz_html_embed = 'image'")
    again = site.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert "<img " in site.page("index.html")


@pytest.mark.behaviour(24)
def test_parallel_builds_are_the_same(new_site):
    names = [f"page{number:02}" for number in range(12)]
    sources = {
        f"{name}_rst": page(PICTURE.replace("devices: 2", f"devices: {number % 4 + 1}"))
        for number, name in enumerate(names)
    }
    index = page(".. toctree::\n\n   " + "\n   ".join(names))
    sites = [new_site(AUTO, index_rst=index, **sources) for _ in range(2)]
    assert sites[0].build().warnings == []
    assert sites[1].build("html", "-j", "2").warnings == []
    for name in names:
        assert sites[0].page(f"{name}.html") == sites[1].page(f"{name}.html")
