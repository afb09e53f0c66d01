"""The command ``render`` with many files: folders, processes, a cache, and watching."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sphinx_pipeviz.frontends import command_jobs, command_pool, command_render
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.frontends.command_jobs import WORTH, processes

GOOD = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
BAD = "schedule: 1f1b\ndevices: 2\nmicrobatches: -3\n"
TIMELINE = '{"1": [{"type": "optimizer", "start_time": 0, "duration": 1}]}'
HERE = "paths are relative to the current folder"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inside = tmp_path / "in" / "sub"
    inside.mkdir(parents=True)
    for name in ("in/b.yaml", "in/a.yml", "in/sub/c.yaml"):
        (tmp_path / name).write_text(GOOD)
    (tmp_path / "in" / "data.json").write_text(TIMELINE)
    return tmp_path


def test_a_folder_is_each_yaml_file_in_it_and_below(run, here):
    (here / "in" / ".hidden").mkdir()
    (here / "in" / ".hidden" / "d.yaml").write_text(BAD)
    code, out, err = run("render", "in", "-o", "out")
    assert (code, err) == (0, "")
    assert out.split() == ["out/a.svg", "out/b.svg", "out/sub/c.svg"]
    assert all((here / name).is_file() for name in out.split())
    assert run("render", "in/")[1].split() == ["in/a.svg", "in/b.svg", "in/sub/c.svg"]
    checked = run("check", "in")[1]
    assert checked.split() == [
        "in/a.yml:",
        "ok",
        "in/b.yaml:",
        "ok",
        "in/sub/c.yaml:",
        "ok",
    ]


@pytest.mark.parametrize(
    ("pattern", "pictures"),
    [
        ("in/*.yaml", "out/b.svg"),
        ("in/*", "out/a.svg out/b.svg"),
        ("in/**/*.y*ml", "out/a.svg out/b.svg out/sub/c.svg"),
        ("i[n]/sub/*.yaml", "out/in/sub/c.svg"),
        ("in/*.json", "out/schedule.svg"),
    ],
)
def test_a_pattern_is_each_yaml_file_or_one_run(run, pattern, pictures):
    assert run("render", pattern, "-o", "out/") == (0, pictures.replace(" ", "\n") + "\n", "")


def test_a_file_that_is_named_twice_is_drawn_once(run):
    assert run("render", "in/b.yaml", "in", "in/*.yaml")[1].split() == [
        "in/b.svg",
        "in/a.svg",
        "in/sub/c.svg",
    ]


def test_a_slash_makes_a_folder_for_one_file(run, here):
    assert run("render", "in/b.yaml", "-o", "new/") == (0, "new/b.svg\n", "")
    code, _, err = run("render", "in/b.yaml", "-o", "newer")
    assert (code, "end it in .txt, .svg, .pdf, .png or in / for a folder" in err) == (1, True)
    assert not (here / "newer").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_mistake_in_one_file_does_not_stop_the_others(run, here, jobs):
    (here / "in" / "aa.yaml").write_text(BAD)
    code, out, err = run("render", "in", "-o", "out", "-j", jobs)
    assert code == 1
    assert out.split() == ["out/a.svg", "out/b.svg", "out/sub/c.svg"]
    first, last = err.splitlines()
    assert first.startswith("sphinx-pipeviz: in/aa.yaml:3: microbatches must be ")
    assert last == "sphinx-pipeviz: 1 of 4 files are not drawn"


def test_processes_draw_what_one_draws(run, here):
    assert run("render", "in", "-o", "one", "-j", "1")[0] == 0
    assert run("render", "in", "-o", "two", "-j", "2")[0] == 0
    for path in (here / "one").rglob("*.svg"):
        assert path.read_bytes() == (here / "two" / path.relative_to(here / "one")).read_bytes()


def test_few_files_are_drawn_by_one_process(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert [processes(None, n * WORTH) for n in (0, 1, 2, 3, 9)] == [1, 1, 2, 3, 4]
    assert processes(8, 3) == 3
    assert processes(2, 100) == 2


def test_a_process_that_is_killed_is_one_line(run, monkeypatch):
    def pool(*_):
        raise command_pool.BrokenProcessPool

    monkeypatch.setattr(command_pool, "ProcessPoolExecutor", pool)
    code, out, err = run("render", "in", "-o", "out", "-j", "2")
    assert (code, out) == (1, "")
    assert "was ended from outside (with --jobs 1 fewer need less memory)" in err


def test_what_is_in_the_cache_is_not_drawn_again(run, here, monkeypatch):
    keep = ("-o", "out", "--cache", "kept", "-j", "1")
    assert run("render", "in", *keep)[0] == 0
    before = (here / "out" / "b.svg").read_bytes()
    (here / "out" / "b.svg").unlink()
    drawn = []
    draw = command_jobs.draw

    def counting(source, *rest, **keys):
        drawn.append(source.microbatches)
        return draw(source, *rest, **keys)

    monkeypatch.setattr(command_jobs, "draw", counting)
    assert run("render", "in", *keep)[0] == 0
    assert (drawn, (here / "out" / "b.svg").read_bytes()) == ([], before)
    (here / "in" / "b.yaml").write_text(GOOD.replace("3", "4"))
    assert run("render", "in", *keep)[0] == 0
    assert drawn == [4]
    assert (here / "out" / "b.svg").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no/*.yaml",), f"no/*.yaml: there is no file 'no/*.yaml' ({HERE})"),
        (("in", "-o", "-"), "only one picture can be printed (name a folder with --output)"),
        (("-", "--watch"), "standard input cannot be watched (name a file)"),
        (("in", "--style", "nope"), "there is no style 'nope'"),
        (("in", "--font", "no.ttf"), "there is no font 'no.ttf'"),
    ],
)
def test_mistakes_of_the_call_are_told_once(run, here, arguments, message):
    code, out, err = run("render", *arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(here.rglob("*.svg"))


def test_a_terminal_has_a_bar_and_a_pipe_has_none(run, monkeypatch):
    assert "\r" not in run("render", "in")[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = run("render", "in")
    assert out.split() == ["in/a.svg", "in/b.svg", "in/sub/c.svg"]
    assert "[........................] 0/3" in err
    assert "[################........] 2/3" in err
    assert err.endswith("\r\x1b[K")
    assert "\r" not in run("render", "in/b.yaml")[2]


# As a process


@pytest.fixture
def heard():
    """Let Ctrl-C be heard, which processes that a shell puts behind it ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def watching(here):
    command = [sys.executable, "-m", "sphinx_pipeviz", "render", "in", "-o", "out/", "--watch"]
    with (here / "said").open("w") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition):
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.usefixtures("heard")
def test_watch_draws_what_changes_until_ctrl_c(watching, here):
    def said():
        return Path("said").read_text()

    wait_for(lambda: "out/sub/c.svg\n" in said())
    assert said().count("out/") == 3
    (here / "in" / "b.yaml").write_text(BAD)
    wait_for(lambda: "in/b.yaml:3: microbatches must be" in said())
    (here / "in" / "b.yaml").write_text("file: data.json\n")
    wait_for(lambda: said().count("out/b.svg\n") == 2)
    (here / "in" / "data.json").write_text(TIMELINE.replace("0", "0.5"))
    wait_for(lambda: said().count("out/b.svg\n") == 3)
    (here / "in" / "new.yaml").write_text(GOOD)
    wait_for(lambda: "out/new.svg\n" in said())
    assert said().count("out/a.svg\n") == said().count("out/sub/c.svg\n") == 1
    os.killpg(watching.pid, signal.SIGINT)
    assert watching.wait(60) == 130
    assert "Traceback" not in said()


class Finalized:
    """An object whose finalizer Ctrl-C meets; Python drops what a finalizer raises."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def drop(_seconds):
    Finalized()


@pytest.mark.usefixtures("heard")
def test_watch_ends_where_ctrl_c_meets_a_finalizer(monkeypatch, capsys):
    hook = sys.unraisablehook
    monkeypatch.setattr(command_render, "time", SimpleNamespace(sleep=drop))
    assert main(["render", "in/a.yml", "-o", "out/", "--watch"]) == 130
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert sys.unraisablehook is hook
    out, err = capsys.readouterr()
    assert out == f"{Path('out', 'a.svg')}\n"
    assert "KeyboardInterrupt" not in err
