"""Plan + Costs -> Timeline: strict order per device, each op after its inputs.

Each device is a coroutine that runs its list and yields what it has to wait for. Every
pass of a stage over a microbatch has a number, so that what has ended is a plain list:
half a million ops take about half a second.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from operator import add

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.errors import PlanError, SpecError
from sphinx_pipeviz.lanes import Delayed, Place, beside, lanes_of, loading, meeting, reducing
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import Kind, Op, Run, Slot, kinds_of
from sphinx_pipeviz.place import as_late_as_possible

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
OVERLAPS = ("sum", "max", "sequential")
#: Numbers of one stage and microbatch: F, then B or I, then W.
PER_STAGE = 3
_OFFSET = {F: 0, B: 1, I: 1, W: 2}
#: Kinds that occupy a device.
_WORK = (F, B, I, W, Kind.RECOMPUTE, Kind.OPTIMIZER, Kind.ALL_REDUCE)

#: Kinds that several devices may have to start together.
_SHARED = {Kind.OPTIMIZER, Kind.ALL_REDUCE}

#: What a device waits for: the number of a pass, or a place in a row.
Awaited = int | Place
#: For one kind and stage: the passes it needs and its own, counted from the microbatch's
#: first number (-1: it is none), and how long it takes.
Recipe = tuple[tuple[int, ...], int, float]


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
            waits = plan.traits.recompute_waits
            rows = as_late_as_possible(rows, costs.latency, run.delayed, recomputes=waits)
        lanes = tuple(lanes_of(plan, rows, costs)) if run.kinds & beside(plan) else ()
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
            if not gc.get_freeze_count():
                # Frozen and thawed, objects count as old and are not gone through at once.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class _Simulation:
    """The state of the devices while they run their lists."""

    def __init__(self, plan: Plan, costs: Costs) -> None:
        self.plan = plan
        self.costs = costs
        self.stages = plan.stages
        self.kinds = kinds_of(plan.orders)
        self.orders = list(plan.orders)
        absent = beside(plan)
        if self.kinds & absent or costs.overlap == "sequential":
            split = costs.overlap == "sequential"
            self.orders = [_working(row, absent, split=split) for row in plan.orders]
        self.rows: list[list[Run]] = [[] for _ in self.orders]
        self.microbatches = _microbatches(self.orders)
        #: Number of each microbatch's first pass; ops without a microbatch are no passes.
        self.base: dict[int | None, int] = {None: 0}
        per_microbatch = self.stages * PER_STAGE
        self.base |= {m: i * per_microbatch for i, m in enumerate(self.microbatches)}
        #: When each pass ends, and on which device.
        self.ends: list[float | None] = [None] * (len(self.microbatches) * per_microbatch)
        self.makers = [-1] * len(self.ends)
        #: What else a slot waits for, besides the inputs of its ops.
        self.delayed: Delayed = {}
        if self.kinds & _SHARED:
            self.delayed |= meeting(self.orders, plan.traits)
        if Kind.LOAD in self.kinds:
            self.delayed |= loading(plan, costs)
        if plan.traits.beside:
            for place, waits in reducing(plan, costs).items():
                self.delayed[place] = [*self.delayed.get(place, ()), *waits]
        self.movable = deque(range(len(self.orders)))
        self.waiting: dict[Awaited, list[int]] = {}
        self.recipes = {kind: _recipes(kind, costs, plan) for kind in _WORK}

    def to_the_end(self) -> dict[int, Awaited]:
        """Run all devices; return, for each that is stuck, what it waits for."""
        devices = [self._run(device) for device in range(len(self.orders))]
        while self.movable:
            device = self.movable.popleft()
            awaited = next(devices[device], None)
            if awaited is not None:
                self.waiting.setdefault(awaited, []).append(device)
        return {device: what for what, stuck in self.waiting.items() for device in stuck}

    def _run(self, device: int) -> Iterator[Awaited]:
        """Run a device's slots in order; yield what it waits for, whenever it has to."""
        ends, makers, waiting, delayed = self.ends, self.makers, self.waiting, self.delayed
        row, latency = self.rows[device], self.costs.latency
        start = 0.0
        for slot, needs, length, made in self._steps(device):
            for number in needs:
                while (end := ends[number]) is None:
                    yield number
                if latency and makers[number] != device:
                    end += latency
                if end > start:  # noqa: PLR1730  (a call for each input would show)
                    start = end
            if delayed:
                start = yield from self._delay(device, start)
            row.append(Run(start, length, slot))
            start += length
            for number in made:
                ends[number], makers[number] = start, device
                if number in waiting:
                    self.movable.extend(waiting.pop(number))
            if delayed:
                self.movable.extend(waiting.pop((device, len(row) - 1), ()))

    def _steps(self, device: int) -> Iterator[tuple[Slot, list[int], float, list[int]]]:
        """Yield each slot, the passes it needs, how long it takes, and those it makes."""
        base, recipes = self.base, self._recipes_on(device)
        longer = add if self.costs.overlap == "sum" else max
        for slot in self.orders[device]:
            needs, length, made = [], 0.0, []
            for stage, kind, microbatch, _ in (slot,) if type(slot) is Op else slot.ops:
                needed, own, cost = recipes[kind][stage or 0]
                first = base[microbatch]
                for need in needed:
                    needs.append(first + need)  # noqa: PERF401  (a list of two is slower)
                if own >= 0:
                    made.append(first + own)
                length = longer(length, cost) if length else cost
            yield slot, needs, length, made

    def _delay(self, device: int, start: float) -> Generator[Awaited, None, float]:
        """Return when a device's next slot may start, besides when its inputs are there."""
        for place, delay in self.delayed.get((device, len(self.rows[device])), ()):
            while (end := self._end(place)) is None:
                yield place
            start = max(start, end + delay)
        return start

    def _end(self, place: Place) -> float | None:
        """Return when the slot at a place ends, or None where it has not run."""
        device, index = place
        row = self.rows[device]
        return row[index].end if index < len(row) else None

    def _recipes_on(self, device: int) -> dict[Kind, list[Recipe]]:
        """Return the recipes for one device, whose optimizer step takes all its stages."""
        if isinstance(self.costs.optimizer, int | float):
            return self.recipes
        stages = {op.stage for slot in self.orders[device] for op in slot.ops if op.kind is F}
        steps = self.recipes[Kind.OPTIMIZER]
        cost = sum(steps[stage or 0][2] for stage in stages)
        return self.recipes | {Kind.OPTIMIZER: [((), -1, cost)] * self.stages}


