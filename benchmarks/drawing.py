"""Our drawing against the seed's, and how both planning and drawing grow."""

from __future__ import annotations

import tempfile
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import matplotlib as mpl

import sphinx_pipeviz as pv
from benchmarks.measure import median_time, milliseconds, table
from sphinx_pipeviz.draw.layout import lay_out
from sphinx_pipeviz.draw.paint import paint, text_width
from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.spec import Spec
from tests.draw.seed_way import draw_seed_way, schedule_of

FORMATS = ("svg", "pdf", "png")
SIZES = ((4, 8), (16, 64), (32, 256))
GROWTH = ((4, 8), (8, 32), (16, 64), (32, 256), (64, 512), (128, 1024))


def against_seed(*, quick: bool) -> str:
    """Time from Spec to bytes, and from the seed's schedule to bytes."""
    mpl.use("agg")
    warm_up = {0: [{"type": "forward", "batch": 1, "start_time": 0, "duration": 1}]}
    for format in FORMATS:  # noqa: A001  (both load their fonts)
        draw_seed_way(warm_up, format)
        pv.render(pv.plan("1f1b", devices=1, microbatches=1), format)
    rows = []
    for devices, microbatches in SIZES[:2] if quick else SIZES:
        spec = Spec(schedule="1f1b", devices=devices, microbatches=microbatches)
        schedule = schedule_of(pv.simulate(spec))
        for format in FORMATS:  # noqa: A001  (the public word)
            small = devices * microbatches < 100
            repeats = 15 if small and not quick else 5
            mine, ours = median_time(lambda: pv.render(spec, format), repeats)  # noqa: B023
            slow = repeats if small else 1 if devices > 16 or quick else 3
            other, seeds = median_time(lambda: draw_seed_way(schedule, format), slow)  # noqa: B023
            rows.append(
                (
                    f"{devices} x {microbatches} {format}",
                    *(milliseconds(mine), milliseconds(other), f"{other / mine:.0f}"),
                    *(f"{len(ours) / 1024:.0f}", f"{len(seeds) / 1024:.0f}"),
                )
            )
    heads = ("1F1B", "ours, ms", "seed, ms", "times faster", "ours, KiB", "seed, KiB")
    return table("From a schedule to bytes, medians", heads, rows)


def against_torch(*, quick: bool) -> str:
    """Time to SVG from the numbers, and from PyTorch's order by its own visualizer."""
    title = "From the numbers to SVG, beside PyTorch's visualizer"
    if find_spec("torch") is None:
        return f"## {title}\n\nPyTorch is not installed.\n"
    mpl.use("agg")
    _draw_torch_way(2, 2)  # loads what it needs
    rows = []
    for devices, microbatches in SIZES[:1] if quick else SIZES[:2]:
        spec = Spec(schedule="1f1b", devices=devices, microbatches=microbatches)
        mine, ours = median_time(lambda: pv.render(spec, "svg"), 5)  # noqa: B023
        theirs, torchs = median_time(lambda: _draw_torch_way(devices, microbatches), 1)  # noqa: B023
        rows.append(
            (
                f"{devices} x {microbatches}",
                *(milliseconds(mine), milliseconds(theirs), f"{theirs / mine:.0f}"),
                *(f"{len(ours) / 1024:.0f}", f"{len(torchs) / 1024:.0f}"),
            )
        )
    heads = ("1F1B", "ours, ms", "torch, ms", "times faster", "ours, KiB", "torch, KiB")
    return table(title, heads, rows)


def _draw_torch_way(devices: int, microbatches: int) -> bytes:
    torch = import_module("torch.distributed.pipelining._schedule_visualizer")
    with redirect_stdout(StringIO()), tempfile.TemporaryDirectory() as folder:
        ops = torch.get_schedule_ops("1F1B", devices, microbatches)
        file = Path(folder, "schedule.svg")
        known = torch.action_type_to_color_mapping  # it fails at its own all-reduces
        ops = [[op for op in row if op and op.computation_type in known] for row in ops]
        torch.visualize_schedule(ops, str(file))
        return file.read_bytes()


def growth(*, quick: bool) -> str:
    """Time per op of each step as schedules grow."""
    rows = []
    for devices, microbatches in GROWTH[:4] if quick else GROWTH:
        ops = 2 * devices * microbatches
        plan = pv.plan("1f1b", devices=devices, microbatches=microbatches)
        timeline = pv.simulate(plan)
        scene = lay_out(timeline, STYLES["seed"], text_width)
        repeats = 15 if ops < 5000 else 3 if ops < 100_000 else 1
        steps = (
            lambda: pv.plan("1f1b", devices=devices, microbatches=microbatches),  # noqa: B023
            lambda: pv.simulate(plan),  # noqa: B023
            lambda: lay_out(timeline, STYLES["seed"], text_width),  # noqa: B023
            lambda: paint(scene, "svg"),  # noqa: B023
        )
        times = [median_time(step, repeats)[0] / ops * 1e6 for step in steps]
        rows.append((f"{devices} x {microbatches}", f"{ops:,}", *(f"{t:.2f}" for t in times)))
    heads = ("1F1B", "ops", "plan", "simulate", "lay out", "paint svg")
    return table("Microseconds per op as schedules grow", heads, rows)
