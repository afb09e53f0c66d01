"""Legends of pictures whose fills stand for something else than kinds."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_pipeviz.draw.legend import (
    LONGEST,
    MOST_SHADES,
    SWATCH,
    WORDS,
    Entry,
    Look,
    entries_of,
    said,
)
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PASSES, Kind, one_line
from sphinx_pipeviz.picture import Legend

#: Steps of a bar of colours.
BAR = 24


def bar(timelines: Sequence[Timeline], style: Style, words: Legend) -> list[Entry]:
    """Return the bar of colours that stand for values."""
    values = [value for timeline in timelines for value in timeline.values.values()]
    low, high = min(values), max(values)
    fills = tuple(style.value_fill(step / BAR, 0, 1) for step in range(BAR + 1))
    text = f"{one_line(words.value or 'Value', LONGEST)}: {low:g} to {high:g}"
    wide = SWATCH * 4
    return [Entry(text, fills, (None,) * len(fills), wide=wide, outlined=False)]


def coloured(
    timelines: Sequence[Timeline], style: Style, by: str, words: Legend
) -> list[Entry]:
    """Return the entries where fills stand for a stage, a chunk or a microbatch.

    Backwards are deeper than forwards, so there is one entry for each of the two.
    """
    slots = [run.slot for timeline in timelines for row in timeline.rows for run in row]
    kinds = {op.kind for slot in slots for op in slot.ops}
    counts = {
        "stage": max(timeline.stages for timeline in timelines),
        "chunk": max(timeline.shades for timeline in timelines),
        "microbatch": len({op.microbatch for slot in slots for op in slot.ops} - {None}),
    }
    count = max(1, counts[by])
    word = said(slots, words)
    many = {"stage": "stages", "chunk": "chunks", "microbatch": "microbatches"}
    scope = f", {many[by]} {style.first} to {style.first + count - 1}" if count > 1 else ""
    return [
        entry
        for kind in WORDS
        if kind in kinds & PASSES
        for entry in entries_of(
            {kind: word[kind]}, _look(kind, style, (by, count), scope), apart=words.apart
        )
    ]


def _look(kind: Kind, style: Style, parts: tuple[str, int], scope: str) -> Look:
    """Return what a kind looks like in the fills of its parts: their word, and how many."""
    by, count = parts
    shown = range(min(count, MOST_SHADES))
    fills = tuple(style.stage_fill(kind, part) for part in shown)
    names = tuple((part, f"{by} {style.first + part}") for part in shown)
    return Look(fills, tuple(style.hatch(kind, fill) for fill in fills), names, scope)
