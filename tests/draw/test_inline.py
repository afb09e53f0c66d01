"""Inline SVG: colours are variables, tasks are elements, and nothing leaks into the page."""

import gzip
import re
from xml.etree import ElementTree as ET

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.inline import TILES, paint_inline
from sphinx_pipeviz.draw.inline_marks import ID
from sphinx_pipeviz.draw.layout import lay_out
from sphinx_pipeviz.draw.named import named
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.style import STYLES, resolve_style
from sphinx_pipeviz.draw.stylesheet import class_name, stylesheet
from sphinx_pipeviz.embed import embed
from sphinx_pipeviz.page_html import MOST_TASKS, dress
from sphinx_pipeviz.picture import Highlight, Legend, Note, Picture

EVERYTHING = Picture(
    title="<T>",
    phases=True,
    bubble=True,
    follow=1,
    memory=True,
    highlight=[Highlight(microbatch=2, label="here")],
    notes=[Note(text="a & b", time=1, device=-1)],
)


def timeline_of(name="interleaved-1f1b", **keys):
    return pv.simulate(pv.plan(name, **{"devices": 4, "microbatches": 8} | keys))


def drawn(style="seed", timeline=None, picture=None):
    """Return the SVG as it stands in a page, and its colours."""
    look = named(resolve_style(style))
    scene = lay_out(timeline or timeline_of(), look, text_width, picture=picture)
    svg = paint_inline(scene, look.palette.pairs)
    return dress(svg, "pv1", "Words"), look.palette.pairs


def variables(text):
    return re.findall(r"var\(--pipeviz-([\w-]+),(#[0-9A-F]{6})\)", text)


@pytest.fixture(params=STYLES)
def style(request):
    return request.param


def test_every_colour_is_a_variable_whose_fallback_is_the_styles(style):
    svg, pairs = drawn(style, picture=EVERYTHING)
    for attribute in re.findall(r'(?:fill|stroke)="([^"]*)"', svg):
        assert attribute == "none" or attribute.startswith(("var(--pipeviz-", "url(#pv1-h"))
    for name, colour in variables(svg):
        assert colour == pairs[name][0]


def test_the_names_and_colours_are_those_of_the_style(style):
    _, pairs = drawn(style)
    light, dark = STYLES[style], STYLES[style].in_dark()
    for name, colour in light.colours().items():
        assert pairs[name] == (colour, dark.colours()[name])
    for number, name in enumerate(dark.colours(chunks=2)):
        if name.endswith("-2") and f"{name}-of-2" in pairs:
            shade = pairs[f"{name}-of-2"]
            assert shade == (light.colours(chunks=2)[name], dark.colours(chunks=2)[name]), (
                number
            )


@pytest.mark.parametrize("name", ["interleaved-1f1b", "zb-h1", "dualpipe", "gpipe"])
def test_the_picture_has_the_geometry_and_the_light_colours_of_the_file(style, name):
    timeline = timeline_of(name)
    look = named(STYLES[style])
    inline = lay_out(timeline, look, text_width)
    plain = lay_out(timeline, STYLES[style], text_width)
    pairs = look.palette.pairs

    def boxes(scene, light):
        found = [*scene.panels[0].tasks, *scene.legend]
        return sorted((light(b.fill), box) for b in found if b.fill for box in b.boxes)

    assert boxes(inline, lambda name: pairs[name][0]) == boxes(plain, str)
    assert (inline.width, inline.height) == (plain.width, plain.height)


def test_a_fill_of_two_kinds_has_in_the_dark_what_each_kind_has():
    style = {"base": "seed", "backward-input": "#4169E1", "dark": {"backward-input": "#112233"}}
    svg, pairs = drawn(style, timeline_of("zb-h1"))
    assert pairs["forward"] == ("#4169E1", "#4169E1")
    assert pairs["backward-input"] == ("#4169E1", "#112233")
    assert {"forward", "backward-input"} <= {name for name, _ in variables(svg)}


@pytest.mark.behaviour(23)
def test_there_is_no_prolog_no_style_and_no_link_outwards(style):
    svg, _ = drawn(style, picture=EVERYTHING)
    assert svg.startswith("<svg ")
    assert not re.search(r"<\?|<!|<style|style=|http|script|xlink", svg)
    ET.fromstring(svg)  # noqa: S314  (our own)


