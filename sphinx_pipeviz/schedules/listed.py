"""List scheduling: whenever a device is free, it takes the first of what is ready."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD
#: Times that differ by less than this share are one time: sums of floats are not exact.
SAME = 1e-12

#: What a device prefers: the op with the least key.
Key = Callable[[Op], tuple[int, ...]]


def list_orders(shape: Shape, path: tuple[int, ...], key: Key) -> list[list[Op]]:
    """Return each device's ops in the order in which it takes them.

    At most P microbatches are under way at once: the next one enters when the backward of
    another has left the first stage.

    Args:
        shape: Devices, microbatches, and the costs that decide what is ready when.
        path: The device of each stage.
        key: What a free device prefers.
    """
    floor = _Floor(shape, path)
    while floor.events:
        now, awake = floor.advance(key)
        for device in sorted(awake):
            floor.start(device, now)
    return floor.rows


class _Floor:
    """What is ready where, and when devices are free; times in time units."""

    def __init__(self, shape: Shape, path: tuple[int, ...]) -> None:
        stages = len(path)
        self.rows: list[list[Op]] = [[] for _ in range(shape.devices)]
        #: (time, tie, device, what gets ready there); None: the device gets free.
        self.events: list[tuple[float, int, int, Op | None]] = []
        self._path = path
        self._costs = {kind: shape.costs.of(kind, stages) for kind in (F, B)}
        self._latency = shape.costs.latency
        self._ready: list[list[tuple[tuple[int, ...], Op]]] = [[] for _ in self.rows]
        self._free = [0.0] * shape.devices
        self._ties = count()
        self._entering = iter(range(shape.microbatches))
        for _ in range(shape.devices):
            self._enter(0.0)

    def advance(self, key: Key) -> tuple[float, set[int]]:
        """Go to the next time at which something happens; return it, and where."""
        now = self.events[0][0]
        awake = set()
        while self.events and self.events[0][0] <= now * (1 + SAME):
            now, _, device, op = heappop(self.events)
            awake.add(device)
            if op is not None:
                heappush(self._ready[device], (key(op), op))
        return now, awake

    def start(self, device: int, now: float) -> None:
        """Let a device start what it prefers, if it is free and something is ready."""
        if self._free[device] > now or not self._ready[device]:
            return
        _, op = heappop(self._ready[device])
        self.rows[device].append(op)
        end = now + self._costs[op.kind][op.stage or 0]
        self._free[device] = end
        self._add(end, device, None)
        self._follow(op, end, device)

    def _follow(self, op: Op, end: float, device: int) -> None:
        """Announce what an op makes possible."""
        stage, kind, microbatch, _ = op
        stage = stage or 0
        if kind is B and not stage:
            self._enter(end)
            return
        turns = kind is F and stage + 1 == len(self._path)
        then = stage if turns else stage + (1 if kind is F else -1)
        where = self._path[then]
        arrival = end + self._latency * (where != device)
        self._add(arrival, where, Op(then, B if turns else kind, microbatch))

    def _enter(self, time: float) -> None:
        microbatch = next(self._entering, None)
        if microbatch is not None:
            self._add(time, self._path[0], Op(0, F, microbatch))

    def _add(self, time: float, device: int, op: Op | None) -> None:
        heappush(self.events, (time, next(self._ties), device, op))
