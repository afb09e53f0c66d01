"""Schedules without interplay of forwards and backwards: naive, GPipe, forward-only."""

from __future__ import annotations

from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.interleaved import chunk_table, group_size
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def naive(shape: Shape) -> Plan:
    """Return one microbatch at a time, forward then backward, on any shape."""
    chunks = [range(device, shape.stages, shape.devices) for device in range(shape.devices)]
    return shape.plan(
        [
            Op(stage, kind, microbatch)
            for microbatch in range(shape.microbatches)
            for kind, stages in ((F, own), (B, reversed(own)))
            for stage in stages
        ]
        for own in chunks
    )


def gpipe(shape: Shape) -> Plan:
    """Return all forwards, then all backwards, for any number of microbatches.

    ``shape.backward`` orders the backwards: ``same`` (PyTorch) or ``reversed``, the
    order of the paper's figure.
    """
    forward = range(shape.microbatches)
    backward = forward[::-1] if shape.backward == "reversed" else forward
    return shape.plan(
        [Op(device, F, m) for m in forward] + [Op(device, B, m) for m in backward]
        for device in range(shape.devices)
    )


def forward_only(shape: Shape) -> Plan:
    """Return the forwards only, in Megatron's groups where devices hold chunks."""
    group = min(shape.devices, shape.microbatches)
    if shape.group is not None:
        group = group_size(shape, "forward-only")
    table = chunk_table(shape, group)
    return shape.plan(
        [Op(chunk * shape.devices + device, F, m) for chunk, m in table]
        for device in range(shape.devices)
    )
