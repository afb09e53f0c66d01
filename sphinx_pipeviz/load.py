"""Spec that names files or a Python object -> the same Spec with what they hold.

The front ends say where files are looked for and are told which ones were used.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from sphinx_pipeviz.errors import Path as Key
from sphinx_pipeviz.errors import PipevizError, SpecError
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.readers import (
    READERS,
    format_name,
    read_files,
    recognised,
    unrecognised,
)
from sphinx_pipeviz.readers.python_object import read_object
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile, read_file, read_head
from sphinx_pipeviz.spec import FONT_FILES, Keys, Spec

T = TypeVar("T")

#: Most files that one picture is made of.
MOST_FILES = 4096
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
            real = path.resolve()
            path.exists()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            message = f"'{written[:60]}' cannot be read: {reason}"
            raise SpecError(message, path=key) from None
        if self.roots is not None and not any(
            real.is_relative_to(root.resolve()) for root in self.roots
        ):
            message = f"'{written[:60]}' is outside of the folders that figures may read"
            raise SpecError(message, hint="pipeviz_roots names more folders", path=key)


def load(spec: Spec, access: Access) -> Spec:
    """Return the spec with what its ``file`` or ``python`` holds; others unchanged.

    Raises:
        SpecError: A file is missing or does not follow its format, or the object cannot
            be had.
        PlanError: The order or timeline that was read is impossible.
    """
    if spec.parts:
        parts = tuple(load(part, access) for part in spec.parts)
        return _with_font(msgspec.structs.replace(spec, parts=parts), access)
    try:
        spec = _with_font(spec, access)
        if spec.python is not None and spec.loaded is None:
            return _load_object(spec, spec.python, access)
        if spec.file is not None and spec.loaded is None:
            return _load_files(spec, access)
    except PipevizError as error:
        raise error.located(spec.marks) from None
    return spec


def _with_font(spec: Spec, access: Access) -> Spec:
    """Return the spec with the places of its style's fonts, where these are files."""
    style = spec.style
    if not isinstance(style, dict):
        return spec
    places = {}
    for field in ("font", "fallback"):
        font = style.get(field)
        if isinstance(font, str) and font.lower().endswith(FONT_FILES):
            place = access.place(font)
            access.check(place, font, ("style", field))
            access.note(place)
            places[field] = str(place)
    return msgspec.structs.replace(spec, style={**style, **places})


def _load_object(spec: Spec, name: str, access: Access) -> Spec:
    if not access.python:
        message = "Python objects are not allowed here"
        hint = "pipeviz_allow_python or --no-python decides on that"
        raise SpecError(message, hint=hint, path=("python",))
    found = read_object(name, spec.marks.find(("python",)))
    _note_module(name, access)
    if not isinstance(found, Spec):
        return _with(spec, found, [_canonical(found)])
    given = {key: getattr(spec, key) for key in Keys.__struct_fields__ if key != "python"}
    changes = {key: value for key, value in given.items() if value is not None}
    return load(msgspec.structs.replace(found, marks=spec.marks, **changes), access)


def _note_module(name: str, access: Access) -> None:
    """Note the file of the module that holds a Python object."""
    module = sys.modules.get(name.partition(":")[0].strip())
    file = getattr(module, "__file__", None)
    if file:
        access.note(Path(file))


def _load_files(spec: Spec, access: Access) -> Spec:
    written = [spec.file] if isinstance(spec.file, str) else list(spec.file or ())
    paths = [path for entry in written for path in _found(entry, access)]
    if len(paths) > MOST_FILES:
        message = f"{len(paths):,} files are more than the {MOST_FILES:,} of one picture"
        raise SpecError(message, path=("file",))
    paths = list(dict.fromkeys(paths))
    name = _format(spec, [_read(path, access, read_head) for path in paths])
    largest = READERS[name].largest if name else None
    whole = functools.partial(read_file, largest=largest)
    files = (TextFile(access.shown(p), _read(p, access, whole)) for p in paths)
    if name is None:
        raise unrecognised(next(files), f"{access.asking} with one of")
    return read_into(msgspec.structs.replace(spec, format=name), list(files))


def _format(spec: Spec, heads: list[TextFile]) -> str | None:
    """Return the format that is given, or that one of the files looks like."""
    if spec.format and spec.format.strip().lower() != "yaml":
        return format_name(spec.format, tuple(READERS))
    name = "yaml" if spec.format else recognised(heads)
    if name == "yaml":
        message = "a schedule's YAML is not read by the key 'file'"
        hint = "write its keys here, or give the file to Sphinx's directive or the command"
        raise SpecError(message, hint=hint, path=("file",))
    if spec.pattern and name == "torch-trace":
        return "chrome-trace"  # names of the author's own, in a trace of PyTorch's
    return name


def read_into(spec: Spec, files: list[TextFile]) -> Spec:
    """Return the spec with what the files hold.

    Raises:
        PipevizError: See ``load``.
    """
    name = _format(spec, files)
    if name is None:
        raise unrecognised(files[0], "write format: with one of")
    rank = None if spec.rank is None else str(spec.rank)
    options = ReadOptions(pattern=spec.pattern, unit=spec.unit, rank=rank)
    loaded = read_files(files, name, options)
    parts = [name.encode(), *(part.encode() for file in files for part in _told(file))]
    return _with(spec, loaded, parts)


def _told(file: TextFile) -> tuple[str, str]:
    return Path(file.name).name, file.text


def _with(spec: Spec, loaded: Plan | Timeline, parts: Iterable[bytes]) -> Spec:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return msgspec.structs.replace(spec, loaded=loaded, digest=digest.hexdigest()[:32])


def _canonical(loaded: Plan | Timeline) -> bytes:
    return repr(loaded).encode()


def _found(entry: str, access: Access) -> list[Path]:
    """Return the files that an entry names: one, those of a folder or of a pattern."""
    start = access.place(entry)
    access.check(start, entry)
    suffixes = sorted({suffix for row in READERS.values() for suffix in row.suffixes})
    if start.is_dir():
        access.note(start)
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
            access.note(folder)
        return [path for folder in level for path in folder.glob(last) if path.is_file()]
    except (ValueError, NotImplementedError) as error:
        message = f"'{entry[:60]}' is not a pattern of files: {error}"
        raise SpecError(message, path=("file",)) from None


def _folders(level: list[Path], part: str, access: Access, entry: str) -> list[Path]:
    """Return the folders of the next level, each once: links in circles cost nothing."""
    found: dict[Path, Path] = {}
    for folder in level:
        access.note(folder)
        for inner in folder.glob(part):
            if inner.is_dir():
                access.check(inner, entry)
                found.setdefault(inner.resolve(), inner)
    return list(found.values())


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort numbers in names by their value: rank 10 after rank 9."""
    parts = re.findall(r"\d{1,9}|\D+|\d+", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read(path: Path, access: Access, how: Callable[[Path, str], T]) -> T:
    """Read a file in some way, or say why it cannot be read."""
    access.note(path)
    name = access.named(path)
    try:
        return how(path, name)
    except FileNotFoundError:
        message = f"there is no file '{name[-60:]}'"
        raise SpecError(message, hint=access.relative, path=("file",)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"'{name[-60:]}' cannot be read: {reason}", path=("file",)) from None
