"""Zero-bubble orders that are found op by op, under a limit of memory, as by sail-sg.

While they are sought every op takes one unit of time, and a transfer takes none.
"""

from __future__ import annotations

from collections import deque

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.shape import Shape

F, I, W = Kind.FORWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741


def zb_h2(shape: Shape) -> Plan:
    """Return ZB-H2, which holds up to 2P microbatches per device, for any P and M.

    Device r warms up with min(M, 2(P-r)-1) forwards. From M = 2P-1 on, no device waits
    between its first and its last op.

    Source: Qi et al., Zero Bubble Pipeline Parallelism, 2023, arXiv:2401.10241, in the
    order of sail-sg's zb.
    """
    lines = [_zb_h2_line(shape, patient=patient) for patient in (True, False)]
    return shape.plan(min(lines, key=_Line.longest_span).orders)


def _zb_h2_line(shape: Shape, *, patient: bool) -> _Line:
    line = _Line(shape, shape.loop[0])
    for device in range(shape.devices):
        line.run(device, F)
    for device in range(shape.devices):
        for _ in range(min(shape.microbatches - 1, 2 * (shape.devices - 1 - device))):
            line.run(device, F)
    for device in reversed(range(shape.devices)):
        line.run(device, I)
    for _ in range(shape.microbatches - 1):
        for device in range(_first_to_forward(line, patient=patient), shape.devices):
            line.run_after_weights(device, F)
        for device in reversed(range(shape.devices)):
            if device == 0 and not line.left[0, F]:
                line.drain(0)
            line.run_after_weights(device, I)
    return line.drained()


def _first_to_forward(line: _Line, *, patient: bool) -> int:
    """Return the first device whose turn it is; those after it take theirs too."""
    for device in reversed(range(len(line.orders))):
        if not line.left[device, F] or (patient and _waits(line, device)):
            return device + 1
    return 0


def _waits(line: _Line, device: int) -> bool:
    """Return whether a forward would only delay a device that is ahead of the next."""
    after = device + 1
    if after == len(line.orders) or line.left[device, F] + 2 > line.left[after, F]:
        return False
    spare = line.free[after] + 2 - line.free[device]
    if spare <= 0:
        return True
    return spare <= line.weights_before_forward(device) and (
        spare <= max(line.idle) - line.idle[device]
    )


def zb_v_greedy(shape: Shape) -> Plan:
    """Return sail-sg's ZB-V: the same memory and bubble as PyTorch's in another order.

    Source: Qi et al., 2023, arXiv:2401.10241, in the order of sail-sg's zbv.
    """
    line = _Line(shape, shape.vee[0])
    _go_there_and_back(line)
    _level(line)
    for _ in range(2 * shape.microbatches):
        for stage in _backwards(line):
            line.run_after_weights(stage, I)
        for device in range(shape.devices):
            if (chosen := _forward(line, device)) is not None:
                line.run_after_weights(chosen, F)
    return shape.plan(line.drained().orders, shape.vee)


def _go_there_and_back(line: _Line) -> None:
    """Run the first microbatch forward, and meanwhile others on the first chunks."""
    devices = len(line.orders)
    for device in range(devices):
        line.run(device, F)
    for device in reversed(range(devices)):
        back = line.last - device
        while (
            line.held[device] + 2 * (device + 1) <= line.limit
            and line.free[device] < line.ready(back, F)
            and line.left[device, F]
        ):
            for upper in range(device + 1):
                line.run(upper, F)
        line.run(back, F)


def _level(line: _Line) -> None:
    """Run forwards until no device has run fewer than the one before it."""
    there = True
    for device in range(1, len(line.orders)):
        back = line.last - device
        while (
            line.held[device] < line.held[device - 1]
            or line.left[back, F] >= line.left[back + 1, F] > 0
        ):
            for lower in reversed(range(device, len(line.orders))):
                stage = lower if there else line.last - lower
                if line.left[stage, F]:
                    line.run(stage, F)
            there = not there


