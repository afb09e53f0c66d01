"""The directive: its options, its caption and names, where its text comes from, and that
it means the same in every markup."""

from __future__ import annotations

import re
from importlib.metadata import version

import docutils
import pytest
from docutils import nodes

from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.directive_options import PICTURE_OPTIONS, SPEC_OPTIONS
from sphinx_pipeviz.spec import KEYS

SPEC = ["schedule: gpipe", "devices: 2", "microbatches: 3"]


def rest(*options: str, body: list[str] = SPEC, argument: str = "") -> str:
    lines = [f":{option}" for option in options] + ["", *body]
    return "\n".join([f".. pipeline-schedule:: {argument}", *(f"   {x}" for x in lines), ""])


def page(*blocks: str) -> str:
    return "\n\n".join(["Title\n=====", *blocks]) + "\n"


# Options of images and figures


@pytest.fixture(scope="module")
def with_options(new_site):
    """Build one page with a picture per option; return the HTML of each, by option."""
    given = {
        "alt": "alt: My *own* words",
        "no-alt": "alt:",
        "width": "width: 320px",
        "percent": "width: 50 %",
        "height": "height: 77px",
        "scale": "scale: 50",
        "align": "align: right",
        "target": "target: https://example.org/x",
        "page-target": "target: other_",
        "class": "class: one two",
        "name": "name: Lone Picture",
        "caption": "caption: A caption",
        "figwidth": "figwidth: 400px\n   :caption: c",
        "figwidth-image": "figwidth: image\n   :caption: c",
        "figwidth-image-width": "figwidth: image\n   :caption: c\n   :width: 111px",
        "figclass": "figclass: three four",
        "figure-align": "align: center\n   :caption: c",
        "figure-name": "name: Named Figure\n   :caption: c",
    }
    sections = [
        f"{name}\n{'-' * len(name)}\n\n{rest(option)}" for name, option in given.items()
    ]
    site = new_site(index_rst=page(*sections, ".. _other: https://example.org/other"))
    result = site.build()
    assert result.warnings == []
    parts = re.split(r"<h2>([\w-]+)<a", site.page("index.html"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.behaviour(21)
@pytest.mark.parametrize(
    ("option", "html"),
    [
        ("alt", r'<img alt="My \*own\* words" '),
        ("no-alt", r'<img alt="" '),
        ("width", r'<img [^>]*style="width: 320px;"'),
        ("percent", r'<img [^>]*style="width: 50%;"'),
        ("height", r'<img [^>]*style="height: 77px;"'),
        ("scale", r'<img [^>]*(width="360"|width: 360.0px)'),
        ("align", r'<img [^>]*class="[^"]*\balign-right[ "]'),
        ("target", r'<a [^>]*href="https://example.org/x"><img '),
        ("page-target", r'<a [^>]*href="https://example.org/other"><img '),
        ("class", r'<img [^>]*class="one two[ "]'),
        ("name", r'<img [^>]*id="lone-picture"'),
        (
            "caption",
            r"<figure .*\s*(<img .*\s*){2}<div .*\s*<details[\s\S]*<figcaption>\s*.*A caption",
        ),
        ("figwidth", r'<figure [^>]*style="width: 400px"'),
        ("figwidth-image", r'<figure [^>]*style="width: 540pt"'),
        ("figwidth-image-width", r'<figure [^>]*style="width: 111px"'),
        ("figclass", r'<figure class="three four align-default"'),
        ("figure-align", r'<figure class="align-center"[^>]*>\s*<img (?![^>]*align)'),
        ("figure-name", r'<figure [^>]*id="named-figure"'),
    ],
)
def test_an_option_shows_in_the_html(with_options, option, html):
    assert re.search(html, with_options[option]), with_options[option]


@pytest.mark.behaviour(20, 21)
def test_name_and_figname_both_name_the_figure(site):
    options = rest("name: Other Name", "figname: Fig Name", "caption: c")
    site.write("index.rst", page(options, ":ref:`fig name` :numref:`other name`"))
    assert site.build().warnings == []
    assert site.page("index.html").count('href="#other-name"><span class="std') == 2


@pytest.mark.behaviour(21)
@pytest.mark.skipif(docutils.__version_info__ < (0, 21), reason="loading is new in 0.21")
@pytest.mark.parametrize("setting", ["auto", "image"])
@pytest.mark.parametrize(
    ("loading", "html"),
    [
        ("lazy", r'<img [^>]*loading="lazy"'),
        ("link", r'<img [^>]*src="_images/'),
        ("embed", "<svg class="),
    ],
)
def test_loading_shows_in_the_html(site, loading, html, setting):
    site.configure(f"pipeviz_html_embed = '{setting}'")
    site.write("index.rst", page(rest(f"loading: {loading}")))
    assert site.build().warnings == []
    found = [part for part in ("<img ", "<svg class=") if part in site.page("index.html")]
    assert found == [re.match("<[a-z]+ (class=)?", html)[0]]
    assert re.search(html, site.page("index.html"))
    assert site.build("epub").warnings == []


@pytest.mark.behaviour(21)
def test_every_option_of_docutils_figures_is_known():
    tested = {"alt", "width", "height", "scale", "align", "target", "class", "loading", "name"}
    tested |= {"embed", "zoom", "downloads"}
    figures = {"caption", "figwidth", "figclass", "figname"}
    assert set(PICTURE_OPTIONS) <= tested | figures
    assert set(PICTURE_OPTIONS) >= (tested | figures) - {"figname", "loading"}


def test_a_lone_picture_is_no_figure(with_options):
    assert "<figure" not in with_options["name"]


def test_a_figure_is_as_wide_as_its_picture_after_the_style_changed(site):
    site.write("index.rst", page(rest("figwidth: image", "caption: c")))
    site.build()
    site.configure("pipeviz_style = {'width': 333}")
    assert site.build().code == 0
    assert 'style="width: 333pt"' in site.page("index.html")


# Alt text


@pytest.mark.behaviour(13)
def test_the_default_alt_text_says_what_the_picture_shows(site):
    site.write("index.rst", page(rest()))
    site.build("dummy")
    (picture,) = site.doctree("index").findall(PipelinePicture)
    assert "gpipe" in picture["alt"]
    assert "2 devices" in picture["alt"]
    assert "3 microbatches" in picture["alt"]
    assert len(picture["alt"]) <= 250


@pytest.mark.behaviour(13)
def test_the_default_alt_text_of_a_long_schedule_is_short(site):
    rows = [f"  - {stage}F0 {stage}B0" for stage in range(60)]
    site.write("index.rst", page(rest(body=["order:", *rows])))
    assert site.build("dummy").warnings == []
    (picture,) = site.doctree("index").findall(PipelinePicture)
    assert 20 < len(picture["alt"]) <= 250


# Captions, names and numbers


@pytest.fixture(scope="module")
def numbered(new_site):
    """Build three figures, a lone picture and references to them."""
    site = new_site(
        index_rst=page(
            rest("caption: One *with* ``markup`` and :doc:`a link <index>`", "name: one"),
            rest("name: lone"),
            rest("caption: Two", "name: two"),
            rest("figclass: x", "caption: Three", "name: three"),
            "See :numref:`one`, :numref:`two`, :numref:`Picture {number} <three>`,"
            " :ref:`two`, :ref:`the lone one <lone>`.",
        )
    )
    result = site.build()
    assert result.warnings == []
    return site


@pytest.mark.behaviour(7, 20)
def test_every_figure_has_one_number_in_order(numbered):
    numbers = re.findall(
        r'<span class="caption-number">Fig. (\d) </span>', numbered.page("index.html")
    )
    assert numbers == ["1", "2", "3"]


@pytest.mark.behaviour(20)
def test_references_find_figures_by_name_and_number(numbered):
    html = numbered.page("index.html")
    assert 'href="#one"><span class="std std-numref">Fig. 1</span>' in html
    assert 'href="#two"><span class="std std-numref">Fig. 2</span>' in html
    assert 'href="#three"><span class="std std-numref">Picture 3</span>' in html
    assert 'href="#two"><span class="std std-ref">Two</span>' in html
    assert 'href="#lone"><span class="std std-ref">the lone one</span>' in html


@pytest.mark.behaviour(7, 20)
def test_every_name_is_one_id_on_the_page(numbered):
    html = numbered.page("index.html")
    for name in ("one", "two", "three", "lone"):
        assert html.count(f'id="{name}"') == 1


@pytest.mark.behaviour(7)
def test_a_caption_is_inline_markup(numbered):
    (first, *_) = numbered.doctree("index").findall(nodes.caption)
    assert [type(child).__name__ for child in first] == [
        *("Text", "emphasis", "Text", "literal", "Text", "pending_xref"),
    ]


@pytest.mark.behaviour(7)
def test_a_figure_holds_one_picture_and_one_caption(numbered):
    for figure in numbered.doctree("index").findall(nodes.figure):
        assert [type(child).__name__ for child in figure] == ["PipelinePicture", "caption"]


def test_warnings_of_a_caption_have_its_line(site):
    site.write("index.rst", page(".. include:: parts/part.txt"))
    broken = rest("alt: a", "caption: An :ref:`unknown place` and *an open star")
    site.write("parts/part.txt", "Text.\n\n" + broken)
    result = site.build()
    assert len(result.warnings) == 2
    # docutils before 0.22 names included files relative to the working directory
    assert all("parts/part.txt:5: WARNING: " in line for line in result.warnings)


@pytest.mark.behaviour(22)
def test_a_caption_is_offered_for_translation_with_its_line(site):
    site.write("index.rst", page(rest("alt: a", "caption: Words to translate")))
    assert site.build("gettext").warnings == []
    assert '#: ../../source/index.rst:6\nmsgid "Words to translate"' in site.page(
        "index.pot", "gettext"
    )


def test_a_picture_may_stand_in_a_line_of_text(site):
    named = rest("align: middle").replace("..", ".. |small|", 1)
    site.write("index.rst", page("Before |small| after.", named))
    for builder in ("html", "text", "man", "latex", "texinfo", "xml"):
        assert site.build(builder).warnings == []
    assert re.search(
        r'<p>Before <img alt="Pipeline schedule, [^"]*" class="[^"]*\balign-middle\b[^>]*> *'
        r"(<img [^>]*>)? *after.</p>",
        site.page("index.html"),
    )
    assert "Device 1 │F1│" in site.page("index.txt", "text")


def test_a_picture_in_a_line_cannot_be_a_block(site):
    named = rest("align: left").replace("..", ".. |small|", 1)
    site.write("index.rst", page("Before |small| after.", named))
    first, *_ = site.build("dummy").warnings
    assert first.startswith("index.rst:7: WARNING: the option 'align' cannot be 'left'")


# Keys as options


def test_short_keys_may_be_options(site):
    options = ["schedule: interleaved-1f1b", "devices: 2", "microbatches: 4", "chunks: 2"]
    more = ["costs: {forward: [1, 2, 3, 4], backward: 2}", "style: {base: seed, first: 0}"]
    given = [*options, "microbatch-group-size: 2", *more]
    site.write("index.rst", page(rest(*given, body=[]), rest(body=given)))
    assert site.build("dummy").warnings == []
    first, second = site.doctree("index").findall(PipelinePicture)
    assert first["spec"] == second["spec"]
    assert first["spec"].costs.forward == [1, 2, 3, 4]
    assert first["spec"].style == {"base": "seed", "first": 0}


def test_options_and_body_add_up(site):
    site.write(
        "index.rst", page(rest("devices: 2", body=["schedule: gpipe", "microbatches: 3"]))
    )
    assert site.build("dummy").warnings == []
    (picture,) = site.doctree("index").findall(PipelinePicture)
    assert (picture["spec"].devices, picture["spec"].microbatches) == (2, 3)


def test_options_add_up_with_a_file(site):
    site.write("parts/one.yaml", "schedule: gpipe\nmicrobatches: 3\n")
    site.write("index.rst", page(rest("devices: 2", body=[], argument="parts/one.yaml")))
    assert site.build("dummy").warnings == []


def test_a_style_option_changes_the_picture(site):
    option = "style: {forward: '#123456'}"
    site.write("index.rst", page(rest(option)))
    assert site.build().warnings == []
    (picture,) = (site.output / "html").rglob("pipeviz-*[0-9a-f].svg")
    assert "#123456" in picture.read_text(encoding="utf-8")


def test_every_key_that_is_an_option_is_a_key():
    assert set(SPEC_OPTIONS) <= set(KEYS)


# Where the text comes from


def warned(site) -> str:
    (warning,) = site.build("dummy").warnings
    return warning


def test_a_file_and_a_body_are_too_much(site):
    site.write("parts/one.yaml", "\n".join(SPEC))
    site.write("index.rst", page(rest("alt: a", argument="parts/one.yaml")))
    assert warned(site) == (
        "index.rst:7: WARNING: the schedule is given both as a file and in the body"
        " (keep one of them) [pipeviz.spec]"
    )


@pytest.mark.parametrize("name", ["one.yaml", "/parts/one.yaml", "a name with spaces.yaml"])
def test_a_file_is_found_from_the_page_or_from_the_source_folder(site, name):
    path = name[1:] if name.startswith("/") else f"sub/{name}"
    site.write(path, "\n".join(SPEC))
    site.write("sub/page.rst", page(rest(body=[], argument=name)))
    site.write("index.rst", page(".. toctree::\n\n   sub/page"))
    assert site.build("dummy").warnings == []


def test_a_file_may_start_with_a_byte_order_mark(site):
    site.write("parts/one.yaml", "\ufeff" + "\n".join(SPEC))
    site.write("index.rst", page(rest(body=[], argument="parts/one.yaml")))
    assert site.build("dummy").warnings == []


def test_a_missing_file_is_named(site):
    site.write("index.rst", page(rest(body=[], argument="parts/none.yaml")))
    assert warned(site).startswith(
        "index.rst:4: WARNING: there is no file 'parts/none.yaml' (paths are relative to"
    )


def test_a_folder_without_files_of_ranks_is_told(site):
    site.write("parts/one.yaml", "")
    site.write("index.rst", page(rest(body=[], argument="parts")))
    message = "index.rst:4: WARNING: the folder 'parts' has no file of a known format"
    assert warned(site).startswith(message)


def test_a_binary_file_is_no_schedule(site):
    site.write("parts/one.yaml", "").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    site.write("index.rst", page(rest(body=[], argument="parts/one.yaml")))
    assert warned(site).startswith(
        "parts/one.yaml:1: WARNING: this is not a text file in UTF-8"
    )


def test_a_text_file_with_control_characters_is_no_schedule(site):
    site.write("parts/one.yaml", "schedule: \x00\x01")
    site.write("index.rst", page(rest(body=[], argument="parts/one.yaml")))
    assert warned(site).startswith("parts/one.yaml:1: WARNING: this is not valid YAML")


@pytest.mark.parametrize("body", [[], ["", ""], ["# only a comment"]])
def test_an_empty_body_is_no_schedule(site, body):
    site.write("index.rst", page(rest("alt: a", body=body)))
    line = 7 if any(body) else 4
    assert warned(site).startswith(f"index.rst:{line}: WARNING: there is no schedule here (")


# The same in every markup


@pytest.fixture(scope="module")
def in_every_markup(new_site):
    """Build the same picture in each markup; return the doctrees' pictures as XML."""
    options = ["alt: Words", "caption: A caption", "name: NAME", "align: center", "devices: 2"]
    body = ["schedule: gpipe", "microbatches: 3", "costs: {forward: 1, backward: 2}"]
    fields = [f":{option}" for option in options]
    directive = rest(*options, body=body)
    pages = {
        "rest_rst": page(directive),
        "backticks_md": "\n".join(["# T", "", "```{pipeline-schedule}", *fields, *body, "```"]),
        "colons_md": "\n".join(["# T", "", ":::{pipeline-schedule}", *fields, *body, ":::"]),
        "block_md": "\n".join(
            ["# T", "", "```{pipeline-schedule}", "---", *options, "---", *body, "```"]
        ),
        "plain_md": "\n".join(["# T", "", "```pipeline-schedule", *fields, *body, "```"]),
        "evalrst_md": f"# T\n\n```{{eval-rst}}\n{directive}\n```",
    }
    names = [name.rpartition("_")[0] for name in pages]
    site = new_site(
        "extensions += ['myst_parser']",
        "myst_enable_extensions = ['colon_fence']",
        "myst_fence_as_directive = ['pipeline-schedule']",
        index_rst=page(".. toctree::\n\n   " + "\n   ".join(names)),
        **{key: text.replace("NAME", key.rpartition("_")[0]) for key, text in pages.items()},
    )
    result = site.build("dummy")
    assert result.warnings == []
    return {name: site.doctree(name) for name in names}


@pytest.mark.behaviour(16)
@pytest.mark.parametrize("markup", ["backticks", "colons", "block", "plain", "evalrst"])
def test_the_doctree_is_the_same_as_in_restructuredtext(in_every_markup, markup):
    figures = [
        next(iter(in_every_markup[name].findall(nodes.figure))) for name in ("rest", markup)
    ]
    expected, found = (
        str(figure).replace(name, "NAME")
        for figure, name in zip(figures, ("rest", markup), strict=True)
    )
    assert "Words" in expected
    assert found == expected
    pictures = [next(iter(figure.findall(PipelinePicture))) for figure in figures]
    assert pictures[0]["spec"] == pictures[1]["spec"]


DASHES = "in Markdown a body must not start with ---"
OLD_MYST = int(version("myst-parser").partition(".")[0]) < 5


@pytest.mark.behaviour(17)
@pytest.mark.skipif(OLD_MYST, reason="MyST before 5 does not hand over option lines")
@pytest.mark.parametrize(
    ("body", "line"),
    [
        (["---", "order:", "  - 0F0 0B0", "---"], 5),
        (["---", "order:", "  - 0F0 0B0"], 5),
        (["---", "timeline: {1: []}"], 5),
        (["---", "1:", "  - {type: forward, batch: 1, start_time: 0, duration: 1}"], 5),
        (["---", "---"], 3),
    ],
)
def test_a_markdown_body_that_starts_with_dashes_is_explained(site, body, line):
    site.configure("extensions += ['myst_parser']")
    site.write("index.md", "\n".join(["# T", "", "```{pipeline-schedule}", *body, "```", ""]))
    warning = warned(site)
    assert warning.startswith(f"index.md:{line}: WARNING: ")
    assert DASHES in warning


@pytest.mark.behaviour(17)
def test_short_keys_between_dashes_are_options_in_markdown(site):
    site.configure("extensions += ['myst_parser']")
    body = ["---", *SPEC, "---"]
    site.write("index.md", "\n".join(["# T", "", "```{pipeline-schedule}", *body, "```", ""]))
    assert site.build("dummy").warnings == []


def test_dashes_after_an_empty_line_start_a_document(site):
    site.configure("extensions += ['myst_parser']")
    body = ["", "---", "order: [0F0 0B0]"]
    site.write("index.md", "\n".join(["# T", "", "```{pipeline-schedule}", *body, "```", ""]))
    assert site.build("dummy").warnings == []
