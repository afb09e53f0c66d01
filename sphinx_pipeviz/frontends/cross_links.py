"""Links of a picture: cross-references that Sphinx resolves with those of the page.

They wait as children of the picture's node, and are gone when it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.frontends.inline_text import has_role, is_rst, parse_inline
from sphinx_pipeviz.frontends.places import at_directive
from sphinx_pipeviz.frontends.spec_links import numbered, written_addresses
from sphinx_pipeviz.links import is_address, role_of
from sphinx_pipeviz.spec import Spec

#: Attribute of a waiting cross-reference: which link it is.
NAME = "pipeviz-link"


def waiting_links(directive: SphinxDirective, spec: Spec) -> list[nodes.Node]:
    """Return a node for each cross-reference of a spec.

    Raises:
        SpecError: A role makes something else, or the picture as a whole is a link.
    """
    found: list[nodes.Node] = []
    for name, link, written in numbered(spec):
        place = written or at_directive(directive)
        if "target" in directive.options:
            message = "links within a picture do not go with the option 'target'"
            raise SpecError(message, place, "keep one of them")
        if role := role_of(link.to):
            found.append(_waiting(directive, name, role, place))
    return found


def _waiting(
    directive: SphinxDirective, name: str, role: tuple[str, str], place: Location
) -> nodes.Node:
    """Return what a role makes, in the syntax that the page's parser reads."""
    if not has_role(directive, role[0]):
        hint = "write one such as :ref: or :py:func:, or an address"
        raise SpecError(f"there is no role '{role[0][:40]}'", place, hint)
    word = f":{role[0]}:" if is_rst(directive) else f"{{{role[0]}}}"
    text = f"{word}`{role[1]}`"
    made, messages = parse_inline(directive, text, place)
    waiting = nodes.inline("", "", *made, *messages)
    waiting[NAME] = name
    # what cannot be read has been told, and is no link
    told = messages or any(True for _ in waiting.findall(nodes.problematic))
    if not told and not list(_references(waiting)):
        message = f"'{text[:60]}' is no cross-reference"
        raise SpecError(
            message, place, "write a role such as :ref: or :py:func:, or an address"
        )
    for node in waiting.findall(nodes.Element):
        node.source, node.line = place.source, place.line
    return waiting


def _references(node: nodes.Element) -> Iterator[nodes.Element]:
    for kind in (addnodes.pending_xref, nodes.reference):
        yield from node.findall(kind)


def addresses(node: nodes.Element, spec: Spec) -> dict[str, str]:
    """Return where each link of a picture leads, once its page is resolved."""
    found = {
        waiting[NAME]: address
        for waiting in node.findall(nodes.inline)
        if NAME in waiting
        for reference in waiting.findall(nodes.reference)
        if is_address(address := _address(reference))
    }
    return found | written_addresses(spec)


def _address(reference: nodes.reference) -> str:
    """Return the address of a reference; where all pages are one, its last name counts."""
    if "refid" in reference:
        return f"#{reference['refid']}"
    page, *names = str(reference.get("refuri", "")).split("#")
    if len(names) > 1:
        return f"#{names[-1]}"
    return "#".join((page, *names))
