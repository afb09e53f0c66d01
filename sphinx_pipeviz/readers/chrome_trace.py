"""Chrome Trace Event JSON in general, of any program -> Timeline.

Source: the "Trace Event Format" (see ``trace_events``). PyTorch's ``_dump_chrometrace`` is
one such program; its categories are wrong for some kinds, so that names alone count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sphinx_pipeviz.errors import Location, PipevizError, PlanError, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import BESIDE, PASSES, Overlap, Run, one_line
from sphinx_pipeviz.readers.json_text import HEAD
from sphinx_pipeviz.readers.measured import (
    Measuring,
    Row,
    measured_timeline,
    outermost,
    unit_of,
)
from sphinx_pipeviz.readers.op_names import WORDS, Named, default_names, names_of_pattern
from sphinx_pipeviz.readers.steps import are_steps, in_time
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.trace_events import Event, Id, Trace, check_count, read_trace

_PHASE = re.compile(r'"ph"\s*:\s*"')
#: Characters of a row's title.
_LONGEST = 24


class _Key(NamedTuple):
    """Which row an event belongs to: by the author's device, or by process and thread."""

    file: int
    device: str
    pid: Id
    tid: Id


def looks_like_chrome_trace(file: TextFile) -> bool:
    """Say whether a file starts as traces do, other than PyTorch's profiles."""
    head = file.text[:HEAD]
    start = head.lstrip()[:1]
    if start == "{":
        return '"traceEvents"' in head
    return start == "[" and _PHASE.search(head) is not None


def read_chrome_trace(files: Sequence[TextFile], options: ReadOptions) -> Timeline:
    """Turn traces into a Timeline: a row for each process or thread that runs passes.

    Files share one clock. Names that name no op are passed over. Times that only count
    steps, as PyTorch's dump has them, are an order: its passes run as soon as they can.

    Args:
        files: One or several traces.
        options: ``unit`` of the times, and the ``pattern`` that finds kind, stage,
            microbatch and device in names.

    Raises:
        SpecError: A file is not a trace, nothing in it names a pass, or the pattern is
            wrong.
        PlanError: The devices cannot have run so.
    """
    unit = unit_of(options)
    names = default_names if options.pattern is None else names_of_pattern(options.pattern)
    named: Named = lru_cache(maxsize=4096)(names)
    traces = []
    for file in files:
        traces.append(read_trace(file, lambda name: named(name) is not None))
        check_count(sum(len(trace.events) for trace in traces))
    runs = _runs_by_row(traces, named)
    others = {run.slot.ops[0].name for row in runs.values() for run in row} - {""}
    _join_transfers(runs)
    if not runs:
        raise _unknown(files, others) if others else _nothing(files, traces)
    order = sorted(runs, key=lambda key: _place(key, traces))
    titles = _titles(order, traces)
    rows = [
        Row(title or str(place), title, files[key.file].name, outermost(runs[key]))
        for place, (key, title) in enumerate(zip(order, titles, strict=True))
    ]
    try:
        how = Measuring(unit, own_clocks=False, as_written=True)
        return _timeline(_from_zero(rows), how)
    except PipevizError as error:
        error.location = error.location or Location(files[0].name)
        raise


def _timeline(rows: list[Row], how: Measuring) -> Timeline:
    try:
        return measured_timeline(rows, how)
    except PlanError:
        if not are_steps([row.runs for row in rows]):
            raise
    timed = in_time([row.runs for row in rows])
    rows = [row._replace(runs=runs) for row, runs in zip(rows, timed, strict=True)]
    return measured_timeline(rows, how)


def _runs_by_row(traces: Sequence[Trace], named: Named) -> dict[_Key, list[Run]]:
    runs: dict[_Key, list[Run]] = defaultdict(list)
    for place, trace in enumerate(traces):
        for event in trace.events:
            if found := named(event.name):
                slot, device = found
                run = Run(event.start / 1000, event.duration / 1000, slot)
                runs[_key(place, device, event)].append(run)
    return runs


