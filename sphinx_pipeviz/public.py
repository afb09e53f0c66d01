"""The public functions: each is one step, taking what any earlier step gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import to_builtins

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.load import load
from sphinx_pipeviz.metrics import Metrics
from sphinx_pipeviz.metrics import measure as measured
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.notebook import show_in_notebooks, shown
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.readers.written_timeline import timeline_from_data
from sphinx_pipeviz.readers.yaml_spec import spec_from_keys
from sphinx_pipeviz.render import draw
from sphinx_pipeviz.schedules import depends_on_costs
from sphinx_pipeviz.spec import MAX_OPS, PICTURE_KEYS, Spec
from sphinx_pipeviz.timelines import plan_of, timeline_of
from sphinx_pipeviz.versions import weight_versions as versions_of

#: Keys beside which a timeline or an order is read to the end.
FURTHEST = {
    *("timeline", "order", "placement", "devices", "microbatches", "place"),
    *("file", "format", "pattern", "rank", "unit", "python"),
}
#: Key that a plan has no use for -> what has.
LATER = {
    "costs": "simulate",
    "style": "render",
    "compare": "a spec",
    **dict.fromkeys(PICTURE_KEYS, "a spec"),
}
#: The seed's figure, in points.
SEED_SIZE = (15 * 72, 4 * 72)

show_in_notebooks(Spec, Plan, Timeline)


def plan(name: str, *, max_ops: int = MAX_OPS, **keys: Any) -> Plan:
    """Return the plan of a named schedule.

    Args:
        name: Name or alias of a schedule, such as ``interleaved-1f1b``.
        max_ops: The most ops the plan may have.
        **keys: The keys of a YAML spec with _ for -: ``devices`` and ``microbatches``,
            and where the schedule takes them ``chunks`` (or ``stages``),
            ``microbatch_group_size``, ``backward`` and so on; ``costs``, a mapping or
            ``Costs``, where the order depends on them.

    Raises:
        SpecError: There is no such schedule or key, or a value does not fit.
        PlanError: The schedule refuses the numbers.
    """
    data = {key.replace("_", "-"): value for key, value in keys.items() if value is not None}
    later = LATER
    if "costs" in data and isinstance(name, str) and depends_on_costs(name, data.get("order")):
        later = {key: step for key, step in LATER.items() if key != "costs"}
        if isinstance(data["costs"], Costs):
            data["costs"] = to_builtins(data["costs"])
    for key, step in later.items():
        if key in data:
            raise SpecError(f"a plan has no {key}", hint=f"give {key} to {step}", path=(key,))
    if "schedule" in data:
        hint = "give its name once, as the first argument"
        raise SpecError("a plan has one schedule", hint=hint, path=("schedule",))
    most = convert(max_ops, int, ("max_ops",))
    return plan_of(spec_from_keys({"schedule": name, **data}), most)


def simulate(source: Spec | Plan, costs: Costs | Mapping[str, Any] | None = None) -> Timeline:
    """Return when every slot of a plan runs; see ``Costs`` for the rules of time.

    Args:
        source: What to simulate.
        costs: Durations, a mapping with the keys of YAML or ``Costs``; None takes those
            of the source, else forward 1, backward 2.

    Raises:
        PlanError: The devices wait in a circle, or for an op that nobody runs.
        SpecError: The costs do not fit the plan's stages.
    """
    if costs is not None and not isinstance(costs, Costs):
        costs = convert(costs, Costs, ("costs",))
    return timeline_of(source, costs)


def weight_versions(source: Spec | Plan) -> tuple[tuple[int, ...], ...]:
    """Return the version of the weights that each slot of a plan's orders uses.

    A version is the number of updates that made it. A forward uses what its device has
    when it starts, and its backward uses the same version, as in PipeDream (Narayanan et
    al., 2019, arXiv:1806.03377).

    Raises:
        PipevizError: The source has times but no plan, or is none that devices can run.
    """
    return versions_of(plan_of(source))


def measure(source: Spec | Plan | Timeline) -> Metrics:
    """Return makespan, bubbles, idle time and peak activations of a timeline.

    Raises:
        PipevizError: The source is not a schedule that devices can run.
    """
    return measured(timeline_of(source))


def read(text: str, format: str = "yaml", source: str | None = None) -> Spec | Plan | Timeline:
    """Turn text into the furthest step it knows.

    A timeline alone gives a Timeline, an order alone a Plan; everything else, and both
    of these where costs, a style or more go with them, a Spec.

    Args:
        text: What a user wrote.
        format: ``yaml``, or another format that ``sphinx-pipeviz list --formats`` shows.
        source: Name of the file it comes from, for messages; the paths of ``file`` are
            relative to it.

    Raises:
        SpecError: The text does not follow the format.
        PlanError: The written order is not complete, or the timeline is impossible.
    """
    folder = Path(source).parent if source else Path()
    spec = load(read_text(text, format, source), Access(folder))
    if not spec.given - FURTHEST:
        if spec.timeline is not None or isinstance(spec.loaded, Timeline):
            return timeline_of(spec)
        if spec.schedule is None:
            return plan_of(spec)
    return spec


def render(
    source: Spec | Plan | Timeline,
    format: Literal["svg", "pdf", "png", "text"] = "svg",
    style: str = "seed",
) -> bytes | str:
    """Draw a schedule.

    Args:
        source: What to draw; a Plan is simulated with the default costs.
        format: ``svg``, ``pdf`` or ``png`` gives bytes, ``text`` a string; a notebook
            shows either.
        style: Style of a source that asks for none.

    Raises:
        PipevizError: The source, the style or the format cannot be drawn.
    """
    return shown(draw(source, format, style))


def visualize_pipeline_parallelism(
    schedule: Mapping[int, Sequence[Mapping[str, Any]]],
    schedule_type: Literal["simple", "1f1b"] = "1f1b",  # noqa: ARG001  (the seed's signature)
    output_file: str = "pipeline_visualization.png",
) -> None:
    """Draw a written timeline into a file of 15 by 4 inches, and say so.

    Args:
        schedule: Device -> tasks, each with ``type`` (forward, backward, optimizer),
            ``batch``, ``start_time`` and ``duration`` in time units.
        schedule_type: Kept for callers; the tasks alone decide the picture.
        output_file: Where to write; the suffix (png, svg or pdf) is the format.

    Raises:
        SpecError: A task lacks a key, a value has the wrong type, or the suffix is
            unknown.
        PlanError: Tasks overlap on a device, or start before their inputs end.
    """
    from sphinx_pipeviz.draw.layout import Size  # noqa: PLC0415  (drawing)

    suffix = Path(output_file).suffix.lower().removeprefix(".")
    if suffix not in ("png", "svg", "pdf"):
        message = f"cannot write '{output_file}': the suffix must be png, svg or pdf"
        raise SpecError(message)
    timeline = timeline_from_data(schedule)
    data = draw(timeline, suffix, size=Size(*SEED_SIZE), full_legend=True)
    Path(output_file).write_bytes(data if isinstance(data, bytes) else data.encode())
    print(f"Visualization saved to {output_file}")  # noqa: T201  (the seed's message)
