"""Where in the user's files a directive, its options and its body are written.

reStructuredText knows the file and line of every line of a body, also in includes, tables
and docstrings; where it counts from the start of an excerpt, the text is looked for. MyST
hands over a copy that knows neither; there the lines are counted.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_pipeviz.errors import Location

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective


def at_directive(directive: SphinxDirective) -> Location:
    """Return where the directive starts."""
    return _at(directive, directive.lineno)


def in_body(directive: SphinxDirective, line: int) -> Location:
    """Return where line i (0-based) of the body is."""
    here = at_directive(directive)
    if not directive.content:
        return here
    if _is_copy(directive):
        return Location(here.source, directive.lineno + directive.content_offset + 1 + line)
    source, offset = directive.content.info(min(line, len(directive.content) - 1))
    if source is None or offset is None:
        return here
    return _place(source, offset + 1 + _shift_of(directive))


def at_option(directive: SphinxDirective, key: str) -> Location:
    """Return where an option is, or the directive where it cannot be found."""
    return _at(directive, option_line(directive, key))


def option_line(directive: SphinxDirective, key: str) -> int:
    """Return an option's line as the parser counts lines, for what is parsed from it."""
    pattern = re.compile(rf"\s*:?{re.escape(key)}:(\s|$)")
    lines = directive.block_text.splitlines()
    # Some versions of MyST leave the opening line out of the text.
    first = 0 if lines and directive.name in lines[0] else 1
    found = (index for index, text in enumerate(lines, first) if pattern.match(text))
    return int(directive.lineno) + next(found, 0)


def _at(directive: SphinxDirective, line: int) -> Location:
    """Return the place of a line as the parser counts lines."""
    source, found = directive.state_machine.get_source_and_line(line)
    return _place(source, found and found + _shift_of(directive))


def _shift_of(directive: SphinxDirective) -> int:
    """Return by how many lines the parser is wrong about a directive in reStructuredText.

    It counts the lines of an included excerpt, and of a cell of a CSV table, from their own
    start.
    """
    source, line = directive.state_machine.get_source_and_line(directive.lineno)
    if _is_copy(directive) or not line or not source:
        return 0
    try:
        changed = os.stat(source).st_mtime_ns  # noqa: PTH116  (a docstring's source is no path)
    except (OSError, ValueError):
        return 0
    return _shift(source, changed, line, directive.block_text)


@functools.lru_cache(maxsize=64)
def _shift(source: str, _changed: int, line: int, block: str) -> int:
    """Return how far below a file's line a text stands, if it is elsewhere, and once."""
    wanted = [text.strip() for text in block.splitlines()]
    lines = Path(source).read_text(encoding="utf-8", errors="replace").splitlines()
    if not wanted or any(wanted[0] in text for text in lines[line - 1 : line]):
        return 0
    starts = [
        start
        for start in range(len(lines) - len(wanted) + 1)
        if all(text in lines[start + index] for index, text in enumerate(wanted))
    ]
    return starts[0] + 1 - line if len(starts) == 1 else 0


def _place(source: str | None, line: int | None) -> Location:
    """Return a place whose file does not depend on the working directory.

    docutils before 0.22 names included files relative to it.
    """
    if source and os.path.isfile(source):  # noqa: PTH113  (a docstring's source is no path)
        source = os.path.abspath(source)  # noqa: PTH100  (symbolic links stay as they are)
    return Location(source, line)


def _is_copy(directive: SphinxDirective) -> bool:
    parent: object = directive.content.parent
    return parent is None
