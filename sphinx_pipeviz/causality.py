"""Is a timeline possible: one slot at a time, and inputs before outputs?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.moves import ops_of
from sphinx_pipeviz.ops import Kind, Op, Run, Slot

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)


def check_timeline(rows: Sequence[Sequence[Run]], names: Sequence[str]) -> None:
    """Check that a written timeline, each row sorted by start, is possible.

    Where stages are not written, they are taken from the rows, downwards or upwards,
    if every device runs each kind of op once per microbatch.

    Args:
        rows: The runs of each device.
        names: What the author calls each device.

    Raises:
        PlanError: A device runs two slots at once, or an op starts before its inputs
            end.
    """
    end = max((run.end for row in rows for run in row), default=1.0)
    start = min((row[0].start for row in rows if row), default=0.0)
    slack = 1e-9 * (end - start) + 4 * math.ulp(end)  # rounding is no overlap
    for device, row in enumerate(rows):
        for index, (before, run) in enumerate(pairwise(row), 1):
            if run.start < before.end - slack:
                both = f"{_when(before)} and {_when(run)}"
                message = f"device {names[device]} runs {both} at once"
                raise PlanError(message, path=("timeline", device, index))
    ends = _ends_by_stage(rows)
    if ends is None:
        return
    known = any(op.stage is not None for _, _, op in ops_of(_slots(rows)))
    directions = (1,) if known else (1, -1)
    problems = [_early_ops(rows, ends, direction, slack) for direction in directions]
    for microbatch, early in problems[0].items():
        if all(microbatch in found for found in problems):
            source = early.source.stage if known else names[early.source.stage or 0]
            place = "stage" if known else "device"
            message = (
                f"device {names[early.device]} runs {_when(rows[early.device][early.place])}"
                f" before its input {early.source.kind}{microbatch} on {place} {source}"
                f" ends at {ends[early.source.stage or 0, early.source.kind, microbatch]:.12g}"
            )
            raise PlanError(message, path=("timeline", early.device, early.place))


class Early(NamedTuple):
    """A run that starts before ``source``, one of its inputs, ends."""

    device: int
    place: int
    source: Op


#: (stage, kind, microbatch) -> end
Ends = dict[tuple[int, Kind, int | None], float]


def _slots(rows: Sequence[Sequence[Run]]) -> list[list[Slot]]:
    return [[run.slot for run in row] for row in rows]


def _ends_by_stage(rows: Sequence[Sequence[Run]]) -> Ends | None:
    """Return when each op ends, or None where an op occurs twice."""
    ends: Ends = {}
    for device, row in enumerate(rows):
        for run in row:
            for op in run.slot.ops:
                key = (device if op.stage is None else op.stage, op.kind, op.microbatch)
                if op.kind in (F, B, I, W) and key in ends:
                    return None
                ends[key] = run.end
    return ends


def _early_ops(
    rows: Sequence[Sequence[Run]], ends: Ends, direction: int, slack: float
) -> dict[int | None, Early]:
    """Return, for each microbatch, the first run that starts before its inputs end."""
    early: dict[int | None, Early] = {}
    for device, row in enumerate(rows):
        for index, run in enumerate(row):
            for op in run.slot.ops:
                stage = device if op.stage is None else op.stage
                for kind, source in _inputs(op.kind, stage, direction):
                    end = ends.get((source, kind, op.microbatch), 0.0)
                    if run.start < end - slack:
                        late = Op(source, kind, op.microbatch)
                        early.setdefault(op.microbatch, Early(device, index, late))
    return early


def _inputs(kind: Kind, stage: int, direction: int) -> list[tuple[Kind, int]]:
    if kind == F:
        return [(F, stage - direction)]
    if kind in (B, I):
        return [(F, stage), (B, stage + direction), (I, stage + direction)]
    return [(I, stage)] if kind == W else []


def _when(run: Run) -> str:
    return f"{run.slot} ({run.start:.12g} to {run.end:.12g})"
