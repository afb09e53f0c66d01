"""What becomes of an error: the box, the other pages, the next build, and silence."""

from __future__ import annotations

import re

import pytest

from sphinx_pipeviz.frontends import directive, kept

GOOD = """\
.. pipeline-schedule::

   schedule: gpipe
   devices: 2
   microbatches: 2
"""
BAD = GOOD.replace("gpipe", "gpipp")
INDEX = "Index\n=====\n\n.. toctree::\n\n   bad\n   good\n"


def titled(text: str) -> str:
    return "Title\n=====\n\n" + text


@pytest.fixture
def failing(site):
    """Return a site of a page with an error and a page without."""
    site.write("index.rst", INDEX)
    site.write("good.rst", titled(GOOD))
    site.write("bad.rst", titled(BAD))
    return site


MESSAGE = (
    "bad.rst:6: WARNING: there is no schedule 'gpipp' (did you mean 'gpipe'?) [pipeviz.spec]"
)


@pytest.mark.behaviour(5)
def test_the_page_shows_the_error_and_what_was_written(failing):
    failing.build()
    html = failing.page("bad.html")
    assert '<div class="pipeviz-error admonition error">' in html
    words = "there is no schedule 'gpipp' (did you mean 'gpipe'?)"
    assert f"<p>pipeline-schedule (line 6): {words}</p>" in html.replace("&#39;", "'")
    assert re.search(
        r"<pre>.*\.\. pipeline-schedule::\n\n   schedule: gpipp\n", html, re.DOTALL
    )
    assert "<img" not in html


def test_the_box_keeps_dashes_as_they_are_written(site):
    site.configure("extensions += ['myst_parser']")
    site.write("index.md", "# T\n\n```{pipeline-schedule}\n---\norder: [0F0 0B0]\n```\n")
    site.build()
    assert "must not start with ---, which" in site.page("index.html")


@pytest.mark.behaviour(5)
def test_other_pages_are_built(failing):
    result = failing.build()
    assert result.code == 1
    assert "<img" in failing.page("good.html")
    assert failing.pictures()


@pytest.mark.behaviour(5)
@pytest.mark.parametrize(
    "builder", ["html", "latex", "epub", "text", "man", "texinfo", "xml", "json", "gettext"]
)
def test_the_error_is_the_only_warning_in_every_builder(failing, builder):
    assert failing.build(builder).warnings == [MESSAGE]


def test_words_of_an_error_are_not_offered_for_translation(failing):
    failing.build("gettext")
    assert "gpipp" not in failing.page("bad.pot", "gettext")


@pytest.mark.behaviour(1)
def test_an_unchanged_build_fails_again_until_the_error_is_mended(failing):
    results = [failing.build(), failing.build(), failing.build("text"), failing.build()]
    assert [(result.code, result.warnings) for result in results] == [(1, [MESSAGE])] * 4
    failing.write("bad.rst", titled(GOOD) + "\n")
    assert [(r.code, r.warnings) for r in (failing.build(), failing.build())] == [(0, [])] * 2
    assert "pipeviz-error" not in failing.page("bad.html")


FAILING = {
    "include": (".. include:: part.txt\n", "part.txt", BAD),
    "file": (
        ".. pipeline-schedule:: part.yaml\n",
        "part.yaml",
        "schedule: gpipp\ndevices: 2\n",
    ),
    "docstring": (
        ".. automodule:: docstring_of_bad\n",
        "docstring_of_bad.py",
        f'"""{BAD}"""\n',
    ),
    "order": (".. pipeline-schedule::\n\n   order: [0F0 0F0]\n", "part.txt", ""),
    "font": (GOOD + "   style: {font: none.ttf}\n", "part.txt", ""),
}


@pytest.mark.behaviour(1)
@pytest.mark.parametrize("kind", FAILING)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_mistake_of_any_kind_fails_unchanged_builds(failing, kind, builder):
    failing.configure(
        f"import sys; sys.path.insert(0, {str(failing.source)!r})",
        "extensions += ['sphinx.ext.autodoc']",
    )
    page, file, text = FAILING[kind]
    failing.write(file, text)
    failing.write("bad.rst", titled(page))
    first, *others = [failing.build(builder) for _ in range(3)]
    assert (first.code, len(first.warnings)) == (1, 1)
    assert [(result.code, result.warnings) for result in others] == [(1, first.warnings)] * 2


@pytest.mark.behaviour(1)
def test_only_the_failed_page_is_read_again(failing):
    failing.build()
    assert "0 added, 1 changed, 0 removed" in failing.build().status


def test_an_error_in_a_page_that_was_removed_is_forgotten(failing):
    failing.build()
    (failing.source / "bad.rst").unlink()
    failing.write("index.rst", INDEX.replace("   bad\n", ""))
    assert failing.build().warnings == []
    assert failing.build().code == 0


@pytest.mark.behaviour(1)
def test_an_error_that_a_parallel_reader_found_fails_again(failing):
    for number in range(12):
        failing.write(f"more{number:02}.rst", ":orphan:\n\n" + titled(GOOD))
    results = [failing.build("html", "-j", "2") for _ in range(2)]
    assert [(result.code, result.warnings) for result in results] == [(1, [MESSAGE])] * 2


@pytest.mark.behaviour(6)
@pytest.mark.parametrize("silenced", ["pipeviz", "pipeviz.spec", "pipeviz.*"])
def test_warnings_can_be_suppressed(failing, silenced):
    failing.configure(f"suppress_warnings = [{silenced!r}]")
    result = failing.build()
    assert (result.code, result.warnings) == (0, [])
    assert "pipeviz-error" in failing.page("bad.html")


def test_suppressing_another_subtype_changes_nothing(failing):
    failing.configure("suppress_warnings = ['pipeviz.plan', 'pipeviz.style']")
    assert failing.build().warnings == [MESSAGE]


