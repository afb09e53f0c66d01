"""The rows of a panel: what stands before and behind them, and where they are."""

from __future__ import annotations

import math
import re

from sphinx_pipeviz.draw.legend import Measure
from sphinx_pipeviz.draw.scene import Grid, Lines, Point, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import StyleError, did_you_mean
from sphinx_pipeviz.metrics import Metrics, measure
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.picture import Rows

GAP = 6.0
#: Smaller names are left out, in points.
SMALLEST = 4.2
#: Width of a brace, in ems.
BRACE = 0.8
_FIELD = re.compile(r"\{([^{}]*)\}")


def names_of(timeline: Timeline, style: Style, rows: Rows) -> list[str]:
    """Return what stands before each row.

    Raises:
        StyleError: The template names something that a row does not have.
    """
    if rows.label is None:
        return timeline.device_names(style.first)
    return [
        _filled(rows.label, {"device": str(place)}, ("rows", "label"))
        for place in range(style.first, style.first + timeline.devices)
    ]


def suffixes_of(timeline: Timeline, style: Style, rows: Rows) -> list[str]:
    """Return what stands behind each row.

    Raises:
        StyleError: The template names something that a row does not have.
    """
    if rows.suffix is None:
        return []
    metrics = measure(timeline)
    return [
        _filled(rows.suffix, _numbers(metrics, device, style.first), ("rows", "suffix"))
        for device in range(timeline.devices)
    ]


def _numbers(metrics: Metrics, device: int, first: int) -> dict[str, str]:
    idle = metrics.idle[device] / metrics.makespan if metrics.makespan else 0.0
    return {
        "device": str(device + first),
        "idle": f"{idle:.0%}",
        "busy": f"{1 - idle:.0%}",
        "peak": f"{metrics.peak_activations[device]:g}",
    }


def _filled(template: str, values: dict[str, str], path: tuple[str, ...]) -> str:
    for word in _FIELD.findall(template):
        if word not in values:
            hint = did_you_mean(word, values) or f"known: {', '.join(values)}"
            message = f"a row has no '{{{word[:20]}}}'"
            raise StyleError(message, hint=hint, path=path)
    return _FIELD.sub(lambda match: values[match[1]], template)


def rows_height(count: int, row_height: float, rows: Rows) -> float:
    """Return the height of all rows of a panel, with the gaps between them."""
    return row_height * (count + rows.gap * max(0, count - 1))


def bottoms_of(count: int, bottom: float, row_height: float, rows: Rows) -> tuple[float, ...]:
    """Return the lower edge of each device's row, counted from the panel's."""
    pitch = row_height * (1 + rows.gap)
    places = range(count) if rows.order == "up" else range(count - 1, -1, -1)
    return tuple(round(bottom + place * pitch, 3) for place in places)


def row_names(names: list[str], grid: Grid, style: Style) -> list[Stamp]:
    """Name every row, or every k-th where rows are lower than their names."""
    size = min(style.font_size, max(SMALLEST, 0.8 * grid.row_height))
    every = math.ceil(size / grid.row_height)
    return [
        _beside(name, size, style, "right", (grid.left - GAP, _middle(grid, row)))
        for row, name in enumerate(names)
        if row % every == 0
    ]


def row_suffixes(texts: list[str], grid: Grid, style: Style) -> list[Stamp]:
    """Put a text behind each row, where rows are high enough."""
    size = min(style.font_size * 0.85, 0.8 * grid.row_height)
    if size < SMALLEST:
        return []
    return [
        _beside(text, size, style, "left", (grid.right + GAP, _middle(grid, row)))
        for row, text in enumerate(texts)
    ]


def _beside(text: str, size: float, style: Style, align: str, place: Point) -> Stamp:
    return Stamp(text, round(size, 1), style.text, align, weight="regular", places=(place,))


def _middle(grid: Grid, row: int) -> float:
    return round(grid.row_y(row) + grid.row_height / 2, 3)


def braces_width(rows: Rows, measured: Measure) -> float:
    """Return how much room the braces and their labels take, in ems."""
    if not rows.groups:
        return 0.0
    return 2 * BRACE + max(measured(group.label, "regular") for group in rows.groups)


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
        high = max(grid.row_y(device) for device in group.devices) + grid.row_height
        lines.append(_brace(x, low, high, style))
        place = (round(x + 1.4 * BRACE * style.font_size, 2), round((low + high) / 2, 3))
        texts.append(_beside(group.label, style.font_size, style, "left", place))
    return lines, texts


def check_groups(rows: Rows, devices: int) -> None:
    """Check that the groups hold devices that there are.

    Raises:
        StyleError: One of them does not.
    """
    for index, group in enumerate(rows.groups or ()):
        for device in group.devices:
            if device >= devices:
                path = ("rows", "groups", index, "devices")
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
