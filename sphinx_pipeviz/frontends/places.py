"""Where in the user's files a directive, its options and its body are written.

reStructuredText knows the file and line of every line of a body, also in includes, tables
and docstrings; where it counts from the start of an excerpt, excerpts.py mends that. MyST hands
over a copy that knows neither; there the lines are counted.
"""

from __future__ import annotations

import functools
import os
import re
from typing import TYPE_CHECKING

from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.frontends.excerpts import Excerpt, around, file_of, shift

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective


@functools.lru_cache(maxsize=1)
def at_directive(directive: SphinxDirective) -> Location:
    """Return where the directive starts."""
    return _at(directive, directive.lineno)


def in_body(directive: SphinxDirective, line: int) -> Location:
    """Return where line i (0-based) of the body is."""
    here = at_directive(directive)
    if not directive.content:
        return here
    if _is_copy(directive):
        return _at(directive, directive.lineno + directive.content_offset + 1 + line)
    source, offset = directive.content.info(min(line, len(directive.content) - 1))
    if source is None or offset is None:
        return here
    return _place(directive, source, offset + 1)


def at_option(directive: SphinxDirective, key: str) -> Location:
    """Return where an option is, or the directive where it cannot be found."""
    return _at(directive, _option_line(directive, key))


def _option_line(directive: SphinxDirective, key: str) -> int:
    """Return an option's line as the parser counts lines."""
    pattern = re.compile(rf"\s*:?{re.escape(key)}:(\s|$)")
    lines = enumerate(directive.block_text.splitlines(), _lines_before(directive))
    found = (index for index, text in lines if pattern.match(text))
    return int(directive.lineno) + next(found, 0)


def _at(directive: SphinxDirective, line: int) -> Location:
    """Return the place of a line as the parser counts lines."""
    return _place(directive, *directive.state_machine.get_source_and_line(line))


def _place(directive: SphinxDirective, source: str | None, line: int | None) -> Location:
    """Return a place whose file does not depend on the working directory.

    docutils before 0.22 names included files relative to it.
    """
    wrong = _wrong_by(directive)
    if wrong is not None and source and line:
        source, line = file_of(source), line + wrong
    if source and os.path.isfile(source):  # noqa: PTH113  (a docstring's source is no path)
        source = os.path.abspath(source)  # noqa: PTH100  (symbolic links stay as they are)
    return Location(source, line)


@functools.lru_cache(maxsize=1)
def _wrong_by(directive: SphinxDirective) -> int | None:
    """Return what to add to the parser's numbers of a directive's lines, if that is known."""
    machine = directive.state_machine
    source, line = machine.get_source_and_line(directive.lineno)
    if not line or not source:
        return None
    own = Excerpt(line, tuple(directive.block_text.splitlines()))
    if _lines_before(directive):
        own = Excerpt(line + directive.content_offset + 1, tuple(directive.content))
    if _is_copy(directive):
        return shift(source, [own], nearest=True)
    near = around(machine.input_lines, directive.lineno - machine.input_offset - 1)
    return shift(source, [near, own])


def _lines_before(directive: SphinxDirective) -> int:
    """Return how many lines its text lacks: some versions of MyST leave the opening out."""
    lines = directive.block_text.splitlines()
    return 0 if lines and directive.name in lines[0] else 1


def _is_copy(directive: SphinxDirective) -> bool:
    parent: object = directive.content.parent
    return parent is None
