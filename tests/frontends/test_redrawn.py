"""What a change draws anew: only the pictures that look otherwise afterwards."""

from __future__ import annotations

import pytest

from sphinx_pipeviz.frontends import kept as keeping
from sphinx_pipeviz.frontends import steps
from sphinx_pipeviz.frontends.settings import SETTINGS

IDLE = "no targets are out of date."
OWN = "   style: megatron\n"


def figure(devices: int, more: str = "") -> str:
    return f".. pipeline-schedule::\n\n   schedule: 1f1b\n   devices: {devices}\n{more}"


def page(*figures: str) -> str:
    return "\n\n".join(["Title\n=====", *figures]) + "\n"


@pytest.fixture
def drawn(monkeypatch):
    """Return a list that grows by the devices of each picture that is drawn."""
    found: list[int | None] = []
    for place, name in ((keeping, "draw"), (steps, "embed")):
        real = getattr(place, name)

        def counted(spec, *arguments, real=real, **options):
            found.append(spec.devices)
            return real(spec, *arguments, **options)

        monkeypatch.setattr(place, name, counted)
    return found


@pytest.fixture
def site(site):
    """Three pages: a figure of 2 devices, one of 3 with a style of its own, one of a file."""
    site.configure("pipeviz_html_embed = 'auto'")
    numbers = "   microbatches: 2\n"
    site.write("index.rst", page(figure(2, numbers), ".. toctree::\n\n   other\n   third"))
    site.write("other.rst", page(figure(3, numbers + OWN)))
    site.write("parts/four.yaml", "schedule: gpipe\ndevices: 4\nmicrobatches: 2\n")
    site.write("third.rst", page(".. pipeline-schedule:: parts/four.yaml\n"))
    return site


def built(site, drawn, *arguments: str) -> list[int | None]:
    """Build, and return the devices of what was drawn."""
    drawn.clear()
    result = site.build("html", *arguments)
    assert (result.code, result.warnings) == (0, [])
    return sorted(drawn)


@pytest.mark.behaviour(4, 33)
def test_every_picture_is_drawn_once_and_an_unchanged_build_draws_none(site, drawn):
    assert built(site, drawn) == [2, 3, 4]
    assert built(site, drawn) == []
    assert IDLE in site.build().status
    assert built(site, drawn, "-E", "-a") == []


@pytest.mark.behaviour(9)
def test_a_dependency_draws_only_its_own_picture_and_writes_only_its_page(site, drawn):
    built(site, drawn)
    times = {
        path.name: path.stat().st_mtime_ns for path in (site.output / "html").glob("*.html")
    }
    site.write("parts/four.yaml", "schedule: gpipe\ndevices: 5\nmicrobatches: 2\n")
    assert built(site, drawn) == [5]
    changed = {
        path.name
        for path in (site.output / "html").glob("*.html")
        if path.stat().st_mtime_ns != times[path.name]
    }
    assert "third.html" in changed
    assert "other.html" not in changed  # index.html has third.html in its table of contents


@pytest.mark.behaviour(33)
def test_a_style_draws_only_what_has_none_of_its_own(site, drawn):
    built(site, drawn)
    site.configure("pipeviz_html_embed = 'auto'", "pipeviz_style = 'mono'")
    assert built(site, drawn) == [2, 4]
    assert built(site, drawn) == []


#: A value for each setting that changes no picture, or only what pages do with it.
HARMLESS = {
    "pipeviz_formats": "['svg', 'png']",
    "pipeviz_allow_python": "False",
    "pipeviz_max_ops": "123456",
    "pipeviz_zoom": "True",
    "pipeviz_downloads": "['yaml']",
    "pipeviz_roots": "['..']",
    "pipeviz_cache_dir": "'../other'",
}
#: What is drawn by others: they are tested on their own.
DRAWING = {"pipeviz_style", "pipeviz_font", "pipeviz_html_embed"}


@pytest.mark.behaviour(33)
@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - DRAWING))
def test_other_settings_draw_nothing(site, drawn, name):
    built(site, drawn)
    site.configure("pipeviz_html_embed = 'auto'", f"{name} = {HARMLESS[name]}")
    assert built(site, drawn) == []
    assert IDLE in site.build().status


@pytest.mark.behaviour(4)
def test_words_around_a_picture_draw_nothing(site, drawn):
    built(site, drawn)
    options = "   :alt: Words\n   :caption: More words\n   :align: center\n"
    text = (site.source / "index.rst").read_text()
    site.write(
        "index.rst", "Moved down.\n\n" + text.replace("::\n\n   s", f"::\n{options}\n   s")
    )
    (site.source / "other.rst").touch()
    assert built(site, drawn) == []


@pytest.mark.behaviour(4)
def test_a_copied_or_moved_figure_draws_nothing(site, drawn):
    built(site, drawn)
    one, other = ((site.source / name).read_text() for name in ("index.rst", "other.rst"))
    site.write("other.rst", other + "\n\n" + one.partition("=====")[2].partition(".. toc")[0])
    site.write("third.rst", page("Nothing."))
    assert built(site, drawn) == []
