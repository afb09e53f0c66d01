"""Print all measurements as Markdown; with ``--write FILE`` keep them."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import matplotlib as mpl

from benchmarks.building import importing, warm_builds
from benchmarks.drawing import against_seed, against_torch, growth
from benchmarks.simulating import simulation
from benchmarks.sites import site_builds
from benchmarks.warm_sites import kept_sites


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes and repeats")
    parser.add_argument("--write", metavar="FILE", type=Path, help="also write them here")
    options = parser.parse_args()
    parts = [f"Python {platform.python_version()}, matplotlib {mpl.__version__}\n"]
    print(parts[0], flush=True)
    for measure in (
        against_seed,
        against_torch,
        growth,
        simulation,
        importing,
        warm_builds,
        site_builds,
        kept_sites,
    ):
        parts.append(measure(quick=options.quick))
        print(parts[-1], flush=True)
    if options.write:
        options.write.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
