"""Words that try to leave their place, in every place that takes an author's words."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from sphinx_pipeviz.frontends.fence import FenceExtension

WORDS = {
    "element": "</title></text></svg><script>xpwned()</script><xpwned>",
    "attribute": '" xpwned="1" onload="xpwned()" \' xpwned=\'1\' onerror=\'x',
    "comment": "--><!--]]><![CDATA[<xpwned/>]]>&xpwned;&#60;xpwned>",
    "latex": "\\input{/etc/xpwned}$\\xpwned$%{\\write18{xpwned}}^^41_~#&",
    "template": "{{7*7}}{% xpwned %}{0}{device.__class__}%s${xpwned}",
    "scheme": "javascript:xpwned() data:text/html,<xpwned>",
    "direction": "a\u202eb\u2066c\u200fd\u2028e\u2029f\ufeffg\ufffe",
    "control": "a\x00b\x07c\x1b[31md\x7fe\x85f\x0cg\rh\x02i\x03j\x1ek\x1f",
    "surrogate": "a\ud800b",
    "blank": " \u200b\u00a0",
    "roles": "`x <xpwned>`_ |xpwned| :raw-html:`<xpwned>` .. raw:: html",
}
PICTURE = """\
title: WORD
labels: WORD
axis: {{label: WORD}}
legend: {{F: WORD, B: WORD, overlap: WORD, idle: WORD}}
rows: {{label: WORD, suffix: WORD, groups: [{{devices: [0], label: WORD}}]}}
phases: [{{text: WORD, to: 4}}]
notes: [{{text: WORD, time: 1, device: 0}}]
highlight: [{{from: 0, to: 2, label: WORD}}]
"""
LINES = PICTURE.replace("{{", "{").replace("}}", "}").splitlines()
BASE = "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\n"
TASK = "{type: WORD, batch: 0, start_time: 0, duration: 1}"
BODIES = [
    *(BASE + line + "\n" for line in LINES),
    f"timeline: {{WORD: [{TASK}]}}\n",
    BASE + "links: [{device: 0, to: WORD}]\n",
    "schedule: WORD\n",
    "WORD: 1\n",
    BASE + "style: WORD\n",
    BASE + "style: {font: WORD}\n",
    "order: [[WORD]]\n",
    "file: WORD\n",
    "python: WORD\n",
]


def filled(text, word):
    """Write a word as YAML's double quotes have it."""
    return text.replace("WORD", json.dumps(word))


class Seen(HTMLParser):
    """Notes tags, attributes and the addresses that a page has."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.names, self.addresses = [], set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def assert_harmless(page):
    seen = Seen(page)
    assert not [tag for tag in seen.tags if "xpwned" in tag]
    assert not [name for name in seen.names if "xpwned" in name or name.startswith("on")]
    assert not [at for at in seen.addresses if re.match(r"\s*(javascript:|data:text)", at)]
    return seen


def directive(number, body, word):
    """A page's directive with the word in its options and its body."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800\ufffe]", " ", word).split())
    shown = "\n".join(f"   {each}" for each in filled(body, word).splitlines())
    return f"""
.. pipeline-schedule::
   :caption: ``{line.replace("`", "")}``
   :alt: {line}
   :name: n{number}
   :figclass: {line}

{shown}
"""


def page(word):
    bodies = "".join(directive(i, body, word) for i, body in enumerate(BODIES))
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800\ufffe]", " ", word).split())
    arguments = "".join(
        f"\n.. pipeline-schedule:: {given}\n   :{option}: {line}\n"
        for given in ("", line, f"{line}.yaml")
        for option in ("width", "align", "downloads", "embed", "xpwned", "title", "format")
    )
    return f"Site\n====\n{bodies}{arguments}"


def built(site, builder, *lines):
    site.configure(*lines)
    for name, word in WORDS.items():
        site.write(f"{name}.rst", ":orphan:\n\n" + page(word))
    site.write("index.rst", "Site\n====\n\n" + page("harmless"))
    result = site.build(builder)
    told = "\n".join(result.warnings)
    assert "drawing failed" not in told
    assert "Traceback" not in told
    return told


