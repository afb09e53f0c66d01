"""Zero-bubble orders event by event: whoever is free takes what has arrived."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from sphinx_pipeviz.ops import Kind
from sphinx_pipeviz.schedules.zb_case import Case, F, I, Row, Trial, W


class Taste(NamedTuple):
    """What a free device prefers.

    Args:
        ahead: Forwards ahead of the I up to which a ready forward goes first, per device.
        most: The most forwards ahead of the I, per device.
        idle: How long a device may wait in all rather than run a W that delays what is
            about to arrive.
        patient: Wait for an I that arrives within half a forward.
    """

    ahead: list[int]
    most: list[int]
    idle: list[int]
    patient: bool


def by_events(case: Case, taste: Taste) -> Trial:
    """Return the order in which devices choose by themselves.

    It never stops early: the oldest microbatch that is not done can always go on.
    """
    line = _Line(case, taste)
    events = [(0, device) for device in range(case.devices)]
    while events:
        time, device = heappop(events)
        if time == line.due[device]:
            for each in line.look(time, device):
                heappush(events, (line.due[each], each))
    return Trial(line.rows, line.free)


class _Line:
    """The devices at one moment."""

    def __init__(self, case: Case, taste: Taste) -> None:
        devices = range(case.devices)
        self._case, self._taste = case, taste
        self.rows: list[Row] = [[] for _ in devices]
        self.free = [0 for _ in devices]
        self.due = [0 for _ in devices]
        self._waited = [0 for _ in devices]
        self._ran = {kind: [0 for _ in devices] for kind in (F, I, W)}
        self._arrivals: dict[Kind, list[list[int]]] = {k: [[] for _ in devices] for k in (F, I)}
        self._arrivals[F][0] = [0] * case.microbatches

    def look(self, time: int, device: int) -> list[int]:
        """Let a free device run an op or wait; return who has to look again, and when."""
        kind, start = self._choice(time, device)
        if start > time:
            self.due[device] = start
            return [device] if start < self._case.never else []
        if self._ran[F][device]:
            self._waited[device] += time - self.free[device]
        self.rows[device].append(kind)
        end = time + self._case.costs[kind][device]
        self.free[device] = self.due[device] = end
        told = self._send(device, kind, end)
        self._ran[kind][device] += 1
        if told is not None and self.free[told] <= time < self.due[told]:
            self.due[told] = time
            return [device, told]
        return [device]

    def _send(self, device: int, kind: Kind, end: int) -> int | None:
        """Hand a result on; return the device that gets it."""
        last = self._case.devices - 1
        if kind is F and device == last:
            self._arrivals[I][device].append(end)
            return None
        to = device + 1 if kind is F else device - 1
        if kind is W or to < 0:
            return None
        self._arrivals[kind][to].append(end + self._case.latency)
        return to

    def _choice(self, time: int, device: int) -> tuple[Kind, int]:
        """Return what a free device runs next, and when."""
        forwards, backs, weights = (self._ran[kind][device] for kind in (F, I, W))
        back = self._arrival(I, device) if backs < forwards else self._case.never
        crowded = forwards - weights >= self._case.limit
        forward = self._case.never
        if forwards - backs < self._taste.most[device] and not (crowded and weights == backs):
            forward = self._arrival(F, device)
        kind, start = self._first(time, device, forward, back)
        if weights == backs or (start <= time and not (kind is F and crowded)):
            return kind, start
        if kind is F and crowded:
            return W, time
        return (W, time) if self._weight_goes_first(time, device, start) else (kind, start)

    def _first(self, time: int, device: int, forward: int, back: int) -> tuple[Kind, int]:
        """Choose between the next forward and the next I by when they arrive."""
        if forward > time:
            return (I, back) if back <= forward else (F, forward)
        if back > time:
            soon = time + self._taste.patient * self._case.costs[F][device] // 2
            return (I, back) if back <= soon else (F, forward)
        ahead = self._ran[F][device] - self._ran[I][device]
        return (F, forward) if ahead < self._taste.ahead[device] else (I, back)

    def _weight_goes_first(self, time: int, device: int, start: int) -> bool:
        fits = time + self._case.costs[W][device] <= start
        waited = self._waited[device] + start - self.free[device]
        return fits or waited > self._taste.idle[device]

    def _arrival(self, kind: Kind, device: int) -> int:
        ran, arrivals = self._ran[kind][device], self._arrivals[kind][device]
        return arrivals[ran] if ran < len(arrivals) else self._case.never
