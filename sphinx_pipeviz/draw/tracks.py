"""Lanes -> tracks: what goes on beside a device's work, side by side where it overlaps."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from sphinx_pipeviz.draw.scene import Grid
from sphinx_pipeviz.model import Lane, Timeline
from sphinx_pipeviz.ops import Run
from sphinx_pipeviz.picture import Picture


def lanes_shown(timeline: Timeline, picture: Picture) -> tuple[str, ...]:
    """Return the names of the lanes that are drawn: those in which something takes time."""
    if picture.lanes is False:
        return ()
    found = [lane.name for lane in timeline.lanes if picture.lanes or _takes_time(lane)]
    return tuple(dict.fromkeys(found))


def _takes_time(lane: Lane) -> bool:
    return any(run.duration for run in lane.runs)


class Strip(NamedTuple):
    """Where a run of a lane is drawn: its device, lower edge and height."""

    device: int
    bottom: float
    height: float
    run: Run


def strips(timeline: Timeline, names: tuple[str, ...], grid: Grid) -> Iterator[Strip]:
    """Yield the place of every run that is drawn in a lane."""
    for index, name in enumerate(names):
        lanes = [lane for lane in timeline.lanes if lane.name == name]
        placed = [(lane.device, list(_tracks(lane.runs))) for lane in lanes]
        tracks = 1 + max((track for _, runs in placed for track, _ in runs), default=0)
        height = round(grid.lane_height / tracks, 3)
        for device, runs in placed:
            top = grid.lane_y(device, index) + grid.lane_height
            for track, run in runs:
                yield Strip(device, round(top - (track + 1) * height, 3), height, run)


def _tracks(runs: tuple[Run, ...]) -> Iterator[tuple[int, Run]]:
    """Yield each run with the first track that is free when it starts."""
    taken: list[tuple[float, int]] = []
    free: list[int] = []
    for run in runs:
        while taken and taken[0][0] <= run.start + 1e-9:
            heapq.heappush(free, heapq.heappop(taken)[1])
        track = heapq.heappop(free) if free else len(taken)
        heapq.heappush(taken, (run.end, track))
        if run.duration:
            yield track, run
