"""What the commands take: their arguments and options, and the words of their help."""

from __future__ import annotations

import argparse
from pathlib import Path

from sphinx_pipeviz.render import FORMATS
from sphinx_pipeviz.spec import MAX_OPS

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


def takes_files(command: argparse.ArgumentParser) -> None:
    """Let a command take files, each of them a schedule."""
    told = (
        "a file, a folder or quoted pattern of YAML files or of one run's files, or - for"
        " standard input"
    )
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


def takes_look(command: argparse.ArgumentParser) -> None:
    """Let a command take colours and a style for a terminal."""
    command.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto: in a terminal, unless NO_COLOR is set (default: auto)",
    )
    command.add_argument(
        "--ascii",
        action="store_true",
        help="no box drawing; by itself where the output takes only ASCII",
    )
    command.add_argument("--style", default="seed", help="style of what asks for none")


def takes_output(command: argparse.ArgumentParser) -> None:
    """Let a command take where pictures go, and how they look."""
    command.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder for several, or - to print; default: beside the input",
    )
    command.add_argument(
        "-f", "--format", choices=FORMATS, help="default: the suffix of OUT, else svg"
    )
    command.add_argument("--style", default="seed", help="style of files that ask for none")
    command.add_argument(
        "--font", default="", help="family, or .ttf, .otf or .ttc file, of all text"
    )


def takes_work(command: argparse.ArgumentParser) -> None:
    """Let a command take how it draws many files."""
    command.add_argument(
        "-j",
        "--jobs",
        type=_positive,
        metavar="N",
        help="processes that draw at the same time; default: one for 12 files, at most"
        " one for each core",
    )
    told = "folder with pictures of earlier runs; those of unchanged files are not drawn again"
    command.add_argument("--cache", metavar="FOLDER", type=Path, help=told)
    told = "draw a file again whenever it or a file that it names changes, until Ctrl-C"
    command.add_argument("--watch", action="store_true", help=told)


def takes_limit(command: argparse.ArgumentParser) -> None:
    """Let a command take the most ops of a schedule."""
    command.add_argument(
        "--max-ops",
        type=_positive,
        default=MAX_OPS,
        metavar="N",
        help="most ops of one schedule (default: %(default)s)",
    )


def _positive(text: str) -> int:
    """Return a number of at least 1.

    Raises:
        ArgumentTypeError: It is none, which is wrong usage.
    """
    if text.strip().isdecimal() and (number := int(text)) > 0:
        return number
    message = f"must be a whole number of at least 1, not '{text[:40]}'"
    raise argparse.ArgumentTypeError(message)


def takes_json(command: argparse.ArgumentParser) -> None:
    """Let a command print JSON."""
    command.add_argument("--json", action="store_true", help="print JSON")


def takes_formats(command: argparse.ArgumentParser) -> None:
    """Let a command list formats."""
    told = "list the formats of input instead"
    command.add_argument("--formats", action="store_true", help=told)
