"""Recompute, all-reduce, optimizer steps and iterations, on every schedule."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.ops import BESIDE, FINISHING, PER_ITERATION
from sphinx_pipeviz.schedules import SCHEDULES

F, B, R = pv.Kind.FORWARD, pv.Kind.BACKWARD, pv.Kind.RECOMPUTE
I, W = pv.Kind.BACKWARD_INPUT, pv.Kind.BACKWARD_WEIGHT  # noqa: E741  (PyTorch's letter)
OPT, AR = pv.Kind.OPTIMIZER, pv.Kind.ALL_REDUCE
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)
FLUSHED = [name for name, row in SCHEDULES.items() if not row.endless]
TRAINING = [name for name in FLUSHED if name != "forward-only"]
WITH_BACKWARDS = [name for name in SCHEDULES if name != "forward-only"]
REPLICATED = ["chimera", "gems", "dualpipe"]


@st.composite
def sizes(draw, name):
    p = draw(st.integers(1, 6))
    p += p % 2 if name in ("chimera", "dualpipe") else 0
    multiple = p if name in ("chimera", "interleaved-zero-bubble") else 1
    multiple = p if name.startswith("interleaved") else multiple
    m = draw(st.integers(1, 12)) * multiple
    if name in ("dualpipe", "dualpipev", "pipedream-2bw"):
        m = 2 * p + 2 * draw(st.integers(0, 4))
    return {"devices": p, "microbatches": m}


@st.composite
def plans(draw, names=tuple(SCHEDULES), **more):
    """A schedule without, and with what is added to it."""
    name = draw(st.sampled_from(names))
    keys = draw(sizes(name))
    extra = {key: draw(st.sampled_from(values)) for key, values in more.items()}
    return pv.plan(name, **keys), pv.plan(name, **keys, **extra)


@st.composite
def timed(draw, plan):
    stages = plan.stages
    cost = QUARTERS | st.lists(QUARTERS, min_size=stages, max_size=stages)
    keys = ("forward", "backward", "recompute", "optimizer", "all_reduce")
    costs = pv.Costs(**{key: draw(cost) for key in keys}, p2p=draw(QUARTERS))
    return pv.simulate(plan, costs), costs


def without(row, *kinds):
    return tuple(s for s in row if not (isinstance(s, pv.Op) and s.kind in kinds))


def ops_of(plan):
    return [op for row in plan.orders for slot in row for op in slot.ops]


def finished(timeline):
    """When each stage's gradients are complete: stage, iteration -> time."""
    ends = {}
    each = len({op.microbatch for op in passes(timeline)}) // timeline.traits.iterations
    for row in timeline.rows:
        for run in row:
            for op in run.slot.ops:
                if op.kind in FINISHING:
                    key = (op.stage, op.microbatch // each)
                    ends[key] = max(ends.get(key, 0), run.end)
    return ends


def passes(timeline):
    ops = (op for row in timeline.rows for run in row for op in run.slot.ops)
    return [op for op in ops if op.kind in (F, B, I, W)]


# Recompute


@given(plans(WITH_BACKWARDS, recompute=[True]))
def test_a_recompute_stands_right_before_its_backward(pair):
    plain, plan = pair
    backwards = [op for op in ops_of(plain) if op.kind in (B, I)]
    assert sorted(op for op in ops_of(plan) if op.kind == R) == sorted(
        op._replace(kind=R) for op in backwards
    )
    for row, old in zip(plan.orders, plain.orders, strict=True):
        assert without(row, R) == old
        for slot, then in pairwise(row):
            if isinstance(slot, pv.Op) and slot.kind == R:
                assert {slot._replace(kind=B), slot._replace(kind=I)} & {*then.ops}


@given(plans(WITH_BACKWARDS, recompute=[True]), st.data())
def test_a_recompute_takes_the_time_of_a_forward_unless_its_cost_is_given(pair, data):
    timeline, costs = data.draw(timed(pair[1]))
    price = costs.of(R, pair[1].stages)
    for row in timeline.rows:
        for run in row:
            if isinstance(run.slot, pv.Op) and run.slot.kind == R:
                assert run.duration == price[run.slot.stage]
    assert pv.Costs(forward=3).of(R, 1) == [3]


@pytest.mark.parametrize("when", ["true", "early"])
def test_only_the_stages_that_are_named_recompute(when):
    text = "{schedule: interleaved-1f1b, devices: 2, microbatches: 4, recompute: "
    text += f"{when}, recompute-stages: [0, 3]}}"
    timeline = pv.simulate(pv.read(text))
    runs = [op for row in timeline.rows for run in row for op in run.slot.ops]
    assert sorted((op.stage, op.microbatch) for op in runs if op.kind is R) == [
        (stage, microbatch) for stage in (0, 3) for microbatch in range(4)
    ]


@given(plans(WITH_BACKWARDS, recompute=[True]), st.data())
def test_a_recompute_runs_without_a_gap_before_its_backward(pair, data):
    timeline, _ = data.draw(timed(pair[1]))
    for row in timeline.rows:
        for run, then in pairwise(row):
            if run.slot.ops[0].kind == R and len(then.slot.ops) == 1:
                assert then.start == run.end


def test_an_early_recompute_does_not_wait_for_the_gradient():
    keys = {"schedule": "1f1b", "devices": 2, "microbatches": 2}
    starts = {}
    for when in ("true", "early"):
        text = f"{keys}".replace("'", "")
        timeline = pv.simulate(pv.read(text[:-1] + f", recompute: {when}}}"))
        starts[when] = [run.start for run in timeline.rows[0] if run.slot.ops[0].kind == R]
    assert starts == {"true": [5, 9], "early": [2, 7]}


# All-reduce


@given(plans(TRAINING, all_reduce=["stage", "end"]), st.data())
def test_an_all_reduce_follows_the_last_backward_of_its_stage_everywhere(pair, data):
    plain, plan = pair
    for row, old in zip(plan.orders, plain.orders, strict=True):
        assert without(row, AR) == old
        held = {op.stage for slot in old for op in slot.ops if op.kind in FINISHING}
        reduced = [slot.stage for slot in row if isinstance(slot, pv.Op) and slot.kind == AR]
        assert sorted(reduced) == sorted(held)
    timeline, _ = data.draw(timed(plan))
    ends = finished(timeline)
    starts = {}
    for row in timeline.rows:
        for run in row:
            if isinstance(run.slot, pv.Op) and run.slot.kind == AR:
                assert run.start >= ends[run.slot.stage, 0]
                starts.setdefault(run.slot.stage, set()).add(run.start)
    assert all(len(times) == 1 for times in starts.values())


@given(plans([n for n in TRAINING if n not in REPLICATED], all_reduce=["stage"]))
def test_a_stage_on_one_device_is_reduced_right_after_its_last_backward(pair):
    for row in pair[1].orders:
        for slot, then in pairwise(row):
            if isinstance(then, pv.Op) and then.kind == AR:
                before = {op.stage for op in slot.ops if op.kind in (*FINISHING, AR)}
                assert then.stage in before or slot.kind == AR


@given(plans(TRAINING, all_reduce=["end"]))
def test_at_the_end_means_after_all_other_work(pair):
    for row in pair[1].orders:
        kinds = [AR in {op.kind for op in slot.ops} for slot in row]
        assert kinds == sorted(kinds)


def test_chimera_reduces_the_stages_that_are_ready_first():
    plan = pv.plan("chimera", devices=4, microbatches=4, all_reduce="stage")
    assert " ".join(map(str, plan.orders[0])).endswith("3B3 3REDUCE_GRAD 0B0 0B1 0REDUCE_GRAD")


# Optimizer steps


@given(plans(TRAINING, optimizer=["aligned"], iterations=[None, 2, 3]), st.data())
def test_aligned_steps_start_together_when_all_work_of_their_iteration_is_done(pair, data):
    _, plan = pair
    timeline, _ = data.draw(timed(plan))
    each = plan.microbatches // plan.traits.iterations
    steps, works = {}, {}
    for row in timeline.rows:
        for run in row:
            for op in run.slot.ops:
                if op.kind == OPT:
                    steps.setdefault(op.microbatch or 0, []).append(run.start)
                else:
                    works.setdefault(op.microbatch // each, []).append(run.end)
    assert sorted(steps) == list(range(plan.traits.iterations))
    for number, starts in steps.items():
        assert len(starts) == sum(map(bool, plan.orders))
        assert set(starts) == {max(works[number])}


@given(plans(TRAINING, optimizer=["ready"], iterations=[None, 3]), st.data())
def test_a_device_that_is_ready_steps_at_once(pair, data):
    timeline, costs = data.draw(timed(pair[1]))
    price = costs.of(OPT, pair[1].stages)
    for row in timeline.rows:
        held = {op.stage for run in row for op in run.slot.ops if op.kind == F}
        length = sum(price[stage] for stage in held)
        if isinstance(costs.optimizer, float):
            length = costs.optimizer
        for before, run in pairwise(row):
            if run.slot.ops[0].kind == OPT:
                assert run.start == before.end
                assert run.duration == length


def test_a_list_of_step_costs_is_summed_over_the_stages_of_a_device():
    plan = pv.plan("vpp", devices=2, chunks=2, microbatches=2, optimizer="ready")
    timeline = pv.simulate(plan, pv.Costs(optimizer=[1, 2, 4, 8]))
    assert [row[-1].duration for row in timeline.rows] == [5, 10]
    same = pv.simulate(plan, pv.Costs(optimizer=3))
    assert [row[-1].duration for row in same.rows] == [3, 3]


# Iterations


@given(
    plans(
        TRAINING,
        iterations=[2, 3],
        optimizer=[None, "aligned", "ready"],
        recompute=[None, True],
    )
)
def test_iterations_count_on_with_their_steps_between_them(pair):
    plain, plan = pair
    count = plan.traits.iterations
    assert count in (2, 3)
    assert plan.microbatches == count * plain.microbatches
    for row, old in zip(plan.orders, plain.orders, strict=True):
        size = len(row) // count
        for number in range(count):
            part = row[number * size : (number + 1) * size]
            shift = number * plain.microbatches
            ops = [op for slot in without(part, R, OPT) for op in slot.ops]
            assert [op._replace(microbatch=op.microbatch - shift) for op in ops] == [
                op for slot in old for op in slot.ops
            ]
            steps = [slot for slot in part if slot.ops[0].kind == OPT]
            assert [step.microbatch for step in steps] in ([], [number])
            assert not steps or part[-1] == steps[0]


@given(plans(TRAINING, iterations=[2, 3], optimizer=["aligned"]))
def test_aligned_iterations_take_the_time_of_one_each(pair):
    plain, plan = pair
    costs = pv.Costs(optimizer=0.5)
    each = pv.simulate(plain, costs).makespan + 0.5
    assert pv.simulate(plan, costs).makespan == each * plan.traits.iterations


def test_many_iterations_count_as_many_ops():
    keys = {"devices": 2, "microbatches": 2}
    with pytest.raises(pv.SpecError) as caught:
        pv.plan("gpipe", **keys, iterations=10, max_ops=79)
    assert caught.value.message == (
        "10 iterations of this schedule have 80 ops; the limit is 79"
    )
    assert caught.value.path == ("iterations",)
    assert pv.plan("gpipe", **keys, iterations=10, max_ops=80).microbatches == 20
    with pytest.raises(pv.SpecError, match="this schedule has 80 ops; the limit is 79"):
        pv.plan("pipedream", **keys, iterations=10, max_ops=79)


@pytest.mark.parametrize("key", ["recompute", "transfers"])
def test_what_is_added_counts_for_the_limit(key):
    keys = {"devices": 2, "microbatches": 2, key: True}
    assert pv.plan("gpipe", **keys, max_ops=16).microbatches == 2
    with pytest.raises(pv.SpecError, match=f"with '{key}' this schedule has .* --max-ops"):
        pv.plan("gpipe", **keys, max_ops=11)


# All together


@given(
    plans(
        WITH_BACKWARDS,
        recompute=[None, "early"],  # as written orders do
        all_reduce=[None, "stage", "end"],
        optimizer=[None, "ready"],
        iterations=[None, 1, 3],
    ),
    st.data(),
)
def test_everything_together_runs_and_can_be_written_and_read(pair, data):
    _, plan = pair
    timeline, costs = data.draw(timed(plan))
    rows = [" ".join(map(str, row)) for row in plan.orders]
    read = pv.Plan.parse(rows, plan.microbatches, plan.placement)
    assert read.orders == plan.orders
    assert pv.simulate(read, costs).rows == timeline.rows
    for row, runs in zip(plan.orders, timeline.rows, strict=True):
        assert without(row, *BESIDE) == tuple(run.slot for run in runs)
        for one, other in pairwise(runs):
            assert one.end <= other.start
    assert all(idle >= 0 for idle in pv.measure(timeline).idle)


@pytest.mark.parametrize("name", WITH_BACKWARDS)
@pytest.mark.parametrize("format", ["svg", "text"])
def test_everything_together_is_drawn(name, format):
    extra = {"recompute": True, "all_reduce": "stage", "optimizer": "ready", "iterations": 2}
    plan = pv.plan(name, devices=2, microbatches=4, **extra)
    assert pv.render(plan, format)
    if format == "text":
        words = " ".join(pv.render(plan, format).split())
        for word in ("R recompute", "A all-reduce", "O optimizer step"):
            assert word in words


# As authors write them


def test_steps_reduces_and_recomputes_may_be_written():
    rows = [
        "0F0 0R0 0B0 0REDUCE_GRAD 0OPT 0F1 0R1 0B1 0REDUCE_GRAD1 0OPT1",
        "1F0 1R0 1B0 1REDUCE_GRAD 1OPT 1F1 1R1 1B1 1REDUCE_GRAD1 1OPT1",
    ]
    plan = pv.Plan.parse(rows)
    assert [" ".join(map(str, row)) for row in plan.orders] == rows
    assert (plan.microbatches, plan.stages) == (2, 2)
    assert pv.measure(plan).peak_activations == (1, 1)
    starts = {str(run.slot): run.start for row in pv.simulate(plan).rows for run in row}
    assert (starts["0R0"], starts["1R0"], starts["1B0"], starts["0B0"]) == (1, 2, 3, 5)
    assert (starts["0REDUCE_GRAD"], starts["0OPT"], starts["0F1"]) == (7, 8, 9)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0F0 0B0 0OPT 0OPT", "0OPT runs twice, on device 0"),
        ("0F0 0R0 0R0 0B0", "0R0 runs twice, on device 0"),
        ("0F0 0B0 1OPT", "1OPT is out of range: stages are 0 to 0"),
        ("0F0 0R1 0B0", "0R1 is out of range: microbatches are 0 to 0"),
        ("0F0 0R 0B0", "'0R' is not an op"),
        ("0F0 0B0 0R0", "0R0 comes after 0B0, which needs what it makes"),
        ("0F0 0I0 0W0 0R0", "0R0 comes after 0I0, which needs what it makes"),
        ("0F0 0OPT 0B0", "0OPT comes before 0B0, whose gradients it needs"),
        ("0F0 0F1 0B0 0OPT 0B1", "0OPT comes before 0B1, whose gradients it needs"),
        ("0F0 0I0 0OPT 0W0", "0OPT comes before 0W0, whose gradients it needs"),
    ],
)
def test_written_extras_are_checked(row, message):
    with pytest.raises(pv.PlanError) as caught:
        pv.Plan.parse([row])
    assert caught.value.message == message


