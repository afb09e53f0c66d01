"""What a picture shows besides its tasks stands where it should, and hides nothing."""

import itertools

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.lettering import SMALLEST_LABEL
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.scene import Boxes, Lines, Stamp
from sphinx_pipeviz.draw.style import STYLES, resolve_style
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.render import check
from sphinx_pipeviz.timelines import parts_of

SEED = STYLES["seed"]
BASE = "schedule: 1f1b\ndevices: 4\nmicrobatches: 6\n"


def scene_of(text, base=BASE):
    spec = read_text(base + text)
    check(spec)
    title = spec.title if spec.parts else None
    parts = [Part(*part) for part in parts_of(spec)]
    return stack(parts, style_of(spec), text_width, title=title)


def panel_of(text, base=BASE):
    return scene_of(text, base).panels[0]


def of_type(panel, kind):
    return [mark for mark in panel.over if isinstance(mark, kind)]


def width(stamp):
    return stamp.size * text_width(stamp.text, stamp.weight)


def box_of(stamp):
    """Return left, low, right and high of a text in one place."""
    ((x, y),) = stamp.places
    start = {"left": 0, "center": width(stamp) / 2, "right": width(stamp)}[stamp.align]
    left, half = x - start, 0.38 * stamp.size
    return left, y - half, left + width(stamp), y + half


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def assert_texts_are_apart_and_on_the_page(scene):
    stamps = [s for p in scene.panels for s in (*p.texts, *p.labels, *of_type(p, Stamp))]
    assert not any("\n" in stamp.text for stamp in (*stamps, *scene.texts))
    texts = [s for p in scene.panels for s in (*p.texts, *of_type(p, Stamp))]
    boxes = [box_of(stamp) for stamp in (*texts, *scene.texts) if len(stamp.places) == 1]
    for index, box in enumerate(boxes):
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= scene.width
        assert box[3] <= scene.height
        assert all(apart(box, other) for other in boxes[:index])


def crosses(stroke, box):
    """Tell whether a stroke goes through a box, by points along it."""
    (x0, y0), (x1, y1) = stroke
    steps = [step / 100 for step in range(101)]
    return any(
        box[0] < x0 + (x1 - x0) * s < box[2] and box[1] < y0 + (y1 - y0) * s < box[3]
        for s in steps
    )


def label_boxes(panel):
    for stamp in panel.labels:
        for place in stamp.places:
            yield box_of(
                Stamp(stamp.text, stamp.size, stamp.colour, stamp.align, stamp.weight, (place,))
            )


EVERYTHING = """
title: "{name}, {time} units, {bubble} idle, {peak} held"
rows:
  label: "GPU {device}\\n(stage {stages})"
  suffix: "{idle} idle\\n{peak} held"
  groups: [{devices: [0, 1], label: "Node\\nA"}, {devices: [2, 3], label: Node B}]
  gap: 0.3
axis: numbers
unit: ms
phases: true
flush: true
arrows: turns
memory: true
highlight: [{from: 3, to: 6, label: Here}]
notes:
  - {text: "below\\nthe rows", time: 2, device: 4}
costs: {p2p: 0.5}
transfers: true
all-reduce: beside
optimizer: aligned
iterations: 2
to: 50
"""


@pytest.mark.parametrize("order", ["up", "down"])
@pytest.mark.parametrize("legend", ["below", "right"])
def test_no_text_meets_another_or_leaves_the_page(order, legend):
    text = EVERYTHING.replace("  gap", f"  order: {order}\n  gap") + f"legend: {legend}\n"
    assert_texts_are_apart_and_on_the_page(scene_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "schedule: zb-h1\ndevices: 1\nmicrobatches: 8\nlegend: right\noptimizer: ready\n",
        "schedule: 1f1b\ndevices: 2\nmicrobatches: 4\nmemory: true\nstyle: {width: 160}\n",
        (
            "schedule: 1f1b\ndevices: 2\nmicrobatches: 4\nstyle: {font-size: 20}\n"
            'rows: {groups: [{devices: [0], label: "of\\ntwo"}]}\n'
        ),
        "schedule: naive\ndevices: 1\nmicrobatches: 1\naxis: numbers\ncosts: {forward: 9997}\n",
    ],
)
def test_odd_sizes_have_room_for_every_text(text):
    assert_texts_are_apart_and_on_the_page(scene_of("", text))


