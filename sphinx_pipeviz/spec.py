"""What a user may write: every key, its type and its limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from sphinx_pipeviz.costs import Costs, Index, Time
from sphinx_pipeviz.errors import Marks
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.picture import Picture

#: Ops in one schedule, unless `pipeviz_max_ops` says otherwise.
MAX_OPS = 1_000_000
#: What to do about a schedule that has more.
MAX_OPS_HINT = "pipeviz_max_ops in conf.py or --max-ops sets the limit"
#: Suffixes of font files; every other name of a font is that of a family.
FONT_FILES = (".ttf", ".otf", ".ttc")
#: Fields of a style that name a font.
FONT_FIELDS = ("font", "fallback")

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Number = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Cell = Annotated[str, Meta(min_length=1)]


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the two passes that a task overlaps.

    Args:
        type: As of a task.
        batch: As of a task.
        stage: As of a task.
    """

    type: Cell
    batch: Number | None = None
    stage: Annotated[int, Meta(ge=0, le=9_999)] | None = None


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry of a written timeline.

    Args:
        type: ``forward``, ``backward``, ``backward-input``, ``backward-weight``,
            ``recompute``, ``optimizer``, ``reduce_grad``, a letter (F, B, I, W), or your
            own word.
        start_time: When it starts, in time units.
        duration: How long it takes, in time units.
        batch: The microbatch's number as you count it; needed for forward and backward.
        stage: The stage it belongs to, counted from 0 or from 1; without it, devices are
            taken for stages.
        value: What you measured of it, such as power, for ``color-by: value``.
        is_overlapped: Whether it is two passes that run as one; then ``operations`` says
            which.
        operations: A forward and a backward, each with ``type``, ``batch`` and ``stage``,
            that run as one; the task's own type, batch and stage do not count then.
    """

    type: Cell
    start_time: Time
    duration: Time
    batch: Number | None = None
    stage: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    value: Annotated[float, Meta(ge=-1e15, le=1e15)] | None = None
    is_overlapped: bool = False
    operations: list[Operation] | None = None


class Keys(Picture, frozen=True, kw_only=True):
    """The keys of a schedule's YAML; those of Picture are keys too.

    Args:
        schedule: Name or alias of a schedule; ``sphinx-pipeviz list`` shows all.
        devices: P, the number of devices.
        microbatches: M, the number of microbatches.
        chunks: V, stages per device, for schedules that interleave.
        stages: S = P * V; instead of chunks.
        microbatch_group_size: How many microbatches run through one chunk before the
            next chunk's turn, for interleaved schedules.
        backward: Order of GPipe's backward ops: ``same`` as the forwards or ``reversed``.
        variant: Whose version of the schedule, where there are several.
        place: ``asap`` (default), or ``alap``: steady forwards end when the backward
            that they wait for starts.
        sequence_chunks: Parts of each microbatch's sequence, for schedules that split it;
            their costs are those of one part.
        waves: How often a microbatch goes there and back, for Hanayo: half of chunks.
        memory_limit: Most microbatches in flight on a device, for ``zb-auto``.
        iterations: Training steps that follow each other; default 1.
        recompute: Run the forward of a stage once more before its backward: ``true``, when
            the backward could start; ``early``, as soon as the device is free.
        recompute_stages: Stages that recompute, counted from 0; default: all.
        all_reduce: Reduce the gradients of each ``stage`` when they are complete, of all
            stages at the ``end``, or ``beside`` the work, in a lane of its own.
        optimizer: End with an optimizer step, ``aligned`` on all devices, or on each
            device when it is ``ready``.
        transfers: Put sends and receives into the order, as PyTorch's runtime posts them.
        costs: How long each kind of op takes.
        order: The slots of each device, as a list or as one string: ``0F0 0F1 0B0``;
            beside ``schedule: 1f1b``, the word ``strict`` (default) or ``greedy``.
        placement: Device of each stage, for an order; else it follows from the rows.
        timeline: Tasks of each device, by device, with their times.
        file: A file in any format, several, a folder or a pattern such as
            ``trace/*.json.gz``.
        format: Format of the file; else it is recognised.
        pattern: Regular expression with the groups ``kind``, ``microbatch`` and ``stage``
            for the names of a trace's events.
        rank: Ranks to keep of traces and timers, such as ``0,8,16`` or ``0-3``.
        python: A Python object, ``package.module:name``, or what it returns when called.
        compare: Several schedules, each with keys of its own beside those that all share;
            they are drawn below each other, on one scale of time.
        style: Name of a style, or a mapping of ``base`` and what differs from it.
    """

    schedule: Cell | None = None
    devices: Count | None = None
    microbatches: Count | None = None
    chunks: Count | None = None
    stages: Count | None = None
    microbatch_group_size: Count | None = None
    backward: Literal["same", "reversed"] | None = None
    variant: Literal["torch", "sail-sg"] | None = None
    place: Literal["asap", "alap"] | None = None
    sequence_chunks: Count | None = None
    waves: Count | None = None
    memory_limit: Count | None = None
    iterations: Annotated[int, Meta(ge=1, le=1000)] | None = None
    recompute: bool | Literal["early"] | None = None
    recompute_stages: Annotated[list[Index], Meta(min_length=1)] | None = None
    all_reduce: Literal["stage", "end", "beside"] | None = None
    optimizer: Literal["aligned", "ready"] | None = None
    transfers: bool | None = None
    costs: Costs | None = None
    order: Annotated[list[str | list[str]], Meta(min_length=1)] | Cell | None = None
    placement: list[Index | list[Index]] | None = None
    timeline: dict[int | str, list[Task]] | None = None
    file: Cell | Annotated[list[Cell], Meta(min_length=1, max_length=4096)] | None = None
    format: Cell | None = None
    pattern: Cell | None = None
    rank: Index | Cell | None = None
    python: Cell | None = None
    compare: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=50)] | None = None
    style: Cell | dict[str, Any] | None = None


#: The keys as users write them.
KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Keys))
#: Those that may be true or false.
FLAGS = frozenset(
    field.encode_name for field in msgspec.structs.fields(Keys) if bool in get_args(field.type)
)
#: Those that say what the picture shows.
PICTURE_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Picture))


class Spec(Keys, frozen=True, kw_only=True):
    """What a user wrote, checked, with where each entry was written.

    Args:
        marks: Where each entry was written.
        loaded: The Plan or Timeline that ``file`` or ``python`` gave, once it was read.
        digest: Hex digits made of what was read.
        parts: The schedules of a comparison.
    """

    marks: Marks = msgspec.field(default_factory=Marks)
    loaded: Plan | Timeline | None = None
    digest: str = ""
    parts: tuple[Spec, ...] = ()

    @property
    def given(self) -> set[str]:
        """The keys that were written."""
        fields = msgspec.structs.fields(Keys)
        return {f.encode_name for f in fields if getattr(self, f.name) is not None}

    @property
    def picture(self) -> Picture:
        """What the picture shows besides the tasks."""
        return Picture(**{name: getattr(self, name) for name in Picture.__struct_fields__})

    def without_marks(self) -> Spec:
        """Return the same spec, forgetting where it was written."""
        parts = tuple(part.without_marks() for part in self.parts)
        return msgspec.structs.replace(self, marks=Marks(), parts=parts)

    def canonical(self) -> bytes:
        """Return what was written as JSON: equal for equal schedules.

        What was read stands for the names of files and of Python objects.
        """
        keys = {name: getattr(self, name) for name in Keys.__struct_fields__}
        if self.digest:
            keys |= dict.fromkeys(("file", "format", "python"))
        if self.parts:
            keys["compare"] = None
        # JSON has no numbers as keys, and device 1 is not the one that is named "1"
        names = [name for name in self.timeline or () if isinstance(name, str)]
        own = msgspec.json.encode(Keys(**keys)) + self.digest.encode()
        own += msgspec.json.encode(names) if names else b""
        return b"\n".join([own, *(part.canonical() for part in self.parts)])
