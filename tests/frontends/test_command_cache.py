"""The command ``cache``: what it tells, removes and fills, and its exit codes 0, 1 and 2."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from sphinx_pipeviz.cache import Cache
from sphinx_pipeviz.frontends import kept as keeping
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.frontends.command_cache import ACTIONS, DAY, USUAL
from sphinx_pipeviz.frontends.notes import FOLDER

SIZES = {"0a": 1000, "0b": 2000, "ff": 3_000_000}
PAGE = """Title
=====

.. pipeline-schedule::

   schedule: gpipe
   devices: {}
   microbatches: 2
"""


@pytest.fixture
def run(capsys):
    def call(*arguments):
        try:
            code = main(["cache", *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a cache with three pictures, 1, 2 and 3 days old."""
    monkeypatch.chdir(tmp_path)
    kept = Cache(Path("kept"))
    for days, (start, size) in enumerate(SIZES.items(), 1):
        path = kept.keep(
            start * 16, "svg" if size < 2500 else "pdf", lambda size=size: b"x" * size
        )
        os.utime(path, (time.time(), time.time() - days * DAY - 60))
    Path("kept/mine.txt").write_text("x")
    Path("kept/0a/pipeviz-mine.svg").write_text("x")
    return kept.folder


def names(folder):
    return [path.name[8:10] for path in Cache(folder).pictures()]


# info


def test_info_tells_number_size_kinds_and_age(run, folder):
    code, out, err = run("info", "--dir", folder)
    assert (code, err) == (0, "")
    day = r"\d{4}-\d\d-\d\d"
    told = rf"kept: 3 pictures, 3\.0 MB \(1 pdf, 2 svg\), drawn {day} to {day}\n"
    assert re.fullmatch(told, out)


@pytest.mark.behaviour(40)
def test_info_lists_files(run, folder):
    _, out, _ = run("info", "--dir", folder, "--files")
    assert [line.split()[1] for line in out.splitlines()[1:]] == ["1,000", "2,000", "3,000,000"]
    assert all(path.name in out for path in Cache(folder).pictures())


def test_info_in_json(run, folder):
    (folder / "0a" / ".pipeviz-1.part").write_text("x")
    _, out, _ = run("info", "--dir", folder, "--files", "--json")
    found = json.loads(out)
    assert (found["dir"], found["pictures"], found["bytes"]) == ("kept", 3, 3_003_000)
    assert found["formats"] == {"pdf": 1, "svg": 2}
    assert found["unfinished"] == 1
    assert found["oldest"] < found["newest"]
    assert [row["bytes"] for row in found["files"]] == list(SIZES.values())


def test_an_empty_cache_is_told_of(run, tmp_path):
    assert run("info", "--dir", tmp_path) == (0, f"{tmp_path}: 0 pictures, 0.0 kB\n", "")
    assert run("verify", "--dir", tmp_path) == (0, f"{tmp_path}: 0 pictures, 0 damaged\n", "")


@pytest.mark.parametrize("place", USUAL)
def test_usual_folders_are_found(run, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    Path(place).mkdir(parents=True)
    assert run("info") == (0, f"{place}: 0 pictures, 0.0 kB\n", "")


@pytest.mark.parametrize("action", [name for name in ACTIONS if name not in ("prune", "fill")])
def test_a_missing_folder_is_one_sentence(run, tmp_path, monkeypatch, action):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(action)
    assert (code, out) == (1, "")
    assert err.endswith("below this one (name its folder with --dir)\n")
    assert run(action, "--dir", "x") == (1, "", "sphinx-pipeviz: there is no folder 'x'\n")


# verify


def test_verify_finds_nothing_in_a_whole_cache(run, folder):
    assert run("verify", "--dir", folder) == (0, "kept: 3 pictures, 0 damaged\n", "")


@pytest.mark.behaviour(40)
@pytest.mark.parametrize("damage", [b"", b"x" * 999, b"y" * 1000])
def test_verify_tells_of_damaged_files_and_removes_them_if_asked(run, folder, damage):
    path = Cache(folder).pictures()[0]
    path.write_bytes(damage)
    told = f"{path}: damaged\nkept: 3 pictures, 1 damaged"
    assert run("verify", "--dir", folder) == (1, f"{told}\n", "")
    assert path.exists()
    code, out, _ = run("verify", "--dir", folder, "--json")
    assert (code, json.loads(out)["damaged"]) == (1, [path.name])
    assert run("verify", "--dir", folder, "--repair") == (0, f"{told}, removed\n", "")
    assert names(folder) == ["0b", "ff"]
    assert run("verify", "--dir", folder)[0] == 0


# prune and clear


@pytest.mark.behaviour(40)
@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--older-than", "4"), ["0a", "0b", "ff"]),
        (("--older-than", "1.5"), ["0a"]),
        (("--older-than", "0"), []),
        (("--max-size", "5"), ["0a", "0b", "ff"]),
        (("--max-size", "0.0035"), ["0a", "0b"]),
        (("--max-size", "0.0025"), ["0a"]),
        (("--max-size", "0"), []),
        (("--max-size", "0.0035", "--older-than", "1.5"), ["0a"]),
    ],
)
def test_prune_removes_by_age_and_size_the_oldest_first(run, folder, options, left):
    size = sum(SIZES.values())
    code, out, err = run("prune", "--dir", folder, *options, "--dry-run")
    assert (code, err) == (0, "")
    assert f"would remove {3 - len(left)} of 3 pictures, " in out
    assert names(folder) == list(SIZES)
    code, out, err = run("prune", "--dir", folder, *options, "--json")
    gone = size - sum(SIZES[name] for name in left)
    assert json.loads(out) == {
        "dir": "kept",
        "pictures": 3,
        "removed": 3 - len(left),
        "bytes": gone,
    }
    assert names(folder) == left
    assert (folder / "mine.txt").exists()
    assert (folder / "0a" / "pipeviz-mine.svg").exists()


