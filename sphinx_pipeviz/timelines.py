"""Source -> Plan -> Timeline: what any source is as an order, and with its times."""

from __future__ import annotations

import msgspec

from sphinx_pipeviz.additions import extended
from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.errors import PipevizError, PlanError, SpecError
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.picture import Picture
from sphinx_pipeviz.readers.written_timeline import timeline_from_tasks
from sphinx_pipeviz.schedules import OPTION_KEYS, SCHEDULES, canonical_name, plan_named
from sphinx_pipeviz.shape import Shape
from sphinx_pipeviz.simulate import simulate
from sphinx_pipeviz.spec import MAX_OPS, MAX_OPS_HINT, Spec

Source = Spec | Plan | Timeline
TIMED = "a timeline has times already; there is no plan to make of it"
#: Keys of schedules whose ops are not made by a schedule's name.
_WRITTEN = ("timeline", "file", "python", "order")


def heading(source: Source) -> str | None:
    """Return the title above all schedules of a comparison, if there is one."""
    return source.title if isinstance(source, Spec) and source.parts else None


def plan_of(source: Spec | Plan, max_ops: int = MAX_OPS) -> Plan:
    """Return the plan of a source that names a schedule or writes an order.

    Raises:
        SpecError: A number is missing or too large, or the source is a timeline.
        PlanError: The schedule refuses the numbers, or the order is not complete.
    """
    if isinstance(source, Plan):
        return source
    _check_planned(source)
    try:
        if source.timeline is not None or isinstance(source.loaded, Timeline):
            raise SpecError(TIMED, path=("timeline",))
        if isinstance(source.loaded, Plan):
            _check_count(source, sum(map(len, source.loaded.orders)), max_ops)
            return extended(source.loaded, source, max_ops)
        written = source.schedule is None
        plan = _written_plan(source, max_ops) if written else _named_plan(source, max_ops)
        return extended(plan, source, max_ops)
    except PipevizError as error:
        raise error.located(source.marks) from None


def _check_planned(source: object) -> None:
    if isinstance(source, Timeline):
        raise SpecError(TIMED)
    _check_type(source)


def _written_plan(spec: Spec, max_ops: int) -> Plan:
    order = spec.order if isinstance(spec.order, list) else []
    if spec.devices not in (None, len(order)):
        rows = "1 row" if len(order) == 1 else f"{len(order)} rows"
        message = f"devices is {spec.devices}, but the order has {rows}"
        raise SpecError(message, path=("devices",))
    wanted = spec.microbatches
    if wanted is not None and wanted > max_ops:
        raise SpecError(
            f"{wanted:,} microbatches are more ops than the limit of {max_ops:,}",
            hint=MAX_OPS_HINT,
            path=("microbatches",),
        )
    cells = (len(row.split() if isinstance(row, str) else row) for row in order)
    _check_count(spec, sum(cells), max_ops)
    return Plan.parse(order, wanted, spec.placement, marks=spec.marks)


def _check_count(spec: Spec, ops: int, max_ops: int) -> None:
    """Check how many ops were written or read.

    Raises:
        SpecError: They are too many.
    """
    if ops > max_ops:
        message = f"this schedule has {ops:,} ops; the limit is {max_ops:,}"
        key = next((key for key in _WRITTEN if getattr(spec, key) is not None), "schedule")
        raise SpecError(message, hint=MAX_OPS_HINT, path=(key,))


def _named_plan(spec: Spec, max_ops: int) -> Plan:
    name = canonical_name(spec.schedule or "")
    if spec.devices is None or spec.microbatches is None:
        lacking = "devices" if spec.devices is None else "microbatches"
        if spec.marks.get((lacking,)):
            raise SpecError(f"'{lacking}' is empty", hint="give a number", path=(lacking,))
        raise SpecError(f"{name} needs the key '{lacking}'", path=("schedule",))
    schedule = SCHEDULES[name]
    iterations = (spec.iterations or 1) if schedule.endless else 1
    options = {
        field: getattr(spec, key.replace("-", "_")) for field, key in OPTION_KEYS.items()
    }
    given = {field for field, value in options.items() if value is not None}
    if spec.stages is not None:
        given.add("chunks")
    options["chunks"] = _chunks(spec, spec.devices, schedule.chunks)
    shape = Shape(
        devices=spec.devices,
        microbatches=spec.microbatches * iterations,
        iterations=iterations,
        costs=spec.costs or Costs(),
        **options,
    )
    try:
        return plan_named(name, shape, frozenset(given), max_ops)
    except PlanError as error:
        if error.path == ("chunks",) and spec.stages is not None:
            error.path = ("stages",)  # what the user wrote
        raise


