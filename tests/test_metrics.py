import pytest

import sphinx_pipeviz as pv


def test_a_timeline_is_measured_by_hand():
    """Device 0 works 0-1 and 4-6, device 1 works 1-4: 6 of 12 are busy."""
    metrics = pv.measure(pv.Plan.parse(["0F0 0B0", "1F0 1B0"]))
    assert metrics.makespan == 6
    assert metrics.bubble_ratio == pytest.approx(0.5)
    assert metrics.span_bubble_ratio == pytest.approx(0.5)
    assert metrics.idle == (3, 3)
    assert metrics.peak_activations == (1, 1)


def test_the_span_counts_from_a_devices_own_first_start_to_its_last_end():
    costs = pv.Costs(forward=[4, 1], backward=[1, 1])
    metrics = pv.measure(pv.simulate(pv.Plan.parse(["0F0 0B0", "1F0 1B0"]), costs))
    assert metrics.makespan == 7
    assert metrics.span_bubble_ratio == pytest.approx(2 / 7)


def test_what_starts_late_is_measured_from_its_start():
    task = {"type": "forward", "batch": 1, "start_time": 5, "duration": 2}
    metrics = pv.measure(pv.read(f"0: [{task}]"))
    assert (metrics.makespan, metrics.bubble_ratio, metrics.idle) == (2, 0, (0,))


def test_nothing_measures_zero():
    assert pv.measure(pv.Timeline(())) == pv.Metrics(0, 0, 0, (), ())
    assert pv.measure(pv.Timeline(((), ()))) == pv.Metrics(0, 0, 0, (0, 0), (0, 0))
    free = pv.Costs(forward=0, backward=0)
    timeline = pv.simulate(pv.plan("1f1b", devices=2, microbatches=2), free)
    assert pv.measure(timeline) == pv.Metrics(0, 0, 0, (0, 0), (2, 1))


@pytest.mark.parametrize(
    ("row", "peak"),
    [
        ("0F0 0B0 0F1 0B1", 1),
        ("0F0 0F1 0B0 0B1", 2),
        ("0F0 0I0 0F1 0I1 0W0 0W1", 2),  # I frees nothing
        ("0F0 (0F1;0B0)OVERLAP_F_B 0B1", 2),
    ],
)
def test_an_activation_is_held_until_the_end_of_its_b_or_w(row, peak):
    assert pv.measure(pv.Plan.parse([row])).peak_activations == (peak,)


def test_metrics_are_plain_data_on_request():
    metrics = pv.measure(pv.plan("naive", devices=2, microbatches=1))
    assert metrics.as_dict() == {
        "makespan": 6,
        "bubble_ratio": 0.5,
        "span_bubble_ratio": 0.5,
        "idle": (3, 3),
        "peak_activations": (1, 1),
    }
