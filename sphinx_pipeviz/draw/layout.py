"""Timelines + Style -> Scene: where everything goes, by arithmetic alone."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from sphinx_pipeviz.draw.legend import (
    LINE,
    SWATCH_HEIGHT,
    Entry,
    Measure,
    coloured,
    entries,
    length,
    place_legend,
)
from sphinx_pipeviz.draw.panel import SHORTEST, below_height, make_panel
from sphinx_pipeviz.draw.rows import (
    GAP,
    bottoms_of,
    braces_width,
    names_of,
    rows_height,
    suffixes_of,
)
from sphinx_pipeviz.draw.scene import Boxes, Grid, Scene, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.picture import Picture, Rows

MARGIN = 6.0
#: Largest share of the width that row names take.
NAMES = 0.3
#: Largest share of the width that what stands at the right takes.
RIGHT = 0.4
#: Above this height of all rows together, rows shrink, though not below LOWEST_ROW ...
TALL = 330.0
LOWEST_ROW = 5.0
#: ... until all rows together are this high.
TALLEST = 2000.0
#: How much taller a picture of several panels may be, for each panel more.
MORE = 0.5
#: Between two panels, in ems.
BETWEEN = 0.8


_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Size:
    """A wished size of the picture in points; None lets the rows decide the height."""

    width: float
    height: float | None = None


class Part(NamedTuple):
    """A timeline, and what its panel shows."""

    timeline: Timeline
    picture: Picture

    @property
    def rows(self) -> Rows:
        """What the panel's rows look like."""
        return self.picture.rows or Rows()

    @property
    def start(self) -> float:
        """When the time range begins."""
        return self.picture.from_ or 0.0

    @property
    def end(self) -> float:
        """When the time range ends."""
        end = self.picture.to if self.picture.to is not None else self.timeline.end
        return max(end, self.start)


def lay_out(
    timeline: Timeline,
    style: Style,
    measure: Measure,
    *,
    size: Size | None = None,
    full_legend: bool = False,
    picture: Picture | None = None,
) -> Scene:
    """Place a timeline's rows, tasks, labels and legend.

    Args:
        timeline: What to draw.
        style: How it looks.
        measure: Width of a text in ems.
        size: Size of the picture; None takes the style's width.
        full_legend: List forward, backward and optimizer even where they do not occur.
        picture: What it shows besides the tasks.

    Raises:
        StyleError: The picture asks for what the timeline does not have.
    """
    parts = [Part(timeline, picture or Picture())]
    return stack(parts, style, measure, size=size, full_legend=full_legend)


def stack(
    parts: Sequence[Part],
    style: Style,
    measure: Measure,
    *,
    size: Size | None = None,
    full_legend: bool = False,
) -> Scene:
    """Place timelines below each other, on one scale of time; see ``lay_out``."""
    size = size or Size(style.width)
    listed = _listed(parts, style, full=full_legend)
    frame = _frame(parts, listed, style, size, measure)
    style = msgspec.structs.replace(style, font_size=frame.em)
    placed = [] if frame.aside else place_legend(listed, frame.em, size.width, measure)
    below = len(placed) * LINE * frame.em + MARGIN
    grids, height = _grids(parts, frame, style, size, below)
    if frame.aside:
        placed = _column(listed, frame, size.width, measure)
    legend_y = round(below - LINE * frame.em / 2, 2)
    if frame.aside:
        legend_y = round(grids[0].top - LINE * frame.em / 2, 2)
    return Scene(
        width=size.width,
        height=size.height or height,
        background=style.background,
        panels=tuple(
            make_panel(part.timeline, part.picture, grid, style, measure)
            for part, grid in zip(parts, grids, strict=True)
        ),
        legend=tuple(box for row in placed for box in _legend_boxes(row, style, legend_y)),
        texts=tuple(text for row in placed for text in _legend_texts(row, style, legend_y)),
        title=parts[0].timeline.name,
        font=style.font,
    )


