"""Links of a picture: which tasks and rows they are on, and where they may lead."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sphinx_pipeviz.draw.inline_marks import ID, LINK
from sphinx_pipeviz.embed import embed
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.links import is_address, role_of
from sphinx_pipeviz.page_html import dress, link_up
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.render import check, draw

BASE = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"


def svg_of(*links, base=BASE):
    return embed(read_text(f"{base}links: [{', '.join(links)}]\n")).svg


def linked(svg):
    """Return the place of each link among the links, and what it is on."""
    return re.findall(rf'href="{LINK}([\d.]+){LINK}" aria-label="([^"]*)"', svg)


@pytest.mark.parametrize(
    ("to", "found"),
    [
        (":ref:`label`", ("ref", "label")),
        (":py:func:`~a.b`", ("py:func", "~a.b")),
        ("{external+py:ref}`text <label>`", ("external+py:ref", "text <label>")),
        (" :doc:`/page` ", ("doc", "/page")),
        ("https://example.org/:ref:`x`", None),
        (":ref:label", None),
        ("{ref}", None),
    ],
)
def test_roles_are_known_by_their_form(to, found):
    assert role_of(to) == found


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/a?b=1&c='2'#d",
        "HTTP://example.org",
        "mailto:a@example.org",
        "page.html#name",
        "../a/b",
        "/a:b",
        "#here",
        "?q",
        "näher.html",
    ],
)
def test_safe_addresses(to):
    assert is_address(to)
    check(read_text(f'{BASE}links: [{{device: 0, to: "{to}"}}]\n'))


@pytest.mark.parametrize(
    "to",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\\tscript:alert(1)",
        "\\u00a0javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "a b",
        'a\\"b',
        "<a>",
        "a\\u2028b",
        "a\\\\b",
        "page:1",
    ],
)
def test_other_addresses_are_refused_with_their_line(to):
    with pytest.raises(PipevizError) as caught:
        check(read_text(f'{BASE}links:\n- device: 0\n  to: "{to}"\n'))
    assert caught.value.location.line == 6
    assert "a link cannot lead to" in caught.value.message
    assert "http, https, mailto" in caught.value.hint


@pytest.mark.parametrize(
    ("link", "line", "message"),
    [
        ("{device: 2, to: a}", 4, "there is no device 2; they are 0 to 1"),
        ("{microbatch: 9, to: a}", 4, "no task is as this link says"),
        ("{kind: F, stage: 0, device: 1, to: a}", 4, "no task is as this link says"),
        ("{device: 0}", 4, "lacks the key 'to'"),
        ("{task: F, to: a}", 4, "there is no key 'task'"),
    ],
)
def test_links_on_nothing_are_told(link, line, message):
    with pytest.raises(PipevizError, match=re.escape(message)) as caught:
        check(read_text(f"{BASE}links: [{link}]\n"))
    assert caught.value.location.line == line


def test_the_first_link_that_names_a_task_is_its_own():
    svg = svg_of("{kind: F, microbatch: 1, to: a}", "{kind: F, to: b}", "{stage: 1, to: c}")
    found = Counter(number for number, _ in linked(svg))
    assert found == {"0.0": 2, "0.1": 4, "0.2": 3}
    assert ("0.0", "Forward 1, Device 2, 1 to 2") in linked(svg)


def test_a_link_without_tasks_is_on_names_of_rows():
    assert linked(svg_of("{device: 1, to: a}", "{to: b}")) == [
        ("0.1", "Device 1"),
        ("0.0", "Device 2"),
    ]


def test_a_name_of_two_lines_is_one_link():
    svg = svg_of("{device: 0, to: a}", base=BASE + 'rows: {label: "GPU\\n{device}"}\n')
    (link,) = re.findall(r'<a class="pv-a".*?</a>', svg, re.DOTALL)
    assert link.count("<text") == 2


def test_numbers_are_those_that_the_picture_shows():
    svg = svg_of("{microbatch: 0, kind: F, to: a}", base=BASE + "style: {first: 0}\n")
    assert {told[:9] for _, told in linked(svg)} == {"Forward 0"}


def test_each_part_of_a_comparison_has_links_of_its_own():
    base = "compare:\n- {schedule: gpipe, links: [{device: 1, to: b}]}\n- {schedule: 1f1b}\n"
    svg = svg_of("{device: 0, to: a}", base="devices: 2\nmicrobatches: 2\n" + base)
    assert linked(svg) == [("0.0", "Device 2"), ("1.0", "Device 1")]


def test_only_links_with_an_address_are_left():
    svg = svg_of("{device: 0, to: a}", "{device: 1, to: b}")
    page = dress(link_up(svg, {"0.1": 'x"><script>&'}), "p", "alt")
    assert page.count("<a ") == page.count("</a>") == 1
    assert 'href="x&quot;&gt;&lt;script&gt;&amp;" aria-label="Device 2"' in page
    assert 'role="group"' in page
    assert not {ID, LINK} & set(page)


def test_a_picture_without_addresses_is_as_one_without_links():
    page = dress(svg_of("{device: 0, to: a}", "{kind: F, to: a}"), "p", "alt")
    assert "<a " not in page
    assert 'role="img"' in page


def test_a_picture_with_links_is_not_hidden_as_decoration():
    svg = link_up(svg_of("{device: 0, to: a}"), {"0.0": "a"})
    assert "aria-hidden" not in dress(svg, "p", "")
    assert "aria-hidden" in dress(svg_of("{device: 0, to: a}"), "p", "")


def test_hostile_names_stay_text():
    name = "<script>\\\"&'</a>\\u20280.0"
    svg = svg_of("{device: 0, to: a}", base=f'{BASE}rows: {{label: "{name}"}}\n')
    page = dress(link_up(svg, {"0.0": "a"}), "p", "alt")
    assert "<script" not in page
    assert page.count("</a>") == 1
    assert 'aria-label="&lt;script&gt;&quot;&amp;&#x27;&lt;/a&gt;0.00.0"' not in page


def test_files_have_no_links():
    with_link = read_text(f"{BASE}links: [{{device: 0, to: a}}]\n")
    assert draw(with_link, "svg") == draw(read_text(BASE), "svg")


def test_no_control_character_hides_a_scheme():
    assert not is_address("\x01javascript:alert(1)")
    with pytest.raises(PipevizError, match=r"control character U\+0001"):
        svg_of('{device: 0, to: "\\u0001javascript:alert(1)"}')
