"""Plan or Timeline -> text in a format that other tools, or this one, read again.

What is lost: an order has no times and no name. The tasks of a timeline have no lanes, so
that transfers and swaps, which go on beside the devices' work, are neither in a written
timeline nor in an order that is made of one; a plan's own order and a trace have them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sphinx_pipeviz.errors import SpecError, did_you_mean
from sphinx_pipeviz.model import Plan, Timeline, Traits
from sphinx_pipeviz.ops import PASSES, Kind, Op, Overlap, Run, Slot
from sphinx_pipeviz.readers.yaml_tree import CONTROL
from sphinx_pipeviz.simulate import simulate

#: What the seed's mapping calls the kinds; others are written by their letters.
WORDS = {
    Kind.FORWARD: "forward",
    Kind.BACKWARD: "backward",
    Kind.BACKWARD_INPUT: "backward-input",
    Kind.BACKWARD_WEIGHT: "backward-weight",
    Kind.OPTIMIZER: "optimizer",
    Kind.RECOMPUTE: "recompute",
}
#: The type of a task that is two passes; readers look at its operations.
OVERLAPPED = "overlapped_forward_backward"
#: Keys that need no quotes.
_WORD = re.compile(r"(?!(?:true|false|null)$)[a-z][a-z_-]*")
#: Below it, every whole number is a float.
_EXACT = 2**53


def write(source: Plan | Timeline, format: str) -> str:
    """Return a schedule as text.

    Args:
        source: What to write.
        format: ``yaml``: an ``order:`` for a plan, a ``timeline:`` for a timeline;
            ``csv``: PyTorch's CSV of the order; ``json``: the seed's mapping, which is
            a timeline; ``chrome``: a trace for Perfetto, in which a time unit is a
            microsecond. A plan is simulated for the last two.

    Raises:
        SpecError: There is no such format, or it cannot hold the source.
        PlanError: The order of a timeline is not complete, or a plan cannot run.
    """
    if format not in WRITERS:
        hint = did_you_mean(format, WRITERS) or f"known: {', '.join(WRITERS)}"
        raise SpecError(f"there is no format '{format[:40]}' to write", hint=hint)
    return WRITERS[format](source)


def _yaml(source: Plan | Timeline) -> str:
    return _yaml_order(source) if isinstance(source, Plan) else _yaml_timeline(source)


def _yaml_order(plan: Plan) -> str:
    if not is_order(plan):
        message = "an order cannot hold all that this plan is"
        raise SpecError(message, hint="simulate it, and write the timeline")
    rows = [f"- {_cells(row)}\n" for row in plan.orders]
    lines = ["order:\n", *rows, f"microbatches: {plan.microbatches}\n"]
    lines.append(f"placement: {json.dumps(plan.placement)}\n")
    if plan.traits.late:
        lines.append("place: alap\n")
    return "".join(lines)


def is_order(plan: Plan) -> bool:
    """Tell whether an ``order:`` in YAML can hold all that a plan is, but for its name."""
    return plan.traits == Traits(late=plan.traits.late)


def _cells(row: tuple[Slot, ...]) -> str:
    """Return slots as a list on one line; YAML's indicators occur in pairs only."""
    cells = (f'"{slot}"' if isinstance(slot, Overlap) else str(slot) for slot in row)
    return f"[{', '.join(cells)}]"


def _yaml_timeline(timeline: Timeline) -> str:
    lines = ["timeline:\n"]
    for key, tasks in _mapping(timeline).items():
        lines.append(f"  {flow(key)}:{'' if tasks else ' []'}\n")
        lines += (f"  - {flow(task)}\n" for task in tasks)
    return "".join(lines)


