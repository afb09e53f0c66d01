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
from sphinx_pipeviz.frontends.fence_header import OPTIONS, Header, read_header
from sphinx_pipeviz.frontends.fence_lines import fences

markdown = pytest.importorskip("markdown", reason="Python-Markdown is not installed")

YAML = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
FENCE = f"```pipeline-schedule\n{YAML}```\n"
SUPERFENCES = "pymdownx.superfences"
NEEDS_PYMDOWN = pytest.mark.skipif(
    importlib.util.find_spec("pymdownx") is None,
    reason="pymdown-extensions is not installed",
)
FIGURE = re.compile(r'<figure class="pipeviz"><img src="data:image/svg\+xml;base64,[^"]+"')


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
    assert "<p><figure" not in html


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


# What it becomes


def test_figure_has_caption_and_attributes():
    header = '{caption="A & <b>" alt="\'One\'" width=60% #fig .wide .plain}'
    html = convert(FENCE.replace("schedule\n", f"schedule {header}\n", 1))
    assert html.startswith('<figure class="pipeviz wide plain" id="fig" style="width: 60%">')
    assert ' alt="&#x27;One&#x27;" style="width: 100%">' in html
    assert html.endswith("<figcaption>A &amp; &lt;b&gt;</figcaption></figure>")


def test_alt_text_is_made():
    assert 'alt="Pipeline schedule, 1f1b: 2 devices, 3 microbatches;' in convert(FENCE)
    assert 'alt=""' in convert(FENCE.replace("schedule\n", 'schedule alt=""\n', 1))


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
    plain, own = pictures(convert(text, style="megatron"))
    assert STYLES["megatron"].forward.lower() in plain
    assert STYLES["megatron"].forward.lower() not in own
    html = convert(FENCE, dark=True)
    assert re.findall(r"#only-\w+", html) == ["#only-light", "#only-dark"]
    light, dark = pictures(html)
    assert STYLES["seed-dark"].background.lower() in dark
    assert light == pictures(convert(FENCE))[0]
    assert "limit is 3 (the option max_ops sets the limit)" in convert(FENCE, max_ops=3)


def test_cache_is_used(tmp_path, monkeypatch):
    html = convert(FENCE, cache_dir=str(tmp_path / "cache"))
    assert len(list(tmp_path.rglob("pipeviz-*.svg"))) == 1
    monkeypatch.setattr("sphinx_pipeviz.frontends.figure_html.draw", None)
    assert convert(FENCE, cache_dir=str(tmp_path / "cache")) == html
    assert "drawing failed: TypeError" in convert(FENCE)


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
    "width": (" width=wide", YAML, 1, "the width cannot be &#x27;wide&#x27;"),
}


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


def test_fence_without_end_is_a_mistake(caplog):
    html = convert(f"text\n\n{FENCE.removesuffix('```' + chr(10))}")
    assert "this fence has no end" in html
    assert "<input>:3: " in caplog.text


def test_line_is_that_of_the_source_after_metadata_and_twice_the_same(caplog):
    wrong = FENCE.replace("2", "none")
    convert(f"title: x\n\n{wrong}\ntext\n\n{wrong}", "meta")
    lines = [int(found) for found in re.findall(r"<input>:(\d+):", caplog.text)]
    assert lines == [5, 13]


def test_unexpected_exceptions_are_shown(monkeypatch, caplog):
    monkeypatch.setattr("sphinx_pipeviz.frontends.fence.read_spec", lambda *_: 1 / 0)
    assert "drawing failed: ZeroDivisionError" in convert(FENCE)
    assert "please report it" in caplog.text


def test_strict_ends_the_conversion():
    with pytest.raises(Exception, match="there is no schedule here"):
        convert("```pipeline-schedule\n```", strict=True)


def test_every_option_is_one_of_the_header():
    given = {"width": "1px"}
    text = " ".join(f'{name}="{given.get(name, "x")}"' for name in OPTIONS if name != "id")
    assert read_header(text) == Header("x", "x", "1px", "x", ("x",))
