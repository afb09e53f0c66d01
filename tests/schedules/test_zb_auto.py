import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.schedules.zb_auto import zb_auto
from sphinx_pipeviz.schedules.zb_case import Case
from sphinx_pipeviz.schedules.zero_bubble import zb_h1
from sphinx_pipeviz.shape import Shape

F, I, W = pv.Kind.FORWARD, pv.Kind.BACKWARD_INPUT, pv.Kind.BACKWARD_WEIGHT  # noqa: E741
RECORDED = Path(__file__).parents[3] / "shared" / "oracle" / "orders"
#: The cost sets of the recorded orders.
COSTS = (
    pv.Costs(),
    pv.Costs(p2p=0.5),
    pv.Costs(forward=2, backward_input=2, backward_weight=1),
)
#: Makespans of sail-sg/zero-bubble 39f2c186a2, zb.create_schedule, with these costs:
#: devices, microbatches, memory limit and makespans.
SAIL_SG = (
    (2, 4, 2, (13, 15, 23)),
    (4, 8, 4, (27, 33, 49)),
    (4, 8, 8, (27, 28.5, 46)),
    (4, 16, 8, (51, 52.5, 86)),
)
QUARTERS = st.integers(0, 20).map(lambda number: number / 4)


def auto(devices, microbatches, limit=None, costs=None):
    return zb_auto(Shape(devices, microbatches, memory_limit=limit, costs=costs))


def times(plan, costs):
    """The makespan and the longest span of a device."""
    rows = pv.simulate(plan, costs).rows
    ends = [row[-1].end for row in rows]
    return max(ends), max(end - row[0].start for end, row in zip(ends, rows, strict=True))


def in_flight(plan):
    return max(pv.measure(plan).peak_activations)


def split_1f1b(devices, microbatches):
    """1F1B whose W follow their I at once."""
    plan = pv.plan("1f1b", devices=devices, microbatches=microbatches)
    rows = [
        " ".join(
            f"{op.stage}I{op.microbatch} {op.stage}W{op.microbatch}"
            if op.kind == pv.Kind.BACKWARD
            else str(op)
            for op in row
        )
        for row in plan.orders
    ]
    return pv.Plan.parse(rows)


def zb_h2(devices, microbatches):
    """ZB-H2: 2(P-r)-1 forwards first, and each W 2r backwards late."""
    rows = []
    for rank in range(devices):
        ahead, late = 2 * (devices - rank) - 1, 2 * rank
        row = [("F", number) for number in range(min(ahead, microbatches))]
        for number in range(microbatches):
            row.append(("I", number))
            if number >= late:
                row.append(("W", number - late))
            if number + ahead < microbatches:
                row.append(("F", number + ahead))
        row += [("W", number) for number in range(max(0, microbatches - late), microbatches)]
        rows.append([f"{rank}{kind}{number}" for kind, number in row])
    return pv.Plan.parse(rows)


@st.composite
def cases(draw):
    """Devices, microbatches, a memory limit and costs."""
    devices = draw(st.integers(1, 5))
    cost = QUARTERS | st.lists(QUARTERS, min_size=devices, max_size=devices)
    costs = pv.Costs(
        forward=draw(cost),
        backward_input=draw(cost),
        backward_weight=draw(cost),
        p2p=draw(QUARTERS),
    )
    return devices, draw(st.integers(1, 9)), draw(st.none() | st.integers(1, 12)), costs


@settings(max_examples=60)
@given(cases())
def test_any_costs_and_limit_give_an_order_that_runs_within_the_limit(case):
    devices, microbatches, limit, costs = case
    plan = auto(*case)
    rows = [[str(slot) for slot in row] for row in plan.orders]
    assert pv.Plan.parse(rows, microbatches).orders == plan.orders
    assert in_flight(plan) <= (limit or devices)
    makespan, span = times(plan, costs)
    ways = [costs.of(kind, devices) for kind in (F, I, W)]
    work = [microbatches * sum(each) for each in zip(*ways, strict=True)]
    heads = [sum(ways[0][:rank]) + rank * costs.latency for rank in range(devices)]
    assert makespan >= max(map(sum, zip(heads, work, strict=True)))
    assert span >= max(work)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("devices", [1, 2, 4, 7])
