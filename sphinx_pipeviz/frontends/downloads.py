"""The files of a figure that a page offers: which ones, and the links to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

#: What each file is, as its link says it.
FILES = {"svg": "SVG", "pdf": "PDF", "png": "PNG", "yaml": "YAML"}
#: Class of the line of links.
CLASS = "pipeviz-downloads"


def files_named(text: str) -> tuple[str, ...]:
    """Return the formats that ``svg, pdf`` or ``none`` names, in the order of FILES.

    Raises:
        ValueError: One of them does not exist, or there are none.
    """
    words = text.lower().replace(",", " ").split()
    if words == ["none"]:
        return ()
    wrong = [word for word in words if word not in FILES]
    if wrong or not words:
        message = f"choose from {', '.join(FILES)}, or none"
        raise ValueError(message)
    return tuple(name for name in FILES if name in words)


def saved_name(name: str, format: str) -> str:
    """Return what a browser calls the file that it saves."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    return f"{plain or 'schedule'}.{format}"


def download_line(addresses: Mapping[str, str], name: str) -> str:
    """Return the links as HTML.

    Args:
        addresses: Of each format.
        name: What the figure is called.
    """
    links = (
        f'<a class="reference download internal" href="{escape(at)}"'
        f' download="{saved_name(name, kind)}">{FILES[kind]}</a>'
        for kind, at in addresses.items()
    )
    return f'<p class="{CLASS}">Download: {", ".join(links)}</p>'
