"""Words and addresses that try to leave their place: in MkDocs, MyST and other builders."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape

import pytest
import yaml

import sphinx_pipeviz as pv
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.fence import FenceExtension

from .test_hostile_words import (
    BASE,
    BODIES,
    WORDS,
    Seen,
    assert_harmless,
    built,
    filled,
    page,
)
from .test_latex import LACKING, run

#: Words that a program which reads a book's or a translator's file could take for its own.
MORE = {
    "roff": ".xpwned a\n'xpwned b\n.so /etc/xpwned",
    "tex": "^^5cinput{/etc/xpwned}\\end{sphinxVerbatim}\\xpwned",
    "texinfo": "@xpwned{} @end example @include xpwned",
    "catalogue": '"\nmsgid "xpwned"\nmsgstr "xpwned',
}
ADDRESSES = (
    "javascript:xpwned()",
    "JaVaScRiPt:xpwned()",
    " javascript:xpwned()",
    "java\nscript:xpwned()",
    "java\tscript:xpwned()",
    "\x01javascript:xpwned()",
    "&#106;avascript:xpwned()",
    "javascript&colon;xpwned()",
    "data:text/html,<xpwned>",
    "vbscript:xpwned()",
    "file:///etc/passwd",
    "blob:xpwned",
    "view-source:xpwned",
    ":raw-html:`<xpwned>`",
    ":any:`javascript:xpwned()`",
    ":doc:`a <javascript:xpwned()>`",
    ":pep:`8#javascript:`",
    "{doc}`javascript:xpwned()`",
    "{eval-rst}`x`",
    "`a <javascript:xpwned()>`_",
    "[a](javascript:xpwned())",
    '" onclick="xpwned()',
    "x' onclick='xpwned()",
    "https://a.b/<xpwned>",
)


def one_line(word):
    return " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800\ufffe]", " ", word).split())


def links(*names):
    on = {"device": 0}, {"microbatch": 1}, {"stage": 1}, {"kind": "B"}
    return [
        BASE + "links: " + json.dumps([{**where, "to": name}]) + "\n"
        for name in names
        for where in on
    ]


def assert_no_code(html):
    """No address of a page, as a browser reads it, runs code or shows a page of its own."""
    for address in re.findall(r'(?:href|src)="([^"]*)"', html):
        plain = re.sub(r"[\x00-\x20]", "", unescape(address)).lower()
        if not plain.startswith("data:image/"):
            found = re.match(r"[a-z0-9+.-]+:", plain)
            assert found is None or found[0] in ("http:", "https:", "mailto:"), address


def assert_plain_data(html):
    """What we put beside tasks for scripts is numbers and our own words."""
    for name, value in re.findall(r'\s(data-[mkp])="([^"]*)"', html):
        assert re.fullmatch(r"-?\d+" if name != "data-k" else r"[A-Z_ ]+", value), value


# Sphinx


def myst(word):
    """Return the figures of a page in MyST."""
    line = one_line(word)
    plain = line.replace("`", "")
    options = f":caption: `{plain}`\n:alt: {line}\n:name: nNUMBER\n:figclass: {line}\n"
    figures = [
        "```{pipeline-schedule}\n"
        + options.replace("NUMBER", str(i))
        + f"\n{filled(body, word)}```\n"
        for i, body in enumerate(BODIES)
    ]
    figures += [
        f"```{{pipeline-schedule}} {given}\n:{option}: {line}\n```\n"
        for given in ("", line, f"{line}.yaml")
        for option in ("width", "align", "downloads", "embed", "xpwned", "title", "format")
    ]
    return "# Title\n\n" + "\n".join(figures)


@pytest.mark.parametrize("embed", ["inline", "image"])
def test_no_word_leaves_its_place_in_myst(site, embed):
    """The page says: words of authors are escaped, also in captions that are Markdown."""
    pytest.importorskip("myst_parser")
    site.configure(
        "extensions = ['myst_parser', 'sphinx_pipeviz']",
        f"pipeviz_html_embed = {embed!r}",
        "pipeviz_html_downloads = 'svg yaml'",
        "myst_enable_extensions = []",
    )
    words = {**WORDS, **MORE}
    for name, word in words.items():
        site.write(f"{name}.md", "---\norphan: true\n---\n\n" + myst(word))
    site.write("index.rst", "Site\n====\n")
    told = "\n".join(site.build().warnings)
    assert "drawing failed" not in told
    assert "Traceback" not in told
    for name in words:
        html = site.page(f"{name}.html")
        assert_harmless(html)
        assert_no_code(html)
        assert_plain_data(html)


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml"])
def test_no_word_leaves_its_place_in_other_pages(site, builder):
    """The page says: words of authors are escaped in HTML."""
    built(site, builder, 'pipeviz_html_embed = "inline"')
    pages = list((site.output / builder).rglob("*.html"))
    assert pages
    for path in pages:
        html = path.read_text(encoding="utf-8")
        assert_harmless(html)
        assert_no_code(html)
        assert_plain_data(html)


@pytest.mark.parametrize("suffix", ["rst", "md"])
def test_no_link_runs_code_in_sphinx(site, suffix):
    """The page says: links lead to pages and to addresses of the web."""
    more = []
    if suffix == "md":
        pytest.importorskip("myst_parser")
        more = ["extensions = ['myst_parser', 'sphinx_pipeviz']"]
    site.configure("pipeviz_html_embed = 'inline'", *more)
    bodies = links(*ADDRESSES)
    blocks = [
        ".. pipeline-schedule::\n\n" + "".join(f"   {line}\n" for line in body.splitlines())
        if suffix == "rst"
        else f"```{{pipeline-schedule}}\n{body}```\n"
        for body in bodies
    ]
    title = "Title\n=====\n\n" if suffix == "rst" else "# Title\n\n"
    site.write(f"index.{suffix}", title + "\n".join(blocks))
    told = "\n".join(site.build().warnings)
    assert "drawing failed" not in told
    html = site.page("index.html")
    assert_harmless(html)
    assert_no_code(html)


def test_downloads_are_plain_yaml_under_plain_names(site):
    """The page says: no name of a file is made of an author's words."""
    built(site, "html", "pipeviz_downloads = ['yaml', 'svg', 'pdf', 'png']")
    files = list((site.output / "html" / "_downloads").iterdir())
    assert {path.suffix for path in files} == {".yaml", ".svg", ".pdf", ".png"}
    for path in files:
        assert re.fullmatch(r"pipeviz-[0-9a-f]{32}-[0-9a-f]{16}\.\w+", path.name)
        if path.suffix == ".yaml":
            text = path.read_text(encoding="utf-8")
            assert not re.findall(r"[\x00-\x08\x0b-\x1f\x7f\ud800]", text)
            assert isinstance(yaml.safe_load(text), dict)
    for name in WORDS:
        for saved in re.findall(r'download="([^"]*)"', site.page(f"{name}.html")):
            assert re.fullmatch(r"[\w-]+\.(yaml|svg|pdf|png)", saved)


