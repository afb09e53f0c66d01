"""A file -> its text, or a located message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sphinx_pipeviz.errors import Location, SpecError


class TextFile(NamedTuple):
    """A file's name, as its user calls it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader may need to know besides the files."""

    pattern: str | None = None
    unit: str | None = None
    rank: str | None = None


#: Largest file, in bytes.
LARGEST = 64_000_000


class TextFile(NamedTuple):
    """A file that was read: what the user calls it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user may add to a file whose text does not say it.

    Args:
        pattern: A regular expression that finds kind, stage and microbatch in names.
        unit: The unit of the file's times.
        rank: Which ranks' rows to keep.
    """

    pattern: str | None = None
    unit: str | None = None
    rank: str | None = None


def read_file(path: Path, name: str) -> str:
    """Return the text of a file.

    Args:
        path: Where it is.
        name: What the user calls it.

    Raises:
        OSError: It cannot be read.
        ValueError: The path cannot be a file's.
        SpecError: It is too large, or is not UTF-8.
    """
    with path.open("rb") as file:
        return decoded(file, name)


def decoded(file: BinaryIO, name: str) -> str:
    """Return the text of an open file; a mark of byte order is dropped.

    Raises:
        SpecError: It is too large, or is not UTF-8.
    """
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        message = f"this file is larger than {LARGEST // 1_000_000} MB"
        raise SpecError(message, Location(name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "this is not a text file in UTF-8"
        raise SpecError(message, Location(name, line), "give a YAML file") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
