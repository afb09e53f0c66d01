"""One schedule of a picture -> Panel: grid, cells, labels, names and axis."""

from __future__ import annotations

import math
from itertools import pairwise

from sphinx_pipeviz.draw.amounts import check_sizes
from sphinx_pipeviz.draw.arrows import (
    ARC,
    arc_side,
    arrows_of,
    followed,
    transition_height,
    transition_of,
)
from sphinx_pipeviz.draw.axis import axis_height, axis_of
from sphinx_pipeviz.draw.brackets import (
    Below,
    brackets_height,
    brackets_of,
    curves_height,
    curves_of,
    shown_phases,
)
from sphinx_pipeviz.draw.cells import boxes_of, place_cells
from sphinx_pipeviz.draw.chosen import inner
from sphinx_pipeviz.draw.labels import check_template, templates
from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.lettering import labels_of
from sphinx_pipeviz.draw.linked import check_links
from sphinx_pipeviz.draw.notes import check_notes, notes_of, room_above, room_below
from sphinx_pipeviz.draw.overlays import (
    bubble_of,
    check_bubble,
    check_highlights,
    label_room,
    overlays_of,
)
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
from sphinx_pipeviz.draw.titles import title_of
from sphinx_pipeviz.draw.words import centred, more_lines, raised, wide
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.phases import check_phases, way_of
from sphinx_pipeviz.picture import Picture, Rows

#: Room for an ellipsis where the timeline is cut, in ems.
CUT = 1.4
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
    behind = _behind(timeline, picture, grid, style, measure)
    below = _below(timeline, picture, names, grid, style, measure)
    top = grid.top + head_height(timeline, picture, style.font_size)
    left = round(grid.left - GAP - cut_ems(timeline, grid.start) * style.font_size, 2)
    texts = (
        *row_names(names, left, grid, style),
        *_title(timeline, picture, grid, style, measure),
        *_ellipses(timeline, grid, style),
        *below.texts,
        *behind.texts,
    )
    return Panel(
        grid=grid,
        idle=_idle(grid, style),
        grid_lines=_grid_lines(grid, style, steady=_is_stepped(timeline)),
        tasks=boxes_of(cells, grid, style),
        labels=labels_of(cells, style, measure),
        lines=(*below.lines, *behind.lines),
        texts=tuple(raised(texts, measure)),
        curves=below.boxes,
        over=(
            *overlays_of(timeline, picture, grid, style, measure),
            *arrows_of(timeline, picture, grid, style),
            *bubble_of(timeline, picture, grid, style, measure),
            *notes_of(picture, grid, style, measure),
            *transition_of(picture, grid, top, style, measure),
        ),
        names=tuple(names),
        links=tuple(picture.links or ()),
    )


def head_height(timeline: Timeline, picture: Picture, em: float) -> float:
    """Return how high everything above a panel's rows is, in points."""
    title = LINE * em + more_lines(picture.title, em) if picture.title else 0.0
    return _strip(timeline, picture, em) + title + transition_height(picture, em)


def _strip(timeline: Timeline, picture: Picture, em: float) -> float:
    """Return the height of what stands right above the rows."""
    arcs = ARC * em if arc_side(timeline, picture) == "above" else 0.0
    return max(room_above(picture, em), label_room(picture, timeline, em), arcs)


