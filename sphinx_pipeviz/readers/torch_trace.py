"""Traces of PyTorch's profiler (Kineto), one file a rank -> Timeline.

Sources: ``torch.distributed.pipelining.schedules``, whose runtime of schedules with several
stages records each action as ``PP:`` and the action (``PP:1F3``, ``PP:1SEND_F0``,
``PP:(0F3;7B1)OVERLAP_F_B``), while its GPipe records ``Forward 3`` and ``Backward 3``; and
the header that Kineto writes (``distributedInfo``, ``baseTimeNanoseconds``). An annotation
includes the wait for what the pass receives.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sphinx_pipeviz.errors import Location, PlanError, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PASSES, Kind, Op, Run, Slot, parse_slot
from sphinx_pipeviz.readers.json_text import HEAD, whole_at
from sphinx_pipeviz.readers.measured import (
    Measuring,
    Row,
    measured_timeline,
    outermost,
    unit_of,
)
from sphinx_pipeviz.readers.ranks import ranks_named
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.trace_events import Event, check_count, read_trace

_MARKS = ('"schemaVersion"', '"distributedInfo"', '"baseTimeNanoseconds"', '"deviceProperties"')
_ACTION = re.compile(r"PP:[\d(][\w();]{1,60}", re.ASCII)
_GPIPE = re.compile(r"(Forward|Backward) (\d{1,9})", re.ASCII)
_GPIPE_KINDS = {"Forward": Kind.FORWARD, "Backward": Kind.BACKWARD}
_ON_GPU = "gpu_user_annotation"
_IN_NAME = re.compile(r"rank[_-]?(\d{1,6})(?!\d)", re.IGNORECASE)
_MOST_RANKS = 10_000_000


@dataclass(frozen=True, slots=True)
class _Rank:
    """What one file says: times in milliseconds after ``base``, which is in nanoseconds."""

    rank: int
    source: str
    base: int | None
    runs: list[Run]


def looks_like_torch_trace(file: TextFile) -> bool:
    """Say whether a file starts as Kineto's traces do."""
    head = file.text[:HEAD]
    return head.lstrip()[:1] == "{" and any(mark in head for mark in _MARKS)


def read_torch_trace(files: Sequence[TextFile], options: ReadOptions) -> Timeline:
    """Turn the traces of a pipeline's ranks, in any order, into a Timeline.

    Ranks whose traces name a ``baseTimeNanoseconds`` share a clock, unless a pass ends
    before what it needs is made; then the clocks are put together from the passes. A pass
    starts when what it needs was made, without the wait. Where every pass is recorded on
    the GPU, those times are taken.

    Args:
        files: One trace per rank.
        options: ``unit`` of the times, and which ``rank``s to keep, as ``0,8,16``.

    Raises:
        SpecError: A file is not a trace, has no pipeline, or its rank is not known or
            given twice; or a stage is missing.
        PlanError: The ranks cannot have run so.
    """
    unit = unit_of(options)
    ranks = _known(files)
    if options.rank is not None:
        wanted = ranks_named(options.rank)
        ranks = [rank for rank in ranks if any(rank.rank in part for part in wanted)]
    if not ranks:
        raise SpecError("there is no trace to read")
    for rank in ranks:
        if not rank.runs:
            raise _no_pipeline(rank.source)
    ranks = _staged(ranks)
    _check_stages(ranks)
    numbers = [rank.rank for rank in ranks]
    plain = numbers == list(range(len(numbers)))
    rows = [
        Row(str(rank.rank), "" if plain else f"rank {rank.rank}", rank.source, runs)
        for rank, runs in zip(ranks, _on_one_base(ranks), strict=True)
    ]
    return measured_timeline(rows, Measuring(unit, waits=True))


def _known(files: Iterable[TextFile]) -> list[_Rank]:
    """Return the ranks in order.

    A folder with several runs is told as such, even if one file says no rank.
    """
    ranks, unknown = [], []
    for file in files:
        try:
            ranks.append(_rank(file))
            check_count(sum(len(rank.runs) for rank in ranks))
        except _NoRankError as error:
            unknown.append(error)
    ranks.sort(key=lambda rank: rank.rank)
    _check_once(ranks)
    if unknown:
        raise unknown[0]
    return ranks


class _NoRankError(SpecError):
    """A trace does not say whose rank it is."""


def _rank(file: TextFile) -> _Rank:
    trace = read_trace(file, lambda name: _slot(name) is not None)
    info, base = trace.header.get("distributedInfo"), trace.header.get("baseTimeNanoseconds")
    try:
        if base is not None:
            base = whole_at(base, ("baseTimeNanoseconds",), 2**63)
        rank = info.get("rank") if isinstance(info, dict) else None
        if rank is None:
            rank = _rank_in_name(file.name)
        rank = whole_at(rank, ("distributedInfo", "rank"), _MOST_RANKS)
    except SpecError as error:
        error.location = error.location or Location(file.name)
        raise
    return _Rank(rank, file.name, base, _runs(trace.events))


