"""A picture in the cache was checked when it was drawn: a warm build simulates nothing."""

import re
import shutil

import pytest

from sphinx_pipeviz.frontends import directive, figure_html, steps
from tests.frontends.test_fence import FENCE, convert
from tests.frontends.test_incremental import LIST_MODULES, modules, titled

SIZE = "   schedule: 1f1b\n   devices: 2\n   microbatches: 3\n"
PICTURE = f".. pipeline-schedule::\n\n{SIZE}"
KEPT = "pipeviz_cache_dir = '../kept'"
INLINE = "pipeviz_html_embed = 'auto'"
DRAWING = r"sphinx_pipeviz\.(draw\.(layout|panel|paint|inline$)|embed|remarks|figure_source)"
FORBIDDEN = """
import sphinx_pipeviz.timelines as timelines

def fail(*arguments):
    raise AssertionError("simulated")

timelines.simulate = fail
"""


@pytest.fixture
def warm(site):
    """A site whose picture is in the cache, and nothing else of a build."""
    site.configure(KEPT, INLINE)
    site.write("index.rst", titled(PICTURE))
    assert site.build().warnings == []
    site.first = site.page("index.html")
    for made in (site.output, site.doctrees):
        shutil.rmtree(made)
    return site


@pytest.mark.behaviour(4)
def test_a_warm_build_simulates_nothing_and_writes_the_same_page(warm):
    warm.configure(KEPT, INLINE, FORBIDDEN)
    assert warm.build_apart().warnings == []
    assert "2 devices, 3 microbatches" in warm.first
    assert warm.page("index.html") == warm.first


@pytest.mark.behaviour(4)
def test_a_warm_build_loads_nothing_that_draws(warm):
    warm.configure(KEPT, INLINE, LIST_MODULES.replace('.partition(".")[0]', ""))
    loaded = modules(warm.build_apart())
    assert "sphinx_pipeviz.frontends.kept" in loaded
    assert not {name for name in loaded if re.match(DRAWING, name)}
    shutil.rmtree(warm.folder / "kept")
    loaded = modules(warm.build_apart("html", "-E", "-a"))
    assert {name for name in loaded if re.match(DRAWING, name)}


def test_another_size_is_simulated(warm):
    warm.configure(KEPT, INLINE, FORBIDDEN)
    warm.write("index.rst", titled(PICTURE.replace("3", "4")))
    (told,) = warm.build_apart().warnings
    assert "simulated" in told


@pytest.mark.parametrize("option", [":width: 50%", ":embed: inline", ":style: megatron"])
def test_options_of_a_picture_are_part_of_what_is_known(site, option):
    site.configure(KEPT, INLINE)
    site.write("index.rst", titled(PICTURE.replace("\n\n", f"\n   {option}\n\n", 1)))
    assert site.build().warnings == []
    for made in (site.output, site.doctrees):
        shutil.rmtree(made)
    site.configure(KEPT, INLINE, FORBIDDEN)
    assert site.build_apart().warnings == []


@pytest.mark.behaviour(35)
def test_a_lower_limit_is_told_of_where_the_picture_is_known(warm):
    warm.configure(KEPT, INLINE, "pipeviz_max_ops = 11")
    (told,) = warm.build().warnings
    assert "this schedule has 12 ops; the limit is 11" in told
    warm.configure(KEPT, INLINE, "pipeviz_max_ops = 12")
    assert warm.build().warnings == []


def test_a_known_picture_of_very_many_tasks_is_told_of_again(site, monkeypatch):
    monkeypatch.setattr("sphinx_pipeviz.draw.thin.LARGE", 7)
    monkeypatch.setitem(directive.__dict__, "check", _only_once(directive.check))
    site.configure(KEPT, INLINE)
    site.write("index.rst", titled(PICTURE))
    first = site.build()
    for made in (site.output, site.doctrees):
        shutil.rmtree(made)
    assert site.build().warnings == first.warnings
    assert "12 tasks is simplified" in first.warnings[0]


def _only_once(check):
    calls = []

    def once(*arguments):
        assert not calls
        calls.append(arguments)
        return check(*arguments)

    return once


def test_a_link_of_a_known_picture_is_still_checked(site):
    links = "   links:\n     - {device: 1, to: 'TARGET'}\n"
    site.configure(KEPT, INLINE)
    site.write("index.rst", titled(f"{PICTURE}{links}".replace("TARGET", "https://a.example")))
    assert site.build().warnings == []
    site.write("index.rst", titled(f"{PICTURE}{links}".replace("TARGET", "javascript:1")))
    (told,) = site.build().warnings
    assert "a link cannot lead to 'javascript:1'" in told


def test_a_damaged_picture_is_checked_and_drawn_again(warm):
    (kept,) = (warm.folder / "kept").rglob("*.json")
    kept.write_bytes(kept.read_bytes()[:-9])
    assert warm.build().warnings == []
    assert warm.page("index.html") == warm.first


@pytest.mark.behaviour(9)
@pytest.mark.parametrize("way", ["auto", "image"])
def test_a_style_in_another_language_describes_pages_that_are_not_read_again(site, way):
    settings = f"pipeviz_html_embed = '{way}'", "pipeviz_style = {'language': 'LANGUAGE'}"
    other = ".. pipeline-schedule::\n   :alt: Mine\n\n"
    site.write("index.rst", titled(f"{PICTURE}\n{other}{SIZE}"))
    for language, word in (
        ("de", "Mikrobatches"),
        ("fr", "micro-lots"),
        ("de", "Mikrobatches"),
    ):
        site.configure(*(line.replace("LANGUAGE", language) for line in settings))
        assert site.build().warnings == []
        page = site.page("index.html")
        assert word in re.search('<title id="pv1-t">.*?<|alt="[^"]*"', page)[0]
        assert "Mine" in page


def test_a_mistake_of_the_default_style_is_at_the_directive(site):
    site.configure("pipeviz_style = {'font': 'none.ttf'}")
    site.write("index.rst", titled(PICTURE.replace("\n\n", "\n   :width: 50%\n\n", 1)))
    (told,) = site.build().warnings
    assert told.startswith("index.rst:4: WARNING: there is no font 'none.ttf'")


# Markdown


def test_a_picture_that_markdown_keeps_is_neither_simulated_nor_checked_again(
    tmp_path, monkeypatch
):
    first = convert(FENCE, cache_dir=str(tmp_path))
    monkeypatch.setattr(steps, "embed", None)
    monkeypatch.setattr(figure_html, "check", None)
    assert convert(FENCE, cache_dir=str(tmp_path)) == first
    assert "2 devices" in first


def test_markdown_tells_of_a_lower_limit_where_the_picture_is_known(tmp_path):
    assert "<svg" in convert(FENCE, cache_dir=str(tmp_path), max_ops=12)
    assert "the limit is 3" in convert(FENCE, cache_dir=str(tmp_path), max_ops=3)


def test_markdown_checks_a_link_of_a_known_picture(tmp_path):
    linked = FENCE.replace("```\n", "links: [{device: 1, to: 'TARGET'}]\n```\n")
    good = convert(linked.replace("TARGET", "https://a.example"), cache_dir=str(tmp_path))
    assert 'href="https://a.example"' in good
    bad = convert(linked.replace("TARGET", "javascript:1"), cache_dir=str(tmp_path))
    assert "a link cannot lead to" in bad
