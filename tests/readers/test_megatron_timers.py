import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.megatron_timers import (
    looks_like_megatron_timers,
    read_megatron_timers,
)
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

from .measured_files import assert_same, kept, simulated, slots

PLAIN = ReadOptions()
WORDS = {pv.Kind.FORWARD: "forward", pv.Kind.BACKWARD: "backward"}


def named(pp_rank, rank=0, replica=0, size=4, chunks=1):
    head = f"event_times_PP{size}_VPP{chunks}_TPxCPxDP_rank_{replica}"
    return f"logs/{head}_pp_rank_{pp_rank}_rank_{rank}.json"


def files(timeline, *, own_clocks=False):
    size, found = timeline.devices, []
    for device, row in enumerate(timeline.rows):
        times = {}
        zero = row[0].start if own_clocks else 0.0
        for run in row:
            chunk = f"{run.slot.stage // size}-" if timeline.chunks > 1 else ""
            key = f"{WORDS[run.slot.kind]}-{chunk}{run.slot.microbatch}"
            times |= {f"{key}-start": run.start - zero, f"{key}-end": run.end - zero}
        name = named(device, 2 * device, size=size, chunks=timeline.chunks)
        found.append(TextFile(name, json.dumps(times, indent=0)))
    return found


def test_a_dump_is_read():
    dump = kept("megatron_timers")
    assert all(looks_like_megatron_timers(file) for file in dump)
    read = read_megatron_timers(dump, PLAIN)
    assert slots(read.rows) == [["0F0", "0F1", "0B0", "0B1"], ["1F0", "1B0", "1F1", "1B1"]]
    assert read.makespan == 27.5


@pytest.mark.parametrize("name", ["1f1b", "gpipe", "vpp"])
@pytest.mark.parametrize("unit", ["ms", "us"])
def test_a_schedule_written_as_timers_is_read_back(name, unit):
    timeline = simulated(name, **({"chunks": 2} if name == "vpp" else {}))
    read = read_megatron_timers(files(timeline)[::-1], ReadOptions(unit=unit))
    factor = 1000 if unit == "us" else 1
    assert slots(read.rows) == slots(timeline.rows)
    assert read.makespan == pytest.approx(timeline.makespan * factor)


@pytest.mark.parametrize("name", ["1f1b", "gpipe", "vpp"])
def test_ranks_that_each_count_from_their_own_start_are_put_together(name):
    timeline = simulated(name, **({"chunks": 2} if name == "vpp" else {}))
    assert_same(read_megatron_timers(files(timeline, own_clocks=True), PLAIN), timeline, 1.0)


def test_the_lowest_rank_of_each_stage_is_kept_or_the_replica_that_is_named():
    one, other = simulated(devices=2), simulated("gpipe", devices=2)
    first = [TextFile(named(i, i, 0, 2), file.text) for i, file in enumerate(files(one))]
    second = [TextFile(named(i, i + 9, 1, 2), file.text) for i, file in enumerate(files(other))]
    assert_same(read_megatron_timers([*second, *first], PLAIN), one)
    assert_same(read_megatron_timers([*second, *first], ReadOptions(rank="1")), other)


def only(text, name=None):
    return lambda _: [TextFile(name or named(0, size=1), text)]


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (lambda _: [], "there are no timers to read", None),
        (lambda dump: dump[:3], "no file has pp_rank_3 of 4", None),
        (lambda dump: dump[1:], "no file has pp_rank_0 of 4", None),
        (lambda dump: [*dump, dump[2]], "rank 4 is given twice", None),
        (only("{}", "times.json"), "this file's name does not say its ranks", None),
        (only("[]"), "this must be a JSON object", 1),
        (only("{"), "this is not valid JSON", 1),
        (only("{}"), "this file has no timers of passes", 1),
        (
            only('{"forward-0-start": 0}'),
            "forward of microbatch 0 on chunk 0 lacks its end",
            1,
        ),
        (only('{"forward-0-end": 0}'), "lacks its start", 1),
        (only('{"forward-0-start": 1,\n"forward-0-end": 0}'), "ends before it starts", 1),
        (only('{"x": 1,\n"forward-x": 1}'), "'forward-x' is not a timer", 2),
        (only('{\n"forward-0-start": "0"}'), "must be a number, not the text '0'", 2),
        (only('{\n"forward-0-start": -1}'), "forward-0-start is negative: -1", 2),
        (only('{\n"forward-0-start": NaN}'), "must be a finite number", 2),
        (only('{"forward-0-start": 1, "forward-0-start": 1}'), "is given twice", None),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, message, line):
    with pytest.raises(pv.SpecError) as caught:
        read_megatron_timers(change(files(simulated())), PLAIN)
    assert message in caught.value.message
    if line:
        assert caught.value.location.line == line


def test_times_that_cannot_be_are_refused():
    dump = kept("megatron_timers")
    swapped = [TextFile(dump[1 - i].name, file.text) for i, file in enumerate(dump)]
    with pytest.raises(pv.PlanError, match="before its input"):
        read_megatron_timers(swapped, PLAIN)


KEYS = st.from_regex(r"(forward|backward)-(0-)?[01]-(start|end)", fullmatch=True) | st.text()
VALUES = st.integers(-1, 9) | st.floats() | st.none() | st.text() | st.lists(st.none())


@given(st.lists(st.dictionaries(KEYS, VALUES), max_size=3))
def test_any_json_is_read_or_refused(dumps):
    found = [TextFile(named(i, i, size=2), json.dumps(dump)) for i, dump in enumerate(dumps)]
    with contextlib.suppress(pv.PipevizError):
        assert read_megatron_timers(found, PLAIN).devices == len(dumps)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    file = TextFile(named(0, size=1), text)
    looks_like_megatron_timers(file)
    with pytest.raises(pv.PipevizError):
        read_megatron_timers([file], PLAIN)
