import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 9)
TIME = st.integers(1, 20).map(lambda number: number / 4)  # exact in binary


def measured(name, p, m, time=1.0):
    costs = pv.Costs(forward=time, backward=2 * time)
    return pv.measure(pv.simulate(pv.plan(name, devices=p, microbatches=m), costs))


def bubble_of_v_half(p):
    """In slots, from M = P+2 on."""
    return {1: 0, 2: 1}.get(p, 3 * p - (4 if p % 2 else 7))


def bubble_of_v_min(p):
    """In slots, from M = P+1 on."""
    return 0 if p == 1 else 4 * p - (5 if p % 3 else 7)


def peak_of_v_half(p):
    return 2 * (p // 2 + 1)


def peak_of_v_min(p):
    return 2 * ((p + 4) // 3)


@given(SIZE, SIZE, TIME)
def test_v_half_waits_half_as_long_as_1f1b(p, more, time):
    m = p + 1 + more
    metrics = measured("v-half", p, m, time)
    assert metrics.makespan == (6 * m + bubble_of_v_half(p)) * time
    assert metrics.peak_activations == (peak_of_v_half(p),) * p


@given(SIZE, SIZE, TIME)
def test_v_min_waits_two_thirds_as_long_as_1f1b(p, more, time):
    m = p + more
    metrics = measured("v-min", p, m, time)
    assert metrics.makespan == (6 * m + bubble_of_v_min(p)) * time
    first = peak_of_v_min(p) - (p % 3 == 2)
    assert metrics.peak_activations == (first, *(peak_of_v_min(p),) * (p - 1))


@pytest.mark.parametrize(
    ("name", "limit"), [("v-half", peak_of_v_half), ("v-min", peak_of_v_min)]
)
@given(SIZE, st.integers(1, 12))
def test_few_microbatches_hold_no_more(name, limit, p, m):
    assert max(measured(name, p, m).peak_activations) <= min(limit(p), 2 * m)


@pytest.mark.parametrize("p", [16, 40])
def test_memory_comes_close_to_a_half_and_a_third(p):
    half, least = (max(measured(name, p, p + 2).peak_activations) for name in ("vhalf", "vmin"))
    assert half == p + 2
    assert least == pytest.approx(2 * p / 3, abs=2)


def test_the_ends_of_a_building_block_are_moved_up():
    plan = pv.plan("v-min", devices=2, microbatches=2)
    assert [" ".join(map(str, row)) for row in plan.orders] == [
        "0F0 0F1 3F0 3I0 3W0 0I0 0W0 3F1 3I1 3W1 0I1 0W1",
        "1F0 2F0 2I0 1I0 1F1 2F1 2W0 1W0 2I1 1I1 2W1 1W1",
    ]


@pytest.mark.parametrize("name", ["v-half", "v-min"])
def test_two_chunks_lie_there_and_back(name):
    plan = pv.plan(name, devices=3, microbatches=5)
    assert plan.placement == ((0, 1, 2, 2, 1, 0),)
    assert pv.plan(name, devices=3, microbatches=5, chunks=2) == plan
    with pytest.raises(pv.PlanError, match=f"{name} runs 2 stages per device, not 3"):
        pv.plan(name, devices=3, microbatches=5, chunks=3)
