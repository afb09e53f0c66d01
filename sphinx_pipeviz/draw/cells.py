"""Tasks -> cells: their rectangles, fills and labels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from sphinx_pipeviz.draw.chosen import hatched
from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.labels import (
    Piece,
    joined,
    numbers_of,
    says,
    template_of,
    write,
)
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Sort, Task
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.tracks import lanes_shown, strips
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import UNITS, Kind, Op, Run
from sphinx_pipeviz.picture import Pattern, Picture, Rows
from sphinx_pipeviz.versions import run_versions

#: What labels of one size have in common: the kind of their tasks, and width and height.
Group = tuple[Kind, float, float]
#: A device, and one of its runs.
Stop = tuple[int, Run]


@dataclass(slots=True)  # not frozen, which takes twice as long to make
class Cell:
    """A task, its rectangle, what it says and how it is filled.

    Args:
        box: Where it is.
        label: What it says.
        fill: ``#RRGGBB``.
        task: What it stands for.
        hatch: What covers the fill.
        outlined: It has a border of its own.
        text: ``#RRGGBB`` of the label.
    """

    box: Box
    label: tuple[Piece, ...]
    fill: str
    task: Task
    hatch: Hatch | None = None
    outlined: bool = True
    text: str = ""

    @property
    def group(self) -> Group:
        """What the size of its label is shared with."""
        return self.task.op.kind, round(self.box[2], 1), round(self.box[3], 1)


def place_cells(timeline: Timeline, grid: Grid, style: Style, picture: Picture) -> list[Cell]:
    """Return the cell of every op; overlapped ops share their slot's rectangle."""
    look = _Look(timeline, style, picture)
    cells = [
        cell
        for device, row in enumerate(timeline.rows)
        for run in row
        if run.end > grid.start and run.start < grid.end
        for cell in look.cells(run, device, grid)
    ]
    lanes = lanes_shown(timeline, picture)
    if not lanes:
        return cells
    placed = [
        look.cell(strip.run.slot.ops[0], (strip.device, strip.run), box)
        for strip in strips(timeline, lanes, grid)
        if (box := _span(strip.run, grid, strip.bottom, strip.height))[2] > 0
    ]
    return cells + placed


def _span(run: Run, grid: Grid, bottom: float, height: float) -> Box:
    left = grid.x(min(max(run.start, grid.start), grid.end))
    right = grid.x(max(min(run.end, grid.end), grid.start))
    return (left, bottom, round(right - left, 3), height)


