"""A chart of characters, as documentation draws pipelines -> Plan.

Source: charts in public READMEs and docstrings, which agree on a row for each stage,
device, GPU, rank or worker, such as ``Stage 0: [F0][F1]    [B0]`` or
``GPU 0 | F1 F2 . . B1 B2``. Widths of cells are seldom drawn true, so the chart gives an
order, and the simulation its times. Around the chart there may be other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.readers.order_rows import (
    MOST_CELLS,
    Row,
    check_size,
    head,
    only,
    plan_from_rows,
)
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

_LABEL = re.compile(
    r"[\s/#*>│┃|]*(?P<word>(?:pipeline |pp[ _-]?)?(?:stage|rank)|"
    r"device|dev|gpu|npu|tpu|worker|node|[SDGRP])"
    r"[ _#-]*(?P<number>\d{1,6})(?:\s*\([^()]{0,80}\))?"
    r"(?:\s*(?:[:\uff1a=|│┃]|->|→)|(?=\s|\[|\Z))",
    re.IGNORECASE | re.ASCII,
)
#: Longest text before a row's cells.
_LONGEST_LABEL = 200
_OP = re.compile(
    r"(?<!\w)(?P<kind>FWD|BWD|FW|BW|[FBWI])[_-]?"
    r"(?:(?P<plain>\d{1,9})|[(\[] ?(?:mb|m)? ?(?P<inside>\d{1,9}) ?[)\]])(?!\w|\.\d)",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"[\s.…_\-\u2013—·•░□▯▢⬜,;|│┃┆║>→\[\](){}]+|(?:idle|bubble|wait|flush|空闲|气泡|버블)(?!\w)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"[^\s|│\[\]]{1,40}")
#: What follows is a remark.
_REMARK = re.compile(r"←|<-|<=|#|//")
_KINDS = {"FWD": "F", "FW": "F", "BWD": "B"}
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
#: Lines without a row that a chart may have between two rows.
_APART = 2


class _Line(NamedTuple):
    line: int
    word: str
    number: int
    cells: str


def looks_like_ascii_chart(file: TextFile) -> bool:
    """Say whether a file's first lines have a row that starts with an op or is idle."""
    for row in _labelled(head(file)):
        idle = _IDLE.match(row.cells)
        if _OP.match(row.cells, idle.end() if idle else 0):
            return True
    return False


def read_ascii_chart(
    files: Sequence[TextFile],
    options: ReadOptions,  # noqa: ARG001  (the format says all)
) -> Plan:
    """Turn the first chart of a file into a Plan; rows are stages, in their numbers' order.

    What follows it is not read: another chart begins where other lines stand between and a
    row's number comes again, where there are many such lines, or where rows are called
    something else.

    Raises:
        SpecError: There is no chart, a row has something that is no op, or rows are
            missing or there twice.
        PlanError: The order is not complete.
    """
    file = only(files)
    check_size(file.text, file.name, "\n")
    lines = sorted(_first_chart(file), key=lambda row: row.number)
    _check_numbers(lines, file.name)
    rows = [list(_ops(row, file.name)) for row in lines]
    if sum(map(len, rows)) > MOST_CELLS:
        message = f"this chart has more than {MOST_CELLS:,} ops"
        raise SpecError(message, Location(file.name, lines[0].line))
    first = 1 if min(number for row in rows for _, number in row) == 1 else 0
    cells = [
        [f"{stage}{kind}{number - first}" for kind, number in row]
        for stage, row in enumerate(rows)
    ]
    plan_rows = [Row(row.line, each) for row, each in zip(lines, cells, strict=True)]
    return plan_from_rows(plan_rows, file.name, list(range(len(rows))))


def _labelled(text: str) -> Iterator[_Line]:
    """Yield the lines that start with the name of a row."""
    for line, row in enumerate(text.split("\n"), 1):
        match = _LABEL.match(row[:_LONGEST_LABEL])
        if match:
            cells = row[match.end() :].translate(_SUBSCRIPTS)
            remark = _REMARK.search(cells)
            cells = cells[: remark.start()] if remark else cells
            yield _Line(line, match["word"].lower(), int(match["number"]), cells)


def _first_chart(file: TextFile) -> list[_Line]:
    """Return the rows of the first chart: until a number comes again, or the word changes.

    Raises:
        SpecError: There is none, or a row comes again right after the others.
    """
    chart: dict[int, _Line] = {}
    last: _Line | None = None
    for row in _labelled(file.text):
        last = last or row
        if row.line == last.line + 1 and row.word == last.word:
            _check_new(row, chart, file.name)
        apart = row.line - last.line > _APART + 1
        if apart or row.word != last.word or row.number in chart:
            if any(_OP.search(each.cells) for each in chart.values()):
                return list(chart.values())
            chart = {}
        chart[row.number] = last = row
    if any(_OP.search(each.cells) for each in chart.values()):
        return list(chart.values())
    hint = "start each row with its name, as in Stage 0: F0 F1 . B0 B1"
    raise SpecError("there is no chart in this file", Location(file.name, 1), hint)


def _check_new(row: _Line, chart: Mapping[int, _Line], name: str) -> None:
    """Check that a row, which is right below a chart, is not one that the chart has."""
    same = chart.get(row.number)
    if same and _OP.search(same.cells):
        message = f"{row.word} {row.number} has two rows, in lines {same.line} and {row.line}"
        hint = "write one, or an empty line before another chart"
        raise SpecError(message, Location(name, row.line), hint)


def _check_numbers(lines: list[_Line], name: str) -> None:
    for expected, row in enumerate(lines, min(lines[0].number, 1)):
        if row.number != expected:
            message = f"the row of {row.word} {expected} is missing before this one"
            raise SpecError(message, Location(name, row.line), "write a row for each")


def _ops(row: _Line, name: str) -> Iterator[tuple[str, int]]:
    """Yield kind and microbatch of each op in a row."""
    at = 0
    while at < len(row.cells):
        if match := _OP.match(row.cells, at):
            kind = match["kind"].upper()
            yield _KINDS.get(kind, kind), int(match["plain"] or match["inside"])
        elif not (match := _IDLE.match(row.cells, at)):
            unknown = _UNKNOWN.match(row.cells, at)
            found = unknown[0] if unknown else row.cells[at]
            hint = "write a kind and a microbatch, as in F0 or [B1]; idle is . or _"
            raise SpecError(f"'{found}' is not an op", Location(name, row.line), hint)
        at = match.end()
