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
from pathlib import Path

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.load import Access, load, read_any
from sphinx_pipeviz.metrics import measure
from sphinx_pipeviz.readers.text_file import decoded, read_file
from sphinx_pipeviz.readers.yaml_spec import spec_from_keys
from sphinx_pipeviz.readers.yaml_tree import scalar
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import check, draw, draw_text, plan_of, timeline_of
from sphinx_pipeviz.schedules import SCHEDULES
from sphinx_pipeviz.spec import MAX_OPS, Spec

FORMATS = ("svg", "pdf", "png", "text")
SUFFIXES = {".txt": "text", ".svg": "svg", ".pdf": "pdf", ".png": "png"}
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
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


def _takes_files(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="a YAML file; - is standard input"
    )


def _takes_name(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="a schedule's name, or a YAML file")
    for key in NUMBERS:
        default = f"default: {DEFAULTS[key]}" if key in DEFAULTS else None
        command.add_argument(f"--{key}", metavar="N", help=default)
    for key in WORDS:
        command.add_argument(f"--{key}", metavar="VALUE")


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
        type=int,
        default=MAX_OPS,
        metavar="N",
        help="most ops of one schedule (default: %(default)s)",
    )


def _takes_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


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
        source = _read(file)
        style = {"base": options.style, "font": options.font}
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
    name = f"{'schedule' if file == '-' else Path(file).stem}.{suffix}"
    return (Path(file).parent if folder is None else folder) / name


def _show(options: argparse.Namespace) -> int:
    width = shutil.get_terminal_size((79, 24)).columns
    source = _named_or_read(options)
    colour = _in_colour(options.color)
    text = draw_text(source, options.style, options.max_ops, columns=width, colour=colour)
    print(text, end="")
    return 0


def _in_colour(asked: str) -> bool:
    """Return whether to print colours; see https://no-color.org."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _order(options: argparse.Namespace) -> int:
    plan = plan_of(_named_or_read(options), options.max_ops)
    for row in plan.orders:
        print(",".join(str(slot) for slot in row))
    return 0


def _stats(options: argparse.Namespace) -> int:
    timeline = timeline_of(_named_or_read(options), max_ops=options.max_ops)
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
            check(_read(file), max_ops=options.max_ops)
        except PipevizError as error:
            print(error, file=sys.stderr)
            wrong += 1
        else:
            print(f"{file}: ok")
    return 1 if wrong else 0


def _list(options: argparse.Namespace) -> int:
    rows = {name: (row.summary, row.aliases) for name, row in SCHEDULES.items()}
    if options.json:
        print(
            json.dumps(
                {name: {"summary": s, "aliases": a} for name, (s, a) in rows.items()}, indent=2
            )
        )
        return 0
    width = max(map(len, rows)) + 2
    for name, (summary, aliases) in rows.items():
        also = f" (also: {', '.join(aliases)})" if aliases else ""
        print(f"{name:<{width}}{summary}{also}")
    return 0


def _named_or_read(options: argparse.Namespace) -> Spec:
    given = {key: getattr(options, key.replace("-", "_")) for key in (*NUMBERS, *WORDS)}
    keys = {key: scalar(value) for key, value in given.items() if value is not None}
    if (
        options.name == "-"
        or Path(options.name).suffix in (".yaml", ".yml")
        or Path(options.name).is_file()
    ):
        if keys:
            message = f"--{next(iter(keys))} goes with a schedule's name, not with a file"
            raise SpecError(message, Location(options.name))
        return _read(options.name)
    return spec_from_keys({"schedule": options.name, **DEFAULTS, **keys})


def _read(file: str) -> Spec:
    name = "<stdin>" if file == "-" else file
    path = Path(file)
    access = Access(Path() if file == "-" else path.parent)
    if path.is_dir():
        return load(Spec(file=file), Access(Path()))
    try:
        text = decoded(sys.stdin.buffer, name) if file == "-" else read_file(path, name)
    except FileNotFoundError:
        raise SpecError("there is no such file", Location(name)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"this file cannot be read: {reason}", Location(name)) from None
    return load(read_any(text, name), access)


Run = Callable[[argparse.Namespace], int]
Takes = Callable[[argparse.ArgumentParser], None]

COMMANDS: dict[str, tuple[Run, str, tuple[Takes, ...]]] = {
    "render": (
        _render,
        "Draw files as svg, pdf, png or text.",
        (_takes_files, _takes_output, _takes_limit),
    ),
    "show": (_show, "Show a schedule as text.", (_takes_name, _takes_look, _takes_limit)),
    "order": (
        _order,
        "Print a schedule's ops as PyTorch's CSV, one device a row.",
        (_takes_name, _takes_limit),
    ),
    "stats": (
        _stats,
        "Print makespan, bubbles, idle time and peak activations.",
        (_takes_name, _takes_json, _takes_limit),
    ),
    "check": (
        _check,
        "Check files; print file:line of what is wrong.",
        (_takes_files, _takes_limit),
    ),
    "list": (_list, "List the schedules.", (_takes_json,)),
}