def _rank_in_name(name: str) -> int:
    found = _IN_NAME.findall(re.split(r"[/\\]", name)[-1])
    if not found:
        hint = "name the file for its rank, such as rank3.json"
        raise _NoRankError("this trace does not say whose rank it is", Location(name), hint)
    return int(found[-1])


def _slot(name: str) -> Slot | None:
    """Return what an annotation names, or None."""
    if match := _GPIPE.fullmatch(name):
        return Op(None, _GPIPE_KINDS[match[1]], int(match[2]))
    if not _ACTION.fullmatch(name):
        return None
    try:
        return parse_slot(name.removeprefix("PP:"))
    except PlanError:
        return None


def _runs(events: Iterable[Event]) -> list[Run]:
    """Return a rank's runs, in milliseconds, from the GPU if all passes are there."""
    host: list[Run] = []
    streams: dict[str, list[Run]] = defaultdict(list)
    for event in events:
        slot = _slot(event.name)
        if slot is None:
            continue
        run = Run(event.start / 1000, event.duration / 1000, slot)
        if event.category == _ON_GPU:
            streams[f"{event.pid} {event.tid}"].append(run)
        else:
            host.append(run)
    if any(run.slot.ops[0].stage is not None for run in host):
        host = [run for run in host if run.slot.ops[0].stage is not None]
    busiest = max(streams.values(), key=_busy, default=[])
    if busiest and _passes(busiest) >= _passes(host):
        host = [run for run in host if not set(run.slot.ops) & _passes(busiest)] + busiest
    return outermost(host)


def _busy(runs: Iterable[Run]) -> float:
    return sum(run.duration for run in runs if run.slot.ops[0].kind in PASSES)


def _passes(runs: Iterable[Run]) -> set[Op]:
    return {op for run in runs for op in run.slot.ops if op.kind in PASSES}


def _staged(ranks: list[_Rank]) -> list[_Rank]:
    """Give passes without a stage that of their rank: GPipe has one stage on each."""
    whole = all(run.slot.ops[0].stage is None for rank in ranks for run in rank.runs)
    if not whole:
        return ranks
    gaps = {after.rank - before.rank for before, after in pairwise(ranks)}
    if len(gaps) > 1:
        numbers = ", ".join(str(rank.rank) for rank in ranks)
        hint = "give one trace of every rank of the pipeline"
        raise SpecError(f"between ranks {numbers} there is one missing", hint=hint)
    return [
        _Rank(
            rank.rank,
            rank.source,
            rank.base,
            [run._replace(slot=run.slot.ops[0]._replace(stage=stage)) for run in rank.runs],
        )
        for stage, rank in enumerate(ranks)
    ]


def _on_one_base(ranks: Sequence[_Rank]) -> list[list[Run]]:
    """Return the runs of each rank, in milliseconds after the first base."""
    bases = [rank.base for rank in ranks if rank.base is not None]
    if len(bases) < len(ranks):
        return [rank.runs for rank in ranks]
    first = min(bases)
    return [
        [run._replace(start=run.start + (base - first) / 1e6) for run in rank.runs]
        for rank, base in zip(ranks, bases, strict=True)
    ]


def _check_once(ranks: Sequence[_Rank]) -> None:
    sources: dict[int, str] = {}
    for rank in ranks:
        if rank.rank in sources:
            message = f"rank {rank.rank} is given twice, first in {sources[rank.rank]}"
            hint = f"for one run of several, name its files, such as {_run_of(rank.source)}"
            raise SpecError(message, Location(rank.source), hint)
        sources[rank.rank] = rank.source


def _run_of(source: str) -> str:
    """Return a pattern of the files that belong to the same run as one."""
    name = re.split(r"[/\\]", source)[-1]
    pattern = _IN_NAME.sub(lambda match: match[0].removesuffix(match[1]) + "*", name)
    return pattern if pattern != name else "gpipe-*.json"


def _check_stages(ranks: Sequence[_Rank]) -> None:
    """Check that no stage is missing, and that none runs a microbatch on two ranks."""
    homes: dict[Op, int] = {}
    needed = set()
    for rank in ranks:
        for op in (op for run in rank.runs for op in run.slot.ops):
            stage = op.stage or 0
            needed.add(stage + (op.kind in (Kind.SEND_FORWARD, Kind.RECEIVE_BACKWARD)))
            other = homes.setdefault(op, rank.rank) if op.kind in PASSES else rank.rank
            if other != rank.rank:
                message = f"ranks {other} and {rank.rank} both run {op}"
                hint = "keep the ranks of one pipeline, with rank: such as 0,8,16"
                raise SpecError(message, Location(rank.source), hint)
    have = {op.stage for op in homes}
    for stage in range(max(needed, default=0) + 1):
        if stage not in have:
            hint = "give one trace of every rank of the pipeline"
            raise SpecError(f"no trace has passes of stage {stage}", hint=hint)


def _no_pipeline(source: str) -> SpecError:
    message = "this trace has no annotations of a pipeline"
    hint = "PyTorch writes them as PP:1F3 or Forward 3, with ProfilerActivity.CPU"
    return SpecError(message, Location(source), hint)
