"""Hatches: a pattern as a few strokes, which the painter clips to shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sphinx_pipeviz.picture import Pattern

#: (x, y, x, y)
Stroke = tuple[float, float, float, float]
#: (left, bottom, right, top)
Bounds = tuple[float, float, float, float]

#: Between two strokes, in points along x or y.
STEP = 4.5
#: Edge of a square of a checkerboard.
SQUARE = 2.2
#: Edge of a dot, and from one dot to the next.
DOT = 0.9
DOTS = 3.6


@dataclass(frozen=True, slots=True)
class Hatch:
    """A pattern in a colour, ``#RRGGBB``."""

    pattern: Pattern
    colour: str


@dataclass(frozen=True, slots=True)
class Strokes:
    """What a pattern is drawn with.

    Args:
        strokes: Straight lines from point to point.
        line_width: Their width, in points.
        dash: Lengths of dash and gap in line widths; empty for solid lines.
    """

    strokes: tuple[Stroke, ...]
    line_width: float
    dash: tuple[float, ...] = ()


def strokes_of(pattern: Pattern, bounds: Bounds) -> Strokes:
    """Cover an area with a pattern; areas side by side continue each other's."""
    if pattern == "checked":
        return Strokes(tuple(_staggered(bounds, SQUARE, SQUARE)), SQUARE, (1.0, 1.0))
    if pattern == "dotted":
        rows = tuple(_staggered(bounds, DOTS / 2, DOTS / 2))
        return Strokes(rows, DOT, (1.0, DOTS / DOT - 1))
    lines = tuple(stroke for line in _LINES[pattern] for stroke in line(bounds))
    return Strokes(lines, 0.7)


def _steps(low: float, high: float, step: float) -> Iterator[int]:
    yield from range(math.ceil(low / step), math.floor(high / step) + 1)


def _staggered(bounds: Bounds, step: float, shift: float) -> Iterator[Stroke]:
    """Yield level strokes, every second one shifted, that start at multiples of 2 shifts."""
    left, bottom, right, top = bounds
    start = math.floor(left / (2 * shift)) * 2 * shift
    for row in _steps(bottom - step, top + step, step):
        yield _rounded(start - row % 2 * shift, row * step, right, row * step)


def _level(bounds: Bounds) -> Iterator[Stroke]:
    left, bottom, right, top = bounds
    for row in _steps(bottom, top, STEP * 0.7):
        yield _rounded(left, row * STEP * 0.7, right, row * STEP * 0.7)


def _upright(bounds: Bounds) -> Iterator[Stroke]:
    left, bottom, right, top = bounds
    for column in _steps(left, right, STEP * 0.7):
        yield _rounded(column * STEP * 0.7, bottom, column * STEP * 0.7, top)


def _rising(bounds: Bounds) -> Iterator[Stroke]:
    left, bottom, right, top = bounds
    for place in _steps(left - top, right - bottom, STEP):
        shift = place * STEP  # x - y
        low, high = max(left, shift + bottom), min(right, shift + top)
        yield _rounded(low, low - shift, high, high - shift)


def _falling(bounds: Bounds) -> Iterator[Stroke]:
    left, bottom, right, top = bounds
    for place in _steps(left + bottom, right + top, STEP):
        shift = place * STEP  # x + y
        low, high = max(left, shift - top), min(right, shift - bottom)
        yield _rounded(low, shift - low, high, shift - high)


def _rounded(*numbers: float) -> Stroke:
    x0, y0, x1, y1 = (round(number, 3) for number in numbers)
    return x0, y0, x1, y1


_LINES = {
    "rising": (_rising,),
    "falling": (_falling,),
    "crossed": (_rising, _falling),
    "level": (_level,),
    "upright": (_upright,),
}
