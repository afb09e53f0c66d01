"""Which tasks a highlight, or the number of a microbatch, means."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Run
from sphinx_pipeviz.picture import Highlight, Pattern, Picture

#: A device, and one of its runs.
Stop = tuple[int, Run]


def inner(timeline: Timeline, number: int, style: Style) -> int:
    """Return the 0-based number of the microbatch that shows ``number``."""
    shift = 0 if timeline.as_written else style.first
    return (number - shift) * timeline.traits.sequence_chunks


def is_part(highlight: Highlight) -> bool:
    """Tell whether a highlight is of a part of the timeline, and not of tasks."""
    return highlight.microbatch is None and highlight.kind is None


def chosen(
    timeline: Timeline, highlights: Sequence[Highlight], style: Style
) -> Iterator[list[Stop]]:
    """Yield the tasks that each highlight names: their devices and runs."""
    by_number = _numbered(timeline, [h.microbatch for h in highlights])
    for highlight in highlights:
        wanted = None
        among: Iterable[Stop] = _stops(timeline, highlight.device)
        if highlight.microbatch is not None:
            parts = timeline.traits.sequence_chunks
            wanted = inner(timeline, highlight.microbatch, style) // parts
            among = by_number.get(wanted, ())
        yield list(_fitting(timeline, among, highlight, wanted))


def _numbered(timeline: Timeline, asked: Sequence[int | None]) -> dict[int, list[Stop]]:
    """Return the tasks of each microbatch, if one is asked for."""
    found: dict[int, list[Stop]] = defaultdict(list)
    for device, run in _stops(timeline) if any(n is not None for n in asked) else ():
        for number in dict.fromkeys(map(timeline.microbatch, run.slot.ops)):
            if number is not None:
                found[number].append((device, run))
    return found


def _stops(timeline: Timeline, only: int | None = None) -> Iterator[Stop]:
    for device, row in enumerate(timeline.rows):
        for run in row if only in (None, device) else ():
            yield device, run


def _fitting(
    timeline: Timeline, among: Iterable[Stop], highlight: Highlight, wanted: int | None
) -> Iterator[Stop]:
    first, last = highlight.from_ or 0.0, math.inf if highlight.to is None else highlight.to
    for device, run in among:
        if (
            first <= run.start < last
            and highlight.device in (None, device)
            and any(
                highlight.kind in (None, op.kind.value)
                and wanted in (None, timeline.microbatch(op))
                for op in run.slot.ops
            )
        ):
            yield device, run


def hatched(
    timeline: Timeline, picture: Picture, style: Style
) -> dict[tuple[int, Run], Pattern]:
    """Return the pattern of each run that a highlight hatches."""
    highlights = [each for each in picture.highlight or () if each.hatch]
    found = zip(highlights, chosen(timeline, highlights, style), strict=True)
    return {
        stop: highlight.hatch for highlight, stops in found for stop in stops if highlight.hatch
    }
