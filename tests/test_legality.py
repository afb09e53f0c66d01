import pytest

from sphinx_pipeviz.causality import check_timeline
from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.legality import check_orders, infer_placement
from sphinx_pipeviz.ops import Kind, Op, Run, parse_row


def rows_of(*rows):
    return tuple(parse_row(row, device) for device, row in enumerate(rows))


def runs_of(*rows):
    """Each run as ``F1@0-1`` (stage unknown) or ``2F1@0-1``."""
    timeline = []
    for row in rows:
        runs = []
        for word in row.split():
            op, times = word.split("@")
            start, end = map(float, times.split("-"))
            stage, letter, microbatch = op.rpartition(next(c for c in op if c in "FBIW"))
            kind = Kind(letter)
            slot = Op(int(stage) if stage else None, kind, int(microbatch))
            runs.append(Run(start, end - start, slot))
        timeline.append(runs)
    return timeline


@pytest.mark.parametrize(
    ("rows", "placement"),
    [
        (["0F0", "1F0"], ((0, 1),)),
        (["0F0 3F0", "1F0 2F0"], ((0, 1, 1, 0),)),
        (["0F0 1F1", "1F0 0F1"], ((0, 1), (1, 0))),
        (["", "0F0"], ((1,),)),
        ([""], ()),
    ],
)
def test_the_placement_follows_from_the_rows(rows, placement):
    assert infer_placement(rows_of(*rows)) == placement


def test_two_replicas_may_share_a_stage():
    rows = rows_of("0F0 0B0 1F1 1B1", "1F0 1B0 0F1 0B1")
    check_orders(rows, range(2), ((0, 1), (1, 0)))
    with pytest.raises(PlanError, match="no replica has both it and the earlier ops"):
        check_orders(rows_of("0F0 0B0 1F0 1B0", ""), range(1), ((0, 1), (1, 0)))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0F0 0F1 0B0", "0B1 is missing"),
        ("0F0 0F1 0I0 0W0 0I1", "0W1 is missing"),
        ("0F0 0F1 0W0 0W1", "2 ops are missing, first 0I0"),
        ("0B0 0B1", "2 ops are missing, first 0F0"),
        ("0F0", "microbatch 1 is missing: there must be 2 of them"),
        ("0F0 0F2", "0F2 is out of range: microbatches are 0 to 1"),
        ("0F0 1F0", "1F0 is out of range: stages are 0 to 0"),
        ("0F0 0F1 0F0", "0F0 runs twice, on device 0"),
        ("0F0 0F1 0B0 0B1 0W1", "0B1 and 0W1 do the same work twice"),
    ],
)
def test_what_is_wrong_with_an_order_is_said(row, message):
    with pytest.raises(PlanError) as caught:
        check_orders(rows_of(row), range(2), ((0,),))
    assert caught.value.message == message


@pytest.mark.parametrize("row", ["0F0 0F1", "0F0 0B0 0F1 0I1 0W1", "0W1 0I1 0F1 0B0 0F0"])
def test_a_complete_order_is_accepted_whatever_its_sequence(row):
    assert check_orders(rows_of(row), range(2), ((0,),)) is None


def names_of(rows):
    return [str(device + 1) for device in range(len(rows))]


@pytest.mark.parametrize(
    "rows",
    [
        ["F1@0-1 B1@4-6", "F1@1-2 B1@2-4"],
        ["F1@1-2 B1@2-4", "F1@0-1 B1@4-6"],  # stages written upwards
        ["0F1@0-1 1F1@1-2 1B1@2-4 0B1@4-6"],
        ["F1@0-1 F1@1-2"],  # chunks whose stages are not written
        ["F1@0-1 I1@3-4 W1@4-5", "F1@1-2 I1@2-3 W1@3-4"],
        ["F1@0-0.1 F2@0.09999999999-0.2"],  # rounding is no overlap
        [""],
    ],
)
def test_a_possible_timeline_is_accepted(rows):
    assert check_timeline(runs_of(*rows), names_of(rows)) is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["F1@0-1 F2@0.5-1.5"], "device 1 runs F1 (0 to 1) and F2 (0.5 to 1.5) at once"),
        (
            ["F1@0-1 B1@3-4", "F1@0.5-1.5 B1@1.5-2"],
            "device 2 runs F1 (0.5 to 1.5) before its input F1 on device 1 ends at 1",
        ),
        (
            ["F1@0-1 B1@1-2", "F1@1-2 B1@2-4"],
            "device 1 runs B1 (1 to 2) before its input B1 on device 2 ends at 4",
        ),
        (
            ["1F1@0-1", "0F1@1-2"],
            "device 1 runs 1F1 (0 to 1) before its input F1 on stage 0 ends at 2",
        ),
        (
            ["F1@0-1 W1@1-2 I1@2-3"],
            "device 1 runs W1 (1 to 2) before its input I1 on device 1 ends at 3",
        ),
    ],
)
def test_what_is_impossible_in_a_timeline_is_said(rows, message):
    with pytest.raises(PlanError) as caught:
        check_timeline(runs_of(*rows), names_of(rows))
    assert caught.value.message == message
