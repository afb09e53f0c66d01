"""Builds that are killed, find a full or read-only disk, damaged files or each other."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from sphinx_pipeviz.frontends import arrived
from sphinx_pipeviz.frontends import kept as keeping

STYLES = ("seed", "mono")
PARALLEL = ("-j", "2")
IDLE = "no targets are out of date."


def page(number: int, style: str = "seed") -> str:
    """Return a page with two figures, one of which all pages share."""
    figure = ".. pipeline-schedule::\n\n   schedule: gpipe\n   microbatches: 2\n   devices: "
    return f"Title {number}\n========\n\n{figure}2\n\n{figure}{number + 3}\n   style: {style}\n"


def fill(site, pages: int = 6, style: str = "seed") -> None:
    site.write("index.rst", "Title\n=====\n\n.. toctree::\n   :glob:\n\n   page*\n")
    for number in range(pages):
        site.write(f"page{number}.rst", page(number, style))


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def differing(first: dict[str, bytes], second: dict[str, bytes]) -> list[str]:
    return sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )


# Killed


def built_anew(new_site, way: str, style: str) -> dict[str, bytes]:
    site = new_site(f"pipeviz_html_embed = '{way}'")
    fill(site, style=style)
    assert site.build("html").warnings == []
    return content(site.output) | content(site.doctrees / "pipeviz")


def kill(site, delay: float) -> bool:
    """Start a parallel build, kill all its processes after a time; tell whether it ran."""
    command = [sys.executable, "-m", "sphinx", *site.arguments("html", *PARALLEL)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    build = subprocess.Popen(command, start_new_session=True, **quiet)
    try:
        build.wait(delay)
    except subprocess.TimeoutExpired:
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        return True
    return False


def assert_kills_leave_no_trace(new_site, way: str, times: int, seed: int) -> None:
    """Kill builds of a site that changes to and fro; build after each and compare."""
    clean = [built_anew(new_site, way, style) for style in STYLES]
    dice, site = random.Random(seed), new_site(f"pipeviz_html_embed = '{way}'")  # noqa: S311
    longest, killed, turn = 5.0, 0, 0
    while killed < times:
        turn += 1
        assert turn < 5 * times, "builds end before they are killed"
        if dice.random() < 0.3:
            shutil.rmtree(site.output, ignore_errors=True)
            shutil.rmtree(site.doctrees, ignore_errors=True)
        fill(site, style=STYLES[turn % 2])
        killed += kill(site, dice.uniform(0.2, 0.9) * longest)
        start = time.monotonic()
        done = site.build_apart("html", *PARALLEL)
        longest = time.monotonic() - start
        assert (done.code, done.warnings) == (0, [])
        found = content(site.output) | content(site.doctrees / "pipeviz")
        assert differing(found, clean[turn % 2]) == [], f"after kill {turn} of seed {seed}"


@pytest.mark.behaviour(10)
def test_a_few_kills_leave_no_trace(new_site):
    assert_kills_leave_no_trace(new_site, "image", 5, seed=1)


@pytest.mark.behaviour(10)
@pytest.mark.faults
@pytest.mark.parametrize("way", ["inline", "image"])
def test_many_kills_leave_no_trace(new_site, way):
    assert_kills_leave_no_trace(new_site, way, 30, seed=int(time.time()))


# Full and read-only disks


@pytest.fixture
def refuse(monkeypatch):
    """Return a function after which nothing below a folder can be made, changed or removed."""

    def start(folder: Path, number: int, patch: pytest.MonkeyPatch = monkeypatch) -> None:
        def guarded(name: str):
            real = getattr(os, name)

            def call(path, *arguments, **options):
                writes = name != "open" or arguments[0] & (os.O_CREAT | os.O_WRONLY)
                named = isinstance(path, str | Path)
                below = named and Path(os.path.abspath(path)).is_relative_to(folder)  # noqa: PTH100
                if writes and below:
                    raise OSError(number, os.strerror(number), str(path))
                return real(path, *arguments, **options)

            patch.setattr(os, name, call)

        for name in ("open", "mkdir", "unlink", "rename", "replace", "chmod"):
            guarded(name)

    return start


ERRORS = pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])


@pytest.mark.behaviour(34)
@ERRORS
@pytest.mark.parametrize("way", ["inline", "image"])
def test_a_cache_that_cannot_be_written_is_told_of_once_and_all_is_shown(
    site, refuse, number, way
):
    site.configure("pipeviz_cache_dir = '../kept'", f"pipeviz_html_embed = '{way}'")
    fill(site)
    site.build()
    whole = content(site.output)
    for folder in (site.output, site.doctrees, site.folder / "kept"):
        shutil.rmtree(folder)
    refuse(site.folder / "kept", number)
    (warning,) = site.build().warnings
    assert f"kept cannot be written: {os.strerror(number)} (pipeviz_cache_dir" in warning
    assert differing(content(site.output), whole) == []
    assert not (site.folder / "kept").exists()


@ERRORS
def test_a_read_only_cache_still_gives_what_it_has(site, refuse, monkeypatch, number):
    site.configure("pipeviz_cache_dir = '../kept'")
    fill(site)
    site.build()
    whole = content(site.output)
    shutil.rmtree(site.output)
    shutil.rmtree(site.doctrees)
    refuse(site.folder / "kept", number)
    monkeypatch.setattr(keeping, "draw", lambda *_, **__: pytest.fail("drawn again"))
    assert site.build().warnings == []
    assert differing(content(site.output), whole) == []


@pytest.mark.behaviour(34)
def test_a_source_folder_that_cannot_be_written_is_no_matter(site, refuse):
    fill(site)
    refuse(site.source, errno.EROFS)
    assert site.build().warnings == []
    assert len(site.pictures()) == 7


def test_where_no_disk_has_space_pages_show_what_they_can(site, refuse, monkeypatch):
    site.write("index.rst", page(1) + page(2).replace("::\n", "::\n   :embed: inline\n"))
    monkeypatch.setattr(keeping.tempfile, "tempdir", str(site.folder / "tmp"))
    (site.folder / "tmp").mkdir()
    refuse(site.doctrees / "pipeviz", errno.ENOSPC)
    refuse(site.folder / "tmp", errno.ENOSPC)
    result = site.build()
    lines = [line for line in result.warnings if "the picture cannot be written" in line]
    assert len(lines) == 2
    assert all(
        "No space left on device" in line and line.endswith("[pipeviz.cache]") for line in lines
    )
    html = site.page("index.html")
    assert html.count("pipeviz-error") == 2
    assert html.count("<svg") == 2


@pytest.mark.behaviour(1, 10)
def test_a_box_that_lack_of_space_left_is_told_of_again_and_goes_when_there_is_some(
    site, refuse, monkeypatch
):
    fill(site, pages=2)
    monkeypatch.setattr(keeping.tempfile, "tempdir", str(site.folder / "tmp"))
    (site.folder / "tmp").mkdir()
    with monkeypatch.context() as full:
        refuse(site.doctrees / "pipeviz", errno.ENOSPC, full)
        refuse(site.folder / "tmp", errno.ENOSPC, full)
        first = site.build().warnings
        assert len(first) == 4
        assert site.build().warnings == first
    assert "pipeviz-error" in site.page("page0.html")
    assert site.build().warnings == []
    assert "pipeviz-error" not in site.page("page0.html")
    assert IDLE in site.build().status


def empty(site, app) -> None:
    """Remove the pictures while pages are written: they are known, and not copied yet."""
    app.connect("html-collect-pages", lambda _: shutil.rmtree(site.doctrees / "pipeviz") or [])


def cut(site, app) -> None:
    """Shorten a picture once it is copied."""

    def shorten(*_) -> None:
        path = max((site.output / "html" / "_images").iterdir())
        path.write_bytes(path.read_bytes()[:100])

    app.connect("build-finished", shorten, priority=1)


def leave_no_space(_site, _app) -> None:
    """Let a disk be full when the build ends."""
    arrived.shutil.disk_usage = lambda _: SimpleNamespace(free=0)


@pytest.mark.behaviour(10)
@pytest.mark.parametrize("spoil", [empty, cut, leave_no_space])
def test_pages_that_may_lack_a_picture_are_written_by_the_next_build(site, monkeypatch, spoil):
    site.configure("from spoils import setup")
    fill(site, pages=2)
    spoils = ModuleType("spoils")
    monkeypatch.setitem(sys.modules, "spoils", spoils)
    monkeypatch.setattr(arrived, "shutil", SimpleNamespace(disk_usage=shutil.disk_usage))
    spoils.setup = lambda app: spoil(site, app)
    site.build()
    spoils.setup = lambda _: None
    arrived.shutil.disk_usage = shutil.disk_usage
    again = site.build()
    assert (again.warnings, IDLE in again.status) == ([], False)
    assert "0 added, 0 changed, 0 removed" in again.status
    found = content(site.output)
    assert IDLE in site.build().status
    shutil.rmtree(site.output)
    shutil.rmtree(site.doctrees)
    site.build()
    assert differing(content(site.output), found) == []


@pytest.mark.behaviour(10)
def test_notes_that_cannot_be_written_cost_nothing_but_writing_again(site, refuse, monkeypatch):
    fill(site, pages=2)
    with monkeypatch.context() as full:
        refuse(site.doctrees / "pipeviz-pages", errno.ENOSPC, full)
        assert site.build().warnings == []
    whole = content(site.output)
    assert site.build().warnings == []
    assert differing(content(site.output), whole) == []
    site.write("page0.rst", page(9))
    with monkeypatch.context() as full:
        refuse(site.doctrees / "pipeviz-pages", errno.ENOSPC, full)
        assert site.build().warnings == []
    (site.output / "html" / "page1.html").write_text("<html")  # as a full disk leaves it
    again = site.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert "</html>" in site.page("page1.html")
    assert IDLE in site.build().status


@pytest.mark.behaviour(5)
def test_where_no_stylesheet_can_be_written_pages_are(site, refuse, monkeypatch):
    site.configure("pipeviz_html_embed = 'inline'", "pipeviz_zoom = True")
    fill(site, pages=2)
    (site.output / "html" / "_static").mkdir(parents=True)
    with monkeypatch.context() as full:
        refuse(site.output / "html" / "_static", errno.ENOSPC, full)
        warnings = site.build().warnings
    assert len(warnings) == len(set(warnings)) == 5
    assert all(
        "cannot be written: No space left on device [pipeviz.cache]" in line
        for line in warnings
    )
    assert "<svg" in site.page("page0.html")
    assert site.build().warnings == []
    assert len(list((site.output / "html" / "_static").glob("pipeviz*"))) == 5


@pytest.mark.behaviour(5)
def test_downloads_that_cannot_be_written_are_no_mistake_of_ours(site, refuse):
    site.configure("pipeviz_downloads = ['yaml']")
    fill(site, pages=1)
    refuse(site.output / "html" / "_downloads", errno.ENOSPC)
    told = "the picture cannot be written: No space left on device [pipeviz.cache]"
    warnings = site.build().warnings
    assert [told in line for line in warnings] == [True, True]
    assert "pipeviz-error" in site.page("page0.html")


def test_a_folder_for_matplotlib_that_cannot_be_written_is_no_matter(site):
    fill(site, pages=2)
    site.build()
    whole = content(site.output)
    shutil.rmtree(site.output)
    shutil.rmtree(site.doctrees)
    (site.folder / "file").write_text("not a folder")
    result = site.build_apart(MPLCONFIGDIR=str(site.folder / "file" / "matplotlib"))
    assert result.code == 0  # -W: no warning of Sphinx
    assert not [line for line in result.warnings if "WARNING:" in line and "pipeviz" in line]
    assert differing(content(site.output), whole) == []


# Damaged files


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\n",
        lambda data: data[:9] + bytes([data[9] ^ 1]) + data[10:],
        lambda data: b"\0" * len(data),
    ],
    ids=["empty", "truncated", "longer", "one bit", "zeros"],
)
@pytest.mark.parametrize("way", ["inline", "image"])
def test_damaged_files_are_drawn_again(site, way, damage):
    site.configure(f"pipeviz_html_embed = '{way}'")
    fill(site, pages=2)
    site.build()
    cache = site.doctrees / "pipeviz"
    whole = content(site.output), content(cache)
    for path in cache.rglob("pipeviz-*"):
        path.write_bytes(damage(path.read_bytes()))
    assert site.build("html", "-E", "-a").warnings == []
    assert (content(site.output), content(cache)) == whole


# Two at once


@pytest.mark.behaviour(10)
def test_two_builds_at_once_share_a_cache(new_site):
    sites = [new_site("pipeviz_cache_dir = '../../shared'") for _ in range(2)]
    for site in sites:
        fill(site, pages=12)
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    builds = [
        subprocess.Popen(
            [sys.executable, "-m", "sphinx", *site.arguments("html", *PARALLEL)], **quiet
        )
        for site in sites
    ]
    printed = [build.communicate()[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], printed
    first, second = (content(site.output) for site in sites)
    assert differing(first, second) == []
    shared = sites[0].folder.parent / "shared"
    names = [path.name for path in shared.rglob("*") if path.is_file()]
    assert len(names) == len(set(names)) == 2 * 13  # light and dark, and no unfinished files


@pytest.mark.behaviour(12)
def test_a_moved_checkout_draws_nothing(new_site, monkeypatch):
    site = new_site()
    fill(site)
    site.build()
    whole = content(site.output)
    moved = type(site)(site.folder.with_name(f"{site.folder.name}-moved"))
    shutil.rmtree(moved.folder)
    site.folder.rename(moved.folder)
    monkeypatch.setattr(keeping, "draw", lambda *_, **__: pytest.fail("drawn again"))
    assert moved.build().warnings == []
    assert differing(content(moved.output), whole) == []


@pytest.mark.behaviour(5)
@pytest.mark.parametrize("way", ["inline", "image"])
def test_a_matplotlib_that_cannot_be_loaded_is_no_mistake_of_ours(site, way):
    site.configure(f"pipeviz_html_embed = '{way}'")
    fill(site, pages=1)
    (site.folder / "matplotlibrc").write_bytes(b"font.size: 5 \xff\n")
    lines = site.build_apart(MATPLOTLIBRC=str(site.folder / "matplotlibrc")).warnings
    told = [line for line in lines if "WARNING:" in line and "pipeviz" in line]
    assert [line.partition(":")[0] for line in told] == ["page0.rst", "page0.rst"]
    assert all("matplotlib cannot be loaded: UnicodeDecodeError: " in line for line in told)
    assert all(line.endswith("matplotlibrc and MPLBACKEND) [pipeviz.style]") for line in told)
    assert site.build_apart().warnings == []
    assert "pipeviz-error" not in site.page("page0.html")