def flow(value: Any) -> str:
    """Return plain data as YAML on one line; text in quotes, but for known words."""
    if isinstance(value, dict):
        pairs = (f"{_key(key)}: {flow(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return _scalar(value)


def _key(key: str | int) -> str:
    """Return a key as it is where it is a plain word, else in quotes."""
    return str(key) if _WORD.fullmatch(str(key)) else flow(key)


def _scalar(value: str | float | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return str(value)
    if value in (*WORDS.values(), OVERLAPPED):
        return value
    if found := CONTROL.search(value):
        message = f"a text with the control character U+{ord(found[0]):04X} fits in no YAML"
        raise SpecError(message, hint="rename the task or the device")
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _mapping(source: Plan | Timeline) -> dict[int | str, list[dict[str, Any]]]:
    """Return the seed's mapping, ``{device: [{type, batch, start_time, duration}]}``.

    Raises:
        SpecError: Two devices have one name.
    """
    timeline = source if isinstance(source, Timeline) else simulate(source)
    titles = timeline.titles or ("",) * timeline.devices
    keys = [title or place for place, title in enumerate(titles)]
    if len(set(keys)) < len(keys):
        raise SpecError("two devices have the same name", hint="write csv or chrome")
    values = timeline.values
    return {
        key: [_task(run) | _valued(values.get((place, run))) for run in row]
        for place, (key, row) in enumerate(zip(keys, timeline.rows, strict=True))
    }


def _valued(value: float | None) -> dict[str, float]:
    """Return what an author measured of a task, as an entry of it."""
    return {} if value is None else {"value": value}


def _task(run: Run) -> dict[str, Any]:
    times = {"start_time": _short(run.start), "duration": _short(run.duration)}
    if not isinstance(run.slot, Overlap):
        return _operation(run.slot, times)
    first = _operation(run.slot.first, times) | {"type": OVERLAPPED}
    pair = [_operation(op, {}) for op in run.slot.ops]
    return first | {"is_overlapped": True, "operations": pair}


def _operation(op: Op, times: dict[str, float]) -> dict[str, Any]:
    task: dict[str, Any] = {"type": op.name or WORDS.get(op.kind, op.kind.value)}
    if op.microbatch is not None:
        task["batch"] = op.microbatch
    task |= times
    return task if op.stage is None else task | {"stage": op.stage}


def _short(time: float) -> float:
    """Return a time that is written without a point if it has no fraction."""
    return int(time) if time == int(time) and time < _EXACT else float(time)


def _csv(source: Plan | Timeline) -> str:
    """Return PyTorch's CSV; a row without ops is two empty cells, as no reader skips it."""
    orders = source.orders if isinstance(source, Plan) else order_of(source).orders
    return "".join(",".join(map(str, row)) + "\n" if row else ",\n" for row in orders)


def order_of(timeline: Timeline) -> Plan:
    """Return the order in which a timeline's devices run their slots.

    Where stages are not known, devices are taken for them, downwards or upwards as the
    first of them start. Microbatches are counted from 0. What is in lanes is left out.

    Raises:
        PlanError: The order is not complete, or has what is no op.
    """
    slots = [[run.slot for run in row] for row in timeline.rows]
    ops = (op for row in slots for slot in row for op in slot.ops)
    lowest = min((op.microbatch for op in ops if op.microbatch is not None), default=0)
    first = 1 if timeline.as_written and lowest == 1 else 0
    stages = _stages_of(timeline)

    def counted(op: Op, device: int) -> Op:
        stage = stages[device] if op.stage is None else op.stage
        shift = first if op.kind in PASSES else 0
        number = None if op.microbatch is None else op.microbatch - shift
        return op._replace(stage=stage, microbatch=number)

    def cell(slot: Slot, device: int) -> str:
        ops = [counted(op, device) for op in slot.ops]
        return str(Overlap(*ops) if isinstance(slot, Overlap) else ops[0])

    return Plan.parse(
        [[cell(slot, device) for slot in row] for device, row in enumerate(slots)]
    )


def _stages_of(timeline: Timeline) -> range:
    """Return the stage of each device, where devices are stages."""
    starts = [row[0].start for row in timeline.rows if row]
    devices = range(timeline.devices)
    return devices[::-1] if starts and starts[-1] < starts[0] else devices


def _json(source: Plan | Timeline) -> str:
    return json.dumps(_mapping(source), indent=1, ensure_ascii=False) + "\n"


def _chrome(source: Plan | Timeline) -> str:
    """Return Chrome's Trace Event JSON: a process per device, a thread per lane."""
    timeline = source if isinstance(source, Timeline) else simulate(source)
    events: list[dict[str, Any]] = []
    for device, (name, row) in enumerate(zip(timeline.names, timeline.rows, strict=True)):
        events.append(_named("process_name", name or f"Device {device}", device, 0))
        events += (_event(run, device, 0) for run in row)
    for thread, lane in enumerate(timeline.lanes, 1):
        events.append(_named("thread_name", lane.name, lane.device, thread))
        events += (_event(run, lane.device, thread) for run in lane.runs)
    return json.dumps({"traceEvents": events}, ensure_ascii=False) + "\n"


def _named(what: str, name: str, device: int, thread: int) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": device, "tid": thread, "args": {"name": name}}


def _event(run: Run, device: int, thread: int) -> dict[str, Any]:
    op = run.slot.ops[0]
    words = [WORDS.get(each.kind, each.kind.value.lower()) for each in run.slot.ops]
    numbers = {"stage": op.stage, "microbatch": op.microbatch}
    return {
        "name": str(run.slot),
        "cat": ",".join(words),
        "ph": "X",
        "pid": device,
        "tid": thread,
        "ts": run.start,
        "dur": run.duration,
        "args": {key: number for key, number in numbers.items() if number is not None},
    }


#: Format -> its writer.
WRITERS: dict[str, Callable[[Plan | Timeline], str]] = {
    "yaml": _yaml,
    "csv": _csv,
    "json": _json,
    "chrome": _chrome,
}
