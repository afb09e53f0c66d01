"""The legend lists what occurs, in words that fit."""

import itertools

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.layout import Part, lay_out, stack
from sphinx_pipeviz.draw.legend import WORDS, entries
from sphinx_pipeviz.draw.legend_lines import BETWEEN, length, place_legend
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.scales import MOST_ENTRIES
from sphinx_pipeviz.draw.style import STYLES, resolve_style
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.timelines import parts_of

SEED = STYLES["seed"]


def timeline_of(*kinds, names=("",)):
    runs = tuple(
        pv.Run(float(i), 1.0, pv.Op(0, kind, i, name))
        for i, (kind, name) in enumerate((kind, name) for kind in kinds for name in names)
    )
    return pv.Timeline((runs,), stages=1)


def words(timeline, *, full=False):
    return [entry.text for entry in entries([timeline], SEED, full=full)]


def test_only_kinds_that_occur_are_listed_in_a_fixed_order():
    kinds = pv.Kind
    assert words(timeline_of(kinds.BACKWARD, kinds.FORWARD)) == ["Forward", "Backward"]
    assert words(timeline_of(kinds.FORWARD)) == ["Forward"]
    split = timeline_of(kinds.BACKWARD_WEIGHT, kinds.BACKWARD_INPUT, kinds.FORWARD)
    assert words(split) == ["Forward", "Backward for input", "Backward for weights"]


def test_the_full_legend_always_has_the_seeds_three_entries():
    full = words(timeline_of(pv.Kind.FORWARD), full=True)
    assert full == ["Forward", "Backward", "Optimizer step"]


def test_the_words_of_the_author_name_the_entry():
    assert words(timeline_of(pv.Kind.OTHER, names=("all-reduce",))) == ["all-reduce"]
    assert words(timeline_of(pv.Kind.OTHER, names=("send", "recv"))) == ["recv, send"]


@pytest.mark.parametrize("name", ["word " * 100, "x" * 5000, "two\nlines\tand\x07bell"])
def test_a_long_or_odd_word_is_shortened_to_one_line(name):
    (text,) = words(timeline_of(pv.Kind.OTHER, names=(name,)))
    assert len(text) <= 40
    assert text.isprintable()
    assert text[0] == name[0]


def test_chunks_are_parts_of_one_swatch_in_the_fills_of_the_tasks():
    plan = pv.plan("interleaved-1f1b", devices=2, microbatches=4, chunks=3)
    timeline = pv.simulate(plan)
    forward, backward = entries([timeline], SEED, full=False)
    assert forward.text == "Forward, chunks 1 to 3"
    assert forward.fills == tuple(SEED.fill(pv.Kind.FORWARD, chunk, 3) for chunk in range(3))
    scene = lay_out(timeline, SEED, text_width)
    assert {boxes.fill for boxes in scene.panels[0].tasks} == {*forward.fills, *backward.fills}
    assert [boxes.fill for boxes in scene.legend] == [*forward.fills, *backward.fills]
    parts = [box for boxes in scene.legend[:3] for box in boxes.boxes]
    for (x, _, width, _), (following, *_) in itertools.pairwise(parts):
        assert x + width == pytest.approx(following, abs=0.02)


def test_entries_that_do_not_fit_in_one_line_start_another_each_line_centred():
    kinds = pv.Kind
    timeline = timeline_of(kinds.FORWARD, kinds.BACKWARD_INPUT, kinds.BACKWARD_WEIGHT)
    listed = entries([timeline], SEED, full=True)
    lines = place_legend(listed, 9.0, 200.0, text_width)
    assert [entry.text for line in lines for entry in line] == [e.text for e in listed]
    assert len(lines) > 1
    for number, line in enumerate(lines):
        assert {entry.line for entry in line} == {number}
        left = line[0].x
        right = 200 - line[-1].text_x - 9 * text_width(line[-1].text, "regular")
        assert left == pytest.approx(right, abs=0.02)
        assert left >= 0
        for one, other in itertools.pairwise(line):
            end = one.text_x + 9 * text_width(one.text, "regular")
            assert other.x - end == pytest.approx(9 * BETWEEN, abs=0.02)


