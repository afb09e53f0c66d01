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


@given(SIZE, SIZE, QUARTERS, QUARTERS, st.integers(0, 4))
def test_eager_1f1b_hides_latency_of_up_to_half_a_forward_and_backward(
    p, m, forward, backward, part
):
    p2p = part / 8 * (forward + backward)
    plan = pv.plan("eager-1f1b", devices=p, microbatches=m)
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    makespan = pv.simulate(plan, costs).makespan
    assert makespan == (m + p - 1) * (forward + backward) + 2 * (p - 1) * p2p
    assert makespan <= pv.simulate(pv.plan("1f1b", devices=p, microbatches=m), costs).makespan


@given(SIZE, SIZE)
def test_eager_1f1b_pays_with_nearly_twice_the_activations(p, m):
    metrics = pv.measure(pv.plan("eager-1f1b", devices=p, microbatches=m))
    assert metrics.peak_activations == tuple(min(2 * (p - r) - 1, m) for r in range(p))


@given(SIZE, SIZE, QUARTERS, QUARTERS)
def test_overlapped_pairs_that_save_nothing_take_the_time_of_1f1b(p, m, forward, backward):
    plan = pv.plan("1f1b-overlap", devices=p, microbatches=m)
    metrics = pv.measure(pv.simulate(plan, pv.Costs(forward=forward, backward=backward)))
    assert metrics.makespan == (m + p - 1) * (forward + backward)
    assert metrics.peak_activations == tuple(min(2 * (p - r), m) for r in range(p))


@given(SIZE, SIZE, QUARTERS, QUARTERS)
def test_overlapped_pairs_may_take_as_long_as_the_longer_half(p, m, forward, backward):
    plan = pv.plan("combined-1f1b", devices=p, microbatches=m)
    costs = pv.Costs(forward=forward, backward=backward, overlap="max")
    pairs = (m - 1) * max(forward, backward)
    assert pv.simulate(plan, costs).makespan == pairs + p * (forward + backward)


def test_the_warm_up_is_deeper_and_pairs_overlap():
    def rows(name):
        plan = pv.plan(name, devices=2, microbatches=4)
        return [" ".join(map(str, row)) for row in plan.orders]

    assert rows("eager-1f1b")[0] == "0F0 0F1 0F2 0B0 0F3 0B1 0B2 0B3"
    assert rows("1f1b-overlap") == [
        "0F0 0F1 0F2 (0F3;0B0)OVERLAP_F_B 0B1 0B2 0B3",
        "1F0 (1F1;1B0)OVERLAP_F_B (1F2;1B1)OVERLAP_F_B (1F3;1B2)OVERLAP_F_B 1B3",
    ]
