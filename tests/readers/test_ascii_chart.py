import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.ascii_chart import looks_like_ascii_chart, read_ascii_chart
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

FORMATS = Path(__file__).parents[1] / "formats"
TWO = [["0F0", "0F1", "0B0", "0B1"], ["1F0", "1F1", "1B0", "1B1"]]


def read(text, name="chart.txt"):
    return read_ascii_chart([TextFile(name, text)], ReadOptions())


def answer(text):
    try:
        return read(text)
    except pv.PipevizError as error:
        return error


def slots(plan):
    return [[str(slot) for slot in row] for row in plan.orders]


@pytest.mark.parametrize(
    "text",
    [
        "Stage 0: [F0][F1]    [B0][B1]\nStage 1:     [F0][F1][B0][B1]",
        "GPU0 | F1 F2 . . B1 B2\nGPU1 | . F1 F2 B1 B2 .",
        "Device 1: F0 F1 __ B0 B1\nDevice 2: __ F0 F1 B0 B1",
        "stage 0 F0 F1 B0 B1\nstage 1 F0 F1 B0 B1",
        "Rank 0 -> F0 F1 -- B0 B1\nRank 1 -> -- F0 F1 B0 B1",
        "Time:     1  2  3\nGPU 1: F0 F1 B0 B1\nGPU 0: F0 F1 B0 B1\n(F = forward)",
        "/// <code>\n/// Stage 0: F0 F1 __ B0 B1\n/// Stage 1: __ F0 F1 B0 B1\n/// </code>",
        "  # Worker 0: F0 F1 B0 B1   # first\n  # Worker 1: F0 F1 B0 B1   <- last",
        "│ GPU 0 │ F0 │ F1 │    │ B0 │ B1 │\n├───────┼────┤\n│ GPU 1 │ F0 │ F1 │ B0 │ B1 │",
        "PP rank 0 (layers 0-7): f0 f1 b0 b1\nPP rank 1 (layers 8-15): f0 f1 b0 b1",
        "S0: F₀ F₁ B₀ B₁\nS1: F₀ F₁ B₀ B₁",
        "S0: F(0) F(1) B(0) B(1)\nS1: F(mb0) F(mb1) B(mb0) B(mb1)",
        "S0: FWD0 FWD1 BWD0 BWD1\nS1: fwd_0 fwd_1 bwd_0 bwd_1",
        "S0: F0 F1 | idle B0 B1\nS1: [   ] F0 F1 | B0 → B1 ···",
        (
            "|------|----|----|----|----|-----|\n| GPU0 | F1 | F2 | B1 | B2 |FLUSH|\n"
            "|------|----|\n| GPU1 | F1 | F2 | B1 | B2 |FLUSH|"
        ),
        "GPU 0: Layers 0-5\nGPU 1: Layers 6-11\n\nGPU 0: F0 F1 B0 B1\nGPU 1: F0 F1 B0 B1",
        "GPU 0: F0 F1 B0 B1\nGPU 1: F0 F1 B0 B1\n\nGPU 0: F0 B0\nGPU 1: F0 B0",
        "GPU 0: F0 F1 B0 B1\nGPU 1: F0 F1 B0 B1\n\nOf these, at once,\n\nGPU 2 has F0.",
    ],
    ids=range(18),
)
def test_the_ways_to_draw_two_rows_are_read(text):
    assert slots(read(text)) == TWO
    assert looks_like_ascii_chart(TextFile("a", text)) or text.startswith("GPU 0: Layers")


def test_the_example_is_simulated():
    text = (FORMATS / "chart.txt").read_text()
    plan = read(text)
    assert plan.placement == ((0, 1),)
    assert pv.simulate(plan).makespan == 12
    assert slots(read(text.replace("\n", "\r\n"))) == slots(plan)


def test_backwards_may_be_split():
    assert slots(read("S0: F0 B0 W0 F1 BW1")) == [["0F0", "0I0", "0W0", "0F1", "0B1"]]
    assert slots(read("S0: F0 I0 W0")) == [["0F0", "0I0", "0W0"]]