def _chunks(spec: Spec, devices: int, default: int) -> int:
    if spec.stages is None:
        return default if spec.chunks is None else spec.chunks
    if spec.stages % devices:
        near = spec.stages // devices * devices or devices
        message = f"stages must be a multiple of the {devices} devices, not {spec.stages}"
        raise SpecError(message, hint=f"nearest: {near} or {near + devices}", path=("stages",))
    chunks = spec.stages // devices
    if spec.chunks not in (None, chunks):
        message = (
            f"{spec.stages} stages on {devices} devices are {chunks} chunks, not {spec.chunks}"
        )
        raise SpecError(message, hint="give chunks or stages, not both", path=("chunks",))
    return chunks


def timeline_of(source: Source, costs: Costs | None = None, max_ops: int = MAX_OPS) -> Timeline:
    """Return the timeline of any source, simulating a plan.

    Args:
        source: What to time.
        costs: Durations; None takes those of the spec, else forward 1, backward 2.
        max_ops: The most ops a spec's schedule may have.

    Raises:
        PipevizError: The source is not a schedule that devices can run.
    """
    if isinstance(source, Timeline):
        return source
    if isinstance(source, Plan):
        return simulate(source, costs)
    _check_type(source)
    if source.parts:
        message = "a comparison has several timelines; take its schedules one by one"
        raise SpecError(message, path=("compare",)).located(source.marks)
    try:
        return _timed(source, costs, max_ops)
    except PipevizError as error:
        raise error.located(source.marks) from None


def _timed(spec: Spec, costs: Costs | None, max_ops: int) -> Timeline:
    if spec.timeline is not None:
        _check_count(spec, sum(map(len, spec.timeline.values())), max_ops)
        return timeline_from_tasks(spec.timeline, spec.marks)
    if isinstance(spec.loaded, Timeline):
        _check_count(spec, spec.loaded.tasks, max_ops)
        return _unchanged(spec, spec.loaded)
    if costs is not None:
        spec = msgspec.structs.replace(spec, costs=costs)
    return simulate(plan_of(spec, max_ops), spec.costs)


#: Keys that only an order has a use for.
_OF_ORDERS = (
    "costs",
    "iterations",
    "recompute",
    "recompute_stages",
    "all_reduce",
    "optimizer",
    "transfers",
    "place",
)


def _unchanged(spec: Spec, timeline: Timeline) -> Timeline:
    """Return a timeline that was read; what changes orders cannot change it."""
    for key in _OF_ORDERS:
        if getattr(spec, key) is not None:
            word = key.replace("_", "-")
            message = f"this file holds a timeline, which has its times, so '{word}' has no use"
            raise SpecError(message, path=(word,))
    return timeline


def _check_type(source: object) -> None:
    if not isinstance(source, Spec):
        message = f"a schedule is a Spec, Plan or Timeline, not {type(source).__name__}"
        raise TypeError(message)


def parts_of(source: Source, max_ops: int = MAX_OPS) -> list[tuple[Timeline, Picture]]:
    """Return each timeline that a source shows, and what its panel shows.

    Raises:
        PipevizError: See ``timeline_of``.
    """
    if not isinstance(source, Spec):
        return [(timeline_of(source, max_ops=max_ops), Picture())]
    if not source.parts:
        return [(timeline_of(source, max_ops=max_ops), source.picture)]
    found, ops = [], 0
    for part in source.parts:
        timeline = timeline_of(part, max_ops=max_ops)
        found.append((timeline, msgspec.structs.replace(part.picture, legend=source.legend)))
        ops += timeline.tasks
        if ops > max_ops:
            message = f"the schedules of this comparison have more than {max_ops:,} ops"
            error = SpecError(message, hint=MAX_OPS_HINT, path=("compare",))
            raise error.located(source.marks)
    return found
