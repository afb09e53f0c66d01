"""Chrome trace events: the events of a JSON trace that a reader wants, one after another.

Source: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
A trace is an array of events, whose closing bracket may be missing, or an object with that
array under ``traceEvents``. Events are decoded one at a time and forgotten unless wanted,
since a trace has millions of which a pipeline's are few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.readers.json_scan import JsonScan
from sphinx_pipeviz.readers.json_text import bad_json, shown, time_at
from sphinx_pipeviz.readers.text_file import TextFile
from sphinx_pipeviz.spec import MAX_OPS

#: A process or thread: a number, or a name.
Id = int | str

#: What readers want of an object form, beside its events.
HEADER = ("distributedInfo", "baseTimeNanoseconds")


class Event(NamedTuple):
    """Something that took time; times in microseconds, ``place`` counts the file's events."""

    name: str
    category: str
    start: float
    duration: float
    pid: Id
    tid: Id
    place: int


@dataclass(slots=True)
class Trace:
    """What was read of a trace.

    Args:
        header: What an object form says beside its events.
        events: Those that were wanted, in the order they ended.
        names: What a process ``(pid, None)`` or thread ``(pid, tid)`` is called.
        ranks: Where a process or thread wants to stand among others.
        seen: A few names that were not wanted, for messages.
    """

    header: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    names: dict[tuple[Id, Id | None], str] = field(default_factory=dict)
    ranks: dict[tuple[Id, Id | None], float] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)


def read_trace(file: TextFile, wanted: Callable[[str], bool]) -> Trace:
    """Return a trace's header and the events whose name is wanted.

    Raises:
        SpecError: It is not JSON or not a trace, or an event's times cannot be.
    """
    scan = JsonScan(file)
    collect = _Collect(Trace(), wanted)
    try:
        start = scan.peek()
        if start == "[":
            _read_events(scan, collect, open_ended=True)
        elif start == "{":
            _read_object(scan, collect)
        else:
            hint = "a trace is an array of events, or an object with 'traceEvents'"
            raise SpecError("this is not a trace in JSON", Location(file.name, 1), hint)
        if scan.peek():
            raise scan.error("Extra data")
    except (ValueError, RecursionError) as error:
        raise bad_json(error, file) from None
    collect.finish(file)
    return collect.trace


def check_count(events: int) -> None:
    """Check how many events of a pipeline there are.

    Raises:
        SpecError: They are too many.
    """
    if events > MAX_OPS:
        raise SpecError(f"this trace has more than {MAX_OPS:,} events of a pipeline")


def _read_object(scan: JsonScan, collect: _Collect) -> None:
    found = False
    for key in scan.members():
        if key == "traceEvents" and scan.peek() == "[":
            found = True
            _read_events(scan, collect, open_ended=False)
        else:
            value = scan.value()
            if key in HEADER:
                collect.trace.header[key] = value
    if not found:
        hint = "an object with an array of events under 'traceEvents' is a trace"
        raise SpecError("there is no array 'traceEvents'", Location(scan.file.name, 1), hint)


def _read_events(scan: JsonScan, collect: _Collect, *, open_ended: bool) -> None:
    for index, (at, raw) in enumerate(scan.items(open_ended=open_ended)):
        try:
            collect.add(raw, index)
        except PipevizError as error:
            line = scan.file.text.count("\n", 0, at) + 1
            error.location = Location(scan.file.name, line)
            raise


#: Names that are kept to say what a trace has instead.
_SEEN = 3


class _Collect:
    """Takes events and keeps what is wanted of them."""

    def __init__(self, trace: Trace, wanted: Callable[[str], bool]) -> None:
        self.trace = trace
        self._wanted = wanted
        self._open: dict[tuple[Id, Id], list[Event | None]] = {}

    def add(self, raw: Any, index: int) -> None:
        """Take one event.

        Raises:
            SpecError: It is no event, or its times cannot be.
        """
        if not isinstance(raw, dict):
            raise SpecError(f"event {index} must be an object, not {shown(raw)}")
        match raw.get("ph"):
            case "X" if self._wants(raw):
                self._keep(_event(raw, index, _time(raw, "dur", index)))
            case "B":
                begun = _event(raw, index, 0.0) if self._wants(raw) else None
                self._open.setdefault(_thread(raw, index), []).append(begun)
            case "E":
                self._end(raw, index)
            case "M":
                self._describe(raw, index)

    def finish(self, file: TextFile) -> None:
        """Check that all wanted events have ended."""
        for event in (event for stack in self._open.values() for event in stack if event):
            hint = "was the trace cut short?"
            message = f"event {event.place}, '{event.name[:40]}', never ends"
            raise SpecError(message, Location(file.name), hint)

    def _wants(self, raw: dict[str, Any]) -> bool:
        name = raw.get("name")
        if not isinstance(name, str):
            return False
        if self._wanted(name):
            return True
        if len(self.trace.seen) < _SEEN and name not in self.trace.seen:
            self.trace.seen.append(name)
        return False

    def _keep(self, event: Event) -> None:
        self.trace.events.append(event)
        check_count(len(self.trace.events))

    def _end(self, raw: dict[str, Any], index: int) -> None:
        stack = self._open.get(_thread(raw, index))
        begun = stack.pop() if stack else None
        if begun:
            duration = _time(raw, "ts", index) - begun.start
            if duration < 0:
                raise SpecError(f"event {index} ends '{begun.name[:40]}' before it starts")
            self._keep(begun._replace(duration=duration))

    def _describe(self, raw: dict[str, Any], index: int) -> None:
        args, name = raw.get("args"), raw.get("name")
        if not isinstance(args, dict) or not isinstance(name, str):
            return
        pid, tid = _thread(raw, index)
        thread = tid if name.startswith("thread_") else None
        if name in ("process_name", "thread_name") and isinstance(args.get("name"), str):
            self.trace.names[pid, thread] = args["name"]
        place = args.get("sort_index")
        if name.endswith("_sort_index") and isinstance(place, int | float) and place == place:  # noqa: PLR0124  (nan is not)
            self.trace.ranks[pid, thread] = place


def _event(raw: dict[str, Any], index: int, duration: float) -> Event:
    category = raw.get("cat")
    start = _time(raw, "ts", index)
    return Event(
        raw["name"],
        category if isinstance(category, str) else "",
        start,
        duration,
        *_thread(raw, index),
        index,
    )


def _thread(raw: dict[str, Any], index: int) -> tuple[Id, Id]:
    pid, tid = raw.get("pid", 0), raw.get("tid", 0)
    for key, value in (("pid", pid), ("tid", tid)):
        if not isinstance(value, int | str):
            message = f"the {key} of event {index} must be a number or text, not {shown(value)}"
            raise SpecError(message)
    return pid, tid


def _time(raw: dict[str, Any], key: str, index: int) -> float:
    if key not in raw:
        raise SpecError(f"event {index}, '{str(raw.get('name'))[:40]}', lacks '{key}'")
    time = time_at(raw[key], ("event", index, key))
    if time < 0:
        raise SpecError(f"{key} of event {index} is negative: {shown(raw[key])}")
    return time
