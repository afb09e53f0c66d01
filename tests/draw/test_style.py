"""Text can be read on every fill, and kinds can be told apart, in every style."""

import itertools

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.style import FILLS, STYLES, Style, contrast, luminance, resolve_style

KINDS = list(FILLS)
CHUNKS = [1, 2, 3, 4, 8]


@pytest.mark.parametrize("name", STYLES)
def test_text_on_every_fill_and_shade_has_enough_contrast(name):
    style = STYLES[name]
    for kind, chunks in itertools.product(KINDS, CHUNKS):
        for chunk in range(chunks):
            fill = style.fill(kind, chunk, chunks)
            assert contrast(style.text_on(fill), fill) >= 4.5
    assert contrast(style.text, style.background) >= 4.5


@pytest.mark.parametrize("name", STYLES)
def test_tasks_differ_from_idle_time_by_their_border_and_fill(name):
    style = STYLES[name]
    assert contrast(style.edge, style.idle) >= 3
    for kind in KINDS:
        assert style.fill(kind) != style.idle


@pytest.mark.parametrize("name", STYLES)
def test_kinds_differ_in_lightness_not_only_in_hue(name):
    # The seed's own colours, royalblue and sandybrown, measure 2.38.
    style = STYLES[name]
    assert contrast(style.forward, style.backward) >= 2.3
    assert contrast(style.forward, style.idle) >= 3
    kinds = (style.forward, style.backward_input, style.backward_weight, style.optimizer)
    for one, other in itertools.combinations((*kinds, style.recompute), 2):
        assert contrast(one, other) >= 1.5


@pytest.mark.parametrize("name", STYLES)
def test_shades_of_chunks_differ_and_grow_lighter(name):
    style = STYLES[name]
    for kind in (pv.Kind.FORWARD, pv.Kind.BACKWARD):
        shades = [luminance(style.fill(kind, chunk, 4)) for chunk in range(4)]
        assert shades == sorted(set(shades))


def test_the_seeds_text_colours_are_kept():
    style = STYLES["seed"]
    assert style.text_on(style.forward) == "#FFFFFF"
    assert style.text_on(style.backward) == "#000000"
    assert style.text_on(style.optimizer) == "#000000"
    assert contrast("#FFFFFF", style.forward) == pytest.approx(4.85, abs=0.05)


def test_contrast_and_luminance_are_those_of_wcag():
    assert luminance("#000000") == 0
    assert luminance("#FFFFFF") == pytest.approx(1)
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_text_takes_the_more_readable_colour_also_of_a_users_own():
    style = resolve_style(
        {"forward": "#808080", "light-text": "#EEEEEE", "dark-text": "#111111"}
    )
    assert style.text_on("#808080") == "#111111"
    assert style.text_on("#404040") == "#EEEEEE"


def test_a_style_can_start_from_another_and_change_one_thing():
    assert resolve_style({"base": "seed", "first": 0}) == Style(first=0)
    assert resolve_style({"forward": "#000000"}) == Style(forward="#000000")
    assert resolve_style("seed") == Style()


@pytest.mark.parametrize(
    ("style", "word"),
    [
        ("sed", "did you mean 'seed'"),
        ("x" * 5000, "known: seed"),
        ({"base": "nope"}, "there is no style 'nope'"),
        ({"base": 3}, "style.base must be the name of a style"),
        ({"forward": "red"}, "forward"),
        ({"forward": "#12345"}, "forward"),
        ({"colour": "#123456"}, "colour"),
        ({"width": 20}, "width"),
        ({"width": 1e9}, "width"),
        ({"first": 2}, "first"),
        ({"font-size": 0}, "font-size"),
    ],
)
def test_a_wrong_style_is_a_style_error_that_names_the_key(style, word):
    with pytest.raises(pv.PipevizError, match=word) as caught:
        resolve_style(style)
    assert caught.value.subtype == "style"
    assert len(str(caught.value)) < 300