class _Look:
    """What the cells of a picture say, and how they are filled."""

    def __init__(self, timeline: Timeline, style: Style, picture: Picture) -> None:
        self.style = style
        self._timeline = timeline
        self._picture = picture
        self._color_by = picture.color_by or "kind"
        self._hatched = hatched(timeline, picture, style)
        self._share = forward_share(timeline)
        self._blocks = blocks(timeline, picture.rows or Rows())
        self._each = per_iteration(timeline)
        # What many ops have in common is found once.
        self._by_stage = says(picture.labels, "stage", "chunk")
        self._versions = run_versions(timeline) if says(picture.labels, "version") else {}
        self._by_number = self._color_by == "microbatch" or timeline.traits.sequence_chunks > 1
        by_stage = self._color_by == "stage" or style.stage_fills
        self._alike = 1 if by_stage else max(1, timeline.devices)
        self._labels: dict[Any, tuple[Piece, ...]] = {}
        self._fills: dict[Any, tuple[str, Hatch | None, str, Sort]] = {}
        chunk = "chunk" if timeline.shades > 1 else ""
        by = "stage" if style.stage_fills and timeline.stages else chunk
        self._parts = by if self._color_by == "kind" else self._color_by
        self._one = picture.overlap == "merged" or bool(style.overlap)

    def cells(self, run: Run, device: int, grid: Grid) -> list[Cell]:
        """Return one cell, or for an overlapped pair two."""
        low, height = grid.row_y(device), grid.row_height
        if self._blocks and (device, run) in self._blocks:
            devices = self._blocks[device, run]
            if device != devices[0]:
                return []
            low = min(grid.row_y(each) for each in devices)
            height = round(max(grid.row_y(each) for each in devices) + height - low, 3)
        box = _span(run, grid, low, height)
        pattern = self._hatched.get((device, run)) if self._hatched else None
        if len(run.slot.ops) == 1:
            return [self.cell(run.slot.ops[0], (device, run), box, pattern)]
        return self._pair((device, run), box, pattern)

    def _task(self, op: Op, device: int, run: Run, sort: Sort) -> Task:
        """Return what a cell stands for."""
        number = self._timeline.microbatch(op)
        if number is not None and not self._timeline.as_written:
            number += self.style.first
        stage = None if op.stage is None else op.stage + self.style.first
        return Task(op, device, number, stage, run.start, run.end, sort)

    def _pair(self, at: Stop, box: Box, pattern: Pattern | None) -> list[Cell]:
        """Return the halves of an overlapped pair, the first above or before the second."""
        how = self._picture.overlap or "side"
        first, second = at[1].slot.ops
        one, two = (self.cell(op, at, box, pattern) for op in (first, second))
        if how == "merged":
            plus = (Piece("+"),) if one.label and two.label else ()
            label = joined((*one.label, *plus, *two.label))
            fill = self.style.overlap or one.fill
            return [replace(one, label=label, fill=fill)]
        share = self._share
        if first.kind is not Kind.FORWARD:
            share = 1 - share
        boxes = halves(box, share if how == "side" else None)
        pair = zip((one, two), boxes, strict=True)
        return [replace(cell, box=half, outlined=how != "side") for cell, half in pair]

    def cell(self, op: Op, at: Stop, box: Box, pattern: Pattern | None = None) -> Cell:
        """Return the cell of an op of a run."""
        fill, hatch, text, sort = self._look(op, at)
        if pattern:
            hatch = Hatch(pattern, self.style.hatch_on(fill))
        said, task = self._said(op, at), self._task(op, *at, sort)
        return Cell(box, said, fill, task, hatch, text=text)

    def _look(self, op: Op, at: Stop) -> tuple[str, Hatch | None, str, Sort]:
        """Return fill, hatch, colour of the text, and what the legend takes it for."""
        stage = None if op.stage is None else op.stage // self._alike
        number = op.microbatch if self._by_number else None
        key = (op.kind, stage, number, len(at[1].slot.ops))
        found = self._fills.get(key)
        if found is None or self._color_by == "value":
            fill = self._fill(op, at)
            text = self.style.text_on(fill, self._timeline.shade(op))
            hatch, sort = self.style.hatch(op.kind, fill), self._sort(op, at)
            found = self._fills[key] = fill, hatch, text, sort
        return found

    def _sort(self, op: Op, at: Stop) -> Sort:
        """Return which entry of the legend stands for an op."""
        parts = {
            "stage": op.stage,
            "chunk": self._timeline.shade(op),
            "microbatch": self._timeline.microbatch(op),
        }
        part = parts.get(self._parts)
        one = self._one and len(at[1].slot.ops) > 1
        return Sort("overlap" if one else op.kind.value, -1 if part is None else part)

    def _said(self, op: Op, at: Stop) -> tuple[Piece, ...]:
        """Return what a cell says."""
        version = self._versions.get(at) if self._versions else None
        key = (op.kind, op.microbatch, op.stage if self._by_stage else None, op.name, version)
        label = self._labels.get(key)
        if label is None:
            label = self._labels[key] = self._label(op, version)
        return label

    def _label(self, op: Op, version: int | None) -> tuple[Piece, ...]:
        template = template_of(self._picture.labels, op.kind)
        first = self.style.first
        return write(template, numbers_of(op, self._timeline, first, self._each, version))

    def _fill(self, op: Op, at: Stop) -> str:
        timeline, style = self._timeline, self.style
        if self._color_by == "value":
            low, high = timeline.value_range
            value = timeline.values.get(at)
            return style.idle if value is None else style.value_fill(value, low, high)
        if len(at[1].slot.ops) > 1 and style.overlap:
            return style.overlap
        shade = timeline.shade(op)
        if self._color_by == "stage":
            return style.stage_fill(op.kind, op.stage or 0)
        if self._color_by == "chunk":
            return style.stage_fill(op.kind, shade)
        if self._color_by == "microbatch" and op.kind in UNITS:
            return style.stage_fill(op.kind, timeline.microbatch(op) or 0)
        return style.fill(op.kind, shade, timeline.shades, op.stage)


