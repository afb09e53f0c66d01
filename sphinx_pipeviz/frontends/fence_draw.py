"""The schedules that were found in a text of Markdown -> figures in its tree.

A schedule is drawn once it is known that it is not part of an indented block of code.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from dataclasses import replace
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE, AtomicString

from sphinx_pipeviz.errors import Location, PipevizError, SpecError
from sphinx_pipeviz.frontends.fence_find import Finder, Page
from sphinx_pipeviz.frontends.fence_header import Header, read_header
from sphinx_pipeviz.frontends.fence_lines import Fence
from sphinx_pipeviz.frontends.fence_links import LinkStep
from sphinx_pipeviz.frontends.figure_html import Drawn, Figures, class_of, error_box, figure
from sphinx_pipeviz.frontends.page_loads import loads
from sphinx_pipeviz.load import load
from sphinx_pipeviz.readers.yaml_spec import read_spec

#: Below MkDocs' logger, whose warnings make strict builds fail.
logger = logging.getLogger("mkdocs.plugins.pipeviz")
#: HTML in which a browser shows no figure.
_RAW = re.compile(r"\s*<(?:!--|(?:pre|script|style|textarea)\b)", re.IGNORECASE)


class Drawer(Treeprocessor):
    """Draws what was found.

    Args:
        md: What converts the text.
        finder: What found it.
        makes: Returns what makes the pictures of the page.
        links: Puts links into them.
        strict: Tells whether a mistake ends the conversion.
    """

    def __init__(
        self,
        md: Markdown,
        finder: Finder,
        makes: Callable[[Markdown], Figures],
        links: LinkStep,
        *,
        strict: Callable[[Markdown], bool],
    ) -> None:
        super().__init__(md)
        self.finder = finder
        self.makes = makes
        self.links = links
        self.strict = strict

    def run(self, root: Element) -> None:
        """Show the text of fences in blocks of code, and draw the others."""
        self._show_code(root)
        self._leave_raw()
        figures = self.makes(self.md)
        stash = self.md.htmlStash.rawHtmlBlocks
        drawn: dict[int, tuple[Header, Drawn]] = {}
        for number, index in enumerate(self.finder.found.fences, 1):
            found = self._drawn(index, number, figures)
            if isinstance(found, str):
                stash[index] = found
            else:
                drawn[index] = found
                stash[index] = found[1].html
        if drawn:
            self._load(drawn, figures)
            self._place(root, drawn)
        self.links.wait(root, {index: one.links for index, (_, one) in drawn.items()})

    def _show_code(self, root: Element) -> None:
        found = self.finder.found.fences
        for code in root.iter("code"):
            for mark in HTML_PLACEHOLDER_RE.finditer(code.text or ""):
                if int(mark[1]) in found:
                    before, _, after = (code.text or "").partition(mark[0])
                    _, lines, _ = found.pop(int(mark[1]))
                    text = _shown(lines, len(before) - before.rfind("\n") - 1)
                    code.text = AtomicString(before + text + after)

    def _leave_raw(self) -> None:
        """Leave fences in comments and the like as they are written."""
        found = self.finder.found.fences
        stash = self.md.htmlStash.rawHtmlBlocks

        def written(mark: re.Match[str]) -> str:
            index = int(mark[1])
            return "\n".join(found.pop(index)[1]) if index in found else mark[0]

        for place, raw in enumerate(stash):
            if found and isinstance(raw, str) and _RAW.match(raw):
                stash[place] = HTML_PLACEHOLDER_RE.sub(written, raw)

    def _drawn(self, index: int, number: int, figures: Figures) -> tuple[Header, Drawn] | str:
        """Return a fence as a picture, or as a box with what is wrong, of which it warns."""
        fence, lines, place = self.finder.found.fences[index]
        page = self.finder.found.page
        try:
            found = _picture(fence, place, page, figures, page.ident(number))
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            known = _known(error, place)
        else:
            for remark in found[1].remarks:
                logger.warning("pipeviz: %s: %s", place, _in_options(remark.text))
            return found
        logger.warning("pipeviz: %s", known)
        if self.strict(self.md):
            raise known
        source = "\n".join([lines[0].strip(), *fence.body])
        return error_box(known, source, figures.language)

    def _load(self, drawn: dict[int, tuple[Header, Drawn]], figures: Figures) -> None:
        """Put what the page loads before its first and behind its last picture."""
        sheets = {name: css for _, one in drawn.values() for name, css in one.sheets.items()}
        zoom = any(one.zoom for _, one in drawn.values())
        try:
            found = loads(sheets, figures.link, zoom=zoom)
        except OSError as error:
            logger.warning("pipeviz: stylesheets and script cannot be written: %s", error)
            found = loads(sheets, None, zoom=zoom)
        stash = self.md.htmlStash.rawHtmlBlocks
        first, last = min(drawn), max(drawn)
        stash[first] = stash[first].replace(">", f">{found.first}", 1)
        stash[last] = stash[last].removesuffix("</div>") + found.last + "</div>"

    def _place(self, root: Element, drawn: dict[int, tuple[Header, Drawn]]) -> None:
        """Make elements of figures, so that Markdown in captions is read like the page's."""
        left = dict(drawn)
        for element in list(root.iter()):
            mark = HTML_PLACEHOLDER_RE.match((element.text or "").lstrip())
            if mark and int(mark[1]) in left:
                header, picture = left.pop(int(mark[1]))
                offered = picture.offered and self.md.htmlStash.store(picture.offered)
                _fill(_figure_in(element, mark[0]), (mark[0], offered), header)
        stash = self.md.htmlStash.rawHtmlBlocks
        for index, (header, picture) in left.items():  # within HTML, where no Markdown is
            stash[index] = figure(replace(picture, html=stash[index]), header)


