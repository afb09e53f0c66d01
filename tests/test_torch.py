"""Named schedules against those of the installed PyTorch, op for op, at many sizes.

PyTorch asks a stage only for numbers until it runs, so stages without a model and
without a process group are enough to make its schedules.
"""

import importlib
import importlib.util
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.extend import with_all_reduce
from sphinx_pipeviz.readers.returned_value import plan_from_object
from sphinx_pipeviz.transfers import sent_and_received, with_sharding, with_transfers

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None,
        reason="torch is not installed; `make torch` installs it and runs these tests",
    ),
]

DEVICES = range(1, 8)
CHUNKS = range(1, 5)
MICROBATCHES = (*range(1, 15), 17, 24)
#: PyTorch's class -> our name, for schedules of several stages per device.
MULTI = {
    "ScheduleInterleaved1F1B": "interleaved-1f1b",
    "ScheduleLoopedBFS": "looped-bfs",
    "ScheduleInterleavedZeroBubble": "interleaved-zero-bubble",
    "ScheduleZBVZeroBubble": "zb-v",
    "ScheduleDualPipeV": "dualpipev",
}
SINGLE = {"ScheduleGPipe": "gpipe", "Schedule1F1B": "1f1b"}
#: Schedules that PyTorch lacks, but whose orders its lowering takes.
LOWERED = {
    "naive": {"chunks": 2},
    "gpipe": {"backward": "reversed"},
    "eager-1f1b": {},
    "1f1b-overlap": {},
    "interleaved-1f1b-overlap": {"chunks": 3},
    "zb-h1": {},
    "forward-only": {"chunks": 2},
}
SHARDING = ("UNSHARD", "RESHARD", "REDUCE_GRAD")


@cache
def pytorch():
    return importlib.import_module("torch.distributed.pipelining.schedules")


class Stage(SimpleNamespace):
    """What a schedule asks of a stage, and the order in which it runs its passes."""

    def __init__(self, devices, chunks, index=0):
        super().__init__(
            num_stages=devices * chunks,
            group_size=devices,
            group_rank=index,
            stage_index=index,
            is_first=False,
            is_last=False,
            submod=None,
            ran=[],
        )

    def forward_one_chunk(self, microbatch, *_, **__):
        self.ran.append(f"{self.stage_index}F{microbatch}")

    def backward_one_chunk(self, microbatch, **_):
        self.ran.append(f"{self.stage_index}B{microbatch}")

    def nothing_to_move(self, *_):
        return []

    get_fwd_recv_ops = get_fwd_send_ops = nothing_to_move
    get_bwd_recv_ops = get_bwd_send_ops = nothing_to_move
    perform_reduce_grad = nothing_to_move


def theirs(name, devices, chunks, microbatches):
    """PyTorch's schedule, or None where it refuses the numbers."""
    stages = [Stage(devices, chunks) for _ in range(chunks)]
    try:
        return getattr(pytorch(), name)(stages, microbatches)
    except ValueError:
        return None


def ours(name, devices, chunks, microbatches):
    """Our plan, or None where we refuse the numbers."""
    try:
        return pv.plan(name, devices=devices, chunks=chunks, microbatches=microbatches)
    except pv.PlanError:
        return None


def written(rows):
    return [[str(slot) for slot in row if slot is not None] for row in rows]


def actions(plan):
    read = pytorch()._Action.from_str
    return {
        rank: [read(str(slot)) for slot in row] for rank, row in enumerate(plan.orders) if row
    }


def without_sharding(rows):
    return [[slot for slot in row if not slot.endswith(SHARDING)] for row in rows]


@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize(("name", "our_name"), MULTI.items())
def test_the_order_the_transfers_and_the_refusals_are_pytorchs(name, our_name, devices):
    for chunks in CHUNKS:
        for microbatches in MICROBATCHES:
            schedule = theirs(name, devices, chunks, microbatches)
            plan = ours(our_name, devices, chunks, microbatches)
            numbers = f"{devices} devices, {chunks} chunks, {microbatches} microbatches"
            assert (schedule is None) == (plan is None), numbers
            if schedule is None:
                continue
            assert written(plan.orders) == written(schedule.pipeline_order.values()), numbers
            places = tuple(schedule.stage_index_to_group_rank[s] for s in range(plan.stages))
            assert plan.placement == (places,), numbers
            lowered = written(schedule.pipeline_order_with_comms.values())
            full = sent_and_received(with_all_reduce(with_sharding(plan), "stage"))
            assert written(full.orders) == lowered, numbers
            bare = written(with_transfers(plan).orders)
            assert bare == without_sharding(lowered), numbers


