"""Our drawing against the seed's, and how both planning and drawing grow."""

from __future__ import annotations

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
