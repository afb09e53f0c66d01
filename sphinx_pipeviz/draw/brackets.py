"""Below the rows: brackets of phases, and curves of activations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from sphinx_pipeviz.draw.amounts import gigabytes
from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.phases import Phase, held, named_phases, phases_of
from sphinx_pipeviz.picture import Picture, Sizes

#: Height of a bracket, in ems.
TOOTH = 0.5
#: Height of a device's curve, and between two, in ems.
CURVE = 1.3
APART = 0.35
#: Above this height of all curves together, these shrink, though not below LOWEST.
TALL = 330.0
LOWEST = 3.0
#: Size of what stands beside a curve, in ems.
BESIDE = 0.8
#: What curves count.
ACTIVATIONS = "Activations held, in stage-microbatches"
MEMORY = "Memory, in GB"
#: Smaller words are left out, in points.
SMALLEST = 4.2


def brackets_height(picture: Picture, em: float) -> float:
    """Return how high the brackets are, in points."""
    return (TOOTH + LINE) * em if picture.phases else 0.0


def shown_phases(timeline: Timeline, picture: Picture, language: str) -> list[Phase]:
    """Return the phases that the picture names."""
    if isinstance(picture.phases, list):
        return named_phases(timeline, picture.phases)
    found = phases_of(timeline) if picture.phases else []
    return [phase._replace(name=say(language, phase.name)) for phase in found]


def brackets_of(
    phases: list[Phase], grid: Grid, top: float, style: Style, measure: Measure
) -> Below:
    """Return a bracket or a band, and a name, for each phase, hanging from ``top``."""
    shown = [phase for phase in phases if phase.start < grid.end and phase.end > grid.start]
    rooms = [_room(phase, grid, measure) for phase in shown]
    size = min([style.font_size, *(room for room in rooms if room >= SMALLEST)])
    band = style.phase_look == "band"
    spans = [_span(phase, grid) for phase in shown]
    y = round(top - (TOOTH + LINE / 2) * style.font_size, 2)
    texts = [
        Stamp(
            phase.name,
            round(size, 1),
            style.text,
            "center",
            "bold" if band else "regular",
            ((round((left + right) / 2, 2), y),),
        )
        for phase, (left, right), room in zip(shown, spans, rooms, strict=True)
        if room >= SMALLEST
    ]
    if band:
        return Below((), tuple(texts), tuple(_bands(spans, y, style)))
    lines = (_bracket(left, right, top, style) for left, right in spans)
    return Below(tuple(lines), tuple(texts))


class Below(NamedTuple):
    """What stands below the rows."""

    lines: tuple[Lines, ...] = ()
    texts: tuple[Stamp, ...] = ()
    boxes: tuple[Boxes, ...] = ()


def _span(phase: Phase, grid: Grid) -> tuple[float, float]:
    return grid.x(max(phase.start, grid.start)), grid.x(min(phase.end, grid.end))


def _bands(spans: list[tuple[float, float]], y: float, style: Style) -> Iterator[Boxes]:
    """Yield the bands, every second one darker."""
    high = round(0.75 * LINE * style.font_size, 2)
    for index, (left, right) in enumerate(spans):
        fill = style.band(index)
        box = (left, round(y - high / 2, 2), round(right - left, 3), high)
        yield Boxes(fill, None, 0.0, (box,))


def _room(phase: Phase, grid: Grid, measure: Measure) -> float:
    left, right = _span(phase, grid)
    return (right - left - 2) / max(measure(phase.name, "bold"), 0.1)


def _bracket(left: float, right: float, top: float, style: Style) -> Lines:
    left, right = round(left + 1, 2), round(right - 1, 2)
    upper, lower = round(top - 1, 2), round(top - TOOTH * style.font_size, 2)
    strokes = (
        ((left, upper), (left, lower)),
        ((left, lower), (right, lower)),
        ((right, lower), (right, upper)),
    )
    return Lines(style.text, 0.8, strokes)


def curves_height(picture: Picture, devices: int, em: float) -> float:
    """Return how high the curves of all devices are, in points."""
    return LINE * em + devices * _step(devices, em) if picture.memory else 0.0


def _step(devices: int, em: float) -> float:
    """Return how far a curve is from the next one, in points."""
    return min((CURVE + APART) * em, max(LOWEST, TALL / max(1, devices)))


def curves_of(
    timeline: Timeline,
    names: list[str],
    place: tuple[Grid, float],
    style: Style,
    measure: Measure,
    sizes: Sizes | None = None,
) -> Below:
    """Return what each device holds over time, as steps below each other.

    Args:
        timeline: Whose devices.
        names: What they are called.
        place: The panel's grid, and where the curves begin, downwards.
        style: Colour and size.
        measure: Width of a text in ems.
        sizes: What the curves count with; None counts activations.
    """
    grid, top = place
    em = style.font_size
    start = timeline.start
    steps = [_amounts(timeline, device, start, sizes) for device in range(timeline.devices)]
    most = max((count for row in steps for _, count in row), default=1) or 1
    where = (grid.left, round(top - LINE * em / 2, 2))
    words = say(style.language, MEMORY if sizes else ACTIVATIONS)
    size = min(em * 0.85, (grid.right - grid.left) / measure(words, "regular"))
    texts = [Stamp(words, round(size, 1), style.text, "left", "regular", (where,))]
    boxes: list[Box] = []
    y = top - LINE * em
    step = _step(timeline.devices, em)
    high = step * CURVE / (CURVE + APART)
    every = math.ceil(BESIDE * em / step)
    shown = sorted(range(timeline.devices), key=lambda each: -grid.bottoms[each])
    for index, device in enumerate(shown):
        name, row = names[device], steps[device]
        y -= high
        boxes += _steps(row, grid, round(y, 2), high / most)
        peak = max((count for _, count in row), default=0)
        if index % every == 0:
            texts += _beside(name, gigabytes(peak), grid, y + high / 2, style)
        y -= step - high
    return Below(texts=tuple(texts), boxes=(Boxes(style.memory, None, 0.0, tuple(boxes)),))


def _amounts(
    timeline: Timeline, device: int, start: float, sizes: Sizes | None
) -> list[tuple[float, float]]:
    """Return from when on a device holds how much: activations, or GB."""
    steps = held(timeline, device)
    if sizes is None:
        return [*steps]
    each = sizes.activations / timeline.traits.sequence_chunks
    always = sizes.always(device)
    return [(start, always), *((time, always + each * count) for time, count in steps)]


def _steps(row: list[tuple[float, float]], grid: Grid, y: float, unit: float) -> list[Box]:
    boxes = []
    ends = [time for time, _ in row[1:]] + [grid.end]
    for (start, count), end in zip(row, ends, strict=True):
        left, right = max(start, grid.start), min(end, grid.end)
        if count and right > left:
            x = grid.x(left)
            boxes.append((x, y, round(grid.x(right) - x, 3), round(count * unit, 3)))
    return boxes


def _beside(name: str, peak: str, grid: Grid, y: float, style: Style) -> list[Stamp]:
    first = name.partition("\n")[0]  # a curve is as high as one line
    size = round(BESIDE * style.font_size, 1)
    most = say(style.language, "max {number}", number=peak)
    left: Point = (round(grid.left - 6, 2), round(y, 2))
    right: Point = (round(grid.right + 4, 2), round(y, 2))
    return [
        Stamp(first, size, style.text, "right", "regular", (left,)),
        Stamp(most, size, style.text, "left", "regular", (right,)),
    ]
