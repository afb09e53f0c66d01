"""What devices send each other: where it stands in the rows, and when it goes on."""

import csv
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.extend import with_all_reduce, with_iterations, with_optimizer
from sphinx_pipeviz.ops import TRANSFERS, Kind
from sphinx_pipeviz.transfers import sent_and_received, with_sharding, with_transfers

OWN = Path(__file__).parent / "oracle"
WHOLE = Path(__file__).parents[2] / "shared" / "oracle"
LOWERED = sorted(
    path for folder in (OWN, WHOLE) for path in (folder / "orders").glob("*.compute_comms.csv")
)
NAMES = {
    "1f1b-runtime": "1f1b",
    "gpipe-runtime": "gpipe",
    "zbv-zero-bubble": "zb-v",
}
SHARDING = ("UNSHARD", "RESHARD", "REDUCE_GRAD")
SENDS = (Kind.SEND_FORWARD, Kind.SEND_BACKWARD)
EVERY = [
    ("1f1b", {}),
    ("gpipe", {}),
    ("forward-only", {}),
    ("looped-bfs", {}),
    ("interleaved-1f1b-overlap", {}),
    ("zb-h1", {}),
    ("zb-v", {}),
    ("dualpipe", {}),
    ("dualpipev", {}),
    ("chimera", {}),
    ("gems", {}),
    ("1f1b", {"recompute": True, "all_reduce": "stage", "optimizer": "aligned"}),
    ("1f1b", {"iterations": 3, "optimizer": "ready"}),
    ("1f1b", {"place": "alap"}),
]


def written(rows):
    return [[str(slot) for slot in row] for row in rows]


def named(path):
    """The plan that a recorded file is of, by the file's name."""
    words = path.name.split(".")[0].removeprefix("torch-").split("-")
    numbers = {
        word[0]: int(word[1:]) for word in words if word[0] in "pvm" and word[1:].isdigit()
    }
    name = "-".join(word for word in words if not word[1:].isdigit())
    return pv.plan(
        NAMES.get(name, name),
        devices=numbers["p"],
        microbatches=numbers["m"],
        chunks=numbers.get("v"),
    )


@pytest.mark.parametrize("path", LOWERED, ids=lambda path: path.stem)
def test_the_rows_are_those_that_pytorch_wrote(path):
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    plan = named(path)
    full = sent_and_received(with_all_reduce(with_sharding(plan), "stage"))
    assert written(full.orders) == rows
    bare = [[cell for cell in row if not cell.endswith(SHARDING)] for row in rows]
    assert written(with_transfers(plan).orders) == bare
    reduced = [[cell for cell in row if not cell.endswith(SHARDING[:2])] for row in rows]
    assert written(with_transfers(with_all_reduce(plan, "stage")).orders) == reduced


@pytest.mark.parametrize(("name", "keys"), EVERY)
def test_what_is_made_elsewhere_is_sent_once_and_received_before_it_is_needed(name, keys):
    plan = pv.plan(name, devices=4, microbatches=8, transfers=True, **keys)
    without = pv.plan(name, devices=4, microbatches=8, **keys)
    kept = [
        tuple(slot for slot in row if slot.ops[0].kind not in TRANSFERS) for row in plan.orders
    ]
    assert tuple(kept) == without.orders
    ops = [op for row in plan.orders for slot in row for op in slot.ops]
    moves = [op for op in ops if op.kind in TRANSFERS]
    assert len(moves) == len(set(moves)) == 2 * sum(op.kind in SENDS for op in moves)
    for row in plan.orders:
        seen = set()
        for slot in row:
            seen.update(slot.ops)
            for op in slot.ops:
                if op.kind in (Kind.SEND_FORWARD, Kind.SEND_BACKWARD):
                    assert made_by(op) & seen


def made_by(send):
    forward = send.kind is Kind.SEND_FORWARD
    kinds = (Kind.FORWARD,) if forward else (Kind.BACKWARD, Kind.BACKWARD_INPUT)
    return {send._replace(kind=kind) for kind in kinds}


