"""Input that was written to do harm: it gives a picture or a message, and soon."""

from __future__ import annotations

import contextlib
import gc
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sphinx_pipeviz as pv
from sphinx_pipeviz.frontends.fence_header import read_header
from sphinx_pipeviz.frontends.fence_lines import Places, fences
from sphinx_pipeviz.readers import READERS, read_files, recognised
from sphinx_pipeviz.readers.op_names import names_of_pattern
from sphinx_pipeviz.readers.text_file import TextFile

from .fuzz.targets import TARGETS, seeds

#: Each example of these makes a page or a process' worth of work.
HEAVY = {"directive": 25, "myst": 25, "command": 25, "fence": 40, "yaml": 60}
#: What replaces a part of a text.
PIECES = [
    *(b"", b"\x00", b"\xff", b"\xed\xa0\x80", "\u202e".encode(), b"\n", b"\t", b" ", b":"),
    *(b"[", b"]", b"{", b"}", b'"', b"'", b"*a", b"&a", b"!!", b"---\n", b"`", b"~~~\n"),
    *(b"-1", b"0", b"1e999", b"1e-300", b"9" * 5000, b".nan", b"null", b"true", b"..", b"/"),
    *(b"</svg><script>", b"]]>", b"\\input{x}", b"javascript:", b"\\ud800", b"%s", b"{0}"),
    *(b":file: /etc/passwd\n", b":links: [{to: a}]\n", b"   :downloads: pdf\n"),
]
CUTS = st.tuples(st.integers(0, 4000), st.integers(0, 60), st.sampled_from(PIECES))


def changed(text, cuts):
    """Replace some bytes, some times."""
    for start, length, piece in cuts:
        at = start % (len(text) + 1)
        text = text[:at] + piece + text[at + length :]
    return text