@pytest.mark.parametrize("embed", ["inline", "image"])
def test_no_word_leaves_its_place_in_html(site, embed):
    """The page says: words of authors are escaped in HTML and SVG; names of files are ours."""
    built(
        site, "html", f'pipeviz_html_embed = "{embed}"', 'pipeviz_html_downloads = "svg yaml"'
    )
    usual = Seen(site.page("index.html"))
    for name in WORDS:
        seen = assert_harmless(site.page(f"{name}.html"))
        assert set(seen.tags) <= {*usual.tags, "cite", "em", "span"}
        assert seen.tags.count("script") <= usual.tags.count("script")
    output = site.output / "html"
    for path in output.rglob("*"):
        assert "xpwned" not in path.name
        if path.suffix == ".svg" and path.name.startswith("pipeviz-"):
            assert_tree(path.read_text(encoding="utf-8"))
    shown = [path for path in output.glob("_images/**/*") if path.is_file()]
    assert all(re.fullmatch(r"pipeviz-[\w.-]+", path.name) for path in shown)


def assert_tree(svg):
    """An SVG file is well-formed and has no script, event or foreign content."""
    for element in ET.fromstring(svg).iter():  # noqa: S314  (our own file)
        tag = element.tag.rpartition("}")[2]
        assert tag not in ("script", "foreignObject", "image", "a")
        assert "xpwned" not in tag
        assert not [
            name for name in element.attrib if "xpwned" in name or name.startswith("on")
        ]


def test_no_word_leaves_its_place_in_a_book(site):
    """The page says: words of authors are escaped; a book's pages stay well-formed."""
    built(site, "epub")
    for name in WORDS:
        text = site.page(f"{name}.xhtml", "epub")
        assert_harmless(text)
        ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", text))  # noqa: S314


def test_no_word_leaves_its_place_in_latex(site):
    """The page says: words of authors are escaped in LaTeX."""
    site.configure()
    names = ("latex", "element", "attribute", "template", "roles")
    for name in names:
        site.write(f"{name}.rst", page(WORDS[name]))
    listed = "\n   ".join(names)
    site.write("index.rst", f"Site\n====\n\n.. toctree::\n\n   {listed}\n")
    result = site.build("latex")
    assert "drawing failed" not in "\n".join(result.warnings)
    tex = site.page("site.tex", "latex")
    assert "xpwned" in tex
    assert not re.findall(r"(?<!\\)\\(?:input|write18|xpwned)\b", tex)


def test_no_control_character_is_left_in_text(site):
    built(site, "text")
    for name in WORDS:
        text = site.page(f"{name}.txt", "text")
        assert not re.findall(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text)


@pytest.mark.parametrize("name", WORDS)
def test_no_word_leaves_its_place_in_a_fence(name):
    """The page says: also in alternative texts and boxes; captions are Markdown."""
    markdown = pytest.importorskip("markdown", reason="Python-Markdown is not installed")
    word = WORDS[name]
    line = " ".join(word.encode(errors="replace").decode().split())
    quoted = line.replace('"', '\\"')
    headers = [
        f'alt="{quoted}" name="{quoted}" class="{quoted}"',
        *(f'{option}="{quoted}"' for option in ("width", "downloads", "id", "xpwned")),
        line,
        f"{{ {line} }}",
    ]
    bodies = [(header, BASE) for header in headers] + [("", body) for body in BODIES]
    for header, body in bodies:
        text = f"```pipeline-schedule {header}\n{filled(body, word)}```\n"
        html = markdown.markdown(text, extensions=[FenceExtension(downloads="svg")])
        assert_harmless(html)
        for data in re.findall(r'src="data:image/svg\+xml;base64,([^"#]+)', html):
            assert_tree(base64.b64decode(data).decode())
