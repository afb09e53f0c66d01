"""Timed rows -> the same rows with forwards as late as possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sphinx_pipeviz.lanes import Delayed, Place
from sphinx_pipeviz.ops import Kind, Op, Run

Rows = tuple[tuple[Run, ...], ...]
_BACKWARD = (Kind.BACKWARD, Kind.BACKWARD_INPUT)


def as_late_as_possible(
    rows: Rows, latency: float, delayed: Delayed, *, recomputes: bool
) -> Rows:
    """Move each forward that stands right before a backward to where the backward starts.

    It ends there, or earlier where another run needs it by then. A recompute between the
    two moves along, unless it is early. No other run moves, and none starts before its
    inputs end. This is how PipeDream-2BW and DeepSpeed draw 1F1B.

    Args:
        rows: The runs of each device, as early as possible.
        latency: Of a transfer between two devices, in time units.
        delayed: What runs wait for besides their inputs.
        recomputes: Whether recomputes move along.
    """
    moved = _Moved(rows, latency, delayed)
    for kind in (Kind.RECOMPUTE, Kind.FORWARD) if recomputes else (Kind.FORWARD,):
        for device, index in _steady(rows, kind):
            moved.move(device, index)
    return tuple(tuple(row) for row in moved.rows)


class _Moved:
    """The rows while their forwards move."""

    def __init__(self, rows: Rows, latency: float, delayed: Delayed) -> None:
        self.rows = [list(row) for row in rows]
        self._latency = latency
        self._places = {
            op: (device, index)
            for device, row in enumerate(rows)
            for index, run in enumerate(row)
            for op in run.slot.ops
        }
        self._waiting: dict[Place, list[tuple[Place, float]]] = defaultdict(list)
        for waiting, sources in delayed.items():
            for source, delay in sources:
                self._waiting[source].append((waiting, delay))

    def move(self, device: int, index: int) -> None:
        """Move one run to the right, as far as the runs that need it allow."""
        run = self.rows[device][index]
        latest = min(self._limits(device, index))
        start = max(run.start, latest - run.duration)
        self.rows[device][index] = run._replace(start=start)

    def _limits(self, device: int, index: int) -> Iterator[float]:
        """Yield when each run that needs this one needs it at the latest."""
        yield self.rows[device][index + 1].start
        op = self.rows[device][index].slot.ops[0]
        needing = op._replace(stage=(op.stage or 0) + 1)
        if op.kind is Kind.FORWARD and (place := self._places.get(needing)):
            yield self._start(place) - self._latency * (place[0] != device)
        for place, delay in self._waiting[device, index]:
            yield self._start(place) - delay

    def _start(self, place: Place) -> float:
        return self.rows[place[0]][place[1]].start


def _steady(rows: Sequence[Sequence[Run]], kind: Kind) -> list[Place]:
    """Return the places of a kind right before a backward, the latest stages first."""
    before = _BACKWARD if kind is Kind.RECOMPUTE else (*_BACKWARD, Kind.RECOMPUTE)
    found = [
        (device, index)
        for device, row in enumerate(rows)
        for index, (run, then) in enumerate(pairwise(row))
        if isinstance(run.slot, Op)
        and run.slot.kind is kind
        and isinstance(then.slot, Op)
        and then.slot.kind in before
    ]
    return sorted(found, key=lambda at: -(rows[at[0]][at[1]].slot.ops[0].stage or 0))
