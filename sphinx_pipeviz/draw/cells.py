"""Tasks -> cells: their rectangles, fills and labels."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.labels import (
    DEFAULT,
    DOWN,
    SMALL,
    Piece,
    numbers_of,
    says_stage,
    write,
)
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run
from sphinx_pipeviz.picture import Picture

#: In points: smaller labels are left out.
SMALLEST_LABEL = 4.2
#: Share of a cell's width that stays free on each side of its label.
PADDING = 0.15
#: Share of labels that may be smaller than the others.
RARE = 0.1
#: Between the pieces of a label, in ems.
GAP = 0.04

#: What labels of one size have in common: the kind and duration of their tasks.
Group = tuple[Kind, float]


@dataclass(slots=True)  # not frozen, which takes twice as long to make
class Cell:
    """A task's rectangle, what it says and how it is filled."""

    box: Box
    label: tuple[Piece, ...]
    fill: str
    group: Group
    hatch: Hatch | None = None


def place_cells(timeline: Timeline, grid: Grid, style: Style, picture: Picture) -> list[Cell]:
    """Return the cell of every op; overlapped ops share their slot's rectangle."""
    look = _Look(timeline, style, picture)
    return [
        cell
        for device, row in enumerate(timeline.rows)
        for run in row
        if run.end > grid.start and run.start < grid.end
        for cell in _run_cells(run, device, grid, look)
    ]


class _Look:
    """What the cells of a picture say, and how they are filled."""

    def __init__(self, timeline: Timeline, style: Style, picture: Picture) -> None:
        self.template = picture.labels or DEFAULT
        self._timeline = timeline
        self.style = style
        self._color_by = picture.color_by or "kind"
        # What ops have in common is found once: there may be very many.
        self._by_stage = says_stage(self.template)
        self._by_number = self._color_by == "microbatch" or timeline.traits.sequence_chunks > 1
        self._labels: dict[Any, tuple[Piece, ...]] = {}
        self._fills: dict[Any, tuple[str, Hatch | None]] = {}
        by_stage = self._color_by == "stage" or style.stage_fills
        self._per_fill = 1 if by_stage else max(1, timeline.devices)

    def label(self, op: Op) -> tuple[Piece, ...]:
        """Return what a cell says."""
        key = (op.kind, op.microbatch, op.stage if self._by_stage else None)
        label = self._labels.get(key)
        if label is None:
            label = self._labels[key] = self._label(op)
        return label

    def _label(self, op: Op) -> tuple[Piece, ...]:
        if op.microbatch is None and self.template == DEFAULT:
            return ()
        return write(self.template, numbers_of(op, self._timeline, self.style.first))

    def fill(self, op: Op, *, paired: bool) -> tuple[str, Hatch | None]:
        """Return a cell's colour, and the hatch on it."""
        stage = None if op.stage is None else op.stage // self._per_fill
        key = (op.kind, stage, op.microbatch if self._by_number else None, paired)
        found = self._fills.get(key)
        if found is None:
            fill = self._fill(op, paired=paired)
            found = self._fills[key] = fill, self.style.hatch(op.kind, fill)
        return found

    def _fill(self, op: Op, *, paired: bool) -> str:
        timeline, style = self._timeline, self.style
        if paired and style.overlap:
            return style.overlap
        shade = timeline.shade(op)
        if self._color_by == "stage":
            return style.stage_fill(op.kind, op.stage or 0)
        if self._color_by == "chunk":
            return style.stage_fill(op.kind, shade)
        if self._color_by == "microbatch":
            return style.stage_fill(op.kind, timeline.microbatch(op) or 0)
        return style.fill(op.kind, shade, timeline.shades, op.stage)


def _run_cells(run: Run, device: int, grid: Grid, look: _Look) -> list[Cell]:
    """Return one cell, or for an overlapped pair two, the first op above the second."""
    left, right = grid.x(max(run.start, grid.start)), grid.x(min(run.end, grid.end))
    ops = run.slot.ops
    height = round(grid.row_height / len(ops), 3)
    cells = []
    for place, op in enumerate(ops):
        bottom = round(grid.row_y(device) + (len(ops) - 1 - place) * height, 3)
        fill, hatch = look.fill(op, paired=len(ops) > 1)
        box = (left, bottom, round(right - left, 3), height)
        group = (op.kind, run.duration)
        cells.append(Cell(box, look.label(op), fill, group, hatch))
    return cells


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
            for text, of_size, place in _pieces(cell, size, measure):
                places[text, of_size, style.text_on(cell.fill)].append(place)
    return tuple(
        Stamp(text, size, colour, "center", weight="bold", places=tuple(where))
        for (text, size, colour), where in places.items()
    )


def _pieces(cell: Cell, size: float, measure: Measure) -> Iterator[tuple[str, float, Point]]:
    """Yield the text, size and middle of each piece of a label, side by side."""
    x, y, width, height = cell.box
    middle = y + height / 2
    left = x + (width - size * _width(cell.label, measure)) / 2
    for text, low in cell.label:
        scaled = size * SMALL if low else size
        wide = scaled * measure(text, "bold")
        down = DOWN * size if low else 0.0
        yield text, round(scaled, 2), (round(left + wide / 2, 3), round(middle - down, 3))
        left += wide + GAP * size


def _width(label: tuple[Piece, ...], measure: Measure) -> float:
    """Return the width of a label of size 1, in ems."""
    wide = sum(measure(text, "bold") * (SMALL if low else 1.0) for text, low in label)
    return wide + GAP * (len(label) - 1)


def _label_sizes(cells: list[Cell], style: Style, measure: Measure) -> dict[Group, float]:
    """Return the size of labels per kind and duration, 0 where they cannot be read.

    All are of one size, but a few narrow tasks do not make all others small.
    """
    fits: dict[Group, float] = defaultdict(lambda: style.font_size)
    counts: dict[Group, int] = defaultdict(int)
    widths = {label: _width(label, measure) for label in {cell.label for cell in cells}}
    for cell in cells:
        _, _, width, height = cell.box
        room = min(width * (1 - 2 * PADDING) / widths[cell.label], height * 0.72)
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
