"""Schedules that part each microbatch's sequence: Seq1F1B and TeraPipe.

A part is an op's unit: part c of microbatch m has the number m * k + c, with k parts.
Forwards go along the sequence, since a part attends to those before it; backwards go the
other way. Costs are those of one part.
"""

from __future__ import annotations

from sphinx_pipeviz.model import Plan, Traits
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.schedules.one_f_one_b import alternate
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def seq_1f1b(shape: Shape) -> Plan:
    """Return Seq1F1B: 1F1B whose units are parts of microbatches.

    Device r warms up with min(P-2-r+k, kM) forwards of parts.
    """
    parts = shape.sequence_chunks or 1
    forward = range(parts * shape.microbatches)
    backward = [
        start + part
        for start in range(0, len(forward), parts)
        for part in reversed(range(parts))
    ]
    rows = (
        alternate(
            [Op(device, F, unit) for unit in forward],
            [Op(device, B, unit) for unit in backward],
            warm_up=shape.devices - 2 - device + parts,
        )
        for device in range(shape.devices)
    )
    return shape.plan(rows, traits=Traits(sequence_chunks=parts))


def terapipe(shape: Shape) -> Plan:
    """Return TeraPipe: the forwards of all parts, then their backwards in reverse."""
    parts = shape.sequence_chunks or 1
    units = range(parts * shape.microbatches)
    rows = (
        [Op(device, F, unit) for unit in units] + [Op(device, B, unit) for unit in units[::-1]]
        for device in range(shape.devices)
    )
    return shape.plan(rows, traits=Traits(sequence_chunks=parts))
