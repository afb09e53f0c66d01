"""Timeline -> text: a grid of characters for terminals, text and man pages.

It is of Unicode's box drawing and block elements, which fonts of fixed width have; where
they cannot be shown it is in ASCII. A terminal can show it in colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.terminal import coloured
from sphinx_pipeviz.draw.text_lines import Line, bar_lines, block, grid_lines
from sphinx_pipeviz.draw.text_marks import HELD, ends_of, notes_of
from sphinx_pipeviz.draw.text_rows import (
    Row,
    columns,
    key_of,
    letter_of,
    padded,
    rows_of,
    wrapped,
)
from sphinx_pipeviz.draw.text_scale import Scale, bar_scale, every, grid_scale, round_times
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Run
from sphinx_pipeviz.picture import Picture

WIDTH = 79
#: Narrower bars tell nothing.
LEAST_BARS = 20
#: What stands for each character in ASCII; the blocks of bars are told by their density.
ASCII = str.maketrans(
    "│┃║─└┘╮╯╶▁▂▃▄▅▆▇█▓▒░▏\u2026",
    "|#!-\\/\\/-_.,-+=*#=-.'~",
)


@dataclass(frozen=True, slots=True)
class Page:
    """The paper a text is written on.

    Args:
        width: Characters of a line; names that are longer than it are not cut.
        colour: Put codes for a terminal's colours around the cells.
        ascii: Use no characters beyond ASCII, save in the author's words.
    """

    width: int = WIDTH
    colour: bool = False
    ascii: bool = False


def paint_text(
    timeline: Timeline,
    style: Style,
    page: Page | None = None,
    picture: Picture | None = None,
) -> str:
    """Return the timeline as lines of characters.

    Every task is a cell that starts with its kind's letter and its microbatch; with
    several chunks, or parts of a sequence, a small letter names which. Long timelines go
    on in further bands. Timelines whose times share no step are drawn as bars of blocks,
    and written as a list of tasks per device.

    Args:
        timeline: What to write.
        style: Its colours, and the number of the first device and microbatch.
        page: What it is written on.
        picture: What it shows besides the tasks.
    """
    picture, page, language = picture or Picture(), page or Page(), style.language
    rows = rows_of(timeline, style, picture)
    scale = grid_scale(timeline, rows, picture)
    said = [] if picture.legend == "none" else [key_of(timeline, rows, picture, language)]
    if scale is not None:
        lines = grid_lines(timeline, rows, scale, style, picture)
        drawn: Iterable[str] = _bands(lines, scale, page, picture)
    else:
        bars = list(_bars(timeline, rows, page, picture, language))
        drawn = [*bars, *_list(rows, page, language)]
        said += [_blocks(rows)] if bars else []
    text = "\n".join([*drawn, *_said([*said, *notes_of(timeline, picture, style)], page)])
    return (text.translate(ASCII) if page.ascii else text).rstrip("\n") + "\n"


def _said(texts: list[str], page: Page) -> Iterator[str]:
    """Yield the lines below the grid."""
    for text in texts:
        yield from wrapped(text, max(page.width, 20))


def _bands(lines: list[Line], scale: Scale, page: Page, picture: Picture) -> Iterator[str]:
    """Yield the lines of a grid, cut into bands that keep to the width."""
    margin = _margin(lines, picture)
    ends = max((columns(line.end) for line in lines), default=0)
    each = every(scale)
    per_band = max(1, (page.width - margin - 1 - ends) // scale.cell)
    for first in range(0, scale.steps, per_band):
        steps = min(per_band, scale.steps - first)
        if picture.axis != "none":
            told = {
                (step - first) * scale.cell: scale.told(step)
                for step in range(first, first + steps)
                if step % each == 0
            }
            yield _axis(scale, margin, told)
        low, high = first * scale.cell, (first + per_band) * scale.cell + 1
        yield from (_line(line, slice(low, high), margin, page) for line in lines)
        yield ""


def _bars(
    timeline: Timeline, rows: list[Row], page: Page, picture: Picture, language: str
) -> Iterator[str]:
    """Yield the lines of bars, which show the whole time in one band."""
    names = max([_least(picture), *(columns(row.name) for row in rows)])
    width = (
        page.width - max(names, columns(say(language, HELD)) + 2 if picture.memory else 0) - 2
    )
    width -= max((columns(end) for end in ends_of(rows, picture)), default=0)
    scale = bar_scale(timeline, picture, width) if width >= LEAST_BARS else None
    if scale is None:
        return
    lines = bar_lines(timeline, rows, scale, picture, language)
    margin = _margin(lines, picture)
    if picture.axis != "none":
        yield _axis(scale, margin, round_times(scale))
    yield from (_line(line, slice(0, scale.size), margin, page) for line in lines)
    yield ""


def _margin(lines: list[Line], picture: Picture) -> int:
    return max([_least(picture), *(columns(line.name) for line in lines)]) + 1


def _least(picture: Picture) -> int:
    """Return the room before the rows that the unit needs; without one, it may be none."""
    shown = picture.unit and picture.axis != "none"
    return len(_head(picture.unit)) if shown else 0


def _head(unit: str | None) -> str:
    return f"t, {unit} =" if unit else "t ="


def _line(line: Line, part: slice, margin: int, page: Page) -> str:
    cells, looks = line.cells[part], line.looks[part]
    text = coloured(cells, looks) if page.colour else "".join(cells)
    return (padded(line.name, margin) + text + line.end).rstrip()


def _axis(scale: Scale, margin: int, told: dict[int, str]) -> str:
    """Return the times above a band, each where it begins."""
    head = _head(scale.unit)
    line = (head if len(head) < margin else "").ljust(margin)
    for place, time in told.items():
        line = line.ljust(margin + place) + time
    return line


def _list(rows: list[Row], page: Page, language: str) -> Iterator[str]:
    """Yield what each device runs and when; lines are parted between tasks."""
    for row in rows:
        spans = (f"{entry.label} {_span(entry.run, language)}" for entry in row.entries)
        tasks = (span.replace(" ", "\N{NO-BREAK SPACE}") for span in spans)
        lines = wrapped(f"{row.name}: {', '.join(tasks)}", max(page.width, 20) - 2)
        for index, line in enumerate(lines):
            yield ("  " if index else "") + line.replace("\N{NO-BREAK SPACE}", " ")
    yield ""


def _span(run: Run, language: str) -> str:
    start, end = f"{run.start:.12g}", f"{run.end:.12g}"
    return say(language, "{start} to {end}", start=start, end=end)


def _blocks(rows: list[Row]) -> str:
    """Return which block stands for which kinds."""
    found: dict[str, dict[str, None]] = {}
    for entry in (entry for row in rows for entry in row.entries):
        letter = letter_of(entry.run.slot.ops[0])
        found.setdefault(block(entry), {})[letter] = None
    return ", ".join(f"{shape} {'/'.join(letters)}" for shape, letters in found.items())
