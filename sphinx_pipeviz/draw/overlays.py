"""Above the tasks: ways of microbatches, highlights, the bubble and notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Run
from sphinx_pipeviz.phases import Stop, critical_path, largest_gap, way_of
from sphinx_pipeviz.picture import Highlight, Note, Picture

Mark = Boxes | Lines | Stamp

#: Line widths, in points.
PATH = 1.4
FRAME = 1.8
FLUSH = 2.4
#: Where a path crosses a row, below the labels, as a share of the row's height.
LOW = 0.16


def overlays_of(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> Iterator[Mark]:
    """Yield what is painted above the tasks, in order.

    Raises:
        StyleError: The picture asks for what the timeline does not have.
    """
    if picture.flush:
        yield from _flushes(timeline, grid, style)
    for highlight in picture.highlight or ():
        yield from _highlight(timeline, highlight, grid, style)
    if picture.bubble:
        words = "Bubble" if picture.bubble is True else str(picture.bubble)
        yield from _bubble(timeline, words, grid, style, measure)
    for number in followed(picture):
        yield from _path(way_of(timeline, _inner(timeline, number, style)), grid, style)
    if picture.critical_path:
        yield from _path(critical_path(timeline), grid, style)
    for note in picture.notes or ():
        yield from _note(note, grid, style, measure)


def check_overlays(timeline: Timeline, picture: Picture, style: Style) -> None:
    """Check that what the picture names is there.

    Raises:
        StyleError: A microbatch or a device is not there.
    """
    for number in followed(picture):
        if not way_of(timeline, _inner(timeline, number, style)):
            message = f"there is no microbatch {number} to follow"
            raise StyleError(message, path=("follow",))
    for index, highlight in enumerate(picture.highlight or ()):
        device = highlight.device
        if device is not None and device >= timeline.devices:
            message = f"there is no device {device}; they are 0 to {timeline.devices - 1}"
            raise StyleError(message, path=("highlight", index, "device"))
        if not _is_part(highlight) and not list(_found(timeline, highlight, style)):
            message = "no task is as this highlight says"
            raise StyleError(message, path=("highlight", index))


def followed(picture: Picture) -> list[int]:
    """Return the numbers of the microbatches whose way is drawn."""
    if picture.follow is None:
        return []
    return [picture.follow] if isinstance(picture.follow, int) else picture.follow


def _inner(timeline: Timeline, number: int, style: Style) -> int:
    """Return the 0-based number of the microbatch that shows ``number``."""
    shift = 0 if timeline.as_written else style.first
    return (number - shift) * timeline.traits.sequence_chunks


def _flushes(timeline: Timeline, grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield a line where each iteration but the last ends."""
    count = timeline.traits.iterations
    numbers = {op.microbatch for row in timeline.rows for run in row for op in run.slot.ops}
    known = [number for number in numbers if number is not None]
    each = (max(known, default=-1) + 1) // max(1, count)
    for iteration in range(1, count):
        ends = [
            run.end
            for row in timeline.rows
            for run in row
            if _iteration(run, each) == iteration - 1
        ]
        time = max(ends, default=0.0)
        if grid.start < time < grid.end:
            x = grid.x(time)
            low, high = round(grid.bottom - 3, 2), round(grid.top + 2, 2)
            yield Lines(style.text, FLUSH, (((x, low), (x, high)),), upright=True)


def _iteration(run: Run, each: int) -> int:
    op = run.slot.ops[0]
    number = op.microbatch or 0
    return number if op.kind in (Kind.OPTIMIZER, Kind.ALL_REDUCE) else number // max(1, each)


def _is_part(highlight: Highlight) -> bool:
    return highlight.microbatch is None and highlight.kind is None


def _highlight(
    timeline: Timeline, highlight: Highlight, grid: Grid, style: Style
) -> Iterator[Mark]:
    boxes = tuple(_box(device, run, grid) for device, run in _found(timeline, highlight, style))
    if _is_part(highlight):
        boxes = (_part(highlight, grid),)
    if boxes:
        yield Boxes(None, style.accent, FRAME, boxes)
    if highlight.label and boxes:
        x, y, width, height = boxes[0]
        place = (round(x + width / 2, 2), round(y + height + 0.8 * style.font_size, 2))
        yield Stamp(highlight.label, style.font_size, style.accent, "center", "bold", (place,))


def _part(highlight: Highlight, grid: Grid) -> Box:
    start = max(grid.start, highlight.from_ or 0.0)
    end = grid.end if highlight.to is None else min(grid.end, highlight.to)
    left, right = grid.x(start), grid.x(max(start, end))
    low, high = grid.bottom, grid.top
    if highlight.device is not None:
        low = grid.row_y(highlight.device)
        high = low + grid.row_height
    return (left, low, round(right - left, 3), round(high - low, 3))


