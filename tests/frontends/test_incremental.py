"""Building again: what is read, written and drawn anew, in turn and in parallel."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from sphinx_pipeviz.frontends import kept as keeping

SPEC = "   schedule: gpipe\n   devices: 2\n   microbatches: 2\n"
PICTURE = ".. pipeline-schedule::\n\n" + SPEC
IDLE = "no targets are out of date."


def titled(*blocks: str) -> str:
    return "\n\n".join(["Title\n=====", *blocks]) + "\n"


@pytest.fixture
def two_pages(site):
    site.write("index.rst", titled(PICTURE, ".. toctree::\n\n   other"))
    site.write("other.rst", titled(PICTURE.replace("gpipe", "1f1b")))
    return site


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def times(folder: Path) -> dict[str, int]:
    found = (folder / "pipeviz").rglob("pipeviz-*")
    return {path.name: path.stat().st_mtime_ns for path in found}


def no_drawing(*_args, **_kwargs):
    pytest.fail("a picture was drawn that the cache has")


# Nothing changed, or one thing


@pytest.mark.behaviour(33)
def test_an_unchanged_build_does_nothing(two_pages):
    two_pages.build()
    again = two_pages.build()
    assert (again.code, again.warnings) == (0, [])
    assert "0 added, 0 changed, 0 removed" in again.status
    assert IDLE in again.status


@pytest.mark.behaviour(33)
def test_a_changed_style_writes_all_pages_and_reads_none(two_pages):
    two_pages.build()
    before = two_pages.pictures()
    two_pages.configure("pipeviz_style = {'forward': '#123456'}")
    again = two_pages.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert "[new config]" not in again.status
    assert "writing output" in again.status
    shown = {name for name in two_pages.pictures() if name in two_pages.page("index.html")}
    assert shown
    assert not shown & set(before)
    assert IDLE in two_pages.build().status


@pytest.mark.behaviour(9)
def test_a_changed_file_rebuilds_just_its_page(two_pages):
    two_pages.write("parts/one.yaml", "schedule: gpipe\ndevices: 2\nmicrobatches: 2\n")
    two_pages.write("other.rst", titled(".. pipeline-schedule:: parts/one.yaml\n"))
    two_pages.build()
    assert IDLE in two_pages.build().status
    two_pages.write("parts/one.yaml", "schedule: gpipe\ndevices: 3\nmicrobatches: 2\n")
    again = two_pages.build()
    assert "0 added, 1 changed, 0 removed" in again.status
    assert "3 devices" in two_pages.page("other.html")


def test_a_changed_limit_reads_all_pages(two_pages):
    two_pages.build()
    two_pages.configure("pipeviz_max_ops = 100")
    assert "2 added, 0 changed" in two_pages.build().status


# What another build has read


GPIPE = "schedule: gpipe\ndevices: {}\nmicrobatches: 2\n"


@pytest.fixture
def with_file(two_pages):
    two_pages.write("parts/one.yaml", GPIPE.format(2))
    two_pages.write("other.rst", titled(".. pipeline-schedule:: parts/one.yaml\n"))
    two_pages.build()
    return two_pages


@pytest.mark.behaviour(9)
@pytest.mark.parametrize("also", [("latex",), ("html", "index.rst")], ids=["latex", "a page"])
def test_a_page_that_another_build_has_read_is_written_by_the_next_one(with_file, also):
    with_file.write("parts/one.yaml", GPIPE.format(3))
    builder, *names = also
    with_file.build(builder, *(str(with_file.source / name) for name in names))
    assert "2 devices" in with_file.page("other.html")
    index = (with_file.output / "html" / "index.html").stat().st_mtime_ns
    again = with_file.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert "3 devices" in with_file.page("other.html")
    assert IDLE in with_file.build().status
    if builder == "latex":
        assert (with_file.output / "html" / "index.html").stat().st_mtime_ns > index
        assert with_file.build("latex").warnings == []
        assert IDLE in with_file.build().status


@pytest.mark.behaviour(9)
def test_so_is_one_whose_mistake_was_mended_before_another_build(with_file):
    with_file.write("parts/one.yaml", GPIPE.format(-3))
    assert with_file.build().code == 1
    with_file.write("parts/one.yaml", GPIPE.format(3))
    assert with_file.build("latex").code == 0
    assert "pipeviz-error" in with_file.page("other.html")
    assert with_file.build().code == 0
    assert "3 devices" in with_file.page("other.html")
    assert IDLE in with_file.build().status


# The cache


@pytest.mark.behaviour(12)
def test_pictures_are_kept_beside_the_doctrees_and_only_copies_are_published(two_pages):
    two_pages.build()
    kept = {path.name for path in (two_pages.doctrees / "pipeviz").rglob("*[0-9a-f].svg")}
    assert kept == set(two_pages.pictures())
    assert {path.parent.name for path in two_pages.output.rglob("pipeviz-*.svg")} == {"_images"}
    assert not [path for path in two_pages.output.rglob("pipeviz") if path.is_dir()]


@pytest.mark.behaviour(4)
def test_equal_pictures_are_one_file(site):
    site.write("index.rst", titled(PICTURE, PICTURE.replace("::\n", "::\n   :alt: x\n")))
    site.build()
    assert len(site.pictures()) == 1


@pytest.mark.behaviour(4)
def test_builders_share_the_cache(two_pages, monkeypatch):
    two_pages.build()
    kept = times(two_pages.doctrees)
    monkeypatch.setattr(keeping, "draw", no_drawing)
    for builder in ("dirhtml", "singlehtml", "epub"):
        assert two_pages.build(builder).code == 0
    assert times(two_pages.doctrees) == kept


@pytest.mark.behaviour(4)
def test_a_fresh_environment_draws_nothing_and_touches_no_kept_picture(two_pages, monkeypatch):
    two_pages.build()
    kept = times(two_pages.doctrees)
    monkeypatch.setattr(keeping, "draw", no_drawing)
    assert two_pages.build("html", "-E", "-a").code == 0
    assert times(two_pages.doctrees) == kept


@pytest.mark.behaviour(12)
def test_a_cache_folder_of_its_own_is_used_and_outlives_everything_else(site, monkeypatch):
    site.configure("pipeviz_cache_dir = '../kept'")
    site.write("index.rst", titled(PICTURE))
    site.build()
    assert list((site.folder / "kept").rglob("*.svg"))
    assert not (site.doctrees / "pipeviz").exists()
    shutil.rmtree(site.output)
    shutil.rmtree(site.doctrees)
    monkeypatch.setattr(keeping, "draw", no_drawing)
    assert site.build().warnings == []
    assert site.pictures()


@pytest.mark.behaviour(12)
def test_a_moved_checkout_finds_all_its_pictures(two_pages, monkeypatch):
    two_pages.configure("pipeviz_cache_dir = '../kept'")
    two_pages.build()
    moved = type(two_pages)(two_pages.folder / "elsewhere")
    for name in ("source", "kept"):
        shutil.rmtree(moved.folder / name, ignore_errors=True)
        shutil.move(two_pages.folder / name, moved.folder / name)
    monkeypatch.setattr(keeping, "draw", no_drawing)
    assert moved.build().warnings == []
    assert len(moved.pictures()) == 2


@pytest.mark.behaviour(12)
def test_a_cache_in_the_source_folder_is_not_published(site):
    site.configure("pipeviz_cache_dir = '_kept'")
    site.write("index.rst", titled(PICTURE))
    assert site.build().warnings == []
    assert not [path for path in site.output.rglob("*") if "_kept" in path.name]


@pytest.mark.behaviour(10)
def test_a_damaged_picture_is_drawn_again(site):
    site.write("index.rst", titled(PICTURE))
    site.build()
    (kept,) = (site.doctrees / "pipeviz").rglob("*[0-9a-f].svg")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:100])
    assert site.build("html", "-E", "-a").warnings == []
    assert kept.read_bytes() == whole
    assert (site.output / "html" / "_images" / kept.name).read_bytes() == whole


CACHE = "cannot be written: "


@pytest.mark.behaviour(34)
@pytest.mark.parametrize("arguments", [(), ("-j", "2")])
def test_a_folder_that_cannot_be_written_is_told_once_and_pictures_are_shown(site, arguments):
    site.write("file", "not a folder")
    site.configure("pipeviz_cache_dir = 'file/kept'", "exclude_patterns = ['file']")
    names = [f"page{number:02}" for number in range(12)]
    for number, name in enumerate(names, 1):
        site.write(f"{name}.rst", titled(PICTURE.replace("devices: 2", f"devices: {number}")))
    site.write("index.rst", titled(".. toctree::\n\n   " + "\n   ".join(names)))
    result = site.build("html", *arguments)
    (warning,) = result.warnings
    assert re.match(r"conf\.py:\d+: WARNING: the cache folder ", warning)
    assert CACHE in warning
    assert warning.endswith("(pipeviz_cache_dir can name another one) [pipeviz.cache]")
    assert len(site.pictures()) == len(names)


@pytest.mark.behaviour(34)
def test_notes_that_cannot_be_written_cost_nothing(two_pages):
    two_pages.doctrees.mkdir()
    (two_pages.doctrees / "pipeviz-pages").write_text("not a folder")
    for _ in range(2):
        assert two_pages.build().warnings == []
    assert len(two_pages.pictures()) == 2


def test_that_warning_can_be_suppressed(site):
    site.write("file", "not a folder")
    site.configure("pipeviz_cache_dir = 'file/kept'", "suppress_warnings = ['pipeviz.cache']")
    site.write("index.rst", titled(PICTURE))
    assert site.build().code == 0
    assert site.pictures()


LIST_MODULES = """
def write_modules(app, error):
    import sys
    names = sorted({name.partition(".")[0] for name in sys.modules})
    print("MODULES", *names)

