import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.readers.yaml_tree import parse_tree, scalar


def tree_of(text, first=1):
    return parse_tree(text, lambda line: Location("f", line + first))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("<<", "<<"),
        ("=", "="),
        ("010", 10),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("'1'", "1"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("[1, a]", [1, "a"]),
    ],
)
def test_scalars_follow_the_core_schema(text, value):
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_every_entry_knows_its_line():
    tree = tree_of("a: 1\nb:\n  - x\n  - y: 2\n# note\n3: {z: 4}\n", first=10)
    assert tree.data == {"a": 1, "b": ["x", {"y": 2}], 3: {"z": 4}}
    assert {path: place.line for path, place in tree.marks.items()} == {
        (): 10,
        ("a",): 10,
        ("b",): 11,
        ("b", 0): 12,
        ("b", 1): 13,
        ("b", 1, "y"): 13,
        (3,): 15,
        (3, "z"): 15,
    }


def test_an_alias_is_written_out():
    tree = tree_of("a: &x [1, 2]\nb: *x\n")
    assert tree.data == {"a": [1, 2], "b": [1, 2]}


def test_forty_levels_are_enough():
    assert tree_of("[" * 39 + "]" * 39).data
    with pytest.raises(SpecError, match="more than 40 levels deep"):
        tree_of("[" * 41 + "]" * 41)


@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{},&*!|>'\"#?% \n\t0", max_size=60))
def test_any_text_is_data_or_an_error_with_a_line(text):
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + 1
    lines += text.count("\u2028") + text.count("\u2029")
    try:
        place = tree_of(text).marks[()]
    except SpecError as error:
        place = error.location
    assert 1 <= place.line <= lines
