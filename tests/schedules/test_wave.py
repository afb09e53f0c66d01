import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 7)
COUNT = st.integers(1, 16)
WAVES = st.integers(1, 3)
QUARTERS = st.integers(1, 20).map(lambda number: number / 4)


def planned(p, m, **keys):
    return pv.plan("hanayo", devices=p, microbatches=m, **keys)


def test_stages_go_there_and_back_once_for_each_wave():
    assert planned(3, 1).placement == ((0, 1, 2, 2, 1, 0),)
    assert planned(2, 1, waves=2).placement == ((0, 1, 1, 0, 0, 1, 1, 0),)


@given(SIZE, COUNT, WAVES)
def test_waves_chunks_and_stages_say_the_same(p, m, waves):
    plan = planned(p, m, waves=waves)
    assert plan == planned(p, m, chunks=2 * waves) == planned(p, m, stages=2 * p * waves)
    assert plan == pv.plan("wave", devices=p, microbatches=m, waves=waves, chunks=2 * waves)


@pytest.mark.parametrize(
    ("keys", "message", "path"),
    [
        (
            {"chunks": 3},
            (
                "hanayo needs two chunks per device for each wave, not 3 in all"
                " (nearest: 2 or 4)"
            ),
            ("chunks",),
        ),
        (
            {"chunks": 1},
            "hanayo needs two chunks per device for each wave, not 1 in all (nearest: 2)",
            ("chunks",),
        ),
        (
            {"waves": 2, "chunks": 2},
            "2 waves make 4 chunks per device, not 2 (give waves or chunks, not both)",
            ("waves",),
        ),
        (
            {"waves": 1, "stages": 16},
            "1 wave makes 2 chunks per device, not 4 (give waves or chunks, not both)",
            ("waves",),
        ),
    ],
)
def test_numbers_that_make_no_waves_are_refused(keys, message, path):
    with pytest.raises(pv.PlanError) as caught:
        planned(4, 4, **keys)
    assert str(caught.value) == message
    assert caught.value.path == path


def test_the_number_of_ops_counts_the_waves():
    with pytest.raises(pv.SpecError, match="this schedule has 96 ops; the limit is 95"):
        planned(2, 4, waves=3, max_ops=95)


@given(SIZE, COUNT, WAVES, QUARTERS)
def test_equal_forwards_and_backwards_take_the_time_of_the_closed_form(p, m, waves, time):
    costs = pv.Costs(forward=time, backward=time)
    metrics = pv.measure(pv.simulate(planned(p, m, waves=waves, costs=costs), costs))
    rounds = -(-m // p)
    assert metrics.makespan == 2 * time * (2 * waves * p * rounds + (m - 1) % p)
    if m % p == 0:
        bubble = (p - 1) / (2 * waves * m + p - 1)
        assert metrics.bubble_ratio == pytest.approx(bubble)


@given(SIZE, COUNT, WAVES, QUARTERS, QUARTERS, st.sampled_from([0, 0.5]))
def test_a_device_holds_at_most_p_microbatches_of_all_its_stages(
    p, m, waves, forward, backward, p2p
):
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    plan = planned(p, m, waves=waves, costs=costs)
    peak = pv.measure(pv.simulate(plan, costs)).peak_activations
    assert max(peak) / (2 * waves) <= min(p, m)


@given(SIZE, COUNT, WAVES, QUARTERS)
def test_the_first_device_gets_gradients_back_before_it_holds_all(p, m, waves, time):
    costs = pv.Costs(forward=time, backward=time)
    peak = pv.measure(pv.simulate(planned(p, m, waves=waves, costs=costs), costs))
    held = min(p, m)
    assert peak.peak_activations == tuple(
        2 * waves * held - max(0, held - 1 - rank) for rank in range(p)
    )
