"""Hanayo: microbatches go through the devices there and back, in waves."""

from __future__ import annotations

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.listed import list_orders
from sphinx_pipeviz.shape import Shape


def hanayo(shape: Shape) -> Plan:
    """Return Hanayo: 2PW stages, placed W times from the first device to the last and back.

    A free device takes what is ready of the earliest P microbatches, backwards first. At
    most P microbatches are under way, so a device holds at most P of them: P times the
    activations of its own 2W stages.

    Raises:
        PlanError: The number of chunks is odd.
    """
    p, chunks = shape.devices, shape.chunks
    if chunks % 2:
        message = f"hanayo needs two chunks per device for each wave, not {chunks} in all"
        near = f"{chunks - 1} or {chunks + 1}" if chunks > 1 else "2"
        raise PlanError(message, hint=f"nearest: {near}", path=("chunks",))

    def key(op: Op) -> tuple[int, ...]:
        microbatch = op.microbatch or 0
        return (microbatch // p, op.kind is Kind.FORWARD, microbatch)

    path = shape.vee[0] * (chunks // 2)
    return shape.plan(list_orders(shape, path, key), (path,))
