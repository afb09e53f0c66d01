"""What pyproject.toml promises is what the oldest row of the matrix tests."""

import re
import tomllib
from pathlib import Path

import pytest

import sphinx_pipeviz
from tests.browser.sites import THEMES
from tests.test_neighbours import CONF

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENV = PROJECT["tool"]["tox"]["env_run_base"]
ROW = ENV["deps"][0]["then"]
PINS = dict(pin.removesuffix(".*").split("==") for pin in ROW)
EXTRAS = PROJECT["project"]["optional-dependencies"].values()
BOUNDS = dict(
    bound.split(">=")
    for some in (PROJECT["project"]["dependencies"], *EXTRAS)
    for bound in some
)


@pytest.mark.behaviour(39)
@pytest.mark.parametrize("name", BOUNDS)
def test_a_lower_bound_is_a_version_that_is_tested(name):
    assert PINS[name] == BOUNDS[name]


@pytest.mark.behaviour(39)
def test_every_python_that_is_promised_has_a_row():
    rows = {row.partition("-")[0] for row in PROJECT["tool"]["tox"]["env_list"]}
    promised = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert rows == {f"py{version.replace('.', '')}" for version in promised}


@pytest.mark.behaviour(39)
def test_the_versions_of_sphinx_that_are_promised_have_rows():
    deps = [ROW, *(dep["then"] for dep in ENV["deps"][1:])]
    pins = [pin for row in deps for pin in row if pin.startswith("sphinx==")]
    assert pins == ["sphinx==7.4.*", "sphinx==8.2.*", "sphinx==9.0.*"]
    assert len(ENV["deps"]) == len(pins)


@pytest.mark.behaviour(39)
def test_the_package_is_typed_and_says_its_licence():
    project = PROJECT["project"]
    assert (ROOT / "sphinx_pipeviz" / "py.typed").is_file()
    assert "Typing :: Typed" in project["classifiers"]
    assert PROJECT["tool"]["mypy"]["strict"] is True
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    assert sphinx_pipeviz.setup.__annotations__["return"] == "ExtensionMetadata"


@pytest.mark.behaviour(39)
def test_five_themes_and_three_neighbours_are_tested():
    groups = PROJECT["dependency-groups"]
    themes = {"furo", "pydata-sphinx-theme", "sphinx-book-theme", "sphinx-rtd-theme"}
    assert {name.partition(">")[0] for name in groups["browser"]} >= themes
    assert {name.replace("_", "-") for name in THEMES} == {*themes, "alabaster"}
    beside = {name.partition(">")[0] for name in groups["neighbours"]}
    assert {"sphinx-gallery", "sphinxext-opengraph"} <= beside
    names = re.findall(r'^    "([a-z_.]+)",$', CONF, re.MULTILINE)
    assert {
        "matplotlib.sphinxext.plot_directive",
        "sphinx_gallery.gen_gallery",
        "sphinxext.opengraph",
    } <= {*names}


def test_the_rows_are_those_of_the_guide():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert (
        re.findall(r"^\| `(py3\S+)` \|", guide, re.MULTILINE)
        == (PROJECT["tool"]["tox"]["env_list"])
    )
