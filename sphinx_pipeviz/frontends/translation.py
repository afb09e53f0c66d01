"""The author's texts in a picture, as Sphinx's translations see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docutils import nodes
from sphinx import addnodes

from sphinx_pipeviz.authors import texts_of, with_texts
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.spec import Spec


class AuthorsText(nodes.raw, addnodes.translatable):
    """A text in the picture that is this node's parent, and its translation.

    It is ``raw`` so that Sphinx does not read a translation as markup, and warn of it.
    """

    def preserve_original_messages(self) -> None:
        """Keep the text, which nothing changes."""

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Take note of a translation."""
        if original_message == self["said"]:
            self["told"] = translated_message

    def extract_original_messages(self) -> Sequence[str]:
        """Return the text."""
        return [self["said"]]


def text_nodes(spec: Spec, alt: tuple[str, Location] | None) -> Iterator[AuthorsText]:
    """Yield a node for each text of an author, which knows its file and line.

    Args:
        spec: What the picture shows, with where each entry was written.
        alt: The author's text for readers who cannot see the picture, and its place.
    """
    found = [(text, spec.marks.find(path)) for path, text in texts_of(spec)]
    for text, place in [*([alt] if alt and alt[0] else []), *found]:
        node = AuthorsText(text, said=text)
        if place:
            node.source, node.line = place.source, place.line
        yield node


def translate(picture: nodes.Element) -> bool:
    """Put the translations that Sphinx found into a picture; tell whether there are any."""
    texts = picture.findall(AuthorsText)
    told = {node["said"]: node["told"] for node in texts if node.get("told")}
    if told:
        picture["spec"] = with_texts(picture["spec"], told)
        picture["alt"] = told.get(picture["alt"], picture["alt"])
    return bool(told)
