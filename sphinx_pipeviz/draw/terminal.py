"""Colours of characters in a terminal: the 256 that nearly every terminal has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

#: Brightness of the six steps of each channel.
LEVELS = (0, 95, 135, 175, 215, 255)
RESET = "\x1b[0m"


class Look(NamedTuple):
    """Colours of a character and of what is behind it, ``#RRGGBB``; None is the terminal's."""

    text: str
    fill: str | None


def coloured(cells: Iterable[str], looks: Iterable[Look | None]) -> str:
    """Return a text with the codes for the look of each of its columns."""
    parts = []
    for look, pairs in groupby(zip(cells, looks, strict=True), key=lambda pair: pair[1]):
        part = "".join(cell for cell, _ in pairs)
        parts.append(f"{_codes(look)}{part}{RESET}" if look else part)
    return "".join(parts)


def _codes(look: Look) -> str:
    behind = f";48;5;{_nearest(look.fill)}" if look.fill else ""
    return f"\x1b[1;38;5;{_nearest(look.text)}{behind}m"


def _nearest(colour: str) -> int:
    """Return the number of the nearest colour in the cube of 6 x 6 x 6."""
    number = 0
    for channel in bytes.fromhex(colour[1:]):
        step = min(range(6), key=lambda step: abs(LEVELS[step] - channel))
        number = 6 * number + step
    return 16 + number
