"""The links of a spec: their names in its picture, where they lead, where they were written."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.links import is_address, role_of
from sphinx_pipeviz.picture import Link
from sphinx_pipeviz.spec import Spec


def numbered(spec: Spec) -> Iterator[tuple[str, Link, Location | None]]:
    """Yield each link with its name in the picture, and where it was written.

    The name is the number of its panel, a point, and its place among the panel's links.
    """
    for panel, part in enumerate(spec.parts or (spec,)):
        for index, link in enumerate(part.links or ()):
            yield f"{panel}.{index}", link, part.marks.find(("links", index, "to"))


def written_addresses(spec: Spec) -> dict[str, str]:
    """Return where the links lead that are no cross-references, by their names."""
    return {
        name: link.to
        for name, link, _ in numbered(spec)
        if role_of(link.to) is None and is_address(link.to)
    }


def refuse_roles(spec: Spec) -> None:
    """Check that no link is a cross-reference, where Sphinx does not resolve it.

    Raises:
        SpecError: One is.
    """
    for _, link, place in numbered(spec):
        if role_of(link.to):
            message = f"the link to '{link.to[:60]}' is a cross-reference, which needs Sphinx"
            raise SpecError(message, place, "write an address, such as other.md#name")
