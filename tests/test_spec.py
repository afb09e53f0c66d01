import msgspec
import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.spec import KEYS

F, B = pv.Kind.FORWARD, pv.Kind.BACKWARD
DGRAD, WGRAD, STEP = pv.Kind.BACKWARD_INPUT, pv.Kind.BACKWARD_WEIGHT, pv.Kind.OPTIMIZER


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ({}, {F: 1, B: 2, DGRAD: 1, WGRAD: 1, STEP: 1}),
        ({"forward": 3}, {F: 3, B: 2}),
        ({"backward": 3}, {B: 3, DGRAD: 1.5, WGRAD: 1.5}),
        ({"backward_input": 2}, {B: 3, DGRAD: 2, WGRAD: 1}),
        ({"backward_input": 2, "backward_weight": 5}, {B: 7}),
        ({"backward": 4, "backward_input": 3}, {B: 4, DGRAD: 3, WGRAD: 2}),
        ({"optimizer": 0.5}, {STEP: 0.5}),
    ],
)
def test_what_is_not_given_follows_from_what_is(costs, expected):
    for kind, duration in expected.items():
        assert pv.Costs(**costs).of(kind, 2) == [duration, duration]


def test_a_cost_may_be_given_per_stage():
    assert pv.Costs(forward=[1, 2]).of(F, 2) == [1, 2]
    assert pv.Costs(forward={1: 5}).of(F, 3) == [1, 5, 1]
    assert pv.Costs(backward={0: 6}).of(B, 2) == [6, 2]
    assert pv.Costs(backward=[6, 2]).of(WGRAD, 2) == [3, 1]


@pytest.mark.parametrize("number", [-1, float("nan"), float("inf"), "1", None])
def test_a_cost_that_is_no_duration_is_refused_in_python_too(number):
    with pytest.raises(pv.SpecError, match=r"costs.forward must be 0 or more and finite"):
        pv.Costs(forward=number).of(F, 2)
    with pytest.raises(pv.SpecError, match=r"costs.p2p must be 0 or more and finite"):
        assert pv.Costs(p2p=number).latency


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        ([1, 2, 3], "costs.forward has 3 entries for 2 stages"),
        ({2: 1}, "costs.forward names stage 2; stages are 0 to 1"),
    ],
)
def test_costs_must_fit_the_stages(cost, message):
    with pytest.raises(pv.SpecError) as caught:
        pv.Costs(forward=cost).of(F, 2)
    assert caught.value.message == message


def test_the_keys_are_the_words_users_write():
    assert "microbatch-group-size" in KEYS
    assert not [key for key in KEYS if "_" in key]


def test_equal_schedules_have_equal_canonical_forms_wherever_they_are_written():
    one = pv.read("schedule: 1f1b\ndevices: 4\nmicrobatches: 8", source="a")
    two = pv.read("\nmicrobatches: 8\ndevices: 4\nschedule: '1f1b'", source="b")
    assert one == two
    assert one.canonical() == two.canonical()
    assert msgspec.json.decode(one.canonical()) == {
        "schedule": "1f1b",
        "devices": 4,
        "microbatches": 8,
    }
    assert not one.without_marks().marks
    assert one.marks
    other = pv.read("schedule: 1f1b\ndevices: 4\nmicrobatches: 9")
    assert other.canonical() != one.canonical()


def test_a_device_that_is_named_by_a_number_is_not_the_one_with_this_number():
    tasks = "[{type: forward, batch: 1, start_time: 0, duration: 1}]"
    texts = (f"style: seed\ntimeline:\n  {name}: {tasks}\n" for name in ("1", "'1'"))
    one, two = map(pv.read, texts)
    assert one.canonical() != two.canonical()
