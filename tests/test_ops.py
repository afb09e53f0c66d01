import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run, parse_cells, parse_row, parse_slot

ENDS = ("is not an op", "is too large", "does not overlap F with B")
LETTERS = [Kind.FORWARD, Kind.BACKWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT]
OPS = st.tuples(
    st.integers(0, 999_999), st.sampled_from(LETTERS), st.integers(0, 999_999_999)
).map(lambda parts: Op(*parts))
PAIRS = st.tuples(OPS, OPS).filter(lambda pair: (pair[0].kind == "F") != (pair[1].kind == "F"))
SLOTS = OPS | PAIRS.map(lambda pair: Overlap(*pair))


@given(SLOTS)
def test_a_slot_reads_as_it_prints(slot):
    assert parse_slot(str(slot)) == slot


@given(st.lists(SLOTS), st.sampled_from([" ", ",", ", ", "\n", "  "]))
def test_a_row_reads_as_it_prints(slots, between):
    assert parse_row(between.join(map(str, slots)), 0) == tuple(slots)
    assert parse_cells([f" {slot} " for slot in slots], 0) == tuple(slots)


@given(st.text(max_size=20))
def test_any_text_is_a_slot_or_a_plan_error(text):
    try:
        slot = parse_slot(text)
    except PlanError as error:
        message = error.message
    else:
        message = None
        assert parse_slot(str(slot)) == slot
    assert message is None or message.endswith(ENDS)


@given(st.text(alphabet="0123FBIW();, OVERLAP_", max_size=40))
def test_any_row_is_slots_or_a_plan_error(text):
    try:
        slots = parse_row(text, 3)
    except PlanError as error:
        path = error.path
    else:
        path = ("order", 3)
        assert parse_row(" ".join(map(str, slots)), 3) == slots
    assert path[:2] == ("order", 3)


def test_ops_print_in_pytorchs_notation():
    forward, backward = Op(2, Kind.FORWARD, 0), Op(0, Kind.BACKWARD, 13)
    assert [str(forward), str(backward)] == ["2F0", "0B13"]
    assert str(Overlap(forward, backward)) == "(2F0;0B13)OVERLAP_F_B"
    assert str(Op(None, Kind.FORWARD, 3)) == "F3"
    assert str(Op(None, Kind.OPTIMIZER, None)) == "OPT"
    assert str(Op(1, Kind.OTHER, 2, "recompute")) == "1recompute2"


def test_an_op_and_a_pair_both_list_their_ops():
    first, second = Op(0, Kind.FORWARD, 0), Op(0, Kind.BACKWARD, 1)
    assert first.ops == (first,)
    assert Overlap(first, second).ops == (first, second)


def test_empty_cells_are_idle():
    assert parse_cells(["", "0F0", "  "], 0) == (Op(0, Kind.FORWARD, 0),)
    assert parse_row("", 0) == ()


@pytest.mark.parametrize(
    "text", ["F0", "0F", "0f0", "0X0", "-1F0", "0F-1", "0F0.5", "٣F0", "0F0;0B0"]
)
def test_what_is_not_an_op_is_named(text):
    with pytest.raises(PlanError) as caught:
        parse_row(f"0B9 {text}", 1)
    assert caught.value.message == f"'{text}' is not an op"
    assert caught.value.hint == (
        "write stage, kind and microbatch, as in 2F0; kinds: F B I W R OPT REDUCE_GRAD"
        " SEND_F RECV_F SEND_B RECV_B EVICT LOAD UNSHARD RESHARD"
    )
    assert caught.value.path == ("order", 1, 1)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("1234567F0", "the stage of '1234567F0' is too large", "it has at most 6 digits"),
        (f"{10**19}B0", f"the stage of '{10**19}B0' is too large", "it has at most 6 digits"),
        ("0F1234567890", "the number of '0F1234567890' is too large", "at most 9 digits"),
    ],
)
def test_numbers_have_a_limit(text, message, hint):
    with pytest.raises(PlanError) as caught:
        parse_slot(text)
    assert caught.value.message == message
    assert caught.value.hint.endswith(hint)


@pytest.mark.parametrize(
    ("cell", "named"), [(5, "5"), (None, "None"), (object(), "an object of type object")]
)
def test_a_cell_that_is_not_text_is_named(cell, named):
    with pytest.raises(PlanError) as caught:
        parse_cells(["0F0", cell], 0)
    assert caught.value.message == f"{named} is not an op"


def test_a_run_ends_after_its_duration():
    assert Run(1.5, 2.0, Op(0, Kind.FORWARD, 0)).end == 3.5


def test_a_pair_overlaps_one_forward_and_one_backward():
    for pair in ("(0F0;0F1)OVERLAP_F_B", "(0B0;1I1)OVERLAP_F_B"):
        with pytest.raises(PlanError, match="does not overlap F with B"):
            parse_slot(pair)
    assert parse_slot("(0B0;1F1)OVERLAP_F_B").first.kind == Kind.BACKWARD
