"""SVG text -> shorter SVG text, the same on every run."""

from __future__ import annotations

import re

_NUMBER = r"(-?[\d.]+)"
_RECTANGLE = re.compile(
    rf"M {_NUMBER} {_NUMBER} \nL {_NUMBER} \2 \nL \3 {_NUMBER} \nL \1 \4 \nz ?\n?"
)
#: Books may not name a document type, and no viewer needs it.
_DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\n")
_STROKE = re.compile(rf"M {_NUMBER} {_NUMBER} \nL {_NUMBER} {_NUMBER} \n")


def shorter(svg: str) -> str:
    """Write rectangles and strokes as relative moves: half the bytes, the same picture.

    Clips are numbered: before matplotlib 3.10 their names come from addresses in memory.
    """

    def rectangle(match: re.Match[str]) -> str:
        x, y, right, top = map(float, match.groups())
        width, height = _short(right - x), _short(top - y)
        return f"M{_short(x)} {_short(y)}h{width}v{height}h{_short(x - right)}z"

    def stroke(match: re.Match[str]) -> str:
        x, y, to_x, to_y = map(float, match.groups())
        return f"M{_short(x)} {_short(y)}l{_short(to_x - x)} {_short(to_y - y)}"

    text = _DOCTYPE.sub("", svg, count=1)
    text = _STROKE.sub(stroke, _RECTANGLE.sub(rectangle, text))
    for number, name in enumerate(re.findall(r'<clipPath id="(\w+)"', text)):
        text = text.replace(name, f"clip{number}")
    return text


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
