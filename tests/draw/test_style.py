"""Presets, shades, dark variants, and styles that start from others."""

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.style import FILLS, STYLES, Style, contrast, luminance, resolve_style
from sphinx_pipeviz.draw.styles import PRESETS
from sphinx_pipeviz.ops import Kind


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
        ("megatron-drak", "did you mean 'megatron-dark'"),
        ("x" * 5000, "known: seed.* each also with -dark"),
        ({"base": "nope"}, "there is no style 'nope'"),
        ({"base": 3}, "style.base must be the name of a style"),
        ({"forward": "red"}, "forward"),
        ({"forward": "#12345"}, "forward"),
        ({"colour": "#123456"}, "colour"),
        ({"width": 20}, "width"),
        ({"width": 1e9}, "width"),
        ({"first": 2}, "first"),
        ({"font-size": 0}, "font-size"),
        ({"forward-chunks": ["red"]}, "forward-chunks"),
        ({"forward-chunks": "#FFFFFF"}, "forward-chunks must be a list"),
        ({"idle-look": "gird"}, "idle-look"),
        ({"hatches": {"backwrd": "rising"}}, "did you mean 'backward'"),
        ({"hatches": {"x" * 5000: "rising"}}, "known: idle, forward"),
        ({"hatches": {"backward": "///"}}, "hatches.backward"),
        ({"dark": {"forwrd": "#FFFFFF"}}, "style.dark.*did you mean 'forward'"),
        ({"dark": {"forward": "red"}}, "style.dark.forward"),
        ({"dark": {"width": 300}}, "style.dark"),
        ({"dark": "#000000"}, "style.dark must be a mapping"),
    ],
)
def test_a_wrong_style_is_a_style_error_that_names_the_key(style, word):
    with pytest.raises(pv.PipevizError, match=word) as caught:
        resolve_style(style)
    assert caught.value.subtype == "style"
    assert len(str(caught.value)) < 500


# Presets


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("seed", {"forward": "#4169E1", "backward": "#F4A460", "optimizer": "#FFEFCF"}),
        ("megatron", {"forward": "#305496", "backward": "#A9D08E", "idle": "#808080"}),
        ("zero-bubble", {"forward": "#4F87ED", "backward_input": "#67BBC4", "edge": "#434343"}),
        ("dualpipe", {"forward": "#F1B238", "idle": "#FFFFFF"}),
        ("deepspeed", {"forward": "#4BACC6", "backward": "#9DBB61", "all_reduce": "#AB9AC0"}),
        ("torch", {"forward": "#0000FF", "backward": "#FFA500", "backward_input": "#008080"}),
        ("colorblind", {"forward": "#0072B2", "backward": "#E69F00"}),
    ],
)
def test_presets_have_the_published_colours(name, published):
    assert {field: getattr(STYLES[name], field) for field in published} == published


def test_every_kind_has_a_fill_in_every_style():
    for style in STYLES.values():
        for kind in Kind:
            assert style.fill(kind).startswith("#")


def test_the_second_chunk_has_its_own_fill_and_more_chunks_blend():
    style = STYLES["megatron"]
    assert style.fill(Kind.FORWARD, 1, 2) == "#B4C6E7"
    assert style.fill(Kind.BACKWARD, 1, 2) == "#375623"
    assert style.fill(Kind.FORWARD, 3, 4) == "#B4C6E7"
    assert style.fill(Kind.FORWARD, 1, 3) == "#728DBE"
    assert style.fill(Kind.OPTIMIZER, 1, 2) == style.optimizer


def test_chunks_may_be_fewer_than_their_fills():
    style = resolve_style({"forward-chunks": ["#111111", "#222222", "#333333"]})
    assert style.fill(Kind.FORWARD, 1, 2) == "#111111"
    assert [style.fill(Kind.FORWARD, chunk, 4) for chunk in (1, 2, 3)] == [
        *("#111111", "#222222", "#333333")
    ]


def test_a_style_by_stage_has_a_hue_for_each_stage_and_deeper_backwards():
    style = STYLES["gpipe"]
    fills = [style.fill(Kind.FORWARD, stage=stage) for stage in range(4)]
    assert fills == ["#EDEDED", "#F8E5CA", "#CBD9F9", "#E5D0DC"]
    assert [style.fill(Kind.OPTIMIZER, stage=stage) for stage in range(4)] == fills
    assert style.fill(Kind.FORWARD, stage=8) == fills[0]
    for stage in range(8):
        kinds = (Kind.FORWARD, Kind.BACKWARD, Kind.BACKWARD_WEIGHT)
        lights = [luminance(style.fill(kind, stage=stage)) for kind in kinds]
        assert lights == sorted(lights, reverse=True)
    assert style.fill(Kind.ALL_REDUCE, stage=1) == style.all_reduce
    assert STYLES["seed"].fill(Kind.FORWARD, stage=3) == STYLES["seed"].forward


