"""Templates of labels -> the text of a cell, with real subscripts and superscripts.

``{mb}``, ``{nth}`` (of its iteration), ``{stage}``, ``{chunk}``, ``{part}`` (of its sequence),
``{version}`` (of the weights) and ``{kind}`` are the numbers and the letter of an op, or the
author's word for it. A bare ``F`` beside them stands for the op's letter too, so that
``F{mb}`` labels backwards ``B1``. What stands in ``_{...}`` is set lower and smaller, and in
``^{...}`` higher; in both ``s``, ``m``, ``c``, ``p`` and ``v`` are short for the numbers.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import msgspec

from sphinx_pipeviz.draw.style import FILLS
from sphinx_pipeviz.errors import Path, StyleError, did_you_mean
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import PER_ITERATION, Kind, Op
from sphinx_pipeviz.picture import Labels

DEFAULT = "{mb}"
LETTERS = {
    Kind.OPTIMIZER: "",
    Kind.ALL_REDUCE: "AR",
    Kind.OTHER: "",
}
_WORDS = {
    "mb": "mb",
    "microbatch": "mb",
    "m": "mb",
    "stage": "stage",
    "s": "stage",
    "chunk": "chunk",
    "c": "chunk",
    "nth": "nth",
    "version": "version",
    "v": "version",
    "part": "part",
    "p": "part",
    "kind": "kind",
    "k": "kind",
}
_PART = re.compile(r"([_^])\{((?:[^{}]|\{[^{}]*\})*)\}|\{([^{}]*)\}|([^{}_^]+|[_^{}])")
_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}|([^_^]+|[_^])")
_LEVELS = {"_": -1, "^": 1, "": 0}
_INNER = re.compile(r"\{([^{}]*)\}|([A-Za-z]+)|([^A-Za-z{}]+|[{}])")


class Piece(NamedTuple):
    """A part of a text, and where it is: -1 for a subscript, 1 for a superscript."""

    text: str
    level: int = 0


class Numbers(NamedTuple):
    """What a label may say of an op; empty where it has none."""

    mb: str
    stage: str
    chunk: str
    part: str
    kind: str
    nth: str
    version: str


class _Token(NamedTuple):
    """A word to replace, or text as it is."""

    word: str
    text: str
    level: int


def template_of(labels: str | Labels | None, kind: Kind) -> str:
    """Return the template of a kind's labels."""
    if isinstance(labels, Labels):
        own: str | None = getattr(labels, FILLS[kind])
        labels = own or labels.default
    return " ".join((labels or DEFAULT).split("\n"))


def templates(labels: str | Labels | None) -> dict[Path, str]:
    """Return every template that an author wrote, by where it is."""
    if isinstance(labels, Labels):
        fields = msgspec.structs.fields(labels)
        found = {field.encode_name: getattr(labels, field.name) for field in fields}
        return {("labels", name): text for name, text in found.items() if text}
    return {("labels",): labels} if labels else {}


def check_template(template: str, path: Path) -> None:
    """Check that a template names only what an op has.

    Raises:
        StyleError: It does not.
    """
    try:
        _parsed(template)
    except StyleError as error:
        error.path = path
        raise


def joined(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces with neighbours of one height as one."""
    found: list[Piece] = []
    for text, level in pieces:
        before = found.pop().text if found and found[-1].level == level else ""
        found.append(Piece(before + text, level))
    return tuple(found)


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a text that is no template: ``W_{1}^{(0)}``."""
    if "{" not in text:
        return (Piece(text),)
    found = _SCRIPT.findall(text)
    return joined(tuple(Piece(inner or rest, _LEVELS[mark]) for mark, inner, rest in found))


def flat(text: str) -> str:
    """Return a text for where nothing is set lower or higher: ``W_1^(0)``."""
    return _SCRIPT.sub(lambda match: match[1] + match[2] if match[1] else match[0], text)


def write(template: str, numbers: Numbers) -> tuple[Piece, ...]:
    """Return the label of an op; it is empty where a number in it is not known."""
    pieces: list[Piece] = []
    for word, text, level in _parsed(template):
        value = getattr(numbers, word) if word else text
        if word and not value and word != "kind":
            return ()
        if value:
            pieces.append(Piece(value, level))
    return joined(tuple(pieces))


def says(labels: str | Labels | None, *words: str) -> bool:
    """Return whether labels tell any of some numbers, such as ``stage``."""
    said = (token.word for text in templates(labels).values() for token in _parsed(text))
    return not set(words).isdisjoint(said)


@functools.cache
def _parsed(template: str) -> tuple[_Token, ...]:
    """Turn a template into tokens.

    Raises:
        StyleError: It names something that an op does not have.
    """
    if template.strip() == "none":
        return ()
    tokens: list[_Token] = []
    for mark, small, word, text in _PART.findall(template):
        if small:
            tokens += _script(small, _LEVELS[mark])
        elif text:
            tokens.append(_Token("", text, 0))
        else:
            tokens.append(_Token(_known(word), "", 0))
    return tuple(_with_kind(tokens))


def _script(text: str, level: int) -> list[_Token]:
    tokens = []
    for braced, bare, other in _INNER.findall(text):
        if braced or bare in _WORDS:
            tokens.append(_Token(_known(braced or bare), "", level))
        else:
            tokens.append(_Token("", bare or other, level))
    return tokens


def _known(word: str) -> str:
    if word not in _WORDS:
        hint = did_you_mean(word, _WORDS) or f"known: {', '.join(_WORDS)}"
        message = f"a label has no '{{{word[:20]}}}'"
        raise StyleError(message, hint=hint, path=("labels",))
    return _WORDS[word]


def _with_kind(tokens: list[_Token]) -> list[_Token]:
    """Let a bare F stand for the letter of the op's kind."""
    if any(token.word == "kind" for token in tokens):
        return tokens
    return [_Token("kind", "", token.level) if token.text == "F" else token for token in tokens]


def numbers_of(
    op: Op, timeline: Timeline, first: int, each: int = 0, version: int | None = None
) -> Numbers:
    """Return what a label may say of an op.

    Args:
        op: The op.
        timeline: What it is part of.
        first: Number of the first microbatch, stage and chunk, where the author does not
            count.
        each: How many microbatches an iteration has; 0 if there is only one.
        version: Of the weights, counted from 0.
    """
    microbatch = None if op.kind in PER_ITERATION else timeline.microbatch(op)
    stage, devices = op.stage, max(1, timeline.devices)
    start = 0 if timeline.as_written else first
    nth = microbatch % each if each and microbatch is not None else microbatch
    return Numbers(
        mb=_text(microbatch, start),
        stage=_text(stage, first),
        chunk=_text(None if stage is None else stage // devices, first),
        part=_text((op.microbatch or 0) % timeline.traits.sequence_chunks, first),
        kind=op.name or LETTERS.get(op.kind, op.kind.value),
        nth=_text(nth, start),
        version=_text(version, 0),
    )


def _text(number: int | None, first: int) -> str:
    return "" if number is None else str(number + first)
