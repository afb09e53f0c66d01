"""Lines of Markdown -> the fences in them that hold a schedule, at any depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAME = "pipeline-schedule"
#: Quote marks, list marks and indentation; then a fence; then what stands behind it.
_OPENING = re.compile(
    r"(?P<lead>(?:[ ]*>)*[ ]*(?:(?:[-*+]|\d+[.)])[ ]+)*)(?P<fence>`{3,}|~{3,})(?P<header>.*)"
)
_OURS = re.compile(rf"\s*(?:\{{(?:[^}}\"']*\s)?\.?)?{NAME}(?![\w-])")
_MARK = re.compile(r"[-*+]|\d+[.)]")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence with a schedule.

    Args:
        start: Index of its opening line among those that were searched.
        end: Index of the line after its last.
        lead: What stands before its opening line.
        header: What stands behind the opening fence.
        body: Its lines, without what leads them.
        closed: Whether it has an end.
    """

    start: int
    end: int
    lead: str
    header: str
    body: tuple[str, ...]
    closed: bool = True


def fences(lines: list[str]) -> Iterator[Fence]:
    """Yield every fence with a schedule that is not inside of another fence.

    Args:
        lines: Lines without tabs.
    """
    index = 0
    open_until: dict[tuple[str, str], int] = {}
    while index < len(lines):
        opening = _OPENING.fullmatch(lines[index])
        if opening is None or ("`" in opening["fence"] and "`" in opening["header"]):
            index += 1
            continue
        ours = bool(_OURS.match(opening["header"]))
        lead = _hanging(opening)
        if not ours and index < open_until.get((lead, opening["fence"]), 0):
            index += 1  # an earlier one like it has looked for an end in vain
            continue
        found = _read(lines, index, opening)
        if ours:
            yield found
        # what other fence lacks an end is text
        if not (ours or found.closed):
            open_until[lead, opening["fence"]] = found.end
        index = found.end if ours or found.closed else index + 1


def _hanging(opening: re.Match[str]) -> str:
    """Return what stands before the other lines of a fence."""
    return _MARK.sub(lambda mark: " " * len(mark[0]), opening["lead"])


def _read(lines: list[str], start: int, opening: re.Match[str]) -> Fence:
    lead = _hanging(opening)
    header = opening["header"].strip()
    body: list[str] = []
    for index in range(start + 1, len(lines)):
        line = _without(lead, lines[index])
        if line is None:
            break
        if line.strip() == opening["fence"]:
            return Fence(start, index + 1, opening["lead"], header, tuple(body))
        body.append(line)
    end = start + 1 + len(body)
    return Fence(start, end, opening["lead"], header, tuple(body), closed=False)


def _without(lead: str, line: str) -> str | None:
    """Return a line without what leads the fence's lines; None is outside of the fence."""
    if line.startswith(lead):
        return line[len(lead) :]
    if line.startswith(lead.rstrip()) and not line[len(lead.rstrip()) :].strip():
        return ""
    return "" if not line.strip() and ">" not in lead else None


class Places:
    """Finds fences of a page again that others have indented anew since.

    Args:
        lines: Those of the page as they are in its file.
    """

    def __init__(self, lines: list[str]) -> None:
        there = [line.expandtabs() for line in lines]
        self._found: dict[str, list[int]] = {}
        for fence in fences(there):
            text = _bare(there[fence.start : fence.end])
            self._found.setdefault(text, []).append(fence.start + 1)

    def find(self, lines: list[str], number: int) -> int | None:
        """Return the 1-based line of a fence of which the same came ``number`` times."""
        found = self._found.get(_bare(lines))
        return found[min(number, len(found) - 1)] if found else None


def _bare(lines: list[str]) -> str:
    """Return lines without what is around them; those of an open fence may be fewer."""
    return "\n".join(line.expandtabs().strip() for line in lines).rstrip()
