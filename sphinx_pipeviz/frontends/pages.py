"""Node -> picture in an HTML page: inline SVG, or an image for light pages and one for dark."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sphinx_pipeviz.frontends.cross_links import addresses
from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.kept import Kept
from sphinx_pipeviz.frontends.zoom import zoom_mark
from sphinx_pipeviz.languages import say
from sphinx_pipeviz.page_html import (
    AS_TEXT,
    Inline,
    dress,
    link_up,
    natural_size,
    with_text,
    with_text_at,
)

#: Attribute of a picture's node: the stylesheets that its page needs, by name.
SHEETS = "pipeviz-sheets"
#: The same: whether its page needs the script that enlarges pictures.
ZOOMS = "pipeviz-zooms"
#: Attributes that a node for a page takes over as they are.
_KEPT = ("ids", "names", "classes")


def are_pages(app: Sphinx) -> bool:
    """Tell whether a builder writes pages of a site, with stylesheets of their own.

    Books and help files have readers that follow no theme, as has what is printed from HTML,
    and builders that pickle parts of pages do not know where these are shown.
    """
    builder = app.builder
    embedded = getattr(builder, "embedded", False)
    printed = getattr(builder, "file_suffix", "") == ".pdf"
    fragments = hasattr(builder, "globalcontext_filename")
    return builder.format == "html" and not (embedded or printed or fragments)


def inline_of(kept: Kept, node: PipelinePicture, way: str) -> Inline | None:
    """Return the picture for the middle of its page, or None where it is an image."""
    if way == "image":
        return None
    found = kept.inline(node["spec"], way)
    return found if found.svg else None


def inline_node(
    node: PipelinePicture, picture: Inline, number: int, language: str, *, zoom: bool
) -> nodes.raw:
    """Return the picture and its text as HTML.

    Args:
        node: Where it stands, with the options of an image.
        picture: What it shows.
        number: Which of its page's pictures it is.
        language: Of what the text is called.
        zoom: Whether readers may enlarge it.
    """
    width, height = _size(node, *natural_size(picture.svg))
    svg = link_up(picture.svg, addresses(node, node["spec"]))
    html = dress(svg, f"pv{number}", node.get("alt", ""), width, height)
    html += zoom_mark(partial(say, language)) if zoom else ""
    if not isinstance(node.parent, nodes.TextElement):
        html = with_text(html, picture.text, say(language, AS_TEXT))
    new = nodes.raw(node.rawsource, html, format="html")
    new.source, new.line = node.source, node.line
    for key in _KEPT:
        new[key] = node[key]
    fixed = ["pipeviz-fixed"] if width else []
    align = [f"align-{node['align']}"] if "align" in node else []
    # the numbers of all tasks are no words that a page should be found by
    new["classes"] = ["pipeviz", "no-search", *fixed, *align, *node["classes"]]
    new[SHEETS] = {picture.style: picture.css}
    new[ZOOMS] = zoom
    return new


def mark_node(language: str) -> nodes.raw:
    """Return what stands behind images that readers may enlarge."""
    mark = zoom_mark(partial(say, language))
    return nodes.raw("", mark, format="html", **{SHEETS: {}, ZOOMS: True})


def text_node(text: str, address: str, language: str) -> nodes.raw:
    """Return the same as text, or a link to it, which stands below images."""
    title = say(language, AS_TEXT)
    html = with_text("", text, title) if text else with_text_at("", address, title)
    classes = ["pipeviz", "no-search"]
    return nodes.raw("", html, format="html", classes=classes, **{SHEETS: {}, ZOOMS: False})


def image_nodes(image: nodes.image, dark: nodes.image | None) -> list[nodes.Node]:
    """Return an image for light pages and one for dark pages; each page shows one."""
    image[SHEETS] = {}
    # themes of pydata's family dim images on dark pages that do not have this class
    image["classes"] = [*image["classes"], "dark-light"]
    if dark is None:
        return [image]
    dark[SHEETS] = {}
    dark["ids"], dark["names"] = [], []
    dark["classes"] = [*dark["classes"], "dark-light", "pipeviz-dark"]
    image["classes"] = [*image["classes"], "pipeviz-light"]
    return [image, dark]


def place(node: PipelinePicture, new: list[nodes.Node]) -> None:
    """Put a picture where its node is.

    A link that holds more than an image stands in a line of text: there Sphinx allows it.
    """
    link = node.parent
    node.replace_self(new)
    plain = len(new) == 1 and isinstance(new[0], nodes.image)
    alone = isinstance(link, nodes.reference) and not isinstance(link.parent, nodes.TextElement)
    if alone and not plain:
        line = nodes.inline("", classes=["pipeviz-link"])
        link.replace_self(line)
        line += link


def _size(node: PipelinePicture, width: float, height: float) -> tuple[str, str]:
    """Return the width and height that an image's options ask for; empty as drawn."""
    scale = float(node.get("scale", 100)) / 100
    wide, high = (_scaled(node.get(key), scale) for key in ("width", "height"))
    if high and not wide:
        wide = _scaled(node["height"], scale * width / height)
    if not (wide or high) and scale != 1:
        wide = f"{width * scale:g}pt"
    return wide, high


def _scaled(length: Any, scale: float) -> str:
    found = re.fullmatch(r"([\d.]+)\s*(\S*)", str(length or ""))
    return f"{float(found[1]) * scale:g}{found[2]}" if found else ""
