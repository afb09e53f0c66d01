"""Rows of ops, each on a line of a file -> Plan; what the formats of orders share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, Marks, PlanError, SpecError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.readers.text_file import TextFile

#: Characters at the start of a file that tell its format.
HEAD = 4096
#: Cells of a file, empty ones too.
MOST_CELLS = 2_000_000
#: A pass as PyTorch writes it, in older files with BW for the full backward.
_PASS = re.compile(r"(?<!\w)(\d{1,6})(F|BW|B|I|W)(\d{1,9})(?!\w)", re.ASCII)
_HINT = "B is read as dgrad, because this file splits the backward into B and W"


class Row(NamedTuple):
    """What one device runs: its cells in PyTorch's notation, and their 1-based line."""

    line: int
    cells: list[str]


def only(files: Sequence[TextFile]) -> TextFile:
    """Return the one file that holds an order, with plain line ends and no mark.

    Raises:
        SpecError: There is not exactly one.
    """
    if len(files) != 1:
        where = Location(files[1].name) if files else None
        message = f"this format is one file, not {len(files)}"
        raise SpecError(message, where, "give one file")
    return TextFile(files[0].name, plain(files[0].text))


def head(file: TextFile) -> str:
    """Return the start of a file, with plain line ends and no mark."""
    return plain(file.text[:HEAD])


def plain(text: str) -> str:
    """Return text with plain line ends and without a mark of byte order."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def plan_from_rows(
    rows: Sequence[Row], name: str, placement: Sequence[int] | None = None
) -> Plan:
    """Return the plan that runs ``rows``, one per device.

    In files that write a split backward as B and W, B is dgrad: where BW occurs for
    the full backward, and where a microbatch has B and W on a stage but no I.

    Args:
        rows: The cells of each device; empty cells are idle.
        name: The file's name, for messages.
        placement: Device of each stage; None follows from the rows.

    Raises:
        PlanError: An op cannot be read, runs twice, is missing or on a wrong device.
    """
    marks = Marks({(): Location(name, rows[0].line if rows else 1)})
    for device, row in enumerate(rows):
        marks["order", device] = Location(name, row.line)
    cells, split = split_backwards([row.cells for row in rows])
    try:
        return Plan.parse(cells, _count(cells), placement, marks=marks)
    except PlanError as error:
        if split and error.hint is None:
            error.hint = _HINT
        raise


def split_backwards(rows: list[list[str]]) -> tuple[list[list[str]], bool]:
    """Return the rows with I for B where B is dgrad, B for BW, and whether any was."""
    kinds: dict[tuple[int, int], set[str]] = {}
    for row in rows:
        for cell in row:
            for stage, kind, number in _PASS.findall(cell):
                kinds.setdefault((int(stage), int(number)), set()).add(kind)
    named = any("BW" in found for found in kinds.values())
    split = {at for at, found in kinds.items() if {"B", "W"} <= found and "I" not in found}
    if not named and not split:
        return rows, False

    def renamed(match: re.Match[str]) -> str:
        stage, kind, number = match.groups()
        if kind == "B" and (named or (int(stage), int(number)) in split):
            kind = "I"
        return f"{stage}{'B' if kind == 'BW' else kind}{number}"

    return [[_PASS.sub(renamed, cell) for cell in row] for row in rows], True


def _count(rows: list[list[str]]) -> int | None:
    """Return how many microbatches there are, counted from 0; None if there are none."""
    found = (int(m[3]) for row in rows for cell in row for m in _PASS.finditer(cell))
    highest = max(found, default=None)
    return None if highest is None else highest + 1


def check_size(text: str, name: str, separators: str) -> None:
    """Check that a file does not have too many cells to look at.

    Raises:
        SpecError: It has; the line is the one with the first cell too many.
    """
    count = sum(map(text.count, separators))
    if count <= MOST_CELLS:
        return
    left = MOST_CELLS
    for line, row in enumerate(text.split("\n"), 1):
        left -= 1 + sum(map(row.count, separators))
        if left < 0:
            message = f"this file has more than {MOST_CELLS:,} cells or lines"
            raise SpecError(message, Location(name, line), "draw fewer microbatches")
