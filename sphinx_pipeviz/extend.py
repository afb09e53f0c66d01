"""Plan -> Plan with more in it: recompute, all-reduce, optimizer step, iterations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import PER_ITERATION, Kind, Op, Overlap, Slot

_GRADIENTS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)
_WEIGHTS = (Kind.BACKWARD, Kind.BACKWARD_WEIGHT)


def with_recompute(plan: Plan) -> Plan:
    """Run every stage's forward once more before its backward."""

    def row(slots: tuple[Slot, ...]) -> Iterator[Slot]:
        for slot in slots:
            for op in slot.ops:
                if op.kind in _GRADIENTS:
                    yield op._replace(kind=Kind.RECOMPUTE)
            yield slot

    return replace(plan, orders=tuple(tuple(row(slots)) for slots in plan.orders))


def with_all_reduce(plan: Plan, when: str) -> Plan:
    """Reduce the gradients of each stage.

    Args:
        plan: Whose gradients.
        when: ``stage``: right after the stage's last backward, as PyTorch does; ``end``:
            after all of the device's work, the stages in the order they were ready.
    """

    def row(slots: tuple[Slot, ...]) -> list[Slot]:
        last = {
            op.stage: index
            for index, slot in enumerate(slots)
            for op in slot.ops
            if op.kind in _WEIGHTS
        }
        if when == "end":
            last = dict.fromkeys(last, len(slots) - 1)
        out: list[Slot] = []
        for index, slot in enumerate(slots):
            out.append(slot)
            ready = [stage for stage, at in last.items() if at == index]
            out += [Op(stage, Kind.ALL_REDUCE, None) for stage in ready]
        return out

    return replace(plan, orders=tuple(tuple(row(slots)) for slots in plan.orders))


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
        rows = tuple(tuple(_updates(row, plan.traits.update_every)) for row in plan.orders)
        return replace(plan, orders=rows)
    rows = tuple(
        (*row, Op(row[0].ops[0].stage, Kind.OPTIMIZER, None)) if row else row
        for row in plan.orders
    )
    return replace(plan, orders=rows, traits=replace(plan.traits, aligned=when == "aligned"))


def _updates(row: tuple[Slot, ...], every: int) -> Iterator[Slot]:
    """Yield a row with an optimizer step after every ``every``-th microbatch's backward."""
    done = 0
    for slot in row:
        yield slot
        for op in slot.ops:
            done += op.kind in _WEIGHTS
            if op.kind in _WEIGHTS and done % every == 0:
                yield Op(op.stage, Kind.OPTIMIZER, done // every - 1)


def with_iterations(plan: Plan, count: int) -> Plan:
    """Repeat the plan; microbatches are counted on from iteration to iteration."""
    rows = tuple(
        tuple(_later(slot, i, plan.microbatches) for i in range(count) for slot in row)
        for row in plan.orders
    )
    traits = replace(plan.traits, iterations=count)
    return replace(plan, orders=rows, microbatches=count * plan.microbatches, traits=traits)


def _later(slot: Slot, iteration: int, microbatches: int) -> Slot:
    if isinstance(slot, Overlap):
        first, second = (_later(op, iteration, microbatches) for op in slot.ops)
        return Overlap(first.ops[0], second.ops[0])
    if slot.kind in PER_ITERATION:
        return slot._replace(microbatch=iteration)
    return slot._replace(microbatch=(slot.microbatch or 0) + iteration * microbatches)