@pytest.mark.parametrize(
    "options",
    [(), ("--older-than", "x"), ("--older-than", "-1"), ("--max-size", "nan")],
)
def test_prune_must_be_told_what(run, folder, options):
    code, out, err = run("prune", "--dir", folder, *options)
    assert (code, out) == (2, "")
    assert "error: " in err
    assert names(folder) == list(SIZES)


def test_prune_removes_what_stopped_processes_left_only_when_it_is_old(run, folder):
    for name, days in (("old", 2), ("new", 0)):
        part = folder / "0a" / f".pipeviz-{name}.part"
        part.write_text("x")
        os.utime(part, (time.time(), time.time() - days * DAY))
    run("prune", "--dir", folder, "--older-than", "9")
    assert [part.name for part in Cache(folder).parts()] == [".pipeviz-new.part"]


def test_clear_removes_our_files_and_no_others(run, folder):
    (folder / "ff" / ".pipeviz-1.part").write_text("x")
    assert run("clear", "--dir", folder) == (0, "kept: removed 3 of 3 pictures, 3.0 MB\n", "")
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert left == ["0a", "0a/pipeviz-mine.svg", "mine.txt"]


@pytest.mark.parametrize(
    "action", [("info", "--files"), ("verify",), ("prune", "--max-size", "0"), ("clear",)]
)
def test_what_another_process_removes_meanwhile_is_no_error(run, folder, monkeypatch, action):
    listed = Cache.pictures

    def and_one_that_goes(kept):
        return [*listed(kept), kept.folder / "0a" / f"pipeviz-{'0' * 32}-{'0' * 16}.svg"]

    monkeypatch.setattr(Cache, "pictures", and_one_that_goes)
    name, *options = action
    code, out, err = run(name, "--dir", folder, *options)
    assert (code, err) == (0, "")
    assert "3.0 MB" in out or "0 damaged" in out


def test_a_link_to_nowhere_is_damaged(run, folder):
    path = Cache(folder).pictures()[0]
    path.unlink()
    path.symlink_to("nowhere.svg")
    assert run("verify", "--dir", folder)[0] == 1
    assert run("verify", "--dir", folder, "--repair")[0] == 0
    assert not path.is_symlink()


# With Sphinx


def test_what_a_build_does_not_show_can_be_removed_from_a_shared_folder(run, site):
    site.configure("pipeviz_cache_dir = '../kept'")
    for devices in (2, 3):
        site.write("index.rst", PAGE.format(devices))
        site.build()
    shared = site.folder / "kept"
    assert len(names(shared)) == 4
    site.build("latex")
    run("prune", "--dir", shared, "--unused-by", site.doctrees)
    assert len(names(shared)) == 3
    assert {path.name for path in Cache(shared).pictures()} >= set(site.pictures())
    code, _, err = run("prune", "--dir", shared, "--unused-by", site.folder)
    assert code == 1
    assert "no build has noted in" in err


def test_what_a_build_at_work_shows_is_not_known_yet(run, site):
    site.configure("pipeviz_cache_dir = '../kept'")
    site.write("index.rst", PAGE.format(2))
    site.build()
    (notes,) = (site.doctrees / FOLDER).glob("*.json")
    notes.write_text(json.dumps(json.loads(notes.read_text()) | {"running": True, "pages": {}}))
    prune = ("prune", "--dir", site.folder / "kept", "--unused-by", site.doctrees)
    code, out, err = run(*prune)
    assert (code, out) == (1, "")
    told = "is at work, or was stopped (prune after a build that came to its end)"
    assert told in err
    assert len(names(site.folder / "kept")) == 2
    os.utime(notes, (1, 1))  # it was stopped long ago
    assert run(*prune)[0] == 0
    assert names(site.folder / "kept") == []


@pytest.mark.behaviour(40)
def test_fill_draws_what_builds_then_find(run, site, monkeypatch):
    site.write("index.rst", PAGE.format(2))
    shared = site.folder / "kept"
    code, out, err = run(
        "fill", site.source, "--dir", shared, "-b", "html", "-b", "latex", "-j", 1
    )
    assert (code, out, err) == (0, f"{shared}: 3 pictures, 3 new\n", "")
    _, out, _ = run("fill", site.source, "--dir", shared, "--json")
    assert json.loads(out) == {"dir": str(shared), "pictures": 3, "new": 0}
    assert sorted(path.name for path in site.folder.iterdir()) == ["kept", "source"]
    site.configure("pipeviz_cache_dir = '../kept'")
    monkeypatch.setattr(keeping, "draw", lambda *_, **__: pytest.fail("drawn again"))
    for builder in ("html", "latex"):
        assert site.build(builder).code == 0


def test_fill_tells_of_builds_that_fail(run, site):
    site.write("index.rst", "Title\n=====\n")
    code, out, err = run("fill", site.folder, "--dir", site.folder / "kept")
    assert (code, out) == (1, "")
    assert "there is no conf.py in" in err
    code, out, err = run("fill", site.source, "--dir", site.folder / "kept", "-b", "nothing")
    assert (code, out) == (1, "")
    assert "sphinx-build ended with exit code 2 (its messages are above)" in err
