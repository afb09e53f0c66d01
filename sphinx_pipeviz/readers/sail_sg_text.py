"""The orders that sail-sg's zero-bubble code prints, a device a line -> Plan.

Source: sail-sg/zero-bubble-pipeline-parallelism. It prints two chunks as upper and lower
case, in three ways: the handcrafted ZB-V has chunk 0 in upper case; the runtime's
``print_schedule`` has chunk 0 in lower case; V-Half, V-Min and the ZB-V heuristic
(``FfBbWw``) have what a microbatch meets first in upper case, chunk 0 in the forward but
chunk 1 in the backward. All of them say themselves which case is which chunk: on each
device of a V, a microbatch's forward meets chunk 0 first, its backward chunk 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.readers.order_rows import Row, check_size, head, only, plan_from_rows
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

_WORD = re.compile(r"([A-Z]{1,3}|[a-z]{1,3})[-_]?(\d{1,9})", re.ASCII)
_IDLE = re.compile(r"[.\-_]*")
#: How the lines above and below a printed schedule start or end.
_RULES = (">>>", "---", "===", "#")
_PASSES = ("F", "B", "W", "BW", "I")
#: Sends, receives and their checks, which this code prints among the passes.
_COMMUNICATION = ("SF", "RF", "SB", "RB", "PV", "SPV", "RPV")
#: Words that a first line needs to be told from prose.
_ENOUGH = 2


class _Op(NamedTuple):
    kind: str
    upper: bool
    number: int


def looks_like_sail_sg_text(file: TextFile) -> bool:
    """Say whether the first lines of a file are ops such as F0 and b0."""
    for line in head(file).split("\n"):
        if not _is_around(line):
            words = _words(line)[:50]
            whole = words if len(words) < _ENOUGH else words[:-1]  # the last may be cut off
            known = [_WORD.fullmatch(word) for word in whole if not _IDLE.fullmatch(word)]
            return bool(known) and all(
                match and match[1].upper() in (*_PASSES, *_COMMUNICATION) for match in known
            )
    return False


def read_sail_sg_text(
    files: Sequence[TextFile],
    options: ReadOptions,  # noqa: ARG001  (the format says all)
) -> Plan:
    """Turn printed orders into a Plan, with two chunks in a V.

    Raises:
        SpecError: A word is no op, the cases do not tell the chunks, or there are several
            files.
        PlanError: The order is not complete.
    """
    file = only(files)
    check_size(file.text, file.name, ", \t\n")
    rows = [
        (line, list(_ops(text, Location(file.name, line))))
        for line, text in enumerate(file.text.split("\n"), 1)
        if not _is_around(text)
    ]
    if not any(ops for _, ops in rows):
        hint = "write a line for each device, such as F0 F1 B0 W0 B1 W1"
        raise SpecError("this file has no ops", Location(file.name, 1), hint)
    return _plan(rows, file.name)


def _is_around(line: str) -> bool:
    """Return whether a line is empty, or above or below a printed schedule."""
    line = line.strip()
    return not line or line.startswith(_RULES) or line.endswith("<<<")


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _ops(text: str, where: Location) -> Iterator[_Op]:
    for word in _words(text):
        match = _WORD.fullmatch(word)
        kind = match[1].upper() if match else ""
        if match and kind in _PASSES:
            yield _Op(kind, match[1].isupper(), int(match[2]))
        elif kind not in _COMMUNICATION and not _IDLE.fullmatch(word):
            hint = "write one of F B W BW and the microbatch, as in F0; keep only these lines"
            raise SpecError(f"'{word[:40]}' is not an op", where, hint)


def _plan(rows: list[tuple[int, list[_Op]]], name: str) -> Plan:
    everything = [op for _, ops in rows for op in ops]
    first = 1 if min(op.number for op in everything) == 1 else 0
    devices = len(rows)
    two = len({op.upper for op in everything if op.kind == "F"}) > 1
    down = _first_case(everything, ("F",))
    # The backward comes from chunk 1, if there are two.
    up = _first_case(everything, ("B", "I", "BW")) ^ two

    def cell(device: int, op: _Op) -> str:
        chunk = op.upper != (down if op.kind == "F" else up)
        stage = 2 * devices - 1 - device if chunk else device
        return f"{stage}{op.kind}{op.number - first}"

    cells = [
        Row(line, [cell(device, op) for op in ops]) for device, (line, ops) in enumerate(rows)
    ]
    up_again = range(devices - 1, -1, -1) if two else ()
    return plan_from_rows(cells, name, [*range(devices), *up_again])


def _first_case(ops: list[_Op], kinds: tuple[str, ...]) -> bool:
    """Return whether the first op of these kinds, on the first device, is in upper case."""
    return next((op.upper for op in ops if op.kind in kinds), True)
