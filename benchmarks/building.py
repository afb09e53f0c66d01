"""What importing the package, and a page with a figure, cost a documentation build."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

import sphinx_pipeviz as pv
from benchmarks.measure import median_time, milliseconds, run, table

#: Builds a site in this process, then says how long it took and whether it drew.
BUILD = """
import sys, time
from sphinx.cmd.build import main
start = time.perf_counter()
code = main(["-q", "-W", "-b", "html", sys.argv[1], sys.argv[1] + "/_build"])
print("seconds", time.perf_counter() - start, "matplotlib" in sys.modules)
sys.exit(code)
"""


def importing(*, quick: bool) -> str:
    """Time a process that imports the package, and one that imports nothing."""
    repeats = 5 if quick else 15
    rows = []
    bare, _ = median_time(lambda: run("-c", "pass"), repeats)
    for name, code in (
        ("nothing", "pass"),
        ("sphinx_pipeviz", "import sphinx_pipeviz"),
        ("matplotlib.figure", "import matplotlib.figure"),
        ("matplotlib.pyplot", "import matplotlib.pyplot"),
    ):
        wall, _ = median_time(lambda: run("-c", code), repeats)  # noqa: B023
        rows.append((name, milliseconds(wall), milliseconds(max(0.0, wall - bare))))
    heads = ("a process that imports", "ms", "more than nothing, ms")
    return table("Importing, medians", heads, rows)


def warm_builds(*, quick: bool) -> str:
    """Time builds of pages with a figure each, drawn by us or lying there as files."""
    pages = 10 if quick else 50
    with tempfile.TemporaryDirectory() as folder:
        sites = {"directive": Path(folder, "ours"), "static image": Path(folder, "static")}
        for name, site in sites.items():
            _write_site(site, pages, static=name == "static image")
        rows = [_row(name, site, 3 if quick else 5) for name, site in sites.items()]
    heads = ("a figure a page by", "first, ms", "all pages touched, ms", "draws when warm")
    return table(f"Sphinx builds of {pages} pages", heads, rows)


def _row(name: str, site: Path, repeats: int) -> tuple[str, ...]:
    first, _ = _build(site)
    warm = []
    for _ in range(repeats):
        for page in site.glob("page*.rst"):
            page.write_text(f"{page.read_text()}\nTouched.\n")
        warm.append(_build(site))
    seconds = sorted(time for time, _ in warm)[repeats // 2]
    drew = "yes" if any(loaded for _, loaded in warm) else "no"
    return name, milliseconds(first), milliseconds(seconds), drew


def _build(site: Path) -> tuple[float, bool]:
    time.sleep(0.01)  # a page's time of change must differ from that of the last build
    found = re.search(r"seconds (\S+) (\S+)", run("-c", BUILD, str(site)))
    if found is None:
        raise RuntimeError("the build said nothing")
    return float(found[1]), found[2] == "True"


def _write_site(site: Path, pages: int, *, static: bool) -> None:
    site.mkdir()
    extensions = [] if static else ["sphinx_pipeviz"]
    (site / "conf.py").write_text(f"extensions = {extensions}\nhtml_theme = 'basic'\n")
    names = [f"page{number}" for number in range(pages)]
    listed = "\n".join(f"   {name}" for name in names)
    (site / "index.rst").write_text(f"Site\n====\n\n.. toctree::\n\n{listed}\n")
    for number, name in enumerate(names):
        keys = f"   :schedule: 1f1b\n   :devices: 4\n   :microbatches: {number + 4}\n"
        figure = f".. pipeline-schedule::\n{keys}   :caption: Schedule {number}\n"
        if static:
            plan = pv.plan("1f1b", devices=4, microbatches=number + 4)
            (site / f"{name}.svg").write_bytes(bytes(pv.render(plan)))
            figure = f".. figure:: {name}.svg\n\n   Schedule {number}\n"
        (site / f"{name}.rst").write_text(f"Page\n====\n\n{figure}\nText.\n")
