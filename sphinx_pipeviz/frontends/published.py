"""Files of a build's output that Sphinx does not copy."""

from __future__ import annotations

from pathlib import Path

from sphinx_pipeviz.cache import write_whole


def publish(path: Path, data: bytes) -> None:
    """Write a file at once or not at all, unless it is there: pages are written in parallel.

    Raises:
        OSError: It cannot be written.
    """
    if not path.is_file() or path.read_bytes() != data:
        write_whole(path, data)
