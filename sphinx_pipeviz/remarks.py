"""Source -> what its picture cannot show well, though it is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from sphinx_pipeviz.draw.layout import Part, stack
from sphinx_pipeviz.draw.scene import Scene, Stamp
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.draw.thin import LARGE, is_large
from sphinx_pipeviz.render import style_of
from sphinx_pipeviz.spec import MAX_OPS
from sphinx_pipeviz.timelines import Source, heading, parts_of

#: Characters that DejaVu Sans may lack: it has all of Latin, and most of Greek and Cyrillic.
_RARE = re.compile(r"[^\t\n\x20-\u024f\u0391-\u03a1\u03a3-\u03c9\u0400-\u045f]")
#: Most characters that are told.
SHOWN = 10


class Remark(NamedTuple):
    """What a reader may miss; the subtype is that of the warning."""

    subtype: str
    text: str


def remarks(
    source: Source, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> list[Remark]:
    """Return what readers of a picture may miss; it has been checked already.

    Args:
        source: What is drawn.
        style: Style of a source that asks for none.
        max_ops: The most ops a named schedule may have.
    """
    parts = [Part(*part) for part in parts_of(source, max_ops)]
    look = style_of(source, style)
    found = [_large(part) for part in parts if is_large(part.timeline)][:1]
    title = heading(source)
    words = (text for part in parts for text in _words(part))
    if any(map(_RARE.search, (title or "", *words))):
        found += _lacking(parts, look, title)
    return found


def _large(part: Part) -> Remark:
    tasks = sum(map(len, part.timeline.rows))
    text = f"this picture of {tasks:,} tasks is simplified: more than {LARGE:,} are too many"
    return Remark(subtype="large", text=f"{text} (draw fewer devices or microbatches)")


def _words(part: Part) -> Iterator[str]:
    """Yield every text of an author that a picture may show, and some that it does not."""
    yield msgspec.json.encode(part.picture).decode()
    yield from part.timeline.titles
    yield from {op.name for row in part.timeline.rows for run in row for op in run.slot.ops}


def _lacking(parts: list[Part], look: Style, title: str | None) -> list[Remark]:
    from sphinx_pipeviz.draw.glyphs import font_of  # noqa: PLC0415  (matplotlib)

    font = font_of(look.font)
    scene = stack(parts, look, font.width, title=title)
    lacking = font.lacking(stamp.text for stamp in _stamps(scene))
    if not lacking:
        return []
    shown = lacking[:SHOWN] + ("…" if len(lacking) > SHOWN else "")
    text = f"the font of this picture has no glyphs for '{shown}'"
    return [Remark(subtype="font", text=f"{text} (name one that has them with pipeviz_font)")]


def _stamps(scene: Scene) -> Iterator[Stamp]:
    yield from scene.texts
    for panel in scene.panels:
        yield from (*panel.labels, *panel.texts)
        yield from (mark for mark in panel.over if isinstance(mark, Stamp))
