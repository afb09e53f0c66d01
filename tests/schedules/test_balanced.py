import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 12)
COUNT = st.integers(1, 30)
QUARTERS = st.integers(1, 20).map(lambda number: number / 4)


def planned(p, m):
    return pv.plan("bpipe", devices=p, microbatches=m)


def bound(p):
    return -(-(p + 2) // 2)


@given(SIZE, COUNT, QUARTERS, QUARTERS, QUARTERS)
def test_no_device_holds_more_than_half_and_one_and_the_time_is_that_of_1f1b(
    p, m, forward, backward, p2p
):
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    metrics = pv.measure(pv.simulate(planned(p, m), costs))
    plain = pv.simulate(pv.plan("1f1b", devices=p, microbatches=m), costs)
    assert metrics.makespan == plain.makespan
    assert max(metrics.peak_activations) <= bound(p)


@pytest.mark.parametrize("p", range(2, 13))
@pytest.mark.parametrize("more", [1, 2, 7, 30])
def test_each_device_holds_its_own_and_what_its_partner_moved_there(p, more):
    def held(rank):
        own = p - rank
        if own > bound(p):
            return bound(p)
        partners = rank + 1
        return own + (partners - (bound(p) - 1) if partners > bound(p) else 0)

    peak = pv.measure(planned(p, p + more)).peak_activations
    assert peak == tuple(map(held, range(p)))
    assert max(peak) == min(bound(p), p)


def test_what_is_needed_last_moves_away_and_comes_back_when_there_is_room():
    first, *others = planned(4, 5).orders
    assert " ".join(map(str, first)) == (
        "0F0 0F1 0F2 0EVICT2 0F3 0EVICT3 0B0 0LOAD2 0F4 0B1 0LOAD3 0B2 0B3 0B4"
    )
    plain = pv.plan("1f1b", devices=4, microbatches=5)
    assert tuple(others) == plain.orders[1:]


@given(st.integers(4, 10), st.integers(10, 20), QUARTERS)
def test_moves_take_time_in_a_lane_of_the_first_devices(p, m, swap):
    plan = planned(p, m)
    timeline = pv.simulate(plan, pv.Costs(swap=swap))
    assert {lane.name for lane in timeline.lanes} == {"swaps"}
    assert [lane.device for lane in timeline.lanes] == [x for x in range(p) if p - x > bound(p)]
    for lane in timeline.lanes:
        ends = {run.slot: run.end for run in timeline.rows[lane.device]}
        starts = {run.slot: run.start for run in timeline.rows[lane.device]}
        away = {run.slot: run.end for run in lane.runs}
        for run in lane.runs:
            assert run.duration == swap
            stage, kind, microbatch, _ = run.slot
            if kind == pv.Kind.EVICT:
                assert run.start == ends[pv.Op(stage, pv.Kind.FORWARD, microbatch)]
            else:
                assert run.start >= away[pv.Op(stage, pv.Kind.EVICT, microbatch)]
                assert run.end <= starts[pv.Op(stage, pv.Kind.BACKWARD, microbatch)]


def test_moves_that_are_shorter_than_the_work_beside_them_cost_no_time():
    plain = pv.simulate(planned(8, 16)).makespan
    assert pv.simulate(planned(8, 16), pv.Costs(swap=3)).makespan == plain
    assert pv.simulate(planned(8, 16), pv.Costs(swap=12)).makespan > plain


def test_while_it_moves_both_devices_hold_it():
    rows = ["0F0 0EVICT0 0F1 0LOAD0 0B0 0B1", "1F0 1B0 1F1 1B1"]
    plan = pv.Plan.parse(rows)
    assert pv.measure(plan).peak_activations == (2, 2)
    slow = pv.simulate(plan, pv.Costs(forward=1, backward=1, swap=4))
    # EVICT0 1-5, F1 1-2, LOAD0 5-9, B0 9-10; device 1: F0 1-2, B0 2-3, F1 3-4, B1 4-5
    assert pv.measure(slow).peak_activations == (2, 2)
    assert [run.start for run in slow.rows[0]] == [0, 1, 9, 10]
    assert [(run.start, run.end) for run in slow.lanes[0].runs] == [(1, 5), (5, 9)]


def test_a_device_that_is_its_own_partner_keeps_what_it_moves():
    plan = pv.Plan.parse(["0F0 0EVICT0 0F1 0LOAD0 0B0 0B1"])
    assert pv.measure(plan).peak_activations == (2,)


@pytest.mark.parametrize("forward", [0, 1])
def test_work_without_duration_is_held_all_the_same(forward):
    plan = planned(6, 12)
    peak = pv.measure(pv.simulate(plan, pv.Costs(forward=forward))).peak_activations
    assert max(peak[:3]) <= 4


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0LOAD0 0F0 0B0", "0LOAD0 does not come after 0EVICT0, as it must"),
        ("0F0 0LOAD0 0B0", "0LOAD0 does not come after 0EVICT0, as it must"),
        ("0EVICT0 0F0 0LOAD0 0B0", "0EVICT0 does not come after 0F0, as it must"),
        ("0F0 0EVICT0 0B0 0LOAD0", "0B0 needs what 0EVICT0 moved away, and no 0LOAD0 brings"),
        ("0F0 0EVICT0 0I0 0W0", "0I0 needs what 0EVICT0 moved away"),
        ("0F0 0EVICT0 0R0 0LOAD0 0B0", "0R0 needs what 0EVICT0 moved away"),
        ("0F0 0EVICT1 0B0", "0EVICT1 is out of range"),
    ],
)
def test_moves_of_what_is_not_there_are_refused(row, message):
    with pytest.raises(pv.PlanError) as caught:
        pv.Plan.parse([row])
    assert message in caught.value.message


@pytest.mark.parametrize("overlap", ["sum", "max", "sequential"])
def test_moves_stand_between_the_same_slots_however_pairs_overlap(overlap):
    row = "0F0 0EVICT0 0F1 (0F2;0B1)OVERLAP_F_B 0LOAD0 0B0 0B2"
    costs = pv.Costs(forward=1, backward=1, swap=2, overlap=overlap)
    timeline = pv.simulate(pv.Plan.parse([row]), costs)
    start = {str(run.slot): run.start for run in timeline.rows[0]}
    pair = 3 if overlap == "max" else 4
    assert start["0B0"] == max(pair, 3) + 2
    assert [run.start for run in timeline.lanes[0].runs] == [1, pair]
