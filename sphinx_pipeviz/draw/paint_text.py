"""Timeline -> text: a grid of characters for terminals, text and man pages.

It is in ASCII, which every font sets in columns; a terminal can show it in colours.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, pairwise

from sphinx_pipeviz.draw.legend import WORDS, shades_word
from sphinx_pipeviz.draw.rows import names_of
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.terminal import Look, coloured
from sphinx_pipeviz.draw.tracks import lanes_shown
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run
from sphinx_pipeviz.picture import Picture, Rows

WIDTH = 79
#: A grid of more steps than this is written as a list of tasks.
MAX_STEPS = 4000
#: So is one of more steps than this for each task of its busiest device: it is mostly empty.
STEPS_PER_TASK = 40
#: Times are taken as multiples of 1/this.
FINEST = 1000

LETTERS = {
    Kind.OPTIMIZER: "O",
    Kind.ALL_REDUCE: "A",
    Kind.SEND_FORWARD: "SF",
    Kind.RECEIVE_FORWARD: "RF",
    Kind.SEND_BACKWARD: "SB",
    Kind.RECEIVE_BACKWARD: "RB",
    Kind.EVICT: "EV",
    Kind.LOAD: "LD",
    Kind.UNSHARD: "UN",
    Kind.RESHARD: "RE",
    Kind.OTHER: "X",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """What is in one row, and what each of its runs says."""

    name: str
    runs: tuple[Run, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where times are: from ``start`` on, ``steps`` steps of ``cell`` characters each."""

    start: float
    step: float
    steps: int
    cell: int
    unit: str

    def place(self, time: float) -> int:
        """Return the column of a time, within the grid."""
        place = round((time - self.start) / self.step)
        return min(max(place, 0), self.steps) * self.cell

    def told(self, step: int) -> str:
        """Return the time at which a step begins, as it stands on the axis."""
        return f"{self.start + step * self.step:g}"


def paint_text(
    timeline: Timeline,
    style: Style,
    width: int = WIDTH,
    picture: Picture | None = None,
    *,
    colour: bool = False,
) -> str:
    """Return the timeline as lines of at most ``width`` characters.

    Every task is a cell that starts with its kind's letter and its microbatch; with
    several chunks, or parts of a sequence, a small letter names which. Long timelines go
    on in further bands. Timelines whose times share no step are written as a list of
    tasks per device.

    Args:
        timeline: What to write.
        style: Its colours, and the number of the first device and microbatch.
        width: Characters of a line; names that are longer than it are not cut.
        picture: Its time range and its rows' names and order.
        colour: Put codes for a terminal's colours around the cells.
    """
    picture = picture or Picture()
    rows = _rows(timeline, style, picture)
    scale = _scale(timeline, rows, picture)
    lines: Iterable[str] = _list(rows)
    if scale is not None:
        looks = [
            [_look(run, timeline, style) if colour else None for run in row.runs]
            for row in rows
        ]
        lines = _bands(rows, looks, scale, width)
    said = textwrap.wrap(_key(timeline, rows), max(width, 20))
    return "\n".join([*lines, *said]) + "\n"


def _rows(timeline: Timeline, style: Style, picture: Picture) -> list[_Row]:
    """Return the rows from the top down, each device's lanes below its own."""
    shown = picture.rows or Rows()
    start = picture.from_ or 0.0
    end = math.inf if picture.to is None else picture.to
    lanes = lanes_shown(timeline, picture)
    blocks = []
    for device, name in enumerate(names_of(timeline, style, shown)):
        tracks = [(" ".join(name.split()), timeline.rows[device])]
        for lane in timeline.lanes:
            if lane.device == device and lane.name in lanes:
                tracks += [(f"  {lane.name}", track) for track in _tracks(lane.runs)]
        blocks.append([_row(*track, (start, end), timeline, style) for track in tracks])
    ordered = reversed(blocks) if shown.order == "up" else blocks
    return [row for block in ordered for row in block]


def _row(
    name: str,
    runs: tuple[Run, ...],
    span: tuple[float, float],
    timeline: Timeline,
    style: Style,
) -> _Row:
    start, end = span
    seen = tuple(
        run for run in runs if start == run.start or (run.end > start and run.start < end)
    )
    return _Row(name, seen, tuple(_label(run, timeline, style) for run in seen))


def _tracks(runs: tuple[Run, ...]) -> list[tuple[Run, ...]]:
    """Part the runs of a lane that take time so that none overlap."""
    tracks: list[list[Run]] = []
    for run in runs:
        if run.duration:
            free = (track for track in tracks if track[-1].end <= run.start)
            track = next(free, None)
            if track is None:
                tracks.append(track := [])
            track.append(run)
    return [tuple(track) for track in tracks]


def _scale(timeline: Timeline, rows: list[_Row], picture: Picture) -> _Scale | None:
    """Return the scale of a grid, or None where times share no step."""
    start = picture.from_ or 0.0
    end = timeline.end if picture.to is None else picture.to
    ends = {time for row in rows for run in row.runs for time in (run.start, run.end)}
    times = sorted({min(max(time, start), end) - start for time in ends})
    step = _step(times, timeline)
    if step is None:
        return None
    longest = max((len(label) for row in rows for label in row.labels), default=1)
    steps = max(1, math.ceil(round((end - start) / step, 6)))
    return _Scale(start, step, steps, longest + 1, picture.unit or "")


