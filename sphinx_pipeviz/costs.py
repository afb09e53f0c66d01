"""How long ops take: what a user may write, and the duration on each stage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.ops import Kind

Index = Annotated[int, Meta(ge=0, le=999_999)]
Time = Annotated[float, Meta(ge=0, le=1e12)]
#: One number for all stages, one per stage, or a map stage -> number.
Cost = Time | Annotated[list[Time], Meta(min_length=1)] | dict[Index, Time]

#: Kinds whose cost is a field of its own, and nothing else.
_PLAIN = {
    Kind.FORWARD: "forward",
    Kind.RECOMPUTE: "recompute",
    Kind.OPTIMIZER: "optimizer",
    Kind.ALL_REDUCE: "all-reduce",
    Kind.EVICT: "swap",
    Kind.LOAD: "swap",
}


class Costs(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="kebab",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Durations in time units, >= 0: a number, a list with one entry per stage, or a map.

    Args:
        forward: Forward of one microbatch through one stage; default 1.
        backward: Full backward; default: backward-input + backward-weight, or 2.
        backward_input: Gradient of the input; default: half of backward.
        backward_weight: Gradient of the weights; default: half of backward.
        recompute: Forward once more before a backward; default: forward.
        optimizer: Optimizer step: a number for each device, or times per stage, of which
            a device takes the sum of its own; default 1.
        all_reduce: All-reduce of one stage's gradients; default 1.
        swap: Moving one microbatch's activations of a stage to another device, or back;
            default 0. It occupies nobody.
        p2p: Latency of a transfer between two devices; default 0. It occupies nobody.
        overlap: How long an overlapped pair takes: the ``sum`` of its halves (default),
            their ``max``, or ``sequential``: not overlapped, one half after the other.
    """

    forward: Cost = 1.0
    backward: Cost | None = None
    backward_input: Cost | None = None
    backward_weight: Cost | None = None
    recompute: Cost | None = None
    optimizer: Cost = 1.0
    all_reduce: Cost = 1.0
    swap: Cost = 0.0
    p2p: Time = 0.0
    overlap: Literal["sum", "max", "sequential"] = "sum"

    @property
    def latency(self) -> float:
        """Return p2p as a float.

        Raises:
            SpecError: It is not a number >= 0.
        """
        return _per_stage("p2p", self.p2p, 1, 0.0)[0]

    def of(self, kind: Kind, stages: int) -> list[float]:
        """Return the duration of one kind of op on each of ``stages`` stages.

        Raises:
            SpecError: A list or map does not fit the stages, or a number is not >= 0.
        """
        if kind == Kind.RECOMPUTE and self.recompute is None:
            kind = Kind.FORWARD
        if kind in _PLAIN:
            name = _PLAIN[kind]
            return _per_stage(name, getattr(self, name.replace("-", "_")), stages, 1.0)
        halves = {
            Kind.BACKWARD_INPUT: ("backward-input", self.backward_input),
            Kind.BACKWARD_WEIGHT: ("backward-weight", self.backward_weight),
        }
        if kind in halves:
            name, cost = halves[kind]
            if cost is None and self.backward is not None:
                return [full / 2 for full in _per_stage("backward", self.backward, stages, 2.0)]
            return _per_stage(name, 1.0 if cost is None else cost, stages, 1.0)
        if self.backward is not None:
            return _per_stage("backward", self.backward, stages, 2.0)
        pairs = zip(*(self.of(half, stages) for half in halves), strict=True)
        return [sum(pair) for pair in pairs]


def _per_stage(name: str, cost: Any, stages: int, default: float) -> list[float]:
    path = ("costs", name)
    if isinstance(cost, dict):
        for stage in cost:
            if not isinstance(stage, int) or not 0 <= stage < stages:
                message = f"costs.{name} names stage {stage}; stages are 0 to {stages - 1}"
                raise SpecError(message, path=(*path, stage))
        values = [cost.get(stage, default) for stage in range(stages)]
    elif isinstance(cost, list | tuple):
        if len(cost) != stages:
            message = f"costs.{name} has {len(cost)} entries for {stages} stages"
            raise SpecError(message, hint="give one number, or one per stage", path=path)
        values = list(cost)
    else:
        values = [cost] * stages
    if not all(isinstance(v, (int, float)) and 0 <= v < float("inf") for v in values):
        raise SpecError(f"costs.{name} must be 0 or more and finite", path=path)
    return [float(value) for value in values]
