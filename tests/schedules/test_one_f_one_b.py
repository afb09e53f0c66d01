import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 9)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


@given(SIZE, SIZE, QUARTERS, QUARTERS, QUARTERS)
def test_the_makespan_follows_the_closed_form_with_latency(p, m, forward, backward, p2p):
    plan = pv.plan("1f1b", devices=p, microbatches=m)
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    transfers = 2 * p2p * ((p - 1) + (m - 1) * (p - 1) // p)
    assert pv.simulate(plan, costs).makespan == (m + p - 1) * (forward + backward) + transfers


@given(SIZE, SIZE)
def test_a_device_holds_as_many_microbatches_as_devices_follow_it(p, m):
    metrics = pv.measure(pv.plan("1f1b", devices=p, microbatches=m))
    assert metrics.peak_activations == tuple(min(p - rank, m) for rank in range(p))
    assert metrics.bubble_ratio == pytest.approx((p - 1) / (m + p - 1))


def test_the_order_is_a_warm_up_a_steady_state_and_a_cool_down():
    plan = pv.plan("1f1b", devices=3, microbatches=4)
    assert [" ".join(map(str, row)) for row in plan.orders] == [
        "0F0 0F1 0F2 0B0 0F3 0B1 0B2 0B3",
        "1F0 1F1 1B0 1F2 1B1 1F3 1B2 1B3",
        "2F0 2B0 2F1 2B1 2F2 2B2 2F3 2B3",
    ]
