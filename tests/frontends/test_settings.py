"""The settings in conf.py, and what the extension tells Sphinx about itself."""

from __future__ import annotations

import os
import pickle

import pytest

import sphinx_pipeviz
from sphinx_pipeviz.frontends.settings import FORMATS, SETTINGS
from tests.draw.tiny_font import write_font

PAGE = """\
Title
=====

.. pipeline-schedule::

   schedule: gpipe
   devices: 2
   microbatches: 2
"""


@pytest.fixture
def drawn(site):
    """Return a site that was built with a picture."""
    site.write("index.rst", PAGE)
    assert site.build().warnings == []
    return site


def picture(site) -> str:
    (path,) = (site.output / "html").rglob("pipeviz-*[0-9a-f].svg")
    return path.read_text(encoding="utf-8")


@pytest.mark.behaviour(5, 6)
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pipeviz_style = 'sed'", "there is no style 'sed' (did you mean 'seed'?)"),
        ("pipeviz_style = {'forward': 'blue'}", "style.forward cannot be the text 'blue'"),
        ("pipeviz_style = 3", "a style is a name or a mapping, not 3"),
        ("pipeviz_formats = ['gif']", "there is no format 'gif' (choose from svg, pdf, png)"),
        (
            "pipeviz_formats = 'svg'",
            "the formats must be a list such as ['svg', 'pdf'], not 'svg'",
        ),
        ("pipeviz_max_ops = 0", "the limit must be a whole number of at least 1, not 0"),
        ("pipeviz_max_ops = True", "the limit must be a whole number of at least 1, not True"),
        ("pipeviz_max_ops = '9'", "the limit must be a whole number of at least 1, not '9'"),
        ("pipeviz_cache_dir = 3", "a folder is text, not 3"),
        ("pipeviz_cache_dir = 'a\\0b'", "a folder's name cannot hold the character \\x00"),
        ("pipeviz_font = 3", "a font is text, not 3"),
        ("pipeviz_font = 'fonts/none.ttf'", "there is no font 'none.ttf' (name a family"),
        ("pipeviz_font = 'No Such Family'", "there is no font 'No Such Family' (name a family"),
        ("pipeviz_allow_python = 1", "this is True or False, not 1"),
    ],
)
def test_a_wrong_value_is_told_and_the_default_is_used(drawn, line, message):
    before = picture(drawn)
    drawn.configure(line)
    result = drawn.build("html", "-E")
    (warning,) = result.warnings
    name = line.partition(" ")[0]
    number = (drawn.source / "conf.py").read_text().splitlines().index(line) + 1
    assert warning.startswith(f"conf.py:{number}: WARNING: {name}: ")
    assert message in warning
    assert warning.endswith(" [pipeviz.config]")
    assert picture(drawn) == before


@pytest.mark.parametrize("folder", ["../output/html/kept", "../output/html"])
def test_a_cache_in_the_output_is_told_and_used(drawn, folder):
    drawn.configure(f"pipeviz_cache_dir = '{folder}'")
    (warning,) = drawn.build("html", "-E").warnings
    assert f"pipeviz_cache_dir: '{folder}' is in the output, and is published" in warning
    assert warning.endswith("(name a folder outside of it) [pipeviz.config]")
    assert list((drawn.source / folder).rglob("??/pipeviz-*.svg"))


@pytest.mark.behaviour(6)
def test_a_wrong_value_of_the_command_line_is_told(drawn):
    (warning,) = drawn.build("html", "-D", "pipeviz_style=sed").warnings
    assert warning.startswith(
        "command line: -D pipeviz_style: WARNING: pipeviz_style: there is no style 'sed'"
    )