@pytest.mark.parametrize(
    "row",
    [
        "0F0 0I0 0R0 0W0",
        "0OPT 0F0 0B0",
        "0F0 0OPT0 0B0",
        "0F0 0F1 0B0 0OPT 0F2 0B1 0B2",
        "0F0 0F1 0B0 0OPT 0B1 0OPT1",
        "0F0 0B0 0OPT0 0F1 0B1 0OPT1",
    ],
)
def test_extras_that_may_make_sense_are_left(row):
    assert pv.Plan.parse([row])


@pytest.mark.parametrize("key", ["recompute", "all-reduce", "optimizer"])
@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("schedule: forward-only\ndevices: 2\nmicrobatches: 2", "forward-only"),
        ("order: [0F0]", "the order"),
    ],
)
def test_what_only_training_has_is_refused_without_backwards(key, source, name):
    value = {"recompute": "true", "all-reduce": "stage", "optimizer": "ready"}[key]
    with pytest.raises(pv.PlanError) as caught:
        pv.simulate(pv.read(f"{key}: {value}\n{source}\ncosts: {{}}"))
    assert caught.value.message == f"{name} has no backward, so {key} has no use"
    assert caught.value.path == (key,)
    assert caught.value.location.line == 1


@pytest.mark.parametrize(
    ("op", "key", "row"),
    [
        ("0R0", "recompute: true", "0F0 0R0 0B0"),
        ("0OPT", "optimizer: aligned", "0F0 0B0 0OPT"),
        ("0REDUCE_GRAD", "all-reduce: end", "0F0 0B0 0REDUCE_GRAD"),
    ],
)
def test_what_an_order_has_already_is_not_added(op, key, row):
    with pytest.raises(pv.PlanError) as caught:
        pv.simulate(pv.read(f"order: [{row}]\n{key}\ncosts: {{}}"))
    assert caught.value.message == f"the order already has {op}"
    assert caught.value.hint == f"leave out {key.split(':')[0]}"
    assert caught.value.location.line == 2


def test_steps_of_a_written_order_are_counted_on():
    plan = pv.read("order: [0F0 0B0 0OPT 0F1 0B1 0OPT1]\niterations: 2\ncosts: {}")
    row = [str(run.slot) for run in pv.simulate(plan).rows[0]]
    assert [op for op in row if "OPT" in op] == ["0OPT0", "0OPT1", "0OPT2", "0OPT3"]


def test_a_recompute_before_its_forward_is_a_deadlock():
    with pytest.raises(pv.PlanError, match="stands at 0R0 and waits for 0F0 later in its own"):
        pv.simulate(pv.Plan.parse(["0R0 0F0 0B0"]))


def test_a_step_waits_for_no_microbatch_of_its_number():
    plan = pv.Plan.parse(["0F0 0B0 0OPT1 0F1 0B1"])
    assert [run.start for run in pv.simulate(plan).rows[0]] == [0, 1, 3, 4, 5]


def test_what_is_per_iteration_says_so():
    assert {OPT, AR} <= PER_ITERATION
