"""Which ranks an author wants: ``0``, ``0,8,16`` or ``0-3``."""

from __future__ import annotations

import re

from sphinx_pipeviz.errors import SpecError

#: Most ranges, each of which every rank is looked for in.
MOST_RANGES = 4096
_PART = re.compile(r"\s*(\d{1,8})(?:\s*-\s*(\d{1,8}))?\s*", re.ASCII)


def ranks_named(text: str) -> list[range]:
    """Turn ``0,8,16`` or ``0-3`` into ranges of ranks.

    Raises:
        SpecError: It is neither, or names too many.
    """
    ranges: dict[range, None] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if not match:
            hint = "write numbers, as in 0,8,16 or 0-3"
            raise SpecError(f"'{text[:40]}' names no ranks", hint=hint, path=("rank",))
        ranges[range(int(match[1]), int(match[2] or match[1]) + 1)] = None
    if len(ranges) > MOST_RANGES:
        message = f"{len(ranges):,} ranges of ranks are more than {MOST_RANGES:,}"
        raise SpecError(message, hint="write a-b for ranks in a row", path=("rank",))
    return list(ranges)
