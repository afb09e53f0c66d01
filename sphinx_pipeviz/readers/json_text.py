"""JSON text -> plain data, and the checks that readers of JSON share."""

from __future__ import annotations

import json
import math
from typing import Any

from sphinx_pipeviz.errors import Location, Marks, Path, PipevizError, SpecError
from sphinx_pipeviz.readers.text_file import TextFile
from sphinx_pipeviz.readers.yaml_tree import parse_tree

#: Characters of a file's beginning by which its format is told.
HEAD = 4096
#: Characters of a text that is read again to find the line of an error.
_SEARCHED = 1_000_000
_LARGEST_TIME = 1e15
#: Lists and objects of a text, which take much more memory than what is written of them.
_MOST = 4_000_000


def parse_json(file: TextFile) -> Any:
    """Turn JSON into plain data.

    Raises:
        SpecError: It is not JSON, nests too deeply, gives a key twice, or has so many lists
            and objects that they would fill the memory.
    """
    if file.text.count("[") + file.text.count("{") > _MOST:
        message = f"this JSON has more than {_MOST:,} lists and objects"
        raise SpecError(message, Location(file.name, 1))
    try:
        return json.loads(file.text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise bad_json(error, file) from None


def parse_object(file: TextFile) -> dict[str, Any]:
    """Turn a JSON object into a dict.

    Raises:
        SpecError: It is not JSON, or not an object.
    """
    data = parse_json(file)
    if not isinstance(data, dict):
        hint = 'write {"key": value}'
        raise SpecError("this must be a JSON object", Location(file.name, 1), hint)
    return data


def bad_json(error: ValueError | RecursionError, file: TextFile) -> SpecError:
    """Return the error for what the standard library said of a JSON text."""
    if isinstance(error, json.JSONDecodeError):
        message = f"this is not valid JSON: {error.msg}"
        hint = "is the file complete?" if not file.text[error.pos :].strip() else None
        if file.text.lstrip()[:1] not in tuple("{["):
            hint = "JSON starts with { or [; is the format another one?"
        return SpecError(message, Location(file.name, error.lineno), hint)
    if isinstance(error, RecursionError):
        return SpecError("this JSON is nested too deeply", Location(file.name))
    return SpecError(f"this JSON cannot be read: {error}", Location(file.name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise ValueError(f"the key '{key[:40]}' is given twice")
        data[key] = value
    return data


def located_json(error: PipevizError, file: TextFile) -> PipevizError:
    """Fill in the place of the entry at the error's path unless it is known."""
    return error if error.location else error.located(marks_of(file))


def marks_of(file: TextFile) -> Marks:
    """Return where each entry of a JSON text is; of a large one, only the file."""
    whole = Marks({(): Location(file.name)})
    if len(file.text) > _SEARCHED:
        return whole
    try:  # JSON is YAML, whose reader notes every place
        return parse_tree(file.text, lambda line: Location(file.name, line + 1)).marks
    except PipevizError:
        return whole


def time_at(value: Any, path: Path) -> float:
    """Return a time.

    Raises:
        SpecError: It is not a finite number, or not a time at all.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(f"{dotted(path)} must be a number, not {shown(value)}", path=path)
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(f"{dotted(path)} must be a finite number, not {value}", path=path)
    if abs(value) > _LARGEST_TIME * 1000:
        raise SpecError(f"{dotted(path)} is too large for a time", path=path)
    return float(value)


def whole_at(value: Any, path: Path, largest: int, least: int = 0) -> int:
    """Return a whole number.

    Raises:
        SpecError: It is none, or not from ``least`` to ``largest``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= largest:
        wanted = f"a whole number from {least} to {largest}"
        raise SpecError(f"{dotted(path)} must be {wanted}, not {shown(value)}", path=path)
    return value


def dotted(path: Path) -> str:
    """Return a path as an author would write it, such as ``1.fwd_start[3]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the text"


def shown(value: Any) -> str:
    """Return a short form of a value, as its author would say it."""
    names = {dict: "an object", list: "a list", type(None): "null", bool: str(value).lower()}
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, int) and abs(value) > _LARGEST_TIME:
        return "a very large number"
    return names.get(type(value)) or str(value)[:40]
