"""DualPipe and DualPipeV: two streams of microbatches meet, and overlap in pairs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op, Overlap, Slot
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)


def dualpipe(shape: Shape) -> Plan:
    """Return DeepSeek's DualPipe: half of the microbatches enter at either end.

    Raises:
        PlanError: P or M is odd, or M is below 2P.
    """
    p, m = shape.devices, shape.microbatches
    if p % 2:
        hint = f"nearest: {p - 1} or {p + 1}" if p > 1 else "use 2"
        raise PlanError(
            f"dualpipe needs an even number of devices, not {p}", hint=hint, path=("devices",)
        )
    if m % 2 or m < 2 * p:
        near = [count for count in (m - 1, m + 1) if count >= 2 * p] or [2 * p]
        message = (
            f"dualpipe needs an even number of microbatches, at least 2P = {2 * p}, not {m}"
        )
        hint = f"nearest: {' or '.join(map(str, near))}"
        raise PlanError(message, hint=hint, path=("microbatches",))
    half = m // 2
    down, up = tuple(range(p)), tuple(reversed(range(p)))

    def order(device: int) -> list[Slot]:
        near = 0 if device < p // 2 else 1
        stages = (device, p - 1 - device)
        streams = tuple((stages[way], way * half) for way in (near, 1 - near))
        step = min(device, p - 1 - device)
        return _slots(streams, p // 2, step, half - p)

    rows = tuple(tuple(order(device)) for device in range(p))
    return Plan(rows, m, (down, up))


def dualpipev(shape: Shape) -> Plan:
    """Return DeepSeek's DualPipeV: DualPipe cut in half, two chunks per device in a V.

    Raises:
        PlanError: M is below 2P.
    """
    p, m = shape.devices, shape.microbatches
    if m < 2 * p:
        message = f"dualpipev needs at least 2P = {2 * p} microbatches, not {m}"
        raise PlanError(message, hint=f"nearest: {2 * p}", path=("microbatches",))

    def order(device: int) -> list[Slot]:
        return _slots(((device, 0), (2 * p - 1 - device, 0)), p, device, m - 2 * p)

    return shape.plan((order(device) for device in range(p)), shape.vee)


def _slots(streams: tuple[tuple[int, int], ...], half: int, step: int, more: int) -> list[Slot]:
    """Return one device's slots.

    Args:
        streams: (stage, first microbatch) of the nearer and of the farther stream.
        half: Devices that a stream passes before the streams meet.
        step: Devices between this one and the nearer stream's entry.
        more: Microbatches per stream beyond the least.
    """
    line = _Line(streams)
    rest, last = half - step - 1, step == half - 1
    slots: list[Slot] = [line.take(0, F) for _ in range(2 * rest)]
    for _ in range(step + 1):
        slots += [line.take(0, F), line.take(1, F)]
    for _ in range(rest):
        slots += [line.take(1, I), line.weight(), line.take(1, F)]
    for index in range(more + step + 1):
        first = (line.take(0, F), line.take(1, B))
        slots += first if last and not index else (Overlap(*first),)
        slots.append(Overlap(line.take(1, F), line.take(0, B)))
    for _ in range(rest):
        slots += [line.take(1, B), Overlap(line.take(1, F), line.take(0, B))]
    slots += _last_backwards(line, step)
    for _ in range(rest):
        slots += [line.weight(), line.take(0, I)]
    slots += [line.weight() for _ in range(step + 1)]
    return slots


def _last_backwards(line: _Line, step: int) -> Iterator[Op]:
    """Yield [B1, B0] step + 1 times; the later half only for the input."""
    switch = 2 * ((step + 1) // 2) + (0 if step % 2 else 1)
    for place in range(2 * (step + 1)):
        yield line.take(1 - place % 2, I if place >= switch else B)


class _Line:
    """Counts what each stream has done, and keeps the weight gradients still to do."""

    def __init__(self, streams: tuple[tuple[int, int], ...]) -> None:
        self._stages = [stage for stage, _ in streams]
        self._forwards = [first for _, first in streams]
        self._backwards = [first for _, first in streams]
        self._weights: deque[Op] = deque()

    def take(self, stream: int, kind: Kind) -> Op:
        """Return the next op of a kind on a stream; I leaves its W for later."""
        counts = self._forwards if kind == F else self._backwards
        op = Op(self._stages[stream], kind, counts[stream])
        counts[stream] += 1
        if kind == I:
            self._weights.append(Op(op.stage, W, op.microbatch))
        return op

    def weight(self) -> Op:
        """Return the weight gradient that waits longest."""
        return self._weights.popleft()
