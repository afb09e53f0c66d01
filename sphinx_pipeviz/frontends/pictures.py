"""Node -> picture: draws what the builder can show, and puts ordinary nodes in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

from sphinx_pipeviz.errors import Location, PipevizError
from sphinx_pipeviz.frontends import pages, shown, steps
from sphinx_pipeviz.frontends.assets import note_assets
from sphinx_pipeviz.frontends.directive import PipelinePicture
from sphinx_pipeviz.frontends.directive_options import way_of
from sphinx_pipeviz.frontends.failures import error_box, report, unexpected
from sphinx_pipeviz.frontends.kept import Kept, NoSpaceError
from sphinx_pipeviz.frontends.offered import (
    FOLDER,
    draw_offered,
    offer,
    offer_text,
    wanted_files,
)
from sphinx_pipeviz.frontends.translation import translate
from sphinx_pipeviz.render import check

logger = logging.getLogger(__name__)

MIME_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


#: Attributes of our node that an image does not have.
OWN = ("spec", "embed", "downloads", "told_in", "zoom")


def draw_early(app: Sphinx, doctree: nodes.document) -> None:
    """Draw what the builder will want while pages are read, which runs in parallel.

    A page that fails here is known to have failed, and is read again by the next build.
    """
    wanted = _format(app)
    kept = Kept(app, spare=False)
    found = list(doctree.findall(PipelinePicture))
    for node in found:
        try:
            if translate(node):
                check(node["spec"], app.config.pipeviz_style, app.config.pipeviz_max_ops)
            _draw(app, kept, node, wanted)
        except OSError as error:
            logger.debug("sphinx-pipeviz draws this picture later: %s", error)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, node)
            in_line = node.is_in_line()
            _replace(node, report(app.env, known, node.rawsource, in_line=in_line))
    if found:
        shown.note_drawn(app.env, kept.names)


def _draw(app: Sphinx, kept: Kept, node: PipelinePicture, wanted: str | None) -> None:
    spec = node["spec"]
    if wanted is None:
        kept.text(spec)
        return
    in_pages = pages.are_pages(app)
    if in_pages:
        draw_offered(app, kept, node)
    way = _way(app, node, wanted)
    if in_pages and pages.inline_of(kept, node, way):
        return
    kept.file(spec, wanted)
    if in_pages:
        kept.dark_file(spec, wanted)


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace every picture by what the builder can show: nodes that all builders know."""
    wanted = _format(app)
    kept = Kept(app)
    offered: set[str] = set()
    # gettext looks for the author's texts in our nodes
    found = [] if app.builder.name == "gettext" else list(doctree.findall(PipelinePicture))
    for number, node in enumerate(found, 1):
        try:
            _fit(kept, node)
            _retell(app, kept, node)
            if wanted is None:
                _make_caption_known(app, node, docname)
                _place_text(node, _text(kept, node))
            elif pages.are_pages(app):
                offered |= _place(app, kept, node, (docname, wanted, number))
            else:
                _give_line(node)
                _tell_lacking(app, node, docname)
                _make_name_known(app, node)
                node.replace_self(_image(app, node, docname, kept.file(node["spec"], wanted)))
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, node)
            shown.build_of(app).lacking = True
            logger.warning(known.sentence, location=node, type="pipeviz", subtype=known.subtype)
            shown.note_failed(app, docname)
            in_line = node.is_in_line()
            box = error_box(app.env, docname, known, node.rawsource, in_line=in_line)
            _replace(node, box)
    loaded = note_assets(doctree).keys() if found else set()
    shown.note_shown(app, doctree, docname, kept.names | offered | loaded)


def _place(
    app: Sphinx, kept: Kept, node: PipelinePicture, where: tuple[str, str, int]
) -> set[str]:
    """Put a picture into a page, with its text and its downloads.

    Args:
        app: The build.
        kept: Its pictures.
        node: The picture's node.
        where: Name of the page, format, and which picture of the page this is.

    Returns:
        Where files to which the page links are in the output.
    """
    docname, wanted, number = where
    way = _way(app, node, wanted)
    picture = pages.inline_of(kept, node, way)
    if not picture or wanted_files(app, node).keys() - {"yaml"}:
        _tell_lacking(app, node, docname)
    language, zoom = kept.look(node["spec"]).language, zooms(app, node)
    if picture:
        new: list[nodes.Node] = [pages.inline_node(node, picture, number, language, zoom=zoom)]
    else:
        new = _images(app, kept, node, docname, wanted)
        new += [pages.mark_node(language)] if zoom else []
    offered = set()
    if not (isinstance(node.parent, nodes.TextElement) or (picture and picture.text)):
        # what is too large to be inline is so for text, too
        text = kept.short_text(node["spec"]) if way == "image" else ""
        file = None if text else kept.text_file(node["spec"])
        address = offer_text(app, docname, file) if file else ""
        new.append(pages.text_node(text, address, language))
        offered |= {f"{FOLDER}/{file.name}"} if file else set()
    offered |= offer(app, node, docname, draw_offered(app, kept, node))
    pages.place(node, new)
    return offered


def _way(app: Sphinx, node: PipelinePicture, wanted: str) -> str:
    """Return how a page holds a picture; what is no SVG is an image."""
    usual = app.config.pipeviz_html_embed
    return way_of(node.attributes, usual) if wanted == "svg" else "image"


def _images(
    app: Sphinx, kept: Kept, node: PipelinePicture, docname: str, wanted: str
) -> list[nodes.Node]:
    light = _image(app, node, docname, kept.file(node["spec"], wanted))
    dark = kept.dark_file(node["spec"], wanted)
    return pages.image_nodes(light, _image(app, node, docname, dark) if dark else None)


