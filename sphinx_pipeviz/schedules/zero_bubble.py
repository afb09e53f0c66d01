"""Zero-bubble schedules: backwards are split, and weight gradients fill the gaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.greedy import zb_v_greedy
from sphinx_pipeviz.schedules.interleaved import chunk_table, rounds_group
from sphinx_pipeviz.shape import Shape

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
    """Return ZB-V: two chunks per device, placed there and back again.

    ``shape.variant`` is ``torch`` (default) or ``sail-sg``. With fewer than 2P-1
    microbatches PyTorch's is the order of 2P-1 without those that are not there.
    """
    if shape.variant == "sail-sg":
        return zb_v_greedy(shape)
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
    line = _Vee((device, 2 * p - 1 - device))
    yield from _fill_vee(line, p, device)
    while line.count[1, F] < line.count[0, F] or line.count[0, F] < m:
        if line.count[0, F] < m:
            yield from line.take(0, F)
        yield from line.take(0, I, W)
        yield from line.take(1, F, I, W)
    yield from _drain_vee(line, p, device)


def _fill_vee(line: _Vee, devices: int, device: int) -> Iterator[Op]:
    """Yield the warm-up, up to the first backwards of the second chunk."""
    for _ in range(2 * (devices - device) - 1):
        yield from line.take(0, F)
    for _ in range(device):
        yield from line.take(1, F)
        yield from line.take(0, F)
    for _ in range(devices - device):
        yield from line.take(1, F, I, W)


def _drain_vee(line: _Vee, devices: int, device: int) -> Iterator[Op]:
    """Yield the backwards and weight gradients that no forward goes with."""
    for _ in range(device):
        yield from line.take(0, I)
        yield from line.take(1, I)
    for _ in range(devices - device):
        yield from line.take(0, I, W)
    for chunk in (1, 0):
        while line.count[chunk, W] < line.count[chunk, I]:
            yield from line.take(chunk, W)


class _Vee:
    """Counts what a device's two chunks have done."""

    def __init__(self, stages: tuple[int, int]) -> None:
        self._stages = stages
        self.count = {(chunk, kind): 0 for chunk in (0, 1) for kind in (F, I, W)}

    def take(self, chunk: int, *kinds: Kind) -> Iterator[Op]:
        """Yield the next op of each kind on a chunk."""
        for kind in kinds:
            yield Op(self._stages[chunk], kind, self.count[chunk, kind])
            self.count[chunk, kind] += 1
