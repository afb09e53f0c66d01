"""What no page shows goes: from a build's output, and from the cache beside its doctrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sphinx.application import Sphinx

from sphinx_pipeviz.cache import NAME, PART, Cache, is_older, remove
from sphinx_pipeviz.frontends import shown
from sphinx_pipeviz.frontends.arrived import have_arrived
from sphinx_pipeviz.frontends.kept import cache_folder
from sphinx_pipeviz.frontends.notes import Notes, is_at_work, write_notes
from sphinx_pipeviz.frontends.offered import FOLDER
from sphinx_pipeviz.frontends.page_loads import STATIC

#: Where builders put pictures, below their output folder.
PLACES = (FOLDER, "*-figures")
SHEET = re.compile(r"pipeviz-style-[0-9a-f]{10}\.css")


def collect_early(app: Sphinx) -> list[tuple[str, dict[str, object], str]]:
    """Clean the output before a builder packs it: an EPUB holds all files of its folder."""
    _clean_output(app, shown.notes_so_far(app))
    return []


def collect(app: Sphinx, exception: Exception | None) -> None:
    """Remove what no page shows and note what pages do; a build that failed removes nothing."""
    build, notes = shown.build_of(app), shown.notes_so_far(app)
    if exception is not None or build.lacking or (build.pages and not have_arrived(app)):
        notes = msgspec.structs.replace(notes, whole=False)
    if notes.names() or notes.read or notes.failed or shown.file_of(app).exists():
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
    others = (place for name in PLACES for place in output.glob(name))
    pictures = (output / app.builder.imagedir, *others)
    for place in (*pictures, output / "_static"):
        yield from (path for path in place.glob(PART) if is_older(path, since))
    for place in pictures:
        before = f"{FOLDER}/" if place == output / FOLDER else ""
        theirs = set() if before else _images(app)
        yield from (
            path
            for path in place.glob("pipeviz-*")
            if NAME.fullmatch(path.name) and f"{before}{path.name}" not in used | theirs
        )
    loaded = (path for path in (output / "_static").glob("pipeviz*") if path.name not in used)
    yield from filter(_is_loaded, loaded)


def _images(app: Sphinx) -> set[str]:
    """Return the names of images that pages show otherwise: an author may keep a picture."""
    return {name for _, name in app.env.images.values()}


def _is_loaded(path: Path) -> bool:
    """Tell whether a file is a stylesheet of ours, or a copy of what pages load."""
    asset = STATIC.joinpath(path.name)
    copied = asset.is_file() and path.is_file() and asset.read_bytes() == path.read_bytes()
    return copied or bool(SHEET.fullmatch(path.name))


def _clean_cache(app: Sphinx, notes: Notes) -> None:
    """Remove what no build with these doctrees shows, nor will when pages are written."""
    used = notes.names()
    for file, other in shown.other_notes(app).items():
        if is_at_work(file, other):
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
