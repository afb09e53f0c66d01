"""Every promise of docs/behaviour.rst has a test that names its number."""

import importlib.util
from pathlib import Path

import pytest
import yaml

DOCS = Path(__file__).parents[1] / "docs"


def promises():
    """Return the sentences of the page by their numbers."""
    page = (DOCS / "behaviour.rst").read_text("utf-8")
    return yaml.safe_load(page.partition(".. behaviours::\n")[2])


def marked_tests(folder):
    path = DOCS / "_ext" / "behaviours.py"
    spec = importlib.util.spec_from_file_location("behaviours", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.marked_tests(folder)


TESTS = marked_tests(Path(__file__).parent)


def test_the_promises_are_forty_sentences():
    assert list(promises()) == list(range(1, 41))
    for sentence in promises().values():
        assert sentence.endswith(".")


@pytest.mark.parametrize("number", promises())
def test_a_promise_has_a_test(number):
    assert TESTS.get(number)


def test_no_test_names_another_number():
    assert TESTS.keys() <= promises().keys()


def test_marks_are_found(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.behaviour(3, 5)\ndef test_x(): pass\n\n"
        "def test_y(): pass\n"
    )
    name = f"{tmp_path.name}/test_a.py::test_x"
    assert marked_tests(tmp_path) == {3: [name], 5: [name]}
