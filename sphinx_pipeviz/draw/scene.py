"""Scene: a picture as numbers and strings, in points from the lower left corner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.ops import Op
from sphinx_pipeviz.picture import Link

#: (x, y, width, height)
Box = tuple[float, float, float, float]
#: (x, y)
Point = tuple[float, float]


class Sort(NamedTuple):
    """What an entry of the legend tells apart.

    Args:
        kind: The word of a task's kind, ``overlap``, or empty for what is no task.
        part: Which chunk, stage or microbatch its fill stands for, from 0; -1 for none.
    """

    kind: str = ""
    part: int = -1


PLAIN = Sort()


class Task(NamedTuple):
    """What a box stands for.

    Args:
        op: The op.
        device: Its row, from 0.
        microbatch: The number that the picture shows.
        stage: The same of its stage.
        start: When it starts, in time units.
        end: When it ends.
        sort: Which entry of the legend it belongs to.
    """

    op: Op
    device: int
    microbatch: int | None
    stage: int | None
    start: float
    end: float
    sort: Sort = PLAIN


@dataclass(frozen=True, slots=True)
class Boxes:
    """Rectangles of one look.

    Args:
        fill: A colour, ``#RRGGBB`` or a name (see ``named``), or None for none.
        edge: ``#RRGGBB``, or None for no border.
        line_width: Of the border.
        boxes: The rectangles.
        hatch: What covers the fill, inside of the border.
        tasks: What each box stands for, where they are tasks.
        radius: Of the corners.
    """

    fill: str | None
    edge: str | None
    line_width: float
    boxes: tuple[Box, ...]
    hatch: Hatch | None = None
    tasks: tuple[Task, ...] = ()
    radius: float = 0.0


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
        sort: That of the tasks which it labels.
        row: The device that it is the name of, where it is one.
        turned: It reads upwards; its middle is at the place.
    """

    text: str
    size: float
    colour: str
    align: str
    weight: str
    places: tuple[Point, ...]
    sort: Sort = PLAIN
    row: int | None = None
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight strokes of one look, each from a point to a point; upright ones are sharp."""

    colour: str
    line_width: float
    lines: tuple[tuple[Point, Point], ...]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Where time and devices are: x = left + (time - start) * unit.

    Args:
        left: Where the time range starts, in points.
        bottom: Lower edge of the lowest row, or of its lowest lane.
        unit: Points of one time unit.
        row_height: Of each row.
        bottoms: Lower edge of each device's row.
        start: When the time range starts, in time units.
        end: When it ends.
        lanes: How many lanes are below each row.
        lane_height: Of each lane.
        page: Width of the whole picture.
    """

    left: float
    bottom: float
    unit: float
    row_height: float
    bottoms: tuple[float, ...]
    start: float
    end: float
    lanes: int = 0
    lane_height: float = 0.0
    page: float = 0.0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.bottoms)

    @property
    def top(self) -> float:
        """Return the upper edge of the highest row."""
        return round(max(self.bottoms, default=self.bottom) + self.row_height, 3)

    @property
    def right(self) -> float:
        """Return where the time range ends, in points."""
        return round(self.left + (self.end - self.start) * self.unit, 3)

    def row_y(self, row: int) -> float:
        """Return the lower edge of a row."""
        return self.bottoms[row]

    def lane_y(self, row: int, lane: int) -> float:
        """Return the lower edge of a lane of a row, counted from 0 downwards."""
        return round(self.bottoms[row] - (lane + 1) * self.lane_height, 3)

    def x(self, time: float) -> float:
        """Return where a time is, in points."""
        return round(self.left + (time - self.start) * self.unit, 3)


@dataclass(frozen=True, slots=True)
class Panel:
    """One schedule of a picture, in the order it is painted.

    Args:
        grid: Where its time and its devices are.
        idle: Behind the tasks.
        grid_lines: Between time units.
        tasks: The cells.
        labels: What stands in them.
        lines: Axis, arrow and brackets.
        texts: Names of rows, title and axis.
        curves: Below the rows: what devices hold.
        over: What is painted above the tasks, in order.
        names: What the devices are called.
        links: On tasks and on names of rows.
    """

    grid: Grid
    idle: Boxes
    grid_lines: Lines
    tasks: tuple[Boxes, ...]
    labels: tuple[Stamp, ...]
    lines: tuple[Lines, ...]
    texts: tuple[Stamp, ...]
    curves: tuple[Boxes, ...] = ()
    over: tuple[Boxes | Lines | Stamp, ...] = ()
    names: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend.

    Args:
        boxes: Its swatch.
        texts: Its words.
        kinds: The kinds of ``Sort`` that it stands for; none for all.
        part: The part of these that it stands for; -1 for all. With neither it is not
            about tasks.
    """

    boxes: tuple[Boxes, ...]
    texts: tuple[Stamp, ...]
    kinds: tuple[str, ...] = ()
    part: int = -1


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the painter needs, in the order it is painted."""

    width: float
    height: float
    background: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...]
    heading: tuple[Stamp, ...] = ()
    title: str = field(default="")
    font: str = ""
    fallback: str = ""
    language: str = ""

    @property
    def legend(self) -> tuple[Boxes, ...]:
        """The swatches of all entries."""
        return tuple(boxes for key in self.keys for boxes in key.boxes)

    @property
    def texts(self) -> tuple[Stamp, ...]:
        """The words of the legend and of the heading."""
        return (*(stamp for key in self.keys for stamp in key.texts), *self.heading)