@pytest.fixture
def book(site):
    """Return a function that makes a site of one document with all words."""

    def make(builder, *lines):
        site.configure(*lines)
        names = {**WORDS, **MORE}
        for name, word in names.items():
            site.write(f"{name}.rst", page(word))
        listed = "\n   ".join(names)
        site.write("index.rst", f"Site\n====\n\n.. toctree::\n\n   {listed}\n")
        told = "\n".join(site.build(builder).warnings)
        assert "drawing failed" not in told
        assert not re.findall(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u2066\ud800]", told)
        return site

    return make


def test_no_word_is_a_command_in_latex(book):
    """The page says: words of authors are escaped in LaTeX."""
    tex = book("latex").page("site.tex", "latex")
    assert "xpwned" in tex
    assert not re.findall(r"(?<!\\)\\(?:input|write18|xpwned|immediate)\b", tex)
    assert "^^" not in tex
    assert tex.count("\\begin{sphinxVerbatim}") == tex.count("\\end{sphinxVerbatim}")


@pytest.mark.latex
@pytest.mark.skipif(bool(LACKING) and not os.environ.get("CI"), reason="LaTeX is not installed")
def test_words_are_typeset_and_not_run(site):
    """The page says: words of authors are escaped in LaTeX."""
    names = ("latex", "element", "attribute", "template", "roles", "tex")
    for name in names:
        site.write(f"{name}.rst", page({**WORDS, **MORE}[name]))
    listed = "\n   ".join(names)
    site.write("index.rst", f"Site\n====\n\n.. toctree::\n\n   {listed}\n")
    site.build("latex")
    folder = site.output / "latex"
    options = ("-pdf", "-interaction=nonstopmode", "-halt-on-error")
    said = run("latexmk", *options, "site.tex", folder=folder)
    assert "Undefined control sequence" not in said
    run("pdftotext", "site.pdf", "site.txt", folder=folder)
    text = (folder / "site.txt").read_text(encoding="utf-8")
    assert "\\input{/etc/xpwned}" in text
    assert "^^5cinput{/etc/xpwned}" in text


