"""Scene -> SVG for the middle of an HTML page, which follows the page from light to dark.

The scene carries names of colours (see ``named``), which become variables of a stylesheet.
Text is text in the page's font. Every task is an element that says what it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from html import escape
from itertools import groupby

from sphinx_pipeviz.draw.colours import Pair
from sphinx_pipeviz.draw.hatch import DOTS, SQUARE, STEP, Hatch, strokes_of
from sphinx_pipeviz.draw.inline_marks import ANCHOR, ID, LINK
from sphinx_pipeviz.draw.linked import link_of_row, link_of_task
from sphinx_pipeviz.draw.scene import (
    Box,
    Boxes,
    Key,
    Lines,
    Panel,
    Scene,
    Sort,
    Stamp,
    Task,
)
from sphinx_pipeviz.draw.stylesheet import class_name, is_opaque, variable
from sphinx_pipeviz.draw.telling import printable, teller
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.picture import Pattern

#: Half the height of capitals and digits, in ems.
MIDDLE = 0.36
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
#: Edge of the square that a pattern repeats, in points.
TILES: dict[Pattern, float] = {
    "rising": STEP,
    "falling": STEP,
    "crossed": STEP,
    "level": STEP * 0.7,
    "upright": STEP * 0.7,
    "dotted": DOTS,
    "checked": 2 * SQUARE,
}
#: Why a picture without a pointer still makes sense: what its rows and its width mean.
EXPLAINED = "Each row is a device; time runs to the right."


def paint_inline(scene: Scene, pairs: Mapping[str, Pair], language: str = "") -> str:
    """Return the picture as an ``<svg>``, with ``ID`` in its ids and an empty title.

    Args:
        scene: What to paint, with names of colours.
        pairs: The colour of each name, light and dark.
        language: Of what is told of it.
    """
    painter = _Painter(scene.height, pairs, language)
    body = "\n".join(painter.scene(scene))
    role = "group" if LINK in body else "img"  # what is in an image, nobody reaches
    width, height = _short(scene.width), _short(scene.height)
    head = (
        f'<svg class="pipeviz-svg {class_name(pairs)}" width="{width}pt"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" role="{role}"'
        f' aria-labelledby="{ID}t" aria-describedby="{ID}d">'
    )
    words = f'<title id="{ID}t"></title><desc id="{ID}d">{say(language, EXPLAINED)}</desc>'
    return "\n".join([head + words, *painter.patterns(), body, "</svg>"])


class _Painter:
    """Turns the marks of a scene into elements; y is measured downwards from the top."""

    def __init__(self, height: float, pairs: Mapping[str, Pair], language: str) -> None:
        self._language = language
        self._height = height
        self._pairs = pairs
        self._hatches: dict[Hatch, str] = {}

    def scene(self, scene: Scene) -> Iterator[str]:
        """Yield the elements of all marks, in the order that files are painted in."""
        if is_opaque(self._pairs):
            fill = self._colour("background")
            yield f'<path fill="{fill}" d="M0 0h{scene.width:g}v{scene.height:g}H0z"/>'
        for number, panel in enumerate(scene.panels):
            yield from self._panel(panel, number)
        for key in scene.keys:
            yield from self._key(key)
        yield from self._texts(stamp for panel in scene.panels for stamp in panel.labels)
        for mark in (mark for panel in scene.panels for mark in panel.over):
            yield from self._mark(mark)
        for number, panel in enumerate(scene.panels):
            yield from self._names(panel, number)
        yield from self._texts(
            (*(s for panel in scene.panels for s in _others(panel)), *scene.heading)
        )

    def patterns(self) -> Iterator[str]:
        """Yield the definitions of the hatches that were used."""
        for hatch, name in self._hatches.items():
            tile = TILES[hatch.pattern]
            found = strokes_of(hatch.pattern, (-1.0, -1.0, tile + 1, tile + 1))
            lines = "".join(
                f"M{_short(x)} {_short(y)}L{_short(to_x)} {_short(to_y)}"
                for x, y, to_x, to_y in found.strokes
            )
            dash = " ".join(_short(part * found.line_width) for part in found.dash)
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            yield (
                f'<pattern id="{ID}{name}" width="{tile:g}" height="{tile:g}"'
                f' patternUnits="userSpaceOnUse"'
                f' patternTransform="matrix(1 0 0 -1 0 {_short(self._height)})">'
                f'<path fill="none" stroke="{self._colour(hatch.colour)}"'
                f' stroke-width="{_short(found.line_width)}"{dashed} d="{lines}"/></pattern>'
            )

    def _names(self, panel: Panel, number: int) -> Iterator[str]:
        """Yield the names of rows that are links; the others are texts among others."""
        stamps = defaultdict[int | None, list[Stamp]](list)
        for stamp in panel.texts:
            stamps[stamp.row].append(stamp)
        for row, name in enumerate(panel.names if panel.links else ()):
            index = link_of_row(panel.links, row)
            if index is not None and stamps[row]:
                text = "".join(self._texts(stamps[row]))
                yield _linked(text, f"{number}.{index}", printable(name))

    def _panel(self, panel: Panel, number: int) -> Iterator[str]:
        yield from self._boxes(panel.idle)
        yield from self._lines(panel.grid_lines)
        show = _shower(panel, number, self._language)
        for boxes in panel.tasks:
            yield from self._tasks(boxes, show) if boxes.tasks else self._boxes(boxes)
        for boxes in panel.curves:
            yield from self._boxes(boxes)
        for lines in panel.lines:
            yield from self._lines(lines)

    def _mark(self, mark: Boxes | Lines | Stamp) -> Iterator[str]:
        if isinstance(mark, Boxes):
            yield from self._boxes(mark)
        elif isinstance(mark, Lines):
            yield from self._lines(mark)
        else:
            yield from self._texts([mark])

    def _boxes(self, boxes: Boxes) -> Iterator[str]:
        if boxes.boxes:
            rounded = (self._rounded(box, boxes.radius) for box in boxes.boxes)
            outline = "".join(rounded if boxes.radius else map(self._outline, boxes.boxes))
            yield f'<path {self._look(boxes)} d="{outline}"/>'
            yield from self._hatching(boxes)

    def _tasks(self, boxes: Boxes, show: Callable[[Task, str], str]) -> Iterator[str]:
        """Yield for each sort of task a group with an element for each."""
        pairs = zip(boxes.boxes, boxes.tasks, strict=True)
        for sort, found in groupby(sorted(pairs, key=_sort), _sort):
            alike = list(found)
            yield f'<g class="pv"{_data(*sort)} {self._look(boxes)}>'
            for box, task in alike:
                yield show(task, self._outline(box))
            yield "</g>"
            some = replace(boxes, boxes=tuple(box for box, _ in alike), tasks=())
            yield from self._hatching(some, _data(*sort))

    def _key(self, key: Key) -> Iterator[str]:
        """Yield an entry of the legend, as a group where it is about tasks."""
        data = _data(" ".join(key.kinds), key.part)
        yield f'<g class="pv-key"{data}>' if data else "<g>"
        for boxes in key.boxes:
            yield from self._boxes(boxes)
        yield from self._texts(key.texts)
        yield "</g>"

    def _hatching(self, boxes: Boxes, data: str = "") -> Iterator[str]:
        """Yield the hatch over all boxes, inside of their borders."""
        if boxes.hatch is None:
            return
        name = self._hatches.setdefault(boxes.hatch, f"h{len(self._hatches)}")
        inner = boxes.line_width / 2 if boxes.edge else 0.0
        outline = "".join(self._outline(_shrunk(box, inner)) for box in boxes.boxes)
        yield f'<path class="pv-over"{data} fill="url(#{ID}{name})" d="{outline}"/>'

    def _look(self, boxes: Boxes) -> str:
        fill = self._colour(boxes.fill) if boxes.fill else "none"
        if not boxes.edge:
            return f'fill="{fill}"'
        line = f'stroke="{self._colour(boxes.edge)}" stroke-width="{_short(boxes.line_width)}"'
        return f'fill="{fill}" {line}'

    def _lines(self, lines: Lines) -> Iterator[str]:
        if lines.lines:
            strokes = "".join(
                f"M{self._place(start)}l{_short(end[0] - start[0])} {_short(start[1] - end[1])}"
                for start, end in lines.lines
            )
            yield (
                f'<path class="pv-over" fill="none" stroke="{self._colour(lines.colour)}"'
                f' stroke-width="{_short(lines.line_width)}" d="{strokes}"/>'
            )

    def _texts(self, stamps: Iterable[Stamp]) -> Iterator[str]:
        """Yield a group for all texts of one look."""
        for look, alike in groupby(sorted(stamps, key=_text_look), _text_look):
            colour, size, weight, align, sort = look
            bold = ' font-weight="bold"' if weight == "bold" else ""
            yield (
                f'<g class="pv-over"{_data(*sort)} fill="{self._colour(colour)}"'
                f' font-size="{_short(size)}" text-anchor="{ANCHORS[align]}"{bold}>'
            )
            for stamp in alike:
                text = escape(printable(stamp.text), quote=False)
                for point in stamp.places:
                    place = self._text_place(point, size, turned=stamp.turned)
                    yield f"<text {place}>{text}</text>"
            yield "</g>"

    def _text_place(self, point: tuple[float, float], size: float, *, turned: bool) -> str:
        """Return the attributes that put a text's middle line through a point."""
        x, y = point[0], self._height - point[1]
        if not turned:
            return f'x="{_short(x)}" y="{_short(y + MIDDLE * size)}"'
        return f'transform="translate({_short(x + MIDDLE * size)} {_short(y)})rotate(-90)"'

    def _outline(self, box: Box) -> str:
        x, y, width, height = box
        place = self._place((x, y + height))
        return f"M{place}h{_short(width)}v{_short(height)}h{_short(-width)}z"

    def _rounded(self, box: Box, radius: float) -> str:
        x, y, width, height = box
        place = self._place((x + radius, y + height))
        r, across, down = map(_short, (radius, width - 2 * radius, height - 2 * radius))
        return (
            f"M{place}h{across}q{r} 0 {r} {r}v{down}q0 {r} -{r} {r}"
            f"h-{across}q-{r} 0 -{r} -{r}v-{down}q0 -{r} {r} -{r}z"
        )

    def _place(self, point: tuple[float, float]) -> str:
        return f"{_short(point[0])} {_short(self._height - point[1])}"

    def _colour(self, name: str) -> str:
        return variable(name, self._pairs)


