"""Several schedules in one picture."""

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.cache import picture_key
from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.render import check
from sphinx_pipeviz.timelines import parts_of

BOTH = """
compare:
  - {title: GPipe, schedule: gpipe}
  - {title: 1F1B, schedule: 1f1b, costs: {forward: 2}}
devices: 4
microbatches: 6
"""


def test_schedules_share_keys_and_may_have_their_own():
    parts = parts_of(pv.read(BOTH))
    assert [picture.title for _, picture in parts] == ["GPipe", "1F1B"]
    assert [timeline.makespan for timeline, _ in parts] == [27, 36]


def test_all_panels_have_one_scale_of_time():
    scene = stack([Part(*part) for part in parts_of(pv.read(BOTH))], Style(), text_width)
    upper, lower = (panel.grid for panel in scene.panels)
    assert (upper.left, upper.unit) == (lower.left, lower.unit)
    assert upper.bottom > lower.top
    assert upper.right < lower.right < scene.width


def test_a_comparison_is_drawn_in_every_format():
    spec = pv.read(BOTH)
    assert pv.render(spec).startswith(b"<?xml")
    text = pv.render(spec, "text")
    assert text.index("GPipe\n") < text.index("1F1B\n")
    assert check(spec).told == "2 pipeline schedules and their time: gpipe (27), 1f1b (36)."


def test_one_schedule_may_vary_in_one_key():
    text = "schedule: gpipe\ndevices: 2\nmicrobatches: 4\ncompare: [{backward: same}, "
    orders = [
        [str(run.slot) for run in timeline.rows[0]][4:]
        for timeline, _ in parts_of(pv.read(text + "{backward: reversed}]"))
    ]
    assert orders == [["0B0", "0B1", "0B2", "0B3"], ["0B3", "0B2", "0B1", "0B0"]]


def test_the_way_to_make_an_order_may_differ_between_schedules():
    text = "schedule: 1f1b\ndevices: 3\nmicrobatches: 4\ncompare: [{order: strict}, "
    strict, greedy = (t for t, _ in parts_of(pv.read(text + "{order: greedy}]")))
    assert strict.devices == greedy.devices == 3
    assert strict.rows != greedy.rows


def test_orders_and_timelines_can_be_compared_with_named_schedules():
    own = "  - order: ['0F0 0B0']\n  - timeline: {A: [{type: f, batch: 1, start_time: 0,"
    own += " duration: 1}]}\n"
    parts = parts_of(pv.read(BOTH.replace("devices: 4", f"{own}devices: 4")))
    assert [timeline.devices for timeline, _ in parts] == [4, 4, 1, 1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("gpipe", "gpip"), "s:3: there is no schedule 'gpip'"),
        (
            ("{forward: 2}", "{forward: -2}"),
            "s:4: costs.forward must be a number of at least 0",
        ),
        (("title: GPipe", "tite: GPipe"), "s:3: there is no key 'tite'"),
        (("title: GPipe", "style: seed"), "s:3: 'style' does not go into one schedule"),
        (("title: GPipe", "labels: '{x}'"), "s:3: a label has no '{x}'"),
        (("devices: 4", "devices: 0"), "s:5: devices must be"),
        (("microbatches: 6", "compared: 6"), "s:6: there is no key 'compared'"),
        (("title: GPipe", "from: 50"), "s:3: there is no time from 50 to 27"),
    ],
)
def test_a_mistake_in_one_schedule_has_its_line(changed, message):
    with pytest.raises(pv.PipevizError) as caught:
        check(pv.read(BOTH.replace(*changed), source="s"))
    assert str(caught.value).startswith(message)


def test_a_comparison_has_no_single_timeline():
    with pytest.raises(pv.SpecError, match="several timelines"):
        pv.measure(pv.read(BOTH))


def test_each_schedule_is_in_the_key():
    keys = {
        picture_key(read_text(text), Style(), "svg") for text in (BOTH, BOTH + "unit: ms\n")
    }
    assert len(keys) == 2
    other = picture_key(read_text(BOTH.replace("gpipe", "zb-h1")), Style(), "svg")
    assert other not in keys
