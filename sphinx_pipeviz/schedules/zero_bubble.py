"""Zero-bubble schedules: backwards are split, and weight gradients fill the gaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sphinx_pipeviz.model import Plan, Shape
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.interleaved import chunk_table, rounds_group

F, I, W = Kind.FORWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741


def zb_h1(shape: Shape) -> Plan:
    """Return ZB-H1: 1F1B's memory, a third of its bubble at F = I = W."""
    table = [(0, microbatch) for microbatch in range(shape.microbatches)]
    return shape.plan(
        _delayed(shape, device, table, warm_up=shape.devices - 1 - device, delay=device)
        for device in range(shape.devices)
    )


def interleaved_zero_bubble(shape: Shape) -> Plan:
    """Return PyTorch's interleaved zero-bubble schedule.

    Raises:
        PlanError: M is not a multiple of the number of rounds.
    """
    group = rounds_group(shape, "interleaved-zero-bubble")
    table = chunk_table(shape, group)
    return shape.plan(
        _delayed(
            shape,
            device,
            table,
            warm_up=(shape.chunks - 1) * group + shape.devices - 1 - device,
            delay=device,
        )
        for device in range(shape.devices)
    )


def _delayed(
    shape: Shape, device: int, table: list[tuple[int, int]], *, warm_up: int, delay: int
) -> Iterator[Op]:
    """Yield a warm-up, then F, I and the W of ``delay`` backwards ago in turn."""
    stages = range(device, shape.stages, shape.devices)
    forwards = deque(Op(stages[chunk], F, m) for chunk, m in table)
    backwards = [(stages[shape.chunks - 1 - chunk], m) for chunk, m in table]
    for _ in range(min(warm_up, len(forwards))):
        yield forwards.popleft()
    for done, (stage, microbatch) in enumerate(backwards):
        if forwards:
            yield forwards.popleft()
        yield Op(stage, I, microbatch)
        if done >= delay:
            late, number = backwards[done - delay]
            yield Op(late, W, number)
    for late, number in backwards[max(0, len(backwards) - delay) :]:
        yield Op(late, W, number)


def zb_v(shape: Shape) -> Plan:
    """Return PyTorch's ZB-V: two chunks per device, placed there and back again.

    With fewer than 2P-1 microbatches it is the order of 2P-1 without those that are
    not there.
    """
    return shape.plan(
        (
            [
                op
                for op in _zb_v_order(shape, device)
                if (op.microbatch or 0) < shape.microbatches
            ]
            for device in range(shape.devices)
        ),
        shape.vee,
    )


def _zb_v_order(shape: Shape, device: int) -> Iterator[Op]:
    p, m = shape.devices, max(shape.microbatches, 2 * shape.devices - 1)
    stages = (device, 2 * p - 1 - device)
    count: dict[tuple[int, Kind], int] = {(c, kind): 0 for c in (0, 1) for kind in (F, I, W)}

    def take(chunk: int, *kinds: Kind) -> Iterator[Op]:
        for kind in kinds:
            yield Op(stages[chunk], kind, count[chunk, kind])
            count[chunk, kind] += 1

    for _ in range(2 * (p - device) - 1):
        yield from take(0, F)
    for _ in range(device):
        yield from take(1, F)
        yield from take(0, F)
    for _ in range(p - device):
        yield from take(1, F, I, W)
    while count[1, F] < count[0, F] or count[0, F] < m:
        if count[0, F] < m:
            yield from take(0, F)
        yield from take(0, I, W)
        yield from take(1, F, I, W)
    for _ in range(device):
        yield from take(0, I)
        yield from take(1, I)
    for _ in range(p - device):
        yield from take(0, I, W)
    for chunk in (1, 0):
        while count[chunk, W] < count[chunk, I]:
            yield from take(chunk, W)
