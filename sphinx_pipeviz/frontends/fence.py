"""The ``pipeline-schedule`` fence for Python-Markdown: in MkDocs, ProperDocs and Zensical."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.errors import SpecError, did_you_mean
from sphinx_pipeviz.frontends.downloads import files_named
from sphinx_pipeviz.frontends.fence_draw import Drawer
from sphinx_pipeviz.frontends.fence_find import Finder, Page, file_page
from sphinx_pipeviz.frontends.fence_links import LinkStep, page_address
from sphinx_pipeviz.frontends.figure_html import Figures
from sphinx_pipeviz.frontends.page_loads import Link, linker
from sphinx_pipeviz.spec import MAX_OPS

#: Before all that changes lines; after snippets are there and before SuperFences reads
#: its first fence; once whitespace is normal; before code is coloured and captions read;
#: after MkDocs resolved links.
FIRST, FIND, MARK, DRAW, LEAD = 1000, 31.06, 29.95, 45, -1


class FenceExtension(Extension):
    """Draws fences; see OPTIONS in docs/mkdocs.md."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "style": ["seed", "Style of schedules that ask for none"],
            "max_ops": [MAX_OPS, "The most ops of a schedule"],
            "embed": ["auto", "How pages hold pictures: auto, inline or image"],
            "zoom": [False, "Whether readers may enlarge pictures"],
            "allow_python": [False, "Whether the key python may import Python objects"],
            "roots": [[], "Folders whose files may be read besides those of the pages"],
            "assets": ["", "Where the site has what pages load; empty puts it into pages"],
            "assets_dir": ["", "Folder where that is written"],
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
        finder = Finder(md, self.reads)
        md.preprocessors.register(_Step(md, finder.begin), "pipeviz-begin", FIRST)
        md.preprocessors.register(_Step(md, finder.find), "pipeviz-find", FIND)
        md.preprocessors.register(_Step(md, finder.mark), "pipeviz-mark", MARK)
        links = LinkStep(md, _address)
        drawer = Drawer(md, finder, self.makes, links, strict=self.is_strict)
        md.treeprocessors.register(drawer, "pipeviz-draw", DRAW)
        md.treeprocessors.register(links, "pipeviz-links", LEAD)

    def setConfig(self, key: str, value: Any) -> None:  # noqa: N802  (the same)
        """Set an option.

        Raises:
            SpecError: There is no such option, or it cannot have this value.
        """
        if key not in self.config:
            hint = did_you_mean(key, self.config) or f"known: {', '.join(self.config)}"
            raise SpecError(f"sphinx_pipeviz has no option '{key[:40]}'", hint=hint)
        if key == "max_ops" and not str(value).isdecimal():
            hint = "write a whole number, such as 1000000"
            raise SpecError(f"the option 'max_ops' cannot be '{value}'", hint=hint)
        try:
            super().setConfig(key, value)
            if key == "downloads":
                files_named((value or "none") if isinstance(value, str) else "")
        except ValueError as error:
            hint = str(error) if key == "downloads" else "write true or false"
            raise SpecError(
                f"the option '{key}' cannot be '{value!s:.40}'", hint=hint
            ) from None

    def makes(self, md: Markdown) -> Figures:
        """Return what makes the figures of a page."""
        return self.figures or Figures(
            self.getConfig("style"),
            int(self.getConfig("max_ops")),
            embed=self.getConfig("embed"),
            cache=self.getConfig("cache_dir"),
            link=self._link(md) if self.getConfig("assets") else None,
            downloads=files_named(self.getConfig("downloads") or "none"),
            zoom=self.getConfig("zoom"),
        )

    def is_strict(self, md: Markdown) -> bool:
        """Tell whether a mistake ends the conversion, which it has to in a strict Zensical."""
        return bool(self.getConfig("strict")) or (
            _zensical(md) is not None and _asked_to_be_strict(sys.argv)
        )

    def _link(self, md: Markdown) -> Link:
        """Return what makes files for pages; Zensical's site may be there before them."""
        assets, folder = self.getConfig("assets").strip("/"), self.getConfig("assets_dir")
        site = _zensical(md)
        if site is None:
            return linker(
                [Path(folder)] if folder else [], self.getConfig("assets").rstrip("/")
            )
        root = Path(site.config.get("root_dir", ""))
        places = (root / site.config[key] for key in ("docs_dir", "site_dir"))
        # a link in the pages' folder may lead out of it
        folders = [at / assets for at in places if _is_below(at / assets, at)]
        up = "../" * site.page.path.count("/")  # Zensical takes it for the source's address
        return linker(folders, f"{up}{assets}")

    def reads(self, md: Markdown, lines: list[str]) -> Page:
        """Return the page, which Zensical tells, or else nobody."""
        if self.page is not None:
            return self.page
        python = self.getConfig("allow_python")
        roots = [Path(root) for root in self.getConfig("roots")]
        site = _zensical(md)
        if site is None:
            folder = Path(self.getConfig("folder"))
            return Page(None, lines, Access(folder, python=python, roots=(folder, *roots)))
        docs = Path(site.config.get("root_dir", ""), site.config["docs_dir"])
        access = Access(docs, docs, python=python, roots=(docs, *roots))
        return file_page(docs / site.page.path, lines, access)


def _is_below(folder: Path, top: Path) -> bool:
    return folder.resolve().is_relative_to(top.resolve())


def _zensical(md: Markdown) -> Any:
    """Return the step in which Zensical keeps the page and the site; None without it."""
    for step in md.preprocessors:
        if hasattr(step, "page") and "docs_dir" in getattr(step, "config", ()):
            return step
    return None


def _asked_to_be_strict(words: list[str]) -> bool:
    """Tell whether Zensical builds strictly, which for itself counts its own warnings only."""
    return "build" in words and any(
        re.fullmatch("--strict|-[a-z]*s[a-z]*", word) for word in words
    )


def _address(md: Markdown, to: str) -> str:
    """Return an address of which only Zensical knows what its site makes of it."""
    site = _zensical(md)
    if site is None:
        return to
    return page_address(to, site.page.path, folders=site.config["use_directory_urls"])


class _Step(Preprocessor):
    """Lets a function change lines."""

    def __init__(self, md: Markdown, change: Callable[[list[str]], list[str]]) -> None:
        super().__init__(md)
        self.change = change

    def run(self, lines: list[str]) -> list[str]:
        """Return the changed lines."""
        return self.change(lines)


def makeExtension(**options: Any) -> FenceExtension:  # noqa: N802  (Python-Markdown's name)
    """Return the extension; Python-Markdown calls this."""
    return FenceExtension(**options)
