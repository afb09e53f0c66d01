"""The command ``render``: files -> pictures beside them, in a file or in a folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from sphinx_pipeviz.draw.fonts import check_font
from sphinx_pipeviz.draw.style import resolve_style
from sphinx_pipeviz.errors import PipevizError, SpecError
from sphinx_pipeviz.frontends.command_files import Given, expanded
from sphinx_pipeviz.frontends.command_input import WILD
from sphinx_pipeviz.frontends.command_jobs import Done, Job, processes, run, stamp
from sphinx_pipeviz.frontends.command_progress import Progress

SUFFIXES = {".txt": "text", ".svg": "svg", ".pdf": "pdf", ".png": "png"}
#: Seconds between two looks at files that are watched.
PAUSE = 0.3


def render(options: argparse.Namespace) -> int:
    """Draw each file; the mistakes of one do not stop the others."""
    resolve_style(options.style)
    check_font(options.font)
    if options.watch:
        _watch(options)
    jobs = _jobs(options)
    inside = "-" in options.files  # other processes cannot read standard input
    count = 1 if inside else processes(options.jobs, len(jobs))
    return 1 if _report(run(jobs, count), len(jobs)) else 0


# What to draw


def _jobs(options: argparse.Namespace) -> list[Job]:
    """Return a job for each schedule.

    Raises:
        SpecError: A picture would replace its source, or another picture.
    """
    found = expanded(options.files)
    jobs = [Job(given.name, *place, options) for given, place in _places(found, options)]
    inputs = {Path(given.name).resolve() for given in found}
    targets: set[Path] = set()
    for job in jobs:
        if job.target.resolve() in inputs and job.target != Path("-"):
            message = f"the picture would be drawn over its own source '{job.target}'"
            raise SpecError(message, hint="name another file with --output")
        if job.target in targets:
            message = f"several files would be drawn into '{job.target}'"
            raise SpecError(message, hint="draw them one by one, or into several folders")
        targets.add(job.target)
    return jobs


def _places(
    found: list[Given], options: argparse.Namespace
) -> Iterator[tuple[Given, tuple[Path, str]]]:
    """Yield where the picture of each schedule goes, and its format."""
    out = options.output and Path(options.output)
    several = [given.name for given in found] != options.files or len(found) > 1
    if out is None or several or _is_folder(options.output):
        _check_folder(out, options.output)
        wanted = options.format or "svg"
        for given in found:
            yield given, (_in_folder(given, out, wanted), wanted)
    else:
        yield found[0], (out, _format_of(out, options.format))


def _check_folder(out: Path | None, name: str) -> None:
    """Check that what several pictures go to is no file."""
    if out == Path("-"):
        raise SpecError("only one picture can be printed", hint="name a folder with --output")
    if out and out.suffix.lower() in SUFFIXES and not _is_folder(name):
        message = f"several pictures need a folder, and '{out}' is named as a file"
        raise SpecError(message, hint="end it in / if it is to be a folder")


def _is_folder(name: str) -> bool:
    return name.endswith(("/", os.sep)) or Path(name).is_dir()


def _format_of(out: Path, asked: str | None) -> str:
    """Return the format that a file's suffix, or the option, asks for."""
    named = SUFFIXES.get(out.suffix.lower())
    if asked is not None and named not in (None, asked):
        message = f"'{out}' is named as {named}, but --format is {asked}"
        raise SpecError(message, hint="leave one of them out")
    if asked is None and named is None and out != Path("-"):
        message = f"cannot tell the format of '{out}'"
        hint = f"end it in {', '.join(SUFFIXES)} or in / for a folder, or give --format"
        raise SpecError(message, hint=hint)
    return asked or named or "svg"


def _in_folder(given: Given, folder: Path | None, format: str) -> Path:
    """Return the file in ``folder``, or beside the input, that a picture goes to."""
    suffix = "txt" if format == "text" else format
    stem = Path(given.name).stem.removesuffix(".json")
    unnamed = given.name == "-" or WILD.search(stem)
    name = f"{'schedule' if unnamed else stem}.{suffix}"
    return (Path(given.name).parent if folder is None else folder / given.inside) / name


# What came of it


def _report(results: Iterable[Done], total: int) -> int:
    """Print what was drawn and what could not be; return the number of the latter."""
    progress = Progress(total)
    wrong = 0
    progress.show(0)
    for number, done in enumerate(results, 1):
        progress.clear()
        wrong += bool(done.error)
        _print(done)
        progress.show(number)
    progress.clear()
    if wrong and total > 1:
        print(f"sphinx-pipeviz: {wrong} of {total} files are not drawn", file=sys.stderr)
    return wrong


def _print(done: Done) -> None:
    if done.error:
        print(f"sphinx-pipeviz: {done.error}", file=sys.stderr)
        return
    for remark in done.remarks:
        print(f"{done.job.name}: {remark}", file=sys.stderr)
    if done.job.target == Path("-"):
        sys.stdout.buffer.write(done.data)
    else:
        print(done.job.target, flush=True)


# Again, when a file changes


def _watch(options: argparse.Namespace) -> None:
    """Draw what has changed, until Ctrl-C."""
    if "-" in options.files:
        raise SpecError("standard input cannot be watched", hint="name a file")
    _jobs(options)
    print("sphinx-pipeviz: watching; Ctrl-C ends it", file=sys.stderr)
    with _noted_stops() as stops:
        _redraw(options, stops)
    raise KeyboardInterrupt


def _redraw(options: argparse.Namespace, stops: list[int]) -> None:
    """Draw what has changed, until there is a stop."""
    known: dict[str, Done] = {}
    told = ""
    while not stops:
        try:
            told, changed = "", _changed(_jobs(options), known)
        except PipevizError as error:  # such as a new file that has another's name
            if str(error) != told:
                print(f"sphinx-pipeviz: {error}", file=sys.stderr)
            told, changed = str(error), []
        if changed:
            results = run(changed, processes(options.jobs, len(changed)), apart=True)
            _report(_kept(results, known), len(changed))
        time.sleep(PAUSE)


@contextlib.contextmanager
def _noted_stops() -> Iterator[list[int]]:
    """Give a list that gets every Ctrl-C meanwhile.

    One that meets an object's finalizer is otherwise lost: Python tells of what these
    raise, and goes on.
    """
    stops: list[int] = []
    before, tell = signal.getsignal(signal.SIGINT), sys.unraisablehook

    def stop(number: int, _frame: object) -> None:
        stops.append(number)
        raise KeyboardInterrupt

    def tell_others(found: sys.UnraisableHookArgs) -> None:
        if found.exc_type is not KeyboardInterrupt:
            tell(found)

    if before is not signal.default_int_handler:
        yield stops
        return
    signal.signal(signal.SIGINT, stop)
    sys.unraisablehook = tell_others
    try:
        yield stops
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = tell


def _changed(jobs: list[Job], known: dict[str, Done]) -> list[Job]:
    """Return the jobs whose files are not as they were when they were read."""
    return [
        job
        for job in jobs
        if job.name not in known
        or any(stamp(Path(name)) != then for name, then in known[job.name].used.items())
    ]


def _kept(results: Iterable[Done], known: dict[str, Done]) -> Iterator[Done]:
    for done in results:
        known[done.job.name] = done
        yield done
