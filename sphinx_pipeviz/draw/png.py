"""Pixels -> png bytes: rows that repeat the row above are packed once for all pictures."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image  # the fastest way to drop a channel

#: Of zlib, 1 to 9: packing takes most of the time, and higher levels gain little.
LEVEL = 1
#: The filter of png that keeps the difference to the row above.
UP = 2
#: Fewer repeated rows in a row are packed like others: every change costs some bytes.
FEW = 8
#: Most rows that are packed together: they stay in the processor's cache.
MANY = 64


def png(pixels: Any, dpi: float, title: str) -> bytes:
    """Return rows x columns x RGBA, all of it opaque, as a png without the A."""
    height, width, _ = pixels.shape
    per_metre = round(dpi / 0.0254)
    text = b"Title\0\0\0\0\0" + title.encode() if title else b""
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">2IB", per_metre, per_metre, 1)),
            _chunk(b"iTXt", text) if text else b"",
            _chunk(b"IDAT", _packed(pixels)),
            _chunk(b"IEND", b""),
        )
    )


def _packed(pixels: Any) -> bytes:
    """Return the rows in zlib's format, which lets blocks be packed on their own."""
    parts, check = [b"\x78\x01"], 1
    for data, block in _blocks(pixels):
        check = zlib.adler32(data, check)
        parts.append(block)
    return b"".join((*parts, b"\x03\x00", struct.pack(">I", check)))


def _blocks(pixels: Any) -> Iterator[tuple[bytes, bytes]]:
    """Yield some rows as bytes, and packed."""
    row = 0
    for start, end in [*_repeated(pixels), (len(pixels), len(pixels))]:
        for first in range(row, start, MANY):
            data = _differences(pixels, first, min(first + MANY, start))
            yield data, _deflated(data)
        for rows in [MANY] * ((end - start) // MANY) + [1] * ((end - start) % MANY):
            yield _blank(rows, pixels.shape[1])
        row = end


def _repeated(pixels: Any) -> list[tuple[int, int]]:
    """Return where rows repeat the row above: first row, and the row after the last."""
    words = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]
    same = np.zeros(len(words) + 1, bool)
    same[1:-1] = (words[1:] == words[:-1]).all(axis=1)
    ends = np.flatnonzero(same[1:] != same[:-1]) + 1
    return [(start, end) for start, end in ends.reshape(-1, 2).tolist() if end - start > FEW]


def _differences(pixels: Any, start: int, end: int) -> bytes:
    """Return some rows as what they differ by from the row above."""
    found = pixels[start:end].copy()
    found[1:] -= pixels[start : end - 1]
    if start:
        found[0] -= pixels[start - 1]
    opaque = Image.fromarray(found).convert("RGB").tobytes()
    rows = np.frombuffer(opaque, np.uint8).reshape(end - start, -1)
    return np.insert(rows, 0, UP, axis=1).tobytes()


@functools.lru_cache(maxsize=16)
def _blank(rows: int, width: int) -> tuple[bytes, bytes]:
    data = (bytes([UP]) + bytes(3 * width)) * rows
    return data, _deflated(data)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", check)))
