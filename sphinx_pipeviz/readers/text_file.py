"""A file -> its text, or a located message."""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sphinx_pipeviz.errors import Location, SpecError

#: Largest file, in bytes, packed or not.
LARGEST = 64_000_000
#: Largest trace: a rank's profile of one training step has some 10 to 300 MB, and its
#: reader keeps few of its events, so that memory stays near twice the text.
LARGEST_TRACE = 512_000_000
#: Bytes that tell a format.
HEAD = 16_384
_GZIP = b"\x1f\x8b"


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


def read_file(path: Path, name: str, largest: int | None = None) -> str:
    """Return the text of a file.

    Args:
        path: Where it is.
        name: What the user calls it.
        largest: Most bytes of text; None means LARGEST.

    Raises:
        OSError: It cannot be read.
        ValueError: The path cannot be a file's.
        SpecError: It is too large, is damaged, or is not UTF-8.
    """
    with path.open("rb") as file:
        return decoded(file, name, largest)


def read_head(path: Path, name: str) -> TextFile:
    """Return the first characters of a file, enough to tell its format.

    Raises:
        OSError: It cannot be read.
        ValueError: The path cannot be a file's.
    """
    with path.open("rb") as file:
        data = file.read(HEAD)
    if data.startswith(_GZIP):
        with contextlib.suppress(zlib.error):
            data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, HEAD)
    return TextFile(name, data.decode("utf-8-sig", errors="replace"))


def decoded(file: BinaryIO, name: str, largest: int | None = None) -> str:
    """Return the text of an open file, unpacked if it is gzip; a byte order mark is dropped.

    Raises:
        SpecError: It is too large, is damaged, or is not UTF-8.
    """
    largest = largest or LARGEST
    data = file.read(largest + 1)
    if data.startswith(_GZIP):
        data = _unpacked(data, name, largest)
    if len(data) > largest:
        message = f"this file is larger than {largest // 1_000_000} MB"
        raise SpecError(message, Location(name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "this is not a text file in UTF-8"
        raise SpecError(message, Location(name, line), "give a YAML file") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unpacked(data: bytes, name: str, largest: int) -> bytes:
    """Return what gzip packed, as far as it is not too large."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(largest + 1)
    except EOFError:
        hint = "was it copied while it was still written?"
        raise SpecError("this gzip file is cut short", Location(name), hint) from None
    except (OSError, zlib.error):
        raise SpecError("this gzip file is damaged", Location(name)) from None
