"""Inline markup in an author's text, whose mistakes are told where the text is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docutils import nodes
from docutils.parsers.rst import roles, states
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.frontends.places import at_directive


def is_rst(directive: SphinxDirective) -> bool:
    """Tell whether a page's parser reads reStructuredText, and not Markdown."""
    return isinstance(directive.state, states.RSTState)


def has_role(directive: SphinxDirective, name: str) -> bool:
    """Tell whether there is a role of a name."""
    language = directive.state.memo.language
    reporter = directive.state.document.reporter
    return roles.role(name, language, directive.lineno, reporter)[0] is not None


def parse_inline(
    directive: SphinxDirective, text: str, place: Location
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return what inline markup makes, and what is wrong with it.

    Args:
        directive: Whose page has the text.
        text: In the syntax that the page's parser reads.
        place: Where the text is.
    """
    with _told_at(directive, place) as line:
        # MyST takes the number of lines before
        return directive.parse_inline(text, lineno=line - (not is_rst(directive)))


@contextmanager
def _told_at(directive: SphinxDirective, place: Location) -> Iterator[int]:
    """Let what is wrong be told at a place; return the line to parse with."""
    reporter = directive.state.document.reporter
    known = reporter.get_source_and_line

    def told(_: int | None = None) -> tuple[str | None, int | None]:
        return place.source, place.line

    reporter.get_source_and_line = told
    here = place.source == at_directive(directive).source
    try:
        yield (here and place.line) or directive.lineno
    finally:
        reporter.get_source_and_line = known
