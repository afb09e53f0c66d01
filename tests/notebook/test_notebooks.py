"""Notebooks that MyST-NB, nbsphinx and marimo run, and pages that they make of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.notebook

#: Five that are a source, then a file of each format.
CELLS = [
    "import sphinx_pipeviz as pv\nplan = pv.plan('1f1b', devices=2, microbatches=3)\nplan",
    "pv.simulate(plan)",
    "pv.read('schedule: gpipe\\ndevices: 2\\nmicrobatches: 2\\nstyle: mono\\n')",
    "plan",
    "pv.render(plan, 'png')",
    "pv.render(plan, 'svg')",
    "pv.render(plan, 'text')",
]
ROW = "Device 1 │F1│F2│     │B1   │F3│B2   │  │B3   │"
APP = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import sphinx_pipeviz as pv
    plan = pv.plan("1f1b", devices=2, microbatches=3)
    plan
    return plan, pv


@app.cell
def _(plan, pv):
    pv.simulate(plan)
    return


@app.cell
def _(plan, pv):
    pv.render(plan, "png")
    return
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command apart from settings of Jupyter's in the home folder."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return call


def write(folder, title, extension, settings):
    """Write a page that is a notebook; nbsphinx needs pandoc for cells in Markdown."""
    cells = [
        {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
        for source in CELLS
    ]
    cells = [title, *cells]
    for number, cell in enumerate(cells):
        cell |= {"id": f"cell-{number}", "metadata": cell.get("metadata", {})}
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder.mkdir()
    (folder / "index.ipynb").write_text(json.dumps(notebook))
    (folder / "conf.py").write_text(f"extensions = ['{extension}']\n{settings}\n")


def check_page(html):
    pictures = re.findall(r"<svg class=.pipeviz-svg.*?</svg>", html, re.DOTALL)
    assert len(pictures) == 4
    assert all('class="pv' in picture for picture in pictures)
    own = [name for picture in pictures for name in re.findall(r' id="([^"]+)"', picture)]
    assert len(own) == len(set(own)) >= 8
    assert re.findall(r'<img [^>]*src="[^"]*\.(png|svg)"', html) == ["png", "svg"]
    assert ROW in re.sub(r"<[^>]*>", "", html)


def test_myst_nb_shows_every_form(run, tmp_path):
    pytest.importorskip("myst_nb", reason="MyST-NB is not installed")
    title = {"cell_type": "markdown", "source": "# Notebook"}
    write(tmp_path / "in", title, "myst_nb", "nb_execution_mode = 'force'")
    run("sphinx", "-W", "-q", "-b", "html", "in", "html")
    check_page((tmp_path / "html" / "index.html").read_text())
    run("sphinx", "-W", "-q", "-b", "latex", "in", "latex")
    (tex,) = (tmp_path / "latex").glob("*.tex")
    shown = re.findall(r"\\sphinxincludegraphics.*(pdf|png)", tex.read_text())
    assert shown[:5] == ["pdf", "pdf", "pdf", "pdf", "png"]


def test_nbsphinx_shows_every_form(run, tmp_path):
    pytest.importorskip("nbsphinx", reason="nbsphinx is not installed")
    title = {
        "cell_type": "raw",
        "metadata": {"raw_mimetype": "text/restructuredtext"},
        "source": "Notebook\n========",
    }
    write(tmp_path / "in", title, "nbsphinx", "nbsphinx_execute = 'always'")
    run("sphinx", "-W", "-q", "-b", "html", "in", "html")
    check_page((tmp_path / "html" / "index.html").read_text())


def test_marimo_shows_pictures(run, tmp_path):
    pytest.importorskip("marimo", reason="marimo is not installed")
    (tmp_path / "app.py").write_text(APP)
    run("marimo", "export", "html", "app.py", "-o", "app.html")
    page = (tmp_path / "app.html").read_text()
    assert len(re.findall(r"svg class=.{1,6}pipeviz-svg", page)) == 2
    assert "data:image/png;base64,iVBORw0KGgo" in page
