"""The PDF that LaTeX makes: the picture is in it, as lines and not as pixels, and fits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

#: Engine -> the option of latexmk that runs it.
ENGINES = {"pdflatex": "-pdf", "xelatex": "-pdfxe", "lualatex": "-pdflua"}
PROGRAMS = ("latexmk", *ENGINES, "pdftoppm", "pdfimages", "pdftotext")
LACKING = [program for program in PROGRAMS if shutil.which(program) is None]

pytestmark = [
    pytest.mark.latex,
    # matplotlib 3.9 uses names that pyparsing calls old
    pytest.mark.filterwarnings("ignore::DeprecationWarning:matplotlib"),
    pytest.mark.skipif(
        bool(LACKING) and not os.environ.get("CI"), reason=f"not installed: {LACKING}"
    ),
]

PAGE = """\
Title
=====

Text above.

.. pipeline-schedule::
   :caption: Four devices
   :name: wide

   schedule: 1f1b
   devices: 4
   microbatches: 8

Text below :numref:`wide`.

.. pipeline-schedule::
   :width: 50%
   :align: right

   schedule: gpipe
   devices: 2
   microbatches: 2
   style: {forward: "#00A000", backward: "#A000A0"}
"""
DPI = 100
#: letterpaper, 1 inch margins: what Sphinx sets by default
LEFT, RIGHT = 1.0, 7.5
#: forward and backward of the two pictures, as in the styles
BLUE, ORANGE, GREEN, PURPLE = (65, 105, 225), (244, 164, 96), (0, 160, 0), (160, 0, 160)


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module", params=ENGINES)
def pdf(request, new_site):
    """Return the PDF that an engine compiles of a page with two pictures."""
    assert not LACKING, f"not installed: {LACKING}"
    site = new_site(
        "latex_elements = {'papersize': 'letterpaper'}",
        f"latex_engine = {request.param!r}",
        index_rst=PAGE,
    )
    result = site.build("latex")
    assert result.warnings == []
    folder = site.output / "latex"
    run(
        "latexmk",
        ENGINES[request.param],
        "-interaction=nonstopmode",
        "-halt-on-error",
        "site.tex",
        folder=folder,
    )
    return folder / "site.pdf"


@pytest.fixture(scope="module")
def pixels(pdf):
    """Return the pixels of the page that shows the pictures: rows x columns x RGB."""
    from matplotlib import image  # noqa: PLC0415  (only where LaTeX is)

    run("pdftoppm", "-r", str(DPI), "-png", "site.pdf", "page", folder=pdf.parent)
    pages = [image.imread(path) for path in sorted(pdf.parent.glob("page-*.png"))]
    whole = [(page[:, :, :3] * 255).round().astype(int) for page in pages]
    return max(whole, key=lambda page: len(places(page, BLUE)[0]))


def places(page, colour):
    """Return the rows and columns of the pixels of a colour."""
    return (abs(page - colour).max(axis=2) <= 3).nonzero()


@pytest.mark.behaviour(19)
@pytest.mark.parametrize("colour", [BLUE, ORANGE, GREEN, PURPLE])
def test_a_picture_is_within_the_width_of_the_text(pixels, colour):
    _, columns = places(pixels, colour)
    assert len(columns) > 300
    assert columns.min() >= LEFT * DPI - 1
    assert columns.max() <= RIGHT * DPI + 1


def test_a_wide_picture_takes_most_of_the_width(pixels):
    _, columns = places(pixels, BLUE)
    assert columns.max() - columns.min() > (RIGHT - LEFT) * 0.3 * DPI


def test_a_picture_of_half_the_width_is_on_its_right(pixels):
    _, columns = places(pixels, GREEN)
    assert columns.min() >= (LEFT + RIGHT) / 2 * DPI


@pytest.mark.behaviour(19)
def test_the_pictures_are_lines_and_not_pixels(pdf):
    listed = run("pdfimages", "-list", "site.pdf", folder=pdf.parent)
    assert len(listed.splitlines()) == 2  # the table's head


@pytest.mark.behaviour(19)
def test_nothing_is_too_wide(pdf):
    log = pdf.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert not re.findall(r"Overfull \\hbox.*", log)


def test_the_caption_is_in_the_text(pdf):
    run("pdftotext", "site.pdf", "site.txt", folder=pdf.parent)
    text = (pdf.parent / "site.txt").read_text(encoding="utf-8")
    assert re.search(r"Fig\. 1(\.1)?: Four devices", text)
    assert re.search(r"Text below Fig\. 1(\.1)?\.", text)
