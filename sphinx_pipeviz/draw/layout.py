"""Timeline + Style -> Scene: where everything goes, by arithmetic alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from sphinx_pipeviz.draw.cells import SMALLEST_LABEL, boxes_of, labels_of, place_cells
from sphinx_pipeviz.draw.legend import (
    LINE,
    SWATCH_HEIGHT,
    Entry,
    Measure,
    entries,
    length,
    place_legend,
)
from sphinx_pipeviz.draw.scene import Boxes, Grid, Lines, Point, Scene, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline

MARGIN = 6.0
GAP = 6.0
#: Largest share of the width that row names take.
NAMES = 0.3
#: Above this height of all rows together, rows shrink, though not below LOWEST_ROW ...
TALL = 330.0
LOWEST_ROW = 5.0
#: ... until all rows together are this high.
TALLEST = 2000.0
NARROWEST_CELL = 3.0
#: Shorter timelines are drawn as if they were this long, in time units.
SHORTEST = 1e-290


@dataclass(frozen=True, slots=True)
class Size:
    """A wished size of the picture in points; None lets the rows decide the height."""

    width: float
    height: float | None = None


def lay_out(
    timeline: Timeline,
    style: Style,
    measure: Measure,
    *,
    size: Size | None = None,
    full_legend: bool = False,
) -> Scene:
    """Place a timeline's rows, tasks, labels and legend.

    Args:
        timeline: What to draw.
        style: How it looks.
        measure: Width of a text in ems.
        size: Size of the picture; None takes the style's width.
        full_legend: List forward, backward and optimizer even where they do not occur.
    """
    size = size or Size(style.width)
    names = timeline.device_names(style.first)
    listed = entries(timeline, style, full=full_legend)
    em = _text_size(names, listed, style, size.width, measure)
    style = msgspec.structs.replace(style, font_size=em)
    legend = place_legend(listed, em, size.width, measure)
    below = (1 + len(legend)) * LINE * em + MARGIN
    grid = _grid(timeline, style, size, below, _name_width(names, measure) * em)
    cells = place_cells(timeline, grid, style)
    time_y = round(grid.bottom - LINE * em / 2 - 1, 2)
    legend_y = round(grid.bottom - LINE * em * 1.5, 2)
    return Scene(
        width=size.width,
        height=size.height or grid.bottom + grid.rows * grid.row_height + MARGIN,
        background=style.background,
        grid=grid,
        idle=_idle(timeline, grid, style),
        grid_lines=_grid_lines(timeline, grid, style),
        tasks=boxes_of(cells, grid, style),
        labels=labels_of(cells, style, measure),
        texts=(
            *_row_names(names, grid, style),
            _stamp("Time", style, "left", (grid.left, time_y)),
            *(text for row in legend for text in _legend_texts(row, style, legend_y)),
        ),
        arrow=_arrow(grid.left + em * (measure("Time", "regular") + 0.7), time_y, style),
        legend=tuple(box for row in legend for box in _legend_boxes(row, style, legend_y)),
        title=timeline.name,
    )


def _name_width(names: list[str], measure: Measure) -> float:
    return max((measure(name, "regular") for name in names), default=0.0)


def _text_size(
    names: list[str], listed: list[Entry], style: Style, width: float, measure: Measure
) -> float:
    """Return the style's font size, or what lets the longest name and entry fit."""
    entry = max((length(entry, measure) for entry in listed), default=0.0)
    by_names = NAMES * width / max(1.0, _name_width(names, measure))
    by_legend = (width - 2 * MARGIN) / max(1.0, entry)
    return min(style.font_size, by_names, by_legend)


def _grid(
    timeline: Timeline, style: Style, size: Size, below: float, name_width: float
) -> Grid:
    left = round(MARGIN + name_width + GAP, 2)
    rows = max(1, timeline.devices)
    lowest = min(LOWEST_ROW, TALLEST / rows)
    height = max(lowest, min(style.row_height, TALL / rows))
    if size.height is not None:
        height = max(size.height - below - MARGIN, 0.1 * size.height) / rows
    unit = (size.width - left - MARGIN) / max(timeline.end or 1.0, SHORTEST)
    return Grid(left, round(below, 2), _rounded(unit), _rounded(height), timeline.devices)


