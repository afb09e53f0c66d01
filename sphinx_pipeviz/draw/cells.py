"""Tasks -> cells: their rectangles, fills and labels."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run

#: In points: smaller labels are left out.
SMALLEST_LABEL = 4.2
#: Share of a cell's width that stays free on each side of its label.
PADDING = 0.15
#: Share of labels that may be smaller than the others.
RARE = 0.1

#: What labels of one size have in common: the kind and duration of their tasks.
Group = tuple[Kind, float]


@dataclass(frozen=True, slots=True)
class Cell:
    """A task's rectangle, what it says and how it is filled."""

    box: Box
    label: str
    fill: str
    group: Group
    hatch: Hatch | None = None


def place_cells(timeline: Timeline, grid: Grid, style: Style) -> list[Cell]:
    """Return the cell of every op; overlapped ops share their slot's rectangle."""
    counting = (0 if timeline.as_written else style.first, timeline.chunks)
    return [
        cell
        for device, row in enumerate(timeline.rows)
        for run in row
        for cell in _run_cells(run, device, grid, style, counting)
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
        bottom = round(grid.row_y(device) + (len(ops) - 1 - place) * height, 3)
        chunk = (op.stage or 0) // max(1, grid.rows) if chunks > 1 else 0
        fill = style.fill(op.kind, chunk, chunks, op.stage)
        if style.overlap and len(ops) > 1:
            fill = style.overlap
        cells.append(
            Cell(
                (left, bottom, width, height),
                _label(op, shift),
                fill,
                (op.kind, run.duration),
                style.hatch(op.kind, fill),
            )
        )
    return cells


def _label(op: Op, shift: int) -> str:
    return "" if op.microbatch is None else str(op.microbatch + shift)


def boxes_of(cells: list[Cell], grid: Grid, style: Style) -> tuple[Boxes, ...]:
    """Gather cells by look; borders are thinner where cells are narrow."""
    by_look: dict[tuple[str, Hatch | None], list[Box]] = defaultdict(list)
    for cell in cells:
        by_look[cell.fill, cell.hatch].append(cell.box)
    narrowest = min((cell.box[2] for cell in cells if cell.box[2] > 0), default=1.0)
    line_width = round(max(0.1, min(0.5, 0.12 * narrowest, 0.06 * grid.row_height)), 2)
    return tuple(
        Boxes(fill, style.edge, line_width, tuple(boxes), hatch)
        for (fill, hatch), boxes in by_look.items()
    )


def labels_of(cells: list[Cell], style: Style, measure: Measure) -> tuple[Stamp, ...]:
    """Stamp the labels of all cells that are wide enough for theirs."""
    sizes = _label_sizes([cell for cell in cells if cell.label], style, measure)
    places: dict[tuple[str, float, str], list[Point]] = defaultdict(list)
    for cell in cells:
        size = sizes.get(cell.group, 0.0) if cell.label else 0.0
        if size:
            x, y, width, height = cell.box
            place = (round(x + width / 2, 3), round(y + height / 2, 3))
            places[cell.label, size, style.text_on(cell.fill)].append(place)
    return tuple(
        Stamp(text, size, colour, "center", weight="bold", places=tuple(where))
        for (text, size, colour), where in places.items()
    )


def _label_sizes(cells: list[Cell], style: Style, measure: Measure) -> dict[Group, float]:
    """Return the size of labels per kind and duration, 0 where they cannot be read.

    All are of one size, but a few narrow tasks do not make all others small.
    """
    fits: dict[Group, float] = defaultdict(lambda: style.font_size)
    counts: dict[Group, int] = defaultdict(int)
    for cell in cells:
        _, _, width, height = cell.box
        room = min(width * (1 - 2 * PADDING) / measure(cell.label, "bold"), height * 0.72)
        fits[cell.group] = min(fits[cell.group], room)
        counts[cell.group] += 1
    shown = sorted(group for group, size in fits.items() if size >= SMALLEST_LABEL)
    shown.sort(key=fits.__getitem__)
    rare = RARE * sum(counts[group] for group in shown)
    common = style.font_size
    for group in shown:
        common = fits[group]
        rare -= counts[group]
        if rare < 0:
            break
    return {group: math.floor(10 * min(fits[group], common)) / 10 for group in shown}
