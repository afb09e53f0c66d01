"""Texts of several lines -> stamps, one for each line."""

from __future__ import annotations

from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Point, Stamp

#: From one line to the next, in ems.
LEADING = 1.25


def wide(text: str, measure: Measure, weight: str = "regular") -> float:
    """Return the width of the longest line, in ems."""
    return max(measure(line, weight) for line in text.split("\n"))


def count(text: str) -> int:
    """Return how many lines a text has."""
    return text.count("\n") + 1


def stamps(
    text: str, size: float, colour: str, align: str, weight: str, place: Point
) -> list[Stamp]:
    """Return the lines of a text, together centred vertically at a place."""
    lines = text.split("\n")
    x, y = place
    size = round(size, 1)
    top = y + LEADING * size * (len(lines) - 1) / 2
    return [
        Stamp(line, size, colour, align, weight, ((x, round(top - LEADING * size * i, 3)),))
        for i, line in enumerate(lines)
        if line
    ]
