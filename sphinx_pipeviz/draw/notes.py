"""Texts at places of the timeline, and the room for them above and below the rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Boxes, Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import LEADING, count, more_lines, raised, stamps, wide
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.picture import Note, Picture

Mark = Boxes | Lines | Stamp

#: Free above and below a text that stands outside of the rows, in ems.
FREE = 0.45
#: How far from the middle of a row arrows to it end, as a share of its height.
EDGE = 0.36
#: Around a text, in points.
PAD = 2.0


def check_notes(notes: Sequence[Note], devices: int) -> None:
    """Check that notes, and what they point to, are on rows, or next to them.

    Raises:
        StyleError: A row does not exist.
    """
    for index, note in enumerate(notes):
        ends = {"device": note.device, "points-to": (note.points_to or [0, 0])[1]}
        for key, device in ends.items():
            if not -1 <= device <= devices:
                message = f"a note has no row {device:g}; rows are 0 to {devices - 1}"
                hint = f"-1 is above them, and {devices} below"
                raise StyleError(message, hint=hint, path=("notes", index, key))


def room_above(picture: Picture, em: float) -> float:
    """Return how much room notes above the rows take, in points."""
    lines = [count(note.text) for note in picture.notes or () if note.device < 0]
    return _high(max(lines), em) if lines else 0.0


def room_below(picture: Picture, devices: int, em: float) -> float:
    """Return how much room notes below the rows take, in points."""
    lines = [count(n.text) for n in picture.notes or () if _is_below(n.device, devices)]
    return _high(max(lines), em) if lines else 0.0


def _is_below(device: float, devices: int) -> bool:
    return device > devices - 0.5


def _high(lines: int, em: float) -> float:
    return round((LEADING * lines + 2 * FREE) * em, 2)


def notes_of(picture: Picture, grid: Grid, style: Style, measure: Measure) -> Iterator[Mark]:
    """Yield each note: an arrow if it points somewhere, and its text on a blank."""
    for note in picture.notes or ():
        if note.time < (picture.from_ or note.time) or note.time > (picture.to or math.inf):
            continue  # what it is about is not in the picture
        yield from _note(note, grid, style, measure)


def _note(note: Note, grid: Grid, style: Style, measure: Measure) -> Iterator[Mark]:
    ems = max(wide(note.text, measure, "bold"), 0.1)
    room = max(grid.right - grid.left - 2 * PAD, 1)
    em = min(style.font_size, math.floor(10 * room / ems) / 10)
    half = ems * em / 2 + PAD
    high = _blank_height(note.text, em)
    x = _within(grid.x(note.time), half, grid)
    y = _height(note, grid, em)
    if note.points_to:
        target = _target(note.points_to, y, grid)
        start = (x, round(y + math.copysign(high / 2, target[1] - y), 2))
        stroke = (start, target)
        yield Lines(style.accent, 1.0, (stroke, *head(*stroke)))
    yield blank(note.text, em, (x, y), style, measure)
    words = stamps(note.text, em, style.accent, "center", "bold", (x, y))
    yield from raised(words, measure)


def blank(text: str, size: float, place: Point, style: Style, measure: Measure) -> Boxes:
    """Return the ground of a bold text around a place, so that it can be read on tasks."""
    half = wide(text, measure, "bold") * size / 2 + PAD
    high = _blank_height(text, size)
    low = round(place[1] - high / 2, 2)
    box = (round(place[0] - half, 2), low, round(2 * half, 2), round(high, 2))
    return Boxes(style.background, None, 0.0, (box,))


def _blank_height(text: str, size: float) -> float:
    return more_lines(text, size) + 1.4 * size


def _target(place: list[float], y: float, grid: Grid) -> Point:
    """Return where an arrow from a height ends: near the edge of a row, before its labels."""
    time, device = place
    middle = row_middle(device, grid)
    if abs(y - middle) > grid.row_height / 2:
        middle += math.copysign(EDGE * grid.row_height, y - middle)
    return grid.x(time), round(middle, 2)


def _within(x: float, half: float, grid: Grid) -> float:
    """Return where the middle of a text is, so that it stays between the rows' ends."""
    if 2 * half > grid.right - grid.left:
        return round((grid.left + grid.right) / 2, 2)
    return round(min(max(x, grid.left + half), grid.right - half), 2)


def _height(note: Note, grid: Grid, em: float) -> float:
    away = _high(count(note.text), em) / 2
    if note.device < 0:
        return round(grid.top + away, 2)
    if _is_below(note.device, grid.rows):
        return round(grid.bottom - away, 2)
    return row_middle(note.device, grid)


def row_middle(device: float, grid: Grid) -> float:
    """Return the height of a place on or between rows."""
    if not grid.bottoms:
        return grid.bottom
    place = min(max(device, 0.0), grid.rows - 1.0)
    above = math.floor(place)
    below = min(above + 1, grid.rows - 1)
    share = place - above
    low = grid.bottoms[above] * (1 - share) + grid.bottoms[below] * share
    return round(low + grid.row_height / 2, 2)


def head(start: Point, end: Point, long: float = 4.5) -> list[tuple[Point, Point]]:
    """Return the two strokes of an arrow's head."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    strokes = []
    for turn in (2.6, -2.6):
        x, y = end[0] + long * math.cos(angle + turn), end[1] + long * math.sin(angle + turn)
        strokes.append(((round(x, 2), round(y, 2)), end))
    return strokes
