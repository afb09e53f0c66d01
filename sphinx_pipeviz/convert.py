"""Plain data -> one of the types in spec.py, with a located message when it does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from sphinx_pipeviz.errors import Path, SpecError, did_you_mean

T = TypeVar("T")

_AT = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[(\.\.\.)\]")
_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}


def convert(data: Any, into: type[T], path: Path = ()) -> T:
    """Turn plain data into ``into``.

    Args:
        data: What was read.
        into: A type of spec.py.
        path: Keys that lead to the data in the document.

    Raises:
        SpecError: The data does not fit; its path leads to the first offending entry.
    """
    try:
        return msgspec.convert(data, into)
    except msgspec.ValidationError as error:
        what, steps, of_key = _read(str(error))
        exact = _exact(data, into, steps)
        if of_key and exact:
            raise _explain_key(what, (*path, *exact)) from None
        found = _look_up(data, exact)
        raise _explain(what, (*path, *exact), found, into) from None


class _AnyKey(str):
    """What msgspec writes for a key of a mapping, whichever it is."""

    __slots__ = ()


_ANY = _AnyKey("...")


def _read(text: str) -> tuple[str, list[str | int], bool]:
    """Part msgspec's message into what is wrong, the steps that lead there, and
    whether it is wrong of a key.
    """
    match = _AT.fullmatch(text)
    if not match:
        return text, [], False
    steps: list[str | int] = [
        name or (int(index) if index else _ANY)
        for name, index, _ in _STEP.findall(match["path"] or "")
    ]
    of_key = match["key"] is not None
    return match["what"], [*steps, _ANY] if of_key else steps, of_key


def _exact(data: Any, into: type[Any], steps: list[str | int]) -> Path:
    """Replace each ``...``, which stands for any key, by the key that is wrong."""
    at = next((place for place, step in enumerate(steps) if step is _ANY), None)
    if at is None:
        return tuple(steps)
    holder = _look_up(data, tuple(steps[:at]))
    for key in holder if isinstance(holder, Mapping) else ():
        only = _replaced(data, steps[:at], {key: holder[key]})
        try:
            msgspec.convert(only, into)
        except msgspec.ValidationError as error:
            _, found, _ = _read(str(error))
            if any(step is _ANY for step in found[at : at + 1]):
                return _exact(only, into, [*steps[:at], key, *found[at + 1 :]])
    return tuple(steps[:at])


def _look_up(data: Any, path: Path) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _replaced(data: Any, steps: list[str | int], value: Any) -> Any:
    if not steps:
        return value
    copy = dict(data) if isinstance(data, Mapping) else list(data)
    copy[steps[0]] = _replaced(copy[steps[0]], steps[1:], value)  # type: ignore[index]
    return copy


def _explain_key(what: str, path: Path) -> SpecError:
    wanted = _wanted(what) or "a word or number"
    message = f"a key of {_dotted(path[:-1])} must be {wanted}, not {_shown(path[-1])}"
    return SpecError(message, path=path)


def _explain(what: str, path: Path, found: Any, into: type[Any]) -> SpecError:
    name = _dotted(path)
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        return _unknown_key(match[1], path, into)
    if match := re.fullmatch(r"Object missing required field `(.*)`", what):
        return SpecError(f"{name} lacks the key '{match[1]}'", path=path)
    wanted = _wanted(what)
    if "Invalid enum value" in what or "matching regex" in what or "text" in wanted:
        hint = _choices(path, into)
        if "matching regex" in what:
            hint = hint or "write it as # and six hex digits, such as #4169E1"
        if hint or not wanted:
            return SpecError(f"{name} cannot be {_shown(found)}", hint=hint, path=path)
    if match := re.search(r"of length (>=|<=) (\d+)", what):
        return SpecError(f"{name} must {_length(match[1], match[2], found)}", path=path)
    if wanted:
        return SpecError(f"{name} must be {wanted}, not {_shown(found)}", path=path)
    too_large = what == "Number out of range"
    return SpecError(f"{name} is too large" if too_large else f"{name}: {what}", path=path)


def _length(bound: str, limit: str, found: Any) -> str:
    """Return how long a text or list must be."""
    if (bound, limit) == (">=", "1"):
        return "not be empty"
    things = "characters" if isinstance(found, str) else "entries"
    return f"have at {'least' if bound == '>=' else 'most'} {limit} {things}, not {len(found)}"


def _wanted(what: str) -> str:
    """Return what msgspec expected, in words; an empty string if that is not it."""
    match = re.match(r"Expected `(.*?)`(?: (>=|<=|>|<) (\S+))?", what)
    if not match:
        return ""
    limit = (match[3] or "").removesuffix(".0")
    limits = {
        ">=": f" of at least {limit}",
        "<=": f" of at most {limit}",
        ">": f" above {limit}",
        "<": f" below {limit}",
    }
    kinds = [_NAMES[kind] for kind in match[1].split(" | ") if kind in _NAMES]
    kinds = [kind for kind in kinds if kind != "empty"]
    return " or ".join(kinds) + limits.get(match[2] or "", "")


def _unknown_key(key: str, path: Path, into: type[Any]) -> SpecError:
    known = [field.encode_name for field in _fields(path, into)]
    hint = did_you_mean(key, known) or f"known: {', '.join(known)}"
    where = f" in {_dotted(path)}" if path else ""
    return SpecError(f"there is no key '{key[:40]}'{where}", hint=hint, path=(*path, key))


def _choices(path: Path, into: type[Any]) -> str | None:
    """Return the words that the entry, or one of the mapping it is in, may be."""
    types = {field.encode_name: field.type for field in _fields(path[:-1], into)}
    for name in path[:-3:-1]:
        words = [*_words(types.get(name))]
        if words and bool in get_args(types[name]):
            words = ["true", "false", *words]
        if words:
            return f"choose {' or '.join(words)}"
    return None


def _words(kind: Any) -> Iterator[str]:
    """Yield the words that a type allows, also within lists and mappings."""
    for part in get_args(kind):
        if isinstance(part, str) and get_origin(kind) is Literal:
            yield part
        else:
            yield from _words(part)


def _fields(path: Path, into: Any) -> tuple[Any, ...]:
    """Return the fields of the struct that the path leads to, descending by type."""
    structs = _structs(into)
    for step in path:
        nested = [
            kind
            for struct in structs
            for field in msgspec.structs.fields(struct)
            if field.encode_name == step
            for kind in _structs(field.type)
        ]
        structs = nested or structs
    return tuple(field for struct in structs for field in msgspec.structs.fields(struct))


def _structs(kind: Any) -> list[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [struct for part in get_args(kind) for struct in _structs(part)]


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the document"


def _shown(value: Any) -> str:
    """Return a short form of a value, as its author would say it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping"
    return str(value)[:40]
