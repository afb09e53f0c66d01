"""The legend: which kinds occur, their swatches and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.style import FILLS, SHADED, Style
from sphinx_pipeviz.languages import inside, say
from sphinx_pipeviz.model import Lane, Timeline
from sphinx_pipeviz.ops import UNITS, Kind, Overlap, Slot, one_line
from sphinx_pipeviz.picture import Legend

#: (text, weight) -> width of the text's ink, in ems; the weight is regular or bold
Measure = Callable[[str, str], float]

# Lengths in ems.
SWATCH = 2.0
SWATCH_HEIGHT = 0.9
GAP = 0.65
LINE = 1.8
#: Longest text of an entry, in characters.
LONGEST = 40

WORDS: dict[Kind, str] = {
    Kind.FORWARD: "Forward",
    Kind.BACKWARD: "Backward",
    Kind.BACKWARD_INPUT: "Backward for input",
    Kind.BACKWARD_WEIGHT: "Backward for weights",
    Kind.RECOMPUTE: "Recompute",
    Kind.OPTIMIZER: "Optimizer step",
    Kind.ALL_REDUCE: "All-reduce",
    Kind.SEND_FORWARD: "Transfer",
    Kind.RECEIVE_FORWARD: "Transfer",
    Kind.SEND_BACKWARD: "Transfer",
    Kind.RECEIVE_BACKWARD: "Transfer",
    Kind.EVICT: "Evict",
    Kind.LOAD: "Load",
    Kind.UNSHARD: "Unshard",
    Kind.RESHARD: "Reshard",
    Kind.OTHER: "Other",
}
OVERLAPPED = "Overlapped forward and backward"
#: What shades tell apart -> one of them, and several.
ONE = {
    "chunk": "chunk {number}",
    "sequence chunk": "sequence chunk {number}",
    "chunk and sequence chunk": "chunk and sequence chunk {number}",
    "stage": "stage {number}",
    "microbatch": "microbatch {number}",
}
MANY = {
    "chunk": "chunks {first} to {last}",
    "sequence chunk": "sequence chunks {first} to {last}",
    "chunk and sequence chunk": "chunk and sequence chunks {first} to {last}",
    "stage": "stages {first} to {last}",
    "microbatch": "microbatches {first} to {last}",
}
#: Shades in one swatch: more chunks show some of theirs.
MOST_SHADES = 8
#: What the seed's legend always lists.
ALWAYS = (Kind.FORWARD, Kind.BACKWARD, Kind.OPTIMIZER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its text, the look of its swatch, and where it stands.

    Args:
        text: What the swatch means.
        fills: ``#RRGGBB`` of each part of the swatch.
        hatches: Hatch of each part.
        x: Where the swatch starts, in points.
        line: Which line of the legend it is in, from 0.
        em: Size of the text, in points.
        wide: Width of the swatch, in ems.
        outlined: The parts of the swatch have borders.
        sample: What stands in the swatch, and its colour.
        kinds: The kinds of tasks that it stands for, as in ``scene.Sort``; none for all
            where it has a part.
        part: Which part of these; -1 for all.
    """

    text: str
    fills: tuple[str, ...]
    hatches: tuple[Hatch | None, ...]
    x: float = 0.0
    line: int = 0
    em: float = 0.0
    wide: float = SWATCH
    outlined: bool = True
    sample: tuple[str, str] = ("", "")
    kinds: tuple[str, ...] = ()
    part: int = -1

    @property
    def text_x(self) -> float:
        """Where the text starts."""
        return round(self.x + (self.wide + GAP) * self.em, 2)

    def moved(self, x: float, line: int, em: float) -> Entry:
        """Return the entry at another place."""
        return replace(self, x=x, line=line, em=em)

    def swatches(self) -> Iterator[tuple[str, Hatch | None, float, float]]:
        """Yield (fill, hatch, x, width) of each part of the swatch."""
        width = self.wide * self.em / len(self.fills)
        for part, (fill, hatch) in enumerate(zip(self.fills, self.hatches, strict=True)):
            yield fill, hatch, round(self.x + part * width, 2), round(width, 2)


def entries(
    timelines: Sequence[Timeline],
    style: Style,
    *,
    full: bool,
    words: Legend | None = None,
    lanes: Sequence[Lane] = (),
    merged: bool = False,
) -> list[Entry]:
    """Return the entries for the kinds that occur, in a fixed order of kinds.

    Kinds of one look share an entry, if the author does not want them apart.

    Args:
        timelines: Whose kinds.
        style: What they look like.
        full: List the kinds of ALWAYS even where they do not occur.
        words: What the author calls them.
        lanes: The lanes that are drawn.
        merged: Overlapped pairs have one fill and one label.
    """
    words = words or Legend()
    rows = [row for timeline in timelines for row in timeline.rows]
    slots = [run.slot for row in [*rows, *(lane.runs for lane in lanes)] for run in row]
    shady = max(timelines, key=lambda timeline: (timeline.shades, timeline.stages))
    found = {op.kind for slot in slots for op in slot.ops}
    looks: dict[tuple[Look, str], dict[Kind, str]] = {}
    for kind, word in said(slots, words, style.language).items():
        if kind in found or (full and kind in ALWAYS):
            key = (_look(kind, shady, style), word if words.apart else "")
            looks.setdefault(key, {})[kind] = word
    listed = [
        entry
        for (look, _), spoken in looks.items()
        for entry in entries_of(spoken, look, style.language, apart=words.apart)
    ]
    pairs = _overlap(slots, style, words, merged=merged)
    return listed + pairs + _lettered(shady, style) + _idle(style, words)


