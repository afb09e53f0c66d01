"""Orders recorded from the systems themselves: PyTorch, Megatron-LM, DeepSeek and others.

A few are kept here; where the whole collection lies beside the checkout, all are used.
"""

import json
import os
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.schedules import SCHEDULES

OWN = Path(__file__).parent / "oracle"
WHOLE = Path(__file__).parents[2] / "shared" / "oracle"
OUR_NAMES = {"zbv-zero-bubble": "zb-v"}
#: Orders of their own: not those that this package follows.
NO_TARGETS = (
    "minpp-dualpipev",
    "minpp-vshape_zb",
    "minpp-zb1f1b",
)


def files(folder):
    found = [*sorted((OWN / folder).glob("*.json")), *sorted((WHOLE / folder).glob("*.json"))]
    return [pytest.param(path, id=f"{path.parts[-3]}-{path.stem}") for path in found]


def rows(system, schedule):
    """The refused combinations of one system, each once."""
    found = {}
    for path in (OWN / "refused.json", WHOLE / "refused.json"):
        for row in json.loads(path.read_text()) if path.exists() else ():
            if row["system"].startswith(system) and row["schedule"] == schedule:
                keys = ("devices", "stages_per_device", "microbatches", "group_size")
                numbers = tuple(row.get(key) for key in keys)
                found["-".join(map(str, numbers))] = numbers
    return [pytest.param(*numbers, id=name) for name, numbers in found.items()]


def load(path):
    record = json.loads(path.read_text())
    plan = pv.Plan.parse(record["order"], record["microbatches"], record["placement"])
    return record, plan


def costs_of(recorded):
    return pv.Costs(
        forward=recorded["F"],
        backward=recorded["B"],
        backward_input=recorded["I"],
        backward_weight=recorded["W"],
        p2p=recorded["p2p"],
        overlap=recorded.get("overlap", "sum"),
    )


def is_target(path, record):
    """minPP interleaves in an order of its own unless P is 4.

    sail-sg's ZB-H1 warms up longer than others' where there are few microbatches.
    """
    if path.stem.startswith("minpp-interleaved"):
        return record["devices"] == 4
    if path.stem.startswith("sailsg-zb-h1"):
        return record["devices"] <= 2 or record["microbatches"] > record["devices"]
    return not path.stem.startswith(NO_TARGETS)


def named_plan(path, record):
    name = OUR_NAMES.get(record["schedule"], record["schedule"])
    options, params = SCHEDULES[name].options, record["params"]
    keys = {"devices": record["devices"], "microbatches": record["microbatches"]}
    if "chunks" in options:
        keys["chunks"] = params["stages_per_device"]
    if "group" in options:
        keys["microbatch_group_size"] = params.get("microbatch_group_size_per_vp_stage")
    if path.stem.startswith("minpp-looped_bfs"):
        keys["backward"] = "same"
    if "variant" in options and path.stem.startswith("sailsg"):
        keys["variant"] = "sail-sg"
    return pv.plan(name, **keys)


def test_the_whole_collection_is_used_in_ci():
    if not WHOLE.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the recorded orders are not in {WHOLE}")
        pytest.skip("only the few orders kept in tests/oracle are used")
    assert len(files("orders")) > 100
    assert len(files("broken")) > 10


@pytest.mark.parametrize("path", files("orders"))
def test_a_recorded_order_takes_the_recorded_time(path):
    record, plan = load(path)
    assert [[str(slot) for slot in row] for row in plan.orders] == record["order"]
    assert record["results"]
    for result in record["results"]:
        timeline = pv.simulate(plan, costs_of(result["costs"]))
        metrics = pv.measure(timeline)
        assert metrics.makespan == result["makespan"]
        assert list(metrics.idle) == result["idle"]
        assert list(metrics.peak_activations) == record["peak_inflight"]
        if "starts" in result:
            assert [[run.start for run in row] for row in timeline.rows] == result["starts"]


@pytest.mark.parametrize("path", files("orders"))
def test_the_placement_of_a_recorded_order_follows_from_its_rows(path):
    record, plan = load(path)
    assert pv.Plan.parse(record["order"]) == plan


