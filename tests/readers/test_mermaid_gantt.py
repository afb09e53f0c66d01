import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.gantt_labels import label_of
from sphinx_pipeviz.readers.gantt_times import Clock, duration
from sphinx_pipeviz.readers.mermaid_gantt import looks_like_mermaid_gantt, read_mermaid_gantt
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

FORMATS = Path(__file__).parents[1] / "formats"
HEAD = "gantt\ndateFormat X\nsection GPU 0\n"


def read(text, unit=None):
    return read_mermaid_gantt([TextFile("chart.md", text)], ReadOptions(unit=unit))


def answer(text):
    try:
        return read(text)
    except pv.PipevizError as error:
        return error


def bars(timeline):
    return [[(str(run.slot), run.start, run.end) for run in row] for row in timeline.rows]


def row(*tasks, date_format="X", unit=None):
    text = f"gantt\ndateFormat {date_format}\nsection A\n" + "\n".join(tasks)
    (found,) = bars(read(text, unit))
    return found


def test_the_example_is_read():
    timeline = read((FORMATS / "1f1b.mmd").read_text())
    assert timeline.titles == ("GPU 0", "GPU 1")
    assert timeline.as_written
    assert bars(timeline) == [
        [("F0", 0, 1), ("F1", 1, 2), ("B0", 4, 6), ("B1", 7, 9)],
        [("F0", 1, 2), ("B0", 2, 4), ("F1", 4, 5), ("B1", 5, 7)],
    ]


def test_an_impossible_chart_in_a_document_is_refused_with_its_line():
    text = (FORMATS / "impossible-gantt.md").read_text()
    with pytest.raises(pv.PlanError) as caught:
        read(text)
    assert str(caught.value) == (
        "chart.md:11: device GPU 0 runs B1 (2 to 3) before its input B1 on device GPU 1"
        " ends at 3"
    )


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (["F0 :f0, 0, 1", "B0 :b0, 1, 3"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 :0, 1", "B0 :1, 3"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 :1s", "B0 :2s"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 :a, 0, 1s", "B0 :after a, 2s"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["B0 :b, after a, 2s", "F0 :a, 0, 1s"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 :a, 0, 2", "F1 :b, 3, 5", "B0 :after a b, 1s"], [("F0", 0, 2), ("F1", 3, 5)]),
        (["F0 :a, 0, until b", "B0 :b, 3, 4"], [("F0", 0, 3), ("B0", 3, 4)]),
        (["F0 :done, a, 0, 1", "B0 :active, crit, 1, 3"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 : 0, 1", "go :milestone, 1, 0s", "B0 : 1, 3"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 : 0, 500ms", "B0 : 1, 3"], [("F0", 0, 500), ("B0", 1000, 3000)]),
        (["F0 : 1, 2"], [("F0", 1, 2)]),
        (["F0 : 1700000000, 1s", "B0 : 2s"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 : 0, 1 # first", "%% B0", "B0 : 1, 3;"], [("F0", 0, 1), ("B0", 1, 3)]),
        (["F0 : 0, 1", "B0 : 1, 2", "W0 : 2, 3"], [("F0", 0, 1), ("I0", 1, 2), ("W0", 2, 3)]),
    ],
    ids=range(14),
)
def test_tasks_are_placed_as_mermaid_places_them(tasks, expected):
    assert row(*tasks)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("date_format", "task", "length"),
    [
        ("X", "0, 2", 2),
        ("x", "0, 2", 2),
        ("s", "0, 2", 2),
        ("ss", "00, 02", 2),
        ("SSS", "0, 10ms", 10),
        ("X", "0, 3m", 180),
        ("YYYY-MM-DD", "2024-02-28, 2024-03-01", 2),
        ("YYYY-MM-DD", "2024-01-01, 1w", 7),
        ("YYYY-MM-DD", "2024-01-01, 12h", 12),
        ("DD.MM.YYYY", "01.02.2024, 03.02.2024", 2),
        ("HH:mm", "00:00, 00:05", 5),
        ("HH:mm:ss", "00:00:00, 00:01:30", 90),
        ("YYYY-MM-DDTHH:mm:ss.SSS", "2024-01-01T00:00:00.000, 7ms", 7),
    ],
)
def test_times_are_in_the_unit_of_the_date_format(date_format, task, length):
    assert row(f"F0 :{task}", date_format=date_format) == [("F0", 0, length)]


def test_a_unit_may_be_asked_for():
    assert row("F0 :0, 2", unit="ms") == [("F0", 0, 2000)]
    assert row("F0 :0, 90s", unit="min") == [("F0", 0, 1.5)]
    with pytest.raises(pv.SpecError, match="unit cannot be 'fortnight'"):
        row("F0 :0, 2", unit="fortnight")


