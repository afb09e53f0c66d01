"""Titles of panels, and of a comparison above them, with the numbers of their schedules."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_pipeviz.draw.amounts import memory_words
from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.rows import filled
from sphinx_pipeviz.draw.scene import Grid, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.swatches import MARGIN
from sphinx_pipeviz.draw.words import centred, more_lines
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.metrics import measure as measured
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import UNITS
from sphinx_pipeviz.picture import Picture

#: Size of the title above all panels, in ems.
HEADING = 1.2


def title_of(timeline: Timeline, picture: Picture) -> str:
    """Return the title of a panel with its numbers.

    Raises:
        StyleError: It names something that there is not.
    """
    title = picture.title or ""
    if "{" not in title:
        return title
    return filled(title, _numbers(timeline, picture), ("title",), "title")


def heading_of(parts: Sequence[tuple[Timeline, Picture]], title: str | None) -> str:
    """Return the title above all panels, with the numbers that these have in common.

    Raises:
        StyleError: It names something that there is not, or in which the panels differ.
    """
    if not title or "{" not in title:
        return title or ""
    numbers = [_numbers(timeline, picture) for timeline, picture in parts]
    words = set.intersection(*(set(found) for found in numbers))
    common = {word: numbers[0][word] for word in numbers[0] if word in words}
    for word, value in common.items():
        if f"{{{word}}}" in title and any(found[word] != value for found in numbers):
            message = f"the schedules of this comparison differ in '{{{word}}}'"
            raise StyleError(message, hint="put it into their own titles", path=("title",))
    return filled(title, common, ("title",), "title")


def heading_height(title: str, em: float) -> float:
    """Return how high the title above all panels is, in points."""
    return (LINE + 0.6) * em + more_lines(title, HEADING * em)


def heading(
    title: str, height: float, grid: Grid, style: Style, measure: Measure
) -> list[Stamp]:
    """Return the title above all panels, at the top of a picture of a height."""
    if not title:
        return []
    size = HEADING * style.font_size
    y = round(height - MARGIN - (LINE * style.font_size + more_lines(title, size)) / 2, 2)
    place = (round((grid.left + grid.right) / 2, 2), y)
    return centred(title, size, style.text, grid.page, place, measure)


def _numbers(timeline: Timeline, picture: Picture) -> dict[str, str]:
    metrics = measured(timeline)
    ops = (op for row in timeline.rows for run in row for op in run.slot.ops)
    microbatches = {timeline.microbatch(op) for op in ops if op.kind in UNITS}
    memory = memory_words(metrics, picture.sizes)
    return {
        "name": timeline.name,
        "devices": str(timeline.devices),
        "microbatches": str(len(microbatches - {None})),
        "time": f"{metrics.makespan:g}",
        "bubble": f"{metrics.bubble_ratio:.0%}",
        "peak": f"{max(metrics.peak_activations, default=0):g}",
        **({"memory": memory[1]} if memory else {}),
    }
