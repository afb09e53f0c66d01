"""The command ``cache fill``: a documentation that uses Sphinx -> its pictures in a cache."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sphinx_pipeviz.cache import Cache
from sphinx_pipeviz.errors import SpecError

MEGABYTE = 1_000_000


def takes_fill(action: argparse.ArgumentParser) -> None:
    """Let an action take what is drawn, and where to."""
    action.add_argument("source", metavar="SOURCE", type=Path, help="the folder of conf.py")
    told = "the cache's folder, as pipeviz_cache_dir in conf.py; made where it is missing"
    action.add_argument("--dir", type=Path, metavar="DIR", required=True, help=told)
    action.add_argument("--json", action="store_true", help="print JSON")
    told = "a builder whose pictures are drawn; may be given again (default: html)"
    action.add_argument("-b", "--builder", action="append", metavar="BUILDER", help=told)
    told = "how many processes draw, or auto (default: auto)"
    action.add_argument("-j", "--jobs", default="auto", metavar="N", help=told)


def fill(options: argparse.Namespace) -> int:
    """Build the pages of a documentation for the sake of their pictures."""
    if not (options.source / "conf.py").is_file():
        message = f"there is no conf.py in '{options.source}'"
        raise SpecError(message, hint="name the folder of the documentation's sources")
    kept = Cache(options.dir.resolve())
    before = set(kept.pictures())
    for builder in options.builder or ["html"]:
        _build(options, builder, kept.folder)
    new = len(set(kept.pictures()) - before)
    number = len(kept.pictures())
    found = {"dir": str(options.dir), "pictures": number, "new": new}
    return say(options, found, [f"{options.dir}: {amount(number)}, {new} new"])


def _build(options: argparse.Namespace, builder: str, folder: Path) -> None:
    """Build pages into a folder that is thrown away, for the pictures that are kept.

    Raises:
        SpecError: The build failed.
    """
    with tempfile.TemporaryDirectory(prefix="pipeviz-") as thrown:
        settings = ["-D", f"pipeviz_cache_dir={folder}", "-d", f"{thrown}/doctrees"]
        how = ["-q", "-b", builder, "-j", options.jobs, *settings]
        where = [str(options.source), f"{thrown}/{builder}"]
        done = subprocess.run([sys.executable, "-m", "sphinx", *how, *where], check=False)  # noqa: S603
    if done.returncode:
        message = f"sphinx-build ended with exit code {done.returncode}"
        raise SpecError(message, hint="its messages are above")


def say(options: argparse.Namespace, found: dict[str, Any], lines: list[str]) -> int:
    """Print what was found, as JSON or in lines; return the exit code for all is well."""
    print(json.dumps(found, indent=2) if options.json else "\n".join(lines))
    return 0


def amount(number: int, space: int | None = None) -> str:
    """Return a number of pictures, and their size in bytes, in words."""
    word = "picture" if number == 1 else "pictures"
    return f"{number} {word}" + ("" if space is None else f", {size(space)}")


def size(space: int) -> str:
    """Return a number of bytes in words."""
    return f"{space / MEGABYTE:.1f} MB" if space >= MEGABYTE else f"{space / 1000:.1f} kB"
