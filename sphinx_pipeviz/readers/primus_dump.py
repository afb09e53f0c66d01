"""The pipeline data that AMD's Primus dumps for its ``pp_vis`` -> Timeline.

Source: github.com/AMD-AGI/Primus, ``dump_pp_data`` and ``tools/visualization/pp_vis/vis.py``:
a folder of ``config.json`` (``pp_size``, ``vp_size``, ``num_mbs``) and one ``pp_rank_<r>.json``
per rank: training step -> ``fwd_start``, ``fwd_end``, ``bwd_start`` and so on, lists of
milliseconds since the rank's own step began. Newer ones also say ``fwd_minibatch`` and
``fwd_chunk`` of each; else the order is Megatron-LM's. A file that has the lists at its
top level is one step. ``wgrad_start`` has entries where
backwards are split. A forward and a backward that Primus runs as one have the same times.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sphinx_pipeviz.errors import Location, Path, PipevizError, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run
from sphinx_pipeviz.readers.json_text import (
    HEAD,
    dotted,
    located_json,
    parse_object,
    shown,
    time_at,
    whole_at,
)
from sphinx_pipeviz.readers.measured import Measuring, Row, measured_timeline, unit_of
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

_RANK = re.compile(r"pp_rank_(\d{1,6})\.json(?:\.gz)?\Z", re.ASCII)
_MOST = 100_000
_STEP = re.compile(r"\d{1,9}", re.ASCII)
_V_CHUNKS = 2
#: The step of files that have no steps.
FLAT = ""

#: What Primus calls the kinds of op.
_SERIES = {"fwd": Kind.FORWARD, "bwd": Kind.BACKWARD, "wgrad": Kind.BACKWARD_WEIGHT}
_BACKWARDS = (Kind.BACKWARD, Kind.BACKWARD_INPUT)

#: (chunk, microbatch) of one op after another.
_Order = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Config:
    """P ranks with V chunks each, and M microbatches."""

    ranks: int
    chunks: int
    microbatches: int


class _Pass(NamedTuple):
    """One pass of a rank; times in milliseconds."""

    chunk: int
    kind: Kind
    microbatch: int
    start: float
    duration: float


def looks_like_primus_dump(file: TextFile) -> bool:
    """Say whether a file is one of a dump: its configuration, or a rank's times."""
    head = file.text[:HEAD]
    return head.lstrip()[:1] == "{" and ('"pp_size"' in head or '"fwd_start"' in head)


def read_primus_dump(files: Sequence[TextFile], options: ReadOptions) -> Timeline:
    """Turn a dump into a Timeline of its last training step.

    Every rank counts from its own beginning of the step, so that where a pass starts
    before what it needs is made, the clocks are put together from the passes.

    Args:
        files: ``config.json`` and one file per rank, in any order.
        options: ``unit`` of the times.

    Raises:
        SpecError: A file is missing, given twice or not as Primus writes it.
        PlanError: The ranks cannot have run so.
    """
    unit = unit_of(options)
    config = _config(files)
    ranks = _ranks(files, config)
    data = [parse_object(file) for file in ranks]
    step = _last_step(data, ranks)
    passes = []
    for file, steps in zip(ranks, data, strict=True):
        try:
            passes.append(_passes(steps if step == FLAT else steps[step], step, config))
        except PipevizError as error:
            raise located_json(error, file) from None
    folded = _is_v(passes, config)
    rows = [
        Row(str(rank), "", file.name, _runs(found, rank, config.ranks, folded=folded))
        for rank, (file, found) in enumerate(zip(ranks, passes, strict=True))
    ]
    return measured_timeline(rows, Measuring(unit))


