"""Inline -> HTML: a picture as it stands in a page, with its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import msgspec

from sphinx_pipeviz.draw.inline_marks import ANCHOR, ID, LINK
from sphinx_pipeviz.errors import Remark
from sphinx_pipeviz.spec import Spec

#: Pictures of more tasks are files unless a page asks otherwise: pages stay quick.
MOST_TASKS = 5000
#: The most tasks of an inline picture, by how pages are to hold pictures; None is any number.
MOST = {"auto": MOST_TASKS, "inline": None, "image": -1}
#: What a figure's text is called.
AS_TEXT = "This schedule as text"
_LINKED = re.compile(
    rf'{ANCHOR} href="{LINK}([\d.]+){LINK}"( aria-label="[^"]*">(.*?))</a>', re.DOTALL
)


class Inline(msgspec.Struct, frozen=True, kw_only=True):
    """A picture for the middle of an HTML page.

    Args:
        told: One sentence about it, for readers who cannot see it.
        remarks: What readers of its image may miss, whatever their fonts are.
        max_ops: The most ops that it could have had.
        svg: The picture, to be dressed for its page; empty where it has too many tasks.
        style: Its class, and the name of its stylesheet.
        css: That stylesheet.
        text: The picture as characters; empty where it is too long for a page.
    """

    told: str
    remarks: list[Remark]
    max_ops: int
    svg: str = ""
    style: str = ""
    css: str = ""
    text: str = ""

    def answers_for(self, spec: Spec, max_ops: int) -> bool:
        """Tell whether a spec whose picture this is has no mistake, as it had none when drawn.

        The limit of ops, and where links lead, may have changed since: no picture shows them.
        """
        linked = any(part.links for part in spec.parts or (spec,))
        return self.max_ops <= max_ops and not linked


def link_up(svg: str, addresses: Mapping[str, str]) -> str:
    """Return the picture of an ``Inline`` with its links.

    Args:
        svg: The picture.
        addresses: Where each link leads, by the number of its panel, a point, and its
            place among the panel's links; one without an address is no link.
    """

    def put(found: re.Match[str]) -> str:
        at = addresses.get(found[1])
        return f'{ANCHOR} href="{escape(at)}"{found[2]}</a>' if at else found[3]

    changed = _LINKED.sub(put, svg) if ANCHOR in svg else svg
    if ANCHOR in changed:
        return changed
    return changed.replace('role="group"', 'role="img"', 1)


def dress(svg: str, ident: str, alt: str, width: str = "", height: str = "") -> str:
    """Return the picture of an ``Inline`` as it stands in a page.

    Args:
        svg: The picture, with its links.
        ident: What the page's other pictures have not.
        alt: What it says to readers who cannot see it; empty for decoration.
        width: Its width with a unit, where it is not that of the style.
        height: The same of its height.
    """
    head, end, body = link_up(svg, {}).partition(">")
    if not alt:
        hidden = ' role="group"' if ANCHOR in body else ' aria-hidden="true"'
        head = re.sub(r" role=.*", hidden, head)
        body = re.sub(r"<title .*?</desc>", "", body, count=1)
    if width:
        head = re.sub(r' width="[^"]*"', f' width="{escape(width)}"', head, count=1)
    if height:
        head += f' height="{escape(height)}"'
    body = body.replace("</title>", f"{escape(alt, quote=False)}</title>", 1) if alt else body
    return (head + end + body).replace(ID, f"{ident}-")


def with_text(html: str, text: str, title: str = AS_TEXT) -> str:
    """Return a picture with the same as text below it, folded; an empty text is none.

    Args:
        html: The picture.
        text: The same as text.
        title: What that is called.
    """
    if not text:
        return html
    # one such character would double the memory of a page in a Latin script
    written = escape(text, quote=False).replace("│", "&#9474;")
    return (
        f'{html}\n<details class="pipeviz-text"><summary>{escape(title)}</summary>'
        f'<pre tabindex="0">{written}</pre></details>'
    )


def with_text_at(html: str, address: str, title: str = AS_TEXT, name: str = "") -> str:
    """Return a picture with a link to the same as text below it.

    Args:
        html: The picture.
        address: Where the text is.
        title: What it is called.
        name: What a browser calls the file that it saves; empty where it shows the text.
    """
    saved = f' download="{escape(name)}"' if name else ""
    link = f'<a href="{escape(address)}"{saved}>{escape(title)}</a>'
    return f'{html}\n<p class="pipeviz-text">{link}</p>'


def natural_size(svg: str) -> tuple[float, float]:
    """Return the width and height of the picture of an ``Inline``, in points."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)
