import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile, read_file
from sphinx_pipeviz.readers.torch_trace import looks_like_torch_trace, read_torch_trace

from .measured_files import WHOLE, assert_same, event, kept, simulated, slots, torch_files

PLAIN = ReadOptions()
RUNS = [
    ("gpipe", "gpipe-p4m8", {}),
    ("interleaved-1f1b", "interleaved1f1b-p4m8", {"chunks": 2}),
    ("zb-v", "zbv-p4m8", {}),
]


def changed(file, change):
    data = json.loads(file.text)
    change(data)
    return TextFile(file.name, json.dumps(data))


def recorded(stem):
    return [
        TextFile(path.name, read_file(path, path.name))
        for path in sorted(WHOLE.glob(f"{stem}-*"))
    ]


def test_the_recorded_runs_are_used_in_ci():
    if not WHOLE.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the recorded runs are not in {WHOLE}")
        pytest.skip("only the small traces kept in tests/formats are used")
    assert all(len(recorded(stem)) == 4 for _, stem, _ in RUNS)


@pytest.mark.skipif(not WHOLE.is_dir(), reason="the recorded runs are not beside the checkout")
@pytest.mark.parametrize(("name", "stem", "keys"), RUNS)
def test_a_real_run_has_the_order_of_its_schedule(name, stem, keys):
    plan = pv.plan(name, devices=4, microbatches=8, **keys)
    files = recorded(stem)
    read = read_torch_trace(files[::-1], PLAIN)
    assert slots(read.rows) == [[str(slot) for slot in row] for row in plan.orders]
    assert read.stages == plan.stages
    assert 0.1 < pv.measure(read).bubble_ratio < 0.5
    assert all(looks_like_torch_trace(file) for file in files)


@pytest.mark.skipif(not WHOLE.is_dir(), reason="the recorded runs are not beside the checkout")
@pytest.mark.parametrize(("name", "stem", "keys"), RUNS)
def test_a_real_run_without_a_common_clock_is_put_together(name, stem, keys):
    def unknown(rank):
        def change(data):
            data.pop("baseTimeNanoseconds")
            for each in data["traceEvents"]:
                each["ts"] += rank * 12_345_678

        return change

    files = recorded(stem)
    right = read_torch_trace(files, PLAIN)
    shifted = [changed(file, unknown(rank)) for rank, file in enumerate(files)]
    read = read_torch_trace(shifted, PLAIN)
    assert slots(read.rows) == slots(right.rows), (name, keys)
    assert read.makespan == pytest.approx(right.makespan, rel=0.05)


def test_the_wait_for_what_is_received_is_cut_off():
    read = read_torch_trace(kept("torch_trace"), PLAIN)
    assert slots(read.rows) == [["0F0", "0F1", "0B0", "0B1"], ["1F0", "1B0", "1F1", "1B1"]]
    (first, *_), (second, *_) = read.rows
    assert (first.start, first.end) == (0.0, 10.0)
    assert second.start == pytest.approx(10.0)
    assert second.end == pytest.approx(20.4)
    assert [run.slot.kind for run in read.rows[0]][-1] == pv.Kind.ALL_REDUCE
    assert [lane.name for lane in read.lanes] == ["transfers", "transfers"]
    assert str(read.lanes[1].runs[0].slot) == "1RECV_F0"


@pytest.mark.parametrize(("unit", "factor"), [("us", 1000), ("ms", 1), ("s", 0.001)])
def test_times_are_given_in_the_unit_that_is_asked_for(unit, factor):
    timeline = simulated()
    read = read_torch_trace(torch_files(timeline), ReadOptions(unit=unit))
    assert read.makespan == pytest.approx(timeline.makespan * factor)


@pytest.mark.parametrize("name", ["1f1b", "zb-h1", "zb-v", "dualpipev", "looped-bfs"])
@pytest.mark.parametrize("base", [1_790_857_026_000_000_000, None])
def test_a_schedule_written_as_traces_is_read_back(name, base):
    keys = {"chunks": 2} if name == "looped-bfs" else {}
    timeline = simulated(name, **keys)
    assert_same(read_torch_trace(torch_files(timeline, base=base), PLAIN), timeline)


