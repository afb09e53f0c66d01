"""An author's texts are found where they were written, and others take their places."""

import pytest

from sphinx_pipeviz.authors import texts_of, with_texts
from sphinx_pipeviz.readers import read_text

ALL = """\
schedule: 1f1b
devices: 2
microbatches: 3
title: A title
transition: Becomes
labels: {default: Micro {mb}, optimizer: none}
rows:
  label: [First, Second]
  suffix: "{idle} idle"
  groups: [{devices: [0], label: Node}]
legend: {position: right, forward: Ahead, idle: Waiting}
phases: [Fill, {text: Rest, to: 9}]
bubble: Nothing here
highlight: [{kind: F, label: All of them, hatch: rising}]
notes: [{text: Look, time: 1, device: 0}]
axis: numbers
language: de
"""
FOUND = {
    "A title": 4,
    "Becomes": 5,
    "Micro {mb}": 6,
    "First": 8,
    "Second": 8,
    "{idle} idle": 9,
    "Node": 10,
    "Ahead": 11,
    "Waiting": 11,
    "Fill": 12,
    "Rest": 12,
    "Nothing here": 13,
    "All of them": 14,
    "Look": 15,
}


def test_every_text_is_found_with_its_line():
    spec = read_text(ALL.replace("Micro {mb}", "'Micro {mb}'"))
    assert {text: spec.marks.find(path).line for path, text in texts_of(spec)} == FOUND


def test_other_texts_take_their_places_and_nothing_else_changes():
    spec = read_text(ALL.replace("Micro {mb}", "'Micro {mb}'"))
    others = {text: f"<{text}>" for text in FOUND}
    changed = with_texts(spec, others)
    assert {text for _, text in texts_of(changed)} == {*others.values()}
    assert with_texts(changed, {other: text for text, other in others.items()}) == spec
    assert with_texts(spec, {"right": "x", "numbers": "x", "rising": "x", "1f1b": "x"}) == spec


@pytest.mark.parametrize(
    "key",
    ["labels: 'F{mb}'", "labels: none", "labels: 'F_{s,m}'", "bubble: true", "title: '—'"],
)
def test_what_has_no_words_is_no_text(key):
    spec = read_text(f"schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n{key}\n")
    assert list(texts_of(spec)) == []


def test_one_letter_may_be_a_word():
    spec = read_text("schedule: 1f1b\ndevices: 2\nmicrobatches: 3\ntitle: 图\n")
    assert [text for _, text in texts_of(spec)] == ["图"]


def test_devices_of_a_timeline_are_renamed_as_long_as_they_stay_apart():
    task = "[{type: forward, batch: 1, start_time: 0, duration: 1}]"
    spec = read_text(f"Left: {task}\nRight: []\n7: []\n")
    assert dict(texts_of(spec)) == {
        ("timeline", "Left"): "Left",
        ("timeline", "Right"): "Right",
    }
    assert [*with_texts(spec, {"Left": "Links"}).timeline] == ["Links", "Right", 7]
    assert [*with_texts(spec, {"Left": "Right"}).timeline] == ["Left", "Right", 7]


def test_texts_that_schedules_of_a_comparison_share_are_found_once():
    spec = read_text(
        "compare: [{schedule: gpipe}, {schedule: 1f1b, title: Own}]\n"
        "devices: 2\nmicrobatches: 3\nrows: {label: Rank}\n"
    )
    assert dict(texts_of(spec)) == {
        ("rows", "label"): "Rank",
        ("compare", 1, "title"): "Own",
    }
    changed = with_texts(spec, {"Rank": "Rang"})
    assert [part.rows.label for part in changed.parts] == ["Rang", "Rang"]
