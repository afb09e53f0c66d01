"""What an automatic zero-bubble order is made for, and how good an order can be."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from math import lcm
from typing import NamedTuple

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.ops import Kind
from sphinx_pipeviz.shape import Shape

F, I, W = Kind.FORWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741
#: The kinds that a device runs, in order; microbatches of a kind come in their own order.
Row = list[Kind]


class Trial(NamedTuple):
    """An order, one row per device, and by when each device has ended."""

    rows: list[Row]
    ends: list[int]


@dataclass(frozen=True)
class Case:
    """One stage per device, with the costs of each.

    Times are whole multiples of an unspecified unit, so that sums which are equal on
    paper are equal here.

    Args:
        microbatches: M, at least 1.
        limit: Most microbatches in flight on a device, at least 1.
        costs: Duration of each kind on each device.
        latency: Of a transfer.
    """

    microbatches: int
    limit: int
    costs: dict[Kind, list[int]]
    latency: int

    @classmethod
    def of(cls, shape: Shape, limit: int) -> Case:
        """Return the case of a shape, with its costs as whole numbers."""
        costs: Costs = shape.costs or Costs()
        exact = [
            [Fraction(str(cost)) for cost in costs.of(kind, shape.devices)]
            for kind in (F, I, W)
        ]
        latency = Fraction(str(costs.latency))
        unit = lcm(latency.denominator, *(c.denominator for row in exact for c in row))
        whole = [[int(cost * unit) for cost in row] for row in exact]
        return cls(
            microbatches=shape.microbatches,
            limit=min(limit, shape.microbatches),
            costs=dict(zip((F, I, W), whole, strict=True)),
            latency=int(latency * unit),
        )

    @property
    def devices(self) -> int:
        """P, the number of devices."""
        return len(self.costs[F])

    @property
    def ops(self) -> int:
        """How many ops there are."""
        return 3 * self.devices * self.microbatches

    @cached_property
    def heads(self) -> list[int]:
        """When each device's first forward starts."""
        steps = (cost + self.latency for cost in self.costs[F][:-1])
        return list(accumulate(steps, initial=0))

    @cached_property
    def least_spans(self) -> list[int]:
        """No device gets from its first start to its last end in less than this."""
        return [self._least_span(device) for device in range(self.devices)]

    def _least_span(self, device: int) -> int:
        """Return the longer of two bounds on one device's span.

        Until the first I comes back, no more forwards than the limit can run. And a
        microbatch holds its place from its F to its W, so that one in ``limit`` of them
        has to wait for the one before it.
        """
        forward, back, weight = (self.costs[kind][device] for kind in (F, I, W))
        later = [sum(self.costs[kind][device + 1 :]) for kind in (F, I)]
        away = sum(later) + 2 * self.latency * (self.devices - 1 - device)
        work = forward + back + weight
        turns, rest = divmod(self.microbatches - 1, self.limit)
        filled = self.microbatches * work + max(0, away - (self.limit - 1) * forward)
        return max(filled, turns * (away + work) + max(away + work, (rest + 1) * work))

    @cached_property
    def least_makespan(self) -> int:
        """No order ends before this."""
        return max(map(sum, zip(self.heads, self.least_spans, strict=True)))

    @cached_property
    def never(self) -> int:
        """A time after the end of every order."""
        transfers = 2 * self.devices * self.latency
        return 1 + self.microbatches * (transfers + sum(map(sum, self.costs.values())))

    def makespan(self, ends: list[int]) -> int:
        """Return when the last device ends."""
        return max(ends)

    def span(self, ends: list[int]) -> int:
        """Return the longest time from a device's first start to its last end."""
        return max(end - head for end, head in zip(ends, self.heads, strict=True))

    def is_best(self, ends: list[int]) -> bool:
        """Tell whether neither the makespan nor the span can be shorter."""
        best = self.makespan(ends) <= self.least_makespan
        return best and self.span(ends) <= max(self.least_spans)
