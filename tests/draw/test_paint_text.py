"""Golden text grids: what terminals, text builders and man pages get."""

import re

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.paint_text import ASCII, Page, paint_text
from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.draw.terminal import Look, coloured
from sphinx_pipeviz.picture import Picture
from sphinx_pipeviz.readers.written_timeline import timeline_from_data
from sphinx_pipeviz.render import draw_text

SEED = STYLES["seed"]

GRIDS = {
    ("1f1b", 2, 3): """\
t =      0     2     4     6     8     10
Device 1 │F1│F2│     │B1   │F3│B2   │  │B3   │
Device 2    │F1│B1   │F2│B2   │F3│B3   │

F forward, B backward
""",
    ("gpipe", 2, 2): """\
t =      0  1  2  3  4  5  6  7  8
Device 1 │F1│F2│        │B1   │B2   │
Device 2    │F1│F2│B1   │B2   │

F forward, B backward
""",
    ("interleaved-1f1b", 2, 2): """\
t =      0   1   2   3   4   5   6   7   8   9   10  11  12  13  14
Device 1 │F1a│F2a│F1b│F2b│       │B1b    │   │B2b    │B1a    │B2a    │
Device 2     │F1a│F2a│F1b│B1b    │F2b│B2b    │B1a    │B2a    │

F forward, B backward, a, b, ... chunk
""",
    ("naive", 2, 1): """\
t =      0  1  2  3  4  5
Device 1 │F1│        │B1   │
Device 2    │F1│B1   │

F forward, B backward
""",
    ("forward-only", 1, 10): """\
t =      0   1   2   3   4   5   6   7   8   9
Device 1 │F1 │F2 │F3 │F4 │F5 │F6 │F7 │F8 │F9 │F10│

F forward
""",
}


@pytest.mark.parametrize("case", GRIDS, ids=lambda case: "-".join(map(str, case)))
def test_named_schedules_as_text(case):
    name, devices, microbatches = case
    plan = pv.plan(name, devices=devices, microbatches=microbatches)
    assert pv.render(plan, "text") == GRIDS[case]


def test_fractional_costs_share_a_finer_step():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    timeline = pv.simulate(plan, pv.Costs(forward=0.5, backward=1.25))
    assert pv.render(timeline, "text") == (
        "t =      0     0.5   1     1.5   2     2.5   3     3.5   4     4.5   5\n"
        "Device 1 │F1   │F2   │              │B1            │     │B2            │\n"
        "Device 2       │F1   │B1            │F2   │B2            │\n"
        "\n"
        "F forward, B backward\n"
    )


def test_split_backwards_and_overlaps_have_their_letters():
    split = pv.render(pv.Plan.parse(["0F0 0I0 0W0"]), "text")
    assert "Device 1 │F1│I1│W1│" in split
    assert "I backward for input, W backward for weights" in split
    overlap = pv.render(pv.Plan.parse(["0F0 (0B0;0F1)OVERLAP_F_B 0B1"]), "text")
    assert "Device 1 │F1   │B1+F2            │B2         │" in overlap


def test_times_that_share_no_step_are_written_as_a_list():
    written = pv.read(
        "A:\n"
        "- {type: forward, batch: 1, start_time: 0, duration: 0.1}\n"
        "- {type: backward, batch: 1, start_time: 1.23456, duration: 1.5}\n"
        "- {type: optimizer, start_time: 9, duration: 1}\n"
        "- {type: load, start_time: 11, duration: 0}\n"
    )
    assert pv.render(written, "text").splitlines()[3:] == [
        "A: F1 0 to 0.1, B1 1.23456 to 2.73456, O 9 to 10, X 11 to 11",
        "",
        "F forward, B backward, O optimizer step, X load",
        "█ F, ▓ B, ░ O/X",
    ]


@pytest.mark.parametrize("width", [20, 40, 79, 200])
def test_long_timelines_go_on_in_bands_that_keep_to_the_width(width):
    timeline = pv.simulate(pv.plan("1f1b", devices=4, microbatches=8))
    lines = paint_text(timeline, SEED, Page(width)).splitlines()[:-1]
    assert max(map(len, lines)) <= width
    starts = [line for line in lines if line.startswith("t = ")]
    assert len(starts) == len(set(starts))
    rows = [line[9:] for line in lines if line.startswith("Device 1")]
    assert "".join(rows).count("B") == 8
    assert "".join(rows).count("F") == 8


def test_counting_from_zero():
    timeline = pv.simulate(pv.plan("naive", devices=1, microbatches=1))
    assert "Device 0 │F0│B0   │" in paint_text(timeline, Style(first=0))


def test_text_needs_no_matplotlib_and_is_the_same_for_a_plan_and_its_timeline():
    plan = pv.plan("gpipe", devices=3, microbatches=4)
    assert pv.render(plan, "text") == pv.render(pv.simulate(plan), "text")


