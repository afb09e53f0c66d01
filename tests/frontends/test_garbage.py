"""After a build there are the files of ours that pages show, and no others."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import zipfile

import pytest

from sphinx_pipeviz.cache import NAME
from sphinx_pipeviz.frontends import kept as keeping
from sphinx_pipeviz.frontends.notes import FOLDER, all_names

SHOWN = re.compile(
    r"pipeviz-[0-9a-f]{32}-[0-9a-f]{16}[.a-z]*\.(?:svg|pdf|png)|pipeviz-style-\w+\.css"
)
IDLE = "no targets are out of date."


def figure(devices: int, schedule: str = "gpipe") -> str:
    return (
        f".. pipeline-schedule::\n\n   schedule: {schedule}\n   devices: {devices}\n"
        "   microbatches: 2\n"
    )


def page(*devices: int) -> str:
    return "\n".join(["Title\n=====\n", "Words.\n", *map(figure, devices)])


def fill(site, **pages: tuple[int, ...]) -> None:
    names = "".join(f"   {name}\n" for name in pages)
    site.write("index.rst", f"Title\n=====\n\n.. toctree::\n\n{names}")
    for name, devices in pages.items():
        site.write(f"{name}.rst", page(*devices))


def published(site, builder="html") -> set[str]:
    """Return the names of our files in the output."""
    found = (path.name for path in (site.output / builder).rglob("*pipeviz-*"))
    return {name for name in found if not name.endswith(".part") or name.startswith(".")}


def shown(site, builder="html") -> set[str]:
    """Return the names of our files that the output's pages mention."""
    pages = [*(site.output / builder).rglob("*.html"), *(site.output / builder).glob("*.tex")]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    return set(SHOWN.findall(text.replace("{{", "").replace("}.", ".")))  # LaTeX: {{a}.pdf}


def kept(site) -> set[str]:
    """Return the names of the pictures in the cache."""
    return {path.name for path in (site.doctrees / "pipeviz").rglob("*pipeviz-*")}


@pytest.fixture
def pages(site):
    fill(site, one=(1,), other=(2, 3))
    assert site.build().warnings == []
    return site


JOBS = pytest.mark.parametrize("jobs", [(), ("-j", "2")], ids=["serial", "parallel"])


# Removing and altering


@pytest.mark.behaviour(11)
def test_a_first_build_leaves_what_its_pages_show(pages):
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages)) == 6  # light and dark


@pytest.mark.behaviour(11)
@JOBS
def test_a_removed_figure_leaves_nothing(pages, jobs):
    pages.write("other.rst", page(2))
    assert pages.build("html", *jobs).warnings == []
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages)) == 4


@JOBS
def test_an_altered_figure_leaves_only_what_it_is_now(pages, jobs):
    before = kept(pages)
    pages.write("one.rst", page(5))
    assert pages.build("html", *jobs).warnings == []
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages) - before) == len(before - kept(pages)) == 2


def test_a_figure_that_another_page_shows_stays(pages):
    pages.write("one.rst", page(2))
    pages.build()
    pages.write("other.rst", page(3))
    pages.build()
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages)) == 4


@pytest.mark.behaviour(4, 8)
@JOBS
def test_a_dark_figure_and_one_that_is_so_on_dark_pages_are_both_shown(site, jobs):
    dark = figure(2) + "   style: seed-dark\n"
    site.write("index.rst", "\n".join(["Title\n=====\n", figure(2), dark]))
    assert site.build("html", *jobs).warnings == []
    assert published(site) == shown(site) == kept(site)
    assert len(kept(site)) == 3
    assert site.build("html", *jobs, "-E", "-a").warnings == []
    assert published(site) == shown(site) == kept(site)


@pytest.mark.behaviour(11)
def test_a_removed_page_takes_its_pictures_with_it(pages):
    (pages.source / "other.rst").unlink()
    pages.write("index.rst", "Title\n=====\n\n.. toctree::\n\n   one\n")
    pages.build()
    (pages.output / "html" / "other.html").unlink()  # Sphinx leaves it
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages)) == 2


@pytest.mark.behaviour(11)
@JOBS
def test_the_last_figure_takes_everything_with_it(pages, jobs):
    pages.configure("pipeviz_html_embed = 'inline'")
    pages.build("html", *jobs)
    static = pages.output / "html" / "_static"
    assert len(list(static.glob("pipeviz*"))) == 3
    fill(pages, one=(), other=())
    assert pages.build("html", *jobs).warnings == []
    assert not published(pages) | kept(pages)
    assert not list(static.glob("pipeviz*"))


def test_what_enlarges_pictures_goes_when_none_can_be_enlarged(pages):
    pages.configure("pipeviz_html_embed = 'inline'", "pipeviz_zoom = True")
    pages.build()
    static = pages.output / "html" / "_static"
    assert len(list(static.glob("pipeviz-zoom.*"))) == 2
    pages.configure("pipeviz_html_embed = 'inline'")
    pages.build()
    assert sorted(path.suffix for path in static.glob("pipeviz*")) == [".css", ".css", ".js"]


