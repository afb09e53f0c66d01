"""Spec -> a figure in HTML, and an error -> a box, where Sphinx does not make them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from sphinx_pipeviz.cache import PREFIX, Cache, picture_key
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.figure_source import figure_source
from sphinx_pipeviz.frontends.downloads import download_line
from sphinx_pipeviz.frontends.fence_header import Header
from sphinx_pipeviz.languages import language_of, say
from sphinx_pipeviz.render import check, draw, style_of
from sphinx_pipeviz.spec import MAX_OPS, Spec

#: A picture's file name and content -> the address that a page finds it at.
Link = Callable[[str, bytes], str]


#: Of files that are part of a page.
MIME_TYPES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "yaml": "application/yaml",
}


def inline(name: str, data: bytes) -> str:
    """Return an address that holds the file itself."""
    kind = MIME_TYPES[name.rpartition(".")[2]]
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Makes figures.

    Args:
        style: Style of schedules that ask for none.
        max_ops: The most ops of a schedule.
        dark: Whether there is a second picture for dark pages. The addresses end in
            ``#only-light`` and ``#only-dark``, which Material and Zensical understand.
        cache: Where pictures are kept; an empty text is nowhere.
        link: Turns a file into its address.
        downloads: Formats of the files to offer, where a figure does not say.
    """

    style: str | dict[str, Any] = "seed"
    max_ops: int = MAX_OPS
    dark: bool = False
    cache: str = ""
    link: Link = inline
    downloads: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language of what is said around pictures: the one of ``style``."""
        asked = self.style.get("language", "") if isinstance(self.style, dict) else ""
        return language_of(str(asked))

    def figure(self, spec: Spec, header: Header) -> str:
        """Return a schedule as a figure.

        Raises:
            PipevizError: The schedule cannot be drawn.
        """
        told = check(spec, self.style, self.max_ops)
        alt = escape(told if header.alt is None else header.alt)
        width = ' style="width: 100%"' if header.width else ""
        images = (f'<img src="{at}" alt="{alt}"{width}>' for at in self._addresses(spec))
        below = escape(header.caption) + self._offered(spec, header)
        caption = f"<figcaption>{below}</figcaption>" if below else ""
        return f"<figure{_attributes(header)}>{''.join(images)}{caption}</figure>"

    def _addresses(self, spec: Spec) -> list[str]:
        light = style_of(spec, self.style)
        dark = light.in_dark()
        if not self.dark or dark == light:
            return [escape(self._address(spec, light))]
        pair = {"light": light, "dark": dark}
        return [f"{escape(self._address(spec, s))}#only-{name}" for name, s in pair.items()]

    def _offered(self, spec: Spec, header: Header) -> str:
        """Return the line of downloads."""
        asked = self.downloads if header.downloads is None else header.downloads
        look = style_of(spec, self.style)
        addresses = {kind: self._address(spec, look, kind) for kind in asked}
        name = header.name or spec.schedule or ""
        return download_line(addresses, name) if addresses else ""

    def _address(self, spec: Spec, style: Style, format: str = "svg") -> str:
        key = picture_key(spec, style, format)
        return self.link(f"{PREFIX}{key}.{format}", self._data(spec, style, format, key))

    def _data(self, spec: Spec, style: Style, format: str, key: str) -> bytes:
        def make() -> bytes:
            if format == "yaml":
                return figure_source(spec, self.style, self.max_ops).encode()
            plain = msgspec.structs.replace(spec, style=None)
            data = draw(plain, format, msgspec.to_builtins(style), max_ops=self.max_ops)
            return data if isinstance(data, bytes) else data.encode()

        if self.cache:
            try:
                return Cache(Path(self.cache)).keep(key, format, make).read_bytes()
            except OSError:  # a cache only saves time
                pass
        return make()


def _attributes(header: Header) -> str:
    found = {
        "class": " ".join(("pipeviz", *header.classes)),
        "id": header.name,
        "style": f"width: {header.width}" if header.width else "",
    }
    return "".join(f' {name}="{escape(text)}"' for name, text in found.items() if text)


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
