"""Plan + Costs -> Timeline: strict order per device, each op after its inputs.

Every pass of a stage over a microbatch has a number, so that what has ended is a plain
list: half a million ops take about a second.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sphinx_pipeviz.errors import PlanError, SpecError
from sphinx_pipeviz.lanes import Place, lanes_of, loading, meeting
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import BESIDE, PASSES, PER_ITERATION, Kind, Op, Run, Slot
from sphinx_pipeviz.place import as_late_as_possible
from sphinx_pipeviz.spec import Costs

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
OVERLAPS = ("sum", "max", "sequential")
#: Numbers of one stage and microbatch: F, then B or I, then W.
PER_STAGE = 3
_OFFSET = {F: 0, B: 1, I: 1, W: 2}
#: Kinds that occupy a device.
_WORK = (F, B, I, W, Kind.RECOMPUTE, Kind.OPTIMIZER, Kind.ALL_REDUCE)

#: What a device waits for: the number of a pass, or a place in a row.
Awaited = int | Place


def simulate(plan: Plan, costs: Costs | None = None) -> Timeline:
    """Return when every slot of ``plan`` runs.

    A slot starts when its device is free and all its inputs have ended, plus
    ``costs.p2p`` for inputs made on another device. An overlapped pair starts when the
    inputs of both halves are there; ``costs.overlap`` says how long it takes. An
    optimizer step of an aligned plan, and the all-reduce of a stage that several devices
    hold, start together on all of them. Transfers go on in lanes and occupy nobody.

    Args:
        plan: The slots of each device, in order.
        costs: Durations in time units, >= 0; None means forward 1, backward 2.

    Raises:
        PlanError: The devices wait in a circle, or for an op that nobody runs.
        SpecError: The costs do not fit the plan's stages.
    """
    costs = costs or Costs()
    if costs.overlap not in OVERLAPS:
        hint = f"choose {' or '.join(OVERLAPS)}"
        raise SpecError(f"costs.overlap cannot be '{costs.overlap}'", hint=hint)
    with _no_collection():
        run = _Simulation(plan, costs)
        if stuck := run.to_the_end():
            raise _deadlock(run, stuck).located(plan.marks)
        rows = tuple(tuple(row) for row in run.rows)
        if plan.traits.late:
            rows = as_late_as_possible(rows, costs.latency, run.delayed)
        lanes = tuple(lanes_of(plan, rows, costs))
    return Timeline(rows, plan.stages, name=plan.name, lanes=lanes, traits=plan.traits)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from looking for garbage among many objects that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Simulation:
    """The state of the devices while they run their lists."""

    def __init__(self, plan: Plan, costs: Costs) -> None:
        self.plan = plan
        split = costs.overlap == "sequential"
        self.orders = [_working(row, split=split) for row in plan.orders]
        self.rows: list[list[Run]] = [[] for _ in self.orders]
        self.stages = plan.stages
        passes = (op for row in self.orders for slot in row for op in slot.ops)
        numbers = {op.microbatch or 0 for op in passes if op.kind in PASSES}
        self.base = {m: i * self.stages * PER_STAGE for i, m in enumerate(sorted(numbers))}
        #: When each pass ends, and on which device.
        self.ends: list[float | None] = [None] * (len(numbers) * self.stages * PER_STAGE)
        self.makers = [-1] * len(self.ends)
        #: What else a slot waits for, besides the inputs of its ops.
        self.delayed = meeting(self.orders, plan.traits) | loading(plan, costs)
        self._costs = {kind: costs.of(kind, self.stages) for kind in _WORK}
        self._steps = self._step_costs(costs)
        self._longer = sum if costs.overlap == "sum" else max
        self._latency = costs.latency

    def to_the_end(self) -> dict[int, Awaited]:
        """Run all devices; return, for each that is stuck, what it waits for."""
        waiting: dict[Awaited, list[int]] = {}
        movable = deque(range(len(self.orders)))
        while movable:
            device = movable.popleft()
            awaited = None
            row, order = self.rows[device], self.orders[device]
            while len(row) < len(order) and awaited is None:
                awaited = self._step(device, order[len(row)])
                if awaited is None and waiting:
                    movable.extend(waiting.pop((device, len(row) - 1), []))
                    for number in self._numbers(row[-1].slot):
                        movable.extend(waiting.pop(number, []))
            if awaited is not None:
                waiting.setdefault(awaited, []).append(device)
        return {device: what for what, devices in waiting.items() for device in devices}

    def _step(self, device: int, slot: Slot) -> Awaited | None:
        """Run a device's next slot, or return the input that has not ended yet."""
        row, ends, makers = self.rows[device], self.ends, self.makers
        start = row[-1].end if row else 0.0
        numbers = self._numbers(slot)
        for op in slot.ops:
            for needed in self.inputs(op):
                end = ends[needed]
                if end is None:
                    return needed
                if makers[needed] != device:
                    end += self._latency
                start = max(start, end)
        for place, delay in self.delayed.get((device, len(row)), ()):
            if place[1] >= len(self.rows[place[0]]):
                return place
            start = max(start, self.rows[place[0]][place[1]].end + delay)
        length = self._longer([self._cost(op, device) for op in slot.ops])
        row.append(Run(start, length, slot))
        for number in numbers:
            ends[number], makers[number] = start + length, device
        return None

    def _numbers(self, slot: Slot) -> list[int]:
        """Return the numbers of the passes in a slot."""
        return [
            self.base[op.microbatch or 0] + (op.stage or 0) * PER_STAGE + _OFFSET[op.kind]
            for op in slot.ops
            if op.kind in _OFFSET
        ]

    def inputs(self, op: Op) -> tuple[int, ...]:
        """Return the numbers of the passes whose results ``op`` needs."""
        stage, kind, microbatch, _ = op
        if stage is None or microbatch not in self.base or kind in PER_ITERATION:
            return ()
        forward = self.base[microbatch] + stage * PER_STAGE
        if kind is F:
            return (forward - PER_STAGE,) if stage else ()
        if kind is W:
            return (forward + 1,)
        if kind is Kind.RECOMPUTE or stage + 1 == self.stages:
            return (forward,)
        return (forward, forward + PER_STAGE + 1) if kind in (B, I) else ()

    def _cost(self, op: Op, device: int) -> float:
        if op.kind is Kind.OPTIMIZER:
            return self._steps[device]
        return self._costs[op.kind][op.stage or 0]

    def _step_costs(self, costs: Costs) -> list[float]:
        """Return how long an optimizer step takes on each device."""
        if isinstance(costs.optimizer, int | float):
            return [float(costs.optimizer)] * len(self.orders)
        price = self._costs[Kind.OPTIMIZER]
        held = [
            {op.stage or 0 for slot in row for op in slot.ops if op.kind is F}
            for row in self.orders
        ]
        return [sum(price[stage] for stage in stages) for stages in held]


