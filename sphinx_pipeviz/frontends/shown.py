"""Which files the pages of a build show, noted so that all others can go.

What was drawn while pages were read is noted in the environment. What pages show is known
when they are written; the environment has been stored by then, so that is in a file.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec
from sphinx import addnodes

from sphinx_pipeviz.frontends.failures import failed_pages
from sphinx_pipeviz.frontends.notes import FOLDER, Notes, all_notes, read_notes, write_notes

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(slots=True)
class Build:
    """What a build has done.

    Args:
        known: What was noted before it.
        started: When, in seconds since 1970.
        pages: Page that was written -> names of the files that it shows.
        reads: Whether it reads pages.
        joined: Whether pages were written into one file, which is then written anew.
        lacking: Whether a picture could not be shown.
        failed: Pages of which a warning was given when they were written.
        published: Names of the stylesheets and scripts that this process has written.
    """

    known: Notes | None
    started: float = field(default_factory=time.time)
    pages: dict[str, set[str]] = field(default_factory=dict)
    reads: bool = False
    joined: bool = False
    lacking: bool = False
    failed: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)


_builds: WeakKeyDictionary[Sphinx, Build] = WeakKeyDictionary()


def start(app: Sphinx) -> None:
    """Note that a build starts."""
    _builds[app] = Build(read_notes(file_of(app)))


def build_of(app: Sphinx) -> Build:
    """Return what a build has done so far."""
    return _builds[app]


# Reading


def note_drawn(env: BuildEnvironment, names: Iterable[str]) -> None:
    """Note the files that were drawn for the page that is being read."""
    drawn(env)[env.docname] = sorted(names)


def drawn(env: BuildEnvironment) -> dict[str, list[str]]:
    """Return the pages that have pictures, with the files that were drawn for them."""
    if not hasattr(env, "pipeviz_drawn"):
        env.pipeviz_drawn = {}  # type: ignore[attr-defined]
    pages: dict[str, list[str]] = env.pipeviz_drawn  # type: ignore[attr-defined]
    return pages


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read anew or gone."""
    drawn(env).pop(docname, None)


def merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what a parallel reader noted."""
    theirs = drawn(other)
    drawn(env).update({name: theirs[name] for name in docnames if name in theirs})


def note_reading(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Note whether any page is read."""
    build_of(app).reads = bool(docnames)


def to_write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages that are not what was read of them last.

    These are all if the last build was stopped before it had written what it read. It may
    have left half a page, or pages whose pictures were not copied yet, and for Sphinx these
    are up to date. So are pages that another builder has read since, and those of which a
    warning was given when they were written, which is given again.
    """
    build = build_of(app)
    if build.reads and drawn(env):
        _note_running(app)
    if build.known and not build.known.whole:
        return sorted(env.found_docs)
    noted = build.known.read if build.known else {}
    pages = (noted.keys() | _concerned(env)) & env.all_docs.keys()
    other = {page for page in pages if noted.get(page) != env.all_docs[page]}
    failed = {*build.known.failed} if build.known else set()
    return sorted(other | failed & env.found_docs)


def _concerned(env: BuildEnvironment) -> set[str]:
    """Return the pages that have pictures, or boxes in their place."""
    return drawn(env).keys() | failed_pages(env)


def _note_running(app: Sphinx) -> None:
    now = msgspec.structs.replace(notes_so_far(app), whole=False, running=True)
    write_notes(file_of(app), now)


# Writing


def note_shown(
    app: Sphinx, doctree: nodes.document, docname: str, names: Iterable[str]
) -> None:
    """Note the files that a page shows; from the first page on, the build is running."""
    build = build_of(app)
    if not build.pages and (drawn(app.env) or names):
        _note_running(app)
    build.pages.setdefault(docname, set()).update(names)
    if app.builder.format == "html" and docname != app.config.root_doc:
        return  # of pages of a site, only the first one may hold all others
    for part in doctree.findall(addnodes.start_of_file):
        build.joined = True
        build.pages.setdefault(part["docname"], set())


def note_failed(app: Sphinx, docname: str) -> None:
    """Note a page of which a warning was given: the next build writes it again, and warns."""
    build_of(app).failed.add(docname)


def notes_so_far(app: Sphinx) -> Notes:
    """Return what is known of the output, with what this build has written."""
    build = build_of(app)
    known = build.known or Notes("")
    pages = known.pages | {page: sorted(names) for page, names in build.pages.items()}
    here = {page: names for page, names in sorted(pages.items()) if page in app.env.found_docs}
    whole = known.whole or build.joined or build.pages.keys() >= app.env.found_docs
    times = app.env.all_docs
    read = {page: when for page, when in known.read.items() if page not in build.pages}
    read |= {page: times[page] for page in build.pages if page in _concerned(app.env)}
    here_read = {page: read[page] for page in here if page in read}
    failed = sorted(({*known.failed} - build.pages.keys() | build.failed) & here.keys())
    return Notes(_output(app), here, whole, read=here_read, failed=failed)


# The file


def file_of(app: Sphinx) -> Path:
    """Return where the notes of this builder and output folder are."""
    digest = hashlib.sha256(_output(app).encode()).hexdigest()
    return Path(app.doctreedir, FOLDER) / f"{app.builder.name}-{digest[:8]}.json"


def other_notes(app: Sphinx) -> dict[Path, Notes]:
    """Return what is noted of other builders and output folders, by file."""
    return {k: v for k, v in all_notes(Path(app.doctreedir)).items() if k != file_of(app)}


def _output(app: Sphinx) -> str:
    try:
        return Path(os.path.relpath(app.outdir, app.doctreedir)).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(app.outdir).as_posix()
