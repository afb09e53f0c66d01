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
from typing import Any

from sphinx_pipeviz.draw.paint_text import Page
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.command_arguments import (
    takes_files,
    takes_formats,
    takes_json,
    takes_limit,
    takes_look,
    takes_name,
    takes_output,
    takes_reading,
)
from sphinx_pipeviz.frontends.command_cache import cache, takes_action
from sphinx_pipeviz.frontends.command_convert import convert, plan_or_order, takes_target
from sphinx_pipeviz.frontends.command_input import about, named_or_read, read
from sphinx_pipeviz.frontends.command_render import render
from sphinx_pipeviz.frontends.schema import print_schema
from sphinx_pipeviz.metrics import measure
from sphinx_pipeviz.readers import READERS, YAML
from sphinx_pipeviz.render import check, draw_text
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.timelines import timeline_of
from sphinx_pipeviz.write import write


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


def _show(options: argparse.Namespace) -> int:
    width = shutil.get_terminal_size((79, 24)).columns
    page = Page(width, _in_colour(options.color), options.ascii or not _is_unicode())
    with about(options.name):
        source = named_or_read(options)
        text = draw_text(source, options.style, options.max_ops, page)
    print(text, end="")
    return 0


def _is_unicode() -> bool:
    """Return whether the output takes box drawing."""
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return encoding.startswith("utf")


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
        render,
        "Draw files as svg, pdf, png or text.",
        (takes_files, takes_reading, takes_output, takes_limit),
    ),
    "show": (
        _show,
        "Show a schedule as text.",
        (takes_name, takes_reading, takes_look, takes_limit),
    ),
    "order": (
        _order,
        "Print a schedule's ops as PyTorch's CSV, one device a row.",
        (takes_name, takes_reading, takes_limit),
    ),
    "stats": (
        _stats,
        "Print makespan, bubbles, idle time and peak activations.",
        (takes_name, takes_reading, takes_json, takes_limit),
    ),
    "check": (
        _check,
        "Check files; print file:line of what is wrong.",
        (takes_files, takes_reading, takes_limit),
    ),
    "convert": (
        convert,
        "Write a schedule in another format.",
        (takes_target, takes_reading, takes_limit),
    ),
    "cache": (cache, "Tell what a cache holds; check, empty or fill it.", (takes_action,)),
    "list": (_list, "List the schedules.", (takes_formats, takes_json)),
    "schema": (print_schema, "Print a JSON Schema of the YAML, for editors.", ()),
}