def _working(row: tuple[Slot, ...], *, split: bool) -> list[Slot]:
    """Return the slots that occupy a device, pairs as two slots where they are split."""
    slots = (op for slot in row for op in slot.ops) if split else row
    return [slot for slot in slots if not (type(slot) is Op and slot.kind in BESIDE)]


def _deadlock(run: _Simulation, stuck: dict[int, Awaited]) -> PlanError:
    """Say who waits for whom, along the circle (or up to the op that nobody runs)."""
    owners = {
        op: device for device, row in enumerate(run.orders) for slot in row for op in slot.ops
    }
    awaited = {device: _awaited(run, what, owners) for device, what in stuck.items()}
    chain: list[int] = []
    device = min(stuck)
    while device in stuck and device not in chain:
        chain.append(device)
        device = awaited[device][1]
    if device in chain:
        chain = chain[chain.index(device) :]
    message = "; ".join(_stand(run, other, *awaited[other]) for other in chain)
    index = _written(run, chain[0])
    return PlanError(f"the order deadlocks: {message}", path=("order", chain[0], index))


def _awaited(run: _Simulation, awaited: Awaited, owners: dict[Op, int]) -> tuple[Op, int]:
    """Return the op that a number or a place stands for, and its device or -1."""
    if not isinstance(awaited, int):
        return run.orders[awaited[0]][awaited[1]].ops[0], awaited[0]
    microbatch = list(run.base)[awaited // (run.stages * PER_STAGE)]
    stage, offset = divmod(awaited % (run.stages * PER_STAGE), PER_STAGE)
    split = Op(stage, I, microbatch)
    kinds = (F, I if split in owners else B, W)
    op = Op(stage, kinds[offset], microbatch)
    return op, owners.get(op, -1)


def _written(run: _Simulation, device: int) -> int:
    """Return which of the device's written slots it stands at."""
    at = run.orders[device][len(run.rows[device])].ops[0]
    written = run.plan.orders[device]
    return next(index for index, slot in enumerate(written) if at in slot.ops)


def _stand(run: _Simulation, device: int, awaited: Op, owner: int) -> str:
    at = run.orders[device][len(run.rows[device])]
    where = "which no device runs" if owner < 0 else f"on device {owner}"
    if owner == device:
        where = "in the same slot" if awaited in at.ops else "later in its own row"
    return f"device {device} stands at {at} and waits for {awaited} {where}"