def test_a_file_of_the_users_own_stays(site):
    site.configure("html_static_path = ['own']", "pipeviz_html_embed = 'inline'")
    site.write("own/pipeviz-mine.css", "p {}")
    site.write("own/pipeviz.js", "// mine")
    fill(site, one=())
    site.build()
    fill(site, one=(1,))
    site.build()
    fill(site, one=())
    site.build()
    site.write("own/pipeviz.js", "// mine")
    site.build("html", "-a")
    static = site.output / "html" / "_static"
    assert sorted(path.name for path in static.glob("pipeviz*")) == [
        "pipeviz-mine.css",
        "pipeviz.js",
    ]


def test_a_picture_of_ours_that_pages_show_as_an_ordinary_image_stays(site):
    fill(site, one=(1,), other=(2,))
    site.build()
    picture = next((site.output / "html" / "_images").glob("*.dark.svg"))
    shutil.copy(picture, site.source)
    site.configure("html_static_path = ['own']")
    (site.source / "own").mkdir()
    shutil.copy(picture, site.source / "own")
    link = f":download:`{picture.name}`"
    site.write("one.rst", f"Title\n=====\n\n.. image:: {picture.name}\n\n{link}\n")
    site.write("other.rst", page())
    for _ in range(2):
        assert site.build("html", "-a").warnings == []
        left = (site.output / "html").rglob(picture.name)
        assert len(list(left)) == 3  # as an image, in a folder of downloads, and beside styles


@pytest.mark.behaviour(11)
def test_a_changed_style_leaves_nothing_of_the_old_one(pages):
    pages.configure("pipeviz_html_embed = 'inline'")
    pages.build()
    assert published(pages) == shown(pages)
    before = published(pages)
    pages.configure("pipeviz_html_embed = 'inline'", "pipeviz_style = 'mono'")
    pages.build()
    assert published(pages) == shown(pages)
    assert not published(pages) & before
    assert len(kept(pages)) == 3  # one of each figure, for the middle of its page


@pytest.mark.behaviour(11)
def test_any_sequence_of_edits_leaves_what_pages_show(site):
    dice = random.Random(6)  # noqa: S311
    names = [f"page{number}" for number in range(6)]
    fill(site, **dict.fromkeys(names, (1,)))
    for _ in range(10):
        for name in dice.sample(names, 2):
            site.write(f"{name}.rst", page(*dice.sample(range(1, 6), dice.randint(0, 3))))
        jobs = dice.choice([(), ("-j", "2")])
        assert site.build("html", *jobs).warnings == []
        assert published(site) == shown(site) == kept(site)


# Partial builds


@pytest.mark.behaviour(11)
@JOBS
def test_a_partial_build_removes_nothing_that_other_pages_show(pages, jobs):
    pages.write("one.rst", page(7))
    pages.write("other.rst", page(8))
    before = shown(pages)
    pages.build("html", *jobs, str(pages.source / "one.rst"))
    assert shown(pages) <= published(pages)
    assert len(shown(pages) & before) == 4  # the other page is as it was
    assert len(kept(pages)) == 8  # and what it will show is drawn
    pages.build("html", *jobs)
    assert published(pages) == shown(pages) == kept(pages)
    assert len(kept(pages)) == 4


def test_a_partial_first_build_draws_for_the_next_one(site, monkeypatch):
    fill(site, one=(1,), other=(2, 3))
    site.build("html", str(site.source / "one.rst"))
    assert published(site) == shown(site)
    assert len(published(site)) == 2
    assert len(kept(site)) == 6
    monkeypatch.setattr(keeping, "draw", lambda *_, **__: pytest.fail("drawn again"))
    assert site.build().warnings == []
    assert published(site) == shown(site) == kept(site)
    assert IDLE in site.build().status


# Several builders


@pytest.mark.behaviour(11)
def test_each_builder_keeps_its_own(pages):
    pages.build("latex")
    assert published(pages, "latex") == shown(pages, "latex")
    assert kept(pages) == published(pages) | published(pages, "latex")
    pages.write("one.rst", page(5))
    pages.build()
    assert published(pages) == shown(pages)
    assert shown(pages, "latex") == published(pages, "latex") <= kept(pages)
    pages.build("latex")
    assert published(pages, "latex") == shown(pages, "latex")
    assert kept(pages) == published(pages) | published(pages, "latex")


def test_a_changed_style_leaves_nothing_in_builders_of_one_file(pages):
    for style in ("seed", "mono"):
        pages.configure(f"pipeviz_style = '{style}'")
        for builder in ("latex", "singlehtml"):
            pages.build(builder)
            assert published(pages, builder) == shown(pages, builder) != set()
    shutil.rmtree(pages.output / "html")
    pages.build("latex")
    assert kept(pages) == published(pages, "latex") | published(pages, "singlehtml")


def test_an_output_that_is_gone_keeps_nothing(pages):
    pages.build("latex")
    shutil.rmtree(pages.output / "html")
    pages.build("latex")
    assert kept(pages) == published(pages, "latex")


