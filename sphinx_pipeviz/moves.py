"""Is what an order moves, between devices and back, moved at the right time?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.ops import Kind, Op, Slot

Rows = Sequence[Sequence[Slot]]

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


def place_of(device: int, index: int) -> tuple[str | int, ...]:
    """Return the path of a slot in a written order."""
    return ("order", device, index)


def check_swaps(rows: Rows) -> None:
    """Check that activations are moved when they are there, and are there when needed."""
    here: dict[tuple[int, Op], Kind] = {}
    for device, index, op in ops_of(rows):
        forward = op._replace(kind=F)
        state = here.get((device, forward))
        if op.kind in _MOVES and state is not _MOVES[op.kind]:
            needed = forward._replace(kind=_MOVES[op.kind])
            message = f"{op} does not come after {needed}, as it must"
            raise PlanError(message, path=place_of(device, index))
        if op.kind in _USES and state is Kind.EVICT:
            away, back = (op._replace(kind=kind) for kind in (Kind.EVICT, Kind.LOAD))
            message = f"{op} needs what {away} moved away, and no {back} brings it back before"
            raise PlanError(message, path=place_of(device, index))
        if op.kind in (F, *_MOVES):
            here[device, forward] = op.kind


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
            raise PlanError(f"{op} on device {device} {problem}", path=place_of(device, index))


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
