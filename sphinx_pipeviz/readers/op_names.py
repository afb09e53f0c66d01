"""The name of a measured event -> the slot that it names, or None."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable

from sphinx_pipeviz.errors import PlanError, SpecError
from sphinx_pipeviz.ops import PASSES, PER_ITERATION, Kind, Op, Slot, one_line, parse_slot
from sphinx_pipeviz.readers.pattern_ways import MOST_WAYS, ways_of

#: Characters of a name; longer ones name no op.
LONGEST_NAME = 200
_MOST_STAGES = 9999
_LONGEST_PATTERN = 500
_GROUPS = ("kind", "stage", "microbatch", "device")

#: What programs call the kinds of op, with ``_`` for whatever joins the words.
WORDS: dict[str, Kind] = {
    **dict.fromkeys(("f", "fwd", "forward"), Kind.FORWARD),
    **dict.fromkeys(("b", "bwd", "backward"), Kind.BACKWARD),
    **dict.fromkeys(
        ("i", "dgrad", "backward_input", "bwd_input", "backward_d"), Kind.BACKWARD_INPUT
    ),
    **dict.fromkeys(
        ("w", "wgrad", "backward_weight", "bwd_weight", "backward_w"), Kind.BACKWARD_WEIGHT
    ),
    **dict.fromkeys(("r", "recompute"), Kind.RECOMPUTE),
    **dict.fromkeys(("opt", "optimizer", "optimizer_step"), Kind.OPTIMIZER),
    **dict.fromkeys(("reduce_grad", "all_reduce", "allreduce"), Kind.ALL_REDUCE),
    **dict.fromkeys(("send_f", "send_fwd", "send_forward"), Kind.SEND_FORWARD),
    **dict.fromkeys(("recv_f", "recv_fwd", "recv_forward"), Kind.RECEIVE_FORWARD),
    **dict.fromkeys(("send_b", "send_bwd", "send_backward"), Kind.SEND_BACKWARD),
    **dict.fromkeys(("recv_b", "recv_bwd", "recv_backward"), Kind.RECEIVE_BACKWARD),
}

_LETTER = re.compile(r"([FBIWR])(\d{1,9})", re.ASCII)
_TOKEN = re.compile(r"[a-z]+|\d+", re.ASCII)
#: Words behind a kind that say nothing.
_FILLERS = {"step", "pass"}
_LABELS = {
    **dict.fromkeys(("stage", "s"), "stage"),
    **dict.fromkeys(("", "mb", "m", "micro", "batch", "microbatch", "micro_batch"), "mb"),
}
#: Seconds of a search that is slow, and of all slow ones together.
_SLOW, _TOO_SLOW = 0.01, 1.0

Search = Callable[[str], "re.Match[str] | None"]
Named = Callable[[str], "tuple[Slot, str] | None"]


def default_names(name: str) -> tuple[Slot, str] | None:
    """Return the slot that a name such as ``1F3``, ``F3`` or ``forward_mb2_stage1`` names.

    Letters are PyTorch's and are followed by the microbatch; words are followed by numbers,
    of which one without a label is the microbatch.
    """
    if len(name) > LONGEST_NAME:
        return None
    name = name.strip().removeprefix("PP:")
    try:
        return parse_slot(name), ""
    except PlanError:
        pass
    if letter := _LETTER.fullmatch(name):
        return Op(None, Kind(letter[1]), int(letter[2])), ""
    op = _worded(name)
    return (op, "") if op else None


def _worded(name: str) -> Op | None:
    tokens = _TOKEN.findall(name.lower())
    kind, rest = _kind(tokens)
    if kind is None:
        return None
    numbers: dict[str, int] = {}
    label: list[str] = []
    for token in rest:
        if not token.isdecimal():
            label.append(token)
            continue
        meaning = _LABELS.get("_".join(label))
        if meaning is None or meaning in numbers or len(token) > 9:  # noqa: PLR2004  (no count)
            return None
        numbers[meaning] = int(token)
        label = []
    microbatch, stage = numbers.get("mb"), numbers.get("stage")
    nowhere = microbatch is None and kind not in PER_ITERATION
    if label or nowhere or (stage or 0) > _MOST_STAGES:
        return None
    return Op(stage, kind, microbatch)


def _kind(tokens: list[str]) -> tuple[Kind | None, list[str]]:
    """Return the kind that the first words name, and what follows it."""
    for length in (2, 1):
        word = "_".join(tokens[:length])
        if len(word) > 1 and word in WORDS and len(tokens) >= length:
            rest = tokens[length:]
            return WORDS[word], rest[1:] if rest[:1] and rest[0] in _FILLERS else rest
    return None, []


def _joined(words: str) -> str:
    return re.sub(r"[ _-]+", "_", words.strip(" _-").lower())


def names_of_pattern(pattern: str) -> Named:
    """Turn an author's pattern into a function from a name to a slot and its device.

    Args:
        pattern: A regular expression that is searched in each name, with the groups
            ``kind``, ``microbatch``, and if need be ``stage`` and ``device``. A kind that
            is no known word is an op of another kind.

    Raises:
        SpecError: It is no regular expression, lacks a group, or may take forever. The
            function raises it where a name has no microbatch.
    """
    search, longest = _timed(_compiled(pattern).search), _longest_name(pattern)

    def named(name: str) -> tuple[Slot, str] | None:
        match = search(name) if len(name) <= longest else None
        if not match:
            return None
        found = match.groupdict()
        word = found["kind"] or ""
        kind = WORDS.get(_joined(word), Kind.OTHER)
        stage, microbatch = _digits(found, "stage", name), _digits(found, "microbatch", name)
        if kind in PASSES and microbatch is None:
            raise SpecError(
                f"'{name[:40]}' has no microbatch by the pattern", path=("pattern",)
            )
        text = one_line(word, 24) or "other" if kind == Kind.OTHER else ""
        return Op(stage, kind, microbatch, text), found.get("device") or ""

    return named


def _timed(search: Search) -> Search:
    """Return a search that ends with a SpecError where many names take long."""
    slow = 0.0

    def timed(name: str) -> re.Match[str] | None:
        nonlocal slow
        begin = time.process_time()
        match = search(name)
        took = time.process_time() - begin
        slow += took if took > _SLOW else 0.0
        if slow > _TOO_SLOW:
            hint = "write fewer * and +, or what stands between them"
            raise SpecError(
                "the pattern takes too long to search", hint=hint, path=("pattern",)
            )
        return match

    return timed


def _digits(found: dict[str, str | None], group: str, name: str) -> int | None:
    text = found.get(group)
    if text is None or not text:
        return None
    if not re.fullmatch(r"\d{1,4}" if group == "stage" else r"\d{1,9}", text, re.ASCII):
        message = f"the {group} of '{name[:40]}' is '{text[:40]}' by the pattern, not a number"
        raise SpecError(message, path=("pattern",))
    return int(text)


def _longest_name(pattern: str) -> int:
    """Return how long names may be, so that a search in one ends soon.

    Raises:
        SpecError: No name would be short enough, or the pattern repeats a repetition.
    """
    try:
        ways = ways_of(pattern)
    except RecursionError:
        raise SpecError("the pattern is nested too deeply", path=("pattern",)) from None
    lengths = range(LONGEST_NAME, 0, -1)
    longest = next((n for n in lengths if ways.within(n) <= MOST_WAYS), 0)
    if not longest:
        message = "the pattern leaves too many choices, which can take forever"
        raise SpecError(message, hint="write fewer ?, | and {a,b}", path=("pattern",))
    return longest


def _compiled(pattern: str) -> re.Pattern[str]:
    path = ("pattern",)
    if len(pattern) > _LONGEST_PATTERN:
        message = f"the pattern is longer than {_LONGEST_PATTERN} characters"
        raise SpecError(message, path=path)
    try:
        with warnings.catch_warnings():  # of what later versions may read otherwise
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"the pattern is not a regular expression: {error}"
        raise SpecError(message, path=path) from None
    unknown = compiled.groupindex.keys() - set(_GROUPS)
    if "kind" not in compiled.groupindex or unknown:
        message = "the pattern must have a group 'kind'"
        if unknown:
            message = f"the pattern has a group '{min(unknown)[:40]}'"
        hint = r"such as (?P<kind>fwd|bwd)-(?P<microbatch>\d+); also stage and device"
        raise SpecError(message, hint=hint, path=path)
    return compiled