@pytest.mark.parametrize("name", ["1f1b", "gpipe", "zb-v"])
def test_clocks_that_disagree_are_put_together(name):
    timeline = simulated(name)
    files = torch_files(timeline, [0.0, 700_000.0, 30.0, 2_000.0])
    # What moves takes 0.5, and a first pass waits for nothing that shows it.
    assert_same(read_torch_trace(files, PLAIN), timeline, tolerance=3.1)


def test_a_traces_base_time_counts():
    timeline = simulated()
    files = torch_files(timeline, [0.0, 5000.0, 0.0, 0.0])
    late = changed(
        files[1], lambda data: data.update(baseTimeNanoseconds=1_790_857_021 * 10**9)
    )
    assert_same(read_torch_trace([files[0], late, *files[2:]], PLAIN), timeline)


def test_several_steps_are_numbered_on():
    timeline = pv.simulate(
        pv.read("schedule: 1f1b\ndevices: 2\nmicrobatches: 3\niterations: 2")
    )

    def back(data):
        for each in data["traceEvents"]:
            stage, number = each["name"][3:5], int(each["name"][5:])
            each["name"] = f"PP:{stage}{number % 3}"

    files = [changed(file, back) for file in torch_files(timeline)]
    read = read_torch_trace(files, PLAIN)
    assert_same(read, timeline)
    assert read.traits.iterations == 2


def test_an_incomplete_last_step_is_left_out():
    timeline = simulated(devices=2, microbatches=2)

    def more(data):
        data["traceEvents"].append(event("PP:0F0", timeline.rows[0][0], 500))

    first, second = torch_files(timeline)
    assert_same(read_torch_trace([changed(first, more), second], PLAIN), timeline)


def test_what_is_inside_of_an_annotation_is_not_drawn_twice():
    timeline = simulated("dualpipev", microbatches=8)
    (pair,) = [run for run in timeline.rows[3] if len(run.slot.ops) == 2][:1]

    def inner(data):
        half = pair._replace(duration=pair.duration / 2)
        data["traceEvents"] += [event(f"PP:{op}", half) for op in pair.slot.ops]

    files = torch_files(timeline)
    assert_same(read_torch_trace([*files[:3], changed(files[3], inner)], PLAIN), timeline)


def test_times_on_the_gpu_are_taken_if_all_passes_have_them():
    timeline = simulated(devices=1, microbatches=2)

    def gpu(data):
        for each in list(data["traceEvents"]):
            each["dur"] /= 10
            there = {"cat": "gpu_user_annotation", "ts": each["ts"] + 100, "tid": 7}
            data["traceEvents"].append(each | there)

    (file,) = torch_files(timeline)
    read = read_torch_trace([changed(file, gpu)], PLAIN)
    assert len(read.rows[0]) == len(timeline.rows[0])

    def some(data):
        gpu(data)
        data["traceEvents"].pop()

    assert len(read_torch_trace([changed(file, some)], PLAIN).rows[0]) == len(read.rows[0])


