"""What goes on beside the devices' work: transfers, swaps, and where devices meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.model import Lane, Plan, Traits
from sphinx_pipeviz.ops import BESIDE, Kind, Op, Run, Slot

#: A device, and a place among the slots that occupy it.
Place = tuple[int, int]
#: Place of a slot -> the places it waits for, and how long after their end it may start.
Delayed = dict[Place, list[tuple[Place, float]]]

_GRADIENTS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)
#: Kinds that need the activations of a forward first.
_NEEDING = (*_GRADIENTS, Kind.RECOMPUTE)
#: Kind of a transfer -> how far the stage is that makes what moves, and the kinds it is of.
_MADE_BY = {
    Kind.SEND_FORWARD: (0, (Kind.FORWARD,)),
    Kind.RECEIVE_FORWARD: (-1, (Kind.FORWARD,)),
    Kind.SEND_BACKWARD: (0, _GRADIENTS),
    Kind.RECEIVE_BACKWARD: (1, _GRADIENTS),
}


def meeting(orders: Sequence[Sequence[Slot]], traits: Traits) -> Delayed:
    """Let the devices that share a step start it together, when the last one is there."""
    places: dict[Op, list[Place]] = defaultdict(list)
    for device, row in enumerate(orders):
        for index, slot in enumerate(row):
            if type(slot) is Op and slot.kind is Kind.ALL_REDUCE:
                places[slot].append((device, index))
            elif type(slot) is Op and slot.kind is Kind.OPTIMIZER and traits.aligned:
                places[slot._replace(stage=None)].append((device, index))
    return {
        place: [((device, index - 1), 0.0) for device, index in shared if index]
        for shared in places.values()
        if len(shared) > 1
        for place in shared
    }


def loading(plan: Plan, costs: Costs) -> Delayed:
    """Let a backward wait for activations that were moved away and come back.

    A load starts when the device has done what is written before it, and the
    activations have arrived where they were moved to.
    """
    swap = costs.of(Kind.LOAD, plan.stages)
    delayed: Delayed = {}
    for device, row in enumerate(plan.orders):
        if not any(type(slot) is Op and slot.kind is Kind.LOAD for slot in row):
            continue
        at = dict(_places(plan, device, costs))
        for load, before in _places(plan, device, costs):
            if load.kind is not Kind.LOAD:
                continue
            forward = at[load._replace(kind=Kind.FORWARD)]
            time = swap[load.stage or 0]
            waits = [((device, before[1] - 1), time), (forward, 2 * time)]
            for kind in _NEEDING:
                if needing := at.get(load._replace(kind=kind)):
                    delayed[needing] = waits
    return delayed


def reducing(plan: Plan, costs: Costs) -> Delayed:
    """Let optimizer steps wait for the all-reduces that go on beside the work.

    A device reduces one stage after the other. Where steps are aligned, all devices wait
    for the last one.
    """
    times = costs.of(Kind.ALL_REDUCE, plan.stages)
    steps: dict[int | None, Delayed] = defaultdict(dict)
    for device in range(plan.devices):
        waits: list[tuple[Place, float]] = []
        for op, (_, index) in _places(plan, device, costs):
            if op.kind is Kind.ALL_REDUCE:
                waits = [(place, delay + times[op.stage or 0]) for place, delay in waits]
                waits.append(((device, index - 1), times[op.stage or 0]))
            elif op.kind is Kind.OPTIMIZER:
                steps[op.microbatch][device, index] = waits
                waits = []
    if plan.traits.aligned:
        for each in steps.values():
            everything = [wait for waits in each.values() for wait in waits]
            each.update((place, everything) for place in each)
    return {place: waits for each in steps.values() for place, waits in each.items()}


def beside(plan: Plan) -> frozenset[Kind]:
    """Return the kinds that occupy no device."""
    return BESIDE | {Kind.ALL_REDUCE} if plan.traits.beside else BESIDE


def _places(plan: Plan, device: int, costs: Costs) -> Iterator[tuple[Op, Place]]:
    """Yield each op of a row and its place; one beside the work has that of the next slot."""
    split = costs.overlap == "sequential"
    kinds = beside(plan)
    index = 0
    for slot in plan.orders[device]:
        for number, op in enumerate(slot.ops):
            yield op, (device, index + number * split)
        if not (type(slot) is Op and slot.kind in kinds):
            index += len(slot.ops) if split else 1


def lanes_of(plan: Plan, rows: Sequence[Sequence[Run]], costs: Costs) -> Iterator[Lane]:
    """Yield the lanes of a plan's transfers, whose slots ran at the times of ``rows``."""
    ends = {op: run.end for row in rows for run in row for op in run.slot.ops}
    latency = costs.latency
    for device, row in enumerate(plan.orders):
        moves = [op for slot in row for op in slot.ops if op.kind in _MADE_BY]
        runs = [Run(_made(op, ends), latency, op) for op in moves]
        if runs:
            yield Lane(device, "transfers", _sorted(runs))
        if swaps := list(_swaps(plan, device, rows[device], costs)):
            yield Lane(device, "swaps", _sorted(swaps))
        if plan.traits.beside:
            yield Lane(device, "all-reduce", tuple(_reduces(plan, device, rows[device], costs)))


def _sorted(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=lambda run: run.start))


def _made(transfer: Op, ends: dict[Op, float]) -> float:
    """Return when what a transfer moves was made."""
    away, kinds = _MADE_BY[transfer.kind]
    stage = (transfer.stage or 0) + away
    made = (ends.get(Op(stage, kind, transfer.microbatch)) for kind in kinds)
    return next((end for end in made if end is not None), 0.0)


def _swaps(plan: Plan, device: int, runs: Sequence[Run], costs: Costs) -> Iterator[Run]:
    """Yield when activations leave a device and come back."""
    swap = costs.of(Kind.LOAD, plan.stages)
    made = {op: run.end for run in runs for op in run.slot.ops if op.kind is Kind.FORWARD}
    for op, (_, before) in _places(plan, device, costs):
        if op.kind in (Kind.EVICT, Kind.LOAD):
            start = made.get(op._replace(kind=Kind.FORWARD), 0.0)
            time = swap[op.stage or 0]
            if op.kind is Kind.LOAD:
                start = max(start + time, runs[before - 1].end if before else 0.0)
            yield Run(start, time, op)


def _reduces(plan: Plan, device: int, runs: Sequence[Run], costs: Costs) -> Iterator[Run]:
    """Yield a device's all-reduces, each when its stage is done and the one before is."""
    times = costs.of(Kind.ALL_REDUCE, plan.stages)
    free = 0.0
    for op, (_, before) in _places(plan, device, costs):
        if op.kind is Kind.ALL_REDUCE:
            start = max(free, runs[before - 1].end)
            free = start + times[op.stage or 0]
            yield Run(start, times[op.stage or 0], op)
