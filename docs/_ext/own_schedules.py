"""Schedules made by Python code, for figures of this documentation."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace

import sphinx_pipeviz as pv


def ping_pong():
    """Return an order of our own: a pair of microbatches after the other."""
    devices, microbatches = 3, 6
    rows = []
    for device in range(devices):
        row = []
        for first in range(0, microbatches, 2):
            pair = (first, first + 1)
            row += [f"{device}F{microbatch}" for microbatch in pair]
            row += [f"{device}B{microbatch}" for microbatch in pair]
        rows.append(row)
    return rows


def torch_interleaved():
    """Return the order of PyTorch's ScheduleInterleaved1F1B: 4 devices, 2 chunks.

    Where torch is not installed, our schedule of the same order stands in for it.
    """
    devices, chunks, microbatches = 4, 2, 8
    if find_spec("torch") is None:
        return pv.plan(
            "interleaved-1f1b", devices=devices, chunks=chunks, microbatches=microbatches
        )
    schedules = import_module("torch.distributed.pipelining.schedules")
    # Until it runs, a schedule asks its stages for numbers only.
    stage = SimpleNamespace(
        num_stages=devices * chunks, group_size=devices, group_rank=0, submod=None
    )
    return schedules.ScheduleInterleaved1F1B([stage] * chunks, microbatches)
