"""Source -> Inline: a picture as a part of an HTML page, and what the page needs for it."""

from __future__ import annotations

from typing import Any

import msgspec

from sphinx_pipeviz.draw.inline import paint_inline
from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.named import named
from sphinx_pipeviz.draw.stylesheet import class_name, stylesheet
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.page_html import MOST_TASKS, Inline
from sphinx_pipeviz.remarks import large
from sphinx_pipeviz.render import check, text_of_parts
from sphinx_pipeviz.spec import MAX_OPS
from sphinx_pipeviz.timelines import Source, heading

#: The text of pictures of more tasks is a file, to which pages link.
MOST_TOLD = 500


def embed(
    source: Source,
    style: str | dict[str, Any] = "seed",
    *,
    most: int | None = MOST_TASKS,
    max_ops: int = MAX_OPS,
) -> Inline:
    """Check and describe a source; paint it for a page if it has at most ``most`` tasks.

    Raises:
        PipevizError: The source or its style cannot be drawn.
    """
    checked = check(source, style, max_ops)
    tasks, remarks = _tasks(checked.parts), large(checked.timelines)
    found = Inline(told=checked.told, remarks=remarks, max_ops=max_ops)
    if most is not None and tasks > most:
        return found
    from sphinx_pipeviz.draw.glyphs import font_of  # noqa: PLC0415  (matplotlib)

    plain, title = style_of(source, style), heading(source)
    look = named(plain)
    width = font_of("", look.fallback, look.language).width
    scene = stack(checked.parts, look, width, title=title)
    pairs = look.palette.pairs
    svg = paint_inline(scene, pairs, look.language)
    text = text_of_parts(checked.parts, plain, title) if tasks <= MOST_TOLD else ""
    shown = {"svg": svg, "style": class_name(pairs), "css": stylesheet(pairs), "text": text}
    return msgspec.structs.replace(found, **shown)


def text_of(
    source: Source, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> str:
    """Return a source as characters; empty where that is too long for a page.

    Raises:
        PipevizError: The source or its style cannot be drawn.
    """
    parts = check(source, style, max_ops).parts
    if _tasks(parts) > MOST_TOLD:
        return ""
    return text_of_parts(parts, style_of(source, style), heading(source))


def _tasks(parts: list[Part]) -> int:
    return sum(len(run.slot.ops) for part in parts for row in part.timeline.rows for run in row)
