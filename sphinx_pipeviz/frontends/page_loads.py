"""The pictures of a page -> HTML that loads what they need, where Sphinx does not do that."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from sphinx_pipeviz.frontends.published import publish

SHEET = "pipeviz.css"
SCRIPT = "pipeviz.js"
#: What figures need besides, where Sphinx does not make them.
FIGURE_SHEET = "pipeviz-figure.css"
ZOOM_SHEET = "pipeviz-zoom.css"
ZOOM_SCRIPT = "pipeviz-zoom.js"
STATIC = files("sphinx_pipeviz.frontends").joinpath("static")

#: A file's name and content -> the address that a page finds it at.
Link = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class Loads:
    """What a page loads.

    Args:
        first: HTML in front of the page's first picture.
        last: HTML behind its last one: the script sees all of them.
    """

    first: str = ""
    last: str = ""


def loads(sheets: Mapping[str, str], link: Link | None, *, zoom: bool = False) -> Loads:
    """Return what a page with pictures loads: the common stylesheet, theirs, the script.

    Args:
        sheets: The stylesheets of the pictures' styles, by name.
        link: Makes files of them; without it the page itself holds them.
        zoom: Whether readers may enlarge one of the pictures.
    """
    own = {f"{name}.css": css for name, css in sorted(sheets.items())}
    names = [*([SCRIPT] if own else []), *([ZOOM_SCRIPT] if zoom else [])]
    scripts = {name: static_text(name) for name in names}  # images have no use for the first
    texts = {SHEET: static_text(SHEET) + static_text(FIGURE_SHEET), **own}
    if zoom:
        texts[ZOOM_SHEET] = static_text(ZOOM_SHEET)
    if link is None:
        css = "".join(texts.values())
        tags = "".join(f"<script>\n{script}</script>" for script in scripts.values())
        return Loads(f"<style>\n{css}</style>", tags)
    addresses = [escape(link(name, css.encode())) for name, css in texts.items()]
    tags = "".join(f'<link rel="stylesheet" href="{address}">' for address in addresses)
    last = [escape(link(name, script.encode())) for name, script in scripts.items()]
    return Loads(tags, "".join(f'<script src="{address}" defer></script>' for address in last))


@functools.cache
def static_text(name: str) -> str:
    """Return the stylesheet of all pictures, or the script."""
    return STATIC.joinpath(name).read_text(encoding="utf-8")


def linker(folders: Sequence[Path], address: str) -> Link:
    """Return what writes files into folders, and tells where pages find them.

    Args:
        folders: Where each file is written.
        address: What comes before a file's name, without the last slash.
    """

    def link(name: str, data: bytes) -> str:
        for folder in folders:
            publish(folder / name, data)
        return f"{address}/{name}"

    return link
