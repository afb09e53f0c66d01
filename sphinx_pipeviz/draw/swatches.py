"""Entries of a legend -> swatches and words in their places."""

from __future__ import annotations

from sphinx_pipeviz.draw.legend import LINE, SWATCH_HEIGHT, Entry, Measure, length
from sphinx_pipeviz.draw.scene import Boxes, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.words import stamps

#: Around the picture, in points.
MARGIN = 6.0


def column(listed: list[Entry], em: float, width: float, measure: Measure) -> list[list[Entry]]:
    """Return the entries below each other, at the right edge of a picture."""
    longest = max(length(entry, measure) for entry in listed)
    x = round(width - MARGIN - longest * em, 2)
    return [[entry.moved(x, line, em)] for line, entry in enumerate(listed)]


def legend_texts(row: list[Entry], style: Style, legend_y: float) -> list[Stamp]:
    """Return the words of a line of the legend, which is at a height for its first line."""
    found = []
    for entry in row:
        y = round(legend_y - entry.line * LINE * entry.em, 2)
        place = (entry.text_x, y)
        found += stamps(entry.text, style.font_size, style.text, "left", "regular", place)
        text, colour = entry.sample
        if text:
            place = (round(entry.x + entry.wide * entry.em / 2, 2), y)
            found += stamps(text, 0.8 * style.font_size, colour, "center", "bold", place)
    return found


def legend_boxes(row: list[Entry], style: Style, y: float) -> list[Boxes]:
    """Return the swatches of a line of the legend."""
    boxes = []
    for entry in row:
        height = round(SWATCH_HEIGHT * entry.em, 2)
        bottom = round(y - entry.line * LINE * entry.em - height / 2, 2)
        for fill, hatch, x, width in entry.swatches():
            line = round(min(0.5, 0.12 * width), 2)
            edge = style.edge if entry.outlined else None
            boxes.append(Boxes(fill, edge, line, ((x, bottom, width, height),), hatch))
    return boxes
