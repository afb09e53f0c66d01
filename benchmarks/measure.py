"""What all benchmarks share: timing, fresh processes and Markdown tables."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def median_time(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median of several wall times of some work, in seconds, and its result."""
    times, result = [], None
    for _ in range(repeats):
        result = None  # letting go of the last one is not part of the work
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def run(*command: str) -> str:
    """Return what a fresh process of this Python prints."""
    done = subprocess.run(  # noqa: S603  (our own commands)
        [sys.executable, *command], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return done.stdout


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table under a title; all columns but the first are numbers."""
    marks = ["---", *["---:"] * (len(heads) - 1)]
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows)]
    return "\n".join([f"## {title}", "", *lines, ""])


def milliseconds(seconds: float) -> str:
    """Return a time for a table."""
    return f"{seconds * 1e3:.1f}"
