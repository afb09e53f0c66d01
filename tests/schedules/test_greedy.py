import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 8)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)
SAIL_SG = {"name": "zb-v", "variant": "sail-sg"}


@st.composite
def split_costs(draw):
    """F, I and W; a weight gradient takes no longer than the others."""
    forward, backward = draw(QUARTERS), draw(QUARTERS)
    return forward, backward, draw(st.integers(0, 4)) / 4 * min(forward, backward)


def simulated(costs, **keys):
    forward, backward, weight = costs
    return pv.simulate(
        pv.plan(**keys),
        pv.Costs(forward=forward, backward_input=backward, backward_weight=weight),
    )


def longest_span(timeline):
    return max(row[-1].end - row[0].start for row in timeline.rows)


@given(SIZE, SIZE, split_costs())
def test_a_device_of_zb_h2_is_done_in_the_time_of_its_paper(p, more, costs):
    forward, backward, weight = costs
    m = 2 * p - 2 + more
    timeline = simulated(costs, name="zb-h2", devices=p, microbatches=m)
    work = m * (forward + backward + weight)
    formula = work + (p - 1) * (forward + backward - 2 * weight)
    assert longest_span(timeline) <= formula
    assert timeline.makespan <= max(formula, work + (p - 1) * forward)
    if m == 2 * p - 1 or forward == weight:
        assert longest_span(timeline) == formula
        assert timeline.makespan == max(formula, work + (p - 1) * forward)


@given(SIZE, st.integers(1, 24))
def test_zb_h2_holds_twice_as_much_as_1f1b(p, m):
    metrics = pv.measure(pv.plan("zb2p", devices=p, microbatches=m))
    assert metrics.peak_activations == (min(2 * p, m),) * p


@given(SIZE, st.integers(1, 24))
def test_few_microbatches_leave_a_bubble_in_zb_h2(p, m):
    timeline = pv.simulate(pv.plan("zb-h2", devices=p, microbatches=m))
    assert timeline.makespan == 3 * m + max(p - 1, 2 * p - 1 - m)


def test_zb_h2_warms_up_until_the_first_backward_arrives():
    plan = pv.plan("zb-h2", devices=3, microbatches=9)
    for device, row in enumerate(plan.orders):
        kinds = "".join(op.kind for op in row)
        assert kinds.index("I") == 2 * (3 - device) - 1


def test_zb_h2_has_one_stage_per_device():
    with pytest.raises(pv.PlanError, match="zb-h2 runs one stage per device, not 2"):
        pv.plan("zb-h2", devices=2, microbatches=4, chunks=2)


@given(SIZE, SIZE, QUARTERS.filter(bool))
def test_sail_sgs_zb_v_has_no_bubble_within_a_devices_span(p, more, time):
    m = 2 * p - 2 + more
    timeline = simulated((time,) * 3, devices=p, microbatches=m, **SAIL_SG)
    assert longest_span(timeline) == 6 * m * time
    assert timeline.makespan == (6 * m + p - 1) * time


@given(SIZE, st.integers(1, 24))
def test_sail_sgs_zb_v_fills_its_memory_on_every_device(p, m):
    metrics = pv.measure(pv.plan(devices=p, microbatches=m, **SAIL_SG))
    assert metrics.peak_activations == (2 * min(p, m),) * p


def test_the_variants_of_zb_v_are_two_orders():
    keys = {"devices": 4, "microbatches": 8}
    default = pv.plan("zb-v", **keys)
    assert pv.plan("zb-v", variant="torch", **keys) == default
    other = pv.plan(**SAIL_SG, **keys)
    assert other.orders != default.orders
    assert other.placement == default.placement
    assert [set(row) for row in other.orders] == [set(row) for row in default.orders]
