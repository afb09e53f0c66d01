"""The rows of a panel: what stands before and behind them, and where they are."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from sphinx_pipeviz.draw.amounts import memory_words
from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import LEADING, count, stamps, wide
from sphinx_pipeviz.errors import Path, StyleError, did_you_mean
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.metrics import Metrics, measure
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PASSES
from sphinx_pipeviz.picture import Rows, Sizes

GAP = 6.0
#: Smaller names are left out, in points.
SMALLEST = 4.2
#: Width of a brace, in ems.
BRACE = 0.8
#: Height of a lane, in heights of a row.
LANE = 0.5
_FIELD = re.compile(r"([_^]?)\{([^{}]*)\}")


def names_of(timeline: Timeline, style: Style, rows: Rows) -> list[str]:
    """Return what stands before each row.

    Raises:
        StyleError: A template names something that a row does not have.
    """
    if rows.label is None:
        return [
            title or say(style.language, "Device {number}", number=number)
            for number, title in enumerate(timeline.names, style.first)
        ]
    if rows.label == "none":
        return [""] * timeline.devices
    values = [
        {"device": str(device + style.first), "stages": _stages(timeline, device, style.first)}
        for device in range(timeline.devices)
    ]
    return _each(rows.label, values, "label")


def suffixes_of(
    timeline: Timeline, style: Style, rows: Rows, sizes: Sizes | None = None
) -> list[str]:
    """Return what stands behind each row.

    Args:
        timeline: Whose rows.
        style: Number of the first one.
        rows: The templates.
        sizes: What ``{memory}`` counts with.

    Raises:
        StyleError: A template names something that a row does not have.
    """
    if rows.suffix is None:
        return []
    metrics = measure(timeline)
    memory = memory_words(metrics, sizes)
    values = [
        _numbers(metrics, device, style.first)
        | {"stages": _stages(timeline, device, style.first)}
        | ({"memory": memory[0][device]} if memory else {})
        for device in range(timeline.devices)
    ]
    return _each(rows.suffix, values, "suffix")


def _each(templates: str | list[str], values: list[dict[str, str]], key: str) -> list[str]:
    """Return the text of each row from one template, or from one for each row."""
    if isinstance(templates, str):
        return [filled(templates, row, ("rows", key)) for row in values]
    if len(templates) != len(values):
        message = f"rows.{key} has {len(templates)} entries for {len(values)} devices"
        raise StyleError(message, hint="give one text, or one per device", path=("rows", key))
    return [
        filled(template, row, ("rows", key, index))
        for index, (template, row) in enumerate(zip(templates, values, strict=True))
    ]


def _stages(timeline: Timeline, device: int, first: int) -> str:
    """Return the numbers of a device's stages, in order."""
    ops = [op for run in timeline.rows[device] for op in run.slot.ops if op.kind in PASSES]
    stages = {op.stage for op in ops if op.stage is not None} or {device}
    return ", ".join(str(stage + first) for stage in sorted(stages))


def _numbers(metrics: Metrics, device: int, first: int) -> dict[str, str]:
    idle = metrics.idle[device] / metrics.makespan if metrics.makespan else 0.0
    return {
        "device": str(device + first),
        "idle": f"{idle:.0%}",
        "busy": f"{1 - idle:.0%}",
        "peak": f"{metrics.peak_activations[device]:g}",
    }


def filled(template: str, values: dict[str, str], path: Path, what: str = "row") -> str:
    """Return a template with its words replaced; ``_{1}`` and ``^{1}`` stay as they are.

    Raises:
        StyleError: It names something that there is not.
    """
    for script, word in _FIELD.findall(template):
        if word not in values and not script:
            hint = did_you_mean(word, values) or f"known: {', '.join(values)}"
            hint = "give the key 'sizes'" if word == "memory" else hint
            message = f"a {what} has no '{{{word[:20]}}}'"
            raise StyleError(message, hint=hint, path=path)
    return _FIELD.sub(
        lambda match: match[1] + values[match[2]] if match[2] in values else match[0], template
    )


def ladder(timeline: Timeline, rows: Rows, lanes: int) -> tuple[list[float], float]:
    """Return where rows are, in heights of a row from the lower edge of the lowest lane.

    Args:
        timeline: Whose devices.
        rows: Their order, gaps and groups.
        lanes: How many lanes are below each device's row.

    Returns:
        The lower edge of each device's row, and the height of all.
    """
    devices = timeline.devices
    shown = list(range(devices) if rows.order == "up" else range(devices - 1, -1, -1))
    groups = {d: index for index, group in enumerate(rows.groups or ()) for d in group.devices}
    bottoms, top = [0.0] * devices, 0.0
    for place, device in enumerate(shown):
        if place and (not groups or groups.get(device) != groups.get(shown[place - 1])):
            top += rows.gap
        bottoms[device] = top + lanes * LANE
        top = bottoms[device] + 1.0
    return bottoms, max(top, 1.0)


