"""Timelines -> one sentence for readers who cannot see their picture."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_pipeviz.metrics import Metrics, measure
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PER_ITERATION

#: Longest alt text.
ALT = 250


def describe_all(timelines: Sequence[Timeline]) -> str:
    """Return one sentence of at most 250 characters about a picture of any number."""
    if len(timelines) == 1:
        return describe(timelines[0])
    told = (f"{t.name or 'written'} ({measure(t).makespan:g})" for t in timelines)
    return f"{len(timelines)} pipeline schedules and their time: {', '.join(told)}."[:ALT]


def describe(timeline: Timeline, metrics: Metrics | None = None) -> str:
    """Return one sentence of at most 250 characters for readers who cannot see it."""
    metrics = metrics or measure(timeline)
    ops = (op for row in timeline.rows for run in row for op in run.slot.ops)
    numbers = {timeline.microbatch(op) for op in ops if op.kind not in PER_ITERATION}
    counts = [
        _counted(timeline.devices, "device"),
        _counted(len(numbers - {None}), "microbatch", "microbatches"),
    ]
    if timeline.chunks > 1:
        counts.append(_counted(timeline.chunks, "chunk") + " per device")
    if timeline.traits.sequence_chunks > 1:
        counts.append(f"{timeline.traits.sequence_chunks} sequence chunks each")
    name = timeline.name or "written"
    units = "time unit" if metrics.makespan == 1 else "time units"
    return (
        f"Pipeline schedule, {name}: {', '.join(counts)};"
        f" {metrics.makespan:g} {units}, {metrics.bubble_ratio:.0%} idle."
    )[:ALT]


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
