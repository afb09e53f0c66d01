import pytest
from hypothesis import given
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.errors import Location, Marks
from sphinx_pipeviz.readers import READERS, read_text
from sphinx_pipeviz.readers.yaml_spec import SOURCES, read_spec, spec_from_keys
from sphinx_pipeviz.readers.yaml_tree import Tree
from sphinx_pipeviz.spec import KEYS, PICTURE_KEYS


def spec_of(text, **options):
    """Read a text and the options above it, which are on line 2."""
    marks = Marks({(key,): Location("f", 2) for key in options})
    return read_spec(text, lambda line: Location("f", line + 5), Tree(options, marks))


def test_every_key_goes_with_a_source():
    assert set(SOURCES) | set().union(*SOURCES.values()) | {*PICTURE_KEYS} == set(KEYS)


def test_options_and_text_are_one_spec():
    spec = spec_of("microbatches: 8", schedule="1f1b", devices=4)
    assert (spec.schedule, spec.devices, spec.microbatches) == ("1f1b", 4, 8)
    assert spec.marks.find(("devices",)) == Location("f", 2)
    assert spec.marks.find(("microbatches",)) == Location("f", 5)
    assert spec_of("", schedule="1f1b").schedule == "1f1b"


def test_a_key_is_given_in_one_place_only():
    with pytest.raises(pv.SpecError) as caught:
        spec_of("schedule: 1f1b\ndevices: 4", devices=2)
    assert str(caught.value).startswith("f:6: 'devices' is given as an option and in the text")


def test_an_option_is_blamed_on_its_own_line():
    with pytest.raises(
        pv.SpecError, match=r"f:2: devices must be a whole number, not the text"
    ):
        spec_of("schedule: 1f1b", devices="x")


def test_a_bare_timeline_is_one_under_its_key():
    tasks = "[{type: forward, batch: 1, start_time: 0, duration: 1}]"
    bare = read_text(f"0: {tasks}\nlast: {tasks}")
    assert bare == read_text(f"timeline:\n  0: {tasks}\n  last: {tasks}")
    assert list(bare.timeline) == [0, "last"]


def test_keys_may_come_from_python():
    assert spec_from_keys({"schedule": "1f1b", "devices": 2}).devices == 2
    with pytest.raises(pv.SpecError, match="there is no key 'x'"):
        spec_from_keys({"schedule": "1f1b", "x": 2})


def test_yaml_is_a_format_and_others_are_told():
    assert "yaml" not in READERS
    with pytest.raises(pv.SpecError, match=r"there is no format 'toml' \(known: yaml"):
        read_text("", "toml")


WORDS = st.sampled_from(["1f1b", "vpp", "same", "seed", "0F0 0B0", "1F0", "forward", "max", ""])
LEAVES = st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | WORDS
NAMES = st.sampled_from(["forward", "p2p", "overlap", "base", "type", "batch", "duration"])
ENTRIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | LEAVES, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(KEYS), ENTRIES, max_size=6))
def test_any_data_is_a_schedule_or_one_sentence(keys):
    try:
        sentence = f"it takes {pv.measure(spec_from_keys(keys)).makespan}"
    except pv.PipevizError as error:
        sentence = error.sentence
    assert sentence
    assert "\n" not in sentence
    assert "`" not in sentence  # a message of msgspec that was not put into words