@pytest.mark.behaviour(33)
@pytest.mark.parametrize(
    "line",
    [
        "pipeviz_style = 'seed'",
        "pipeviz_style = {'base': 'seed', 'forward': '#123456', 'first': 0}",
        "pipeviz_formats = ['png', 'pdf']",
        "pipeviz_formats = ('svg',)",
        "pipeviz_formats = []",
        "pipeviz_max_ops = 12",
        "pipeviz_cache_dir = None",
        "pipeviz_allow_python = False",
        "pipeviz_cache_dir = '../pictures'",
        "pipeviz_font = 'DejaVu Serif'",
    ],
)
def test_a_right_value_is_taken_and_keeps_an_unchanged_build_quiet(drawn, line):
    drawn.configure(line)
    assert drawn.build().warnings == []
    again = drawn.build()
    assert "no targets are out of date." in again.status


def test_a_limit_on_ops_is_kept(drawn):
    drawn.configure("pipeviz_max_ops = 7")
    (warning,) = drawn.build().warnings
    assert warning.startswith("index.rst:6: WARNING: ") or "index.rst:" in warning
    assert "7" in warning


def test_the_style_is_that_of_pictures_that_ask_for_none(drawn):
    asked = PAGE.replace("   schedule", "   style: seed\n   schedule")
    drawn.write("other.rst", ":orphan:\n\n" + asked)
    drawn.configure("pipeviz_style = {'forward': '#123456'}")
    assert drawn.build().warnings == []
    assert "#123456" in picture_of(drawn, "index.html")
    assert "#123456" not in picture_of(drawn, "other.html")


def picture_of(site, page: str) -> str:
    name = site.page(page).partition("_images/")[2].partition('"')[0]
    return (site.output / "html" / "_images" / name).read_text(encoding="utf-8")


CHINESE = PAGE.replace("   schedule", "   title: 图\n   schedule")
LACKING = (
    "WARNING: the font of this picture has no glyphs for '图'"
    " (name one that has them with pipeviz_font or --font) [pipeviz.font]"
)


@pytest.mark.behaviour(31)
def test_missing_glyphs_are_told_with_their_place_at_every_build(drawn):
    drawn.write("index.rst", CHINESE)
    assert drawn.build().warnings == [f"index.rst:4: {LACKING}"]
    assert drawn.build().warnings == [f"index.rst:4: {LACKING}"]
    assert len(picture_of(drawn, "index.html")) > 1000
    drawn.configure("suppress_warnings = ['pipeviz.font']")
    assert drawn.build().warnings == []


@pytest.mark.behaviour(1, 31)
def test_missing_glyphs_are_told_for_each_figure_by_each_builder_that_draws_files(drawn):
    """Who reads an inline picture has other fonts than who builds it."""
    second = CHINESE.partition("=\n")[2]
    drawn.write("index.rst", CHINESE + second)
    drawn.configure("pipeviz_html_embed = 'inline'")
    told = [f"index.rst:{line}: {LACKING}" for line in (4, 11)]
    assert drawn.build("html", "-E").warnings == []
    assert ">图</text>" in drawn.page("index.html")
    assert [drawn.build("latex").warnings for _ in range(2)] == [told] * 2
    assert drawn.build().warnings == []
    drawn.configure("pipeviz_html_embed = 'inline'", "pipeviz_downloads = ['pdf']")
    assert [drawn.build().warnings for _ in range(2)] == [told] * 2


@pytest.mark.behaviour(31)
def test_missing_glyphs_are_told_when_the_font_that_had_them_is_gone(drawn):
    drawn.write("index.rst", CHINESE)
    write_font(drawn.source / "squares.ttf", "图")
    drawn.configure("pipeviz_font = 'squares.ttf'")
    assert drawn.build().warnings == []
    drawn.configure()
    assert drawn.build().warnings == [f"index.rst:4: {LACKING}"]


@pytest.mark.behaviour(9, 31)
def test_a_font_file_is_relative_to_conf_py_and_a_change_of_it_is_seen(drawn):
    drawn.write("index.rst", CHINESE)
    (drawn.source / "fonts").mkdir()
    font = drawn.source / "fonts" / "squares.ttf"
    write_font(font, "图")
    drawn.configure("pipeviz_font = 'fonts/squares.ttf'")
    assert drawn.build("html", "-E").warnings == []
    before = picture_of(drawn, "index.html")
    assert "no targets are out of date." in drawn.build().status
    write_font(font, "图", width=300)
    drawn.build_apart()
    assert picture_of(drawn, "index.html") != before


