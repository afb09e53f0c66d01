"""Style: the colours and sizes of a picture, as frozen data; STYLES lists the presets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.draw.colours import (
    WHITE,
    Colour,
    between,
    contrast,
    deepen,
    line_on,
    luminance,
    mix,
)
from sphinx_pipeviz.draw.hatch import Hatch
from sphinx_pipeviz.draw.palette import FRAME, Colours
from sphinx_pipeviz.draw.styles import DARK_FRAME, PRESETS
from sphinx_pipeviz.errors import PipevizError, StyleError, did_you_mean
from sphinx_pipeviz.languages import known_language
from sphinx_pipeviz.ops import BESIDE, PASSES, Kind
from sphinx_pipeviz.picture import Pattern

__all__ = ["FILLS", "STYLES", "Style", "contrast", "luminance", "resolve_style"]

Points = Annotated[float, Meta(gt=0, le=5000)]

#: Kind -> field of its fill.
FILLS: dict[Kind, str] = {
    Kind.FORWARD: "forward",
    Kind.BACKWARD: "backward",
    Kind.BACKWARD_INPUT: "backward_input",
    Kind.BACKWARD_WEIGHT: "backward_weight",
    Kind.RECOMPUTE: "recompute",
    Kind.OPTIMIZER: "optimizer",
    Kind.ALL_REDUCE: "all_reduce",
    **dict.fromkeys(sorted(BESIDE), "transfer"),
    Kind.OTHER: "other",
}
#: Kinds whose fills tell the chunks, and the stages, apart.
SHADED = PASSES | {Kind.RECOMPUTE}
#: Share of white in the last chunk's fill, where a style names none.
LIGHTEST = 0.55
#: How much deeper a stage's fill is, as a power of its channels.
DEEPER = {
    Kind.BACKWARD: 2.5,
    Kind.BACKWARD_INPUT: 2.5,
    Kind.BACKWARD_WEIGHT: 4.5,
    Kind.ALL_REDUCE: 2.5,  # of gradients
}
#: Least contrast of text.
READABLE = 4.5
#: Share of the text's colour in bands.
BANDS = (0.08, 0.2)


class Style(Colours, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """How a picture looks. Colours are ``#RRGGBB``, sizes are points (1/72 inch).

    Args:
        idle_look: How idle time looks: a ``grid`` with a cell per step, one ``fill``, a
            grid with a ``hatch``, or ``none``.
        phase_look: How phases are marked: by a ``bracket``, or by a ``band`` that holds
            the name.
        hatches: Hatch of a fill, by the name of its field, and of ``idle``.
        dark: Colours that differ on dark pages. A fill that a style changes is the same
            on dark pages, unless it is here.
        first: Number of the first microbatch and of the first device, 0 or 1.
        width: Width of the picture, in points.
        row_height: Height of a row, in points; rows shrink where there are many.
        font_size: Size of all text, in points; in narrow cells labels shrink,
            stand upright or vanish.
        font: Family, or path of a file, of all text. What it has no glyph for, and all text
            without it, is in DejaVu Sans.
        fallback: Family, or path of a file, for what ``font`` has no glyph for. Without it,
            letters of Chinese, Japanese and Korean are in a font that is installed.
        language: Of the picture's own words, such as ``de`` or ``zh_CN``; English without it.
    """

    idle_look: Literal["grid", "fill", "hatch", "none"] = "grid"
    phase_look: Literal["bracket", "band"] = "bracket"
    hatches: dict[str, Pattern | None] = msgspec.field(default_factory=dict)
    # no Colour: msgspec 0.22 frees what it does not own for patterns beside lists
    dark: dict[str, Annotated[str, Meta(max_length=7)] | list[Colour] | None] = msgspec.field(
        default_factory=lambda: {**DARK_FRAME, **PRESETS["seed"]["dark"]}
    )
    first: Annotated[int, Meta(ge=0, le=1)] = 1
    width: Annotated[float, Meta(ge=150, le=5000)] = 540.0
    row_height: Points = 22.0
    font_size: Points = 9.0
    font: Annotated[str, Meta(max_length=1000)] = ""
    fallback: Annotated[str, Meta(max_length=1000)] = ""
    language: Annotated[str, Meta(max_length=40)] = ""

    def fill(
        self, kind: Kind, chunk: int = 0, chunks: int = 1, stage: int | None = None
    ) -> str:
        """Return the fill of a kind: a shade for each chunk, or a colour for each stage."""
        by_stage = kind in SHADED or kind == Kind.OPTIMIZER
        if self.stage_fills and by_stage and stage is not None:
            return self.stage_fill(kind, stage)
        name = FILLS[kind]
        colour: str = getattr(self, name)
        if not chunk or kind not in SHADED or self.chunk_text:
            return colour
        shades: tuple[str, ...] = getattr(self, f"{name}_chunks", ())
        if not shades:
            return mix(colour, WHITE, LIGHTEST * chunk / max(1, chunks - 1))
        if chunks <= len(shades) + 1:
            return shades[chunk - 1]
        return between((colour, *shades), chunk / (chunks - 1))

    def stage_fill(self, kind: Kind, stage: int) -> str:
        """Return the fill of a stage: forwards as they are, backwards deeper."""
        fills = self.stage_fills or STAGE_FILLS
        return deepen(fills[stage % len(fills)], DEEPER.get(kind, 1.0))

    def value_fill(self, value: float, low: float, high: float) -> str:
        """Return the fill of a value from ``low`` to ``high``."""
        scale = self.value_scale or STYLES["seed"].value_scale
        return between(scale, (value - low) / (high - low) if high > low else 1.0)

    def band(self, index: int) -> str:
        """Return the fill of a band of a phase; neighbours differ."""
        return mix(self.background, self.text, BANDS[index % 2])

    def hatch(self, kind: Kind, fill: str) -> Hatch | None:
        """Return the hatch of a kind on a fill, if it has one."""
        pattern = self.hatches.get(FILLS[kind].replace("_", "-"))
        return Hatch(pattern, self.hatch_on(fill)) if pattern else None

    @property
    def idle_hatch(self) -> Hatch | None:
        """The hatch of idle time, if it has one."""
        pattern = self.hatches.get("idle") or "falling"
        return Hatch(pattern, self.idle_edge) if self.idle_look == "hatch" else None

    def text_on(self, fill: str, chunk: int = 0) -> str:
        """Return the colour of a label: the chunk's, or the one easier to read on a fill."""
        if chunk and self.chunk_text:
            return self.chunk_text[(chunk - 1) % len(self.chunk_text)]
        return max(self.dark_text, self.light_text, key=lambda text: contrast(text, fill))

    def hatch_on(self, fill: str) -> str:
        """Return the colour of a hatch on a fill: one on which its text can be read too."""
        return line_on(fill, self.text_on(fill), READABLE)

    def in_dark(self) -> Style:
        """Return the style for dark pages; a style without dark colours is its own."""
        dark: dict[str, Any] = self.dark
        data = msgspec.to_builtins(self)
        return msgspec.convert({**data, **dark, "dark": {}}, Style) if dark else self

    def colours(self, chunks: int = 1, stages: int = 0) -> dict[str, str]:
        """Return every colour of a picture by name, the same names light and dark.

        The names are the fields', ``forward-2`` for the second chunk's forward,
        ``forward-stage-2`` for the second stage's, and ``on-NAME`` and ``hatch-NAME`` for
        what stands on a fill.
        """
        fills = dict(self._fills(chunks, stages))
        frame = {
            name: colour
            for name in (*FRAME, "light-text", "dark-text")
            if (colour := getattr(self, name.replace("-", "_")))
        }
        on = {f"on-{name}": self.text_on(fill) for name, fill in fills.items()}
        hatch = {f"hatch-{name}": self.hatch_on(fill) for name, fill in fills.items()}
        return {**frame, **fills, **on, **hatch}

    def _fills(self, chunks: int, stages: int) -> Iterator[tuple[str, str]]:
        for kind, field in FILLS.items():
            name = field.replace("_", "-")
            yield name, self.fill(kind)
            if kind in SHADED:
                for chunk in range(1, chunks):
                    yield f"{name}-{chunk + 1}", self.fill(kind, chunk, chunks)
            for stage in range(stages):
                yield f"{name}-stage-{stage + 1}", self.stage_fill(kind, stage)
        if self.overlap:
            yield "overlap", self.overlap