def _found(timeline: Timeline, highlight: Highlight, style: Style) -> Iterator[tuple[int, Run]]:
    """Yield the tasks of a highlight that names tasks."""
    if _is_part(highlight):
        return
    parts = timeline.traits.sequence_chunks
    wanted = None
    if highlight.microbatch is not None:
        wanted = _inner(timeline, highlight.microbatch, style) // parts
    first, last = highlight.from_ or 0.0, math.inf if highlight.to is None else highlight.to
    for device, row in enumerate(timeline.rows):
        for run in row if highlight.device in (None, device) else ():
            if first <= run.start < last and any(
                highlight.kind in (None, op.kind.value)
                and wanted in (None, timeline.microbatch(op))
                for op in run.slot.ops
            ):
                yield device, run


def _box(device: int, run: Run, grid: Grid) -> Box:
    left = grid.x(max(run.start, grid.start))
    right = grid.x(min(max(run.end, grid.start), grid.end))
    return (left, grid.row_y(device), round(right - left, 3), grid.row_height)


def _bubble(
    timeline: Timeline, words: str, grid: Grid, style: Style, measure: Measure
) -> Iterator[Mark]:
    gap = largest_gap(timeline)
    if gap is None:
        return
    left, right = grid.x(max(gap.start, grid.start)), grid.x(min(gap.end, grid.end))
    rows = [grid.row_y(device) for device in range(gap.first, gap.last + 1)]
    low, high = min(rows), max(rows) + grid.row_height
    inset = min(3.0, (right - left) / 8, (high - low) / 8)
    size = min(
        style.font_size,
        0.8 * (right - left - 2 * inset) / measure(words, "regular"),
        0.7 * (high - low - 2 * inset),
    )
    if size < 1:
        return
    box = tuple(
        round(v, 2)
        for v in (left + inset, low + inset, right - left - 2 * inset, high - low - 2 * inset)
    )
    yield Boxes(style.background, style.text, 0.8, (box,))  # type: ignore[arg-type]
    place = (round((left + right) / 2, 2), round((low + high) / 2, 2))
    yield Stamp(words, round(size, 1), style.text, "center", "regular", (place,))


def _path(stops: list[Stop], grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield a line through the middles of runs, with an arrow at its end."""
    points: list[Point] = []
    for device, run in stops:
        if run.end <= grid.start or run.start >= grid.end:
            continue
        y = round(grid.row_y(device) + LOW * grid.row_height, 2)
        for time in (run.start, run.end):
            point = (grid.x(min(max(time, grid.start), grid.end)), y)
            if not points or points[-1] != point:
                points.append(point)
    if len(points) > 1:
        strokes = tuple(pairwise(points))
        yield Lines(style.background, PATH + 1.2, strokes)
        yield Lines(style.accent, PATH, (*strokes, *_head(*strokes[-1])))


def _head(start: Point, end: Point) -> list[tuple[Point, Point]]:
    """Return the two strokes of an arrow's head."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    strokes = []
    for turn in (2.6, -2.6):
        x, y = end[0] + 4.5 * math.cos(angle + turn), end[1] + 4.5 * math.sin(angle + turn)
        strokes.append(((round(x, 2), round(y, 2)), end))
    return strokes


def _note(note: Note, grid: Grid, style: Style, measure: Measure) -> Iterator[Mark]:
    x, y = grid.x(note.time), _row_middle(note.device, grid)
    half = measure(note.text, "bold") * style.font_size / 2
    if note.points_to:
        target = (grid.x(note.points_to[0]), _row_middle(note.points_to[1], grid))
        below = -0.7 * style.font_size if target[1] < y else 0.7 * style.font_size
        stroke = ((x, round(y + below, 2)), target)
        yield Lines(style.accent, 1.0, (stroke, *_head(*stroke)))
    box = (
        round(x - half - 2, 2),
        round(y - 0.7 * style.font_size, 2),
        round(2 * half + 4, 2),
        round(1.4 * style.font_size, 2),
    )
    yield Boxes(style.background, None, 0.0, (box,))
    yield Stamp(note.text, style.font_size, style.accent, "center", "bold", ((x, y),))


def _row_middle(device: float, grid: Grid) -> float:
    """Return the height of a place between rows, by linear interpolation."""
    if not grid.bottoms:
        return grid.bottom
    if len(grid.bottoms) == 1:
        first, pitch = grid.bottoms[0], grid.row_height
    else:
        first, pitch = grid.bottoms[0], grid.bottoms[0] - grid.bottoms[1]
    return round(first - device * pitch + grid.row_height / 2, 2)
