"""What the commands read: a schedule's name, a file in any format, or the files of a run."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.load import Access, load, read_into
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

#: Keys of a spec that are also options of the command.
NUMBERS = (
    *("devices", "microbatches", "chunks", "stages", "microbatch-group-size"),
    *("sequence-chunks", "waves", "memory-limit", "iterations"),
)
WORDS = (
    *("backward", "order", "variant", "place"),
    *("recompute", "all-reduce", "optimizer", "transfers", "costs"),
)
#: Of a schedule that is only named.
DEFAULTS = {"devices": 4, "microbatches": 8}
#: Keys that say how a file is read, and what --help says of their options.
READING = {
    "pattern": "regular expression for the names of a trace's events",
    "unit": "unit of a trace's times: us, ms (default) or s",
    "rank": "ranks of traces to keep, such as 0,8,16 or 0-3",
}
_SUFFIXES = (*YAML, *sorted({suffix for row in READERS.values() for suffix in row.suffixes}))
_LARGE = (".json", ".gz")
#: What makes a name a pattern of files.
WILD = re.compile(r"[*?\[]")


def takes_files(command: argparse.ArgumentParser) -> None:
    """Let a command take files, each of them a schedule."""
    told = "a file, the folder or quoted pattern of one run's files, or - for standard input"
    command.add_argument("files", nargs="+", metavar="FILE", help=told)


def takes_name(command: argparse.ArgumentParser) -> None:
    """Let a command take a schedule's name and numbers, or a file."""
    told = "a schedule's name, or a file, a folder, a quoted pattern or -"
    command.add_argument("name", metavar="NAME", help=told)
    for key in NUMBERS:
        default = f"default: {DEFAULTS[key]}" if key in DEFAULTS else None
        command.add_argument(f"--{key}", metavar="N", help=default)
    for key in WORDS:
        command.add_argument(f"--{key}", metavar="VALUE")


def takes_reading(command: argparse.ArgumentParser) -> None:
    """Let a command take how files are read."""
    told = "format of the input; default: recognised (list --formats shows them)"
    command.add_argument("--from", dest="source", metavar="FORMAT", help=told)
    for key, what in READING.items():
        command.add_argument(f"--{key}", metavar="VALUE", help=what)
    told = "refuse files that name Python objects"
    command.add_argument("--no-python", action="store_true", help=told)


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


def read(names: Sequence[str], options: argparse.Namespace) -> Spec:
    """Return the one schedule that files hold: one, or those of the ranks of a run.

    Raises:
        PipevizError: They cannot be read; it names the file.
    """
    with about(names[0]):
        (name, *others) = names
        several = others or Path(name).is_dir() or (WILD.search(name) and not _there(name))
        return _read_run(names, options) if several else _read_one(name, options)


@contextmanager
def about(name: str) -> Iterator[None]:
    """Let errors that say no place say whose they are: a file's, if it is one."""
    try:
        yield
    except PipevizError as error:
        if _is_file(name) and error.location is None:
            error.location = Location("<stdin>" if name == "-" else name)
        raise


def _there(name: str) -> bool:
    return name == "-" or Path(name).exists()


def _read_run(names: Sequence[str], options: argparse.Namespace) -> Spec:
    if "-" in names:
        raise SpecError("standard input is one file", hint="name the files of all ranks")
    return load(_asked(options, list(names)), Access(Path(), python=not options.no_python))


def _read_one(name: str, options: argparse.Namespace) -> Spec:
    spec = _asked(options, [name])
    file = _text_of(name)
    known = format_name(options.source) if options.source else recognised([file])
    if known == "yaml" or not file.text.strip():
        _check_yaml(options)
        spec = read_spec(file.text, lambda line: Location(file.name, line + 1))
        folder = Path() if name == "-" else Path(name).parent
        return load(spec, Access(folder, python=not options.no_python))
    if known is None:
        raise unrecognised(file.name, "give --from")
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