# Lanes


def test_lanes_are_thin_rows_below_their_device_in_which_nothing_overlaps():
    panel = panel_of("transfers: true\ncosts: {p2p: 0.75}\n")
    grid = panel.grid
    boxes = [box for boxes in panel.tasks if boxes.fill == SEED.transfer for box in boxes.boxes]
    assert len(boxes) == 2 * 2 * 3 * 6
    for device in range(4):
        lane = (grid.lane_y(device, 0), grid.row_y(device))
        inside = [b for b in boxes if lane[0] - 0.01 <= b[1] and b[1] + b[3] <= lane[1] + 0.01]
        assert inside
        edges = sorted((b[0], b[1], b[0] + b[2]) for b in inside)
        for one, other in itertools.pairwise(edges):
            assert one[1] != other[1] or one[2] <= other[0] + 0.01
        boxes = [box for box in boxes if box not in inside]
    assert not boxes


def test_lanes_are_drawn_when_they_take_time_and_on_demand_only():
    assert panel_of("transfers: true\n").grid.lanes == 0
    assert panel_of("transfers: true\nlanes: true\n").grid.lanes == 1
    assert panel_of("transfers: true\ncosts: {p2p: 1}\n").grid.lanes == 1
    assert panel_of("transfers: true\ncosts: {p2p: 1}\nlanes: false\n").grid.lanes == 0


def test_the_legend_lists_what_lanes_show():
    words = [s.text for s in scene_of("transfers: true\ncosts: {p2p: 1}\n").texts]
    assert words == ["Forward", "Backward", "Transfer"]
    hidden = scene_of("transfers: true\ncosts: {p2p: 1}\nlanes: false\n")
    assert [s.text for s in hidden.texts] == ["Forward", "Backward"]


def test_an_all_reduce_beside_the_work_is_in_the_lane():
    panel = panel_of("all-reduce: beside\nlabels: {all-reduce: G}\ncosts: {all-reduce: 4}\n")
    (boxes,) = (boxes for boxes in panel.tasks if boxes.fill == SEED.all_reduce)
    lows = {box[1] for box in boxes.boxes}
    assert lows == {panel.grid.lane_y(device, 0) for device in range(4)}
    assert sum(len(s.places) for s in panel.labels if s.text == "G") == 4


# Words


def test_labels_may_differ_by_kind_and_per_step_ones_have_none_by_default():
    texts = {s.text for s in panel_of("optimizer: aligned\niterations: 2\n").labels}
    assert texts == {str(n) for n in range(1, 13)}
    own = panel_of("optimizer: aligned\nlabels: {forward: 'F{mb}', optimizer: Step}\n")
    assert {s.text for s in own.labels} >= {"F1", "1", "Step"}
    assert panel_of("labels: {default: none}\n").labels == ()


def test_labels_may_count_anew_in_each_iteration():
    texts = {s.text for s in panel_of("iterations: 2\nlabels: '{nth}'\n").labels}
    assert texts == {str(n) for n in range(1, 7)}


def test_the_authors_word_for_a_task_may_be_its_label():
    timeline = "timeline: {A: [{type: copy_in, batch: 3, start_time: 0, duration: 1}]}\n"
    panel = panel_of("labels: '{kind} {mb}'\n", timeline)
    assert [s.text for s in panel.labels] == ["copy_in 3"]


def test_legends_may_have_words_of_their_own_and_stand_at_the_right():
    scene = scene_of('legend: {forward: "Forward\\nPass", position: right}\n')
    assert [s.text for s in scene.texts] == ["Forward Pass", "Backward"]
    assert all(s.places[0][0] > scene.panels[0].grid.right for s in scene.texts)


def test_legends_may_have_an_entry_for_each_chunk():
    base = "schedule: interleaved-1f1b\ndevices: 2\nmicrobatches: 4\n"
    scene = scene_of("legend: {apart: true, forward: fwd}\n", base)
    words = [s.text for s in scene.texts]
    assert words == ["fwd, chunk 1", "fwd, chunk 2", "Backward, chunk 1", "Backward, chunk 2"]
    assert scene.legend[0].fill == SEED.forward


def test_rows_may_be_named_one_by_one_or_not_at_all():
    names = [s.text for s in panel_of("rows: {label: [a, b, c, 'd{device}']}\n").texts]
    assert names[:4] == ["a", "b", "c", "d4"]
    bare = panel_of("rows: {label: none}\n")
    assert [s.text for s in bare.texts] == ["Time"]
    assert bare.grid.left < 15


