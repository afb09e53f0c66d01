import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.model import Traits
from sphinx_pipeviz.ops import BESIDE
from sphinx_pipeviz.readers.pytorch_csv import looks_like_pytorch_csv, read_pytorch_csv
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.written_timeline import timeline_from_data
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.write import WRITERS, order_of, write

PLANS = st.builds(
    lambda name, devices, groups: pv.plan(
        name, devices=2 * devices, microbatches=4 * devices * groups
    ),
    st.sampled_from(sorted(SCHEDULES)),
    st.integers(1, 3),
    st.integers(1, 3),
)
TIMES = st.integers(0, 99) | st.floats(0, 1e9)
TASKS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["f", "b", "i", "w", "optimizer"]) | st.text(min_size=1),
        "batch": st.integers(-9, 99),
        "start_time": TIMES,
        "duration": TIMES,
    },
    optional={"stage": st.integers(0, 9)},
)
DEVICES = st.dictionaries(st.integers(0, 9) | st.text(), st.lists(TASKS), max_size=4)


def read_csv(text):
    return read_pytorch_csv([TextFile("a.csv", text)], ReadOptions())


def same(plan):
    """A plan without what no order says: its name."""
    return replace(plan, name="")


def is_plain(plan):
    return plan.traits == Traits()


@given(PLANS)
def test_a_plan_is_read_again_from_its_yaml_and_its_csv(plan):
    csv = write(plan, "csv")
    assert looks_like_pytorch_csv(TextFile("a", csv))
    assert read_csv(csv).orders == plan.orders
    assert read_csv(csv).placement == plan.placement
    if is_plain(plan):
        assert read_csv(csv) == same(plan)
        assert pv.read(write(plan, "yaml")) == same(plan)


@given(PLANS)
def test_a_timeline_is_read_again_from_its_yaml_and_its_json(plan):
    timeline = pv.simulate(plan)
    assert pv.read(write(timeline, "yaml")).rows == timeline.rows
    assert pv.read(write(plan, "json")).rows == timeline.rows


@given(DEVICES)
def test_a_written_timeline_is_the_same_when_read_again(data):
    try:
        timeline = timeline_from_data(data)
        text = write(timeline, "yaml")
    except pv.PipevizError:
        return
    assert pv.read(text) == timeline


def test_what_no_yaml_can_hold_is_an_error():
    task = {"type": "a\x1fb", "start_time": 0, "duration": 1}
    with pytest.raises(pv.SpecError, match=r"control character U\+001F fits in no YAML"):
        write(timeline_from_data({0: [task]}), "yaml")


@given(PLANS)
def test_the_order_of_a_plans_timeline_is_the_plans(plan):
    own = without_lanes(plan)
    assert order_of(pv.simulate(plan)).orders == own.orders
    assert write(pv.simulate(plan), "csv") == write(own, "csv")


def without_lanes(plan):
    """A plan without what goes on beside its devices' work."""
    rows = ([s for s in row if s.ops[0].kind not in BESIDE] for row in plan.orders)
    return replace(plan, orders=tuple(map(tuple, rows)))


def test_a_plan_in_yaml_says_all_that_it_is():
    plan = pv.plan("dualpipe", devices=2, microbatches=4)
    text = write(plan, "yaml")
    assert text.startswith('order:\n- [0F0, 1F2, 0F1, 1B2, "(1F3;0B0)OVERLAP_F_B", 1B3,')
    assert text.endswith("microbatches: 4\nplacement: [[0, 1], [1, 0]]\n")
    late = replace(pv.plan("1f1b", devices=2, microbatches=4), traits=Traits(late=True))
    text = write(late, "yaml")
    assert text.endswith("place: alap\n")
    assert pv.read(text) == same(late)


def test_a_timeline_in_yaml_is_the_seeds_mapping():
    timeline = pv.simulate(pv.plan("gpipe", devices=2, microbatches=1))
    assert write(timeline, "yaml") == (
        "timeline:\n"
        "  0:\n"
        "  - {type: forward, batch: 0, start_time: 0, duration: 1, stage: 0}\n"
        "  - {type: backward, batch: 0, start_time: 4, duration: 2, stage: 0}\n"
        "  1:\n"
        "  - {type: forward, batch: 0, start_time: 1, duration: 1, stage: 1}\n"
        "  - {type: backward, batch: 0, start_time: 2, duration: 2, stage: 1}\n"
    )
    data = {int(key): tasks for key, tasks in json.loads(write(timeline, "json")).items()}
    assert timeline_from_data(data).rows == timeline.rows


