"""Limits of what is read and drawn: exact, told in time, and in little memory."""

from __future__ import annotations

import contextlib
import json
import random
import time
import tracemalloc

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw import overlays, thin
from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.phases import largest_gap
from sphinx_pipeviz.readers import json_scan, read_files, yaml_spec, yaml_tree
from sphinx_pipeviz.readers.op_names import names_of_pattern
from sphinx_pipeviz.readers.text_file import TextFile
from sphinx_pipeviz.timelines import parts_of, timeline_of

from .frontends.test_sources import FONT

BASE = "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\n"


def rendered(text):
    return pv.render(pv.read(text, source="a.yaml"))


def refused(text, words):
    with pytest.raises(PipevizError, match=words):
        rendered(text)


# YAML


def test_entries_of_yaml(monkeypatch):
    """The page's table: 2,000,000 entries, here 100."""
    assert yaml_tree.MAX_ENTRIES == 2_000_000
    monkeypatch.setattr(yaml_tree, "MAX_ENTRIES", 100)
    values = "[" + "1," * 99 + "]"
    assert len(pv.readers.yaml_tree.scalar(values)) == 99
    with pytest.raises(PipevizError, match="has more than 2,000,000 entries"):
        yaml_tree.scalar("[" + "1," * 100 + "]")
    keys = "{" + ", ".join(f"a{number}: 1" for number in range(99)) + "}"
    assert len(yaml_tree.scalar(keys)) == 99


def test_entries_that_aliases_add():
    """The page's table: 200,000 entries."""
    thousand = "a: &a [" + "1," * 999 + "]\n"
    assert yaml_tree.scalar(thousand + "b: [" + "*a," * 200 + "]\n")
    with pytest.raises(PipevizError, match="aliases unfold to more than 200,000 entries"):
        yaml_tree.scalar(thousand + "b: [" + "*a," * 201 + "]\n")


def test_levels_of_yaml():
    """The page's table: 40 levels."""
    assert yaml_tree.scalar("[" * 40 + "]" * 40)
    with pytest.raises(PipevizError, match="nested more than 40 levels deep"):
        yaml_tree.scalar("[" * 41 + "]" * 41)


def test_a_very_long_text_takes_little_memory(monkeypatch):
    """No nodes are made of a text with too many entries."""
    monkeypatch.setattr(yaml_tree, "MAX_ENTRIES", 2000)
    text = "[" + "1," * 1_000_000 + "]"
    tracemalloc.start()
    with pytest.raises(PipevizError, match="entries"):
        yaml_tree.scalar(text)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_what_a_comparison_shares_is_not_copied_for_each_schedule():
    labels = ", ".join(["a"] * 40_000)
    text = f"{BASE}rows: {{label: [{labels}]}}\ncompare: [{', '.join(['{title: a}'] * 50)}]\n"
    spec = pv.read(text)
    assert all(len(part.marks) < yaml_spec._MOST_MARKS for part in spec.parts)
    small = pv.read(text.replace(labels, "a, a, a"))
    assert small.parts[7].marks.find(("rows", "label", 2)).line == 4
    assert small.parts[7].marks.find(("title",)).line == 5


# JSON


def trace(events):
    text = json.dumps({"traceEvents": events})
    return TextFile("trace.json", text)


EVENTS = [{"ph": "X", "name": f"F{n}", "ts": n, "dur": 1, "pid": 0} for n in range(40)]


@pytest.mark.parametrize("longest", [70, 100, 333, 100_000])
def test_a_trace_is_read_in_parts(longest, monkeypatch):
    whole = read_files([trace(EVENTS)], "chrome-trace")
    monkeypatch.setattr(json_scan, "LONGEST", longest)
    monkeypatch.setattr(json_scan, "_NEAR", 10)
    assert read_files([trace(EVENTS)], "chrome-trace") == whole


@pytest.mark.parametrize("at", [0, 7, 39])
def test_a_fault_in_a_long_trace_has_its_line(at, monkeypatch):
    monkeypatch.setattr(json_scan, "LONGEST", 100)
    monkeypatch.setattr(json_scan, "_NEAR", 10)
    lines = [json.dumps(event) for event in EVENTS]
    lines[at] = lines[at].replace('"dur": 1', '"dur" 1')
    text = "[\n" + ",\n".join(lines) + "]"
    with pytest.raises(PipevizError, match=rf"t\.json:{at + 2}: this is not valid JSON"):
        read_files([TextFile("t.json", text)], "chrome-trace")


