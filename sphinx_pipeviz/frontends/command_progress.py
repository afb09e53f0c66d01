"""How far the command is: a bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys

WIDTH = 24


class Progress:
    """A bar in the last line of a terminal.

    Args:
        total: How many there are to do; there is no bar for a single one.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = total > 1 and sys.stderr.isatty()

    def show(self, done: int) -> None:
        """Show how many are done."""
        if self._shown:
            filled = WIDTH * done // self._total
            bar = "#" * filled + "." * (WIDTH - filled)
            sys.stderr.write(f"\r[{bar}] {done}/{self._total}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Make room for a line of text."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
