"""Nothing overlaps, nothing is cut, and everything stands where its time says."""

import itertools
from bisect import bisect
from collections import defaultdict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.layout import Part, Size, lay_out, stack
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.panel import grid_step
from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.picture import Picture
from sphinx_pipeviz.spec import Spec
from sphinx_pipeviz.timelines import timeline_of

FILES = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
EXTENTS = {}
#: Rounding of positions, and of a glyph's outline, in points.
CLOSE = 0.02


def extents(text, weight):
    """Return x0, y0, x1, y1 of the ink of a text of size 1, by matplotlib's own measure."""
    if (text, weight) not in EXTENTS:
        file = FontProperties(fname=f"{get_data_path()}/fonts/ttf/{FILES[weight]}")
        box = TextPath((0, 0), text, size=100, prop=file).get_extents()
        EXTENTS[text, weight] = tuple(number / 100 for number in box.extents)
    return EXTENTS[text, weight]


def inks(stamp):
    """Yield the box (x0, y0, x1, y1) of each stamped text, from real glyphs."""
    x0, y0, x1, y1 = extents(stamp.text, stamp.weight)
    width = (x1 - x0) * stamp.size
    start = {"left": 0, "center": -width / 2, "right": -width}[stamp.align]
    low, high = ((edge - 0.365) * stamp.size for edge in (y0, y1))
    for x, y in stamp.places:
        if stamp.turned:  # reads upwards, so what is up is at the left
            yield (x - high, y + start, x - low, y + start + width)
        else:
            yield (x + start, y + low, x + start + width, y + high)


def corners(box):
    x, y, width, height = box
    return x, y, x + width, y + height


def inside(inner, outer):
    return (
        inner[0] >= outer[0] - CLOSE
        and inner[1] >= outer[1] - CLOSE
        and inner[2] <= outer[2] + CLOSE
        and inner[3] <= outer[3] + CLOSE
    )


def apart(one, other):
    return (
        one[2] <= other[0] + CLOSE
        or other[2] <= one[0] + CLOSE
        or one[3] <= other[1] + CLOSE
        or other[3] <= one[1] + CLOSE
    )


def assert_tidy(scene):
    """Assert what must hold for every picture."""
    page = (0, 0, scene.width, scene.height)
    cells = [corners(box) for boxes in scene.panels[0].tasks for box in boxes.boxes]
    swatches = [corners(box) for boxes in scene.legend for box in boxes.boxes]
    idle = [corners(box) for box in scene.panels[0].idle.boxes]
    texts = [ink for stamp in (*scene.panels[0].texts, *scene.texts) for ink in inks(stamp)]
    points = [point for line in scene.panels[0].lines[0].lines for point in line]
    arrow = (
        min(x for x, _ in points),
        min(y for _, y in points),
        max(x for x, _ in points),
        max(y for _, y in points),
    )
    for box in (*cells, *swatches, *idle, *texts, arrow):
        assert inside(box, page)
    grid = (min(b[0] for b in idle), min(b[1] for b in idle), max(b[2] for b in idle), page[3])
    for box in cells:
        assert inside(box, grid)
    for one, other in itertools.combinations([*texts, *swatches, arrow], 2):
        assert apart(one, other)
    for text in (*texts, *swatches, arrow):
        assert apart(text, grid)


def labels_fit_their_cells(scene):
    """Assert that every label is inside of a cell, in its middle."""
    cells = [corners(box) for boxes in scene.panels[0].tasks for box in boxes.boxes]
    rows = defaultdict(list)
    for cell in sorted(cells):
        rows[cell[1], cell[3]].append(cell)
    for stamp in scene.panels[0].labels:
        for (x, y), ink in zip(stamp.places, inks(stamp), strict=True):
            row = next(row for (low, high), row in rows.items() if low < y < high)
            place = bisect(row, (x,)) - 1
            assert inside(ink, row[place])
            assert x == pytest.approx((row[place][0] + row[place][2]) / 2, abs=0.01)


def scene_of(name, devices, microbatches, style=None, size=None, costs=None, **keys):
    plan = pv.plan(name, devices=devices, microbatches=microbatches, **keys)
    look = msgspec.structs.replace(STYLES["seed"], **(style or {}))
    return lay_out(pv.simulate(plan, costs), look, text_width, size=size)


def scene_of_spec(text):
    spec = pv.read(text)
    part = Part(timeline_of(spec), spec.picture)
    return stack([part], STYLES["seed"], text_width)


