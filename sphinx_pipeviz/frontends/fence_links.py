"""Links of pictures in Markdown, which lead where the same links of the page's text lead.

They wait in the tree, where MkDocs and ProperDocs resolve and check the links of a page.
Zensical does that later, with links of HTML only.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor


class LinkStep(Treeprocessor):
    """Puts resolved links into pictures.

    Args:
        md: What converts the text.
        resolve: Turns an address, as other steps left it, into the one of the site.
    """

    def __init__(self, md: Markdown, resolve: Callable[[Markdown, str], str]) -> None:
        super().__init__(md)
        self.resolve = resolve
        self.waiting: list[tuple[int, str, Element]] = []
        self.holder = Element("p")

    def wait(self, root: Element, links: Mapping[int, Mapping[str, str]]) -> None:
        """Put links at the end of a page.

        Args:
            root: The page.
            links: Of each piece of HTML that is kept, what stands for an address in it, and
                the address as it is written.
        """
        self.holder = Element("p")
        self.waiting = [
            (index, mark, SubElement(self.holder, "a", href=to))
            for index, written in links.items()
            for mark, to in written.items()
        ]
        if self.waiting:
            root.append(self.holder)

    def run(self, root: Element) -> None:
        """Move the links from the end of the page into the pictures."""
        stash = self.md.htmlStash.rawHtmlBlocks
        for index, mark, link in self.waiting:
            address = escape(self.resolve(self.md, link.get("href", "")))
            # Material's script sets every plain href anew, which one of SVG does not bear
            led = f'xlink:href="{address}"'
            stash[index] = stash[index].replace(f'href="{mark}"', led)
        if self.holder in list(root):
            root.remove(self.holder)
        self.waiting = []


def page_address(to: str, source: str, *, folders: bool) -> str:
    """Return the address of a page that is named by its source; others as they are.

    Args:
        to: Where a link leads.
        source: The page that it is in, from the folder of all pages.
        folders: Whether pages are folders in the site.
    """
    path, mark, name = to.partition("#")
    if not path.endswith(".md") or ":" in path or path.startswith("/"):
        return to
    target = _site_path(posixpath.join(posixpath.dirname(source), path), folders=folders)
    start = posixpath.dirname(_site_path(source, folders=folders))
    address = posixpath.relpath(target, start or ".")
    is_folder = posixpath.basename(target) == "index.html" and folders
    return (address.removesuffix("index.html") or "./" if is_folder else address) + mark + name


def _site_path(source: str, *, folders: bool) -> str:
    """Return the file of a page in the site."""
    stem = posixpath.normpath(source).removesuffix(".md")
    folder, name = posixpath.split(stem)
    if name in ("index", "README"):
        return posixpath.join(folder, "index.html")
    return f"{stem}/index.html" if folders else f"{stem}.html"
