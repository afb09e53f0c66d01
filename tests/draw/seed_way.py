"""The seed's way of drawing: one patch and one text per task, through pyplot.

It stands here as the measure of two things: the tests compare our rectangles, labels and
colours with its artists, and ``python -m benchmarks`` compares our speed with its own.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sphinx_pipeviz import Kind, Timeline

FILLS = {"forward": "royalblue", "backward": "sandybrown"}
INKS = {"forward": "white"}
OPTIMIZER = "#FFEFCF"

Schedule = dict[int, list[dict[str, Any]]]


def schedule_of(timeline: Timeline) -> Schedule:
    """Return a timeline in the seed's form, which counts microbatches from 1."""
    words = {Kind.FORWARD: "forward", Kind.BACKWARD: "backward"}
    return {
        device: [
            {
                "type": words[run.slot.kind],
                "batch": run.slot.microbatch + 1,
                "start_time": run.start,
                "duration": run.duration,
            }
            for run in row
        ]
        for device, row in enumerate(timeline.rows)
    }


def figure_of(schedule: Schedule) -> tuple[Figure, Axes]:
    """Return the seed's figure; x is time, y counts rows from the bottom.

    The grid has ``int(end) + 1`` columns of one time unit, so one column more than the
    schedule is long, half of which the limits of the x axis let show.
    """
    end = max(_end(task) for tasks in schedule.values() for task in tasks)
    figure, axes = plt.subplots(figsize=(15, 4))
    for row in range(len(schedule)):
        for column in range(int(end) + 1):
            axes.add_patch(_cell(column, row, 1.0, "whitesmoke", "lightgray"))
    for index, tasks in enumerate(schedule.values()):
        for task in tasks:
            _draw_task(axes, task, len(schedule) - 1 - index)
    _draw_surroundings(axes, len(schedule), end)
    return figure, axes


def draw_seed_way(schedule: Schedule, format: str) -> bytes:
    """Return the seed's figure as bytes; it saves at 300 dpi with a tight box."""
    figure, _ = figure_of(schedule)
    data = BytesIO()
    plt.tight_layout()
    plt.savefig(data, format=format, dpi=300, bbox_inches="tight")
    plt.close(figure)
    return data.getvalue()


def _end(task: dict[str, Any]) -> float:
    return task["start_time"] + task["duration"]


def _cell(x: float, row: int, width: float, fill: str, edge: str) -> Rectangle:
    return Rectangle((x, row), width, 1.0, edgecolor=edge, facecolor=fill, linewidth=0.5)


def _draw_task(axes: Axes, task: dict[str, Any], row: int) -> None:
    start, duration, kind = task["start_time"], task["duration"], task["type"]
    axes.add_patch(_cell(start, row, duration, FILLS.get(kind, OPTIMIZER), "black"))
    axes.text(
        start + duration / 2,
        row + 0.5,
        str(task["batch"]),
        ha="center",
        va="center",
        fontsize=10,
        fontweight="bold",
        color=INKS.get(kind, "black"),
    )


def _draw_surroundings(axes: Axes, rows: int, end: float) -> None:
    axes.set_xlim(0, end + 0.5)
    axes.set_ylim(-0.5, rows + 0.5)
    axes.set_yticks([row + 0.5 for row in range(rows)])
    axes.set_yticklabels([f"Device {rows - row}" for row in range(rows)])
    axes.set_xticks([])
    axes.text(0.5, -0.4, "Time", ha="right", va="center", fontsize=10)
    arrow = {"arrowstyle": "->", "lw": 1}
    axes.annotate("", xy=(2, -0.4), xytext=(1, -0.4), arrowprops=arrow)
    for spine in axes.spines.values():
        spine.set_visible(False)
    fills = [*FILLS.values(), OPTIMIZER]
    axes.legend(
        [Rectangle((0, 0), 1, 1, facecolor=fill) for fill in fills],
        ["Forward", "Backward", "Optimizer step"],
        loc="upper center",
        bbox_to_anchor=(0.5, -0.15),
        ncol=3,
        frameon=False,
    )
    axes.grid(visible=False)
