"""What pages with pictures load: one stylesheet, one per style, and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from sphinx_pipeviz.frontends.page_loads import (
    SCRIPT,
    SHEET,
    ZOOM_SCRIPT,
    ZOOM_SHEET,
    static_text,
)
from sphinx_pipeviz.frontends.pages import SHEETS, ZOOMS
from sphinx_pipeviz.frontends.published import publish
from sphinx_pipeviz.frontends.shown import build_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

#: Attribute of a document: what its page loads, file name -> text.
ASSETS = "pipeviz-assets"


def add_assets(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Let a page with pictures load what these need, and no other page anything."""
    if doctree is None:
        return
    noted: dict[str, str] = doctree.get(ASSETS, {})
    for name, text in noted.items():
        _publish(app, pagename, name, text)
        if name.endswith(".css"):
            app.add_css_file(name)
        else:
            app.add_js_file(name, loading_method="defer")


def note_assets(doctree: nodes.document) -> dict[str, str]:
    """Note what a page with pictures loads, once they are placed; return that, too."""
    found = _assets_of(doctree)
    if found:
        doctree[ASSETS] = found
    return found


def _assets_of(doctree: nodes.document) -> dict[str, str]:
    """Return what a page with pictures loads, in its order: file name -> text."""
    styles = [node[SHEETS] for node in doctree.findall(nodes.Element) if SHEETS in node]
    sheets = {f"{name}.css": css for found in styles for name, css in found.items()}
    zooms = any(node.get(ZOOMS) for node in doctree.findall(nodes.raw))
    return {
        **(_ours(SHEET) if styles else {}),
        **dict(sorted(sheets.items())),
        **(_ours(SCRIPT) if sheets else {}),
        **(_ours(ZOOM_SHEET, ZOOM_SCRIPT) if zooms else {}),
    }


def _ours(*names: str) -> dict[str, str]:
    return {name: static_text(name) for name in names}


def _publish(app: Sphinx, page: str, name: str, text: str) -> None:
    published = build_of(app).published
    if name in published:
        return
    try:
        publish(Path(app.outdir, "_static", name), text.encode())
        published.add(name)
    except OSError as error:
        message = f"{name} cannot be written: {error.strerror}"
        logger.warning(message, location=page, type="pipeviz", subtype="cache", once=True)
