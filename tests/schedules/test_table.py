import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES, canonical_name


def test_every_alias_names_one_schedule():
    written = [alias for schedule in SCHEDULES.values() for alias in schedule.aliases]
    assert len(written) == len(set(written)) == len(ALIASES)
    assert not set(written) & set(SCHEDULES)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_gives_the_plan_of_its_schedule(alias, name):
    assert pv.plan(alias, devices=2, microbatches=4) == pv.plan(name, devices=2, microbatches=4)


@pytest.mark.parametrize("word", ["GPipe", " gpipe ", "F-then-B", "fill_drain", "Fill Drain"])
def test_case_and_dashes_do_not_matter(word):
    assert canonical_name(word) == "gpipe"


def test_every_row_tells_what_it_does_and_where_it_is_from():
    assert all(schedule.summary and schedule.source for schedule in SCHEDULES.values())


def test_a_plan_carries_the_canonical_name():
    assert pv.plan("vpp", devices=2, microbatches=2).name == "interleaved-1f1b"


def test_one_chunk_may_be_said_where_there_is_only_one():
    assert pv.plan("1f1b", devices=2, microbatches=2, chunks=1).stages == 2


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("1f1b", {"chunks": 2}, "1f1b runs one stage per device, not 2"),
        ("gpipe", {"stages": 8}, "gpipe runs one stage per device, not 4"),
        ("1f1b", {"backward": "same"}, "1f1b does not take backward"),
        ("naive", {"microbatch_group_size": 2}, "naive does not take microbatch-group-size"),
    ],
)
def test_an_option_that_a_schedule_does_not_take_is_refused(name, option, message):
    with pytest.raises(pv.PlanError) as caught:
        pv.plan(name, devices=2, microbatches=4, **option)
    assert caught.value.message == message
    assert caught.value.hint


def test_the_number_of_ops_has_a_limit():
    keys = {"devices": 4, "microbatches": 10}
    assert pv.plan("gpipe", **keys, max_ops=80).microbatches == 10
    with pytest.raises(pv.SpecError, match=r"this schedule has 80 ops; the limit is 79"):
        pv.plan("gpipe", **keys, max_ops=79)
    with pytest.raises(pv.SpecError) as caught:
        pv.plan("gpipe", devices=10**9, microbatches=1)
    assert caught.value.path == ("devices",)


def test_an_unknown_name_is_answered_with_a_like_one_or_with_where_to_look():
    def hint(name):
        with pytest.raises(pv.SpecError) as caught:
            canonical_name(name)
        return caught.value.hint

    assert "dualpipev" in hint("dualpipv")
    assert hint("x" * 50) == "sphinx-pipeviz list names them all"


@pytest.mark.parametrize(
    ("name", "nearest"), [("zb1f1b", "zb-h1"), ("vshape_zb", "zb-v"), ("vshape-zb", "zb-v")]
)
def test_orders_that_only_minpp_has_are_answered_with_the_nearest(name, nearest):
    with pytest.raises(pv.SpecError) as caught:
        canonical_name(name)
    assert caught.value.hint == f"minPP's own order; the nearest is {nearest}"


def test_names_of_other_tools_are_known():
    names = ("interleave", "1f1b-interleaved", "depth_first", "BFS")
    assert {name: canonical_name(name) for name in names} == {
        **dict.fromkeys(names, "interleaved-1f1b"),
        "BFS": "looped-bfs",
    }