def test_every_limit_is_kept_on_each_device(devices, limit):
    for microbatches in (1, 2, 5, 12):
        plan = auto(devices, microbatches, limit)
        assert in_flight(plan) <= min(limit, microbatches)


def test_the_default_limit_is_the_memory_of_1f1b():
    assert auto(4, 12) == auto(4, 12, 4)
    assert in_flight(auto(4, 12)) == 4


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_microbatch_is_refused(limit):
    with pytest.raises(pv.PlanError, match=f"at least 1 microbatch, not {limit}") as caught:
        auto(2, 4, limit)
    assert caught.value.path == ("memory-limit",)
    assert caught.value.hint == "use 1"


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("devices", [1, 2, 3, 4, 6])
def test_it_is_never_longer_than_the_fixed_orders(devices, costs):
    for microbatches in (1, 2, 3, 4, 7, 12):
        fixed = (
            (devices, split_1f1b(devices, microbatches)),
            (devices, zb_h1(Shape(devices, microbatches))),
            (2 * devices - 1, zb_h2(devices, microbatches)),
        )
        for limit, plan in fixed:
            assert in_flight(plan) <= limit
            found = times(auto(devices, microbatches, limit, costs), costs)
            theirs = times(plan, costs)
            assert found[0] <= theirs[0]
            assert found[1] <= theirs[1]


def assert_not_longer_than_those_that_fit(devices, microbatches, limit, costs):
    found = times(auto(devices, microbatches, limit, costs), costs)[0]
    for name in ("zb-h1", "zb-h2", "1f1b"):
        plan = pv.plan(name, devices=devices, microbatches=microbatches)
        if in_flight(plan) <= (limit or devices):
            assert found <= times(plan, costs)[0]


@settings(max_examples=60)
@given(cases())
def test_it_is_never_longer_than_fixed_orders_that_keep_the_limit(case):
    assert_not_longer_than_those_that_fit(*case)


@pytest.mark.parametrize(
    ("devices", "microbatches", "limit", "costs"),
    [
        (3, 2, 6, ([3, 2, 1], [0.5, 2, 2], [1, 1.5, 2])),
        (5, 8, 5, ([2, 0.5, 0.5, 1.5, 1], [1.5, 1.5, 2, 1.5, 1], [1, 1, 0.5, 2, 2])),
    ],
)
def test_orders_that_the_search_does_not_reach_are_tried_too(
    devices, microbatches, limit, costs
):
    names = ("forward", "backward_input", "backward_weight")
    priced = pv.Costs(**dict(zip(names, costs, strict=True)))
    assert_not_longer_than_those_that_fit(devices, microbatches, limit, priced)


@pytest.mark.parametrize(("devices", "microbatches", "limit", "makespans"), SAIL_SG)
def test_it_is_never_longer_than_sail_sgs_heuristic(devices, microbatches, limit, makespans):
    for costs, makespan in zip(COSTS, makespans, strict=True):
        assert times(auto(devices, microbatches, limit, costs), costs)[0] <= makespan


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded orders in {RECORDED}")
def test_it_is_never_longer_than_any_recorded_order_of_sail_sg():
    files = sorted(RECORDED.glob("sailsg-zb-h?-*.json"))
    assert files
    for record in map(json.loads, (path.read_text() for path in files)):
        limit = record["params"]["mem_limit_in_forwards"]
        recorded = pv.Plan.parse(record["order"], record["microbatches"], record["placement"])
        for costs in COSTS:
            plan = auto(record["devices"], record["microbatches"], limit, costs)
            found, theirs = times(plan, costs), times(recorded, costs)
            assert found[0] <= theirs[0]
            assert found[1] <= theirs[1]


