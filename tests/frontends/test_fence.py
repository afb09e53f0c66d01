"""The fence in Python-Markdown: where it is found, what it becomes, what its mistakes say."""

from __future__ import annotations

import base64
import importlib.util
import itertools
import logging
import re
import textwrap

import pytest

from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.fence_header import OPTIONS, Header, read_header
from sphinx_pipeviz.frontends.fence_lines import fences
from sphinx_pipeviz.page_html import MOST

markdown = pytest.importorskip("markdown", reason="Python-Markdown is not installed")

YAML = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
FENCE = f"```pipeline-schedule\n{YAML}```\n"
SUPERFENCES = "pymdownx.superfences"
NEEDS_PYMDOWN = pytest.mark.skipif(
    importlib.util.find_spec("pymdownx") is None,
    reason="pymdown-extensions is not installed",
)
FIGURE = re.compile(
    r'<figure class="pipeviz-figure">\s*<div class="pipeviz[^"]*" data-search-exclude="">'
    r'(<style>[^<]*</style>)?<svg class="pipeviz-svg [^>]*>.*?</svg>\s*<details ',
    re.DOTALL,
)


def convert(text, *extensions, **options):
    """Convert with the fence last, or where it is named."""
    used = extensions if "sphinx_pipeviz" in extensions else (*extensions, "sphinx_pipeviz")
    return markdown.markdown(
        text, extensions=list(used), extension_configs={"sphinx_pipeviz": options}
    )


def pictures(html):
    """Return the pictures in HTML."""
    found = re.findall(r'src="data:image/svg\+xml;base64,([^"#]+)', html)
    return [base64.b64decode(text).decode() for text in found]


def indented(text, lead="    "):
    return textwrap.indent(text, lead)


# Where it is found

PLACES = {
    "top": FENCE,
    "after text": f"text\n{FENCE}text\n",
    "tildes": FENCE.replace("```", "~~~"),
    "long": FENCE.replace("```", "`````"),
    "list": f"- item\n\n{indented(FENCE)}",
    "list, at once": "- " + indented(FENCE, "  ").lstrip(),
    "numbers": f"1. item\n\n{indented(FENCE)}\n2. item\n",
    "nested list": f"- item\n\n    - item\n\n{indented(FENCE, ' ' * 8)}",
    "quote": f"> text\n>\n{indented(FENCE, '> ')}",
    "admonition": f"!!! note\n\n{indented(FENCE)}",
    "tabs": f"- item\n\n{indented(FENCE, chr(9))}",
    "windows": FENCE.replace("\n", "\r\n"),
    "braces": FENCE.replace("pipeline-schedule", "{.pipeline-schedule}"),
    "myst": FENCE.replace("pipeline-schedule", "{pipeline-schedule}"),
}


@pytest.mark.behaviour(36)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "others",
    [
        (),
        ("fenced_code", "codehilite"),
        pytest.param((SUPERFENCES,), marks=NEEDS_PYMDOWN),
        pytest.param(
            (SUPERFENCES, "pymdownx.highlight", "pymdownx.snippets"), marks=NEEDS_PYMDOWN
        ),
    ],
    ids=["alone", "fenced_code", "superfences", "highlight"],
)
def test_found_wherever_a_fence_may_be(place, others):
    html = convert(PLACES[place], "admonition", *others)
    assert len(FIGURE.findall(html)) == 1
    assert "schedule: 1f1b" not in html
    assert not re.search(r"<p>\s*<(figure|div)", html)
    assert html.count("<svg") == html.count("</details>") == html.count("<script>") == 1


