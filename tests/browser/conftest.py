"""What the tests in Chromium share."""

import pytest

from tests.browser.sites import CHROMIUM, LACKING, Sites


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """Return the page in each theme."""
    if LACKING:
        pytest.skip(f"not installed: {LACKING}")
    return Sites(tmp_path_factory.mktemp("themes"))


@pytest.fixture(scope="session")
def browser():
    pytest.importorskip("playwright")
    if not CHROMIUM:
        pytest.skip("not installed: chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (may be absent)

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


@pytest.fixture
def visit(browser, sites):
    """Return a function that opens a theme's page, and closes it after the test."""
    contexts = []

    def open_page(theme, system="light", width=1440, *, script=True):
        context = browser.new_context(
            color_scheme=system,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
        page.on(
            "request",
            lambda r: r.url.startswith(("file:", "data:")) or page.problems.append(r.url),
        )
        page.goto(sites[theme])
        return page

    yield open_page
    for context in contexts:
        context.close()
