"""Spec -> the YAML of its picture: what draws it again without the files it was made of.

What cannot be told in YAML is left out: lanes and the schedule's name where a file or a
Python object gave a timeline, links, and the place of a font.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from sphinx_pipeviz.draw.fonts import is_file
from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import Op, Overlap, Run
from sphinx_pipeviz.readers.yaml_tree import parse_tree
from sphinx_pipeviz.spec import MAX_OPS, PICTURE_KEYS, Keys, Spec
from sphinx_pipeviz.timelines import timeline_of
from sphinx_pipeviz.write import flow, is_order, write

#: Keys that say where a schedule is read from.
_READ = ("file", "format", "pattern", "rank", "python")
#: Keys that change an order, and say nothing of a timeline.
_OF_ORDERS = (
    "costs",
    "iterations",
    "recompute",
    "all-reduce",
    "optimizer",
    "transfers",
    "place",
)


def figure_source(
    spec: Spec, style: str | dict[str, Any] = "seed", max_ops: int = MAX_OPS
) -> str:
    """Return YAML that draws a spec's picture again, whatever the default style is.

    Args:
        spec: What is drawn; its files were read.
        style: Style of specs that ask for none.
        max_ops: The most ops of a schedule.

    Raises:
        PipevizError: The spec or its style cannot be drawn.
    """
    look = style_of(spec, style)
    data = _whole(spec, _written(spec), look.first, max_ops)
    if spec.parts:
        pairs = zip(spec.parts, data["compare"], strict=True)
        data["compare"] = [_whole(part, own, look.first, max_ops) for part, own in pairs]
    ordered = sorted(data, key=lambda key: key in PICTURE_KEYS)
    data = {key: data[key] for key in ordered} | {"style": _told(look)}
    return "".join(f"{key}: {flow(value)}\n" for key, value in data.items())


def _written(spec: Spec) -> dict[str, Any]:
    keys = {name: getattr(spec, name) for name in Keys.__struct_fields__} | {"links": None}
    found: dict[str, Any] = msgspec.to_builtins(Keys(**keys))
    return found


def _whole(spec: Spec, written: dict[str, Any], first: int, max_ops: int) -> dict[str, Any]:
    """Return what was written, with what was read in place of where it was read from.

    Args:
        spec: What was read.
        written: Its keys.
        first: The number of the first microbatch in the picture.
        max_ops: The most ops of a schedule.
    """
    written.pop("links", None)  # of a comparison's part, which is as its author wrote it
    loaded = spec.loaded
    if loaded is None:
        return written
    lost = set(_READ)
    if isinstance(loaded, Plan) and not is_order(loaded):
        loaded = timeline_of(spec, max_ops=max_ops)
    if isinstance(loaded, Timeline):
        lost.update(_OF_ORDERS)
        loaded = loaded if loaded.as_written else _as_shown(loaded, first)
    own = {key: value for key, value in written.items() if key not in lost}
    read: dict[str, Any] = parse_tree(write(loaded, "yaml"), lambda _: Location()).data
    return read | own


def _as_shown(timeline: Timeline, first: int) -> Timeline:
    """Return a timeline with the numbers that its picture shows."""

    def shown(op: Op) -> Op:
        number = timeline.microbatch(op)
        return op if number is None else op._replace(microbatch=number + first)

    def moved(run: Run) -> Run:
        ops = [shown(op) for op in run.slot.ops]
        return run._replace(slot=Overlap(*ops) if len(ops) > 1 else ops[0])

    rows = tuple(tuple(moved(run) for run in row) for row in timeline.rows)
    values = {(device, moved(run)): value for (device, run), value in timeline.values.items()}
    return replace(timeline, rows=rows, values=values)


def _told(style: Style) -> str | dict[str, Any]:
    """Return a style as a user would write it: the nearest base, and what differs."""
    if is_file(style.font):
        style = msgspec.structs.replace(style, font="")
    fields = msgspec.to_builtins(style)

    def others(name: str) -> dict[str, Any]:
        base = msgspec.to_builtins(STYLES[name])
        return {key: value for key, value in fields.items() if value != base[key]}

    name = min(STYLES, key=lambda name: len(others(name)))
    return {"base": name, **others(name)} if others(name) else name
