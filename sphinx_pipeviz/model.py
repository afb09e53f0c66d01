"""The nouns that the steps hand on: Plan and Timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Self, TypeGuard

from sphinx_pipeviz.errors import Marks, PlanError
from sphinx_pipeviz.legality import check_orders, infer_placement
from sphinx_pipeviz.moves import check_extras, check_transfers
from sphinx_pipeviz.ops import PASSES, UNITS, Op, Run, Slot, parse_cells, parse_row, told


@dataclass(frozen=True, slots=True)
class Traits:
    """What a schedule is beyond its order; the same for its Plan and its Timeline.

    Args:
        sequence_chunks: Parts of each microbatch's sequence; ops count parts, so that
            microbatch m is the ops numbered m * sequence_chunks and after.
        iterations: Training steps that follow each other.
        update_every: Microbatches between two updates of the weights where the pipeline
            is not flushed for them; 0 where it is.
        aligned: All devices start an optimizer step together.
        recompute_waits: A recompute starts when its backward could, not before.
        beside: All-reduces occupy nobody, and go on one after the other on each device.
        late: Forwards run as late as the backward they wait for allows.
    """

    sequence_chunks: int = 1
    iterations: int = 1
    update_every: int = 0
    aligned: bool = False
    recompute_waits: bool = False
    beside: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Which slots each device runs, in order; no times yet.

    Args:
        orders: One tuple of slots per device.
        microbatches: How many microbatches there are, or parts of them where they are parted.
        placement: ``[replica][stage] -> device``.
        name: The schedule's name, or an empty string.
        traits: What it is beyond its order.
        marks: Where each slot was written, under ``("order", device, slot)``.
    """

    orders: tuple[tuple[Slot, ...], ...]
    microbatches: int
    placement: tuple[tuple[int, ...], ...]
    name: str = ""
    traits: Traits = Traits()
    marks: Marks | None = field(default=None, compare=False, repr=False)

    @property
    def devices(self) -> int:
        """P, the number of devices."""
        return len(self.orders)

    @property
    def stages(self) -> int:
        """S, the number of stages."""
        return len(self.placement[0])

    @classmethod
    def parse(
        cls,
        orders: Sequence[str | Sequence[str]],
        microbatches: int | None = None,
        placement: Sequence[int | Sequence[int]] | None = None,
        *,
        marks: Marks | None = None,
    ) -> Self:
        """Turn one list (or string) of slots per device into a complete Plan.

        Args:
            orders: ``[["0F0", "0B0"], ["1F0", "1B0"]]`` or ``["0F0 0B0", "1F0 1B0"]``.
            microbatches: How many there must be, numbered from 0; None takes those
                that occur.
            placement: ``[replica][stage] -> device`` or ``[stage] -> device``; None
                follows from the rows.
            marks: Where each slot was written, for error messages.

        Raises:
            PlanError: A slot cannot be read, runs twice, is missing, or is on the
                wrong device, a transfer has no other end, or an argument is of a wrong
                type. Whether devices wait in a circle is found by ``simulate``.
        """
        try:
            marks = without_blanks(marks, orders)
            rows = parse_rows(orders)
            ops = (op for row in rows for slot in row for op in slot.ops)
            found = {op.microbatch or 0 for op in ops if op.kind in PASSES}
            places = infer_placement(rows) if placement is None else replicas(placement)
            wanted = found if microbatches is None else numbers(microbatches)
            check_orders(rows, wanted, places)
            check_transfers(rows, len(places[0]))
            check_extras(rows)
        except PlanError as error:
            raise error.located(marks) from None
        return cls(rows, len(wanted), places, marks=marks)


def parse_rows(orders: object) -> tuple[tuple[Slot, ...], ...]:
    """Turn one list (or string) of slots per device into slots.

    Raises:
        PlanError: A slot cannot be read, or a row is neither.
    """
    if not _is_list(orders):
        message = f"the orders must be a list with one row per device, not {told(orders)}"
        raise PlanError(message, path=("order",))
    rows = []
    for device, row in enumerate(orders):
        if not isinstance(row, str) and not _is_list(row):
            message = f"the row of device {device} must be text or a list, not {told(row)}"
            raise PlanError(message, path=("order", device))
        parsed = parse_row(row, device) if isinstance(row, str) else parse_cells([*row], device)
        rows.append(parsed)
    return tuple(rows)


