"""One site with other extensions that draw: they show the same with us, and we with them.

Sites are built without us, with us, and both ways under a matplotlibrc that changes what it
can; each in an interpreter of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGES = (
    "sphinx_gallery",
    "sphinxext.opengraph",
    "sphinxcontrib.mermaid",
    "sphinx_design",
)


def _lacking() -> list[str]:
    missing = []
    for name in PACKAGES:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        missing += [] if found else [name]
    return missing + ([] if shutil.which("dot") else ["graphviz"])


LACKING = _lacking()
pytestmark = [
    pytest.mark.neighbours,
    pytest.mark.skipif(
        bool(LACKING) and not os.environ.get("CI"), reason=f"not installed: {LACKING}"
    ),
]

CONF = """\
import pathlib, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
project = "site"
author = "nobody"
copyright = "2000, nobody"
version = release = "1"
html_theme = "basic"
html_copy_source = False
extensions = [
    {ours}
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "sphinxext.opengraph",
    "sphinx.ext.graphviz",
    "sphinxcontrib.mermaid",
    "sphinx_design",
    "probe",
]
exclude_patterns = ["gallery_sources"]
graphviz_output_format = "svg"
ogp_site_url = "https://example.org/"
plot_formats = ["png"]
plot_html_show_formats = False
plot_html_show_source_link = False
sphinx_gallery_conf = {{
    "examples_dirs": "gallery_sources",
    "gallery_dirs": "gallery",
    "min_reported_time": 10**9,
    "write_computation_times": False,
    "show_memory": False,
}}
"""
#: Notes what of matplotlib and of Python's warnings all share, after each page.
PROBE = """\
import json, pathlib, warnings
import matplotlib as mpl
from matplotlib import font_manager

def note(app, doctree):
    from matplotlib._pylab_helpers import Gcf
    state = {
        "settings": {name: repr(value) for name, value in dict.items(mpl.rcParams)},
        "figures": sorted(Gcf.figs),
        "fonts": sorted(font.fname for font in font_manager.fontManager.ttflist),
        "filters": [repr(item) for item in warnings.filters],
    }
    path = pathlib.Path(app.doctreedir, f"{app.env.docname.replace('/', '-')}.state.json")
    path.write_text(json.dumps(state))

def setup(app):
    app.connect("doctree-read", note, priority=999)
"""
FIGURE = """\
.. pipeline-schedule::
   :caption: Ours
   :embed: {embed}

   schedule: {schedule}
   devices: 2
   microbatches: 3
"""
PLOT = """\
.. plot::

   import matplotlib.pyplot as plt
   plt.figure(figsize=(2, 1))
   plt.plot([1, 2, {last}])
   plt.title("Their words")
"""
THEIRS = f"""\
Theirs
======

Words.

{PLOT.format(last=3)}
.. graphviz::

   digraph {{ a -> b; }}

.. mermaid::

   graph TD; A-->B;

.. tab-set::

   .. tab-item:: One

      Words in a tab.
"""
EXAMPLE = '''\
"""
An example
==========
"""
import matplotlib.pyplot as plt
plt.figure(figsize=(2, 1))
plt.plot([3, 1, 2])
plt.title("Their words")
'''
WITHIN = """\
Within
======

.. tab-set::

   .. tab-item:: One

{inline}
   .. tab-item:: Two

{image}
.. card:: A card

{inline}
.. dropdown:: More

{image}
.. grid:: 2

   .. grid-item-card:: Cell

