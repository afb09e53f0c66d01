"""Laws that hold for every schedule and size."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.ops import BESIDE, PASSES, PER_ITERATION
from sphinx_pipeviz.schedules import SCHEDULES, depends_on_costs

F, B = pv.Kind.FORWARD, pv.Kind.BACKWARD
I, W = pv.Kind.BACKWARD_INPUT, pv.Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
R, OPT, AR = pv.Kind.RECOMPUTE, pv.Kind.OPTIMIZER, pv.Kind.ALL_REDUCE
WORK = (F, B, I, W, R)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)  # exact in binary


@st.composite
def plans(draw):
    name = draw(st.sampled_from(list(SCHEDULES)))
    keys = {"devices": draw(st.integers(1, 6)), "microbatches": draw(st.integers(1, 13))}
    options = SCHEDULES[name].options
    if "waves" in options:
        keys["waves"] = draw(st.integers(1, 2))
    elif "chunks" in options:
        keys["chunks"] = draw(st.integers(1, 3))
    if "group" in options:
        keys["microbatch_group_size"] = draw(st.none() | st.integers(1, 13))
    if "backward" in options:
        keys["backward"] = draw(st.sampled_from([None, "same", "reversed"]))
    if "variant" in options:
        keys["variant"] = draw(st.sampled_from([None, "torch", "sail-sg"]))
    if "sequence_chunks" in options:
        keys["sequence_chunks"] = draw(st.none() | st.integers(1, 4))
    if "order" in options:
        keys["order"] = draw(st.sampled_from([None, "strict", "greedy"]))
    keys["recompute"] = draw(st.sampled_from([None, True, "early"]))
    keys["all_reduce"] = draw(st.sampled_from([None, None, "stage", "end"]))
    keys["optimizer"] = draw(st.sampled_from([None, None, "ready"]))
    keys["iterations"] = draw(st.none() | st.integers(1, 2))
    if depends_on_costs(name, keys.get("order")):
        keys["costs"] = {key: draw(QUARTERS) for key in ("forward", "backward", "p2p")}
    try:
        return pv.plan(name, **keys)
    except pv.PlanError:  # numbers that every schedule takes
        keys.pop("microbatch_group_size", None)
        keys["devices"] += keys["devices"] % 2
        keys["microbatches"] = keys["devices"] * draw(st.sampled_from([2, 3]))
        return pv.plan(name, **keys)


@st.composite
def priced_plans(draw):
    plan = draw(plans())
    stages = plan.stages
    cost = QUARTERS | st.lists(QUARTERS, min_size=stages, max_size=stages)
    cost |= st.dictionaries(st.integers(0, stages - 1), QUARTERS)
    return plan, pv.Costs(
        forward=draw(cost),
        backward=draw(cost),
        backward_input=draw(st.none() | cost),
        backward_weight=draw(st.none() | cost),
        recompute=draw(st.none() | cost),
        optimizer=draw(cost),
        all_reduce=draw(cost),
        p2p=draw(QUARTERS),
        overlap=draw(st.sampled_from(["sum", "max"])),
    )


def working(row):
    """The slots of a row that occupy its device."""
    return tuple(slot for slot in row if not (type(slot) is pv.Op and slot.kind in BESIDE))


def ends_of(timeline):
    return {
        op: (run.end, device)
        for device, row in enumerate(timeline.rows)
        for run in row
        for op in run.slot.ops
    }


def meetings(timeline):
    """When each device of an all-reduce is there: all-reduce -> times."""
    met = {}
    for row in timeline.rows:
        for before, run in pairwise(row):
            if run.slot.ops[0].kind == AR:
                met.setdefault(run.slot, []).append(before.end)
    return met


def inputs_of(slot, ops, plan):
    """The ops that a slot needs; ``ops`` are all that there are."""
    for stage, kind, microbatch, _ in slot.ops:
        if kind in PER_ITERATION:
            continue
        if kind == W:
            yield pv.Op(stage, I, microbatch)
        elif kind == R and not plan.traits.recompute_waits:
            yield pv.Op(stage, F, microbatch)
        elif kind == F:
            if stage:
                yield pv.Op(stage - 1, F, microbatch)
        else:
            yield pv.Op(stage, F, microbatch)
            later = (pv.Op(stage + 1, kind, microbatch) for kind in (B, I))
            found = [op for op in later if op in ops]
            assert len(found) == (stage + 1 < plan.stages)
            yield from found


def replica_of(plan, microbatch):
    """The placement on which all ops of a microbatch lie."""
    homes = {
        op.stage: device
        for device, row in enumerate(plan.orders)
        for slot in row
        for op in slot.ops
        if op.microbatch == microbatch and op.kind in PASSES
    }
    found = [each for each in plan.placement if each == tuple(homes[s] for s in sorted(homes))]
    assert found
    return found[0]


@given(plans())
def test_every_op_runs_once_on_its_device(plan):
    found = Counter(
        (device, op)
        for device, row in enumerate(plan.orders)
        for slot in working(row)
        for op in slot.ops
    )
    assert set(found.values()) == {1}
    again = {R} if any(op.kind == R for _, op in found) else set()
    allowed = ({F},) if plan.name == "forward-only" else ({F, B} | again, {F, I, W} | again)
    for microbatch in range(plan.microbatches):
        for stage, device in enumerate(replica_of(plan, microbatch)):
            kinds = {k for k in WORK if (device, pv.Op(stage, k, microbatch)) in found}
            assert kinds in allowed
            for kind in kinds:
                del found[device, pv.Op(stage, kind, microbatch)]
    assert {op.kind for _, op in found} <= PER_ITERATION


@given(plans())
def test_a_plan_can_be_written_down_and_read_again(plan):
    rows = [[str(slot) for slot in row] for row in plan.orders]
    used = dict.fromkeys(replica_of(plan, number) for number in range(plan.microbatches))
    for orders in (rows, [" ".join(row) for row in rows], [", ".join(row) for row in rows]):
        read = pv.Plan.parse(orders, plan.microbatches)
        assert read.orders == plan.orders
        assert set(read.placement) == set(used)
        assert pv.Plan.parse(orders, plan.microbatches, plan.placement).orders == plan.orders


@given(priced_plans())
def test_every_op_waits_for_its_inputs_and_their_transfer(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    ends = ends_of(timeline)
    for device, row in enumerate(timeline.rows):
        for run in row:
            for op in inputs_of(run.slot, ends, plan):
                end, other = ends[op]
                assert run.start >= end + costs.p2p * (other != device)


@given(priced_plans())
def test_no_slot_starts_later_than_it_must(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    ends = ends_of(timeline)
    met = meetings(timeline)
    for device, row in enumerate(timeline.rows):
        free = 0.0
        for run in row:
            ready = [
                ends[op][0] + costs.p2p * (ends[op][1] != device)
                for op in inputs_of(run.slot, ends, plan)
            ]
            assert run.start == max([free, *ready, *met.get(run.slot, ())])
            free = run.end


@given(priced_plans())
def test_a_device_runs_its_order_one_slot_at_a_time(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    ran = tuple(tuple(run.slot for run in row) for row in timeline.rows)
    assert ran == tuple(map(working, plan.orders))
    for row in timeline.rows:
        for before, after in pairwise(row):
            assert before.end <= after.start


@given(priced_plans())
def test_a_slot_takes_what_its_ops_cost(priced):
    plan, costs = priced
    price = {kind: costs.of(kind, plan.stages) for kind in (*WORK, AR, OPT)}
    for row in pv.simulate(plan, costs).rows:
        held = {op.stage for run in row for op in run.slot.ops if op.kind == F}
        step = sum(price[OPT][stage] for stage in held)
        for run in row:
            parts = [price[op.kind][op.stage] for op in run.slot.ops]
            if run.slot.ops[0].kind == OPT:
                parts = [costs.optimizer if isinstance(costs.optimizer, float) else step]
            assert run.end - run.start == (max if costs.overlap == "max" else sum)(parts)


@given(priced_plans())
def test_the_makespan_is_at_least_any_devices_work_and_any_microbatchs_way(priced):
    plan, costs = priced
    timeline = pv.simulate(plan, costs)
    metrics = pv.measure(timeline)
    price = {kind: costs.of(kind, plan.stages) for kind in (F, B, I)}
    ops = ends_of(timeline)
    for microbatch in range(plan.microbatches):
        way = [op for op in ops if op.microbatch == microbatch and op.kind in price]
        hops = sum(one != two for one, two in pairwise(replica_of(plan, microbatch)))
        hops *= 1 if plan.name == "forward-only" else 2
        length = sum(price[op.kind][op.stage] for op in way) + hops * costs.p2p
        assert metrics.makespan >= length
    for row, idle in zip(timeline.rows, metrics.idle, strict=True):
        assert idle == metrics.makespan - sum(run.duration for run in row) >= 0
    assert 0 <= metrics.bubble_ratio <= 1
    assert 0 <= metrics.span_bubble_ratio <= 1


@given(plans(), QUARTERS, QUARTERS, QUARTERS, st.sampled_from([0.25, 0.5, 2, 8]))
def test_scaling_all_costs_scales_all_times(plan, forward, backward, p2p, factor):
    def timed(by):
        costs = pv.Costs(
            forward=forward * by,
            backward=backward * by,
            optimizer=by,
            all_reduce=by,
            p2p=p2p * by,
        )
        return pv.simulate(plan, costs)

    for row, scaled in zip(timed(1).rows, timed(factor).rows, strict=True):
        assert [run.start * factor for run in row] == [run.start for run in scaled]
        assert [run.duration * factor for run in row] == [run.duration for run in scaled]


@given(plans(), st.data())
def test_any_order_of_a_row_runs_or_is_refused(plan, data):
    rows = [[str(slot) for slot in working(row)] for row in plan.orders]
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
            for op in inputs_of(run.slot, ends, shuffled):
                assert ends[op][0] <= run.start


@given(plans(), st.data())
def test_an_order_that_lacks_or_repeats_a_forward_is_refused(plan, data):
    rows = [[str(slot) for slot in row] for row in plan.orders]
    device = data.draw(st.integers(0, plan.devices - 1))
    forwards = [
        index
        for index, slot in enumerate(plan.orders[device])
        if any(op.kind == F for op in slot.ops)
    ]
    index = data.draw(st.sampled_from(forwards))
    repeated = [list(row) for row in rows]
    repeated[device].append(rows[device][index])
    with pytest.raises(pv.PlanError, match="runs twice"):
        pv.Plan.parse(repeated, plan.microbatches)
    del rows[device][index]
    with pytest.raises(pv.PlanError, match=r"missing|has no ops"):
        pv.Plan.parse(rows, plan.microbatches, plan.placement)
