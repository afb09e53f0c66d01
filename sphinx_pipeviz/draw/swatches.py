"""Entries of a legend -> swatches and words in their places."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_pipeviz.draw.legend import LINE, SWATCH_HEIGHT, Entry, Measure
from sphinx_pipeviz.draw.legend_lines import length
from sphinx_pipeviz.draw.scene import Boxes, Key, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import stamps

#: Around the picture, in points.
MARGIN = 6.0


def column(listed: list[Entry], em: float, width: float, measure: Measure) -> list[list[Entry]]:
    """Return the entries below each other, at the right edge of a picture."""
    longest = max(length(entry, measure) for entry in listed)
    x = round(width - MARGIN - longest * em, 2)
    return [[entry.moved(x, line, em)] for line, entry in enumerate(listed)]


def key_of(entry: Entry, style: Style, legend_y: float) -> Key:
    """Return an entry in its place; the first line of the legend is at a height."""
    y = legend_y - entry.line * LINE * entry.em
    boxes, texts = tuple(_boxes(entry, style, y)), tuple(_texts(entry, style, round(y, 2)))
    return Key(boxes, texts, entry.kinds, entry.part)


def _texts(entry: Entry, style: Style, y: float) -> list[Stamp]:
    place = (entry.text_x, y)
    found = stamps(entry.text, style.font_size, style.text, "left", "regular", place)
    text, colour = entry.sample
    if text:
        place = (round(entry.x + entry.wide * entry.em / 2, 2), y)
        found += stamps(text, 0.8 * style.font_size, colour, "center", "bold", place)
    return found


def _boxes(entry: Entry, style: Style, y: float) -> Iterator[Boxes]:
    height = round(SWATCH_HEIGHT * entry.em, 2)
    bottom = round(y - height / 2, 2)
    edge = style.edge if entry.outlined else None
    for fill, hatch, x, width in entry.swatches():
        line = round(min(0.5, 0.12 * width), 2)
        yield Boxes(fill, edge, line, ((x, bottom, width, height),), hatch)