@pytest.mark.parametrize("name", TARGETS)
def test_no_exception_but_ours_leaves(name):
    """The page says: every mistake is a warning and a box in its place."""
    target, known = TARGETS[name], seeds(name)

    @settings(max_examples=HEAVY.get(name, 150))
    @given(st.sampled_from(known), st.lists(CUTS, max_size=6))
    def check(text, cuts):
        target(changed(text, cuts))

    @settings(max_examples=HEAVY.get(name, 150) // 3)
    @given(st.binary() | st.text().map(lambda text: text.encode(errors="replace")))
    def check_anything(data):
        target(data)

    check()
    check_anything()


# Time and memory

LARGE = 100_000
ROWS = [
    *("\n", " ", "{", '"', "[", "(", "0F0,", "F0 ", "a:b,c\n", "S0: F0 B0\n", "gantt\n"),
    *('{"a":', '{"fwd_start":[', '{"forward-0-start":1,', "\u0660", "- ", "? ", "&a "),
    *("!", "|\n", "```a\n"),
]


def filled(row):
    return (row * LARGE)[:LARGE]


def numbered(form, count):
    return "".join(form.format(i, i + 1) for i in range(count))


TEXTS = {
    **{repr(row): filled(row) for row in ROWS},
    "many stages": numbered("S{0}: F0 B0\n", 7000),
    "many devices": numbered("{0}F0,{0}B0\n", 6000),
    "a chain": "gantt\ndateFormat X\n" + numbered("F{0} :a{0}, after a{1}, 1s\n", 3500),
    "deep trace": '{"traceEvents":[' + '{"a":' * 19_000,
    "long numbers": '{"0":[{"type":"forward","batch":' + "9" * 90_000 + "}]}",
    "long names": '[{"ph":"X","ts":0,"dur":1,"name":"' + "forward_" * 12_000 + '"}]',
    "open events": "[" + numbered('{{"ph":"B","name":"F{0}","ts":{0}}},', 2600) + "{}]",
    "many rows": "["
    + numbered('{{"ph":"X","name":"F{0}","ts":{0},"dur":1,"pid":{0}}},', 1500)
    + "{}]",
    "large sizes": '{"pp_size":100000,"vp_size":100000,"num_mbs":100000}',
}


def processor_time(do):
    """Return seconds; what earlier tests left behind is not looked through for garbage."""
    gc.freeze()
    begin = time.process_time()
    with contextlib.suppress(pv.PipevizError):
        do()
    took = time.process_time() - begin
    gc.unfreeze()
    return took


@pytest.mark.parametrize("format", READERS)
def test_a_reader_answers_within_a_second(format):
    slow = {}
    for name, text in TEXTS.items():
        file = TextFile("rank0.json", text)
        took = processor_time(
            lambda file=file: (recognised([file]), read_files([file], format))
        )
        slow[name] = took
    assert not {name: took for name, took in slow.items() if took > 1}


def bomb(levels, width=10):
    """YAML whose aliases unfold to ``width ** levels`` entries."""
    below = ["1", *(f"*a{level}" for level in range(levels))]
    return "\n".join(
        f"a{level}: &a{level} [{', '.join([below[level]] * width)}]" for level in range(levels)
    )


SPECS = {
    "bomb that holds itself": f"{bomb(4)}\nb: &b [*a3, *b, *b]\n",
    **{f"bomb {levels}": bomb(levels) for levels in (4, 5, 6, 9, 30)},
    **{repr(row): filled(row) for row in ROWS},
    "digits": "schedule: 1f1b\ndevices: " + "9" * 90_000,
    "keys": numbered("a{0}: 1\n", 12_000),
    "costs": "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\ncosts: [" + "[1]," * 20_000 + "]",
    "title": "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\ntitle: '" + "{_^" * 30_000 + "'",
    "order": "order:\n" + numbered("- [{0}F0, {0}B0]\n", 5000),
}


@pytest.mark.parametrize("name", SPECS)
def test_yaml_is_answered_within_a_second(name):
    """Entries that aliases add, and levels, are limited, which the page's table says."""
    assert processor_time(lambda: pv.read(SPECS[name])) < 1


def test_aliases_take_little_memory():
    """The page's table: 200,000 entries that aliases add."""
    tracemalloc.start()
    with pytest.raises(pv.PipevizError):
        pv.read(bomb(5))
    assert tracemalloc.get_traced_memory()[1] < 150_000_000
    tracemalloc.stop()
    with pytest.raises(pv.SpecError, match="aliases unfold to more than 200,000 entries"):
        pv.read(bomb(6))


FENCES = {
    "open": ["```a"] * 20_000,
    "open and ours": ["```a", "~~~pipeline-schedule"] * 5000,
    "brace": ["```{" + " " * LARGE],
    "braces": ["```" + "{ " * (LARGE // 2)],
    "quotes": ["> " * (LARGE // 2) + "```"],
    "items": ["1. " * (LARGE // 3) + "```"],
    "ours": ["```pipeline-schedule", "a", "```"] * 3000,
}


@pytest.mark.parametrize("name", FENCES)
def test_fences_are_found_within_a_second(name):
    lines = FENCES[name]

    def find():
        places = Places(lines)
        for number, fence in enumerate(fences(lines)):
            assert places.find(lines[fence.start : fence.end], number)

    assert processor_time(find) < 1


@pytest.mark.parametrize(
    "row", ["a", "a=", "=", 'a="', 'a="\\', "#a ", "\\", "{", "' ", "a='\""]
)
def test_a_header_is_read_within_a_second(row):
    assert processor_time(lambda: read_header(filled(row))) < 1
    assert processor_time(lambda: read_header("a" + filled(row) + '"')) < 1


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<kind>(a|a)*b)",
        "(?P<kind>(?:a|aa)+b)",
        "(?P<kind>(a+b?)+c)",
        "(?P<kind>(a?){50}b)",
        "(?P<kind>((a)|[)])+b)",
        *(f"{'a*' * count}(?P<kind>b)" for count in range(1, 12)),
        *(f"{'.*?a' * count}(?P<kind>b)" for count in (3, 5, 9)),
    ],
)
def test_no_pattern_of_an_author_takes_long(pattern):
    """The page says: a search with an author's pattern ends."""

    def search():
        named = names_of_pattern(pattern)
        for length in range(200, 0, -1):
            named("a" * length)

    assert processor_time(search) < 4


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "text"])
@pytest.mark.parametrize("cost", ["1e-300", "1e-15", "0", "1e12", "1e300"])
def test_extreme_costs_are_drawn_within_a_second(cost, format):
    costs = f"costs: {{forward: {cost}, backward: 2, p2p: {cost}}}"
    text = f"schedule: zb-auto\ndevices: 4\nmicrobatches: 8\n{costs}"
    pv.render(pv.read("schedule: 1f1b\ndevices: 1\nmicrobatches: 1"), format)
    assert processor_time(lambda: pv.render(pv.read(text), format)) < 1


def test_time_grows_with_the_devices():
    """One microbatch on 20,000 devices takes about four times as long as on 5,000."""

    def took(devices):
        text = f"schedule: gpipe\ndevices: {devices}\nmicrobatches: 1"
        return min(processor_time(lambda: pv.render(pv.read(text))) for _ in range(2))

    took(5000)
    assert took(20_000) < 8 * took(5000)
