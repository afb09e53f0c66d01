"""Texts of several lines, with subscripts and superscripts -> stamps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sphinx_pipeviz.draw.labels import Piece, pieces_of
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Point, Stamp

#: From one line to the next, in ems.
LEADING = 1.25
#: Size of subscripts and superscripts, and how far these are away from the line, in ems.
SMALL = 0.68
AWAY = {-1: -0.25, 0: 0.0, 1: 0.33}
#: Between the pieces of a text, and width of a space, in ems.
GAP = 0.04
SPACE = 0.33
#: Free at both sides of a page, in points.
EDGE = 4.0
#: Share of a text's width that is before its place.
BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0}


def wide(text: str, measure: Measure, weight: str = "regular") -> float:
    """Return the width of the longest line, in ems."""
    return max(spread(pieces_of(line), measure, weight) for line in text.split("\n"))


def spread(pieces: tuple[Piece, ...], measure: Measure, weight: str) -> float:
    """Return the width of a text's pieces, in ems."""
    if len(pieces) == 1 and not pieces[0].level:  # as most are
        return measure(pieces[0].text, weight)
    return max((end for _, _, end in _spans(pieces, measure, weight)), default=0.0)


def placed(
    pieces: tuple[Piece, ...], measure: Measure, weight: str
) -> Iterator[tuple[str, float, float, float]]:
    """Yield each piece's text, its size, and how far right and up its middle is, in ems."""
    for (text, level), start, end in _spans(pieces, measure, weight):
        yield text.strip(), SMALL if level else 1.0, (start + end) / 2, AWAY[level]


def _spans(
    pieces: tuple[Piece, ...], measure: Measure, weight: str
) -> Iterator[tuple[Piece, float, float]]:
    """Yield where each piece starts and ends; a sub- and a superscript start together."""
    start = end = 0.0
    before = 0
    for index, piece in enumerate(pieces):
        size = SMALL if piece.level else 1.0
        inked = size * measure(piece.text.strip(), weight)
        above = piece.level * before < 0
        if not above:
            spaces = len(piece.text) - len(piece.text.lstrip()) if index else 0
            start = end + (GAP if index else 0.0) + spaces * SPACE * size
        yield piece, start, start + inked
        spaces = len(piece.text) - len(piece.text.rstrip())
        end = max(end if above else 0.0, start + inked + spaces * SPACE * size)
        before = 0 if above else piece.level


def more_lines(text: str, size: float) -> float:
    """Return how much higher a text is for the lines after its first one, in points."""
    return LEADING * size * (count(text) - 1)


def centred(
    text: str, size: float, colour: str, page: float, place: Point, measure: Measure
) -> list[Stamp]:
    """Return a bold text around a place, moved and shrunk so that it stays on the page.

    Args:
        text: One or more lines.
        size: In points, where there is room.
        colour: ``#RRGGBB``.
        page: Width of the page, in points.
        place: Where its middle should be.
        measure: Width of a text in ems.
    """
    ems = max(wide(text, measure, "bold"), 0.1)
    size = min(size, math.floor(10 * max(page - 2 * EDGE, 1) / ems) / 10)
    half = size * ems / 2
    x = round(min(max(place[0], EDGE + half), page - EDGE - half), 2)
    return stamps(text, size, colour, "center", "bold", (x, place[1]))


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


def raised(found: Iterable[Stamp], measure: Measure) -> Iterator[Stamp]:
    """Yield stamps with ``_{...}`` and ``^{...}`` in them as stamps of their pieces."""
    for stamp in found:
        pieces = pieces_of(stamp.text)
        if not any(piece.level for piece in pieces):
            yield stamp
            continue
        ahead = BEFORE[stamp.align] * spread(pieces, measure, stamp.weight)
        for text, size, right, up in placed(pieces, measure, stamp.weight):
            places = tuple(
                (round(x + (right - ahead) * stamp.size, 2), round(y + up * stamp.size, 2))
                for x, y in stamp.places
            )
            small = round(size * stamp.size, 2)
            yield replace(stamp, text=text, size=small, align="center", places=places)
