"""Links of a picture in pages: cross-references, addresses, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from textwrap import indent

import pytest

SPEC = "   schedule: gpipe\n   devices: 2\n   microbatches: 2\n"
PICTURE = ".. pipeline-schedule::\n\n" + SPEC + "   links:\n"
INLINE = "pipeviz_html_embed = 'inline'"
TARGETS = """
.. _here:

Here
----

.. py:function:: step()

.. glossary::

   bubble
     Idle time.

.. pipeline-schedule::
   :caption: A figure
   :name: figure

   schedule: gpipe
   devices: 1
   microbatches: 1
"""


def with_links(*links):
    return PICTURE + "".join(f"   - {link}\n" for link in links)


def page(*blocks):
    return "\n\n".join(["Page\n====", *blocks]) + "\n"


def hrefs(html):
    """Return where each link of the pictures in a page leads, once per address."""
    found = re.findall(r'<a class="pv-a" href="([^"]*)"', html)
    return list(dict.fromkeys(found))


@pytest.fixture
def pages(site):
    site.configure(INLINE, "extensions += ['myst_parser']")
    site.write("index.rst", "Site\n====\n\n.. toctree::\n\n   a/one\n   two\n" + TARGETS)
    site.write("two.md", "# Two\n\n(label)=\n## Label\n\nText\n")
    site.write("a/one.rst", page("Text"))
    return site


LINKS = (
    '{device: 0, to: ":ref:`here`"}',
    '{device: 1, to: ":doc:`/two`"}',
    '{kind: F, microbatch: 1, to: "{ref}`label`"}',
    '{kind: F, microbatch: 2, to: ":py:func:`step`"}',
    '{kind: B, microbatch: 1, device: 0, to: ":term:`bubble`"}',
    '{kind: B, microbatch: 2, device: 0, to: ":numref:`figure`"}',
    '{kind: B, microbatch: 1, device: 1, to: "https://example.org/?a&b"}',
    '{kind: B, microbatch: 2, device: 1, to: "#own"}',
)
ADDRESSES = {
    "html": (
        "../two.html#label ../index.html#step ../index.html#term-bubble ../index.html#{figure}"
        " https://example.org/?a&amp;b #own ../index.html#here ../two.html"
    ),
    "dirhtml": (
        "../../two/#label ../../#step ../../#term-bubble ../../#{figure}"
        " https://example.org/?a&amp;b #own ../../#here ../../two/"
    ),
    "singlehtml": (
        "#label #step #term-bubble #{figure} https://example.org/?a&amp;b #own #here"
        " #document-two"
    ),
}


@pytest.mark.behaviour(28)
@pytest.mark.parametrize("builder", ADDRESSES)
@pytest.mark.parametrize("parallel", ["1", "2"])
def test_links_lead_to_the_same_as_those_of_the_page(pages, builder, parallel):
    pages.write("a/one.rst", page(with_links(*LINKS)))
    assert pages.build(builder, "-j", parallel).warnings == []
    names = {"html": "a/one.html", "dirhtml": "a/one/index.html", "singlehtml": "index.html"}
    html = pages.page(names[builder], builder)
    wanted = ADDRESSES[builder].replace("{figure}", "figure").split()
    assert sorted(hrefs(html)) == sorted(wanted)
    ids = Counter(re.findall(r'\sid="([^"]*)"', html))
    twice = {name for name, count in ids.items() if count > 1}
    assert twice <= {"id1"}  # Sphinx's own, of numbered figures where all pages are one
    assert {href[1:] for href in wanted if re.match("#(?!own)", href)} <= set(ids)


def test_markdown_takes_both_ways_to_write_a_role(pages):
    links = ('{device: 0, to: ":ref:`here`"}', '{device: 1, to: "{ref}`label`"}')
    body = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\nlinks:\n"
    body += "".join(f"- {link}\n" for link in links)
    pages.write("a/one.md", f"# One\n\n```{{pipeline-schedule}}\n{body}```\n")
    (pages.source / "a/one.rst").unlink()
    assert pages.build().warnings == []
    assert hrefs(pages.page("a/one.html")) == ["../index.html#here", "../two.html#label"]


@pytest.mark.behaviour(28)
def test_a_broken_link_is_told_with_its_line_and_is_none(pages):
    pages.write("a/one.rst", page(with_links('{device: 0, to: ":ref:`gone`"}', LINKS[1])))
    (warning,) = pages.build().warnings
    assert warning.startswith("a/one.rst:10: WARNING: undefined label: 'gone'")
    assert hrefs(pages.page("a/one.html")) == ["../two.html"]


def test_links_of_a_file_are_told_with_its_line(pages):
    text = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\nlinks:\n- {to: ':ref:`gone`'}\n"
    pages.write("a/own.yaml", text)
    pages.write("a/one.rst", page(".. pipeline-schedule:: own.yaml"))
    (warning,) = pages.build().warnings
    assert warning.startswith("a/own.yaml:5: WARNING: undefined label: 'gone'")


def test_nitpicky_is_respected(pages):
    pages.write("a/one.rst", page(with_links('{device: 0, to: ":py:func:`gone`"}')))
    assert pages.build().warnings == []
    (warning,) = pages.build("html", "-n", "-E").warnings
    assert warning.startswith("a/one.rst:10: WARNING: py:func reference target not found: gone")


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ('{device: 0, to: "javascript:x"}', "a link cannot lead to 'javascript:x'"),
        ('{device: 0, to: ":strong:`x`"}', "':strong:`x`' is no cross-reference"),
        ("{device: 7, to: a}", "there is no device 7"),
    ],
)
def test_what_cannot_be_a_link_is_told_with_its_line(pages, link, message):
    pages.write("a/one.rst", page(with_links(link)))
    (warning,) = pages.build().warnings
    assert warning.startswith("a/one.rst:10: WARNING: ")
    assert message in warning
    assert "pipeviz-error" in pages.page("a/one.html")


@pytest.mark.parametrize("form", ["rst", "file", "md"])
def test_an_unknown_role_is_told_with_the_line_of_its_link(pages, form):
    body = "schedule: gpipe\ndevices: 2\nmicrobatches: 2\nlinks:\n"
    body += "- device: 0\n  to: ':nothing:`x`'\n"
    if form == "md":
        (pages.source / "a/one.rst").unlink()
        pages.write("a/one.md", f"# One\n\nText\n\n```{{pipeline-schedule}}\n{body}```\n")
    elif form == "file":
        pages.write("a/own.yaml", body)
        pages.write("a/one.rst", page(".. pipeline-schedule:: own.yaml"))
    else:
        pages.write("a/one.rst", page(".. pipeline-schedule::\n\n" + indent(body, "   ")))
    told = [line for line in pages.build().warnings if "nothing" in line]
    place = {"rst": "a/one.rst:11", "file": "a/own.yaml:6", "md": "a/one.md:11"}[form]
    assert told
    # before 5, MyST names the page's own warnings otherwise
    ours = [line for line in told if "[myst." not in line]
    assert ours
    assert all(line.startswith(f"{place}: ") for line in ours), told
    assert hrefs(pages.page("a/one.html")) == []


def test_a_picture_that_is_a_link_has_none_within(pages):
    block = with_links(LINKS[0]).replace("::\n", "::\n   :target: two\n", 1)
    pages.write("a/one.rst", page(block))
    (warning,) = pages.build().warnings
    assert "links within a picture do not go with the option 'target'" in warning


@pytest.mark.parametrize("builder", ["html", "epub", "latex", "text", "man", "texinfo", "xml"])
def test_images_and_other_formats_have_no_links(pages, builder):
    pages.configure("extensions += ['myst_parser']")
    pages.write("a/one.rst", page(with_links(*LINKS)))
    assert pages.build(builder).warnings == []
    assert not any(
        "pv-a" in path.read_text(encoding="utf-8", errors="replace")
        for path in (pages.output / builder).rglob("*.*html")
    )


def test_another_address_draws_nothing_again(pages):
    pages.write("a/one.rst", page(with_links("{device: 0, to: a}")))
    pages.build()
    kept = {path: path.stat().st_mtime_ns for path in (pages.doctrees / "pipeviz").rglob("*.*")}
    pages.write("a/one.rst", page(with_links("{device: 0, to: b}")))
    pages.build()
    assert hrefs(pages.page("a/one.html")) == ["b"]
    assert kept == {
        path: path.stat().st_mtime_ns for path in (pages.doctrees / "pipeviz").rglob("*.*")
    }
