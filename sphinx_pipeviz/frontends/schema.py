"""A JSON Schema of the YAML, with which editors complete and check it."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.readers.yaml_spec import SOURCES
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES
from sphinx_pipeviz.spec import KEYS, Keys

DRAFT = "https://json-schema.org/draft/2020-12/schema"
KEYS_REF = {"$ref": "#/$defs/Keys"}


def print_schema(_: argparse.Namespace) -> int:
    """Print the schema; return the exit code."""
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
    return 0


def json_schema() -> dict[str, Any]:
    """Return the schema of a schedule: of keys, or of a timeline without any."""
    _, found = msgspec.json.schema_components([Keys, Style], ref_template="#/$defs/{name}")
    for documented in _structs(Keys, {}):
        _explain(found[documented.__name__], documented)
    _explain(found["Style"], Style)
    _refine(found)
    given: dict[str, Any] = {"anyOf": [{"required": [key]} for key in SOURCES]}
    return {
        "$schema": DRAFT,
        "title": "A pipeline schedule",
        "anyOf": [{"allOf": [KEYS_REF, given]}, {"$ref": "#/$defs/Timeline"}],
        "$defs": dict(sorted(found.items())),
    }


def meanings(documented: type) -> dict[str, str]:
    """Return the ``Args:`` of a class's Google docstring: name -> text."""
    text = inspect.cleandoc(documented.__doc__ or "").partition("Args:\n")[2]
    section = re.split(r"\n(?=\S)", text)[0]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(lines.split()) for name, lines in entries}


def _structs(kind: Any, seen: dict[Any, None]) -> Iterator[type]:
    """Yield every struct that a type is made of, itself first."""
    if kind in seen:
        return
    seen[kind] = None
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        parts = [field.type for field in msgspec.structs.fields(kind)]
    else:
        parts = list(getattr(kind, "__args__", ()))
    for part in parts:
        yield from _structs(part, seen)


def _explain(schema: dict[str, Any], documented: Any) -> None:
    """Give a struct and each of its keys what their docstrings say of them."""
    told: dict[str, str] = {}
    for parent in reversed(documented.__mro__):
        told |= meanings(parent)
    first = inspect.cleandoc(documented.__doc__).partition("\n\n")[0]
    schema["description"] = _plain(" ".join(first.split()))
    for field in msgspec.structs.fields(documented):
        schema["properties"][field.encode_name]["description"] = _plain(told[field.name])


def _plain(text: str) -> str:
    """Return reStructuredText as the Markdown that editors show."""
    return text.replace("``", "`")


def _refine(found: dict[str, Any]) -> None:
    """Add what the types leave open: names, styles, comparisons and bare timelines."""
    keys, style = found["Keys"]["properties"], found["Style"]["properties"]
    names = sorted({*SCHEDULES, *ALIASES})
    keys["schedule"]["anyOf"] = [{"enum": names}, {"type": "string"}, {"type": "null"}]
    styles = {"enum": sorted(STYLES)}
    keys["style"]["anyOf"] = [styles, {"$ref": "#/$defs/Style"}, {"type": "null"}]
    for field in style.values():
        field.pop("default", None)  # it is the base's
    style["base"] = {"description": "The style to start from.", **styles}
    for way in keys["compare"]["anyOf"]:
        if way.get("type") == "array":
            way["items"] = KEYS_REF
    tasks = {"type": "array", "items": {"$ref": "#/$defs/Task"}}
    found["Timeline"] = {
        "title": "Timeline",
        "description": "Tasks of each device, without any of the keys.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"not": {"enum": list(KEYS)}},
        "additionalProperties": tasks,
    }
