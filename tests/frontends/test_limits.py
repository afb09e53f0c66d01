"""How much one picture may have: at the limit it is drawn, beyond it a message says so."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz import access, load
from sphinx_pipeviz.frontends.fence import FenceExtension
from sphinx_pipeviz.readers import text_file

#: Ops of each of the schedules below.
OPS = 16
PASSES = [f"{kind}{microbatch}" for kind in "FB" for microbatch in range(4)]
ROWS = [[f"{stage}{each}" for each in PASSES] for stage in range(2)]
TASKS = [
    {"type": "forward", "batch": batch, "start_time": batch, "duration": 1}
    for batch in range(OPS)
]
EVENTS = [{"ph": "X", "name": f"F{n}", "ts": n, "dur": 1, "pid": 0} for n in range(OPS)]
NAMED = "schedule: gpipe\ndevices: 2\nmicrobatches: {}\n"
#: Schedules, and the line of the key that is told where they have too many ops.
SCHEDULES = {
    "named": (NAMED.format(4), 3),
    "lists": (f"title: T\norder: {json.dumps(ROWS)}\n", 2),
    "texts": (f"order: {json.dumps([' '.join(row) for row in ROWS])}\n", 1),
    "timeline": (f"timeline: {json.dumps({'0': TASKS})}\n", 1),
    "bare": (json.dumps({"0": TASKS}) + "\n", 1),
    "csv": ("file: order.csv\n", 1),
    "json": ("title: T\nfile: timeline.json\n", 2),
    "trace": ("file: trace.json\n", 1),
    "python": ("title: T\npython: made_for_limits:rows\n", 2),
    "compare": ("compare: [{title: A}, {title: B}]\n" + NAMED.format(2), 1),
    "iterations": (NAMED.format(2) + "iterations: 2\n", 4),
    "additions": (NAMED.format(3) + "optimizer: ready\nall-reduce: stage\n", 4),
    "recompute": (
        "schedule: gpipe\ndevices: 1\nmicrobatches: 5\nrecompute: true\noptimizer: ready\n",
        5,
    ),
    "transfers": (NAMED.format(2) + "transfers: true\n", 4),
}
FILES = {
    "order.csv": "".join(",".join(row) + "\n" for row in ROWS),
    "timeline.json": json.dumps({"0": TASKS}),
    "trace.json": json.dumps({"traceEvents": EVENTS}),
}
MODULE = f"def rows():\n    return {ROWS!r}\n"
TOLD = {
    "compare": "the schedules of this comparison have more than 15 ops",
    "iterations": "2 iterations of this schedule have 16 ops; the limit is 15",
    "additions": "with 'optimizer' this schedule has 16 ops; the limit is 15",
    "recompute": "with 'optimizer' this schedule has 16 ops; the limit is 15",
    "transfers": "with 'transfers' this schedule has 16 ops; the limit is 15",
}
HINT = "(pipeviz_max_ops in conf.py or --max-ops sets the limit)"
OF_MARKDOWN = "(the option max_ops sets the limit)"


def told(name, hint=HINT):
    return f"{TOLD.get(name, 'this schedule has 16 ops; the limit is 15')} {hint}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with what the schedules need; its module can be imported."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "made_for_limits.py").write_text(MODULE)
    monkeypatch.syspath_prepend(modules)
    return tmp_path


def rst(body):
    return "Title\n=====\n\n.. pipeline-schedule::\n\n" + textwrap.indent(body, "   ")


def myst(body):
    return f"# Title\n\n```{{pipeline-schedule}}\n{body}```\n"


#: Syntax, and the line before a body.
PAGES = {"rst": (rst, 5), "md": (myst, 3)}


@pytest.mark.parametrize("suffix", PAGES)
@pytest.mark.usefixtures("folder")
def test_every_schedule_of_a_sphinx_page_is_limited(site, suffix):
    """The page says: pipeviz_max_ops limits the ops of a picture."""
    if suffix == "md":
        pytest.importorskip("myst_parser")
    write, before = PAGES[suffix]
    more = ["exclude_patterns = []", "extensions = ['myst_parser', 'sphinx_pipeviz']"]
    more = more[: 1 + (suffix == "md")]
    site.configure(*more, f"pipeviz_max_ops = {OPS}")
    for name, text in FILES.items():
        site.write(name, text)
    listed = "\n   ".join(SCHEDULES)
    site.write("index.rst", f"Index\n=====\n\n.. toctree::\n\n   {listed}\n")
    for name, (body, _) in SCHEDULES.items():
        site.write(f"{name}.{suffix}", write(body))
    assert site.build().warnings == []
    site.configure(*more, f"pipeviz_max_ops = {OPS - 1}")
    warnings = site.build().warnings
    assert sorted(warnings) == sorted(
        f"{name}.{suffix}:{before + line}: WARNING: {told(name)} [pipeviz.spec]"
        for name, (_, line) in SCHEDULES.items()
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_of_a_fence_is_limited(name, folder, caplog):
    """The same of Python-Markdown."""
    markdown = pytest.importorskip("markdown")
    text = f"```pipeline-schedule\n{SCHEDULES[name][0]}```\n"

    def converted(most):
        options = {"folder": str(folder), "allow_python": True, "max_ops": most}
        with caplog.at_level(logging.WARNING):
            return markdown.markdown(text, extensions=[FenceExtension(**options)])

    assert "<svg" in converted(OPS)
    assert not caplog.records
    assert "<svg" not in converted(OPS - 1)
    (record,) = caplog.records
    assert told(name, OF_MARKDOWN) in record.getMessage()


def test_every_schedule_of_a_mkdocs_site_is_limited(folder):
    """The same of MkDocs, with the lines of the pages."""
    pytest.importorskip("mkdocs")
    docs = folder / "docs"
    docs.mkdir()
    (folder / "theme").mkdir()
    (folder / "theme" / "main.html").write_text("{{ page.content }}")
    for name, text in FILES.items():
        (docs / name).write_text(text)
    for name, (body, _) in SCHEDULES.items():
        (docs / f"{name}.md").write_text(f"# T\n\n```pipeline-schedule\n{body}```\n")

    def built(most):
        theme = "theme: {name: null, custom_dir: theme}"
        plugin = f"plugins: [{{pipeviz: {{max_ops: {most}}}}}]"
        (folder / "mkdocs.yml").write_text(f"site_name: S\n{theme}\n{plugin}\n")
        path = os.pathsep.join(["modules", os.environ.get("PYTHONPATH", "")])
        return subprocess.run(
            [sys.executable, "-m", "mkdocs", "build"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path, "NO_MKDOCS_2_WARNING": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    assert "pipeviz: " not in built(OPS)
    said = built(OPS - 1)
    for name, (_, line) in SCHEDULES.items():
        assert f"docs/{name}.md:{3 + line}: {told(name, OF_MARKDOWN)}" in said
        assert "<svg" not in (folder / "site" / name / "index.html").read_text()


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_of_the_command_is_limited(name, folder, run):
    """The same of the command's option."""
    body, line = SCHEDULES[name]
    file = folder / "a.yaml"
    file.write_text(body)
    for action in (["check"], ["show"], ["render", "-o", "-"]):
        assert run(*action, str(file), "--max-ops", str(OPS))[0] == 0
        code, _, said = run(*action, str(file), "--max-ops", str(OPS - 1))
        assert (code, f"{file}:{line}: {told(name)}" in said) == (1, True), said


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_command_are_limited(name, folder, run):
    assert run("check", str(folder / name), "--max-ops", str(OPS))[0] == 0
    code, _, said = run("check", str(folder / name), "--max-ops", str(OPS - 1))
    assert (code, f"{name}:1: {told('')}" in said) == (1, True)


