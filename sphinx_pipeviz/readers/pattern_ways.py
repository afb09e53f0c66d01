"""A regular expression -> in how many ways a search with it may split a text.

The standard library's own parser is asked, so that comments, spaces and groups of all sorts
count as what they are.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from sphinx_pipeviz.errors import SpecError

#: Ways that a search may try.
MOST_WAYS = 75_000_000
_PARSER = importlib.import_module("re._parser")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


class Ways(NamedTuple):
    """What a pattern leaves open.

    Args:
        choices: How many ways there are besides those of what repeats without an end.
        endless: How many repetitions without an end follow each other.
    """

    choices: int = 1
    endless: int = 0

    def within(self, length: int) -> int:
        """Return how many ways there are, at most, in a text; a search starts anywhere."""
        count = self.endless + 1
        return self.choices * math.comb(length + count, count)


def ways_of(pattern: str) -> Ways:
    """Count what a pattern leaves open.

    Raises:
        SpecError: It repeats a part that itself leaves something open.
    """
    return _of_all(_PARSER.parse(pattern))


def _of_all(items: Iterable[tuple[Any, Any]]) -> Ways:
    found = [_of_one(kind.name, value) for kind, value in items]
    choices = math.prod(ways.choices for ways in found)
    return Ways(choices, sum(ways.endless for ways in found))


def _of_one(kind: str, value: Any) -> Ways:
    if kind in _REPEATS:
        return _of_repeat(*value)
    if kind == "BRANCH":
        return _of_any(value[1])
    if kind == "GROUPREF_EXISTS":
        return _of_any(value[1:])
    if kind == "ATOMIC_GROUP":
        return _of_all(value)
    if kind in ("SUBPATTERN", "ASSERT", "ASSERT_NOT"):
        return _of_all(value[-1])
    return Ways()


def _of_any(parts: Iterable[Any]) -> Ways:
    """Return the ways of parts of which one is tried after the other."""
    found = [_of_all(part or ()) for part in parts]
    return Ways(sum(ways.choices for ways in found), max(ways.endless for ways in found))


def _of_repeat(least: int, most: int, part: Any) -> Ways:
    ways = _of_all(part)
    if most == 1:
        return ways._replace(choices=ways.choices + (1 - least))
    if ways != Ways():
        message = "the pattern repeats a choice or a repetition, which can take forever"
        raise SpecError(message, hint="write (a+) instead of (a+)+", path=("pattern",))
    if most == _PARSER.MAXREPEAT:
        return Ways(endless=1)
    return Ways(most - least + 1)