def _backwards(line: _Line) -> list[int]:
    """Return each device's stage that runs a backward next, in the order of their turns."""
    there, back = [], []
    for device in range(len(line.orders)):
        other = line.last - device
        ahead = line.left[other, I] < line.left[device, I]
        if ahead and (line.is_ready(device, I) or not line.left[other, I]):
            there.append(device)
        else:
            back.append(other)
    return there[::-1] + back


def _forward(line: _Line, device: int) -> int | None:
    """Return the device's stage that runs a forward next, or None."""
    back = line.last - device
    if not line.left[back, F]:
        return None
    if line.left[back, F] <= line.left[device, F]:
        return device
    if line.is_ready(back, F):
        return back
    return device if line.left[device, F] and line.is_ready(device, F) else None


class _Line:
    """What the devices have run so far, and until when.

    Args:
        shape: The numbers; the limit of memory is 2P forwards.
        home: Stage -> device.
    """

    def __init__(self, shape: Shape, home: tuple[int, ...]) -> None:
        self._home = home
        self._microbatches = shape.microbatches
        self.last = len(home) - 1
        self.limit = 2 * shape.devices
        self.left = {(s, k): shape.microbatches for s in range(len(home)) for k in (F, I)}
        self.orders: list[list[Op]] = [[] for _ in range(shape.devices)]
        self.free = [0] * shape.devices
        self.idle = [0] * shape.devices
        self.held = [0] * shape.devices
        self._ends: dict[Op, int] = {}
        self._weights: list[deque[Op]] = [deque() for _ in range(shape.devices)]

    def is_ready(self, stage: int, kind: Kind) -> bool:
        """Return whether the input of a stage's next forward or backward is made."""
        needed = self._input(stage, kind)
        return needed is None or needed in self._ends

    def ready(self, stage: int, kind: Kind) -> int:
        """Return when that input is there; 0 if the op needs none."""
        needed = self._input(stage, kind)
        return 0 if needed is None else self._ends[needed]

    def run(self, stage: int, kind: Kind) -> None:
        """Run a stage's next forward or backward."""
        device, op = self._home[stage], self._next(stage, kind)
        start = max(self.free[device], self.ready(stage, kind))
        if self.orders[device]:
            self.idle[device] += start - self.free[device]
        self._append(device, op, start)
        self.left[stage, kind] -= 1
        if kind == F:
            self.held[device] += 1
        else:
            self._weights[device].append(Op(stage, W, op.microbatch))

    def run_after_weights(self, stage: int, kind: Kind) -> None:
        """Run it after the weight gradients that fit before it or make room for it."""
        device = self._home[stage]
        for _ in range(self.weights_before_forward(device) if kind == F else 0):
            self._run_weight(device)
        while self._weights[device] and self.free[device] < self.ready(stage, kind):
            self._run_weight(device)
        self.run(stage, kind)

    def weights_before_forward(self, device: int) -> int:
        """Return how many weight gradients make room for one more forward."""
        return min(max(0, self.held[device] + 1 - self.limit), len(self._weights[device]))

    def drain(self, device: int) -> None:
        """Run all weight gradients that wait."""
        while self._weights[device]:
            self._run_weight(device)

    def drained(self) -> _Line:
        """Return the line after all weight gradients have run."""
        for device in range(len(self.orders)):
            self.drain(device)
        return self

    def longest_span(self) -> int:
        """Return the longest time from a device's first start to its last end."""
        starts = (self._ends[order[0]] - 1 for order in self.orders)
        return max(end - start for end, start in zip(self.free, starts, strict=True))

    def _next(self, stage: int, kind: Kind) -> Op:
        return Op(stage, kind, self._microbatches - self.left[stage, kind])

    def _input(self, stage: int, kind: Kind) -> Op | None:
        if stage == (0 if kind == F else self.last):
            return None
        number = self._microbatches - self.left[stage, kind]
        return Op(stage + (-1 if kind == F else 1), kind, number)

    def _run_weight(self, device: int) -> None:
        self._append(device, self._weights[device].popleft(), self.free[device])
        self.held[device] -= 1

    def _append(self, device: int, op: Op, start: int) -> None:
        self.orders[device].append(op)
        self.free[device] = self._ends[op] = start + 1
