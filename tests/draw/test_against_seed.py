"""The default picture shows what the seed's own way of drawing shows."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.layout import Size, lay_out
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.public import SEED_SIZE
from tests.draw.seed_way import figure_of, schedule_of

SIZES = [(1, 1), (2, 3), (4, 4), (4, 8), (8, 16)]
#: The scene rounds to thousandths of a point.
CLOSE = 1e-3


@pytest.fixture(params=[(name, *size) for name in ("gpipe", "1f1b") for size in SIZES])
def both(request):
    """Return the seed's axes and our scene of one schedule."""
    name, devices, microbatches = request.param
    timeline = pv.simulate(pv.plan(name, devices=devices, microbatches=microbatches))
    with mpl.rc_context({"backend": "agg"}):
        figure, axes = figure_of(schedule_of(timeline))
    # Wide enough for all labels, and as in the seed with all three kinds in the legend.
    scene = lay_out(
        timeline, STYLES["seed"], text_width, size=Size(*SEED_SIZE), full_legend=True
    )
    yield axes, scene, timeline
    plt.close(figure)


def seed_rectangles(axes, edge):
    return sorted(
        (
            round(patch.get_x(), 3),
            round(patch.get_y(), 3),
            round(patch.get_width(), 3),
            round(patch.get_height(), 3),
            to_hex(patch.get_facecolor()),
        )
        for patch in axes.patches
        if isinstance(patch, Rectangle) and to_hex(patch.get_edgecolor()) == to_hex(edge)
    )


def in_seed_units(scene, box):
    """Return a box as the seed counts: x in time units, y in rows from the bottom."""
    x, y, width, height = box
    grid = scene.panels[0].grid
    return (
        (x - grid.left) / grid.unit,
        (y - grid.bottom) / grid.row_height,
        width / grid.unit,
        height / grid.row_height,
    )


def test_every_task_is_where_the_seed_draws_it_in_its_size_and_colour(both):
    axes, scene, timeline = both
    ours = sorted(
        (*(round(number, 2) for number in in_seed_units(scene, box)), boxes.fill.lower())
        for boxes in scene.panels[0].tasks
        for box in boxes.boxes
    )
    seeds = seed_rectangles(axes, "black")
    assert len(ours) == len(seeds) == sum(map(len, timeline.rows))
    for mine, other in zip(ours, seeds, strict=True):
        assert mine[:4] == pytest.approx(other[:4], abs=CLOSE)
        assert mine[4] == other[4]


def test_every_border_has_the_seeds_colour_and_width(both):
    axes, scene, _ = both
    patches = [p for p in axes.patches if to_hex(p.get_edgecolor()) == "#000000"]
    assert {p.get_linewidth() for p in patches} == {
        boxes.line_width for boxes in scene.panels[0].tasks
    }
    assert {boxes.edge for boxes in scene.panels[0].tasks} == {"#000000"}


def test_every_label_has_the_seeds_place_text_colour_and_weight(both):
    axes, scene, _ = both
    seeds = sorted(
        (*text.get_position(), text.get_text(), to_hex(text.get_color()), text.get_weight())
        for text in axes.texts
        if text.get_text() not in ("Time", "")
    )
    grid = scene.panels[0].grid
    ours = sorted(
        (
            round((x - grid.left) / grid.unit, 2),
            round((y - grid.bottom) / grid.row_height, 2),
            stamp.text,
            stamp.colour.lower(),
            stamp.weight,
        )
        for stamp in scene.panels[0].labels
        for x, y in stamp.places
    )
    assert len(ours) == len(seeds)
    for mine, other in zip(ours, seeds, strict=True):
        assert mine[:2] == pytest.approx(other[:2], abs=CLOSE)
        assert mine[2:] == other[2:]


def test_the_grid_has_the_seeds_cells_and_colours_over_exactly_the_makespan(both):
    # The seed draws one column more than the schedule is long, and lets half of it show
    # (its x axis ends at makespan + 0.5). Our grid ends with the last task.
    axes, scene, timeline = both
    cells = seed_rectangles(axes, "lightgray")
    columns = {cell[0] for cell in cells}
    assert len(columns) == timeline.end + 1
    assert axes.get_xlim() == (0, timeline.end + 0.5)
    assert {cell[4] for cell in cells} == {scene.panels[0].idle.fill.lower()}
    assert scene.panels[0].idle.edge.lower() == to_hex("lightgray")
    assert scene.panels[0].grid_lines.colour == scene.panels[0].idle.edge
    rows = [in_seed_units(scene, box) for box in scene.panels[0].idle.boxes]
    assert rows == [
        pytest.approx((0, row, timeline.end, 1), abs=2e-2)
        for row in reversed(range(timeline.devices))
    ]
    lines = [
        round((x - scene.panels[0].grid.left) / scene.panels[0].grid.unit, 2)
        for (x, _), _ in scene.panels[0].grid_lines.lines
    ]
    assert lines == [float(step) for step in range(1, int(timeline.end))]


def test_rows_and_legend_say_what_the_seeds_say(both):
    axes, scene, _ = both
    texts = {stamp.text: stamp.places for stamp in (*scene.panels[0].texts, *scene.texts)}
    names = [label.get_text() for label in reversed(axes.get_yticklabels())]
    assert [text for text in texts if text.startswith("Device")] == names
    heights = [texts[name][0][1] for name in names]
    assert heights == sorted(heights, reverse=True)
    legend = axes.get_legend()
    assert [t.get_text() for t in legend.get_texts()] == list(texts)[-3:]
    fills = [to_hex(patch.get_facecolor()) for patch in legend.get_patches()]
    assert fills == [boxes.fill.lower() for boxes in scene.legend]
    assert "Time" in texts
