"""Is an order complete, and is a written timeline possible? Raises PlanError if not."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.ops import PER_ITERATION, Kind, Op, Run, Slot

Rows = Sequence[Sequence[Slot]]
Placement = tuple[tuple[int, ...], ...]

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)

#: A move of activations -> what must be the last thing that was done to them.
_MOVES = {Kind.EVICT: F, Kind.LOAD: Kind.EVICT}
#: Kinds that use the activations of a forward.
_USES = (B, I, W, Kind.RECOMPUTE)


def ops_of(rows: Rows) -> Iterator[tuple[int, int, Op]]:
    """Yield (device, index in the device's row, op) for every op."""
    for device, row in enumerate(rows):
        for index, slot in enumerate(row):
            for op in slot.ops:
                yield device, index, op


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
            raise PlanError(f"{message} and on device {device}", path=_at(device, index))
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
            raise PlanError(problem, path=_at(device, index))
        seen[op] = device
    _check_replicas(rows, placement)
    _check_complete(seen, wanted, stages, homes)
    _check_swaps(rows)


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
            raise PlanError(message, path=_at(device, index))


def _check_swaps(rows: Rows) -> None:
    """Check that activations are moved when they are there, and are there when needed."""
    here: dict[tuple[int, Op], Kind] = {}
    for device, index, op in ops_of(rows):
        forward = op._replace(kind=F)
        state = here.get((device, forward))
        if op.kind in _MOVES and state is not _MOVES[op.kind]:
            needed = forward._replace(kind=_MOVES[op.kind])
            message = f"{op} does not come after {needed}, as it must"
            raise PlanError(message, path=_at(device, index))
        if op.kind in _USES and state is Kind.EVICT:
            away, back = (op._replace(kind=kind) for kind in (Kind.EVICT, Kind.LOAD))
            message = f"{op} needs what {away} moved away, and no {back} brings it back before"
            raise PlanError(message, path=_at(device, index))
        if op.kind in (F, *_MOVES):
            here[device, forward] = op.kind


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


#: Kind of a transfer -> the kinds it moves, how far the other stage is, its other end.
_TRANSFERS = {
    Kind.SEND_FORWARD: ((F,), 1, Kind.RECEIVE_FORWARD),
    Kind.RECEIVE_FORWARD: ((F,), -1, Kind.SEND_FORWARD),
    Kind.SEND_BACKWARD: ((B, I), -1, Kind.RECEIVE_BACKWARD),
    Kind.RECEIVE_BACKWARD: ((B, I), 1, Kind.SEND_BACKWARD),
}
_SENDS = (Kind.SEND_FORWARD, Kind.SEND_BACKWARD)


def check_transfers(rows: Rows, stages: int) -> None:
    """Check that whatever is sent is received, after it is made and before it is used.

    Orders without transfers are legal; they are implied.

    Args:
        rows: The slots of each device, each op on a device that has its stage.
        stages: S, the number of stages.

    Raises:
        PlanError: A transfer has no other end, or is at the wrong place of its row.
    """
    if not any(op.kind in _TRANSFERS for _, _, op in ops_of(rows)):
        return
    places = {op: (device, index) for device, index, op in ops_of(rows)}
    for op, (device, index) in places.items():
        if op.kind in _TRANSFERS and (problem := _misses(op, places, stages)):
            raise PlanError(f"{op} on device {device} {problem}", path=_at(device, index))


def _misses(op: Op, places: dict[Op, tuple[int, int]], stages: int) -> str | None:
    """Return what is wrong with a transfer, or None."""
    kinds, away, end = _TRANSFERS[op.kind]
    sends = op.kind in _SENDS
    other = Op((op.stage or 0) + away, end, op.microbatch)
    if not 0 <= (other.stage or 0) < stages:
        return f"{'goes to' if sends else 'comes from'} no stage: they are 0 to {stages - 1}"
    if other not in places:
        return f"has no {other} on another device"
    moved = next((each for kind in kinds if (each := op._replace(kind=kind)) in places), None)
    if moved is None:
        return "moves nothing"
    if sends and places[op][1] < places[moved][1]:
        return f"stands before {moved}, which makes what it sends"
    if not sends and places[op][1] > places[moved][1]:
        return f"stands after {moved}, which needs what it receives"
    return None


def _at(device: int, index: int) -> tuple[str | int, ...]:
    return ("order", device, index)


def check_timeline(rows: Sequence[Sequence[Run]], names: Sequence[str]) -> None:
    """Check that a written timeline, each row sorted by start, is possible.

    Where stages are not written, they are taken from the rows, downwards or upwards,
    if every device runs each kind of op once per microbatch.

    Args:
        rows: The runs of each device.
        names: What the author calls each device.

    Raises:
        PlanError: A device runs two slots at once, or an op starts before its inputs
            end.
    """
    end = max((run.end for row in rows for run in row), default=1.0)
    start = min((row[0].start for row in rows if row), default=0.0)
    slack = 1e-9 * (end - start) + 4 * math.ulp(end)  # rounding is no overlap
    for device, row in enumerate(rows):
        for index, (before, run) in enumerate(pairwise(row), 1):
            if run.start < before.end - slack:
                both = f"{_when(before)} and {_when(run)}"
                message = f"device {names[device]} runs {both} at once"
                raise PlanError(message, path=("timeline", device, index))
    ends = _ends_by_stage(rows)
    if ends is None:
        return
    known = any(op.stage is not None for _, _, op in ops_of(_slots(rows)))
    directions = (1,) if known else (1, -1)
    problems = [_early_ops(rows, ends, direction, slack) for direction in directions]
    for microbatch, early in problems[0].items():
        if all(microbatch in found for found in problems):
            source = early.source.stage if known else names[early.source.stage or 0]
            place = "stage" if known else "device"
            message = (
                f"device {names[early.device]} runs {_when(rows[early.device][early.place])}"
                f" before its input {early.source.kind}{microbatch} on {place} {source}"
                f" ends at {ends[early.source.stage or 0, early.source.kind, microbatch]:.12g}"
            )
            raise PlanError(message, path=("timeline", early.device, early.place))


class Early(NamedTuple):
    """A run that starts before ``source``, one of its inputs, ends."""

    device: int
    place: int
    source: Op


#: Missing ops that a message counts.
MOST_COUNTED = 1000

#: (stage, kind, microbatch) -> end
Ends = dict[tuple[int, Kind, int | None], float]


def _slots(rows: Sequence[Sequence[Run]]) -> list[list[Slot]]:
    return [[run.slot for run in row] for row in rows]


def _ends_by_stage(rows: Sequence[Sequence[Run]]) -> Ends | None:
    """Return when each op ends, or None where an op occurs twice."""
    ends: Ends = {}
    for device, row in enumerate(rows):
        for run in row:
            for op in run.slot.ops:
                key = (device if op.stage is None else op.stage, op.kind, op.microbatch)
                if op.kind in (F, B, I, W) and key in ends:
                    return None
                ends[key] = run.end
    return ends


def _early_ops(
    rows: Sequence[Sequence[Run]], ends: Ends, direction: int, slack: float
) -> dict[int | None, Early]:
    """Return, for each microbatch, the first run that starts before its inputs end."""
    early: dict[int | None, Early] = {}
    for device, row in enumerate(rows):
        for index, run in enumerate(row):
            for op in run.slot.ops:
                stage = device if op.stage is None else op.stage
                for kind, source in _inputs(op.kind, stage, direction):
                    end = ends.get((source, kind, op.microbatch), 0.0)
                    if run.start < end - slack:
                        late = Op(source, kind, op.microbatch)
                        early.setdefault(op.microbatch, Early(device, index, late))
    return early


def _inputs(kind: Kind, stage: int, direction: int) -> list[tuple[Kind, int]]:
    if kind == F:
        return [(F, stage - direction)]
    if kind in (B, I):
        return [(F, stage), (B, stage + direction), (I, stage + direction)]
    return [(I, stage)] if kind == W else []


def _when(run: Run) -> str:
    return f"{run.slot} ({run.start:.12g} to {run.end:.12g})"