def test_times_of_any_size_share_a_step():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    usual = pv.render(pv.simulate(plan), "text")
    for unit in (1e-7, 0.1, 1e6):
        timeline = pv.simulate(plan, pv.Costs(forward=unit, backward=2 * unit))
        axis, *grid = pv.render(timeline, "text").splitlines()
        assert grid == usual.splitlines()[1:]
        assert len(axis.split()) > 3


# What the picture shows besides


def shown(text, **options):
    source = pv.read(text)
    return draw_text(source, **options).splitlines()


PLAIN = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"


def test_rows_have_the_names_and_the_order_of_the_picture():
    lines = shown(f"{PLAIN}rows: {{label: 'Rank {{device}}', order: up}}\ntitle: Two ranks\n")
    assert lines[:2] == ["Two ranks", ""]
    assert [line[:6] for line in lines[3:5]] == ["Rank 2", "Rank 1"]


def test_a_range_of_time_and_a_unit():
    assert shown(f"{PLAIN}from: 2\nto: 6\nunit: ms\n") == [
        "t, ms =  2  3  4  5",
        "Device 1       │B1   │",
        "Device 2 │B1   │F2│B2│",
        "",
        "F forward, B backward",
    ]


def test_the_unit_has_room_before_short_names():
    lines = shown(f"{PLAIN}unit: ms\nrows: {{label: [a, b]}}\n")
    assert lines[0].startswith("t, ms = 0")
    assert lines[1].startswith("a       │F1")


def test_names_of_wide_letters_keep_the_columns():
    lines = shown(f"{PLAIN}rows: {{label: '\u7ec4 {{device}}'}}\n")
    assert lines[1].startswith("\u7ec4 1 │F1")
    assert lines[0].startswith("t =  0")


def test_lanes_are_below_their_device():
    lines = shown(
        "schedule: forward-only\ndevices: 2\nmicrobatches: 2\n"
        "transfers: true\ncosts: {p2p: 1}\n"
    )
    assert lines[1:5] == [
        "Device 1    │F1 │F2 │",
        "  transfers     │SF1│SF2│",
        "Device 2            │F1 │F2 │",
        "  transfers     │RF1│RF2│",
    ]
    assert lines[-1] == "F forward, SF/RF transfer"


def test_overlapped_pairs_are_explained():
    lines = shown("order: ['0F0 (0B0;0F1)OVERLAP_F_B 0B1']")
    assert lines[-1] == "F forward, B backward, + at once"


def test_the_key_keeps_to_the_width():
    lines = shown("schedule: zb-h1\ndevices: 2\nmicrobatches: 2\n", page=Page(40))
    assert lines[-2:] == ["F forward, I backward for input, W", "backward for weights"]


def test_colours_change_nothing_but_the_colours():
    plain, in_colour = (
        draw_text(pv.read(PLAIN), page=Page(79, colour)) for colour in (False, True)
    )
    codes = re.compile(r"\x1b\[[0-9;]*m")
    assert codes.search(plain) is None
    stripped = [line.rstrip() for line in codes.sub("", in_colour).splitlines()]
    assert stripped == plain.splitlines()
    assert "\x1b[1;38;5;231;48;5;62m│F1│F2\x1b[0m" in in_colour  # white on royal blue


@pytest.mark.parametrize(("colour", "number"), [("#000000", 16), ("#FFFFFF", 231)])
def test_colours_are_the_nearest_of_256(colour, number):
    assert coloured("x", [Look(colour, colour)]) == (
        f"\x1b[1;38;5;{number};48;5;{number}mx\x1b[0m"
    )


def test_a_grid_that_would_be_mostly_empty_is_a_list():
    text = paint_text(written((0.0, 10.0), (10.1, 20.0)), SEED)
    assert "\nDevice 1: F1 0 to 10, F2 10.1 to 30.1\n" in text


def written(*times):
    tasks = [
        {"type": "f", "batch": number, "start_time": start, "duration": duration}
        for number, (start, duration) in enumerate(times, 1)
    ]
    return timeline_from_data({0: tasks})


# Bars, where times share no step


def bars(*times, width=79, **picture):
    text = paint_text(written(*times), SEED, Page(width), Picture(**picture))
    return text.splitlines()


def test_bars_are_as_long_as_their_tasks():
    axis, row, *_ = bars((0.0, 10.0), (10.01, 20.0), width=50)
    assert row == "Device 1 F1" + "█" * 11 + "F2" + "█" * 25
    assert axis == "t =      0      5     10     15     20    25     30"


@pytest.mark.parametrize("width", [40, 79, 200])
def test_bars_keep_to_the_width_and_their_axis_to_the_times(width):
    axis, row, *_ = bars((0.0, 10.0), (10.01, 20.0), (40.0, 7.3), width=width)
    assert max(len(axis), len(row)) <= width
    wide = width - len("Device 1 ") - 1
    for time in re.finditer(r"\d+", axis):
        place = time.start() - len("Device 1 ")
        assert place == pytest.approx(float(time[0]) / 47.3 * wide, abs=0.51)


def test_the_list_of_tasks_keeps_to_the_width():
    times = [(1.01 * n, 0.7) for n in range(20)]
    lines = bars(*times, width=40)
    assert max(map(len, lines)) <= 40
    listed = " ".join(line.strip() for line in lines)
    assert all(
        f"F{n + 1} {1.01 * n:.12g} to {1.01 * n + 0.7:.12g}" in listed for n in range(20)
    )


