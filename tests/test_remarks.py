"""What readers of a picture may miss is told once, and only then."""

import subprocess
import sys

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.remarks import remarks
from tests.draw.tiny_font import write_font

SMALL = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\n"
LACKING = "the font of this picture has no glyphs for '{}' (name one that has them with {})"


def told(text, style="seed"):
    return [(remark.subtype, remark.text) for remark in remarks(pv.read(text), style)]


@pytest.mark.parametrize("words", ["Übersicht", "Schéma — 1F1B", "αβγ → δ", "схема", "x ≤ 2"])
def test_words_that_the_font_has_are_not_told(words):
    assert told(f"{SMALL}title: {words}\n") == []


@pytest.mark.behaviour(31)
def test_missing_glyphs_are_told_once_for_a_picture():
    text = f"{SMALL}title: 图 流\nrows: {{label: '图 {{device}}'}}\n"
    assert told(text) == [("font", LACKING.format("图流", "pipeviz_font or --font"))]


def test_at_most_ten_characters_are_told():
    words = "".join(chr(0x4E00 + number) for number in range(30))
    ((_, text),) = told(f"{SMALL}title: {words}\n")
    assert f"'{words[:10]}…'" in text


def test_words_that_the_picture_does_not_show_are_not_told():
    task = "timeline: {A: [{type: 图, batch: 1, start_time: 0, duration: 1}]}\n"
    assert told(f"{task}legend: none\n") == []
    assert len(told(task)) == 1


@pytest.mark.behaviour(31)
def test_a_font_that_has_the_glyphs_ends_it(tmp_path):
    font = write_font(tmp_path / "f.ttf", "图")
    assert told(f"{SMALL}title: 图\n", {"font": font}) == []
    assert told(f"{SMALL}title: 图\nstyle: megatron\n", {"font": font}) == []


def test_a_large_picture_is_told(monkeypatch):
    from sphinx_pipeviz.draw import thin  # noqa: PLC0415

    monkeypatch.setattr(thin, "LARGE", 7)
    ((subtype, text),) = told(SMALL)
    assert subtype == "large"
    assert text.startswith("this picture of 8 tasks is simplified")


def test_latin_words_do_not_load_matplotlib():
    code = (
        "import sys, sphinx_pipeviz as pv\n"
        "from sphinx_pipeviz.remarks import remarks\n"
        "text = 'schedule: gpipe\\ndevices: 2\\nmicrobatches: 2\\ntitle: Für'\n"
        "assert remarks(pv.read(text)) == []\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
