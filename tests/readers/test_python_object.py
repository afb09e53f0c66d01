"""Schedules made by Python code: what it may return, and what happens if it fails."""

import sys
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.ops import PER_ITERATION, TRANSFERS, Kind
from sphinx_pipeviz.readers.python_object import read_object
from sphinx_pipeviz.readers.returned_value import plan_from_object
from sphinx_pipeviz.spec import Spec

MODULES = Path(__file__).parent / "python_modules"
HERE = Location("page.rst", 7)
PLAN = pv.Plan.parse([["0F0", "0B0"], ["1F0", "1B0"]])
TASK = {"type": "forward", "batch": 1, "start_time": 0, "duration": 1}


@pytest.fixture(autouse=True)
def modules(monkeypatch, tmp_path):
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(MODULES)
    yield tmp_path
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent in (
            MODULES,
            tmp_path,
        ):
            del sys.modules[name]


class Word:
    """An object whose str is a slot, as PyTorch's actions are."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


class PyTorchLike:
    """A schedule object with PyTorch's attributes."""

    def __init__(self, order, microbatches=1):
        self.pipeline_order = order
        self._n_microbatches = microbatches


def words(rows):
    return [[None if cell is None else Word(cell) for cell in row] for row in rows]


@pytest.mark.parametrize(
    "value",
    [
        [["0F0", "0B0"], ["1F0", "1B0"]],
        (("0F0", "0B0"), ("1F0", "1B0")),
        ["0F0 0B0", "1F0, 1B0"],
        [["0F0", None, "", "0B0"], "1F0 1B0"],
        words([["0F0", None, "0B0"], ["1F0", "1B0"]]),
        [list(row) for row in PLAN.orders],
        PLAN.orders,
        {1: ["1F0", "1B0"], 0: ["0F0", "0B0"]},
        {0: "0F0 0B0", 1: "1F0 1B0"},
        {0: words([["0F0", "0B0"]])[0], 1: words([[None, "1F0", "1B0"]])[0]},
        PyTorchLike({0: ["0F0", None, None, "0B0"], 1: [None, "1F0", "1B0"]}),
        "0F0,0B0\n,1F0,1B0\n",
        "0F0,,,0B0\n\n1F0,1B0",
        PLAN,
    ],
)
def test_an_order_in_any_form_is_the_same_plan(value):
    assert plan_from_object(value) == PLAN


def test_generators_are_read_to_their_end():
    rows = ((slot for slot in row) for row in PLAN.orders)
    assert plan_from_object(rows) == PLAN


def test_named_tuples_are_slots_and_not_lists():
    own = __import__("own")
    rows = [[own.Action(0, "F", 0), own.Action(0, "B", 0)]]
    assert plan_from_object(rows) == pv.Plan.parse(["0F0 0B0"])


def test_pairs_and_transfers_are_slots():
    plan = pv.plan("dualpipev", devices=2, microbatches=4, transfers=True)
    rows = words([[str(slot) for slot in row] for row in plan.orders])
    assert plan_from_object(rows).orders == plan.orders


def test_a_mapping_of_tasks_is_a_timeline():
    value = {0: [TASK], 1: [{**TASK, "start_time": 1}]}
    timeline = plan_from_object(value)
    assert isinstance(timeline, pv.Timeline)
    assert timeline.end == 2
    assert plan_from_object(timeline) is timeline
    assert plan_from_object({device: (task for task in row) for device, row in value.items()})


def test_a_mapping_of_keys_and_the_text_of_a_schedule_are_specs():
    keys = {"schedule": "1f1b", "devices": 2, "microbatches": 4}
    spec = plan_from_object(keys)
    assert isinstance(spec, Spec)
    text = "schedule: 1f1b\ndevices: 2\nmicrobatches: 4\n"
    assert plan_from_object(text).canonical() == spec.canonical()
    assert plan_from_object(spec) is spec


def test_text_that_is_no_schedule_is_told_as_such():
    with pytest.raises(pv.SpecError) as caught:
        read_object("os:getcwd")
    assert str(caught.value).startswith("os:getcwd gives what cannot be drawn: the text '/")


def test_text_is_read_by_whoever_is_asked():
    assert plan_from_object("anything", lambda text: [text]) == ["anything"]


@pytest.mark.parametrize("microbatches", [1, 3, 8, 9])
@pytest.mark.parametrize("stages", [1, 2, 4])
def test_deepspeeds_steps_are_rows_with_microbatches_counted(stages, microbatches):
    like = __import__("deepspeed_like")
    objects = [like.TrainSchedule(microbatches, stages, stage) for stage in range(stages)]
    plan = plan_from_object(objects)
    passes = [
        tuple(op for op in row if op.kind not in TRANSFERS | PER_ITERATION)
        for row in plan.orders
    ]
    expected = pv.plan("1f1b", devices=stages, microbatches=microbatches)
    assert tuple(passes) == expected.orders
    assert [[op.kind for op in row[-2:]] for row in plan.orders] == [
        [Kind.ALL_REDUCE, Kind.OPTIMIZER]
    ] * stages
    assert plan_from_object(each.steps() for each in objects) == plan
    assert plan_from_object([list(each.steps()) for each in objects]) == plan
    assert pv.simulate(plan).makespan == pv.simulate(expected).makespan + 2


