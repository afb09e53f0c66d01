"""The tasks of a Mermaid chart -> when each starts and ends."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, SpecError, did_you_mean
from sphinx_pipeviz.readers.gantt_times import Clock, duration

#: Ids that a misspelt one is compared with.
_MOST_COMPARED = 1000

#: Start and end in milliseconds.
Span = tuple[float, float]


class Written(NamedTuple):
    """A task as it was written.

    Args:
        where: Its line.
        section: The section it is in.
        name: What stands before the colon.
        id: By which others name it, or an empty string.
        start: When it starts; empty where the task before it ends.
        end: When it ends, or how long it takes.
        drawn: Whether it is a bar, not a mark.
    """

    where: Location
    section: str
    name: str
    id: str
    start: str
    end: str
    drawn: bool


def spans_of(tasks: Sequence[Written], clock: Clock) -> list[Span]:
    """Return when the tasks start and end; each may name any other one by its id.

    Args:
        tasks: In the order they were written.
        clock: Of the chart's ``dateFormat``.

    Raises:
        SpecError: A time cannot be read, an id is unknown, or tasks wait in a circle.
    """
    ids = {task.id: index for index, task in enumerate(tasks) if task.id}
    needs = [_needs(index, task, ids) for index, task in enumerate(tasks)]
    missing = [len(after) + len(until) for after, until in needs]
    waiting: dict[int, list[int]] = defaultdict(list)
    for index, each in enumerate(needs):
        for other in (*each[0], *each[1]):
            waiting[other].append(index)
    spans: list[Span | None] = [None] * len(tasks)
    ready = deque(index for index, count in enumerate(missing) if not count)
    while ready:
        index = ready.popleft()
        after, until = ([span for i in each if (span := spans[i])] for each in needs[index])
        start = _start(tasks[index], clock, after)
        spans[index] = start, _end(tasks[index], clock, start, until)
        for other in waiting[index]:
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    placed = [span for span in spans if span is not None]
    if len(placed) < len(tasks):
        stuck = tasks[spans.index(None)]
        message = f"the task '{stuck.name[:40]}' waits for itself, by way of other tasks"
        raise SpecError(message, stuck.where, "give one of them a start")
    return placed


def _needs(index: int, task: Written, ids: dict[str, int]) -> tuple[list[int], list[int]]:
    """Return which tasks a task starts after, and until which it lasts."""
    after = _named(task.start, "after ", task, ids)
    if not task.start and index:
        after = [index - 1]
    return after, _named(task.end, "until ", task, ids)


def _named(text: str, word: str, task: Written, ids: dict[str, int]) -> list[int]:
    found = []
    for each in text.removeprefix(word).split() if text.startswith(word) else ():
        if each not in ids:
            hint = did_you_mean(each, ids) if len(ids) < _MOST_COMPARED else None
            raise SpecError(f"no task has the id '{each[:40]}'", task.where, hint)
        found.append(ids[each])
    return found


def _start(task: Written, clock: Clock, after: Sequence[Span]) -> float:
    if after or not task.start:
        return max((end for _, end in after), default=0.0)
    start = clock.time(task.start)
    if start is None:
        raise _no_time(clock, task.start, task, "or after and the id of another task")
    return start


def _end(task: Written, clock: Clock, start: float, until: Sequence[Span]) -> float:
    if until:
        return min(begin for begin, _ in until)
    end = clock.end(task.end)
    if end is not None:
        return end
    length = duration(task.end)
    if length is None:
        raise _no_time(clock, task.end, task, "or a duration such as 1d, 2s or 10ms")
    return start + length


def _no_time(clock: Clock, text: str, task: Written, other: str) -> SpecError:
    form = "a number" if clock.is_number else f"a date of the form {clock.format}"
    hint = f"write {form}, {other}"
    if not clock.is_number and text.isdecimal():
        hint = "for plain numbers, add the line dateFormat X"
    return SpecError(f"'{text[:40]}' is not {form}", task.where, hint)