def _key(place: int, device: str, event: Event) -> _Key:
    if device:
        return _Key(0, device, 0, 0)
    return _Key(place, "", event.pid, event.tid)


def _join_transfers(runs: dict[_Key, list[Run]]) -> None:
    """Let what threads without passes move stand beside the first working one's passes."""
    homes: dict[tuple[int, Id], _Key] = {}
    idle = []
    for key, row in runs.items():
        if any(op.kind in PASSES for run in row for op in run.slot.ops):
            homes.setdefault((key.file, key.pid), key)
        else:
            idle.append(key)
    for key in idle:
        moves = [run for run in runs.pop(key) if run.slot.ops[0].kind in BESIDE]
        if home := homes.get((key.file, key.pid)):
            runs[home].extend(moves)


def _place(key: _Key, traces: Sequence[Trace]) -> tuple[object, ...]:
    """Return what rows are sorted by: what the trace wants, then numbers, then names."""
    ranks = traces[key.file].ranks
    return (
        _natural(key.device),
        key.file,
        ranks.get((key.pid, None), 0.0),
        _natural(key.pid),
        ranks.get((key.pid, key.tid), 0.0),
        _natural(key.tid),
    )


def _natural(name: Id) -> list[tuple[int, int, str]]:
    """Return a name so that ``rank 10`` sorts after ``rank 9``."""
    parts = re.split(r"(\d{1,18})", str(name), flags=re.ASCII)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _titles(order: Sequence[_Key], traces: Sequence[Trace]) -> list[str]:
    """Return what rows are called: as their process, their thread, or both if need be."""
    rows = Counter((key.file, key.pid) for key in order)
    names = {key: traces[key[0]].names.get((key[1], None)) for key in rows}
    same = Counter(names.values())
    counted = [key.pid for key in order] == list(range(len(order)))
    titles = []
    for key in order:
        process = names[key.file, key.pid]
        alone = rows[key.file, key.pid] == 1
        if not process or same[process] > 1:
            process = "" if counted and alone and not key.device else str(key.pid)
        thread = "" if alone else traces[key.file].names.get((key.pid, key.tid)) or str(key.tid)
        words = (key.device,) if key.device else (process if len(rows) > 1 else "", thread)
        titles.append(one_line(" ".join(words), _LONGEST))
    return titles


def _from_zero(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with stages counted from 0, where the author counts from 1."""
    stages = {op.stage for row in rows for run in row.runs for op in run.slot.ops}
    if min((stage for stage in stages if stage is not None), default=0) != 1:
        return list(rows)
    return [row._replace(runs=[_moved(run) for run in row.runs]) for row in rows]


def _moved(run: Run) -> Run:
    ops = [op if op.stage is None else op._replace(stage=op.stage - 1) for op in run.slot.ops]
    return run._replace(slot=Overlap(*ops) if len(ops) > 1 else ops[0])


def _unknown(files: Sequence[TextFile], kinds: Iterable[str]) -> SpecError:
    """Return the error for a pattern by which no event is a pass."""
    found = ", ".join(f"'{kind}'" for kind in sorted(kinds)[:3])
    message = f"by the pattern no event is a pass; its kinds are {found}"
    known = [word for word, kind in WORDS.items() if kind in PASSES and len(word) > 1]
    hint = f"known: {', '.join([*known, *'FBIW'])}"
    return SpecError(message, Location(files[0].name), hint, path=("pattern",))


def _nothing(files: Sequence[TextFile], traces: Sequence[Trace]) -> SpecError:
    if not files:
        return SpecError("there is no trace to read")
    seen = [name for trace in traces for name in trace.seen][:3]
    message = "no event of this trace names a pass of a pipeline"
    if seen:
        message += f"; there are {', '.join(repr(one_line(name, 30)) for name in seen)}"
    hint = r"give a pattern such as (?P<kind>fwd|bwd)-(?P<microbatch>\d+)"
    return SpecError(message, Location(files[0].name), hint)
