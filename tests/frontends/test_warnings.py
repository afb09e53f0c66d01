"""Warnings: each has a place and a type, and those of pictures that are drawn nevertheless."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import sphinx

import sphinx_pipeviz
from sphinx_pipeviz import errors
from sphinx_pipeviz.draw import thin
from sphinx_pipeviz.frontends import failures, folders, garbage, shown
from sphinx_pipeviz.page_html import MOST_TASKS

TITLE = "Title\n=====\n\n"
PICTURE = (
    TITLE
    + """\
.. pipeline-schedule::

   schedule: gpipe
   devices: 2
   microbatches: 2
"""
)


def broken(*_args, **_kwargs):
    message = "it broke"
    raise LookupError(message)


@pytest.mark.behaviour(5, 6)
def test_handlers_of_events_that_fail_are_warnings(site, monkeypatch):
    for module in (failures, folders, garbage, shown):
        names = ("start", "note_reading", "to_write_again", "forget", "outdated", "collect")
        for name in {*names, "collect_early"} & vars(module).keys():
            monkeypatch.setattr(module, name, broken)
    site.write("index.rst", TITLE + "Words.\n")
    site.build()
    site.write("index.rst", TITLE + "Other words.\n")
    result = site.build()
    assert (result.code, "Other words" in site.page("index.html")) == (1, True)
    places = {line.partition(": WARNING")[0] for line in result.warnings}
    events = ("get-outdated", "purge-doc", "before-read-docs", "updated")
    assert places >= {"event: builder-inited", "event: build-finished"}
    assert places >= {"event: html-collect-pages", *(f"event: env-{event}" for event in events)}
    assert all(": WARNING: handling it failed: " in line for line in result.warnings)


# Pictures that are drawn nevertheless


@pytest.mark.behaviour(1, 32)
def test_a_simplified_picture_is_told_once_with_its_place_in_every_build(site, monkeypatch):
    monkeypatch.setattr(thin, "LARGE", 7)
    site.write("index.rst", PICTURE)
    told = (
        "index.rst:4: WARNING: this picture of 8 tasks is simplified: more than 100,000 are too"
        " many (draw fewer devices or microbatches) [pipeviz.large]"
    )
    results = [site.build(builder) for builder in ("html", "html", "latex", "epub")]
    assert [(result.code, result.warnings) for result in results] == [(1, [told])] * 4
    assert "<img" in site.page("index.html")


@pytest.mark.behaviour(32)
def test_the_limits_are_documented():
    docs = Path(__file__).parents[2] / "docs"
    assert f"Above {thin.LARGE:,} tasks" in (docs / "guide.rst").read_text(encoding="utf-8")
    assert f"more than {MOST_TASKS:,} tasks" in (docs / "html.rst").read_text(encoding="utf-8")


@pytest.mark.skipif(sphinx.version_info < (8, 1), reason="older ones have no such option")
def test_a_warning_that_ends_the_build_is_no_mistake_of_ours(site, monkeypatch):
    monkeypatch.setattr(thin, "LARGE", 7)
    site.write("index.rst", PICTURE)
    result = site.build("html", "--exception-on-warning")
    assert result.code == 2
    assert any("is simplified" in line for line in result.warnings)
    assert not any("drawing failed" in line for line in result.warnings)


# The list of subtypes


def subtypes_in_code() -> set[str]:
    """Return the subtypes that errors and warnings have."""
    package = Path(sphinx_pipeviz.__file__).parent
    texts = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    written = set(re.findall(r"subtype(?:: ClassVar\[str\])? ?= ?\"(\w+)\"", texts))
    return written - {errors.PipevizError.subtype}


@pytest.mark.behaviour(6)
def test_the_listed_subtypes_are_those_in_the_code():
    assert subtypes_in_code() == set(failures.SUBTYPES)


@pytest.mark.behaviour(6)
def test_every_warning_has_a_place_and_a_type():
    found = 0
    for path in (Path(sphinx_pipeviz.__file__).parent / "frontends").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "from sphinx.util import logging" not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "logger.warning":
                given = {word.arg: ast.unparse(word.value) for word in call.keywords}
                assert given.keys() >= {"location", "type", "subtype"}, (path, call.lineno)
                assert given["type"] == "'pipeviz'"
                found += 1
    assert found > 5


@pytest.mark.behaviour(6)
def test_every_subtype_is_described():
    assert all(len(text) > 10 for text in failures.SUBTYPES.values())
