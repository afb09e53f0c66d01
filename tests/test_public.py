import sys

import pytest

import sphinx_pipeviz as pv

TASKS = {
    0: [
        {"type": "forward", "batch": 1, "start_time": 0, "duration": 1},
        {"type": "backward", "batch": 1, "start_time": 1, "duration": 2},
    ]
}
TIMELINE = "0:\n  - {type: forward, batch: 1, start_time: 0, duration: 1}\n"


def test_the_public_names_are_there():
    assert all(hasattr(pv, name) for name in pv.__all__)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (TIMELINE, pv.Timeline),
        ("timeline: {0: [{type: f, batch: 1, start_time: 0, duration: 1}]}", pv.Timeline),
        (
            "timeline: {0: [{type: f, batch: 1, start_time: 0, duration: 1}]}\nstyle: seed",
            pv.Spec,
        ),
        ("order: [0F0 0B0]", pv.Plan),
        ("order: [0F0 0B0]\ncosts: {forward: 2}", pv.Spec),
        ("order: [0F0 0B0]\nstyle: seed", pv.Spec),
        ("schedule: 1f1b\ndevices: 2\nmicrobatches: 2", pv.Spec),
    ],
)
def test_text_becomes_the_furthest_step_it_knows(text, step):
    source = pv.read(text)
    assert isinstance(source, step)
    assert pv.measure(source).makespan > 0


def test_every_step_takes_what_any_earlier_step_gives():
    spec = pv.read("schedule: 1f1b\ndevices: 2\nmicrobatches: 3")
    plan = pv.plan("1f1b", devices=2, microbatches=3)
    timeline = pv.simulate(plan)
    assert pv.simulate(spec) == timeline
    assert pv.measure(spec) == pv.measure(plan) == pv.measure(timeline)
    texts = {pv.render(source, "text") for source in (spec, plan, timeline)}
    assert len(texts) == 1


def test_given_costs_come_before_written_ones():
    spec = pv.read("order: [0F0 0B0]\ncosts: {forward: 5}")
    assert pv.simulate(spec).makespan == 7
    assert pv.simulate(spec, pv.Costs(forward=1)).makespan == 3


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"devices": "4"}, "devices must be a whole number, not the text '4'"),
        ({"devices": 4, "nodes": 2}, "there is no key 'nodes'"),
        (
            {"devices": 4, "costs": {"forward": 2}},
            "a plan has no costs (give costs to simulate)",
        ),
        ({"devices": 4, "style": "seed"}, "a plan has no style (give style to render)"),
        ({}, "1f1b needs the key 'devices'"),
        (
            {"devices": 4, "order": ["0F0"]},
            "exactly one of schedule, order",
        ),
    ],
)
def test_a_wrong_key_of_a_plan_is_told(keys, message):
    with pytest.raises(pv.SpecError) as caught:
        pv.plan("1f1b", microbatches=8, **keys)
    assert str(caught.value).startswith(message)


def test_unknown_formats_are_told():
    with pytest.raises(pv.SpecError, match="there is no format 'toml'"):
        pv.read("{}", format="toml")
    with pytest.raises(pv.SpecError, match=r"there is no format 'sgv' \(did you mean 'svg'"):
        pv.render(pv.plan("naive", devices=1, microbatches=1), "sgv")


def test_an_unknown_style_is_told():
    with pytest.raises(pv.StyleError, match="there is no style 'sed'"):
        pv.render(pv.plan("naive", devices=1, microbatches=1), "text", style="sed")


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")]
)
def test_the_seeds_function_writes_the_format_of_the_suffix(tmp_path, capsys, suffix, start):
    target = tmp_path / f"picture.{suffix}"
    assert pv.visualize_pipeline_parallelism(TASKS, "simple", str(target)) is None
    assert target.read_bytes().startswith(start)
    assert capsys.readouterr().out == f"Visualization saved to {target}\n"


def test_the_seeds_function_refuses_other_suffixes_and_impossible_tasks(tmp_path):
    with pytest.raises(pv.SpecError, match="the suffix must be png, svg or pdf"):
        pv.visualize_pipeline_parallelism(TASKS, output_file=str(tmp_path / "a.bmp"))
    early = {0: [TASKS[0][0], {**TASKS[0][1], "start_time": 0.5}]}
    with pytest.raises(pv.PlanError, match="at once"):
        pv.visualize_pipeline_parallelism(early, output_file=str(tmp_path / "a.png"))
    assert not list(tmp_path.iterdir())


def test_the_version_is_known():
    assert pv.__version__.count(".") == 2
    assert sys.modules["sphinx_pipeviz"].__version__ == pv.__version__


def test_costs_of_a_simulation_may_be_a_mapping():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    costs = {"forward": 2, "backward-input": 1, "p2p": 0.5}
    same = pv.Costs(forward=2, backward_input=1, p2p=0.5)
    assert pv.simulate(plan, costs) == pv.simulate(plan, same)
    with pytest.raises(pv.SpecError, match=r"costs.forward must be .*, not the text 'x'"):
        pv.simulate(plan, {"forward": "x"})
    with pytest.raises(pv.SpecError, match="costs must be a mapping, not 5"):
        pv.simulate(plan, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pv.plan("1f1b", max_ops="x"), "max_ops must be a whole number, not the text"),
        (lambda: pv.plan(5), "schedule must be text, not 5"),
        (lambda: pv.Plan.parse(None), "the orders must be a list with one row per device"),
        (lambda: pv.Plan.parse("0F0"), "the orders must be a list with one row per device"),
        (lambda: pv.Plan.parse(5), "the orders must be a list with one row per device, not 5"),
        (lambda: pv.Plan.parse([None], 1), "the row of device 0 must be text or a list, not"),
        (lambda: pv.Plan.parse([["0F0", None]]), "None is not an op"),
        (lambda: pv.Plan.parse(["0F0"], "x"), "microbatches must be a whole number, not 'x'"),
        (lambda: pv.Plan.parse(["0F0"], placement=5), "the placement must be a list of dev"),
        (lambda: pv.Plan.parse(["0F0"], placement="0"), "the placement must be a list of dev"),
        (lambda: pv.weight_versions(pv.read(TIMELINE)), "a timeline has times already"),
    ],
)
def test_arguments_of_a_wrong_type_are_told(call, message):
    with pytest.raises(pv.PipevizError) as caught:
        call()
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("step", [pv.simulate, pv.measure, pv.render, pv.weight_versions])
def test_what_is_no_schedule_is_told(step):
    with pytest.raises(TypeError, match="a schedule is a Spec, Plan or Timeline, not int"):
        step(5)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("compare", [{}], "a plan has no compare (give compare to a spec)"),
        ("title", "x", "a plan has no title (give title to a spec)"),
        ("schedule", "gpipe", "a plan has one schedule (give its name once, as the first"),
    ],
)
def test_a_key_that_a_plan_has_no_use_for_is_refused(key, value, sentence):
    with pytest.raises(pv.SpecError) as caught:
        pv.plan("1f1b", devices=2, microbatches=2, **{key: value})
    assert caught.value.sentence.startswith(sentence)
    assert caught.value.path == (key,)