@pytest.mark.parametrize("devices", [2, 4, 8])
def test_equal_costs_reach_the_times_of_zb_h1_and_zb_h2(devices):
    work = 3 * 24
    tight, wide = auto(devices, 24), auto(devices, 24, 2 * devices - 1)
    assert times(tight, pv.Costs())[0] == work + devices - 1
    assert times(wide, pv.Costs()) == (work + devices - 1, work)


def test_unequal_costs_get_an_order_of_their_own():
    costs = pv.Costs(backward_weight=[1, 1, 2, 1])
    before, work = 2, 12 * 4
    assert times(auto(4, 12, 4, costs), costs) == (before + work, work)
    assert times(pv.plan("zb-h1", devices=4, microbatches=12), costs) == (51, 49)


@pytest.mark.parametrize(("limit", "makespan"), [(4, 51), (5, 50), (6, 49), (7, 48)])
def test_each_microbatch_more_is_used(limit, makespan):
    costs = pv.Costs(backward_input=[2, 1, 1, 1])
    assert times(auto(4, 12, limit, costs), costs)[0] == makespan


def rows_within(microbatches, limit, done=(0, 0, 0)):
    """Every order in which one device can run its ops within the limit."""
    forwards, backs, weights = done
    if weights == microbatches:
        yield ""
    if forwards < microbatches and forwards - weights < limit:
        for rest in rows_within(microbatches, limit, (forwards + 1, backs, weights)):
            yield "F" + rest
    if backs < forwards:
        for rest in rows_within(microbatches, limit, (forwards, backs + 1, weights)):
            yield "I" + rest
    if weights < backs:
        for rest in rows_within(microbatches, limit, (forwards, backs, weights + 1)):
            yield "W" + rest


def every_order(devices, microbatches, limit):
    for rows in product(rows_within(microbatches, limit), repeat=devices):
        numbered = [
            [f"{rank}{kind}{row[:at].count(kind)}" for at, kind in enumerate(row)]
            for rank, row in enumerate(rows)
        ]
        yield pv.Plan.parse(numbered)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize(
    ("devices", "microbatches", "costs"),
    [
        (2, 3, pv.Costs(p2p=0.5)),
        (2, 3, pv.Costs(forward=[2, 1], backward_input=[1, 3], backward_weight=[3, 1])),
        (3, 2, pv.Costs(forward=[1, 3, 2], backward_input=[2, 1, 3], backward_weight=2)),
    ],
)
def test_no_order_of_a_small_size_is_shorter(devices, microbatches, costs, limit):
    found = []
    for plan in every_order(devices, microbatches, limit):
        try:
            found.append(times(plan, costs))
        except pv.PlanError:
            continue
    assert times(auto(devices, microbatches, limit, costs), costs) == min(found)
    case = Case.of(Shape(devices, microbatches, costs=costs), limit)
    unit = case.costs[F][0] / costs.of(F, devices)[0]
    assert case.least_makespan <= unit * min(found)[0]
    assert max(case.least_spans) <= unit * min(span for _, span in found)


def test_the_same_numbers_give_the_same_order():
    costs = pv.Costs(forward=[1, 1.3, 0.9], backward_input=[1.1, 0.7, 2], p2p=0.1)
    assert auto(3, 10, 4, costs) == auto(3, 10, 4, costs)


def test_the_unit_of_time_does_not_matter():
    """Tenths have no exact floats, yet equal sums stay equal."""
    tenths = pv.Costs(forward=0.1, backward_input=0.2, backward_weight=0.3, p2p=0.1)
    whole = pv.Costs(forward=1, backward_input=2, backward_weight=3, p2p=1)
    assert auto(4, 9, 5, tenths) == auto(4, 9, 5, whole)
