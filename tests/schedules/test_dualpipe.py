import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv

QUARTERS = st.integers(0, 20).map(lambda number: number / 4)
MORE = st.integers(0, 6)
NAMES = st.sampled_from(["dualpipe", "dualpipev"])


def sizes(name, half, more):
    """Legal devices and microbatches; ``half`` is half of the stages."""
    if name == "dualpipe":
        return {"devices": 2 * half, "microbatches": 4 * half + 2 * more}
    return {"devices": half, "microbatches": 2 * half + more}


def measured(name, costs, **keys):
    return pv.measure(pv.simulate(pv.plan(name, **keys), costs))


@given(NAMES, st.integers(1, 5), MORE)
def test_a_device_holds_one_more_than_there_are_stages(name, half, more):
    metrics = pv.measure(pv.plan(name, **sizes(name, half, more)))
    assert set(metrics.peak_activations) == {2 * half + 1}


@given(
    NAMES,
    st.integers(1, 5),
    MORE,
    QUARTERS,
    st.integers(0, 4),
    st.sampled_from(["sum", "max"]),
)
def test_the_longest_idle_time_is_that_of_the_paper(name, half, more, time, part, overlap):
    """F equals I, and W is no longer."""
    weight = part / 4 * time
    costs = pv.Costs(forward=time, backward_input=time, backward_weight=weight, overlap=overlap)
    full = time + weight
    pair = max(time, full) if overlap == "max" else time + full
    metrics = measured(name, costs, **sizes(name, half, more))
    assert max(metrics.idle) == (half - 1) * (pair + full - 3 * weight)


@given(
    NAMES,
    st.integers(1, 5),
    MORE,
    QUARTERS,
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_the_makespan_where_a_forward_is_the_longest(name, half, more, forward, parts):
    """W is no longer than I, and I no longer than F."""
    backward = parts[0] / 4 * forward
    weight = parts[1] / 4 * backward
    costs = pv.Costs(forward=forward, backward_input=backward, backward_weight=weight)
    keys = sizes(name, half, more)
    metrics = measured(name, costs, **keys)
    work = keys["microbatches"] * (forward + backward + weight)
    work *= 2 if name == "dualpipev" else 1
    assert metrics.makespan == work + (half - 1) * (2 * forward + backward - weight)


def test_half_of_the_microbatches_enters_at_either_end():
    plan = pv.plan("dualpipe", devices=4, microbatches=8)
    assert plan.placement == ((0, 1, 2, 3), (3, 2, 1, 0))
    assert [str(row[0]) for row in plan.orders] == ["0F0", "1F0", "1F4", "0F4"]


def test_dualpipev_lies_there_and_back():
    assert pv.plan("cut-in-half", devices=2, microbatches=4).placement == ((0, 1, 1, 0),)


def test_steady_forwards_and_backwards_overlap():
    plan = pv.plan("dualpipe", devices=2, microbatches=4)
    assert " ".join(map(str, plan.orders[0])) == (
        "0F0 1F2 0F1 1B2 (1F3;0B0)OVERLAP_F_B 1B3 0I1 0W1"
    )


@pytest.mark.parametrize(
    ("name", "devices", "microbatches", "key", "nearest"),
    [
        ("dualpipe", 1, 8, "devices", [2]),
        ("dualpipe", 3, 8, "devices", [2, 4]),
        ("dualpipe", 5, 5, "devices", [4, 6]),
        ("dualpipe", 4, 1, "microbatches", [8]),
        ("dualpipe", 4, 6, "microbatches", [8]),
        ("dualpipe", 4, 7, "microbatches", [8]),
        ("dualpipe", 4, 9, "microbatches", [8, 10]),
        ("dualpipe", 4, 15, "microbatches", [14, 16]),
        ("dualpipev", 4, 7, "microbatches", [8]),
        ("dualpipev", 3, 1, "microbatches", [6]),
    ],
)
def test_the_nearest_legal_numbers_are_named(name, devices, microbatches, key, nearest):
    keys = {"devices": devices, "microbatches": microbatches}
    with pytest.raises(pv.PlanError) as caught:
        pv.plan(name, **keys)
    assert caught.value.path == (key,)
    assert f"not {keys[key]}" in caught.value.message
    numbers = caught.value.hint.removeprefix("nearest: ").removeprefix("use ")
    assert [int(number) for number in numbers.split(" or ")] == nearest
    for number in nearest:
        keys[key] = number
        keys["microbatches"] = max(keys["microbatches"] // 2 * 2, 2 * keys["devices"])
        assert pv.plan(name, **keys)
