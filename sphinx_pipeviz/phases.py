"""Timeline -> what can be said of it as a whole: phases, largest gap, critical path."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run
from sphinx_pipeviz.picture import Phase as Named

#: What the phases are called.
NAMES = WARM_UP, STEADY, COOL_DOWN = "Warm-up", "Steady state", "Cool-down"
_BACKWARDS = frozenset({Kind.BACKWARD, Kind.BACKWARD_INPUT})


class Phase(NamedTuple):
    """A part of the time that has a name; times in time units."""

    name: str
    start: float
    end: float


def phases_of(timeline: Timeline) -> list[Phase]:
    """Return warm-up, steady state and cool-down, those that there are.

    The warm-up ends when every device has begun a backward, the cool-down begins when
    the first device has run its last forward. Where these overlap, as in GPipe, there is
    no steady state, and the first backward parts the two.
    """
    forwards = [[r for r in row if _has(r, {Kind.FORWARD})] for row in timeline.rows]
    backwards = [[r for r in row if _has(r, _BACKWARDS)] for row in timeline.rows]
    if not all(forwards) or not all(backwards):
        return []
    filled = max(row[0].start for row in backwards)
    drained = min(row[-1].end for row in forwards)
    start, end = timeline.start, timeline.end
    if filled >= drained:
        middle = min(row[0].start for row in backwards)
        found = [Phase(WARM_UP, start, middle), Phase(COOL_DOWN, middle, end)]
    else:
        found = [
            Phase(WARM_UP, start, filled),
            Phase(STEADY, filled, drained),
            Phase(COOL_DOWN, drained, end),
        ]
    return [phase for phase in found if phase.end > phase.start]


def named_phases(timeline: Timeline, wanted: Sequence[str | Named]) -> list[Phase]:
    """Return phases by the author's names, and by the ends where they have ends.

    Args:
        timeline: Whose phases.
        wanted: Names of warm-up, steady state and cool-down; or parts of the time.
    """
    found: list[Phase | None] = [*phases_of(timeline)]
    if len(found) < min(len(wanted), len(NAMES)):
        there = {phase.name: phase for phase in found if phase}
        found = [there.get(name) for name in NAMES]
    phases: list[Phase] = []
    start = timeline.start
    for index, name in enumerate(wanted):
        if isinstance(name, Named):
            phases.append(Phase(" ".join(name.text.split("\n")), start, name.to))
        elif index < len(found) and (phase := found[index]):
            phases.append(phase._replace(name=" ".join(name.split("\n"))))
        start = phases[-1].end if phases else start
    return [phase for phase in phases if phase.end > phase.start]


def check_phases(wanted: Sequence[str | Named]) -> None:
    """Check that parts follow each other, and that there are no more names than phases.

    Raises:
        StyleError: They do not, or there are.
    """
    end = 0.0
    for index, part in enumerate(wanted):
        if isinstance(part, Named):
            if part.to <= end:
                message = f"phase '{part.text[:40]}' begins at {end:g} and ends at {part.to:g}"
                hint = "give the ends from the first to the last"
                raise StyleError(message, hint=hint, path=("phases", index))
            end = part.to
        elif index >= len(NAMES):
            message = f"phases has {len(wanted)} names for {len(NAMES)} phases"
            hint = "more need ends: {text: Name, to: 5}"
            raise StyleError(message, hint=hint, path=("phases", index))


def _has(run: Run, kinds: frozenset[Kind] | set[Kind]) -> bool:
    return any(op.kind in kinds for op in run.slot.ops)


class Gap(NamedTuple):
    """Time in which neighbouring devices are all idle; devices from first to last."""

    first: int
    last: int
    start: float
    end: float

    @property
    def area(self) -> float:
        """Devices times time."""
        return (self.last - self.first + 1) * (self.end - self.start)


def largest_gap(timeline: Timeline) -> Gap | None:
    """Return the largest rectangle of idle time within the timeline, if there is one."""
    whole = timeline.start, timeline.end
    gaps = [list(_gaps(row, *whole)) for row in timeline.rows]
    best: Gap | None = None
    for first in range(len(gaps)):
        shared = gaps[first]
        for last in range(first, len(gaps)):
            if last > first:
                shared = [gap for one in shared for gap in _meeting(one, gaps[last])]
            # what is too short cannot become the largest with all rows that are left
            least = best.area / (len(gaps) - first) if best else 0.0
            shared = [(start, end) for start, end in shared if end - start > least]
            if not shared:
                break
            for start, end in shared:
                found = Gap(first, last, start, end)
                if best is None or found.area > best.area * (1 + 1e-9):
                    best = found
    return best


def _gaps(row: tuple[Run, ...], first: float, last: float) -> Iterator[tuple[float, float]]:
    ends = [first, *(run.end for run in row)]
    starts = [*(run.start for run in row), last]
    for end, start in zip(ends, starts, strict=True):
        if start > end:
            yield end, start


def _meeting(
    one: tuple[float, float], others: list[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """Yield the times of a gap that lie in gaps of another row, too."""
    before = bisect_right(others, (one[0], math.inf)) - 1
    for index in range(max(0, before), len(others)):
        start, end = max(one[0], others[index][0]), min(one[1], others[index][1])
        if others[index][0] >= one[1]:
            return
        if end > start:
            yield start, end


class Stop(NamedTuple):
    """A run on a path, and its device."""

    device: int
    run: Run


def way_of(timeline: Timeline, microbatch: int) -> list[Stop]:
    """Return the runs of one microbatch's passes in the order of their time."""
    stops = [
        Stop(device, run)
        for device, row in enumerate(timeline.rows)
        for run in row
        if any(
            op.microbatch == microbatch and op.kind in {Kind.FORWARD, *_BACKWARDS}
            for op in run.slot.ops
        )
    ]
    return sorted(stops, key=lambda stop: (stop.run.start, stop.run.end))


