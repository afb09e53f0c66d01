"""What PyYAML says of a text that is not YAML -> a sentence, the line to mend and how.

PyYAML's own place is often where it noticed: the end of the text, where a quote has no end.
"""

from __future__ import annotations

import re

#: A mark of PyYAML: its line and its column, both counted from 0.
Spot = tuple[int, int]

_CLOSING = {"[": "]", "{": "}"}
#: What PyYAML found, how the line and the one above it look, what to do.
_ADVICE = (
    ("", r"(?m)^ *\t", "indent with spaces: YAML does not allow tabs"),
    (
        "",
        r"\s#[0-9A-Fa-f]{3,8}\b",
        "quote colours, as in '#4169E1': an unquoted # starts a comment",
    ),
    ("expected ':'", "", "write key: value, with a space behind the colon"),
    ("any token", r"[:,\-\[{]\s+[@`%]", "quote a text that starts with @, ` or %"),
    ("alias", "", "quote a text that starts with *"),
    ("escape", "", "write two backslashes for one, or single quotes around the text"),
    ("mapping values", r": [^\n]*:( [^\n]*)?\Z", "quote a text that has a colon"),
    ("mapping values", "", "indent the keys of one mapping alike"),
    (
        "expected key",
        r": +[\"'\[{][^\n]*\Z",
        "quote the whole of a text that starts with a quote or a bracket",
    ),
    ("", "", "check indentation, colons and brackets"),
)


def syntax_sentence(
    problem: str, context: str, spots: tuple[Spot, Spot], lines: list[str]
) -> tuple[str, int, str]:
    """Return what is wrong, on which line (counted from 0), and what to do about it.

    Args:
        problem: What PyYAML found.
        context: What it was reading.
        spots: Where it found that, and where it began to read.
        lines: The text.
    """
    (line, _), begun = spots
    if "quoted scalar" in context and "end of stream" in problem:
        return "a quoted text has no end", begun[0], "close the quote"
    if "flow" in context and (bracket := _unclosed(lines, begun)):
        end = _CLOSING[bracket]
        return f"the bracket {bracket} is not closed", begun[0], f"write {end} where it ends"
    if "expected a single document" in context:
        return "more than one document", line, "remove the line ---"
    if "simple key" in context:
        line = begun[0]
    near = "\n".join(lines[max(0, line - 1) : line + 1])
    advice = (
        hint for found, looks, hint in _ADVICE if found in problem and re.search(looks, near)
    )
    return problem, line, next(advice)


def _unclosed(lines: list[str], begun: Spot) -> str:
    """Return the bracket at a place if it is not closed up to the end of the text."""
    text = "\n".join([lines[begun[0]][begun[1] :], *lines[begun[0] + 1 :]])
    bracket = text[:1]
    plain = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", "", text)
    end = _CLOSING.get(bracket)
    return bracket if end and plain.count(bracket) > plain.count(end) else ""
