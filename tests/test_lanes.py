"""What goes on beside the work, and where devices meet."""

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.spec import Spec

SENT = [
    "0F0 0SEND_F0 0RECV_B0 0B0",
    "1RECV_F0 1F0 1B0 1SEND_B0",
]


def moves(timeline, name="transfers"):
    return {
        str(run.slot): (lane.device, run.start, run.end)
        for lane in timeline.lanes
        if lane.name == name
        for run in lane.runs
    }


def test_transfers_start_when_what_they_move_is_made_and_occupy_nobody():
    timeline = pv.simulate(pv.Plan.parse(SENT), pv.Costs(p2p=0.5))
    assert [[run.start for run in row] for row in timeline.rows] == [[0, 5], [1.5, 2.5]]
    assert moves(timeline) == {
        "0SEND_F0": (0, 1, 1.5),
        "0RECV_B0": (0, 4.5, 5),
        "1RECV_F0": (1, 1, 1.5),
        "1SEND_B0": (1, 4.5, 5),
    }
    plain = ["0F0 0B0", "1F0 1B0"]
    assert timeline.rows == pv.simulate(pv.Plan.parse(plain), pv.Costs(p2p=0.5)).rows


def test_transfers_of_split_backwards_start_after_the_half_that_is_sent():
    rows = ["0F0 0SEND_F0 0RECV_B0 0I0 0W0", "1RECV_F0 1F0 1I0 1SEND_B0 1W0"]
    assert moves(pv.simulate(pv.Plan.parse(rows)))["1SEND_B0"] == (1, 3, 3)


def test_weights_may_be_gathered_and_freed_beside_the_work():
    rows = ["0UNSHARD 0F0 0B0 0RESHARD"]
    plan = pv.Plan.parse(rows)
    assert [str(run.slot) for run in pv.simulate(plan).rows[0]] == ["0F0", "0B0"]
    assert [" ".join(map(str, row)) for row in plan.orders] == rows


@pytest.mark.parametrize("format", ["svg", "text"])
def test_what_goes_on_beside_the_work_is_no_obstacle_to_a_picture(format):
    assert pv.render(pv.Plan.parse(SENT), format)
    assert pv.render(Spec(schedule="bpipe", devices=6, microbatches=8), format)


def test_an_all_reduce_of_two_devices_starts_on_both_when_the_later_is_there():
    rows = [
        "0F0 1F1 1B1 1REDUCE_GRAD 0B0 0REDUCE_GRAD",
        "0F1 1F0 1B0 1REDUCE_GRAD 0B1 0REDUCE_GRAD",
    ]
    timeline = pv.simulate(pv.Plan.parse(rows), pv.Costs(forward=[3, 1]))
    starts = [
        {str(run.slot): run.start for run in row if run.slot.microbatch is None}
        for row in timeline.rows
    ]
    assert starts[0] == starts[1]
    assert starts[0]["1REDUCE_GRAD"] == 6


def test_devices_that_meet_in_another_order_are_stuck():
    rows = [
        "0F0 1F1 1B1 0B0 1REDUCE_GRAD 0REDUCE_GRAD",
        "0F1 1F0 1B0 0B1 0REDUCE_GRAD 1REDUCE_GRAD",
    ]
    with pytest.raises(pv.PlanError, match="the order deadlocks") as caught:
        pv.simulate(pv.Plan.parse(rows))
    assert caught.value.message == (
        "the order deadlocks: device 0 stands at 1REDUCE_GRAD and waits for 0REDUCE_GRAD"
        " on device 1; device 1 stands at 0REDUCE_GRAD and waits for 1REDUCE_GRAD on device 0"
    )


def test_a_load_starts_after_what_is_written_before_it():
    rows = ["0F0 0EVICT0 0F1 0B1 0LOAD0 0B0"]
    timeline = pv.simulate(pv.Plan.parse(rows), pv.Costs(swap=1))
    assert moves(timeline, "swaps") == {"0EVICT0": (0, 1, 2), "0LOAD0": (0, 4, 5)}
    assert timeline.rows[0][-1].start == 5


def test_a_recompute_waits_for_the_load_too():
    rows = ["0F0 0EVICT0 0F1 0B1 0LOAD0 0R0 0B0"]
    timeline = pv.simulate(pv.Plan.parse(rows), pv.Costs(swap=1))
    assert [run.start for run in timeline.rows[0]] == [0, 1, 2, 5, 6]


def beside(name="1f1b", optimizer="ready", **keys):
    plan = pv.plan(
        name,
        devices=2,
        microbatches=2,
        all_reduce="beside",
        optimizer=optimizer,
        **keys,
    )
    return pv.simulate(plan, pv.Costs(all_reduce=3))


def test_all_reduces_beside_the_work_occupy_nobody_but_the_optimizer_waits():
    timeline = beside()
    assert moves(timeline, "all-reduce") == {
        "1REDUCE_GRAD": (1, 7, 10),
        "0REDUCE_GRAD": (0, 9, 12),
    }
    assert [row[-1].start for row in timeline.rows] == [12, 10]
    assert all(
        op.kind != pv.Kind.ALL_REDUCE
        for row in timeline.rows
        for run in row
        for op in run.slot.ops
    )


def test_aligned_steps_wait_for_the_last_all_reduce_beside_the_work():
    assert [row[-1].start for row in beside(optimizer="aligned").rows] == [12, 12]


def test_all_reduces_beside_the_work_go_one_after_the_other():
    timeline = beside("looped-bfs", chunks=2)
    for lane in timeline.lanes:
        first, second = lane.runs
        assert second.start >= first.end
        assert timeline.rows[lane.device][-1].start == second.end


def test_every_iteration_waits_for_its_own_all_reduces():
    timeline = beside(iterations=2)
    steps = [run for run in timeline.rows[0] if run.slot.ops[0].kind == pv.Kind.OPTIMIZER]
    (lane,) = (lane for lane in timeline.lanes if lane.device == 0)
    assert [run.start for run in steps] == [run.end for run in lane.runs]


def test_stages_on_several_devices_are_not_reduced_beside_the_work():
    spec = Spec(schedule="chimera", devices=2, microbatches=2, all_reduce="beside")
    with pytest.raises(pv.PlanError, match="several devices hold each stage of chimera"):
        pv.simulate(spec)
