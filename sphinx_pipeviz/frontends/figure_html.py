"""Spec -> a picture in HTML, and an error -> a box, where Sphinx does not make them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from sphinx_pipeviz.cache import PREFIX, Cache, picture_key
from sphinx_pipeviz.draw.inline_marks import LINK
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import PipevizError, Remark
from sphinx_pipeviz.frontends import steps
from sphinx_pipeviz.frontends.downloads import download_line, saved_name
from sphinx_pipeviz.frontends.fence_header import Header
from sphinx_pipeviz.frontends.page_loads import Link
from sphinx_pipeviz.frontends.settings import check_way
from sphinx_pipeviz.frontends.spec_links import refuse_roles, written_addresses
from sphinx_pipeviz.frontends.widths import fitted
from sphinx_pipeviz.frontends.zoom import zoom_mark
from sphinx_pipeviz.languages import language_of, say
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.page_html import (
    AS_TEXT,
    MOST,
    Inline,
    dress,
    link_up,
    with_text,
    with_text_at,
)
from sphinx_pipeviz.render import check, draw, draw_text
from sphinx_pipeviz.spec import MAX_OPS, Spec

#: A picture's numbers are no words that a page is found by; how Material, Zensical and
#: others are told.
_OUTER = '<div class="{}" data-search-exclude="">{}</div>'


#: Of files that are part of a page.
MIME_TYPES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "yaml": "application/yaml",
    "txt": "text/plain",
}


def inline(name: str, data: bytes) -> str:
    """Return an address that holds the file itself."""
    kind = MIME_TYPES[name.rpartition(".")[2]]
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture for a page.

    Args:
        html: The picture, in a ``<div>``.
        sheets: The stylesheets of its style, by name.
        offered: The line of downloads.
        zoom: Whether readers may enlarge it.
        links: Where its links lead as written, by what stands for their addresses in
            ``html``.
        remarks: What readers of it may miss.
    """

    html: str
    sheets: Mapping[str, str] = field(default_factory=dict)
    offered: str = ""
    zoom: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Makes pictures.

    Args:
        style: Style of schedules that ask for none.
        max_ops: The most ops of a schedule.
        embed: How pages hold pictures that do not say it: auto, inline or image.
        cache: Where pictures are kept; an empty text is nowhere.
        link: Turns a file into its address; None puts all into the page.
        downloads: Formats of the files to offer, where a figure does not say.
        zoom: Whether readers may enlarge pictures that do not say it.
    """

    style: str | dict[str, Any] = "seed"
    max_ops: int = MAX_OPS
    embed: str = "auto"
    cache: str = ""
    link: Link | None = None
    downloads: tuple[str, ...] = ()
    zoom: bool = False

    @property
    def language(self) -> str:
        """The language of what is said around pictures: the one of ``style``."""
        asked = self.style.get("language", "") if isinstance(self.style, dict) else ""
        return language_of(str(asked))

    def picture(self, spec: Spec, header: Header, ident: str) -> Drawn:
        """Return a schedule as a picture.

        Args:
            spec: The schedule.
            header: How it is shown.
            ident: What the page's other pictures have not.

        Raises:
            PipevizError: The schedule cannot be drawn.
        """
        way = header.embed or self.embed
        check_way(way)
        spec = fitted(spec, header.width)
        found = self._checked(spec, way)
        refuse_roles(spec)
        alt = found.told if header.alt is None else header.alt
        zoom = self.zoom if header.zoom is None else header.zoom
        words = partial(say, style_of(spec, self.style).language)
        mark = zoom_mark(words) if zoom else ""
        offered = self._offered(spec, header)
        if found.svg:
            svg, links = _linked(found.svg, spec, ident)
            picture = dress(svg, ident, alt, header.width) + mark
            html = _outer(self._told(picture, found.text, spec), header.width)
            return Drawn(html, {found.style: found.css}, offered, zoom, links, found.remarks)
        images = self._images(spec, alt, header.width) + mark
        # what is too large to be inline is so for text, too
        text = steps.text_of(spec, self.style, self.max_ops) if way == "image" else ""
        html = _OUTER.format("pipeviz", self._told(images, text, spec))
        remarks = [*found.remarks, *steps.lacking(spec, self.style, self.max_ops)]
        return Drawn(html, offered=offered, zoom=zoom, remarks=remarks)

    def _told(self, html: str, text: str, spec: Spec) -> str:
        """Return a picture with the same as text below it, or with a link to a long one."""
        look = style_of(spec, self.style)
        title = say(look.language, AS_TEXT)
        if text:
            return with_text(html, text, title)
        name = "" if self.link else saved_name(spec.schedule or "", "txt")
        return with_text_at(html, self._address(spec, look, "txt"), title, name)

    def _checked(self, spec: Spec, way: str) -> Inline:
        """Return what is known of a schedule without mistakes, with its picture if inline."""

        def make() -> bytes:
            return msgspec.json.encode(drawn())

        def drawn() -> Inline:
            return steps.embed(spec, self.style, most=MOST[way], max_ops=self.max_ops)

        if way == "image":
            return drawn()
        key = picture_key(spec, style_of(spec, self.style), f"inline-{way}")
        found = msgspec.json.decode(self._kept(key, "json", make), type=Inline)
        if not found.answers_for(spec, self.max_ops):
            check(spec, self.style, self.max_ops)
        return found

    def _images(self, spec: Spec, alt: str, width: str) -> str:
        """Return an image for light pages and, where it is another, one for dark pages."""
        light = style_of(spec, self.style)
        looks = {"pipeviz-light": light, "pipeviz-dark": light.in_dark()}
        if looks["pipeviz-light"].colours() == looks["pipeviz-dark"].colours():
            looks = {"": light}
        size = f' style="width: {escape(width)}"' if width else ""
        images = (
            f'<img class="{name}" src="{escape(self._address(spec, look))}"'
            f' alt="{escape(alt)}"{size}>'.replace(' class=""', "")
            for name, look in looks.items()
        )
        return "".join(images)

    def _offered(self, spec: Spec, header: Header) -> str:
        """Return the line of downloads."""
        asked = self.downloads if header.downloads is None else header.downloads
        look = style_of(spec, self.style)
        addresses = {kind: self._address(spec, look, kind) for kind in asked}
        name = header.name or spec.schedule or ""
        return download_line(addresses, name) if addresses else ""

    def _address(self, spec: Spec, style: Style, format: str = "svg") -> str:
        def make() -> bytes:
            if format == "yaml":
                return steps.figure_source(spec, self.style, self.max_ops).encode()
            if format == "txt":  # its mark lets browsers read UTF-8
                return draw_text(spec, self.style, self.max_ops).encode("utf-8-sig")
            plain = msgspec.structs.replace(spec, style=None)
            data = draw(plain, format, msgspec.to_builtins(style), max_ops=self.max_ops)
            return data if isinstance(data, bytes) else data.encode()

        key = picture_key(spec, style, format)
        data = self._kept(key, format, make)
        return (self.link or inline)(f"{PREFIX}{key}.{format}", data)

    def _kept(self, key: str, suffix: str, make: Callable[[], bytes]) -> bytes:
        if self.cache:
            try:
                return Cache(Path(self.cache)).keep(key, suffix, make).read_bytes()
            except OSError:  # a cache only saves time
                pass
        return make()


def _linked(svg: str, spec: Spec, ident: str) -> tuple[str, dict[str, str]]:
    """Return a picture with a mark for the address of each link, and what it stands for."""
    links = written_addresses(spec)
    marks = {name: f"{LINK}{ident}-{name}{LINK}" for name in links}
    return link_up(svg, marks), {marks[name]: to for name, to in links.items()}


def _outer(html: str, width: str) -> str:
    return _OUTER.format(f"pipeviz no-search{' pipeviz-fixed' if width else ''}", html)


def class_of(header: Header) -> str:
    """Return the classes of a figure."""
    return " ".join(("pipeviz-figure", *header.classes))


def figure(picture: Drawn, header: Header) -> str:
    """Return a picture as a figure, with the caption as it is written."""
    name = f' id="{escape(header.name)}"' if header.name else ""
    below = escape(header.caption) + picture.offered
    caption = f"<figcaption>{below}</figcaption>" if below else ""
    start = f'<figure class="{escape(class_of(header))}"{name}>'
    return f"{start}{picture.html}{caption}</figure>"


def error_box(error: PipevizError, source: str, language: str) -> str:
    """Return what a page shows in place of the figure; it is red in every theme."""
    number = error.location and error.location.line
    line = f" ({say(language, 'line {number}', number=number)})" if number else ""
    return (
        '<div class="admonition danger error pipeviz-error">'
        f'<p class="admonition-title">pipeline-schedule{line}</p>'
        f"<p>{escape(error.sentence)}</p>"
        f"<pre><code>{escape(source)}</code></pre></div>"
    )
