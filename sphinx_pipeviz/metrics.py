"""Timeline -> Metrics: makespan, bubbles, idle time and peak activations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Kind, Run

#: Kinds at whose end the activations of a forward are free.
RELEASING = frozenset({Kind.BACKWARD, Kind.BACKWARD_WEIGHT})


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a timeline costs; times in time units, one entry per device.

    Args:
        makespan: From the first start to the last end.
        bubble_ratio: (makespan * P - busy) / (makespan * P), in 0 to 1.
        span_bubble_ratio: (span - work) / span of the device with the longest span
            from its first start to its last end, as the zero-bubble papers count.
        idle: makespan - busy.
        peak_activations: Most forwards whose B or W has not ended, in stage-microbatches;
            where sequences are parted, a part counts as its share of a microbatch.
    """

    makespan: float
    bubble_ratio: float
    span_bubble_ratio: float
    idle: tuple[float, ...]
    peak_activations: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the metrics as plain data."""
        return asdict(self)


def measure(timeline: Timeline) -> Metrics:
    """Return the metrics of a timeline; an empty one measures 0 everywhere."""
    makespan = timeline.makespan
    busy = [sum(run.duration for run in row) for row in timeline.rows]
    total = makespan * timeline.devices
    spans = [row[-1].end - row[0].start if row else 0.0 for row in timeline.rows]
    span, work = max(
        zip(spans, busy, strict=True), key=lambda pair: pair[0], default=(0.0, 0.0)
    )
    return Metrics(
        makespan=makespan,
        bubble_ratio=(total - sum(busy)) / total if total else 0.0,
        span_bubble_ratio=(span - work) / span if span else 0.0,
        idle=tuple(makespan - work for work in busy),
        peak_activations=tuple(_in_microbatches(timeline, _peak(row)) for row in timeline.rows),
    )


def _in_microbatches(timeline: Timeline, held: int) -> float:
    parts = timeline.traits.sequence_chunks
    return held if parts == 1 else held / parts


def _peak(row: tuple[Run, ...]) -> int:
    held = peak = 0
    for run in row:
        kinds = [op.kind for op in run.slot.ops]
        held += kinds.count(Kind.FORWARD)
        peak = max(peak, held)
        held -= sum(kind in RELEASING for kind in kinds)
    return peak
