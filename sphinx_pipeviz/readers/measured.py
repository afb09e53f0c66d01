"""Measured runs of each device -> Timeline: numbered on, on one clock, free of noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from sphinx_pipeviz.causality import check_timeline
from sphinx_pipeviz.errors import Location, Marks, PipevizError, SpecError
from sphinx_pipeviz.model import Lane, Timeline, Traits
from sphinx_pipeviz.ops import BESIDE, PASSES, PER_ITERATION, TRANSFERS, Op, Overlap, Run, Slot
from sphinx_pipeviz.readers.clocks import messages, offsets
from sphinx_pipeviz.readers.text_file import ReadOptions

#: Units of a picture's times -> how many of them a millisecond has.
UNITS = {"us": 1000.0, "ms": 1.0, "s": 0.001}
#: How much of a pass's usual length measured times may be wrong.
NOISE = 0.1
#: Decimals of a time in each unit, down to a nanosecond; what is beyond is the rounding of a
#: clock that counts from 1970.
_DIGITS = {"us": 3, "ms": 6, "s": 9}


class Row(NamedTuple):
    """What was measured on one device.

    Args:
        name: What messages call it.
        title: What stands before its row; an empty string means its number.
        source: The file it comes from.
        runs: What it ran, transfers too, in any order; times in milliseconds.
    """

    name: str
    title: str
    source: str
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How times were measured.

    Args:
        unit: A key of UNITS, in which the timeline's times are given.
        waits: Whether a run may begin with waiting for what it needs.
        own_clocks: Whether each device may have a clock of its own.
        as_written: Whether microbatches carry the author's own numbers.
    """

    unit: str = "ms"
    waits: bool = False
    own_clocks: bool = True
    as_written: bool = False


def unit_of(options: ReadOptions) -> str:
    """Return the unit that an author asks for; milliseconds if for none.

    Raises:
        SpecError: There is no such unit.
    """
    unit = options.unit or "ms"
    if unit not in UNITS:
        message = f"'{unit[:40]}' is not a unit of time"
        raise SpecError(message, hint=f"choose {', '.join(UNITS)}", path=("unit",))
    return unit


def measured_timeline(rows: Sequence[Row], how: Measuring) -> Timeline:
    """Turn what was measured into a Timeline whose times start at 0.

    Training steps that follow each other are numbered on. Where clocks disagree, they are
    put together. What is early by no more than the noise of measuring is moved to where
    it can be; where runs include waiting, they start when what they need was made.

    Raises:
        SpecError: Nothing was measured.
        PlanError: The devices cannot have run so.
    """
    if not any(run.slot.ops[0].kind in PASSES for row in rows for run in row.runs):
        raise SpecError("there is no forward or backward in it")
    numbered, steps = _numbered_on([sorted(row.runs, key=_by_time) for row in rows])
    rows_of = [[run for run in runs if not _beside(run)] for runs in numbered]
    lanes_of = [[run for run in runs if _beside(run)] for runs in numbered]
    noise = NOISE * _usual(rows_of)
    shifts = [0.0] * len(rows)
    if how.own_clocks:
        shifts = offsets(rows_of, noise, waits=how.waits)
    moved = [_moved(runs, shift) for runs, shift in zip(rows_of, shifts, strict=True)]
    beside = [_moved(runs, shift) for runs, shift in zip(lanes_of, shifts, strict=True)]
    quiet = _without_noise(moved, noise, waits=how.waits)
    zero = min(runs[0].start for runs in (*moved, *beside) if runs)
    final = [_scaled(runs, zero, how.unit) for runs in quiet]
    _check(final, rows)
    lanes = (
        _lanes(device, _scaled(runs, zero, how.unit)) for device, runs in enumerate(beside)
    )
    return Timeline(
        tuple(final),
        stages=_stages(final),
        as_written=how.as_written,
        titles=tuple(row.title for row in rows),
        lanes=tuple(lane for of_device in lanes for lane in of_device),
        traits=Traits(iterations=steps),
    )


def outermost(runs: Iterable[Run]) -> list[Run]:
    """Return the runs, by start, without those that only say what one around them does.

    These are the halves of an overlapped pair, a second mark of the same op, and what is
    no pass. Transfers all stay.
    """
    kept: list[Run] = []
    outer: Run | None = None
    for run in sorted(runs, key=lambda run: (run.start, -run.end)):
        inside = outer is not None and run.end <= outer.end and not _beside(run)
        if inside and outer is not None and _says_less(run.slot, outer.slot):
            continue
        kept.append(run)
        if not _beside(run):
            outer = run
    return kept