def test_names_of_two_lines_stand_around_the_middle_of_their_row():
    panel = panel_of('rows: {label: "GPU {device}\\n(stages {stages})"}\nchunks: 1\n')
    one, two = (s.places[0][1] for s in panel.texts[:2])
    assert (one + two) / 2 == pytest.approx(
        panel.grid.row_y(0) + panel.grid.row_height / 2, abs=0.01
    )
    assert one > two
    assert [s.text for s in panel.texts[:2]] == ["GPU 1", "(stages 1)"]


def test_digits_stand_above_each_other_where_a_number_is_too_wide():
    panel = panel_of("", "schedule: zb-h1\ndevices: 4\nmicrobatches: 24\n")
    assert {s.text for s in panel.labels} <= set("0123456789")
    assert min(s.size for s in panel.labels) >= SMALLEST_LABEL
    grid = panel.grid
    for stamp in panel.labels:
        for _, y in stamp.places:
            low = next(b for b in grid.bottoms if b <= y <= b + grid.row_height)
            assert low < y - 0.36 * stamp.size
            assert y + 0.36 * stamp.size < low + grid.row_height


def test_titles_may_hold_numbers():
    texts = [s.text for s in panel_of('title: "{name}: {time}, {bubble}, {peak}"\n').texts]
    assert "1f1b: 27, 33%, 4" in texts


def test_a_comparison_has_a_title_above_all_panels():
    scene = scene_of(
        "compare: [{title: one, schedule: gpipe}, {schedule: 1f1b}]\ntitle: both\n",
        "devices: 2\nmicrobatches: 2\n",
    )
    title = scene.texts[-1]
    assert title.text == "both"
    assert title.places[0][1] > scene.panels[0].texts[2].places[0][1]
    assert_texts_are_apart_and_on_the_page(scene)


# Rows and blocks


GROUPS = (
    "rows: {gap: 0.5, groups: [{devices: [0, 1], label: a}, {devices: [2, 3], label: b}]}\n"
)


def test_gaps_part_groups_where_there_are_some():
    grid = panel_of(GROUPS).grid
    steps = [a - b for a, b in itertools.pairwise(grid.bottoms)]
    assert steps == pytest.approx([22, 33, 22], abs=0.01)


def test_optimizer_steps_of_a_group_are_one_block():
    panel = panel_of(GROUPS + "optimizer: aligned\nlabels: {optimizer: Step}\n")
    (steps,) = (boxes for boxes in panel.tasks if boxes.fill == SEED.optimizer)
    assert [box[3] for box in steps.boxes] == pytest.approx([44, 44], abs=0.01)
    assert sum(len(s.places) for s in panel.labels if s.text == "Step") == 2
    apart = panel_of("optimizer: aligned\n")
    (steps,) = (boxes for boxes in apart.tasks if boxes.fill == SEED.optimizer)
    assert len(steps.boxes) == 4


# Time


def test_a_cut_timeline_goes_on_with_an_ellipsis_at_each_cut_side():
    def places(text):
        return [p for s in panel_of(text).texts if s.text == "⋯" for p in s.places]

    assert places("") == []
    assert len(places("to: 20\n")) == 1
    panel = panel_of("from: 4\nto: 20\n")
    left, right = places("from: 4\nto: 20\n")
    assert left[0] < panel.grid.left
    assert right[0] > panel.grid.right
    assert_texts_are_apart_and_on_the_page(
        scene_of("from: 4\nto: 20\nrows: {suffix: '{idle}'}\n")
    )


def test_a_flush_line_stands_where_an_iteration_ends():
    panel = panel_of("iterations: 3\nflush: true\n")
    xs = [line.lines[0][0][0] for line in of_type(panel, Lines)]
    assert xs == [panel.grid.x(27), panel.grid.x(54)]


def phases(text, style="seed"):
    panel = panel_of(f"{text}style: {style}\n")
    names = {"Warm-up", "Steady state", "Cool-down", "Fill", "Run", "Drain"}
    return panel, [s for s in panel.texts if s.text in names]


