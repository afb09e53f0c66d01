"""Which ranks an author wants: ``0``, ``0,8,16`` or ``0-3``."""

from __future__ import annotations

import re

from sphinx_pipeviz.errors import SpecError

_PART = re.compile(r"\s*(\d{1,8})(?:\s*-\s*(\d{1,8}))?\s*", re.ASCII)


def ranks_named(text: str) -> list[range]:
    """Turn ``0,8,16`` or ``0-3`` into ranges of ranks.

    Raises:
        SpecError: It is neither.
    """
    ranges = []
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if not match:
            hint = "write numbers, as in 0,8,16 or 0-3"
            raise SpecError(f"'{text[:40]}' names no ranks", hint=hint, path=("rank",))
        ranges.append(range(int(match[1]), int(match[2] or match[1]) + 1))
    return ranges
