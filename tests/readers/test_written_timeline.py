import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.written_timeline import TYPES, timeline_from_data


def task(type_, start=0, **keys):
    return {"type": type_, "batch": 1, "start_time": start, "duration": 1} | keys


@pytest.mark.parametrize(("word", "kind"), TYPES.items())
def test_every_word_for_a_kind_is_read_in_any_case(word, kind):
    for written in (word, word.upper(), word.replace("-", "_"), f" {word} "):
        assert timeline_from_data({0: [task(written)]}).rows[0][0].slot.kind == kind


def test_a_word_of_the_authors_own_is_another_kind_of_op():
    (run,) = timeline_from_data({0: [task("allreduce", batch=None)]}).rows[0]
    assert run.slot == pv.Op(None, pv.Kind.OTHER, None, "allreduce")


def test_rows_keep_the_written_order_and_are_sorted_by_time():
    timeline = timeline_from_data({"b": [task("f", 3), task("f", 1, batch=2)], "a": []})
    assert [[run.start for run in row] for row in timeline.rows] == [[1, 3], []]
    assert timeline.as_written
    assert timeline.stages == 0


def test_written_stages_are_known():
    assert timeline_from_data({0: [task("f", stage=0), task("f", 1, stage=5)]}).stages == 6


def test_other_mappings_and_sequences_are_read():
    timeline = timeline_from_data({0: (task("f"), task("b", 1.5))})
    assert [run.end for run in timeline.rows[0]] == [1, 2.5]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1, "0", None, True, 10**13])
def test_a_time_that_is_none_is_refused(number):
    with pytest.raises(pv.SpecError) as caught:
        timeline_from_data({0: [task("f", number)]})
    assert "finite" in caught.value.message or "start_time must be" in caught.value.message


@pytest.mark.parametrize("kind", ["forward", "backward", "i", "w"])
def test_what_belongs_to_a_microbatch_says_which(kind):
    with pytest.raises(pv.SpecError, match=f"this {kind} task lacks the key 'batch'"):
        timeline_from_data({0: [task(kind, batch=None)]})


def test_the_optimizer_belongs_to_no_microbatch():
    steps = [task("optimizer", batch=None), task("optimizer", 1, batch=None)]
    assert len(timeline_from_data({0: steps}).rows[0]) == 2


def test_a_timeline_of_a_plan_is_possible_when_written():
    timeline = pv.simulate(pv.plan("vpp", devices=3, microbatches=6, chunks=2))
    written = {
        device: [
            {
                "type": run.slot.kind.value,
                "batch": run.slot.microbatch,
                "stage": run.slot.stage,
                "start_time": run.start,
                "duration": run.duration,
            }
            for run in reversed(row)
        ]
        for device, row in enumerate(timeline.rows)
    }
    assert timeline_from_data(written).rows == timeline.rows


@pytest.mark.parametrize("data", [{}, {0: []}, {0: [], 1: []}])
def test_a_timeline_without_tasks_is_refused(data):
    with pytest.raises(pv.SpecError, match="the timeline has no tasks"):
        timeline_from_data(data)


def test_stages_may_be_counted_from_one():
    def timeline(first):
        return pv.read(
            "".join(
                f"{device}:\n- {{type: forward, batch: 1, start_time: {device}, duration: 1,"
                f" stage: {device + first}}}\n"
                for device in range(4)
            )
        )

    assert timeline(1) == timeline(0)
    assert (timeline(1).stages, timeline(1).chunks) == (4, 1)


def pair(*operations):
    words = {"type": "overlapped_forward_backward", "is_overlapped": True}
    return {"start_time": 0, "duration": 2, "operations": list(operations)} | words


FORWARD, BACKWARD = ({"type": word, "batch": 2, "stage": 1} for word in ("forward", "backward"))


def test_overlapped_operations_are_one_slot():
    (run,) = timeline_from_data({0: [pair(FORWARD, BACKWARD | {"batch": 1})]}).rows[0]
    assert str(run.slot) == "(0F2;0B1)OVERLAP_F_B"  # the author counts stages from 1
    (run,) = timeline_from_data({0: [pair(FORWARD | {"stage": 0})]}).rows[0]
    assert str(run.slot) == "0F2"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (pair(), "these operations are no pair"),
        (pair(FORWARD, FORWARD), "these operations are no pair"),
        (pair(FORWARD, BACKWARD, FORWARD), "these operations are no pair"),
        (pair(FORWARD, {"type": "backward"}), "this backward task lacks the key 'batch'"),
        (pair(FORWARD, {"typ": "backward"}), "operations"),
        (
            task("forward", is_overlapped=True),
            "this overlapped task lacks the key 'operations'",
        ),
    ],
)
def test_operations_must_be_a_pair(written, message):
    with pytest.raises(pv.SpecError) as caught:
        timeline_from_data({0: [written]})
    assert message in caught.value.message
