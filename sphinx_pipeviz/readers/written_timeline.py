"""A written timeline, ``{device: [{type, batch, start_time, duration}]}`` -> Timeline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.errors import Marks, Path, PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.legality import check_timeline
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Op, Run, one_line
from sphinx_pipeviz.spec import Keys, Task

#: What authors call the kinds of op.
TYPES: dict[str, Kind] = {
    "forward": Kind.FORWARD,
    "backward": Kind.BACKWARD,
    "backward-input": Kind.BACKWARD_INPUT,
    "backward-weight": Kind.BACKWARD_WEIGHT,
    "optimizer": Kind.OPTIMIZER,
    "f": Kind.FORWARD,
    "b": Kind.BACKWARD,
    "i": Kind.BACKWARD_INPUT,
    "w": Kind.BACKWARD_WEIGHT,
}
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
    rows = []
    places = Marks()
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
    return Timeline(
        tuple(_from_zero(rows, known)),
        stages=max(known) - (min(known) == 1) + 1 if known else 0,
        as_written=True,
        titles=tuple(one_line(key, LONGEST) if isinstance(key, str) else "" for key in devices),
    )


def _from_zero(rows: list[tuple[Run, ...]], known: list[int]) -> list[tuple[Run, ...]]:
    """Return the rows with stages counted from 0, where the author counts from 1."""
    if min(known, default=0) != 1:
        return rows

    def moved(run: Run) -> Run:
        (op,) = run.slot.ops
        return run if op.stage is None else run._replace(slot=op._replace(stage=op.stage - 1))

    return [tuple(moved(run) for run in row) for row in rows]


def _run(task: Task, path: tuple[str | int, ...]) -> Run:
    word = task.type.strip().lower().replace("_", "-")
    kind = TYPES.get(word)
    if kind is None:
        if hint := did_you_mean(word, TYPES):
            raise SpecError(
                f"'{task.type[:40]}' is not a type of task", hint=hint, path=(*path, "type")
            )
        kind = Kind.OTHER
    if kind in _NUMBERED and task.batch is None:
        raise SpecError(f"this {word} task lacks the key 'batch'", path=path)
    name = task.type if kind == Kind.OTHER else ""
    return Run(task.start_time, task.duration, Op(task.stage, kind, task.batch, name))
