import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 6)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


@given(SIZE, SIZE, st.integers(1, 3), QUARTERS, QUARTERS, st.integers(0, 4))
def test_the_makespan_follows_the_closed_form(p, rounds, v, forward, backward, quarters):
    """M is a multiple of P, costs are those of one chunk, and a transfer takes no longer
    than the shorter of forward and backward.
    """
    m = rounds * p
    p2p = quarters / 4 * min(forward, backward)
    plan = pv.plan("interleaved-1f1b", devices=p, microbatches=m, chunks=v)
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    transfers = 2 * (v * p - 1) * p2p * (p > 1)
    makespan = (m * v + p - 1) * (forward + backward) + transfers
    assert pv.simulate(plan, costs).makespan == makespan


@given(SIZE, SIZE, st.integers(1, 3))
def test_bubble_and_peak_follow_their_closed_forms(p, rounds, v):
    m = rounds * p
    metrics = pv.measure(pv.plan("vpp", devices=p, microbatches=m, chunks=v))
    assert metrics.bubble_ratio == pytest.approx((p - 1) / (m * v + p - 1))
    assert metrics.peak_activations == tuple(
        min((v - 1) * p + 2 * (p - rank - 1) + 1, m * v) for rank in range(p)
    )


@given(SIZE, st.integers(1, 16), st.integers(1, 16), st.integers(1, 3))
def test_the_group_size_rule_is_megatrons(p, m, group, v):
    legal = p <= group <= m and (m % group == 0 or m % group >= p)
    keys = {"devices": p, "microbatches": m, "chunks": v, "microbatch_group_size": group}
    for name in ("interleaved-1f1b", "interleaved-1f1b-overlap", "forward-only"):
        if legal:
            assert pv.simulate(pv.plan(name, **keys)).makespan > 0
        else:
            with pytest.raises(pv.PlanError) as caught:
                pv.plan(name, **keys)
            assert caught.value.path == ("microbatch-group-size",)


@given(SIZE, st.integers(1, 20), st.integers(1, 3))
def test_the_rule_for_microbatches_is_pytorchs(p, m, v):
    keys = {"devices": p, "microbatches": m, "chunks": v}
    if m % max(1, m // p) == 0:
        assert pv.simulate(pv.plan("interleaved-1f1b", **keys)).makespan > 0
    else:
        with pytest.raises(pv.PlanError) as caught:
            pv.plan("interleaved-1f1b", **keys)
        numbers = caught.value.hint.removeprefix("use ").split(" microbatches")[0]
        assert numbers.count(" or ") == 1
        for near in numbers.split(" or "):
            assert pv.plan("vpp", devices=p, microbatches=int(near), chunks=v)


def test_the_nearest_group_sizes_are_named_and_work():
    keys = {"devices": 4, "microbatches": 8}
    with pytest.raises(pv.PlanError, match=r"nearest: 4 or 8"):
        pv.plan("vpp", **keys, microbatch_group_size=5)
    assert pv.plan("vpp", **keys, microbatch_group_size=8).stages == 8


def test_stages_may_be_given_instead_of_chunks():
    keys = {"devices": 2, "microbatches": 4}
    assert pv.plan("vpp", **keys, stages=6) == pv.plan("vpp", **keys, chunks=3)
    assert pv.plan("vpp", **keys) == pv.plan("vpp", **keys, chunks=2)


@given(SIZE, SIZE, st.integers(1, 3), QUARTERS, QUARTERS)
def test_overlapped_pairs_that_save_nothing_take_the_same_time(p, rounds, v, forward, backward):
    m = rounds * p
    plan = pv.plan("vpp-overlap", devices=p, microbatches=m, chunks=v)
    metrics = pv.measure(pv.simulate(plan, pv.Costs(forward=forward, backward=backward)))
    assert metrics.makespan == (m * v + p - 1) * (forward + backward)
    assert metrics.peak_activations == tuple(
        min((v - 1) * p + 2 * (p - r), m * v) for r in range(p)
    )


@given(
    SIZE,
    st.integers(1, 16),
    st.integers(1, 3),
    st.sampled_from(["same", "reversed"]),
    QUARTERS,
    QUARTERS,
)
def test_breadth_first_takes_any_number_of_microbatches(p, m, v, order, forward, backward):
    plan = pv.plan("looped-bfs", devices=p, microbatches=m, chunks=v, backward=order)
    metrics = pv.measure(pv.simulate(plan, pv.Costs(forward=forward, backward=backward)))
    slots = m * v + p - 1 if m >= p else p * v + m - 1
    assert metrics.makespan == slots * (forward + backward)
    assert metrics.peak_activations == (m * v,) * p


def test_the_backwards_of_breadth_first_run_reversed_or_as_the_forwards():
    def row(**keys):
        plan = pv.plan("breadth-first", devices=1, microbatches=2, **keys)
        return " ".join(map(str, plan.orders[0]))

    assert row() == row(backward="reversed") == "0F0 0F1 1F0 1F1 1B1 1B0 0B1 0B0"
    assert row(backward="same") == "0F0 0F1 1F0 1F1 1B0 1B1 0B0 0B1"


def test_the_hint_names_the_group_size_only_where_it_is_taken():
    def hint(name):
        with pytest.raises(pv.PlanError) as caught:
            pv.plan(name, devices=4, microbatches=14)
        return caught.value.hint

    assert hint("interleaved-1f1b") == hint("interleaved-1f1b-overlap")
    assert "microbatch-group-size" in hint("interleaved-1f1b")
    assert "microbatch-group-size" not in hint("interleaved-zero-bubble")
