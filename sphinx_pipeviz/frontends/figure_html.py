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
from sphinx_pipeviz.frontends.fence_header import Header
from sphinx_pipeviz.render import check, draw, style_of
from sphinx_pipeviz.spec import MAX_OPS, Spec

#: A picture's file name and content -> the address that a page finds it at.
Link = Callable[[str, bytes], str]


def inline(_: str, data: bytes) -> str:
    """Return an address that holds the picture itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Makes figures.

    Args:
        style: Style of schedules that ask for none.
        max_ops: The most ops of a schedule.
        dark: Whether there is a second picture for dark pages. The addresses end in
            ``#only-light`` and ``#only-dark``, which Material and Zensical understand.
        cache: Where pictures are kept; an empty text is nowhere.
        link: Turns a picture into its address.
    """

    style: str | dict[str, Any] = "seed"
    max_ops: int = MAX_OPS
    dark: bool = False
    cache: str = ""
    link: Link = inline

    def figure(self, spec: Spec, header: Header) -> str:
        """Return a schedule as a figure.

        Raises:
            PipevizError: The schedule cannot be drawn.
        """
        told = check(spec, self.style, self.max_ops)
        alt = escape(told if header.alt is None else header.alt)
        width = ' style="width: 100%"' if header.width else ""
        images = (f'<img src="{at}" alt="{alt}"{width}>' for at in self._addresses(spec))
        caption = f"<figcaption>{escape(header.caption)}</figcaption>" if header.caption else ""
        return f"<figure{_attributes(header)}>{''.join(images)}{caption}</figure>"

    def _addresses(self, spec: Spec) -> list[str]:
        light = style_of(spec, self.style)
        dark = light.in_dark()
        if not self.dark or dark == light:
            return [escape(self._address(spec, light))]
        pair = {"light": light, "dark": dark}
        return [f"{escape(self._address(spec, s))}#only-{name}" for name, s in pair.items()]

    def _address(self, spec: Spec, style: Style) -> str:
        key = picture_key(spec, style, "svg")
        return self.link(f"{PREFIX}{key}.svg", self._data(spec, style, key))

    def _data(self, spec: Spec, style: Style, key: str) -> bytes:
        def make() -> bytes:
            plain = msgspec.structs.replace(spec, style=None)
            data = draw(plain, "svg", msgspec.to_builtins(style), max_ops=self.max_ops)
            return data if isinstance(data, bytes) else data.encode()

        if self.cache:
            try:
                return Cache(Path(self.cache)).keep(key, "svg", make).read_bytes()
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


def error_box(error: PipevizError, source: str) -> str:
    """Return what a page shows in place of the figure; it is red in every theme."""
    line = f" (line {error.location.line})" if error.location and error.location.line else ""
    return (
        '<div class="admonition danger error pipeviz-error">'
        f'<p class="admonition-title">pipeline-schedule{line}</p>'
        f"<p>{escape(error.sentence)}</p>"
        f"<pre><code>{escape(source)}</code></pre></div>"
    )