def _figure_in(element: Element, mark: str) -> Element:
    """Return a figure in the place of a paragraph, else in front of what an element holds."""
    rest = (element.text or "").lstrip().removeprefix(mark)
    element.text = None
    if element.tag == "p" and not rest.strip() and not len(element):
        element.tag = "figure"
        return element
    if element.tag == "p":  # such as one that a link back from a footnote follows
        element.tag = "div"
    made = Element("figure")
    made.tail = rest
    element.insert(0, made)
    return made


def _fill(element: Element, marks: tuple[str, str], header: Header) -> None:
    """Fill a figure; the marks are those of the picture and of the line of downloads."""
    mark, offered = marks
    element.set("class", class_of(header))
    if header.name:
        element.set("id", header.name)
    SubElement(element, "p").text = mark
    if header.caption or offered:
        below = SubElement(element, "figcaption")
        below.text = header.caption
        if offered:
            SubElement(below, "p").text = offered


def _shown(lines: list[str], lead: int) -> str:
    """Return the lines of a fence as code, whose block has the first one's lead already."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    rest = [line[indent - lead :] for line in lines[1:]]
    return escape("\n".join([lines[0].lstrip(), *rest]), quote=False)


def _known(error: Exception, place: Location) -> PipevizError:
    """Return an error with its place, in words for the user of a fence."""
    if isinstance(error, PipevizError):
        known = error
    else:
        logger.debug("pipeviz failed:\n%s", "".join(traceback.format_exception(error)))
        hint = "this is a mistake in sphinx-pipeviz; please report it"
        known = PipevizError(f"drawing failed: {type(error).__name__}: {error}", hint=hint)
    known.location = known.location or place
    known.hint = known.hint and _in_options(known.hint)
    return known


def _in_options(text: str) -> str:
    """Return a text of the core, which names the settings of Sphinx and of the command."""
    named = r"\bpipeviz_(\w+)( in conf\.py)?( = False)?( or --[a-z-]+)?"
    found = re.sub(named, r"the option \1", text)
    return found.replace("with the option font", "as the font of the option style")


def _picture(
    fence: Fence, place: Location, page: Page, figures: Figures, ident: str
) -> tuple[Header, Drawn]:
    if not fence.closed:
        hint = "end it with a line like its first, at the same depth"
        raise SpecError("this fence has no end", hint=hint)
    header = read_header(fence.header)

    def locate(line: int) -> Location:
        return Location(page.name, place.line and place.line + 1 + line)

    spec = read_spec("\n".join(fence.body), locate)
    return header, figures.picture(load(spec, page.access), header, ident)
