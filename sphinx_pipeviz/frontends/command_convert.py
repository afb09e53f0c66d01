"""The command ``convert``: a schedule in one format -> the same schedule in another."""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec import to_builtins

from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.frontends.command_input import about, read
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.spec import Spec
from sphinx_pipeviz.timelines import plan_of, timeline_of
from sphinx_pipeviz.write import WRITERS, flow, is_order, order_of, write

SUFFIXES = {".yaml": "yaml", ".yml": "yaml", ".csv": "csv", ".json": "json"}
#: Formats that hold times.
_TIMED = ("json", "chrome")


def takes_target(command: argparse.ArgumentParser) -> None:
    """Let a command take the files of one schedule, and what to write."""
    told = "a file, or the files or the folder of one run; - is standard input"
    command.add_argument("files", nargs="+", metavar="FILE", help=told)
    told = "default: the suffix of OUT, else yaml"
    command.add_argument("-t", "--to", choices=tuple(WRITERS), help=told)
    told = "a file; default: print"
    command.add_argument("-o", "--output", metavar="OUT", type=Path, help=told)


def convert(options: argparse.Namespace) -> int:
    """Write what files hold in another format."""
    out: Path | None = None if options.output == Path("-") else options.output
    wanted = _format_of(out, options.to)
    if out is not None and out.resolve() in {Path(file).resolve() for file in options.files}:
        message = f"'{out}' would be written over its own source"
        raise SpecError(message, hint="name another file with --output")
    with about(options.files[0]):
        text = written(read(options.files, options), wanted, options.max_ops)
    if out is None:
        print(text, end="")
        return 0
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8", newline="\n")
    print(out)
    return 0


def _format_of(out: Path | None, asked: str | None) -> str:
    named = SUFFIXES.get(out.suffix.lower()) if out else "yaml"
    if asked is None and named is None:
        message = f"cannot tell the format of '{out}'"
        raise SpecError(message, hint=f"end it in {', '.join(SUFFIXES)} or give --to")
    if out and asked and named not in (None, "json" if asked in _TIMED else asked):
        message = f"'{out}' is named as {named}, but --to is {asked}"
        raise SpecError(message, hint="leave one of them out")
    return asked or named or "yaml"


def written(spec: Spec, format: str, max_ops: int) -> str:
    """Return a schedule as text.

    A timeline stays one, unless only an order can be written. So does an order, with its
    costs, unless times are needed.

    Raises:
        PipevizError: It cannot be had, or the format cannot hold it.
    """
    source = _source(spec, format, max_ops)
    text = write(source, format)
    if format == "yaml" and isinstance(source, Plan) and spec.costs is not None:
        return f"{text}costs: {flow(to_builtins(spec.costs))}\n"
    return text


def _source(spec: Spec, format: str, max_ops: int) -> Plan | Timeline:
    if format in _TIMED or spec.parts or has_times(spec):
        return timeline_of(spec, max_ops=max_ops)
    plan = plan_of(spec, max_ops)
    if format == "yaml" and not is_order(plan):
        return timeline_of(spec, max_ops=max_ops)
    return plan


def has_times(spec: Spec) -> bool:
    """Tell whether a spec holds a timeline."""
    return spec.timeline is not None or isinstance(spec.loaded, Timeline)


def plan_or_order(spec: Spec, max_ops: int) -> Plan:
    """Return the plan of a spec; of a timeline, the order that it runs in.

    Raises:
        PipevizError: There is none, or the order is not complete.
    """
    if spec.parts or has_times(spec):
        return order_of(timeline_of(spec, max_ops=max_ops))
    return plan_of(spec, max_ops)
