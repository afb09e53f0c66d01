"""Around the rows of a text: flushes, the bubble, curves, phases, groups and notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from sphinx_pipeviz.draw.brackets import shown_phases
from sphinx_pipeviz.draw.overlays import flush_times
from sphinx_pipeviz.draw.rows import names_of
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.text_rows import Row, columns, one_row, padded, spread
from sphinx_pipeviz.draw.text_scale import Scale
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.phases import held, largest_gap
from sphinx_pipeviz.picture import Note, Picture, Rows

#: Levels of a curve, from nothing to the most.
LEVELS = " ▁▂▃▄▅▆▇█"
FLUSH = "║"
#: Before a curve.
HELD = "held"


def put(cells: list[str], place: int, text: str) -> None:
    """Write a text over cells from a place on."""
    said = list(spread(text))
    cells[place : place + len(said)] = said


def add_flushes(cells: list[str], timeline: Timeline, scale: Scale) -> None:
    """Draw a double line where an iteration ends, over free places and edges."""
    for time in flush_times(timeline):
        place = scale.place(time)
        if 0 < place < scale.size - 1 and cells[place] in " │":
            cells[place] = FLUSH


def add_bubble(
    cells: list[str],
    device: int,
    timeline: Timeline,
    picture: Picture,
    scale: Scale,
    language: str,
) -> None:
    """Write the words for the largest gap into its middle row, if there is room."""
    gap = largest_gap(timeline)
    if gap is None or device != (gap.first + gap.last) // 2:
        return
    words = say(language, "Bubble") if picture.bubble is True else one_row(str(picture.bubble))
    left, right = scale.place(gap.start) + 1, scale.place(gap.end)
    if columns(words) <= right - left:
        put(cells, (left + right - columns(words)) // 2, words)


def curve_of(timeline: Timeline, device: int, scale: Scale, most: int) -> list[str]:
    """Return the curve of what a device holds; the highest block is ``most``."""
    cells = [" "] * scale.size
    steps = [*held(timeline, device), (math.inf, 0)]
    for (time, number), (until, _) in pairwise(steps):
        left, right = round(scale.exact(time)), round(scale.exact(until))
        level = LEVELS[math.ceil(8 * number / most)] if number > 0 else " "
        cells[left:right] = [level] * (right - left)
    return cells


def peaks_of(timeline: Timeline) -> list[int]:
    """Return the most activations that each device holds."""
    return [
        max((number for _, number in held(timeline, device)), default=0)
        for device in range(timeline.devices)
    ]


def phases_line(timeline: Timeline, picture: Picture, scale: Scale, language: str) -> list[str]:
    """Return the brackets of the phases with their names, where these have room."""
    cells = [" "] * scale.size
    for name, start, end in shown_phases(timeline, picture, language):
        left, right = round(scale.exact(start)), round(scale.exact(end))
        if right - left < 2:  # noqa: PLR2004 - room for a bracket's two corners
            continue
        cells[left + 1 : right] = ["─"] * (right - left - 1)
        cells[left], cells[right - 1] = "└", "┘"
        for said in (f" {one_row(name)} ", one_row(name)):
            if columns(said) <= right - left - 2:
                put(cells, (left + right - columns(said)) // 2, said)
                break
    return cells


def ends_of(rows: list[Row], picture: Picture) -> list[str]:
    """Return what stands behind each row: its suffix, and its part of a brace."""
    widest = max((columns(row.suffix) for row in rows), default=0)
    braces = _braces(rows, picture.rows or Rows())
    return [
        f" {padded(row.suffix, widest)} {brace}".rstrip()
        for row, brace in zip(rows, braces, strict=True)
    ]


def _braces(rows: list[Row], shown: Rows) -> list[str]:
    """Return the part of a brace that stands behind each row, its label in the middle."""
    found = [""] * len(rows)
    for group in shown.groups or ():
        inside = [index for index, row in enumerate(rows) if row.device in group.devices]
        first, last = inside[0], inside[-1]
        for index in range(first, last + 1):
            found[index] = {first: "╮", last: "╯"}.get(index, "│") if first < last else "╶"
        found[(first + last) // 2] += f" {one_row(group.label)}"
    return found


def notes_of(timeline: Timeline, picture: Picture, style: Style) -> Iterator[str]:
    """Yield each note with the place it stands at."""
    names = names_of(timeline, style, picture.rows or Rows())
    for note in picture.notes or ():
        place = _place(note, names, picture.unit)
        text = one_row(note.text)
        yield say(style.language, "Note at {place}: {words}", place=place, words=text)


def _place(note: Note, names: list[str], unit: str | None) -> str:
    time, device = note.time, note.device
    if note.points_to:
        time, device = note.points_to
    at = f"t = {time:.6g}{f' {unit}' if unit else ''}"
    row = math.floor(device)
    on_row = 0 <= row < len(names) and names[row]
    return f"{at}, {one_row(names[row])}" if on_row else at
