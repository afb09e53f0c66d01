"""What a spec may reach, and the files that its ``file`` names: paths, folders, patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sphinx_pipeviz.errors import Path as Key
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.readers import READERS

#: Most files that one picture is made of.
MOST_FILES = 4096
MORE = "pipeviz_roots names more folders"
RELATIVE = "paths are relative to the page, or to the YAML file"


def note_nothing(_: Path) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a spec may reach.

    Args:
        folder: Where relative paths start.
        root: Where paths with a leading slash start; None is the file system's root.
        note: Told of every file and folder that the picture depends on.
        note_folder: Told of the folders, instead, and of the patterns that names in them
            follow; what else is in them does not matter.
        python: Whether Python objects may be imported.
        roots: Folders below which files may be; None is any.
        shown: How messages name a file.
        asking: How messages ask for the format of a file.
        relative: How messages say where paths start.
    """

    folder: Path
    root: Path | None = None
    note: Callable[[Path], None] = note_nothing
    python: bool = True
    roots: tuple[Path, ...] | None = None
    shown: Callable[[Path], str] = str
    asking: str = "write format:"
    relative: str = RELATIVE
    note_folder: Callable[[Path, tuple[str, ...]], None] | None = None

    def look_into(self, folder: Path, *patterns: str) -> None:
        """Tell of a folder whose files, or inner folders, with such names are used."""
        if self.note_folder:
            self.note_folder(folder, patterns)
        else:
            self.note(folder)

    def place(self, path: str) -> Path:
        """Return where a path of the user's is."""
        if self.root is not None and path.startswith("/"):
            return self.root / path.lstrip("/")
        return self.folder / path

    def named(self, path: Path) -> str:
        """Return a file's name for messages: below the root, so that it is no machine's own."""
        if self.root is None:
            return self.shown(path)
        return Path(os.path.relpath(path, self.root)).as_posix()

    def check(self, path: Path, written: str, key: Key = ("file",)) -> None:
        """Check that a file, or what a link leads to, is where files may be.

        Args:
            path: Where it is.
            written: How the user names it.
            key: Which key names it.

        Raises:
            SpecError: It is elsewhere, or its name cannot be a file's.
        """
        try:
            if self.roots is not None and not _is_below(path.resolve(), self.roots):
                message = f"'{written[:60]}' is outside of the folders that figures may read"
                raise SpecError(message, hint=MORE, path=key)
            path.exists()
        except (OSError, ValueError, RuntimeError) as error:  # links may lead in a circle
            reason = getattr(error, "strerror", None) or "its name cannot be a file's"
            message = f"'{written[:60]}' cannot be read: {reason}"
            raise SpecError(message, path=key) from None


def _is_below(path: Path, roots: Iterable[Path]) -> bool:
    return any(path.is_relative_to(root.resolve()) for root in roots)


def all_found(written: Sequence[str], access: Access) -> list[Path]:
    """Return the files that entries name, each once.

    Raises:
        SpecError: There are none of an entry, or too many of all.
    """
    paths: dict[Path, None] = {}
    for index, entry in enumerate(written):
        try:
            paths |= dict.fromkeys(_found(entry, access))
        except SpecError as error:
            error.path = ("file", index)
            raise
        if len(paths) > MOST_FILES:
            message = f"{len(paths):,} files are more than the {MOST_FILES:,} of one picture"
            raise SpecError(message, path=("file",))
    return list(paths)


def _found(entry: str, access: Access) -> list[Path]:
    """Return the files that an entry names: one, those of a folder or of a pattern."""
    start = access.place(entry)
    access.check(start, entry)
    suffixes = sorted({suffix for row in READERS.values() for suffix in row.suffixes})
    if start.is_dir():
        access.look_into(start, *(f"*{suffix}" for suffix in suffixes))
        found = [path for path in start.iterdir() if path.name.endswith(tuple(suffixes))]
    elif re.search(r"[*?\[]", entry) and not start.exists():
        found = _matching(entry, access)
    else:
        found = _plain(start, access)
    for path in found:
        access.check(path, entry)
    if not found and start.is_dir():
        message = f"the folder '{entry[:60]}' has no file of a known format"
        hint = f"names end in {', '.join(suffixes)}; a YAML file is a schedule of its own"
        raise SpecError(message, hint=hint, path=("file",))
    if not found:
        message = f"there is no file '{entry[:60]}'"
        raise SpecError(message, hint=access.relative, path=("file",))
    return sorted(found, key=_natural)


def _plain(path: Path, access: Access) -> list[Path]:
    access.note(path)
    return [path] if path.exists() else []


def _matching(entry: str, access: Access) -> list[Path]:
    plain = re.split(r"[*?\[]", entry, maxsplit=1)[0].rpartition("/")
    start, pattern = access.place(plain[0] + plain[1]), entry[len(plain[0] + plain[1]) :]
    access.check(start, entry)
    *between, last = [part for part in pattern.split("/") if part not in {"", "."}]
    level = [start] if start.is_dir() else []
    try:
        for part in between:
            level = _folders(level, part, access, entry)
        for folder in level:
            access.look_into(folder, last)
        return [path for folder in level for path in folder.glob(last) if path.is_file()]
    # by the second one, pathlib refuses patterns that start at the root
    except (ValueError, NotImplementedError) as error:
        message = f"'{entry[:60]}' is not a pattern of files: {error}"
        raise SpecError(message, path=("file",)) from None


def _folders(level: list[Path], part: str, access: Access, entry: str) -> list[Path]:
    """Return the folders of the next level, each once: links in circles cost nothing."""
    found: dict[Path, Path] = {}
    for folder in level:
        access.look_into(folder, f"{part}/")
        for inner in folder.glob(part):
            if inner.is_dir():
                access.check(inner, entry)
                found.setdefault(inner.resolve(), inner)
    return list(found.values())


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort numbers in names by their value: rank 10 after rank 9."""
    parts = re.findall(r"\d{1,9}|\D+|\d+", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
