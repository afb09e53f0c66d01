import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.describe import describe
from sphinx_pipeviz.draw.legend import entries
from sphinx_pipeviz.draw.style import Style

F, B = pv.Kind.FORWARD, pv.Kind.BACKWARD
SIZE = st.integers(1, 8)
PARTS = st.integers(1, 5)
NAMES = st.sampled_from(["seq1f1b", "terapipe"])
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


def planned(name, p, m, k):
    return pv.plan(name, devices=p, microbatches=m, sequence_chunks=k)


@given(NAMES, SIZE, SIZE, PARTS, QUARTERS, QUARTERS)
def test_the_bubble_shrinks_as_if_there_were_k_times_the_microbatches(
    name, p, m, k, forward, backward
):
    costs = pv.Costs(forward=forward, backward=backward)
    metrics = pv.measure(pv.simulate(planned(name, p, m, k), costs))
    assert metrics.makespan == (k * m + p - 1) * (forward + backward)
    if metrics.makespan:
        assert metrics.bubble_ratio == pytest.approx((p - 1) / (k * m + p - 1))


@given(SIZE, SIZE, PARTS)
def test_a_device_of_seq1f1b_holds_parts_of_microbatches(p, m, k):
    peak = pv.measure(planned("seq1f1b", p, m, k)).peak_activations
    assert peak == tuple(min(p - 1 - r + k, k * m) / k for r in range(p))


@given(SIZE, SIZE, PARTS)
def test_a_device_of_terapipe_holds_all_microbatches(p, m, k):
    assert pv.measure(planned("terapipe", p, m, k)).peak_activations == (m,) * p


@given(NAMES, SIZE, SIZE, PARTS)
def test_forwards_go_along_the_sequence_and_backwards_against_it(name, p, m, k):
    plan = planned(name, p, m, k)
    assert plan.microbatches == k * m
    assert plan.traits.sequence_chunks == k
    for row in plan.orders:
        units = {kind: [op.microbatch for op in row if op.kind == kind] for kind in (F, B)}
        assert units[F] == list(range(k * m))
        for each in range(m):
            parts = [unit % k for unit in units[B] if unit // k == each]
            assert parts == list(reversed(range(k)))


@given(SIZE, SIZE)
def test_one_part_is_the_schedule_that_parts_no_sequence(p, m):
    keys = {"devices": p, "microbatches": m}
    assert planned("seq1f1b", p, m, 1).orders == pv.plan("1f1b", **keys).orders
    reverse = pv.plan("gpipe", **keys, backward="reversed")
    assert planned("terapipe", p, m, 1).orders == reverse.orders
    peak = pv.measure(planned("seq1f1b", p, m, 1)).peak_activations
    assert all(isinstance(held, int) for held in peak)


def test_two_parts_are_made_where_none_are_asked_for():
    assert pv.plan("seq1f1b", devices=2, microbatches=2) == planned("seq1f1b", 2, 2, 2)
    assert pv.plan("terapipe", devices=2, microbatches=2) == planned("terapipe", 2, 2, 2)
    with pytest.raises(pv.SpecError, match="this schedule has 16 ops; the limit is 15"):
        pv.plan("seq1f1b", devices=2, microbatches=2, max_ops=15)
    with pytest.raises(pv.PlanError, match="1f1b does not take sequence-chunks"):
        pv.plan("1f1b", devices=2, microbatches=2, sequence_chunks=2)


def test_the_picture_counts_microbatches_and_tells_parts_apart():
    plan = pv.plan("seq1f1b", devices=2, microbatches=2)
    assert pv.render(plan, "text") == (
        "t =      0   1   2   3   4   5   6   7   8   9   10  11  12  13  14\n"
        "Device 1 │F1a│F1b│F2a│       │B1b    │F2b│B1a    │   │B2b    │B2a    │\n"
        "Device 2     │F1a│F1b│B1b    │F2a│B1a    │F2b│B2b    │B2a    │\n"
        "\n"
        "F forward, B backward, a, b, ... sequence chunk\n"
    )
    assert "2 devices, 2 microbatches, 2 sequence chunks each;" in describe(pv.simulate(plan))
    listed = entries([pv.simulate(plan)], Style(), full=False)
    assert [entry.text for entry in listed] == [
        "Forward, sequence chunks 1 to 2",
        "Backward, sequence chunks 1 to 2",
    ]
    assert [len(set(entry.fills)) for entry in listed] == [2, 2]