def test_a_narrow_picture_gets_smaller_words_rather_than_cut_ones():
    plan = pv.plan("interleaved-1f1b", devices=2, microbatches=2)
    style = resolve_style({"width": 150, "font-size": 30})
    scene = lay_out(pv.simulate(plan), style, text_width)
    ends = [
        stamp.places[0][0] + stamp.size * text_width(stamp.text, "regular")
        for stamp in (*scene.panels[0].texts, *scene.texts)
        if stamp.align == "left"
    ]
    assert max(ends) <= 150


def test_kinds_of_one_look_share_an_entry():
    kinds = pv.Kind
    split = timeline_of(kinds.FORWARD, kinds.BACKWARD, kinds.BACKWARD_INPUT)
    assert words(split) == ["Forward", "Backward and backward for input"]
    apart = entries([split], STYLES["colorblind"], full=False)
    assert [entry.text for entry in apart] == ["Forward", "Backward", "Backward for input"]


def test_every_kind_has_words_and_transfers_share_theirs():
    assert WORDS.keys() == set(pv.Kind)
    kinds = (pv.Kind.SEND_FORWARD, pv.Kind.RECEIVE_BACKWARD, pv.Kind.LOAD)
    assert words(timeline_of(*kinds)) == ["Transfer and load"]


def test_swatches_have_the_hatch_of_their_tasks():
    timeline = pv.simulate(pv.plan("zb-v", devices=2, microbatches=4))
    scene = lay_out(timeline, STYLES["mono"], text_width)
    tasks = {(boxes.fill, boxes.hatch) for boxes in scene.panels[0].tasks}
    assert {(boxes.fill, boxes.hatch) for boxes in scene.legend} == tasks
    patterns = {hatch.pattern for _, hatch in tasks if hatch}
    assert patterns == {"dotted", "falling"}


def test_an_overlap_has_a_swatch_of_two_parts_or_of_its_own_fill():
    timeline = pv.simulate(pv.plan("dualpipe", devices=2, microbatches=4))
    *_, split = entries([timeline], STYLES["dualpipe"], full=False)
    assert split.text == "Overlapped forward and backward"
    assert split.fills == (STYLES["dualpipe"].forward, STYLES["dualpipe"].backward)
    style = STYLES["torch"]
    *_, whole = entries([timeline], style, full=False)
    assert whole.fills == (style.overlap,)
    fills = {boxes.fill for boxes in lay_out(timeline, style, text_width).panels[0].tasks}
    assert style.overlap in fills


def test_a_style_by_stage_lists_the_stages():
    timeline = pv.simulate(pv.plan("1f1b", devices=4, microbatches=4))
    style = STYLES["gpipe"]
    forward, backward = entries([timeline], style, full=False)
    assert (forward.text, backward.text) == (
        "Forward, stages 1 to 4",
        "Backward, stages 1 to 4",
    )
    assert forward.fills == style.stage_fills[:4]
    fills = {boxes.fill for boxes in lay_out(timeline, style, text_width).panels[0].tasks}
    assert fills == {*forward.fills, *backward.fills}


def test_hatched_idle_time_is_listed_and_plain_idle_time_is_not():
    timeline = timeline_of(pv.Kind.FORWARD)
    hatched = resolve_style({"idle-look": "hatch"})
    assert [e.text for e in entries([timeline], hatched, full=False)] == ["Forward", "Idle"]
    for look in ("grid", "fill", "none"):
        style = resolve_style({"idle-look": look})
        assert [e.text for e in entries([timeline], style, full=False)] == ["Forward"]


# Apart


def listed(text):
    spec = read_text(text)
    parts = [Part(*part) for part in parts_of(spec)]
    scene = stack(parts, style_of(spec), text_width)
    return [stamp.text for stamp in scene.texts], [boxes.fill for boxes in scene.legend]