def test_hatches_of_a_style_are_added_to_those_of_its_base_and_can_be_taken_away():
    style = resolve_style(
        {"base": "colorblind", "hatches": {"forward": "dotted", "recompute": None}}
    )
    assert style.hatches["forward"] == "dotted"
    assert style.hatch(Kind.BACKWARD_INPUT, "#56B4E9").pattern == "rising"
    assert style.hatch(Kind.RECOMPUTE, "#56B4E9") is None


def test_idle_time_is_hatched_only_where_that_is_its_look():
    assert resolve_style({"hatches": {"idle": "checked"}}).idle_hatch is None
    style = resolve_style({"idle-look": "hatch", "idle-edge": "#000000"})
    assert style.idle_hatch == Hatch("falling", "#000000")
    checked = resolve_style({"idle-look": "hatch", "hatches": {"idle": "checked"}})
    assert checked.idle_hatch.pattern == "checked"


# Dark


@pytest.mark.parametrize("name", PRESETS)
def test_every_style_has_a_dark_variant_of_its_own_geometry(name):
    dark = resolve_style(f"{name}-dark")
    assert dark == STYLES[name].in_dark()
    assert dark.in_dark() == dark
    for field in ("width", "row_height", "font_size", "first", "idle_look", "hatches"):
        assert getattr(dark, field) == getattr(STYLES[name], field)
    assert dark.background == "#131416"


def test_a_users_fill_is_the_same_light_and_dark():
    style = resolve_style({"base": "megatron", "forward": "#AA0000"})
    assert STYLES["megatron"].in_dark().forward != STYLES["megatron"].forward
    assert style.in_dark().forward == style.forward == "#AA0000"
    assert style.in_dark().all_reduce == STYLES["megatron-dark"].all_reduce


def test_a_users_frame_is_for_light_pages_only():
    style = resolve_style({"background": "#FFFFF0", "text": "#222222", "edge": "#333333"})
    dark = style.in_dark()
    frame = ("background", "text", "edge")
    assert all(getattr(dark, name) == getattr(STYLES["seed-dark"], name) for name in frame)


def test_a_user_may_give_other_colours_for_dark_pages():
    dark = {"forward": "#BB0000", "background": "#1E2129", "stage-fills": ["#123456"]}
    style = resolve_style({"forward": "#AA0000", "dark": dark})
    assert style.forward == "#AA0000"
    assert style.in_dark().forward == "#BB0000"
    assert style.in_dark().background == "#1E2129"
    assert style.in_dark().stage_fills == ("#123456",)
    assert style.in_dark().text == STYLES["seed-dark"].text


def test_a_dark_variant_can_be_a_base():
    style = resolve_style({"base": "megatron-dark", "forward": "#AA0000"})
    assert style.background == "#131416"
    assert style.in_dark() == style


@pytest.mark.parametrize("name", PRESETS)
def test_both_colour_sets_have_the_same_names_which_css_allows(name):
    style = STYLES[name]
    light, dark = (look.colours(chunks=3, stages=2) for look in (style, style.in_dark()))
    assert light.keys() == dark.keys()
    assert all(word.replace("-", "").isalnum() for word in light)
    assert light["forward"] == style.forward
    assert light["forward-2"] == style.fill(Kind.FORWARD, 1, 3)
    assert light["forward-stage-2"] == style.stage_fill(Kind.FORWARD, 1)
    assert light["on-forward-2"] == style.text_on(light["forward-2"])
    assert light["hatch-forward"] == style.hatch_on(style.forward)
    assert dark["idle-edge"] == style.in_dark().idle_edge
    assert {field.replace("_", "-") for field in FILLS.values()} <= light.keys()


def test_colours_of_a_users_style_are_named_in_both_sets():
    style = resolve_style({"overlap": "#123456"})
    assert style.colours()["overlap"] == style.in_dark().colours()["overlap"] == "#123456"


def test_tasks_may_have_no_border_light_and_dark():
    style = resolve_style({"edge": None, "base": "megatron"})
    assert (style.edge, style.in_dark().edge) == (None, None)
    small = "{schedule: 1f1b, devices: 2, microbatches: 2"
    black = [
        pv.render(pv.read(f"{small}, style: {{edge: {edge}}}}}"), "svg").count(b"#123456")
        for edge in ("null", "'#123456'")
    ]
    assert black[0] == 0 < black[1]


def test_recomputed_forwards_have_fills_of_chunks():
    style = resolve_style({"recompute-chunks": ["#112233"]})
    assert style.fill(pv.Kind.RECOMPUTE, 1, 2) == "#112233"
    assert style.fill(pv.Kind.FORWARD, 1, 2) != "#112233"


@pytest.mark.parametrize("name", ["mono", "mono-dark"])
def test_mono_has_no_colours(name):
    style = resolve_style(name)
    fields = {*FILLS.values(), "edge", "text", "accent", "memory"}
    channels = [bytes.fromhex(getattr(style, field)[1:]) for field in fields]
    assert max(max(each) - min(each) for each in channels) < 0x10  # dark pages are bluish
