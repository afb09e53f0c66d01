"""The legend: which kinds occur, and where their swatches and words stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind

SWATCH = 18.0
GAP = 6.0
BETWEEN = 22.0

WORDS: dict[Kind, str] = {
    Kind.FORWARD: "Forward",
    Kind.BACKWARD: "Backward",
    Kind.BACKWARD_INPUT: "Backward for input",
    Kind.BACKWARD_WEIGHT: "Backward for weights",
    Kind.OPTIMIZER: "Optimizer step",
    Kind.OTHER: "Other",
}
#: What the seed's legend always lists.
ALWAYS = (Kind.FORWARD, Kind.BACKWARD, Kind.OPTIMIZER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its text, the fills of its swatch, and where it stands."""

    text: str
    fills: tuple[str, ...]
    x: float = 0.0
    line: int = 0

    @property
    def text_x(self) -> float:
        """Where the text starts."""
        return round(self.x + SWATCH + GAP, 2)

    def swatches(self) -> Iterator[tuple[str, float, float]]:
        """Yield (fill, x, width) of each part of the swatch."""
        width = SWATCH / len(self.fills)
        for part, fill in enumerate(self.fills):
            yield fill, round(self.x + part * width, 2), round(width, 2)


def entries(timeline: Timeline, style: Style, *, full: bool) -> list[Entry]:
    """Return the entries for the kinds that occur, in a fixed order of kinds."""
    found = {op.kind for row in timeline.rows for run in row for op in run.slot.ops}
    names = {op.name for row in timeline.rows for run in row for op in run.slot.ops if op.name}
    listed = []
    for kind, word in WORDS.items():
        if kind in found or (full and kind in ALWAYS):
            shaded = timeline.chunks if kind not in (Kind.OPTIMIZER, Kind.OTHER) else 1
            fills = [style.fill(kind, chunk, shaded) for chunk in range(shaded)]
            text = (
                f"{word}, chunks {style.first} to {style.first + shaded - 1}"
                if shaded > 1
                else word
            )
            if kind == Kind.OTHER and len(names) == 1:
                text = next(iter(names))
            listed.append(Entry(text, tuple(fills)))
    return listed


def place_legend(
    listed: list[Entry], style: Style, width: float, measure: Callable[[str, str], float]
) -> list[list[Entry]]:
    """Return the entries in centred lines that are no wider than the picture."""

    def length(entry: Entry) -> float:
        return SWATCH + GAP + style.font_size * measure(entry.text, "regular")

    lines: list[list[Entry]] = []
    room = 0.0
    for entry in listed:
        if not lines or length(entry) + BETWEEN > room:
            lines.append([])
            room = width
        lines[-1].append(entry)
        room -= length(entry) + BETWEEN
    placed = []
    for number, line in enumerate(lines):
        total = sum(length(entry) + BETWEEN for entry in line) - BETWEEN
        x = (width - total) / 2
        row = []
        for entry in line:
            row.append(replace(entry, x=round(x, 2), line=number))
            x += length(entry) + BETWEEN
        placed.append(row)
    return placed
