"""Dates and durations of a Mermaid ``gantt`` chart -> milliseconds, and the unit to draw.

Source: Mermaid's documentation of ``dateFormat`` and Day.js's list of its tokens. As in
Mermaid, a bare number is a point in time, also where it says when a task ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

DAY = 86_400_000.0
#: Milliseconds of a unit.
UNITS = {
    "d": DAY,
    "h": 3_600_000.0,
    "min": 60_000.0,
    "s": 1000.0,
    "ms": 1.0,
    "us": 1e-3,
    "ns": 1e-6,
}
_DURATIONS = {
    "y": 365 * DAY,
    "M": 30 * DAY,
    "w": 7 * DAY,
    "d": DAY,
    "h": UNITS["h"],
    "m": UNITS["min"],
    "s": UNITS["s"],
    "ms": UNITS["ms"],
}
#: Formats that are one number, and what it counts.
_NUMBERS = {
    "X": 1000.0,
    "x": 1.0,
    "SSS": 1.0,
    "SS": 10.0,
    "S": 100.0,
    "ss": 1000.0,
    "s": 1000.0,
    "mm": 60_000.0,
    "m": 60_000.0,
    "HH": 3_600_000.0,
    "H": 3_600_000.0,
    "DD": DAY,
    "D": DAY,
    "MM": 30 * DAY,
    "M": 30 * DAY,
    "YYYY": 365 * DAY,
}
#: Tokens of other formats: the field of a date, its digits, and the unit it counts.
_FIELDS = {
    "YYYY": ("year", r"\d{4}", DAY),
    "MM": ("month", r"\d\d", DAY),
    "M": ("month", r"\d\d?", DAY),
    "DD": ("day", r"\d\d", DAY),
    "D": ("day", r"\d\d?", DAY),
    "HH": ("hour", r"\d\d", UNITS["h"]),
    "H": ("hour", r"\d\d?", UNITS["h"]),
    "mm": ("minute", r"\d\d", UNITS["min"]),
    "m": ("minute", r"\d\d?", UNITS["min"]),
    "ss": ("second", r"\d\d", UNITS["s"]),
    "s": ("second", r"\d\d?", UNITS["s"]),
    "SSS": ("microsecond", r"\d{3}", UNITS["ms"]),
}
_TOKEN = re.compile("|".join(_FIELDS))
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|[yMwdhms])", re.ASCII)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (charts have no time zone)


class Clock:
    """Reads the times of one ``dateFormat``.

    Args:
        date_format: The format; times are milliseconds since an origin of its own.
        inclusive: Whether a date at the end of a task includes its day.
    """

    def __init__(self, date_format: str, *, inclusive: bool = False) -> None:
        self.format = date_format
        self._last_day = DAY if inclusive else 0.0
        self.is_number = date_format in _NUMBERS
        tokens = _TOKEN.findall(date_format)
        self._fields = [_FIELDS[token][0] for token in tokens]
        literals = [re.escape(part) for part in _TOKEN.split(date_format)]
        digits = [f"({_FIELDS[token][1]})" for token in tokens]
        pairs = zip(literals, [*digits, ""], strict=True)
        self._pattern = re.compile("".join(a + b for a, b in pairs), re.ASCII)
        units = [_FIELDS[token][2] for token in tokens]
        self.unit = _NUMBERS.get(date_format) or min(units, default=DAY)

    def time(self, text: str) -> float | None:
        """Return the time that ``text`` is, or None if it is not of this format."""
        if self.is_number:
            return float(text) * self.unit if _NUMBER.fullmatch(text) else None
        match = self._pattern.fullmatch(text)
        if not match or not self._fields:
            return None
        found = {"year": 2000, "month": 1, "day": 1}
        numbers = (int(digits) for digits in match.groups())
        found |= dict(zip(self._fields, numbers, strict=True))
        found["microsecond"] = 1000 * found.get("microsecond", 0)
        try:
            date = datetime(**found)  # type: ignore[arg-type]  # noqa: DTZ001
        except ValueError:
            return None
        return (date - _EPOCH) / timedelta(milliseconds=1)

    def end(self, text: str) -> float | None:
        """Return the time that ``text`` is at the end of a task."""
        time = self.time(text)
        return None if time is None else time + self._last_day * (not self.is_number)


def duration(text: str) -> float | None:
    """Return how long ``3d``, ``2s`` or ``10ms`` is, or None if it is no duration."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _DURATIONS[match[2]] if match else None


def unit_of(times: Iterable[float], clock: Clock) -> float:
    """Return the largest unit, not above the clock's, that all times are multiples of."""
    left = [time for time in times if time]
    for size in (clock.unit, *(size for size in UNITS.values() if size < clock.unit)):
        if all(abs(time / size - round(time / size)) < 1e-6 for time in left):  # noqa: PLR2004  (rounding)
            return size
    return clock.unit
