import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

SIZE = st.integers(1, 8)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


@given(st.integers(1, 5), st.integers(1, 4), QUARTERS, QUARTERS)
def test_chimera_follows_its_closed_forms(half, units, forward, backward):
    p, m = 2 * half, 2 * half * units
    plan = pv.plan("chimera", devices=p, microbatches=m)
    costs = pv.Costs(forward=forward, backward=backward)
    metrics = pv.measure(pv.simulate(plan, costs))
    short, long = sorted((forward, backward))
    unit = 2 * short + (2 * p - 2) * long
    assert metrics.makespan == units * unit + (p - 2) * short
    assert metrics.peak_activations == tuple(half + 1 + min(r, p - 1 - r) for r in range(p))
    if forward == backward > 0:
        assert metrics.bubble_ratio == pytest.approx((p - 2) / (2 * m + p - 2))


def test_chimera_sends_half_of_each_unit_either_way():
    plan = pv.plan("chimera", devices=2, microbatches=4)
    assert plan.placement == ((0, 1), (1, 0))
    assert [" ".join(map(str, row)) for row in plan.orders] == [
        "0F0 1F1 1B1 0B0 0F2 1F3 1B3 0B2",
        "0F1 1F0 1B0 0B1 0F3 1F2 1B2 0B3",
    ]


@pytest.mark.parametrize(
    ("devices", "microbatches", "key", "nearest"),
    [
        (1, 4, "devices", [2]),
        (3, 12, "devices", [2, 4]),
        (4, 2, "microbatches", [4]),
        (4, 6, "microbatches", [4, 8]),
        (4, 9, "microbatches", [8, 12]),
    ],
)
def test_the_nearest_legal_numbers_are_named(devices, microbatches, key, nearest):
    keys = {"devices": devices, "microbatches": microbatches}
    with pytest.raises(pv.PlanError) as caught:
        pv.plan("chimera", **keys)
    assert caught.value.path == (key,)
    assert f"not {keys[key]}" in caught.value.message
    numbers = caught.value.hint.removeprefix("nearest: ").removeprefix("use ")
    assert [int(number) for number in numbers.split(" or ")] == nearest
    for number in nearest:
        assert pv.plan("chimera", **keys | {key: number})


@given(SIZE, SIZE, QUARTERS, QUARTERS, QUARTERS)
def test_gems_holds_one_microbatch_and_chases_it(p, m, forward, backward, p2p):
    plan = pv.plan("gems", devices=p, microbatches=m)
    costs = pv.Costs(forward=forward, backward=backward, p2p=p2p)
    metrics = pv.measure(pv.simulate(plan, costs))
    chase = (m - 1) * (max(forward, backward) + p2p)
    way = forward + backward + 2 * p2p
    assert metrics.makespan == m * (forward + backward) + (p - 1) * (way + chase)
    assert metrics.peak_activations == (1,) * p


def test_gems_takes_the_directions_in_turn():
    plan = pv.plan("gems", devices=2, microbatches=3)
    assert [" ".join(map(str, row)) for row in plan.orders] == [
        "0F0 0B0 1F1 1B1 0F2 0B2",
        "1F0 1B0 0F1 0B1 1F2 1B2",
    ]
