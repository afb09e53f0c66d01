"""Below the rows: brackets of phases, and curves of activations."""

from __future__ import annotations

from sphinx_pipeviz.draw.legend import LINE, Measure
from sphinx_pipeviz.draw.scene import Box, Boxes, Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.phases import Phase, held, phases_of
from sphinx_pipeviz.picture import Picture

#: Height of a bracket, in ems.
TOOTH = 0.5
#: Height of a device's curve, and between two, in ems.
CURVE = 1.3
APART = 0.35
#: Smaller words are left out, in points.
SMALLEST = 4.2


def brackets_height(picture: Picture, em: float) -> float:
    """Return how high the brackets are, in points."""
    return (TOOTH + LINE) * em if picture.phases else 0.0


def brackets_of(
    timeline: Timeline, grid: Grid, top: float, style: Style, measure: Measure
) -> tuple[list[Lines], list[Stamp]]:
    """Return a bracket and a name for each phase, hanging from ``top``."""
    shown = [phase for phase in phases_of(timeline) if phase.start < grid.end]
    size = min([style.font_size, *(_room(phase, grid, measure) for phase in shown)])
    lines, texts = [], []
    for phase in shown:
        left, right = grid.x(max(phase.start, grid.start)), grid.x(min(phase.end, grid.end))
        lines.append(_bracket(left, right, top, style))
        y = round(top - (TOOTH + LINE / 2) * style.font_size, 2)
        place = (round((left + right) / 2, 2), y)
        if size >= SMALLEST:
            texts.append(
                Stamp(phase.name, round(size, 1), style.text, "center", "regular", (place,))
            )
    return lines, texts


def _room(phase: Phase, grid: Grid, measure: Measure) -> float:
    width = grid.x(min(phase.end, grid.end)) - grid.x(max(phase.start, grid.start))
    return (width - 2) / measure(phase.name, "regular")


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
    return (LINE + devices * (CURVE + APART)) * em if picture.memory else 0.0


def curves_of(
    timeline: Timeline, names: list[str], grid: Grid, top: float, style: Style
) -> tuple[list[Boxes], list[Stamp]]:
    """Return what each device holds over time, as steps, below each other from ``top``."""
    em = style.font_size
    steps = [held(timeline, device) for device in range(timeline.devices)]
    most = max((count for row in steps for _, count in row), default=1) or 1
    place = (grid.left, round(top - LINE * em / 2, 2))
    words = "Activations held, in stage-microbatches"
    texts = [Stamp(words, round(em * 0.85, 1), style.text, "left", "regular", (place,))]
    boxes: list[Box] = []
    y = top - LINE * em
    for name, row in zip(names, steps, strict=True):
        y -= CURVE * em
        boxes += _steps(row, grid, round(y, 2), CURVE * em / most)
        peak = max((count for _, count in row), default=0)
        texts += _beside(name, str(peak), grid, y + CURVE * em / 2, style)
        y -= APART * em
    return [Boxes(style.memory, None, 0.0, tuple(boxes))], texts


def _steps(row: list[tuple[float, int]], grid: Grid, y: float, unit: float) -> list[Box]:
    boxes = []
    ends = [time for time, _ in row[1:]] + [grid.end]
    for (start, count), end in zip(row, ends, strict=True):
        left, right = max(start, grid.start), min(end, grid.end)
        if count and right > left:
            x = grid.x(left)
            boxes.append((x, y, round(grid.x(right) - x, 3), round(count * unit, 3)))
    return boxes


def _beside(name: str, peak: str, grid: Grid, y: float, style: Style) -> list[Stamp]:
    size = round(0.8 * style.font_size, 1)
    left: Point = (round(grid.left - 6, 2), round(y, 2))
    right: Point = (round(grid.right + 4, 2), round(y, 2))
    return [
        Stamp(name, size, style.text, "right", "regular", (left,)),
        Stamp(f"max {peak}", size, style.text, "left", "regular", (right,)),
    ]