def test_all_ids_are_the_figures_own_and_all_references_lead_to_one():
    svg, _ = drawn("mono", timeline_of("zb-h1"))
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids)) > 2
    assert all(name.startswith("pv1-") for name in ids)
    used = set(re.findall(r"url\(#([^)]*)\)", svg))
    used |= set(re.findall(r'aria-\w+="(pv[^"]*)"', svg))
    assert used == set(ids)
    assert ID not in svg


def test_every_task_says_what_it_is():
    svg, _ = drawn(timeline=timeline_of("1f1b"))
    titles = re.findall(r'<path data-m="(\d+)" d="[^"]*"><title>([^<]*)</title></path>', svg)
    assert len(titles) == 64
    assert titles[0] == ("1", "Forward 1, Device 1, 0 to 1")
    svg, _ = drawn(timeline=timeline_of("interleaved-1f1b", chunks=2))
    assert ">Forward 1, stage 5, Device 1, 4 to 5<" in svg


@pytest.mark.behaviour(27)
def test_the_picture_is_named_and_explained():
    root = ET.fromstring(drawn()[0])  # noqa: S314  (our own)
    assert root.get("role") == "img"
    assert (root[0].tag, root[0].text, root[0].get("id")) == (
        "title",
        "Words",
        root.get("aria-labelledby"),
    )
    assert root[1].get("id") == root.get("aria-describedby")


def test_decoration_is_hidden_from_screen_readers():
    look = named(STYLES["seed"])
    svg = paint_inline(lay_out(timeline_of(), look, text_width), look.palette.pairs)
    hidden = dress(svg, "pv1", "")
    assert 'aria-hidden="true">' in hidden
    assert not re.search(r"role=|aria-labelledby|<desc", hidden)


def test_words_of_authors_are_escaped():
    svg, _ = drawn(picture=EVERYTHING)
    assert ">&lt;T&gt;</text>" in svg
    assert "&lt;evil&gt;" in dress("<svg role=''><title id='t'></title></svg>", "a", "<evil>")


@pytest.mark.behaviour(32)
@pytest.mark.parametrize(
    ("name", "microbatches", "most"), [("1f1b", 8, 40), ("1f1b", 64, 20), ("zb-h1", 32, 25)]
)
def test_a_task_takes_few_bytes(name, microbatches, most):
    timeline = timeline_of(name, devices=8, microbatches=microbatches)
    tasks = sum(map(len, timeline.rows))
    svg, _ = drawn(timeline=timeline)
    assert len(gzip.compress(svg.encode(), 6)) / tasks < most


def test_the_same_scene_gives_the_same_text():
    assert drawn("mono", picture=EVERYTHING) == drawn("mono", picture=EVERYTHING)


def test_hatches_repeat_without_a_seam():
    svg, _ = drawn("mono", timeline_of("zb-h1"))
    patterns = re.findall(r'<pattern id="pv1-h\d" width="([\d.]+)"', svg)
    assert patterns
    assert {float(width) for width in patterns} <= {round(tile, 6) for tile in TILES.values()}


# The stylesheet


@pytest.mark.behaviour(23)
def test_every_rule_is_of_the_styles_own_class(style):
    _, pairs = drawn(style)
    css = stylesheet(pairs)
    name = class_name(pairs)
    for selectors in re.findall(r"^([^@{}\n]+)\{", css, re.MULTILINE):
        for selector in re.split(r",(?![^(]*\))", selectors):
            assert re.fullmatch(rf".*\.{name}", selector)


@pytest.mark.parametrize(
    "page", ["body[data-theme=dark]", "html[data-theme=dark]", "[data-md-color-scheme=slate]"]
)
def test_the_dark_colours_follow_the_toggle_on_screens_only(page):
    _, pairs = drawn("torch")
    screen, _, rest = stylesheet(pairs).partition(
        "@media screen and (prefers-color-scheme:dark)"
    )
    assert page in screen.partition("@media screen{")[2]
    assert "--pipeviz-forward:#6484FF" in screen
    assert "body[data-theme=auto]" in rest
    assert "--pipeviz-forward:#6484FF" in rest


def test_a_style_without_dark_colours_has_one_rule():
    look = named(STYLES["seed-dark"])
    assert stylesheet(look.palette.pairs).count("{") == 1


