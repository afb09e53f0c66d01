"""1F1B: one forward, one backward, after a warm-up that fills the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op, Overlap, Slot
from sphinx_pipeviz.schedules.listed import list_orders
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def one_f_one_b(shape: Shape) -> Plan:
    """Return PipeDream-flush, as Megatron, PyTorch and DeepSpeed run it.

    Device r warms up with min(M, P-1-r) forwards. Any number of microbatches runs. With
    ``shape.order`` ``greedy`` there is no fixed order: a free device takes a backward that
    is ready, else a forward if it holds fewer than P microbatches, as in Figure 4 (top) of
    Narayanan et al., 2021, arXiv:2104.04473.
    """
    if shape.order == "greedy":
        return shape.plan(list_orders(shape, shape.loop[0], _backward_first))
    return shape.plan(strict_orders(shape))


def strict_orders(shape: Shape) -> Iterator[Iterator[Op]]:
    """Yield each device's ops in the fixed order of 1F1B."""
    microbatches = range(shape.microbatches)
    for device in range(shape.devices):
        yield alternate(
            [Op(device, F, m) for m in microbatches],
            [Op(device, B, m) for m in microbatches],
            warm_up=shape.devices - 1 - device,
        )


def _backward_first(op: Op) -> tuple[int, ...]:
    return (op.kind is F, op.microbatch or 0)


def eager_1f1b(shape: Shape) -> Plan:
    """Return 1F1B with a warm-up of min(M, 2(P-r)-1) forwards, which hides latency."""
    microbatches = range(shape.microbatches)
    return shape.plan(
        alternate(
            [Op(device, F, m) for m in microbatches],
            [Op(device, B, m) for m in microbatches],
            warm_up=2 * (shape.devices - 1 - device),
        )
        for device in range(shape.devices)
    )


def overlap_1f1b(shape: Shape) -> Plan:
    """Return 1F1B whose steady forwards and backwards run in overlapped pairs.

    Device r warms up with min(M, 2(P-1-r)+1) forwards.
    """
    microbatches = range(shape.microbatches)
    return shape.plan(
        pair_up(
            [Op(device, F, m) for m in microbatches],
            [Op(device, B, m) for m in microbatches],
            warm_up=2 * (shape.devices - 1 - device) + 1,
        )
        for device in range(shape.devices)
    )


def pair_up(forwards: Sequence[Op], backwards: Sequence[Op], warm_up: int) -> Iterator[Slot]:
    """Yield ``warm_up`` forwards, then overlapped pairs, then the rest."""
    warm_up = min(warm_up, len(forwards))
    yield from forwards[:warm_up]
    steady = len(forwards) - warm_up
    yield from map(Overlap, forwards[warm_up:], backwards[:steady])
    yield from backwards[steady:]


def alternate(forwards: Sequence[Op], backwards: Sequence[Op], warm_up: int) -> Iterator[Op]:
    """Yield ``warm_up`` forwards, then forwards and backwards in turn, then the rest."""
    warm_up = min(warm_up, len(forwards))
    yield from forwards[:warm_up]
    steady = len(forwards) - warm_up
    for forward, backward in zip(forwards[warm_up:], backwards[:steady], strict=True):
        yield forward
        yield backward
    yield from backwards[steady:]
