"""Legends of pictures whose fills stand for something else than kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sphinx_pipeviz.draw.legend import (
    LONGEST,
    MOST_SHADES,
    SWATCH,
    WORDS,
    Entry,
    capital,
    name_of,
    said,
    scope_of,
)
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Lane, Timeline
from sphinx_pipeviz.ops import PASSES, UNITS, Kind, one_line
from sphinx_pipeviz.picture import Legend

#: Most stages, chunks or microbatches with an entry of their own.
MOST_ENTRIES = 24
#: Steps of a bar of colours.
BAR = 24


def bar(timelines: Sequence[Timeline], style: Style, words: Legend) -> list[Entry]:
    """Return the bar of colours that stand for values."""
    values = [value for timeline in timelines for value in timeline.values.values()]
    low, high = min(values), max(values)
    name = one_line(words.value or say(style.language, "Value"), LONGEST)
    if low == high:
        return [Entry(f"{name}: {low:g}", (style.value_fill(low, low, high),), (None,))]
    fills = tuple(style.value_fill(step / BAR, 0, 1) for step in range(BAR + 1))
    span = say(style.language, "{low} to {high}", low=f"{low:g}", high=f"{high:g}")
    wide = SWATCH * 4
    return [Entry(f"{name}: {span}", fills, (None,) * len(fills), wide=wide, outlined=False)]


def coloured(
    timelines: Sequence[Timeline],
    style: Style,
    by: str,
    words: Legend,
    lanes: Sequence[Lane] = (),
) -> list[Entry]:
    """Return the entries where fills stand for a stage, a chunk or a microbatch.

    Backwards are deeper than forwards, so there is one entry for each kind. Apart, each
    stage, chunk or microbatch has an entry too, with its fill in each kind of pass.
    """
    rows = [row for timeline in timelines for row in timeline.rows]
    slots = [run.slot for row in [*rows, *(lane.runs for lane in lanes)] for run in row]
    found = {op.kind for slot in slots for op in slot.ops}
    kinds = [kind for kind in WORDS if kind in found]
    parts = _parts(timelines, by)
    written = by == "microbatch" and all(timeline.as_written for timeline in timelines)
    shift = style.first if written else 0  # authors count for themselves
    word = said(slots, words, style.language)
    scope = scope_of(by, (parts[0] - shift, parts[-1] - shift), style) if parts[1:] else ""
    alone = "" if words.apart else scope
    listed = []
    for kind in kinds:
        if by == "microbatch" and kind not in UNITS:
            fill = style.fill(kind)
            entry = Entry(word[kind], (fill,), (style.hatch(kind, fill),))
        else:
            shown = [(kind, part) for part in parts[:MOST_SHADES]]
            entry = _entry(word[kind] + alone, shown, style)
        listed.append(replace(entry, kinds=(kind.value,)))
    if not words.apart:
        return listed
    passes = [kind for kind in kinds if kind in PASSES]
    for part in parts[:MOST_ENTRIES]:
        text = capital(name_of(by, part - shift, style))
        entry = _entry(text, [(kind, part) for kind in passes], style)
        listed.append(replace(entry, part=part))
    return listed


def _parts(timelines: Sequence[Timeline], by: str) -> list[int]:
    """Return the numbers of all stages, chunks or microbatches."""
    if by == "microbatch":
        numbers = {
            timeline.microbatch(op)
            for timeline in timelines
            for row in timeline.rows
            for run in row
            for op in run.slot.ops
            if op.kind in UNITS
        }
        return sorted(number for number in numbers if number is not None) or [0]
    counts = [each.stages if by == "stage" else each.shades for each in timelines]
    return list(range(max(1, *counts)))


def _entry(text: str, parts: Sequence[tuple[Kind, int]], style: Style) -> Entry:
    """Return an entry with the fills of parts of kinds."""
    fills = tuple(style.stage_fill(kind, number) for kind, number in parts)
    kinds = (kind for kind, _ in parts)
    hatches = (style.hatch(kind, fill) for kind, fill in zip(kinds, fills, strict=True))
    return Entry(text, fills, tuple(hatches))
