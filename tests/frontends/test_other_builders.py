"""Books that epubcheck reads, Texinfo that makeinfo reads, and builders that others wrote."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = """\
Title
=====

.. pipeline-schedule::
   :caption: A *caption* of mine
   :name: figure

   schedule: 1f1b
   devices: 3
   microbatches: 4

See :numref:`figure`.

.. pipeline-schedule::
   :class: every-mark

   schedule: zb-v
   devices: 2
   microbatches: 4
   optimizer: aligned
   style: mono
   axis: numbers
   phases: true
   bubble: true
   critical-path: true
   memory: true
"""
#: Where Debian puts epubcheck: a jar, which only its own packages make executable.
EPUBCHECK = Path("/usr/share/java/epubcheck.jar")
AUTO = "pipeviz_html_embed = 'auto'"


def needs(*programs: str, jar: Path | None = None):
    """Skip a test where programs are lacking; with CI they have to be there."""
    lacking = [name for name in programs if shutil.which(name) is None]
    lacking += [str(jar)] if jar and not jar.exists() else []
    return pytest.mark.skipif(
        bool(lacking) and not os.environ.get("CI"), reason=f"not installed: {lacking}"
    )


def run(*command: object, folder: Path) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def built(site):
    """Return a function that builds the page with a builder, which warns of nothing."""

    def build(builder: str, *lines: str, page: str = PAGE) -> Path:
        site.configure(AUTO, *lines)
        site.write("index.rst", page)
        result = site.build(builder)
        assert (result.code, result.warnings) == (0, [])
        return site.output / builder

    return build


@pytest.mark.behaviour(3)
@needs("java", jar=EPUBCHECK)
def test_epubcheck_finds_nothing(built):
    (book,) = built("epub", "epub_show_urls = 'no'").glob("*.epub")
    said = run("java", "-jar", EPUBCHECK, "--failonwarnings", book, folder=book.parent)
    assert "0 fatals / 0 errors / 0 warnings" in said


@pytest.mark.behaviour(3)
@needs("makeinfo")
def test_makeinfo_reads_the_texinfo(built):
    folder = built("texinfo")
    assert run("makeinfo", "--no-split", "site.texi", folder=folder) == ""
    text = (folder / "site.info").read_text(encoding="utf-8")
    assert re.search("Figure: A .caption. of mine", text)
    assert re.search(r'\[image src="site-figures/pipeviz-\S+\.png" alt="Pipeline', text)


# Builders that others wrote


@pytest.fixture
def markdown(built, site):
    pytest.importorskip("sphinx_markdown_builder")
    built("markdown", "extensions += ['sphinx_markdown_builder']")
    return site.page("index.md", "markdown")


@pytest.mark.behaviour(3)
def test_markdown_has_the_grid_and_the_caption(markdown):
    first, second = re.findall(r"```none\n(.*?)```", markdown, re.DOTALL)
    assert re.search("Device 1 .F1.F2.F3.", first)
    assert "W backward for weights" in second
    assert "```\n\nFig. 1 A *caption* of mine\n" in markdown


@pytest.mark.behaviour(20)
def test_a_reference_in_markdown_finds_the_figure(markdown):
    assert "See [Fig. 1](#figure)." in markdown
    assert markdown.count('<a id="figure"></a>') == 1


def test_markdown_needs_no_numbers(built, site):
    pytest.importorskip("sphinx_markdown_builder")
    page = PAGE.replace("See :numref:`figure`.", "")
    built("markdown", "extensions += ['sphinx_markdown_builder']", "numfig = False", page=page)
    assert "```\n\nA *caption* of mine\n" in site.page("index.md", "markdown")


@pytest.fixture
def printed(built):
    lacking = [n for n in ("sphinx_simplepdf", "weasyprint") if not importlib.util.find_spec(n)]
    if lacking:
        pytest.skip(f"not installed: {lacking}")
    return built(
        "simplepdf",
        "extensions += ['sphinx_simplepdf']",
        "simplepdf_use_weasyprint_api = True",
        "simplepdf_file_name = 'site.pdf'",
    )


@pytest.mark.behaviour(8)
def test_what_is_printed_from_html_has_light_images_and_no_script(printed):
    html = (printed / "index.html").read_text(encoding="utf-8")
    found = re.findall(r'<img [^>]*src="_images/(pipeviz-[^"]*)"', html)
    assert len(found) == 2
    assert not [name for name in found if "dark" in name]
    assert "<svg" not in html
    assert "pipeviz.js" not in html
    assert not list(printed.rglob("pipeviz*.css"))


@needs("pdftoppm", "pdftotext", "pdfimages")
def test_what_is_printed_from_html_shows_lines_and_colours(printed):
    from matplotlib import image  # noqa: PLC0415  (only where the builder is)

    assert len(run("pdfimages", "-list", "site.pdf", folder=printed).splitlines()) == 2
    assert "Fig. 1 A caption of mine" in run("pdftotext", "site.pdf", "-", folder=printed)
    run("pdftoppm", "-r", "50", "-png", "site.pdf", "page", folder=printed)
    sheets = [image.imread(path)[:, :, :3] * 255 for path in printed.glob("page-*.png")]
    for colour in ((65, 105, 225), (244, 164, 96)):
        assert max((abs(sheet - colour).max(axis=2) <= 3).sum() for sheet in sheets) > 300
