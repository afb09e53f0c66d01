"""A Python object -> Spec, Plan or Timeline: the furthest step that it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from sphinx_pipeviz.errors import Location, PlanError, SpecError
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import one_line, parse_slot, told
from sphinx_pipeviz.readers.deepspeed_steps import (
    check_all_stages,
    is_instruction,
    row_of_instructions,
)
from sphinx_pipeviz.readers.written_timeline import timeline_from_data
from sphinx_pipeviz.readers.yaml_spec import read_spec, spec_from_keys
from sphinx_pipeviz.spec import KEYS, MAX_OPS, Spec

Source = Spec | Plan | Timeline

ALLOWED = (
    "a list with one list (or string) of slots per device, such as '0F0'; a mapping of"
    " ranks to such lists; PyTorch's or DeepSpeed's schedule objects; a mapping of devices"
    " to tasks; a Plan, Timeline or Spec; or the text of a schedule"
)


def read_returned_text(text: str) -> Source:
    """Turn text that is YAML, or CSV with one row of slots per device, into a source.

    Raises:
        PipevizError: It is not a schedule.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and all(_starts_with_slot(line) for line in lines):
        return Plan.parse([line.split(",") for line in lines])
    if len(lines) == 1 and not re.search(r":\s|[{}]", text):
        message = f"the text '{one_line(text, 40)}' is no schedule"
        raise SpecError(message, hint=f"allowed: {ALLOWED}")
    return read_spec(text, lambda line: Location("the text", line + 1))


def _starts_with_slot(line: str) -> bool:
    first = next((cell.strip() for cell in line.split(",") if cell.strip()), "")
    try:
        parse_slot(first)
    except PlanError:
        return False
    return True


def plan_from_object(value: Any, read: Callable[[str], Source] = read_returned_text) -> Source:
    """Turn what Python code made into a Spec, Plan or Timeline.

    Args:
        value: One of ALLOWED.
        read: How to read text.

    Raises:
        SpecError: It is none of these.
        PlanError: Its order is not complete, or its timeline is impossible.
    """
    if isinstance(value, Spec | Plan | Timeline):
        return value
    if isinstance(value, str):
        return read(value)
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if hasattr(value, "pipeline_order"):
        return _from_pytorch(value)
    if callable(getattr(value, "steps", None)):
        return _from_rows([value])
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return _from_rows(_listed(value))
    raise SpecError(f"{_a_thing(value)} is not a schedule", hint=f"allowed: {ALLOWED}")


def _from_mapping(value: Mapping[Any, Any]) -> Source:
    if not value:
        raise SpecError("an empty mapping is not a schedule", hint=f"allowed: {ALLOWED}")
    if value.keys() & set(KEYS):
        return spec_from_keys(dict(value))
    rows = {key: row if isinstance(row, str) else _listed(row) for key, row in value.items()}
    items = [item for row in rows.values() for item in row]
    if items and all(isinstance(item, Mapping) for item in items):
        return timeline_from_data(rows)
    return _from_ranks(rows)


def _from_ranks(rows: Mapping[Any, Any], microbatches: int | None = None) -> Plan:
    """Return the plan of a mapping of ranks to lists of slots, in any order of ranks."""
    if set(rows) != set(range(len(rows))):
        found = ", ".join(told(rank) for rank in islice(rows, 8))
        message = f"the keys of {len(rows)} ranks must be 0 to {len(rows) - 1}, not {found}"
        raise SpecError(message)
    return _from_rows([rows[rank] for rank in range(len(rows))], microbatches)


def _from_pytorch(schedule: Any) -> Plan:
    """Return the plan of a schedule object of ``torch.distributed.pipelining``."""
    name, order = type(schedule).__name__, schedule.pipeline_order
    if not isinstance(order, Mapping):
        message = f"the pipeline_order of {name} is {_a_thing(order)}, not a mapping"
        raise SpecError(message, hint="return lists of slots")
    microbatches = getattr(schedule, "_n_microbatches", None)
    try:
        return _from_ranks(order, microbatches if isinstance(microbatches, int) else None)
    except PlanError as error:
        if name == "Schedule1F1B":
            # PyTorch 2.13 starts the last row with microbatch 1, and never runs it so.
            error.hint = "PyTorch does not run what its Schedule1F1B shows: use schedule: 1f1b"
        raise


def _from_rows(rows: list[Any], microbatches: int | None = None) -> Plan:
    if rows and all(callable(getattr(row, "steps", None)) for row in rows):
        check_all_stages(rows)
        rows = [row.steps() for row in rows]
    return Plan.parse([_row(row, rank) for rank, row in enumerate(rows)], microbatches)


def _row(row: Any, rank: int) -> str | list[str]:
    """Return one device's slots as text."""
    if isinstance(row, str):
        return row
    items = [
        item
        for part in _listed(row)
        for item in (part if type(part) in (list, tuple) else (part,))
    ]
    if any(is_instruction(item) for item in items):
        return row_of_instructions(items, rank)
    return ["" if item is None else _text(item) for item in items]


def _text(item: object) -> str:
    """Return how an item prints; its type where it prints its address."""
    text = str(item)
    return f"<{type(item).__name__}>" if f"at {id(item):#x}" in text else text


def _listed(value: Any) -> list[Any]:
    """Return the items of a list, tuple, generator or other iterable.

    Raises:
        SpecError: It is no iterable of items, or has no end.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        message = f"{_a_thing(value)} stands where a list of slots must be"
        raise SpecError(message, hint=f"allowed: {ALLOWED}")
    items = list(islice(value, MAX_OPS + 1))
    if len(items) > MAX_OPS:
        raise SpecError(f"a list here has more than {MAX_OPS:,} entries")
    return items


def _a_thing(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__[:40]}"
