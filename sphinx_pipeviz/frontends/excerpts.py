"""Where lines of an excerpt are in the file that it was taken from.

docutils counts the lines of an included part of a file, and of a cell of a CSV table, from
their own start, and autodoc those of a docstring. So their text is looked for in the file.
"""

from __future__ import annotations

import ast
import functools
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

#: How many lines before and behind a line tell it from others with the same text.
_NEAR = 60
#: What docutils puts behind what it includes.
_END = ".. end of inclusion from"
#: How autodoc names where a docstring is.
_DOCSTRING = re.compile(r"(?:(?P<file>.+?):)?docstring of (?P<name>.+)")


def file_of(source: str) -> str:
    """Return the file of a source, which may be one of its docstrings."""
    found = _DOCSTRING.fullmatch(source)
    return (found["file"] or _module_file(found["name"]) or source) if found else source


def _module_file(name: str) -> str | None:
    """Return the file of the module that holds an object, as Sphinx before 8 does not tell."""
    while name and name not in sys.modules:
        name = name.rpartition(".")[0]
    return getattr(sys.modules.get(name), "__file__", None)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a text that a parser counted in one go.

    Args:
        first: What the parser counts the first of them as.
        lines: The lines.
    """

    first: int
    lines: tuple[str, ...]

    def plain(self) -> Excerpt:
        """Return the lines as they can be compared with a file's."""
        lines = [_plain(line) for line in self.lines]
        while lines and not lines[-1]:
            del lines[-1]  # which parsers add
        return Excerpt(self.first, tuple(lines))


def shift(source: str, excerpts: Iterable[Excerpt], *, nearest: bool = False) -> int | None:
    """Return by how many lines a parser is wrong.

    Args:
        source: A file, or a docstring in one, as the parser names it.
        excerpts: What is looked for; the first one that is found tells.
        nearest: Whether the nearest place is meant where a text is in several.

    Returns:
        What to add to numbers of lines; None if there is no such file, or none of the texts.
    """
    path = file_of(source)
    try:
        changed = os.stat(path).st_mtime_ns  # noqa: PTH116  (a source may be no path)
    except (OSError, ValueError):
        return None
    name = source.partition("docstring of ")[2] if path != source else ""
    for excerpt in excerpts:
        starts = _starts(path, changed, name, excerpt.plain())
        if starts and (nearest or len(starts) == 1):
            return min((start + 1 - excerpt.first for start in starts), key=abs)
    return None


def around(lines: Any, at: int) -> Excerpt:
    """Return lines around one that were counted in one go.

    Args:
        lines: docutils' list of lines, or a part of one.
        at: Index of the line in it.
    """
    while lines.parent is not None:
        at += lines.parent_offset
        lines = lines.parent
    source, offset = lines.items[at]

    def counted(index: int) -> bool:
        is_next = lines.items[index] == (source, offset + index - at)
        return is_next and not lines.data[index].startswith(_END)

    before = range(at, max(-1, at - _NEAR), -1)
    behind = range(at, min(len(lines), at + _NEAR))
    first = min(takewhile(counted, before))
    end = max(takewhile(counted, behind)) + 1
    return Excerpt(offset + first - at + 1, tuple(lines.data[first:end]))


@functools.lru_cache(maxsize=64)
def _starts(path: str, changed: int, name: str, excerpt: Excerpt) -> tuple[int, ...]:
    """Return where lines may start in a file, counted from 0: the place expected, or all."""
    lines, text = excerpt.lines, _text(path, changed)
    if not name and _stand(lines, text, excerpt.first - 1):
        return (excerpt.first - 1,)
    starts = [i for i in range(len(text) - len(lines) + 1) if _stand(lines, text, i)]
    if name and len(starts) > 1:
        inside = _lines_of(path, name)
        starts = [start for start in starts if start in inside]
    return tuple(starts)


def _stand(lines: tuple[str, ...], text: tuple[str, ...], start: int) -> bool:
    """Tell whether lines are a part of those of a text, from one on."""
    if start < 0 or start + len(lines) > len(text):
        return False
    return all(line in text[start + index] for index, line in enumerate(lines))


def _plain(line: str) -> str:
    """Return a line as it can be compared: parsers replace tabs, and CSV doubles quotes."""
    return " ".join(line.split()).replace('""', '"')


@functools.lru_cache(maxsize=4)
def _text(path: str, _changed: int) -> tuple[str, ...]:
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    return tuple(_plain(line) for line in text.splitlines())


def _lines_of(path: str, name: str) -> range:
    """Return the indices of the lines of an object, or of all where it is not found."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    whole = range(len(text.splitlines()))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return whole
    for node in _objects(tree, name.split(".")):
        return range(node.lineno - 1, node.end_lineno or node.lineno)
    return whole


def _objects(tree: ast.Module, names: list[str]) -> Iterator[Any]:
    """Yield the class or function of a dotted name, whose first words name the module."""
    for start in range(len(names)):
        nodes: list[Any] = [tree]
        for name in names[start:]:
            nodes = [
                child
                for node in nodes
                for child in node.body
                if getattr(child, "name", None) == name and hasattr(child, "body")
            ]
        yield from nodes
