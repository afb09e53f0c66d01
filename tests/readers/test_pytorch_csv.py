import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.ops import PASSES
from sphinx_pipeviz.readers.pytorch_csv import looks_like_pytorch_csv, read_pytorch_csv
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.schedules import SCHEDULES

FORMATS = Path(__file__).parents[1] / "formats"
ORDERS = sorted((Path(__file__).parents[3] / "shared" / "oracle" / "orders").glob("*.csv"))
#: Orders that cannot run; the last stages of one were left out, which no row can tell.
BROKEN = [
    path
    for path in sorted((Path(__file__).parents[1] / "oracle" / "broken").glob("*.json"))
    if not path.stem.startswith("sailsg-vpp")
]
COSTS = pv.Costs(all_reduce=0)
TWO = "0F0,0B0\n1F0,1B0\n"


def read(text, name="order.csv"):
    return read_pytorch_csv([TextFile(name, text)], ReadOptions())


def answer(text):
    try:
        return read(text)
    except pv.PipevizError as error:
        return error


def slots(plan):
    return [[str(slot) for slot in row] for row in plan.orders]


def passes(plan):
    return [
        [str(slot) for slot in row if {op.kind for op in slot.ops} <= PASSES]
        for row in plan.orders
    ]


def starts(plan):
    rows = pv.simulate(plan, COSTS).rows
    return {op: run.start for row in rows for run in row for op in run.slot.ops}


def as_csv(rows):
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.mark.parametrize("path", ORDERS, ids=lambda path: path.name)
def test_pytorchs_own_files_are_the_recorded_orders(path):
    record = json.loads(path.with_name(f"{path.name.split('.')[0]}.json").read_text())
    recorded = pv.Plan.parse(record["order"], record["microbatches"], record["placement"])
    with path.open(newline="", encoding="utf-8") as file:
        source = TextFile(path.name, file.read())
    plan = read(source.text)
    assert looks_like_pytorch_csv(source)
    assert passes(plan) == record["order"]
    assert plan.placement == recorded.placement
    if "compute_only" in path.name:
        assert plan == recorded
    expected = starts(recorded)
    assert {op: start for op, start in starts(plan).items() if op in expected} == expected


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_order_is_refused_with_its_row(path):
    record = json.loads(path.read_text())
    with pytest.raises(pv.PlanError) as caught:
        pv.simulate(read(as_csv(record["order"])))
    assert caught.value.location.source == "order.csv"
    assert 1 <= caught.value.location.line <= record["devices"]


def test_both_formats_of_pytorch_give_the_same_times():
    plain, full = (
        read((FORMATS / name).read_text()) for name in ("1f1b.csv", "1f1b-with-transfers.csv")
    )
    assert starts(plain) == {op: s for op, s in starts(full).items() if op.kind in PASSES}
    assert slots(full)[0][:3] == ["0UNSHARD", "0F0", "0SEND_F0"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("\ufeff" + TWO, TWO),
        (TWO.replace("\n", "\r\n"), TWO),
        (TWO.replace("\n", "\r\r\n"), TWO),
        (TWO.strip(), TWO),
        (f"\n\n{TWO}\n\n", TWO),
        ('"0F0","0B0"\n"1F0", "1B0"\n', TWO),
        (",0F0,,0B0,,,\n,,1F0,1B0,\n", TWO),
        (" 0F0 , 0B0\n1F0,1B0", TWO),
        ("1F0,1B0\n0F0,0B0\n", "1F0,1B0\n0F0,0B0\n"),
    ],
)
def test_blanks_quotes_marks_and_line_ends_change_nothing(text, same):
    assert read(text) == read(same)


@pytest.mark.parametrize("blank", ["", ",", '""', ", ,"])
def test_a_rank_may_have_no_ops(blank):
    plan = read(f"0F0,0B0\n{blank}\n1F0,1B0\n")
    assert slots(plan) == [["0F0", "0B0"], [], ["1F0", "1B0"]]
    assert plan.placement == ((0, 2),)
    assert pv.simulate(plan).makespan == 6