def _rounded(number: float) -> float:
    """Return at most the number: short ones make short files, larger ones leave the page."""
    scale = 10.0 ** max(0, 3 - math.floor(math.log10(number)))
    return math.floor(number * scale) / scale


def _idle(timeline: Timeline, grid: Grid, style: Style) -> Boxes:
    width = _columns(timeline, grid)[-1]
    rows = range(grid.rows) if style.idle_look != "none" else ()
    boxes = [(grid.left, grid.row_y(row), width, grid.row_height) for row in rows]
    edge = None if style.idle_look == "fill" else style.idle_edge
    return Boxes(style.idle, edge, 0.5, tuple(boxes), style.idle_hatch)


def _columns(timeline: Timeline, grid: Grid) -> list[float]:
    """Return the right edges of the grid's cells, from ``grid.left``: one per step."""
    step = grid_step(timeline.end, grid.unit)
    count = max(1, math.ceil(round(timeline.end / step, 6)))
    columns = [round((i + 1) * step * grid.unit, 3) for i in range(count)]
    columns[-1] = min(columns[-1], round(max(timeline.end, step) * grid.unit, 3))
    return columns


def grid_step(end: float, unit: float) -> float:
    """Return the time one grid cell stands for: 1 where cells of 1 are wide enough.

    Else the next of 2, 5, 10, 20 …; where the whole timeline is shorter than 1, the
    power of ten that makes at least ten cells.
    """
    if 0 < end <= 1:
        return float(10.0 ** math.floor(math.log10(max(end, SHORTEST)) - 1))
    step = 1.0
    while step * unit < NARROWEST_CELL:
        leading = step / 10 ** math.floor(math.log10(step) + 1e-9)
        step *= 2.5 if round(leading) == 2 else 2  # noqa: PLR2004  (1, 2, 5, 10)
    return step


def _grid_lines(timeline: Timeline, grid: Grid, style: Style) -> Lines:
    top = round(grid.bottom + grid.rows * grid.row_height, 2)
    columns = _columns(timeline, grid)[:-1] if style.idle_look in ("grid", "hatch") else []
    xs = [round(grid.left + column, 3) for column in columns]
    return Lines(
        style.idle_edge, 0.5, tuple(((x, grid.bottom), (x, top)) for x in xs), upright=True
    )


def _row_names(names: list[str], grid: Grid, style: Style) -> list[Stamp]:
    """Name every row, or every k-th where rows are lower than their names."""
    size = min(style.font_size, max(SMALLEST_LABEL, 0.8 * grid.row_height))
    every = math.ceil(size / grid.row_height)
    return [
        Stamp(
            name,
            round(size, 1),
            style.text,
            "right",
            weight="regular",
            places=((grid.left - GAP, round(grid.row_y(row) + grid.row_height / 2, 3)),),
        )
        for row, name in enumerate(names)
        if row % every == 0
    ]


def _stamp(text: str, style: Style, align: str, *places: Point) -> Stamp:
    return Stamp(text, style.font_size, style.text, align, weight="regular", places=places)


def _arrow(x: float, y: float, style: Style) -> Lines:
    em = style.font_size
    x, tip = round(x, 2), round(x + 2.7 * em, 2)
    back, up, down = (round(v, 2) for v in (tip - 0.45 * em, y + 0.25 * em, y - 0.25 * em))
    return Lines(
        style.text, 0.8, (((x, y), (tip, y)), ((back, up), (tip, y)), ((back, down), (tip, y)))
    )


def _legend_texts(row: list[Entry], style: Style, y: float) -> list[Stamp]:
    return [
        _stamp(
            entry.text,
            style,
            "left",
            (entry.text_x, round(y - entry.line * LINE * entry.em, 2)),
        )
        for entry in row
    ]


def _legend_boxes(row: list[Entry], style: Style, y: float) -> list[Boxes]:
    boxes = []
    for entry in row:
        height = round(SWATCH_HEIGHT * entry.em, 2)
        bottom = round(y - entry.line * LINE * entry.em - height / 2, 2)
        for fill, hatch, x, width in entry.swatches():
            line = round(min(0.5, 0.12 * width), 2)
            boxes.append(Boxes(fill, style.edge, line, ((x, bottom, width, height),), hatch))
    return boxes
