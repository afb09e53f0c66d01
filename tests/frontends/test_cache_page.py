"""What the page on the cache shows: its commands print that, and its recipes run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from sphinx_pipeviz.cache import Cache
from sphinx_pipeviz.frontends.command import main

PAGE = Path(__file__).parents[2] / "docs" / "cache.rst"
BLOCK = re.compile(
    r"^\.\. code-block:: (\w+)\n   :name: (.*)\n\n((?:   .*\n|\n)+)", re.MULTILINE
)
BLOCKS = {name: textwrap.dedent(text) for _, name, text in BLOCK.findall(PAGE.read_text())}
FIGURE = """\
Title
=====

.. pipeline-schedule::

   schedule: 1f1b
   devices: 4
   microbatches: 8
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder with a documentation as the recipes have it."""
    (tmp_path / "docs").mkdir()
    conf = 'extensions = ["sphinx_pipeviz"]\npipeviz_cache_dir = "_pipeviz"\n'
    (tmp_path / "docs" / "conf.py").write_text(conf)
    (tmp_path / "docs" / "index.rst").write_text(FIGURE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, capsys) -> str:
    """Run a command of ours or of Sphinx, and return what it prints."""
    program, *arguments = shlex.split(command)
    if program == "sphinx-pipeviz":
        assert main(arguments) == 0
        return capsys.readouterr().out
    assert program == "sphinx-build"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return ""


def shape(text: str) -> list[str]:
    """Return lines without what differs from day to day: dates, sizes and digests."""
    text = re.sub(r"[0-9a-f]{32}-[0-9a-f]{16}", "KEY", text)
    text = re.sub(r"\d{4}-\d\d-\d\d +[\d,]+", "DAY SIZE", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)
    return re.sub(r"[\d.]+ kB", "SIZE", text).split("\n")


def assert_prints(name: str, capsys) -> None:
    for shown in re.split(r"^\$ ", BLOCKS[name], flags=re.MULTILINE)[1:]:
        command, _, output = shown.partition("\n")
        printed = shape(run(command, capsys).strip())
        assert sorted(printed) == sorted(shape(output.strip())), command


def test_the_commands_print_what_the_page_says(project, capsys):
    for name in ("fill", "info", "verify", "prune", "clear"):
        assert_prints(f"cache-{name}", capsys)
    assert not Cache(project / "docs" / "_pipeviz").pictures()
    assert_prints("recipe-commit", capsys)


@pytest.mark.parametrize("name", ["recipe-github", "recipe-gitlab"])
def test_a_recipe_keeps_what_pages_show_from_one_run_to_the_next(project, capsys, name):
    recipe = yaml.safe_load(BLOCKS[name])
    steps = recipe.get("steps") or [{"run": line} for line in recipe["docs"]["script"]]
    lines = [step["run"] for step in steps if "run" in step]
    assert lines.pop(0) == "pip install -r docs/requirements.txt"
    kept = Cache(project / "docs" / "_pipeviz")
    names = []
    for devices in (4, 4, 5):
        (project / "docs" / "index.rst").write_text(FIGURE.replace("4", str(devices)))
        for line in lines:
            run(line, capsys)
        names.append([(path.name, path.stat().st_mtime_ns) for path in kept.pictures()])
        subprocess.run(["rm", "-r", "docs/_build"], check=True)  # noqa: S607  (a fresh machine)
    assert [len(found) for found in names] == [1, 1, 1]
    assert names[0] == names[1] != names[2]


def test_recipes_name_the_folder_that_they_keep():
    github = yaml.safe_load(BLOCKS["recipe-github"])["steps"]
    (cache,) = [
        step["with"] for step in github if step.get("uses", "").startswith("actions/cache@")
    ]
    assert cache["path"] == "docs/_pipeviz"
    assert cache["key"].startswith(cache["restore-keys"])
    assert yaml.safe_load(BLOCKS["recipe-gitlab"])["docs"]["cache"]["paths"] == [
        "docs/_pipeviz"
    ]
