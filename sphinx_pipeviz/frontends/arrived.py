"""Whether what pages show is in the output, whole.

A disk may be full, and another process may empty a shared cache between the moment that a page
is made and the one when Sphinx copies its images. Sphinx tells of that, and takes the page for
one that is up to date.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

from sphinx_pipeviz.cache import NAME, Cache
from sphinx_pipeviz.frontends import shown
from sphinx_pipeviz.frontends.offered import FOLDER

#: With less space on its disk, in bytes, an output is taken for one that was cut short.
LEAST = 65_536
#: The builders' formats whose images are known to be below their output folder.
KNOWN = ("html", "latex", "texinfo")


def have_arrived(app: Sphinx) -> bool:
    """Tell whether the files of all pages that were written are there."""
    output = Path(app.outdir)
    if not output.is_dir() or shutil.disk_usage(output).free < LEAST:
        return False
    images = (name for name in app.builder.images.values() if NAME.fullmatch(name))
    return all(_has_image(app, name) for name in images) and all(
        (output / place).is_file() for place in _written_here(app)
    )


def _has_image(app: Sphinx, name: str) -> bool:
    """Tell whether Sphinx copied an image, and not a part of it."""
    output = Path(app.builder.outdir)
    places = (output / app.builder.imagedir, *output.glob("*-figures"))
    found = [path for place in places if (path := place / name).is_file()]
    if not found:
        return app.builder.format not in KNOWN
    return all(map(Cache.is_whole, found))


def _written_here(app: Sphinx) -> set[str]:
    """Return where the files are that Sphinx does not copy, below the output."""
    names = {name for names in shown.build_of(app).pages.values() for name in names}
    loaded = {f"_static/{name}" for name in names if name.endswith((".css", ".js"))}
    return loaded | {name for name in names if name.startswith(f"{FOLDER}/")}
