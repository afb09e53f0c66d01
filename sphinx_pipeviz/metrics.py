"""Timeline -> Metrics: makespan, bubbles, idle time and peak activations."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import FINISHING, Kind, Run

#: A device that made activations, their stage and their microbatch.
Activations = tuple[int, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a timeline costs; times in time units, one entry per device.

    Args:
        makespan: From the first start to the last end.
        bubble_ratio: (makespan * P - busy) / (makespan * P), in 0 to 1.
        span_bubble_ratio: (span - work) / span of the device with the longest span
            from its first start to its last end, as the zero-bubble papers count.
        idle: makespan - busy.
        peak_activations: Most forwards whose B or W has not ended, in stage-microbatches;
            where sequences are parted, a part counts as its share of a microbatch. What
            device x evicts is held by device P-1-x until it is loaded; during a move, by
            both. Where there are no backwards, every forward counts, although inference
            keeps nothing.
    """

    makespan: float
    bubble_ratio: float
    span_bubble_ratio: float
    idle: tuple[float, ...]
    peak_activations: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the metrics as plain data."""
        return asdict(self)


def measure(timeline: Timeline) -> Metrics:
    """Return the metrics of a timeline; an empty one measures 0 everywhere."""
    makespan = timeline.makespan
    busy = _busy(timeline)
    spans = [row[-1].end - row[0].start if row else 0.0 for row in timeline.rows]
    span, work = max(
        zip(spans, busy, strict=True), key=lambda pair: pair[0], default=(0.0, 0.0)
    )
    return Metrics(
        makespan=makespan,
        bubble_ratio=bubble_ratio(timeline, makespan),
        span_bubble_ratio=(span - work) / span if span else 0.0,
        idle=tuple(makespan - work for work in busy),
        peak_activations=tuple(_in_microbatches(timeline, peak) for peak in _peaks(timeline)),
    )


def bubble_ratio(timeline: Timeline, makespan: float) -> float:
    """Return the idle share of a timeline, 0 to 1, whose makespan is known."""
    total = makespan * timeline.devices
    return (total - sum(_busy(timeline))) / total if total else 0.0


def _busy(timeline: Timeline) -> list[float]:
    return [sum(run.duration for run in row) for row in timeline.rows]


def _in_microbatches(timeline: Timeline, held: int) -> float:
    parts = timeline.traits.sequence_chunks
    return held if parts == 1 else held / parts


def _peaks(timeline: Timeline) -> list[int]:
    """Return the most activations that each device holds, in ops."""
    moves = _moves(timeline)
    if not moves:
        return [_peak(row) for row in timeline.rows]
    return [
        _peak_with_moves(row, device, moves[device]) for device, row in enumerate(timeline.rows)
    ]


def _peak(row: tuple[Run, ...]) -> int:
    held = peak = 0
    for run in row:
        kinds = [op.kind for op in run.slot.ops]
        held += kinds.count(Kind.FORWARD)
        peak = max(peak, held)
        held -= sum(kind in FINISHING for kind in kinds)
    return peak


def _moves(timeline: Timeline) -> dict[int, list[Move]]:
    """Return what activations come to and leave each device, to and from its partner."""
    moves: dict[int, list[Move]] = defaultdict(list)
    for lane in timeline.lanes:
        partner = timeline.devices - 1 - lane.device
        for run in lane.runs if partner != lane.device else ():
            op = run.slot.ops[0]
            if op.kind in (Kind.EVICT, Kind.LOAD):
                pair = (lane.device, partner)
                giver, taker = pair if op.kind is Kind.EVICT else pair[::-1]
                what = (lane.device, op.stage, op.microbatch)
                moves[giver].append(Move(run.end, comes=False, what=what))
                moves[taker].append(Move(run.start, comes=True, what=what))
    return moves


class Move(NamedTuple):
    """Activations that come or leave: when, which of both, and what."""

    time: float
    comes: bool
    what: Activations


def _peak_with_moves(row: tuple[Run, ...], device: int, moves: list[Move]) -> int:
    store = _Store(moves)
    for run in row:
        store.go_on(run.start, ends=False)
        for op in run.slot.ops:
            if op.kind is Kind.FORWARD:
                store.take((device, op.stage, op.microbatch))
        store.go_on(run.end, ends=True)
        for op in run.slot.ops:
            if op.kind in FINISHING:
                store.held.discard((device, op.stage, op.microbatch))
    store.go_on(math.inf, ends=False)
    return store.peak


class _Store:
    """What a device holds while activations come and leave."""

    def __init__(self, moves: list[Move]) -> None:
        self.held: set[Activations] = set()
        self.peak = 0
        self._moves = deque(sorted(moves))
        self._leaving: set[Activations] = set()

    def take(self, what: Activations) -> None:
        """Hold something more."""
        self.held.add(what)
        self.peak = max(self.peak, len(self.held))

    def go_on(self, time: float, *, ends: bool) -> None:
        """Do all moves before a time, and those at it too where nothing ends then.

        What should have left before it was made leaves now: work that takes no time.
        """
        gone = self.held & self._leaving
        self.held -= gone
        self._leaving -= gone
        while self._moves and (
            self._moves[0].time < time or (self._moves[0].time == time and not ends)
        ):
            _, comes, what = self._moves.popleft()
            if comes:
                self.take(what)
            elif what in self.held:
                self.held.remove(what)
            else:
                self._leaving.add(what)
