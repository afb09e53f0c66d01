"""Plan -> Plan with what its devices send to each other, in the order PyTorch posts it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from sphinx_pipeviz.extend import with_all_reduce
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import PASSES, Kind, Op, Slot, kinds_of

F, B = Kind.FORWARD, Kind.BACKWARD
I, W = Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
_GRADIENTS = (B, I)
#: Kinds that need the weights of their stage.
_WEIGHED = PASSES | {Kind.RECOMPUTE}
_SENDS = (Kind.SEND_FORWARD, Kind.SEND_BACKWARD)
#: Stages whose weights PyTorch holds at once: one forward, one backward, one to come.
ACTIVE = 3

#: What a pass makes: stage, microbatch, and whether it is a gradient.
Made = tuple[int, int | None, bool]


def with_transfers(plan: Plan) -> Plan:
    """Insert the sends and receives of a plan, as PyTorch's runtime lowers its orders.

    The runtime's rows also gather and free weights and reduce gradients, and each of
    these takes a turn; they are left out again unless the plan has them.

    Args:
        plan: Any plan. One that has sends already, or that no devices can run, comes
            back as it is; ``simulate`` says why it cannot run.
    """
    kinds = kinds_of(plan.orders)
    if not kinds.isdisjoint(_SENDS):
        return plan
    full = plan if Kind.UNSHARD in kinds else with_sharding(plan)
    if Kind.ALL_REDUCE not in kinds:
        full = with_all_reduce(full, "stage")
    added = {Kind.UNSHARD, Kind.RESHARD, Kind.ALL_REDUCE} - kinds
    rows = (
        tuple(slot for slot in row if slot.ops[0].kind not in added)
        for row in sent_and_received(full).orders
    )
    return replace(plan, orders=tuple(rows))


def with_sharding(plan: Plan) -> Plan:
    """Gather the weights of the next three stages of each device, and free the others.

    Source: the order in which PyTorch's pipeline runtime prefetches for FSDP.
    """
    return replace(plan, orders=tuple(tuple(_sharded(row)) for row in plan.orders))


def _sharded(row: tuple[Slot, ...]) -> Iterator[Slot]:
    held: set[int] = set()  # PyTorch frees in the order of a set, too
    for slot, stages in zip(row, _upcoming(row), strict=True):
        if slot.ops[0].kind not in _WEIGHED:
            yield slot
            continue
        for stage in [stage for stage in held if stage not in stages]:
            held.remove(stage)
            yield Op(stage, Kind.RESHARD, None)
        for stage in stages:
            if stage not in held:
                held.add(stage)
                yield Op(stage, Kind.UNSHARD, None)
        yield slot
    yield from (Op(stage, Kind.RESHARD, None) for stage in held)


def _upcoming(row: tuple[Slot, ...]) -> list[list[int]]:
    """Return for each slot the next stages from there on; both of a pair or none."""
    found = []
    ahead: list[tuple[int, int]] = []  # (slot, stage) where each stage is next needed
    for index in range(len(row) - 1, -1, -1):
        here = [(index, op.stage or 0) for op in row[index].ops if op.kind in _WEIGHED]
        stages = {stage for _, stage in here}
        ahead = [*dict.fromkeys(here), *(at for at in ahead if at[1] not in stages)]
        last = ahead[:ACTIVE][-1:]
        found.append([s for i, s in ahead if last and i <= last[0][0]])
    return found[::-1]


def sent_and_received(plan: Plan) -> Plan:
    """Insert the sends and receives of a plan.

    Devices take turns, by number. One whose next slot has its inputs runs it, sends
    what it made, and the receiver's row gets the receive at once. Source: the lowering
    from compute_only to compute_comms in ``torch.distributed.pipelining``.

    Args:
        plan: One without sends; what is neither forward nor backward takes a turn too.
    """
    homes = {
        (op.stage, op.microbatch): device
        for device, row in enumerate(plan.orders)
        for slot in row
        for op in slot.ops
        if op.kind in PASSES
    }
    made: set[Made] = set()
    rows: list[list[Slot]] = [[] for _ in plan.orders]
    queues = [deque(row) for row in plan.orders]
    while any(queues):
        moved = False
        for device, queue in enumerate(queues):
            if queue and all(made.issuperset(_needs(op, plan.stages)) for op in queue[0].ops):
                slot = queue.popleft()
                rows[device].append(slot)
                made.update(_makes(op) for op in slot.ops if op.kind in (F, B, I))
                for send, receive in _moves(slot):
                    to = homes.get((receive.stage, receive.microbatch), device)
                    if to != device:
                        rows[device].append(send)
                        rows[to].append(receive)
                moved = True
        if not moved:
            return plan
    return replace(plan, orders=tuple(tuple(row) for row in rows))


def _makes(op: Op) -> Made:
    return op.stage or 0, op.microbatch, op.kind is not F


def _needs(op: Op, stages: int) -> list[Made]:
    """Return what must be made before ``op``."""
    stage, kind, microbatch, _ = op
    stage = stage or 0
    if kind is F:
        return [(stage - 1, microbatch, False)] if stage else []
    if kind in _GRADIENTS:
        after = [(stage + 1, microbatch, True)] if stage + 1 < stages else []
        return [(stage, microbatch, False), *after]
    return [(stage, microbatch, True)] if kind is W else []


def _moves(slot: Slot) -> Iterator[tuple[Op, Op]]:
    """Yield the send and the receive of what each op of a slot makes for a neighbour."""
    for stage, kind, microbatch, _ in slot.ops:
        if kind is F:
            send, receive, to = Kind.SEND_FORWARD, Kind.RECEIVE_FORWARD, (stage or 0) + 1
        elif kind in _GRADIENTS:
            send, receive, to = Kind.SEND_BACKWARD, Kind.RECEIVE_BACKWARD, (stage or 0) - 1
        else:
            continue
        yield Op(stage, send, microbatch), Op(to, receive, microbatch)
