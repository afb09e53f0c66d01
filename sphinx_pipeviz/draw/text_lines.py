"""Rows and a scale -> the lines of a text: cells with edges, or bars of blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sphinx_pipeviz.draw.amounts import memory_words
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.terminal import Look
from sphinx_pipeviz.draw.text_marks import (
    HELD,
    add_bubble,
    add_flushes,
    curve_of,
    ends_of,
    peaks_of,
    phases_line,
    put,
)
from sphinx_pipeviz.draw.text_rows import Entry, Row, columns, spread
from sphinx_pipeviz.draw.text_scale import Scale
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.metrics import measure
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind
from sphinx_pipeviz.picture import Picture

EDGE = "│"
THICK = "┃"
IDLE = "░"
#: A task that is too short for a block.
TICK = "▏"
BLOCKS = {
    Kind.FORWARD: "█",
    Kind.BACKWARD: "▓",
    Kind.BACKWARD_INPUT: "▓",
    Kind.BACKWARD_WEIGHT: "▒",
}
OTHER_BLOCK = "░"
#: Of a column: less is not drawn as a block.
HALF = 0.5


@dataclass(slots=True)
class Line:
    """What stands in the columns of a row, and behind it.

    Args:
        name: What stands before it.
        cells: What is in each column; nothing behind a letter that takes two.
        looks: How each column looks in a terminal.
        end: What stands behind its last column.
    """

    name: str
    cells: list[str]
    looks: list[Look | None]
    end: str = ""


def grid_lines(
    timeline: Timeline, rows: list[Row], scale: Scale, style: Style, picture: Picture
) -> list[Line]:
    """Return the lines of a grid in which every task is a cell with its label."""
    drawn = [_cells(row, scale, style) for row in rows]
    return _lines(timeline, drawn, rows, scale, picture, style.language)


def bar_lines(
    timeline: Timeline, rows: list[Row], scale: Scale, picture: Picture, language: str
) -> list[Line]:
    """Return lines in which blocks stand for tasks, with labels where there is room."""
    drawn = [_bars(row, scale) for row in rows]
    return _lines(timeline, drawn, rows, scale, picture, language)


def _lines(
    timeline: Timeline,
    drawn: list[Line],
    rows: list[Row],
    scale: Scale,
    picture: Picture,
    language: str,
) -> list[Line]:
    """Add what the picture shows besides the tasks."""
    peaks = peaks_of(timeline) if picture.memory else []
    memory = memory_words(measure(timeline), picture.sizes) if picture.memory else None
    last = {row.device: index for index, row in enumerate(rows)}
    ends = ends_of(rows, picture)
    lines = []
    for index, (row, line, end) in enumerate(zip(rows, drawn, ends, strict=True)):
        if picture.bubble and not row.is_lane:
            add_bubble(line.cells, row.device, timeline, picture, scale, language)
        if picture.flush:
            add_flushes(line.cells, timeline, scale)
        line.end = end
        lines.append(line)
        if picture.memory and last[row.device] == index:
            most = peaks[row.device] if memory is None else memory[0][row.device]
            lines.append(_curve(timeline, row.device, scale, (max(1, *peaks), most), language))
    if picture.phases:
        lines.append(_plain("", phases_line(timeline, picture, scale, language)))
    return lines


def _curve(
    timeline: Timeline, device: int, scale: Scale, most: tuple[int, int | str], language: str
) -> Line:
    """Return a device's curve; ``most`` is the height of all, and what is said of this one."""
    line = _plain(f"  {say(language, HELD)}", curve_of(timeline, device, scale, most[0]))
    line.end = " " + say(language, "max {number}", number=most[1])
    return line


def _plain(name: str, cells: list[str]) -> Line:
    return Line(name, cells, [None] * len(cells))


def _cells(row: Row, scale: Scale, style: Style) -> Line:
    """Return a row whose tasks are cells with an edge at both ends."""
    idle = IDLE if style.idle_hatch else " "
    line = _plain(row.name, [idle] * scale.size)
    thick: set[int] = set()
    for entry in row.entries:
        start, end = scale.place(entry.run.start), scale.place(entry.run.end)
        room = max(0, end - start - 1)
        said = list(spread(entry.label))[:room]
        line.cells[start + 1 : end] = said + [" "] * (room - len(said))
        line.looks[start:end] = [entry.look] * (end - start)
        line.cells[start] = line.cells[end] = EDGE
        thick |= {start, end} if entry.thick else set()
    for place in thick:
        line.cells[place] = THICK
    return line


def _bars(row: Row, scale: Scale) -> Line:
    """Return a row with a block in each column that a task takes most of."""
    line = _plain(row.name, [" "] * scale.size)
    shares: dict[int, list[tuple[float, Entry]]] = defaultdict(list)
    for entry in row.entries:
        for column, share in _shares(entry, scale):
            shares[column].append((share, entry))
    for column, found in shares.items():
        _, entry = max(found, key=lambda pair: pair[0])
        full = sum(share for share, _ in found) >= HALF
        line.cells[column] = block(entry) if full else TICK
        fill = entry.look.fill or entry.look.text
        line.looks[column] = Look(fill, fill if full else None)
    for entry in row.entries:
        _name(line, entry, scale)
    return line


def _shares(entry: Entry, scale: Scale) -> Iterator[tuple[int, float]]:
    """Yield how much of each column a task takes."""
    start, end = scale.exact(entry.run.start), scale.exact(entry.run.end)
    for column in range(int(start), min(int(end) + 1, scale.size - 1)):
        share = min(end, column + 1) - max(start, column)
        if share > 0:
            yield column, share


def _name(line: Line, entry: Entry, scale: Scale) -> None:
    """Write a task's label over its blocks, or a mark where it begins, if blocks stay."""
    start, end = scale.exact(entry.run.start), scale.exact(entry.run.end)
    place = round(start)
    for said in (entry.label, TICK):
        wide = columns(said)
        if wide and end - start >= wide + 1 + HALF:
            put(line.cells, place, said)
            line.looks[place : place + wide] = [entry.look] * wide
            return


def block(entry: Entry) -> str:
    """Return the block that stands for a task's kind."""
    return BLOCKS.get(entry.run.slot.ops[0].kind, OTHER_BLOCK)
