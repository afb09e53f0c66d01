"""Timeline + Style -> Scene: where everything goes, by arithmetic alone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from sphinx_pipeviz.draw.legend import Entry, entries, place_legend
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Lines, Point, Scene, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run

#: (text, weight) -> advance width of the text, in ems; the weight is regular or bold
Measure = Callable[[str, str], float]

MARGIN = 6.0
GAP = 6.0
SMALLEST_LABEL = 4.2
#: Share of a cell's width that stays free on each side of its label.
PADDING = 0.14
TIME_LINE = 16.0
LEGEND_LINE = 16.0
#: Above this height of all rows together, rows shrink.
TALL = 330.0
LOWEST_ROW = 5.0
NARROWEST_CELL = 3.0


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
    names = [f"Device {device + style.first}" for device in range(timeline.devices)]
    legend = place_legend(
        entries(timeline, style, full=full_legend), style, size.width, measure
    )
    below = TIME_LINE + len(legend) * LEGEND_LINE + MARGIN
    grid = _grid(timeline, style, size, below, _name_width(names, style, measure))
    cells = _cells(timeline, grid, style)
    time_y = grid.bottom - TIME_LINE / 2 - 1
    legend_y = grid.bottom - TIME_LINE - LEGEND_LINE / 2
    return Scene(
        width=size.width,
        height=grid.bottom + grid.rows * grid.row_height + MARGIN,
        background=style.background,
        grid=grid,
        idle=_idle(timeline, grid, style),
        grid_lines=_grid_lines(timeline, grid, style),
        tasks=_boxes(cells, grid, style),
        labels=_labels(cells, style, measure),
        texts=(
            *_row_names(names, grid, style),
            _stamp("Time", style, "left", (grid.left, time_y)),
            *(text for row in legend for text in _legend_texts(row, style, legend_y)),
        ),
        arrow=_arrow(
            grid.left + style.font_size * (measure("Time", "regular") + 0.7), time_y, style
        ),
        legend=tuple(box for row in legend for box in _legend_boxes(row, style, legend_y)),
        title=timeline.name,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A task's rectangle, what it says and how it is filled."""

    box: Box
    label: str
    fill: str
    group: tuple[Kind, float]


def _name_width(names: list[str], style: Style, measure: Measure) -> float:
    return max((measure(name, "regular") for name in names), default=0.0) * style.font_size


def _grid(
    timeline: Timeline, style: Style, size: Size, below: float, name_width: float
) -> Grid:
    left = round(MARGIN + name_width + GAP, 2)
    rows = max(1, timeline.devices)
    height = max(LOWEST_ROW, min(style.row_height, TALL / rows))
    if size.height is not None:
        height = max(LOWEST_ROW, (size.height - below - MARGIN) / rows)
    unit = (size.width - left - MARGIN) / (timeline.end or 1.0)
    # A round unit keeps the numbers in the file short; it may not run out of the page.
    digits = max(0, 3 - math.floor(math.log10(unit)))
    rounded = math.floor(unit * 10**digits) / 10**digits
    return Grid(left, round(below, 2), rounded, round(height, 2), timeline.devices)


def _row_y(grid: Grid, device: int) -> float:
    return round(grid.bottom + (grid.rows - 1 - device) * grid.row_height, 2)


def _idle(timeline: Timeline, grid: Grid, style: Style) -> Boxes:
    width = _columns(timeline, grid)[-1]
    boxes = [(grid.left, _row_y(grid, row), width, grid.row_height) for row in range(grid.rows)]
    return Boxes(style.idle, style.idle_edge, 0.5, tuple(boxes))


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
        return 10.0 ** math.floor(math.log10(end) - 1)
    step = 1.0
    while step * unit < NARROWEST_CELL:
        leading = step / 10 ** math.floor(math.log10(step) + 1e-9)
        step *= 2.5 if round(leading) == 2 else 2  # noqa: PLR2004  (1, 2, 5, 10)
    return step


def _grid_lines(timeline: Timeline, grid: Grid, style: Style) -> Lines:
    top = round(grid.bottom + grid.rows * grid.row_height, 2)
    xs = [round(grid.left + column, 3) for column in _columns(timeline, grid)[:-1]]
    return Lines(
        style.idle_edge, 0.5, tuple(((x, grid.bottom), (x, top)) for x in xs), upright=True
    )


