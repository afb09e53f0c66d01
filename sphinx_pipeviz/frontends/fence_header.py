"""What stands behind the opening of a fence -> the options of the figure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sphinx_pipeviz.errors import SpecError, did_you_mean
from sphinx_pipeviz.frontends.downloads import files_named
from sphinx_pipeviz.frontends.fence_lines import NAME
from sphinx_pipeviz.frontends.settings import check_way
from sphinx_pipeviz.frontends.zoom import zoom_answer
from sphinx_pipeviz.spec import KEYS

#: Every option and what it is.
OPTIONS = {
    "caption": "Text below the picture, with inline Markdown.",
    "alt": "Text for readers who cannot see the picture; else one is made.",
    "width": "Width, such as ``60%`` or ``300px``.",
    "embed": "How the page holds the picture: ``auto``, ``inline`` or ``image``.",
    "zoom": "Whether readers may enlarge the picture: ``true`` or ``false``; ``zoom`` is true.",
    "name": "Name for links, ``#name``.",
    "id": "The same as ``name``; ``#name`` in braces is another way to write it.",
    "downloads": "Files to offer below the picture: some of ``svg pdf png yaml``, or ``none``.",
    "class": "Classes; ``.class`` in braces is another way to write one.",
}
_PART = re.compile(
    r"""(?P<key>[\w-]+)\s*=\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<bare>[^\s"'{}]+))(?=[\s}]|$)"""
    r"""|\#(?P<id>[^\s"'{}=]+)|\.(?P<class>[^\s"'{}=]+)|(?P<word>\S+)"""
)
_WIDTH = re.compile(r"\d+(?:\.\d+)?(?:px|%|r?em|ch|vw|pt|cm|mm|in)?")


@dataclass(frozen=True, slots=True)
class Header:
    """The options of a figure; an empty text is one that was not given.

    Args:
        caption: Text below the picture.
        alt: Text for readers who cannot see it; None asks for one that is made.
        width: With its unit, as in CSS.
        name: The figure's id.
        classes: Those of the figure, besides its own.
        downloads: Formats of the files to offer; None is what the site offers.
        embed: How the page holds the picture; empty leaves that to the site.
        zoom: Whether readers may enlarge it; None leaves that to the site.
    """

    caption: str = ""
    alt: str | None = None
    width: str = ""
    name: str = ""
    classes: tuple[str, ...] = ()
    downloads: tuple[str, ...] | None = None
    embed: str = ""
    zoom: bool | None = None


def read_header(text: str) -> Header:
    """Turn ``pipeline-schedule caption="…"``, or the same in braces, into a Header.

    Raises:
        SpecError: An option does not exist, is given twice or has a value that does not
            fit.
    """
    given, classes = _given(_inside(text))
    width = given.get("width", "")
    if width and not _WIDTH.fullmatch(width):
        hint = "write a number with a unit, such as 60% or 300px"
        raise SpecError(f"the width cannot be '{width[:40]}'", hint=hint)
    if "embed" in given:
        check_way(given["embed"])
    return Header(
        caption=given.get("caption", ""),
        alt=given.get("alt"),
        width=f"{width}px" if width.replace(".", "").isdecimal() else width,
        name="-".join(given.get("name", "").split()),
        classes=(*classes, *given.get("class", "").split()),
        downloads=_downloads(given["downloads"]) if "downloads" in given else None,
        embed=given.get("embed", ""),
        zoom=_zoom(given["zoom"]) if "zoom" in given else None,
    )


def _downloads(text: str) -> tuple[str, ...]:
    try:
        return files_named(text)
    except ValueError as error:
        raise SpecError(f"downloads cannot be '{text[:40]}'", hint=str(error)) from None


def _zoom(text: str) -> bool:
    try:
        return zoom_answer(text)
    except ValueError as error:
        raise SpecError(f"zoom cannot be '{text[:40]}'", hint=str(error)) from None


def _inside(text: str) -> str:
    """Return a header without the fence's name and without braces around the rest."""
    text = re.sub(rf"(^|[\s{{])\.?{NAME}(?![\w-])", r"\1", text, count=1).strip()
    braces = re.fullmatch(r"\{(.*)\}", text)
    if text.startswith("{}"):  # {pipeline-schedule} caption="…"
        return text.removeprefix("{}")
    return braces[1] if braces else text


def _given(text: str) -> tuple[dict[str, str], list[str]]:
    given: dict[str, str] = {}
    classes = []
    for part in _PART.finditer(text):
        if part["class"]:
            classes.append(part["class"])
            continue
        key, value = _pair(part)
        if key in given:
            raise SpecError(f"the option '{key}' is given twice", hint="keep one of them")
        given[key] = value
    return given, classes


def _pair(part: re.Match[str]) -> tuple[str, str]:
    """Return the option and its value that a part of a header gives."""
    if part["id"]:
        return "name", part["id"]
    if part["word"] == "zoom":
        return "zoom", ""
    if part["word"]:
        message = f"the header of a fence cannot hold '{part['word'][:40]}'"
        raise SpecError(message, hint='write option="value"')
    key = part["key"]
    if key not in OPTIONS:
        raise SpecError(f"there is no option '{key[:40]}'", hint=_advice(key))
    value = next(part[way] for way in ("double", "single", "bare") if part[way] is not None)
    return ("name" if key == "id" else key), re.sub(r"\\([\"'])", r"\1", value)


def _advice(key: str) -> str:
    if key in KEYS:
        return f"write '{key}: …' in the body"
    return did_you_mean(key, OPTIONS) or f"known: {', '.join(OPTIONS)}"
