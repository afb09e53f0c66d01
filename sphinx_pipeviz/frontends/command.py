"""The command ``sphinx-pipeviz``: draw, show, measure and check schedules in a shell.

Exit codes: 0 done, 1 the input is wrong (the message says where), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from sphinx_pipeviz.errors import PipevizError, SpecError
from sphinx_pipeviz.frontends.command_convert import convert, plan_or_order, takes_target
from sphinx_pipeviz.frontends.command_input import (
    WILD,
    about,
    named_or_read,
    read,
    takes_files,
    takes_name,
    takes_reading,
)
from sphinx_pipeviz.frontends.schema import print_schema
from sphinx_pipeviz.metrics import measure
from sphinx_pipeviz.readers import READERS, YAML
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import check, draw, draw_text, timeline_of
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.spec import MAX_OPS
from sphinx_pipeviz.write import write

FORMATS = ("svg", "pdf", "png", "text")
SUFFIXES = {".txt": "text", ".svg": "svg", ".pdf": "pdf", ".png": "png"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack a character
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options)
    except PipevizError as error:
        print(f"sphinx-pipeviz: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"sphinx-pipeviz: {where}{error.strerror}", file=sys.stderr)
        return 1
    except (MemoryError, RecursionError) as error:
        print(f"sphinx-pipeviz: this is too large: {type(error).__name__}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    from sphinx_pipeviz import __version__  # noqa: PLC0415  (the package imports this file)

    parser = argparse.ArgumentParser(
        prog="sphinx-pipeviz",
        description="Simulate, check and draw pipeline-parallel training schedules.",
        epilog="Exit codes: 0 done, 1 wrong input, 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (run, summary, arguments) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        for add in arguments:
            add(command)
    return parser


# What the commands take


def _takes_look(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto: in a terminal, unless NO_COLOR is set (default: auto)",
    )
    command.add_argument("--style", default="seed", help="style of what asks for none")


def _takes_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=Path,
        help="a file, a folder for several, or - to print; default: beside the input",
    )
    command.add_argument(
        "-f", "--format", choices=FORMATS, help="default: the suffix of OUT, else svg"
    )
    command.add_argument("--style", default="seed", help="style of files that ask for none")
    command.add_argument(
        "--font", default="", help="family, or .ttf, .otf or .ttc file, of all text"
    )


def _takes_limit(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-ops",
        type=_limit,
        default=MAX_OPS,
        metavar="N",
        help="most ops of one schedule (default: %(default)s)",
    )


def _limit(text: str) -> int:
    """Return a number of ops.

    Raises:
        ArgumentTypeError: It is none, which is wrong usage.
    """
    if text.strip().isdecimal() and (number := int(text)) > 0:
        return number
    message = f"must be a whole number of at least 1, not '{text[:40]}'"
    raise argparse.ArgumentTypeError(message)


def _takes_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _takes_formats(command: argparse.ArgumentParser) -> None:
    told = "list the formats of input instead"
    command.add_argument("--formats", action="store_true", help=told)


# What the commands do


def _render(options: argparse.Namespace) -> int:
    out: Path | None = options.output
    if out is None or len(options.files) > 1 or out.is_dir():
        wanted = options.format or "svg"
        targets = [_in_folder(file, out, wanted) for file in options.files]
    else:
        wanted = _format_of(out, options.format)
        targets = [out]
    inputs = {Path(file).resolve() for file in options.files}
    for file, target in zip(options.files, targets, strict=True):
        if target.resolve() in inputs:
            message = f"the picture would be drawn over its own source '{target}'"
            raise SpecError(message, hint="name another file with --output")
        if targets.count(target) > 1:
            message = f"several files would be drawn into '{target}'"
            raise SpecError(message, hint="draw them one by one, or into several folders")
        style = {"base": options.style, "font": options.font}
        with about(file):
            source = read([file], options)
            data = draw(source, wanted, style, max_ops=options.max_ops)
        for remark in remarks(source, style, options.max_ops) if wanted != "text" else ():
            print(f"{file}: {remark.text}", file=sys.stderr)
        written = data if isinstance(data, bytes) else data.encode()
        if target == Path("-"):
            sys.stdout.buffer.write(written)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written)
        print(target)
    return 0


def _format_of(out: Path, asked: str | None) -> str:
    """Return the format that a file's suffix, or the option, asks for."""
    named = SUFFIXES.get(out.suffix.lower())
    if asked is not None and named not in (None, asked):
        message = f"'{out}' is named as {named}, but --format is {asked}"
        raise SpecError(message, hint="leave one of them out")
    if asked is None and named is None and out != Path("-"):
        message = f"cannot tell the format of '{out}'"
        raise SpecError(message, hint=f"end it in {', '.join(SUFFIXES)} or give --format")
    return asked or named or "svg"