def test_no_word_is_a_command_in_a_manual_page(book):
    """The page says: words of authors are escaped."""
    site = book("man", "man_pages = [('index', 'site', 'd', ['a'], 1)]")
    page = site.page("site.1", "man")
    assert "xpwned" in page
    assert not re.findall(r"^[.'] *(?:xpwned|so)\b.*", page, re.MULTILINE)


def test_no_word_is_a_command_in_texinfo(book):
    page = book("texinfo").page("site.texi", "texinfo")
    assert "xpwned" in page
    assert not re.findall(r"(?<!@)(?:@@)*@(?:xpwned|include)\b", page)


def test_no_word_is_an_entry_of_a_catalogue(book):
    """The page says: words of authors are escaped, also for translators."""
    pofile = pytest.importorskip("babel.messages.pofile")
    site = book("gettext", "gettext_compact = False")
    for name in (*WORDS, *MORE):
        path = site.output / "gettext" / f"{name}.pot"
        with path.open("rb") as file:
            found = pofile.read_po(file, abort_invalid=True)
        assert not [message for message in found if message.id == "xpwned"]
        assert not [message for message in found if message.id and message.string]


@pytest.mark.parametrize("builder", ["xml", "pseudoxml", "json", "text"])
def test_no_word_leaves_its_place_in_other_builders(book, builder):
    site = book(builder)
    for path in (site.output / builder).rglob("*"):
        assert "xpwned" not in path.name
    if builder == "json":
        for name in WORDS:
            assert_harmless(json.loads(site.page(f"{name}.fjson", "json"))["body"])


# Markdown


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_link_runs_code_in_a_fence(address):
    """The page says: links lead to pages and to addresses of the web."""
    markdown = pytest.importorskip("markdown")
    for body in links(address):
        text = f"```pipeline-schedule\n{body}```\n"
        html = markdown.markdown(text, extensions=[FenceExtension()])
        assert_harmless(html)
        assert_no_code(html)


MARKS = "<!--pipeviz-0-->\n\n<!--pipeviz-0000000000000000-0-->\n\n<!--pipeviz-99-->\n"


def fences(word):
    line = one_line(word).replace("`", "")  # with one, it is no fence
    quoted = line.replace("\\", "\\\\").replace('"', '\\"')
    headers = [
        f'alt="{quoted}" name="{quoted}" class="{quoted}"',
        *(f'{option}="{quoted}"' for option in ("width", "downloads", "id", "xpwned")),
        line,
    ]
    bodies = [(header, BASE) for header in headers]
    bodies += [("", body) for body in (*BODIES, *links(word))]
    return "\n".join(
        f"```pipeline-schedule {header}\n{filled(body, word)}```\n" for header, body in bodies
    )


