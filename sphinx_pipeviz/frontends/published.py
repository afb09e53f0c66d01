"""Files of a build's output that Sphinx does not copy."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def publish(path: Path, data: bytes) -> None:
    """Write a file at once or not at all: pages are written in parallel.

    Raises:
        OSError: It cannot be written.
    """
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".pipeviz-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
