"""Above the tasks: highlights, the bubble, and where iterations end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from sphinx_pipeviz.draw.chosen import Stop, chosen, is_part
from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.notes import blank
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Lines, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import centred, more_lines, raised, stamps, wide
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Run
from sphinx_pipeviz.phases import largest_gap
from sphinx_pipeviz.picture import Highlight, Picture

Mark = Boxes | Lines | Stamp

#: Line widths, in points.
FRAME = 1.8
FLUSH = 2.4
#: Most tasks that all highlights of a schedule are on: each has a border.
MOST_MARKED = 100_000
#: Most devices whose largest gap is looked for.
MOST_DEVICES = 5000
#: Smaller words are left out, in points.
SMALLEST = 4.2
#: Radius of the bubble's corners, in ems.
ROUND = 0.6


def overlays_of(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> Iterator[Mark]:
    """Yield flush lines and highlights."""
    if picture.flush:
        yield from _flushes(timeline, grid, style)
    highlights = picture.highlight or []
    for highlight, stops in zip(highlights, chosen(timeline, highlights, style), strict=True):
        yield from _highlight(stops, highlight, grid, style, measure)


def check_highlights(timeline: Timeline, picture: Picture, style: Style) -> None:
    """Check that what is highlighted is there.

    Raises:
        StyleError: A microbatch or a device is not there, or too many tasks are meant.
    """
    marked = 0
    highlights, end = picture.highlight or [], timeline.end
    found = zip(highlights, chosen(timeline, highlights, style), strict=True)
    for index, (highlight, stops) in enumerate(found):
        device = highlight.device
        if device is not None and device >= timeline.devices:
            message = f"there is no device {device}; they are 0 to {timeline.devices - 1}"
            raise StyleError(message, path=("highlight", index, "device"))
        start = highlight.from_ or 0.0
        if start >= end > 0 or (highlight.to is not None and highlight.to <= start):
            last = end if highlight.to is None else highlight.to
            message = f"there is no time from {start:g} to {last:g} to highlight"
            hint = "give 'from' before 'to', in time units"
            raise StyleError(message, hint=hint, path=("highlight", index))
        if _covers_area(highlight):
            continue
        marked += len(stops)
        if not stops or marked > MOST_MARKED:
            message = "no task is as this highlight says"
            if stops:
                message = f"highlights are on more than {MOST_MARKED:,} tasks"
            raise StyleError(message, path=("highlight", index))


def _covers_area(highlight: Highlight) -> bool:
    return is_part(highlight) and highlight.hatch is None


def label_room(picture: Picture, timeline: Timeline, em: float) -> float:
    """Return how much room labels of highlights need above the rows, in points."""
    up = picture.rows is not None and picture.rows.order == "up"
    highest = timeline.devices - 1 if up else 0
    labels = [h.label for h in picture.highlight or () if h.device in (None, highest)]
    return max((LINE * em + more_lines(label, em) for label in labels if label), default=0.0)


def flush_times(timeline: Timeline) -> Iterator[float]:
    """Yield when each iteration but the last ends."""
    count = timeline.traits.iterations
    numbers = {op.microbatch for row in timeline.rows for run in row for op in run.slot.ops}
    known = [number for number in numbers if number is not None]
    each = (max(known, default=-1) + 1) // max(1, count)
    ends = dict.fromkeys(range(count - 1), 0.0)
    for row in timeline.rows:
        for run in row:
            iteration = _iteration(run, each)
            if iteration in ends:
                ends[iteration] = max(ends[iteration], run.end)
    yield from ends.values()


def _flushes(timeline: Timeline, grid: Grid, style: Style) -> Iterator[Lines]:
    """Yield a line where each iteration but the last ends."""
    for time in flush_times(timeline):
        if grid.start < time < grid.end:
            x = grid.x(time)
            low, high = round(grid.bottom - 3, 2), round(grid.top + 2, 2)
            yield Lines(style.text, FLUSH, (((x, low), (x, high)),), upright=True)


def _iteration(run: Run, each: int) -> int:
    op = run.slot.ops[0]
    number = op.microbatch or 0
    return number if op.kind in (Kind.OPTIMIZER, Kind.ALL_REDUCE) else number // max(1, each)


def _highlight(
    stops: list[Stop], highlight: Highlight, grid: Grid, style: Style, measure: Measure
) -> Iterator[Mark]:
    """Yield a border, except where a hatch in the cells stands for it, and the label."""
    if _covers_area(highlight):
        found = [_part(highlight, grid)]
    else:
        found = [_box(device, run, grid) for device, run in stops]
    boxes = sorted((box for box in found if box[2] > 0), key=lambda box: -box[1])
    if boxes and not highlight.hatch:
        yield Boxes(None, style.accent, FRAME, tuple(boxes))
    if highlight.label and boxes:
        x, y, width, height = boxes[0]
        label, em = highlight.label, style.font_size
        above = 0.9 * em + more_lines(label, em) / 2
        place = (round(x + width / 2, 2), round(y + height + above, 2))
        words = centred(label, em, style.accent, grid.page, place, measure)
        if y + height < grid.top:
            yield blank(label, words[0].size, (words[0].places[0][0], place[1]), style, measure)
        yield from raised(words, measure)


def _part(highlight: Highlight, grid: Grid) -> Box:
    start = max(grid.start, highlight.from_ or 0.0)
    end = grid.end if highlight.to is None else min(grid.end, highlight.to)
    left, right = grid.x(start), grid.x(max(start, end))
    low, high = grid.bottom, grid.top
    if highlight.device is not None:
        low = grid.row_y(highlight.device)
        high = low + grid.row_height
    return (left, low, round(right - left, 3), round(high - low, 3))


def _box(device: int, run: Run, grid: Grid) -> Box:
    left = grid.x(max(run.start, grid.start))
    right = grid.x(min(max(run.end, grid.start), grid.end))
    return (left, grid.row_y(device), round(right - left, 3), grid.row_height)


def check_bubble(timeline: Timeline, picture: Picture) -> None:
    """Check that the largest gap can be found soon: the time grows with devices squared.

    Raises:
        StyleError: There are too many devices.
    """
    if picture.bubble and timeline.devices > MOST_DEVICES:
        message = f"a bubble is shown for at most {MOST_DEVICES:,} devices"
        raise StyleError(f"{message}, not {timeline.devices:,}", path=("bubble",))


def bubble_of(
    timeline: Timeline, picture: Picture, grid: Grid, style: Style, measure: Measure
) -> Iterator[Mark]:
    """Yield a box in the largest gap, and its words where they can be read."""
    gap = largest_gap(timeline) if picture.bubble else None
    if gap is None:
        return
    left, right = grid.x(max(gap.start, grid.start)), grid.x(min(gap.end, grid.end))
    rows = [grid.row_y(device) for device in range(gap.first, gap.last + 1)]
    low, high = min(rows), max(rows) + grid.row_height
    bubble = picture.bubble
    words = say(style.language, "Bubble") if bubble is True else str(bubble)
    if right <= left:
        return
    inset = min(3.0, (right - left) / 8, (high - low) / 8)
    box = tuple(
        round(v, 2)
        for v in (left + inset, low + inset, right - left - 2 * inset, high - low - 2 * inset)
    )
    radius = round(min(ROUND * style.font_size, box[2] / 4, box[3] / 4), 2)
    yield Boxes(style.background, style.text, 0.8, (box,), radius=radius)  # type: ignore[arg-type]
    place = (round((left + right) / 2, 2), round((low + high) / 2, 2))
    for text in (words, _upright(words)):
        by_width = 0.8 * box[2] / max(wide(text, measure), 0.1)
        size = min(style.font_size, by_width, 0.8 * box[3] / (1 + more_lines(text, 1)))
        if size >= SMALLEST:
            found = stamps(text, size, style.text, "center", "regular", place)
            yield from raised(found, measure)
            return


def _upright(words: str) -> str:
    """Return words with their letters below each other, where these stay what they are."""
    joined = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words)
    return words if joined or "{" in words or "\n" in words else "\n".join(words)
