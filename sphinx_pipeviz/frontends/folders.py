"""Folders whose files a page shows: the page is read again when a file comes or goes.

Sphinx notes dependencies on files only; a folder is one that is missing to it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

#: Page -> folder, relative to the sources -> digest of the names in it.
Noted = dict[str, dict[str, str]]


def roots_of(env: BuildEnvironment) -> tuple[Path, ...]:
    """Return the folders below which the files of pages may be."""
    names: list[str] = env.config.pipeviz_roots
    return (Path(env.srcdir), *(Path(env.srcdir, name) for name in names))


def note_folder(env: BuildEnvironment, folder: Path) -> None:
    """Note that the page that is being read shows files of a folder."""
    name = os.path.relpath(folder, env.srcdir)
    noted_folders(env).setdefault(env.docname, {})[name] = _names(folder)


def noted_folders(env: BuildEnvironment) -> Noted:
    """Return what was noted."""
    if not hasattr(env, "pipeviz_folders"):
        env.pipeviz_folders = {}  # type: ignore[attr-defined]
    noted: Noted = env.pipeviz_folders  # type: ignore[attr-defined]
    return noted


def _names(folder: Path) -> str:
    """Return hex digits made of the names in a folder; none if it is gone."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (names are all that counts)
    except OSError:
        return ""
    return hashlib.sha256(os.fsencode("/".join(names))).hexdigest()[:32]


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
        for page, folders in noted_folders(env).items()
        if page in env.found_docs
        and any(_names(Path(env.srcdir, name)) != was for name, was in folders.items())
    ]
