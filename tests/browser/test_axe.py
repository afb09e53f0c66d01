"""axe-core finds nothing wrong with a figure, on the page or enlarged, in any theme."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.sites import THEMES, TOGGLES, toggled

AXE = os.environ.get("AXE_CORE", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not AXE, reason="AXE_CORE does not name the file axe.min.js"),
]
RUN = """async what => {
  const found = await axe.run(what, {resultTypes: ['violations']});
  return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 200)}`));
}"""


def violations(page, *what):
    if not page.evaluate("'axe' in window"):
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    return page.evaluate(RUN, {"include": [[one] for one in what]})


@pytest.mark.behaviour(27)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_figures_are_accessible(visit, theme, mode):
    page = visit(theme, mode)
    if theme in TOGGLES:
        toggled(page, theme, mode)
    assert violations(page, ".pipeviz", "img[src*='pipeviz-']", ".pipeviz-zoom") == []
    page.click("#p1 .pv-key[data-k=F]")
    page.click("#p0 .pipeviz-text summary")
    assert violations(page, "#p0", "#p1") == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_enlarged_figures_are_accessible(visit, theme, mode):
    page = visit(theme, mode)
    if theme in TOGGLES:
        toggled(page, theme, mode)
    page.click("#p0 .pipeviz-zoom button")
    page.keyboard.press("+")
    assert violations(page, ".pipeviz-large") == []
    page.click("text=Close")
    page.click("[src*='pipeviz-'] ~ .pipeviz-zoom button")
    assert violations(page, ".pipeviz-large") == []