# A YAML file as argument


@pytest.mark.behaviour(9)
def test_mending_a_file_reads_just_the_page_that_uses_it(failing):
    failing.write("bad.rst", titled(".. pipeline-schedule:: one.yaml\n"))
    failing.write("one.yaml", "schedule: gpipp\ndevices: 2\nmicrobatches: 2\n")
    told = MESSAGE.replace("bad.rst:6", "one.yaml:1").replace(")", "); used by bad.rst:4")
    assert failing.build().warnings == [told]
    assert "pipeline-schedule (one.yaml, line 1): " in failing.page("bad.html")
    assert "used by" not in failing.page("bad.html")
    failing.write("one.yaml", "schedule: gpipe\ndevices: 2\nmicrobatches: 2\n")
    mended = failing.build()
    assert (mended.code, mended.warnings) == (0, [])
    assert "0 added, 1 changed, 0 removed" in mended.status


def test_a_missing_file_is_found_once_it_is_there(failing):
    failing.write("bad.rst", titled(".. pipeline-schedule:: one.yaml\n"))
    assert failing.build().code == 1
    failing.write("one.yaml", "schedule: gpipe\ndevices: 2\nmicrobatches: 2\n")
    assert failing.build().code == 0
    assert "<img" in failing.page("bad.html")


# Mistakes of ours


class OurMistakeError(Exception):
    pass


def broken(*_args, **_kwargs):
    message = "it broke"
    raise OurMistakeError(message)


INTERNAL = (
    "bad.rst:4: WARNING: drawing failed: OurMistakeError: it broke"
    " (this is a mistake in sphinx-pipeviz; please report it) [pipeviz.internal]"
)


@pytest.mark.behaviour(1, 5)
@pytest.mark.parametrize(
    ("module", "name", "builder"),
    [
        (directive, "read_spec", "html"),
        (directive, "load", "html"),
        (directive, "check", "latex"),
        (kept, "draw", "html"),
        (kept, "draw", "text"),
        (kept, "picture_key", "epub"),
    ],
)
def test_a_mistake_of_ours_becomes_a_box_again_and_again(
    failing, monkeypatch, module, name, builder
):
    failing.write("bad.rst", titled(GOOD))
    failing.write("good.rst", titled("Words.\n"))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, broken)
        results = [failing.build(builder) for _ in range(2)]
    assert [(result.code, result.warnings) for result in results] == [(1, [INTERNAL])] * 2
    assert failing.build(builder).code == 0


@pytest.mark.behaviour(5)
@pytest.mark.parametrize(("module", "name"), [(directive, "read_spec"), (kept, "draw")])
def test_a_mistake_of_ours_in_a_parallel_reader_becomes_a_box(site, monkeypatch, module, name):
    for number in range(12):
        site.write(f"page{number:02}.rst", ":orphan:\n\n" + titled(GOOD))
    site.write("index.rst", titled("Words.\n"))
    monkeypatch.setattr(module, name, broken)
    result = site.build("html", "-j", "2")
    expected = {INTERNAL.replace("bad.rst:4", f"page{n:02}.rst:6") for n in range(12)}
    assert result.code == 1
    assert set(result.warnings) == expected


@pytest.mark.behaviour(1, 5)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_mistake_while_writing_becomes_a_box_again_and_again(failing, monkeypatch, builder):
    failing.write("bad.rst", titled(GOOD))
    failing.write("good.rst", titled("Words.\n"))
    failing.build("dummy")
    page = {"html": "bad.html", "latex": "site.tex"}[builder]
    with monkeypatch.context() as patch:
        patch.setattr(kept, "draw", broken)
        results = [failing.build(builder) for _ in range(3)]
    assert [(result.code, result.warnings) for result in results] == [(1, [INTERNAL])] * 3
    assert "schedule: gpipe" in failing.page(page, builder)
    assert (failing.build(builder).code, len(failing.pictures(builder))) == (0, 1)
    assert "schedule: gpipe" not in failing.page(page, builder)


# Where an error is shown


def test_an_error_in_a_line_of_text_is_told_once_and_shown_in_the_line(failing):
    figure = ".. |figure| pipeline-schedule::\n   :schedule: gpipp\n   :devices: 2\n"
    failing.write("bad.rst", titled(f"Before |figure| behind.\n\n{figure}"))
    assert failing.build().warnings == [MESSAGE.replace(":6:", ":7:")]
    words = "pipeline-schedule (line 7): there is no schedule"
    shown = failing.page("bad.html").replace("&#39;", "'")
    assert f'<p>Before <strong class="pipeviz-error">{words} ' in shown
    failing.configure("suppress_warnings = ['pipeviz.spec']")
    assert failing.build().warnings == []


def test_a_mistake_of_ours_in_a_line_of_text_is_shown_in_the_line(failing, monkeypatch):
    figure = ".. |figure| pipeline-schedule::\n   :schedule: gpipe\n   :devices: 2\n"
    failing.write("bad.rst", titled(f"Before |figure|.\n\n{figure}   :microbatches: 2\n"))
    failing.write("good.rst", titled("Words.\n"))
    monkeypatch.setattr(kept, "draw", broken)
    assert failing.build().code == 1
    assert '<p>Before <strong class="pipeviz-error">' in failing.page("bad.html")


@pytest.mark.behaviour(5)
def test_the_box_names_the_file_of_what_is_included(failing):
    failing.write("bad.rst", titled(".. include:: part.txt\n"))
    failing.write("part.txt", "Included.\n\n" + BAD)
    assert failing.build().warnings == [MESSAGE.replace("bad.rst:6", "part.txt:5")]
    assert "pipeline-schedule (part.txt, line 5): " in failing.page("bad.html")