def _recipes(kind: Kind, costs: Costs, plan: Plan) -> list[Recipe]:
    """Return the recipe of a kind for each stage."""
    offset = _OFFSET.get(kind)
    stages = plan.stages
    like = B if kind is Kind.RECOMPUTE and plan.traits.recompute_waits else kind
    return [
        (
            _needs(like, stage, stages),
            -1 if offset is None else stage * PER_STAGE + offset,
            cost,
        )
        for stage, cost in enumerate(costs.of(kind, stages))
    ]


def _needs(kind: Kind, stage: int, stages: int) -> tuple[int, ...]:
    """Return the passes whose results an op needs, counted from its microbatch's first."""
    forward = stage * PER_STAGE
    if kind is F:
        return (forward - PER_STAGE,) if stage else ()
    if kind is W:
        return (forward + 1,)
    if kind in (B, I) and stage + 1 < stages:
        return (forward, forward + PER_STAGE + 1)
    return (forward,) if kind in (B, I, Kind.RECOMPUTE) else ()


def _microbatches(orders: Sequence[Sequence[Slot]]) -> list[int]:
    """Return the numbers that occur, in order."""
    found = {op.microbatch for row in orders for slot in row for op in slot.ops}
    return sorted(number for number in found if number is not None)


def _working(
    row: tuple[Slot, ...], absent: frozenset[Kind], *, split: bool
) -> tuple[Slot, ...]:
    """Return the slots that occupy a device, pairs as two slots where they are split."""
    slots = (op for slot in row for op in slot.ops) if split else row
    return tuple(slot for slot in slots if slot.ops[0].kind not in absent)


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
    index, rest = divmod(awaited, run.stages * PER_STAGE)
    microbatch = run.microbatches[index]
    stage, offset = divmod(rest, PER_STAGE)
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
