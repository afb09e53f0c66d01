import pytest

import sphinx_pipeviz as pv


def starts(rows, **costs):
    timeline = pv.simulate(pv.Plan.parse(rows), pv.Costs(**costs))
    return [[run.start for run in row] for row in timeline.rows]


def test_a_transfer_between_devices_takes_time_and_one_within_does_not():
    assert starts(["0F0 0B0", "1F0 1B0"], p2p=0.5) == [[0, 5], [1.5, 2.5]]
    assert starts(["0F0 1F0 1B0 0B0"], p2p=0.5) == [[0, 1, 2, 4]]


def test_a_transfer_occupies_nobody():
    assert starts(["0F0 0F1", "1F0 1F1"], p2p=5) == [[0, 1], [6, 7]]


def test_the_halves_of_a_backward_run_on_their_own():
    rows = ["0F0 0I0 0W0", "1F0 1I0 1W0"]
    assert starts(rows) == [[0, 3, 4], [1, 2, 3]]
    assert starts(rows, backward_input=2, backward_weight=4) == [[0, 4, 6], [1, 2, 4]]


def test_a_backward_may_follow_the_half_of_the_next_stage():
    assert starts(["0F0 0B0", "1F0 1I0 1W0"]) == [[0, 3], [1, 2, 3]]


@pytest.mark.parametrize(("overlap", "makespan"), [("sum", 6), ("max", 5), ("sequential", 6)])
def test_a_pair_takes_the_sum_or_the_longer_of_its_halves(overlap, makespan):
    plan = pv.Plan.parse(["0F0 (0F1;0B0)OVERLAP_F_B 0B1"])
    timeline = pv.simulate(plan, pv.Costs(overlap=overlap))
    assert timeline.makespan == makespan
    assert len(timeline.rows[0]) == (4 if overlap == "sequential" else 3)


def test_a_pair_waits_for_the_inputs_of_both_halves():
    rows = ["0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"]
    assert starts(rows, forward=[1, 1], p2p=3)[1][:2] == [4, 5]
    assert starts(["0F0 0F1 0B0 0B1", rows[1]], forward=[4, 1])[1][:2] == [4, 8]


def test_an_unknown_overlap_is_refused():
    with pytest.raises(pv.SpecError, match=r"costs.overlap cannot be 'none' \(choose sum or"):
        starts(["0F0"], overlap="none")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["0B0 0F0"],
            "device 0 stands at 0B0 and waits for 0F0 later in its own row",
        ),
        (
            ["(0F0;0B0)OVERLAP_F_B"],
            ("device 0 stands at (0F0;0B0)OVERLAP_F_B and waits for 0F0 in the same slot"),
        ),
        (
            ["0F0 0B0 0F1 0B1", "1F0 1F1 1B0 1B1"],
            (
                "device 0 stands at 0B0 and waits for 1B0 on device 1;"
                " device 1 stands at 1F1 and waits for 0F1 on device 0"
            ),
        ),
        (  # device 0 waits too, but only for the circle of 1 and 2
            ["0F0 0F1 0B0 0B1", "1F0 1B0 1F1 1B1", "2F0 2F1 2B0 2B1"],
            (
                "device 1 stands at 1B0 and waits for 2B0 on device 2;"
                " device 2 stands at 2F1 and waits for 1F1 on device 1"
            ),
        ),
    ],
)
def test_a_deadlock_names_the_circle(rows, message):
    with pytest.raises(pv.PlanError) as caught:
        pv.simulate(pv.Plan.parse(rows))
    assert caught.value.message == f"the order deadlocks: {message}"


def test_an_op_that_nobody_runs_is_named():
    forward = pv.Op(1, pv.Kind.FORWARD, 0)
    plan = pv.Plan(((), (forward,)), 1, ((0, 1),))
    with pytest.raises(pv.PlanError, match="stands at 1F0 and waits for 0F0 which no device"):
        pv.simulate(plan)


def test_a_device_without_work_stays_idle():
    timeline = pv.simulate(pv.Plan.parse(["0F0 0B0", ""]))
    assert timeline.rows[1] == ()
    assert timeline.stages == 1


def test_many_ops_are_simulated_without_recursion():
    timeline = pv.simulate(pv.plan("1f1b", devices=3000, microbatches=3))
    assert timeline.makespan == 3 * 3002


def test_an_aligned_step_starts_when_the_last_device_is_there():
    keys = {"devices": 3, "microbatches": 4}
    aligned = pv.simulate(pv.plan("1f1b", optimizer="aligned", **keys))
    assert [row[-1].start for row in aligned.rows] == [18, 18, 18]
    ready = pv.simulate(pv.plan("1f1b", optimizer="ready", **keys))
    assert [row[-1].start for row in ready.rows] == [18, 16, 14]


def test_a_step_takes_one_time_a_device_or_the_sum_of_its_stages():
    plan = pv.plan("vpp", devices=2, chunks=2, microbatches=2, optimizer="ready")
    lengths = [row[-1].duration for row in pv.simulate(plan, pv.Costs(optimizer=5)).rows]
    assert lengths == [5, 5]
    timeline = pv.simulate(plan, pv.Costs(optimizer=[1, 2, 3, 4]))
    assert [row[-1].duration for row in timeline.rows] == [4, 6]


def test_devices_that_hold_one_stage_reduce_its_gradients_together():
    plan = pv.plan("chimera", devices=2, microbatches=4, all_reduce="stage")
    timeline = pv.simulate(plan)
    starts = {}
    for row in timeline.rows:
        for run in row:
            if run.slot.ops[0].kind is pv.Kind.ALL_REDUCE:
                starts.setdefault(run.slot, set()).add(run.start)
    assert len(starts) == 2
    assert all(len(times) == 1 for times in starts.values())


def test_steps_that_wait_for_each_other_in_a_circle_deadlock():
    rows = ["0F0 0REDUCE_GRAD 1F1 1REDUCE_GRAD", "1F0 1REDUCE_GRAD 0F1 0REDUCE_GRAD"]
    with pytest.raises(pv.PlanError, match="deadlocks: device 0 stands at 0REDUCE_GRAD"):
        pv.simulate(pv.Plan.parse(rows, placement=[[0, 1], [1, 0]]))
