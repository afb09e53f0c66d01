"""Links in a picture, in Chromium: by pointer and by keyboard, with the script and without."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser

CONF = 'project = "Site"\nextensions = ["sphinx_pipeviz"]\nhtml_theme = "alabaster"\n'
PAGE = """\
Title
=====

.. toctree::

   other

.. pipeline-schedule::
   :name: linked

   schedule: 1f1b
   devices: 2
   microbatches: 3
   links:
   - {device: 1, to: ":doc:`other`"}
   - {kind: F, microbatch: 2, to: ":ref:`there`"}
"""
OTHER = "Other\n=====\n\n.. _there:\n\nThere\n-----\n\nText\n"
#: What has the focus, as it is told.
FOCUS = "document.activeElement.getAttribute('aria-label')"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linked")
    for name, text in {"conf.py": CONF, "index.rst": PAGE, "other.rst": OTHER}.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "out"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "out" / "index.html").as_uri()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(browser, address, request):
    context = browser.new_context(java_script_enabled=request.param, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def link(page, name):
    return page.get_by_role("link", name=name, exact=True)


@pytest.mark.behaviour(28)
@pytest.mark.parametrize(
    ("name", "leads"),
    [("Device 2", "/other.html"), ("Forward 2, Device 1, 1 to 2", "/other.html#there")],
)
def test_a_click_and_enter_go_to_the_target(page, name, leads):
    link(page, name).click()
    page.wait_for_url(f"**{leads}")
    page.go_back()
    link(page, name).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{leads}")


def test_a_link_shows_that_it_has_the_pointer_or_the_focus(page):
    path = page.locator(".pv .pv-a path").first
    edge = "element => getComputedStyle(element).strokeWidth"
    assert path.evaluate(edge) != "2px"
    path.hover()
    assert path.evaluate(edge) == "2px"
    name = page.locator("svg > .pv-a text")
    assert (
        name.evaluate("element => getComputedStyle(element).textDecorationLine") == "underline"
    )


def test_arrow_keys_walk_over_tasks_and_links(browser, address):
    page = browser.new_page(reduced_motion="reduce")
    page.goto(address)
    page.locator("#linked .pv path").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUS) == "Forward 2, Device 1, 1 to 2"
    assert page.evaluate("document.activeElement.localName") == "a"
    assert page.locator(".pv-on").count() == 4
    assert page.locator(".pipeviz-tip").inner_text() == "Forward 2, Device 1, 1 to 2"
    stops = page.locator("#linked .pv [tabindex='0']")
    assert stops.count() == 1
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUS) == "Backward 1, Device 1, 4 to 6"
    assert page.evaluate("document.activeElement.localName") == "path"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/other.html#there")
    page.close()
