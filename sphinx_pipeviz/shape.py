"""Shape: the numbers that a named schedule is built from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.model import Plan, Traits
from sphinx_pipeviz.ops import Slot


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers a schedule is built from; None means the schedule's default.

    Args:
        devices: P, at least 1.
        microbatches: M, at least 1.
        chunks: V, stages per device, at least 1.
        group: Microbatches that run through one chunk before the next.
        backward: ``same`` or ``reversed``, the order of the backward ops.
        order: ``strict`` or ``greedy``: a fixed order, or what is ready first.
        variant: Whose version of the schedule.
        sequence_chunks: Parts of each microbatch's sequence, at least 1; the costs are
            those of one part.
        waves: Times that a microbatch goes there and back, at least 1.
        memory_limit: Most stage-microbatches in flight on a device, at least 1.
        iterations: Training steps that the microbatches are of, where no flush parts them.
        costs: For schedules whose order depends on them.
    """

    devices: int
    microbatches: int
    chunks: int = 1
    group: int | None = None
    backward: str | None = None
    order: str | None = None
    variant: str | None = None
    sequence_chunks: int | None = None
    waves: int | None = None
    memory_limit: int | None = None
    iterations: int = 1
    costs: Costs = field(default_factory=Costs)

    @property
    def stages(self) -> int:
        """S = P * V."""
        return self.devices * self.chunks

    @property
    def loop(self) -> tuple[tuple[int, ...], ...]:
        """The loop placement: stage s on device s mod P."""
        return (tuple(stage % self.devices for stage in range(self.stages)),)

    @property
    def vee(self) -> tuple[tuple[int, ...], ...]:
        """The V placement of two chunks: stage s on device s, then 2P-1-s."""
        down = tuple(range(self.devices))
        return (down + down[::-1],)

    def plan(
        self,
        orders: Iterable[Iterable[Slot]],
        placement: tuple[tuple[int, ...], ...] | None = None,
        traits: Traits | None = None,
    ) -> Plan:
        """Return the Plan that runs ``orders``, one per device; by default in a loop."""
        rows = tuple(tuple(row) for row in orders)
        traits = traits or Traits()
        count = self.microbatches * traits.sequence_chunks
        return Plan(rows, count, placement or self.loop, traits=traits)
