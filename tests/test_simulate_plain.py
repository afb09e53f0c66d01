"""Our simulator against a plain one with dictionaries of ops, for every schedule."""

import gc

import pytest

import sphinx_pipeviz as pv
from benchmarks.plain_simulation import simulate_plainly
from sphinx_pipeviz.schedules import SCHEDULES

PRICES = [
    {},
    {"forward": 2, "backward": 3, "p2p": 0.25},
    {"forward": 0.1, "backward_input": 0.7, "backward_weight": 0.2, "p2p": 3},
    {"forward": 0, "backward": 0},
]


def plans(name):
    """The plans of a schedule at all sizes up to 6 devices that it takes."""
    for devices in range(1, 7):
        for microbatches in (1, 2, 3, 4, 8, 12, 13):
            for chunks in (1, 2, 3) if "chunks" in SCHEDULES[name].options else (None,):
                keys = {"devices": devices, "microbatches": microbatches, "chunks": chunks}
                try:
                    yield pv.plan(name, **keys)
                except pv.PipevizError:
                    continue


@pytest.mark.parametrize("overlap", ["sum", "max", "sequential"])
# The plain simulator knows passes only; BPipe also moves activations.
@pytest.mark.parametrize("name", sorted(SCHEDULES.keys() - {"bpipe"}))
def test_both_simulators_give_the_same_times(name, overlap):
    count = 0
    for plan in plans(name):
        for prices in PRICES:
            costs = pv.Costs(overlap=overlap, **prices)
            assert pv.simulate(plan, costs).rows == simulate_plainly(plan, costs)
        count += 1
    assert count > 5


def test_costs_of_stages_are_those_of_both():
    plan = pv.plan("zb-v", devices=3, microbatches=7)
    costs = pv.Costs(forward=[1, 2, 3, 1, 2, 0.5], backward_input={2: 4}, p2p=0.5)
    assert pv.simulate(plan, costs).rows == simulate_plainly(plan, costs)


def test_python_looks_for_garbage_afterwards_as_before():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    assert gc.isenabled()
    pv.simulate(plan)
    assert gc.isenabled()
    gc.disable()
    try:
        pv.simulate(plan)
        assert not gc.isenabled()
    finally:
        gc.enable()
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        pv.simulate(plan)
        assert gc.get_freeze_count() >= frozen - 1000
    finally:
        gc.unfreeze()
