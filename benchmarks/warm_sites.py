"""How much longer a build takes than with static images, where all pictures are kept."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.measure import table
from benchmarks.sites import FIGURES, PAGES, WAYS, build, write_site

#: The two that are compared; the first one is ours.
NAMES = ("pipeline-schedule, inline", "static image")
#: Pairs of builds; a single time means nothing.
ROUNDS = 7
SECTION = """
{title}
{line}

{words}

.. code-block:: python

   for microbatch in range(microbatches):
       output = stage(receive(microbatch))
       send(output)

* The first device starts at once.
* *All others* wait for ``receive``; see `the section below`__.

__ https://docs.example/{anchor}

{words}
"""
WORDS = (
    "Each device holds some layers of the model and hands what these give to the next one. "
    "While it waits, it is idle, and the share of time in which it is idle is the bubble. "
) * 3


def kept_sites(*, quick: bool) -> str:
    """Build sites whose pictures are in the cache, in turn with static images."""
    pages = PAGES // 10 if quick else PAGES
    figures = FIGURES // 10 if quick else FIGURES
    long = "".join(section(number) for number in range(4))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, more in (("a line of text", ""), (f"{len(long.split())} words", long)):
            sites = [Path(folder, f"{name[:6]}-{len(more)}") for name in NAMES]
            for site, name in zip(sites, NAMES, strict=True):
                write_site(site, WAYS[name], pages, figures, more)
                build(site)
            rows.append((kind, *_compared(sites)))
    heads = ("pages with", "pipeline-schedule, s", "static image, s", "times as long")
    title = f"Sphinx builds of {pages} pages with {figures} kept figures"
    said = f"Medians of the processor time of {ROUNDS} new builds of each, in turn.\n"
    return f"{table(title, heads, rows)}\n{said}"


def section(number: int) -> str:
    """Return a section of a page as documentations have them."""
    title = f"Section {number}"
    line = "-" * len(title)
    return SECTION.format(title=title, line=line, anchor=number, words=WORDS)


def _compared(sites: list[Path]) -> tuple[str, str, str]:
    """Return the cells of a row."""
    times: list[list[float]] = [[] for _ in sites]
    for _ in range(ROUNDS):
        for site, found in zip(sites, times, strict=True):
            shutil.rmtree(site / "_build")
            found.append(build(site)[1])
    ours, images = map(statistics.median, times)
    return f"{ours:.2f}", f"{images:.2f}", f"{ours / images:.2f}"