def test_end_dates_may_include_their_day():
    (found,) = read("gantt\ninclusiveEndDates\nF0 :2024-01-01, 2024-01-02").rows
    assert found[0].duration == 2


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("F0", ("forward", 0)),
        ("b12", ("backward", 12)),
        ("I3", ("backward-input", 3)),
        ("W3", ("backward-weight", 3)),
        ("F₁₂", ("forward", 12)),
        ("F(mb2)", ("forward", 2)),
        ("F mb2", ("forward", 2)),
        ("F-2", ("forward", 2)),
        ("Forward 1", ("forward", 1)),
        ("Forward pass 1", ("forward", 1)),
        ("Backward MB1", ("backward", 1)),
        ("bwd_micro-batch 1", ("backward", 1)),
        ("MB1 fwd", ("forward", 1)),
        ("μB1 bwd", ("backward", 1)),
        ("Micro 1 Forward", ("forward", 1)),
        ("Micro-batch 4 (backward)", ("backward", 4)),
        ("MB3-F", ("forward", 3)),
        ("Batch 1 F0", ("forward", 1)),
        ("MB2", ("forward", 2)),
        ("microbatch 2", ("forward", 2)),
        ("2B5", ("backward", 5, 2)),
        ("AllReduce", ("AllReduce",)),
        ("F1 and B1", ("F1 and B1",)),
    ],
)
def test_what_a_task_is_called_says_what_it_does(name, label):
    found = label_of(name)
    assert found[: len(label)] == label
    assert not any(found[len(label) :])


@pytest.mark.parametrize(
    "name", ["idle", "Idle1", "Bubble", "(bubble)", "wait", "空闲", "버블", "Stall 2"]
)
def test_idle_tasks_are_left_out(name):
    assert row("F0 :0, 1", f"{name} :0, 5") == [("F0", 0, 1)]


def test_other_tasks_keep_their_names():
    assert row("F0 :0, 1", "Update weights :1, 2")[1] == ("Update weights", 1, 2)
    assert row("F0 :0, 1", "Optimizer :1, 2")[1] == ("OPT", 1, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# Title\n\n```mermaid\n", "\n```\nF9: text, more\n```\ngantt\n```"),
        ("~~~ {.mermaid}\n", "\n~~~\ntext"),
        (':::{mermaid}\n---\nconfig: x\n---\n%%{init: {"a": 1}}%%\n', "\n:::\nA line"),
        ('<div class="mermaid">\n', "\n</div>\n<p>F1: 0, 1</p>"),
        ("```mermaid\ngraph LR\nA --> B\n```\n```mermaid\n", "\n```\n"),
        ("```mermaid\n", "\n```\n```mermaid\n" + HEAD + "F0 :0, 9\n```"),
    ],
    ids=range(7),
)
def test_the_first_chart_of_a_document_is_read(before, after):
    text = f"{before}{HEAD}F0 :0, 1{after}"
    assert bars(read(text)) == [[("F0", 0, 1)]]
    assert bars(read(text.replace("\n", "\r\n"))) == [[("F0", 0, 1)]]
    assert looks_like_mermaid_gantt(TextFile("a", text))


def test_a_chart_ends_where_a_directive_does():
    text = ".. mermaid::\n\n   gantt\n      dateFormat X\n      F0 :0, 1\n\nText: and more"
    assert bars(read(text)) == [[("F0", 0, 1)]]


def test_a_section_may_be_continued():
    text = f"{HEAD}F0 :0, 1\nsection GPU 1\nF0 :1, 2\nsection GPU 0\nF1 :1, 2"
    assert bars(read(text)) == [[("F0", 0, 1), ("F1", 1, 2)], [("F0", 1, 2)]]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", pv.SpecError, "chart.md:1: there is no gantt chart in this file"),
        ("gantt", pv.SpecError, "chart.md:1: no task of this chart is a forward or a backward"),
        (f"\n{HEAD}Plan :0, 1", pv.SpecError, "chart.md:2: no task of this chart"),
        (f"{HEAD}F0", pv.SpecError, "chart.md:4: 'F0' is not a task (write a name, a colon"),
        (f"{HEAD}F0 :", pv.SpecError, "chart.md:4: the task 'F0' has no start and end"),
        (f"{HEAD}F0 :done", pv.SpecError, "chart.md:4: the task 'F0' has no start and end"),
        (f"{HEAD}F0 :a, b, 0, 1", pv.SpecError, "chart.md:4: the task 'F0' has no start"),
        (f"{HEAD}: 0, 1", pv.SpecError, "chart.md:4: a task has no name"),
        (
            f"{HEAD}B :0, 1",
            pv.SpecError,
            "chart.md:4: the task 'B' does not say its microbatch",
        ),
        (
            f"{HEAD}F0 :0, 1\nF1 :1, 1",
            pv.SpecError,
            "chart.md:5: the task 'F1' ends at '1', no",
        ),
        (f"{HEAD}F0 :f, 1s", pv.SpecError, "chart.md:4: 'f' is not a number"),
        (f"{HEAD}F0 :0, soon", pv.SpecError, "chart.md:4: 'soon' is not a number (write a num"),
        (
            f"{HEAD}F0 :a, 0, 1\nF1 :after aa, 1s",
            pv.SpecError,
            "chart.md:5: no task has the id",
        ),
        (
            f"{HEAD}F0 :a, after a, 1s",
            pv.SpecError,
            "chart.md:4: the task 'F0' waits for itself",
        ),
        (f"{HEAD}F0 :a, after b, 1s\nF1 :b, after a, 1s", pv.SpecError, "chart.md:4: the task"),
        (f"{HEAD}excludes weekends", pv.SpecError, "chart.md:4: a chart that excludes days"),
        (
            "gantt\nF0 :0, 1",
            pv.SpecError,
            "chart.md:2: '0' is not a date of the form YYYY-MM-DD",
        ),
        ("gantt\nF0 :2024-13-01, 1d", pv.SpecError, "chart.md:2: '2024-13-01' is not a date"),
        (
            f"{HEAD}F0 :0, 2\nF1 :1, 2",
            pv.PlanError,
            "chart.md:5: device GPU 0 runs F0 (0 to 2) a",
        ),
        (
            f"{HEAD}B0 :0, 1\nF0 :1, 2",
            pv.PlanError,
            "chart.md:4: device GPU 0 runs B0 (0 to 1) b",
        ),
        (
            f"{HEAD}Forwards :0, 1\nF0: 1, 2",
            pv.SpecError,
            "chart.md:4: 'Forwards' is not a type",
        ),
    ],
    ids=range(21),
)
def test_what_is_no_chart_is_refused_with_its_line(text, error, message):
    with pytest.raises(error) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def test_a_bare_number_at_the_end_is_explained():
    with pytest.raises(pv.SpecError, match="write 1s for how long it takes"):
        read(f"{HEAD}F1 :1, 1")
    with pytest.raises(pv.SpecError, match="add the line dateFormat X"):
        read("gantt\nF0 :f0, 0, 1")