def test_an_overlapped_pair_is_a_task_with_operations():
    plan = pv.Plan.parse(["0F0 (0F1;0B0)OVERLAP_F_B 0B1"])
    timeline = pv.simulate(plan)
    assert (
        "  - {type: overlapped_forward_backward, batch: 1, start_time: 1, duration: 3,"
        " stage: 0, is_overlapped: true, operations: [{type: forward, batch: 1, stage: 0},"
        " {type: backward, batch: 0, stage: 0}]}\n"
    ) in write(timeline, "yaml")
    task = json.loads(write(plan, "json"))["0"][1]
    assert (task["is_overlapped"], len(task["operations"])) == (True, 2)


def test_what_goes_on_beside_the_work_is_in_orders_and_traces_only():
    plan = pv.plan("bpipe", devices=4, microbatches=8)
    timeline = pv.simulate(plan)
    assert "0EVICT2" in write(plan, "yaml")
    assert "0EVICT2" in write(timeline, "chrome")
    assert "EVICT" not in write(timeline, "yaml") + write(timeline, "csv")


def test_recompute_is_read_again():
    spec = pv.read("schedule: gpipe\ndevices: 2\nmicrobatches: 2\nrecompute: true")
    timeline = pv.simulate(spec)
    assert pv.read(write(timeline, "yaml")).rows == timeline.rows


def test_a_device_without_ops_is_kept():
    plan = pv.Plan.parse(["0F0 0B0", "", "1F0 1B0"])
    assert write(plan, "csv") == "0F0,0B0\n,\n1F0,1B0\n"
    assert read_csv(write(plan, "csv")) == plan
    assert pv.read(write(plan, "yaml")) == plan
    timeline = pv.simulate(plan)
    assert pv.read(write(timeline, "yaml")).rows == timeline.rows


def test_transfers_are_kept_in_an_order():
    plan = pv.Plan.parse(["0F0 0SEND_F0", "1RECV_F0 1F0"])
    assert read_csv(write(plan, "csv")) == plan
    assert pv.read(write(plan, "yaml")) == plan


def test_devices_are_the_stages_of_a_timeline_without_them():
    down = {
        "a": [{"type": "f", "batch": 1, "start_time": 0, "duration": 1}],
        "b": [{"type": "f", "batch": 1, "start_time": 1, "duration": 1}],
    }
    up = {"b": down["b"], "a": down["a"]}
    assert write(timeline_from_data(down), "csv") == "0F0\n1F0\n"
    assert write(timeline_from_data(up), "csv") == "1F0\n0F0\n"
    optimizer = {"type": "optimizer", "batch": 1, "start_time": 1, "duration": 1}
    assert write(timeline_from_data({0: [down["a"][0], optimizer]}), "csv") == "0F0,0OPT1\n"


def test_a_timeline_with_other_work_has_no_order():
    task = {"type": "allreduce", "start_time": 0, "duration": 1}
    with pytest.raises(pv.PlanError, match="is not an op"):
        write(timeline_from_data({0: [task]}), "csv")


@given(PLANS)
def test_a_trace_has_every_run_once(plan):
    timeline = pv.simulate(plan)
    for source in (plan, timeline):
        events = json.loads(write(source, "chrome"))["traceEvents"]
        runs = [
            (each["pid"], each["tid"], each["name"], each["ts"], each["dur"])
            for each in events
            if each["ph"] == "X"
        ]
        rows = [(device, 0, row) for device, row in enumerate(timeline.rows)]
        rows += [(lane.device, at, lane.runs) for at, lane in enumerate(timeline.lanes, 1)]
        assert runs == [
            (device, thread, str(run.slot), run.start, run.duration)
            for device, thread, row in rows
            for run in row
        ]


def test_a_trace_names_devices_and_lanes():
    plan = pv.Plan.parse(["0F0 0SEND_F0", "1RECV_F0 1F0"])
    events = json.loads(write(plan, "chrome"))["traceEvents"]
    names = [each["args"]["name"] for each in events if each["ph"] == "M"]
    assert names == ["Device 0", "Device 1", "transfers", "transfers"]
    assert events[1]["args"] == {"stage": 0, "microbatch": 0}
    assert events[1]["cat"] == "forward"


def test_what_cannot_be_written_is_refused():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    with pytest.raises(pv.SpecError, match="there is no format 'yml' to write"):
        write(plan, "yml")
    with pytest.raises(pv.SpecError, match="an order cannot hold all"):
        write(replace(plan, traits=Traits(aligned=True)), "yaml")
    twins = replace(pv.simulate(plan), titles=("GPU", "GPU"))
    with pytest.raises(pv.SpecError, match="two devices have the same name"):
        write(twins, "json")
    assert set(WRITERS) == {"yaml", "csv", "json", "chrome"}
