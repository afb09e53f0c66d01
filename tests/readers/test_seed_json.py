import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.seed_json import looks_like_seed_json, read_seed_json
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

from .measured_files import kept, slots

PLAIN = ReadOptions()
TASK = '{"type": "f", "batch": 1, "start_time": 0, "duration": 1}'


def read(text):
    return read_seed_json([TextFile("run.json", text)], PLAIN)


def test_overlapped_operations_are_read():
    (file,) = kept("seed_json")
    assert looks_like_seed_json(file)
    timeline = read_seed_json([file], PLAIN)
    assert slots(timeline.rows) == [
        ["0F1", "0F2", "(0F3;0B1)OVERLAP_F_B"],
        ["1F1", "1I1", "1W1"],
    ]
    assert timeline.stages == 2
    assert timeline.titles == ("", "")
    assert timeline.as_written


def test_names_of_devices_are_kept():
    assert read(f'{{"first": [{TASK}], "2": [], "03": []}}').titles == ("first", "", "03")


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("[]", "this must be a JSON object", 1),
        ("{", "this is not valid JSON", 1),
        ("{}", "the timeline has no tasks", 1),
        (f'{{"0": [{TASK}],\n"0": []}}', "the key '0' is given twice", None),
        (f'{{"0": [\n{TASK},\n{{"type": "f"}}]}}', "timeline[0][1] lacks the key", 3),
        (
            f'{{"0": [\n{TASK},\n{TASK}]}}',
            "device 0 runs F1 (0 to 1) and F1 (0 to 1) at once",
            3,
        ),
        ('{"1": [\n{"type": "f", "start_time": "0", "duration": 1}]}', "start_time must be", 2),
        (
            '{"1": [\n{"type": "f", "start_time": NaN, "duration": 1}]}',
            "not a finite number",
            None,
        ),
        ('{"1": [\n{"type": "f", "start_time": -1, "duration": 1}]}', "at least 0", 2),
        ('{"a": {"b": 1}}', "timeline.a must be a list, not a mapping", 1),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message, line):
    with pytest.raises(pv.PipevizError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.location.source == "run.json"
    assert caught.value.location.line == line or line is None


def test_one_file_is_read():
    for files in ([], kept("seed_json") * 2):
        with pytest.raises(pv.SpecError, match="a written timeline is one file"):
            read_seed_json(files, PLAIN)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**15) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)
TASKS = st.fixed_dictionaries(
    {"type": st.sampled_from("fbiw"), "start_time": st.integers(0, 9), "duration": VALUES},
    optional={"batch": st.integers(), "operations": VALUES, "is_overlapped": VALUES},
)


@given(VALUES | st.dictionaries(st.sampled_from("012a"), st.lists(TASKS)))
def test_any_json_is_read_or_refused(data):
    with contextlib.suppress(pv.PipevizError):
        assert read(json.dumps(data)).devices == len(data)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    looks_like_seed_json(TextFile("run.json", text))
    with pytest.raises(pv.PipevizError):
        read(text)
