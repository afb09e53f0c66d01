import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.chrome_trace import looks_like_chrome_trace, read_chrome_trace
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

from .measured_files import WHOLE, assert_same, event, kept, simulated, slots

PLAIN = ReadOptions()
SIMULATED = WHOLE / "torch-simulated-zbv-p4m8.json"


def trace(*events, name="trace.json"):
    return TextFile(name, json.dumps(list(events)))


def x(name, start=0, duration=1000, **keys):
    return {"ph": "X", "name": name, "ts": start, "dur": duration} | keys


def rows(*events, **options):
    return slots(read_chrome_trace([trace(*events)], ReadOptions(**options)).rows)


def written(timeline):
    events = [
        event(f"{run.slot}", run, pid=device, cat="wrong")
        for device, row in enumerate(timeline.rows)
        for run in row
    ]
    return TextFile("trace.json", json.dumps({"traceEvents": events}))


def test_begins_and_ends_of_an_open_ended_array_are_read():
    (file,) = kept("chrome_trace")
    assert looks_like_chrome_trace(file)
    read = read_chrome_trace([file], PLAIN)
    assert slots(read.rows) == [["F1", "B1"], ["F1", "B1"]]
    assert read.titles == ("first", "last")
    assert read.as_written
    assert [run.start for run in read.rows[0]] == [0, 8]
    assert [run.end for run in read.rows[1]] == [4, 8]


@pytest.mark.parametrize("name", ["1f1b", "zb-h1", "zb-v", "dualpipev"])
def test_a_schedule_written_as_a_trace_is_read_back(name):
    timeline = simulated(name)
    file = written(timeline)
    assert looks_like_chrome_trace(file)
    read = read_chrome_trace([file], PLAIN)
    assert_same(read, timeline)
    assert read.titles == ("",) * 4


@pytest.mark.skipif(not SIMULATED.exists(), reason="the traces are not beside the checkout")
def test_pytorchs_dump_of_an_order_is_put_in_time():
    plan = pv.plan("zb-v", devices=4, microbatches=8)
    file = TextFile(SIMULATED.name, SIMULATED.read_text(encoding="utf-8"))
    read = read_chrome_trace([file], ReadOptions(unit="us"))
    assert slots(read.rows) == [[str(slot) for slot in row] for row in plan.orders]
    text = "schedule: zb-v\ndevices: 4\nmicrobatches: 8\nall-reduce: stage"
    timed = pv.simulate(pv.read(text))
    starts = [[run.start for run in row] for row in timed.rows]
    assert [[round(run.start, 6) for run in row] for row in read.rows] == starts
    sends = [lane for lane in read.lanes if lane.name == "transfers"]
    assert len(sends) == 4


def test_steps_that_wait_in_a_circle_are_refused():
    events = [
        x("0F0", 1, 1, pid=0),
        x("1B0", 0, 1, pid=1),
        x("0B0", 0, 1, pid=0),
        x("1F0", 1, 1, pid=1),
    ]
    with pytest.raises(pv.PlanError, match="before its input"):
        read_chrome_trace([trace(*events)], PLAIN)


def test_rows_are_processes_or_threads_and_sorted_as_the_trace_wants():
    events = [
        {"ph": "M", "name": "process_name", "pid": 9, "args": {"name": "run"}},
        {"ph": "M", "name": "thread_name", "pid": 9, "tid": 2, "args": {"name": "late\n"}},
        {"ph": "M", "name": "thread_sort_index", "pid": 9, "tid": 2, "args": {"sort_index": 7}},
        x("F0", 1000, pid=9, tid=2),
        x("F0", 0, pid=9, tid=10),
    ]
    read = read_chrome_trace([trace(*events)], PLAIN)
    assert read.titles == ("10", "late")
    read = read_chrome_trace([trace(x("F0", pid="b2")), trace(x("F0", 1000, pid="b10"))], PLAIN)
    assert read.titles == ("b2", "b10")


def test_devices_of_a_pattern_are_rows():
    events = [x("d1:fwd:0", 1000), x("d0:fwd:0"), x("d0:bwd:0", 5000)]
    pattern = r"d(?P<device>\d):(?P<kind>\w+):(?P<microbatch>\d)"
    read = read_chrome_trace([trace(*events)], ReadOptions(pattern=pattern))
    assert slots(read.rows) == [["F0", "B0"], ["F0"]]
    assert read.titles == ("0", "1")


def test_transfers_stand_beside_the_passes_of_their_process():
    events = [x("F0"), x("SEND_F0", 500, tid=1), x("all_reduce", tid=1), x("send_f 0", pid=7)]
    read = read_chrome_trace([trace(*events)], PLAIN)
    assert slots(read.rows) == [["F0"]]
    assert [(lane.device, lane.name, len(lane.runs)) for lane in read.lanes] == [
        (0, "transfers", 1)
    ]


