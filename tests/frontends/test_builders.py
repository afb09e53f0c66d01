"""Every builder shows the picture in a format it can, and warns of nothing."""

from __future__ import annotations

import re
import socket
import zipfile
from xml.etree import ElementTree as ET

import pytest

INDEX = """\
Index
=====

.. toctree::

   more

.. pipeline-schedule::
   :caption: A *caption*
   :name: figure

   schedule: 1f1b
   devices: 3
   microbatches: 4

See :numref:`figure` and :ref:`this one <alone>`.

.. pipeline-schedule::
   :name: alone
   :target: https://example.org/

   schedule: gpipe
   devices: 2
   microbatches: 2

* .. pipeline-schedule::
     :width: 50%
     :alt: In a list

     1:
       - {type: forward, batch: 1, start_time: 0, duration: 1}
       - {type: backward, batch: 1, start_time: 1, duration: 2}

.. list-table::

   * - .. pipeline-schedule::
          :caption: In a table

          order: [0F0 0B0]
"""
MORE = """\
# More

```{pipeline-schedule}
:caption: From Markdown
:schedule: interleaved-1f1b
:devices: 2
:chunks: 2
:microbatches: 4
```

From here it is {numref}`figure`.
"""
PICTURES = 5
#: What stands in the text grid of the first picture.
GRID = "Device 1 │F1│F2│F3"

#: builder -> the suffix of its pictures, or None where it shows text.
FORMATS = {
    "html": "svg",
    "dirhtml": "svg",
    "singlehtml": "svg",
    "json": "svg",
    "pickle": "svg",
    "epub": "svg",
    "htmlhelp": "png",
    "latex": "pdf",
    "texinfo": "png",
    "text": None,
    "man": None,
    "xml": None,
    "pseudoxml": None,
    "gettext": None,
    "linkcheck": None,
    "changes": None,
    "dummy": None,
}


@pytest.fixture(scope="module")
def built(new_site):
    """Return a function that builds the site once with each builder."""
    site = new_site(
        "extensions += ['myst_parser']",
        "linkcheck_ignore = ['.*']",
        "linkcheck_report_timeouts_as_broken = False",
        index_rst=INDEX,
        more_md=MORE,
    )
    results = {}

    def build(builder):
        if builder not in results:
            # gettext identifies nodes, which wants doctrees of its own
            own = ["-d", str(site.folder / "gettext")] if builder == "gettext" else []
            results[builder] = site.build(builder, *own)
        return site, results[builder]

    return build


@pytest.mark.behaviour(3)
@pytest.mark.parametrize("builder", FORMATS)
def test_a_builder_warns_of_nothing(built, builder):
    if builder == "htmlhelp":
        pytest.importorskip("sphinxcontrib.htmlhelp")
    _, result = built(builder)
    assert (result.code, result.warnings) == (0, [])


@pytest.mark.behaviour(3)
@pytest.mark.parametrize("builder", FORMATS)
def test_a_builder_gets_one_file_per_picture_in_its_format(built, builder):
    site, _ = built(builder)
    suffixes = [name.rpartition(".")[2] for name in site.pictures(builder)]
    expected = FORMATS[builder]
    assert suffixes == ([expected] * PICTURES if expected else [])


@pytest.mark.behaviour(3)
@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "json"])
def test_every_image_of_a_page_is_a_file_of_the_site(built, builder):
    site, _ = built(builder)
    pages = [
        *(site.output / builder).rglob("*.html"),
        *(site.output / builder).rglob("*.fjson"),
    ]
    found = set()
    for page in pages:
        text = page.read_text(encoding="utf-8").replace('\\"', '"')
        found |= set(re.findall(r'<img [^>]*src="[^"]*/(pipeviz-[^"]*)"', text))
    assert sorted(name for name in found if ".dark." not in name) == site.pictures(builder)


@pytest.mark.behaviour(3, 23)
def test_the_epub_lists_its_pictures(built):
    site, _ = built("epub")
    (book,) = (site.output / "epub").glob("*.epub")
    with zipfile.ZipFile(book) as archive:
        pictures = [name for name in archive.namelist() if "pipeviz-" in name]
        manifest = archive.read("content.opf").decode()
        page = archive.read("index.xhtml").decode()
    assert len(pictures) == PICTURES
    for name in pictures:
        assert f'href="{name}" ' in manifest
    assert manifest.count('media-type="image/svg+xml"') == PICTURES
    assert "<img " in page
    assert "<svg" not in page
    ET.fromstring(page.encode())  # noqa: S314  (what we just wrote)


