"""Timed rows -> the same rows with forwards as late as possible."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sphinx_pipeviz.ops import Kind, Op, Run

Rows = tuple[tuple[Run, ...], ...]
_AFTER = (Kind.BACKWARD, Kind.BACKWARD_INPUT)


def as_late_as_possible(rows: Rows, latency: float) -> Rows:
    """Move each forward that stands right before a backward so that it ends where the
    backward starts, or where the next stage needs it.

    No other run moves, and none needs its inputs earlier than before.

    Args:
        rows: The runs of each device, as early as possible.
        latency: Of a transfer between two devices, in time units.
    """
    starts = {run.slot: (run.start, device) for device, row in enumerate(rows) for run in row}
    moved = [list(row) for row in rows]
    for device, index in _steady(rows):
        run = moved[device][index]
        latest = moved[device][index + 1].start
        stage, kind, microbatch, _ = run.slot.ops[0]
        if needing := starts.get(Op((stage or 0) + 1, kind, microbatch)):
            latest = min(latest, needing[0] - latency * (needing[1] != device))
        moved[device][index] = run._replace(start=max(run.start, latest - run.duration))
        starts[run.slot] = (moved[device][index].start, device)
    return tuple(tuple(row) for row in moved)


def _steady(rows: Sequence[Sequence[Run]]) -> list[tuple[int, int]]:
    """Return the places of forwards right before a backward, the latest stages first."""
    found = [
        (device, index)
        for device, row in enumerate(rows)
        for index, (run, then) in enumerate(pairwise(row))
        if run.slot.ops[0].kind is Kind.FORWARD
        and len(run.slot.ops) == 1
        and then.slot.ops[0].kind in _AFTER
    ]
    return sorted(found, key=lambda at: -(rows[at[0]][at[1]].slot.ops[0].stage or 0))
