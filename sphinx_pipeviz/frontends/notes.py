"""Files beside the doctrees that tell what pages show, one per builder and output folder."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

from sphinx_pipeviz.cache import is_older

#: Where the notes are, below the folder of the doctrees.
FOLDER = "pipeviz-pages"
#: How long a build may take before its notes are taken for those of a stopped one, in seconds.
LONGEST = 3600


class Notes(msgspec.Struct, frozen=True):
    """What is known of one output folder.

    Args:
        output: The folder, relative to that of the doctrees.
        pages: Page -> names of the files that it shows.
        whole: Whether each page was written since the last build that was stopped.
        running: Whether a build is writing pages, or was stopped while it did.
        read: Page -> when what it shows was read, as Sphinx counts that.
        failed: Pages of which a warning was given when they were written.
    """

    output: str
    pages: dict[str, list[str]] = {}
    whole: bool = False
    running: bool = False
    read: dict[str, int] = {}
    failed: list[str] = []

    def names(self) -> set[str]:
        """Return the names of all files that pages show."""
        return {name for names in self.pages.values() for name in names}


def read_notes(file: Path) -> Notes | None:
    """Return what a file notes, or None without one."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Notes)
    except OSError:
        return None
    except msgspec.MsgspecError:  # damaged: nothing is known, so all is written again
        return Notes("")


def write_notes(file: Path, notes: Notes) -> None:
    """Write notes at once or not at all, unless they are written already.

    On a full disk they are emptied: nothing is known then, so all is written again.
    """
    data = msgspec.json.format(msgspec.json.encode(notes))
    part = file.with_suffix(".part")
    try:
        if file.exists() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            file.write_bytes(b"")


def all_notes(doctrees: Path) -> dict[Path, Notes]:
    """Return what is noted of all builds with a folder of doctrees, by file."""
    files = sorted((doctrees / FOLDER).glob("*.json"))
    return {file: notes for file in files if (notes := read_notes(file))}


def is_at_work(file: Path, notes: Notes) -> bool:
    """Tell whether a build is writing pages, whose pictures are not all noted yet."""
    return notes.running and not is_older(file, time.time() - LONGEST)


def all_names(doctrees: Path) -> set[str]:
    """Return the names of all files that the builds with a folder of doctrees show."""
    return {name for notes in all_notes(doctrees).values() for name in notes.names()}
