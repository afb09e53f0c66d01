"""Style -> the same style with names in place of colours, for pages that switch them."""

from __future__ import annotations

from typing import Any

from sphinx_pipeviz.draw.colours import Pair
from sphinx_pipeviz.draw.palette import Colours
from sphinx_pipeviz.draw.style import FILLS, SHADED, Style
from sphinx_pipeviz.ops import Kind


class Palette:
    """The colours of a picture by name, each on light and on dark pages.

    Fills that are equal on both have one name, so that a picture with names groups and
    lists what a picture with colours does.

    Args:
        light: The style on light pages.
        dark: The style on dark pages.
    """

    def __init__(self, light: Style, dark: Style) -> None:
        self.light = light
        self.dark = dark
        night = dark.colours()
        self.pairs = {
            name: (day, night.get(name, day)) for name, day in light.colours().items()
        }
        self._fills: dict[Pair, str] = {}

    def fill(self, name: str, pair: Pair) -> str:
        """Return the name of a fill: that of an equal one where there is one."""
        known = self._fills.setdefault(pair, name)
        self.pairs.setdefault(known, pair)
        return known

    def on(self, fill: str) -> str:
        """Return the name of the colour of text on a fill."""
        light, dark = self.pairs[fill]
        return self._beside(f"on-{fill}", (self.light.text_on(light), self.dark.text_on(dark)))

    def hatch(self, fill: str) -> str:
        """Return the name of the colour of a hatch on a fill."""
        light, dark = self.pairs[fill]
        pair = self.light.hatch_on(light), self.dark.hatch_on(dark)
        return self._beside(f"hatch-{fill}", pair)

    def _beside(self, name: str, pair: Pair) -> str:
        self.pairs.setdefault(name, pair)
        return name


class NamedStyle(Style, frozen=True, kw_only=True, rename="kebab"):
    """A style whose colours are names, those of ``Style.colours``.

    A fill of one of several chunks is called ``forward-2-of-4``. Only this class turns
    names into colours, so nothing between style and scene may calculate with them.

    Args:
        palette: Collects the names that are used, and their colours.
    """

    palette: Palette

    def fill(
        self, kind: Kind, chunk: int = 0, chunks: int = 1, stage: int | None = None
    ) -> str:
        """Return the name of a kind's fill."""
        name = _name(kind)
        light, dark = self.palette.light, self.palette.dark
        if light.stage_fills and stage is not None and _by_stage(kind):
            name = f"{name}-stage-{stage % len(light.stage_fills) + 1}"
        elif chunk and kind in SHADED:
            name = f"{name}-{chunk + 1}-of-{chunks}"
        pair = tuple(style.fill(kind, chunk, chunks, stage) for style in (light, dark))
        return self.palette.fill(name, (pair[0], pair[1]))

    def stage_fill(self, kind: Kind, stage: int) -> str:
        """Return the name of a stage's fill."""
        pair = tuple(s.stage_fill(kind, stage) for s in (self.palette.light, self.palette.dark))
        return self.palette.fill(f"{_name(kind)}-stage-{stage + 1}", (pair[0], pair[1]))

    def value_fill(self, value: float, low: float, high: float) -> str:
        """Return the name of the fill of a value."""
        share = (value - low) / (high - low) if high > low else 1.0
        light, dark = self.palette.light, self.palette.dark
        pair = (light.value_fill(value, low, high), dark.value_fill(value, low, high))
        return self.palette.fill(f"value-{round(1000 * share)}", pair)

    def band(self, index: int) -> str:
        """Return the name of the fill of a band."""
        light, dark = self.palette.light, self.palette.dark
        return self.palette.fill(f"band-{index % 2 + 1}", (light.band(index), dark.band(index)))

    def text_on(self, fill: str, chunk: int = 0) -> str:
        """Return the name of the colour of text on a named fill, or of a chunk's text."""
        light, dark = self.palette.light, self.palette.dark
        if chunk and light.chunk_text:
            pair = (
                light.text_on("", chunk),
                (dark if dark.chunk_text else light).text_on("", chunk),
            )
            return self.palette.fill(f"chunk-text-{chunk}", pair)
        return self.palette.on(fill)

    def hatch_on(self, fill: str) -> str:
        """Return the name of the colour of a hatch on a named fill."""
        return self.palette.hatch(fill)


def named(style: Style) -> NamedStyle:
    """Return a style with names in place of its colours."""
    fields: dict[str, Any] = {name: getattr(style, name) for name in Style.__struct_fields__}
    for field in Colours.__struct_fields__:
        if isinstance(fields[field], str):
            fields[field] = field.replace("_", "-")
    new = NamedStyle(**fields, palette=Palette(style, style.in_dark()))
    for kind in FILLS:  # so that the plain names come first
        new.fill(kind)
    return new


def _name(kind: Kind) -> str:
    return FILLS[kind].replace("_", "-")


def _by_stage(kind: Kind) -> bool:
    return kind in SHADED or kind == Kind.OPTIMIZER
