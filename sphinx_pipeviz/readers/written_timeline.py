"""A written timeline, ``{device: [{type, batch, start_time, duration}]}`` -> Timeline.

Source: the mapping that ``convert_schedule_to_visualization_format`` of
github.com/Victarry/PP-Schedule-Visualization returns, in its first form and in later ones,
which add ``stage``, ``is_overlapped`` and ``operations``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from sphinx_pipeviz.causality import check_timeline
from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.errors import Marks, Path, PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run, Slot, one_line
from sphinx_pipeviz.spec import Keys, Operation, Task

#: What authors call the kinds of op.
TYPES: dict[str, Kind] = {
    "forward": Kind.FORWARD,
    "backward": Kind.BACKWARD,
    "backward-input": Kind.BACKWARD_INPUT,
    "backward-weight": Kind.BACKWARD_WEIGHT,
    "backward-d": Kind.BACKWARD_INPUT,
    "backward-w": Kind.BACKWARD_WEIGHT,
    "recompute": Kind.RECOMPUTE,
    "optimizer": Kind.OPTIMIZER,
    "reduce-grad": Kind.ALL_REDUCE,
    "f": Kind.FORWARD,
    "b": Kind.BACKWARD,
    "i": Kind.BACKWARD_INPUT,
    "w": Kind.BACKWARD_WEIGHT,
}
#: Words that may be misspelt; "allreduce" is an author's own word.
_HINTED = [word for word in TYPES if word != "reduce-grad"]
#: Characters of a device's name.
LONGEST = 24
_NUMBERED = (Kind.FORWARD, Kind.BACKWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT)


def timeline_from_data(data: Mapping[Any, Any], marks: Marks | None = None) -> Timeline:
    """Turn plain data in the seed's form into a Timeline.

    Args:
        data: Device -> list of tasks; rows are drawn in this order.
        marks: Where entries were written, below ``("timeline",)``.

    Raises:
        SpecError: A key or type is wrong.
        PlanError: The timeline is impossible.
    """
    keys = convert({"timeline": _plain(data, ("timeline",))}, Keys)
    return timeline_from_tasks(keys.timeline or {}, marks or Marks())


def _plain(value: Any, path: Path) -> Any:
    """Turn numpy's numbers, tuples and other mappings into plain data."""
    if isinstance(value, Mapping):
        return {_plain(key, path): _plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        if not math.isfinite(value):
            raise SpecError(f"{value} is not a finite number", path=path)
        return float(value)
    return value


def timeline_from_tasks(devices: Mapping[int | str, list[Task]], marks: Marks) -> Timeline:
    """Turn checked tasks into a Timeline; see ``timeline_from_data``."""
    rows: list[tuple[Run, ...]] = []
    places = Marks()
    values = {}
    try:
        for device, (key, tasks) in enumerate(devices.items()):
            runs = [
                (_run(task, ("timeline", key, index)), index)
                for index, task in enumerate(tasks)
            ]
            runs.sort(key=lambda pair: (pair[0].start, pair[0].end))
            for index, (_, written) in enumerate(runs):
                if place := marks.find(("timeline", key, written)):
                    places["timeline", device, index] = place
            rows.append(tuple(run for run, _ in runs))
            for run, written in runs:
                if (value := tasks[written].value) is not None:
                    values[device, run] = value
        if not any(rows):
            raise SpecError("the timeline has no tasks", path=("timeline",))
    except PipevizError as error:
        raise error.located(marks) from None
    try:
        check_timeline(rows, [str(key) for key in devices])
    except PipevizError as error:
        raise error.located(places) from None
    stages = {op.stage for row in rows for run in row for op in run.slot.ops}
    known = [stage for stage in stages if stage is not None]
    counted = _from_zero(rows, known)
    pairs = [zip(*both, strict=True) for both in zip(rows, counted, strict=True)]
    moved = {(d, one): other for d, pair in enumerate(pairs) for one, other in pair}
    return Timeline(
        tuple(counted),
        stages=max(known) - (min(known) == 1) + 1 if known else 0,
        as_written=True,
        titles=tuple(one_line(key, LONGEST) if isinstance(key, str) else "" for key in devices),
        values={(at[0], moved[at]): value for at, value in values.items()},
    )


def _from_zero(rows: list[tuple[Run, ...]], known: list[int]) -> list[tuple[Run, ...]]:
    """Return the rows with stages counted from 0, where the author counts from 1."""
    if min(known, default=0) != 1:
        return rows

    def counted(op: Op) -> Op:
        return op if op.stage is None else op._replace(stage=op.stage - 1)

    def moved(run: Run) -> Run:
        ops = [counted(op) for op in run.slot.ops]
        return run._replace(slot=Overlap(*ops) if len(ops) > 1 else ops[0])

    return [tuple(moved(run) for run in row) for row in rows]


def _run(task: Task, path: Path) -> Run:
    if task.operations is None:
        if task.is_overlapped:
            message = "this overlapped task lacks the key 'operations'"
            raise SpecError(message, path=path)
        return Run(task.start_time, task.duration, _op(task, path))
    return Run(task.start_time, task.duration, _overlap(task.operations, path))


def _overlap(operations: Sequence[Operation], path: Path) -> Slot:
    """Return the slot of operations that run as one; a single one is a plain task."""
    here = (*path, "operations")
    ops = [_op(each, (*here, index)) for index, each in enumerate(operations)]
    if len(ops) == 1:
        return ops[0]
    if len(ops) != 2 or (ops[0].kind == Kind.FORWARD) == (ops[1].kind == Kind.FORWARD):  # noqa: PLR2004  (a pair)
        hint = "one forward and one backward overlap"
        raise SpecError("these operations are no pair", hint=hint, path=here)
    return Overlap(*ops)


def _op(task: Task | Operation, path: Path) -> Op:
    word = task.type.strip().lower().replace("_", "-")
    kind = TYPES.get(word)
    if kind is None:
        # a misspelt word starts as the right one does; "compute" is no "recompute"
        if hint := did_you_mean(word, [known for known in _HINTED if known[:1] == word[:1]]):
            message = f"'{task.type[:40]}' is not a type of task"
            raise SpecError(message, hint=hint, path=(*path, "type"))
        kind = Kind.OTHER
    if kind in _NUMBERED and task.batch is None:
        raise SpecError(f"this {word} task lacks the key 'batch'", path=path)
    name = task.type if kind == Kind.OTHER else ""
    return Op(task.stage, kind, task.batch, name)