def _config(files: Sequence[TextFile]) -> _Config:
    found = [file for file in files if not _RANK.search(file.name)]
    if len(found) != 1:
        message = "the dump lacks its config.json" if not found else "there are two config.json"
        where = Location(found[1].name) if found else None
        raise SpecError(message, where, "give config.json and each pp_rank_<r>.json")
    data = parse_object(found[0])
    try:
        sizes = [
            whole_at(data.get(key, data.get(older)), (key,), _MOST, 1)
            for key, older in (
                ("pp_size", "pp_size"),
                ("vp_size", "vpp_size"),
                ("num_mbs", "micro_batches"),
            )
        ]
    except PipevizError as error:
        raise located_json(error, found[0]) from None
    return _Config(*sizes)


def _ranks(files: Sequence[TextFile], config: _Config) -> list[TextFile]:
    """Return the file of each rank."""
    ranks: dict[int, TextFile] = {}
    for file in files:
        if match := _RANK.search(file.name):
            rank = int(match[1])
            if rank in ranks:
                raise SpecError(f"pp_rank_{rank}.json is given twice", Location(file.name))
            if rank >= config.ranks:
                message = f"there is no rank {rank}: pp_size is {config.ranks}"
                raise SpecError(message, Location(file.name))
            ranks[rank] = file
    missing = next((rank for rank in range(config.ranks) if rank not in ranks), None)
    if missing is not None:
        message = f"pp_rank_{missing}.json is missing: pp_size is {config.ranks}"
        raise SpecError(message, hint="give the file of every rank")
    return [ranks[rank] for rank in range(config.ranks)]


def _last_step(data: Sequence[dict[str, Any]], ranks: Sequence[TextFile]) -> str:
    """Return the last training step that all ranks have; the first ones warm up."""
    if all(map(_is_flat, data)):
        return FLAT
    shared = set.intersection(*(set(steps) for steps in data))
    steps = [step for step in shared if _STEP.fullmatch(step)]
    if not steps:
        hint = 'a file maps steps to times: {"1": {"fwd_start": []}}'
        raise SpecError("the ranks share no training step", Location(ranks[0].name), hint)
    return max(steps, key=lambda step: (int(step), step))


def _is_flat(data: dict[str, Any]) -> bool:
    return any(isinstance(data.get(f"{series}_start"), list) for series in _SERIES)


def _passes(data: Any, step: str, config: _Config) -> list[_Pass]:
    """Return what a rank ran in a step."""
    if not isinstance(data, dict):
        raise SpecError(f"step {step} must be an object, not {shown(data)}", path=(step,))
    found = [
        each
        for series, kind in _SERIES.items()
        for each in _series(_Lists(data, step, series), kind, config)
    ]
    twice = [op for op, times in Counter(each[:3] for each in found).items() if times > 1]
    if twice:
        chunk, kind, microbatch = twice[0]
        name = "the file" if step == FLAT else f"step {step}"
        message = f"{name} gives {kind}{microbatch} of chunk {chunk} twice"
        raise SpecError(message, path=_path_of(step))
    weights = (each for each in found if each.kind == Kind.BACKWARD_WEIGHT)
    split = {(each.chunk, each.microbatch) for each in weights}
    return [
        each._replace(kind=Kind.BACKWARD_INPUT)
        if each.kind == Kind.BACKWARD and (each.chunk, each.microbatch) in split
        else each
        for each in found
    ]


def _series(lists: _Lists, kind: Kind, config: _Config) -> Iterator[_Pass]:
    """Yield the passes of one kind."""
    starts, ends = lists.times("start"), lists.times("end")
    if len(starts) != len(ends):
        raise lists.error(f"has {len(starts)} starts and {len(ends)} ends", "end")
    if not starts and kind == Kind.BACKWARD_WEIGHT:
        return
    order = _order(lists, kind, config, len(starts))
    for index, (place, start, end) in enumerate(zip(order, starts, ends, strict=True)):
        if end < start:
            raise lists.error("ends before it starts", "end", index)
        yield _Pass(place[0], kind, place[1], start, end - start)


