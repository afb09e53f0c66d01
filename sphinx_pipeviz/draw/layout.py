"""Timelines + Style -> Scene: where everything goes, by arithmetic alone."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from sphinx_pipeviz.draw.axis import number
from sphinx_pipeviz.draw.legend import LINE, Entry, Measure, entries
from sphinx_pipeviz.draw.legend_lines import length, place_legend
from sphinx_pipeviz.draw.panel import (
    SHORTEST,
    below_height,
    cut_ems,
    head_height,
    make_panel,
)
from sphinx_pipeviz.draw.rows import (
    GAP,
    LANE,
    braces_width,
    ladder,
    names_of,
    suffixes_of,
)
from sphinx_pipeviz.draw.scales import bar, coloured
from sphinx_pipeviz.draw.scene import Grid, Scene
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.swatches import MARGIN, column, key_of
from sphinx_pipeviz.draw.titles import heading, heading_height, heading_of
from sphinx_pipeviz.draw.tracks import lanes_shown
from sphinx_pipeviz.draw.words import raised, wide
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.picture import Picture, Rows

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
    def lanes(self) -> tuple[str, ...]:
        """The names of the lanes that are drawn below each row."""
        return lanes_shown(self.timeline, self.picture)

    @property
    def ladder(self) -> tuple[list[float], float]:
        """Where the rows are, and the height of all, in heights of a row."""
        return ladder(self.timeline, self.rows, len(self.lanes))

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
    title: str | None = None,
) -> Scene:
    """Place timelines below each other, on one scale of time, and a title above them.

    The other arguments are those of ``lay_out``.
    """
    size = size or Size(style.width)
    listed = _listed(parts, style, full=full_legend)
    frame = _frame(parts, listed, style, size, measure)
    style = msgspec.structs.replace(style, font_size=frame.em)
    placed = [] if frame.aside else place_legend(listed, frame.em, size.width, measure)
    below = len(placed) * LINE * frame.em + MARGIN
    above = heading_height(title, frame.em) if title else 0.0
    grids, height = _grids(parts, frame, style, size, (below, above))
    lacking = len(listed) * LINE * frame.em + MARGIN - grids[0].top if frame.aside else 0.0
    if lacking > 0:
        grids, height = _grids(parts, frame, style, size, (below + lacking, above))
    legend_y = round(below - LINE * frame.em / 2, 2)
    if frame.aside:
        placed = column(listed, frame.em, size.width, measure)
        legend_y = round(grids[0].top - LINE * frame.em / 2, 2)
    height = size.height or height
    panels = (
        make_panel(part.timeline, part.picture, grid, style, measure)
        for part, grid in zip(parts, grids, strict=True)
    )
    above_all = heading(heading_of(parts, title), height, grids[0], style, measure)
    return Scene(
        width=size.width,
        height=height,
        background=style.background,
        panels=tuple(panels),
        keys=tuple(key_of(entry, style, legend_y) for row in placed for entry in row),
        heading=tuple(raised(above_all, measure)),
        title=parts[0].timeline.name,
        font=style.font,
        fallback=style.fallback,
        language=style.language,
    )


def _listed(parts: Sequence[Part], style: Style, *, full: bool) -> list[Entry]:
    picture = parts[0].picture
    timelines = [part.timeline for part in parts]
    words = picture.words
    if picture.legend == "none":
        return []
    if picture.color_by == "value":
        return bar(timelines, style, words)
    lanes = [lane for part in parts for lane in part.timeline.lanes if lane.name in part.lanes]
    if picture.color_by not in (None, "kind"):
        alike = [p.timeline for p in parts if p.picture.color_by == picture.color_by]
        return coloured(alike, style, picture.color_by, words, lanes)
    merged = any(part.picture.overlap == "merged" for part in parts)
    return entries(timelines, style, full=full, words=words, lanes=lanes, merged=merged)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all panels share, in points: text size, margins, length of time, and width."""

    em: float
    left: float
    right: float
    unit: float
    aside: bool
    page: float


def _frame(
    parts: Sequence[Part], listed: list[Entry], style: Style, size: Size, measure: Measure
) -> _Frame:
    names = [name for part in parts for name in names_of(part.timeline, style, part.rows)]
    aside = parts[0].picture.words.position == "right" and bool(listed)
    ems = max((_right_ems(part, style, measure) for part in parts), default=0.0)
    if aside:
        ems += max(length(entry, measure) for entry in listed) + 1.5
    # Digits are about as wide as each other; many names differ by nothing else.
    alike = {_DIGIT.sub("0", name) for name in names}
    widest = max((wide(name, measure) for name in sorted(alike)), default=0.0)
    widest += max((cut_ems(part.timeline, part.start) for part in parts), default=0.0)
    by_legend = max((length(entry, measure) for entry in listed), default=0.0)
    em = min(
        style.font_size,
        NAMES * size.width / max(1.0, widest),
        RIGHT * size.width / max(1.0, ems),
        (size.width - 2 * MARGIN) / max(1.0, by_legend),
    )
    left = round(MARGIN + widest * em + GAP, 2)
    right = MARGIN + ems * em
    span = max((part.end - part.start for part in parts), default=1.0)
    unit = (size.width - left - right) / max(span or 1.0, SHORTEST)
    return _Frame(em, left, right, _rounded(unit), aside, size.width)


def _right_ems(part: Part, style: Style, measure: Measure) -> float:
    """Return how much room what stands behind the rows takes, in ems."""
    suffixes = suffixes_of(part.timeline, style, part.rows, part.picture.sizes)
    widest = max((wide(text, measure) for text in suffixes), default=0.0)
    if part.picture.memory:
        digits = "000.00" if part.picture.sizes else "000"
        most = say(style.language, "max {number}", number=digits)
        widest = max(widest, measure(most, "regular"))
    widest += cut_ems(part.timeline, part.end)
    if part.picture.axis == "numbers":
        widest = max(widest, measure(number(part.end), "regular") / 2 - 0.4)
    return widest + (2.0 if suffixes else 0.0) + braces_width(part.rows, measure)


def _grids(
    parts: Sequence[Part], frame: _Frame, style: Style, size: Size, ends: tuple[float, float]
) -> tuple[list[Grid], float]:
    """Return the grid of each panel, the first one on top, and the picture's height.

    Args:
        parts: The panels.
        frame: What they share.
        style: Height of rows.
        size: Of the picture.
        ends: Heights of what is below all panels, and above them.
    """
    em = frame.em
    below, above = ends
    high = sum(part.ladder[1] for part in parts)
    others = [
        below_height(part.timeline, part.picture, em)
        + head_height(part.timeline, part.picture, em)
        for part in parts
    ]
    fixed = below + above + MARGIN + sum(others) + BETWEEN * em * (len(parts) - 1)
    row = _row_height(high, len(parts), style, size, fixed)
    y, grids = below, []
    for part in reversed(parts):
        y += below_height(part.timeline, part.picture, em)
        grid = _grid(part, frame, row, round(y, 2))
        grids.append(grid)
        y += part.ladder[1] * row + head_height(part.timeline, part.picture, em) + BETWEEN * em
    return grids[::-1], round(y - BETWEEN * em + above + MARGIN, 3)


def _grid(part: Part, frame: _Frame, row: float, bottom: float) -> Grid:
    return Grid(
        left=frame.left,
        bottom=bottom,
        unit=frame.unit,
        row_height=row,
        bottoms=tuple(round(bottom + step * row, 3) for step in part.ladder[0]),
        start=part.start,
        end=part.end,
        lanes=len(part.lanes),
        lane_height=round(LANE * row, 3),
        page=frame.page,
    )


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
