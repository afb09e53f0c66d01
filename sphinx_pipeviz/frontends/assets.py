"""What pages with pictures load: one stylesheet, one per style, and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from sphinx_pipeviz.frontends.page_loads import (
    SCRIPT,
    SHEET,
    ZOOM_SCRIPT,
    ZOOM_SHEET,
    static_text,
)
from sphinx_pipeviz.frontends.pages import SHEETS, ZOOMS
from sphinx_pipeviz.frontends.published import publish

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def add_assets(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Let a page with pictures load what these need, and no other page anything."""
    if doctree is None or not _styles(doctree):
        return
    sheets = sheets_of(doctree)
    _add_sheet(app, SHEET, static_text(SHEET))
    for name, css in sorted(sheets.items()):
        _add_sheet(app, name, css)
    if sheets:
        _add_script(app, SCRIPT)
    if any(node.get(ZOOMS) for node in doctree.findall(nodes.raw)):
        _add_sheet(app, ZOOM_SHEET, static_text(ZOOM_SHEET))
        _add_script(app, ZOOM_SCRIPT)


def _add_script(app: Sphinx, name: str) -> None:
    _publish(app, name, static_text(name))
    app.add_js_file(name, loading_method="defer")


def sheets_of(doctree: nodes.document) -> dict[str, str]:
    """Return the stylesheets of the styles of a page's pictures: file name -> text."""
    return {f"{name}.css": css for styles in _styles(doctree) for name, css in styles.items()}


def _styles(doctree: nodes.document) -> list[dict[str, str]]:
    return [node[SHEETS] for node in doctree.findall(nodes.Element) if SHEETS in node]


def _add_sheet(app: Sphinx, name: str, css: str) -> None:
    _publish(app, name, css)
    app.add_css_file(name)


def _publish(app: Sphinx, name: str, text: str) -> None:
    publish(Path(app.outdir, "_static", name), text.encode())