def targets():
    return [
        param
        for param in files("orders")
        if is_target(param.values[0], json.loads(param.values[0].read_text()))
    ]


@pytest.mark.parametrize("path", targets())
def test_a_named_schedule_is_the_recorded_order_op_for_op(path):
    record, plan = load(path)
    named = named_plan(path, record)
    assert named.orders == plan.orders
    assert named.placement == plan.placement
    assert named.microbatches == plan.microbatches


def test_every_recorded_schedule_is_compared():
    def names(params):
        records = (json.loads(param.values[0].read_text()) for param in params)
        return {OUR_NAMES.get(each["schedule"], each["schedule"]) for each in records}

    assert names(targets()) == names(files("orders"))
    if WHOLE.is_dir():
        assert len(targets()) > 135


@pytest.mark.parametrize("path", files("broken"))
def test_a_broken_order_is_refused(path):
    record = json.loads(path.read_text())
    with pytest.raises(pv.PlanError):
        pv.simulate(pv.Plan.parse(record["order"], record["microbatches"], record["placement"]))


@pytest.mark.parametrize(
    ("devices", "chunks", "microbatches", "group"), rows("Megatron", "interleaved-1f1b")
)
def test_what_megatron_refuses_to_interleave_is_refused(devices, chunks, microbatches, group):
    assert group is not None
    with pytest.raises(pv.PlanError, match="microbatch-group-size"):
        pv.plan(
            "interleaved-1f1b",
            devices=devices,
            chunks=chunks,
            microbatches=microbatches,
            microbatch_group_size=group,
        )


@pytest.mark.parametrize(
    ("devices", "chunks", "microbatches", "group"), rows("torch", "Interleaved1F1B")
)
def test_what_pytorch_refuses_to_interleave_is_refused(devices, chunks, microbatches, group):
    assert group is None
    with pytest.raises(pv.PlanError, match="rounds"):
        pv.plan("vpp", devices=devices, chunks=chunks, microbatches=microbatches)


@pytest.mark.parametrize(("devices", "chunks", "microbatches", "group"), rows("torch", "1F1B"))
def test_fewer_microbatches_than_devices_run_in_1f1b(devices, chunks, microbatches, group):
    """PyTorch refuses them, Megatron-LM and DeepSpeed do not."""
    assert (chunks, group) == (1, None)
    assert microbatches < devices
    plan = pv.plan("1f1b", devices=devices, microbatches=microbatches)
    assert pv.simulate(plan).makespan == 3 * (microbatches + devices - 1)


@pytest.mark.parametrize(
    ("devices", "chunks", "microbatches", "group"), rows("torch", "InterleavedZeroBubble")
)
def test_what_pytorchs_zero_bubble_refuses_is_refused(devices, chunks, microbatches, group):
    assert group is None
    keys = {"devices": devices, "chunks": chunks}
    with pytest.raises(pv.PlanError, match="rounds"):
        pv.plan("interleaved-zero-bubble", microbatches=microbatches, **keys)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param(name, param.values, id=f"{name}-{param.id}")
        for system, schedule, name in (
            ("deepseek", "dualpipe", "dualpipe"),
            ("deepseek", "dualpipev", "dualpipev"),
            ("torch", "DualPipeV", "dualpipev"),
        )
        for param in rows(system, schedule)
    ],
)
def test_what_deepseek_and_pytorch_refuse_of_dualpipe_is_refused(name, numbers):
    devices, chunks, microbatches, _ = numbers
    with pytest.raises(pv.PlanError) as caught:
        pv.plan(name, devices=devices, chunks=chunks, microbatches=microbatches)
    culprit = "devices" if name == "dualpipe" and devices % 2 else "microbatches"
    assert caught.value.path == ("chunks" if chunks in (1, 4) else culprit,)


@pytest.mark.parametrize(
    ("devices", "chunks", "microbatches", "group"), rows("torch", "ZBVZeroBubble")
)
def test_zb_v_runs_two_chunks_and_no_other_number(devices, chunks, microbatches, group):
    assert group is None
    with pytest.raises(pv.PlanError, match="zb-v runs 2 stages per device"):
        pv.plan("zb-v", devices=devices, chunks=chunks, microbatches=microbatches)
