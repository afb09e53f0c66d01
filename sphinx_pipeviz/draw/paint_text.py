"""Timeline -> text: a grid of characters for terminals, text and man pages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from sphinx_pipeviz.draw.legend import WORDS, shades_word
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run

WIDTH = 79
#: A grid of more steps than this is written as a list of tasks.
MAX_STEPS = 4000
#: So is one of more steps than this for each task of its busiest device: it is mostly empty.
STEPS_PER_TASK = 40
#: Times are taken as multiples of 1/this.
FINEST = 1000

LETTERS = {Kind.ALL_REDUCE: "A", Kind.OPTIMIZER: "O", Kind.OTHER: "X"}


def paint_text(timeline: Timeline, style: Style, width: int = WIDTH) -> str:
    """Return the timeline as lines of at most ``width`` characters.

    Every task is a cell that starts with its kind's letter and its microbatch; with
    several chunks, or parts of a sequence, a small letter names which. Long timelines go
    on in further bands. Timelines whose times share no step are written as a list of
    tasks per device.
    """
    names = timeline.device_names(style.first)
    step = _step(timeline)
    lines = (
        _list(timeline, names, style)
        if step is None
        else _bands(timeline, names, style, step, width)
    )
    return "\n".join([*lines, *_key(timeline)]) + "\n"


def _step(timeline: Timeline) -> float | None:
    """Return the longest time that all starts and ends are multiples of, if there is one."""
    times = sorted(
        {time for row in timeline.rows for run in row for time in (run.start, run.end)}
    )
    least = 1e-9 * timeline.makespan + 4 * math.ulp(timeline.end)
    gaps = [later - time for time, later in pairwise([0.0, *times]) if later - time > least]
    if not gaps:
        return 1.0
    base = min(gaps)
    exact = [Fraction(time / base).limit_denominator(FINEST) for time in times]
    scale = math.lcm(*(time.denominator for time in exact))
    step = base * math.gcd(*(int(time * scale) for time in exact)) / scale
    near = all(
        math.isclose(time, base * fraction, rel_tol=1e-9, abs_tol=1e-6 * base)
        for time, fraction in zip(times, exact, strict=True)
    )
    tasks = max(map(len, timeline.rows), default=0)
    most = min(MAX_STEPS, STEPS_PER_TASK * tasks)
    return step if near and timeline.end / step <= most else None


def _bands(
    timeline: Timeline, names: list[str], style: Style, step: float, width: int
) -> Iterator[str]:
    labels = [[_label(run, timeline, style) for run in row] for row in timeline.rows]
    cell = max((len(label) for row in labels for label in row), default=1) + 1
    margin = max(map(len, names), default=0) + 1
    steps = max(1, round(timeline.end / step))
    per_band = max(1, (width - margin - 1) // cell)
    rows = [
        _row(row, texts, step, steps, cell)
        for row, texts in zip(timeline.rows, labels, strict=True)
    ]
    for start in range(0, steps, per_band):
        yield f"t = {start * step:g}"
        for name, row in zip(names, rows, strict=True):
            part = row[start * cell : (start + per_band) * cell + 1]
            yield f"{name:<{margin}}{part}".rstrip()
        yield ""


def _row(row: tuple[Run, ...], labels: list[str], step: float, steps: int, cell: int) -> str:
    characters = [" "] * (steps * cell + 1)
    for run, label in zip(row, labels, strict=True):
        start, end = (round(time / step) * cell for time in (run.start, run.end))
        characters[start] = characters[end] = "|"
        if end > start:
            characters[start + 1 : start + 1 + len(label)] = label
    return "".join(characters)


def _list(timeline: Timeline, names: list[str], style: Style) -> Iterator[str]:
    for name, row in zip(names, timeline.rows, strict=True):
        tasks = (
            f"{_label(run, timeline, style)} {run.start:.12g} to {run.end:.12g}" for run in row
        )
        yield f"{name}: {', '.join(tasks)}"
    yield ""


def _label(run: Run, timeline: Timeline, style: Style) -> str:
    shift = 0 if timeline.as_written else style.first
    return "+".join(_op_label(op, timeline, shift) for op in run.slot.ops)


def _op_label(op: Op, timeline: Timeline, shift: int) -> str:
    letter = LETTERS.get(op.kind, op.kind.value)
    microbatch = timeline.microbatch(op)
    number = "" if microbatch is None else str(microbatch + shift)
    shade = chr(ord("a") + timeline.shade(op) % 26) if timeline.shades > 1 else ""
    return f"{letter}{number}{shade}"


def _key(timeline: Timeline) -> list[str]:
    found = {op.kind for row in timeline.rows for run in row for op in run.slot.ops}
    words = [
        f"{LETTERS.get(kind, kind.value)} {word.lower()}"
        for kind, word in WORDS.items()
        if kind in found
    ]
    if timeline.shades > 1:
        words.append(f"a, b, ... {shades_word(timeline)}")
    return [", ".join(words)]
