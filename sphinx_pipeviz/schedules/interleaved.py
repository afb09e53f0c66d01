"""Interleaved 1F1B: every device holds several chunks and takes turns between them."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.one_f_one_b import alternate, pair_up
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def interleaved_1f1b(shape: Shape) -> Plan:
    """Return Megatron's order for a given group size, else PyTorch's.

    The two agree where M is a multiple of P. Device r warms up with
    (V-1)*group + 2*(P-1-r) forwards.

    Raises:
        PlanError: The group size or the number of microbatches breaks the rule.
    """
    group = _group(shape, "interleaved-1f1b")
    return shape.plan(
        alternate(forwards, backwards, warm_up)
        for forwards, backwards, warm_up in _turns(shape, group)
    )


def interleaved_1f1b_overlap(shape: Shape) -> Plan:
    """Return Megatron's interleaved order with steady forwards and backwards overlapped.

    Raises:
        PlanError: The group size or the number of microbatches breaks the rule.
    """
    group = _group(shape, "interleaved-1f1b-overlap")
    return shape.plan(
        pair_up(forwards, backwards, warm_up + 1)
        for forwards, backwards, warm_up in _turns(shape, group)
    )


def _turns(shape: Shape, group: int) -> Iterator[tuple[list[Op], list[Op], int]]:
    """Yield each device's forwards, backwards and number of warm-up forwards."""
    table = chunk_table(shape, group)
    last = shape.chunks - 1
    for device in range(shape.devices):
        stages = range(device, shape.stages, shape.devices)
        yield (
            [Op(stages[chunk], F, m) for chunk, m in table],
            [Op(stages[last - chunk], B, m) for chunk, m in table],
            last * group + 2 * (shape.devices - 1 - device),
        )


def looped_bfs(shape: Shape) -> Plan:
    """Return breadth-first order: all microbatches through a chunk, then the next chunk.

    ``shape.backward`` orders each chunk's backwards: ``reversed`` (PyTorch) or ``same``.
    """
    forward = range(shape.microbatches)
    backward = forward if shape.backward == "same" else forward[::-1]

    def order(device: int) -> list[Op]:
        stages = range(device, shape.stages, shape.devices)
        return [Op(stage, F, m) for stage in stages for m in forward] + [
            Op(stage, B, m) for stage in reversed(stages) for m in backward
        ]

    return shape.plan(order(device) for device in range(shape.devices))


def chunk_table(shape: Shape, group: int) -> list[tuple[int, int]]:
    """Return (chunk, microbatch) in the order every device takes them.

    ``group`` microbatches pass one chunk, then the next; the last group may be shorter.
    """
    starts = range(0, shape.microbatches, group)
    return [
        (chunk, microbatch)
        for start in starts
        for chunk in range(shape.chunks)
        for microbatch in range(start, min(start + group, shape.microbatches))
    ]


def _group(shape: Shape, name: str) -> int:
    if shape.group is None:
        return rounds_group(shape, name, instead=", or set microbatch-group-size")
    return group_size(shape, name)


def group_size(shape: Shape, name: str) -> int:
    """Return the given group size if Megatron takes it.

    Raises:
        PlanError: It is not in P to M, or leaves a rest of 1 to P-1 microbatches.
    """
    p, m, group = shape.devices, shape.microbatches, shape.group or shape.devices

    def legal(size: int) -> bool:
        return p <= size <= m and (m % size == 0 or m % size >= p)

    if legal(group):
        return group
    near = sorted(filter(legal, range(p, m + 1)), key=lambda size: abs(size - group))[:2]
    message = (
        f"{name} takes a microbatch-group-size from the {p} devices to the {m} microbatches"
        f" that leaves no rest or at least {p} microbatches, not {group}"
    )
    hint = f"nearest: {_either(near)}" if near else f"use at least {p} microbatches"
    raise PlanError(message, hint=hint, path=("microbatch-group-size",))


def rounds_group(shape: Shape, name: str, *, instead: str = "") -> int:
    """Return PyTorch's group size: M // rounds, with rounds = max(1, M // P).

    ``instead`` ends the hint of the refusal: what else a user may do.

    Raises:
        PlanError: M is not a multiple of the number of rounds.
    """
    p, m = shape.devices, shape.microbatches

    def legal(count: int) -> bool:
        return count % max(1, count // p) == 0

    rounds = max(1, m // p)
    if legal(m):
        return m // rounds
    below = next(count for count in range(m, 0, -1) if legal(count))
    above = next(count for count in range(m, m + p + 1) if legal(count))
    message = (
        f"{name} needs the microbatches to be a multiple of max(1, M // P) rounds;"
        f" {m} microbatches on {p} devices make {rounds} rounds"
    )
    hint = f"use {_either([below, above])} microbatches{instead}"
    raise PlanError(message, hint=hint, path=("microbatches",))


def _either(numbers: list[int]) -> str:
    return " or ".join(str(number) for number in sorted(numbers))