def test_the_ranks_of_the_stages_follow_from_the_rows():
    plan = read("0F0,3F0,3B0,0B0\n1F0,2F0,2B0,1B0\n")
    assert plan.placement == ((0, 1, 1, 0),)
    assert plan.microbatches == 1


def test_an_overlapped_pair_is_one_cell():
    plan = read("0F0,(0F1;0B0)OVERLAP_F_B,0B1\n")
    assert slots(plan) == [["0F0", "(0F1;0B0)OVERLAP_F_B", "0B1"]]


def test_in_older_files_bw_is_the_full_backward_and_b_is_dgrad():
    plan = read((FORMATS / "zb-legacy.csv").read_text())
    assert slots(plan) == [
        ["0F0", "0F1", "0I0", "0W0", "0B1"],
        ["1F0", "1I0", "1F1", "1W0", "1B1"],
    ]


def test_b_is_dgrad_where_the_same_microbatch_has_w():
    plan = read("0F0,0F1,0B0,0B1,0W1\n")
    assert slots(plan) == [["0F0", "0F1", "0B0", "0I1", "0W1"]]
    assert slots(read("0F0,0F1,(0F2;0B0)OVERLAP_F_B,0W0,0I1,0W1,0B2\n"))[0][2:4] == [
        "(0F2;0I0)OVERLAP_F_B",
        "0W0",
    ]


def test_a_message_about_an_older_file_says_how_b_is_read():
    with pytest.raises(pv.PlanError) as caught:
        read("0F0,0F1,0BW0,0B1\n")
    assert str(caught.value).startswith("order.csv:1: 0W1 is missing (B is read as dgrad")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", pv.SpecError, "order.csv:1: this file has no ops (each row is a rank"),
        ("\n\n,,\n", pv.SpecError, "order.csv:1: this file has no ops"),
        ("0F0,0B0\n1F0,1Q0\n", pv.PlanError, "order.csv:2: '1Q0' is not an op"),
        ("0F0,0B0\n\n2F0,2B0\n", pv.PlanError, "order.csv:1: no device runs stage 1"),
        ("0F0,0B0\n1F0,1B0,1F0\n", pv.PlanError, "order.csv:2: 1F0 runs twice, on device 1"),
        ("0F0,0B0\n1F0\n", pv.PlanError, "order.csv:2: 1B0 is missing"),
        ("0F0,0B0,0F2,0B2\n", pv.PlanError, "order.csv:1: microbatch 1 is missing"),
        ("0F0,1B0\n1F0,0B0\n", pv.PlanError, "order.csv:2: microbatch 0 meets stage"),
        ("0F999999999\n", pv.PlanError, "order.csv:1: microbatch 0 is missing"),
        (
            "0F9999999999\n",
            pv.PlanError,
            "order.csv:1: the number of '0F9999999999' is too large",
        ),
        ("(0F0;0F1)OVERLAP_F_B\n", pv.PlanError, "order.csv:1: '(0F0;0F1)OVERLAP_F_B' does"),
        ("0F0,0B0\n1F0,1B0," + "x" * 200_000, pv.SpecError, "order.csv:2: this is not a CSV"),
        ('0F0,"0B0\n1F0,1B0', pv.PlanError, "order.csv:1: '0B0"),
        ("\0", pv.PipevizError, "order.csv:1: "),
    ],
    ids=range(14),
)
def test_what_is_no_order_is_refused_with_its_line(text, error, message):
    with pytest.raises(error) as caught:
        read(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0SEND_F0,", "", "order.csv:2: 1RECV_F0 on device 1 has no 0SEND_F0"),
        ("1RECV_F1,", "", "order.csv:1: 0SEND_F1 on device 0 has no 1RECV_F1"),
        ("0F0,0SEND_F0", "0SEND_F0,0F0", "order.csv:1: 0SEND_F0 on device 0 stands before 0F0"),
        ("1RECV_F0,1F0", "1F0,1RECV_F0", "order.csv:2: 1RECV_F0 on device 1 stands after 1F0"),
        ("0RECV_B1,0B1", "0B1,0RECV_B1", "order.csv:1: 0RECV_B1 on device 0 stands after 0B1"),
        ("1B1,1SEND_B1", "1SEND_B1,1B1", "order.csv:2: 1SEND_B1 on device 1 stands before 1B1"),
        ("0F1,", "0F1,0SEND_B0,", "order.csv:1: 0SEND_B0 on device 0 goes to no stage"),
        ("1F1,", "1F1,1RECV_B1,", "order.csv:2: 1RECV_B1 on device 1 comes from no stage"),
        ("0F1,", "0F1,1SEND_B0,", "order.csv:2: microbatch 0 meets stage 1 on device 0"),
    ],
)
def test_a_transfer_out_of_place_is_refused(old, new, message):
    text = (FORMATS / "1f1b-with-transfers.csv").read_text()
    assert old in text
    with pytest.raises(pv.PlanError) as caught:
        read(text.replace(old, new, 1))
    assert str(caught.value).startswith(message)


