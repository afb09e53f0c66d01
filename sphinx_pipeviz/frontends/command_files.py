"""Names on the command line -> the schedules they stand for, each with a name of its own.

A folder or a pattern of YAML files is many schedules; one without any is a single run.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sphinx_pipeviz.frontends.command_input import WILD
from sphinx_pipeviz.readers import YAML


class Given(NamedTuple):
    """One schedule that was named.

    Args:
        name: Its file, the folder or pattern of its run, or - for standard input.
        inside: The folders between the one that was named and the file.
    """

    name: str
    inside: Path = Path()


def expanded(names: Sequence[str]) -> list[Given]:
    """Return every schedule once, in the order of the names."""
    found: dict[object, Given] = {}
    for name in names:
        for given in _schedules(name):
            found.setdefault("-" if given.name == "-" else Path(given.name).resolve(), given)
    return list(found.values())


def _schedules(name: str) -> Iterator[Given]:
    path = Path(name)
    if path.is_dir():
        start, files = path, _below(path)
    elif WILD.search(name) and not path.exists():
        start = Path(*_before(path))
        files = [Path(file) for file in glob.glob(name, recursive=True)]  # noqa: PTH207  (name may be absolute)
    else:
        yield Given(name)
        return
    schedules = sorted(file for file in files if _is_schedule(file))
    for file in schedules:
        yield Given(str(file), file.parent.relative_to(start))
    if not schedules:
        yield Given(name)


def _below(folder: Path) -> list[Path]:
    """Return the files below a folder, but none in what is hidden."""
    found = folder.rglob("*")
    return [
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _is_schedule(file: Path) -> bool:
    return file.name.lower().endswith(YAML) and file.is_file()


def _before(pattern: Path) -> list[str]:
    """Return the folders before the first part that is a pattern."""
    parts = list(pattern.parent.parts)
    first = next((i for i, part in enumerate(parts) if WILD.search(part)), len(parts))
    return parts[:first]
