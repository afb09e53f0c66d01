"""DeepSpeed's instructions -> rows of slots; they are known by the names of their classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.ops import Kind

#: Instruction -> what it does; None for what has no place in a picture.
INSTRUCTIONS: dict[str, Kind | None] = {
    "ForwardPass": Kind.FORWARD,
    "BackwardPass": Kind.BACKWARD,
    "SendActivation": Kind.SEND_FORWARD,
    "RecvActivation": Kind.RECEIVE_FORWARD,
    "SendGrad": Kind.SEND_BACKWARD,
    "RecvGrad": Kind.RECEIVE_BACKWARD,
    "ReduceGrads": Kind.ALL_REDUCE,
    "OptimizerStep": Kind.OPTIMIZER,
    "LoadMicroBatch": None,
    "ReduceTiedGrads": None,
}
_ONCE = (Kind.ALL_REDUCE, Kind.OPTIMIZER)


def is_instruction(item: Any) -> bool:
    """Return True for an object that looks like one of DeepSpeed's instructions."""
    return type(item).__name__ in INSTRUCTIONS


def row_of_instructions(instructions: Iterable[Any], stage: int) -> list[str]:
    """Return one stage's slots, such as ``2F0``.

    A ``buffer_id`` is reused by later microbatches, so microbatches are counted: every
    kind of instruction takes them in order.

    Source: ``deepspeed/runtime/pipe/schedule.py``.

    Raises:
        SpecError: There is an instruction of another name.
    """
    done: Counter[Kind] = Counter()
    row = []
    for instruction in instructions:
        name = type(instruction).__name__
        if name not in INSTRUCTIONS:
            message = f"'{name[:40]}' is not one of DeepSpeed's instructions"
            raise SpecError(message, hint=f"known: {', '.join(INSTRUCTIONS)}")
        if kind := INSTRUCTIONS[name]:
            row.append(f"{stage}{kind}{'' if kind in _ONCE else done[kind]}")
            done[kind] += 1
    return row


def check_all_stages(schedules: Sequence[Any]) -> None:
    """Check that there is one schedule object for each stage, in order.

    Raises:
        SpecError: There are fewer or more than the objects say, or they are out of order.
    """
    for place, schedule in enumerate(schedules):
        stages = getattr(schedule, "stages", len(schedules))
        stage = getattr(schedule, "stage_id", place)
        if stages != len(schedules) or stage != place:
            name = type(schedule).__name__
            message = (
                f"{name} {place + 1} of {len(schedules)} is of stage {stage} of {stages} stages"
            )
            hint = "return one for each stage, in order, or its steps()"
            raise SpecError(message, hint=hint)
