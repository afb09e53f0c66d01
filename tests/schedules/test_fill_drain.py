import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 8)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


def measured(name, costs, **keys):
    return pv.measure(pv.simulate(pv.plan(name, **keys), costs))


@given(SIZE, SIZE, st.integers(1, 3), QUARTERS, QUARTERS, QUARTERS)
def test_naive_takes_every_stage_and_transfer_in_turn(p, m, v, forward, backward, p2p):
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    metrics = measured("naive", costs, devices=p, microbatches=m, chunks=v)
    transfers = 2 * (p * v - 1) * p2p * (p > 1)
    assert metrics.makespan == m * (p * v * (forward + backward) + transfers)
    assert metrics.peak_activations == (v,) * p


@given(SIZE, SIZE)
def test_naive_leaves_all_devices_but_one_idle(p, m):
    metrics = measured("naive", None, devices=p, microbatches=m)
    assert metrics.bubble_ratio == pytest.approx((p - 1) / p)


@given(SIZE, SIZE, QUARTERS, QUARTERS)
def test_forward_only_takes_a_forward_per_microbatch_and_device_but_one(p, m, forward, p2p):
    costs = pv.Costs(forward=forward, p2p=p2p)
    metrics = measured("forward-only", costs, devices=p, microbatches=m)
    assert metrics.makespan == (m + p - 1) * forward + (p - 1) * p2p
    assert metrics.peak_activations == (m,) * p


@given(SIZE, st.integers(1, 3), st.integers(1, 3), QUARTERS)
def test_forward_only_with_chunks_fills_the_pipeline_once(p, rounds, v, forward):
    costs = pv.Costs(forward=forward)
    metrics = measured("forward-only", costs, devices=p, microbatches=rounds * p, chunks=v)
    assert metrics.makespan == (rounds * p * v + p - 1) * forward


@given(SIZE, SIZE, st.sampled_from(["same", "reversed"]), QUARTERS, QUARTERS, QUARTERS)
def test_gpipe_has_one_bubble_and_holds_every_microbatch(p, m, order, forward, backward, p2p):
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    metrics = measured("gpipe", costs, devices=p, microbatches=m, backward=order)
    assert metrics.makespan == (m + p - 1) * (forward + backward) + 2 * (p - 1) * p2p
    assert metrics.peak_activations == (m,) * p
    if p2p == 0 and forward + backward > 0:
        assert metrics.bubble_ratio == pytest.approx((p - 1) / (m + p - 1))


def test_the_backwards_of_gpipe_run_as_the_forwards_or_reversed():
    def rows(**keys):
        plan = pv.plan("gpipe", devices=1, microbatches=2, **keys)
        return [str(slot) for slot in plan.orders[0]]

    assert rows() == rows(backward="same") == ["0F0", "0F1", "0B0", "0B1"]
    assert rows(backward="reversed") == ["0F0", "0F1", "0B1", "0B0"]
