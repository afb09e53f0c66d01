"""Which tasks a highlight, or the number of a microbatch, means."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Run
from sphinx_pipeviz.picture import Highlight, Pattern, Picture


def inner(timeline: Timeline, number: int, style: Style) -> int:
    """Return the 0-based number of the microbatch that shows ``number``."""
    shift = 0 if timeline.as_written else style.first
    return (number - shift) * timeline.traits.sequence_chunks


def is_part(highlight: Highlight) -> bool:
    """Tell whether a highlight is of a part of the timeline, and not of tasks."""
    return highlight.microbatch is None and highlight.kind is None


def chosen(timeline: Timeline, highlight: Highlight, style: Style) -> Iterator[tuple[int, Run]]:
    """Yield device and run of the tasks that a highlight names."""
    wanted = None
    if highlight.microbatch is not None:
        parts = timeline.traits.sequence_chunks
        wanted = inner(timeline, highlight.microbatch, style) // parts
    first, last = highlight.from_ or 0.0, math.inf if highlight.to is None else highlight.to
    for device, row in enumerate(timeline.rows):
        for run in row if highlight.device in (None, device) else ():
            if first <= run.start < last and any(
                highlight.kind in (None, op.kind.value)
                and wanted in (None, timeline.microbatch(op))
                for op in run.slot.ops
            ):
                yield device, run


def hatched(
    timeline: Timeline, picture: Picture, style: Style
) -> dict[tuple[int, Run], Pattern]:
    """Return the pattern of each run that a highlight hatches."""
    return {
        found: highlight.hatch
        for highlight in picture.highlight or ()
        if highlight.hatch
        for found in chosen(timeline, highlight, style)
    }