@pytest.mark.behaviour(3, 19)
def test_latex_includes_the_pictures_as_pdf(built):
    site, _ = built("latex")
    text = site.page("site.tex", "latex")
    names = set(re.findall(r"\\sphinxincludegraphics(?:\[[^]]*\])?\{\{(.*?)\}\.pdf\}", text))
    assert {f"{name}.pdf" for name in names} == set(site.pictures("latex"))
    assert len(re.findall(r"\\(?:caption|sphinxfigcaption)\{", text)) == 3


#: builder -> the files of the page of most figures and of the other, and a pattern of the
#: address from the other; where all pages are one, it is Sphinx's own, and another before 8.
PAGES = {
    "html": ("index.html", "more.html", "index.html#figure"),
    "dirhtml": ("index.html", "more/index.html", "../#figure"),
    "singlehtml": ("index.html", "index.html", "(#document-index|index.html)#figure"),
    "epub": ("index.xhtml", "more.xhtml", "index.xhtml#figure"),
}


@pytest.mark.behaviour(7, 20)
@pytest.mark.parametrize("builder", PAGES)
def test_references_of_pages_find_figures_by_number_and_by_name(built, builder):
    site, _ = built(builder)
    index, more, address = PAGES[builder]
    first, second = site.page(index, builder), site.page(more, builder)
    numbered = '<span class="std std-numref">Fig. 2</span>'
    assert f'href="#figure">{numbered}' in first
    assert re.search(f'href="{address}">{numbered}', second)
    assert 'href="#alone"><span class="std std-ref">this one</span>' in first
    numbers = re.findall(r'<span class="caption-number">Fig. (\d) </span>', second + first)
    assert list(dict.fromkeys(numbers)) == ["1", "2", "3"]
    figure = first.partition(' id="figure"')[2].partition("</figure>")[0]
    assert '<span class="caption-number">Fig. 2 </span>' in figure
    for name in ("figure", "alone"):
        assert first.count(f' id="{name}"') == 1


@pytest.mark.behaviour(7, 20)
def test_references_of_other_formats_find_figures_by_number_and_by_name(built):
    tex = built("latex")[0].page("site.tex", "latex")
    for name in ("figure", "alone"):
        assert tex.count(rf"\label{{\detokenize{{index:{name}}}}}") == 1
        assert rf"\hyperref[\detokenize{{index:{name}}}]" in tex
    assert tex.count(r"{Fig.\@ \ref{\detokenize{index:figure}}}") == 2
    xml = built("xml")[0].page("index.xml", "xml")
    assert re.search(
        r'refid="figure"[^>]*><inline classes="std std-numref">Fig. 2</inline>', xml
    )
    assert '<figure ids="figure" names="figure">' in xml
    texinfo = built("texinfo")[0].page("site.texi", "texinfo")
    (number,) = re.findall(r"@ref\{(\w+),,this one\}", texinfo)
    anchors = rf"@anchor\{{index alone\}}@anchor\{{{number}\}}\s*@image"
    assert re.search(anchors, texinfo)


@pytest.mark.behaviour(3)
def test_texinfo_includes_the_pictures_as_png(built):
    site, _ = built("texinfo")
    text = site.page("site.texi", "texinfo")
    names = set(re.findall(r"@image\{.*?/(pipeviz-[^,]*),.*?,png\}", text))
    assert {f"{name}.png" for name in names} == set(site.pictures("texinfo"))


@pytest.mark.behaviour(3, 25)
@pytest.mark.parametrize(
    ("builder", "name"),
    [("text", "index.txt"), ("xml", "index.xml"), ("pseudoxml", "index.pseudoxml")],
)
def test_readers_of_text_get_the_grid_and_the_caption(built, builder, name):
    site, _ = built(builder)
    text = site.page(name, builder)
    assert GRID in text
    assert "caption" in text
    assert "Device 1 │F1│B1" in text


@pytest.mark.behaviour(3, 25)
def test_readers_of_man_pages_get_the_grid(built):
    site, _ = built("man")
    page = site.page("site.1", "man")
    assert GRID in page
    assert "\nA \\fIcaption\\fP\n" in page
    assert not re.search(r"[^.\n ].*UNINDENT", page.replace(".de UNINDENT", ""))