def critical_path(timeline: Timeline) -> list[Stop]:
    """Return runs that each start as soon as the one before allows, up to the last end.

    From the run that ends last it goes back, each time to the input, or the run before
    on the same device, that ended last.
    """
    ended = _ended(timeline)
    before: dict[Stop, Stop] = {}
    for device, row in enumerate(timeline.rows):
        for one, two in pairwise(row):
            before[Stop(device, two)] = Stop(device, one)
    stops = [Stop(device, row[-1]) for device, row in enumerate(timeline.rows) if row]
    path = [max(stops, key=lambda stop: stop.run.end)] if stops else []
    while path:
        stop = path[-1]
        ops = (_staged(op, stop.device) for op in stop.run.slot.ops)
        causes = [cause for op in ops for cause in _causes(op, ended)]
        if stop in before:
            causes.append(before[stop])
        causes = [cause for cause in causes if cause.run.end <= stop.run.start + 1e-9]
        causes = [cause for cause in causes if cause != stop]
        if not causes:
            break
        path.append(max(causes, key=lambda cause: (cause.run.end, cause.device != stop.device)))
    return path[::-1]


def _ended(timeline: Timeline) -> dict[Op, Stop]:
    """Return where each op runs; without stages, devices are taken for them."""
    return {
        _staged(op, device): Stop(device, run)
        for device, row in enumerate(timeline.rows)
        for run in row
        for op in run.slot.ops
    }


def _staged(op: Op, device: int) -> Op:
    return op if op.stage is not None else op._replace(stage=device)


def _causes(op: Op, ended: dict[Op, Stop]) -> Iterator[Stop]:
    """Yield the runs of an op's inputs."""
    if op.stage is None:
        return
    inputs = {
        Kind.FORWARD: [(-1, Kind.FORWARD)],
        Kind.BACKWARD_WEIGHT: [(0, Kind.BACKWARD_INPUT)],
    }.get(op.kind, [(0, Kind.FORWARD), (1, Kind.BACKWARD), (1, Kind.BACKWARD_INPUT)])
    for away, kind in inputs:
        if found := ended.get(Op(op.stage + away, kind, op.microbatch)):
            yield found


def handovers(timeline: Timeline) -> Iterator[tuple[Stop, Stop]]:
    """Yield each pass and the one on another device that needs it, where stages are known."""
    ended = _ended(timeline)
    for op, stop in ended.items():
        if op.kind not in {Kind.FORWARD, *_BACKWARDS}:
            continue
        for cause in _causes(op, ended):
            if cause.device != stop.device:
                yield cause, stop


def turns(timeline: Timeline) -> list[tuple[Stop, Stop]]:
    """Return the last stage's forwards, each with its backward."""
    ended = _ended(timeline)
    last = max((op.stage or 0 for op in ended), default=0)
    found = []
    for op, stop in ended.items():
        if op.kind in _BACKWARDS and op.stage == last:
            forward = ended.get(op._replace(kind=Kind.FORWARD))
            found += [(forward, stop)] if forward else []
    return found


def held(timeline: Timeline, device: int) -> list[tuple[float, int]]:
    """Return how many activations a device holds: (from when, how many), in order."""
    changes: dict[float, int] = {}
    for run in timeline.rows[device]:
        for op in run.slot.ops:
            if op.kind is Kind.FORWARD:
                changes[run.start] = changes.get(run.start, 0) + 1
            elif op.kind in (Kind.BACKWARD, Kind.BACKWARD_WEIGHT):
                changes[run.end] = changes.get(run.end, 0) - 1
    count, steps = 0, []
    for time in sorted(changes):
        count += changes[time]
        steps.append((time, count))
    return steps