def test_phases_have_brackets_with_our_names_or_the_authors():
    panel, names = phases("phases: true\n")
    assert [s.text for s in names] == ["Warm-up", "Steady state", "Cool-down"]
    _, own = phases("phases: [Fill, Run]\n")
    assert [s.text for s in own] == ["Fill", "Run"]
    assert [s.places for s in own] == [s.places for s in names[:2]]
    assert all(s.places[0][1] < panel.grid.bottom for s in names)


def test_phases_may_be_parts_of_the_time_of_any_timeline():
    text = "phases: [{text: Fill, to: 4}, {text: Run, to: 20}]\n"
    panel, (fill, run) = phases(text)
    middles = [panel.grid.x(2), panel.grid.x(12)]
    assert [fill.places[0][0], run.places[0][0]] == pytest.approx(middles, abs=0.01)


def test_phases_may_be_bands_that_hold_their_names():
    panel, (fill, run) = phases("phases: [Fill, Run]\n", "{phase-look: band}")
    bands = [(box, boxes.fill) for boxes in panel.curves for box in boxes.boxes]
    assert len({fill for _, fill in bands}) == 2
    for stamp, ((x, y, wide, high), _) in zip((fill, run), bands, strict=True):
        left, low, right, top = box_of(stamp)
        assert x <= left
        assert right <= x + wide
        assert y <= low
        assert top <= y + high


# Arrows and notes


@pytest.mark.parametrize(
    "text",
    [
        "arrows: transfers\n",
        "arrows: turns\n",
        "follow: [1, 2, 3, 4, 5, 6]\n",
        "follow: [1, 2, 3, 4, 5, 6]\nlabels: 'F_{s,m}'\ncosts: {p2p: 0.5}\n",
        "critical-path: true\n",
        "critical-path: true\ncosts: {forward: [1, 2, 3, 1], backward: [3, 1, 2, 3]}\n",
    ],
)
@pytest.mark.parametrize("order", ["up", "down"])
def test_lines_do_not_strike_through_labels(text, order):
    panel = panel_of(f"{text}rows: {{order: {order}}}\n")
    strokes = [stroke for line in of_type(panel, Lines) for stroke in line.lines]
    assert strokes
    for box in label_boxes(panel):
        assert not any(crosses(stroke, box) for stroke in strokes)


def test_arrows_of_transfers_go_from_the_end_of_a_pass_to_the_one_that_needs_it():
    panel = panel_of("arrows: transfers\ncosts: {p2p: 0.5}\n")
    (lines,) = of_type(panel, Lines)
    assert len(lines.lines) == 3 * 2 * 3 * 6  # shaft and head, from 3 devices each way
    starts = {line[0][0] for line in lines.lines[::3]}
    assert panel.grid.x(1) in starts


@pytest.mark.parametrize(("order", "above"), [("up", True), ("down", False)])
def test_turns_are_arcs_outside_of_the_rows(order, above):
    panel = panel_of(f"arrows: turns\nrows: {{order: {order}}}\n")
    (lines,) = of_type(panel, Lines)
    ys = [y for stroke in lines.lines for _, y in stroke]
    assert min(ys) >= panel.grid.top if above else max(ys) <= panel.grid.bottom


def test_a_transition_is_an_arrow_with_a_text_between_two_panels():
    scene = scene_of(
        'compare: [{schedule: gpipe}, {schedule: 1f1b, transition: "then\\nthis"}]\n',
        "devices: 2\nmicrobatches: 2\n",
    )
    upper, lower = scene.panels
    (arrow,) = of_type(lower, Lines)
    ys = [y for stroke in arrow.lines for _, y in stroke]
    assert lower.grid.top < min(ys) < max(ys) < upper.grid.bottom
    assert [s.text for s in of_type(lower, Stamp)] == ["then", "this"]
    assert_texts_are_apart_and_on_the_page(scene)


@pytest.mark.parametrize("time", [-5, 0, 13, 27, 40])
@pytest.mark.parametrize("device", [-1, 0, 1.5, 3, 3.6, 4])
def test_notes_stay_in_the_picture(time, device):
    note = f"{{text: 'a long note\\nof two lines', time: {time}, device: {device}}}"
    scene = scene_of(f"notes: [{note}]\n")
    stamps = of_type(scene.panels[0], Stamp)
    grid = scene.panels[0].grid
    for stamp in stamps:
        left, low, right, high = box_of(stamp)
        assert left >= grid.left
        assert right <= grid.right
        assert low >= 0
        assert high <= scene.height
    outside = device < 0 or device > 3.5
    ys = [s.places[0][1] for s in stamps]
    assert outside == (min(ys) > grid.top or max(ys) < grid.bottom)
    assert_texts_are_apart_and_on_the_page(scene)


