"""What no page shows goes: from a build's output, and from the cache beside its doctrees."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sphinx.application import Sphinx

from sphinx_pipeviz.cache import NAME, PART, Cache, is_older, remove
from sphinx_pipeviz.frontends import shown
from sphinx_pipeviz.frontends.kept import cache_folder
from sphinx_pipeviz.frontends.notes import Notes, write_notes
from sphinx_pipeviz.frontends.offered import FOLDER
from sphinx_pipeviz.frontends.page_loads import STATIC

#: Where builders put files, below their output folder.
PLACES = ("_static", FOLDER, f"{FOLDER}/*", "*-figures")
SHEET = re.compile(r"pipeviz-style-[0-9a-f]{10}\.css")
#: How long a build may take before its notes are taken for those of a stopped one, in seconds.
LONGEST = 3600


def collect_early(app: Sphinx) -> list[tuple[str, dict[str, object], str]]:
    """Clean the output before a builder packs it: an EPUB holds all files of its folder."""
    _clean_output(app, shown.notes_so_far(app))
    return []


def collect(app: Sphinx, exception: Exception | None) -> None:
    """Remove what no page shows and note what pages do; a build that failed removes nothing."""
    build, notes = shown.build_of(app), shown.notes_so_far(app)
    if exception is not None:
        notes = msgspec.structs.replace(notes, whole=False)
    if notes.names() or shown.file_of(app).exists():
        write_notes(shown.file_of(app), notes)
    if exception is None and (notes.names() or build.known or shown.drawn(app.env)):
        _clean_output(app, notes)
        if not app.config.pipeviz_cache_dir:
            _clean_cache(app, notes)


def _clean_output(app: Sphinx, notes: Notes) -> None:
    """Remove what no page shows, unless pages were left out and may show anything."""
    if notes.whole:
        remove(_unused(app, notes.names()))


def _unused(app: Sphinx, used: set[str]) -> Iterator[Path]:
    output, since = Path(app.outdir), shown.build_of(app).started
    places = [output / app.builder.imagedir, *(p for name in PLACES for p in output.glob(name))]
    for place in places:
        yield from (path for path in place.glob(PART) if is_older(path, since))
        for path in place.glob("pipeviz*"):
            name = f"{FOLDER}/{path.name}" if place == output / FOLDER else path.name
            if name not in used and _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    """Tell whether a file was made here: by its name, or as a copy of what pages load."""
    if NAME.fullmatch(path.name) or SHEET.fullmatch(path.name):
        return True
    asset = STATIC.joinpath(path.name)
    return asset.is_file() and path.is_file() and asset.read_bytes() == path.read_bytes()


def _clean_cache(app: Sphinx, notes: Notes) -> None:
    """Remove what no build with these doctrees shows, nor will when pages are written."""
    used = notes.names()
    for file, other in shown.other_notes(app).items():
        if other.running and not is_older(file, time.time() - LONGEST):
            return  # another builder is at work here, and may be about to copy anything
        if not Path(app.doctreedir, other.output).exists():
            remove([file])
            continue
        used |= other.names()
    written = shown.build_of(app).pages
    for page, names in shown.drawn(app.env).items():
        used |= set() if page in written else set(names)
    cache, since = Cache(cache_folder(app)), shown.build_of(app).started
    remove(path for path in cache.pictures() if path.name not in used)
    remove(path for path in cache.parts() if is_older(path, since))
