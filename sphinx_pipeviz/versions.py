"""Plan or Timeline -> which version of the weights each slot uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import FINISHING, PER_ITERATION, Kind, Run, Slot


def weight_versions(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return the version of the weights that each slot of ``plan.orders`` uses.

    A version is the number of updates that made it. A forward uses what its device has
    when it starts, and its backward uses the same version, as in PipeDream (Narayanan et
    al., 2019, arXiv:1806.03377). Where the pipeline is flushed for each update, that is the
    number of the iteration. An overlapped pair has the version of its first op, an
    optimizer step or all-reduce that of the weights it is about.
    """
    if plan.traits.update_every:
        return tuple(tuple(_used(row, plan.traits.update_every)) for row in plan.orders)
    each = max(1, plan.microbatches // plan.traits.iterations)
    return tuple(tuple(_iteration(slot, each) for slot in row) for row in plan.orders)


def run_versions(timeline: Timeline) -> dict[tuple[int, Run], int]:
    """Return the version of the weights that each device's runs use; see weight_versions."""
    every, count = timeline.traits.update_every, timeline.traits.iterations
    runs = [(device, run) for device, row in enumerate(timeline.rows) for run in row]
    if every:
        used = (_used(tuple(run.slot for run in row), every) for row in timeline.rows)
        return dict(zip(runs, chain.from_iterable(used), strict=True))
    last = max((op.microbatch or 0 for _, run in runs for op in run.slot.ops), default=0)
    each = max(1, (last + 1) // count)
    return {at: _iteration(at[1].slot, each) if count > 1 else 0 for at in runs}


def _iteration(slot: Slot, each: int) -> int:
    op = slot.ops[0]
    number = op.microbatch or 0
    return number if op.kind in PER_ITERATION else number // each


def _used(row: tuple[Slot, ...], every: int) -> Iterator[int]:
    """Yield the version of each slot of a row whose weights change on the way."""
    done: Counter[int | None] = Counter()
    used: dict[tuple[int | None, int | None], int] = {}
    for slot in row:
        for op in slot.ops:
            if op.kind is Kind.FORWARD:
                used[op.stage, op.microbatch] = done[op.stage] // every
        op = slot.ops[0]
        kept = used.get((op.stage, op.microbatch), 0)
        yield (op.microbatch or 0) if op.kind in PER_ITERATION else kept
        for op in slot.ops:
            done[op.stage] += op.kind in FINISHING
