"""How planning and simulating grow, beside a plain simulator."""

from __future__ import annotations

import gc

import sphinx_pipeviz as pv
from benchmarks.measure import median_time, milliseconds, table
from benchmarks.plain_simulation import simulate_plainly

#: Devices, microbatches, chunks.
SIZES = ((4, 8, 2), (8, 64, 2), (16, 128, 2), (32, 256, 4), (64, 512, 4), (64, 1024, 4))


def simulation(*, quick: bool) -> str:
    """Time from the numbers to a Plan, and from a Plan to times."""
    rows = []
    for devices, microbatches, chunks in SIZES[:4] if quick else SIZES:
        keys = {"devices": devices, "microbatches": microbatches, "chunks": chunks}
        plan = pv.plan("interleaved-1f1b", **keys)
        ops = 2 * devices * microbatches * chunks
        repeats = 15 if ops < 20_000 else 3
        gc.collect()
        planning, _ = median_time(lambda: pv.plan("interleaved-1f1b", **keys), repeats)  # noqa: B023
        ours, timeline = median_time(lambda: pv.simulate(plan), repeats)  # noqa: B023
        plain, others = median_time(lambda: simulate_plainly(plan), repeats)  # noqa: B023
        if timeline.rows != others:
            raise RuntimeError("the simulators disagree")
        rows.append(
            (
                f"{devices} x {microbatches} x {chunks}",
                f"{ops:,}",
                *(milliseconds(planning), milliseconds(ours), milliseconds(plain)),
                *(f"{ours / ops * 1e6:.2f}", f"{plain / ops * 1e6:.2f}"),
                f"{plain / ours:.1f}",
            )
        )
    heads = ("interleaved 1F1B", "ops", "plan, ms", "simulate, ms", "plain loop, ms")
    per_op = ("simulate, µs per op", "plain loop, µs per op", "times faster")
    return table("Planning and simulating, medians", (*heads, *per_op), rows)
