"""Rows whose times only count steps -> rows whose times can be.

PyTorch's ``_dump_chrometrace`` gives the n-th action of each rank the time n, whatever it
waits for. Such rows are an order, of which each pass takes one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sphinx_pipeviz.ops import BESIDE, TRANSFERS, Kind, Op, Run

Rows = Sequence[Sequence[Run]]

_ROUNDING = 1e-6

_GRADIENTS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)
#: Kind of a transfer -> how far the stage is whose pass makes what it moves, and its kinds.
_MOVES = {
    Kind.SEND_FORWARD: (0, (Kind.FORWARD,)),
    Kind.RECEIVE_FORWARD: (-1, (Kind.FORWARD,)),
    Kind.SEND_BACKWARD: (0, _GRADIENTS),
    Kind.RECEIVE_BACKWARD: (1, _GRADIENTS),
}


def are_steps(rows: Rows) -> bool:
    """Say whether every run takes one step, at a whole number of them, with its stage."""
    runs = [run for row in rows for run in row]
    step = runs[0].duration if runs else 0.0
    return step > 0 and all(
        run.duration == step
        and abs(run.start / step - round(run.start / step)) < _ROUNDING
        and all(op.stage is not None for op in run.slot.ops)
        for run in runs
    )


def in_time(rows: Rows) -> list[list[Run]]:
    """Return the rows in their order, each run as soon as what it needs is made.

    Transfers take no time. Where runs wait for each other in a circle, the rows are
    returned as they are.
    """
    orders = [[run for run in row if run.slot.ops[0].kind not in BESIDE] for row in rows]
    everything = {op for row in orders for run in row for op in run.slot.ops}
    ends: dict[Op, float] = {}
    timed: list[list[Run]] = [[] for _ in rows]
    moving = True
    while moving:
        moving = False
        for order, done in zip(orders, timed, strict=True):
            while len(done) < len(order):
                run = order[len(done)]
                needs = {need for op in run.slot.ops for need in _needs(op)} & everything
                if not needs <= ends.keys():
                    break
                free = done[-1].end if done else 0.0
                done.append(run._replace(start=max([free, *(ends[need] for need in needs)])))
                ends.update(dict.fromkeys(run.slot.ops, done[-1].end))
                moving = True
    if any(len(done) < len(order) for done, order in zip(timed, orders, strict=True)):
        return [list(row) for row in rows]
    return [[*done, *_moves(row, ends)] for done, row in zip(timed, rows, strict=True)]


def _needs(op: Op) -> list[Op]:
    stage = op.stage or 0
    if op.kind == Kind.FORWARD:
        return [op._replace(stage=stage - 1)]
    if op.kind in _GRADIENTS:
        later = [op._replace(stage=stage + 1, kind=kind) for kind in _GRADIENTS]
        return [op._replace(kind=Kind.FORWARD), *later]
    return [op._replace(kind=Kind.BACKWARD_INPUT)] if op.kind == Kind.BACKWARD_WEIGHT else []


def _moves(row: Iterable[Run], ends: dict[Op, float]) -> list[Run]:
    """Return a row's transfers, when what they move is made."""
    moves = []
    for run in row:
        op = run.slot.ops[0]
        if op.kind in TRANSFERS and op.kind in _MOVES:
            away, kinds = _MOVES[op.kind]
            made = (ends.get(Op((op.stage or 0) + away, k, op.microbatch)) for k in kinds)
            moves += [Run(end, 0.0, op) for end in made if end is not None]
    return moves
