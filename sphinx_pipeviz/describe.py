"""Timelines -> one sentence for readers who cannot see their picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_pipeviz.languages import say
from sphinx_pipeviz.metrics import bubble_ratio
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PER_ITERATION

#: Longest alt text.
ALT = 250
#: What is told of one schedule, which takes one time unit or another time; of several.
TOLD = (
    "Pipeline schedule, {name}: {counts}; {time} time unit, {share} idle.",
    "Pipeline schedule, {name}: {counts}; {time} time units, {share} idle.",
)
SEVERAL = "{number} pipeline schedules and their time: {listed}."
#: What is counted -> one of it, and several.
COUNTED = {
    "device": ("{number} device", "{number} devices"),
    "microbatch": ("{number} microbatch", "{number} microbatches"),
    "chunk": ("", "{number} chunks per device"),
    "sequence chunk": ("", "{number} sequence chunks each"),
}


def describe_all(timelines: Sequence[Timeline], language: str = "") -> str:
    """Return one sentence of at most 250 characters about a picture of any number."""
    if len(timelines) == 1:
        return describe(timelines[0], language)
    written = say(language, "written")
    told = ", ".join(f"{t.name or written} ({t.makespan:g})" for t in timelines)
    return say(language, SEVERAL, number=len(timelines), listed=told)[:ALT]


def describe(timeline: Timeline, language: str = "") -> str:
    """Return one sentence of at most 250 characters for readers who cannot see it."""
    makespan = timeline.makespan
    return say(
        language,
        TOLD[makespan != 1],
        name=timeline.name or say(language, "written"),
        counts=", ".join(_counts(timeline, language)),
        time=f"{makespan:g}",
        share=f"{bubble_ratio(timeline, makespan):.0%}",
    )[:ALT]


def _counts(timeline: Timeline, language: str) -> Iterator[str]:
    """Yield how many there are of what, where that is not plain."""
    ops = (op for row in timeline.rows for run in row for op in run.slot.ops)
    numbers = {timeline.microbatch(op) for op in ops if op.kind not in PER_ITERATION}
    counts = {"device": timeline.devices, "microbatch": len(numbers - {None})}
    for what, number in counts.items():
        yield say(language, COUNTED[what][number != 1], number=number)
    further = {"chunk": timeline.chunks, "sequence chunk": timeline.traits.sequence_chunks}
    for what, number in further.items():
        if number > 1:
            yield say(language, COUNTED[what][1], number=number)