def said(slots: Sequence[Slot], words: Legend, language: str) -> dict[Kind, str]:
    """Return the word for each kind: the author's, or ours."""
    names = {op.name for slot in slots for op in slot.ops if op.name}
    known = {kind: say(language, word) for kind, word in WORDS.items()}
    known[Kind.OTHER] = one_line(", ".join(sorted(names)), LONGEST)
    return {
        kind: one_line(getattr(words, FILLS[kind]) or word, LONGEST)
        for kind, word in known.items()
    }


class Look(NamedTuple):
    """Fills and hatches of the parts of a swatch, their names, and what all are called."""

    fills: tuple[str, ...]
    hatches: tuple[Hatch | None, ...]
    names: tuple[tuple[int, str], ...]
    scope: str


def entries_of(
    spoken: dict[Kind, str], look: Look, language: str, *, apart: bool
) -> list[Entry]:
    """Return one entry for all parts of a look, or one for each."""
    word, kinds = _joined([*spoken.values()], language), tuple(kind.value for kind in spoken)
    if not apart or len(look.fills) == 1:
        return [Entry(word + look.scope, look.fills, look.hatches, kinds=kinds)]
    parts = zip(look.fills, look.hatches, look.names, strict=True)
    return [
        Entry(f"{word}, {name}", (fill,), (hatch,), kinds=kinds, part=part)
        for fill, hatch, (part, name) in parts
    ]


def _look(kind: Kind, timeline: Timeline, style: Style) -> Look:
    """Return what a kind looks like, and which chunks or stages are its parts."""
    by_stage = bool(style.stage_fills) and timeline.stages > 0
    count, what = _shades(timeline, kind), shades_of(timeline)
    if by_stage:
        count, what = timeline.stages, "stage"
    if kind not in SHADED and not (by_stage and kind == Kind.OPTIMIZER):
        count = 1
    if style.chunk_text and not by_stage:
        count = 1
    parts = min(count, MOST_SHADES)
    shown = [part * (count - 1) // max(1, parts - 1) for part in range(parts)]
    fills = tuple(
        style.fill(kind, stage=part) if by_stage else style.fill(kind, part, count)
        for part in shown
    )
    scope = scope_of(what, (0, count - 1), style) if count > 1 else ""
    names = tuple((part, _shade_name(timeline, what, part, style)) for part in shown)
    return Look(fills, tuple(style.hatch(kind, fill) for fill in fills), names, scope)


def _shade_name(timeline: Timeline, what: str, shade: int, style: Style) -> str:
    """Return what one shade stands for; those of chunks and sequences stand for both."""
    parts = timeline.traits.sequence_chunks
    if what == "stage" or parts == 1 or timeline.chunks == 1:
        return name_of(what, shade, style)
    chunk, part = divmod(shade, parts)
    return ", ".join((name_of("chunk", chunk, style), name_of("sequence chunk", part, style)))


def name_of(what: str, part: int, style: Style) -> str:
    """Return what one of several is called: ``chunk 1``."""
    return say(style.language, ONE[what], number=style.first + part)


def scope_of(what: str, ends: tuple[int, int], style: Style) -> str:
    """Return what an entry is of, where it is of several: ``, chunks 1 to 2``."""
    first, last = (style.first + end for end in ends)
    return ", " + say(style.language, MANY[what], first=first, last=last)


def _joined(words: list[str], language: str) -> str:
    """Return several entries' words as one: ``Backward and backward for input``."""
    joined, *others = dict.fromkeys(words)
    for word in others:
        other = inside(language, word)
        joined = say(language, "{one} and {other}", one=joined, other=other)
    return joined


def _overlap(slots: list[Slot], style: Style, words: Legend, *, merged: bool) -> list[Entry]:
    """Return the entry for overlapped pairs, in the fills of the first one's halves.

    Where halves are merged, pairs have the fill of the op that is named first.
    """
    pair = next((slot for slot in slots if isinstance(slot, Overlap)), None)
    if pair is None:
        return []
    kinds = [op.kind for op in sorted(pair.ops, key=lambda op: op.kind != Kind.FORWARD)]
    if merged:
        kinds = [pair.ops[0].kind]
    fills = tuple(style.overlap or style.fill(kind, stage=0) for kind in kinds)
    hatches = tuple(style.hatch(kind, fill) for kind, fill in zip(kinds, fills, strict=True))
    if style.overlap:
        fills, hatches = fills[:1], hatches[:1]
    word = one_line(words.overlap or say(style.language, OVERLAPPED), LONGEST)
    return [Entry(word, fills, hatches, kinds=("overlap",))]


def _lettered(timeline: Timeline, style: Style) -> list[Entry]:
    """Return an entry for each later chunk, where the colour of labels tells chunks apart."""
    if not style.chunk_text:
        return []
    what = shades_of(timeline)
    return [
        Entry(
            capital(name_of(what, chunk, style)),
            (style.forward,),
            (None,),
            sample=(str(style.first), style.text_on(style.forward, chunk)),
            part=chunk,
        )
        for chunk in range(1, timeline.shades)
    ]


def _idle(style: Style, words: Legend) -> list[Entry]:
    """Return the entry for hatched idle time, which could be taken for a task."""
    hatch = style.idle_hatch
    text = one_line(words.idle or say(style.language, "Idle"), LONGEST)
    return [Entry(text, (style.idle,), (hatch,))] if hatch else []


def _shades(timeline: Timeline, kind: Kind) -> int:
    return timeline.shades if kind in UNITS else timeline.chunks


def shades_of(timeline: Timeline) -> str:
    """Return what the shades of one kind tell apart."""
    if timeline.traits.sequence_chunks == 1:
        return "chunk"
    return "sequence chunk" if timeline.chunks == 1 else "chunk and sequence chunk"


def capital(text: str) -> str:
    """Return a text that starts with a capital."""
    return text[:1].upper() + text[1:]
