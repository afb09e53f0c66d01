"""Arithmetic with colours: lightness, contrast and mixtures."""

from __future__ import annotations

import functools
from typing import Annotated

from msgspec import Meta

#: ``#RRGGBB``
Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]

#: A colour on light pages, and on dark ones.
Pair = tuple[str, str]

WHITE = "#FFFFFF"
BLACK = "#000000"
#: Contrast with which a line can be seen.
SEEN = 1.6


@functools.lru_cache(maxsize=1024)
def luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, 0 (black) to 1 (white), as in WCAG."""
    knee = 0.04045  # of sRGB: linear below, a power above
    linear = [
        c / 12.92 if c <= knee else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as in WCAG."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another one, 0 (none of it) to 1 (only it)."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02X}" for one, two in pairs)


def deepen(colour: str, power: float) -> str:
    """Return a colour darker and more vivid: each channel, 0 to 1, to a power."""
    return "#" + "".join(f"{round(255 * (c / 255) ** power):02X}" for c in _channels(colour))


def between(stops: tuple[str, ...], place: float) -> str:
    """Return the colour at a place, 0 to 1, of a row of colours that blend into each other."""
    first, share = divmod(place * (len(stops) - 1), 1)
    after = min(int(first) + 1, len(stops) - 1)
    return mix(stops[int(first)], stops[after], share)


@functools.lru_cache(maxsize=1024)
def line_on(fill: str, text: str, least: float) -> str:
    """Return a shade of a fill that can be seen on it, and that a text can be read on.

    Args:
        fill: What is below the line.
        text: What is above it.
        least: Contrast of text and line, if that of text and fill is not less.
    """
    away = WHITE if luminance(text) < luminance(fill) else BLACK
    clear = mix(fill, away, 0.85)
    if contrast(clear, fill) >= SEEN:  # which makes texts easier to read
        return clear
    shades = (mix(fill, text, share / 20) for share in range(1, 20))
    readable = [shade for shade in shades if contrast(shade, text) >= least]
    return max((mix(fill, away, 0.6), *readable), key=lambda shade: contrast(shade, fill))


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue
