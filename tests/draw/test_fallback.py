"""Letters that a font lacks come from its fallback, or from a font that is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.cache import picture_key
from sphinx_pipeviz.draw import fonts, glyphs
from sphinx_pipeviz.draw.fonts import placed, stand_ins
from sphinx_pipeviz.draw.glyphs import font_of
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.languages import TABLES
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import draw
from tests.draw.tiny_font import write_font

SMALL = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\n"
WQY = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
NEEDS_WQY = pytest.mark.skipif(not WQY.exists(), reason="fonts-wqy-microhei is not installed")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that installs a font of squares in a folder that is searched."""
    folder = tmp_path / "share" / "fonts"
    folder.mkdir(parents=True)

    def install(name, characters, width=800):
        path = write_font(folder / name, characters, width)
        fonts._installed.cache_clear()
        glyphs.font_of.cache_clear()
        return path

    monkeypatch.setattr(fonts, "FOLDERS", (str(folder.parent),))
    yield install
    fonts._installed.cache_clear()
    glyphs.font_of.cache_clear()


def test_an_installed_font_stands_in(installed):
    assert font_of().lacking(["图流"]) == "图流"
    installed("WQY-MicroHei.ttc", "图")
    assert font_of().lacking(["图流 A"]) == "流"
    shaped = font_of().shape("A图", "bold")
    assert len(shaped.glyphs) == 2
    assert remarks(pv.read(f"{SMALL}title: 图\n")) == []


def test_the_font_of_the_language_comes_first(installed):
    one, two = installed("wqy-microhei.ttc", "图"), installed("ipaexg.ttf", "图", 500)
    assert stand_ins("ja") == (two, one)
    assert stand_ins("zh_CN")[0] == one
    assert font_of(language="ja").width("图", "regular") == pytest.approx(0.5)
    assert font_of(language="zh_CN").width("图", "regular") == pytest.approx(0.8)


def test_at_most_three_fonts_stand_in(installed):
    for name in ("ipag.ttf", "simhei.ttf", "malgun.ttf", "msjh.ttc", "other.ttf"):
        installed(name, "图")
    assert len(stand_ins("")) == fonts.MOST


def test_nothing_is_looked_for_where_a_font_has_all_letters(monkeypatch, tmp_path):
    monkeypatch.setattr(glyphs, "stand_ins", lambda _: pytest.fail("it was looked for"))
    own = write_font(tmp_path / "own.ttf", "图Aé")
    assert font_of(own).lacking(["图Aé"]) == ""
    assert font_of().lacking(["Für Schémas, αβγ, ⋯"]) == ""


def test_the_fallback_stands_before_dejavu(tmp_path):
    own = write_font(tmp_path / "own.ttf", "A", 300)
    other = write_font(tmp_path / "other.ttf", "AB图", 500)
    font = font_of(own, other)
    widths = [font.width(letter, "regular") for letter in "AB图"]
    assert widths == pytest.approx([0.3, 0.5, 0.5])
    assert font_of("", other).width("B", "regular") == font_of().width("B", "regular")
    assert font_of("", other).width("图", "regular") == pytest.approx(0.5)


def test_the_box_of_a_lacking_letter_is_as_wide_as_letters_of_pages():
    """Pages have fonts of their own; there is room for a letter of one em."""
    three, two = (font_of().width("图" * count, "regular") for count in (3, 2))
    assert 0.6 <= three - two <= 1.2  # as the box of the installed matplotlib's font


@pytest.mark.parametrize("name", ["none.ttf", "No Such Family"])
def test_a_fallback_that_is_not_there_is_an_error_at_its_line(name):
    text = f"{SMALL}style:\n  fallback: {name}\n"
    with pytest.raises(StyleError, match=f"there is no font '{name}'") as caught:
        draw(read_text(text, source="a.yaml"))
    assert caught.value.path == ("style", "fallback")
    assert caught.value.location.line == 5


def test_the_sites_fallback_goes_with_every_style(tmp_path):
    other = write_font(tmp_path / "other.ttf", "图")
    spec = read_text(f"{SMALL}style: megatron\ntitle: 图\n")
    assert style_of(spec, {"fallback": other}).fallback == other
    assert remarks(spec, {"fallback": other}) == []


def test_files_of_fonts_start_from_a_folder(tmp_path):
    style = {"base": "mono", "font": "Some Family", "fallback": "fonts/a.otf"}
    assert placed(style, tmp_path) == style | {"fallback": str(tmp_path / "fonts/a.otf")}


def key_of(text, **style):
    spec = read_text(SMALL + text)
    return picture_key(spec, style_of(spec, {"base": "seed", **style}), "svg")


@pytest.mark.behaviour(4)
def test_the_font_that_stands_in_is_in_the_key_of_pictures_that_may_need_it(installed):
    texts = ("title: A\n", "title: 图\n", "language: ja\n", "language: de\n")
    before = [key_of(text) for text in texts]
    installed("wqy-microhei.ttc", "图")
    changed = [one != other for one, other in zip(before, map(key_of, texts), strict=True)]
    assert changed == [False, True, True, False]


@pytest.mark.behaviour(4)
def test_the_content_of_a_fallback_is_in_the_key_and_its_place_is_not(tmp_path):
    one, two = (write_font(tmp_path / f"{n}.ttf", "图") for n in "ab")
    other = write_font(tmp_path / "c.ttf", "图流")
    keys = [key_of("title: 图\n", fallback=font) for font in (one, two, other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_key_needs_no_matplotlib():
    code = (
        "import sys\n"
        "from sphinx_pipeviz.cache import picture_key\n"
        "from sphinx_pipeviz.draw.style import Style\n"
        "from sphinx_pipeviz.readers import read_text\n"
        f"picture_key(read_text({SMALL!r} + 'title: 图'), Style(language='ja'), 'svg')\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# A real font


@NEEDS_WQY
@pytest.mark.parametrize("language", [name for name, table in TABLES.items() if table])
@pytest.mark.parametrize("format", ["svg", "pdf", "png"])
def test_every_language_can_be_drawn(monkeypatch, language, format):
    monkeypatch.setattr(fonts, "FOLDERS", (str(WQY.parent),))
    glyphs.font_of.cache_clear()
    assert font_of(language=language).lacking(TABLES[language].values()) == ""
    spec = pv.read(f"{SMALL}language: {language}\nphases: true\nmemory: true\nbubble: true\n")
    assert remarks(spec) == []
    english = draw(pv.read(SMALL + "phases: true\nmemory: true\nbubble: true\n"), format)
    assert draw(spec, format) != english
    glyphs.font_of.cache_clear()
