"""What becomes of an error: a located warning, a box in the page, and a page that fails
again on the next build."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import SphinxWarning
from sphinx.util import logging

from sphinx_pipeviz.errors import Location, PipevizError, Remark
from sphinx_pipeviz.languages import language_of, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

#: Every ``pipeviz.<subtype>`` that `suppress_warnings` understands, and what it is.
SUBTYPES = {
    "spec": "the text, a key, a value or a file is wrong",
    "plan": "no devices can run this schedule",
    "style": "a style, colour or picture option does not exist",
    "font": "a picture has characters that its font has no glyphs for; boxes stand for them",
    "large": "a picture has so many tasks that some are left out",
    "cache": "the cache folder cannot be written; pictures are drawn into a temporary one",
    "config": "a value in conf.py is wrong (the default is used), or the cache is published",
    "internal": "a mistake in sphinx-pipeviz itself",
}


class InternalError(PipevizError):
    """A mistake of ours, told like one of the user's so that the build goes on."""

    subtype = "internal"


def unexpected(error: Exception, what: str = "drawing") -> PipevizError:
    """Return a reportable error for an exception that should not have happened.

    Raises:
        SphinxWarning: It is one: Sphinx before 8.1 ends a build with ``-W`` by it.
    """
    if isinstance(error, SphinxWarning):
        raise error
    # as text: a parallel reader hands its log over, and cannot hand over a traceback
    logger.debug("sphinx-pipeviz failed:\n%s", "".join(traceback.format_exception(error)))
    hint = "this is a mistake in sphinx-pipeviz; please report it"
    return InternalError(f"{what} failed: {type(error).__name__}: {error}", hint=hint)


def report(
    env: BuildEnvironment, error: PipevizError, text: str, *, in_line: bool = False
) -> nodes.Element:
    """Warn, note that the page failed, and return what it shows instead: see error_box."""
    location = str(error.location.with_line()) if error.location else env.docname
    logger.warning(error.told, location=location, type="pipeviz", subtype=error.subtype)
    failed_pages(env).add(env.docname)
    return error_box(env, env.docname, error, text, in_line=in_line)


def tell(env: BuildEnvironment, remark: Remark, location: Location) -> None:
    """Warn of a picture that is drawn nevertheless; the page is read again like failed ones."""
    logger.warning(remark.text, location=str(location), type="pipeviz", subtype=remark.subtype)
    failed_pages(env).add(env.docname)


def error_box(
    env: BuildEnvironment,
    docname: str,
    error: PipevizError,
    text: str,
    *,
    in_line: bool = False,
) -> nodes.Element:
    """Return what a page shows instead of the picture.

    Args:
        env: The build's.
        docname: Name of the page.
        error: What is wrong.
        text: What was written.
        in_line: Whether a line of text is the place, which has no room for a box.
    """
    where = _where(error, language_of(env.config.language), str(env.doc2path(docname)))
    sentence = f"pipeline-schedule{where}: {error.sentence}"
    if in_line:
        shown = {"classes": ["pipeviz-error"], "support_smartquotes": False}
        return nodes.strong(sentence, sentence, **shown)
    box = nodes.error("", classes=["pipeviz-error"], support_smartquotes=False)
    box += nodes.paragraph(sentence, sentence, translatable=False)
    if text.strip():
        block = nodes.literal_block(text, text)
        block["language"] = "none"
        box += block
    return box


def _where(error: PipevizError, language: str, page: str) -> str:
    """Return the line, and the name of its file where that is not the page's.

    Folders are left out: where a site is built must not show in it.
    """
    place = error.location
    if place is None or place.line is None:
        return ""
    own = place.source in (None, page)
    file = "" if own else f"{Path(str(place.source)).name}, "
    return f" ({file}{say(language, 'line {number}', number=place.line)})"


def failed_pages(env: BuildEnvironment) -> set[str]:
    """Return the pages that showed an error when they were last read."""
    if not hasattr(env, "pipeviz_failed"):
        env.pipeviz_failed = set()  # type: ignore[attr-defined]
    pages: set[str] = env.pipeviz_failed  # type: ignore[attr-defined]
    return pages


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read anew or gone."""
    failed_pages(env).discard(docname)


def merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what a parallel reader noted."""
    failed_pages(env).update(failed_pages(other) & set(docnames))


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Read failed pages again, so that an unchanged build fails again."""
    return sorted(failed_pages(env) & set(env.found_docs))
