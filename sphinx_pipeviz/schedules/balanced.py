"""BPipe: 1F1B whose first devices keep some activations on the last ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.one_f_one_b import strict_orders
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def bpipe(shape: Shape) -> Plan:
    """Return BPipe: no device holds more than ceil((P+2)/2) activations.

    The order is that of 1F1B. Device x of the first half would hold P - x activations. It
    moves those that it needs last to its partner, device P-1-x, which holds x + 1 of its
    own, and brings each back as soon as a backward has made room. With transfers that take
    no time, or that hide behind the work, the makespan is that of 1F1B.
    """
    bound = -(-(shape.devices + 2) // 2)
    return shape.plan(
        _balanced(list(row), bound) if shape.devices - device > bound else row
        for device, row in enumerate(strict_orders(shape))
    )


def _balanced(row: Sequence[Op], bound: int) -> Iterator[Op]:
    """Yield a row with evictions and loads, so that it holds at most ``bound``."""
    coming = sum(op.kind is F for op in row)
    held, away = 0, deque[Op]()
    for op in row:
        yield op
        held += 1 if op.kind is F else -1
        coming -= op.kind is F
        if op.kind is F and held == bound and coming:
            yield op._replace(kind=Kind.EVICT)
            away.append(op._replace(kind=Kind.LOAD))
            held -= 1
        elif op.kind is B and away and held + bool(coming) < bound:
            yield away.popleft()
            held += 1