@pytest.mark.behaviour(9)
def test_a_change_of_a_font_that_the_configured_style_names_is_seen(drawn):
    drawn.write("index.rst", CHINESE)
    font = drawn.source / "squares.ttf"
    write_font(font, "图")
    drawn.configure("pipeviz_style = {'fallback': 'squares.ttf'}")
    drawn.build("html", "-E")
    before = picture_of(drawn, "index.html")
    assert "no targets are out of date." in drawn.build().status
    write_font(font, "图", width=300)
    drawn.build_apart()
    assert picture_of(drawn, "index.html") != before
    assert "no targets are out of date." in drawn.build_apart().status


@pytest.mark.behaviour(9, 31)
@pytest.mark.parametrize("place", ["conf.py", "page"])
def test_a_fallback_file_is_relative_to_conf_py_and_a_change_of_it_is_seen(drawn, place):
    (drawn.source / "fonts").mkdir()
    write_font(drawn.source / "fonts" / "squares.ttf", "图")
    own = "   style: {fallback: fonts/squares.ttf}\n" if place == "page" else ""
    drawn.write("index.rst", CHINESE + own)
    if place == "conf.py":
        drawn.configure("pipeviz_style = {'fallback': 'fonts/squares.ttf'}")
    assert drawn.build("html", "-E").warnings == []
    before = picture_of(drawn, "index.html")
    assert "no targets are out of date." in drawn.build().status
    font = drawn.source / "fonts" / "squares.ttf"
    write_font(font, "图", width=300)
    os.utime(font, ns=(0, font.stat().st_mtime_ns + 5_000_000_000))
    assert drawn.build_apart().warnings == []
    assert picture_of(drawn, "index.html") != before


def test_formats_are_taken_in_the_order_of_preference(drawn):
    drawn.configure("pipeviz_formats = ['png', 'svg']")
    drawn.build()
    assert ".png" in drawn.page("index.html")


def test_no_format_gives_the_text_grid(drawn):
    drawn.configure("pipeviz_formats = []")
    drawn.build()
    assert "<img" not in drawn.page("index.html")
    assert "Device 1 │F1│F2│" in drawn.page("index.html")


def test_every_setting_has_a_plain_default_of_its_own_type():
    for name, setting in SETTINGS.items():
        assert name.startswith("pipeviz_")
        assert isinstance(setting.default, setting.types)
        assert pickle.loads(pickle.dumps(setting.default)) == setting.default  # noqa: S301
        setting.check(setting.default)
        assert setting.summary.endswith(".")


def test_every_format_is_one_that_the_renderer_knows():
    from sphinx_pipeviz.frontends.pictures import MIME_TYPES  # noqa: PLC0415
    from sphinx_pipeviz.render import FORMATS as KNOWN  # noqa: PLC0415

    assert set(FORMATS) == set(MIME_TYPES)
    assert set(FORMATS) <= set(KNOWN)


class Recorder:
    """Stands for Sphinx; notes what an extension adds."""

    def __init__(self) -> None:
        self.added: dict[str, list[str]] = {}

    def __getattr__(self, name: str):
        return lambda *args, **_: self.added.setdefault(name, []).append(args[0])


@pytest.mark.behaviour(39)
def test_the_extension_says_its_version_and_that_it_may_run_in_parallel():
    app = Recorder()
    metadata = sphinx_pipeviz.setup(app)
    assert metadata["version"] == sphinx_pipeviz.__version__
    assert isinstance(metadata["env_version"], int)
    assert metadata["parallel_read_safe"] is True
    assert metadata["parallel_write_safe"] is True
    assert app.added["add_directive"] == ["pipeline-schedule"]
    assert sorted(app.added["add_config_value"]) == sorted(SETTINGS)