def test_a_note_points_to_a_place():
    panel = panel_of("notes: [{text: x, time: 5, device: 0, points-to: [10, 2]}]\n")
    (line,) = of_type(panel, Lines)
    x, y = line.lines[0][1]
    grid = panel.grid
    assert x == grid.x(10)
    assert grid.row_y(2) + 0.8 * grid.row_height < y < grid.row_y(2) + grid.row_height


# Highlights


def test_a_highlight_is_a_border_or_a_hatch_in_the_cells():
    border = panel_of("highlight: [{kind: B, microbatch: 4}]\n")
    (frame,) = of_type(border, Boxes)
    assert (frame.fill, frame.edge, len(frame.boxes)) == (None, SEED.accent, 4)
    hatch = panel_of("highlight: [{kind: B, microbatch: 4, hatch: checked}]\n")
    assert not of_type(hatch, Boxes)
    (boxes,) = (boxes for boxes in hatch.tasks if boxes.hatch)
    assert (boxes.hatch.pattern, boxes.fill) == ("checked", SEED.backward)
    assert set(boxes.boxes) == set(frame.boxes)


def test_the_label_of_a_highlight_at_the_top_has_room():
    plain, labelled = (
        scene_of(f"highlight: [{{from: 3, to: 6{label}}}]\n") for label in ("", ", label: x")
    )
    assert labelled.height > plain.height
    assert_texts_are_apart_and_on_the_page(labelled)


LONG = "A title that says more than fits on the page " * 4


@pytest.mark.parametrize("legend", ["below", "right"])
def test_titles_shrink_or_move_before_they_leave_the_page_and_have_room_for_lines(legend):
    long = scene_of(f"title: {LONG}\nlegend: {legend}\nrows: {{suffix: '{{idle}} idle'}}\n")
    assert_texts_are_apart_and_on_the_page(long)
    text = (
        'compare: [{schedule: gpipe, title: "one\\ntwo"}, {schedule: 1f1b, title: x}]\n'
        f'title: "All\\n{LONG}"\ndevices: 3\nmicrobatches: 4\nphases: true\n'
    )
    lines = scene_of(text, base="")
    assert [s.text for s in lines.panels[0].texts if s.weight == "bold"] == ["one", "two"]
    assert_texts_are_apart_and_on_the_page(lines)


def test_long_notes_and_transitions_shrink_before_they_leave_the_page():
    note = scene_of(f"notes: [{{text: {LONG}, time: 3, device: 4}}]\n")
    assert_texts_are_apart_and_on_the_page(note)
    text = f"compare: [{{schedule: gpipe}}, {{schedule: 1f1b, transition: {LONG}}}]\n"
    assert_texts_are_apart_and_on_the_page(scene_of(text, "devices: 2\nmicrobatches: 2\n"))


def test_long_suffixes_are_small_but_there():
    text = f"rows: {{suffix: {LONG[:90]}, groups: [{{devices: [0, 1], label: {LONG[:40]}}}]}}\n"
    scene = scene_of(text)
    assert sum(s.text.startswith("A title") for s in scene.panels[0].texts) == 5
    assert_texts_are_apart_and_on_the_page(scene)


def test_labels_of_highlights_stay_on_the_page_and_may_have_lines_and_subscripts():
    text = 'highlight: [{from: 26, to: 27, label: "a long label at the end\\nW_{1}"}]\n'
    scene = scene_of(text)
    assert {s.text for s in of_type(scene.panels[0], Stamp)} == {
        "a long label at the end",
        "W",
        "1",
    }
    assert_texts_are_apart_and_on_the_page(scene)


def test_what_is_outside_of_the_range_of_time_is_not_pointed_out():
    highlights = "highlight: [{from: 3, to: 4, label: a}, {from: 20, to: 25, label: b}]\n"
    notes = "notes: [{text: c, time: 4, device: 1}, {text: d, time: 20, device: 1}]\n"
    texts = [s.text for s in of_type(panel_of(highlights + notes), Stamp)]
    assert texts == ["a", "b", "c", "d"]
    cut = panel_of(f"{highlights}{notes}from: 5\nto: 15\n")
    assert not cut.over


