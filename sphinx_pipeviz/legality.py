"""Is an order complete, and every op where it belongs? Raises PlanError if not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import islice

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.moves import Rows, check_swaps, ops_of, place_of
from sphinx_pipeviz.ops import PER_ITERATION, Kind, Op

#: Missing ops that a message counts.
MOST_COUNTED = 1000

Placement = tuple[tuple[int, ...], ...]

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)


def infer_placement(rows: Rows) -> Placement:
    """Return ``[replica][stage] -> device`` as the rows imply it.

    Raises:
        PlanError: One microbatch meets one stage on two devices, or a stage below
            the highest one is on no device.
    """
    paths: dict[int | None, dict[int, int]] = defaultdict(dict)
    for device, index, op in ops_of(rows):
        stage = op.stage or 0
        if op.kind in PER_ITERATION:
            continue
        other = paths[op.microbatch].setdefault(stage, device)
        if other != device:
            message = f"microbatch {op.microbatch} meets stage {stage} on device {other}"
            raise PlanError(f"{message} and on device {device}", path=place_of(device, index))
    replicas: list[dict[int, int]] = []
    for path in paths.values():
        for replica in replicas:
            if all(replica.get(stage, device) == device for stage, device in path.items()):
                replica.update(path)
                break
        else:
            replicas.append(dict(path))
    return tuple(_complete(replica) for replica in replicas)


def _complete(replica: dict[int, int]) -> tuple[int, ...]:
    for stage in range(max(replica)):
        if stage not in replica:
            hint = "stages are counted from 0 without gaps"
            raise PlanError(f"no device runs stage {stage}", hint=hint, path=("order",))
    return tuple(replica[stage] for stage in range(max(replica) + 1))


def check_orders(rows: Rows, wanted: Collection[int], placement: Placement) -> None:
    """Check that every op of ``wanted`` microbatches runs once, where it belongs.

    Raises:
        PlanError: An op runs twice, is missing, out of range or on a wrong device.
    """
    stages = len(placement[0]) if placement else 0
    if not any(rows):
        raise PlanError("the order has no ops", path=("order",))
    if not wanted:
        raise PlanError("there must be at least 1 microbatch", path=("microbatches",))
    if not stages:
        raise PlanError("the placement has no stages", path=("placement",))
    if any(len(replica) != stages for replica in placement):
        message = "the replicas of the placement differ in their number of stages"
        raise PlanError(message, path=("placement",))
    homes = [{replica[stage] for replica in placement} for stage in range(stages)]
    seen: dict[Op, int] = {}
    for device, index, op in ops_of(rows):
        problem = _misplaced(op, device, wanted, homes)
        if op in seen and not (op.kind in PER_ITERATION and seen[op] != device):
            also = "" if seen[op] == device else f" and on device {seen[op]}"
            problem = f"{op} runs twice, on device {device}{also}"
        if problem:
            raise PlanError(problem, path=place_of(device, index))
        seen[op] = device
    _check_replicas(rows, placement)
    _check_complete(seen, wanted, stages, homes)
    check_swaps(rows)


def _misplaced(
    op: Op, device: int, wanted: Collection[int], homes: list[set[int]]
) -> str | None:
    stage = op.stage or 0
    if op.kind not in PER_ITERATION and op.microbatch not in wanted:
        return f"{op} is out of range: microbatches are 0 to {len(wanted) - 1}"
    if stage >= len(homes):
        return f"{op} is out of range: stages are 0 to {len(homes) - 1}"
    if device not in homes[stage]:
        home = " or ".join(str(home) for home in sorted(homes[stage]))
        return f"{op} is on device {device}, but stage {stage} is placed on device {home}"
    return None


def _check_replicas(rows: Rows, placement: Placement) -> None:
    """Check that all ops of one microbatch follow one replica."""
    if len(placement) == 1:
        return
    fits: dict[int | None, set[int]] = defaultdict(lambda: set(range(len(placement))))
    for device, index, op in ops_of(rows):
        if op.kind in PER_ITERATION:
            continue
        here = {r for r, replica in enumerate(placement) if replica[op.stage or 0] == device}
        fits[op.microbatch] &= here
        if not fits[op.microbatch]:
            message = f"{op} is on device {device}, where no replica has both it and"
            message = f"{message} the earlier ops of microbatch {op.microbatch}"
            raise PlanError(message, path=place_of(device, index))


def _check_complete(
    seen: Collection[Op], wanted: Collection[int], stages: int, homes: list[set[int]]
) -> None:
    """Check that no op is missing, and that none does another one's work."""
    run = {op.microbatch for op in seen if op.kind not in PER_ITERATION}
    for microbatch in wanted if len(wanted) > len(run) else ():
        if microbatch not in run:
            message = f"microbatch {microbatch} is missing: there must be {len(wanted)} of them"
            raise PlanError(message, hint="microbatches are counted from 0", path=("order",))
    missing = list(islice(_missing(seen, wanted, stages, homes), MOST_COUNTED + 1))
    if missing:
        message = f"{missing[0]} is missing"
        if len(missing) > 1:
            count = f"more than {MOST_COUNTED}" if len(missing) > MOST_COUNTED else len(missing)
            message = f"{count} ops are missing, first {missing[0]}"
        raise PlanError(message, path=("order", min(homes[missing[0].stage or 0])))


def _missing(
    seen: Collection[Op], wanted: Collection[int], stages: int, homes: list[set[int]]
) -> Iterator[Op]:
    """Yield the ops that are missing, microbatch by microbatch."""
    trains = any(op.kind in (B, I, W) for op in seen)
    for microbatch in sorted(wanted):
        for stage in range(stages):
            kinds = {kind for kind in (F, B, I, W) if Op(stage, kind, microbatch) in seen}
            if B in kinds and kinds & {I, W}:
                other = Op(stage, I if I in kinds else W, microbatch)
                message = f"{Op(stage, B, microbatch)} and {other} do the same work twice"
                hint = "write B for a full backward, or I and W for its two halves"
                raise PlanError(message, hint=hint, path=("order", min(homes[stage])))
            needed = {F} | ({I, W} if kinds & {I, W} else {B}) if trains else {F}
            yield from (Op(stage, k, microbatch) for k in (F, B, I, W) if k in needed - kinds)
