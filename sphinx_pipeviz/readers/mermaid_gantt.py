"""A Mermaid ``gantt`` chart, alone or within a document -> Timeline.

Source: Mermaid's documentation of the diagram. Sections are devices. The times are taken
as written, so a chart that no devices could run is refused.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, Marks, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.readers.gantt_labels import PASSES, Label, label_of
from sphinx_pipeviz.readers.gantt_tasks import Written, spans_of
from sphinx_pipeviz.readers.gantt_times import UNITS, Clock, unit_of
from sphinx_pipeviz.readers.order_rows import check_size, head, only
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.written_timeline import timeline_from_tasks
from sphinx_pipeviz.spec import Task

#: Most tasks of a chart, and most characters of a line that are looked at.
MOST_TASKS = 200_000
LONGEST_LINE = 2000
_GANTT = re.compile(r"^([ \t]*)gantt[ \t;]*$", re.MULTILINE)
_END = ("```", "~~~", ":::", "</", "gantt")
_IGNORED = re.compile(
    r"(?:%%|(?:title|axisFormat|tickInterval|includes|todayMarker|weekday|weekend|topAxis|"
    r"accTitle|accDescr|click|displayMode|inclusiveEndDates)\b)"
)
_TAGS = {"active", "done", "crit", "milestone", "vert"}
_UNDRAWN = {"milestone", "vert"}
#: Of a task that has them all: an id, a start and an end.
_MOST_ITEMS = 3
#: Milliseconds; a number above it counts from 1970, not from the chart's start.
_LATE = 1e10


class _Line(NamedTuple):
    line: int
    text: str


class _Bar(NamedTuple):
    where: Location
    section: str
    label: Label
    start: float
    end: float


@dataclass(slots=True)
class _Chart:
    """What was read of a chart so far."""

    name: str
    date_format: str = "YYYY-MM-DD"
    inclusive: bool = False
    section: str = ""
    tasks: list[Written] = field(default_factory=list)


def looks_like_mermaid_gantt(file: TextFile) -> bool:
    """Say whether a line near the start of a file is ``gantt``."""
    return _GANTT.search(head(file)) is not None


def read_mermaid_gantt(files: Sequence[TextFile], options: ReadOptions) -> Timeline:
    """Turn the first ``gantt`` chart of a file into a Timeline, idle tasks left out.

    Args:
        files: One file.
        options: ``unit`` (d, h, min, s, ms, us, ns) is what a time unit is; None takes that
            of the chart's ``dateFormat``, or a smaller one that all times are multiples of.

    Raises:
        SpecError: There is no chart, or a line of it cannot be read.
        PlanError: The chart is impossible: a task starts before its inputs end, or a
            device runs two at once.
    """
    file = only(files)
    check_size(file.text, file.name, "\n")
    if options.unit not in (None, *UNITS):
        hint = f"choose {', '.join(UNITS)}"
        raise SpecError(f"unit cannot be '{options.unit}'", Location(file.name), hint)
    chart = _Chart(file.name)
    lines = list(_chart_lines(file))
    for line in lines[1:]:
        _read_line(chart, line)
        if len(chart.tasks) > MOST_TASKS:
            message = f"this chart has more than {MOST_TASKS:,} tasks"
            raise SpecError(message, Location(file.name, line.line))
    clock = Clock(chart.date_format, inclusive=chart.inclusive)
    bars = list(_bars(chart, clock))
    if not any(bar.label.batch is not None for bar in bars):
        hint = "name tasks after kind and microbatch, as in F0 or B1"
        message = "no task of this chart is a forward or a backward"
        raise SpecError(message, Location(file.name, lines[0].line), hint)
    first = min(bar.start for bar in bars)
    origin = 0.0 if clock.is_number and first < _LATE else first
    times = [time - origin for bar in bars for time in (bar.start, bar.end)]
    unit = UNITS.get(options.unit or "") or unit_of(times, clock)
    return _timeline(bars, origin, unit)


def _chart_lines(file: TextFile) -> Iterator[_Line]:
    """Yield the first chart's lines that are not empty, ``gantt`` first.

    It ends with its fence, or where a line is less indented.
    """
    found = _GANTT.search(file.text)
    if not found:
        hint = "a chart starts with the line gantt"
        raise SpecError("there is no gantt chart in this file", Location(file.name, 1), hint)
    line = file.text.count("\n", 0, found.start()) + 1
    yield _Line(line, "gantt")
    for at, row in enumerate(file.text[found.end() :].split("\n")[1:], line + 1):
        text = row.strip()
        if text.startswith(_END) or (text and not row.startswith(found[1])):
            return
        if text:
            yield _Line(at, text)


def _read_line(chart: _Chart, line: _Line) -> None:
    word, _, rest = line.text.partition(" ")
    where = Location(chart.name, line.line)
    if word == "section":
        chart.section = rest.strip()[:LONGEST_LINE]
    elif word == "dateFormat":
        chart.date_format = rest.strip()[:40]
    elif word == "excludes":
        message = "a chart that excludes days cannot be read"
        raise SpecError(message, where, "remove the line")
    elif word == "inclusiveEndDates":
        chart.inclusive = True
    elif not _IGNORED.match(line.text):
        name, colon, items = line.text[:LONGEST_LINE].partition(":")
        if not colon:
            hint = "write a name, a colon, a start and an end, as in F0 :f0, 0, 1"
            raise SpecError(f"'{line.text[:40]}' is not a task", where, hint)
        _read_task(chart, name.strip(), items, where)


def _read_task(chart: _Chart, name: str, items: str, where: Location) -> None:
    parts = [part.strip() for part in re.split("[#;]", items, maxsplit=1)[0].split(",")]
    tags = set()
    while parts and parts[0] in _TAGS:
        tags.add(parts.pop(0))
    if not name:
        raise SpecError("a task has no name", where, "name it, as in F0 :f0, 0, 1")
    if not 1 <= len(parts) <= _MOST_ITEMS or not all(parts):
        hint = "write an id, a start and an end, as in F0 :f0, 0, 1"
        raise SpecError(f"the task '{name[:40]}' has no start and end", where, hint)
    key, start, end = [""] * (_MOST_ITEMS - len(parts)) + parts
    drawn = not tags & _UNDRAWN
    chart.tasks.append(Written(where, chart.section, name, key, start, end, drawn))


def _bars(chart: _Chart, clock: Clock) -> Iterator[_Bar]:
    """Yield the tasks that are not idle, with their times in milliseconds."""
    spans = spans_of(chart.tasks, clock)
    for task, (start, end) in zip(chart.tasks, spans, strict=True):
        label = label_of(task.name)
        if label is None or not task.drawn:
            continue
        if label.batch is None and label.type in PASSES:
            message = f"the task '{task.name[:40]}' does not say its microbatch"
            raise SpecError(message, task.where, "add its number, as in F0")
        if end <= start:
            message = (
                f"the task '{task.name[:40]}' ends at '{task.end[:20]}', not after it starts"
            )
            hint = "a bare number is when a task ends; write 1s for how long it takes"
            raise SpecError(message, task.where, hint)
        yield _Bar(task.where, task.section, label, start, end)


def _timeline(bars: list[_Bar], origin: float, unit: float) -> Timeline:
    kinds: dict[tuple[str, int | None, int | None], set[str]] = defaultdict(set)
    for bar in bars:
        kinds[bar.section, bar.label.stage, bar.label.batch].add(bar.label.type)
    tasks: dict[int | str, list[Task]] = {}
    marks = Marks({(): bars[0].where})
    for bar in bars:
        kind, batch, stage = bar.label
        if kind == "backward" and "backward-weight" in kinds[bar.section, stage, batch]:
            kind = "backward-input"
        row = tasks.setdefault(bar.section or 0, [])
        marks["timeline", bar.section or 0, len(row)] = bar.where
        start, end = ((time - origin) / unit for time in (bar.start, bar.end))
        row.append(Task(kind, start, end - start, batch, stage))
    return timeline_from_tasks(tasks, marks)
