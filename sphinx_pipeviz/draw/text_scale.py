"""Rows of a text -> the scale of their grid: which column is which time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, pairwise

from sphinx_pipeviz.draw.text_rows import Row, columns
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.picture import Picture

#: A grid of more steps than this is drawn as bars.
MAX_STEPS = 4000
#: So is one of more steps than this for each task of its busiest device: it is mostly empty.
STEPS_PER_TASK = 40
#: Times are taken as multiples of 1/this.
FINEST = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """Where times are: from ``start`` on, ``steps`` steps of ``cell`` columns each."""

    start: float
    step: float
    steps: int
    cell: int
    unit: str

    @property
    def size(self) -> int:
        """Columns from the first edge to the last."""
        return self.steps * self.cell + 1

    def exact(self, time: float) -> float:
        """Return where a time is, in columns, within the grid."""
        place = (time - self.start) / self.step
        return min(max(place, 0.0), float(self.steps)) * self.cell

    def place(self, time: float) -> int:
        """Return the column of a time, within the grid; cells begin at whole steps."""
        return round(self.exact(time) / self.cell) * self.cell

    def told(self, step: int) -> str:
        """Return the time at which a step begins, as it stands on the axis."""
        return f"{self.start + step * self.step:.6g}"


def span_of(timeline: Timeline, picture: Picture) -> tuple[float, float]:
    """Return the range of time that is shown."""
    return picture.from_ or 0.0, timeline.end if picture.to is None else picture.to


def grid_scale(timeline: Timeline, rows: list[Row], picture: Picture) -> Scale | None:
    """Return the scale of a grid, or None where times share no step."""
    start, end = span_of(timeline, picture)
    runs = [entry.run for row in rows for entry in row.entries]
    ends = {time for run in runs for time in (run.start, run.end)}
    times = sorted({min(max(time, start), end) - start for time in ends})
    step = _step(times, timeline)
    if step is None:
        return None
    labels = (entry.label for row in rows for entry in row.entries)
    longest = max(map(columns, labels), default=1)
    steps = max(1, math.ceil(round((end - start) / step, 6)))
    return Scale(start, step, steps, longest + 1, picture.unit or "")


def _step(times: list[float], timeline: Timeline) -> float | None:
    """Return the longest time that all times are multiples of, if there is one."""
    least = 1e-9 * timeline.makespan + 4 * math.ulp(timeline.end)
    gaps = [later - time for time, later in pairwise([0.0, *times]) if later - time > least]
    if not gaps:
        return 1.0
    base = min(gaps)
    tasks = max(map(len, timeline.rows), default=0)
    most = min(MAX_STEPS, STEPS_PER_TASK * tasks)
    if times[-1] > most * base:
        return None
    exact = [Fraction(time / base).limit_denominator(FINEST) for time in times]
    scale = math.lcm(*(time.denominator for time in exact))
    step = base * (math.gcd(*(int(time * scale) for time in exact)) / scale)
    near = all(
        math.isclose(time, base * fraction, rel_tol=1e-9, abs_tol=1e-6 * base)
        for time, fraction in zip(times, exact, strict=True)
    )
    return step if near and times[-1] <= most * step else None


def bar_scale(timeline: Timeline, picture: Picture, width: int) -> Scale | None:
    """Return the scale that puts the whole range of time into a width, if it is any."""
    start, end = span_of(timeline, picture)
    if not end > start:
        return None
    return Scale(start, (end - start) / width, width, 1, picture.unit or "")


def every(scale: Scale) -> int:
    """Return after how many steps there is room for the next time on the axis."""

    def fits(each: int) -> bool:
        longest = max(len(scale.told(step)) for step in range(0, scale.steps, each))
        return longest + 2 <= each * scale.cell or each >= scale.steps

    rounds: Iterator[int] = (lead * 10**power for power in count() for lead in (1, 2, 5))
    return next(filter(fits, rounds))


def round_times(scale: Scale) -> dict[int, str]:
    """Return round times that have room on a scale of single columns, by column."""
    span = scale.step * scale.steps
    power = math.floor(math.log10(span)) - 2
    for step in (lead * 10.0 ** (power + more) for more in range(5) for lead in (1, 2, 5)):
        first = math.ceil(scale.start / step - 1e-9)
        last = math.floor((scale.start + span) / step + 1e-9)
        if last - first > scale.steps:
            continue
        told = {
            round(scale.exact(number * step)): f"{number * step:.6g}"
            for number in range(first, last + 1)
        }
        if all(
            later - place >= len(told[place]) + 2 for place, later in pairwise(sorted(told))
        ):
            return told
    return {0: f"{scale.start:.6g}"}
