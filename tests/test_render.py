"""From a source to an image: the public drawing functions and the alt text."""

import inspect
from io import BytesIO

import pytest
from PIL import Image

import sphinx_pipeviz as pv
from sphinx_pipeviz.describe import describe
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.render import FORMATS, draw
from sphinx_pipeviz.spec import Spec
from sphinx_pipeviz.timelines import plan_of, timeline_of

SCHEDULE = {
    0: [
        {"type": "forward", "batch": 1, "start_time": 0, "duration": 1},
        {"type": "backward", "batch": 1, "start_time": 4, "duration": 2},
        {"type": "optimizer", "batch": 1, "start_time": 6, "duration": 1},
    ],
    1: [
        {"type": "forward", "batch": 1, "start_time": 1, "duration": 1},
        {"type": "backward", "batch": 1, "start_time": 2, "duration": 2},
        {"type": "optimizer", "batch": 1, "start_time": 6, "duration": 1},
    ],
}


@pytest.fixture
def spec():
    return Spec(schedule="1f1b", devices=2, microbatches=3)


@pytest.mark.parametrize("format", FORMATS)
def test_a_spec_its_plan_and_its_timeline_give_the_same_picture(format, spec):
    plan = plan_of(spec)
    timeline = timeline_of(plan)
    pictures = {pv.render(source, format) for source in (spec, plan, timeline)}
    assert len(pictures) == 1
    assert isinstance(pictures.pop(), str if format == "text" else bytes)


@pytest.mark.parametrize("format", ["gif", "SVG", "", "x" * 1000])
def test_an_unknown_format_is_an_error_that_names_the_known_ones(format, spec):
    with pytest.raises(pv.SpecError, match="there is no format") as caught:
        pv.render(spec, format)
    assert caught.value.hint
    assert len(str(caught.value)) < 150


def test_the_specs_own_style_wins_over_the_callers(spec):
    own = Spec(schedule="1f1b", devices=2, microbatches=3, style={"forward": "#123456"})
    assert style_of(own, {"forward": "#654321"}).forward == "#123456"
    assert style_of(spec, {"forward": "#654321"}).forward == "#654321"
    assert b"#123456" in draw(own, "svg")
    with pytest.raises(pv.StyleError, match="there is no style 'x'"):
        pv.render(spec, style="x")


def test_costs_change_the_picture(spec):
    other = Spec(schedule="1f1b", devices=2, microbatches=3, costs=pv.Costs(backward=3))
    assert timeline_of(other).end == 16
    assert draw(other) != draw(spec)


def test_too_many_ops_are_refused_before_anything_is_planned():
    with pytest.raises(pv.SpecError, match="the limit is 1,000,000"):
        draw(Spec(schedule="1f1b", devices=10**9, microbatches=10**9))
    with pytest.raises(pv.SpecError, match="the limit is 11"):
        draw(Spec(schedule="1f1b", devices=2, microbatches=3), max_ops=11)


def test_the_alt_text_says_what_is_seen(spec):
    assert describe(timeline_of(spec)) == (
        "Pipeline schedule, 1f1b: 2 devices, 3 microbatches; 12 time units, 25% idle."
    )
    plan = pv.plan("interleaved-1f1b", devices=2, microbatches=2)
    assert "2 chunks per device" in describe(timeline_of(plan))
    one = describe(timeline_of(pv.plan("gpipe", devices=1, microbatches=1)))
    assert "1 device, 1 microbatch;" in one
    large = pv.plan("1f1b", devices=32, microbatches=256)
    assert len(describe(timeline_of(large))) <= 250


# The seed's function


def test_the_seeds_function_has_the_seeds_signature():
    parameters = inspect.signature(pv.visualize_pipeline_parallelism).parameters
    assert list(parameters) == ["schedule", "schedule_type", "output_file"]
    assert parameters["schedule_type"].default == "1f1b"
    assert parameters["output_file"].default == "pipeline_visualization.png"


