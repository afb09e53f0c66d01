import pytest

from sphinx_pipeviz.errors import Location, Marks, PlanError, SpecError, did_you_mean


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (Location("a.yaml", 3), "a.yaml:3"),
        (Location("a.yaml"), "a.yaml"),
        (Location(None, 3), "<input>:3"),
        (Location(), "<input>"),
    ],
)
def test_a_location_prints_as_far_as_it_is_known(location, text):
    assert str(location) == text


def test_the_mark_of_the_nearest_parent_is_found():
    marks = Marks({(): Location("a", 1), ("order", 0): Location("a", 5)})
    assert marks.find(("order", 0, 7)) == Location("a", 5)
    assert marks.find(("costs",)) == Location("a", 1)
    assert Marks().find(("costs",)) is None


def test_where_a_schedule_was_written_does_not_change_it():
    assert Marks() == Marks({(): Location("a", 1)})
    assert not Marks() != Marks({(): Location("a", 1)})  # noqa: SIM202  (both operators)
    assert Marks() != 3


def test_an_error_prints_its_place_message_and_hint():
    error = SpecError("it is wrong", hint="mend it", path=("a",))
    assert str(error) == "it is wrong (mend it)"
    error.located(Marks({("a",): Location("f", 2)}))
    assert str(error) == "f:2: it is wrong (mend it)"
    assert error.sentence == "it is wrong (mend it)"


def test_an_error_prints_the_files_that_use_the_wrong_one():
    error = SpecError("it is wrong", Location("f", 2), "mend it")
    error.located(Marks({(): Location("f", 1)})).located(Marks({(): Location("g", 9)}))
    error.located(Marks({("file",): Location("h", 3)})).located(Marks({(): Location("g", 7)}))
    assert str(error) == "f:2: it is wrong (mend it); used by g:9, h:3"
    assert error.sentence == "it is wrong (mend it)"


def test_a_place_without_a_line_can_be_given_one():
    assert str(Location("f").with_line()) == "f:1"
    assert str(Location("f", 3).with_line()) == "f:3"
    assert str(Location().with_line()) == "<input>"


def test_the_first_place_is_kept():
    error = PlanError("it is wrong", Location("f", 2))
    assert error.located(Marks({(): Location("g", 9)})).location == Location("f", 2)
    assert error.located(None) is error


def test_only_a_near_word_is_suggested():
    assert did_you_mean("Foward", ["forward", "backward"]) == "did you mean 'forward'?"
    assert did_you_mean("xyz", ["forward", "backward"]) is None
