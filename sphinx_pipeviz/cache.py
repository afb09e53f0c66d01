"""Bytes under names made of every input: written at once or not at all, checked when read."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import msgspec

from sphinx_pipeviz.draw.fonts import WIDE, check_font, is_file, no_font, stand_ins
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.languages import TABLES
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.schedules import canonical_name
from sphinx_pipeviz.spec import Spec

PREFIX = "pipeviz-"
#: How many hex digits of its content's digest are in a file's name.
CONTENT = 16
#: What a kept picture is called: its key, the start of its content's digest, and a suffix.
NAME = re.compile(rf"{PREFIX}([0-9a-f]{{32}})-([0-9a-f]{{{CONTENT}}})\.([a-z]+\.)?[a-z]+")
#: What a file is called until it is whole.
PART = ".pipeviz-*.part"
#: What stands between a spec and its picture.
_STEPS = ("*.py", "languages/*.py", "readers/*.py", "schedules/*.py", "draw/*.py")


def picture_key(spec: Spec, style: Style, format: str) -> str:
    """Return 32 hex digits made of every input of a picture, and of nothing else.

    The inputs are the spec, the style, the format, this package's steps from text to
    bytes, and the matplotlib that paints.
    """
    digest = hashlib.sha256()
    known = linked(spec, shown=format.startswith("inline"))
    canonical = _canonical(known)
    look = _look(style, wide=_is_wide(spec, style, canonical))
    for part in (canonical, look, format.encode(), _program()):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()[:32]


def linked(spec: Spec, *, shown: bool) -> Spec:
    """Return a spec with what its picture knows of its links: what they are on, or nothing."""
    parts = tuple(linked(part, shown=shown) for part in spec.parts)
    on = [msgspec.structs.replace(link, to="") for link in spec.links or ()]
    return msgspec.structs.replace(spec, links=(on if shown else None) or None, parts=parts)


def _canonical(spec: Spec) -> bytes:
    """Return the spec as bytes, an alias as its schedule's name, without its style."""
    name = canonical_name(spec.schedule) if spec.schedule is not None else None
    return msgspec.structs.replace(spec, schedule=name, style=None).canonical()


def _is_wide(spec: Spec, style: Style, canonical: bytes) -> bool:
    """Tell whether a picture may have letters that another font stands in for."""
    titles = spec.loaded.titles if isinstance(spec.loaded, Timeline) else ()
    words = TABLES.get(style.language, {}).values()
    return any(map(WIDE.search, (canonical.decode(), *titles, *words)))


def _look(style: Style, *, wide: bool) -> bytes:
    """Return the style as bytes, with what its fonts hold and not where they are."""
    font, fallback = font_digest(style.font), font_digest(style.fallback)
    if wide and not fallback:
        found = map(Path, stand_ins(style.language))
        fallback = " ".join(f"{path.name}:{path.stat().st_size}" for path in found)
    return msgspec.json.encode(msgspec.structs.replace(style, font=font, fallback=fallback))


def font_digest(font: str) -> str:
    """Return a digest of the files of a font; empty for no font.

    Raises:
        StyleError: There is no such font, or it cannot be read.
    """
    if not font:
        return ""
    if is_file(font):
        check_font(font)
        try:
            return _digest(font, Path(font).stat().st_mtime_ns)
        except OSError:
            raise no_font(font) from None
    from sphinx_pipeviz.draw.glyphs import font_of  # noqa: PLC0415  (matplotlib)

    files = [file for some in font_of(font).files.values() for file in some]
    return "".join(_digest(file, 0) for file in files)


@functools.lru_cache(maxsize=16)
def _digest(file: str, _changed: int) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@functools.cache
def _program() -> bytes:
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for pattern in _STEPS:
        for file in sorted(here.glob(pattern)):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.digest() + version("matplotlib").encode()


class Cache:
    """A folder of pictures that many processes may read and write at once.

    A file's name holds its key and the start of its content's digest, so one rename
    makes a picture visible, whole, and a damaged file is known by its name.

    Args:
        folder: Where pictures are kept; made when the first one is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str, suffix: str) -> Path | None:
        """Return the whole picture of this key, or None; damaged ones are removed."""
        for path in self._candidates(key, suffix):
            try:
                data = path.read_bytes()
            except OSError:
                continue
            if path.name == self._name(key, data, suffix):
                return path
            with contextlib.suppress(OSError):
                path.unlink()
        return None

    def keep(self, key: str, suffix: str, make: Callable[[], bytes]) -> Path:
        """Return the picture of this key, making and writing it where there is none.

        Raises:
            OSError: The folder cannot be written.
        """
        return self.find(key, suffix) or self._write(key, suffix, make())

    def pictures(self) -> list[Path]:
        """Return the files of all pictures, whole or not, in order of their names."""
        found = self.folder.glob(f"[0-9a-f][0-9a-f]/{PREFIX}*")
        return sorted(path for path in found if NAME.fullmatch(path.name))

    def parts(self) -> list[Path]:
        """Return what is being written, and what stopped processes did not finish."""
        return sorted(self.folder.glob(f"[0-9a-f][0-9a-f]/{PART}"))

    def _write(self, key: str, suffix: str, data: bytes) -> Path:
        path = self._folder_of(key) / self._name(key, data, suffix)
        try:
            write_whole(path, data)
        except FileNotFoundError:  # another process has just removed the empty folder
            write_whole(path, data)
        return path

    def _folder_of(self, key: str) -> Path:
        return self.folder / key[:2]

    def _candidates(self, key: str, suffix: str) -> list[Path]:
        """Return the files of a picture; its light and dark file may have the same key."""
        start, end = f"{PREFIX}{key}-", f".{suffix}"
        length = len(start) + CONTENT + len(end)
        folder = self._folder_of(key)
        try:
            names = os.listdir(folder)  # noqa: PTH208  (a path of each is slow)
        except OSError:
            return []
        fitting = (n for n in names if n.startswith(start) and n.endswith(end))
        found = (folder / n for n in sorted(fitting) if len(n) == length)
        return [path for path in found if path.is_file()]

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Tell whether a picture's file holds what its name says.

        Raises:
            OSError: It cannot be read.
        """
        found = NAME.fullmatch(path.name)
        return bool(found and found[2] == content_digest(path.read_bytes()))

    @staticmethod
    def _name(key: str, data: bytes, suffix: str) -> str:
        return f"{PREFIX}{key}-{content_digest(data)}.{suffix}"


def content_digest(data: bytes) -> str:
    """Return what a file's name says of its content."""
    return hashlib.sha256(data).hexdigest()[:CONTENT]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once or not at all, and make its folder.

    Raises:
        OSError: That cannot be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    start, _, end = PART.partition("*")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=start, suffix=end)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def remove(paths: Iterable[Path]) -> list[Path]:
    """Remove files; return those that are gone by this."""
    gone = []
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
            gone.append(path)
    return gone


def is_older(path: Path, moment: float) -> bool:
    """Tell whether a file was last written before a moment, in seconds since 1970."""
    try:
        return path.stat().st_mtime < moment
    except OSError:
        return False
