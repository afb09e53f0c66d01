"""Node -> picture: draws what the builder can show, and puts ordinary nodes in its place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from sphinx_pipeviz.cache import Cache, picture_key
from sphinx_pipeviz.errors import Location, PipevizError
from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.failures import error_box, report, unexpected
from sphinx_pipeviz.render import draw, style_of
from sphinx_pipeviz.spec import Spec

logger = logging.getLogger(__name__)

MIME_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def draw_early(app: Sphinx, doctree: nodes.document) -> None:
    """Draw what the builder will want while pages are read, which runs in parallel.

    A page that fails here is known to have failed, and is read again by the next build.
    """
    wanted = _format(app)
    for node in list(doctree.findall(PipelinePicture)):
        try:
            if wanted:
                _kept(app, node["spec"], wanted, cache_folder(app))
            else:
                _text(app, node)
        except OSError as error:
            logger.debug("sphinx-pipeviz draws this picture later: %s", error)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, node)
            _replace(node, report(app.env, known, node.rawsource))


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every picture by an image, or by a text grid where there are no images."""
    wanted = _format(app)
    for node in list(doctree.findall(PipelinePicture)):
        new: nodes.Element
        try:
            new = _image(app, node, docname, wanted) if wanted else _text(app, node)
            _fit(app, node)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, node)
            logger.warning(known.sentence, location=node, type="pipeviz", subtype=known.subtype)
            new = error_box(known, node.rawsource)
        _replace(node, new)


def _known(error: Exception, node: PipelinePicture) -> PipevizError:
    known = error if isinstance(error, PipevizError) else unexpected(error)
    known.location = Location(node.source, node.line)
    return known


def _fit(app: Sphinx, node: PipelinePicture) -> None:
    """Make a figure that asks for it as wide as its picture."""
    figure = node.parent.parent if isinstance(node.parent, nodes.reference) else node.parent
    if isinstance(figure, nodes.figure) and figure.get("width") == "image":
        figure["width"] = f"{style_of(node['spec'], app.config.pipeviz_style).width:g}pt"


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
    text = str(_data(app, node["spec"], "text"))
    block = nodes.literal_block(text, text, ids=node["ids"], names=node["names"])
    block["language"] = "none"
    return block


def _attributes(node: PipelinePicture) -> dict[str, Any]:
    return {key: value for key, value in node.attributes.items() if key != "spec"}


def _file(app: Sphinx, spec: Spec, wanted: str) -> Path:
    """Return the picture's file, drawing it unless the cache has it."""
    try:
        return _kept(app, spec, wanted, cache_folder(app))
    except OSError as error:
        return _kept(app, spec, wanted, _spare_folder(app, error))


def _kept(app: Sphinx, spec: Spec, wanted: str, folder: Path) -> Path:
    key = picture_key(spec, style_of(spec, app.config.pipeviz_style), wanted)

    def make() -> bytes:
        data = _data(app, spec, wanted)
        return data if isinstance(data, bytes) else data.encode()

    return Cache(folder).keep(key, wanted, make)


def _data(app: Sphinx, spec: Spec, wanted: str) -> bytes | str:
    return draw(spec, wanted, app.config.pipeviz_style, max_ops=app.config.pipeviz_max_ops)


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


def clean_up(app: Sphinx, _exception: Exception | None) -> None:
    """Remove the temporary folder, once the builder has copied what it shows."""
    spare: tempfile.TemporaryDirectory[str] | None = getattr(app, "_pipeviz_spare", None)
    if spare is not None:
        spare.cleanup()
        del app._pipeviz_spare  # type: ignore[attr-defined]  # noqa: SLF001