def test_a_long_entry_of_a_trace_takes_little_memory(monkeypatch):
    monkeypatch.setattr(json_scan, "LONGEST", 100_000)
    many = "[" + "[]," * 1_000_000 + "[]]"
    for text in (
        f'{{"x": {many}, "traceEvents": []}}',
        f'{{"traceEvents": [{{"a": {many}}}]}}',
        f"[{many}]",
        f'[{{"a": "{"b" * 200_000}"}}]',
    ):
        tracemalloc.start()
        with pytest.raises(PipevizError, match=r":1: this entry has more than 100,000 ch"):
            read_files([TextFile("t.json", text)], "chrome-trace")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
        tracemalloc.stop()


def test_all_traces_of_a_picture_are_limited(monkeypatch):
    monkeypatch.setattr("sphinx_pipeviz.readers.trace_events.MAX_OPS", 100)
    files = [
        trace([event | {"name": f"0F{n}{event['ts']}"} for event in EVENTS]) for n in "123"
    ]
    read_files(files[:2], "chrome-trace")
    with pytest.raises(PipevizError, match="more than 100 events"):
        read_files(files, "chrome-trace")


def test_sizes_of_a_dump_make_no_long_list():
    config = TextFile("config.json", '{"pp_size":1,"vp_size":100000,"num_mbs":100000}')
    rank = TextFile("pp_rank_0.json", '{"1":{"fwd_start":[1],"fwd_end":[2]}}')
    began = time.process_time()
    with pytest.raises(PipevizError, match="has 1 starts, not 10000000000"):
        read_files([config, rank], "primus")
    assert time.process_time() - began < 1


# Patterns


@pytest.mark.parametrize(
    "pattern",
    [
        "a?" * 40 + "(?P<kind>b)",
        "a{0,9}" * 30 + "(?P<kind>b)",
        "(?:a|a)" * 40 + "(?P<kind>b)",
        "(?:a|aa|aaa)" * 30 + "(?P<kind>b)",
        "(?P<kind>((a+)(?#c))+b)",
        "(?P<kind>(a+)(?#c)+b)",
        "(?x)(?P<kind>(a+) +b)",
        "(?x)(?P<kind>((a+) # )\n)+b)",
        "(?P<kind>a)?(?(kind)a+|b)(?:(?(kind)a+|b))+c",
        "(?P<kind>(?=(a+))+b)",
        "(?P<kind>(?>a+|b)+c)",
        "(?P<kind>" + "(?:" * 60 + "a" + "|a)" * 60 + "b)",
    ],
)
def test_no_pattern_hides_what_takes_long(pattern):
    """The page says: a pattern that could search for long is refused, or stopped."""
    began = time.process_time()
    try:
        named = names_of_pattern(pattern)
        for length in range(200, 0, -1):
            named("a" * length)
    except PipevizError as error:
        assert "pattern" in error.message  # noqa: PT017  (either is well)
    assert time.process_time() - began < 4


#: With a device and a stage that may be left out.
WHOLE = (
    r"(?:rank_(?P<device>\d+)/)?(?P<kind>forward|backward|wgrad|dgrad)(?:[_-](?:mb)?)?"
    r"(?P<microbatch>\d+)(?:_s(?P<stage>\d+))?$"
)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"step/(?P<kind>fwd|bwd)/mb(?P<microbatch>\d+)", "step/fwd/mb12"),
        (WHOLE, f"{'x' * 40}/rank_3/forward_mb12_s3"),
    ],
)
def test_patterns_of_real_traces_are_no_longer_than_they_may_be(pattern, name):
    assert names_of_pattern(pattern)(name)[0].microbatch == 12


# Pictures


def drawn(text):
    """Return the marks of a picture."""
    parts = [Part(*part) for part in parts_of(pv.read(text))]
    (panel,) = stack(parts, STYLES["seed"], text_width).panels
    return panel


def timeline_text(count, extra=""):
    tasks = [
        {"type": "forward", "batch": n, "start_time": n, "duration": 1, "value": n % 7}
        for n in range(count)
    ]
    return f"timeline: {json.dumps({'0': tasks})}\n{extra}"


@pytest.mark.parametrize("extra", ["", "color-by: value\n", "color-by: microbatch\n"])
def test_tasks_that_are_drawn_one_by_one(extra, monkeypatch):
    """The page's table: 100,000 tasks; of more, one for each half point."""
    assert thin.LARGE == 100_000
    monkeypatch.setattr(thin, "LARGE", 4000)
    for count, drawn_one_by_one in ((4000, True), (4001, False)):
        panel = drawn(timeline_text(count, extra))
        found = sum(len(boxes.boxes) for boxes in panel.tasks)
        columns = (panel.grid.right - panel.grid.left) / thin.COLUMN
        assert found == count if drawn_one_by_one else found <= columns + 1


