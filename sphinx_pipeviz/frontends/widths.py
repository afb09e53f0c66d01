"""The option ``width`` -> the width a picture is drawn at, so that its text stays readable."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sphinx_pipeviz.spec import Spec

#: Points of each unit of length; a number alone is in pixels.
UNITS = {
    "": 0.75,
    "px": 0.75,
    "pt": 1.0,
    "pc": 12.0,
    "in": 72.0,
    "cm": 72 / 2.54,
    "mm": 7.2 / 2.54,
    "em": 12.0,
    "ex": 6.0,
}
#: A picture of all of the text's width is as wide as its style says, which is usually this.
WHOLE = 540.0
#: Narrower and wider pictures are scaled.
LEAST, MOST = 150.0, 5000.0
_LENGTH = re.compile(r"([0-9.]+)\s*([a-z]*|%)")


def fitted(spec: Spec, width: str | None) -> Spec:
    """Return a spec that is drawn as wide as it is shown, unless its style has a width.

    Args:
        spec: What is drawn.
        width: The option: a length, or a share of the text's width in %.
    """
    found = _LENGTH.fullmatch(width or "")
    if not found:
        return spec
    number, unit = float(found[1]), found[2]
    points = WHOLE * number / 100 if unit == "%" else number * UNITS.get(unit, 0.0)
    if points <= 0:
        return spec
    own: dict[str, Any] = {"width": round(min(MOST, max(LEAST, points)), 1)}
    asked = spec.style
    given = {"base": asked} if isinstance(asked, str) else asked or {}
    return msgspec.structs.replace(spec, style={**own, **given})
