"""Spec that names files or a Python object -> the same Spec with what they hold.

The front ends say where files are looked for and are told which ones were used.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from sphinx_pipeviz.access import Access, all_found
from sphinx_pipeviz.errors import PipevizError, SpecError
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.readers import (
    READERS,
    format_name,
    read_files,
    recognised,
    unrecognised,
)
from sphinx_pipeviz.readers.python_object import modules_of, read_object
from sphinx_pipeviz.readers.text_file import (
    LARGEST,
    ReadOptions,
    TextFile,
    read_file,
    read_head,
)
from sphinx_pipeviz.spec import FONT_FIELDS, FONT_FILES, Keys, Spec

T = TypeVar("T")

#: How much larger than the largest file of a format all files of one picture may be.
TOGETHER = 4


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
    for field in FONT_FIELDS:
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
    for file in modules_of(name):
        access.note(file)
    if not isinstance(found, Spec):
        return _with(spec, found, [_canonical(found)])
    given = {key: getattr(spec, key) for key in Keys.__struct_fields__ if key != "python"}
    changes = {key: value for key, value in given.items() if value is not None}
    return load(msgspec.structs.replace(found, marks=spec.marks, **changes), access)


def _load_files(spec: Spec, access: Access) -> Spec:
    written = [spec.file] if isinstance(spec.file, str) else list(spec.file or ())
    paths = all_found(written, access)
    name = _format(spec, [_read(path, access, read_head) for path in paths])
    files = _whole(paths, access, READERS[name].largest if name else LARGEST)
    if name is None:
        raise unrecognised(next(files), f"{access.asking} with one of")
    return read_into(msgspec.structs.replace(spec, format=name), list(files))


def _whole(paths: Sequence[Path], access: Access, largest: int) -> Iterator[TextFile]:
    """Yield files with their texts, which are kept until all are read.

    Raises:
        SpecError: One, or all together, are too large.
    """
    read, left = functools.partial(read_file, largest=largest), TOGETHER * largest
    for path in paths:
        file = TextFile(access.shown(path), _read(path, access, read))
        left -= len(file.text)
        if left < 0:
            most = f"{TOGETHER * largest // 1_000_000:,} MB"
            message = f"the files of this picture are larger than {most} together"
            raise SpecError(message, hint="give fewer ranks", path=("file",))
        yield file


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
