"""A written timeline in JSON, ``{"0": [{"type": "forward", ...}]}`` -> Timeline.

Source: ``json.dump`` of the mapping that ``written_timeline`` describes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sphinx_pipeviz.errors import Location, Marks, PipevizError, SpecError
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.readers.json_text import HEAD, marks_of, parse_object
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.written_timeline import timeline_from_data

_FIRST_ROW = re.compile(r'\s*\{\s*"[^"\\]{0,60}"\s*:\s*\[\s*(?:\{\s*"|\]\s*[,}])')
_NUMBER = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


def looks_like_seed_json(file: TextFile) -> bool:
    """Say whether a file starts with a device and a list of tasks."""
    head = file.text[:HEAD]
    written = '"start_time"' in head or '"duration"' in head
    return written and _FIRST_ROW.match(head) is not None


def read_seed_json(files: Sequence[TextFile], options: ReadOptions) -> Timeline:  # noqa: ARG001  (the format says all)
    """Turn one JSON file into a Timeline; times keep their unit.

    Raises:
        SpecError: It is not JSON, or a key or type is wrong.
        PlanError: The timeline is impossible.
    """
    if len(files) != 1:
        where = Location(files[1].name) if files else None
        raise SpecError("a written timeline is one file", where, "give one file")
    (file,) = files
    data = _numbered(parse_object(file))
    try:
        return timeline_from_data(data)
    except PipevizError:  # only now it matters where everything is
        marks = _below_timeline(marks_of(file))
    try:
        return timeline_from_data(data, marks)
    except PipevizError as error:
        raise error.located(marks) from None


def _numbered(data: dict[str, Any]) -> dict[Any, Any]:
    """Turn devices' keys into the numbers they were before JSON made them text."""
    return {_number(key): tasks for key, tasks in data.items()}


def _number(key: Any) -> Any:
    return int(key) if isinstance(key, str) and _NUMBER.fullmatch(key) else key


def _below_timeline(marks: Marks) -> Marks:
    return Marks(
        {
            ("timeline", *(_number(step) for step in path[:1]), *path[1:]): place
            for path, place in marks.items()
        }
    )