@pytest.mark.parametrize("name", ["1f1b", "gpipe", "interleaved-1f1b", "forward-only", "naive"])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (4, 8), (8, 32), (16, 64), (64, 4), (3, 120)])
def test_labels_names_and_legend_fit_for_every_size(name, size):
    devices, microbatches = size
    if name == "interleaved-1f1b":
        microbatches = max(devices, microbatches // devices * devices)
    scene = scene_of(name, devices, microbatches)
    assert_tidy(scene)
    labels_fit_their_cells(scene)


@settings(deadline=None, max_examples=30)
@given(
    devices=st.integers(1, 40),
    microbatches=st.integers(1, 40),
    style=st.fixed_dictionaries(
        {
            "width": st.floats(150, 2000),
            "font_size": st.floats(0.5, 300),
            "row_height": st.floats(0.5, 300),
        }
    ),
    forward=st.floats(0.001, 1e6),
    backward=st.floats(0.001, 1e6),
)
def test_nothing_overlaps_or_leaves_the_page_in_any_style(
    devices, microbatches, style, forward, backward
):
    costs = pv.Costs(forward=forward, backward=backward)
    scene = scene_of("1f1b", devices, microbatches, style, costs=costs)
    assert scene.width == style["width"]
    assert_tidy(scene)
    labels_fit_their_cells(scene)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.floats(0, 5, allow_subnormal=False),
                st.floats(0, 9, allow_subnormal=False),
                st.integers(-5, 10_000),
            ),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_labels_fit_in_written_timelines_of_any_durations(rows):
    devices = []
    for row in rows:
        time, runs = 0.0, []
        for gap, duration, number in row:
            op = pv.Op(None, pv.Kind.OTHER, number, "load")
            runs.append(pv.Run(time + gap, duration, op))
            time += gap + duration
        devices.append(tuple(runs))
    timeline = pv.Timeline(tuple(devices), as_written=True)
    scene = lay_out(timeline, STYLES["seed"], text_width)
    assert_tidy(scene)
    labels_fit_their_cells(scene)


def test_text_width_is_the_width_of_the_glyphs():
    for text in ("1", "11", "174", "Device 12", "Backward for weights", "jf"):
        for weight in FILES:
            x0, _, x1, _ = extents(text, weight)
            assert text_width(text, weight) == pytest.approx(x1 - x0, abs=1e-3)


def test_narrow_cells_lose_their_labels_and_wide_ones_keep_theirs():
    scene = scene_of("1f1b", 8, 32)
    colours = {stamp.colour for stamp in scene.panels[0].labels}
    assert colours == {STYLES["seed"].dark_text}  # backwards, which are twice as wide
    assert {stamp.text for stamp in scene.panels[0].labels} == {str(n) for n in range(1, 33)}
    assert scene_of("1f1b", 16, 64).panels[0].labels == ()


def test_words_read_upwards_in_narrow_cells():
    text = "schedule: 1f1b\ndevices: 4\nmicrobatches: 8\nlabels: '{kind}.{stage}.{mb}'\n"
    scene = scene_of_spec(text)
    how = {stamp.turned: stamp.text[0] for stamp in scene.panels[0].labels}
    assert how == {True: "F", False: "B"}
    labels_fit_their_cells(scene)


def test_a_word_over_several_rows_reads_upwards():
    scene = scene_of_spec(
        "schedule: 1f1b\ndevices: 4\nmicrobatches: 6\noptimizer: aligned\n"
        "labels: {optimizer: Optimizer step}\n"
        "rows: {groups: [{devices: [0, 1, 2, 3], label: g}]}\n"
    )
    (word,) = [stamp for stamp in scene.panels[0].labels if stamp.text == "Optimizer step"]
    assert word.turned
    assert word.size > 7


def test_numbers_stand_as_before():
    for size in ((4, 8), (8, 24), (4, 40)):
        assert not any(stamp.turned for stamp in scene_of("1f1b", *size).panels[0].labels)


def test_one_narrow_task_does_not_shrink_the_labels_of_the_others():
    op = [pv.Op(None, pv.Kind.FORWARD, number) for number in range(20)]
    wide = tuple(pv.Run(float(n), 1.0, op[n]) for n in range(19))
    timeline = pv.Timeline(((*wide, pv.Run(19.0, 0.35, op[19])),), as_written=True)
    sizes = {
        s.text: s.size for s in lay_out(timeline, STYLES["seed"], text_width).panels[0].labels
    }
    assert {sizes[str(n)] for n in range(19)} == {9.0}
    assert 4.2 <= sizes["19"] < 6


def test_a_size_is_kept_exactly():
    for devices in (1, 4, 100):
        scene = scene_of("1f1b", devices, 4, size=Size(1080, 288))
        assert (scene.width, scene.height) == (1080, 288)
        assert_tidy(scene)


def test_height_follows_the_rows_until_there_are_many():
    heights = [scene_of("forward-only", devices, 1).height for devices in (1, 2, 4, 8)]
    steps = [(b - a) / n for a, b, n in zip(heights, heights[1:], (1, 2, 4), strict=False)]
    assert steps == pytest.approx([22.0] * 3)
    assert scene_of("forward-only", 64, 1).panels[0].grid.row_height * 64 == pytest.approx(
        330, rel=1e-3
    )
    assert scene_of("forward-only", 1000, 1).height < 2100


def test_rows_lower_than_their_names_leave_some_names_out():
    names = [
        s.text for s in scene_of("forward-only", 1000, 1).panels[0].texts if "Device" in s.text
    ]
    assert names[:3] == ["Device 1", "Device 4", "Device 7"]


