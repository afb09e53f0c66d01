"""PipeDream and PipeDream-2BW: 1F1B over an endless stream, without a flush."""

from __future__ import annotations

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan, Traits
from sphinx_pipeviz.schedules.one_f_one_b import strict_orders
from sphinx_pipeviz.shape import Shape


def pipedream(shape: Shape) -> Plan:
    """Return PipeDream: device r updates its weights after every backward.

    It keeps P - r versions of them, one for each microbatch under way.
    """
    traits = Traits(update_every=1, iterations=shape.iterations)
    return shape.plan(strict_orders(shape), traits=traits)


def pipedream_2bw(shape: Shape) -> Plan:
    """Return PipeDream-2BW: weights are updated after every M-th backward.

    Two versions are enough, as M is not below P.

    Raises:
        PlanError: M is below P.
    """
    p, m = shape.devices, shape.microbatches // shape.iterations
    if m < p:
        message = (
            f"pipedream-2bw needs at least as many microbatches per update as the {p} devices,"
            f" not {m}"
        )
        raise PlanError(message, hint=f"nearest: {p}", path=("microbatches",))
    traits = Traits(update_every=m, iterations=shape.iterations)
    return shape.plan(strict_orders(shape), traits=traits)