@pytest.mark.parametrize("text", ["", "0F0,0B0", "Stage 0: F0", "gantt: 1", "a gantt chart"])
def test_other_text_does_not_look_like_it(text):
    assert not looks_like_mermaid_gantt(TextFile("a", text))


@given(
    st.sampled_from(["1f1b", "gpipe", "zb-h1"]),
    st.integers(1, 5),
    st.integers(1, 9),
    st.sampled_from(["s", "ms", "d", "until"]),
)
def test_a_timeline_is_read_from_its_chart(name, devices, microbatches, unit):
    timeline = pv.simulate(pv.plan(name, devices=devices, microbatches=microbatches))
    day = {"ms": "SSS", "d": "DD"}.get(unit, "X")
    lines = ["gantt", f"dateFormat {day}"]
    for device, runs in enumerate(timeline.rows):
        lines.append(f"section Device {device}")
        for run in runs:
            end = f"{run.end:g}" if unit == "until" else f"{run.duration:g}{unit}"
            lines.append(f"{run.slot.kind}{run.slot.microbatch} :{run.start:g}, {end}")
    found = read("\n".join(lines))
    times = [[(run.start, run.end) for run in row] for row in timeline.rows]
    assert [[(run.start, run.end) for run in row] for row in found.rows] == times


PIECES = [
    *("gantt\n", "dateFormat ", "X\n", "section ", "F0", "B1", ":", ",", "0", "1s", "after a"),
    *(
        "until a",
        "a",
        "\n",
        " ",
        "YYYY-MM-DD\n",
        "done",
        "```",
        "excludes",
        "2024-01-01",
        "é",
        "#",
    ),
]


@given(
    st.one_of(
        st.text(),
        st.text().map(lambda text: f"gantt\n{text}"),
        st.lists(st.sampled_from(PIECES)).map(lambda pieces: HEAD + "".join(pieces)),
    )
)
def test_any_text_gives_a_timeline_or_a_message(text):
    looks_like_mermaid_gantt(TextFile("a.md", text))
    found = answer(text)
    assert isinstance(found, pv.Timeline) or found.location.line


@given(st.text(max_size=40), st.text(max_size=30))
def test_any_date_format_reads_or_refuses_any_date(date_format, text):
    assert Clock(date_format).time(text) is None or isinstance(
        Clock(date_format).time(text), float
    )
    assert duration(text) is None or duration(text) >= 0


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "F0 :0, 1s\n" * 500_000,
        HEAD + "".join(f"F0 :a{i}, after a{i + 1}, 1s\n" for i in range(150_000)),
        HEAD + "F0 :" + "," * 20_000_000,
        HEAD + ":" * 20_000_000,
        HEAD + "F" * 20_000_000,
        HEAD + "F0 :a, 0, 1s\nF1 :after" + " a" * 10_000_000,
        "gantt\n" * 1_000_000,
        " " * 20_000_000,
        " \n" * 900_000,
        "gantt" + " " * 20_000_000 + "x",
        "gantt\ndateFormat " + "Y" * 20_000_000,
        HEAD + "section " + "x" * 20_000_000 + "\nF0: 0, 0",
    ],
    ids=range(12),
)
def test_a_large_hostile_file_is_answered_soon(text):
    begin = time.process_time()
    looks_like_mermaid_gantt(TextFile("a.md", text))
    found = answer(text)
    assert isinstance(found, (pv.PipevizError, pv.Timeline))
    assert time.process_time() - begin < 20
