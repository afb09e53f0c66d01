"""Scene: a picture as numbers and strings, in points from the lower left corner."""

from __future__ import annotations

from dataclasses import dataclass, field

from sphinx_pipeviz.draw.hatch import Hatch

#: (x, y, width, height)
Box = tuple[float, float, float, float]
#: (x, y)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Rectangles of one look.

    Args:
        fill: ``#RRGGBB``.
        edge: ``#RRGGBB``, or None for no border.
        line_width: Of the border.
        boxes: The rectangles.
        hatch: What covers the fill, inside of the border.
    """

    fill: str
    edge: str | None
    line_width: float
    boxes: tuple[Box, ...]
    hatch: Hatch | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """One text that stands in one or more places.

    Args:
        text: The characters.
        size: Font size.
        colour: ``#RRGGBB``.
        align: Which part of the text is at the place: left, center or right; the text
            is centred vertically.
        weight: regular or bold.
        places: Where it stands.
    """

    text: str
    size: float
    colour: str
    align: str
    weight: str
    places: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight strokes of one look, each from a point to a point; upright ones are sharp."""

    colour: str
    line_width: float
    lines: tuple[tuple[Point, Point], ...]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Where time and devices are: x = left + time * unit; row 0 is at the top."""

    left: float
    bottom: float
    unit: float
    row_height: float
    rows: int

    def row_y(self, row: int) -> float:
        """Return the lower edge of a row."""
        return round(self.bottom + (self.rows - 1 - row) * self.row_height, 3)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the painter needs, in the order it is painted."""

    width: float
    height: float
    background: str
    grid: Grid
    idle: Boxes
    grid_lines: Lines
    tasks: tuple[Boxes, ...]
    labels: tuple[Stamp, ...]
    texts: tuple[Stamp, ...]
    arrow: Lines
    legend: tuple[Boxes, ...]
    title: str = field(default="")
