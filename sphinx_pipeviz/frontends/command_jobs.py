"""Jobs -> what became of each: one picture a job, drawn by this process or by several."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinx_pipeviz.cache import Cache, picture_key
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.command_input import about, read
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import draw
from sphinx_pipeviz.spec import Spec

#: Fewer pictures than this for each process are drawn sooner by fewer processes.
WORTH = 12
#: What a file can do wrong; every other exception is a mistake of this package.
KNOWN = (PipevizError, OSError, MemoryError, RecursionError)
#: When a file was changed, and its size; None where there is none.
Stamp = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Job:
    """A picture to draw.

    Args:
        name: What it is drawn from.
        target: Where it goes; - returns it.
        format: ``svg``, ``pdf``, ``png`` or ``text``.
        options: The options of the command.
    """

    name: str
    target: Path
    format: str
    options: argparse.Namespace

    @property
    def style(self) -> dict[str, Any]:
        """The style of what asks for none."""
        return {"base": self.options.style, "font": self.options.font}


@dataclass(slots=True)
class Done:
    """What became of a job.

    Args:
        job: The job.
        error: Why there is no picture; empty if there is one.
        remarks: What its readers may miss.
        data: The picture, if nobody wrote it.
        used: Every file and folder it was made of, as it was when it was read.
    """

    job: Job
    error: str = ""
    remarks: tuple[str, ...] = ()
    data: bytes = b""
    used: dict[str, Stamp] = field(default_factory=dict)


def processes(asked: int | None, jobs: int) -> int:
    """Return how many processes draw ``jobs`` pictures; None asks for what is quickest."""
    usual = min(os.cpu_count() or 1, jobs // WORTH)
    return max(1, min(jobs, usual if asked is None else asked))


def run(jobs: Sequence[Job], count: int, *, apart: bool = False) -> Iterator[Done]:
    """Do jobs; yield each when it is done, in their order.

    Args:
        jobs: What to do.
        count: How many processes do it.
        apart: Whether other processes do it even where one is enough; they import what
            Python objects need anew.

    Raises:
        SpecError: A process was ended from outside.
    """
    if count == 1 and not apart:
        yield from map(do, jobs)
        return
    from sphinx_pipeviz.frontends.command_pool import drawn_by  # noqa: PLC0415  (slow to import)

    yield from drawn_by(count, do, jobs)


def do(job: Job) -> Done:
    """Draw one picture and write it."""
    done = Done(job)

    def note(path: Path) -> None:
        done.used[str(path)] = stamp(path)

    try:
        with about(job.name):
            source = read([job.name], job.options, note)
            data = _drawn(source, job)
        if job.format != "text":
            found = remarks(source, job.style, job.options.max_ops)
            done.remarks = tuple(remark.text for remark in found)
        if job.target == Path("-"):
            done.data = data
        else:
            job.target.parent.mkdir(parents=True, exist_ok=True)
            job.target.write_bytes(data)
    except KNOWN as error:
        done.error = told(error)
    return done


def _drawn(source: Spec, job: Job) -> bytes:
    def make() -> bytes:
        data = draw(source, job.format, job.style, max_ops=job.options.max_ops)
        return data if isinstance(data, bytes) else data.encode()

    if job.options.cache is None or job.format == "text":
        return make()
    key = picture_key(source, style_of(source, job.style), job.format)
    return Cache(job.options.cache).keep(key, job.format, make).read_bytes()


def stamp(path: Path) -> Stamp:
    """Return what changes when a file does, or when files come into a folder."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def told(error: BaseException) -> str:
    """Return one line about one of KNOWN."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if isinstance(error, MemoryError | RecursionError):
        return f"this is too large: {type(error).__name__}"
    return str(error)
