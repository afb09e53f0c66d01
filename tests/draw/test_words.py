"""Subscripts, superscripts, weight versions, memory, and the numbers in titles."""

import re

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.brackets import MEMORY
from sphinx_pipeviz.draw.labels import Piece, flat, pieces_of
from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.words import SMALL, placed, spread
from sphinx_pipeviz.embed import embed
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.ops import Kind
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.render import check, draw_text
from sphinx_pipeviz.timelines import heading, parts_of, plan_of
from sphinx_pipeviz.versions import run_versions, weight_versions

BASE = "schedule: 1f1b\ndevices: 4\nmicrobatches: 6\n"
BOTH = (
    "devices: 2\nmicrobatches: 4\n"
    "compare: [{schedule: gpipe}, {schedule: 1f1b, title: '{name}, {memory}'}]\n"
)


def scene_of(text):
    spec = read_text(text)
    check(spec)
    parts = [Part(*part) for part in parts_of(spec)]
    return stack(parts, style_of(spec), text_width, title=heading(spec))


def texts_of(text):
    (panel,) = scene_of(text).panels
    return [stamp.text for stamp in panel.texts]


# Pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Time", [("Time", 0)]),
        ("W_{1}^{(0)} x", [("W", 0), ("1", -1), ("(0)", 1), (" x", 0)]),
        ("a_b ^ c{d}", [("a_b ^ c{d}", 0)]),
        ("_{}", []),
    ],
)
def test_a_text_falls_into_pieces(text, pieces):
    assert [piece for piece in pieces_of(text) if piece.text] == [Piece(*p) for p in pieces]


def test_a_sub_and_a_superscript_start_together():
    pieces = pieces_of("W_{1}^{(0)}, x")
    wide = {text: text_width(text, "bold") for text in ("W", "1", "(0)", ", x")}
    found = {text: (size, x, y) for text, size, x, y in placed(pieces, text_width, "bold")}
    left = {text: x - size * wide[text] / 2 for text, (size, x, _) in found.items()}
    assert left["1"] == pytest.approx(left["(0)"])
    assert left["1"] > wide["W"]
    assert left[", x"] > left["(0)"] + SMALL * wide["(0)"]
    assert found["1"][2] < 0 < found["(0)"][2]
    assert spread(pieces, text_width, "bold") == pytest.approx(left[", x"] + wide[", x"])


def test_spaces_between_pieces_are_kept():
    apart = spread(pieces_of("a_{1} b"), text_width, "regular")
    close = spread(pieces_of("a_{1}b"), text_width, "regular")
    assert 0.2 < apart - close < 0.5


def test_scripts_stand_in_notes_titles_and_beside_rows():
    scene = scene_of(
        BASE + "title: 'PP_{gpipe}: {time}'\n"
        "rows: {label: 'R_{{device}}', suffix: 'x^{2}'}\n"
        "notes: [{text: 'W_{1}^{(4)}', time: 3, device: -1}]\n"
    )
    (panel,) = scene.panels
    notes = [mark.text for mark in panel.over if hasattr(mark, "text")]
    texts = [stamp.text for stamp in panel.texts]
    assert notes == ["W", "1", "(4)"]
    assert {"PP", "gpipe", ": 27", "R", "4", "x", "2"} <= set(texts)
    assert not [text for text in texts if "{" in text]


def test_an_underscore_before_a_number_of_a_row_stays():
    assert "rank_2" in texts_of(BASE + "rows: {label: 'rank_{device}'}\n")


def test_texts_without_pictures_say_scripts_in_a_line():
    assert flat("W_{1}^{(0)} {x}") == "W_1^(0) {x}"
    text = draw_text(read_text(BASE + "title: 'PP_{gpipe}: {time}'\n"))
    assert text.startswith("PP_gpipe: 27\n")


# Versions of weights


