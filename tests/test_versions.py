"""What pyproject.toml promises is what the oldest row of the matrix tests."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROW = PROJECT["tool"]["tox"]["env_run_base"]["deps"][0]["then"]
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


def test_the_rows_are_those_of_the_guide():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert (
        re.findall(r"^\| `(py3\S+)` \|", guide, re.MULTILINE)
        == (PROJECT["tool"]["tox"]["env_list"])
    )
