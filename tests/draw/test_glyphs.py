"""Glyphs come from the font that was asked for, then from DejaVu; what both lack is known."""

from io import BytesIO

import pytest
from PIL import Image

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.glyphs import font_of
from sphinx_pipeviz.errors import StyleError
from tests.draw.tiny_font import write_font

#: Pipeline, in Chinese; forward, in Arabic.
CHINESE, ARABIC = "流水线", "أمامي"


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    return write_font(tmp_path_factory.mktemp("fonts") / "squares.ttf", CHINESE)


def titled(title, **style):
    text = f"schedule: gpipe\ndevices: 2\nmicrobatches: 2\ntitle: {title}\n"
    return pv.read(f"{text}style: {style}\n" if style else text)


def test_a_fonts_own_glyphs_are_taken_and_dejavu_has_the_others(squares):
    font = font_of(squares)
    assert font.width("流", "regular") == pytest.approx(0.8)
    assert font.width("流", "bold") == pytest.approx(0.8)
    assert font.width("Ab", "bold") == pytest.approx(font_of().width("Ab", "bold"))
    assert font.width("流A", "bold") == pytest.approx(
        0.9 + font_of().width("A", "bold"), abs=0.05
    )


def test_what_no_font_has_is_told(squares):
    assert font_of().lacking([f"A{CHINESE}1", ARABIC, "流\n"]) == "".join(sorted(CHINESE))
    assert font_of(squares).lacking([CHINESE, ARABIC, "abc"]) == ""


def test_a_family_is_looked_up_by_its_name():
    assert font_of("DejaVu Serif").width("1m", "bold") != font_of().width("1m", "bold")


@pytest.mark.parametrize("name", ["No Such Family", "no/such/file.ttf", "README.otf"])
def test_a_font_that_is_not_there_is_an_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.otf").write_text("words")
    with pytest.raises(StyleError, match=r"there is no font '.*' \(name a family|no font"):
        font_of(name)


@pytest.mark.parametrize("format", ["svg", "pdf", "png"])
def test_a_picture_in_a_font_is_the_same_each_time_and_not_that_of_another(squares, format):
    source = titled(CHINESE, font=squares)
    data = pv.render(source, format)
    assert pv.render(source, format) == data
    assert pv.render(titled(CHINESE), format) != data


def test_the_glyphs_of_a_font_are_in_the_picture(squares):
    data = pv.render(titled("流" * 30, font=squares), "png")
    image = Image.open(BytesIO(data)).convert("L")
    title = image.crop((0, 0, image.width, 80)).histogram()
    assert title[0] > 30 * 500  # black squares of 30 pixels


def test_letters_that_join_are_shaped_where_matplotlib_does_so():
    joined = font_of().width(ARABIC, "regular")
    apart = sum(font_of().width(letter, "regular") for letter in ARABIC)
    assert 0 < joined < 1.5 * apart
    assert pv.render(titled(ARABIC), "svg")