def test_the_seeds_function_writes_its_default_file_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert pv.visualize_pipeline_parallelism(SCHEDULE) is None
    assert capsys.readouterr().out == "Visualization saved to pipeline_visualization.png\n"
    image = Image.open(BytesIO((tmp_path / "pipeline_visualization.png").read_bytes()))
    assert image.size == (4500, 1200)
    assert image.format == "PNG"


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
@pytest.mark.parametrize("schedule_type", ["simple", "1f1b"])
def test_the_suffix_is_the_format(tmp_path, capsys, suffix, start, schedule_type):
    target = tmp_path / f"out.{suffix}"
    pv.visualize_pipeline_parallelism(SCHEDULE, schedule_type, str(target))
    assert target.read_bytes().startswith(start)
    assert capsys.readouterr().out == f"Visualization saved to {target}\n"


def test_the_seeds_svg_is_15_by_4_inches_with_all_three_entries(tmp_path):
    forward = {0: SCHEDULE[0][:1]}
    pv.visualize_pipeline_parallelism(forward, output_file=str(tmp_path / "a.svg"))
    text = (tmp_path / "a.svg").read_text()
    assert 'width="1080pt" height="288pt"' in text
    assert all(fill in text.lower() for fill in ("#4169e1", "#f4a460", "#ffefcf"))


@pytest.mark.parametrize("name", ["out", "out.gif", "out.txt"])
def test_an_unknown_suffix_is_an_error_and_writes_nothing(tmp_path, name):
    with pytest.raises(pv.SpecError, match="must be png, svg or pdf"):
        pv.visualize_pipeline_parallelism(SCHEDULE, output_file=str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("task", "error", "words"),
    [
        ({"type": "forward", "batch": 1, "start_time": 0}, pv.SpecError, "duration"),
        (
            {"type": "forward", "batch": 1, "start_time": -1, "duration": 1},
            pv.SpecError,
            "start_time",
        ),
        ({"type": "forward", "start_time": 0, "duration": 1}, pv.SpecError, "batch"),
        (
            {"type": "forwrad", "batch": 1, "start_time": 0, "duration": 1},
            pv.SpecError,
            "forward",
        ),
    ],
)
def test_a_wrong_task_is_an_error_that_names_what_is_wrong(tmp_path, task, error, words):
    with pytest.raises(error, match=words):
        pv.visualize_pipeline_parallelism({0: [task]}, output_file=str(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


def test_an_impossible_timeline_is_refused(tmp_path):
    twice = {0: [*SCHEDULE[0][:1], {**SCHEDULE[0][0], "batch": 2}]}
    with pytest.raises(pv.PlanError, match="at once"):
        pv.visualize_pipeline_parallelism(twice, output_file=str(tmp_path / "a.png"))


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        pv.visualize_pipeline_parallelism(SCHEDULE, output_file=str(tmp_path / "no" / "a.png"))


def test_the_callers_schedule_is_not_changed(tmp_path):
    before = repr(SCHEDULE)
    pv.visualize_pipeline_parallelism(SCHEDULE, output_file=str(tmp_path / "a.svg"))
    assert repr(SCHEDULE) == before


def test_what_is_no_schedule_is_a_type_error_in_words():
    with pytest.raises(TypeError, match="a schedule is a Spec, Plan or Timeline, not str"):
        pv.measure("1f1b")


def test_devices_that_the_author_named_keep_their_names():
    rows = "GPU A: [{type: forward, batch: 1, start_time: 0, duration: 1}]\n"
    assert pv.render(pv.read(rows), "text").startswith("t =   0\nGPU A │F1│")
    assert pv.render(pv.read(rows.replace("GPU A", "7")), "text").startswith(
        "t =      0\nDevice 1 │"
    )


def test_mistakes_in_a_picture_have_their_line_in_text_too():
    text = "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\nlabels: '{x}'\n"
    with pytest.raises(pv.PipevizError, match=r"^a\.yaml:4: a label has no '\{x\}'"):
        pv.render(pv.read(text, source="a.yaml"), "text")
