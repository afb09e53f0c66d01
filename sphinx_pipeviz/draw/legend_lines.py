"""Entries of the legend -> where they stand: in centred lines of about one length."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from sphinx_pipeviz.draw.legend import GAP, Entry, Measure

#: Between two entries, in ems.
BETWEEN = 2.4
#: How exactly lines are of one length: the width is halved so often.
HALVINGS = 10


def length(entry: Entry, measure: Measure) -> float:
    """Return how long an entry is, from its swatch to the end of its text, in ems."""
    return entry.wide + GAP + measure(entry.text, "regular")


def place_legend(
    listed: list[Entry], em: float, width: float, measure: Measure
) -> list[list[Entry]]:
    """Return the entries in as few centred lines as there can be, of about one length.

    Args:
        listed: What the legend lists.
        em: Size of the text, in points.
        width: Width of the picture, in points.
        measure: Width of a text in ems.
    """
    longs = [length(entry, measure) + BETWEEN for entry in listed]
    low, room = 0.0, width / em + BETWEEN - 1
    count = len(_breaks(longs, room))
    for _ in range(HALVINGS if count > 1 else 0):
        middle = (low + room) / 2
        low, room = (low, middle) if len(_breaks(longs, middle)) == count else (middle, room)
    breaks = _breaks(longs, room)
    lines = (listed[first:last] for first, last in pairwise([*breaks, len(listed)]))
    return [_centred(line, number, em, width, measure) for number, line in enumerate(lines)]


def _breaks(longs: list[float], most: float) -> list[int]:
    """Return which entries start a line, where a line may have a length in ems."""
    starts: list[int] = []
    room = 0.0
    for index, long in enumerate(longs):
        if not starts or long > room:
            starts.append(index)
            room = most
        room -= long
    return starts


def _centred(
    line: list[Entry], number: int, em: float, width: float, measure: Measure
) -> list[Entry]:
    lengths = [em * (length(entry, measure) + BETWEEN) for entry in line]
    x = (width - (sum(lengths) - em * BETWEEN)) / 2
    starts = [x + sum(lengths[:place]) for place in range(len(line))]
    return [
        replace(entry, x=round(start, 2), line=number, em=em)
        for entry, start in zip(line, starts, strict=True)
    ]
