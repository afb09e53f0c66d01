"""Where links of a picture may lead: addresses, and cross-references in the syntax of roles.

Only front ends that know the other pages resolve cross-references.
"""

from __future__ import annotations

import re

from sphinx_pipeviz.errors import Path, SpecError
from sphinx_pipeviz.picture import Link

#: Schemes that an address may have; others can run code or hold a page of their own.
SCHEMES = ("http", "https", "mailto")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
#: No browser takes these for a part of an address as they are.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\"<>^`{|}]|[^\S ]")
#: ``:role:`text``` of reStructuredText, and the same of MyST.
_ROLE = re.compile(r"(?::([\w.+:-]+?):|\{([\w.+:-]+)\})`(.+)`", re.DOTALL)


def role_of(to: str) -> tuple[str, str] | None:
    """Return the role and the text of a cross-reference; None for an address."""
    found = _ROLE.fullmatch(to.strip())
    return (found[1] or found[2], found[3]) if found else None


def is_address(to: str) -> bool:
    """Tell whether a page may lead to an address: a safe one, or one relative to it."""
    scheme = _SCHEME.match(to)
    known = scheme is None or scheme[1].lower() in SCHEMES
    return known and not _UNSAFE.search(to)


def check_link(link: Link, path: Path) -> None:
    """Check where a link leads.

    Raises:
        SpecError: It is neither a cross-reference nor a safe address.
    """
    if role_of(link.to) or is_address(link.to):
        return
    known = ", ".join(SCHEMES)
    hint = f"write a relative address or {known}; in Sphinx also a role such as :ref:`label`"
    raise SpecError(f"a link cannot lead to '{link.to[:60]}'", hint=hint, path=(*path, "to"))