def test_a_transfer_of_nothing_is_refused():
    with pytest.raises(pv.PlanError, match="0RECV_B0 on device 0 moves nothing"):
        pv.Plan.parse(["0F0 0RECV_B0", "1F0 1SEND_B0"])


def test_several_files_are_no_order():
    files = [TextFile("a.csv", TWO), TextFile("b.csv", TWO)]
    with pytest.raises(pv.SpecError, match=r"b\.csv: this format is one file, not 2"):
        read_pytorch_csv(files, ReadOptions())
    with pytest.raises(pv.SpecError, match="this format is one file, not 0"):
        read_pytorch_csv([], ReadOptions())


@pytest.mark.parametrize(
    "text",
    ["0F0,0F1\n", ",,0F0\n", '\ufeff"0F0"\r\n', "0UNSHARD,0F0", "(0F1;0B0)OVERLAP_F_B,", "0F0"],
)
def test_the_format_is_known_by_its_first_cell(text):
    assert looks_like_pytorch_csv(TextFile("a", text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "F0 F1",
        "schedule: 1f1b",
        "a,b\n1,2",
        "Stage 0: F0",
        "{}",
        "[0F0]",
        "0F0 0F1",
        "," * 9,
    ],
)
def test_other_text_does_not_look_like_it(text):
    assert not looks_like_pytorch_csv(TextFile("a", text))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_is_read_from_its_csv(name):
    plan = pv.plan(name, devices=4, microbatches=8)
    back = read(as_csv(slots(plan)))
    assert back.orders == plan.orders
    assert back.placement == plan.placement
    assert back.microbatches == plan.microbatches


CELLS = st.sampled_from(
    [
        *("0F0", "0B0", "1F0", "1B0", "1BW0", "0I0", "0W0", "0SEND_F0", "1RECV_F0", ",", "\n"),
        *("(0F1;0B0)OVERLAP_F_B", '"', "0REDUCE_GRAD", "", "x", "\r", "\ufeff", " ", "99999F0"),
    ]
)


@given(st.one_of(st.text(), st.lists(CELLS).map("".join), st.lists(CELLS).map(",".join)))
def test_any_text_gives_a_plan_or_a_message(text):
    looks_like_pytorch_csv(TextFile("a.csv", text))
    found = answer(text)
    assert isinstance(found, pv.Plan) or found.location.line


@pytest.mark.parametrize(
    "text",
    [
        "," * 30_000_000,
        "\n" * 30_000_000,
        "0F0" * 10_000_000,
        '"' * 30_000_000,
        "(" * 30_000_000,
        "0F0\n" * 300_000,
        "1" * 30_000_000,
    ],
    ids=["commas", "lines", "one word", "quotes", "brackets", "same op", "digits"],
)
def test_a_large_hostile_file_is_answered_soon(text):
    begin = time.process_time()
    looks_like_pytorch_csv(TextFile("a.csv", text))
    with pytest.raises(pv.PipevizError):
        read(text)
    assert time.process_time() - begin < 20
