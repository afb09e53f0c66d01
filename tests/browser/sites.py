"""Sites that tests/browser looks at: one page with many pictures, in five themes."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

THEMES = {
    "furo": "furo",
    "pydata_sphinx_theme": "pydata_sphinx_theme",
    "sphinx_book_theme": "sphinx_book_theme",
    "sphinx_rtd_theme": "sphinx_rtd_theme",
    "alabaster": "alabaster",
}
#: Themes with a toggle, and the attribute that it sets.
TOGGLES = {
    "furo": "document.body.dataset.theme",
    "pydata_sphinx_theme": "document.documentElement.dataset.theme",
    "sphinx_book_theme": "document.documentElement.dataset.theme",
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LACKING = [name for name in ("playwright", *THEMES.values()) if find_spec(name) is None]
LACKING += [] if CHROMIUM else ["chromium"]

STYLED = ("seed", "megatron", "mono", "gpipe", "colorblind")
PICTURE = """\
.. pipeline-schedule::
   :embed: {embed}
   :name: {name}
   :zoom: {zoom}

   schedule: {schedule}
   devices: 4
   microbatches: 6
   style: {style}
   phases: true
   bubble: true
"""
TABLE = """\
.. list-table::

   * - .. pipeline-schedule::

          schedule: gpipe
          devices: 2
          microbatches: 3
     - .. pipeline-schedule::

          schedule: 1f1b
          devices: 2
          microbatches: 3
"""
CONF = """\
project = "Site"
language = "en"
extensions = ["sphinx_pipeviz"]
html_theme = "{theme}"
html_context = {{"default_mode": "auto"}}
"""


#: The texts around the first picture's tasks.
TEXT = "[...document.querySelectorAll('#p0 svg > g.pv-over')].at(-1)"

#: Sites may turn the page when the document hears of an arrow key.
TURNS = """() => {
  window.turns = [];
  document.addEventListener('keydown', event => turns.push(event.key));
}"""


class Sites(dict[str, str]):
    """Theme -> address of its page, which is built when it is asked for.

    Args:
        folder: Where sites are built.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __missing__(self, theme: str) -> str:
        self[theme] = _built(self.folder / theme, theme)
        return self[theme]


def _built(folder: Path, theme: str) -> str:
    folder.mkdir()
    (folder / "conf.py").write_text(CONF.format(theme=THEMES[theme]))
    blocks = [
        PICTURE.format(
            embed="inline",
            name=f"p{number}",
            schedule=schedule,
            style=style,
            zoom="true" if number < 2 else "false",
        )
        for number, (style, schedule) in enumerate(
            itertools.product(STYLED, ("interleaved-1f1b", "zb-h1"))
        )
    ]
    file = {"embed": "image", "name": "file", "schedule": "1f1b", "style": "seed"}
    blocks.append(PICTURE.format(**file, zoom="true"))
    (folder / "index.rst").write_text("\n".join(["Title\n=====\n", *blocks, TABLE]))
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "out"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "out" / "index.html").as_uri()


def toggled(page, theme, mode):
    page.evaluate(f"() => {{ {TOGGLES[theme]} = '{mode}'; }}")


def hexed(colour):
    channels = [int(float(part)) for part in re.findall(r"[\d.]+", colour)[:3]]
    return "#" + "".join(f"{channel:02X}" for channel in channels)


def fill_of(page, element):
    return hexed(page.evaluate(f"getComputedStyle({element}).fill"))