def run_by_pytorch(name, devices, microbatches):
    """The order in which PyTorch runs a schedule of one stage per device."""
    rows = []
    for index in range(devices):
        stage = Stage(devices, 1, index)
        schedule = getattr(pytorch(), name)(stage, microbatches)
        schedule._initialize_stage = lambda *_: None
        schedule._step_microbatches([()] * microbatches, [{}] * microbatches)
        rows.append(stage.ran)
    return rows


@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize(("name", "our_name"), SINGLE.items())
def test_the_order_is_the_one_pytorch_runs(name, our_name, devices):
    for microbatches in MICROBATCHES:
        plan = ours(our_name, devices, 1, microbatches)
        if name == "Schedule1F1B" and microbatches < devices:
            # Megatron-LM and DeepSpeed run fewer microbatches than devices; so do we.
            with pytest.raises(ValueError, match="must be greater than"):
                pytorch().Schedule1F1B(Stage(devices, 1), microbatches)
            assert plan is not None
            continue
        assert written(plan.orders) == run_by_pytorch(name, devices, microbatches)


@pytest.mark.parametrize("devices", DEVICES)
def test_the_order_that_pytorch_shows_of_gpipe_is_the_one_it_runs(devices):
    for microbatches in MICROBATCHES:
        shown = pytorch().ScheduleGPipe(Stage(devices, 1), microbatches).pipeline_order
        plan = with_all_reduce(ours("gpipe", devices, 1, microbatches), "stage")
        assert written(plan.orders) == written(shown.values())


def test_the_order_that_pytorch_shows_of_1f1b_cannot_run_and_is_refused():
    """Its last row starts with microbatch 1; what it runs is tested above."""
    shown = pytorch().Schedule1F1B(Stage(4, 1), 8).pipeline_order
    rows = written(shown.values())
    plan = with_all_reduce(ours("1f1b", 4, 1, 8), "stage")
    assert written(plan.orders)[:3] == rows[:3]
    assert rows[3][0] == "3F1"
    with pytest.raises(pv.PlanError, match="3F8 is out of range"):
        pv.Plan.parse(rows, 8)


@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize(("name", "keys"), LOWERED.items())
def test_pytorch_lowers_orders_that_it_lacks_to_the_same_transfers(name, keys, devices):
    for microbatches in (devices, 2 * devices + 1, 12 * devices):
        try:
            plan = pv.plan(name, devices=devices, microbatches=microbatches, **keys)
        except pv.PlanError:
            continue
        places = plan.placement[0]
        lowered = pytorch()._add_send_recv(actions(plan), places.__getitem__, plan.stages)
        assert written(sent_and_received(plan).orders) == written(lowered.values())


@pytest.mark.parametrize("name", ["1f1b", "gpipe", "zb-h1", "zb-v", "vpp", "looped-bfs"])
def test_pytorchs_dry_run_runs_our_transfers(name):
    plan = pv.plan(name, devices=4, microbatches=8, transfers=True)
    places = plan.placement[0]
    done = pytorch()._simulate_comms_compute(actions(plan), places.__getitem__, plan.stages)
    assert written(done.values()) == written(plan.orders)


@pytest.mark.parametrize(("name", "our_name"), MULTI.items())
def test_pytorchs_objects_can_be_returned_by_a_users_code(name, our_name):
    schedule = theirs(name, 4, 2, 8)
    plan = pv.plan(our_name, devices=4, chunks=2, microbatches=8)
    assert replace(plan_from_object(schedule), name=plan.name) == plan
    assert plan_from_object(schedule.pipeline_order).orders == plan.orders
    full = sent_and_received(with_all_reduce(with_sharding(plan), "stage"))
    lowered = plan_from_object(schedule.pipeline_order_with_comms)
    assert lowered.orders == full.orders
    assert pv.simulate(lowered).end == pv.simulate(with_all_reduce(plan, "stage")).end


def test_pytorchs_single_stage_objects_can_be_returned_or_are_answered():
    gpipe = plan_from_object(pytorch().ScheduleGPipe(Stage(4, 1), 8))
    assert gpipe.orders == with_all_reduce(ours("gpipe", 4, 1, 8), "stage").orders
    with pytest.raises(pv.PlanError, match="use schedule: 1f1b"):
        plan_from_object(pytorch().Schedule1F1B(Stage(4, 1), 8))
