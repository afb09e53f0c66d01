"""A text of Markdown -> the same with marks in the places of its schedules.

A schedule is found before SuperFences or another extension sees it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from markdown import Markdown
from markdown.util import ETX, STX

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.frontends.fence_lines import Fence, Places, fences

#: Stand for the marks of Python-Markdown's stash, which it removes from what it reads.
OPEN, CLOSE = "\x01", "\x04"
#: A page that holds marks of its own would show a figure twice, or in itself.
MARKS = dict.fromkeys(map(ord, (OPEN, CLOSE, STX, ETX)))
_MARK = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


@dataclass(frozen=True, slots=True)
class Page:
    """The page that is read.

    Args:
        name: What messages call it.
        lines: Its lines as they are in its file.
        access: What its schedules may reach.
        key: What no other page of the site has; empty where that is its text.
    """

    name: str | None
    lines: list[str]
    access: Access
    key: str = ""

    def ident(self, number: int) -> str:
        """Return what stands in the ids of one of its pictures.

        Several pages may be shown as one, so it tells pages apart too.
        """
        text = self.key or "\n".join(self.lines)
        return f"pv{hashlib.sha256(text.encode()).hexdigest()[:8]}-{number}"


def file_page(path: Path, lines: list[str], access: Access) -> Page:
    """Return the page of a file, or with the lines given where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    key = Path(os.path.relpath(path, access.root or access.folder)).as_posix()
    reads = replace(access, folder=path.parent, shown=os.path.relpath)
    return Page(os.path.relpath(path), lines, reads, key)


@dataclass(slots=True)
class Found:
    """The fences of one page: the place in the stash of each, its lines and its place."""

    page: Page
    fences: dict[int, tuple[Fence, list[str], Location]] = field(default_factory=dict)


class Finder:
    """Finds the fences of one text after the other.

    Args:
        md: What converts the texts.
        reads: Returns the page whose lines it is given.
    """

    def __init__(self, md: Markdown, reads: Callable[[Markdown, list[str]], Page]) -> None:
        self.md = md
        self.reads = reads
        self.found = Found(Page(None, [], Access(Path())))

    def begin(self, lines: list[str]) -> list[str]:
        """Take note of the lines before anything changes them."""
        self.found = Found(self.reads(self.md, lines))
        return lines

    def find(self, given: list[str]) -> list[str]:
        """Put a mark in the place of each fence."""
        tab = self.md.tab_length
        clean = [line.translate(MARKS) for line in given]
        lines = [line.rstrip("\r").expandtabs(tab) for line in clean]
        changed, end = [], 0
        seen: dict[tuple[str, ...], int] = {}
        page = self.found.page
        places = Places(page.lines)
        for fence in fences(lines):
            own = lines[fence.start : fence.end]
            number = seen.get(tuple(own), 0)
            seen[tuple(own)] = number + 1
            mark = self.md.htmlStash.store("")
            index = len(self.md.htmlStash.rawHtmlBlocks) - 1
            place = Location(page.name, places.find(own, number))
            self.found.fences[index] = (fence, own, place)
            changed += clean[end : fence.start]
            changed += _paragraph(f"{OPEN}{mark[1:-1]}{CLOSE}", fence, lines)
            end = fence.end
        return [*changed, *clean[end:]] if end else given

    def mark(self, lines: list[str]) -> list[str]:
        """Make the marks those of Python-Markdown."""
        marks = map(self.md.htmlStash.get_placeholder, self.found.fences)
        ours = {f"{OPEN}{mark[1:-1]}{CLOSE}": mark for mark in marks}
        return [_MARK.sub(lambda found: ours.get(found[0], found[0]), line) for line in lines]


def _paragraph(mark: str, fence: Fence, lines: list[str]) -> list[str]:
    """Return a mark with empty lines around it where there are none."""
    quote = fence.lead.rstrip() if ">" in fence.lead else ""
    begins_item = fence.lead.rstrip(" >")
    before = lines[fence.start - 1] if fence.start and not begins_item else ""
    after = lines[fence.end] if fence.end < len(lines) else ""
    return [
        *([quote] if before.strip(" >") else []),
        fence.lead + mark,
        *([quote] if after.strip(" >") else []),
    ]
