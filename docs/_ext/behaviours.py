"""``.. behaviours::`` lists numbered points, each with the tests that name its number."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

TESTS = Path(__file__).parents[2] / "tests"
MARK = "behaviour"


def marked_tests(folder: Path) -> dict[int, list[str]]:
    """Return the tests that ``pytest.mark.behaviour(number, ...)`` marks, by number.

    Args:
        folder: Where the tests are; each is named by its file and its function.
    """
    found = defaultdict(list)
    for file in sorted(folder.rglob("test_*.py")):
        name = file.relative_to(folder.parent).as_posix()
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for number in _numbers(node.decorator_list):
                    found[number].append(f"{name}::{node.name}")
    return dict(found)


def _numbers(decorators: list[ast.expr]) -> Iterator[int]:
    for call in decorators:
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == MARK:
            yield from map(ast.literal_eval, call.args)


class Behaviours(SphinxDirective):
    """Show a table of the points in the body, which is YAML: number to sentence."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        points: dict[int, str] = yaml.safe_load("\n".join(self.content))
        for file in TESTS.rglob("test_*.py"):
            self.env.note_dependency(str(file))
        tests = marked_tests(TESTS)
        rows = [".. list-table::", "   :header-rows: 1", "   :widths: 6 47 47", ""]
        rows += ["   * - No.", "     - What holds", "     - Tests"]
        for number, sentence in points.items():
            rows += [f"   * - {number}", f"     - {sentence}"]
            rows += _cell(tests.get(number, []))
        return self.parse_text_to_nodes("\n".join(rows))


def _cell(tests: list[str]) -> Iterator[str]:
    """Yield the lines of a cell: the tests, file by file."""
    files = defaultdict(list)
    for test in tests:
        file, name = test.split("::")
        files[file.removeprefix("tests/")].append(name.removeprefix("test_").replace("_", " "))
    mark = "-"
    for file, names in files.items():
        yield f"     {mark} | ``{file}``:"
        yield from (f"       | {name}" for name in names)
        mark = " "
    if not files:
        yield "     -"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.add_directive("behaviours", Behaviours)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