def test_deepspeeds_transfers_are_those_of_the_plan():
    like = __import__("deepspeed_like")
    plan = plan_from_object(like.schedules())
    moves = {op for row in plan.orders for op in row if op.kind in TRANSFERS}
    ours = pv.plan("1f1b", devices=4, microbatches=8, transfers=True)
    assert moves == {op for row in ours.orders for op in row if op.kind in TRANSFERS}


def test_one_schedule_of_one_stage_is_enough():
    like = __import__("deepspeed_like")
    plan = plan_from_object(like.DataParallelSchedule(2, 1, 0))
    assert [str(op) for op in plan.orders[0]] == [
        *("0F0", "0B0", "0F1", "0B1", "0REDUCE_GRAD", "0OPT")
    ]


def deepspeed_mistakes():
    like = __import__("deepspeed_like")
    yield like.TrainSchedule(8, 4, 0), "TrainSchedule 1 of 1 is of stage 0 of 4 stages"
    yield like.schedules()[::-1], "TrainSchedule 1 of 4 is of stage 3 of 4 stages"
    rows = [[[like.ForwardPass(0)], [like.Compress(0), like.BackwardPass(0)]]]
    yield rows, "'Compress' is not one of DeepSpeed's instructions"


def test_mistakes_with_deepspeeds_objects_are_named():
    for value, message in deepspeed_mistakes():
        with pytest.raises(pv.SpecError) as caught:
            plan_from_object(value)
        assert caught.value.message == message
        assert caught.value.hint


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "None is not a schedule (allowed: a list with one list"),
        (7, "an object of type int is not a schedule (allowed: "),
        (b"0F0", "an object of type bytes is not a schedule (allowed: "),
        ({}, "an empty mapping is not a schedule"),
        ([7], "an object of type int stands where a list of slots must be"),
        ([None], "None stands where a list of slots must be"),
        ({0: 7}, "an object of type int stands where a list of slots must be"),
        ({1: ["0F0"], 2: ["1F0"]}, "the keys of 2 ranks must be 0 to 1, not 1, 2"),
        ({"a": ["0F0"]}, "the keys of 1 ranks must be 0 to 0, not 'a'"),
        ([[object]], "'<class 'object'>' is not an op"),
        ([[object()]], "'<object>' is not an op"),
        ([["0F0", "0X0"]], "'0X0' is not an op"),
        ([], "the order has no ops"),
        ([[], []], "the order has no ops"),
        ([["0F0", "0B0"], ["1F0"]], "1B0 is missing"),
        (PyTorchLike({0: ["0F0", "0B0"]}, 2), "microbatch 1 is missing"),
        (PyTorchLike(None), "the pipeline_order of PyTorchLike is None, not a mapping"),
        ({0: [{**TASK, "typ": 1}]}, "there is no key 'typ' in timeline"),
        ({"schedule": "1f1b", "device": 3}, "there is no key 'device'"),
        ("nothing", "the text 'nothing' is no schedule"),
        ("schedule: [", "the text:1: "),
    ],
)
def test_anything_else_is_refused(value, sentence):
    with pytest.raises(pv.PipevizError) as caught:
        plan_from_object(value)
    assert str(caught.value).startswith(sentence)


def test_pytorchs_1f1b_object_is_answered_with_what_to_write():
    shown = type("Schedule1F1B", (PyTorchLike,), {})({0: ["0F1", "0B0"]}, 1)
    with pytest.raises(pv.PlanError, match="use schedule: 1f1b"):
        plan_from_object(shown)


@pytest.mark.parametrize(
    "name", ["own:order", "own:ORDER", "own:Holder.order", "own:HOLDER", "own:HOLDER.order"]
)
def test_a_name_leads_to_a_callable_or_an_object(name):
    assert read_object(name, HERE) == PLAN


def test_a_module_may_be_in_a_package(modules):
    package = modules / "framework" / "pipes"
    package.mkdir(parents=True)
    (package / "made.py").write_text("def build(): return ['0F0 0B0']\n")
    assert read_object("framework.pipes.made:build") == pv.Plan.parse(["0F0 0B0"])


def test_arguments_are_given_by_name():
    plan = read_object("own:of", HERE, {"devices": 3})
    assert plan == pv.plan("1f1b", devices=3, microbatches=4)


def test_a_returned_spec_is_located_where_its_name_is_written(modules):
    (modules / "texts.py").write_text("KEYS = {'schedule': '1f2b', 'devices': 2}\n")
    spec = read_object("texts:KEYS", HERE)
    with pytest.raises(pv.SpecError) as caught:
        pv.simulate(spec)
    assert caught.value.location == HERE
    assert not read_object("texts:KEYS").marks


