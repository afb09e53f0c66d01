"""Node -> picture: draws what the builder can show, and puts ordinary nodes in its place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from sphinx_pipeviz.cache import Cache, picture_key
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.failures import error_box, unexpected
from sphinx_pipeviz.render import draw, style_of
from sphinx_pipeviz.spec import Spec

logger = logging.getLogger(__name__)

MIME_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def draw_early(app: Sphinx, doctree: nodes.document) -> None:
    """Draw what the builder will want while pages are read, which runs in parallel."""
    wanted = _format(app)
    if wanted:
        for node in doctree.findall(PipelinePicture):
            try:
                _file(app, node["spec"], wanted)
            except Exception as error:
                logger.debug("sphinx-pipeviz draws this picture later", exc_info=error)


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every picture by an image, or by a text grid where there are no images."""
    wanted = _format(app)
    for node in list(doctree.findall(PipelinePicture)):
        new: nodes.Element
        try:
            new = _image(app, node, docname, wanted) if wanted else _text(app, node)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = error if isinstance(error, PipevizError) else unexpected(error)
            logger.warning(known.sentence, location=node, type="pipeviz", subtype=known.subtype)
            new = error_box(known, "")
        _replace(node, new)


def _replace(node: PipelinePicture, new: nodes.Element) -> None:
    """Put an image where the node is; a block also takes the place of a link around it."""
    outer: nodes.Element = node
    if not isinstance(new, nodes.image) and isinstance(node.parent, nodes.reference):
        outer = node.parent
    outer.replace_self(new)


def _format(app: Sphinx) -> str | None:
    """Return the first configured format that the builder can show."""
    shown = app.builder.supported_image_types
    return next((f for f in app.config.pipeviz_formats if MIME_TYPES[f] in shown), None)


def _image(app: Sphinx, node: PipelinePicture, docname: str, wanted: str) -> nodes.image:
    uri = _file(app, node["spec"], wanted).as_posix()
    image = nodes.image(node.rawsource, uri=uri, candidates={"*": uri}, **_attributes(node))
    image.source, image.line = node.source, node.line
    app.env.images.add_file(docname, uri)
    return image


def _text(app: Sphinx, node: PipelinePicture) -> nodes.literal_block:
    text = str(
        draw(node["spec"], "text", app.config.pipeviz_style, max_ops=app.config.pipeviz_max_ops)
    )
    block = nodes.literal_block(text, text, ids=node["ids"], names=node["names"])
    block["language"] = "none"
    return block


def _attributes(node: PipelinePicture) -> dict[str, Any]:
    return {key: value for key, value in node.attributes.items() if key != "spec"}


def _file(app: Sphinx, spec: Spec, wanted: str) -> Path:
    """Return the picture's file, drawing it unless the cache has it."""
    style, limit = app.config.pipeviz_style, app.config.pipeviz_max_ops
    key = picture_key(spec, style_of(spec, style), wanted)

    def make() -> bytes:
        data = draw(spec, wanted, style, max_ops=limit)
        return data if isinstance(data, bytes) else data.encode()

    try:
        return Cache(cache_folder(app)).keep(key, wanted, make)
    except OSError as error:
        return Cache(_spare_folder(app, error)).keep(key, wanted, make)


def cache_folder(app: Sphinx) -> Path:
    """Return where pictures are kept: by default beside the doctrees, never published."""
    if app.config.pipeviz_cache_dir:
        return Path(app.confdir, app.config.pipeviz_cache_dir)
    return Path(app.doctreedir, "pipeviz")


def _spare_folder(app: Sphinx, error: OSError) -> Path:
    """Return a temporary folder for a build that cannot write its cache; warn once."""
    spare: tempfile.TemporaryDirectory[str] | None = getattr(app, "_pipeviz_spare", None)
    if spare is None:
        spare = tempfile.TemporaryDirectory(prefix="pipeviz-")
        app._pipeviz_spare = spare  # type: ignore[attr-defined]  # noqa: SLF001
        message = f"the cache folder {cache_folder(app)} cannot be written: {error.strerror}"
        hint = "pipeviz_cache_dir can name another one"
        logger.warning("%s (%s)", message, hint, type="pipeviz", subtype="cache")
    return Path(spare.name)
