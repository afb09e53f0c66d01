"""Small Sphinx sites that are built as users build them: with sphinx-build."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
from docutils import nodes
from sphinx.cmd.build import main as sphinx_build

from sphinx_pipeviz.frontends.command import main as command

CONF = """\
project = "site"
author = "nobody"
copyright = "2000, nobody"
version = release = "1"
extensions = ["sphinx_pipeviz"]
html_theme = "basic"
numfig = True
show_warning_types = True
exclude_patterns = ["parts"]
pipeviz_html_embed = "image"
"""

OTHERS = (
    "furo",
    "matplotlib",
    "myst_parser",
    r"sphinx\.ext\.napoleon",
    "sphinx_basic_ng",
    "sphinx_simplepdf",
    "sphinxcontrib",
)


@dataclass(frozen=True)
class Result:
    """What one run of sphinx-build said."""

    code: int
    status: str
    warnings: list[str]


@contextlib.contextmanager
def deprecation_is_an_error_of_ours():
    """Let others use what will be removed: MyST 5.2 and other builders use Sphinx's app,
    Sphinx 9.0's napoleon its old options, matplotlib 3.9 old names of pyparsing."""
    with warnings.catch_warnings():
        for module in OTHERS:
            warnings.filterwarnings(
                "ignore", module=rf"{module}\b", category=DeprecationWarning
            )
            warnings.filterwarnings(
                "ignore", module=rf"{module}\b", category=PendingDeprecationWarning
            )
        yield


class Site:
    """The sources of a site and where it is built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.output = folder / "output"
        self.doctrees = folder / "doctrees"
        self.source.mkdir(parents=True)

    def write(self, name: str, text: str) -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def configure(self, *lines: str) -> None:
        self.write("conf.py", CONF + "\n".join(lines) + "\n")

    def build(self, builder: str = "html", *arguments: str) -> Result:
        """Run sphinx-build in this process, with -W, to the end."""
        status, errors = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(status),
            contextlib.redirect_stderr(errors),
            deprecation_is_an_error_of_ours(),
        ):
            code = sphinx_build(self.arguments(builder, *arguments))
        return Result(code, status.getvalue(), self._lines(errors.getvalue()))

    def build_apart(self, builder: str = "html", *arguments: str, **env: str) -> Result:
        """Run sphinx-build in a fresh interpreter, with -W, to the end."""
        command = [sys.executable, "-m", "sphinx", *self.arguments(builder, *arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | env, check=False
        )
        return Result(done.returncode, done.stdout, self._lines(done.stderr))

    def arguments(self, builder: str, *arguments: str) -> list[str]:
        folders = [str(self.source), str(self.output / builder)]
        strict = ["-W", "--keep-going", "--no-color"]
        pages = [argument for argument in arguments if argument.endswith(".rst")]
        options = [argument for argument in arguments if argument not in pages]
        return ["-b", builder, "-d", str(self.doctrees), *strict, *options, *folders, *pages]

    def _lines(self, text: str) -> list[str]:
        """Return the warnings, each with a path below the source folder."""
        below = text.replace(f"{self.source}{os.sep}", "")
        return [line for line in below.splitlines() if line.strip()]

    def page(self, name: str, builder: str = "html") -> str:
        return (self.output / builder / name).read_text(encoding="utf-8")

    def doctree(self, docname: str) -> nodes.document:
        return pickle.loads((self.doctrees / f"{docname}.doctree").read_bytes())  # noqa: S301

    def pictures(self, builder: str = "html") -> list[str]:
        """Return the names of the pictures in the output, without those for dark pages."""
        found = (path.name for path in (self.output / builder).rglob("pipeviz-*.*"))
        return sorted(name for name in found if ".dark." not in name and ".css" not in name)


@pytest.fixture
def site(tmp_path) -> Site:
    new = Site(tmp_path)
    new.configure()
    return new


@pytest.fixture(scope="module")
def new_site(tmp_path_factory):
    """Return a function that makes sites for tests that share them."""

    def make(*lines: str, **pages: str) -> Site:
        made = Site(tmp_path_factory.mktemp("site"))
        made.configure(*lines)
        for name, text in pages.items():
            made.write(
                name.replace("__", "/").replace("_rst", ".rst").replace("_md", ".md"), text
            )
        return made

    return make


@pytest.fixture
def run(capsys):
    """Return what runs the command, and gives its exit code, output and errors."""

    def call(*arguments):
        code = command(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call