def _shower(panel: Panel, number: int, language: str) -> Callable[[Task, str], str]:
    """Return what makes a task an element that says what it is, and a link where it is one.

    Args:
        panel: The task's.
        number: That of the panel.
        language: Of what is said.
    """
    tell = teller(panel, language)

    def show(task: Task, outline: str) -> str:
        told = tell(task)
        number_of = "" if task.microbatch is None else f' data-m="{task.microbatch}"'
        title = escape(told, quote=False)
        path = f'<path{number_of} d="{outline}"><title>{title}</title></path>'
        index = link_of_task(panel.links, task) if panel.links else None
        return path if index is None else _linked(path, f"{number}.{index}", told)

    return show


def _linked(element: str, name: str, told: str) -> str:
    """Return an element in a link, whose address whoever knows the page puts in."""
    return f'{ANCHOR} href="{LINK}{name}{LINK}" aria-label="{escape(told)}">{element}</a>'


def _others(panel: Panel) -> Iterator[Stamp]:
    """Yield the texts that are no links."""
    for stamp in panel.texts:
        if stamp.row is None or link_of_row(panel.links, stamp.row) is None:
            yield stamp


def _text_look(stamp: Stamp) -> tuple[str, float, str, str, Sort]:
    return stamp.colour, stamp.size, stamp.weight, stamp.align, stamp.sort


def _sort(pair: tuple[Box, Task]) -> Sort:
    return pair[1].sort


def _data(kinds: str, part: int) -> str:
    """Return the attributes by which entries of the legend find tasks and labels."""
    kind = f' data-k="{kinds}"' if kinds else ""
    return f'{kind} data-p="{part}"' if part >= 0 else kind


def _shrunk(box: Box, inner: float) -> Box:
    x, y, width, height = box
    return x + inner, y + inner, max(0.0, width - 2 * inner), max(0.0, height - 2 * inner)


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
