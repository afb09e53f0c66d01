"""What a task of a chart is called -> which kind of op it is, on which microbatch."""

from __future__ import annotations

import re
from typing import NamedTuple

_KIND = (
    r"(?P<kind>backward[- ]?input|backward[- ]?weight|forward|backward|"
    r"fwd|bwd|dgrad|wgrad|fw|bw|[fbiw])(?: pass)?"
)
_MICROBATCH = r"(?:micro[- ]?batch|micro|batch|mb|[μµ]b)"
_GAP = r"[ _#:.-]?"
_FORMS = (
    re.compile(
        rf"{_KIND}{_GAP}[( ]?{_MICROBATCH}?{_GAP}(?P<number>\d{{1,9}})\)?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_MICROBATCH}{_GAP}(?P<number>\d{{1,9}}) ?{_GAP} ?\(?{_KIND}\)?(?:\d{{1,4}})?",
        re.IGNORECASE,
    ),
    re.compile(rf"{_MICROBATCH}{_GAP}(?P<number>\d{{1,9}})(?P<kind>)", re.IGNORECASE),
    re.compile(r"(?P<stage>\d{1,4})(?P<kind>[FBIW])(?P<number>\d{1,9})", re.ASCII),
)
#: What authors write over idle time, also in Chinese, Japanese and Korean.
_IDLE = re.compile(
    r"\W*(?:idle|bubble|wait|stall|空闲|空転|等待|待機|气泡|バブル|アイドル|버블|대기|유휴)",
    re.IGNORECASE,
)
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_TYPES = {
    "": "forward",
    "forward": "forward",
    "fwd": "forward",
    "fw": "forward",
    "f": "forward",
    "backward": "backward",
    "bwd": "backward",
    "bw": "backward",
    "b": "backward",
    "backwardinput": "backward-input",
    "dgrad": "backward-input",
    "i": "backward-input",
    "backwardweight": "backward-weight",
    "wgrad": "backward-weight",
    "w": "backward-weight",
}
#: Characters of a name that are looked at.
_LONGEST = 80
#: Types of what belongs to a microbatch.
PASSES = frozenset(_TYPES.values())


class Label(NamedTuple):
    """A task's type, as in the seed's mapping; its microbatch and stage, if it has any."""

    type: str
    batch: int | None = None
    stage: int | None = None


def label_of(name: str) -> Label | None:
    """Return what a task does; None if it is idle.

    A microbatch alone is its forward; what is no pass keeps its name.
    """
    if _IDLE.match(name):
        return None
    plain = name[:_LONGEST].translate(_SUBSCRIPTS)
    for form in _FORMS:
        if match := form.fullmatch(plain):
            kind = re.sub(r"[- ]", "", match["kind"]).lower()
            stage = match.groupdict().get("stage")
            number = int(match["number"])
            return Label(_TYPES[kind], number, None if stage is None else int(stage))
    return Label(_TYPES.get(name.lower(), name))
