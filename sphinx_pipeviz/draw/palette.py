"""The colours of a style: which there are, and what they are without one."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from sphinx_pipeviz.draw.colours import Colour

Shades = Annotated[tuple[Colour, ...], Meta(max_length=64)]


class Colours(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True
):
    """The colours of a picture, each ``#RRGGBB``.

    Args:
        forward: Fill of forwards.
        backward: Fill of full backwards.
        backward_input: Fill of backwards for the input.
        backward_weight: Fill of backwards for the weights.
        optimizer: Fill of optimizer steps.
        all_reduce: Fill of all-reduces of gradients.
        recompute: Fill of recomputed forwards.
        transfer: Fill of sends, receives, swaps and shards.
        other: Fill of every other kind of task.
        overlap: Fill of overlapped pairs; by default each half has its own kind's.
        forward_chunks: Fills of forwards of the second, third, … chunk; by default
            lighter shades. Where there are more chunks, the fills blend.
        recompute_chunks: The same for recomputed forwards.
        backward_chunks: The same for full backwards.
        backward_input_chunks: The same for backwards for the input.
        backward_weight_chunks: The same for backwards for the weights.
        stage_fills: Fills of the first, second, … stage; where given, tasks are coloured
            by stage, and backwards are deeper than forwards.
        value_scale: Fills of the least value up to the largest, between which they blend.
        chunk_text: Labels of the second, third, … chunk; where given, they tell the chunks
            apart, and the fills do not.
        edge: Border of tasks; ``null`` for none.
        idle: Fill of the grid.
        idle_edge: Border of the grid's cells, and of its hatch.
        background: Behind everything.
        accent: Highlights, ways of microbatches and notes.
        memory: Curves of what devices hold.
        text: Row labels, legend and "Time".
        light_text: Labels on dark fills.
        dark_text: Labels on light fills.
    """

    forward: Colour = "#4169E1"  # royalblue
    backward: Colour = "#F4A460"  # sandybrown
    backward_input: Colour = "#F4A460"
    backward_weight: Colour = "#3FA35F"  # a lightness between those of F and I
    optimizer: Colour = "#FFEFCF"
    all_reduce: Colour = "#7A3E9D"
    recompute: Colour = "#BFCBF5"
    transfer: Colour = "#4A4A4A"
    other: Colour = "#FFEFCF"
    overlap: Colour | None = None
    forward_chunks: Shades = ()
    recompute_chunks: Shades = ()
    backward_chunks: Shades = ()
    backward_input_chunks: Shades = ()
    backward_weight_chunks: Shades = ()
    stage_fills: Shades = ()
    value_scale: Shades = ("#00224E", "#575D6D", "#A59C74", "#FDEA45")  # cividis
    chunk_text: Shades = ()
    edge: Colour | None = "#000000"
    idle: Colour = "#F5F5F5"  # whitesmoke
    idle_edge: Colour = "#D3D3D3"  # lightgray
    background: Colour = "#FFFFFF"
    accent: Colour = "#C00020"
    memory: Colour = "#7A8CA8"
    text: Colour = "#000000"
    light_text: Colour = "#FFFFFF"
    dark_text: Colour = "#000000"


#: Fields that keep their dark colour when a user changes the light one.
FRAME = ("edge", "idle", "idle-edge", "background", "text", "accent", "memory")