def _says_less(inner: Slot, outer: Slot) -> bool:
    return set(inner.ops) <= set(outer.ops) or not any(op.kind in PASSES for op in inner.ops)


def _by_time(run: Run) -> tuple[float, float]:
    return run.start, run.end


def _beside(run: Run) -> bool:
    return run.slot.ops[0].kind in BESIDE


def _usual(rows: Sequence[Sequence[Run]]) -> float:
    """Return the median length of a pass."""
    return median(run.duration for row in rows for run in row if run.slot.ops[0].kind in PASSES)


def _stages(rows: Sequence[Sequence[Run]]) -> int:
    stages = {op.stage for row in rows for run in row for op in run.slot.ops}
    return max((stage + 1 for stage in stages if stage is not None), default=0)


def _numbered_on(rows: list[list[Run]]) -> tuple[list[list[Run]], int]:
    """Number microbatches on from step to step, and count the steps that are complete."""
    counts = [Counter(op for run in row for op in run.slot.ops) for row in rows]
    passes = [
        (op.microbatch or 0, times)
        for found in counts
        for op, times in found.items()
        if op.kind in PASSES
    ]
    steps = min(times for _, times in passes)
    if max(times for _, times in passes) == 1:
        return rows, 1
    size = max(number for number, _ in passes) - min(number for number, _ in passes) + 1
    return [
        list(_steps(row, found, steps, size)) for row, found in zip(rows, counts, strict=True)
    ], steps


def _steps(row: Iterable[Run], counts: Counter[Op], steps: int, size: int) -> Iterator[Run]:
    """Yield a row's runs, each with the number of its step; incomplete steps are left out."""
    seen: Counter[Op] = Counter()
    for run in row:
        first = run.slot.ops[0]
        step = seen[first]
        if first.kind not in PASSES:  # these may occur several times in one step
            step = step * steps // counts[first]
        seen.update(run.slot.ops)
        if step < steps:
            yield run._replace(slot=_later(run.slot, step, steps, size))


def _later(slot: Slot, step: int, steps: int, size: int) -> Slot:
    if isinstance(slot, Overlap):
        first, second = (_later(op, step, steps, size).ops[0] for op in slot.ops)
        return Overlap(first, second)
    if slot.kind in PER_ITERATION:
        return slot._replace(microbatch=step) if steps > 1 else slot
    if slot.microbatch is None:
        return slot
    return slot._replace(microbatch=slot.microbatch + step * size)


def _moved(runs: Iterable[Run], shift: float) -> list[Run]:
    return [run._replace(start=run.start + shift) for run in runs] if shift else list(runs)


def _without_noise(
    rows: Sequence[Sequence[Run]], noise: float, *, waits: bool
) -> list[list[Run]]:
    """Let runs start when what they need is there, if they are early by noise or waiting."""
    earliest = [[run.start for run in row] for row in rows]
    for message in messages(rows):
        run = rows[message.target][message.place]
        if message.made <= (run.end if waits else min(run.end, run.start + noise)):
            start = max(earliest[message.target][message.place], message.made)
            earliest[message.target][message.place] = start
    quiet = []
    for row, starts in zip(rows, earliest, strict=True):
        free = float("-inf")
        runs = []
        for run, start in zip(row, starts, strict=True):
            if start < free <= min(run.end, start + noise):
                start = free  # noqa: PLW2901  (what was given is not wanted any more)
            runs.append(Run(start, run.end - start, run.slot))
            free = max(free, run.end)
        quiet.append(runs)
    return quiet


def _scaled(runs: Iterable[Run], zero: float, unit: str) -> tuple[Run, ...]:
    scale, digits = UNITS[unit], _DIGITS[unit]
    scaled = []
    for run in runs:
        start, end = (round((time - zero) * scale, digits) for time in (run.start, run.end))
        scaled.append(Run(start, max(0.0, round(end - start, digits)), run.slot))
    return tuple(sorted(scaled, key=_by_time))


def _check(final: Sequence[Sequence[Run]], rows: Sequence[Row]) -> None:
    try:
        check_timeline(final, [row.name for row in rows])
    except PipevizError as error:
        places = Marks({("timeline", i): Location(row.source) for i, row in enumerate(rows)})
        raise error.located(places) from None


def _lanes(device: int, runs: Sequence[Run]) -> Iterator[Lane]:
    """Yield a device's lanes: its transfers, and the weights that FSDP gathers and frees."""
    moves = tuple(run for run in runs if run.slot.ops[0].kind in TRANSFERS)
    if moves:
        yield Lane(device, "transfers", moves)
    weights = tuple(run for run in runs if run.slot.ops[0].kind not in TRANSFERS)
    if weights:
        yield Lane(device, "weights", weights)