@pytest.mark.parametrize("name", SCHEDULES)
def test_other_programs_are_limited_to_a_million(name, folder, monkeypatch):
    """In Python and in notebooks the limit cannot be set; this sets it for the test."""
    monkeypatch.chdir(folder)
    source = pv.read(SCHEDULES[name][0])
    assert pv.render(source)


def test_more_files_than_a_picture_may_have(folder, monkeypatch):
    """The page's table: 4,096 files of one picture, by default."""
    assert access.MOST_FILES == 4096
    monkeypatch.setattr(access, "MOST_FILES", 3)
    monkeypatch.chdir(folder)
    for number in range(3):
        (folder / f"x{number}.csv").write_text("0F0,0B0\n")
    with pytest.raises(pv.PipevizError, match="this format is one file"):
        pv.read("file: x*.csv")
    (folder / "x3.csv").write_text("0F0,0B0\n")
    for files in ("x*.csv", "[x0.csv, x1.csv, x2.csv, x3.csv]"):
        with pytest.raises(pv.PipevizError, match="4 files are more than the 3 of one picture"):
            pv.read(f"file: {files}")
    with pytest.raises(pv.PipevizError, match="must have at most 4096 entries"):
        pv.read(f"file: [{', '.join(['x0.csv'] * 4097)}]")


def test_files_that_are_larger_together_than_a_picture_may_have(folder, monkeypatch):
    """The page's table: four times as much as one file; links to one file count, too."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(text_file, "LARGEST", 100)
    monkeypatch.setattr(load, "LARGEST", 100)
    for number in range(5):
        (folder / f"x{number}.txt").write_text("words " * 16)
    with pytest.raises(pv.PipevizError, match="cannot be told from its content"):
        pv.read("file: [x0.txt, x1.txt, x2.txt, x3.txt]")
    monkeypatch.setattr(load, "TOGETHER", 4)
    traces = folder / "traces"
    traces.mkdir()
    text = json.dumps({"schemaVersion": 1, "traceEvents": []})
    for number in range(5):
        (traces / f"rank{number}.json").symlink_to(folder / "trace.json")
    (folder / "trace.json").write_text(text)
    row = load.READERS["torch-trace"]
    monkeypatch.setitem(load.READERS, "torch-trace", replace(row, largest=len(text)))
    with pytest.raises(pv.PipevizError, match=r"larger than 0 MB together \(give fewer ranks"):
        pv.read("file: traces")
