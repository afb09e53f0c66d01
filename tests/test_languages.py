"""The figure's own words: in every language the same ones, and all that the code says."""

import ast
import re
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz import describe, phases
from sphinx_pipeviz.draw import brackets, inline, legend, text_marks
from sphinx_pipeviz.embed import embed
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.frontends import zoom
from sphinx_pipeviz.languages import TABLES, inside, language_of, say
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.page_html import AS_TEXT
from sphinx_pipeviz.render import check, draw_text

PACKAGE = Path(pv.__file__).parent
OTHERS = sorted(set(TABLES) - {"en"})
SMALL = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
#: Names of lanes, which schedules/ and lanes.py give.
LANES = {"transfers", "swaps", "all-reduce"}
#: Texts that reach ``say`` by a name.
TOLD = {
    *legend.WORDS.values(),
    legend.OVERLAPPED,
    *legend.ONE,
    *legend.ONE.values(),
    *legend.MANY.values(),
    *phases.NAMES,
    *(text for pair in describe.COUNTED.values() for text in pair if text),
    *describe.TOLD,
    describe.SEVERAL,
    text_marks.HELD,
    brackets.ACTIVATIONS,
    brackets.MEMORY,
    inline.EXPLAINED,
    AS_TEXT,
    *zoom.WORDS.values(),
    *LANES,
}
#: Words that only stand in others, or in this package's data.
UNSAID = {"stage", "microbatch"}


def texts_said():
    """Return what the code gives to ``say``."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"
            if called and isinstance(node.args[-1], ast.Constant):
                found.add(node.args[-1].value)
    return found


def fields(text):
    return sorted(re.findall(r"\{\w*\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_a_table_has_every_word_of_the_code_and_no_other(language):
    said = (texts_said() | TOLD) - UNSAID
    assert set(TABLES[language]) == said


@pytest.mark.parametrize("language", OTHERS)
def test_a_word_has_the_same_fields_in_every_language(language):
    for text, told in TABLES[language].items():
        assert fields(told) == fields(text)
        assert told.strip() == told != ""


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de_AT", "de"),
        ("pt_BR", ""),
        ("en-GB", "en"),
        ("zh", "zh_CN"),
        ("zh_CN", "zh_CN"),
        ("zh-Hans-SG", "zh_CN"),
        ("zh-TW", "zh_TW"),
        ("zh_Hant", "zh_TW"),
        ("ja_JP", "ja"),
        ("", ""),
    ],
)
def test_a_tag_means_a_language(tag, language):
    assert language_of(tag) == language


def test_what_a_table_lacks_is_english(monkeypatch):
    assert say("de", "Device {number}", number=3) == "Gerät 3"
    monkeypatch.delitem(TABLES["de"], "Device {number}")
    assert say("de", "Device {number}", number=3) == "Device 3"
    assert say("", "Time") == say("en", "Time") == "Time"


def test_german_nouns_keep_their_capital():
    assert inside("de", "Übertragung") == "Übertragung"
    assert inside("fr", "Recalcul") == "recalcul"
    assert inside("", "All-reduce") == "all-reduce"


def words_of(text, style="seed"):
    return re.findall(r"<text [^>]*>(.*?)</text>", embed(pv.read(text), style).svg)


def test_a_picture_speaks_the_language_that_is_asked_for():
    text = f"{SMALL}language: de\nphases: true\nbubble: true\nmemory: true\nunit: ms\n"
    words = words_of(text)
    assert {"Gerät 1", "Gerät 2", "Vorwärts", "Rückwärts", "Zeit (ms)", "Blase"} <= {*words}
    assert {"Anlauf", "Dauerbetrieb", "Auslauf", "max. 2"} <= {*words}
    assert not {"Device 1", "Forward", "Time (ms)", "Bubble"} & {*words}


def test_the_language_of_a_key_is_stronger_than_that_of_the_style():
    german = {"base": "seed", "language": "de_CH"}
    assert "Gerät 1" in words_of(f"{SMALL}style: megatron\n", german)
    assert "Appareil 1" in words_of(f"{SMALL}language: fr\nstyle: {{language: ja}}\n", german)
    assert "Device 1" in words_of(f"{SMALL}language: en\n", german)


def test_an_authors_words_stay():
    words = words_of(f"{SMALL}language: ja\nlegend: {{forward: Hin}}\nrows: {{label: 'R'}}\n")
    assert {"Hin", "R", "逆伝播"} <= {*words}


@pytest.mark.parametrize(
    ("key", "path"),
    [("language: klingon", "language"), ("style: {language: klingon}", "style.language")],
)
def test_a_language_without_words_is_an_error(key, path):
    spec = pv.read(f"{SMALL}{key}\n")
    with pytest.raises(StyleError, match="there are no words in 'klingon'") as caught:
        style_of(spec)
    assert ".".join(map(str, caught.value.path)) == path
    assert caught.value.location.line == 4
    assert "known: de, en, fr" in caught.value.hint


def test_alt_and_text_are_in_the_language():
    spec = pv.read(f"{SMALL}language: de\n")
    assert check(spec).told == (
        "Pipeline-Ablauf, 1f1b: 2 Geräte, 3 Mikrobatches; 12 Zeiteinheiten, 25% Leerlauf."
    )
    text = draw_text(spec)
    assert "Gerät 1 │" in text
    assert "F Vorwärts, B Rückwärts" in text
    assert check(pv.read(SMALL)).told == (
        "Pipeline schedule, 1f1b: 2 devices, 3 microbatches; 12 time units, 25% idle."
    )


def test_tasks_are_told_in_the_language():
    svg = embed(pv.read(f"{SMALL}language: de\n")).svg
    assert "<title>Vorwärts 1, Gerät 1, 0 bis 1</title>" in svg
    assert say("de", inline.EXPLAINED) in svg


@pytest.mark.parametrize("language", OTHERS)
def test_rows_of_text_have_one_width_in_every_language(language):
    from sphinx_pipeviz.draw.text_rows import columns  # noqa: PLC0415

    english, lines = (
        draw_text(pv.read(f"{SMALL}language: {tag}\n")).splitlines() for tag in ("en", language)
    )
    bodies = [line.removeprefix(f"Device {n}") for n, line in enumerate(english[1:3], 1)]
    assert all(line.endswith(body) for line, body in zip(lines[1:3], bodies, strict=True))
    names = [line.removesuffix(body) for line, body in zip(lines[1:3], bodies, strict=True)]
    assert columns(names[0]) == columns(names[1])
    assert all(columns(line) <= 79 for line in lines)


def test_lines_of_wide_letters_are_parted_by_columns():
    from sphinx_pipeviz.draw.text_rows import columns, wrapped  # noqa: PLC0415

    lines = wrapped("順伝播 " * 12, 20)
    assert lines == ["順伝播 順伝播 順伝播"] * 4
    assert columns(lines[0]) == 20
    assert wrapped("a b c", 3) == ["a b", "c"]
