"""Ways through the tasks: of microbatches, of time, of transfers; and from panel to panel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from sphinx_pipeviz.draw.chosen import inner
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.notes import Mark, head
from sphinx_pipeviz.draw.scene import Grid, Lines, Point
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import EDGE, LEADING, count, stamps, wide
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.phases import Stop, critical_path, handovers, turns, way_of
from sphinx_pipeviz.picture import Picture

#: Line widths, in points.
PATH = 1.4
ARROW = 0.8
THICK = 2.2
#: Where a path crosses a row, below the labels, as a share of the row's height.
LOW = 0.14
#: Height of an arc, in ems, and of how many strokes it is made.
ARC = 1.5
STROKES = 12
#: Where the arrow between two panels is, as a share of the width of the upper one.
AT = 0.4


def arrows_of(timeline: Timeline, picture: Picture, grid: Grid, style: Style) -> Iterator[Mark]:
    """Yield the lines along and between tasks."""
    if picture.arrows == "transfers":
        yield from _transfers(timeline, grid, style)
    elif picture.arrows == "turns":
        yield from _turns(timeline, grid, style)
    for number in followed(picture):
        yield from _path(way_of(timeline, inner(timeline, number, style)), grid, style)
    if picture.critical_path:
        yield from _path(critical_path(timeline), grid, style)


def followed(picture: Picture) -> list[int]:
    """Return the numbers of the microbatches whose way is drawn."""
    if picture.follow is None:
        return []
    numbers = [picture.follow] if isinstance(picture.follow, int) else picture.follow
    return [*dict.fromkeys(numbers)]


def _path(stops: list[Stop], grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield a line below the labels of runs, with an arrow at its end."""
    points: list[Point] = []
    for device, run in stops:
        if run.end <= grid.start or run.start >= grid.end:
            continue
        y = round(grid.row_y(device) + LOW * grid.row_height, 2)
        left, right = (
            (grid.x(min(max(time, grid.start), grid.end)), y) for time in (run.start, run.end)
        )
        for point in (*_corner(points, left), left, right):
            if not points or points[-1] != point:
                points.append(point)
    if len(points) > 1:
        strokes = tuple(pairwise(points))
        yield Lines(style.background, PATH + 1.2, strokes)
        yield Lines(style.accent, PATH, (*strokes, *head(*strokes[-1])))


def _corner(points: list[Point], following: Point) -> list[Point]:
    """Return where a path turns on its way to another row.

    It waits in the upper row, below the labels, and changes rows where a run of the lower
    one starts or ends.
    """
    if not points:
        return []
    x, y = points[-1]
    return [(x, following[1])] if following[1] > y else [(following[0], y)]


def _transfers(timeline: Timeline, grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield an arrow from the end of each pass to the start of those that need it.

    It leaves and arrives near the edges that face each other, where no labels are.
    """
    strokes: list[tuple[Point, Point]] = []
    for made, needed in handovers(timeline):
        start, end = made.run.end, needed.run.start
        if grid.start <= start and end <= grid.end:
            low, high = grid.row_y(made.device), grid.row_y(needed.device)
            near = 1 - LOW if high > low else LOW
            ends = (
                (grid.x(start), round(low + near * grid.row_height, 2)),
                (grid.x(end), round(high + (1 - near) * grid.row_height, 2)),
            )
            strokes += [ends, *head(*ends, 3.0)]
    if strokes:
        yield Lines(style.accent, ARROW, tuple(strokes))


def arc_side(timeline: Timeline, picture: Picture) -> str:
    """Return where arcs stand: ``above`` or ``below`` the rows, or nowhere."""
    found = turns(timeline) if picture.arrows == "turns" else []
    up = picture.rows is not None and picture.rows.order == "up"
    if not found:
        return ""
    return "above" if up == (found[0][0].device > 0) else "below"


def _turns(timeline: Timeline, grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield an arc from each of the last stage's forwards to its backward."""
    strokes: list[tuple[Point, Point]] = []
    for forward, backward in turns(timeline):
        times = [(stop.run.start + stop.run.end) / 2 for stop in (forward, backward)]
        if times[0] < grid.start or times[1] > grid.end:
            continue
        low = grid.row_y(forward.device)
        above = low + grid.row_height >= grid.top
        y = round(low + grid.row_height if above else low, 2)
        high = ARC * style.font_size * (1 if above else -1)
        arc = list(_arc(grid.x(times[0]), grid.x(times[1]), y, high))
        strokes += [*arc, *head(*arc[-1])]
    if strokes:
        yield Lines(style.accent, ARROW, tuple(strokes))


def _arc(left: float, right: float, y: float, high: float) -> Iterator[tuple[Point, Point]]:
    """Yield the strokes of half an ellipse."""
    middle, half = (left + right) / 2, (right - left) / 2
    points = []
    for step in range(STROKES + 1):
        angle = math.pi * (1 - step / STROKES)
        x = middle + half * math.cos(angle)
        points.append((round(x, 2), round(y + high * abs(math.sin(angle)) * 0.8, 2)))
    yield from pairwise(points)


def transition_height(picture: Picture, em: float) -> float:
    """Return how high the arrow from the panel above is, in points."""
    lines = count(picture.transition) if picture.transition else 0
    return round((max(2, lines) * LEADING + 1.0) * em, 2) if lines else 0.0


def transition_of(
    picture: Picture, grid: Grid, top: float, style: Style, measure: Measure
) -> Iterator[Mark]:
    """Yield the arrow from the panel above, and the text beside it, below ``top``."""
    if not picture.transition:
        return
    em = style.font_size
    high = transition_height(picture, em)
    x = round(grid.left + AT * (grid.right - grid.left), 2)
    shaft = ((x, round(top - 0.3 * em, 2)), (x, round(top - high + 0.3 * em, 2)))
    yield Lines(style.text, THICK, (shaft, *head(*shaft, 0.9 * em)))
    place = (round(x + 1.5 * em, 2), round(top - high / 2, 2))
    room = max(grid.page - EDGE - place[0], 1)
    size = min(em, room / max(wide(picture.transition, measure), 0.1))
    yield from stamps(picture.transition, size, style.text, "left", "regular", place)
