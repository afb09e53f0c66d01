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