def pair_of(**picture):
    """Return the boxes around and in an overlapped pair, and the labels."""
    plan = pv.Plan.parse(["0F0 (0B0;0F1)OVERLAP_F_B 0B1"])
    scene = lay_out(pv.simulate(plan), STYLES["seed"], text_width, picture=Picture(**picture))
    panel = scene.panels[0]
    left, right = panel.grid.x(1), panel.grid.x(4)
    boxes = [
        (found.fill, found.edge, box)
        for found in panel.tasks
        for box in found.boxes
        if left <= box[0] and box[0] + box[2] <= right + 0.01
    ]
    return boxes, {stamp.text for stamp in panel.labels}


def test_an_overlapped_pair_is_side_by_side_in_one_border_as_wide_as_alone():
    boxes, _ = pair_of()
    style = STYLES["seed"]
    backward, forward, border = (box for _, _, box in sorted(boxes, key=lambda b: b[1] or ""))
    fills = {fill for fill, edge, _ in boxes if edge is None}
    assert fills == {style.forward, style.backward}
    backward, forward = sorted((backward, forward))
    assert backward[2] == pytest.approx(2 * forward[2], abs=0.01)
    assert forward[0] == pytest.approx(backward[0] + backward[2])
    assert border[2] == pytest.approx(forward[2] + backward[2])
    assert [(fill, box) for fill, edge, box in boxes if edge == style.edge] == [(None, border)]


def test_an_overlapped_pair_may_be_stacked_the_first_above():
    boxes, _ = pair_of(overlap="stacked")
    style = STYLES["seed"]
    halves = {fill: box for fill, _, box in boxes}
    backward, forward = halves[style.backward], halves[style.forward]
    assert backward[:1] + backward[2:] == forward[:1] + forward[2:]
    assert backward[1] == pytest.approx(forward[1] + forward[3])


def test_an_overlapped_pair_may_be_merged_with_one_label():
    boxes, labels = pair_of(overlap="merged", labels="{mb}F")
    assert len(boxes) == 1
    assert labels == {"1F", "2B", "1B+2F"}


@pytest.mark.parametrize(
    ("end", "unit", "step"),
    [(11, 40, 1), (500, 1, 5), (500, 3, 1), (1e6, 5e-4, 1e4), (0.5, 900, 0.01), (1, 400, 0.1)],
)
def test_grid_cells_stand_for_round_times_and_are_never_too_narrow(end, unit, step):
    assert grid_step(end, unit) == pytest.approx(step)


@pytest.mark.parametrize("end", [0.0, 5e-324, 1e-12, 0.01, 1.0, 1.5, 1e6, 1e12, 1e30])
def test_timelines_of_any_length_fill_the_width(end):
    timeline = pv.Timeline(((pv.Run(0.0, end, pv.Op(0, pv.Kind.FORWARD, 0)),),), stages=1)
    scene = lay_out(timeline, STYLES["seed"], text_width)
    assert_tidy(scene)
    (_, _, width, _) = scene.panels[0].idle.boxes[0]
    if end > 1e-289:
        assert width == pytest.approx(scene.width - scene.panels[0].grid.left - 6, rel=2e-3)
    assert len(scene.panels[0].grid_lines.lines) < 200


def test_counting_from_zero_changes_names_and_labels_but_not_written_numbers():
    plain = scene_of("1f1b", 2, 2, {"first": 0})
    assert {s.text for s in plain.panels[0].labels} == {"0", "1"}
    assert [s.text for s in plain.panels[0].texts][:2] == ["Device 0", "Device 1"]
    written = pv.read("A: [{type: forward, batch: 7, start_time: 0, duration: 1}]")
    assert isinstance(written, pv.Timeline)
    scene = lay_out(written, STYLES["seed"], text_width)
    assert {s.text for s in scene.panels[0].labels} == {"7"}


def test_a_spec_with_an_absurd_style_is_still_drawn():
    style = {"font-size": 5000, "width": 150, "row-height": 5000}
    spec = Spec(schedule="1f1b", devices=4, microbatches=8, style=style)
    assert pv.render(spec, "svg").endswith(b"</svg>\n")


@pytest.mark.parametrize(
    ("look", "boxes", "edge", "lines", "hatch"),
    [
        ("grid", 2, True, True, False),
        ("fill", 2, False, False, False),
        ("hatch", 2, True, True, True),
        ("none", 0, True, False, False),
    ],
)
def test_looks_of_idle_time(look, boxes, edge, lines, hatch):
    scene = scene_of("1f1b", 2, 2, {"idle_look": look})
    assert len(scene.panels[0].idle.boxes) == boxes
    assert (scene.panels[0].idle.edge is not None) == edge
    assert bool(scene.panels[0].grid_lines.lines) == lines
    assert (scene.panels[0].idle.hatch is not None) == hatch


def test_every_kind_can_be_drawn():
    kinds = [kind for kind in pv.Kind if kind != pv.Kind.OTHER]
    runs = tuple(pv.Run(float(i), 1.0, pv.Op(0, kind, i)) for i, kind in enumerate(kinds))
    for style in STYLES.values():
        scene = lay_out(pv.Timeline((runs,), stages=1), style, text_width)
        assert sum(len(boxes.boxes) for boxes in scene.panels[0].tasks) == len(kinds)
