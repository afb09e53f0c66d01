"""Plan -> Plan with more in it: recompute, all-reduce, optimizer step, iterations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import FINISHING, PER_ITERATION, Kind, Op, Overlap, Slot

_GRADIENTS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)
#: Stage -> a number of slots of a row.
Cuts = dict[int | None, int]


def with_recompute(
    plan: Plan, *, early: bool = False, stages: Sequence[int] | None = None
) -> Plan:
    """Run the forwards of stages once more before their backwards.

    Args:
        plan: Whose forwards.
        early: As soon as the device is free, as RiPipe does; else when the backward could
            start, as a backward that recomputes does.
        stages: Whose forwards; None for all.

    Raises:
        PlanError: There is no such stage.
    """
    for index, stage in enumerate(stages or ()):
        if stage >= plan.stages:
            message = f"there is no stage {stage}; they are 0 to {plan.stages - 1}"
            raise PlanError(message, path=("recompute-stages", index))
    wanted = None if stages is None else frozenset(stages)

    def row(slots: tuple[Slot, ...]) -> Iterator[Slot]:
        for slot in slots:
            for op in slot.ops:
                if op.kind in _GRADIENTS and (wanted is None or op.stage in wanted):
                    yield op._replace(kind=Kind.RECOMPUTE)
            yield slot

    traits = replace(plan.traits, recompute_waits=not early)
    orders = tuple(tuple(row(slots)) for slots in plan.orders)
    return replace(plan, orders=orders, traits=traits)


def with_all_reduce(plan: Plan, when: str) -> Plan:
    """Reduce the gradients of each stage.

    Args:
        plan: Whose gradients. One that is not flushed reduces before every update.
        when: ``stage``: as soon as the stage's gradients are complete, as PyTorch does;
            ``end``: after all of the device's work, the stages in the order they were
            ready. A stage that several devices hold is complete when all have done their
            backwards; such stages are reduced from the last to the first. ``beside``: when
            the stage is complete, while the device works on.

    Raises:
        PlanError: Several devices hold a stage that is to be reduced beside the work.
    """
    if when == "beside":
        if len(plan.placement) > 1:
            message = f"several devices hold each stage of {plan.name or 'this order'}"
            hint = "they reduce together: write all-reduce: stage"
            raise PlanError(message, hint=hint, path=("all-reduce",))
        plan = replace(plan, traits=replace(plan.traits, beside=True))
    if plan.traits.update_every:
        rows = (_updates(row, plan.traits.update_every, Kind.ALL_REDUCE) for row in plan.orders)
        return replace(plan, orders=tuple(map(tuple, rows)))
    lasts = [_last_backwards(row) for row in plan.orders]
    shared = sum(map(len, lasts)) > len(set().union(*lasts))
    cuts = _completed(plan, lasts) if shared else lasts
    if when == "end":
        cuts = [
            dict.fromkeys(cut, len(row)) for row, cut in zip(plan.orders, cuts, strict=True)
        ]
    rows = (_inserted(row, cut) for row, cut in zip(plan.orders, cuts, strict=True))
    return replace(plan, orders=tuple(map(tuple, rows)))


def _inserted(row: tuple[Slot, ...], cuts: Cuts) -> Iterator[Slot]:
    """Yield a row with the all-reduce of each stage after so many slots."""
    ready = defaultdict(list)
    for stage, cut in cuts.items():
        ready[cut].append(Op(stage, Kind.ALL_REDUCE, None))
    for index, slot in enumerate(row, 1):
        yield slot
        yield from ready[index]


def _last_backwards(row: tuple[Slot, ...]) -> Cuts:
    """Return after how many slots each stage has done its last backward, in this order."""
    lasts: Cuts = {}
    for index, slot in enumerate(row, 1):
        for op in slot.ops:
            if op.kind in FINISHING:
                lasts.pop(op.stage, None)
                lasts[op.stage] = index
    return lasts


def _completed(plan: Plan, lasts: list[Cuts]) -> list[Cuts]:
    """Return after how many slots of each device no device still works for a stage.

    What is before these slots needs nothing that is after them, and they are more for an
    earlier stage than for a later one, so devices that meet do not wait in a circle.
    """
    places = {
        op: (device, index)
        for device, row in enumerate(plan.orders)
        for index, slot in enumerate(row, 1)
        for op in slot.ops
    }
    done = [0] * plan.devices
    cuts: list[Cuts] = [{} for _ in lasts]
    for stage in reversed(range(plan.stages)):
        wanted = [(device, last[stage]) for device, last in enumerate(lasts) if stage in last]
        while wanted:
            device, upto = wanted.pop()
            slots = plan.orders[device][done[device] : upto]
            done[device] = max(done[device], upto)
            needed = (other for slot in slots for op in slot.ops for other in _inputs(op))
            wanted += [places[op] for op in needed if op in places]
        for device, last in enumerate(lasts):
            if stage in last:
                cuts[device][stage] = done[device]
    return cuts


def _inputs(op: Op) -> list[Op]:
    """Return what an op may need from other devices."""
    stage = op.stage or 0
    if op.kind is Kind.FORWARD:
        return [op._replace(stage=stage - 1)]
    if op.kind in _GRADIENTS:
        return [Op(stage + 1, kind, op.microbatch) for kind in _GRADIENTS]
    return []


def with_optimizer(plan: Plan, when: str) -> Plan:
    """End every device's work with a step of the optimizer.

    Args:
        plan: Where to add it. One that is not flushed gets a step at every update.
        when: ``aligned`` on all devices, or on each device when it is ``ready``.

    Raises:
        PlanError: The steps of a schedule without flushes cannot be aligned.
    """
    if plan.traits.update_every:
        if when == "aligned":
            message = f"{plan.name} has no flush, so its optimizer steps cannot be aligned"
            raise PlanError(message, hint="write optimizer: ready", path=("optimizer",))
        every = plan.traits.update_every
        rows = tuple(tuple(_updates(row, every, Kind.OPTIMIZER)) for row in plan.orders)
        return replace(plan, orders=rows)
    rows = tuple(
        (*row, Op(row[0].ops[0].stage, Kind.OPTIMIZER, None)) if row else row
        for row in plan.orders
    )
    return replace(plan, orders=rows, traits=replace(plan.traits, aligned=when == "aligned"))


def _updates(row: tuple[Slot, ...], every: int, kind: Kind) -> Iterator[Slot]:
    """Yield a row with an op of a kind at every update: every ``every``-th backward.

    It comes after the all-reduce, where there is one.
    """
    done = 0
    due: list[Op] = []
    for slot in row:
        if slot.ops[0].kind is not Kind.ALL_REDUCE:
            yield from due
            due = []
        yield slot
        for op in slot.ops:
            done += op.kind in FINISHING
            if op.kind in FINISHING and done % every == 0:
                due.append(Op(op.stage, kind, done // every - 1))
    yield from due


def with_iterations(plan: Plan, count: int) -> Plan:
    """Repeat the plan; microbatches and steps are counted on from iteration to iteration."""
    ops = (op for row in plan.orders for slot in row for op in slot.ops)
    steps = 1 + max((op.microbatch or 0 for op in ops if op.kind in PER_ITERATION), default=0)
    rows = tuple(
        tuple(
            _later(slot, i * plan.microbatches, i * steps) for i in range(count) for slot in row
        )
        for row in plan.orders
    )
    traits = replace(plan.traits, iterations=count)
    return replace(plan, orders=rows, microbatches=count * plan.microbatches, traits=traits)


def _later(slot: Slot, microbatches: int, steps: int) -> Slot:
    """Return the slot so many microbatches and steps later."""
    if isinstance(slot, Overlap):
        first, second = (_later(op, microbatches, steps) for op in slot.ops)
        return Overlap(first.ops[0], second.ops[0])
    later = steps if slot.kind in PER_ITERATION else microbatches
    return slot._replace(microbatch=(slot.microbatch or 0) + later)