def test_stages_may_be_counted_from_one():
    read = read_chrome_trace([trace(x("1F1"), x("2F1", 1000, pid=1))], PLAIN)
    assert read.stages == 2
    assert slots(read.rows) == [["0F1"], ["1F1"]]


def test_microbatches_that_come_again_are_numbered_on():
    events = [
        x(f"F{number}", step * 9000 + number * 1000) for step in (0, 1) for number in (1, 2)
    ]
    assert rows(*events) == [["F1", "F2", "F3", "F4"]]


def test_noise_of_the_clock_is_no_mistake_but_more_is():
    assert rows(x("0F0"), x("1F0", 950, pid=1)) == [["0F0"], ["1F0"]]
    with pytest.raises(pv.PlanError, match="before its input F0 on stage 0 ends"):
        rows(x("0F0"), x("1F0", 500, pid=1))
    with pytest.raises(pv.PlanError, match=r"runs F0 .* and F1 .* at once") as caught:
        rows(x("F0"), x("F1", 500, 2000))
    assert str(caught.value.location) == "trace.json"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("[", "no event of this trace names a pass", None),
        ('[{"ph": "X", "name": "aten::mm"}]', "there are 'aten::mm'", None),
        ('[\n{"ph": "X", "name": "F0", "ts": 1}]', "event 0, 'F0', lacks 'dur'", 2),
        ('[\n\n{"ph": "B", "name": "F0"}]', "event 0, 'F0', lacks 'ts'", 3),
        ('[{"ph": "B", "name": "F0", "ts": 1}', "event 0, 'F0', never ends", None),
        ('[{"ph":"B","name":"F0","ts":2},\n{"ph":"E","ts":1}]', "ends 'F0' before it", 2),
        ('[{"ph": "X", "name": "F0", "ts": 1, "dur": -1}]', "dur of event 0 is negative", 1),
        ("[1]", "event 0 must be an object, not 1", 1),
        ('[{"ph": "X"}\n{"ph": "X"}]', "Expecting ',' delimiter", 2),
        ("[] []", "Extra data", 1),
        ('{"traceEvents": [', "this is not valid JSON", 1),
        ('{"a": 1', "Expecting ',' delimiter", 1),
        ("{1: 2}", "property name", 1),
        ('{"a" 2}', "Expecting ':' delimiter", 1),
        (f"[{'9' * 5000}]", "this JSON cannot be read", None),
        ("", "this is not a trace in JSON", 1),
        ("F0 F1", "this is not a trace in JSON", 1),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message, line):
    with pytest.raises(pv.SpecError) as caught:
        read_chrome_trace([TextFile("t.json", text)], PLAIN)
    assert message in caught.value.message
    place = caught.value.location
    assert (place.source, place.line) == ("t.json", line)


def test_kinds_of_a_pattern_that_are_no_passes_are_told():
    with pytest.raises(pv.SpecError) as caught:
        read_chrome_trace(
            [trace(x("zap:1"))], ReadOptions(pattern=r"(?P<kind>\w+):(?P<microbatch>\d)")
        )
    assert "by the pattern no event is a pass; its kinds are 'zap'" in str(caught.value)
    assert "known: fwd, forward" in str(caught.value)


def test_a_pattern_is_checked_even_without_files():
    with pytest.raises(pv.SpecError, match="is not a regular expression"):
        read_chrome_trace([], ReadOptions(pattern="("))
    with pytest.raises(pv.SpecError, match="there is no trace to read"):
        read_chrome_trace([], PLAIN)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=5), inner)),
)
NAMES = st.sampled_from(["F0", "1F0", "B0", "SEND_F0", "optimizer", "x"])
TIMES = st.one_of(st.integers(0, 9), st.floats(), VALUES)
EVENTS = st.fixed_dictionaries(
    {"ph": st.sampled_from("XBEM"), "name": NAMES, "ts": TIMES, "dur": TIMES},
    optional={"pid": VALUES, "tid": st.integers(0, 2), "args": VALUES},
)


@given(
    st.one_of(
        VALUES, st.lists(EVENTS), st.dictionaries(st.just("traceEvents"), st.lists(EVENTS))
    )
)
def test_any_json_is_read_or_refused(data):
    read_or_refuse(json.dumps(data))


@given(st.text())
def test_any_text_is_read_or_refused(text):
    read_or_refuse(text)
    read_or_refuse(f"[{text}")


def read_or_refuse(text):
    looks_like_chrome_trace(TextFile("t", text))
    try:
        timeline = read_chrome_trace([TextFile("t", text)], PLAIN)
    except pv.PipevizError:
        return
    assert timeline.devices


def test_many_rows_are_titled_quickly():
    events = [x("F0", place, 1, pid=place) for place in range(5000)]
    start = time.process_time()
    assert read_chrome_trace([trace(*events)], PLAIN).devices == 5000
    assert time.process_time() - start < 5
