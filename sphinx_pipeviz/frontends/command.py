"""The command ``sphinx-pipeviz``: draw, show, measure and check schedules in a shell.

Exit codes: 0 done, 1 the input is wrong (the message says where), 2 wrong usage, 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import Any, NamedTuple

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
    takes_work,
)
from sphinx_pipeviz.frontends.command_cache import cache, takes_action
from sphinx_pipeviz.frontends.command_completion import script, takes_shell
from sphinx_pipeviz.frontends.command_convert import convert, plan_or_order, takes_target
from sphinx_pipeviz.frontends.command_files import expanded
from sphinx_pipeviz.frontends.command_input import about, named_or_read, read
from sphinx_pipeviz.frontends.command_jobs import KNOWN, told
from sphinx_pipeviz.frontends.command_render import render
from sphinx_pipeviz.frontends.schema import print_schema
from sphinx_pipeviz.metrics import measure
from sphinx_pipeviz.readers import READERS, YAML
from sphinx_pipeviz.render import check, draw_text
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.timelines import timeline_of
from sphinx_pipeviz.write import write

PROGRAM = "sphinx-pipeviz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack a character
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KNOWN as error:
        print(f"sphinx-pipeviz: {told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    from sphinx_pipeviz import __version__  # noqa: PLC0415  (the package imports this file)

    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Simulate, check and draw pipeline-parallel training schedules.",
        epilog="Exit codes: 0 done, 1 wrong input, 2 wrong usage, 130 ended with Ctrl-C.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        fill(commands.add_parser(name, help=command.summary), command)
    return parser


def fill(parser: argparse.ArgumentParser, command: Command) -> None:
    """Let a parser take what a command takes, and say so."""
    width = max(len(line) for line, _ in command.examples) + 2
    told = [
        f"  sphinx-pipeviz {line:<{width}}{what}".rstrip() for line, what in command.examples
    ]
    parser.description = command.summary
    parser.epilog = "\n".join(["Examples:", *told])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(run=command.run)
    for add in command.takes:
        add(parser)


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
    for file, _ in expanded(options.files):
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


def _completion(options: argparse.Namespace) -> int:
    print(script(_parser(), options.shell), end="")
    return 0


class Command(NamedTuple):
    """One command.

    Args:
        run: Does it; returns the exit code.
        summary: What --help says of it.
        takes: What its parser is given.
        examples: Lines without the name of the program, and what each does.
    """

    run: Callable[[argparse.Namespace], int]
    summary: str
    takes: tuple[Callable[[argparse.ArgumentParser], None], ...]
    examples: tuple[tuple[str, str], ...]


COMMANDS: dict[str, Command] = {
    "render": Command(
        render,
        "Draw files as svg, pdf, png or text.",
        (takes_files, takes_reading, takes_output, takes_work, takes_limit),
        (
            ("render 1f1b.yaml", "1f1b.svg beside it"),
            ("render 1f1b.yaml -o 1f1b.pdf", "another format"),
            ("render schedules/ -o out/ -j 2", "every YAML file of a folder"),
            ("render schedules/ -o out/ --watch", "again when one changes"),
            ("render - -o - < 1f1b.yaml", "from a pipe, into a pipe"),
        ),
    ),
    "show": Command(
        _show,
        "Show a schedule as text.",
        (takes_name, takes_reading, takes_look, takes_limit),
        (
            ("show 1f1b --devices 4 --microbatches 8", "a schedule by its name"),
            ("show 1f1b.yaml", "a file"),
        ),
    ),
    "order": Command(
        _order,
        "Print a schedule's ops as PyTorch's CSV, one device a row.",
        (takes_name, takes_reading, takes_limit),
        (
            ("order interleaved-1f1b --chunks 2", "a schedule by its name"),
            ("order 1f1b --transfers true", "with sends and receives"),
        ),
    ),
    "stats": Command(
        _stats,
        "Print makespan, bubbles, idle time and peak activations.",
        (takes_name, takes_reading, takes_json, takes_limit),
        (
            ("stats zb-v --devices 8", "a schedule by its name"),
            ("stats 'trace/rank*.json' --json", "a run, as JSON"),
        ),
    ),
    "check": Command(
        _check,
        "Check files; print file:line of what is wrong.",
        (takes_files, takes_reading, takes_limit),
        (
            ("check docs/*.yaml", "files"),
            ("check schedules/", "every YAML file of a folder"),
        ),
    ),
    "convert": Command(
        convert,
        "Write a schedule in another format.",
        (takes_target, takes_reading, takes_limit),
        (
            ("convert chart.txt", "print YAML"),
            ("convert trace/ --to chrome -o run.json", "a run, for Perfetto"),
        ),
    ),
    "list": Command(
        _list,
        "List the schedules.",
        (takes_formats, takes_json),
        (("list", "schedules"), ("list --formats", "formats of input")),
    ),
    "schema": Command(
        print_schema,
        "Print a JSON Schema of the YAML, for editors.",
        (),
        (("schema > pipeviz.json", "a file for an editor"),),
    ),
    "completion": Command(
        _completion,
        "Print a script that completes commands and options in a shell.",
        (takes_shell,),
        (
            ("completion bash > sphinx-pipeviz.bash", ""),
            ("completion zsh > _sphinx-pipeviz", ""),
            ("completion fish > sphinx-pipeviz.fish", ""),
        ),
    ),
    "cache": Command(
        cache,
        "Tell what a cache holds; check, empty or fill it.",
        (takes_action,),
        (
            ("cache info --dir .cache/pipeviz", "what it holds"),
            ("cache verify --repair", "remove damaged files"),
            ("cache prune --older-than 30", "remove what is old"),
            ("cache fill docs --dir .cache/pipeviz", "draw what pages show"),
        ),
    ),
}
