"""What a picture shows besides the tasks: the keys, their types and their limits."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: One line of text in the picture.
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Device = Annotated[int, Meta(ge=0, le=999_999)]
Share = Annotated[float, Meta(ge=0, le=10)]
Moment = Annotated[float, Meta(ge=0, le=1e12)]


class Group(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A brace at the right that holds neighbouring rows together.

    Args:
        devices: Its devices, counted from 0, as they are drawn.
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
        label: What stands before a row; ``{device}`` is its number. Default:
            ``Device {device}``.
        order: ``down`` (default) puts the first device on top, ``up`` at the bottom.
        gap: Space between rows, as a share of a row's height.
        suffix: What stands behind a row: ``{idle}``, ``{busy}``, ``{peak}`` and
            ``{device}`` are its numbers.
        groups: Rows that a brace holds together.
    """

    label: Words | None = None
    order: Literal["down", "up"] = "down"
    gap: Share = 0.0
    suffix: Words | None = None
    groups: list[Group] | None = None


class Note(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A text at a place of the timeline.

    Args:
        text: What it says.
        time: Where it stands, in time units.
        device: On which row, counted from 0 as they are drawn; -1 is above the first row,
            and a half is between two.
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
    """Tasks, or a part of the timeline, with a thick border. What is not given is any.

    Args:
        microbatch: Its tasks, by the number that they show.
        kind: Its tasks, by letter: F, B, I, W, R or OPT.
        device: Its row, counted from 0 as they are drawn.
        from_: Where the part begins, in time units.
        to: Where it ends.
        label: What stands above the part.
    """

    microbatch: int | None = None
    kind: Literal["F", "B", "I", "W", "R", "OPT"] | None = None
    device: Device | None = None
    from_: Moment | None = None
    to: Moment | None = None
    label: Words | None = None


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
        title: Above the picture.
        labels: In the cells: a template such as ``{mb}`` (default), ``F{mb}``,
            ``F_{s,m}`` or ``{stage}{kind}{mb}``, or ``none``.
        rows: Names, order and groups of the rows.
        axis: Below the rows: an ``arrow`` (default), ``numbers`` or ``none``.
        unit: Unit of the times: on the axis, and for traces also of their numbers.
        legend: ``below`` (default), ``right`` or ``none``.
        from_: Where the time range begins, in time units.
        to: Where it ends.
        color_by: What fills stand for: ``kind`` (default), ``stage``, ``chunk`` or
            ``microbatch``.
        phases: Brackets below the rows for warm-up, steady state and cool-down.
        bubble: A box in the largest gap, with this text or ``Bubble``.
        flush: A thick line where an iteration ends.
        follow: Lines along the way of microbatches, by the numbers that they show.
        critical_path: A line along the tasks that set the length of the timeline.
        memory: Curves below the rows: microbatches whose activations a device holds.
        highlight: Tasks or parts of the timeline with a thick border.
        notes: Texts at places of the timeline.
    """

    title: Words | None = None
    labels: Words | None = None
    rows: Rows | None = None
    axis: Literal["arrow", "numbers", "none"] | None = None
    unit: Literal["us", "ms", "s"] | None = None
    legend: Literal["below", "right", "none"] | None = None
    from_: Moment | None = None
    to: Moment | None = None
    color_by: Literal["kind", "stage", "chunk", "microbatch"] | None = None
    phases: bool | None = None
    bubble: bool | Words | None = None
    flush: bool | None = None
    follow: int | list[int] | None = None
    critical_path: bool | None = None
    memory: bool | None = None
    highlight: Annotated[list[Highlight], Meta(max_length=100)] | None = None
    notes: Annotated[list[Note], Meta(max_length=100)] | None = None