@pytest.mark.behaviour(19)
@pytest.mark.parametrize("option", ["", "\n      :target: https://example.org/"])
def test_a_picture_behind_added_in_version_has_a_line_of_its_own_in_latex(site, option):
    figure = ".. pipeline-schedule::{}\n\n      schedule: gpipe\n      devices: 2\n"
    added = f"   {figure.format(option)}      microbatches: 2\n"
    site.write("index.rst", f"T\n=\n\n.. versionadded:: 1\n   A thing.\n\n{added}")
    assert site.build("latex").warnings == []
    tex = site.page("site.tex", "latex")
    assert re.search(r"A thing\.\n\n\\sphinxAtStartPar\n.*sphinxincludegraphics", tex)


@pytest.mark.behaviour(3)
def test_the_xml_is_well_formed(built):
    site, _ = built("xml")
    for name in ("index.xml", "more.xml"):
        root = ET.fromstring(site.page(name, "xml"))  # noqa: S314  (what we just wrote)
        assert [
            node.text for node in root.iter("literal_block") if "Device 1" in (node.text or "")
        ]
    assert "spec" not in {key for node in root.iter() for key in node.attrib}


def test_a_block_of_text_keeps_the_name_of_its_picture(built):
    site, _ = built("xml")
    root = ET.fromstring(site.page("index.xml", "xml"))  # noqa: S314  (what we just wrote)
    (alone,) = [node for node in root.iter("literal_block") if node.get("ids") == "alone"]
    assert "Device 2" in (alone.text or "")


@pytest.mark.behaviour(22)
def test_captions_are_offered_for_translation(built):
    site, _ = built("gettext")
    assert 'msgid "A *caption*"' in site.page("index.pot", "gettext")
    assert 'msgid "From Markdown"' in site.page("more.pot", "gettext")


@pytest.mark.behaviour(3)
def test_an_unknown_builder_without_images_gets_the_grid(site):
    site.write(
        "odd_builder.py",
        """\
        from sphinx.builders.text import TextBuilder

        class Odd(TextBuilder):
            name = "odd"

        def setup(app):
            app.add_builder(Odd)
        """,
    )
    site.configure(
        "import pathlib, sys",
        "sys.path.insert(0, str(pathlib.Path(__file__).parent))",
        "extensions += ['odd_builder']",
    )
    site.write("index.rst", INDEX.replace("   more\n", ""))
    assert site.build("odd").warnings == []
    assert GRID in site.page("index.txt", "odd")


def test_furo_shows_the_picture(new_site):
    pytest.importorskip("furo")
    site = new_site("html_theme = 'furo'", index_rst=INDEX.replace("   more\n", ""))
    assert site.build().warnings == []
    assert site.page("index.html").count('src="_images/pipeviz-') == 2 * (PICTURES - 1)


@pytest.mark.behaviour(22)
def test_a_translated_caption_is_shown(site):
    site.write("index.rst", "T\n=\n\n" + INDEX[INDEX.index(".. pipe") : INDEX.index("See")])
    site.configure("language = 'de'", "locale_dirs = ['locale']")
    site.write(
        "locale/de/LC_MESSAGES/index.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "A *caption*"\nmsgstr "Eine *Unterschrift*"\n',
    )
    assert site.build_apart().warnings == []  # Sphinx keeps a language for the process
    assert "Eine <em>Unterschrift</em>" in site.page("index.html")


@pytest.mark.behaviour(29)
@pytest.mark.parametrize("builder", ["html", "latex", "epub", "text"])
def test_a_build_asks_for_nothing_from_the_network(site, builder, monkeypatch):
    asked = []
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *given: asked.append(given))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: asked.append(given))
    site.write("index.rst", INDEX.replace("   more\n", ""))
    assert site.build(builder).code == 0
    assert asked == []


@pytest.mark.behaviour(3)
@pytest.mark.parametrize("builder", ["text", "man", "xml"])
def test_a_picture_in_a_line_of_text_is_a_grid_below_the_line(site, builder):
    figure = ".. |figure| pipeline-schedule::\n   :schedule: gpipe\n   :devices: 2\n"
    site.write("index.rst", f"T\n=\n\nBefore |figure| behind.\n\n{figure}   :microbatches: 2\n")
    assert site.build(builder).warnings == []
    file = {"man": "site.1", "xml": "index.xml", "text": "index.txt"}[builder]
    page = " ".join(re.sub("<[^>]*>", "", site.page(file, builder)).split())
    first, grid = page.index("Before [Pipeline schedule, gpipe"), page.index("Device 1 │F1│F2│")
    assert first < page.index("idle.] behind.") < grid
