"""Megatron-LM's timers of passes, one file a rank, as Victarry's patch writes -> Timeline.

Source: github.com/Victarry/PP-Schedule-Visualization, ``examples/megatron-lm``: files
``event_times_PP4_VPP1_TPxCPxDP_rank_0_pp_rank_2_rank_18.json`` of one training step, each a
flat object of milliseconds: ``forward-0-start``, ``forward-0-end``, ``backward-0-start``;
with virtual stages ``forward-<chunk>-<microbatch>-start``. The times start on the device,
after what is received is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run
from sphinx_pipeviz.readers.json_text import HEAD, located_json, parse_object, time_at
from sphinx_pipeviz.readers.measured import Measuring, Row, measured_timeline, unit_of
from sphinx_pipeviz.readers.ranks import ranks_named
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

_NAME = re.compile(r"pp_rank_(\d{1,6})_rank_(\d{1,8})", re.ASCII)
_REPLICA = re.compile(r"DP_rank_(\d{1,8})", re.ASCII)
_SIZE = re.compile(r"_PP(\d{1,6})_", re.ASCII)
_KEY = re.compile(r"(forward|backward)-(?:(\d{1,4})-)?(\d{1,9})-(start|end)", re.ASCII)
_FIRST_KEY = re.compile(r'\s*\{\s*"(?:for|back)ward-\d+-(?:\d+-)?(?:start|end)"\s*:', re.ASCII)
_KINDS = {"forward": Kind.FORWARD, "backward": Kind.BACKWARD}


class _File(NamedTuple):
    """A file, and what its name says: its stage, its rank of all, and its replica's."""

    pp_rank: int
    rank: int
    replica: int
    file: TextFile


def looks_like_megatron_timers(file: TextFile) -> bool:
    """Say whether a file starts with a timer of a pass."""
    return _FIRST_KEY.match(file.text[:HEAD]) is not None


def read_megatron_timers(files: Sequence[TextFile], options: ReadOptions) -> Timeline:
    """Turn the timers of a pipeline's ranks into a Timeline.

    Of several replicas the one with the lowest rank is kept. Where a pass starts before
    what it needs is made, the ranks' clocks are put together from the passes.

    Args:
        files: One file per rank, in any order.
        options: ``unit`` of the times; ``rank`` picks the replica, by the number after
            ``TPxCPxDP_rank_``.

    Raises:
        SpecError: A file's name or content is not the format's, or a rank is missing.
        PlanError: The ranks cannot have run so.
    """
    unit = unit_of(options)
    kept = _one_replica([_named(file) for file in files], options.rank)
    size = _size(kept)
    rows = [
        Row(str(one.pp_rank), "", one.file.name, _runs(one.file, one.pp_rank, size))
        for one in kept
    ]
    return measured_timeline(rows, Measuring(unit))


def _named(file: TextFile) -> _File:
    name = re.split(r"[/\\]", file.name)[-1]
    match = _NAME.search(name)
    if not match:
        hint = "keep names such as event_times_PP4_VPP1_TPxCPxDP_rank_0_pp_rank_2_rank_18.json"
        raise SpecError("this file's name does not say its ranks", Location(file.name), hint)
    replica = _REPLICA.search(name)
    return _File(int(match[1]), int(match[2]), int(replica[1]) if replica else 0, file)


def _one_replica(files: Iterable[_File], wanted: str | None) -> list[_File]:
    """Return one file per stage, that of the lowest rank."""
    ranges = ranks_named(wanted) if wanted is not None else None
    kept: dict[int, _File] = {}
    seen: set[tuple[int, int]] = set()
    for one in sorted(files, key=lambda one: one[:3]):
        if (one.pp_rank, one.rank) in seen:
            message = f"rank {one.rank} is given twice"
            raise SpecError(message, Location(one.file.name), "give one file of each rank")
        seen.add((one.pp_rank, one.rank))
        if ranges is None or any(one.replica in part for part in ranges):
            kept.setdefault(one.pp_rank, one)
    return list(kept.values())


def _size(kept: Sequence[_File]) -> int:
    """Return the number of ranks of the pipeline, all of which must be there."""
    if not kept:
        raise SpecError("there are no timers to read")
    have = [one.pp_rank for one in kept]
    written = _SIZE.search(kept[0].file.name)
    size = int(written[1]) if written else max(have) + 1
    missing = next((rank for rank, found in enumerate(have) if rank != found), len(have))
    if missing < size:
        hint = "give one file of every rank of the pipeline"
        raise SpecError(f"no file has pp_rank_{missing} of {size}", hint=hint)
    return max(size, len(have))


def _runs(file: TextFile, pp_rank: int, size: int) -> list[Run]:
    data = parse_object(file)
    try:
        starts: dict[Op, float] = {}
        ends: dict[Op, float] = {}
        for key, value in data.items():
            if not key.startswith(tuple(_KINDS)):
                continue
            op, edge = _timer(key, pp_rank, size)
            (starts if edge == "start" else ends)[op] = _time(value, key)
        if not starts and not ends:
            hint = 'it has keys such as "forward-0-start"'
            raise SpecError("this file has no timers of passes", hint=hint)
        return [_run(op, starts, ends, size) for op in {**starts, **ends}]
    except PipevizError as error:
        raise located_json(error, file) from None


def _timer(key: str, pp_rank: int, size: int) -> tuple[Op, str]:
    match = _KEY.fullmatch(key)
    if not match:
        hint = "it is forward-0-start, or forward-<chunk>-<microbatch>-start"
        raise SpecError(f"'{key[:40]}' is not a timer", hint=hint, path=(key,))
    word, chunk, number, edge = match.groups()
    return Op(int(chunk or 0) * size + pp_rank, _KINDS[word], int(number)), edge


def _time(value: Any, key: str) -> float:
    time = time_at(value, (key,))
    if time < 0:
        raise SpecError(f"{key} is negative: {value}", path=(key,))
    return time


def _run(op: Op, starts: dict[Op, float], ends: dict[Op, float], size: int) -> Run:
    word = "forward" if op.kind == Kind.FORWARD else "backward"
    name = f"{word} of microbatch {op.microbatch} on chunk {(op.stage or 0) // size}"
    if op not in starts or op not in ends:
        edge = "start" if op not in starts else "end"
        raise SpecError(f"the {name} lacks its {edge}")
    if ends[op] < starts[op]:
        raise SpecError(f"the {name} ends before it starts")
    return Run(starts[op], ends[op] - starts[op], op)
