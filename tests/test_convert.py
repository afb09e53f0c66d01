import pytest

from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.spec import Keys


def test_data_that_fits_becomes_the_type():
    keys = convert({"schedule": "1f1b", "costs": {"forward": {1: 2}}}, Keys)
    assert keys.schedule == "1f1b"
    assert keys.costs.forward == {1: 2.0}


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"devices": "x"}, ("devices",), "devices must be a whole number, not the text 'x'"),
        ({"devices": None, "chunks": []}, ("chunks",), "chunks must be a whole number, not an"),
        ({"costs": [1]}, ("costs",), "costs must be a mapping, not a list"),
        (
            {"costs": {"forward": {0: 1, 3: -1}}},
            ("costs", "forward", 3),
            "costs.forward[3] must be a number of at least 0, not -1",
        ),
        (
            {"costs": {"forward": {0: 1, "x": 1}}},
            ("costs", "forward", "x"),
            "a key of costs.forward must be a whole number, not the text 'x'",
        ),
        (
            {"timeline": {0: [], "b": [{"type": "f", "start_time": 0, "duration": True}]}},
            ("timeline", "b", 0, "duration"),
            "timeline.b[0].duration must be a number, not true",
        ),
        (
            {"timeline": {0: [], 1: [{"type": "f", "duration": 1}]}},
            ("timeline", 1, 0),
            "timeline[1][0] lacks the key 'start_time'",
        ),
        ({"order": []}, ("order",), "order must not be empty"),
        (
            {"notes": [{"text": "x", "time": 1, "device": 1, "points-to": [3]}]},
            ("notes", 0, "points-to"),
            "notes[0].points-to must have at least 2 entries, not 1",
        ),
        ({"backward": "up"}, ("backward",), "backward cannot be the text 'up'"),
        ({"nodes": 3}, ("nodes",), "there is no key 'nodes'"),
        ([], (), "the document must be a mapping, not an empty list"),
    ],
)
def test_the_first_entry_that_does_not_fit_is_named(data, path, message):
    with pytest.raises(SpecError) as caught:
        convert(data, Keys)
    assert caught.value.message.startswith(message)
    assert caught.value.path == path


def test_a_path_above_the_data_is_kept():
    with pytest.raises(SpecError) as caught:
        convert({"devices": 0}, Keys, ("compare", 2))
    assert caught.value.path == ("compare", 2, "devices")
    assert caught.value.message.startswith("compare[2].devices must be")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ({"backward": "up"}, "choose same or reversed"),
        ({"recompute": "x"}, "choose true or false or early"),
    ],
)
def test_the_words_that_are_allowed_are_listed(data, hint):
    with pytest.raises(SpecError) as caught:
        convert(data, Keys)
    assert caught.value.hint == hint


def test_the_words_of_a_mapping_are_listed_too():
    with pytest.raises(SpecError) as caught:
        convert({"hatches": {"forward": "zigzag"}}, Style)
    assert caught.value.hint.startswith("choose rising or falling")
