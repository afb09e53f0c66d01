"""What a picture shows besides the tasks: the keys, their types and their limits."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: Text in the picture; it may have several lines.
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Device = Annotated[int, Meta(ge=0, le=999_999)]
Share = Annotated[float, Meta(ge=0, le=10)]
#: Of hatches; draw/hatch.py draws them.
Pattern = Literal["rising", "falling", "crossed", "level", "upright", "dotted", "checked"]
Gigabytes = Annotated[float, Meta(ge=0, le=1e9)]
Moment = Annotated[float, Meta(ge=0, le=1e12)]


class Texts(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="kebab",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """A text for each kind of task; what is not given is as by default.

    Args:
        forward: For forwards.
        backward: For full backwards.
        backward_input: For backwards for the input.
        backward_weight: For backwards for the weights.
        recompute: For recomputed forwards.
        optimizer: For optimizer steps.
        all_reduce: For all-reduces.
        transfer: For sends, receives, swaps and shards.
        other: For every other kind of task.
    """

    forward: Words | None = None
    backward: Words | None = None
    backward_input: Words | None = None
    backward_weight: Words | None = None
    recompute: Words | None = None
    optimizer: Words | None = None
    all_reduce: Words | None = None
    transfer: Words | None = None
    other: Words | None = None


class Labels(Texts, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What stands in the cells, kind by kind: templates, or ``none``.

    Args:
        default: For the kinds that are not named; default ``{mb}``.
    """

    default: Words | None = None