NAMES = [
    ("own", "python must be package.module:callable, not 'own'"),
    ("own:", "python must be package.module:callable, not 'own:'"),
    (":order", "python must be package.module:callable, not ':order'"),
    ("own:a:b", "python must be package.module:callable, not 'own:a:b'"),
    ("own:order()", "python must be package.module:callable, not 'own:order()'"),
    ("../own:order", "python must be package.module:callable, not '../own:order'"),
    ("", "python must be package.module:callable, not ''"),
    (
        "own.order",
        "python must be package.module:callable, not 'own.order' (did you mean 'own:or",
    ),
    (
        "owm:order",
        "there is no module 'owm' (it must be importable: install it, or add its fold",
    ),
    ("owm.deep:order", "there is no module 'owm' (it must be importable"),
    ("own.deep:order", "there is no module 'own.deep' (it must be importable"),
    ("own:ordr", "the module own has no 'ordr' (did you mean 'order'?)"),
    ("own:Holder.ordr", "the object Holder has no 'ordr' (did you mean 'order'?)"),
    ("own:of", "own:of cannot be called without arguments: missing a required argument: 'dev"),
    ("own:EMPTY", "own:EMPTY gives what cannot be drawn: None is not a schedule (allowed"),
    ("own:sys", "own:sys gives what cannot be drawn: an object of type module is not"),
    (
        "own:fails_in_pipeviz",
        "own:fails_in_pipeviz gives what cannot be drawn: devices must be a whole number of at",
    ),
    ("own:speechless", "own:speechless raised SpeechlessError (in "),
    (
        "own:endless",
        "own:endless gives what cannot be drawn: a list here has more than 1,000,0",
    ),
]


@pytest.mark.parametrize(("name", "sentence"), NAMES, ids=[name for name, _ in NAMES])
def test_a_name_that_leads_nowhere_is_answered(name, sentence):
    with pytest.raises(pv.SpecError) as caught:
        read_object(name, HERE)
    assert str(caught.value).startswith(f"page.rst:7: {sentence}")
    assert caught.value.path == ("python",)


def line_of(text):
    lines = (MODULES / "own.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("name", "told", "text"),
    [
        ("own:fails", "ZeroDivisionError: integer division or modulo by zero", "1 // 0"),
        ("own:fails_late", "KeyError: 'later'", 'KeyError("later")'),
        ("own:leaves", "SystemExit: enough", 'sys.exit("enough")'),
        ("own:never_ends", "RecursionError: maximum recursion", "return never_ends()"),
        ("own:fills", "MemoryError", "raise MemoryError"),
        ("own:stops", "GeneratorExit: over", 'raise GeneratorExit("over")'),
    ],
)
def test_what_the_code_raises_is_told_with_its_line(name, told, text):
    with pytest.raises(pv.SpecError) as caught:
        read_object(name, HERE)
    assert caught.value.message.startswith(f"{name} raised {told}")
    assert caught.value.message.endswith(f"(in {MODULES / 'own.py'}:{line_of(text)})")
    assert caught.value.location == HERE


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nonexistent.part\n", "broken imports the module 'nonexistent', which is miss"),
        (
            "\n1 // 0\n",
            "broken:build raised ZeroDivisionError: integer division or modulo by z",
        ),
        ("\n\ndef build(:\n", "broken:build raised SyntaxError: invalid syntax"),
        ("raise SystemExit\n", "broken:build raised SystemExit (in "),
        ("raise ImportError('no\\nluck')\n", "broken:build raised ImportError: no luck (in "),
    ],
)
def test_a_module_that_cannot_be_imported_is_told(modules, code, told):
    (modules / "broken.py").write_text(code)
    with pytest.raises(pv.SpecError) as caught:
        read_object("broken:build", HERE)
    assert caught.value.message.startswith(told)
    if "raised" in told:
        line = len(code.rstrip().splitlines())
        assert caught.value.message.endswith(
            f"{modules / 'broken.py'}:{line})" if line else ")"
        )


def test_ctrl_c_still_ends_a_build():
    with pytest.raises(KeyboardInterrupt):
        read_object("own:interrupted", HERE)


def test_what_cannot_be_called_takes_no_arguments():
    with pytest.raises(pv.SpecError, match="own:ORDER cannot be called, so it takes no arg"):
        read_object("own:ORDER", HERE, {"devices": 3})
    with pytest.raises(pv.SpecError, match="with these arguments: got an unexpected keyword"):
        read_object("own:order", HERE, {"devices": 3})


def test_a_builtin_without_a_signature_is_called():
    assert read_object("builtins:dict", HERE, {"schedule": "1f1b"}).schedule == "1f1b"


@pytest.mark.parametrize(
    ("name", "makespan"), [("ping_pong", 3 * (2 + 3 - 1) * 3), ("torch_interleaved", 57)]
)
def test_the_schedules_of_the_documentation_can_be_drawn(monkeypatch, name, makespan):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "docs" / "_ext")
    plan = read_object(f"own_schedules:{name}")
    assert pv.simulate(plan).makespan == makespan
