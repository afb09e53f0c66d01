"""The table of schedules: a name, as users type it, and how to plan it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sphinx_pipeviz.errors import PlanError, SpecError, did_you_mean
from sphinx_pipeviz.model import Plan, Shape
from sphinx_pipeviz.schedules.fill_drain import forward_only, gpipe, naive
from sphinx_pipeviz.schedules.interleaved import interleaved_1f1b
from sphinx_pipeviz.schedules.one_f_one_b import one_f_one_b


@dataclass(frozen=True, slots=True)
class Schedule:
    """One row of the table.

    Args:
        build: Shape -> Plan.
        summary: What it does, one line.
        source: Where it was published.
        aliases: Other names.
        options: The Shape fields it takes besides devices and microbatches.
        chunks: V where none is given.
        passes: Ops per stage and microbatch.
    """

    build: Callable[[Shape], Plan]
    summary: str
    source: str
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    chunks: int = 1
    passes: int = 2


SCHEDULES: dict[str, Schedule] = {
    "naive": Schedule(
        naive,
        "one microbatch at a time: one device works, the others wait",
        "model parallelism without pipelining",
        aliases=("sequential", "model-parallel"),
        options=("chunks",),
    ),
    "forward-only": Schedule(
        forward_only,
        "forwards only, as in inference",
        "Megatron-LM, forward_only=True",
        aliases=("inference",),
        options=("chunks", "group"),
        passes=1,
    ),
    "gpipe": Schedule(
        gpipe,
        "all forwards, then all backwards",
        "Huang et al., GPipe, 2019, arXiv:1811.06965",
        aliases=("afab", "fill-drain", "f-then-b", "simple"),
        options=("backward",),
    ),
    "1f1b": Schedule(
        one_f_one_b,
        "a short warm-up, then one forward and one backward in turn",
        "Narayanan et al., PipeDream-flush, 2021, arXiv:2006.09503",
        aliases=("pipedream-flush", "dapple", "non-interleaved"),
    ),
    "interleaved-1f1b": Schedule(
        interleaved_1f1b,
        "1F1B with several chunks per device: smaller bubble, more transfers",
        "Narayanan et al., Megatron-LM, 2021, arXiv:2104.04473",
        aliases=("interleaved", "vpp", "virtual-pipeline"),
        options=("chunks", "group"),
        chunks=2,
    ),
}

ALIASES: dict[str, str] = {
    alias: name for name, schedule in SCHEDULES.items() for alias in schedule.aliases
}

#: Shape field -> the key that users write.
OPTION_KEYS = {"chunks": "chunks", "group": "microbatch-group-size", "backward": "backward"}


def canonical_name(name: str) -> str:
    """Return the table's name for a name or alias, in any case, with - or _.

    Raises:
        SpecError: There is no such schedule.
    """
    word = name.strip().lower().replace("_", "-").replace(" ", "-")
    word = ALIASES.get(word, word)
    if word not in SCHEDULES:
        hint = did_you_mean(word, [*SCHEDULES, *ALIASES]) or f"known: {', '.join(SCHEDULES)}"
        raise SpecError(f"there is no schedule '{name[:40]}'", hint=hint, path=("schedule",))
    return word


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
        if option in given and option not in schedule.options and _matters(option, shape):
            raise PlanError(*_refusal(name, option, key, shape), path=(key,))
    ops = schedule.passes * shape.stages * shape.microbatches
    if ops > max_ops:
        message = f"this schedule has {ops:,} ops; the limit is {max_ops:,}"
        culprit = "devices" if shape.devices > shape.microbatches else "microbatches"
        raise SpecError(message, hint="pipeviz_max_ops sets the limit", path=(culprit,))
    plan = schedule.build(shape)
    return Plan(plan.orders, plan.microbatches, plan.placement, name)


def _matters(option: str, shape: Shape) -> bool:
    return not (option == "chunks" and shape.chunks == 1)


def _refusal(name: str, option: str, key: str, shape: Shape) -> tuple[str, None, str]:
    if option == "chunks":
        message = f"{name} runs one stage per device, not {shape.chunks}"
        return message, None, "interleaved-1f1b takes chunks"
    takers = [other for other, row in SCHEDULES.items() if option in row.options]
    return f"{name} does not take {key}", None, f"{key} is for {', '.join(takers)}"
