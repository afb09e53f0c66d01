"""The line of downloads below a picture in a page of a site."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.downloads import CLASS, FILES, download_line
from sphinx_pipeviz.frontends.kept import Kept
from sphinx_pipeviz.frontends.published import publish

#: Where the files are, in the output.
FOLDER = "_downloads"


def wanted_files(app: Sphinx, node: PipelinePicture) -> dict[str, None]:
    """Return the formats that are offered below a picture."""
    own = node.get("downloads")
    asked = app.config.pipeviz_downloads if own is None else own
    return {} if node.is_in_line() else dict.fromkeys(kind for kind in FILES if kind in asked)


def draw_offered(app: Sphinx, kept: Kept, node: PipelinePicture) -> dict[str, Path]:
    """Return the file of each format that is offered, drawn where the cache lacks it."""
    spec = node["spec"]
    return {
        kind: kept.source(spec) if kind == "yaml" else kept.file(spec, kind)
        for kind in wanted_files(app, node)
    }


def offer(app: Sphinx, node: PipelinePicture, docname: str, files: dict[str, Path]) -> set[str]:
    """Publish files and put links to them below a picture and its caption.

    Returns:
        Where the files are in the output.
    """
    if not files:
        return set()
    page = app.builder.get_target_uri(docname)
    addresses = {}
    for kind, file in files.items():
        publish(Path(app.outdir, FOLDER, file.name), file.read_bytes())
        addresses[kind] = relative_uri(page, f"{FOLDER}/{file.name}")
    line = download_line(addresses, _name(node))
    outer = node.outer
    figure = outer.parent
    if isinstance(figure, nodes.figure):
        # what follows the picture is part of the figure's caption, which Sphinx ends
        opening = "" if _has_caption(figure) else "<figcaption>"
        figure += _raw(opening + line)
    else:
        figure.insert(figure.index(outer) + 1, _raw(line))
    return {f"{FOLDER}/{file.name}" for file in files.values()}


def offer_text(app: Sphinx, docname: str, file: Path) -> str:
    """Publish the text of a picture and return its address in a page."""
    publish(Path(app.outdir, FOLDER, file.name), file.read_bytes())
    return relative_uri(app.builder.get_target_uri(docname), f"{FOLDER}/{file.name}")


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html", classes=[CLASS, "no-search"])


def _has_caption(figure: nodes.figure) -> bool:
    return any(isinstance(child, nodes.caption) for child in figure)


def _name(node: PipelinePicture) -> str:
    """Return what a figure is called: by its name, else by its schedule."""
    outer = node.outer
    ids = [*outer.parent["ids"]] if isinstance(outer.parent, nodes.figure) else node["ids"]
    named = [name for name in ids if not name.startswith("id")]
    return str(named[0] if named else node["spec"].schedule or "schedule")
