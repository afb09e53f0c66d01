"""How schedules show themselves in notebooks: as a picture, and in a terminal as text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import Protocol

from sphinx_pipeviz.draw.stylesheet import PLAIN
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.page_html import dress
from sphinx_pipeviz.render import draw, draw_text
from sphinx_pipeviz.timelines import Source

#: What a page of a notebook does not know of pictures. A page that leaves it to the system
#: whether it is dark may stay white: a dark picture then needs its own ground.
SHEET = f"""\
.pipeviz{{display:block;max-width:100%;overflow-x:auto}}
.pipeviz-svg{{max-width:100%;overflow:visible;font-variant-numeric:lining-nums tabular-nums}}
.pipeviz-svg .pv-over{{pointer-events:none}}
@media screen and (prefers-color-scheme:dark){{
{PLAIN} .pipeviz-svg{{background-color:var(--pipeviz-background)}}
}}
"""
#: How often each picture was shown: the ids of one are no other's.
_SHOWN: Counter[str] = Counter()


class Printer(Protocol):
    """What IPython hands over to print with."""

    def text(self, text: str) -> None:
        """Print text as it is."""


def show_in_notebooks(*nouns: type) -> None:
    """Let classes of sources show themselves.

    The classes are steps before drawing, and cannot know how it is done.
    """
    for noun in nouns:
        noun._repr_html_ = _html  # type: ignore[attr-defined]
        noun._repr_svg_ = _svg  # type: ignore[attr-defined]
        noun._repr_mimebundle_ = _bundle  # type: ignore[attr-defined]
        noun._repr_pretty_ = _pretty  # type: ignore[attr-defined]


def _html(source: Source) -> str | None:
    """Return a picture that is light or dark as its page; None for very many tasks.

    None, also where there can be no picture, lets the notebook show another form.
    """
    from sphinx_pipeviz.embed import embed  # noqa: PLC0415  (drawing)

    try:
        drawn = embed(source)
        if not drawn.svg:
            return None
    except PipevizError:
        return None
    svg = dress(drawn.svg, _own(drawn.svg), drawn.told)
    return f'<div class="pipeviz"><style>{SHEET}{drawn.css}</style>{svg}</div>'


def _own(svg: str) -> str:
    """Return a name that no other picture in the notebook has."""
    name = f"pv{hashlib.sha256(svg.encode()).hexdigest()[:8]}"
    _SHOWN[name] += 1
    return f"{name}-{_SHOWN[name]}"


def _svg(source: Source) -> str | None:
    try:
        return _text(draw(source, "svg"))
    except PipevizError:
        return None


def _bundle(
    source: Source,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, str | bytes]:
    """Return the forms of a picture, by their types: for pages, for files and for print."""
    makers = {"text/html": _html, "image/svg+xml": _svg, "application/pdf": _pdf}
    wanted = (set(makers) if include is None else set(include)) - set(exclude or ())
    found = {kind: make(source) for kind, make in makers.items() if kind in wanted}
    return {kind: data for kind, data in found.items() if data is not None}


def _pdf(source: Source) -> bytes | None:
    try:
        data = draw(source, "pdf")
    except PipevizError:
        return None
    return data if isinstance(data, bytes) else None


def _pretty(source: Source, printer: Printer, cycle: bool) -> None:  # noqa: ARG001, FBT001  (IPython's signature)
    """Print the text grid, or why there is none."""
    try:
        printer.text(draw_text(source).rstrip())
    except PipevizError as error:
        printer.text(f"{type(source).__name__} that cannot be drawn: {error}")


class Picture(bytes):
    """The bytes of a picture, which a notebook shows."""

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002  (IPython's signature)
        exclude: Collection[str] | None = None,  # noqa: ARG002
    ) -> dict[str, str | bytes]:
        """Return the picture by its type."""
        if self.startswith(b"%PDF"):
            return {"application/pdf": bytes(self)}
        if self.startswith(b"\x89PNG"):
            return {"image/png": bytes(self)}
        return {"image/svg+xml": self.decode()}

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:  # noqa: ARG002, FBT001
        """Print how large the picture is, not all of its bytes."""
        (kind,) = self._repr_mimebundle_()
        printer.text(f"<{kind}, {len(self):,} bytes>")


class Grid(str):
    """A picture of characters, which a notebook shows as lines."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:  # noqa: ARG002, FBT001
        """Print the lines."""
        printer.text(self.rstrip())


def shown(drawn: bytes | str) -> Picture | Grid:
    """Return what was drawn as what a notebook shows."""
    return Picture(drawn) if isinstance(drawn, bytes) else Grid(drawn)


def _text(data: bytes | str) -> str:
    return data.decode() if isinstance(data, bytes) else data
