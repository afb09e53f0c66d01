"""What the commands read: a schedule's name, a file in any format, or the files of a run."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sphinx_pipeviz.access import Access, note_nothing
from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.frontends.command_arguments import DEFAULTS, NUMBERS, READING, WORDS
from sphinx_pipeviz.load import load, read_into
from sphinx_pipeviz.readers import READERS, YAML, format_name, recognised, unrecognised
from sphinx_pipeviz.readers.text_file import (
    LARGEST_TRACE,
    TextFile,
    decoded,
    read_file,
)
from sphinx_pipeviz.readers.yaml_spec import read_spec, spec_from_keys
from sphinx_pipeviz.readers.yaml_tree import scalar
from sphinx_pipeviz.spec import Spec

#: What is told of every file and folder that is used.
Note = Callable[[Path], None]
_SUFFIXES = (*YAML, *sorted({suffix for row in READERS.values() for suffix in row.suffixes}))
_LARGE = (".json", ".gz")
#: What makes a name a pattern of files.
WILD = re.compile(r"[*?\[]")


def named_or_read(options: argparse.Namespace) -> Spec:
    """Return the schedule of a name and numbers, or what a file holds."""
    given = {key: getattr(options, key.replace("-", "_")) for key in (*NUMBERS, *WORDS)}
    keys = {key: scalar(value) for key, value in given.items() if value is not None}
    if not _is_file(options.name):
        return spec_from_keys({"schedule": options.name, **DEFAULTS, **keys})
    if keys:
        message = f"--{next(iter(keys))} goes with a schedule's name, not with a file"
        raise SpecError(message, Location(options.name))
    return read([options.name], options)


def _is_file(name: str) -> bool:
    path = Path(name)
    looks = name == "-" or "/" in name or WILD.search(name)
    return bool(looks) or name.lower().endswith(_SUFFIXES) or path.is_file() or path.is_dir()


def read(
    names: Sequence[str],
    options: argparse.Namespace,
    note: Note = note_nothing,
) -> Spec:
    """Return the one schedule that files hold: one, or those of the ranks of a run.

    Args:
        names: A file, or several, a folder or a pattern of one run.
        options: How they are read.
        note: Told of every file and folder that is used.

    Raises:
        PipevizError: They cannot be read; it names the file.
    """
    with about(names[0]):
        (name, *others) = names
        several = others or Path(name).is_dir() or (WILD.search(name) and not _there(name))
        read_them = _read_run if several else _read_one
        return read_them(names, options, note)


@contextmanager
def about(name: str) -> Iterator[None]:
    """Let errors that say no place say whose they are: a file's, if it is one."""
    try:
        yield
    except PipevizError as error:
        if _is_file(name) and error.location is None:
            place = Location("<stdin>" if name == "-" else name)
            error.location = place.with_line() if Path(name).is_file() else place
        raise


def _there(name: str) -> bool:
    return name == "-" or Path(name).exists()


def _read_run(names: Sequence[str], options: argparse.Namespace, note: Note) -> Spec:
    if "-" in names:
        raise SpecError("standard input is one file", hint="name the files of all ranks")
    access = Access(
        Path(),
        note=note,
        python=not options.no_python,
        asking="give --from",
        relative="paths are relative to the current folder",
    )
    return load(_asked(options, list(names)), access)


def _read_one(names: Sequence[str], options: argparse.Namespace, note: Note) -> Spec:
    (name,) = names
    spec = _asked(options, [name])
    note(Path(name))
    file = _text_of(name)
    known = format_name(options.source) if options.source else recognised([file])
    if known == "yaml":
        _check_yaml(options)
        spec = read_spec(file.text, lambda line: Location(file.name, line + 1))
        folder = Path() if name == "-" else Path(name).parent
        return load(spec, Access(folder, note=note, python=not options.no_python))
    if known is None:
        raise unrecognised(file, "give --from with one of yaml,")
    return read_into(spec, [file])


def _asked(options: argparse.Namespace, names: list[str]) -> Spec:
    """Return a spec that says how files are read."""
    given = {"format": options.source} | {key: getattr(options, key) for key in READING}
    keys = {key: value for key, value in given.items() if value is not None}
    return spec_from_keys({"file": names, **keys})


def _check_yaml(options: argparse.Namespace) -> None:
    for key in READING:
        if getattr(options, key) is not None:
            message = f"--{key} has no use for a schedule in YAML"
            raise SpecError(message, hint=f"write {key}: into the file")


def _text_of(file: str) -> TextFile:
    name = "<stdin>" if file == "-" else file
    largest = LARGEST_TRACE if file == "-" or file.lower().endswith(_LARGE) else None
    try:
        if file == "-":
            return TextFile(name, decoded(sys.stdin.buffer, name, largest))
        return TextFile(name, read_file(Path(file), name, largest))
    except FileNotFoundError:
        raise SpecError("there is no such file", Location(name)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"this file cannot be read: {reason}", Location(name)) from None