def _behind(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> Below:
    rows = picture.rows or Rows()
    suffixes = suffixes_of(timeline, style, rows, picture.sizes)
    wide_ems = max((wide(text, measure) for text in suffixes), default=0.0)
    x = round(grid.right + GAP + cut_ems(timeline, grid.end) * style.font_size, 2)
    brace = round(x + wide_ems * style.font_size + (GAP if suffixes else 0.0), 2)
    lines, words = braces(rows, grid, brace, style)
    return Below(tuple(lines), (*row_suffixes(suffixes, x, grid, style), *words))


def cut_ems(timeline: Timeline, time: float) -> float:
    """Return the room beside the rows for an ellipsis, where the timeline is cut at a time."""
    return CUT if timeline.start < time < timeline.end * (1 - 1e-9) else 0.0


def _ellipses(timeline: Timeline, grid: Grid, style: Style) -> list[Stamp]:
    """Return an ellipsis at each side at which the timeline goes on."""
    y = round((grid.bottom + grid.top) / 2, 2)
    away = round(CUT * style.font_size / 2 + 1, 2)
    sides = ((grid.start, grid.left - away), (grid.end, grid.right + away))
    places = tuple((round(x, 2), y) for time, x in sides if cut_ems(timeline, time))
    if not places:
        return []
    return [Stamp("⋯", style.font_size, style.text, "center", "bold", places)]


def below_height(timeline: Timeline, picture: Picture, em: float) -> float:
    """Return how high everything below a panel's rows is, in points."""
    return (
        _foot(timeline, picture, em)
        + axis_height(picture, em)
        + brackets_height(picture, em)
        + curves_height(picture, timeline.devices, em)
    )


def _foot(timeline: Timeline, picture: Picture, em: float) -> float:
    """Return the height of what stands right below the rows."""
    arcs = ARC * em if arc_side(timeline, picture) == "below" else 0.0
    return max(room_below(picture, timeline.devices, em), arcs)


def _below(
    timeline: Timeline,
    picture: Picture,
    names: list[str],
    grid: Grid,
    style: Style,
    measure: Measure,
) -> Below:
    """Return axis, brackets and curves, from the rows down; numbers are next to the rows."""
    em = style.font_size
    top = grid.bottom - _foot(timeline, picture, em)
    axis_first = picture.axis == "numbers"
    axis = axis_of(
        picture,
        grid,
        round(top - (0 if axis_first else brackets_height(picture, em)), 2),
        style,
        measure,
    )
    if axis_first:
        top -= axis_height(picture, em)
    phases = shown_phases(timeline, picture, style.language)
    brackets = brackets_of(phases, grid, round(top, 2), style, measure)
    top = grid.bottom - below_height(timeline, picture, em)
    top += curves_height(picture, timeline.devices, em)
    curves = Below()
    if picture.memory:
        place = (grid, round(top, 2))
        curves = curves_of(timeline, names, place, style, measure, picture.sizes)
    return Below(
        (*axis[0], *brackets.lines),
        (*axis[1], *brackets.texts, *curves.texts),
        (*brackets.boxes, *curves.boxes),
    )


def check_panel(timeline: Timeline, picture: Picture, style: Style) -> None:
    """Check what the picture asks for, without placing it.

    Raises:
        StyleError: The picture asks for what the timeline does not have.
    """
    rows = picture.rows or Rows()
    for path, template in templates(picture.labels).items():
        check_template(template, path)
    names_of(timeline, style, rows)
    suffixes_of(timeline, style, rows, picture.sizes)
    title_of(timeline, picture)
    check_groups(rows, timeline.devices)
    if picture.sizes:
        check_sizes(picture.sizes, timeline.devices)
    check_highlights(timeline, picture, style)
    check_bubble(timeline, picture)
    check_phases(picture.phases if isinstance(picture.phases, list) else [])
    check_links(timeline, picture, style)
    check_notes(picture.notes or [], timeline.devices)
    _check_ways(timeline, picture, style)
    start = picture.from_ or 0.0
    if start >= timeline.end > 0 or (picture.to is not None and picture.to <= start):
        end = timeline.end if picture.to is None else picture.to
        message = f"there is no time from {start:g} to {end:g}"
        path = ("from",) if picture.to is None else ("to",)
        raise StyleError(message, hint="give 'from' before 'to', in time units", path=path)


def _check_ways(timeline: Timeline, picture: Picture, style: Style) -> None:
    for index, number in enumerate(followed(picture)):
        if not way_of(timeline, inner(timeline, number, style)):
            message = f"there is no microbatch {number} to follow"
            raise StyleError(message, path=("follow", index))
    if picture.color_by == "value" and not timeline.values:
        hint = "give the tasks of a timeline a 'value'"
        raise StyleError("no task has a value", hint=hint, path=("color-by",))


def _title(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> list[Stamp]:
    title, em = title_of(timeline, picture), style.font_size
    if not title:
        return []
    y = grid.top + _strip(timeline, picture, em) + (LINE * em + more_lines(title, em)) / 2
    place = (round((grid.left + grid.right) / 2, 2), round(y, 2))
    return centred(title, em, style.text, grid.page, place, measure)


def _idle(grid: Grid, style: Style) -> Boxes:
    width = round(_columns(grid)[-1], 3)
    rows = range(grid.rows) if style.idle_look != "none" else ()
    boxes = [(grid.left, grid.row_y(row), width, grid.row_height) for row in rows]
    boxes += [
        (grid.left, grid.lane_y(row, lane), width, grid.lane_height)
        for row in rows
        for lane in range(grid.lanes)
    ]
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