def test_labels_tell_the_versions_of_weights():
    text = "schedule: pipedream\ndevices: 2\nmicrobatches: 3\nlabels: 'F{m}^{v}'\n"
    spec = read_text(text)
    versions = weight_versions(plan_of(spec))
    ((timeline, _),) = parts_of(spec)
    found = run_versions(timeline)
    for device, row in enumerate(timeline.rows):
        assert tuple(found[device, run] for run in row) == versions[device]
    stamped = {stamp.text for stamp in scene_of(text).panels[0].labels}
    assert {"F1", "B3", "0", "1", "2"} <= stamped


def test_versions_are_those_of_iterations_where_the_pipeline_is_flushed():
    ((timeline, _),) = parts_of(read_text(BASE + "iterations: 2\noptimizer: ready\n"))
    versions = run_versions(timeline)
    for (_, run), version in versions.items():
        op = run.slot.ops[0]
        assert version == (op.microbatch if op.kind is Kind.OPTIMIZER else op.microbatch // 6)
    ((once, _),) = parts_of(read_text(BASE))
    assert set(run_versions(once).values()) == {0}


# Titles


def test_a_comparison_s_title_has_the_numbers_that_all_share():
    scene = scene_of(BOTH + "title: '{devices} x {microbatches}, {bubble}'\nsizes: {}\n")
    assert scene.texts[-1].text == "2 x 4, 20%"
    assert "1f1b, 0 GB" in [stamp.text for stamp in scene.panels[1].texts]


def test_a_comparison_s_title_is_in_pages_and_in_text():
    spec = read_text(BOTH + "title: '{devices} devices'\nsizes: {}\n")
    assert ">2 devices</text>" in embed(spec).svg
    assert draw_text(spec).startswith("2 devices\n")
    assert "\n1f1b, 0 GB\n" in draw_text(spec)


# Memory


def test_memory_is_what_is_constant_and_what_activations_take():
    sizes = "sizes: {activations: 1.25, constant: [10, 9, 8, 7]}\nmemory: true\n"
    texts = texts_of(BASE + sizes + "rows: {suffix: '{memory}'}\ntitle: 'most: {memory}'\n")
    assert [text for text in texts if text.endswith(" GB") and text != MEMORY] == [
        "most: 15 GB",
        "15 GB",
        "12.75 GB",
        "10.5 GB",
        "8.25 GB",
    ]
    assert {MEMORY, "max 12.75"} <= set(texts)


def test_curves_of_memory_stand_on_what_is_constant():
    (panel,) = scene_of(BASE + "sizes: {activations: 1, constant: 4}\nmemory: true\n").panels
    (curves,) = panel.curves
    heights = sorted({box[3] for box in curves.boxes})
    assert heights[0] == pytest.approx(heights[-1] * 4 / 8, abs=0.01)
    end = max(x + width for x, _, width, _ in curves.boxes)
    assert end == pytest.approx(panel.grid.right)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASE + "title: '{memory}'\n", "4: a title has no '{memory}' (give the key 'sizes')"),
        (BASE + "sizes: {constant: [1]}\nmemory: true\n", "4: sizes.constant has 1 entries"),
        (BASE + "sizes: {constant: [1]}\n", "4: sizes.constant has 1 entries"),
        (BASE + "sizes: {activation: 1}\n", "4: there is no key 'activation' in sizes"),
        (BOTH + "title: '{name}'\nsizes: {}\n", "4: the schedules of this comparison differ"),
        (BOTH + "title: '{x}'\nsizes: {}\n", "4: a title has no '{x}'"),
    ],
)
def test_a_mistake_has_its_line(text, message):
    with pytest.raises(pv.PipevizError) as caught:
        check(read_text(text, source="s"))
    assert str(caught.value).startswith(f"s:{message}")


def test_text_tells_versions_numbers_of_an_iteration_and_memory():
    base = "schedule: pipedream\ndevices: 2\nmicrobatches: 2\niterations: 2\n"
    text = draw_text(
        read_text(base + "labels: '{nth}^{v}'\nsizes: {activations: 2}\nmemory: true\n")
    )
    assert {"F1^0", "F2^2"} <= set(re.findall(r"F\d\^\d", text))
    assert "max 4 GB" in text