def per_iteration(timeline: Timeline) -> int:
    """Return how many microbatches an iteration has, or 0 if there is only one."""
    count = timeline.traits.iterations
    if count == 1:
        return 0
    ops = (op for row in timeline.rows for run in row for op in run.slot.ops)
    last = max((timeline.microbatch(op) or 0 for op in ops if op.kind in UNITS), default=0)
    return (last + 1) // count


def forward_share(timeline: Timeline) -> float:
    """Return a forward's share of an overlapped pair, from those that run alone."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for row in timeline.rows:
        for run in row:
            kind = run.slot.ops[0].kind
            if len(run.slot.ops) == 1 and kind in (Kind.FORWARD, Kind.BACKWARD):
                times[kind is Kind.FORWARD].append(run.duration)
    if not all(times.values()):
        return 0.5
    forward, backward = (median(times[which]) for which in (True, False))
    return forward / (forward + backward) if forward + backward else 0.5


def halves(box: Box, share: float | None) -> tuple[Box, Box]:
    """Return the first and second part of a box: side by side, or, without a share, above."""
    x, y, width, height = box
    if share is None:
        half = round(height / 2, 3)
        return (x, round(y + half, 3), width, half), (x, y, width, half)
    cut = round(width * min(0.75, max(0.25, share)), 3)
    return (x, y, cut, height), (round(x + cut, 3), y, round(width - cut, 3), height)


def blocks(timeline: Timeline, rows: Rows) -> dict[tuple[int, Run], list[int]]:
    """Return the devices whose optimizer steps are one block, for each step in one."""
    found: dict[tuple[int, Run], list[int]] = {}
    for group in rows.groups or ():
        steps: dict[tuple[float, float], list[tuple[int, Run]]] = defaultdict(list)
        for device in group.devices:
            for run in timeline.rows[device]:
                if run.slot.ops[0].kind is Kind.OPTIMIZER:
                    steps[run.start, run.end].append((device, run))
        for together in steps.values():
            devices = [device for device, _ in together]
            found |= dict.fromkeys(together, devices) if len(devices) > 1 else {}
    return found


def boxes_of(cells: list[Cell], grid: Grid, style: Style) -> tuple[Boxes, ...]:
    """Gather cells by look; borders are thinner where cells are narrow."""
    by_look: dict[tuple[str, Hatch | None, bool], list[Cell]] = defaultdict(list)
    for cell in cells:
        by_look[cell.fill, cell.hatch, cell.outlined].append(cell)
    narrowest = min((cell.box[2] for cell in cells if cell.box[2] > 0), default=1.0)
    line_width = round(max(0.1, min(0.5, 0.12 * narrowest, 0.06 * grid.row_height)), 2)
    return tuple(
        Boxes(
            fill,
            style.edge if outlined else None,
            line_width,
            tuple(cell.box for cell in alike),
            hatch,
            tuple(cell.task for cell in alike),
        )
        for (fill, hatch, outlined), alike in by_look.items()
    ) + _outlines(cells, style, line_width)


def _outlines(cells: list[Cell], style: Style, line_width: float) -> tuple[Boxes, ...]:
    """Return one border around the two halves of each pair that has none of its own."""
    parts = [cell.box for cell in cells if not cell.outlined]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    boxes = tuple((x, y, round(one + two, 3), h) for (x, y, one, h), (_, _, two, _) in pairs)
    return (Boxes(None, style.edge, line_width, boxes),) if boxes else ()