#: Fills of stages in styles that colour by kind.
STAGE_FILLS: tuple[str, ...] = PRESETS["gpipe"]["stage-fills"]


def _preset(fields: dict[str, Any]) -> Style:
    dark = {**DARK_FRAME, **fields.get("dark", {})}
    return msgspec.convert({**fields, "dark": dark}, Style)


#: Name -> style; each has a dark variant, which is its name and ``-dark``.
STYLES: dict[str, Style] = {name: _preset(fields) for name, fields in PRESETS.items()}
STYLES |= {f"{name}-dark": style.in_dark() for name, style in STYLES.items()}


QUOTE = "quote colours, as in '#4169E1': an unquoted # starts a comment"


def resolve_style(style: str | dict[str, Any], default: str | dict[str, Any] = "seed") -> Style:
    """Turn a style's name, or a mapping of ``base`` and overrides, into a Style.

    Args:
        style: What was asked for.
        default: The base of a mapping that names none.

    Raises:
        StyleError: The name, a key or a value does not exist or fit.
    """
    if isinstance(style, str):
        if style not in STYLES:
            known = ", ".join(PRESETS)
            hint = did_you_mean(style, STYLES) or f"known: {known}, each also with -dark"
            raise StyleError(f"there is no style '{style[:40]}'", hint=hint, path=("style",))
        return STYLES[style]
    base = style.get("base", default)
    if "base" in style and not isinstance(base, str):
        raise StyleError("style.base must be the name of a style", path=("style", "base"))
    overrides = {key: value for key, value in style.items() if key != "base"}
    try:
        return _overridden(resolve_style(base), overrides)
    except PipevizError as error:
        advice = QUOTE if error.message.endswith("empty") else error.hint
        of_base = "base" in style and error.path == ("style",)
        path = ("style", "base") if of_base else error.path
        raise StyleError(error.message, hint=advice, path=path) from None