@pytest.mark.parametrize(("name", "keys"), EVERY)
@pytest.mark.parametrize("overlap", ["sum", "sequential"])
def test_transfers_go_on_from_when_their_load_is_made_and_change_nothing_else(
    name, keys, overlap
):
    costs = pv.Costs(forward=2, backward=3, p2p=0.5, overlap=overlap)
    keys = {"devices": 4, "microbatches": 8, **keys}
    timeline = pv.simulate(pv.plan(name, transfers=True, **keys), costs)
    without = pv.simulate(pv.plan(name, **keys), costs)
    assert timeline.rows == without.rows
    assert pv.measure(timeline) == pv.measure(without)
    ends = {op: run.end for row in timeline.rows for run in row for op in run.slot.ops}
    starts = {op: run.start for row in timeline.rows for run in row for op in run.slot.ops}
    runs = {
        run.slot: run
        for lane in timeline.lanes
        if lane.name == "transfers"
        for run in lane.runs
    }
    for send, run in runs.items():
        if send.kind not in SENDS:
            continue
        assert run.duration == 0.5
        assert run.start in {ends[op] for op in made_by(send) if op in ends}
        forward = send.kind is Kind.SEND_FORWARD
        kind = Kind.RECEIVE_FORWARD if forward else Kind.RECEIVE_BACKWARD
        receive = send._replace(stage=send.stage + (1 if forward else -1), kind=kind)
        assert runs[receive][:2] == run[:2]
        needing = {op._replace(stage=receive.stage) for op in made_by(send)} & starts.keys()
        assert all(starts[op] >= run.end for op in needing)
        assert needing
    assert len(runs) == sum(
        op.kind in TRANSFERS
        for row in pv.plan(name, transfers=True, **keys).orders
        for slot in row
        for op in slot.ops
    )


def test_each_device_has_a_lane_of_its_own_transfers():
    timeline = pv.simulate(pv.plan("1f1b", devices=2, microbatches=1, transfers=True))
    assert [(lane.device, lane.name) for lane in timeline.lanes] == [
        (0, "transfers"),
        (1, "transfers"),
    ]
    assert [[str(run.slot) for run in lane.runs] for lane in timeline.lanes] == [
        ["0SEND_F0", "0RECV_B0"],
        ["1RECV_F0", "1SEND_B0"],
    ]


def test_devices_that_hold_neighbouring_stages_send_nothing_to_themselves():
    plan = pv.plan("naive", devices=1, chunks=3, microbatches=2)
    assert with_transfers(plan) == plan
    timeline = pv.simulate(pv.plan("zb-v", devices=2, microbatches=3, transfers=True))
    moves = {str(run.slot) for lane in timeline.lanes for run in lane.runs}
    assert {"0SEND_F0", "1RECV_F0", "2SEND_F0", "3RECV_F0"} <= moves
    assert "1SEND_F0" not in moves


def test_replicas_send_along_their_own_devices():
    plan = with_transfers(pv.plan("gems", devices=2, microbatches=2))
    assert written(plan.orders) == [
        ["0F0", "0SEND_F0", "0RECV_B0", "0B0", "1RECV_F1", "1F1", "1B1", "1SEND_B1"],
        ["1RECV_F0", "1F0", "1B0", "1SEND_B0", "0F1", "0SEND_F1", "0RECV_B1", "0B1"],
    ]


def test_every_iteration_sends():
    plan = pv.plan("1f1b", devices=2, microbatches=1)
    twice = with_transfers(with_iterations(with_optimizer(plan, "ready"), 2))
    assert written(twice.orders)[0] == [
        *("0F0", "0SEND_F0", "0RECV_B0", "0B0", "0OPT0"),
        *("0F1", "0SEND_F1", "0RECV_B1", "0B1", "0OPT1"),
    ]


def test_a_plan_with_sends_keeps_them():
    plan = with_transfers(pv.plan("1f1b", devices=2, microbatches=2))
    assert with_transfers(plan) is plan


@pytest.mark.parametrize(
    "rows",
    [
        "[0F0 0B0 0F1 0B1, 1F0 1F1 1B0 1B1]",
        "[0F0 0F1 0B0 0B1, 1F0 1B1 1F1 1B0]",
        "['(0F0;0B0)OVERLAP_F_B']",
    ],
)
def test_an_order_that_deadlocks_is_told_as_without_transfers(rows):
    def told(transfers):
        with pytest.raises(pv.PlanError, match="deadlocks") as caught:
            pv.simulate(pv.read(f"order: {rows}\ncosts: {{p2p: 1}}\n{transfers}"))
        return str(caught.value)

    assert told("transfers: true") == told("")


def test_transfers_may_be_switched_off():
    plan = pv.plan("1f1b", devices=2, microbatches=2, transfers=False)
    assert plan == pv.plan("1f1b", devices=2, microbatches=2)


def test_no_more_than_three_stages_hold_their_weights():
    plan = with_sharding(pv.plan("vpp", devices=2, chunks=5, microbatches=4))
    for row in plan.orders:
        held = set()
        for op in (op for slot in row for op in slot.ops):
            if op.kind is Kind.UNSHARD:
                held.add(op.stage)
            elif op.kind is Kind.RESHARD:
                held.remove(op.stage)
            else:
                assert op.stage in held
            assert len(held) <= 3
        assert not held
