"""Two replicas of the model, placed in opposite directions: Chimera and GEMS."""

from __future__ import annotations

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Kind, Op
from sphinx_pipeviz.shape import Shape

F, B = Kind.FORWARD, Kind.BACKWARD


def chimera(shape: Shape) -> Plan:
    """Return Chimera: units of P microbatches, one half enters at either end.

    Raises:
        PlanError: P is odd, or M is not a multiple of P.
    """
    p, m = shape.devices, shape.microbatches
    if p % 2:
        hint = f"nearest: {p - 1} or {p + 1}" if p > 1 else "use 2"
        raise PlanError(
            f"chimera needs an even number of devices, not {p}", hint=hint, path=("devices",)
        )
    if m % p:
        near = [count for count in (m // p * p, m // p * p + p) if count]
        message = f"chimera needs microbatches in multiples of the {p} devices, not {m}"
        hint = f"nearest: {' or '.join(map(str, near))}"
        raise PlanError(message, hint=hint, path=("microbatches",))
    rows: list[list[tuple[int, Op]]] = [[] for _ in range(p)]
    for microbatch in range(m):
        unit, place = divmod(microbatch, p)
        up, index = divmod(place, p // 2)
        for stage in range(p):
            row = rows[p - 1 - stage if up else stage]
            start = 2 * p * unit + 2 * index
            row.append((start + stage, Op(stage, F, microbatch)))
            row.append((start + 2 * p - 1 - stage, Op(stage, B, microbatch)))
    ordered = ([op for _, op in sorted(row, key=lambda entry: entry[0])] for row in rows)
    return shape.plan(ordered, _both_ways(p))


def gems(shape: Shape) -> Plan:
    """Return GEMS: microbatches enter at either end in turn, one forward at a time."""
    p = shape.devices
    return shape.plan(
        (
            [
                Op(p - 1 - device if microbatch % 2 else device, kind, microbatch)
                for microbatch in range(shape.microbatches)
                for kind in (F, B)
            ]
            for device in range(p)
        ),
        _both_ways(p),
    )


def _both_ways(devices: int) -> tuple[tuple[int, ...], ...]:
    down = tuple(range(devices))
    return (down, down[::-1])
