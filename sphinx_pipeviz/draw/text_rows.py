"""Timeline -> the rows of a text: their names, their tasks and what each task says."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sphinx_pipeviz.draw.cells import per_iteration
from sphinx_pipeviz.draw.chosen import chosen
from sphinx_pipeviz.draw.labels import flat, numbers_of, says, template_of, write
from sphinx_pipeviz.draw.legend import said, shades_of
from sphinx_pipeviz.draw.rows import names_of, suffixes_of
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.terminal import Look
from sphinx_pipeviz.draw.tracks import lanes_shown
from sphinx_pipeviz.languages import inside, say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run
from sphinx_pipeviz.picture import Picture, Rows
from sphinx_pipeviz.versions import run_versions

#: Stands beside a letter of two columns while columns are counted.
FILLER = "\0"
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
class Entry:
    """A task of a row.

    Args:
        run: When it runs.
        label: What it says.
        look: Its colours, in a terminal.
        thick: A highlight puts thick edges around it.
    """

    run: Run
    label: str
    look: Look
    thick: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A device, or a lane of one.

    Args:
        device: Counted from 0.
        name: What stands before it.
        entries: Its tasks, in order of time; they do not overlap.
        suffix: What stands behind it.
        is_lane: It is a lane below its device's row.
    """

    device: int
    name: str
    entries: tuple[Entry, ...]
    suffix: str = ""
    is_lane: bool = False


def rows_of(timeline: Timeline, style: Style, picture: Picture) -> list[Row]:
    """Return the rows from the top down, each device's lanes below its own."""
    shown = picture.rows or Rows()
    words = _Words(timeline, style, picture)
    names = names_of(timeline, style, shown)
    suffixes = suffixes_of(timeline, style, shown, picture.sizes) or [""] * len(names)
    lanes = lanes_shown(timeline, picture)
    blocks = []
    for device, (name, suffix) in enumerate(zip(names, suffixes, strict=True)):
        runs = timeline.rows[device]
        block = [Row(device, one_row(name), words.entries(device, runs), one_row(suffix))]
        for lane in timeline.lanes:
            if lane.device == device and lane.name in lanes:
                block += [
                    Row(
                        device,
                        f"  {say(style.language, lane.name)}",
                        words.entries(device, track),
                        is_lane=True,
                    )
                    for track in _tracks(lane.runs)
                ]
        blocks.append(block)
    ordered = reversed(blocks) if shown.order == "up" else blocks
    return [row for block in ordered for row in block]


class _Words:
    """What the tasks of a picture say, and how they look."""

    def __init__(self, timeline: Timeline, style: Style, picture: Picture) -> None:
        self._timeline = timeline
        self._style = style
        self._picture = picture
        self._start = picture.from_ or 0.0
        self._end = math.inf if picture.to is None else picture.to
        self._each = per_iteration(timeline)
        self._by_stage = says(picture.labels, "stage", "chunk")
        self._versions = run_versions(timeline) if says(picture.labels, "version") else {}
        self._shift = 0 if timeline.as_written else style.first
        self._thick = {
            stop for stops in chosen(timeline, picture.highlight or (), style) for stop in stops
        }

    def entries(self, device: int, runs: tuple[Run, ...]) -> tuple[Entry, ...]:
        """Return an entry for each run within the range of time."""
        return tuple(
            Entry(run, self._label(device, run), self._look(run), (device, run) in self._thick)
            for run in runs
            if run.start == self._start or (run.end > self._start and run.start < self._end)
        )

    def _look(self, run: Run) -> Look:
        op, style, timeline = run.slot.ops[0], self._style, self._timeline
        fill = style.fill(op.kind, timeline.shade(op), timeline.shades, op.stage)
        if len(run.slot.ops) > 1 and style.overlap:
            fill = style.overlap
        return Look(style.text_on(fill), fill)

    def _label(self, device: int, run: Run) -> str:
        version = self._versions.get((device, run))
        return "+".join(self._said(op, version) for op in run.slot.ops)

    def _said(self, op: Op, version: int | None) -> str:
        """Return a kind's letter and a microbatch, or what the author's template says."""
        letter = letter_of(op)
        text = self._written(op, version) if self._picture.labels else ""
        if not text:
            microbatch = self._timeline.microbatch(op)
            text = "" if microbatch is None else str(microbatch + self._shift)
        shade = "" if self._by_stage else self._shade(op)
        return f"{'' if letter in text else letter}{text}{shade}"

    def _written(self, op: Op, version: int | None) -> str:
        template = template_of(self._picture.labels, op.kind)
        first = self._style.first
        numbers = numbers_of(op, self._timeline, first, self._each, version)
        pieces = write(template, numbers)
        return one_row("".join("^" * (level > 0) + text for text, level in pieces))

    def _shade(self, op: Op) -> str:
        if self._timeline.shades == 1:
            return ""
        return chr(ord("a") + self._timeline.shade(op) % 26)


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


def key_of(timeline: Timeline, rows: list[Row], picture: Picture, language: str) -> str:
    """Return what the letters of the kinds that occur mean."""
    slots = [entry.run.slot for row in rows for entry in row.entries]
    found = {op.kind for slot in slots for op in slot.ops}
    letters: dict[str, list[str]] = {}
    for kind, word in said(slots, picture.words, language).items():
        if kind in found:
            own = word if any(map(str.isupper, word[1:])) else inside(language, word)
            letters.setdefault(own, []).append(LETTERS.get(kind, kind.value))
    words = [f"{'/'.join(some)} {word}" for word, some in letters.items()]
    if any(isinstance(slot, Overlap) for slot in slots):
        words.append(f"+ {say(language, 'at once')}")
    if timeline.shades > 1 and not says(picture.labels, "stage", "chunk"):
        words.append(f"a, b, ... {say(language, shades_of(timeline))}")
    return ", ".join(words)


def letter_of(op: Op) -> str:
    """Return the letter, or the letters, of an op's kind."""
    return LETTERS.get(op.kind, op.kind.value)


def one_row(text: str) -> str:
    """Return a text without line breaks, and with nothing set lower or higher."""
    return " ".join(flat(text).split())


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese letters take two."""
    return sum(map(_wide, text))


def spread(text: str) -> Iterator[str]:
    """Yield what stands in each column: after a letter that takes two, nothing."""
    for character in text:
        wide = _wide(character)
        if wide:
            yield character
        yield from [""] * (wide - 1)


def padded(text: str, width: int) -> str:
    """Return a text with spaces behind it, up to a number of columns."""
    return text + " " * (width - columns(text))


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most ``width`` columns, where it has spaces to part it."""
    cells = "".join(cell or FILLER for cell in spread(text))
    lines = textwrap.wrap(cells, width, break_long_words=False)
    return [line.replace(FILLER, "") for line in lines]


def _wide(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