def _overridden(base: Style, overrides: dict[str, Any]) -> Style:
    """Return a style with other values in some fields.

    A fill is the same light and dark, unless ``dark`` says otherwise; the frame's colours
    are made for one kind of page, and stay what they are on the other.
    """
    data = msgspec.to_builtins(base)
    style = convert({**data, **overrides}, Style, ("style",))
    _check_hatches(style.hatches)
    language = known_language(style.language, ("style", "language")) if style.language else ""
    dark = overrides.get("dark", {})
    convert({**msgspec.to_builtins(Colours()), **dark}, Colours, ("style", "dark"))
    framed = [key for key in FRAME if overrides.get(key, "") is not None]
    kept = {
        key: value for key, value in base.dark.items() if key not in overrides or key in framed
    }
    hatches = {**base.hatches, **style.hatches}
    return msgspec.structs.replace(
        style, dark={**kept, **dark}, hatches=hatches, language=language
    )


def _check_hatches(hatches: dict[str, Pattern | None]) -> None:
    names = ["idle", *(name.replace("_", "-") for name in FILLS.values())]
    for name in hatches:
        if name not in names:
            hint = did_you_mean(name, names) or f"known: {', '.join(dict.fromkeys(names))}"
            message = f"there is no key '{name[:40]}' in style.hatches"
            raise StyleError(message, hint=hint, path=("style", "hatches", name))
