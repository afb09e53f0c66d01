"""The MkDocs plugin ``pipeviz``: fences whose pictures are files. ProperDocs loads it too."""

from __future__ import annotations

import hashlib
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.utils import get_relative_url

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.draw.style import resolve_style
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends.downloads import FILES
from sphinx_pipeviz.frontends.fence import FenceExtension
from sphinx_pipeviz.frontends.fence_find import Page, file_page
from sphinx_pipeviz.frontends.figure_html import Figures
from sphinx_pipeviz.frontends.published import publish
from sphinx_pipeviz.frontends.settings import WAYS
from sphinx_pipeviz.languages import TABLES, language_of
from sphinx_pipeviz.spec import MAX_OPS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as SitePage

logger = logging.getLogger("mkdocs.plugins.pipeviz")
#: Where files are, below the site's folder.
FOLDER = "assets/pipeviz"
#: Before plugins that use the pages' text, and after them.
FIRST, LAST = 100, -100
#: A picture in a page; there is no ``<div>`` in it.
PICTURE = re.compile(r'<div class="pipeviz[ "].*?</div>', re.DOTALL)
HIDDEN = re.compile(r"<!--pipeviz-[0-9a-f]{16}-\d+-->")


class Options(base.Config):
    """The options in mkdocs.yml.

    Args:
        style: Style of schedules that ask for none: a name, or base and overrides.
        cache_dir: Folder where pictures are kept, relative to mkdocs.yml.
        max_ops: The most ops of a schedule.
        allow_python: Whether the key ``python`` may import Python objects.
        roots: Folders, relative to mkdocs.yml, whose files may be read besides those of
            the pages.
        downloads: Files to offer below figures: some of svg, pdf, png and yaml.
        embed: How pages hold pictures that do not say it.
        zoom: Whether readers may enlarge pictures that do not say it.
    """

    style = c.Type((str, dict), default="seed")
    cache_dir = c.Type(str, default=".cache/pipeviz")
    max_ops = c.Type(int, default=MAX_OPS)
    allow_python = c.Type(bool, default=True)
    roots = c.ListOfItems(c.Type(str), default=[])
    downloads = c.ListOfItems(c.Choice(tuple(FILES)), default=[])
    embed = c.Choice(WAYS, default="auto")
    zoom = c.Type(bool, default=False)


class PipevizPlugin(BasePlugin[Options]):
    """Adds the fence, and writes and watches files."""

    def __init__(self) -> None:
        self.fence = FenceExtension()
        self.files: dict[str, bytes] = {}
        self.hidden: dict[str, str] = {}
        self.watched: set[Path] = set()
        self.server: LiveReloadServer | None = None

    def on_config(self, config: MkDocsConfig) -> None:
        """Add the fence to the Markdown extensions.

        Raises:
            PluginError: An option does not fit.
        """
        try:
            resolve_style(self.config.style)
        except PipevizError as error:
            raise PluginError(f"pipeviz: {error.sentence}") from None
        self.fence = FenceExtension()
        self.files = {}
        extensions: list[Any] = config.markdown_extensions
        extensions.append(self.fence)

    @event_priority(LAST)
    def on_page_markdown(
        self, markdown: str, /, *, page: SitePage, config: MkDocsConfig, files: Files
    ) -> None:
        """Tell the fence which page comes next."""
        del files
        self.fence.page = self._page(page, config, markdown.splitlines())
        self.fence.figures = self._figures(page, config)

    def _page(self, page: SitePage, config: MkDocsConfig, lines: list[str]) -> Page:
        docs, python = Path(config.docs_dir), self.config.allow_python
        base = Path(config.config_file_path or "").parent
        roots = (docs, *(base / root for root in self.config.roots))
        access = Access(docs, docs, self._note, python=python, roots=roots)
        return file_page(docs / page.file.src_uri, lines, access)

    def _figures(self, page: SitePage, config: MkDocsConfig) -> Figures:
        def link(name: str, data: bytes) -> str:
            self.files[name] = data
            return str(get_relative_url(f"{FOLDER}/{name}", page.url))

        return Figures(
            self._style(config),
            self.config.max_ops,
            embed=self.config.embed,
            cache=str(Path(config.config_file_path or "").parent / self.config.cache_dir),
            link=link,
            downloads=tuple(kind for kind in FILES if kind in self.config.downloads),
            zoom=self.config.zoom,
        )

    def _style(self, config: MkDocsConfig) -> str | dict[str, Any]:
        """Return the style of pictures that ask for none, in the theme's language."""
        style: str | dict[str, Any] = self.config.style
        language = language_of(str(config.theme.get("language") or config.theme.locale))
        if not TABLES.get(language):
            return style
        return {"language": language} | ({"base": style} if isinstance(style, str) else style)

    @event_priority(FIRST)
    def _hide(self, context: object, *, page: SitePage, **_: object) -> None:
        """Take the pictures out of the text that a search finds pages by."""
        del context
        content = page.content or ""
        # no page can hold a mark of its own
        digest = hashlib.sha256(content.encode(errors="replace")).hexdigest()[:16]
        self.hidden = {}

        def hide(picture: re.Match[str]) -> str:
            mark = f"<!--pipeviz-{digest}-{len(self.hidden)}-->"
            self.hidden[mark] = picture[0]
            return mark

        page.content = PICTURE.sub(hide, content)

    @event_priority(LAST)
    def _show(self, context: object, *, page: SitePage, **_: object) -> None:
        """Put the pictures back into the page."""
        del context
        page.content = HIDDEN.sub(
            lambda mark: self.hidden.get(mark[0], mark[0]), page.content or ""
        )

    on_page_context = CombinedEvent(_hide, _show)

    def _note(self, path: Path) -> None:
        """Watch a file or folder that a picture depends on."""
        if path in self.watched:
            return
        self.watched.add(path)
        if self.server is not None and path.exists():
            self.server.watch(str(path))

    def on_serve(
        self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: object
    ) -> None:
        """Watch what the first build read; later builds add to it."""
        del config, builder
        self.server = server
        for path in self.watched:
            if path.exists():
                server.watch(str(path))

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write what the pages show and load."""
        folder = Path(config.site_dir, FOLDER)
        for name, data in self.files.items():
            try:
                publish(folder / name, data)
            except OSError as error:  # such as a folder of the pages that has its name
                logger.warning("pipeviz: %s cannot be written: %s", name, error.strerror)