def test_a_short_task_leaves_a_mark_and_neighbours_stay_apart():
    _, row, *_ = bars((0.0, 0.001), (10.01, 5.0), (15.01, 5.0), width=40)
    assert row == "Device 1 ▏" + " " * 14 + "F2" + "█" * 6 + "F3" + "█" * 5


def test_bars_of_other_kinds_have_other_blocks():
    timeline = pv.simulate(
        pv.plan("zb-h1", devices=2, microbatches=2),
        pv.Costs(forward=1.00037, backward_input=0.7717, backward_weight=0.5713),
    )
    text = paint_text(timeline, SEED)
    assert text.splitlines()[-1] == "█ F, ▓ I, ▒ W"
    for shape in "█▓▒":
        assert shape in text.splitlines()[1]


def test_a_narrow_page_has_no_bars():
    lines = bars((0.0, 10.0), (10.1, 20.0), width=25)
    assert lines[:2] == ["Device 1: F1 0 to 10,", "  F2 10.1 to 30.1"]


# More of what figures show


def test_titles_have_their_numbers():
    lines = shown(f"{PLAIN}title: '{{name}} takes {{time}}'\n")
    assert lines[0] == "1f1b takes 12"


def test_brackets_of_phases_are_as_wide_as_these():
    lines = shown(f"{PLAIN}phases: [Fill, Steady, Drain]\n")
    assert lines[3] == "         └── Fill ──┘└Steady─┘└─── Drain ───┘"


def test_curves_show_what_devices_hold():
    lines = shown("schedule: gpipe\ndevices: 1\nmicrobatches: 3\nmemory: true\n")
    assert lines[1] == "Device 1 │F1│F2│F3│B1   │B2   │B3   │"
    assert lines[2] == "  held   ▃▃▃▆▆▆█████████▆▆▆▆▆▆▃▃▃▃▃▃  max 3"


def test_suffixes_and_braces_stand_behind_the_rows():
    groups = "[{devices: [0, 1], label: host}]"
    lines = shown(f"{PLAIN}rows: {{suffix: '{{idle}} idle', groups: {groups}}}\n")
    assert lines[1].endswith("25% idle ╮ host")
    assert lines[2].endswith("25% idle ╯")


def test_highlighted_tasks_have_thick_edges():
    lines = shown(f"{PLAIN}highlight: [{{microbatch: 2}}]\n")
    assert lines[1] == "Device 1 │F1┃F2┃     │B1   │F3┃B2   ┃  │B3   │"


def test_a_flush_is_a_double_line_through_all_rows():
    lines = shown("schedule: gpipe\ndevices: 2\nmicrobatches: 1\niterations: 2\nflush: true\n")
    places = {line.index("║") for line in lines[1:3]}
    assert places == {len("Device 1 ") + 6 * 3}


def test_the_largest_gap_is_named():
    lines = shown("schedule: gpipe\ndevices: 3\nmicrobatches: 2\nbubble: Wait here\n")
    assert sum("Wait here" in line for line in lines) == 1


def test_templates_of_labels_name_the_kind():
    lines = shown(f"{PLAIN}labels: '{{mb}}@{{stage}}'\n")
    assert lines[1].startswith("Device 1 │F1@1│F2@1│")
    lines = shown(f"{PLAIN}labels: '{{stage}}{{kind}}{{mb}}'\n")
    assert lines[1].startswith("Device 1 │1F1│1F2│")


def test_wide_letters_in_cells_keep_the_columns():
    lines = shown(f"{PLAIN}labels: '\u7ec4{{mb}}'\n")
    assert lines[1].startswith("Device 1 │F\u7ec41│F\u7ec42│")
    wide = [sum(2 if c == "\u7ec4" else 1 for c in line) for line in lines[1:3]]
    assert wide == [len("Device 1 ") + 12 * 5 + 1, len("Device 1 ") + 10 * 5 + 1]


def test_notes_are_below_with_their_place():
    lines = shown(f"{PLAIN}unit: ms\nnotes: [{{text: Turn, time: 2, device: 1}}]\n")
    assert lines[-1] == "Note at t = 2 ms, Device 2: Turn"


def test_no_axis_and_no_legend():
    lines = shown(f"{PLAIN}axis: none\nlegend: none\n")
    assert lines[0].startswith("Device 1")
    assert lines[-1].startswith("Device 2")


def test_words_of_the_legend():
    assert shown(f"{PLAIN}legend: {{forward: Ahead}}\n")[-1] == "F ahead, B backward"


def test_ascii_has_the_same_columns():
    text = f"{PLAIN}memory: true\nphases: true\nflush: true\niterations: 2\n"
    fine, plain = shown(text), shown(text, page=Page(ascii=True))
    assert all(map(str.isascii, plain))
    assert [line.translate(ASCII) for line in fine] == plain
    assert plain[1].startswith("Device 1 |F1|F2|")
