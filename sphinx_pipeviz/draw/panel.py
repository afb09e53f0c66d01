"""One schedule of a picture -> Panel: grid, cells, labels, names and axis."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from sphinx_pipeviz.draw.axis import axis_height, axis_of
from sphinx_pipeviz.draw.brackets import (
    brackets_height,
    brackets_of,
    curves_height,
    curves_of,
)
from sphinx_pipeviz.draw.cells import boxes_of, labels_of, place_cells
from sphinx_pipeviz.draw.labels import DEFAULT, Numbers, write
from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.overlays import check_overlays, overlays_of
from sphinx_pipeviz.draw.rows import (
    GAP,
    braces,
    check_groups,
    names_of,
    row_names,
    row_suffixes,
    suffixes_of,
)
from sphinx_pipeviz.draw.scene import Boxes, Grid, Lines, Panel, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.thin import thinned
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.picture import Picture, Rows

NARROWEST_CELL = 3.0
#: Shorter timelines are drawn as if they were this long, in time units.
SHORTEST = 1e-290


def make_panel(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> Panel:
    """Fill a grid with a timeline.

    Raises:
        StyleError: The picture asks for what the timeline does not have.
    """
    rows = picture.rows or Rows()
    shown = thinned(timeline, grid, picture.color_by)
    cells = place_cells(shown, grid, style, picture)
    names = names_of(timeline, style, rows)
    behind = _behind(timeline, rows, grid, style, measure)
    below = _below(timeline, picture, names, grid, style, measure)
    return Panel(
        grid=grid,
        idle=_idle(grid, style),
        grid_lines=_grid_lines(grid, style, steady=_is_stepped(timeline)),
        tasks=boxes_of(cells, grid, style),
        labels=labels_of(cells, style, measure),
        lines=(*below.lines, *behind.lines),
        texts=(
            *row_names(names, grid, style),
            *_title(picture, grid, style),
            *below.texts,
            *behind.texts,
        ),
        curves=below.curves,
        over=tuple(overlays_of(timeline, picture, grid, style, measure)),
    )


class _Part(NamedTuple):
    """What stands on one side of the rows."""

    lines: tuple[Lines, ...]
    texts: tuple[Stamp, ...]
    curves: tuple[Boxes, ...] = ()


def _behind(
    timeline: Timeline, rows: Rows, grid: Grid, style: Style, measure: Measure
) -> _Part:
    suffixes = suffixes_of(timeline, style, rows)
    wide = max((measure(text, "regular") for text in suffixes), default=0.0)
    x = round(grid.right + GAP + wide * style.font_size + (GAP if suffixes else 0.0), 2)
    lines, words = braces(rows, grid, x, style)
    return _Part(tuple(lines), (*row_suffixes(suffixes, grid, style), *words))


def below_height(timeline: Timeline, picture: Picture, em: float) -> float:
    """Return how high everything below a panel's rows is, in points."""
    return (
        axis_height(picture, em)
        + brackets_height(picture, em)
        + curves_height(picture, timeline.devices, em)
    )


def _below(
    timeline: Timeline,
    picture: Picture,
    names: list[str],
    grid: Grid,
    style: Style,
    measure: Measure,
) -> _Part:
    """Return axis, brackets and curves, from the rows down."""
    lines, texts = axis_of(picture, grid, style, measure)
    top = grid.bottom - axis_height(picture, style.font_size)
    if picture.phases:
        hung, words = brackets_of(timeline, grid, round(top, 2), style, measure)
        lines, texts = [*lines, *hung], [*texts, *words]
        top -= brackets_height(picture, style.font_size)
    curves: list[Boxes] = []
    if picture.memory:
        curves, words = curves_of(timeline, names, grid, round(top, 2), style)
        texts = [*texts, *words]
    return _Part(tuple(lines), tuple(texts), tuple(curves))


def check_panel(timeline: Timeline, picture: Picture, style: Style) -> None:
    """Check what the picture asks for, without placing it.

    Raises:
        StyleError: The picture asks for what the timeline does not have.
    """
    rows = picture.rows or Rows()
    write(picture.labels or DEFAULT, Numbers("0", "0", "0", "0", "F"))
    names_of(timeline, style, rows)
    suffixes_of(timeline, style, rows)
    check_groups(rows, timeline.devices)
    check_overlays(timeline, picture, style)
    start = picture.from_ or 0.0
    if start >= timeline.end > 0 or (picture.to is not None and picture.to <= start):
        end = timeline.end if picture.to is None else picture.to
        message = f"there is no time from {start:g} to {end:g}"
        path = ("from",) if picture.to is None else ("to",)
        raise StyleError(message, hint="give 'from' before 'to', in time units", path=path)


def _title(picture: Picture, grid: Grid, style: Style) -> list[Stamp]:
    if picture.title is None:
        return []
    y = round(grid.top + LINE * style.font_size / 2, 2)
    place = (round((grid.left + grid.right) / 2, 2), y)
    return [
        Stamp(
            picture.title, style.font_size, style.text, "center", weight="bold", places=(place,)
        )
    ]


def _idle(grid: Grid, style: Style) -> Boxes:
    width = round(_columns(grid)[-1], 3)
    rows = range(grid.rows) if style.idle_look != "none" else ()
    boxes = [(grid.left, grid.row_y(row), width, grid.row_height) for row in rows]
    edge = None if style.idle_look == "fill" else style.idle_edge
    return Boxes(style.idle, edge, 0.5, tuple(boxes), style.idle_hatch)


def _columns(grid: Grid) -> list[float]:
    """Return the right edges of the grid's cells, from ``grid.left``: one per step."""
    length = grid.end - grid.start
    step = grid_step(length, grid.unit)
    count = max(1, math.ceil(round(length / step, 6)))
    columns = [round((i + 1) * step * grid.unit, 3) for i in range(count)]
    columns[-1] = min(columns[-1], round(max(length, step) * grid.unit, 3))
    return columns


def grid_step(end: float, unit: float) -> float:
    """Return the time one grid cell stands for: 1 where cells of 1 are wide enough.

    Else the next of 2, 5, 10, 20 …; where the whole timeline is shorter than 1, the
    power of ten that makes at least ten cells.
    """
    if 0 < end <= 1:
        return float(10.0 ** math.floor(math.log10(max(end, SHORTEST)) - 1))
    step = 1.0
    while step * unit < NARROWEST_CELL:
        leading = step / 10 ** math.floor(math.log10(step) + 1e-9)
        step *= 2.5 if round(leading) == 2 else 2  # noqa: PLR2004  (1, 2, 5, 10)
    return step


def _is_stepped(timeline: Timeline) -> bool:
    """Tell whether tasks start at steps of a grid; measured ones start anywhere."""
    starts = {run.start for row in timeline.rows for run in row}
    return timeline.end <= 1 or all((4 * start).is_integer() for start in starts)


def _grid_lines(grid: Grid, style: Style, *, steady: bool) -> Lines:
    columns = _columns(grid)[:-1] if style.idle_look in ("grid", "hatch") and steady else []
    xs = [round(grid.left + column, 3) for column in columns]
    bands = [(grid.bottom, grid.top)]
    heights = sorted(grid.bottoms)
    if any(high - low > grid.row_height + 0.01 for low, high in pairwise(heights)):
        bands = [(low, round(low + grid.row_height, 3)) for low in heights]
    strokes = tuple(((x, low), (x, high)) for low, high in bands for x in xs)
    return Lines(style.idle_edge, 0.5, strokes, upright=True)