def _cells(timeline: Timeline, grid: Grid, style: Style) -> list[Cell]:
    shift = 0 if timeline.as_written else style.first
    return [
        cell
        for device, row in enumerate(timeline.rows)
        for run in row
        for cell in _run_cells(run, device, grid, style, (shift, timeline.chunks))
    ]


def _run_cells(
    run: Run, device: int, grid: Grid, style: Style, counting: tuple[int, int]
) -> list[Cell]:
    """Return one cell, or for an overlapped pair two, the first op above the second."""
    shift, chunks = counting
    left = round(grid.left + run.start * grid.unit, 3)
    width = round(run.duration * grid.unit, 3)
    ops = run.slot.ops
    height = round(grid.row_height / len(ops), 3)
    cells = []
    for place, op in enumerate(ops):
        bottom = round(_row_y(grid, device) + (len(ops) - 1 - place) * height, 3)
        chunk = (op.stage or 0) // max(1, grid.rows) if chunks > 1 else 0
        cells.append(
            Cell(
                (left, bottom, width, height),
                _label(op, shift),
                style.fill(op.kind, chunk, chunks),
                (op.kind, run.duration),
            )
        )
    return cells


def _label(op: Op, shift: int) -> str:
    return "" if op.microbatch is None else str(op.microbatch + shift)


def _boxes(cells: list[Cell], grid: Grid, style: Style) -> tuple[Boxes, ...]:
    by_fill: dict[str, list[Box]] = defaultdict(list)
    for cell in cells:
        by_fill[cell.fill].append(cell.box)
    narrowest = min((cell.box[2] for cell in cells if cell.box[2] > 0), default=1.0)
    line_width = round(max(0.1, min(0.5, 0.12 * narrowest, 0.06 * grid.row_height)), 2)
    return tuple(
        Boxes(fill, style.edge, line_width, tuple(boxes)) for fill, boxes in by_fill.items()
    )


def _labels(cells: list[Cell], style: Style, measure: Measure) -> tuple[Stamp, ...]:
    """Stamp labels in one size, leaving out groups of cells that are too narrow."""
    sizes: dict[tuple[Kind, float], float] = defaultdict(lambda: style.font_size)
    for cell in cells:
        if cell.label:
            fits = min(
                cell.box[2] * (1 - 2 * PADDING) / measure(cell.label, "bold"),
                cell.box[3] * 0.72,
            )
            sizes[cell.group] = min(sizes[cell.group], fits)
    shown = {group for group, size in sizes.items() if size >= SMALLEST_LABEL}
    if not shown:
        return ()
    size = math.floor(10 * min(sizes[group] for group in shown)) / 10
    places: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for cell in cells:
        if cell.label and cell.group in shown:
            x, y, width, height = cell.box
            place = (round(x + width / 2, 3), round(y + height / 2, 3))
            places[cell.label, style.text_on(cell.fill)].append(place)
    return tuple(
        Stamp(text, size, colour, "center", weight="bold", places=tuple(where))
        for (text, colour), where in places.items()
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
            places=((grid.left - GAP, round(_row_y(grid, row) + grid.row_height / 2, 3)),),
        )
        for row, name in enumerate(names)
        if row % every == 0
    ]


def _stamp(text: str, style: Style, align: str, *places: Point) -> Stamp:
    return Stamp(text, style.font_size, style.text, align, weight="regular", places=places)


def _arrow(x: float, y: float, style: Style) -> Lines:
    tip = x + 24
    return Lines(
        style.text,
        0.8,
        (((x, y), (tip, y)), ((tip - 4, y + 2.2), (tip, y)), ((tip - 4, y - 2.2), (tip, y))),
    )


def _legend_texts(row: list[Entry], style: Style, y: float) -> list[Stamp]:
    return [
        _stamp(entry.text, style, "left", (entry.text_x, y - entry.line * LEGEND_LINE))
        for entry in row
    ]


def _legend_boxes(row: list[Entry], style: Style, y: float) -> list[Boxes]:
    return [
        Boxes(fill, style.edge, 0.5, ((x, y - entry.line * LEGEND_LINE - 4, width, 8.0),))
        for entry in row
        for fill, x, width in entry.swatches()
    ]