@pytest.mark.behaviour(36)
@NEEDS_PYMDOWN
@pytest.mark.parametrize(
    "order",
    list(itertools.permutations([SUPERFENCES, "sphinx_pipeviz", "pymdownx.tabbed"])),
    ids=lambda names: "-".join(name.rpartition(".")[2] for name in names),
)
@pytest.mark.parametrize("tabs", [False, True])
def test_order_of_extensions_does_not_matter(order, tabs):
    text = f'=== "One"\n\n{indented(FENCE)}\n=== "Two"\n\n{indented(FENCE)}'
    settings = {SUPERFENCES: {"preserve_tabs": tabs}}
    html = markdown.markdown(text, extensions=list(order), extension_configs=settings)
    assert len(FIGURE.findall(html)) == 2


@pytest.mark.parametrize("others", [(), pytest.param((SUPERFENCES,), marks=NEEDS_PYMDOWN)])
def test_code_stays_code(others, caplog):
    wrong = FENCE.replace("2", "none")
    html = convert(f"text\n\n    code\n\n{indented(wrong)}", *others)
    assert "<figure" not in html
    assert wrong.strip() in html
    assert not caplog.records


@pytest.mark.parametrize(
    "other", ["fenced_code", pytest.param(SUPERFENCES, marks=NEEDS_PYMDOWN)]
)
def test_fence_in_another_fence_stays_code(other):
    html = convert(f"````text\n{FENCE}````\n\n{FENCE}", other)
    assert len(FIGURE.findall(html)) == 1
    assert "schedule: 1f1b" in html


def test_inline_code_opens_no_fence():
    assert next(fences(["```x``` text", *FENCE.splitlines()])).start == 1
    assert not list(fences(["```pipeline-schedules", "```", "``pipeline-schedule", "``"]))


def test_a_converter_can_be_used_again():
    converter = markdown.Markdown(extensions=["sphinx_pipeviz"])
    one = converter.convert(FENCE)
    converter.reset()
    assert converter.convert(FENCE) == one
    assert converter.convert("text") == "<p>text</p>"


@pytest.mark.parametrize("mark", ["\x01wzxhzdk:0\x04", "\x02wzxhzdk:0\x03"])
def test_marks_of_the_page_are_text(mark):
    html = convert(f"{mark}\n\n```pipeline-schedule\nschedule: {mark}\n```\n")
    assert html.count("pipeviz-error") == 1


@NEEDS_PYMDOWN
def test_tabs_of_other_code_are_kept():
    html = markdown.markdown(
        f"{FENCE}\n```text\na\tb\n```\n",
        extensions=["sphinx_pipeviz", SUPERFENCES],
        extension_configs={SUPERFENCES: {"preserve_tabs": True}},
    )
    assert "a\tb" in html


#: Extensions that change text or HTML, and none of which may change a picture.
CHANGERS = (
    *("smarty", "md_in_html", "attr_list", "toc", "footnotes", "abbr", "tables", "def_list"),
    *("admonition", "nl2br", "codehilite", "wikilinks"),
    *(f"pymdownx.{name}" for name in ("smartsymbols", "details", "tabbed", "superfences")),
    *(f"pymdownx.{name}" for name in ("betterem", "magiclink", "emoji", "b64", "striphtml")),
    *(f"pymdownx.blocks.{name}" for name in ("tab", "details", "admonition")),
)
DEEPER = {
    "top": FENCE,
    "markdown in HTML": f"<div markdown>\n\n{FENCE}\n</div>\n",
    "HTML": f"<div>\n\n{FENCE}\n</div>\n",
    "details": f'??? note "N"\n\n{indented(FENCE)}',
    "tab": f'=== "A"\n\n{indented(FENCE)}',
    "block": f"/// details | A\n\n{FENCE}\n///\n",
    "tab in a note": f'!!! note\n\n    === "A"\n\n{indented(FENCE, " " * 8)}',
    "note in lists": f"1. a\n\n    - b\n\n        !!! note\n\n{indented(FENCE, ' ' * 12)}",
    "definition": f"Term\n\n:   text\n\n{indented(FENCE)}",
    "footnote": f"text[^1]\n\n[^1]:\n    text\n\n{indented(FENCE)}",
    "quote": indented(FENCE, "> "),
}


