"""A site of 200 pages with 300 figures: ours, static images, graphviz, plot_directive."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sphinx_pipeviz as pv
from benchmarks.measure import ROOT, run, table

PAGES, FIGURES = 200, 300
#: Builds a site in a process of its own: its wall time, all processor time, and memory.
BUILD = r"""
import json, re, resource, sys, time
from sphinx.cmd.build import main
start = time.perf_counter()
code = main(["-q", "-b", "html", *sys.argv[2:], sys.argv[1], sys.argv[1] + "/_build"])
wall = time.perf_counter() - start
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
work = sum(one.ru_utime + one.ru_stime for one in used)
# ru_maxrss of a process holds that of the one it was forked from
memory = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
print(json.dumps([wall, work, memory]))
sys.exit(code)
"""
PLOT = """
import sphinx_pipeviz as pv
from tests.draw.seed_way import figure_of, schedule_of

plan = pv.plan("1f1b", devices={devices}, microbatches={microbatches})
figure_of(schedule_of(pv.simulate(plan)))
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to put a figure into a page.

    Args:
        extensions: What conf.py lists.
        figure: Returns the markup of the figure with a number, and may write files.
    """

    extensions: tuple[str, ...]
    figure: Callable[[Path, int], str]


def sizes(number: int) -> tuple[int, int]:
    """Return devices and microbatches of a figure; all 300 differ."""
    return 2 + number % 12, 4 + number // 12


def ours(site: Path, number: int) -> str:
    """Return our directive."""
    del site
    devices, microbatches = sizes(number)
    keys = f"   schedule: 1f1b\n   devices: {devices}\n   microbatches: {microbatches}\n"
    return f".. pipeline-schedule::\n   :caption: Schedule {number}\n\n{keys}"


def image(site: Path, number: int) -> str:
    """Return an image, which is drawn before the build."""
    devices, microbatches = sizes(number)
    plan = pv.plan("1f1b", devices=devices, microbatches=microbatches)
    (site / f"{number}.svg").write_bytes(bytes(pv.render(plan)))
    return f".. figure:: {number}.svg\n\n   Schedule {number}\n"


def graph(site: Path, number: int) -> str:
    """Return a graph of the schedule's first device, which graphviz draws."""
    del site
    devices, microbatches = sizes(number)
    plan = pv.plan("1f1b", devices=devices, microbatches=microbatches)
    ops = " -> ".join(f'"{slot}"' for slot in plan.orders[0])
    return f".. graphviz::\n   :caption: Schedule {number}\n\n   digraph {{ {ops} }}\n"


def plot(site: Path, number: int) -> str:
    """Return a program that draws the same schedule with pyplot."""
    del site
    devices, microbatches = sizes(number)
    program = PLOT.format(devices=devices, microbatches=microbatches).replace("\n", "\n   ")
    return f".. plot::\n   :caption: Schedule {number}\n{program}\n"


WAYS = {
    "pipeline-schedule, inline": Way(("sphinx_pipeviz",), ours),
    "static image": Way((), image),
    "graphviz": Way(("sphinx.ext.graphviz",), graph),
    "plot_directive": Way(("matplotlib.sphinxext.plot_directive",), plot),
}


def site_builds(*, quick: bool) -> str:
    """Build the site in every way: new, again from a cache, changed, unchanged, parallel."""
    pages = PAGES // 10 if quick else PAGES
    figures = FIGURES // 10 if quick else FIGURES
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, way in WAYS.items():
            site = Path(folder, name.replace(" ", "-"))
            write_site(site, way, pages, figures)
            rows.append((name, *_measured(site)))
    heads = (
        "figures by",
        "cold",
        "processor",
        "again, with its cache",
        "pages touched",
        "unchanged",
        "cold, -j 2",
        "memory, MB",
    )
    title = f"Sphinx builds of {pages} pages with {figures} figures"
    said = "Cold builds are in seconds of wall time, all else in seconds of processor time.\n"
    return f"{table(title, heads, rows)}\n{said}"


def _measured(site: Path) -> Iterator[str]:
    """Yield the cells of a row."""
    wall, processor, memory = build(site)
    yield from (f"{wall:.2f}", f"{processor:.2f}")
    shutil.rmtree(site / "_build")
    yield f"{build(site)[1]:.2f}"
    for page in site.glob("page*.rst"):
        page.write_text(f"{page.read_text()}\nTouched.\n")
    yield f"{build(site)[1]:.2f}"
    yield f"{build(site)[1]:.2f}"
    for made in ("_build", "cache"):
        shutil.rmtree(site / made, ignore_errors=True)
    yield f"{build(site, '-j', '2')[0]:.2f}"
    yield f"{memory / 1024:.0f}"


def build(site: Path, *options: str) -> tuple[float, float, int]:
    """Build a site; return wall time and processor time in seconds, and memory in KiB."""
    wall, processor, memory = json.loads(run("-c", BUILD, str(site), *options))
    return wall, processor, memory


def write_site(site: Path, way: Way, pages: int, figures: int, more: str = "") -> None:
    """Write a site, every second page with two figures.

    Args:
        site: Where; made.
        way: How its figures are made.
        pages: How many pages there are besides the first.
        figures: How many figures all of them have.
        more: What stands below the figures of each page.
    """
    site.mkdir()
    (site / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"extensions = {list(way.extensions)}\nhtml_theme = 'furo'\n"
        "pipeviz_cache_dir = 'cache'\nexclude_patterns = ['_build', 'cache']\n"
        "plot_formats = ['svg']\nplot_html_show_formats = False\n"
        "graphviz_output_format = 'svg'\n"
    )
    parts: list[list[str]] = [[] for _ in range(pages)]
    for number in range(figures):
        parts[number % pages].append(way.figure(site, number))
    listed = "\n".join(f"   page{number}" for number in range(pages))
    (site / "index.rst").write_text(f"Site\n====\n\n.. toctree::\n\n{listed}\n")
    text = "Words about schedules that stand between the figures of this page.\n"
    for number, figured in enumerate(parts):
        body = f"\n{text}\n".join(figured)
        (site / f"page{number}.rst").write_text(f"Page\n====\n\n{body}\n{text}{more}")
