"""The last steps in order: Timeline -> Scene -> bytes.

What draws is loaded when something is drawn, as a build may have all its pictures in a cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx_pipeviz.errors import PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.spec import MAX_OPS, Spec
from sphinx_pipeviz.timelines import Source, heading, parts_of

if TYPE_CHECKING:
    from sphinx_pipeviz.draw.layout import Part, Size
    from sphinx_pipeviz.draw.paint_text import Page
    from sphinx_pipeviz.draw.style import Style

FORMATS = ("svg", "pdf", "png", "text")


def draw(
    source: Source,
    format: str = "svg",
    style: str | dict[str, Any] = "seed",
    *,
    size: Size | None = None,
    full_legend: bool = False,
    max_ops: int = MAX_OPS,
) -> bytes | str:
    """Draw a source.

    Args:
        source: A Spec, Plan or Timeline.
        format: ``svg``, ``pdf`` or ``png`` (bytes), or ``text`` (str).
        style: Style of sources that ask for none.
        size: Size in points; None takes the style's width.
        full_legend: List the seed's three kinds even where they do not occur.
        max_ops: The most ops a named schedule may have.

    Raises:
        PipevizError: The source, the style or the format cannot be drawn.
    """
    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS) or f"known: {', '.join(FORMATS)}"
        raise SpecError(f"there is no format '{format[:40]}'", hint=hint)
    if format == "text":
        return draw_text(source, style, max_ops)
    look = style_of(source, style)
    parts = _checked(source, look, max_ops)
    from sphinx_pipeviz.draw.glyphs import font_of  # noqa: PLC0415  (matplotlib)
    from sphinx_pipeviz.draw.layout import stack  # noqa: PLC0415  (drawing)
    from sphinx_pipeviz.draw.paint import paint  # noqa: PLC0415  (matplotlib)

    try:
        title = heading(source)
        width = font_of(look.font, look.fallback, look.language).width
        scene = stack(parts, look, width, size=size, full_legend=full_legend, title=title)
    except PipevizError as error:
        raise error.located(source.marks if isinstance(source, Spec) else None) from None
    return paint(scene, format)


def draw_text(
    source: Source,
    style: str | dict[str, Any] = "seed",
    max_ops: int = MAX_OPS,
    page: Page | None = None,
) -> str:
    """Draw a source with characters; see ``draw`` and ``paint_text``."""
    look = style_of(source, style)
    return text_of_parts(_checked(source, look, max_ops), look, heading(source), page)


def text_of_parts(
    parts: list[Part], look: Style, title: str | None, page: Page | None = None
) -> str:
    """Draw the parts of a checked source with characters.

    Args:
        parts: What the picture shows.
        look: Its style.
        title: What stands above all of them.
        page: What it is drawn on; see ``paint_text``.
    """
    from sphinx_pipeviz.draw.labels import flat  # noqa: PLC0415  (drawing)
    from sphinx_pipeviz.draw.paint_text import paint_text  # noqa: PLC0415  (drawing)
    from sphinx_pipeviz.draw.titles import heading_of, title_of  # noqa: PLC0415  (drawing)

    above = heading_of(parts, title)
    texts = [f"{flat(above)}\n"] if above else []
    for timeline, picture in parts:
        own = f"{flat(title_of(timeline, picture))}\n\n" if picture.title else ""
        texts.append(own + paint_text(timeline, look, page, picture))
    return "\n".join(texts)


def _checked(source: Source, look: Style, max_ops: int) -> list[Part]:
    """Return the parts of a picture, with what each asks for found to be there."""
    from sphinx_pipeviz.draw.layout import Part  # noqa: PLC0415  (drawing)
    from sphinx_pipeviz.draw.panel import check_panel  # noqa: PLC0415  (drawing)

    parts = [Part(*part) for part in parts_of(source, max_ops)]
    specs = (source.parts or (source,)) if isinstance(source, Spec) else [None] * len(parts)
    for spec, (timeline, picture) in zip(specs, parts, strict=True):
        try:
            check_panel(timeline, picture, look)
        except PipevizError as error:
            raise error.located(spec.marks if spec else None) from None
    return parts


class Checked(NamedTuple):
    """A source without mistakes.

    Args:
        told: One sentence of at most 250 characters for readers who cannot see the picture.
        parts: What the picture shows.
    """

    told: str
    parts: list[Part]

    @property
    def timelines(self) -> list[Timeline]:
        """The schedules in it."""
        return [part.timeline for part in self.parts]


def check(
    source: Source, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> Checked:
    """Find every mistake that a picture could have, without drawing it; describe it.

    Args:
        source: What would be drawn.
        style: Style of a source that asks for none.
        max_ops: The most ops a named schedule may have.

    Raises:
        PipevizError: The picture cannot be drawn.
    """
    from sphinx_pipeviz.describe import describe_all  # noqa: PLC0415  (drawing)
    from sphinx_pipeviz.draw.titles import heading_of  # noqa: PLC0415  (drawing)

    look = style_of(source, style)
    parts = _checked(source, look, max_ops)
    try:
        heading_of(parts, heading(source))
    except PipevizError as error:
        raise error.located(source.marks if isinstance(source, Spec) else None) from None
    return Checked(describe_all([part.timeline for part in parts], look.language), parts)
