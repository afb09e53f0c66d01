from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

F, B, OPT = pv.Kind.FORWARD, pv.Kind.BACKWARD, pv.Kind.OPTIMIZER
SIZE = st.integers(1, 8)
STEPS = st.integers(1, 4)
NAMES = st.sampled_from(["pipedream", "pipedream-2bw"])
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


@st.composite
def plans(draw):
    p = draw(SIZE)
    keys = {"devices": p, "microbatches": p + draw(st.integers(0, 8))}
    return pv.plan(draw(NAMES), **keys, iterations=draw(STEPS))


@given(NAMES, SIZE, st.integers(0, 8), STEPS, QUARTERS, QUARTERS)
def test_the_stream_runs_in_the_order_and_time_of_1f1b(name, p, more, steps, forward, backward):
    m = p + more
    plan = pv.plan(name, devices=p, microbatches=m, iterations=steps)
    assert plan.microbatches == m * steps
    assert plan.orders == pv.plan("1f1b", devices=p, microbatches=m * steps).orders
    metrics = pv.measure(pv.simulate(plan, pv.Costs(forward=forward, backward=backward)))
    assert metrics.makespan == (m * steps + p - 1) * (forward + backward)
    assert metrics.peak_activations == tuple(p - r for r in range(p))


@given(plans(), QUARTERS, QUARTERS)
def test_in_the_steady_state_nobody_waits(plan, forward, backward):
    timeline = pv.simulate(plan, pv.Costs(forward=forward, backward=backward))
    for row in timeline.rows:
        kinds = [run.slot.kind for run in row]
        steady = row[kinds.index(B) : len(kinds) - kinds[::-1].index(F)]
        assert all(one.end == other.start for one, other in pairwise(steady))


def versions_alive(plan):
    """The most versions of the weights that each device has at once."""
    most = []
    for row, used in zip(plan.orders, pv.weight_versions(plan), strict=True):
        under_way, done, alive = {}, 0, 0
        for op, version in zip(row, used, strict=True):
            if op.kind == F:
                under_way[op.microbatch] = version
            alive = max(alive, len({*under_way.values(), done // plan.traits.update_every}))
            if op.kind == B:
                assert under_way.pop(op.microbatch) == version
                done += 1
        most.append(alive)
    return most


@given(SIZE, st.integers(0, 8), st.integers(2, 4))
def test_pipedream_keeps_a_version_for_each_microbatch_under_way(p, more, steps):
    plan = pv.plan("pipedream", devices=p, microbatches=p + more, iterations=steps)
    assert versions_alive(plan) == [p - r for r in range(p)]


@given(SIZE, st.integers(0, 8), STEPS)
def test_two_versions_are_enough_for_2bw(p, more, steps):
    plan = pv.plan("2bw", devices=p, microbatches=p + more, iterations=steps)
    assert plan.traits.update_every == p + more
    assert max(versions_alive(plan)) <= 2


@given(plans())
def test_a_forward_uses_what_its_device_has_when_it_starts(plan):
    timeline = pv.simulate(plan)
    for row, used in zip(timeline.rows, pv.weight_versions(plan), strict=True):
        ends = [run.end for run in row if run.slot.kind == B]
        for run, version in zip(row, used, strict=True):
            if run.slot.kind == F:
                done = sum(end <= run.start for end in ends)
                assert version == done // plan.traits.update_every


def test_the_versions_of_pipedream_are_those_of_its_paper():
    plan = pv.plan("pipedream", devices=4, microbatches=6)
    forwards = [
        [v for op, v in zip(row, used, strict=True) if op.kind == F]
        for row, used in zip(plan.orders, pv.weight_versions(plan), strict=True)
    ]
    assert forwards == [
        [0, 0, 0, 0, 1, 2],
        [0, 0, 0, 1, 2, 3],
        [0, 0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4, 5],
    ]


@given(plans())
def test_an_optimizer_step_follows_every_update(plan):
    every, number = plan.traits.update_every, plan.traits.iterations
    keys = {"devices": plan.devices, "microbatches": plan.microbatches // number}
    stepping = pv.plan(plan.name, **keys, iterations=number, optimizer="ready")
    for row, plain in zip(stepping.orders, plan.orders, strict=True):
        assert tuple(op for op in row if op.kind != OPT) == plain
        done = 0
        for op, then in pairwise([*row, None]):
            if op.kind == B:
                done += 1
                assert (then is not None and then.kind == OPT) == (done % every == 0)
            elif op.kind == OPT:
                assert op.microbatch == done // every - 1
    timeline = pv.simulate(stepping, pv.Costs(optimizer=0))
    assert timeline.makespan == pv.simulate(plan).makespan
    for row, used in zip(stepping.orders, pv.weight_versions(stepping), strict=True):
        steps = 0
        for op, version in zip(row, used, strict=True):
            assert version == steps or op.kind == B
            steps += op.kind == OPT


def test_gradients_are_reduced_before_each_step():
    keys = {"devices": 2, "microbatches": 2, "iterations": 2, "optimizer": "ready"}
    plan = pv.plan("2bw", **keys, all_reduce="stage")
    assert " ".join(map(str, plan.orders[1])) == (
        "1F0 1B0 1F1 1B1 1REDUCE_GRAD0 1OPT0 1F2 1B2 1F3 1B3 1REDUCE_GRAD1 1OPT1"
    )
    assert pv.weight_versions(plan)[1] == (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1)


def test_steps_without_a_flush_cannot_be_aligned():
    with pytest.raises(pv.PlanError) as caught:
        pv.plan("pipedream", devices=2, microbatches=2, optimizer="aligned")
    assert str(caught.value) == (
        "pipedream has no flush, so its optimizer steps cannot be aligned"
        " (write optimizer: ready)"
    )
    assert caught.value.path == ("optimizer",)


@given(st.integers(2, 8), st.data())
def test_2bw_refuses_fewer_microbatches_than_devices(p, data):
    m = data.draw(st.integers(1, p - 1))
    with pytest.raises(pv.PlanError) as caught:
        pv.plan("2bw", devices=p, microbatches=m, iterations=data.draw(STEPS))
    assert caught.value.message == (
        "pipedream-2bw needs at least as many microbatches per update as the"
        f" {p} devices, not {m}"
    )
    assert (caught.value.hint, caught.value.path) == (f"nearest: {p}", ("microbatches",))


@given(SIZE, SIZE, STEPS)
def test_with_a_flush_the_version_is_the_iteration(p, m, steps):
    plan = pv.plan("1f1b", devices=p, microbatches=m, iterations=steps, optimizer="aligned")
    for row, used in zip(plan.orders, pv.weight_versions(plan), strict=True):
        for op, version in zip(row, used, strict=True):
            assert version == (op.microbatch if op.kind == OPT else op.microbatch // m)


def test_a_pair_has_the_version_of_its_first_op():
    plan = pv.plan("1f1b-overlap", devices=2, microbatches=3)
    assert pv.weight_versions(plan) == ((0,) * 6, (0,) * 4)
