"""Source -> what its picture cannot show well, though it is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.scene import Scene, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.thin import LARGE, is_large
from sphinx_pipeviz.errors import Remark
from sphinx_pipeviz.languages import TABLES
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.spec import MAX_OPS
from sphinx_pipeviz.timelines import Source, heading, parts_of

#: Characters that DejaVu Sans may lack: it has all of Latin, and most of Greek and Cyrillic.
_RARE = re.compile(r"[^\t\n\x20-\u024f\u0391-\u03a1\u03a3-\u03c9\u0400-\u045f]")
#: Most characters that are told.
SHOWN = 10


def remarks(
    source: Source, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> list[Remark]:
    """Return what readers of a picture may miss; it has been checked already.

    Args:
        source: What is drawn.
        style: Style of a source that asks for none.
        max_ops: The most ops a named schedule may have.
    """
    timelines = [timeline for timeline, _ in parts_of(source, max_ops)]
    return [*large(timelines), *lacking(source, style, max_ops)]


def large(timelines: Iterable[Timeline]) -> list[Remark]:
    """Return that a picture of these is simplified, if it is."""
    for timeline in timelines:
        if is_large(timeline):
            text = (
                f"this picture of {timeline.tasks:,} tasks is simplified: more than {LARGE:,}"
            )
            hint = "draw fewer devices or microbatches"
            return [Remark(subtype="large", text=f"{text} are too many ({hint})")]
    return []


def lacking(
    source: Source, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> list[Remark]:
    """Return which characters a picture's fonts have no glyphs for, if there are any."""
    parts = [Part(*part) for part in parts_of(source, max_ops)]
    look = style_of(source, style)
    title = heading(source)
    words = [title or "", *TABLES.get(look.language, {}).values()]
    words += (text for part in parts for text in _words(part))
    return _lacking(parts, look, title) if any(map(_RARE.search, words)) else []


def _words(part: Part) -> Iterator[str]:
    """Yield every text of an author that a picture may show, and some that it does not."""
    yield msgspec.json.encode(part.picture).decode()
    yield from part.timeline.titles
    yield from {op.name for row in part.timeline.rows for run in row for op in run.slot.ops}


def _lacking(parts: list[Part], look: Style, title: str | None) -> list[Remark]:
    from sphinx_pipeviz.draw.glyphs import font_of  # noqa: PLC0415  (matplotlib)

    font = font_of(look.font, look.fallback, look.language)
    scene = stack(parts, look, font.width, title=title)
    lacking = font.lacking(stamp.text for stamp in _stamps(scene))
    if not lacking:
        return []
    shown = lacking[:SHOWN] + ("…" if len(lacking) > SHOWN else "")
    text = f"the font of this picture has no glyphs for '{shown}'"
    hint = "name one that has them with pipeviz_font or --font"
    return [Remark(subtype="font", text=f"{text} ({hint})")]


def _stamps(scene: Scene) -> Iterator[Stamp]:
    yield from scene.texts
    for panel in scene.panels:
        yield from (*panel.labels, *panel.texts)
        yield from (mark for mark in panel.over if isinstance(mark, Stamp))
