"""Text can be read, shapes can be seen and kinds told apart, in every style, light and dark."""

import itertools

import pytest

from sphinx_pipeviz.draw.colours import SEEN, line_on
from sphinx_pipeviz.draw.style import FILLS, SHADED, STYLES, contrast, luminance
from sphinx_pipeviz.ops import Kind

CHUNKS = [1, 2, 3, 4, 8]
TEXT = 4.5
SHAPE = 3.0
#: Of the lightness of two kinds, where nothing else tells them apart.
LIGHTNESS = 1.2
#: Kinds whose cells carry a microbatch's number, and kinds whose cells do not.
NUMBERED = [*sorted(SHADED)]
PER_STEP = [Kind.OPTIMIZER, Kind.ALL_REDUCE, Kind.OTHER]
#: Kinds that a style may draw alike; the legend then gives them one entry.
ALIKE = [{Kind.BACKWARD, Kind.BACKWARD_INPUT}, {Kind.OPTIMIZER, Kind.OTHER}]


def fills(style):
    """Yield (kind, fill) of everything that a style can draw."""
    for kind, chunks in itertools.product(FILLS, CHUNKS):
        for chunk in range(chunks):
            yield kind, style.fill(kind, chunk, chunks)
        if style.stage_fills:
            yield kind, style.fill(kind, stage=chunks - 1)
    if style.overlap:
        yield Kind.FORWARD, style.overlap


@pytest.fixture(params=STYLES)
def style(request):
    return STYLES[request.param]


@pytest.mark.behaviour(26)
def test_labels_can_be_read_on_every_fill_and_shade(style):
    for _, fill in fills(style):
        assert contrast(style.text_on(fill), fill) >= TEXT


@pytest.mark.behaviour(26)
def test_labels_can_be_read_on_every_hatch(style):
    for kind, fill in fills(style):
        hatch = style.hatch(kind, fill)
        if hatch:
            assert contrast(style.text_on(fill), hatch.colour) >= TEXT
            assert contrast(hatch.colour, fill) >= LIGHTNESS


def test_a_hatch_can_be_read_on_and_seen_on_any_colour(style):
    for channels in itertools.product(("00", "40", "80", "C0", "FF"), repeat=3):
        fill = f"#{''.join(channels)}"
        line = style.hatch_on(fill)
        assert contrast(style.text_on(fill), line) >= min(
            TEXT, contrast(style.text_on(fill), fill)
        )
        assert contrast(line, fill) >= LIGHTNESS


@pytest.mark.behaviour(26)
def test_names_and_legend_can_be_read_on_the_background(style):
    assert contrast(style.text, style.background) >= TEXT


@pytest.mark.behaviour(26)
def test_what_stands_on_the_background_besides_tasks_can_be_seen_and_read(style):
    assert contrast(style.accent, style.background) >= TEXT  # also notes
    assert contrast(style.memory, style.background) >= SHAPE
    for index in range(2):
        assert contrast(style.text, style.band(index)) >= TEXT


def behind(style):
    """Return what is around a task: idle time, and around a swatch: the background."""
    around = [style.background]
    return around if style.idle_look == "none" else [*around, style.idle]


@pytest.mark.behaviour(26)
def test_tasks_stand_out_from_what_is_around_them_by_border_or_fill(style):
    for kind, fill in fills(style):
        for ground in behind(style):
            visible = max(contrast(style.edge, ground), contrast(fill, ground))
            assert visible >= SHAPE, (kind, fill, ground)


@pytest.mark.behaviour(26)
def test_neighbours_of_one_fill_are_parted_by_a_border_that_can_be_seen(style):
    # Only a dark fill needs none: on a light one the border is dark, and the other way round.
    for kind, fill in fills(style):
        assert contrast(style.edge, fill) >= 1.3, kind
    assert contrast(style.edge, style.fill(Kind.BACKWARD)) >= SHAPE


@pytest.mark.behaviour(26)
@pytest.mark.parametrize("kinds", [NUMBERED, PER_STEP])
def test_kinds_differ_in_lightness_or_hatch_not_only_in_hue(style, kinds):
    for one, other in itertools.combinations(kinds, 2):
        first, second = style.fill(one, stage=0), style.fill(other, stage=0)
        hatches = [style.hatch(kind, "#FFFFFF") for kind in (one, other)]
        if first == second and hatches[0] == hatches[1]:
            assert {one, other} in ALIKE
        elif hatches[0] == hatches[1]:
            assert contrast(first, second) >= LIGHTNESS, (one, other)


@pytest.mark.parametrize("name", ["mono", "mono-dark"])
def test_print_in_black_and_white_has_no_hues_and_tells_all_kinds_of_all_chunks_apart(name):
    style = STYLES[name]
    if name == "mono":
        assert all(fill[1:3] == fill[3:5] == fill[5:7] for _, fill in fills(style))
    looks = [
        style.hatches.get(field.replace("_", "-")) for field in dict.fromkeys(FILLS.values())
    ]
    assert looks.count(None) == 1  # forwards
    for one, other in itertools.combinations(NUMBERED, 2):
        assert style.hatch(one, "#FFFFFF") != style.hatch(other, "#FFFFFF")
    for kind in sorted(SHADED - {Kind.RECOMPUTE}):
        first, second = (style.fill(kind, chunk, 2) for chunk in (0, 1))
        assert contrast(first, second) >= LIGHTNESS


def test_shades_of_chunks_differ_and_go_one_way(style):
    for kind in (Kind.FORWARD, Kind.BACKWARD):
        shades = [luminance(style.fill(kind, chunk, 4)) for chunk in range(4)]
        assert len(set(shades)) == 4
        assert shades in (sorted(shades), sorted(shades, reverse=True))


def test_dark_styles_are_dark_and_light_ones_light():
    for name, style in STYLES.items():
        dark = name.endswith("-dark")
        assert (luminance(style.background) < 0.01) == dark
        assert (luminance(style.background) > 0.99) != dark
        assert luminance(style.idle) < 0.03 or not dark


def test_a_line_that_goes_away_from_the_text_is_taken_where_it_can_be_seen():
    fill, black = "#A9D08E", "#000000"
    assert contrast(line_on(fill, black, 4.5), black) > contrast(fill, black)
    assert contrast(line_on("#FFFFFF", black, 4.5), "#FFFFFF") > SEEN  # no line is lighter
