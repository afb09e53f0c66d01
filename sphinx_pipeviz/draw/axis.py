"""Time below the rows: an arrow, or numbers with a unit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.scene import Grid, Lines, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.picture import Picture

#: Least room between two numbers, in ems.
APART = 2.0
TICK = 3.0
UNITS = {"us": "µs", "ms": "ms", "s": "s"}


def axis_height(picture: Picture, em: float) -> float:
    """Return how high the axis is, in points."""
    lines = {"none": 0.0, "numbers": 2.0}.get(picture.axis or "arrow", 1.0)
    return LINE * em * lines


def axis_of(
    picture: Picture, grid: Grid, top: float, style: Style, measure: Measure
) -> tuple[list[Lines], list[Stamp]]:
    """Return the lines and texts that show what time it is, below ``top``."""
    if picture.axis == "none":
        return [], []
    word = say(style.language, "Time")
    if picture.unit:
        word = say(style.language, "Time ({unit})", unit=UNITS[picture.unit])
    em = style.font_size
    if picture.axis == "numbers":
        ticks = list(_ticks(grid, em, measure))
        y = round(top - TICK - LINE * em / 2, 2)
        end = (round((grid.left + grid.right) / 2, 2), round(y - LINE * em * 0.8, 2))
        numbers = [_stamp(number(t), style, "center", (grid.x(t), y)) for t in ticks]
        return [_marks(grid, top, ticks, style)], [*numbers, _stamp(word, style, "center", end)]
    y = round(top - LINE * em / 2 - 1, 2)
    x = grid.left + em * (measure(word, "regular") + 0.7)
    return [_arrow(x, y, style)], [_stamp(word, style, "left", (grid.left, y))]


def _ticks(grid: Grid, em: float, measure: Measure) -> Iterator[float]:
    """Yield multiples of 1, 2 or 5 times a power of ten, far enough apart."""
    longest = max(measure(number(time), "regular") for time in (grid.start, grid.end))
    least = (longest + APART) * em / grid.unit
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * times for times in (1, 2, 5, 10, 20) if power * times >= least)
    count = math.floor((grid.end - grid.start) / step + 1e-9)
    first = math.ceil(grid.start / step - 1e-9)
    for index in range(first, first + count + 1):
        if index * step <= grid.end + 1e-9 * step:
            yield index * step


def number(time: float) -> str:
    """Return a time as the axis shows it."""
    return f"{time:.10g}"


def _marks(grid: Grid, top: float, ticks: list[float], style: Style) -> Lines:
    low = round(top - TICK, 2)
    strokes = [((grid.x(t), top), (grid.x(t), low)) for t in ticks]
    base = ((grid.left, top), (grid.right, top))
    return Lines(style.text, 0.8, (base, *strokes), upright=True)


def _stamp(text: str, style: Style, align: str, place: tuple[float, float]) -> Stamp:
    return Stamp(text, style.font_size, style.text, align, weight="regular", places=(place,))


def _arrow(x: float, y: float, style: Style) -> Lines:
    em = style.font_size
    x, tip = round(x, 2), round(x + 2.7 * em, 2)
    back, up, down = (round(v, 2) for v in (tip - 0.45 * em, y + 0.25 * em, y - 0.25 * em))
    return Lines(
        style.text, 0.8, (((x, y), (tip, y)), ((back, up), (tip, y)), ((back, down), (tip, y)))
    )
