import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.ops import parse_slot
from sphinx_pipeviz.readers.op_names import default_names, names_of_pattern

NAMES = {
    "F0": "F0",
    "1F3": "1F3",
    "PP:1F3": "1F3",
    "forward 3": "F3",
    "Forward 3": "F3",
    "B0": "B0",
    "backward_mb2_stage1": "1B2",
    "backward_step mb=2 stage=1": "1B2",
    "fwd-3": "F3",
    "forward (microbatch 3)": "F3",
    "forward micro_batch 3": "F3",
    "forward pass 3": "F3",
    "dgrad 3": "I3",
    "Backward Input 4": "I4",
    "wgrad[s1,mb2]": "1W2",
    "recv_f0": "RECV_F0",
    "1SEND_B2": "1SEND_B2",
    "optimizer step": "OPT",
    "0UNSHARD": "0UNSHARD",
    "(0F3;7B1)OVERLAP_F_B": "(0F3;7B1)OVERLAP_F_B",
}
OTHERS = [
    *("forward", "forward_step", "forward_backward_func", "forward 1 2", "forward 3 again"),
    *("f3", "aten::mm", "Optimizer.step#SGD.step", "", "forward stage 3", "stage1_forward"),
    *("forward mb99999999999", "forward stage 10000 mb 1", "F" * 300, "forward lane 3"),
]


@pytest.mark.parametrize(("name", "slot"), NAMES.items())
def test_a_name_that_says_kind_and_microbatch_is_understood(name, slot):
    assert str(default_names(name)[0]) == slot


@pytest.mark.parametrize("name", OTHERS)
def test_a_name_that_does_not_is_passed_over(name):
    assert default_names(name) is None


@given(st.text(max_size=300))
def test_any_name_names_a_slot_or_nothing(name):
    found = default_names(name)
    assert found is None or str(found[0])


@given(st.integers(0, 9999), st.sampled_from("FBIW"), st.integers(0, 10**9 - 1))
def test_the_notation_of_a_slot_names_it(stage, kind, microbatch):
    text = f"{stage}{kind}{microbatch}"
    assert default_names(text) == (parse_slot(text), "")


def test_a_pattern_picks_kind_stage_microbatch_and_device():
    named = names_of_pattern(
        r"gpu(?P<device>\d+)/(?P<kind>\w+)@(?P<stage>\d+)#(?P<microbatch>\d*)"
    )
    assert named("gpu3/bwd@2#5") == (pv.Op(2, pv.Kind.BACKWARD, 5), "3")
    assert named("gpu3/eval@2#") == (pv.Op(2, pv.Kind.OTHER, None, "eval"), "3")
    assert named("something else") is None
    with pytest.raises(pv.SpecError, match=r"'gpu3/fwd@2#' has no microbatch"):
        named("gpu3/fwd@2#")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "is not a regular expression: missing ), unterminated subpattern"),
        ("(?P<kind>f", "is not a regular expression"),
        ("fwd", "must have a group 'kind'"),
        ("(?P<kind>f)(?P<lane>.)", "has a group 'lane'"),
        ("(?P<kind>(a+)+)b", "repeats a choice or a repetition"),
        ("(?P<kind>(a*){2,})b", "repeats a choice or a repetition"),
        (f"(?P<kind>f){'x' * 600}", "is longer than 500 characters"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern, message):
    with pytest.raises(pv.SpecError) as caught:
        names_of_pattern(pattern)
    assert message in caught.value.message
    assert caught.value.path == ("pattern",)


@pytest.mark.parametrize("group", ["stage", "microbatch"])
def test_a_group_that_must_be_a_number_is_checked(group):
    named = names_of_pattern(rf"(?P<kind>\w+) (?P<{group}>\w+)")
    with pytest.raises(pv.SpecError, match=f"the {group} of 'optimizer two' is 'two'"):
        named("optimizer two")


def test_a_long_name_is_not_searched():
    named = names_of_pattern("(?P<kind>.*.*.*)=(?P<microbatch>.)")
    start = time.process_time()
    assert named("a" * 100_000) is None
    assert time.process_time() - start < 1
