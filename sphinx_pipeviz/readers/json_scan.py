"""Steps through a long JSON text: one value at a time is decoded, and forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.readers.text_file import TextFile

#: Characters of one event, or of one entry of the header; more of them would be in memory
#: many times larger.
LONGEST = 16_000_000
#: Characters that are left before a number, which might go on behind them.
_NEAR = 10_000

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


class JsonScan:
    """Steps through a JSON text, decoding one value at a time from a part of it.

    So a value that is longer than the part cannot fill the memory.
    """

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self._first = self._at = 0
        self._text = file.text[:LONGEST]

    @property
    def at(self) -> int:
        """Where the scan is in the whole text."""
        return self._first + self._at

    def peek(self) -> str:
        """Return the next character that is not space; an empty string at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or not self._go_on():
                return self._text[self._at : self._at + 1]

    def _go_on(self) -> bool:
        """Let the part start here; tell whether it has another end by that."""
        end = self._first + len(self._text)
        self._first, self._at = self.at, 0
        self._text = self.file.text[self._first : self._first + LONGEST]
        return self._first + len(self._text) > end

    def value(self) -> Any:
        """Return the next value."""
        self.peek()
        left = len(self._text) - self._at
        if left < _NEAR and self.at + left < len(self.file.text):
            self._go_on()
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            if not self._go_on():
                raise self._moved(error) from None
            value, self._at = self._decoded()
        return value

    def _decoded(self) -> tuple[Any, int]:
        """Return the value at the start of the part, and where it ends.

        Raises:
            SpecError: It is longer than the part.
        """
        try:
            return _DECODER.raw_decode(self._text)
        except json.JSONDecodeError as error:
            is_cut = error.pos > len(self._text) - _NEAR or "Unterminated" in error.msg
            if is_cut and len(self._text) == LONGEST:
                line = self.file.text.count("\n", 0, self._first) + 1
                message = f"this entry has more than {LONGEST:,} characters"
                raise SpecError(message, Location(self.file.name, line)) from None
            raise self._moved(error) from None

    def _moved(self, error: json.JSONDecodeError) -> json.JSONDecodeError:
        """Return an error with its place in the whole text."""
        return json.JSONDecodeError(error.msg, self.file.text, self._first + error.pos)

    def items(self, *, open_ended: bool) -> Iterator[tuple[int, Any]]:
        """Yield each item of an array and where it starts; it may lack its end."""
        self._at += 1
        while (char := self.peek()) != "]":
            if not char and open_ended:
                return
            start = self.at
            yield start, self.value()
            if self.peek() == ",":
                self._at += 1
            elif self.peek() != "]" and (self.peek() or not open_ended):
                raise self.error("Expecting ',' delimiter")
        self._at += 1

    def members(self) -> Iterator[str]:
        """Yield each key of an object; its value must then be read."""
        self._at += 1
        while self.peek() != "}":
            if self.peek() != '"':
                raise self.error("Expecting property name enclosed in double quotes")
            key = self.value()
            if self.peek() != ":":
                raise self.error("Expecting ':' delimiter")
            self._at += 1
            yield key
            if self.peek() == ",":
                self._at += 1
            elif self.peek() != "}":
                raise self.error("Expecting ',' delimiter")
        self._at += 1

    def error(self, message: str) -> json.JSONDecodeError:
        """Return an error at this place."""
        return json.JSONDecodeError(message, self.file.text, self.at)
