"""The table of schedules: a name, as users type it, and how to plan it."""

from __future__ import annotations

import re
from dataclasses import replace

from sphinx_pipeviz.errors import PlanError, SpecError, did_you_mean
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.schedules.catalogue import SCHEDULES, Schedule
from sphinx_pipeviz.shape import Shape

__all__ = [
    "ALIASES",
    "OPTION_KEYS",
    "SCHEDULES",
    "canonical_name",
    "depends_on_costs",
    "plan_named",
]

ALIASES: dict[str, str] = {
    alias: name for name, schedule in SCHEDULES.items() for alias in schedule.aliases
}

#: Shape field -> the key that users write.
OPTION_KEYS = {
    "chunks": "chunks",
    "group": "microbatch-group-size",
    "backward": "backward",
    "order": "order",
    "variant": "variant",
    "sequence_chunks": "sequence-chunks",
    "waves": "waves",
    "memory_limit": "memory-limit",
}


def _squeezed(name: str) -> str:
    """Return a name without case, separators and the word schedule."""
    letters = re.sub(r"[^0-9a-z]", "", name.lower())
    return letters.removeprefix("schedule").removesuffix("schedule")


_NAMES = {_squeezed(name): name for name in SCHEDULES} | {
    _squeezed(alias): name for alias, name in ALIASES.items()
}


def canonical_name(name: str) -> str:
    """Return the table's name for a name or alias, as any framework may write it.

    Case and separators do not matter, nor does the word schedule at either end:
    ``ScheduleInterleaved1F1B`` and ``interleaved_1f1b`` are the same.

    Raises:
        SpecError: There is no such schedule.
    """
    if found := _NAMES.get(_squeezed(name)):
        return found
    word = name.strip().lower().replace("_", "-").replace(" ", "-")
    hint = did_you_mean(word, [*SCHEDULES, *ALIASES]) or "sphinx-pipeviz list names them all"
    raise SpecError(f"there is no schedule '{name[:40]}'", hint=hint, path=("schedule",))


def plan_named(name: str, shape: Shape, given: frozenset[str], max_ops: int) -> Plan:
    """Return the named schedule's plan for a shape.

    Args:
        name: Name or alias.
        shape: The numbers; ``chunks`` is the schedule's own where it was not given.
        given: The Shape fields that the user wrote.
        max_ops: The most ops the plan may have.

    Raises:
        SpecError: There is no such schedule, or it would have too many ops.
        PlanError: The schedule does not take an option or refuses the numbers.
    """
    name = canonical_name(name)
    schedule = SCHEDULES[name]
    for option, key in OPTION_KEYS.items():
        if (
            option in given
            and option not in schedule.options
            and _matters(option, shape, schedule)
        ):
            raise PlanError(*_refusal(name, option, key, shape), path=(key,))
    shape = _completed(shape, schedule, given)
    parts = shape.sequence_chunks or 1
    ops = schedule.passes * shape.stages * shape.microbatches * parts
    if ops > max_ops:
        message = f"this schedule has {ops:,} ops; the limit is {max_ops:,}"
        culprit = "devices" if shape.devices > shape.microbatches else "microbatches"
        raise SpecError(message, hint="pipeviz_max_ops sets the limit", path=(culprit,))
    plan = schedule.build(shape)
    return replace(plan, name=name)


def depends_on_costs(name: str, order: str | None) -> bool:
    """Tell whether a schedule's order, made in this way, depends on the costs.

    Raises:
        SpecError: There is no such schedule.
    """
    schedule = SCHEDULES[canonical_name(name)]
    return schedule.priced and ("order" not in schedule.options or order == "greedy")


def _completed(shape: Shape, schedule: Schedule, given: frozenset[str]) -> Shape:
    """Return the shape with the numbers that follow from the schedule and the others.

    Raises:
        PlanError: Chunks and waves contradict each other.
    """
    shape = replace(shape, sequence_chunks=shape.sequence_chunks or schedule.sequence_chunks)
    if shape.waves is None:
        return shape
    chunks = 2 * shape.waves
    if "chunks" in given and shape.chunks != chunks:
        waves = "1 wave makes" if shape.waves == 1 else f"{shape.waves} waves make"
        message = f"{waves} {chunks} chunks per device, not {shape.chunks}"
        raise PlanError(message, hint="give waves or chunks, not both", path=("waves",))
    return replace(shape, chunks=chunks)


def _matters(option: str, shape: Shape, schedule: Schedule) -> bool:
    return not (option == "chunks" and shape.chunks == schedule.chunks)


def _refusal(name: str, option: str, key: str, shape: Shape) -> tuple[str, None, str]:
    if option == "chunks":
        fixed = SCHEDULES[name].chunks
        stages = "one stage" if fixed == 1 else f"{fixed} stages"
        message = f"{name} runs {stages} per device, not {shape.chunks}"
        return message, None, "interleaved-1f1b takes chunks"
    takers = [other for other, row in SCHEDULES.items() if option in row.options]
    return f"{name} does not take {key}", None, f"{key} is for {', '.join(takers)}"