def test_the_pages_background_shows_unless_a_style_has_its_own():
    svg, pairs = drawn()
    assert "pipeviz-background" not in svg
    assert "--pipeviz-background:var(--color-background-primary," in stylesheet(pairs)
    svg, pairs = drawn({"background": "#FFF8E0"})
    assert '<path fill="var(--pipeviz-background,#FFF8E0)" d="M0 0h540v' in svg
    assert "--pipeviz-background:#FFF8E0;" in stylesheet(pairs)


# Embedding


@pytest.mark.behaviour(32)
def test_large_pictures_are_left_to_files_unless_asked_for():
    plan = pv.plan("1f1b", devices=2, microbatches=2)
    assert embed(plan, most=7).svg == ""
    assert "2 devices" in embed(plan, most=7).told
    assert embed(plan, most=8).svg.startswith("<svg ")
    assert embed(plan, most=None).text.startswith("t = ")
    assert MOST_TASKS == 5000


def test_sizes_replace_the_styles():
    svg = embed(pv.plan("1f1b", devices=2, microbatches=2)).svg
    assert dress(svg, "a", "x", "50%").startswith('<svg class="')
    assert ' width="50%" ' in dress(svg, "a", "x", "50%")
    assert ' height="9em">' in dress(svg, "a", "x", "", "9em")


def keys_of(svg):
    """Return kinds and part of each entry of the legend that is about tasks."""
    found = re.findall(r'<g class="pv-key"(?: data-k="([^"]*)")?(?: data-p="(\d+)")?>', svg)
    return [(set(kinds.split()), part) for kinds, part in found]


def sorts_of(svg):
    found = re.findall(r'<g class="pv" data-k="([^"]*)"(?: data-p="(\d+)")?', svg)
    return set(found)


@pytest.mark.parametrize("name", ["interleaved-1f1b", "zb-h1", "dualpipe", "gpipe"])
def test_every_task_has_one_entry_of_the_legend(style, name):
    svg, _ = drawn(style, timeline_of(name))
    whole = [kinds for kinds, part in keys_of(svg) if not part]
    for kind, _ in sorts_of(svg):
        assert [kind in kinds for kinds in whole].count(True) == 1


@pytest.mark.parametrize("by", ["kind", "stage", "chunk", "microbatch"])
def test_an_entry_for_each_part_is_about_the_tasks_of_that_part(by):
    picture = Picture(color_by=by, legend=Legend(apart=True))
    svg, _ = drawn(timeline=timeline_of(chunks=2), picture=picture)
    parts = {"kind": 2, "stage": 8, "chunk": 2, "microbatch": 8}[by]
    expected = {(kind, str(p)) for kind in "FB" for p in range(parts)}
    assert sorts_of(svg) == expected
    found = {(*sorted(kinds), part) for kinds, part in keys_of(svg)}
    apart = {(str(part),) for part in range(parts)}
    assert found == (expected if by == "kind" else {("F", ""), ("B", ""), *apart})


def test_labels_go_with_their_tasks_and_other_texts_with_none():
    svg, _ = drawn(picture=EVERYTHING)
    groups = re.findall(r'<g class="pv-over"( data-k="\w+")?[^>]*bold.*?</g>', svg, re.DOTALL)
    assert {' data-k="F"', ' data-k="B"'} <= set(groups)
    assert '<g class="pv-over" fill' in svg


def test_merged_pairs_and_later_chunks_have_entries_of_their_own():
    style = {"base": "seed", "overlap": "#AABBCC"}
    svg, _ = drawn(style, timeline_of("dualpipe"))
    assert "overlap" in {kind for kind, _ in sorts_of(svg)}
    assert ({"overlap"}, "") in keys_of(svg)
    style = {"base": "seed", "chunk-text": ["#FFFFFF"]}
    svg, _ = drawn(style, timeline_of(chunks=2))
    assert (set(), "1") in keys_of(svg)


def test_a_turned_text_is_turned_about_its_middle():
    timeline = pv.simulate(pv.plan("1f1b", devices=4, microbatches=8))
    svg, _ = drawn(timeline=timeline, picture=Picture(labels="{kind}.{stage}.{mb}"))
    found = re.findall(r'<text transform="translate\(\S+ \S+\)rotate\(-90\)">([^<]+)', svg)
    assert len(found) == 4 * 8
    assert all(text.startswith("F.") for text in found)