{deep}
"""
HOSTILE = """\
font.family: monospace
font.monospace: Courier 10 Pitch, DejaVu Sans Mono
font.size: 23
text.usetex: False
text.hinting: none
svg.fonttype: none
svg.hashsalt: other
savefig.bbox: tight
savefig.dpi: 17
savefig.transparent: True
figure.dpi: 31
figure.facecolor: red
path.simplify: False
path.snap: False
patch.linewidth: 9
pdf.compression: 0
pdf.fonttype: 42
agg.path.chunksize: 100
"""


def _mixed() -> str:
    """Return a page where ours and theirs take turns; ours can be taken out."""
    figures = [
        FIGURE.format(embed=embed, schedule=schedule)
        for embed, schedule in (("image", "gpipe"), ("inline", "1f1b"), ("image", "1f1b"))
    ]
    first, second, third = (f"..\n   ours\n\n{figure}\n..\n   theirs\n" for figure in figures)
    plots = [PLOT.format(last=last) for last in (4, 5)]
    return "\n".join(["Mixed\n=====\n\nWords.\n", first, plots[0], second, plots[1], third])


def _without_ours(page: str) -> str:
    return re.sub(r"\.\.\n   ours\n.*?\.\.\n   theirs\n", "", page, flags=re.DOTALL)


def _within() -> str:
    inline, image = (
        FIGURE.format(embed=embed, schedule="1f1b") for embed in ("inline", "image")
    )
    return WITHIN.format(
        inline=textwrap.indent(inline, "   " * 2),
        image=textwrap.indent(image, "   " * 2),
        deep=textwrap.indent(inline, "   " * 2),
    )


@dataclass(frozen=True)
class Built:
    """A site that was built."""

    output: Path
    doctrees: Path
    said: str

    def page(self, name: str) -> str:
        return (self.output / name).read_text(encoding="utf-8")

    def images(self, *, ours: bool) -> dict[str, Path]:
        found = (*self.output.rglob("*.png"), *self.output.rglob("*.svg"))
        return {
            path.relative_to(self.output).as_posix(): path
            for path in found
            if path.name.startswith("pipeviz-") == ours and "_static" not in path.parts
        }

    def states(self) -> dict[str, dict]:
        found = sorted(self.doctrees.rglob("*.state.json"))
        return {path.name: json.loads(path.read_text()) for path in found}


def _build(folder: Path, *, ours: bool, hostile: bool) -> Built:
    source, output, doctrees = (folder / name for name in ("source", "output", "doctrees"))
    pages = {
        "conf.py": CONF.format(ours='"sphinx_pipeviz",' if ours else ""),
        "probe.py": PROBE,
        "index.rst": "Index\n=====\n\n.. toctree::\n\n   theirs\n   mixed\n   gallery/index\n",
        "theirs.rst": THEIRS,
        "mixed.rst": _mixed() if ours else _without_ours(_mixed()),
        "gallery_sources/GALLERY_HEADER.rst": "Gallery\n=======\n",
        "gallery_sources/plot_example.py": EXAMPLE,
    }
    if ours:
        pages["aaa.rst"] = ":orphan:\n\nOurs\n====\n\n" + FIGURE.format(
            embed="image", schedule="zb-h1"
        )
        pages["within.rst"] = ":orphan:\n\n" + _within()
    for name, text in pages.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "matplotlibrc").write_text(HOSTILE if hostile else "", encoding="utf-8")
    env = os.environ | {"MATPLOTLIBRC": str(folder / "matplotlibrc"), "SOURCE_DATE_EPOCH": "0"}
    words = ["-m", "sphinx", "-W", "--keep-going", "--no-color", "-q", "-d", str(doctrees)]
    done = subprocess.run(
        [sys.executable, *words, str(source), str(output)],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    said = done.stderr.replace(str(source), "")
    assert done.returncode == 0, done.stdout + said
    return Built(output, doctrees, said)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Return a function that builds a site once."""
    assert not LACKING, f"not installed: {LACKING}"
    known: dict[tuple[bool, bool], Built] = {}

    def built(*, ours: bool, hostile: bool = False) -> Built:
        if (ours, hostile) not in known:
            folder = tmp_path_factory.mktemp("site")
            known[ours, hostile] = _build(folder, ours=ours, hostile=hostile)
        return known[ours, hostile]

    return built


def _pixels(path: Path) -> bytes:
    from matplotlib import image  # noqa: PLC0415  (only where the neighbours are)

    return path.read_bytes() if path.suffix == ".svg" else image.imread(path).tobytes()


@pytest.mark.behaviour(15)
@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
def test_their_images_are_the_same_with_us(sites, hostile):
    with_us, without = (sites(ours=ours, hostile=hostile) for ours in (True, False))
    expected = {  # a card shows what its page says, also our captions
        name: path
        for name, path in without.images(ours=False).items()
        if "summary_mixed" not in name
    }
    for part in (
        "theirs-1.png",
        "mixed-1.png",
        "sphx_glr_plot_example_001.png",
        "graphviz-",
        "summary_theirs",
    ):
        assert any(part in name for name in expected), part
    found = with_us.images(ours=False)
    assert expected.keys() <= found.keys()
    for name, path in expected.items():
        assert _pixels(found[name]) == _pixels(path), name


@pytest.mark.behaviour(15, 39)
@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
def test_what_is_shared_is_left_as_it_was(sites, hostile):
    with_us, without = (sites(ours=ours, hostile=hostile).states() for ours in (True, False))
    assert {"theirs.state.json", "mixed.state.json", "index.state.json"} <= without.keys()
    for page, expected in without.items():
        for name, value in expected.items():
            assert with_us[page][name] == value, (page, name)


def test_a_page_without_us_is_the_same_byte_for_byte(sites):
    with_us, without = sites(ours=True), sites(ours=False)
    assert with_us.page("theirs.html") == without.page("theirs.html")


def test_descriptions_of_a_page_hold_no_markup_of_ours(sites):
    pages = (sites(ours=ours).page("mixed.html") for ours in (True, False))
    ours, theirs = (re.findall(r"<meta [^>]*og:[^>]*>", page) for page in pages)
    assert len(theirs) == len(ours) > 5
    assert [tag for tag in ours if "&lt;" in tag or "pipeviz" in tag] == []


@pytest.mark.behaviour(15)
def test_our_pictures_are_the_same_under_a_hostile_matplotlibrc(sites):
    plain, hostile = (sites(ours=True, hostile=hostile) for hostile in (False, True))
    expected, found = plain.images(ours=True), hostile.images(ours=True)
    assert len(expected) == 6  # three schedules, for light and dark pages
    assert found.keys() == expected.keys()
    for name, path in expected.items():
        assert found[name].read_bytes() == path.read_bytes(), name
    for name in ("mixed.html", "within.html"):
        inline = [
            re.findall(r"<svg class=.*?</svg>", site.page(name), re.DOTALL)
            for site in (plain, hostile)
        ]
        assert inline[0]
        assert inline[0] == inline[1]


def test_the_hostile_matplotlibrc_does_reach_the_neighbours(sites):
    plain, hostile = (sites(ours=False, hostile=hostile) for hostile in (False, True))
    name = "_images/theirs-1.png"
    assert _pixels(plain.output / name) != _pixels(hostile.output / name)


def test_we_are_shown_within_tabs_cards_and_dropdowns(sites):
    html = sites(ours=True).page("within.html")
    assert html.count("<figure ") == 5
    assert html.count("<svg class=") == 3
    assert html.count('src="_images/pipeviz-') == 4
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
