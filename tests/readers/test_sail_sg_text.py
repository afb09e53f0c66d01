import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.sail_sg_text import looks_like_sail_sg_text, read_sail_sg_text
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

FORMATS = Path(__file__).parents[1] / "formats"
RECORDED = sorted(
    (Path(__file__).parents[3] / "shared" / "oracle" / "orders").glob("sailsg-*.json")
)
#: What is in upper case: chunk 0, chunk 1, or what a microbatch meets first.
PRINTED = {
    "handcrafted": lambda _, chunk: chunk == 0,
    "runtime": lambda _, chunk: chunk == 1,
    "heuristic": lambda kind, chunk: (chunk == 0) == (kind == "F"),
}
WORDS = {"I": "B", "B": "BW"}


def read(text, name="order.txt"):
    return read_sail_sg_text([TextFile(name, text)], ReadOptions())


def answer(text):
    try:
        return read(text)
    except pv.PipevizError as error:
        return error


def slots(plan):
    return [[str(slot) for slot in row] for row in plan.orders]


def printed(plan, is_upper, first=0):
    def word(op):
        kind = WORDS.get(op.kind.value, op.kind.value)
        upper = is_upper(kind, op.stage // plan.devices)
        return f"{kind if upper else kind.lower()}{op.microbatch + first}"

    return "\n".join(" ".join(word(op) for op in row) for row in plan.orders)


@pytest.mark.parametrize("how", PRINTED)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_codes_own_orders_are_read_however_the_chunks_are_printed(path, how):
    record = json.loads(path.read_text())
    plan = pv.Plan.parse(record["order"], record["microbatches"], record["placement"])
    text = printed(plan, PRINTED[how])
    assert looks_like_sail_sg_text(TextFile("a", text))
    assert read(text) == plan
    assert read(printed(plan, PRINTED[how], first=1)) == plan


@given(
    st.sampled_from(["zb-v", "zb-h1", "1f1b", "gpipe"]),
    st.integers(1, 5),
    st.integers(1, 9),
    st.sampled_from(list(PRINTED)),
)
def test_a_schedule_is_read_from_how_it_would_be_printed(name, devices, microbatches, how):
    plan = pv.plan(name, devices=devices, microbatches=microbatches)
    back = read(printed(plan, PRINTED[how]))
    assert (back.orders, back.placement) == (plan.orders, plan.placement)


def test_one_chunk_is_a_stage_per_line():
    assert slots(read("F0 F1 BW0 BW1\nF0 BW0 F1 BW1")) == [
        ["0F0", "0F1", "0B0", "0B1"],
        ["1F0", "1B0", "1F1", "1B1"],
    ]


def test_b_is_full_without_w_and_dgrad_with_it():
    assert slots(read("F0 B0 F1 B1 W1")) == [["0F0", "0B0", "0F1", "0I1", "0W1"]]
    assert slots(read("F0 BW0 F1 B1 W1")) == [["0F0", "0B0", "0F1", "0I1", "0W1"]]


def test_the_example_is_a_v():
    plan = read((FORMATS / "zb-v.txt").read_text())
    assert plan.placement == ((0, 1, 1, 0),)
    assert slots(plan)[1][:6] == ["1F0", "2F0", "1F1", "2I0", "2F1", "2W0"]
    assert pv.simulate(plan).makespan > 18


@pytest.mark.parametrize(
    "text",
    [
        ">>>>>>>> zb-v\nF-0 B-0 \n      F-0 B-0 \n zb-v <<<<<<<<",
        "F0,B0\n,F0,,B0",
        "f0 sf0 rb0 b0\n\nrf0 f0 b0 sb0\n",
        "F0 . . B0\n. F0 B0 __",
        "F1 B1\r\nF1 B1\r\n",
        "# two stages\nF0 B0\n# and\nF0 B0",
    ],
)
def test_all_that_is_printed_around_the_ops_is_left_out(text):
    assert slots(read(text)) == [["0F0", "0B0"], ["1F0", "1B0"]]
    assert looks_like_sail_sg_text(TextFile("a", text))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", pv.SpecError, "order.txt:1: this file has no ops (write a line for each device"),
        ("...\n...", pv.SpecError, "order.txt:1: this file has no ops"),
        ("F0 B0\nF0 X0", pv.SpecError, "order.txt:2: 'X0' is not an op (write one of F B W"),
        ("F0 B0\n\nF0 Fx", pv.SpecError, "order.txt:3: 'Fx' is not an op"),
        ("F0 Bw0", pv.SpecError, "order.txt:1: 'Bw0' is not an op"),
        (" 4   8, [ 1 1 1 0], half", pv.SpecError, "order.txt:1: '4' is not an op"),
        ("F0 B0\nF0", pv.PlanError, "order.txt:2: 1B0 is missing"),
        ("F0 B0\nF0 B0 F0", pv.PlanError, "order.txt:2: 1F0 runs twice"),
        ("F0 BW0 F1 B1", pv.PlanError, "order.txt:1: 0W1 is missing (B is read as dgrad"),
        ("F2 B2", pv.PlanError, "order.txt:1: microbatch 0 is missing"),
        ("F0 f0 b0", pv.PlanError, "order.txt:1: 0B0 is missing"),
    ],
)
def test_what_is_no_order_is_refused_with_its_line(text, error, message):
    with pytest.raises(error) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def test_an_order_that_waits_in_a_circle_is_refused_with_its_line():
    plan = read("F0 B0 F1 B1\nF1 B1 F0 B0")
    with pytest.raises(pv.PlanError, match=r"order.txt:1: the order deadlocks"):
        pv.simulate(plan)


@pytest.mark.parametrize(
    "text", ["", "0F0,0B0", "Stage 0: F0 F1", "schedule: 1f1b", "{}", "gantt", "B", "Hello F0"]
)
def test_other_text_does_not_look_like_it(text):
    assert not looks_like_sail_sg_text(TextFile("a", text))


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from([*"FfBbWwIi0123 ,.-\n", "BW", "bw", "SF0", ">>>"])).map(
            "".join
        ),
    )
)
def test_any_text_gives_a_plan_or_a_message(text):
    looks_like_sail_sg_text(TextFile("a.txt", text))
    found = answer(text)
    assert isinstance(found, pv.Plan) or found.location.line


@pytest.mark.parametrize(
    "text",
    [
        "F0 " * 9_000_000,
        "F" * 30_000_000,
        "<" * 300_000 + "x",
        "-" * 30_000_000,
        "F0 " * 300_000,
    ],
    ids=["words", "one word", "arrows", "dashes", "same op"],
)
def test_a_large_hostile_file_is_answered_soon(text):
    begin = time.process_time()
    looks_like_sail_sg_text(TextFile("a.txt", text))
    with pytest.raises(pv.PipevizError):
        read(text)
    assert time.process_time() - begin < 20
