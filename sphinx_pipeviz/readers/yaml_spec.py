"""YAML -> Spec: a named schedule, an order or a written timeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sphinx_pipeviz.convert import convert
from sphinx_pipeviz.errors import Marks, PipevizError, SpecError
from sphinx_pipeviz.readers.yaml_tree import Locate, Tree, parse_tree
from sphinx_pipeviz.spec import KEYS, PICTURE_KEYS, Keys, Spec

#: Keys of what may be added to any order.
_ADDED = {
    *("iterations", "recompute", "recompute-stages", "all-reduce", "optimizer"),
    *("transfers", "place"),
}
#: Each way to give a schedule, and the keys that go with it.
SOURCES: dict[str, set[str]] = {
    "schedule": {
        *("devices", "microbatches", "chunks", "stages", "microbatch-group-size"),
        *("backward", "variant", "sequence-chunks", "waves", "memory-limit", "order"),
        *("costs", "style"),
        *_ADDED,
    },
    "order": {"devices", "microbatches", "placement", "costs", "style", *_ADDED},
    "timeline": {"style"},
    "file": {"format", "pattern", "rank", "costs", "style", *_ADDED},
    "python": {"costs", "style", *_ADDED},
}
SOURCES["compare"] = SOURCES["schedule"] | {"schedule"}
#: Keys that every schedule of a comparison has of its own.
_ALONE = {"compare", "style", "title", "legend"}
#: Most places that every schedule of a comparison knows.
_MOST_MARKS = 10_000
_ONE = f"{', '.join([*SOURCES][:-1])} and {[*SOURCES][-1]}"


#: How the order of a named schedule may be made.
ORDERS = ("strict", "greedy")


def read_spec(text: str, locate: Locate, options: Tree | None = None) -> Spec:
    """Turn YAML, and keys given as directive options, into a Spec.

    Args:
        text: The YAML; a bare mapping of devices to tasks is a timeline.
        locate: Where line i (0-based) of the text is in the user's file.
        options: Keys given outside of the text.

    Raises:
        SpecError: The text is not YAML, a key is unknown, given twice or of the wrong
            type, or there is not exactly one of schedule, order and timeline.
    """
    tree = parse_tree(text, locate)
    data, marks = tree.data, tree.marks
    try:
        if data is None and options is None:
            hint = "write for example schedule: 1f1b, devices: 4, microbatches: 8"
            raise SpecError("there is no schedule here", hint=hint)
        data = {} if data is None else data
        if not isinstance(data, dict):
            hint = "write key: value, for example schedule: 1f1b"
            raise SpecError("the text must be a mapping of keys to values", hint=hint)
        if _is_bare_timeline(data):
            data, marks = {"timeline": data}, _below(marks, "timeline")
        data, marks = _merged(data, marks, options)
        return _checked(data, marks)
    except PipevizError as error:
        raise error.located(marks) from None


def spec_from_keys(keys: dict[str, Any]) -> Spec:
    """Turn keys given in Python into a Spec.

    Raises:
        SpecError: A key is unknown or a value does not fit.
    """
    return _checked(keys, Marks())


def _is_bare_timeline(data: dict[Any, Any]) -> bool:
    return (
        bool(data)
        and not data.keys() & set(KEYS)
        and all(isinstance(tasks, list) for tasks in data.values())
    )


def _below(marks: Marks, key: str) -> Marks:
    return Marks({(): marks[()]} | {(key, *path): place for path, place in marks.items()})


def _merged(
    data: dict[Any, Any], marks: Marks, options: Tree | None
) -> tuple[dict[Any, Any], Marks]:
    if options is None:
        return data, marks
    for key in options.data:
        if key in data:
            message = f"'{key}' is given as an option and in the text"
            raise SpecError(message, marks.find((key,)), "keep one of them")
    return options.data | data, Marks(options.marks | marks)


def _checked(data: dict[Any, Any], marks: Marks) -> Spec:
    for key in data:
        if not isinstance(key, str):
            hint = "a bare timeline maps each device to a list of tasks"
            raise SpecError(f"there is no key '{key}'", hint=hint, path=(key,))
    keys = convert(data, Keys)
    source = _source(data, keys)
    for key in data:
        if key not in {source, *SOURCES[source], *PICTURE_KEYS}:
            fitting = [f"'{name}'" for name, row in SOURCES.items() if key in row]
            hint = f"it goes with {', '.join(fitting)}"
            raise SpecError(f"'{key}' does not go with '{source}'", hint=hint, path=(key,))
    parts = tuple(_parts(data, marks)) if source == "compare" else ()
    written = {name: getattr(keys, name) for name in Keys.__struct_fields__}
    return Spec(**written, marks=marks, parts=parts)


def _parts(data: dict[Any, Any], marks: Marks) -> Iterator[Spec]:
    """Yield the schedules of a comparison, each with the keys that all share."""
    shared = {key: value for key, value in data.items() if key not in _ALONE}
    around, inside = _parted(marks)
    for index, own in enumerate(data["compare"]):
        places = Marks(around | inside.get(index, {}))
        for key in ("compare", "style"):
            if key in own:
                message = f"'{key}' does not go into one schedule of a comparison"
                hint = f"write '{key}' beside 'compare'"
                if key == "compare":
                    hint = "a comparison cannot hold another"
                raise SpecError(message, places.find((key,)), hint)
        written = isinstance(own.get("order"), list)
        sources = [key for key in SOURCES if key in own and (key != "order" or written)]
        fitting = {*SOURCES.get((sources or ["schedule"])[0], ()), "schedule", *PICTURE_KEYS}
        used = {key: value for key, value in shared.items() if key in fitting}
        if sources:
            for key in ("schedule", *(("devices", "microbatches") if written else ())):
                used.pop(key, None)  # it says itself what it is and how large
        try:
            yield _checked(used | own, places)
        except PipevizError as error:
            raise error.located(places) from None


def _parted(marks: Marks) -> tuple[Marks, dict[Any, Marks]]:
    """Return the places of what all schedules of a comparison share, and of each one's own.

    All of them have the former, so of very many only those of keys are kept.
    """
    around, inside = Marks(), defaultdict[Any, Marks](Marks)
    for path, place in marks.items():
        if path[:1] != ("compare",):
            around[path] = place
        elif len(path) > 1:
            inside[path[1]][path[2:]] = place
    if len(around) > _MOST_MARKS:
        around = Marks({path: place for path, place in around.items() if len(path) <= 1})
    return around, inside


def _source(data: dict[Any, Any], keys: Keys) -> str:
    """Return the one way in which the data gives a schedule."""
    sources = [key for key in SOURCES if key in data]
    if "compare" in sources and "schedule" in sources:
        sources.remove("schedule")  # all share it
    if isinstance(keys.order, str):
        sources = [key for key in sources if key != "order"]
        _check_word(keys.order, sources)
    if len(sources) != 1:
        message = f"exactly one of {_ONE} is needed"
        if sources:
            message = f"{message}, not {' and '.join(sources)}"
        raise SpecError(message, path=(sources[-1],) if sources else ())
    if data[sources[0]] is None:
        raise SpecError(f"'{sources[0]}' is empty", path=(sources[0],))
    return sources[0]


def _check_word(order: str, sources: list[str]) -> None:
    """Check an ``order`` that is a word: how a named schedule's order is made."""
    if sources != ["schedule"]:
        message = f"order must be a list, not the text '{order[:40]}'"
        hint = f"{' and '.join(ORDERS)} go with 'schedule'"
        raise SpecError(message, hint=hint, path=("order",))
    if order not in ORDERS:
        hint = f"choose {' or '.join(ORDERS)}"
        raise SpecError(f"order cannot be '{order[:40]}'", hint=hint, path=("order",))