def _step(times: list[float], timeline: Timeline) -> float | None:
    """Return the longest time that all times are multiples of, if there is one."""
    least = 1e-9 * timeline.makespan + 4 * math.ulp(timeline.end)
    gaps = [later - time for time, later in pairwise([0.0, *times]) if later - time > least]
    if not gaps:
        return 1.0
    base = min(gaps)
    exact = [Fraction(time / base).limit_denominator(FINEST) for time in times]
    scale = math.lcm(*(time.denominator for time in exact))
    step = base * (math.gcd(*(int(time * scale) for time in exact)) / scale)
    near = all(
        math.isclose(time, base * fraction, rel_tol=1e-9, abs_tol=1e-6 * base)
        for time, fraction in zip(times, exact, strict=True)
    )
    tasks = max(map(len, timeline.rows), default=0)
    most = min(MAX_STEPS, STEPS_PER_TASK * tasks)
    return step if near and times[-1] <= most * step else None


def _bands(
    rows: list[_Row], looks: list[list[Look | None]], scale: _Scale, width: int
) -> Iterator[str]:
    margin = max((_columns(row.name) for row in rows), default=0) + 1
    every = _every(scale)
    per_band = max(1, (width - margin - 1) // scale.cell)
    drawn = [_characters(row, some, scale) for row, some in zip(rows, looks, strict=True)]
    for start in range(0, scale.steps, per_band):
        yield _axis(scale, margin, every, start, min(per_band, scale.steps - start))
        low, high = start * scale.cell, (start + per_band) * scale.cell + 1
        for row, (text, looks_of) in zip(rows, drawn, strict=True):
            name = row.name + " " * (margin - _columns(row.name))
            yield (name + coloured(text[low:high], looks_of[low:high])).rstrip()
        yield ""


def _characters(
    row: _Row, looks: list[Look | None], scale: _Scale
) -> tuple[str, list[Look | None]]:
    """Return a row's characters, and how each looks."""
    size = scale.steps * scale.cell + 1
    characters = [" "] * size
    found: list[Look | None] = [None] * size
    for run, label, look in zip(row.runs, row.labels, looks, strict=True):
        start, end = scale.place(run.start), scale.place(run.end)
        characters[start] = characters[end] = "|"
        inner = slice(start + 1, end)
        found[inner] = [look] * (end - start - 1)
        characters[inner] = label[: max(0, end - start - 1)].ljust(end - start - 1)
    return "".join(characters), found


def _every(scale: _Scale) -> int:
    """Return after how many steps there is room for the next time on the axis."""

    def fits(every: int) -> bool:
        longest = max(len(scale.told(step)) for step in range(0, scale.steps, every))
        return longest + 2 <= every * scale.cell or every >= scale.steps

    rounds: Iterator[int] = (lead * 10**power for power in count() for lead in (1, 2, 5))
    return next(filter(fits, rounds))


def _axis(scale: _Scale, margin: int, every: int, first: int, steps: int) -> str:
    """Return the times above a band, at round steps, each where it begins."""
    head = f"t, {scale.unit} =" if scale.unit else "t ="
    line = (head if len(head) < margin else "").ljust(margin)
    for step in range(first, first + steps):
        at = margin + (step - first) * scale.cell
        if step % every == 0:
            line = line.ljust(at) + scale.told(step)
    return line


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese letters take two."""
    widths = (unicodedata.east_asian_width(character) for character in text)
    return sum(2 if width in "WF" else 1 for width in widths)


def _list(rows: list[_Row]) -> Iterator[str]:
    for row in rows:
        tasks = (
            f"{label} {run.start:.12g} to {run.end:.12g}"
            for run, label in zip(row.runs, row.labels, strict=True)
        )
        yield f"{row.name}: {', '.join(tasks)}"
    yield ""


def _look(run: Run, timeline: Timeline, style: Style) -> Look:
    op = run.slot.ops[0]
    fill = style.fill(op.kind, timeline.shade(op), timeline.shades, op.stage)
    if len(run.slot.ops) > 1 and style.overlap:
        fill = style.overlap
    return Look(style.text_on(fill), fill)


def _label(run: Run, timeline: Timeline, style: Style) -> str:
    shift = 0 if timeline.as_written else style.first
    return "+".join(_op_label(op, timeline, shift) for op in run.slot.ops)


def _op_label(op: Op, timeline: Timeline, shift: int) -> str:
    letter = LETTERS.get(op.kind, op.kind.value)
    microbatch = timeline.microbatch(op)
    number = "" if microbatch is None else str(microbatch + shift)
    shade = chr(ord("a") + timeline.shade(op) % 26) if timeline.shades > 1 else ""
    return f"{letter}{number}{shade}"


def _key(timeline: Timeline, rows: list[_Row]) -> str:
    slots = [run.slot for row in rows for run in row.runs]
    found = {op.kind for slot in slots for op in slot.ops}
    letters: dict[str, list[str]] = {}
    for kind, word in WORDS.items():
        if kind in found:
            letters.setdefault(word.lower(), []).append(LETTERS.get(kind, kind.value))
    words = [f"{'/'.join(some)} {word}" for word, some in letters.items()]
    if any(isinstance(slot, Overlap) for slot in slots):
        words.append("+ at once")
    if timeline.shades > 1:
        words.append(f"a, b, ... {shades_word(timeline)}")
    return ", ".join(words)
