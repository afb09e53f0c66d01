"""YAML text -> plain data, and where each entry was written. The only user of PyYAML.

Scalars follow YAML 1.2's core schema: ``no`` and ``1:30`` are text, ``1e3`` is a number.
"""

from __future__ import annotations

import functools
import gc
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import yaml

from sphinx_pipeviz.errors import Location, Marks, Path, SpecError
from sphinx_pipeviz.readers.yaml_mistakes import Spot, syntax_sentence

#: 0-based line of the text -> where that line is in the user's file.
Locate = Callable[[int], Location]

#: Entries a document may have.
MAX_ENTRIES = 2_000_000
#: Entries that its aliases may add.
MAX_ALIASED = 200_000
MAX_DEPTH = 40
_TOO_DEEP = f"the text is nested more than {MAX_DEPTH} levels deep"
_TOO_MANY = f"the text has more than {MAX_ENTRIES:,} entries"


@dataclass(frozen=True, slots=True)
class Tree:
    """Plain data, and the location of every entry in it."""

    data: Any
    marks: Marks


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader with YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_NUMBER = "-+.0123456789"
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", _NUMBER),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", _NUMBER),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", _NUMBER),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )

_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": lambda text: float(
        text.lower().replace(".inf", "inf").replace(".nan", "nan")
    ),
}

#: What neither XML nor a terminal takes as text, written as an escape.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


#: Kind of node -> the tags it may have.
_TAGS: dict[type[yaml.Node], set[str]] = {
    yaml.ScalarNode: set(_SCALARS),
    yaml.SequenceNode: {"tag:yaml.org,2002:seq"},
    yaml.MappingNode: {"tag:yaml.org,2002:map"},
}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: among many new objects that all live, it takes most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
def parse_tree(text: str, locate: Locate) -> Tree:
    """Turn one YAML document into plain data with the place of every entry.

    Args:
        text: The YAML.
        locate: Where line i (0-based) of the text is in the user's file.

    Raises:
        SpecError: It is not YAML, repeats a key, nests too deeply, holds a number that
            is not finite, or its aliases unfold to too many entries.
    """
    loader = None
    try:
        written = _written(text, locate)
        loader = _Loader(text)
        node = loader.get_single_node()
        unfolded = 0 if node is None else _entries(node, {}, locate)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, locate) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise _unreadable(error, text, locate) from None
    finally:
        if loader is not None:
            loader.dispose()
    if node is None:
        return Tree(None, Marks({(): locate(0)}))
    if unfolded > written + MAX_ALIASED:
        message = f"the aliases unfold to more than {MAX_ALIASED:,} entries"
        raise SpecError(message, locate(0), "use fewer aliases")
    if unfolded > MAX_ENTRIES:
        raise SpecError(_TOO_MANY, locate(0))
    marks = Marks()
    last = len(text.splitlines()) - 1  # PyYAML puts an empty value behind the text
    walk = _Walk(lambda line: locate(min(line, last)), marks)
    return Tree(walk.value(node, (), 0), marks)


def _written(text: str, locate: Locate) -> int:
    """Count what is written.

    Raises:
        SpecError: The text nests too deeply for PyYAML, which recurses, or is so long that
            its nodes would take too much memory.
    """
    depth = written = 0
    for event in yaml.parse(text, Loader=_Loader):
        written += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            mark = event.start_mark
            raise SpecError(_TOO_DEEP, locate(mark.line if mark else 0))
        if written > 2 * MAX_ENTRIES:  # a key is an event as well as its value
            raise SpecError(_TOO_MANY, locate(0))
    return written


def _entries(node: yaml.Node, known: dict[int, int], locate: Locate) -> int:
    """Count the entries that a node unfolds to, visiting every node once.

    Raises:
        SpecError: A node holds itself.
    """
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 0  # until its entries are counted
        children = node.value
        if isinstance(node, yaml.MappingNode):
            children = [value for _, value in node.value]
        known[id(node)] = 1 + sum(_entries(child, known, locate) for child in children)
    if not known[id(node)]:
        message = "an alias of this entry stands within the entry itself"
        raise SpecError(message, locate(node.start_mark.line), "write out what is meant")
    return known[id(node)]


def scalar(text: str) -> Any:
    """Turn one written value, such as that of a directive option, into data.

    Raises:
        SpecError: It is not YAML.
    """
    return parse_tree(text, lambda _: Location()).data


class _Walk:
    """Walks the nodes, turning them into data and noting where they are."""

    def __init__(self, locate: Locate, marks: Marks) -> None:
        self._locate = functools.lru_cache(maxsize=1)(locate)  # a line has many entries
        self._marks = marks

    def value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        """Return the node's data and note the places of its entries."""
        if depth > MAX_DEPTH:
            raise self._error(_TOO_DEEP, node, "use fewer aliases")
        self._marks.setdefault(path, self._where(node))
        self._check_tag(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(item, (*path, i), depth + 1) for i, item in enumerate(node.value)
            ]
        return self._scalar(cast("yaml.ScalarNode", node))

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        lines: dict[Any, Location] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error("a key must be one word or number", key_node)
            self._check_tag(key_node)
            key = self._scalar(key_node)
            if key in data:
                message = f"the key '{key}' is given twice, first on line {lines[key].line}"
                raise self._error(message, key_node, "keep one of them")
            lines[key] = self._where(key_node)
            self._marks[*path, key] = lines[key]
            data[key] = self.value(value_node, (*path, key), depth + 1)
        return data

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            value = _SCALARS[node.tag](node.value)
        except ValueError:
            raise self._error(f"'{node.value[:40]}' is not a usable value", node) from None
        if isinstance(value, str) and (found := CONTROL.search(value)):
            message = f"a text cannot have the control character U+{ord(found[0]):04X}"
            raise self._error(message, node, "remove it")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(
                f"{node.value} is not a finite number", node, "give a finite number"
            )
        return value

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in _TAGS[type(node)]:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the YAML tag {tag[:60]} is not allowed"
            raise self._error(message, node, "write plain values")

    def _where(self, node: yaml.Node) -> Location:
        return self._locate(node.start_mark.line)

    def _error(self, message: str, node: yaml.Node, hint: str | None = None) -> SpecError:
        return SpecError(message, self._where(node), hint)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, locate: Locate) -> SpecError:
    lines = text.splitlines() or [""]
    problem = error.problem or error.context or "it cannot be read"
    found = _spot(error.problem_mark or error.context_mark, len(lines))
    if "nesting depth" in problem:  # newer versions of libyaml have a limit of their own
        return SpecError(_TOO_DEEP, locate(found[0]))
    spots = found, _spot(error.context_mark or error.problem_mark, len(lines))
    told, line, hint = syntax_sentence(problem, error.context or "", spots, lines)
    return SpecError(f"this is not valid YAML: {told}", locate(line), hint)


def _spot(mark: Any, lines: int) -> Spot:
    """Return line and column of a mark, which may be behind the text."""
    return (min(mark.line, lines - 1), mark.column) if mark else (0, 0)


def _unreadable(error: Exception, text: str, locate: Locate) -> SpecError:
    reason = getattr(error, "reason", "it cannot be read")
    before = text.encode(errors="replace")[: getattr(error, "position", 0)]
    hint = "is this a text file in UTF-8?"
    return SpecError(f"this is not valid YAML: {reason}", locate(before.count(b"\n")), hint)
