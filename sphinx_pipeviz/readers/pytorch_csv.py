"""PyTorch's CSV of a pipeline's order -> Plan.

Source: ``_PipelineScheduleRuntime._load_csv`` and ``_dump_csv`` of
``torch.distributed.pipelining.schedules``, in both of their formats: ``compute_only`` and
``compute_comms``. Each row is a rank, each cell an action such as ``0F0``, ``1RECV_F0``,
``0REDUCE_GRAD`` or ``(0F7;7B3)OVERLAP_F_B``; an empty cell is idle. Which rank has a stage
follows from the rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.readers.order_rows import Row, check_size, head, only, plan_from_rows
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile

_CELL = re.compile(
    r"[\s,\"]*(?:\d{1,6}[A-Z_]{1,12}\d{0,9}|\([^()\n]{3,60}\)OVERLAP_F_B)\"?\s*(?:[,\n]|\Z)"
)


def looks_like_pytorch_csv(file: TextFile) -> bool:
    """Say whether the first cell of a file is one of PyTorch's actions."""
    return _CELL.match(head(file)) is not None


def read_pytorch_csv(
    files: Sequence[TextFile],
    options: ReadOptions,  # noqa: ARG001  (the format says all)
) -> Plan:
    """Turn one CSV file into a Plan.

    Raises:
        SpecError: It is not a CSV file, or there are several.
        PlanError: The order is not complete, or an op or a transfer is out of place.
    """
    file = only(files)
    check_size(file.text, file.name, ",\n")
    rows = _between_blanks(_rows(file.text, file.name))
    if not any(cell.strip() for row in rows for cell in row.cells):
        hint = "each row is a rank, each cell an op such as 0F0"
        raise SpecError("this file has no ops", Location(file.name, 1), hint)
    return plan_from_rows(rows, file.name)


def _rows(text: str, name: str) -> list[Row]:
    rows = []
    reader = csv.reader(text.split("\n"), skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            rows.append(Row(line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "each row is a rank, each cell an op such as 0F0"
        message = f"this is not a CSV file: {error}"
        raise SpecError(message, Location(name, line), hint) from None
    return rows


def _between_blanks(rows: list[Row]) -> list[Row]:
    """Return the rows of the ranks; PyTorch takes an empty line for a rank without ops.

    Not so at the start and the end of a file, nor behind every row, where line ends were
    doubled on the way.
    """
    doubled = len(rows) > 2 and not any(row.cells for row in rows[1::2])  # noqa: PLR2004  (a row, a blank, an end)
    if doubled and len(rows) % 2 and all(row.cells for row in rows[:-1:2]):
        rows = rows[::2]
    written = [index for index, row in enumerate(rows) if row.cells]
    return rows[written[0] : written[-1] + 1] if written else []
