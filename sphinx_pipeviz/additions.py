"""Plan + the keys of a Spec that add to it -> Plan with what they ask for."""

from __future__ import annotations

from dataclasses import replace

from sphinx_pipeviz.errors import PlanError, SpecError
from sphinx_pipeviz.extend import (
    with_all_reduce,
    with_iterations,
    with_optimizer,
    with_recompute,
)
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import PASSES, Kind, kinds_of
from sphinx_pipeviz.spec import MAX_OPS_HINT, Spec
from sphinx_pipeviz.transfers import with_transfers

#: Key of an addition -> the kind of op that it adds.
ADDED = {
    "recompute": Kind.RECOMPUTE,
    "all-reduce": Kind.ALL_REDUCE,
    "optimizer": Kind.OPTIMIZER,
}


def extended(plan: Plan, spec: Spec, max_ops: int) -> Plan:
    """Return the plan with everything that the spec adds to it.

    Raises:
        SpecError: It would have too many ops.
        PlanError: It cannot have what is asked for, or has it already.
    """
    _check_added(plan, spec)
    if spec.recompute_stages is not None and not spec.recompute:
        hint = "write recompute: true, or early"
        message = "recompute-stages needs the key 'recompute'"
        raise SpecError(message, hint=hint, path=("recompute-stages",))
    if spec.place == "alap":
        plan = replace(plan, traits=replace(plan.traits, late=True))
    if spec.recompute:
        early = spec.recompute == "early"
        plan = with_recompute(plan, early=early, stages=spec.recompute_stages)
        plan = _within(plan, "recompute", max_ops)
    if spec.all_reduce:
        plan = _within(with_all_reduce(plan, spec.all_reduce), "all-reduce", max_ops)
    if spec.optimizer:
        plan = _within(with_optimizer(plan, spec.optimizer), "optimizer", max_ops)
    if spec.iterations and not plan.traits.update_every:
        _check_count(plan, spec.iterations, max_ops)
        plan = with_iterations(plan, spec.iterations)
    return _within(with_transfers(plan), "transfers", max_ops) if spec.transfers else plan


def _within(plan: Plan, key: str, max_ops: int) -> Plan:
    """Return a plan to which a key has added ops.

    Raises:
        SpecError: It has too many now.
    """
    ops = sum(map(len, plan.orders))
    if ops > max_ops:
        message = f"with '{key}' this schedule has {ops:,} ops; the limit is {max_ops:,}"
        raise SpecError(message, hint=MAX_OPS_HINT, path=(key,))
    return plan


def _check_added(plan: Plan, spec: Spec) -> None:
    """Check that the plan has a use for what is added, and does not have it yet."""
    asked = [key for key in ADDED if getattr(spec, key.replace("-", "_"))]
    if not asked:
        return
    kinds = kinds_of(plan.orders)
    for key in asked:
        if kinds & PASSES <= {Kind.FORWARD}:
            message = f"{plan.name or 'the order'} has no backward, so {key} has no use"
            raise PlanError(message, hint=f"leave out {key}", path=(key,))
        if ADDED[key] in kinds:
            ops = (op for row in plan.orders for slot in row for op in slot.ops)
            first = next(op for op in ops if op.kind is ADDED[key])
            message = f"the order already has {first}"
            raise PlanError(message, hint=f"leave out {key}", path=(key,))


def _check_count(plan: Plan, iterations: int, max_ops: int) -> None:
    ops = iterations * sum(map(len, plan.orders))
    if ops > max_ops:
        message = f"{iterations} iterations of this schedule have {ops:,} ops"
        message = f"{message}; the limit is {max_ops:,}"
        raise SpecError(message, hint=MAX_OPS_HINT, path=("iterations",))