def test_an_idle_row_is_a_row():
    with pytest.raises(pv.PlanError, match=r"chart.txt:2: 2 ops are missing, first 1F0"):
        read("S0: F0 B0\nS1: . .\nS2: F0 B0")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", pv.SpecError, "chart.txt:1: there is no chart in this file (start each row"),
        ("F0 F1\nB0", pv.SpecError, "chart.txt:1: there is no chart"),
        ("Stage 0: Layers 0 to 7", pv.SpecError, "chart.txt:1: there is no chart"),
        ("\nS0: F0 B0\nS1: F0 Q0", pv.SpecError, "chart.txt:3: 'Q0' is not an op (write a"),
        ("S0: F0 B0\nS1: Fx Bx", pv.SpecError, "chart.txt:2: 'Fx' is not an op"),
        ("S0: F0F1 B0 B1", pv.SpecError, "chart.txt:1: 'F0F1' is not an op"),
        ("S0: [F0.0][F0.1] B0", pv.SpecError, "chart.txt:1: 'F0.0' is not an op"),
        ("S0: (F1|B0) B1", pv.SpecError, None),
        ("S0: F0&B1 F1 B0", pv.SpecError, "chart.txt:1: '&B1' is not an op"),
        ("S0: F0 B0\n...\nS15: F0 B0", pv.SpecError, "chart.txt:3: the row of s 1 is missing"),
        ("GPU 2: F0 B0\nGPU 3: F0 B0", pv.SpecError, "chart.txt:1: the row of gpu 1 is miss"),
        ("S0: F0 F1 B0\nS1: F0 B0 F1 B1", pv.PlanError, "chart.txt:1: 0B1 is missing"),
        ("S0: F0 B0\nS1: F0 F0 B0", pv.PlanError, "chart.txt:2: 1F0 runs twice"),
        ("S0: F3 B3", pv.PlanError, "chart.txt:1: microbatch 0 is missing"),
        ("S1: F0 B0\nS0: F0", pv.PlanError, "chart.txt:2: 0B0 is missing"),
    ],
    ids=range(15),
)
def test_what_is_no_order_is_refused_with_its_line(text, error, message):
    if message is None:
        assert slots(read("S0: F0 (F1|B0) B1")) == [["0F0", "0F1", "0B0", "0B1"]]
        return
    with pytest.raises(error) as caught:
        read(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Device 0: F0 B0\nDevice 0: F1 B1", "device 0 has two rows, in lines 1 and 2"),
        ("\nGPU 0: F0\nGPU 1: F0\nGPU 0: B0", "gpu 0 has two rows, in lines 2 and 4"),
    ],
)
def test_a_row_that_comes_again_is_refused(text, message):
    with pytest.raises(pv.SpecError) as caught:
        read(text)
    assert caught.value.message == message
    assert caught.value.location.line == len(text.split("\n"))


@pytest.mark.parametrize("between", ["\n", "GPipe:\n", "\n\n\n\n"])
def test_another_chart_is_not_read(between):
    first = "GPU 0: F0 B0\nGPU 1: F0 B0\n"
    assert slots(read(first + between + first.replace("0\n", "1\n"))) == slots(read(first))


def test_a_chart_that_devices_cannot_run_is_refused_with_its_row():
    """A drawn 1F1B: its first rank has the backward before the second can send it."""
    plan = read("GPU 0: F0 B0 F1 B1\n\nGPU 1: F1 B1 F0 B0")
    with pytest.raises(pv.PlanError, match=r"chart.txt:1: the order deadlocks"):
        pv.simulate(plan)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "F0 F1",
        "0F0,0B0",
        "schedule: 1f1b",
        "stage: 0",
        "{}",
        "gantt\nsection GPU 0\nF0: 0, 1",
    ],
)
def test_other_text_does_not_look_like_it(text):
    assert not looks_like_ascii_chart(TextFile("a", text))


@given(
    st.sampled_from(["1f1b", "gpipe", "zb-h1"]),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(0, 1),
    st.sampled_from(["{}{} ", "[{}{}]", "{}({})..", "| {}_{} "]),
)
def test_a_schedule_is_read_from_its_drawing(name, devices, microbatches, first, cell):
    plan = pv.plan(name, devices=devices, microbatches=microbatches)
    text = "\n".join(
        f"Stage {device + first}: "
        + "".join(cell.format(slot.kind, slot.microbatch + first) for slot in row)
        for device, row in enumerate(plan.orders)
    )
    assert read(text).orders == plan.orders


PIECES = [
    "Stage 0:",
    "GPU 1 |",
    "F0",
    "B0",
    "[",
    "]",
    " ",
    "\n",
    ".",
    "W1",
    "é",
    "(",
    "S1:",
    "F(",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_gives_a_plan_or_a_message(text):
    looks_like_ascii_chart(TextFile("a.txt", text))
    found = answer(text)
    assert isinstance(found, pv.Plan) or found.location.line


@pytest.mark.parametrize(
    "text",
    [
        "S0:" + "(" * 30_000_000,
        "S0:" + "F" * 30_000_000,
        "S0:" + "F0 " * 300_000,
        "S0:\n" * 1_500_000,
        " " * 30_000_000,
        "S0 (" * 5_000_000,
        "S0:" + "F(" * 10_000_000,
        "S0:" + "F(" + " " * 10_000_000,
        "S0: F" + "1" * 10_000_000,
        "\n" * 10_000_000,
    ],
    ids=range(10),
)
def test_a_large_hostile_file_is_answered_soon(text):
    begin = time.process_time()
    looks_like_ascii_chart(TextFile("a.txt", text))
    with pytest.raises(pv.PipevizError):
        read(text)
    assert time.process_time() - begin < 20
