"""Folders whose files a page shows: the page is read again when a file comes or goes.

Sphinx notes dependencies on files only; a folder is one that is missing to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

#: Page -> folder, relative to the sources, and patterns -> digest of the names in it.
Noted = dict[str, dict[tuple[str, tuple[str, ...]], str]]


def roots_of(env: BuildEnvironment) -> tuple[Path, ...]:
    """Return the folders below which the files of pages may be."""
    names: list[str] = env.config.pipeviz_roots
    return (Path(env.srcdir), *(Path(env.srcdir, name) for name in names))


def note_folder(env: BuildEnvironment, folder: Path, patterns: tuple[str, ...]) -> None:
    """Note that the page that is being read shows the files of a folder with such names."""
    name = os.path.relpath(folder, env.srcdir)
    noted = noted_folders(env).setdefault(env.docname, {})
    noted[name, patterns] = _names(folder, patterns)


def noted_folders(env: BuildEnvironment) -> Noted:
    """Return what was noted."""
    if not hasattr(env, "pipeviz_folders"):
        env.pipeviz_folders = {}  # type: ignore[attr-defined]
    noted: Noted = env.pipeviz_folders  # type: ignore[attr-defined]
    return noted


def _names(folder: Path, patterns: tuple[str, ...]) -> str:
    """Return hex digits made of such names in a folder; those of no name if it is gone."""
    names: set[str] = set()
    with contextlib.suppress(OSError):
        found = (path for pattern in patterns for path in folder.glob(pattern))
        names.update(path.relative_to(folder).as_posix() for path in found)
    return hashlib.sha256(os.fsencode("/".join(sorted(names)))).hexdigest()[:32]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read anew or gone."""
    noted_folders(env).pop(docname, None)


def merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what a parallel reader noted."""
    theirs = noted_folders(other)
    noted_folders(env).update({name: theirs[name] for name in docnames if name in theirs})


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages with a folder whose files are others now."""
    return [
        page
        for page, noted in noted_folders(env).items()
        if page in env.found_docs
        and any(_names(Path(env.srcdir, at), like) != was for (at, like), was in noted.items())
    ]
