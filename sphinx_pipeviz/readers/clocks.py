"""Put the clocks of several devices together, from what the devices send to each other.

A pass uses what another device's pass made, so it cannot be ready before that one ends.
Every such pair bounds the difference of two clocks: forwards from one side, backwards from
the other. Half way between the tightest bounds is the estimate of NTP (RFC 5905, section 8),
with passes for messages; where only one side is bounded, the fastest message is taken to
need no time.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sphinx_pipeviz.ops import PASSES, Kind, Op, Run

Rows = Sequence[Sequence[Run]]

_GRADIENTS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)


class Message(NamedTuple):
    """What one device's pass makes for another's.

    Args:
        source: The device that makes it.
        made: When it is made.
        target: The device that needs it.
        place: Which run of its row needs it.
    """

    source: int
    made: float
    target: int
    place: int


def messages(rows: Rows) -> Iterator[Message]:
    """Yield what devices send to each other; where no stage is known, devices are stages."""
    made = {op: (device, run.end) for device, run, op in _passes(rows)}
    for device, row in enumerate(rows):
        for place, run in enumerate(row):
            for op in run.slot.ops:
                for source in _inputs(_staged(op, device)):
                    if source in made and made[source][0] != device:
                        yield Message(*made[source], device, place)


def offsets(rows: Rows, noise: float, *, waits: bool) -> list[float]:
    """Return what to add to each device's times; nothing where the clocks agree.

    Args:
        rows: The runs of each device, by start.
        noise: How much earlier than its input a pass may start.
        waits: Whether a run may begin with waiting for its input.
    """
    sent = list(messages(rows))
    needed = [
        run_at.end if waits else run_at.start + noise
        for run_at in (rows[message.target][message.place] for message in sent)
    ]
    late = any(message.made > time for message, time in zip(sent, needed, strict=True))
    if late or _apart(rows):
        return _estimated(rows, sent, waits=waits)
    return [0.0] * len(rows)


def _apart(rows: Rows) -> bool:
    """Say whether the devices' times lie so far apart that no pipeline can have run so."""
    spans = [(row[0].start, max(run.end for run in row)) for row in rows if row]
    if not spans:
        return False
    whole = max(end for _, end in spans) - min(start for start, _ in spans)
    return whole > 2 * sum(end - start for start, end in spans)


def _estimated(rows: Rows, sent: Sequence[Message], *, waits: bool) -> list[float]:
    bounds = _bounds(sent, _ready(rows, waits=waits))
    shifts: dict[int, float] = {}
    for root in range(len(rows)):
        if root in shifts:
            continue
        # Devices that nothing connects can only be taken to start together.
        shifts[root] = rows[0][0].start - rows[root][0].start if rows[0] and rows[root] else 0.0
        queue = deque([root])
        while queue:
            here = queue.popleft()
            for there, difference in sorted(bounds[here].items()):
                if there not in shifts:
                    shifts[there] = shifts[here] + difference
                    queue.append(there)
    return [shifts[device] for device in range(len(rows))]


def _bounds(
    sent: Sequence[Message], ready: Sequence[Sequence[float]]
) -> dict[int, dict[int, float]]:
    """Return, for each pair of devices, what to add to the second one's times."""
    least: dict[tuple[int, int], float] = defaultdict(lambda: -math.inf)
    for message in sent:
        pair = (message.source, message.target)
        least[pair] = max(least[pair], message.made - ready[message.target][message.place])
    between: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), low in list(least.items()):
        high = -least[other, one] if (other, one) in least else low
        between[one][other] = (low + high) / 2
        between[other][one] = -(low + high) / 2
    return between


def _ready(rows: Rows, *, waits: bool) -> list[list[float]]:
    """Return when each run is known to have what it needs.

    A run that may begin with waiting has it by the time that leaves the shortest run of
    its kind and stage.
    """
    if not waits:
        return [[run.start for run in row] for row in rows]
    ready = []
    for row in rows:
        shortest: dict[object, float] = {}
        for run in row:
            kind = _kind_of(run)
            shortest[kind] = min(shortest.get(kind, math.inf), run.duration)
        ready.append([max(run.start, run.end - shortest[_kind_of(run)]) for run in row])
    return ready


def _kind_of(run: Run) -> object:
    return tuple((op.stage, op.kind) for op in run.slot.ops)


def _passes(rows: Rows) -> Iterator[tuple[int, Run, Op]]:
    for device, row in enumerate(rows):
        for run in row:
            for op in run.slot.ops:
                if op.kind in PASSES:
                    yield device, run, _staged(op, device)


def _staged(op: Op, device: int) -> Op:
    return op._replace(stage=device) if op.stage is None else op


def _inputs(op: Op) -> list[Op]:
    stage = op.stage or 0
    if op.kind == Kind.FORWARD:
        return [op._replace(stage=stage - 1)]
    if op.kind in _GRADIENTS:
        return [op._replace(stage=stage + 1, kind=kind) for kind in _GRADIENTS]
    return []
