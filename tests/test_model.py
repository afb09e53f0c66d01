import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.errors import Marks
from sphinx_pipeviz.model import replicas
from sphinx_pipeviz.shape import Shape


def test_a_plan_reads_lists_and_strings_alike():
    lists = pv.Plan.parse([["0F0", "0B0"], ["1F0", "1B0"]])
    assert lists == pv.Plan.parse(["0F0 0B0", "1F0,1B0"])
    assert (lists.devices, lists.stages, lists.microbatches) == (2, 2, 1)


def test_a_placement_may_be_of_one_replica_or_of_several():
    assert replicas([0, 1]) == replicas([[0, 1]]) == ((0, 1),)
    assert replicas([[0, 1], [1, 0]]) == ((0, 1), (1, 0))
    rows = ["0F0 1F0", ""]
    assert pv.Plan.parse(rows, placement=[0, 0]).placement == ((0, 0),)


def test_the_microbatches_that_occur_are_the_wanted_ones_unless_said():
    assert pv.Plan.parse(["0F0 0F2"]).microbatches == 2
    with pytest.raises(pv.PlanError, match="0F2 is out of range"):
        pv.Plan.parse(["0F0 0F2"], 2)
    with pytest.raises(pv.PlanError, match="microbatch 1 is missing"):
        pv.Plan.parse(["0F0"], 10**9)


@pytest.mark.parametrize("orders", [[], [[]], [""], [["", " "]]])
def test_an_order_without_ops_is_refused(orders):
    with pytest.raises(pv.PlanError, match="the order has no ops"):
        pv.Plan.parse(orders)


@pytest.mark.parametrize("microbatches", [0, -5])
def test_there_is_at_least_one_microbatch(microbatches):
    with pytest.raises(pv.PlanError, match="there must be at least 1 microbatch"):
        pv.Plan.parse(["0F0"], microbatches)


def test_where_a_plan_was_written_does_not_change_it():
    orders = ["0F0 0B0"]
    marked = pv.Plan.parse(orders, marks=Marks({(): pv.Location("a", 1)}))
    assert marked == pv.Plan.parse(orders)
    assert hash(marked) == hash(pv.Plan.parse(orders))


def test_a_shape_places_its_stages_in_a_loop():
    shape = Shape(devices=3, microbatches=1, chunks=2)
    assert shape.stages == 6
    assert shape.loop == ((0, 1, 2, 0, 1, 2),)


def test_a_timeline_may_be_empty_or_start_late():
    assert pv.Timeline(()).makespan == pv.Timeline(((), ())).makespan == 0
    op = pv.Op(0, pv.Kind.FORWARD, 0)
    late = pv.Timeline(((pv.Run(2.0, 3.0, op),), ()))
    assert (late.start, late.end, late.makespan, late.devices) == (2, 5, 3, 2)


@pytest.mark.parametrize(("stages", "chunks"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2)])
def test_chunks_are_stages_per_device_rounded_up(stages, chunks):
    assert pv.Timeline(((), ()), stages=stages).chunks == chunks