def test_curves_have_the_order_of_the_rows():
    for order, first in (("down", "Device 1"), ("up", "Device 4")):
        panel = panel_of(f"memory: true\nrows: {{order: {order}}}\n")
        names = [s for s in panel.texts if s.text.startswith("Device") and s.size < 9]
        assert max(names, key=lambda stamp: stamp.places[0][1]).text == first


@pytest.mark.parametrize("devices", [4, 32, 64, 128])
def test_curves_shrink_where_there_are_many_and_their_names_stay_apart(devices):
    base = f"schedule: 1f1b\ndevices: {devices}\nmicrobatches: 4\n"
    plain, panel = panel_of("", base), panel_of("memory: true\n", base)
    assert panel.grid.bottom - plain.grid.bottom <= 20 + max(330, 3 * devices)
    peaks = [box_of(s) for s in panel.texts if s.text.startswith("max ")]
    assert all(one[1] >= other[3] for one, other in itertools.pairwise(peaks))


def test_the_label_of_a_highlight_between_rows_has_a_ground():
    panel = panel_of("highlight: [{device: 2, microbatch: 2, label: here}]\n")
    ground = next(boxes for boxes in of_type(panel, Boxes) if boxes.fill == SEED.background)
    (label,) = of_type(panel, Stamp)
    left, low, right, high = box_of(label)
    ((x, y, wide, tall),) = ground.boxes
    assert (x <= left, y <= low, x + wide >= right, y + tall >= high) == (True,) * 4


def test_words_in_the_bubble_can_be_read_or_are_left_out():
    narrow = panel_of("bubble: words that are far too long for the box in this gap\n")
    assert of_type(narrow, Boxes)
    assert not of_type(narrow, Stamp)
    lines = of_type(panel_of('bubble: "idle\\nT_{1}"\n'), Stamp)
    assert [stamp.text for stamp in lines] == ["idle", "T", "1"]


def test_words_stand_upright_in_a_narrow_bubble():
    base = "schedule: zb-v\ndevices: 8\nmicrobatches: 32\n"
    panel = panel_of("bubble: true\n", base)
    (box,) = next(boxes for boxes in of_type(panel, Boxes)).boxes
    letters = of_type(panel, Stamp)
    assert "".join(letter.text for letter in letters) == "Bubble"
    for letter in letters:
        left, low, right, high = box_of(letter)
        assert (left >= box[0], right <= box[0] + box[2]) == (True, True)
        assert (low >= box[1], high <= box[1] + box[3]) == (True, True)


def test_arrows_do_not_cross_the_words_in_the_bubble():
    panel = panel_of("bubble: true\narrows: transfers\ncosts: {p2p: 0.5}\n")
    lines = max(i for i, mark in enumerate(panel.over) if isinstance(mark, Lines))
    words = next(i for i, mark in enumerate(panel.over) if isinstance(mark, Stamp))
    assert lines < words


def test_a_phase_too_short_for_its_name_takes_no_other_name_away():
    long = "a very long name of a phase"
    panel = panel_of(
        f"phases: [{{text: a, to: 9}}, {{text: {long}, to: 11}}, {{text: c, to: 20}}]\n"
    )
    names = [s for s in panel.texts if s.text in ("a", long, "c")]
    assert [(s.text, s.size) for s in names] == [("a", 9.0), ("c", 9.0)]


def test_three_names_of_phases_are_those_of_warm_up_steady_state_and_cool_down():
    base = "schedule: gpipe\ndevices: 4\nmicrobatches: 6\n"
    panel = panel_of('phases: ["Fill\\nup", Run, Drain]\n', base)
    assert [s.text for s in panel.texts if s.text in ("Fill up", "Run", "Drain")] == [
        "Fill up",
        "Drain",
    ]


def test_labels_are_not_higher_than_their_rows():
    panel = panel_of("style: {row-height: 4}\n")
    assert not panel.labels


# Values and chunks


VALUES = """
timeline:
  1:
    - {type: f, batch: 1, start_time: 0, duration: 1, value: 100, stage: 1}
    - {type: b, batch: 1, start_time: 4, duration: 2, value: 300, stage: 1}
  2:
    - {type: f, batch: 1, start_time: 1, duration: 1, value: 200, stage: 2}
    - {type: b, batch: 1, start_time: 2, duration: 2, stage: 2}
"""


