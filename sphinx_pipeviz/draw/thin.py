"""Very many tasks -> the few of them that a picture has room for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sphinx_pipeviz.draw.scene import Grid
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Op, Run

#: Timelines of more tasks are simplified.
LARGE = 100_000
#: Width of a column, in points: what runs in its middle stands for all of it.
COLUMN = 0.5


def is_large(timeline: Timeline) -> bool:
    """Return whether a picture of the timeline is simplified."""
    return timeline.tasks > LARGE


def thinned(timeline: Timeline, grid: Grid, color_by: str | None) -> Timeline:
    """Return a timeline as it is, or a large one in columns.

    Columns side by side that look alike are one task, which says no microbatch: it stands
    for several. Where tasks have values or are beside the rows, those that have a column
    of their own stay as they are.
    """
    if not is_large(timeline):
        return timeline
    whole = color_by == "microbatch"
    step = COLUMN / grid.unit
    rows = tuple(
        tuple(_seen(row, step) if color_by == "value" else _columns(row, step, whole=whole))
        for row in timeline.rows
    )
    lanes = tuple(replace(lane, runs=tuple(_seen(lane.runs, step))) for lane in timeline.lanes)
    return replace(timeline, rows=rows, lanes=lanes)


def _seen(runs: tuple[Run, ...], step: float) -> Iterator[Run]:
    """Yield the runs that are the first ones in some column."""
    last = -1
    for run in runs:
        low, high = _span(run, step)
        if high > max(low, last):
            yield run
            last = high


def _columns(row: tuple[Run, ...], step: float, *, whole: bool) -> Iterator[Run]:
    """Yield runs that fill whole columns; ``whole`` keeps microbatches apart."""
    alike: Any = None
    first = last = 0
    for run in row:
        low, high = _span(run, step)
        if high == low:
            continue
        slot = run.slot if whole or len(run.slot.ops) > 1 else _unnumbered(run.slot.ops[0])
        if slot != alike or low != last:
            if alike is not None:
                yield Run(first * step, (last - first) * step, alike)
            alike, first = slot, low
        last = high
    if alike is not None:
        yield Run(first * step, (last - first) * step, alike)


def _span(run: Run, step: float) -> tuple[int, int]:
    """Return the first column whose middle a run covers, and the one behind the last."""
    return math.ceil(run.start / step - 0.5), math.ceil(run.end / step - 0.5)


def _unnumbered(op: Op) -> Op:
    return op._replace(microbatch=None)
