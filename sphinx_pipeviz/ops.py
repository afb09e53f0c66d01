"""The words of a schedule: Kind, Op, Overlap, Slot and Run, and their notation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from sphinx_pipeviz.errors import PlanError


class Kind(StrEnum):
    """What an op does, in PyTorch's letters."""

    FORWARD = "F"
    BACKWARD = "B"  # full backward
    BACKWARD_INPUT = "I"  # gradient of the input (dgrad)
    BACKWARD_WEIGHT = "W"  # gradient of the weights (wgrad)
    RECOMPUTE = "R"  # forward once more, for activations that were not kept
    OPTIMIZER = "OPT"
    ALL_REDUCE = "REDUCE_GRAD"  # gradients of one stage, over its replicas
    SEND_FORWARD = "SEND_F"
    RECEIVE_FORWARD = "RECV_F"
    SEND_BACKWARD = "SEND_B"
    RECEIVE_BACKWARD = "RECV_B"
    EVICT = "EVICT"  # activations move to another device
    LOAD = "LOAD"  # and come back
    UNSHARD = "UNSHARD"  # FSDP gathers a stage's weights
    RESHARD = "RESHARD"  # and frees them
    OTHER = "OTHER"  # anything else that a written timeline names


#: Kinds that do a stage's work on a microbatch.
PASSES = frozenset({Kind.FORWARD, Kind.BACKWARD, Kind.BACKWARD_INPUT, Kind.BACKWARD_WEIGHT})
#: Kinds at whose end a microbatch's weight gradients are there, and its activations free.
FINISHING = frozenset({Kind.BACKWARD, Kind.BACKWARD_WEIGHT})
#: Kinds that move data while the device computes.
TRANSFERS = frozenset(
    {
        Kind.SEND_FORWARD,
        Kind.RECEIVE_FORWARD,
        Kind.SEND_BACKWARD,
        Kind.RECEIVE_BACKWARD,
        Kind.EVICT,
        Kind.LOAD,
    }
)
#: Kinds that occupy no device: they go on beside its work.
BESIDE = TRANSFERS | {Kind.UNSHARD, Kind.RESHARD}
#: Kinds without a microbatch; a number behind them counts iterations.
PER_ITERATION = frozenset({Kind.OPTIMIZER, Kind.ALL_REDUCE, Kind.UNSHARD, Kind.RESHARD})
#: Kinds that are of a microbatch, or of a part of one.
UNITS = frozenset(Kind) - PER_ITERATION - {Kind.OTHER}


class Op(NamedTuple):
    """One op: stage (0-based), kind, microbatch (0-based); prints as ``2F0``.

    In a written timeline ``stage`` may be unknown (None), ``microbatch`` is the
    author's own number, and ``name`` is the author's word for an op of kind OTHER.
    """

    stage: int | None
    kind: Kind
    microbatch: int | None
    name: str = ""

    def __str__(self) -> str:
        """Return PyTorch's notation."""
        stage = "" if self.stage is None else self.stage
        number = "" if self.microbatch is None else self.microbatch
        return f"{stage}{self.name or self.kind.value}{number}"

    @property
    def ops(self) -> tuple[Op, ...]:
        """The op alone, so that ops and overlaps can be read alike."""
        return (self,)


class Overlap(NamedTuple):
    """Two ops that one device runs at once; prints as ``(0F3;7B1)OVERLAP_F_B``."""

    first: Op
    second: Op

    def __str__(self) -> str:
        """Return PyTorch's notation."""
        return f"({self.first};{self.second})OVERLAP_F_B"

    @property
    def ops(self) -> tuple[Op, ...]:
        """Both ops, the first as written first."""
        return (self.first, self.second)


#: What a device runs at once.
Slot = Op | Overlap


class Run(NamedTuple):
    """A slot with its time: when it starts and how long it takes, in time units."""

    start: float
    duration: float
    slot: Slot

    @property
    def end(self) -> float:
        """When the slot ends."""
        return self.start + self.duration


def kinds_of(rows: Iterable[Iterable[Slot]]) -> set[Kind]:
    """Return the kinds of op that occur."""
    return {op.kind for row in rows for slot in row for op in slot.ops}


def one_line(text: str, longest: int) -> str:
    """Return an author's words in one line of printable characters, at most ``longest``."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


_LETTERS = "|".join(kind for kind in Kind if kind != Kind.OTHER)
_OP = re.compile(rf"(\d+)({_LETTERS})(\d+)?", re.ASCII)
#: The most digits of a stage, and of a microbatch.
_DIGITS = {"stage": 6, "number": 9}
_NOTATION = (
    "write stage, kind and microbatch, as in 2F0; kinds: "
    f"{' '.join(kind for kind in Kind if kind != Kind.OTHER)}"
)
_OVERLAP = re.compile(r"\(([^;()]+);([^;()]+)\)OVERLAP_F_B")
_CELL = re.compile(r"\([^()]*\)\w*|[^\s,]+")


def parse_slot(text: str) -> Slot:
    """Turn ``2F0`` or ``(0F3;7B1)OVERLAP_F_B`` into a slot.

    Raises:
        PlanError: The text is neither.
    """
    if pair := _OVERLAP.fullmatch(text):
        first, second = (_parse_op(half.strip(), text) for half in pair.groups())
        if (first.kind == Kind.FORWARD) == (second.kind == Kind.FORWARD):
            hint = "write one forward and one backward, as in (0F3;7B1)OVERLAP_F_B"
            raise PlanError(f"'{text[:40]}' does not overlap F with B", hint=hint)
        return Overlap(first, second)
    return _parse_op(text, text)


def parse_row(row: str, device: int) -> tuple[Slot, ...]:
    """Turn one device's slots, parted by spaces or commas, into slots.

    Raises:
        PlanError: One of them is not a slot.
    """
    return parse_cells(_CELL.findall(row), device)


def parse_cells(cells: Iterable[object], device: int) -> tuple[Slot, ...]:
    """Turn one device's list of slots into slots; empty cells are idle.

    Raises:
        PlanError: One of them is not a slot.
    """
    slots = []
    for index, cell in enumerate(cells):
        try:
            if not isinstance(cell, str):
                raise _not_an_op(told(cell))
            if cell.strip():
                slots.append(parse_slot(cell.strip()))
        except PlanError as error:
            error.path = ("order", device, index)
            raise
    return tuple(slots)


def told(value: object) -> str:
    """Return a short form of a value that is not what it should be, without its address."""
    if isinstance(value, str | int | float | type(None)):
        return repr(value)[:40]
    return f"an object of type {type(value).__name__[:40]}"


def _parse_op(text: str, slot: str) -> Op:
    match = _OP.fullmatch(text)
    if not match:
        raise _not_an_op(f"'{slot[:40]}'")
    stage, letter, number = match.groups()
    for (name, most), digits in zip(_DIGITS.items(), (stage, number or ""), strict=True):
        if len(digits) > most:
            message = f"the {name} of '{slot[:40]}' is too large"
            raise PlanError(message, hint=f"it has at most {most} digits")
    kind = Kind(letter)
    if number is None and kind not in PER_ITERATION:
        raise _not_an_op(f"'{slot[:40]}'")
    return Op(int(stage), kind, None if number is None else int(number))


def _not_an_op(found: str) -> PlanError:
    return PlanError(f"{found} is not an op", hint=_NOTATION)
