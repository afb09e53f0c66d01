"""The YAML of a picture draws the same picture, alone and whatever the default style is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.access import Access
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.figure_source import figure_source
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.load import load
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.render import draw
from tests.draw.tiny_font import write_font
from tests.test_docs import EXAMPLES, split

FORMATS = Path(__file__).parents[1] / "docs" / "examples" / "formats"
TASKS = "[{type: F, batch: 1, start_time: 0, duration: 1, value: 3}]"
BASE = "schedule: 1f1b\ndevices: 4\nmicrobatches: 8\n"


PLAN = pv.plan("1f1b", devices=2, microbatches=3)
#: No order in YAML can say that its schedule parts sequences.
PARTED = pv.plan("seq1f1b", devices=2, microbatches=2, sequence_chunks=2)


def read(text, folder="nowhere"):
    spec = read_spec(text, lambda line: Location("text", line + 1))
    return load(spec, Access(Path(folder)))


def redrawn(spec, style="seed"):
    """Return the picture, and the one of its YAML in another default style."""
    again = read(figure_source(spec, style))
    return draw(spec, "svg", style), draw(again, "svg", "mono")


def body_of(svg):
    """Return a picture without the name of its schedule, which no order in YAML has."""
    return svg.partition(b"</metadata>")[2]


WRITTEN = [
    e for e in EXAMPLES if not e.argument and "python:" not in e.text and "file:" not in e.text
]


@pytest.mark.parametrize("example", WRITTEN, ids=lambda e: f"{e.page}:{e.line}")
def test_every_example_of_the_pages_draws_itself_again(example):
    body = split(example.text)[1]
    if not body.strip():
        pytest.skip("its schedule is in options only")
    before, after = redrawn(read(body, example.folder), "megatron")
    assert before == after


@pytest.mark.parametrize(
    "name", ["1f1b-with-transfers.csv", "1f1b.mmd", "chart.txt", "seed.json", "zb-v.txt"]
)
@pytest.mark.parametrize("more", ["", "style: {first: 0}\ntitle: '{time}'\n"])
def test_what_was_read_from_a_file_is_in_the_yaml(name, more):
    spec = read(f"file: {name}\n{more}", FORMATS)
    assert "file:" not in figure_source(spec)
    before, after = redrawn(spec)
    assert before == after


def test_what_a_python_object_gave_is_in_the_yaml():
    spec = read("python: tests.test_figure_source:PLAN\ncosts: {backward: 3}\n")
    assert "python" not in figure_source(spec)
    before, after = redrawn(spec)
    assert body_of(before) == body_of(after)


def test_a_plan_that_is_no_order_is_written_with_its_times():
    source = figure_source(
        read("python: tests.test_figure_source:PARTED\ncosts: {forward: 3}\n")
    )
    assert "timeline: " in source
    assert "costs" not in source
    assert draw(read(source), "svg")


def test_a_comparison_holds_what_its_parts_read():
    text = "compare:\n- {file: chart.txt, costs: {backward: 3}}\n- {file: seed.json}\n"
    before, after = redrawn(read(text, FORMATS))
    assert before == after


@pytest.mark.parametrize(
    "text",
    [
        BASE + 'title: "no: \\"quotes\\", {name} # \\u2028 \\U0001F600"\n',
        BASE + "title: 'true'\nfrom: 1e-7\nto: 30.5\n",
        BASE + "costs: {forward: {0: 2, 3: 1.5}}\n",
        BASE + "style: {base: dualpipe, overlap: null, first: 0, width: 300}\n",
        f"'true': {TASKS}\n'a: b': []\n",
        f"color-by: value\ntimeline:\n  0: {TASKS}\n",
    ],
)
def test_every_text_and_number_comes_back(text):
    before, after = redrawn(read(text))
    assert before == after


def test_values_that_were_measured_are_in_the_yaml(tmp_path):
    tasks = [
        {"type": "F", "batch": m, "start_time": m, "duration": 1, "value": m} for m in (1, 2)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"0": tasks}))
    before, after = redrawn(read("file: a.json\ncolor-by: value\n", tmp_path))
    assert before == after


def test_a_style_is_named_or_told_by_what_differs():
    assert figure_source(read(BASE), "megatron").endswith('style: "megatron"\n')
    own = figure_source(read(BASE), {"base": "gpipe", "width": 300})
    assert '\nstyle: {base: "gpipe", width: 300.0}\n' in own


def test_the_place_of_a_font_stays_private(tmp_path):
    write_font(tmp_path / "own.ttf", "0123456789")
    source = figure_source(read(BASE), {"font": str(tmp_path / "own.ttf")})
    assert "own.ttf" not in source
    assert source.endswith('style: "seed"\n')


def test_the_command_draws_it(tmp_path, capsysbinary):
    spec = read("file: chart.txt\nphases: true\n", FORMATS)
    (tmp_path / "a.yaml").write_text(figure_source(spec, "gpipe"), encoding="utf-8")
    assert main(["render", str(tmp_path / "a.yaml"), "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == draw(spec, "svg", "gpipe")