def _listed(parts: Sequence[Part], style: Style, *, full: bool) -> list[Entry]:
    picture = parts[0].picture
    timelines = [part.timeline for part in parts]
    if picture.legend == "none":
        return []
    if picture.color_by in (None, "kind"):
        return entries(timelines, style, full=full)
    return coloured(timelines, style, picture.color_by)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all panels share, in points: text size, margins and the length of time."""

    em: float
    left: float
    right: float
    unit: float
    aside: bool


def _frame(
    parts: Sequence[Part], listed: list[Entry], style: Style, size: Size, measure: Measure
) -> _Frame:
    names = [name for part in parts for name in names_of(part.timeline, style, part.rows)]
    aside = parts[0].picture.legend == "right" and bool(listed)
    ems = max((_right_ems(part, style, measure) for part in parts), default=0.0)
    if aside:
        ems += max(length(entry, measure) for entry in listed) + 1.5
    # Digits are about as wide as each other; many names differ by nothing else.
    alike = {_DIGIT.sub("0", name) for name in names}
    wide = max((measure(name, "regular") for name in sorted(alike)), default=0.0)
    by_legend = max((length(entry, measure) for entry in listed), default=0.0)
    em = min(
        style.font_size,
        NAMES * size.width / max(1.0, wide),
        RIGHT * size.width / max(1.0, ems),
        (size.width - 2 * MARGIN) / max(1.0, by_legend),
    )
    left = round(MARGIN + wide * em + GAP, 2)
    right = MARGIN + ems * em
    span = max((part.end - part.start for part in parts), default=1.0)
    unit = (size.width - left - right) / max(span or 1.0, SHORTEST)
    return _Frame(em, left, right, _rounded(unit), aside)


def _right_ems(part: Part, style: Style, measure: Measure) -> float:
    """Return how much room what stands behind the rows takes, in ems."""
    suffixes = suffixes_of(part.timeline, style, part.rows)
    wide = max((measure(text, "regular") for text in suffixes), default=0.0)
    if part.picture.memory:
        wide = max(wide, measure("max 000", "regular"))
    return wide + (2.0 if suffixes else 0.0) + braces_width(part.rows, measure)


def _grids(
    parts: Sequence[Part], frame: _Frame, style: Style, size: Size, below: float
) -> tuple[list[Grid], float]:
    """Return the grid of each panel, the first one on top, and the picture's height."""
    em = frame.em
    count = sum(
        part.timeline.devices + part.rows.gap * max(0, part.timeline.devices - 1)
        for part in parts
    )
    others = [below_height(part.timeline, part.picture, em) + _head(part, em) for part in parts]
    fixed = below + MARGIN + sum(others) + BETWEEN * em * (len(parts) - 1)
    row = _row_height(max(1.0, count), len(parts), style, size, fixed)
    y, grids = below, []
    for part in reversed(parts):
        y += below_height(part.timeline, part.picture, em)
        rows = max(1, part.timeline.devices)
        bottom = round(y, 2)
        bottoms = bottoms_of(part.timeline.devices, bottom, row, part.rows)
        grids.append(Grid(frame.left, bottom, frame.unit, row, bottoms, part.start, part.end))
        y += rows_height(rows, row, part.rows) + _head(part, em) + BETWEEN * em
    return grids[::-1], round(y - BETWEEN * em + MARGIN, 3)


def _head(part: Part, em: float) -> float:
    return LINE * em if part.picture.title else 0.0


def _row_height(count: float, panels: int, style: Style, size: Size, fixed: float) -> float:
    most = 1 + MORE * (panels - 1)
    lowest = min(LOWEST_ROW, TALLEST * most / count)
    height = max(lowest, min(style.row_height, TALL * most / count))
    if size.height is not None:
        height = max(size.height - fixed, 0.1 * size.height) / count
    return _rounded(height)


def _rounded(number: float) -> float:
    """Return at most the number: short ones make short files, larger ones leave the page."""
    scale = 10.0 ** max(0, 3 - math.floor(math.log10(number)))
    return math.floor(number * scale) / scale


def _column(
    listed: list[Entry], frame: _Frame, width: float, measure: Measure
) -> list[list[Entry]]:
    """Return the entries below each other, at the right edge."""
    longest = max(length(entry, measure) for entry in listed)
    x = round(width - MARGIN - longest * frame.em, 2)
    return [[entry.moved(x, line, frame.em)] for line, entry in enumerate(listed)]


def _legend_texts(row: list[Entry], style: Style, y: float) -> list[Stamp]:
    return [
        Stamp(
            entry.text,
            style.font_size,
            style.text,
            "left",
            weight="regular",
            places=((entry.text_x, round(y - entry.line * LINE * entry.em, 2)),),
        )
        for entry in row
    ]


def _legend_boxes(row: list[Entry], style: Style, y: float) -> list[Boxes]:
    boxes = []
    for entry in row:
        height = round(SWATCH_HEIGHT * entry.em, 2)
        bottom = round(y - entry.line * LINE * entry.em - height / 2, 2)
        for fill, hatch, x, width in entry.swatches():
            line = round(min(0.5, 0.12 * width), 2)
            boxes.append(Boxes(fill, style.edge, line, ((x, bottom, width, height),), hatch))
    return boxes