def test_the_legend_of_one_value_has_no_range():
    base = VALUES.replace("100", "200").replace("300", "200")
    assert [stamp.text for stamp in scene_of("color-by: value\n", base).texts] == ["Value: 200"]


def test_fills_may_stand_for_values_with_a_bar_as_legend():
    scene = scene_of("color-by: value\nlegend: {value: Power}\n", VALUES)
    scale = SEED.value_scale
    fills = [boxes.fill for boxes in scene.panels[0].tasks]
    assert fills == [scale[0], scale[3], SEED.value_fill(200, 100, 300), SEED.idle]
    assert [s.text for s in scene.texts] == ["Power: 100 to 300"]
    bar = [boxes.fill for boxes in scene.legend]
    assert (bar[0], bar[-1], len(bar)) == (scale[0], scale[3], 25)
    assert {boxes.edge for boxes in scene.legend} == {None}


def test_the_color_of_labels_may_tell_chunks_apart():
    base = "schedule: interleaved-1f1b\ndevices: 2\nmicrobatches: 4\n"
    scene = scene_of('style: {chunk-text: ["#FFEE00"]}\n', base)
    assert {boxes.fill for boxes in scene.panels[0].tasks} == {SEED.forward, SEED.backward}
    assert "#FFEE00" in {s.colour for s in scene.panels[0].labels}
    words = [s.text for s in scene.texts]
    assert words == ["Forward", "Backward", "Chunk 2", "1"]


# Mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: {optimizer: '{x}'}\n", "4: a label has no '{x}'"),
        ("labels: {optimiser: Step}\n", "4: there is no key 'optimiser' in labels"),
        ("legend: {forwards: x}\n", "4: there is no key 'forwards' in legend"),
        ("rows: {label: [a, b]}\n", "4: rows.label has 2 entries for 4 devices"),
        ("rows:\n  suffix: [a, b, c, '{x}']\n", "5: a row has no '{x}'"),
        ("title: '{x}'\n", "4: a title has no '{x}'"),
        ("phases: [{text: a}]\n", "4: phases[0] lacks the key 'to'"),
        ("color-by: value\n", "4: no task has a value"),
        ("overlap: above\n", "4: overlap cannot be"),
        ("arrows: back\n", "4: arrows cannot be"),
        ("follow: 9\n", "4: there is no microbatch 9 to follow"),
        ("highlight: [{kind: B, hatch: dots}]\n", "4: "),
        ("highlight: [{microbatch: 9, hatch: checked}]\n", "4: no task is as"),
        ("highlight: [{from: 5, to: 2}]\n", "4: there is no time from 5 to 2"),
        ("highlight: [{from: 500}]\n", "4: there is no time from 500 to 27"),
        (
            "phases:\n- {text: a, to: 5}\n- {text: b, to: 3}\n",
            "6: phase 'b' begins at 5 and",
        ),
        ("phases: [a, b, c, d]\n", "4: phases has 4 names for 3 phases"),
        ("labels: '{}'\n", "4: a label has no '{}'"),
        ("labels: 'F_{}'\n", "4: a label has no '{}'"),
        ("rows: {groups: [{devices: [0, 2], label: x}]}\n", "4: devices 0, 2 are not next"),
        (
            "rows: {groups: [{devices: [0, 1], label: x}, {devices: [1], label: y}]}\n",
            "4: device 1 is in two groups",
        ),
        ("rows: {groups: [{devices: [0, 9], label: x}]}\n", "4: there is no device 9"),
        ("style: {row-height: 0}\n", "4: style.row-height must be a number above 0, not 0"),
        (
            "style: {hatches: {forward: x}}\n",
            "4: style.hatches.forward cannot be",
        ),
    ],
)
def test_a_mistake_has_its_line(text, message):
    with pytest.raises(pv.PipevizError) as caught:
        check(read_text(BASE + text, source="s"))
    assert str(caught.value).startswith(f"s:{message}")


def test_styles_take_the_new_looks():
    style = resolve_style({"phase-look": "band", "value-scale": ["#000000", "#FFFFFF"]})
    assert style.value_fill(1, 0, 2) == "#808080"
    assert resolve_style({"value-scale": []}).value_fill(2, 0, 2) == SEED.value_scale[-1]