def _is_list(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def without_blanks(marks: Marks | None, orders: Sequence[str | Sequence[str]]) -> Marks | None:
    """Return where each slot was written, counting only cells that are not blank."""
    if not marks:
        return marks
    counted = Marks(marks)
    for device, row in enumerate(orders):
        cells = (
            [] if isinstance(row, str) else [i for i, cell in enumerate(row) if cell.strip()]
        )
        for index, written in enumerate(cells):
            if place := marks.get(("order", device, written)):
                counted["order", device, index] = place
    return counted


def numbers(microbatches: object) -> range:
    """Return the numbers of so many microbatches.

    Raises:
        PlanError: It is no whole number.
    """
    if not isinstance(microbatches, Integral):
        message = f"microbatches must be a whole number, not {told(microbatches)}"
        raise PlanError(message, path=("microbatches",))
    return range(int(microbatches))


def replicas(
    placement: Sequence[int | Sequence[int]],
) -> tuple[tuple[int, ...], ...]:
    """Turn ``[stage] -> device`` or ``[replica][stage] -> device`` into the latter.

    Raises:
        PlanError: It is a mixture of both, or none of them.
    """
    if not _is_list(placement) or not all(
        isinstance(device, int)
        for entry in placement
        for device in (entry if _is_list(entry) else (entry,))
    ):
        message = "the placement must be a list of devices, or of one list per replica"
        raise PlanError(message, path=("placement",))
    devices = [entry for entry in placement if isinstance(entry, int)]
    lists = [tuple(entry) for entry in placement if not isinstance(entry, int)]
    if devices and lists:
        message = "the placement mixes devices and lists of devices"
        raise PlanError(message, path=("placement",))
    return (tuple(devices),) if devices else tuple(lists)


@dataclass(frozen=True, slots=True)
class Lane:
    """What goes on beside a device's own work, such as its transfers; runs may overlap.

    Args:
        device: Whose lane it is.
        name: What it shows, one word.
        runs: Sorted by start; times are >= 0.
    """

    device: int
    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """When each device runs what.

    Args:
        rows: One tuple of runs per device, sorted by start; times are >= 0.
        stages: S, or 0 where stages are not known.
        as_written: Microbatches carry the author's own numbers, not 0-based ones.
        name: The schedule's name, or an empty string.
        titles: What the author calls each device; empty, or an empty string, means by
            its number.
        lanes: What goes on beside the devices' own work.
        traits: What the schedule is beyond its order.
        values: What the author measured of a device's runs, such as power.
    """

    rows: tuple[tuple[Run, ...], ...]
    stages: int = 0
    as_written: bool = False
    name: str = ""
    titles: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    traits: Traits = Traits()
    values: Mapping[tuple[int, Run], float] = field(default_factory=dict, hash=False)

    @property
    def devices(self) -> int:
        """P, the number of devices."""
        return len(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """What each device is called; empty for those that have only a number."""
        return self.titles or ("",) * self.devices

    @property
    def chunks(self) -> int:
        """V, stages per device rounded up; 1 where stages are not known."""
        return max(1, -(-self.stages // max(1, self.devices)))

    @property
    def shades(self) -> int:
        """How many shades of one kind tell chunks, and parts of a sequence, apart."""
        return self.chunks * self.traits.sequence_chunks

    def shade(self, op: Op) -> int:
        """Return which of these shades an op has, from 0."""
        parts = self.traits.sequence_chunks
        chunk = (op.stage or 0) // self.devices if self.chunks > 1 else 0
        return chunk * parts + ((op.microbatch or 0) % parts if op.kind in UNITS else 0)

    def microbatch(self, op: Op) -> int | None:
        """Return the number of the microbatch that an op is of, or is of a part of."""
        parts = self.traits.sequence_chunks if op.kind in UNITS else 1
        return None if op.microbatch is None else op.microbatch // parts

    @property
    def value_range(self) -> tuple[float, float]:
        """The least and the largest value; 0 and 0 where there are none."""
        return min(self.values.values(), default=0.0), max(self.values.values(), default=0.0)

    @property
    def tasks(self) -> int:
        """How many runs there are, on the devices and beside them."""
        return sum(map(len, (*self.rows, *(lane.runs for lane in self.lanes))))

    @property
    def start(self) -> float:
        """When the first run starts, in time units; 0 if nothing runs."""
        return min((row[0].start for row in self.rows if row), default=0.0)

    @property
    def end(self) -> float:
        """When the last run ends, in time units; 0 if nothing runs."""
        rows = (*self.rows, *(lane.runs for lane in self.lanes))
        return max((run.end for row in rows for run in row), default=0.0)

    @property
    def makespan(self) -> float:
        """From the first start to the last end, in time units."""
        return self.end - self.start