def test_apart_kinds_of_one_look_have_entries_of_their_own():
    text = "schedule: dualpipev\ndevices: 2\nmicrobatches: 6\ncosts: {overlap: sequential}\n"
    together, _ = listed(text + "style: dualpipe\n")
    assert together[1] == "Backward and backward for input, chunks 1 to 2"
    alone, _ = listed(text + "style: dualpipe\nlegend: {apart: true}\n")
    assert alone[2:6] == [
        "Backward, chunk 1",
        "Backward, chunk 2",
        "Backward for input, chunk 1",
        "Backward for input, chunk 2",
    ]
    same, _ = listed(
        text + "style: dualpipe\nlegend: {apart: true, backward: B, backward-input: B}\n"
    )
    assert [word for word in same if word.startswith("B,")] == ["B, chunk 1", "B, chunk 2"]


def test_apart_each_stage_has_an_entry_with_its_fill_in_every_pass():
    text = "schedule: gpipe\ndevices: 3\nmicrobatches: 4\ncolor-by: stage\noptimizer: ready\n"
    words, _ = listed(text)
    assert words == [f"{k}, stages 1 to 3" for k in ("Forward", "Backward", "Optimizer step")]
    words, fills = listed(text + "legend: {apart: true}\n")
    assert words == ["Forward", "Backward", "Optimizer step", "Stage 1", "Stage 2", "Stage 3"]
    kinds = (pv.Kind.FORWARD, pv.Kind.BACKWARD)
    assert fills[-6:] == [SEED.stage_fill(kind, n) for n in range(3) for kind in kinds]


def test_apart_microbatches_are_listed_up_to_a_number():
    text = "schedule: gpipe\ndevices: 2\nmicrobatches: 40\ncolor-by: microbatch\n"
    words, _ = listed(text + "legend: {apart: true}\n")
    assert words[2] == "Microbatch 1"
    assert len(words) == 2 + MOST_ENTRIES


@pytest.mark.parametrize("first", [0, 1])
def test_microbatches_have_the_numbers_and_fills_of_their_tasks(first):
    tasks = [f"{{type: f, batch: {n}, start_time: {n}, duration: 1}}" for n in (5, 7)]
    text = f"timeline: {{1: [{', '.join(tasks)}]}}\ncolor-by: microbatch\n"
    text += f"style: {{first: {first}}}\n"
    fills = [SEED.stage_fill(pv.Kind.FORWARD, number) for number in (5, 7)]
    assert listed(text) == (["Forward, microbatches 5 to 7"], fills)
    words, found = listed(text + "legend: {apart: true}\n")
    assert words == ["Forward", "Microbatch 5", "Microbatch 7"]
    assert found == [*fills, *fills]


def test_parts_of_a_sequence_and_steps_of_an_iteration_are_no_microbatches():
    text = "schedule: terapipe\ndevices: 2\nmicrobatches: 3\nsequence-chunks: 2\n"
    words, fills = listed(text + "color-by: microbatch\noptimizer: ready\n")
    scope = ", microbatches 1 to 3"
    assert words == [f"Forward{scope}", f"Backward{scope}", "Optimizer step"]
    assert fills[-1] == SEED.optimizer


def test_merged_pairs_have_one_fill():
    text = "schedule: 1f1b-overlap\ndevices: 2\nmicrobatches: 4\n"
    assert listed(text)[1][-2:] == [SEED.forward, SEED.backward]
    words, fills = listed(text + "overlap: merged\n")
    assert (words[-1], fills[2:]) == ("Overlapped forward and backward", [SEED.forward])


@pytest.mark.parametrize("width", [150.0, 260.0, 540.0])
def test_lines_of_a_legend_are_as_few_and_as_even_as_can_be(width):
    kinds = pv.Kind
    timeline = timeline_of(kinds.FORWARD, kinds.BACKWARD_INPUT, kinds.BACKWARD_WEIGHT)
    entered = entries([timeline], SEED, full=True)
    lines = place_legend(entered, 9.0, width, text_width)
    longs = [[length(entry, text_width) + BETWEEN for entry in line] for line in lines]
    most = max(map(sum, longs))
    for line, following in itertools.pairwise(longs):
        assert sum(line) + following[0] > most - 0.1  # nothing could move up
