"""Cells -> their labels: how large they are, and where each piece stands."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Literal

from sphinx_pipeviz.draw.cells import Cell, Group
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Point, Sort, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import placed, spread
from sphinx_pipeviz.ops import PASSES, Kind

#: Least width of a label, in ems: a space has none.
NARROW = 0.01
#: In points: smaller labels are left out.
SMALLEST_LABEL = 4.2
#: Digits above each other are harder to read, so they must be larger.
SMALLEST_UPRIGHT = 4.6
#: Share of a cell's width that stays free on each side of its label.
PADDING = 0.15
#: Share of labels that may be smaller than the others.
RARE = 0.1
#: Height of a line of a label, as a share of the cell's, and from line to line, in ems.
HIGH = 0.72
LEADING = 0.95
#: Share of a cell's width and height that digits above each other take.
TIGHT = 0.64
TALL = 0.94
#: Longest number whose digits may stand above each other.
LONGEST = 3

#: How a label stands: its pieces side by side, its digits above each other, or upwards.
How = Literal["level", "stacked", "turned"]
#: Size of a group's labels, and how they stand.
Size = tuple[float, How]
NONE: Size = (0.0, "level")


def labels_of(cells: list[Cell], style: Style, measure: Measure) -> tuple[Stamp, ...]:
    """Stamp the labels of all cells that are wide enough for theirs.

    In narrow cells the digits of a number stand above each other, and longer labels read
    upwards.
    """
    sizes = _label_sizes([cell for cell in cells if cell.label], style, measure)
    places: dict[tuple[str, float, str, Sort, bool], list[Point]] = defaultdict(list)
    for cell in cells:
        size, how = sizes.get(cell.group, NONE) if cell.label else NONE
        if size:
            stacked, turned = how == "stacked", how == "turned"
            pieces = (
                _digits(cell, size) if stacked else _pieces(cell, size, measure, turned=turned)
            )
            for text, of_size, place in pieces:
                places[text, of_size, cell.text, cell.task.sort, turned].append(place)
    return tuple(
        Stamp(text, size, colour, "center", "bold", tuple(where), sort, turned=turned)
        for (text, size, colour, sort, turned), where in places.items()
    )


def _pieces(
    cell: Cell, size: float, measure: Measure, *, turned: bool
) -> Iterator[tuple[str, float, Point]]:
    """Yield the text, size and middle of each piece of a label, side by side or upwards."""
    x, y, width, height = cell.box
    middle = (x + width / 2, y + height / 2)
    start = -size * spread(cell.label, measure, "bold") / 2
    for text, share, right, up in placed(cell.label, measure, "bold"):
        along, across = start + size * right, size * up
        away = (-across, along) if turned else (along, across)
        place = (round(middle[0] + away[0], 3), round(middle[1] + away[1], 3))
        yield text, round(size * share, 2), place


def _digits(cell: Cell, size: float) -> Iterator[tuple[str, float, Point]]:
    """Yield the digits of a number, above each other."""
    x, y, width, height = cell.box
    text = cell.label[0].text
    top = y + height / 2 + LEADING * size * (len(text) - 1) / 2
    for index, digit in enumerate(text):
        place = (round(x + width / 2, 3), round(top - LEADING * size * index, 3))
        yield digit, round(size, 2), place


def _label_sizes(cells: list[Cell], style: Style, measure: Measure) -> dict[Group, Size]:
    """Return the size of labels per kind and duration; none where they cannot be read.

    All passes are of one size, but a few narrow ones do not make all others small.
    """
    groups: dict[Group, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.group].append(cell)
    families: dict[Kind, dict[Group, Size]] = defaultdict(dict)
    for group, found in groups.items():
        fit = _fit(found, style, measure)
        if fit[0] >= SMALLEST_LABEL:
            families[Kind.FORWARD if group[0] in PASSES else group[0]][group] = fit
    sizes: dict[Group, Size] = {}
    for fits in families.values():
        common = _common(fits, groups, style)
        for group, (size, how) in fits.items():
            sizes[group] = (math.floor(10 * min(size, common)) / 10, how)
    return sizes


def _fit(cells: list[Cell], style: Style, measure: Measure) -> Size:
    """Return the largest size at which all labels of a group fit, or one too small."""
    for how, room, least in WAYS:
        size = style.font_size
        for cell in cells:
            size = min(size, room(cell, measure))
            if size < least:
                break
        else:
            return size, how
    return NONE


def _level_fit(cell: Cell, measure: Measure) -> float:
    _, _, width, height = cell.box
    room = width * (1 - 2 * PADDING)
    return min(room / max(spread(cell.label, measure, "bold"), NARROW), height * HIGH)


def _turned_fit(cell: Cell, measure: Measure) -> float:
    _, _, width, height = cell.box
    if width >= height:
        return 0.0
    room = height * (1 - 2 * PADDING)
    return min(room / max(spread(cell.label, measure, "bold"), NARROW), width * HIGH)


def _stacked_fit(cell: Cell, measure: Measure) -> float:
    _, _, width, height = cell.box
    text = cell.label[0].text
    if len(cell.label) > 1 or not text.isdigit() or len(text) > LONGEST:
        return 0.0
    wide = max(measure(digit, "bold") for digit in text)
    lines = len(text) - 1
    high = height * TALL / (HIGH + LEADING * lines) if lines else height * HIGH
    return min(width * TIGHT / max(wide, NARROW), high)


WAYS: tuple[tuple[How, Callable[[Cell, Measure], float], float], ...] = (
    ("level", _level_fit, SMALLEST_LABEL),
    ("stacked", _stacked_fit, SMALLEST_UPRIGHT),
    ("turned", _turned_fit, SMALLEST_UPRIGHT),
)


def _common(fits: dict[Group, Size], groups: dict[Group, list[Cell]], style: Style) -> float:
    """Return the size that all but a few labels can have."""
    rare = RARE * sum(len(groups[group]) for group in fits)
    for group in sorted(fits, key=lambda group: fits[group]):
        rare -= len(groups[group])
        if rare < 0:
            return fits[group][0]
    return max((size for size, _ in fits.values()), default=style.font_size)
