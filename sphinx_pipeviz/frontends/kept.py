"""Spec -> picture from the cache, drawn where the cache does not have it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from sphinx.application import Sphinx
from sphinx.util import logging

from sphinx_pipeviz.cache import Cache, picture_key
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends import steps
from sphinx_pipeviz.frontends.settings import place_of
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.page_html import MOST, Inline
from sphinx_pipeviz.render import draw
from sphinx_pipeviz.spec import Spec

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


class NoSpaceError(PipevizError):
    """A picture that no folder can take, or not the output."""

    subtype = "cache"

    @classmethod
    def of(cls, error: OSError, hint: str | None = None) -> NoSpaceError:
        """Return what to tell of an error of the system."""
        return cls(f"the picture cannot be written: {error.strerror}", hint=hint)


class Kept:
    """The pictures of a build.

    Args:
        app: The build.
        spare: Whether a temporary folder takes what the cache's folder cannot; else
            that is an OSError.
    """

    def __init__(self, app: Sphinx, *, spare: bool = True) -> None:
        self._app = app
        self._spare = spare
        self._style: str | dict[str, object] = app.config.pipeviz_style
        self._max_ops: int = app.config.pipeviz_max_ops
        #: Names of the files that were asked for.
        self.names: set[str] = set()

    def file(self, spec: Spec, wanted: str) -> Path:
        """Return the file of a picture in a format."""

        def make() -> bytes:
            return _bytes(draw(spec, wanted, self._style, max_ops=self._max_ops))

        return self._keep(picture_key(spec, self.look(spec), wanted), wanted, make)

    def dark_file(self, spec: Spec, wanted: str) -> Path | None:
        """Return the file for dark pages, if it is not the same."""
        light, dark = self.look(spec), self.look(spec).in_dark()
        if dark.colours() == light.colours():
            return None
        plain = msgspec.structs.replace(spec, style=None)

        def make() -> bytes:
            style = msgspec.to_builtins(dark)
            return _bytes(draw(plain, wanted, style, max_ops=self._max_ops))

        return self._keep(picture_key(spec, dark, wanted), f"dark.{wanted}", make)

    def inline(self, spec: Spec, way: str) -> Inline:
        """Return a picture for the middle of a page, where it does not have too many tasks.

        Args:
            spec: What it shows.
            way: How pages are to hold it: ``auto`` or ``inline``.
        """

        def make() -> bytes:
            drawn = steps.embed(spec, self._style, most=MOST[way], max_ops=self._max_ops)
            return msgspec.json.encode(drawn)

        key = picture_key(spec, self.look(spec), f"inline-{way}")
        try:
            return _inline_in(self._keep(key, "json", make))
        except (OSError, NoSpaceError):
            if not self._spare:
                raise
            # a page can hold what no folder can
            return msgspec.json.decode(make(), type=Inline)

    def source(self, spec: Spec) -> Path:
        """Return the file of the YAML that draws a picture again."""

        def make() -> bytes:
            return steps.figure_source(spec, self._style, self._max_ops).encode()

        return self._keep(picture_key(spec, self.look(spec), "yaml"), "yaml", make)

    def text(self, spec: Spec) -> str:
        """Return a picture as characters, which are drawn in no time."""
        return str(draw(spec, "text", self._style, max_ops=self._max_ops))

    def text_file(self, spec: Spec) -> Path:
        """Return the file of a picture as characters; its mark lets browsers read UTF-8."""

        def make() -> bytes:
            return self.text(spec).encode("utf-8-sig")

        return self._keep(picture_key(spec, self.look(spec), "text"), "txt", make)

    def short_text(self, spec: Spec) -> str:
        """Return the text, and an empty one where it is too long to stand in a page."""
        return steps.text_of(spec, self._style, self._max_ops)

    def look(self, spec: Spec) -> Style:
        """Return the style of a picture."""
        return style_of(spec, self._style)

    def _keep(self, key: str, suffix: str, make: Callable[[], bytes]) -> Path:
        try:
            path = Cache(cache_folder(self._app)).keep(key, suffix, make)
        except OSError as error:
            if not self._spare:
                raise
            path = self._keep_elsewhere(error, key, suffix, make)
        self.names.add(path.name)
        return path

    def _keep_elsewhere(
        self, error: OSError, key: str, suffix: str, make: Callable[[], bytes]
    ) -> Path:
        try:
            return Cache(_spare_folder(self._app, error)).keep(key, suffix, make)
        except OSError as worse:
            hint = "make space, or let TMPDIR name a folder that has some"
            raise NoSpaceError.of(worse, hint) from None


def _bytes(drawn: bytes | str) -> bytes:
    return drawn if isinstance(drawn, bytes) else drawn.encode()


def checked_before(env: BuildEnvironment, spec: Spec, way: str) -> Inline | None:
    """Return a picture that the cache has for the middle of a page, else None.

    It has no mistakes, as it was checked when it was drawn.

    Args:
        env: Of the build.
        spec: What it shows.
        way: How pages are to hold it.

    Raises:
        PipevizError: The style cannot be drawn.
    """
    key = picture_key(spec, style_of(spec, env.config.pipeviz_style), f"inline-{way}")
    path = Cache(cache_folder(env)).find(key, "json")
    try:
        found = _inline_in(path) if path else None
    except OSError:
        return None
    return found if found and found.answers_for(spec, env.config.pipeviz_max_ops) else None


@functools.lru_cache(maxsize=16)
def _inline_in(path: Path) -> Inline:
    """Return what is in a file, which is in no other of its name; a page asks repeatedly."""
    return msgspec.json.decode(path.read_bytes(), type=Inline)


def cache_folder(build: Sphinx | BuildEnvironment) -> Path:
    """Return where pictures are kept: by default beside the doctrees, never published."""
    return Path(build.config.pipeviz_cache_dir or Path(build.doctreedir, "pipeviz"))


def _spare_folder(app: Sphinx, error: OSError) -> Path:
    """Return a temporary folder for a build that cannot write its cache; warn once."""
    spare: tempfile.TemporaryDirectory[str] | None = getattr(app, "_pipeviz_spare", None)
    if spare is None:
        spare = tempfile.TemporaryDirectory(prefix="pipeviz-")
        app._pipeviz_spare = spare  # type: ignore[attr-defined]  # noqa: SLF001
        message = f"the cache folder {cache_folder(app)} cannot be written: {error.strerror}"
        hint = "pipeviz_cache_dir can name another one"
        place = place_of(app, "pipeviz_cache_dir")
        told = f"{message} ({hint})"
        logger.warning(told, location=place, type="pipeviz", subtype="cache")
    return Path(spare.name)


def clean_up(app: Sphinx, _exception: Exception | None) -> None:
    """Remove the temporary folder, once the builder has copied what it shows."""
    spare: tempfile.TemporaryDirectory[str] | None = getattr(app, "_pipeviz_spare", None)
    if spare is not None:
        spare.cleanup()
        del app._pipeviz_spare  # type: ignore[attr-defined]  # noqa: SLF001