class Legend(Texts, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """The words of the legend.

    Args:
        position: ``below`` (default) or ``right``.
        apart: Have an entry for each kind and chunk; with ``color-by`` one for each stage,
            chunk or microbatch, 24 at most, beside those of the kinds.
        overlap: For overlapped pairs.
        idle: For hatched idle time.
        value: Beside the bar of colours that stand for values.
    """

    position: Literal["below", "right"] = "below"
    apart: bool = False
    overlap: Words | None = None
    idle: Words | None = None
    value: Words | None = None


class Phase(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the time that a bracket names.

    Args:
        text: Its name.
        to: When it ends; it begins where the one before ends, the first one with the time.
    """

    text: Words
    to: Annotated[float, Meta(ge=0, le=1e12)]


class Group(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A brace at the right that holds neighbouring rows together.

    Args:
        devices: Its devices, which are next to each other, counted from 0.
        label: What stands beside the brace.
    """

    devices: Annotated[list[Device], Meta(min_length=1)]
    label: Words


class Rows(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="kebab",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """The rows of the devices.

    Args:
        label: What stands before a row, or a list with a text for each, or ``none``;
            ``{device}`` is its number, ``{stages}`` those of its stages. Default:
            ``Device {device}``.
        order: ``down`` (default) puts the first device on top, ``up`` at the bottom.
        gap: Space between rows, or between groups of rows, as a share of a row's height.
        suffix: What stands behind a row, or a list with a text for each: ``{idle}``,
            ``{busy}``, ``{peak}``, ``{memory}`` (see ``sizes``), ``{device}`` and
            ``{stages}`` are its numbers.
        groups: Rows that a brace holds together. Optimizer steps at one time are one there.
    """

    label: Words | list[Words] | None = None
    order: Literal["down", "up"] = "down"
    gap: Share = 0.0
    suffix: Words | list[Words] | None = None
    groups: list[Group] | None = None


class Sizes(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How much memory a schedule takes, in GB.

    Args:
        activations: What one microbatch leaves in one stage until its backward.
        constant: What each device holds all the time, such as weights: one number, or a
            list with one per device.
    """

    activations: Gigabytes = 0.0
    constant: Gigabytes | list[Gigabytes] = 0.0

    def always(self, device: int) -> float:
        """Return what a device holds all the time, in GB."""
        return self.constant[device] if isinstance(self.constant, list) else self.constant


class Note(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A text at a place of the timeline.

    Args:
        text: What it says.
        time: Where it stands, in time units; outside of ``from`` and ``to`` it is left out.
        device: On which row, counted from 0; a half is between two. -1 is above the rows,
            the number of devices below them.
        points_to: Time and device that an arrow from the text points to.
    """

    text: Words
    time: Annotated[float, Meta(ge=-1e12, le=1e12)]
    device: Annotated[float, Meta(ge=-1, le=1e6)]
    points_to: Annotated[list[float], Meta(min_length=2, max_length=2)] | None = msgspec.field(
        default=None, name="points-to"
    )


class Highlight(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename=lambda field: field.rstrip("_"),
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Tasks, or a part of the timeline, with a thick border or a hatch.

    What is not given is any.

    Args:
        microbatch: Its tasks, by the number that they show.
        kind: Its tasks, by letter: F, B, I, W, R or OPT.
        device: Its row, counted from 0 as they are drawn.
        from_: Where the part begins, in time units.
        to: Where it ends.
        label: What stands above the part.
        hatch: Pattern that covers the tasks, instead of a border: ``rising``, ``falling``,
            ``crossed``, ``level``, ``upright``, ``dotted`` or ``checked``.
    """

    microbatch: int | None = None
    kind: Literal["F", "B", "I", "W", "R", "OPT"] | None = None
    device: Device | None = None
    from_: Moment | None = None
    to: Moment | None = None
    label: Words | None = None
    hatch: Pattern | None = None


class Link(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A link on tasks, or on the name of a row, in HTML pages.

    What is not given is any. A link with neither ``kind`` nor ``microbatch`` nor ``stage`` is
    on names of rows.

    Args:
        to: Where it leads: a cross-reference in the syntax of a role, or an address.
        device: Its row, counted from 0 as they are drawn.
        stage: Its tasks, counted from 0.
        microbatch: Its tasks, by the number that they show.
        kind: Its tasks, by letter: F, B, I, W, R or OPT.
    """

    to: Annotated[str, Meta(min_length=1, max_length=2000)]
    device: Device | None = None
    stage: Device | None = None
    microbatch: int | None = None
    kind: Literal["F", "B", "I", "W", "R", "OPT"] | None = None


def _key(field: str) -> str:
    """Return the key of a field; ``from`` is a word of Python's."""
    return field.rstrip("_").replace("_", "-")


class Picture(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename=_key,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What a picture shows besides the tasks.

    Args:
        title: Above the picture; ``{name}`` is the schedule's, ``{devices}``,
            ``{microbatches}``, ``{time}``, ``{bubble}``, ``{peak}`` and ``{memory}`` are its
            numbers. Above a comparison, those that all its schedules share.
        transition: Beside an arrow from the panel above, in a comparison.
        labels: In the cells: a template such as ``{mb}`` (default), ``F{mb}``,
            ``F_{s,m}`` or ``{stage}{kind}{mb}``, or ``none``; or one for each kind.
        overlap: How overlapped pairs share a cell: ``side`` by side (default),
            ``stacked``, or ``merged`` with one label.
        rows: Names, order and groups of the rows.
        lanes: Show transfers and what else goes on beside the work in rows of their own,
            below that of the device; by default where it takes time.
        axis: Below the rows: an ``arrow`` (default), ``numbers`` or ``none``.
        unit: Unit of the times: on the axis, and for traces also of their numbers.
        legend: ``below`` (default), ``right`` or ``none``; or its words.
        from_: Where the time range begins, in time units.
        to: Where it ends.
        color_by: What fills stand for: ``kind`` (default), ``stage``, ``chunk``,
            ``microbatch``, or the ``value`` of a written task.
        phases: Brackets below the rows for warm-up, steady state and cool-down; or a list
            of their names, or of names and ends of your own.
        bubble: A box in the largest gap, with this text or ``Bubble``, where it has room.
        flush: A thick line where an iteration ends and another begins.
        arrows: Arrows for ``transfers``, from a pass to the one on another device that
            needs it, or for ``turns``, from the last stage's forwards to its backwards.
        follow: Lines along the way of microbatches, by the numbers that they show.
        critical_path: A line along the tasks that set the length of the timeline.
        memory: Curves below the rows: microbatches whose activations a device holds, or
            the GB of these, and of what is constant, where there are ``sizes``.
        sizes: Memory of activations and of what is constant, for ``memory`` and ``{memory}``.
        highlight: Tasks or parts of the timeline with a thick border or a hatch.
        notes: Texts at places of the timeline.
        links: Links on tasks and names of rows, in HTML pages.
        language: Of the picture's own words, such as ``de`` or ``zh_CN``; by default that of
            the site.
    """

    title: Words | None = None
    transition: Words | None = None
    labels: Words | Labels | None = None
    overlap: Literal["side", "stacked", "merged"] | None = None
    rows: Rows | None = None
    lanes: bool | None = None
    axis: Literal["arrow", "numbers", "none"] | None = None
    unit: Literal["us", "ms", "s"] | None = None
    legend: Literal["below", "right", "none"] | Legend | None = None
    from_: Moment | None = None
    to: Moment | None = None
    color_by: Literal["kind", "stage", "chunk", "microbatch", "value"] | None = None
    phases: bool | list[Words | Phase] | None = None
    bubble: bool | Words | None = None
    flush: bool | None = None
    arrows: Literal["transfers", "turns"] | None = None
    follow: int | Annotated[list[int], Meta(max_length=100)] | None = None
    critical_path: bool | None = None
    memory: bool | None = None
    sizes: Sizes | None = None
    highlight: Annotated[list[Highlight], Meta(max_length=100)] | None = None
    notes: Annotated[list[Note], Meta(max_length=100)] | None = None
    links: Annotated[list[Link], Meta(max_length=1000)] | None = None
    language: Annotated[str, Meta(min_length=1, max_length=40)] | None = None

    @property
    def words(self) -> Legend:
        """The words of the legend, and where it is; ``none`` has none."""
        if isinstance(self.legend, Legend):
            return self.legend
        return Legend(position="right" if self.legend == "right" else "below")
