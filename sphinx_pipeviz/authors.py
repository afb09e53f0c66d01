"""Spec -> the author's texts in it, and the same spec with other texts in their places."""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from sphinx_pipeviz.errors import Path
from sphinx_pipeviz.picture import Picture, Words
from sphinx_pipeviz.spec import PICTURE_KEYS, Spec

#: Two letters in a row, or one of a script that writes words with one; ``{mb}`` is none.
_WORD = re.compile(r"[^\W\d_]{2}|[\u2e80-\U0003ffff]")
_FIELD = re.compile(r"_?\{[^{}]*\}")

#: Where a text is, and the text -> the text that takes its place.
Change = Callable[[Path, str], str]


def texts_of(spec: Spec) -> Iterator[tuple[Path, str]]:
    """Yield where each text of the author is, and the text, each once.

    Templates without words, such as ``F{mb}``, are no texts.
    """
    found: dict[str, Path] = {}

    def note(path: Path, text: str) -> str:
        if _WORD.search(_FIELD.sub("", text)) and text.strip() != "none":
            found.setdefault(text, path)
        return text

    _changed(spec, note)
    for text, path in found.items():
        yield path, text


def with_texts(spec: Spec, texts: Mapping[str, str]) -> Spec:
    """Return the spec with other texts in the places of some of the author's."""
    return _changed(spec, lambda _, text: texts.get(text, text))


def _changed(spec: Spec, change: Change) -> Spec:
    picture = spec.picture
    names = dict(zip(Picture.__struct_fields__, PICTURE_KEYS, strict=True))
    new = {
        name: _walked(getattr(picture, name), _hints(Picture)[name], (key,), change)
        for name, key in names.items()
    }
    parts = tuple(
        _changed(part, _below(("compare", index), change))
        for index, part in enumerate(spec.parts)
    )
    return msgspec.structs.replace(spec, **new, parts=parts, timeline=_devices(spec, change))


def _below(above: Path, change: Change) -> Change:
    return lambda path, text: change((*above, *path), text)


def _devices(spec: Spec, change: Change) -> dict[int | str, list[Any]] | None:
    """Return a written timeline with other names of devices, which must stay apart."""
    if spec.timeline is None:
        return None
    names = {
        name: change(("timeline", name), name) if isinstance(name, str) else name
        for name in spec.timeline
    }
    if len({*names.values()}) < len(names):
        return spec.timeline
    return {names[name]: tasks for name, tasks in spec.timeline.items()}


def _walked(value: Any, hint: Any, path: Path, change: Change) -> Any:
    """Return a value of a type with its texts changed."""
    if isinstance(value, str):
        return change(path, value) if _holds_words(hint) else value
    if isinstance(value, list):
        return [_walked(each, hint, (*path, i), change) for i, each in enumerate(value)]
    if isinstance(value, msgspec.Struct):
        hints = _hints(type(value))
        return msgspec.structs.replace(
            value,
            **{
                field.name: _walked(
                    getattr(value, field.name),
                    hints[field.name],
                    (*path, field.encode_name),
                    change,
                )
                for field in msgspec.structs.fields(value)
            },
        )
    return value


@functools.cache
def _hints(struct: type) -> dict[str, Any]:
    return typing.get_type_hints(struct, include_extras=True)


def _holds_words(hint: Any) -> bool:
    """Tell whether texts of a type are an author's, and no choice of ours."""
    return hint == Words or any(map(_holds_words, typing.get_args(hint)))