def test_what_is_beside_the_rows_is_drawn_in_columns_too(monkeypatch):
    text = (
        "schedule: gpipe\ndevices: 4\nmicrobatches: 900\ntransfers: true\ncosts: {p2p: 0.5}\n"
    )
    whole = sum(len(boxes.boxes) for boxes in drawn(text).tasks)
    monkeypatch.setattr(thin, "LARGE", 4000)
    panel = drawn(text)
    columns = (panel.grid.right - panel.grid.left) / thin.COLUMN
    assert whole > 4000
    assert sum(len(boxes.boxes) for boxes in panel.tasks) <= 8 * (columns + 1)


def test_many_transfers_at_one_time_are_placed_within_seconds():
    events = [{"ph": "X", "name": "0F0", "ts": 0, "dur": 1, "pid": 0}]
    events += [
        {"ph": "X", "name": f"0SEND_F{n}", "ts": n, "dur": 99_999, "pid": 0}
        for n in range(15_000)
    ]
    timeline = read_files([trace(events)], "chrome-trace")
    began = time.process_time()
    assert pv.render(timeline)
    assert time.process_time() - began < 4


def test_a_bubble_is_looked_for_among_few_devices():
    text = "schedule: gpipe\ndevices: {}\nmicrobatches: 1\nbubble: true\n"
    timeline = timeline_of(pv.read(text.format(300)))
    gap = largest_gap(timeline)
    areas = [(last + 1) * (3 * 300 - 3 * last - 3) for last in range(300)]
    assert gap.area == max(areas)
    words = "a.yaml:4: a bubble is shown for at most 5,000 devices, not 5,001"
    refused(text.format(5001), words)


def test_highlights_are_on_few_tasks(monkeypatch):
    monkeypatch.setattr(overlays, "MOST_MARKED", 8)
    assert pv.render(pv.read(BASE + "highlight: [{kind: F}, {kind: B}]\n"))
    text = BASE + "highlight: [{kind: F}, {kind: B}, {microbatch: 1, kind: F}]\n"
    refused(text, "a.yaml:4: highlights are on more than 8 tasks")


def test_few_ways_are_followed():
    assert pv.render(pv.read(BASE + f"follow: {[1, 2] * 50}\n"))
    refused(BASE + f"follow: {[1, 2] * 50 + [1]}\n", "follow must have at most 100 entries")


def test_long_lists_are_read_in_time():
    """What is looked for in a list is looked for in all of it at once."""
    lists = [
        f"recompute: true\nrecompute-stages: {[1] * 100_000 + [0]}\n",
        f"links: {json.dumps([{'to': 'a', 'microbatch': 2000, 'stage': 1}] * 1000)}\n",
        "iterations: 1000\nflush: true\n",
    ]
    for extra in lists:
        microbatches = 2 if "iterations" in extra else 2000
        text = f"schedule: gpipe\ndevices: 2\nmicrobatches: {microbatches}\n{extra}"
        source = pv.read(text)
        pv.render(pv.read(BASE))
        began = time.process_time()
        pv.render(source)
        assert time.process_time() - began < 3


@pytest.mark.parametrize("blank", [" ", "\\n", "\\u200b", "\\u00a0", "{mb}\\u0301", "\\u034f"])
@pytest.mark.parametrize("format", ["svg", "text"])
def test_words_that_have_no_width_are_drawn(blank, format):
    plain = blank.replace("{mb}", "")
    for extra in (
        f'labels: "{blank}"',
        f'title: "{plain}"\ntransition: "{plain}"\nbubble: "{plain}"',
        f'phases: ["{plain}", "{plain}"]\nlegend: {{forward: "{plain}"}}',
        f'rows: {{label: "{plain}", suffix: "{plain}"}}',
        f'rows: {{groups: [{{devices: [0], label: "{plain}"}}]}}',
        f'notes: [{{text: "{plain}", time: 1, device: 0}}]',
        f'highlight: [{{to: 2, label: "{plain}"}}]',
    ):
        assert pv.render(pv.read(f"{BASE}{extra}\n"), format)


def test_a_json_of_very_many_lists_is_refused(monkeypatch):
    monkeypatch.setattr("sphinx_pipeviz.readers.json_text._MOST", 1000)
    text = '{"0": [' + "[]," * 1000 + "[]]}"
    for known in ("json", "megatron-timers"):
        name = "pp_rank_0_rank_0.json"
        with pytest.raises(PipevizError, match=rf"{name}:1: this JSON has more than"):
            read_files([TextFile(name, text)], known)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_font_is_a_mistake_of_the_user(seed, tmp_path):
    """The page says: every mistake is a warning and a box in its place."""
    data = bytearray(FONT.read_bytes())
    dice = random.Random(seed)  # noqa: S311  (no secret)
    for _ in range(3000):
        data[dice.randrange(300, len(data))] = dice.randrange(256)
    (tmp_path / "a.ttf").write_bytes(data)
    text = f"{BASE}title: Hello\nstyle: {{font: {tmp_path / 'a.ttf'}}}\n"
    with contextlib.suppress(PipevizError):
        pv.render(pv.read(text))
