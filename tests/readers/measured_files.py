"""Timelines written as the measured formats have them, for tests that read them back."""

import json
from pathlib import Path

import sphinx_pipeviz as pv
from sphinx_pipeviz.readers.text_file import TextFile

FORMATS = Path(__file__).parents[1] / "formats"
WHOLE = Path(__file__).parents[3] / "shared" / "traces"


def kept(folder):
    """The files of one folder of tests/formats."""
    paths = sorted((FORMATS / folder).iterdir())
    return [TextFile(path.name, path.read_text(encoding="utf-8")) for path in paths]


def simulated(name="1f1b", **keys):
    keys = {"devices": 4, "microbatches": 8} | keys
    costs = pv.Costs(forward=3.0, backward_input=3.5, backward_weight=2.5, p2p=0.5)
    return pv.simulate(pv.plan(name, **keys), costs)


def slots(rows, without=("REDUCE_GRAD",)):
    """The slots of each row, but those that only the trace has."""
    return [
        [str(run.slot) for run in row if run.slot.ops[0].kind not in without] for row in rows
    ]


def torch_files(timeline, shifts=None, base=1_790_857_026_000_000_000):
    """One trace a rank; ``shifts`` are milliseconds that each rank's clock is ahead."""
    shifts = shifts or [0.0] * timeline.devices
    files = []
    for rank, row in enumerate(timeline.rows):
        events = [
            event(f"PP:{run.slot}", run, shifts[rank], cat="user_annotation") for run in row
        ]
        header = {"schemaVersion": 1, "distributedInfo": {"rank": rank}}
        if base is not None:
            header["baseTimeNanoseconds"] = base
        files.append(TextFile(f"rank{rank}.json", json.dumps(header | {"traceEvents": events})))
    return files


def event(name, run, shift=0.0, **keys):
    times = {"ts": (run.start + shift) * 1000, "dur": run.duration * 1000}
    return {"ph": "X", "name": name, "pid": 1, "tid": 1} | times | keys


def assert_same(read, timeline, tolerance=1e-6):
    assert slots(read.rows) == slots(timeline.rows)
    zero = timeline.start
    for row, other in zip(read.rows, timeline.rows, strict=True):
        for run, wanted in zip(row, other, strict=True):
            assert abs(run.start - (wanted.start - zero)) <= tolerance
            assert abs(run.end - (wanted.end - zero)) <= tolerance
