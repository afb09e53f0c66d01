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
    return sum(map(len, timeline.rows)) > LARGE


def thinned(timeline: Timeline, grid: Grid, color_by: str | None) -> Timeline:
    """Return a timeline as it is, or a large one in columns.

    Columns side by side that look alike are one task, which says no microbatch: it stands
    for several.
    """
    if not is_large(timeline) or color_by == "value":
        return timeline
    whole = color_by == "microbatch"
    step = COLUMN / grid.unit
    rows = tuple(tuple(_columns(row, step, whole=whole)) for row in timeline.rows)
    return replace(timeline, rows=rows)


def _columns(row: tuple[Run, ...], step: float, *, whole: bool) -> Iterator[Run]:
    """Yield runs that fill whole columns; ``whole`` keeps microbatches apart."""
    alike: Any = None
    first = last = 0
    for run in row:
        low = math.ceil(run.start / step - 0.5)
        high = math.ceil(run.end / step - 0.5)
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


def _unnumbered(op: Op) -> Op:
    return op._replace(microbatch=None)
