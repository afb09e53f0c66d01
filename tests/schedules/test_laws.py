"""Laws that hold for every schedule and size."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.schedules import SCHEDULES

F, B = pv.Kind.FORWARD, pv.Kind.BACKWARD
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)  # exact in binary


@st.composite
def plans(draw):
    name = draw(st.sampled_from(list(SCHEDULES)))
    keys = {"devices": draw(st.integers(1, 6)), "microbatches": draw(st.integers(1, 13))}
    options = SCHEDULES[name].options
    if "chunks" in options:
        keys["chunks"] = draw(st.integers(1, 3))
    if "group" in options:
        keys["microbatch_group_size"] = draw(st.none() | st.integers(1, 13))
    if "backward" in options:
        keys["backward"] = draw(st.sampled_from([None, "same", "reversed"]))
    try:
        return pv.plan(name, **keys)
    except pv.PlanError:
        assume(keys.get("chunks") is not None)  # only interleaving may refuse
        return pv.plan("1f1b", devices=keys["devices"], microbatches=keys["microbatches"])


@st.composite
def priced_plans(draw):
    plan = draw(plans())
    stages = plan.stages
    cost = QUARTERS | st.lists(QUARTERS, min_size=stages, max_size=stages)
    cost |= st.dictionaries(st.integers(0, stages - 1), QUARTERS)
    return plan, pv.Costs(forward=draw(cost), backward=draw(cost), p2p=draw(QUARTERS))


def ends_of(timeline):
    return {
        op: (run.end, device)
        for device, row in enumerate(timeline.rows)
        for run in row
        for op in run.slot.ops
    }


def inputs_of(op, stages):
    if op.kind == F:
        return [pv.Op(op.stage - 1, F, op.microbatch)] if op.stage else []
    later = [pv.Op(op.stage + 1, B, op.microbatch)] if op.stage + 1 < stages else []
    return [pv.Op(op.stage, F, op.microbatch), *later]


@given(plans())
def test_every_op_runs_once_on_its_device(plan):
    found = Counter(
        (device, op) for device, row in enumerate(plan.orders) for s in row for op in s.ops
    )
    kinds = (F,) if plan.name == "forward-only" else (F, B)
    assert found == Counter(
        (stage % plan.devices, pv.Op(stage, kind, microbatch))
        for stage in range(plan.stages)
        for microbatch in range(plan.microbatches)
        for kind in kinds
    )


@given(plans())
def test_a_plan_can_be_written_down_and_read_again(plan):
    rows = [[str(slot) for slot in row] for row in plan.orders]
    for orders in (rows, [" ".join(row) for row in rows], [", ".join(row) for row in rows]):
        read = pv.Plan.parse(orders, plan.microbatches)
        assert read.orders == plan.orders
        assert read.placement == plan.placement


@given(priced_plans())
def test_every_op_waits_for_its_inputs_and_their_transfer(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    ends = ends_of(timeline)
    for device, row in enumerate(timeline.rows):
        for run in row:
            for op in inputs_of(run.slot, plan.stages):
                end, other = ends[op]
                assert run.start >= end + costs.p2p * (other != device)


@given(priced_plans())
def test_no_slot_starts_later_than_it_must(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    ends = ends_of(timeline)
    for device, row in enumerate(timeline.rows):
        free = 0.0
        for run in row:
            ready = [
                ends[op][0] + costs.p2p * (ends[op][1] != device)
                for op in inputs_of(run.slot, plan.stages)
            ]
            assert run.start == max([free, *ready])
            free = run.end


@given(priced_plans())
def test_a_device_runs_its_order_one_slot_at_a_time(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    assert tuple(tuple(run.slot for run in row) for row in timeline.rows) == plan.orders
    for row in timeline.rows:
        for before, after in pairwise(row):
            assert before.end <= after.start


@given(priced_plans())
def test_the_makespan_is_at_least_any_devices_work_and_any_microbatchs_way(priced):
    plan, costs = priced
    metrics = pv.measure(pv.simulate(plan, costs))
    kinds = (F,) if plan.name == "forward-only" else (F, B)
    per_stage = [costs.of(kind, plan.stages) for kind in kinds]
    hops = len(kinds) * (plan.stages - 1) * (plan.devices > 1)
    assert metrics.makespan >= sum(map(sum, per_stage)) + hops * costs.p2p
    for device, idle in enumerate(metrics.idle):
        work = plan.microbatches * sum(sum(each[device :: plan.devices]) for each in per_stage)
        assert idle == metrics.makespan - work >= 0
    assert 0 <= metrics.bubble_ratio <= 1
    assert 0 <= metrics.span_bubble_ratio <= 1


@given(plans(), QUARTERS, QUARTERS, QUARTERS, st.sampled_from([0.25, 0.5, 2, 8]))
def test_scaling_all_costs_scales_all_times(plan, forward, backward, p2p, factor):
    def timed(by):
        costs = pv.Costs(forward=forward * by, backward=backward * by, p2p=p2p * by)
        return pv.simulate(plan, costs)

    for row, scaled in zip(timed(1).rows, timed(factor).rows, strict=True):
        assert [run.start * factor for run in row] == [run.start for run in scaled]
        assert [run.duration * factor for run in row] == [run.duration for run in scaled]


@given(plans(), st.data())
def test_any_order_of_a_row_runs_or_is_refused(plan, data):
    rows = [[str(slot) for slot in row] for row in plan.orders]
    device = data.draw(st.integers(0, plan.devices - 1))
    rows[device] = data.draw(st.permutations(rows[device]))
    shuffled = pv.Plan.parse(rows, plan.microbatches)
    try:
        timeline = pv.simulate(shuffled)
    except pv.PlanError as refused:
        timeline, message = None, refused.message
    if timeline is None:
        assert message.startswith("the order deadlocks: device ")
        assert "waits for" in message
        return
    ends = ends_of(timeline)
    for row in timeline.rows:
        for run in row:
            for op in inputs_of(run.slot, plan.stages):
                assert ends[op][0] <= run.start


@given(plans(), st.data())
def test_an_order_that_lacks_or_repeats_a_forward_is_refused(plan, data):
    rows = [[str(slot) for slot in row] for row in plan.orders]
    device = data.draw(st.integers(0, plan.devices - 1))
    forwards = [i for i, op in enumerate(plan.orders[device]) if op.kind == F]
    index = data.draw(st.sampled_from(forwards))
    repeated = [list(row) for row in rows]
    repeated[device].append(rows[device][index])
    with pytest.raises(pv.PlanError, match="runs twice"):
        pv.Plan.parse(repeated, plan.microbatches)
    del rows[device][index]
    with pytest.raises(pv.PlanError, match=r"missing|has no ops"):
        pv.Plan.parse(rows, plan.microbatches, plan.placement)