def setup(app):
    app.connect("build-finished", write_modules)
"""


def modules(result) -> set[str]:
    (line,) = [line for line in result.status.splitlines() if line.startswith("MODULES ")]
    return set(line.split())


@pytest.mark.behaviour(4)
def test_a_warm_build_never_imports_matplotlib(site):
    site.configure("pipeviz_cache_dir = '../kept'", LIST_MODULES)
    site.write("index.rst", titled(PICTURE))
    cold = site.build_apart()
    assert cold.warnings == []
    assert "matplotlib" in modules(cold)
    shutil.rmtree(site.output)
    kept_doctrees = site.build_apart()
    assert kept_doctrees.warnings == []
    assert site.pictures()
    shutil.rmtree(site.output)
    shutil.rmtree(site.doctrees)
    kept_pictures = site.build_apart()
    assert kept_pictures.warnings == []
    assert site.pictures()
    for warm in (kept_doctrees, kept_pictures):
        assert not {"matplotlib", "numpy"} & modules(warm)


@pytest.mark.behaviour(30)
def test_a_site_without_pictures_never_imports_matplotlib(site):
    site.configure(LIST_MODULES)
    site.write("index.rst", titled("Words."))
    result = site.build_apart()
    assert result.warnings == []
    assert not {"matplotlib", "numpy"} & modules(result)
    assert not list(site.folder.rglob("pipeviz*"))


# In parallel


@pytest.fixture(scope="module")
def serial_and_parallel(new_site):
    """Build a site of many pages twice, in two places: in turn and with two processes."""
    pages = {"index_rst": titled(".. toctree::\n   :glob:\n\n   page*")}
    for number in range(1, 14):
        spec = PICTURE.replace("devices: 2", f"devices: {number % 5 + 1}")
        named = spec.replace("::\n", f"::\n   :caption: C\n   :name: figure-{number}\n")
        pages[f"page{number:02}_rst"] = titled(named, PICTURE, f":numref:`figure-{number}`")
    lines = ["html_last_updated_fmt = None", "html_show_copyright = False"]
    sites = [new_site(*lines, **pages) for _ in range(2)]
    results = [sites[0].build(), sites[1].build("html", "-j", "2")]
    return sites, results


@pytest.mark.behaviour(24)
def test_a_parallel_build_warns_of_nothing(serial_and_parallel):
    _, results = serial_and_parallel
    assert [(result.code, result.warnings) for result in results] == [(0, []), (0, [])]


@pytest.mark.behaviour(14, 24)
def test_a_parallel_build_is_the_same_byte_for_byte(serial_and_parallel):
    (serial, parallel), _ = serial_and_parallel
    first, second = (files(site.output / "html") for site in (serial, parallel))
    first.pop(".buildinfo")
    second.pop(".buildinfo")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(serial.pictures()) == 5


def test_a_parallel_reader_leaves_whole_pictures_and_nothing_else(serial_and_parallel):
    (serial, parallel), _ = serial_and_parallel
    first, second = (files(site.doctrees / "pipeviz") for site in (serial, parallel))
    assert first == second


@pytest.mark.behaviour(14)
def test_hash_seeds_do_not_change_what_is_built(site):
    site.write("index.rst", titled(PICTURE))
    outputs = []
    for seed in ("1", "2"):
        result = site.build_apart("html", "-E", "-a", PYTHONHASHSEED=seed)
        assert result.warnings == []
        outputs.append(files(site.output / "html" / "_images"))
        shutil.rmtree(site.doctrees)
        shutil.rmtree(site.output)
    assert outputs[0] == outputs[1]


@pytest.mark.behaviour(15)
def test_the_environment_of_the_process_is_left_alone(site):
    site.write("index.rst", titled(PICTURE))
    before = dict(os.environ)
    site.build()
    assert dict(os.environ) == before
