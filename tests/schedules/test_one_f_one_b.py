import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.spec import Spec
from sphinx_pipeviz.timelines import plan_of, timeline_of

F, B = pv.Kind.FORWARD, pv.Kind.BACKWARD
SIZE = st.integers(1, 9)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)
POSITIVE = st.integers(1, 20).map(lambda number: number / 4)


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


@given(SIZE, st.integers(1, 16), POSITIVE, st.integers(1, 5))
def test_greedy_1f1b_takes_the_time_of_the_strict_order_if_f_divides_b(p, m, forward, times):
    costs = pv.Costs(forward=forward, backward=times * forward)
    plan = pv.plan("1f1b", devices=p, microbatches=m, order="greedy", costs=costs)
    assert pv.simulate(plan, costs).makespan == (m + p - 1) * (1 + times) * forward


@given(SIZE, st.integers(1, 16), POSITIVE, POSITIVE)
def test_greedy_1f1b_is_never_faster_than_the_strict_order(p, m, forward, backward):
    costs = pv.Costs(forward=forward, backward=backward)
    plan = pv.plan("1f1b", devices=p, microbatches=m, order="greedy", costs=costs)
    assert pv.simulate(plan, costs).makespan >= (m + p - 1) * (forward + backward)


@given(SIZE, st.integers(1, 16), QUARTERS, QUARTERS, QUARTERS)
def test_greedy_1f1b_holds_at_most_as_many_microbatches_as_there_are_devices(
    p, m, forward, backward, p2p
):
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    plan = pv.plan("1f1b", devices=p, microbatches=m, order="greedy", costs=costs)
    metrics = pv.measure(pv.simulate(plan, costs))
    assert metrics.peak_activations[0] == min(p, m)
    assert max(metrics.peak_activations) == min(p, m)


@given(SIZE, st.integers(1, 16), st.lists(QUARTERS, min_size=3, max_size=3))
def test_a_greedy_device_never_waits_beside_something_it_may_run(p, m, times):
    costs = pv.Costs(forward=times[0], backward=times[1], p2p=times[2])
    plan = pv.plan("1f1b", devices=p, microbatches=m, order="greedy", costs=costs)
    timeline = pv.simulate(plan, costs)
    ends = {op: run.end for row in timeline.rows for run in row for op in run.slot.ops}
    for device, row in enumerate(timeline.rows):
        free = 0.0
        for done, run in enumerate(row):
            op = run.slot
            ready = [free]
            if op.kind == F and device:
                ready.append(ends[pv.Op(device - 1, F, op.microbatch)] + costs.p2p)
            if op.kind == B and device + 1 < p:
                ready.append(ends[pv.Op(device + 1, B, op.microbatch)] + costs.p2p)
            waits = run.start > max(ready)
            assert not waits, (device, done, op)
            free = run.end


def test_the_greedy_order_is_that_of_the_megatron_papers_figure():
    plan = pv.plan("1f1b", devices=4, microbatches=8, order="greedy")
    assert [" ".join(str(slot)[1:] for slot in row) for row in plan.orders] == [
        "F0 F1 F2 F3 B0 F4 B1 F5 B2 F6 B3 F7 B4 B5 B6 B7",
        "F0 F1 F2 F3 B0 B1 F4 B2 F5 B3 F6 B4 F7 B5 B6 B7",
        "F0 F1 F2 F3 B0 B1 B2 F4 B3 F5 B4 F6 B5 F7 B6 B7",
        "F0 B0 F1 B1 F2 B2 F3 B3 F4 B4 F5 B5 F6 B6 F7 B7",
    ]


def test_the_costs_decide_the_greedy_order_and_nothing_of_the_strict_one():
    keys = {"devices": 3, "microbatches": 6, "order": "greedy"}
    long = {"forward": [1, 5, 1], "backward": 1}
    costly = pv.plan("1f1b", **keys, costs=long)
    assert costly.orders != pv.plan("1f1b", **keys).orders
    assert costly == pv.plan("1f1b", **keys, costs=pv.Costs(**long))
    spec = Spec(schedule="1f1b", **keys, costs=pv.Costs(**long))
    assert plan_of(spec) == costly
    assert timeline_of(Spec(schedule="1f1b", **keys), pv.Costs(**long)) == timeline_of(spec)
    with pytest.raises(pv.SpecError, match="a plan has no costs"):
        pv.plan("1f1b", devices=3, microbatches=6, order="strict", costs=long)
    with pytest.raises(pv.SpecError, match=r"costs.forward has 2 entries for 3 stages"):
        pv.plan("1f1b", **keys, costs={"forward": [1, 2]})
    with pytest.raises(pv.SpecError, match="costs must be a mapping"):
        pv.plan("1f1b", **keys, costs=[1, 2])
    assert pv.plan("1f1b", devices=3, microbatches=6, order="strict") == pv.plan(
        "1f1b", devices=3, microbatches=6
    )
