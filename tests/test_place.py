"""Forwards as late as the backward that follows them allows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.model import Traits
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.spec import Spec
from sphinx_pipeviz.timelines import plan_of

F, B, R = pv.Kind.FORWARD, pv.Kind.BACKWARD, pv.Kind.RECOMPUTE
I = pv.Kind.BACKWARD_INPUT  # noqa: E741  (PyTorch's letter)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)
SIZES = st.sampled_from([(1, 2), (2, 4), (2, 6), (4, 8), (4, 12), (6, 12)])


@st.composite
def pairs(draw, names=tuple(SCHEDULES)):
    """The same schedule and costs, as soon and as late as possible."""
    name = draw(st.sampled_from(names))
    p, m = draw(SIZES)
    p += p % 2 if name in ("chimera", "dualpipe") else 0
    keys = {"schedule": name, "devices": p, "microbatches": max(m, 2 * p)}
    if name != "forward-only":
        keys["recompute"] = draw(st.sampled_from([None, True, "early"]))
        keys["optimizer"] = draw(st.sampled_from([None, "ready"]))
        keys["all_reduce"] = draw(st.sampled_from([None, "stage", "end"]))
    stages = plan_of(Spec(**keys)).stages
    times = QUARTERS | st.lists(QUARTERS, min_size=stages, max_size=stages)
    costs = pv.Costs(
        forward=draw(times),
        backward=draw(times),
        p2p=draw(QUARTERS),
        swap=draw(QUARTERS),
        overlap=draw(st.sampled_from(["sum", "max", "sequential"])),
    )
    soon, late = (
        pv.simulate(Spec(**keys, place=place, costs=costs)) for place in (None, "alap")
    )
    return soon, late, costs


def runs_of(timeline):
    return {
        op: (run, device)
        for device, row in enumerate(timeline.rows)
        for run in row
        for op in run.slot.ops
    }


@given(pairs())
def test_only_forwards_and_recomputes_before_a_backward_move_and_only_later(pair):
    soon, late, _ = pair
    assert late.traits.late
    assert late.makespan == soon.makespan
    for before, after in zip(soon.rows, late.rows, strict=True):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            assert (one.slot, one.duration) == (other.slot, other.duration)
            assert one.start <= other.start
            if one.start != other.start:
                assert one.slot.kind in ((F, R) if late.traits.recompute_waits else (F,))
                assert before[index + 1].slot.kind in (B, I, R)


@given(pairs())
def test_what_is_late_is_still_possible(pair):
    _, late, costs = pair
    runs = runs_of(late)
    for row in late.rows:
        for one, other in pairwise(row):
            assert one.end <= other.start
    for op, (run, device) in runs.items():
        needed = []
        if op.kind == F and op.stage:
            needed.append(op._replace(stage=op.stage - 1))
        if op.kind in (B, I, R):
            needed.append(op._replace(kind=F))
        if op.kind in (B, I):
            later = (pv.Op(op.stage + 1, kind, op.microbatch) for kind in (B, I))
            needed += [each for each in later if each in runs]
        for each in needed:
            source, other = runs[each]
            assert source.end + costs.p2p * (other != device) <= run.start


@given(pairs())
def test_moved_activations_are_back_before_they_are_needed(pair):
    _, late, _ = pair
    runs = runs_of(late)
    for lane in late.lanes:
        for move in lane.runs:
            op = move.slot
            if op.kind == pv.Kind.EVICT:
                assert move.start == runs[op._replace(kind=F)][0].end
            if op.kind == pv.Kind.LOAD:
                assert move.end <= runs[op._replace(kind=B)][0].start


@given(pairs(("1f1b", "pipedream-2bw", "eager-1f1b")))
def test_a_steady_forward_ends_where_its_backward_starts_or_is_needed_next(pair):
    _, late, costs = pair
    runs = runs_of(late)
    for device, row in enumerate(late.rows):
        for run, then in pairwise(row):
            if run.slot.kind == F and then.slot.kind in (B, R):
                ends = [then.start]
                if needing := runs.get(run.slot._replace(stage=device + 1)):
                    ends.append(needing[0].start - costs.p2p)
                assert run.end == min(ends)


def test_the_picture_is_that_of_pipedream_2bw():
    spec = Spec(schedule="1f1b", devices=4, microbatches=8, place="alap")
    starts = [
        [run.start for run in row if run.slot.kind == F] for row in pv.simulate(spec).rows
    ]
    assert starts == [
        [0, 1, 2, 9, 12, 15, 18, 21],
        [1, 2, 7, 10, 13, 16, 19, 22],
        [2, 5, 8, 11, 14, 17, 20, 23],
        [3, 6, 9, 12, 15, 18, 21, 24],
    ]


def test_asap_is_the_default():
    keys = {"schedule": "1f1b", "devices": 4, "microbatches": 8}
    assert pv.simulate(Spec(**keys)) == pv.simulate(Spec(**keys, place="asap"))
    assert plan_of(Spec(**keys, place="asap")).traits == Traits()


@pytest.mark.parametrize("overlap", ["sum", "sequential"])
def test_a_forward_whose_next_stage_is_in_a_pair_is_there_in_time(overlap):
    """Without the pair, the first device's second forward would end at its backward."""
    rows = ["0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"]
    spec = Spec(order=rows, place="alap", costs=pv.Costs(overlap=overlap))
    timeline = pv.simulate(spec)
    assert [run.start for run in timeline.rows[0]] == [0, 1, 5, 7]
