"""Plan + Costs -> Timeline: strict order per device, each op after its inputs."""

from __future__ import annotations

from collections import deque
from itertools import accumulate
from typing import NamedTuple

from sphinx_pipeviz.errors import PlanError, SpecError
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import Kind, Op, Run, Slot
from sphinx_pipeviz.spec import Costs

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
OVERLAPS = ("sum", "max", "sequential")


class Done(NamedTuple):
    """When and where an op ended."""

    end: float
    device: int


def simulate(plan: Plan, costs: Costs | None = None) -> Timeline:
    """Return when every slot of ``plan`` runs.

    A slot starts when its device is free and all its inputs have ended, plus
    ``costs.p2p`` for inputs made on another device. An overlapped pair starts when the
    inputs of both halves are there; ``costs.overlap`` says how long it takes.

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
    rows: list[tuple[Slot, ...]] = list(plan.orders)
    if costs.overlap == "sequential":
        rows = [tuple(op for slot in row for op in slot.ops) for row in rows]
    run = _Simulation(rows, plan.stages, costs)
    if stuck := run.to_the_end():
        raise _deadlock(run, stuck, plan).located(plan.marks)
    return Timeline(tuple(tuple(row) for row in run.rows), stages=plan.stages, name=plan.name)


class _Simulation:
    """The state of the devices while they run their lists."""

    def __init__(self, orders: list[tuple[Slot, ...]], stages: int, costs: Costs) -> None:
        self.orders = orders
        self.rows: list[list[Run]] = [[] for _ in orders]
        self.owner = {
            op: device for device, row in enumerate(orders) for slot in row for op in slot.ops
        }
        self.done: dict[Op, Done] = {}
        self._stages = stages
        self._costs = {kind: costs.of(kind, stages) for kind in (F, B, I, W)}
        self._longer = sum if costs.overlap == "sum" else max
        self._latency = costs.latency

    def to_the_end(self) -> dict[int, Op]:
        """Run all devices; return, for each that is stuck, the op it waits for."""
        waiting: dict[Op, list[int]] = {}
        movable = deque(range(len(self.orders)))
        while movable:
            device = movable.popleft()
            awaited = None
            while len(self.rows[device]) < len(self.orders[device]) and awaited is None:
                slot = self.orders[device][len(self.rows[device])]
                awaited = self._missing(slot)
                if awaited is None:
                    self._run(device, slot)
                    for op in slot.ops:
                        movable.extend(waiting.pop(op, ()))
            if awaited is not None:
                waiting.setdefault(awaited, []).append(device)
        return {device: op for op, devices in waiting.items() for device in devices}

    def inputs(self, op: Op) -> list[Op]:
        """Return the ops whose results ``op`` needs."""
        stage, kind, microbatch, _ = op
        stage = stage or 0
        if kind == F:
            return [Op(stage - 1, F, microbatch)] if stage else []
        if kind == W:
            return [Op(stage, I, microbatch)]
        needed = [Op(stage, F, microbatch)]
        if stage + 1 < self._stages:
            split = Op(stage + 1, I, microbatch)
            needed.append(split if split in self.owner else Op(stage + 1, B, microbatch))
        return needed

    def _missing(self, slot: Slot) -> Op | None:
        for op in slot.ops:
            for needed in self.inputs(op):
                if needed not in self.done:
                    return needed
        return None

    def _run(self, device: int, slot: Slot) -> None:
        row = self.rows[device]
        start = row[-1].end if row else 0.0
        for op in slot.ops:
            for needed in self.inputs(op):
                made = self.done[needed]
                start = max(start, made.end + self._latency * (made.device != device))
        length = self._longer([self._costs[op.kind][op.stage or 0] for op in slot.ops])
        row.append(Run(start, length, slot))
        for op in slot.ops:
            self.done[op] = Done(start + length, device)


def _deadlock(run: _Simulation, stuck: dict[int, Op], plan: Plan) -> PlanError:
    """Say who waits for whom, along the circle (or up to the op that nobody runs)."""
    chain: list[int] = []
    device = min(stuck)
    while device in stuck and device not in chain:
        chain.append(device)
        device = run.owner.get(stuck[device], -1)
    if device in chain:
        chain = chain[chain.index(device) :]
    parts = [_stand(run, stuck, device) for device in chain]
    done = sum(len(ran.slot.ops) for ran in run.rows[chain[0]])
    sizes = accumulate(len(slot.ops) for slot in plan.orders[chain[0]])
    index = next(place for place, size in enumerate(sizes) if size > done)
    message = f"the order deadlocks: {'; '.join(parts)}"
    return PlanError(message, path=("order", chain[0], index))


def _stand(run: _Simulation, stuck: dict[int, Op], device: int) -> str:
    awaited = stuck[device]
    at = run.orders[device][len(run.rows[device])]
    owner = run.owner.get(awaited)
    where = "which no device runs" if owner is None else f"on device {owner}"
    if owner == device:
        where = "in the same slot" if awaited in at.ops else "later in its own row"
    return f"device {device} stands at {at} and waits for {awaited} {where}"
