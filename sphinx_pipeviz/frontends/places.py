"""Where in the user's files a directive, its options and its body are written.

reStructuredText knows the file and line of every line of a body, also in includes, tables
and docstrings. MyST hands over a copy that knows neither; there the lines are counted.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from sphinx_pipeviz.errors import Location

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective


def at_directive(directive: SphinxDirective) -> Location:
    """Return where the directive starts."""
    return _place(*directive.state_machine.get_source_and_line(directive.lineno))


def in_body(directive: SphinxDirective, line: int) -> Location:
    """Return where line i (0-based) of the body is."""
    here = at_directive(directive)
    if not directive.content:
        return here
    if _is_copy(directive):
        return Location(here.source, directive.lineno + directive.content_offset + 1 + line)
    source, offset = directive.content.info(min(line, len(directive.content) - 1))
    return here if source is None or offset is None else _place(source, offset + 1)


def at_option(directive: SphinxDirective, key: str) -> Location:
    """Return where an option is, or the directive where it cannot be found."""
    line = option_line(directive, key)
    return _place(*directive.state_machine.get_source_and_line(line))


def option_line(directive: SphinxDirective, key: str) -> int:
    """Return an option's line as the parser counts lines, for what is parsed from it."""
    pattern = re.compile(rf"\s*:?{re.escape(key)}:(\s|$)")
    lines = directive.block_text.splitlines()
    # Some versions of MyST leave the opening line out of the text.
    first = 0 if lines and directive.name in lines[0] else 1
    found = (index for index, text in enumerate(lines, first) if pattern.match(text))
    return int(directive.lineno) + next(found, 0)


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
