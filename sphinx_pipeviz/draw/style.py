"""Style: the colours and sizes of a picture, as frozen data; STYLES lists the presets."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.errors import PipevizError, StyleError, did_you_mean
from sphinx_pipeviz.ops import Kind

#: ``#RRGGBB``
Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]
Points = Annotated[float, Meta(gt=0, le=5000)]


class Style(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True
):
    """How a picture looks. Colours are ``#RRGGBB``, sizes are points (1/72 inch).

    Args:
        forward: Fill of forwards.
        backward: Fill of full backwards.
        backward_input: Fill of backwards for the input.
        backward_weight: Fill of backwards for the weights.
        recompute: Fill of forwards that run once more.
        all_reduce: Fill of all-reduces of gradients.
        optimizer: Fill of optimizer steps.
        other: Fill of every other kind of task.
        edge: Border of tasks.
        idle: Fill of the grid.
        idle_edge: Border of the grid's cells.
        background: Behind everything.
        accent: Highlights, ways of microbatches and notes.
        memory: Curves of what devices hold.
        text: Row labels, legend and "Time".
        light_text: Labels on dark fills.
        dark_text: Labels on light fills.
        first: Number of the first microbatch and of the first device, 0 or 1.
        width: Width of the picture, in points.
        row_height: Height of a row, in points; rows shrink where there are many.
        font_size: Size of all text, in points; labels shrink, then vanish, in narrow cells.
    """

    forward: Colour = "#4169E1"  # royalblue
    backward: Colour = "#F4A460"  # sandybrown
    backward_input: Colour = "#F4A460"
    backward_weight: Colour = "#3FA35F"  # a lightness between those of F and I
    recompute: Colour = "#27408B"  # royalblue4: darker than forwards
    all_reduce: Colour = "#AB9AC0"
    optimizer: Colour = "#FFEFCF"
    other: Colour = "#FFEFCF"
    edge: Colour = "#000000"
    idle: Colour = "#F5F5F5"  # whitesmoke
    idle_edge: Colour = "#D3D3D3"  # lightgray
    background: Colour = "#FFFFFF"
    accent: Colour = "#C00020"
    memory: Colour = "#7A8CA8"
    text: Colour = "#000000"
    light_text: Colour = "#FFFFFF"
    dark_text: Colour = "#000000"
    first: Annotated[int, Meta(ge=0, le=1)] = 1
    width: Annotated[float, Meta(ge=150, le=5000)] = 540.0
    row_height: Points = 22.0
    font_size: Points = 9.0

    def fill(self, kind: Kind, chunk: int = 0, chunks: int = 1) -> str:
        """Return the fill of a kind; later chunks are lighter shades of it."""
        colour: str = getattr(self, FILLS.get(kind, "other"))
        return _lighter(colour, 0.55 * chunk / max(1, chunks - 1)) if chunk else colour

    def text_on(self, fill: str) -> str:
        """Return which of the two text colours is easier to read on a fill."""
        return max(self.dark_text, self.light_text, key=lambda text: contrast(text, fill))


FILLS: dict[Kind, str] = {
    Kind.FORWARD: "forward",
    Kind.BACKWARD: "backward",
    Kind.BACKWARD_INPUT: "backward_input",
    Kind.BACKWARD_WEIGHT: "backward_weight",
    Kind.RECOMPUTE: "recompute",
    Kind.ALL_REDUCE: "all_reduce",
    Kind.OPTIMIZER: "optimizer",
    Kind.OTHER: "other",
}

STYLES: dict[str, Style] = {
    "seed": Style(),
}


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
            hint = did_you_mean(style, STYLES) or f"known: {', '.join(STYLES)}"
            raise StyleError(f"there is no style '{style[:40]}'", hint=hint, path=("style",))
        return STYLES[style]
    base = style.get("base", default)
    if "base" in style and not isinstance(base, str):
        raise StyleError("style.base must be the name of a style", path=("style", "base"))
    overrides = {key: value for key, value in style.items() if key != "base"}
    try:
        data = msgspec.to_builtins(resolve_style(base))
        return convert({**data, **overrides}, Style, ("style",))
    except PipevizError as error:
        advice = QUOTE if error.message.endswith("empty") else error.hint
        raise StyleError(error.message, hint=advice, path=error.path) from None


@functools.lru_cache(maxsize=1024)
def luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, 0 (black) to 1 (white), as in WCAG."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    knee = 0.04045  # of sRGB: linear below, a power above
    linear = [c / 12.92 if c <= knee else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as in WCAG."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _lighter(colour: str, share: float) -> str:
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c + (255 - c) * share):02X}" for c in channels)