def row_names(names: list[str], x: float, grid: Grid, style: Style) -> list[Stamp]:
    """Name every row, left of ``x``, or every k-th where rows are lower than their names."""
    lines = max(map(count, names), default=1)
    high = grid.row_height + grid.lanes * grid.lane_height
    size = min(style.font_size, max(SMALLEST, 0.8 * high / (1 + LEADING * (lines - 1))))
    every = math.ceil(size * lines / high)
    return [
        replace(stamp, row=row)
        for row, name in enumerate(names)
        if row % every == 0
        for stamp in _beside(name, size, style, "right", (x, _middle(grid, row)))
    ]


def row_suffixes(texts: list[str], x: float, grid: Grid, style: Style) -> list[Stamp]:
    """Put a text behind each row, where rows are high enough."""
    lines = max(map(count, texts), default=1)
    high = grid.row_height + grid.lanes * grid.lane_height
    highest = 0.8 * high / (1 + LEADING * (lines - 1))
    if highest < SMALLEST:
        return []
    size = min(style.font_size * 0.85, highest)
    return [
        stamp
        for row, text in enumerate(texts)
        for stamp in _beside(text, size, style, "left", (x, _middle(grid, row)))
    ]


def _beside(text: str, size: float, style: Style, align: str, place: Point) -> list[Stamp]:
    return stamps(text, size, style.text, align, "regular", place)


def _middle(grid: Grid, row: int) -> float:
    low = grid.row_y(row) - grid.lanes * grid.lane_height
    return round((low + grid.row_y(row) + grid.row_height) / 2, 3)


def braces_width(rows: Rows, measured: Measure) -> float:
    """Return how much room the braces and their labels take, in ems."""
    if not rows.groups:
        return 0.0
    return 2 * BRACE + max(wide(group.label, measured) for group in rows.groups)


def braces(rows: Rows, grid: Grid, x: float, style: Style) -> tuple[list[Lines], list[Stamp]]:
    """Return a brace and a label for each group of rows.

    Args:
        rows: The groups.
        grid: Where the rows are.
        x: Where the braces start, in points.
        style: Colour and size.

    Raises:
        StyleError: A group names a device that there is not.
    """
    check_groups(rows, grid.rows)
    lines, texts = [], []
    for group in rows.groups or ():
        low = min(grid.row_y(device) for device in group.devices)
        low -= grid.lanes * grid.lane_height
        high = max(grid.row_y(device) for device in group.devices) + grid.row_height
        lines.append(_brace(x, low, high, style))
        place = (round(x + 1.4 * BRACE * style.font_size, 2), round((low + high) / 2, 3))
        size = min(style.font_size, (high - low) / (1 + LEADING * (count(group.label) - 1)))
        texts += _beside(group.label, size, style, "left", place)
    return lines, texts


def check_groups(rows: Rows, devices: int) -> None:
    """Check that each group holds neighbours that there are, and that no other holds.

    Raises:
        StyleError: One of them does not.
    """
    taken: set[int] = set()
    for index, group in enumerate(rows.groups or ()):
        path = ("rows", "groups", index, "devices")
        held = sorted(set(group.devices))
        if held[-1] - held[0] >= len(held) and held[-1] < devices:
            message = f"devices {', '.join(map(str, held))} are not next to each other"
            raise StyleError(message, hint="a brace holds neighbouring rows", path=path)
        if both := taken.intersection(held):
            raise StyleError(f"device {min(both)} is in two groups", path=path)
        taken.update(held)
        for device in group.devices:
            if device >= devices:
                message = f"there is no device {device}; they are 0 to {devices - 1}"
                raise StyleError(message, path=path)


def _brace(x: float, low: float, high: float, style: Style) -> Lines:
    half = round(x + BRACE * style.font_size / 2, 2)
    tip, middle = round(x + BRACE * style.font_size, 2), round((low + high) / 2, 3)
    strokes = (
        ((x, low), (half, low)),
        ((half, low), (half, high)),
        ((half, high), (x, high)),
        ((half, middle), (tip, middle)),
    )
    return Lines(style.text, 0.8, strokes)