def test_builders_without_pictures_remove_nothing(pages):
    before = published(pages), kept(pages)
    for builder in ("text", "xml", "linkcheck", "dummy"):
        # Sphinx 7 warns where the last one is not set
        quiet = ("-D", "linkcheck_report_timeouts_as_broken=0")
        assert pages.build(builder, *quiet).code == 0
    assert (published(pages), kept(pages)) == before
    assert IDLE in pages.build().status


@pytest.mark.behaviour(11)
def test_figures_of_texinfo_go_too(pages):
    pages.build("texinfo")
    assert len(published(pages, "texinfo")) == 3
    pages.write("other.rst", page(2))
    pages.build("texinfo")
    assert len(published(pages, "texinfo")) == 2


@pytest.mark.behaviour(11)
def test_an_epub_holds_no_picture_that_its_pages_do_not_show(pages):
    pages.build("epub")
    pages.write("one.rst", page(5))
    assert pages.build("epub").warnings == []
    (book,) = (pages.output / "epub").glob("*.epub")
    packed = {name.rpartition("/")[2] for name in zipfile.ZipFile(book).namelist()}
    assert {name for name in packed if NAME.fullmatch(name)} == published(pages, "epub")
    assert len(published(pages, "epub")) == 3


def test_while_another_builder_writes_nothing_is_removed(pages):
    pages.build("latex")
    (notes,) = (pages.doctrees / FOLDER).glob("latex-*.json")
    at_work = json.loads(notes.read_text()) | {"whole": False, "running": True}
    notes.write_text(json.dumps(at_work))
    before = kept(pages)
    fill(pages, one=(), other=())
    pages.build()
    assert kept(pages) == before
    assert not published(pages)
    os.utime(notes, (1, 1))  # it was stopped long ago
    pages.build()
    assert kept(pages) == published(pages, "latex")


# A folder of one's own


@pytest.mark.behaviour(12)
def test_a_cache_that_may_be_shared_is_never_emptied_by_a_build(site):
    site.configure("pipeviz_cache_dir = '../kept'")
    fill(site, one=(1,))
    site.build()
    fill(site, one=(2,))
    site.build()
    assert published(site) == shown(site)
    assert len(list((site.folder / "kept").rglob("pipeviz-*"))) == 4


def test_the_names_of_all_builds_can_be_asked_for(pages):
    pages.build("latex")
    used = published(pages) | published(pages, "latex")
    assert all_names(pages.doctrees) - {"pipeviz.css"} == used
    assert all_names(pages.folder) == set()


# Builds that were stopped


def stop(site) -> None:
    """Leave the notes as a build does that is killed while it writes."""
    for notes in (site.doctrees / FOLDER).glob("html-*.json"):
        notes.write_text(
            json.dumps(json.loads(notes.read_text()) | {"whole": False, "running": True})
        )


@pytest.mark.behaviour(10)
def test_after_a_build_that_was_stopped_all_pages_are_written_and_none_is_read(pages):
    whole = pages.page("other.html"), published(pages)
    stop(pages)
    (pages.output / "html" / "other.html").write_text("<html")
    shutil.rmtree(pages.output / "html" / "_images")
    (pages.output / "html" / "_static" / ".pipeviz-1.part").write_text("x")
    (pages.doctrees / "pipeviz" / "00").mkdir(exist_ok=True)
    (pages.doctrees / "pipeviz" / "00" / ".pipeviz-1.part").write_text("x")
    again = pages.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert (pages.page("other.html"), published(pages)) == whole
    assert published(pages) == kept(pages)
    assert IDLE in pages.build().status


def test_a_partial_build_does_not_hide_that_one_was_stopped(pages):
    stop(pages)
    (pages.output / "html" / "other.html").write_text("<html")
    pages.build("html", str(pages.source / "one.rst"))
    pages.build()
    assert "</html>" in pages.page("other.html")
    assert IDLE in pages.build().status


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"output": 1}'])
def test_damaged_notes_are_made_anew(pages, damage):
    (notes,) = (pages.doctrees / FOLDER).glob("*.json")
    whole = notes.read_text()
    notes.write_text(damage)
    assert pages.build().warnings == []
    assert notes.read_text() == whole
    assert published(pages) == shown(pages) == kept(pages)
    assert IDLE in pages.build().status


@pytest.mark.behaviour(11)
def test_missing_notes_are_made_anew(pages):
    shutil.rmtree(pages.doctrees / FOLDER)
    pages.write("one.rst", page(5))
    pages.build()
    assert shown(pages) <= published(pages)
    pages.build()
    assert published(pages) == shown(pages) == kept(pages)
    assert IDLE in pages.build().status


def test_a_build_that_fails_removes_nothing(pages):
    before = published(pages), kept(pages)
    fill(pages, one=(), other=())
    line = "def setup(app): app.connect('html-page-context', lambda *_: 1 / 0)"
    pages.configure(line)
    assert pages.build().code != 0
    assert (published(pages), kept(pages)) == before
    pages.configure()
    assert pages.build().code == 0
    assert not published(pages) | kept(pages)