def _in_folder(file: str, folder: Path | None, format: str) -> Path:
    """Return the file in ``folder``, or beside the input, that a picture goes to."""
    suffix = "txt" if format == "text" else format
    stem = Path(file).stem.removesuffix(".json")
    name = f"{'schedule' if file == '-' or WILD.search(stem) else stem}.{suffix}"
    return (Path(file).parent if folder is None else folder) / name


def _show(options: argparse.Namespace) -> int:
    width = shutil.get_terminal_size((79, 24)).columns
    look = {"style": options.style, "colour": _in_colour(options.color)}
    with about(options.name):
        source = named_or_read(options)
        text = draw_text(source, max_ops=options.max_ops, columns=width, **look)
    print(text, end="")
    return 0


def _in_colour(asked: str) -> bool:
    """Return whether to print colours; see https://no-color.org."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _order(options: argparse.Namespace) -> int:
    with about(options.name):
        plan = plan_or_order(named_or_read(options), options.max_ops)
    print(write(plan, "csv"), end="")
    return 0


def _stats(options: argparse.Namespace) -> int:
    with about(options.name):
        timeline = timeline_of(named_or_read(options), max_ops=options.max_ops)
    stats = {"devices": timeline.devices, **measure(timeline).as_dict()}
    if options.json:
        print(json.dumps(stats, indent=2))
        return 0
    for key, value in stats.items():
        numbers = value if isinstance(value, tuple) else (value,)
        print(f"{key.replace('_', ' ')}: {', '.join(f'{number:.6g}' for number in numbers)}")
    return 0


def _check(options: argparse.Namespace) -> int:
    wrong = 0
    for file in options.files:
        try:
            with about(file):
                check(read([file], options), max_ops=options.max_ops)
        except PipevizError as error:
            print(error, file=sys.stderr)
            wrong += 1
        else:
            print(f"{file}: ok")
    return 1 if wrong else 0


def _list(options: argparse.Namespace) -> int:
    rows = _formats() if options.formats else _schedules()
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    width = max(map(len, rows)) + 2
    for name, row in rows.items():
        also = f" (also: {', '.join(row['aliases'])})" if row["aliases"] else ""
        print(f"{name:<{width}}{row['summary']}{also}")
    return 0


def _schedules() -> dict[str, dict[str, Any]]:
    return {
        name: {"summary": row.summary, "aliases": row.aliases}
        for name, row in SCHEDULES.items()
    }


def _formats() -> dict[str, dict[str, Any]]:
    yaml = {"summary": "the YAML of a directive", "aliases": (), "suffixes": YAML}
    return {"yaml": yaml} | {
        name: {"summary": row.summary, "aliases": row.aliases, "suffixes": row.suffixes}
        for name, row in READERS.items()
    }


Run = Callable[[argparse.Namespace], int]
Takes = Callable[[argparse.ArgumentParser], None]

COMMANDS: dict[str, tuple[Run, str, tuple[Takes, ...]]] = {
    "render": (
        _render,
        "Draw files as svg, pdf, png or text.",
        (takes_files, takes_reading, _takes_output, _takes_limit),
    ),
    "show": (
        _show,
        "Show a schedule as text.",
        (takes_name, takes_reading, _takes_look, _takes_limit),
    ),
    "order": (
        _order,
        "Print a schedule's ops as PyTorch's CSV, one device a row.",
        (takes_name, takes_reading, _takes_limit),
    ),
    "stats": (
        _stats,
        "Print makespan, bubbles, idle time and peak activations.",
        (takes_name, takes_reading, _takes_json, _takes_limit),
    ),
    "check": (
        _check,
        "Check files; print file:line of what is wrong.",
        (takes_files, takes_reading, _takes_limit),
    ),
    "convert": (
        convert,
        "Write a schedule in another format.",
        (takes_target, takes_reading, _takes_limit),
    ),
    "list": (_list, "List the schedules.", (_takes_formats, _takes_json)),
    "schema": (print_schema, "Print a JSON Schema of the YAML, for editors.", ()),
}