def test_ranks_of_one_of_several_pipelines_are_picked():
    timeline = simulated(devices=2, microbatches=2)

    def ranked(rank):
        return lambda data: data["distributedInfo"].update(rank=rank)

    files = torch_files(timeline)
    both = [changed(files[r // 2], ranked(r)) for r in range(4)]
    with pytest.raises(pv.SpecError, match="ranks 0 and 1 both run 0F0") as caught:
        read_torch_trace(both, PLAIN)
    assert "rank:" in caught.value.hint
    read = read_torch_trace(both, ReadOptions(rank="0, 2"))
    assert_same(read, timeline)
    assert read.titles == ("rank 0", "rank 2")


def renamed(file, name):
    return TextFile(name, changed(file, lambda data: data.pop("distributedInfo")).text)


def test_a_rank_follows_from_the_files_name_if_the_trace_has_none():
    files = torch_files(simulated(devices=2))
    names = ["logs/step_5/RANK-0.pt.trace.json", "logs/step_5/RANK-8.pt.trace.json"]
    read = read_torch_trace(list(map(renamed, files, names)), PLAIN)
    assert read.titles == ("rank 0", "rank 8")


def only(text, name="a.json"):
    return lambda _: [TextFile(name, text)]


def no_rank(files):
    return [renamed(files[0], "run.json")]


def odd_rank(files):
    return [changed(files[0], lambda data: data.update(distributedInfo={"rank": "0"}))]


def odd_base(files):
    return [changed(files[0], lambda data: data.update(baseTimeNanoseconds=0.5))]


def odd_event(**keys):
    return lambda files: [
        changed(files[0], lambda data: data["traceEvents"][2].update(keys)),
        *files[1:],
    ]


def reversed_time(files):
    def change(data):
        for each in data["traceEvents"]:
            each["ts"] = 1e6 - each["ts"]

    return [files[0], changed(files[1], change)]


@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        (lambda _: [], "there is no trace to read", None),
        (lambda files: files[:1] * 2, "rank 0 is given twice, first in rank0", "rank0.json"),
        (lambda files: files[1:], "no trace has passes of stage 0", None),
        (no_rank, "does not say whose rank it is", "run.json"),
        (odd_rank, "distributedInfo.rank must be a whole number", "rank0.json"),
        (odd_base, "baseTimeNanoseconds must be a whole number", "rank0.json"),
        (odd_event(ts="5"), "event[2].ts must be a number, not the text", "rank0.json:1"),
        (odd_event(ts=float("nan")), "event[2].ts must be a finite number", "rank0.json:1"),
        (odd_event(ts=-1), "ts of event 2 is negative: -1", "rank0.json:1"),
        (odd_event(dur=float("inf")), "event[2].dur must be a finite number", "rank0.json:1"),
        (odd_event(dur=None), "event[2].dur must be a number, not null", "rank0.json:1"),
        (odd_event(dur=10**400), "event[2].dur is too large", "rank0.json:1"),
        (odd_event(tid=[]), "the tid of event 2 must be a number or text", "rank0.json:1"),
        (lambda files: [TextFile("a", files[0].text[:400])], "not valid JSON", "a:1"),
        (only("[" * 100_000), "nested too deeply", "a.json"),
        (only("7"), "this is not a trace in JSON", "a.json:1"),
        (only("{}"), "there is no array 'traceEvents'", "a.json:1"),
        (only('{"traceEvents": {}}'), "there is no array 'traceEvents'", "a.json:1"),
        (only("[]", "rank0.json"), "no annotations of a pipeline", "rank0.json"),
        (reversed_time, "at once", "rank1.json"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, message, place):
    files = torch_files(simulated(devices=2))
    with pytest.raises(pv.PipevizError) as caught:
        read_torch_trace(change(files), PLAIN)
    assert message in caught.value.message
    if place:
        assert str(caught.value.location) == place


def test_a_stage_that_only_sends_show_is_missing():
    files = kept("torch_trace")
    with pytest.raises(pv.SpecError, match="no trace has passes of stage 1"):
        read_torch_trace(files[:1], PLAIN)


@pytest.mark.parametrize("keys", [{"unit": "min"}, {"rank": "x"}, {"rank": ""}])
def test_options_are_checked(keys):
    with pytest.raises(pv.SpecError) as caught:
        read_torch_trace(kept("torch_trace"), ReadOptions(**keys))
    assert caught.value.path in {("unit",), ("rank",)}


def test_a_packed_trace_is_read(tmp_path):
    path = tmp_path / "rank0.json.gz"
    path.write_bytes(gzip.compress(torch_files(simulated(devices=1))[0].text.encode()))
    read = read_torch_trace([TextFile(path.name, read_file(path, path.name))], PLAIN)
    assert read.devices == 1


NAMES = ["PP:0F0", "PP:1F0", "PP:0B0", "PP:1I0", "PP:(0F1;1B0)OVERLAP_F_B", "Forward 0"]
NUMBERS = st.one_of(st.integers(-5, 10**20), st.floats(), st.none(), st.text(max_size=2))
TIMES = st.one_of(st.integers(0, 50), NUMBERS)
EVENTS = st.fixed_dictionaries(
    {"ph": st.sampled_from("XBEM"), "name": st.sampled_from(NAMES), "ts": TIMES, "dur": TIMES},
    optional={"pid": st.integers(0, 2), "cat": st.just("gpu_user_annotation")},
)
RANKS = st.fixed_dictionaries({"rank": st.integers(0, 3)})
HEADERS = st.fixed_dictionaries({"distributedInfo": RANKS, "traceEvents": st.lists(EVENTS)})


@given(st.lists(HEADERS, max_size=3))
def test_any_trace_is_read_or_refused(traces):
    files = [TextFile("rank0.json", json.dumps(trace)) for trace in traces]
    try:
        timeline = read_torch_trace(files, PLAIN)
    except pv.PipevizError:
        return
    assert min(run.start for row in timeline.rows for run in row) >= 0
