import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 8)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


def measured(name, forward, backward_input, backward_weight, **keys):
    costs = pv.Costs(
        forward=forward, backward_input=backward_input, backward_weight=backward_weight
    )
    return pv.measure(pv.simulate(pv.plan(name, **keys), costs))


@st.composite
def split_costs(draw):
    """F, I and W; a weight gradient takes no longer than the others."""
    forward, backward = draw(QUARTERS), draw(QUARTERS)
    return forward, backward, draw(st.integers(0, 4)) / 4 * min(forward, backward)


@given(SIZE, SIZE, split_costs())
def test_zb_h1_takes_the_time_of_its_paper(p, more, costs):
    forward, backward, weight = costs
    m = p + more - 1
    metrics = measured("zb-h1", *costs, devices=p, microbatches=m)
    work = m * (forward + backward + weight)
    assert metrics.makespan == work + (p - 1) * (forward + backward - weight)


@given(SIZE, st.integers(1, 16))
def test_zb_h1_holds_no_more_than_the_first_device_of_1f1b(p, m):
    metrics = pv.measure(pv.plan("zb-h1", devices=p, microbatches=m))
    assert metrics.peak_activations == (min(p, m),) * p


def test_zb_h1_has_a_third_of_the_bubble_of_1f1b():
    keys = {"devices": 4, "microbatches": 8}
    idle = measured("1f1b", 1, 1, 1, **keys).idle
    assert [3 * each for each in measured("zb-h1", 1, 1, 1, **keys).idle] == list(idle)


def test_a_device_delays_weight_gradients_by_its_number():
    plan = pv.plan("zb1p", devices=2, microbatches=3)
    assert [" ".join(map(str, row)) for row in plan.orders] == [
        "0F0 0F1 0I0 0W0 0F2 0I1 0W1 0I2 0W2",
        "1F0 1I0 1F1 1I1 1W0 1F2 1I2 1W1 1W2",
    ]


@given(SIZE, st.integers(1, 24), st.integers(1, 3), split_costs())
def test_interleaved_zero_bubble_follows_its_closed_forms(p, m, v, costs):
    forward, backward, weight = costs
    rounds = max(1, m // p)
    keys = {"devices": p, "microbatches": m, "chunks": v}
    if m % rounds:
        with pytest.raises(pv.PlanError, match="interleaved-zero-bubble needs") as caught:
            pv.plan("interleaved-zero-bubble", **keys)
        assert caught.value.path == ("microbatches",)
        numbers = caught.value.hint.removeprefix("use ").removesuffix(" microbatches")
        for near in numbers.split(" or "):
            assert pv.plan("interleaved-zero-bubble", **keys | {"microbatches": int(near)})
        return
    metrics = measured("interleaved-zero-bubble", *costs, **keys)
    assert metrics.peak_activations == (min((v - 1) * (m // rounds) + p, m * v),) * p
    if m >= p:
        work = m * v * (forward + backward + weight)
        assert metrics.makespan == work + (p - 1) * (forward + backward - weight)


@given(SIZE, SIZE, QUARTERS.filter(bool))
def test_zb_v_has_no_bubble_within_a_devices_span(p, more, time):
    m = 2 * p - 2 + more
    metrics = measured("zb-v", time, time, time, devices=p, microbatches=m)
    assert metrics.span_bubble_ratio == 0
    assert metrics.makespan == (6 * m + p - 1) * time


@given(SIZE, st.integers(1, 24))
def test_zb_v_holds_two_chunks_per_device(p, m):
    metrics = pv.measure(pv.plan("zb-v", devices=p, microbatches=m))
    assert metrics.peak_activations == tuple(min(2 * p, 2 * m, m + r + 1) for r in range(p))


def test_zb_v_lies_there_and_back():
    plan = pv.plan("zbv", devices=3, microbatches=5)
    assert plan.placement == ((0, 1, 2, 2, 1, 0),)
    assert pv.plan("zbv", devices=3, microbatches=5, chunks=2) == plan


def test_few_microbatches_leave_out_those_that_are_not_there():
    few = pv.plan("zb-v", devices=3, microbatches=2)
    enough = pv.plan("zb-v", devices=3, microbatches=5)
    assert few.orders == tuple(
        tuple(op for op in row if op.microbatch < 2) for row in enough.orders
    )


@pytest.mark.parametrize("chunks", [1, 3])
def test_zb_v_refuses_another_number_of_chunks(chunks):
    with pytest.raises(pv.PlanError, match=f"zb-v runs 2 stages per device, not {chunks}"):
        pv.plan("zb-v", devices=2, microbatches=4, chunks=chunks)