def _tell_lacking(app: Sphinx, node: PipelinePicture, docname: str) -> None:
    """Warn of characters that a file has no glyphs for; in pages, readers' fonts have them."""
    config = app.config
    for found in steps.lacking(node["spec"], config.pipeviz_style, config.pipeviz_max_ops):
        logger.warning(found.text, location=node, type="pipeviz", subtype=found.subtype)
        shown.note_failed(app, docname)


def zooms(app: Sphinx, node: PipelinePicture) -> bool:
    """Tell whether readers may enlarge a picture."""
    return bool(node.get("zoom", app.config.pipeviz_zoom))


def _known(error: Exception, node: PipelinePicture) -> PipevizError:
    error = NoSpaceError.of(error) if isinstance(error, OSError) else error
    known = error if isinstance(error, PipevizError) else unexpected(error)
    known.location = Location(node.source, node.line)
    return known


def _fit(kept: Kept, node: PipelinePicture) -> None:
    """Make a figure that asks for it as wide as its picture."""
    figure = _figure_of(node)
    if figure is not None and figure.get("width") == "image":
        figure["width"] = f"{kept.look(node['spec']).width:g}pt"


def _retell(app: Sphinx, kept: Kept, node: PipelinePicture) -> None:
    """Describe a picture again, where the style's language is not that of when it was read."""
    language = kept.look(node["spec"]).language
    if node.get("told_in", language) != language:
        checked = check(node["spec"], app.config.pipeviz_style, app.config.pipeviz_max_ops)
        node["alt"], node["told_in"] = checked.told, language


def _figure_of(node: PipelinePicture) -> nodes.figure | None:
    figure = node.outer.parent
    return figure if isinstance(figure, nodes.figure) else None


def _give_line(node: PipelinePicture) -> None:
    """Give a picture that follows "Added in version" a line of its own, as LaTeX gives none."""
    outer = node.outer
    if isinstance(outer.parent, addnodes.versionmodified):
        paragraph = nodes.paragraph()
        outer.replace_self(paragraph)
        paragraph += outer


def _make_name_known(app: Sphinx, node: PipelinePicture) -> None:
    """Put targets in front of what is named, where writers put them elsewhere or nowhere.

    That of LaTeX forgets the names of images, that of Texinfo has all at its end.
    """
    texinfo = app.builder.format == "texinfo"
    if not (texinfo or app.builder.format == "latex"):
        return
    outer = node.outer
    figure = _figure_of(node) if texinfo else None
    place = outer if figure is None else figure
    for name in (node if figure is None else figure)["ids"]:
        target: nodes.Element = nodes.target("", "", refid=name)
        if texinfo and not isinstance(place.parent, nodes.TextElement):
            target = nodes.paragraph("", "", target)
        place.parent.insert(place.parent.index(place), target)


def _make_caption_known(app: Sphinx, node: PipelinePicture, docname: str) -> None:
    """Turn a caption into a paragraph with its number where the builder knows no captions."""
    writer = getattr(app.builder, "default_translator_class", None)
    figure = _figure_of(node)
    if figure is not None and app.builder.format == "man":
        # there figures have no numbers, and behind a caption is the name of a request
        for caption in figure.findall(nodes.caption):
            caption.replace_self(nodes.paragraph("", "", *caption.children))
    if figure is None or writer is None or hasattr(writer, "visit_caption"):
        return
    numbers = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    for name in figure["ids"]:
        figure.insert(0, nodes.target("", "", refid=name))
    for caption in figure.findall(nodes.caption):
        found = [numbers[name] for name in figure["ids"] if name in numbers][:1]
        label = [app.config.numfig_format["figure"] % ".".join(map(str, n)) for n in found]
        before = [nodes.Text(f"{text} ") for text in label]
        caption.replace_self(nodes.paragraph("", "", *before, *caption.children))


def _replace(node: PipelinePicture, block: nodes.Element) -> None:
    """Put a block where the node is; it also takes the place of a link around it."""
    node.outer.replace_self(block)


def _place_text(node: PipelinePicture, block: nodes.literal_block) -> None:
    """Put a text where its picture is, or below the line of text that holds the picture."""
    outer = node.outer
    line = outer.parent
    if not isinstance(line, nodes.paragraph):
        _replace(node, block)
        return
    line.parent.insert(line.parent.index(line) + 1, block)
    words = f"[{node['alt']}]" if node.get("alt") else ""
    outer.replace_self(nodes.inline(words, words))


def _format(app: Sphinx) -> str | None:
    """Return the first configured format that the builder can show."""
    shown = app.builder.supported_image_types
    return next((f for f in app.config.pipeviz_formats if MIME_TYPES[f] in shown), None)


def _image(app: Sphinx, node: PipelinePicture, docname: str, file: Path) -> nodes.image:
    uri = file.as_posix()
    image = nodes.image(node.rawsource, uri=uri, candidates={"*": uri}, **_attributes(node))
    image.source, image.line = node.source, node.line
    app.env.images.add_file(docname, uri)
    return image


def _text(kept: Kept, node: PipelinePicture) -> nodes.literal_block:
    text = kept.text(node["spec"])
    block = nodes.literal_block(text, text, ids=node["ids"], names=node["names"])
    block["language"] = "none"
    return block


def _attributes(node: PipelinePicture) -> dict[str, Any]:
    found = {key: value for key, value in node.attributes.items() if key not in OWN}
    if found.get("loading") == "embed":  # docutils would look for the file where it is not
        del found["loading"]
    return found
