"""Every file in bad_specs holds one mistake; its first line says what must be answered:

``# expect: SpecError line 4: the start of the sentence``
"""

import re
from pathlib import Path

import pytest

import sphinx_pipeviz as pv

FILES = sorted((Path(__file__).parent / "bad_specs").glob("*.yaml"))
EXPECT = re.compile(r"# expect: (?P<error>\w+) line (?P<line>\d+): (?P<sentence>.+)")


@pytest.mark.behaviour(2)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_answered_with_its_line_and_sentence(path):
    text = path.read_text(encoding="utf-8")
    expected = EXPECT.fullmatch(text.split("\n", 1)[0])
    assert expected, "the first line must say what is expected"
    with pytest.raises(pv.PipevizError) as caught:
        pv.render(pv.read(text, source=path.name), "text")
    error = caught.value
    assert f"{type(error).__name__} {error}".startswith(
        f"{expected['error']} {path.name}:{expected['line']}: {expected['sentence']}"
    )
    assert len(error.sentence) < 400
    assert "\n" not in error.sentence


def test_the_mistakes_are_found():
    assert len(FILES) > 90


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"schedule: 1f1b", "the text must be str, not bytes"),
        (b"\x89PNG\r\n\x1a\n", "the text must be str, not bytes"),
        (None, "the text must be str, not NoneType"),
        ("schedule: \ud800", "this is not valid YAML: surrogates not allowed"),
        ("", "there is no schedule here"),
        ("\n\n", "there is no schedule here"),
        ("[" * 1_000_000, "the text is nested more than 40 levels deep"),
        ("- " * 3000, "the text is nested more than 40 levels deep"),
        ("{a: " * 3000, "the text is nested more than 40 levels deep"),
        ("schedule: " + "x" * 1_000_000, "there is no schedule 'xxxxxxxxxxxxxxxxxxxx"),
    ],
    ids=lambda value: str(value)[:25].encode(errors="replace").decode(),
)
def test_text_that_no_file_can_hold_is_answered(text, message):
    with pytest.raises(pv.SpecError) as caught:
        pv.measure(pv.read(text))
    assert caught.value.message.startswith(message)
    assert len(caught.value.sentence) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file: a.csv\nplacement: [0]",
            "'placement' does not go with 'file' (it goes with 'order')",
        ),
        (
            "schedule: gpipe\nformat: csv",
            "'format' does not go with 'schedule' (it goes with 'file')",
        ),
        ("compare: [{compare: []}]", "of a comparison (a comparison cannot hold another)"),
    ],
)
def test_a_key_in_the_wrong_place_is_told_where_it_goes(text, message):
    with pytest.raises(pv.SpecError) as caught:
        pv.read(text)
    assert str(caught.value).endswith(message)


def test_windows_line_ends_do_not_move_the_line():
    with pytest.raises(pv.SpecError, match=r"a.yaml:3: devices must be a whole number"):
        pv.read("schedule: 1f1b\r\n\r\ndevices: x\r\n", source="a.yaml")
