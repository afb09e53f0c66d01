"""The ``pipeline-schedule`` fence for Python-Markdown: in MkDocs, ProperDocs and Zensical.

A schedule is found before SuperFences or another extension sees it, and drawn once it is
known that it is not part of an indented block of code.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import ETX, STX, AtomicString

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.frontends.downloads import files_named
from sphinx_pipeviz.frontends.fence_header import read_header
from sphinx_pipeviz.frontends.fence_lines import Fence, fences
from sphinx_pipeviz.frontends.figure_html import Figures, error_box
from sphinx_pipeviz.load import Access, load
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.spec import MAX_OPS

#: Below MkDocs' logger, whose warnings make strict builds fail.
logger = logging.getLogger("mkdocs.plugins.pipeviz")

#: Before all that changes lines; after snippets are there and before SuperFences reads
#: its first fence; once whitespace is normal; before code is coloured.
FIRST, FIND, MARK, DRAW = 1000, 31.06, 29.95, 45
#: Stand for the marks of Python-Markdown's stash, which it removes from what it reads.
OPEN, CLOSE = "\x01", "\x04"
#: A page that holds marks of its own would show a figure twice, or in itself.
MARKS = dict.fromkeys(map(ord, (OPEN, CLOSE, STX, ETX)))


@dataclass(frozen=True, slots=True)
class Page:
    """The page that is read.

    Args:
        name: What messages call it.
        lines: Its lines as they are in its file.
        access: What its schedules may reach.
    """

    name: str | None
    lines: list[str]
    access: Access

    def locate(self, lines: list[str], number: int) -> Location:
        """Return where lines of the page are, of which the same came ``number`` times."""
        wanted = [line.expandtabs().strip() for line in lines]
        there = [line.expandtabs().strip() for line in self.lines]
        starts = (i for i, line in enumerate(there) if line == wanted[0])
        found = [i + 1 for i in starts if there[i : i + len(wanted)] == wanted]
        return Location(self.name, found[min(number, len(found) - 1)] if found else None)


@dataclass(slots=True)
class Found:
    """The fences of one page: the place in the stash of each, its lines and its place."""

    page: Page
    fences: dict[int, tuple[Fence, list[str], Location]] = field(default_factory=dict)


class FenceExtension(Extension):
    """Draws fences; see OPTIONS in docs/mkdocs.md."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "style": ["seed", "Style of schedules that ask for none"],
            "max_ops": [MAX_OPS, "The most ops of a schedule"],
            "allow_python": [False, "Whether the key python may import Python objects"],
            "roots": [[], "Folders whose files may be read besides those of the pages"],
            "dark": [False, "A second picture for dark pages, as Material shows them"],
            "cache_dir": ["", "Folder where pictures are kept"],
            "folder": ["", "Folder that the paths of files start from"],
            "downloads": ["", "Files to offer below figures: some of svg pdf png yaml"],
            "strict": [False, "Whether a mistake ends the conversion"],
        }
        #: What the plugin knows better.
        self.figures: Figures | None = None
        self.page: Page | None = None
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  (Python-Markdown's name)
        """Add what finds and what draws."""
        reader = _Reader(md, self)
        md.preprocessors.register(_Step(md, reader.begin), "pipeviz-begin", FIRST)
        md.preprocessors.register(_Step(md, reader.find), "pipeviz-find", FIND)
        md.preprocessors.register(_Step(md, reader.mark), "pipeviz-mark", MARK)
        md.treeprocessors.register(_Draw(md, reader), "pipeviz-draw", DRAW)

    def makes(self) -> Figures:
        """Return what makes the figures."""
        return self.figures or Figures(
            self.getConfig("style"),
            int(self.getConfig("max_ops")),
            dark=self.getConfig("dark"),
            cache=self.getConfig("cache_dir"),
            downloads=files_named(self.getConfig("downloads") or "none"),
        )

    def reads(self, md: Markdown, lines: list[str]) -> Page:
        """Return the page, which Zensical tells, or else nobody."""
        if self.page is not None:
            return self.page
        python = self.getConfig("allow_python")
        roots = [Path(root) for root in self.getConfig("roots")]
        for step in md.preprocessors:
            if hasattr(step, "page") and "docs_dir" in getattr(step, "config", ()):
                docs = Path(step.config.get("root_dir", ""), step.config["docs_dir"])
                access = Access(docs, docs, python=python, roots=(docs, *roots))
                return file_page(docs / step.page.path, lines, access)
        folder = Path(self.getConfig("folder"))
        return Page(None, lines, Access(folder, python=python, roots=(folder, *roots)))


def file_page(path: Path, lines: list[str], access: Access) -> Page:
    """Return the page of a file, or with the lines given where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    return Page(os.path.relpath(path), lines, replace(access, folder=path.parent))


class _Step(Preprocessor):
    """Lets a function change lines."""

    def __init__(self, md: Markdown, change: Callable[[list[str]], list[str]]) -> None:
        super().__init__(md)
        self.change = change

    def run(self, lines: list[str]) -> list[str]:
        """Return the changed lines."""
        return self.change(lines)


class _Reader:
    """Finds the fences of one text after the other."""

    def __init__(self, md: Markdown, extension: FenceExtension) -> None:
        self.md = md
        self.extension = extension
        self.found = Found(Page(None, [], Access(Path())))

    def begin(self, lines: list[str]) -> list[str]:
        """Take note of the lines before anything changes them."""
        self.found = Found(self.extension.reads(self.md, lines))
        return lines

    def find(self, given: list[str]) -> list[str]:
        """Put a mark in the place of each fence."""
        tab = self.md.tab_length
        clean = [line.translate(MARKS) for line in given]
        lines = [line.rstrip("\r").expandtabs(tab) for line in clean]
        changed, end = [], 0
        seen: dict[tuple[str, ...], int] = {}
        for fence in fences(lines):
            own = lines[fence.start : fence.end]
            number = seen.get(tuple(own), 0)
            seen[tuple(own)] = number + 1
            mark = self.md.htmlStash.store("")
            index = len(self.md.htmlStash.rawHtmlBlocks) - 1
            self.found.fences[index] = (fence, own, self.found.page.locate(own, number))
            changed += clean[end : fence.start]
            changed += _paragraph(f"{OPEN}{mark[1:-1]}{CLOSE}", fence, lines)
            end = fence.end
        return [*changed, *clean[end:]] if end else given

    def mark(self, lines: list[str]) -> list[str]:
        """Make the marks those of Python-Markdown."""
        for index in self.found.fences:
            mark = self.md.htmlStash.get_placeholder(index)
            ours = f"{OPEN}{mark[1:-1]}{CLOSE}"
            lines = [line.replace(ours, mark) for line in lines]
        return lines


class _Draw(Treeprocessor):
    """Draws what was found."""

    def __init__(self, md: Markdown, reader: _Reader) -> None:
        super().__init__(md)
        self.reader = reader

    def run(self, root: Element) -> None:
        """Show the text of fences in blocks of code, and draw the others."""
        found = self.reader.found
        for code in root.iter("code"):
            for index, (_, lines, _) in list(found.fences.items()):
                mark = self.md.htmlStash.get_placeholder(index)
                before, known, after = (code.text or "").partition(mark)
                if known:
                    text = _shown(lines, len(before) - before.rfind("\n") - 1)
                    code.text = AtomicString(before + text + after)
                    del found.fences[index]
        figures = self.reader.extension.makes()
        for index in found.fences:
            self.md.htmlStash.rawHtmlBlocks[index] = self._html(index, figures)

    def _html(self, index: int, figures: Figures) -> str:
        """Return a fence as a figure, or as a box with what is wrong, of which it warns."""
        fence, lines, place = self.reader.found.fences[index]
        try:
            return _figure(fence, place, self.reader.found.page, figures)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, place)
        logger.warning("pipeviz: %s", known)
        if self.reader.extension.getConfig("strict"):
            raise known
        source = "\n".join([lines[0].strip(), *fence.body])
        return error_box(known, source, figures.language)


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


def _shown(lines: list[str], lead: int) -> str:
    """Return the lines of a fence as code, whose block has the first one's lead already."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    rest = [line[indent - lead :] for line in lines[1:]]
    return escape("\n".join([lines[0].lstrip(), *rest]), quote=False)


# From a fence to HTML


def _known(error: Exception, place: Location) -> PipevizError:
    """Return an error with its place, in words for the user of a fence."""
    if isinstance(error, PipevizError):
        known = error
    else:
        logger.debug("pipeviz failed:\n%s", "".join(traceback.format_exception(error)))
        hint = "this is a mistake in sphinx-pipeviz; please report it"
        known = PipevizError(f"drawing failed: {type(error).__name__}: {error}", hint=hint)
    known.location = known.location or place
    if known.hint:  # the core names Sphinx's settings
        # the hint names the settings of Sphinx and of the command
        named = r"\bpipeviz_(\w+)( in conf\.py)?( = False)?( or --[a-z-]+)?"
        known.hint = re.sub(named, r"the option \1", known.hint)
    return known


def _figure(fence: Fence, place: Location, page: Page, figures: Figures) -> str:
    if not fence.closed:
        hint = "end it with a line like its first, at the same depth"
        raise SpecError("this fence has no end", hint=hint)
    header = read_header(fence.header)

    def locate(line: int) -> Location:
        return Location(page.name, place.line and place.line + 1 + line)

    spec = read_spec("\n".join(fence.body), locate)
    return figures.figure(load(spec, page.access), header)


def makeExtension(**options: Any) -> FenceExtension:  # noqa: N802  (Python-Markdown's name)
    """Return the extension; Python-Markdown calls this."""
    return FenceExtension(**options)
