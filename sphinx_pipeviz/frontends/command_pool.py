"""Jobs -> what became of each, done by several processes."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from sphinx_pipeviz.errors import SpecError

#: What the processes have loaded before they start.
_PRELOAD = [
    "sphinx_pipeviz.frontends.command",
    "sphinx_pipeviz.draw.glyphs",
    "sphinx_pipeviz.draw.paint",
]
Given = TypeVar("Given")
Result = TypeVar("Result")


def drawn_by(
    count: int, do: Callable[[Given], Result], jobs: Sequence[Given]
) -> Iterator[Result]:
    """Do jobs with ``count`` processes; yield the results in the order of the jobs.

    Raises:
        SpecError: A process was ended from outside.
    """
    size = max(1, len(jobs) // (4 * count))
    try:
        with ProcessPoolExecutor(count, _context(), _begin) as pool:
            with _undisturbed():
                results = pool.map(do, jobs, chunksize=size)
            with _together():
                yield from results
    except BrokenProcessPool:
        message = "a process that draws was ended from outside"
        raise SpecError(message, hint="with --jobs 1 fewer need less memory") from None


def _context() -> multiprocessing.context.BaseContext:
    """Return how processes start: as copies of one that has loaded all, where that works."""
    known = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")
    context.set_forkserver_preload(_PRELOAD)
    return context


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off while processes start, for they would tell where it met them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _together() -> Iterator[None]:
    """End all processes when this one is stopped."""
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        for process in multiprocessing.active_children():
            process.terminate()
        raise


def _begin() -> None:
    """Let Ctrl-C end a process without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