def _order(lists: _Lists, kind: Kind, config: _Config, count: int) -> _Order:
    """Return the chunk and microbatch of each op, as written or as Megatron-LM runs them.

    Raises:
        SpecError: There are not ``count`` of them.
    """
    microbatches = lists.numbers("minibatch", config.microbatches)
    chunks = lists.numbers("chunk", config.chunks)
    if microbatches and config.chunks == 1:
        chunks = chunks or [0] * len(microbatches)
    written = bool(microbatches and chunks)
    wanted = len(microbatches) if written else config.chunks * config.microbatches
    if wanted != count:  # before a long order is made
        raise lists.error(f"has {count} starts, not {wanted}", "start")
    if not written:
        return _megatron_order(config, backward=kind != Kind.FORWARD)
    if len(chunks) != len(microbatches):
        counts = f"{len(microbatches)} minibatches and {len(chunks)} chunks"
        raise lists.error(f"has {counts}", "chunk")
    return list(zip(chunks, microbatches, strict=True))


def _megatron_order(config: _Config, *, backward: bool) -> _Order:
    """Return groups of P microbatches, each through all chunks before the next."""
    chunks = range(config.chunks)
    return [
        (chunk, microbatch)
        for first in range(0, config.microbatches, config.ranks)
        for chunk in (reversed(chunks) if backward else chunks)
        for microbatch in range(first, min(first + config.ranks, config.microbatches))
    ]


def _path_of(step: str) -> Path:
    return () if step == FLAT else (step,)


class _Lists(NamedTuple):
    """The lists that a step has of one kind of op."""

    data: dict[str, Any]
    step: str
    series: str

    def times(self, word: str) -> list[float]:
        """Return the times under ``<series>_<word>``."""
        times = [time_at(time, self._path(word, i)) for i, time in enumerate(self._list(word))]
        for index, time in enumerate(times):
            if time < 0:
                raise self.error(f"is negative: {time:g}", word, index)
        return times

    def numbers(self, word: str, limit: int) -> list[int]:
        """Return the whole numbers below ``limit`` under ``<series>_<word>``."""
        numbers = enumerate(self._list(word))
        return [whole_at(number, self._path(word, i), limit - 1) for i, number in numbers]

    def error(self, problem: str, word: str, *index: int) -> SpecError:
        """Return the error for an entry."""
        path = self._path(word, *index)
        name = dotted(path) if index else dotted((*_path_of(self.step), self.series))
        return SpecError(f"{name} {problem}", path=path)

    def _list(self, word: str) -> list[Any]:
        found = self.data.get(f"{self.series}_{word}", [])
        if not isinstance(found, list):
            path = self._path(word)
            raise SpecError(f"{dotted(path)} must be a list, not {shown(found)}", path=path)
        return found

    def _path(self, word: str, *index: int) -> Path:
        return (*_path_of(self.step), f"{self.series}_{word}", *index)


def _is_v(passes: Sequence[Sequence[_Pass]], config: _Config) -> bool:
    """Say whether second chunks run from the last rank to the first, as in ZB-V."""
    if config.chunks != _V_CHUNKS or config.ranks == 1:
        return False
    first, last = (
        min((e.start for e in found if e.chunk and e.kind == Kind.FORWARD), default=0.0)
        for found in (passes[0], passes[-1])
    )
    return last < first


def _runs(passes: Sequence[_Pass], rank: int, ranks: int, *, folded: bool) -> list[Run]:
    """Return a rank's runs with their stages; what has the same times is an overlapped pair."""
    forwards: dict[tuple[float, float], Run] = {}
    runs = []
    for each in passes:
        stage = 2 * ranks - 1 - rank if folded and each.chunk else each.chunk * ranks + rank
        run = Run(each.start, each.duration, Op(stage, each.kind, each.microbatch))
        times = (each.start, each.duration)
        if each.kind == Kind.FORWARD:
            forwards[times] = run
        elif each.kind in _BACKWARDS and each.duration and times in forwards:
            forward = forwards.pop(times)
            runs.append(run._replace(slot=Overlap(forward.slot.ops[0], run.slot.ops[0])))
        else:
            runs.append(run)
    return [*forwards.values(), *runs]