@NEEDS_PYMDOWN
@pytest.mark.parametrize("place", DEEPER)
@pytest.mark.parametrize("at", [0, len(CHANGERS) // 2, len(CHANGERS)])
def test_no_extension_changes_a_picture(place, at):
    def picture(html):
        (found,) = re.findall(r"<svg class=\"pipeviz-svg.*?</details>", html, re.DOTALL)
        return re.sub(r"pv[0-9a-f]{8}-1", "pv", found)

    html = convert(DEEPER[place], *CHANGERS[:at], "sphinx_pipeviz", *CHANGERS[at:])
    assert picture(html) == picture(convert(FENCE))
    assert len(re.findall(r'<figure class="pipeviz-figure">\s*<div class="pipeviz ', html)) == 1
    assert not re.search(r"<p>\s*<(figure|div|svg)", html)


def test_figure_within_html_keeps_its_caption_and_name():
    named = FENCE.replace("schedule\n", 'schedule caption="A & b" #fig .wide\n', 1)
    html = convert(f"<div>\n\n{named}\n</div>\n")
    assert '<figure class="pipeviz-figure wide" id="fig"><div ' in html
    assert "</div><figcaption>A &amp; b</figcaption></figure>" in html


# What it becomes


def test_figure_has_caption_and_attributes():
    header = '{caption="A & b" alt="\'One\'" width=60% #fig .wide .plain}'
    text = FENCE.replace("schedule\n", f"schedule {header}\n", 1)
    html = convert(text)
    assert html.startswith('<figure class="pipeviz-figure wide plain" id="fig">')
    assert re.search(
        r'<div class="pipeviz [^"]*pipeviz-fixed"[^>]*>.*?<svg [^>]* width="60%"',
        html,
        re.DOTALL,
    )
    assert "-t\">'One'</title>" in html
    assert html.endswith("</div>\n<figcaption>A &amp; b</figcaption>\n</figure>")
    html = convert(text, embed="image")
    assert ' alt="&#x27;One&#x27;" style="width: 60%">' in html


def test_picture_is_drawn_as_wide_as_it_is_shown():
    narrow = convert(FENCE.replace("schedule\n", "schedule width=300px\n", 1))
    assert ' viewBox="0 0 225 ' in narrow
    assert ' viewBox="0 0 540 ' in convert(FENCE)


def test_alt_text_is_made():
    assert ">Pipeline schedule, 1f1b: 2 devices, 3 microbatches;" in convert(FENCE)
    made = 'alt="Pipeline schedule, 1f1b: 2 devices, 3 microbatches;'
    assert convert(FENCE, embed="image").count(made) == 2
    empty = FENCE.replace("schedule\n", 'schedule alt=""\n', 1)
    assert convert(empty, embed="image").count('alt=""') == 2
    assert re.search(r'<svg [^>]* aria-hidden="true"', convert(empty))


def test_captions_are_read_like_the_page():
    caption = "A *b* `c` [d](e.html) [f] \\*g\\* --"
    text = f'~~~pipeline-schedule caption="{caption}"\n{YAML}~~~\n\n[f]: g.html\n'
    html = convert(text, "smarty")
    told = (
        'A <em>b</em> <code>c</code> <a href="e.html">d</a> <a href="g.html">f</a> *g* &ndash;'
    )
    assert f"<figcaption>{told}</figcaption>" in html


@pytest.mark.parametrize(
    "text",
    [
        'pipeline-schedule caption="C" width=300 id="a b" class="x y"',
        'pipeline-schedule {caption="C" width=300px #a-b .x .y}',
        "{.pipeline-schedule caption='C' width='300px' #a-b .x .y}",
        "{ .pipeline-schedule #a-b .x .y caption=C width=300px }",
        "{ #a-b .pipeline-schedule .x .y caption=C width=300px }",
        '{pipeline-schedule} caption="C" name=a-b width=300px class="x y"',
    ],
)
def test_header_can_be_written_in_many_ways(text):
    assert list(fences([f"```{text}", "```"]))
    assert read_header(text) == Header("C", None, "300px", "a-b", ("x", "y"))


def test_quotes_in_a_header():
    assert read_header(r'pipeline-schedule caption="a \"b\" \c"').caption == r'a "b" \c'


def test_options_of_the_extension():
    text = FENCE + FENCE.replace("```\n", "style: mono\n```\n")
    plain, _, own, _ = pictures(convert(text, style="megatron", embed="image"))
    assert STYLES["megatron"].forward.lower() in plain
    assert STYLES["megatron"].forward.lower() not in own
    html = convert(FENCE, embed="image")
    assert re.findall(r'<img class="(pipeviz-\w+)"', html) == ["pipeviz-light", "pipeviz-dark"]
    assert STYLES["seed-dark"].background.lower() in pictures(html)[1]
    assert "limit is 3 (the option max_ops sets the limit)" in convert(FENCE, max_ops=3)
    assert "there is no way &#x27;svg&#x27;" in convert(FENCE, embed="svg")


def test_header_says_how_the_picture_is_embedded():
    image = FENCE.replace("schedule\n", "schedule embed=image\n", 1)
    assert "<img" in convert(image)
    assert "<svg" not in convert(image)
    assert "<script>" not in convert(image)
    assert "<img" not in convert(image.replace("image", "inline"), embed="image")


def test_very_large_pictures_are_images_unless_asked_for(monkeypatch):
    monkeypatch.setitem(MOST, "auto", 11)
    assert "<img" in convert(FENCE)
    assert "<svg" in convert(FENCE, embed="inline")
    assert "<svg" in convert(FENCE.replace("microbatches: 3", "microbatches: 2"))


@pytest.mark.parametrize("embed", ["inline", "image"])
def test_a_text_that_is_too_long_for_the_page_is_a_file(embed):
    html = convert(FENCE.replace("microbatches: 3", "microbatches: 200"), embed=embed)
    assert "<details" not in html
    found = r'<p class="pipeviz-text"><a href="([^"]*)" download="1f1b.txt">This schedule as'
    (address,) = re.findall(found, html)
    start = "data:text/plain;base64,"
    assert address.startswith(start)
    text = base64.b64decode(address.removeprefix(start)).decode("utf-8-sig")
    assert len(set(re.findall(r"F\d+", text))) == 200


def test_cache_is_used(tmp_path, monkeypatch):
    folder = str(tmp_path / "cache")
    html = convert(FENCE, cache_dir=folder)
    images = convert(FENCE, cache_dir=folder, embed="image")
    assert len(list(tmp_path.rglob("pipeviz-*.json"))) == 1
    assert len(list(tmp_path.rglob("pipeviz-*.svg"))) == 2
    monkeypatch.setattr("sphinx_pipeviz.frontends.figure_html.draw", None)
    monkeypatch.setattr("sphinx_pipeviz.embed.paint_inline", None)
    assert convert(FENCE, cache_dir=folder) == html
    assert convert(FENCE, cache_dir=folder, embed="image") == images
    assert "drawing failed: TypeError" in convert(FENCE)


# What the page loads


def test_page_loads_once_what_its_pictures_need():
    html = convert(FENCE * 3 + FENCE.replace("```\n", "style: mono\n```\n"))
    assert html.count("<style>") == html.count("<script>") == 1
    style, script = html.index("<style>"), html.index("<script>")
    assert style < html.index("<svg")
    assert html.rindex("</svg>") < script
    classes = set(re.findall(r"pipeviz-svg (pipeviz-style-\w+)", html))
    assert len(classes) == 2
    for name in classes:
        assert f"\n.{name}{{--pipeviz" in html
    assert "<style>" not in convert("# Title\n\ntext\n")
    assert "<style>" not in convert("```pipeline-schedule\n```\n")


def test_what_is_put_into_a_page_ends_where_it_should():
    html = convert(FENCE)
    for tag in ("style", "script"):
        assert html.count(f"<{tag}") == html.count(f"</{tag}") == 1


def test_ids_are_there_once_even_where_two_pages_are_shown_as_one():
    html = convert(FENCE * 3) + convert(f"{FENCE}\ntext\n")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 8
    for used in re.findall(r'(?:aria-(?:labelledby|describedby)="|url\(#)([^")]+)', html):
        assert used in ids


def test_folder_that_is_a_file_costs_only_the_cache(tmp_path):
    (tmp_path / "cache").write_text("")
    assert FIGURE.search(convert(FENCE, cache_dir=str(tmp_path / "cache")))


def test_files_are_read_from_the_folder(tmp_path):
    (tmp_path / "order.csv").write_text("0F0,0B0\n1F0,1B0\n")
    text = "```pipeline-schedule\nfile: order.csv\n```\n"
    assert "written: 2 devices, 1 microbatch" in convert(text, folder=str(tmp_path))
    assert "there is no file" in convert(text)


def test_compare_is_drawn():
    body = "compare: [{schedule: gpipe}, {schedule: 1f1b}]\ndevices: 2\nmicrobatches: 2\n"
    assert "2 pipeline schedules" in convert(f"```pipeline-schedule\n{body}```")


# Mistakes

MISTAKES = {
    "yaml": ("", "schedule: [", 2, "not valid YAML"),
    "key": ("", YAML.replace("devices", "device"), 3, "there is no key &#x27;device&#x27;"),
    "value": ("", YAML.replace("2", "<b>"), 3, "not the text &#x27;&lt;b&gt;&#x27;"),
    "plan": ("", "order:\n  - 0F0 0B0\n  - 1F0\n", None, "1B0"),
    "style": ("", YAML + "style: sead\n", 5, "did you mean &#x27;seed&#x27;?"),
    "empty": ("", "", None, "there is no schedule here"),
    "python": ("", "python: os:path", 2, "the option allow_python decides on that"),
    "option": (" captoin=x", YAML, 1, "did you mean &#x27;caption&#x27;?"),
    "spec": (" devices=4", YAML, 1, "write &#x27;devices: …&#x27; in the body"),
    "word": (" from.yaml", YAML, 1, "cannot hold &#x27;from.yaml&#x27;"),
    "quote": (' caption="x', YAML, 1, "cannot hold"),
    "twice": (" id=a name=b", YAML, 1, "&#x27;name&#x27; is given twice"),
    "embed": (" embed=svg", YAML, 1, "there is no way &#x27;svg&#x27;"),
    "width": (" width=wide", YAML, 1, "the width cannot be &#x27;wide&#x27;"),
}


@pytest.mark.behaviour(35)
@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("others", [(), pytest.param((SUPERFENCES,), marks=NEEDS_PYMDOWN)])
def test_mistake_is_a_box_and_a_warning(name, others, caplog):
    header, body, line, words = MISTAKES[name]
    html = convert(
        f"# Title\n\n```pipeline-schedule{header}\n{body.strip()}\n```\n\nend", *others
    )
    assert html.count('<div class="admonition danger error pipeviz-error">') == 1
    assert words in html
    assert html.endswith("<p>end</p>")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.name.startswith("mkdocs.")
    place = re.match(r"pipeviz: <input>:(\d+): ", record.getMessage())
    assert line is None or int(place[1]) == line + 2
    assert f"(line {place[1]})" in html


@pytest.mark.behaviour(31)
def test_characters_without_a_glyph_are_told_with_their_place(caplog):
    lacking = f"{YAML}title: \U00012000\n"
    convert(f"text\n\n```pipeline-schedule embed=image\n{lacking}```\n\n{FENCE}")
    (record,) = caplog.records
    assert (record.levelno, record.name.partition(".")[0]) == (logging.WARNING, "mkdocs")
    assert re.match(r"pipeviz: <input>:3: .* no glyphs for '\U00012000'", record.getMessage())
    assert record.getMessage().endswith(
        "(name one that has them as the font of the option style)"
    )


@pytest.mark.behaviour(32)
def test_a_simplified_picture_is_told_of_with_its_place(caplog, monkeypatch):
    monkeypatch.setattr("sphinx_pipeviz.remarks.is_large", lambda _: True)
    html = convert(f"text\n\n{FENCE}")
    (record,) = caplog.records
    assert re.match(r"pipeviz: <input>:3: this picture of 12 tasks is", record.getMessage())
    assert "<svg" in html


@pytest.mark.parametrize("tag", ["<!--", "<pre>", "<script>"])
def test_fence_in_a_comment_is_not_drawn_and_takes_no_style_from_the_next(tag, caplog):
    end = "-->" if tag == "<!--" else tag.replace("<", "</")
    wrong = FENCE.replace("2", "none")
    html = convert(f"{tag}\n{wrong}{end}\n\n{FENCE}")
    inside, _, after = html.partition(end)
    assert wrong in inside
    assert "<style>" not in inside
    assert after.count("<style>") == after.count("<figure") == 1
    assert caplog.text == ""


@pytest.mark.parametrize("value", ["many", -1, 1.5])
def test_most_ops_are_a_whole_number(value):
    with pytest.raises(PipevizError, match="'max_ops' cannot be"):
        markdown.markdown(
            FENCE,
            extensions=["sphinx_pipeviz"],
            extension_configs={"sphinx_pipeviz": {"max_ops": value}},
        )


def test_fence_without_end_is_a_mistake(caplog):
    html = convert(f"text\n\n{FENCE.removesuffix('```' + chr(10))}")
    assert "this fence has no end" in html
    assert "<input>:3: " in caplog.text


def test_line_is_not_that_of_a_shown_fence_nor_of_one_that_starts_alike(caplog):
    shown = f"~~~~\n{FENCE}~~~~\n\n"
    longer = FENCE.replace("```\n", "```\n\n")
    convert(f"{shown}{longer}{FENCE.removesuffix('```' + chr(10))}\n\n")
    assert (
        f"<input>:{(shown + longer).count(chr(10)) + 1}: this fence has no end" in caplog.text
    )


def test_line_is_that_of_the_source_after_metadata_and_twice_the_same(caplog):
    wrong = FENCE.replace("2", "none")
    convert(f"title: x\n\n{wrong}\ntext\n\n{wrong}", "meta")
    lines = [int(found) for found in re.findall(r"<input>:(\d+):", caplog.text)]
    assert lines == [5, 13]


@pytest.mark.behaviour(5, 35)
def test_unexpected_exceptions_are_shown(monkeypatch, caplog):
    monkeypatch.setattr("sphinx_pipeviz.frontends.fence_draw.read_spec", lambda *_: 1 / 0)
    assert "drawing failed: ZeroDivisionError" in convert(FENCE)
    assert "please report it" in caplog.text


@pytest.mark.behaviour(35)
def test_strict_ends_the_conversion():
    with pytest.raises(Exception, match="there is no schedule here"):
        convert("```pipeline-schedule\n```", strict=True)


def test_every_option_is_one_of_the_header():
    given = {"width": "1px", "embed": "image", "downloads": "svg", "zoom": "true"}
    text = " ".join(f'{name}="{given.get(name, "x")}"' for name in OPTIONS if name != "id")
    assert read_header(text) == Header(
        "x", "x", "1px", "x", ("x",), ("svg",), "image", zoom=True
    )


@pytest.mark.parametrize("embed", ["inline", "image"])
@pytest.mark.parametrize(
    ("header", "option", "shown"),
    [
        ("zoom", False, True),
        ("zoom=true", False, True),
        ("zoom=false", True, False),
        ("", True, True),
        ("", False, False),
    ],
)
def test_pictures_that_can_be_enlarged_have_a_mark_and_the_page_its_script(
    header, option, shown, embed
):
    text = FENCE.replace("schedule\n", f"schedule {header}\n", 1)
    html = convert(text, zoom=option, embed=embed)
    assert html.count('<span class="pipeviz-zoom" data-open="Enlarge"') == shown
    assert ("showModal" in html) == shown
    assert (".pipeviz-large {" in html) == shown


@pytest.mark.parametrize("own", [True, False])
def test_buttons_speak_the_language_of_their_picture(own):
    text = FENCE.replace("devices", "language: de\ndevices", 1) if own else FENCE
    html = convert(text, zoom=True, style="seed" if own else {"language": "de"})
    assert 'data-open="Vergrößern"' in html
    assert 'data-close="Schließen"' in html
    assert "<summary>Dieser Ablauf als Text</summary>" in html


def test_zoom_is_true_or_false():
    assert "zoom cannot be &#x27;x&#x27;" in convert(
        FENCE.replace("schedule\n", "schedule zoom=x\n", 1)
    )


LINKS = "links:\n- {device: 0, to: 'other.md#a&b'}\n- {kind: F, to: 'https://example.org/'}\n"
LINKED = FENCE.replace("```\n", f"{LINKS}```\n")


def hrefs(html):
    """Return where each link of the pictures leads, once per address."""
    return set(re.findall(r'<a class="pv-a" xlink:href="([^"]*)"', html))


@pytest.mark.parametrize(
    "text",
    [
        LINKED,
        f"- item\n\n{indented(LINKED)}",
        f"!!! note\n\n{indented(LINKED)}",
        f"{LINKED}\n[^1]\n\n[^1]: Text\n",
    ],
    ids=["top", "list", "admonition", "footnotes"],
)
def test_links_of_a_picture_lead_where_they_say(text):
    html = convert(text, "admonition", "footnotes")
    assert hrefs(html) == {"other.md#a&amp;b", "https://example.org/"}
    assert "\x1e" not in html
    plain = convert(text.replace("links", "#links").replace("- {", "#- {"), "footnotes")
    assert html.count("<p>") <= plain.count("<p>")


def test_links_lead_where_other_extensions_say():
    class Absolute(importlib.import_module("markdown.treeprocessors").Treeprocessor):
        def run(self, root):
            for link in root.iter("a"):
                link.set("href", f"/site/{link.get('href')}")

    converter = markdown.Markdown(extensions=["sphinx_pipeviz"])
    converter.treeprocessors.register(Absolute(converter), "absolute", 0)
    text = f"<div>\n\n{LINKED}\n</div>\n\n[a](b)\n\n{LINKED}"
    html = converter.convert(text)
    wanted = {"/site/other.md#a&amp;b", "/site/https://example.org/"}
    assert hrefs(html) == wanted
    assert html.count("<a ") == 15
    converter.reset()
    assert hrefs(converter.convert(LINKED)) == wanted


def test_images_have_no_links():
    html = convert(LINKED, embed="image")
    assert "<a " not in html
    assert "other.md" not in html


@pytest.mark.parametrize("embed", ["inline", "image"])
@pytest.mark.parametrize("role", [":ref:`x`", "{doc}`x`"])
def test_roles_are_refused_with_the_line_of_the_link(role, embed, caplog):
    html = convert(LINKED.replace("https://example.org/", role), embed=embed)
    assert html.count("pipeviz-error") == 1
    (told,) = caplog.messages
    assert f"<input>:7: the link to '{role}' is a cross-reference, which needs Sphinx" in told
    assert "write an address, such as other.md#name" in told


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("downloads", "svg gif", "choose from svg, pdf, png, yaml, or none"),
        ("downloads", ["svg"], "choose from svg, pdf, png, yaml, or none"),
        ("zoom", "perhaps", "write true or false"),
    ],
)
def test_a_wrong_option_names_itself_and_what_is_allowed(option, value, hint):
    with pytest.raises(PipevizError) as caught:
        convert(FENCE, **{option: value})
    assert f"the option '{option}' cannot be '" in caught.value.message
    assert caught.value.hint == hint
