"""A plain simulator to compare ours with: dictionaries of ops, and passes only."""

from __future__ import annotations

from collections import deque

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import PASSES, Kind, Op, Run, Slot


class PlainSimulation:
    """A plan whose passes run one by one, each looked up as an op."""

    def __init__(self, plan: Plan, costs: Costs) -> None:
        split = costs.overlap == "sequential"
        self.stages = plan.stages
        self.orders: list[list[Slot]] = [
            [op for slot in row for op in slot.ops] if split else list(row)
            for row in plan.orders
        ]
        self.rows: list[list[Run]] = [[] for _ in plan.orders]
        self.owner = {
            op: device
            for device, row in enumerate(self.orders)
            for slot in row
            for op in slot.ops
        }
        self.ends: dict[Op, float] = {}
        self.costs = {kind: costs.of(kind, plan.stages) for kind in PASSES}
        self.longer = sum if costs.overlap == "sum" else max
        self.latency = costs.latency

    def run(self) -> tuple[tuple[Run, ...], ...]:
        """Return the rows of a plan that does not deadlock."""
        waiting: dict[Op, list[int]] = {}
        movable = deque(range(len(self.orders)))
        while movable:
            device = movable.popleft()
            row, order = self.rows[device], self.orders[device]
            while len(row) < len(order):
                slot = order[len(row)]
                inputs = [needed for op in slot.ops for needed in self.inputs(op)]
                missing = [needed for needed in inputs if needed not in self.ends]
                if missing:
                    waiting.setdefault(missing[0], []).append(device)
                    break
                self.step(device, slot, inputs)
                for op in slot.ops:
                    movable.extend(waiting.pop(op, ()))
        return tuple(tuple(row) for row in self.rows)

    def inputs(self, op: Op) -> list[Op]:
        """Return the ops whose results ``op`` needs."""
        stage, kind, microbatch, _ = op
        if kind == Kind.FORWARD:
            return [Op(stage - 1, kind, microbatch)] if stage else []
        if kind == Kind.BACKWARD_WEIGHT:
            return [Op(stage, Kind.BACKWARD_INPUT, microbatch)]
        needed = [Op(stage, Kind.FORWARD, microbatch)]
        if stage + 1 < self.stages:
            split = Op(stage + 1, Kind.BACKWARD_INPUT, microbatch)
            whole = Op(stage + 1, Kind.BACKWARD, microbatch)
            needed.append(split if split in self.owner else whole)
        return needed

    def step(self, device: int, slot: Slot, inputs: list[Op]) -> None:
        """Run a slot whose inputs are there."""
        row = self.rows[device]
        start = row[-1].end if row else 0.0
        for needed in inputs:
            away = self.owner[needed] != device
            start = max(start, self.ends[needed] + self.latency * away)
        length = self.longer([self.costs[op.kind][op.stage] for op in slot.ops])
        row.append(Run(start, length, slot))
        for op in slot.ops:
            self.ends[op] = start + length


def simulate_plainly(plan: Plan, costs: Costs | None = None) -> tuple[tuple[Run, ...], ...]:
    """Return when every slot of a plan of passes runs."""
    return PlainSimulation(plan, costs or Costs()).run()
