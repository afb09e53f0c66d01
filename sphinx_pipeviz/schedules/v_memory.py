"""V-Half and V-Min: two chunks per device, placed there and back, that hold little memory.

The devices repeat a building block every six slots. Its warm-up and cool-down are then
moved into earlier free slots as long as no device holds more than before.
"""

from __future__ import annotations

from collections.abc import Callable

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.shape import Shape

F, I, W = Kind.FORWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT  # noqa: E741

#: Slots per microbatch and device: F, I and W of two chunks.
PERIOD = 6


def v_half(shape: Shape) -> Plan:
    """Return V-Half, which holds about half of what 1F1B holds, for any P and M.

    Source: Qi et al., Pipeline Parallelism with Controllable Memory, 2024,
    arXiv:2405.15362, in the order of sail-sg's zbv_greedy.
    """
    p = shape.devices
    gap = 0 if p % 2 else 3
    return _from_blocks(
        shape,
        [
            (2 * r, 3 * p - 2 - r, 3 * p + gap + 2 * r - 1, 6 * p + gap - 2 - r)
            for r in range(p)
        ],
    )


def v_min(shape: Shape) -> Plan:
    """Return V-Min, which holds about a third of what 1F1B holds, for any P and M.

    Source: as ``v_half``.
    """
    p = shape.devices
    gap = 0 if p % 3 else 2
    return _from_blocks(
        shape,
        [(r, 2 * p - 1 - r, 2 * p + gap + r, 4 * p + gap - 1 - r) for r in range(p)],
    )


def _from_blocks(shape: Shape, blocks: list[tuple[int, int, int, int]]) -> Plan:
    """Return the plan of a building block: each device's slots of F, F, I and I."""
    board = _Board(shape, blocks)
    board.fill(_in_turn)
    board.tighten(cool_down_only=False)
    board.squeeze()
    board.remove_weights()
    board.tighten(cool_down_only=True)
    board.fill(_in_turn)
    board.squeeze()
    board.remove_weights()
    board.fill(_second_chunk_first)
    return shape.plan(([row[slot] for slot in sorted(row)] for row in board.rows), shape.vee)


def _in_turn(_: Op) -> int:
    return 0


def _second_chunk_first(op: Op) -> int:
    return -(op.stage or 0)


class _Board:
    """Which op each device runs in which slot of time; every op takes one slot."""

    def __init__(self, shape: Shape, blocks: list[tuple[int, int, int, int]]) -> None:
        self._microbatches = range(shape.microbatches)
        self._last_stage = shape.stages - 1
        self._slots: dict[Op, int] = {}
        self.rows: list[dict[int, Op]] = [{} for _ in blocks]
        for device, block in enumerate(blocks):
            there, back = device, self._last_stage - device
            passes = ((there, F), (back, F), (back, I), (there, I))
            for (stage, kind), first in zip(passes, block, strict=True):
                for m in self._microbatches:
                    self._place(Op(stage, kind, m), device, first + PERIOD * m)

    def fill(self, urgency: Callable[[Op], int]) -> None:
        """Put weight gradients into the first free slots, the smallest urgency first."""
        for row in self.rows:
            waiting: list[Op] = []
            for slot in range(max(row) + 1 + 2 * len(self._microbatches)):
                op = row.get(slot)
                if op and op.kind == I:
                    waiting.append(op._replace(kind=W))
                elif not op and waiting:
                    row[slot] = min(waiting, key=urgency)
                    waiting.remove(row[slot])

    def remove_weights(self) -> None:
        """Free the slots of the weight gradients."""
        self.rows = [
            {slot: op for slot, op in row.items() if op.kind != W} for row in self.rows
        ]

    def squeeze(self) -> None:
        """Start every op as early as its input and the order of its device allow."""
        old, self.rows = self.rows, [{} for _ in self.rows]
        free = [0] * len(old)
        for slot, device in _in_time(old):
            op = old[device][slot]
            start = max(free[device], self._after_input(op))
            self._place(op, device, start)
            free[device] = start + 1

    def tighten(self, *, cool_down_only: bool) -> None:
        """Move ops outside the steady phase to earlier free slots.

        An op stays where it is if moving it would raise the most that any device holds.

        Args:
            cool_down_only: Leave the warm-up as it is, and count weight gradients as if
                they ran in the free slots.
        """
        limit = max(_peak(row, lent=cool_down_only) for row in self.rows)
        warm_up, cool_down = self._ends()
        for slot, device in cool_down if cool_down_only else warm_up + cool_down:
            row = self.rows[device]
            # Where weight gradients have slots of their own, only forwards add to memory.
            harmless = row[slot].kind != F and not cool_down_only
            for earlier in range(self._earliest(row, slot), slot):
                if earlier not in row:
                    self._place(row.pop(slot), device, earlier)
                    if harmless or _peak(row, lent=cool_down_only) <= limit:
                        break
                    self._place(row.pop(earlier), device, slot)

    def _ends(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the slots before and after the steady phase.

        It lasts from the first microbatch's last backward up to the next time that a
        device runs the last microbatch's forward on its first chunk.
        """
        order = _in_time(self.rows)
        ops = [self.rows[device][slot] for slot, device in order]
        begin = ops.index(Op(0, I, 0))
        last = {Op(device, F, self._microbatches[-1]) for device in range(len(self.rows))}
        end = next((at for at in range(begin, len(ops)) if ops[at] in last), len(ops))
        return order[:begin], order[end + 1 :]

    def _earliest(self, row: dict[int, Op], slot: int) -> int:
        """Return the first slot after the inputs of an op and the one before it."""
        op = row[slot]
        if op.kind == W:
            done = [at for at, other in row.items() if other.kind == W and at < slot]
            inputs = sorted(at for at, other in row.items() if other.kind == I)
            return max(inputs[len(done)], *done, -1) + 1
        before = op._replace(microbatch=(op.microbatch or 0) - 1)
        return max(self._after_input(op), self._slots.get(before, -1) + 1)

    def _after_input(self, op: Op) -> int:
        """Return the slot after the input that another device may have made, or 0."""
        stage, last = op.stage or 0, self._last_stage
        if op.kind == F:
            needed = op._replace(stage=stage - 1)
        elif op.kind == I and stage < last:
            needed = op._replace(stage=stage + 1)
        else:
            needed = op._replace(kind=F)
        return self._slots.get(needed, -1) + 1

    def _place(self, op: Op, device: int, slot: int) -> None:
        self.rows[device][slot] = op
        self._slots[op] = slot


def _in_time(rows: list[dict[int, Op]]) -> list[tuple[int, int]]:
    """Return every used (slot, device), in time."""
    return sorted((slot, device) for device, row in enumerate(rows) for slot in row)


def _peak(row: dict[int, Op], *, lent: bool) -> int:
    """Return the most forwards that a device holds.

    Args:
        row: Slot -> op.
        lent: Weight gradients run in the free slots, as soon as there are any.
    """
    held = waiting = peak = 0
    before = -1
    for slot in sorted(row):
        freed = min(waiting, slot - before - 1)
        held, waiting, before = held - freed, waiting - freed, slot
        kind = row[slot].kind
        if kind == F:
            held += 1
            peak = max(peak, held)
        elif kind == W:
            held -= 1
        elif lent:
            waiting += 1
    return peak
