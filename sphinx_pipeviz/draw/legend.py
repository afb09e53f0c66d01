"""The legend: which kinds occur, and where their swatches and words stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import UNITS, Kind, one_line

#: (text, weight) -> width of the text's ink, in ems; the weight is regular or bold
Measure = Callable[[str, str], float]

# Lengths in ems.
SWATCH = 2.0
SWATCH_HEIGHT = 0.9
GAP = 0.65
BETWEEN = 2.4
LINE = 1.8
#: Longest text of an entry, in characters.
LONGEST = 40

WORDS: dict[Kind, str] = {
    Kind.FORWARD: "Forward",
    Kind.BACKWARD: "Backward",
    Kind.BACKWARD_INPUT: "Backward for input",
    Kind.BACKWARD_WEIGHT: "Backward for weights",
    Kind.RECOMPUTE: "Recompute",
    Kind.ALL_REDUCE: "All-reduce",
    Kind.OPTIMIZER: "Optimizer step",
    Kind.OTHER: "Other",
}
#: Shades in one swatch: more chunks show some of theirs.
MOST_SHADES = 8
#: What the seed's legend always lists.
ALWAYS = (Kind.FORWARD, Kind.BACKWARD, Kind.OPTIMIZER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its text, the fills of its swatch, and where it stands.

    Args:
        text: What the swatch means.
        fills: ``#RRGGBB`` of each part of the swatch.
        x: Where the swatch starts, in points.
        line: Which line of the legend it is in, from 0.
        em: Size of the text, in points.
    """

    text: str
    fills: tuple[str, ...]
    x: float = 0.0
    line: int = 0
    em: float = 0.0

    @property
    def text_x(self) -> float:
        """Where the text starts."""
        return round(self.x + (SWATCH + GAP) * self.em, 2)

    def moved(self, x: float, line: int, em: float) -> Entry:
        """Return the entry at another place."""
        return replace(self, x=x, line=line, em=em)

    def swatches(self) -> Iterator[tuple[str, float, float]]:
        """Yield (fill, x, width) of each part of the swatch."""
        width = SWATCH * self.em / len(self.fills)
        for part, fill in enumerate(self.fills):
            yield fill, round(self.x + part * width, 2), round(width, 2)


def entries(timelines: Sequence[Timeline], style: Style, *, full: bool) -> list[Entry]:
    """Return the entries for the kinds that occur, in a fixed order of kinds."""
    ops = [
        op
        for timeline in timelines
        for row in timeline.rows
        for run in row
        for op in run.slot.ops
    ]
    found, names = {op.kind for op in ops}, {op.name for op in ops if op.name}
    shady = max(timelines, key=lambda timeline: timeline.shades)
    listed = []
    for kind, word in WORDS.items():
        if kind in found or (full and kind in ALWAYS):
            shaded = _shades(shady, kind)
            parts = min(shaded, MOST_SHADES)
            shades = [part * (shaded - 1) // max(1, parts - 1) for part in range(parts)]
            fills = [style.fill(kind, chunk, shaded) for chunk in shades]
            text = (
                f"{word}, {shades_word(shady)}s {style.first} to {style.first + shaded - 1}"
                if shaded > 1
                else word
            )
            if kind == Kind.OTHER:
                text = one_line(", ".join(sorted(names)), LONGEST)
            listed.append(Entry(text, tuple(fills)))
    return listed


def _shades(timeline: Timeline, kind: Kind) -> int:
    if kind in (Kind.OPTIMIZER, Kind.OTHER):
        return 1
    return timeline.shades if kind in UNITS else timeline.chunks


def shades_word(timeline: Timeline) -> str:
    """Return what the shades of one kind tell apart."""
    if timeline.traits.sequence_chunks == 1:
        return "chunk"
    return "sequence chunk" if timeline.chunks == 1 else "chunk and sequence chunk"


def length(entry: Entry, measure: Measure) -> float:
    """Return how long an entry is, from its swatch to the end of its text, in ems."""
    return SWATCH + GAP + measure(entry.text, "regular")


def place_legend(
    listed: list[Entry], em: float, width: float, measure: Measure
) -> list[list[Entry]]:
    """Return the entries in centred lines.

    Args:
        listed: What the legend lists.
        em: Size of the text, in points.
        width: Width of the picture, in points.
        measure: Width of a text in ems.
    """
    lines: list[list[Entry]] = []
    room = 0.0
    for entry in listed:
        long = length(entry, measure) + BETWEEN
        if not lines or long > room:
            lines.append([])
            room = width / em + BETWEEN - 1
        lines[-1].append(entry)
        room -= long
    return [_centred(line, number, em, width, measure) for number, line in enumerate(lines)]


def _centred(
    line: list[Entry], number: int, em: float, width: float, measure: Measure
) -> list[Entry]:
    lengths = [em * (length(entry, measure) + BETWEEN) for entry in line]
    x = (width - (sum(lengths) - em * BETWEEN)) / 2
    starts = [x + sum(lengths[:place]) for place in range(len(line))]
    return [
        replace(entry, x=round(start, 2), line=number, em=em)
        for entry, start in zip(line, starts, strict=True)
    ]
