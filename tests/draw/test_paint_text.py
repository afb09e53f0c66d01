"""Golden text grids: what terminals, text builders and man pages get."""

import re

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.paint_text import paint_text
from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.draw.terminal import Look, coloured
from sphinx_pipeviz.readers.written_timeline import timeline_from_data
from sphinx_pipeviz.render import draw_text

SEED = STYLES["seed"]

GRIDS = {
    ("1f1b", 2, 3): """\
t =      0     2     4     6     8     10
Device 1 |F1|F2|     |B1   |F3|B2   |  |B3   |
Device 2    |F1|B1   |F2|B2   |F3|B3   |

F forward, B backward
""",
    ("gpipe", 2, 2): """\
t =      0  1  2  3  4  5  6  7  8
Device 1 |F1|F2|        |B1   |B2   |
Device 2    |F1|F2|B1   |B2   |

F forward, B backward
""",
    ("interleaved-1f1b", 2, 2): """\
t =      0   1   2   3   4   5   6   7   8   9   10  11  12  13  14
Device 1 |F1a|F2a|F1b|F2b|       |B1b    |   |B2b    |B1a    |B2a    |
Device 2     |F1a|F2a|F1b|B1b    |F2b|B2b    |B1a    |B2a    |

F forward, B backward, a, b, ... chunk
""",
    ("naive", 2, 1): """\
t =      0  1  2  3  4  5
Device 1 |F1|        |B1   |
Device 2    |F1|B1   |

F forward, B backward
""",
    ("forward-only", 1, 10): """\
t =      0   1   2   3   4   5   6   7   8   9
Device 1 |F1 |F2 |F3 |F4 |F5 |F6 |F7 |F8 |F9 |F10|

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
        "Device 1 |F1   |F2   |              |B1            |     |B2            |\n"
        "Device 2       |F1   |B1            |F2   |B2            |\n"
        "\n"
        "F forward, B backward\n"
    )


def test_split_backwards_and_overlaps_have_their_letters():
    split = pv.render(pv.Plan.parse(["0F0 0I0 0W0"]), "text")
    assert "Device 1 |F1|I1|W1|" in split
    assert "I backward for input, W backward for weights" in split
    overlap = pv.render(pv.Plan.parse(["0F0 (0B0;0F1)OVERLAP_F_B 0B1"]), "text")
    assert "Device 1 |F1   |B1+F2            |B2         |" in overlap


def test_times_that_share_no_step_are_written_as_a_list():
    written = pv.read(
        "A:\n"
        "- {type: forward, batch: 1, start_time: 0, duration: 0.1}\n"
        "- {type: backward, batch: 1, start_time: 1.23456, duration: 1.5}\n"
        "- {type: optimizer, start_time: 9, duration: 1}\n"
        "- {type: load, start_time: 11, duration: 0}\n"
    )
    assert pv.render(written, "text") == (
        "A: F1 0 to 0.1, B1 1.23456 to 2.73456, O 9 to 10, X 11 to 11\n"
        "\n"
        "F forward, B backward, O optimizer step, X other\n"
    )


@pytest.mark.parametrize("width", [20, 40, 79, 200])
def test_long_timelines_go_on_in_bands_that_keep_to_the_width(width):
    timeline = pv.simulate(pv.plan("1f1b", devices=4, microbatches=8))
    lines = paint_text(timeline, SEED, width).splitlines()[:-1]
    assert max(map(len, lines)) <= width
    starts = [line for line in lines if line.startswith("t = ")]
    assert len(starts) == len(set(starts))
    rows = [line[9:] for line in lines if line.startswith("Device 1")]
    assert "".join(rows).count("B") == 8
    assert "".join(rows).count("F") == 8


def test_counting_from_zero():
    timeline = pv.simulate(pv.plan("naive", devices=1, microbatches=1))
    assert "Device 0 |F0|B0   |" in paint_text(timeline, Style(first=0))


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
        "Device 1       |B1   |",
        "Device 2 |B1   |F2|B2|",
        "",
        "F forward, B backward",
    ]


def test_names_of_wide_letters_keep_the_columns():
    lines = shown(f"{PLAIN}rows: {{label: '\u7ec4 {{device}}'}}\n")
    assert lines[1].startswith("\u7ec4 1 |F1")
    assert lines[0].startswith("t =  0")


def test_lanes_are_below_their_device():
    lines = shown(
        "schedule: forward-only\ndevices: 2\nmicrobatches: 2\n"
        "transfers: true\ncosts: {p2p: 1}\n"
    )
    assert lines[1:5] == [
        "Device 1    |F1 |F2 |",
        "  transfers     |SF1|SF2|",
        "Device 2            |F1 |F2 |",
        "  transfers     |RF1|RF2|",
    ]
    assert lines[-1] == "F forward, SF/RF transfer"


def test_overlapped_pairs_are_explained():
    lines = shown("order: ['0F0 (0B0;0F1)OVERLAP_F_B 0B1']")
    assert lines[-1] == "F forward, B backward, + at once"


def test_the_key_keeps_to_the_width():
    lines = shown("schedule: zb-h1\ndevices: 2\nmicrobatches: 2\n", columns=40)
    assert lines[-2:] == ["F forward, I backward for input, W", "backward for weights"]


def test_colours_change_nothing_but_the_colours():
    plain, in_colour = (
        draw_text(pv.read(PLAIN), columns=79, colour=colour) for colour in (False, True)
    )
    codes = re.compile(r"\x1b\[[0-9;]*m")
    assert codes.search(plain) is None
    stripped = [line.rstrip() for line in codes.sub("", in_colour).splitlines()]
    assert stripped == plain.splitlines()
    assert "\x1b[1;38;5;231;48;5;62mF1\x1b[0m" in in_colour  # white on royal blue


@pytest.mark.parametrize(("colour", "number"), [("#000000", 16), ("#FFFFFF", 231)])
def test_colours_are_the_nearest_of_256(colour, number):
    assert coloured("x", [Look(colour, colour)]) == (
        f"\x1b[1;38;5;{number};48;5;{number}mx\x1b[0m"
    )


def test_a_grid_that_would_be_mostly_empty_is_a_list():
    text = paint_text(written((0.0, 10.0), (10.1, 20.0)), SEED)
    assert text.startswith("Device 1: F1 0 to 10, F2 10.1 to 30.1\n")


def written(*times):
    tasks = [
        {"type": "f", "batch": number, "start_time": start, "duration": duration}
        for number, (start, duration) in enumerate(times, 1)
    ]
    return timeline_from_data({0: tasks})