def mkdocs_build(folder, *options):
    """Build a site of MkDocs, which must succeed; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options],
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@pytest.mark.parametrize("embed", ["inline", "image"])
def test_no_word_leaves_its_place_in_a_mkdocs_site(tmp_path, embed):
    """The page says: words of authors are escaped; every mistake is a box in its place."""
    pytest.importorskip("mkdocs")
    docs = tmp_path / "docs"
    docs.mkdir()
    words = {**WORDS, **MORE}
    for name, word in words.items():
        text = f"# Title\n\n{MARKS}\n{fences(word)}"
        (docs / f"{name}.md").write_text(text, encoding="utf-8", errors="replace")
    (docs / "marks.md").write_text(f"# Title\n\n{MARKS}", encoding="utf-8")
    (docs / "index.md").write_text(f"# Title\n\n```pipeline-schedule\n{BASE}```\n")
    (docs / "addresses.md").write_text(
        "# Title\n\n"
        + "\n".join(f"```pipeline-schedule\n{body}```\n" for body in links(*ADDRESSES))
    )
    options = f"{{embed: {embed}, downloads: [svg, yaml]}}"
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: S\ntheme: readthedocs\nplugins: [search, {{pipeviz: {options}}}]\n"
    )
    said = mkdocs_build(tmp_path, "-q")
    assert "drawing failed" not in said
    assert "Traceback" not in said
    assert not re.findall(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u2066]", said)
    site = tmp_path / "site"
    usual = Seen((site / "index.html").read_text(encoding="utf-8"))
    for name in (*words, "addresses", "marks"):
        html = (site / name / "index.html").read_text(encoding="utf-8")
        seen = assert_harmless(html)
        assert_no_code(html)
        assert_plain_data(html)
        assert seen.tags.count("script") <= usual.tags.count("script") + 1
    for path in site.rglob("*"):
        assert "xpwned" not in path.name
    for path in (site / "assets" / "pipeviz").iterdir():
        assert re.fullmatch(r"pipeviz[\w-]*\.\w+", path.name)
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert not [each for each in found["docs"] if "<svg" in each["text"]]


CLASH = f"```pipeline-schedule\n{BASE}```\n"


@pytest.mark.parametrize(
    "clash", ["docs/assets/pipeviz/pipeviz.css/a.md", "docs/assets/pipeviz"]
)
def test_a_page_with_the_name_of_our_files_does_not_end_a_mkdocs_build(tmp_path, clash):
    """The page says: a page cannot stop the build of others."""
    pytest.importorskip("mkdocs")
    (tmp_path / clash).parent.mkdir(parents=True)
    (tmp_path / clash).write_text("# Title\n")
    (tmp_path / "docs" / "index.md").write_text(f"# Title\n\n{CLASH}")
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "main.html").write_text("{{ page.content }}")
    theme = "theme: {name: null, custom_dir: theme}"
    (tmp_path / "mkdocs.yml").write_text(f"site_name: S\n{theme}\nplugins: [pipeviz]\n")
    said = mkdocs_build(tmp_path)
    assert "pipeviz: pipeviz.css cannot be written" in said
    assert "<svg" in (tmp_path / "site" / "index.html").read_text()
    assert not list(tmp_path.rglob("*.part"))


# Notebooks


@pytest.mark.parametrize("name", [*WORDS, *MORE])
def test_no_word_leaves_its_place_in_a_notebook(name):
    """The page says: words of authors are escaped in HTML and SVG."""
    word = {**WORDS, **MORE}[name]
    shown = 0
    for body in BODIES:
        try:
            source = pv.read(filled(body, word))
            html = source._repr_html_()
        except PipevizError:
            continue
        if html:
            shown += 1
            assert_harmless(html)
            assert_no_code(html)
            assert_plain_data(html)
    assert shown or name in ("control", "surrogate", "direction")
