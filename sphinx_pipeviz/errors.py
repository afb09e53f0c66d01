"""Errors a user can cause, and where in the user's text they are."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Keys and indices that lead to an entry of a document.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a user's text: a file (or None) and a 1-based line (or None)."""

    source: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return ``file:line`` as far as known; a file may be named by anybody."""
        source = _told(self.source or "<input>")
        return source if self.line is None else f"{source}:{self.line}"

    def with_line(self) -> Location:
        """Return the place with the first line, unless its line or no file is known.

        What shows a place wants a line: without one, Sphinx takes a file for a page's name.
        """
        return replace(self, line=1) if self.source and self.line is None else self


class Marks(dict[Path, Location]):
    """Where each entry of a document was written: path of keys -> Location.

    The empty path is the document itself. Two marks always compare equal, because
    where a schedule was written does not change what it is.
    """

    def find(self, path: Path) -> Location | None:
        """Return the location of the entry at ``path`` or of its nearest parent."""
        for end in range(len(path), -1, -1):
            if path[:end] in self:
                return self[path[:end]]
        return None

    def __eq__(self, other: object) -> bool:
        """Return True for any other marks."""
        return isinstance(other, Marks) or NotImplemented

    def __ne__(self, other: object) -> bool:
        """Return False for any other marks."""
        return not self == other

    __hash__ = None


class PipevizError(Exception):
    """A mistake in what the user gave: one sentence, a place and a hint.

    Args:
        message: One sentence that says what was found and what is allowed.
        location: Where it was found, if known.
        hint: What to do about it.
        path: Keys that lead to the offending entry; used to find the location later.
    """

    subtype: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        location: Location | None = None,
        hint: str | None = None,
        *,
        path: Path = (),
    ) -> None:
        message = _told(message)
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint and _told(hint)
        self.path = path
        self.users: tuple[Location, ...] = ()

    def located(self, marks: Marks | None) -> PipevizError:
        """Fill in the location from ``marks`` unless it is known; return this error.

        An error in one file, and marks of another, mean that the other uses the first:
        its place is added to ``users``.
        """
        if self.location is None:
            self.location = marks.find(self.path) if marks else None
        elif marks and (place := marks.find(("file",))):
            here = {self.location.source, *(user.source for user in self.users)}
            if place.source not in here and self.location.source:
                self.users = (*self.users, place)
        return self

    @property
    def sentence(self) -> str:
        """The message and the hint, without the place."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    @property
    def told(self) -> str:
        """The sentence, and what uses the file that is wrong."""
        users = ", ".join(map(str, self.users))
        return f"{self.sentence}; used by {users}" if users else self.sentence

    def __str__(self) -> str:
        """Return ``file:line: message (hint); used by file:line``."""
        return f"{self.location}: {self.told}" if self.location else self.told


#: Characters of a message; the rest is left out.
LONGEST = 600


def _told(text: str) -> str:
    """Return a message in one line: what cannot be printed is written as its code."""
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class SpecError(PipevizError):
    """The text is not what the format allows: syntax, keys, types, limits."""

    subtype = "spec"


class PlanError(PipevizError):
    """The text is well formed, but no devices can run this schedule."""

    subtype = "plan"


class StyleError(PipevizError):
    """A style, colour or picture option that does not exist."""

    subtype = "style"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word nearest to ``word``, or None."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None


class Remark(NamedTuple):
    """What a reader may miss; the subtype is that of the warning."""

    subtype: str
    text: str
