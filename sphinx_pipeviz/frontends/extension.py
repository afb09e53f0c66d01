"""Wiring: the directive, the settings and the events of the Sphinx extension."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from sphinx_pipeviz.cache import font_digest
from sphinx_pipeviz.draw.fonts import is_file, placed
from sphinx_pipeviz.errors import PipevizError, SpecError
from sphinx_pipeviz.frontends import failures, folders, garbage, kept, pictures, shown
from sphinx_pipeviz.frontends.assets import add_assets
from sphinx_pipeviz.frontends.directive import PipelinePicture, PipelineSchedule
from sphinx_pipeviz.frontends.failures import unexpected
from sphinx_pipeviz.frontends.settings import SETTINGS, place_of
from sphinx_pipeviz.frontends.translation import AuthorsText
from sphinx_pipeviz.languages import TABLES, language_of
from sphinx_pipeviz.spec import FONT_FIELDS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

Handler = Callable[..., Any]
#: What a handler returns that did nothing, where that is not None.
NOTHING: dict[str, tuple[()]] = {"env-get-outdated": (), "html-collect-pages": ()}


def connect(app: Sphinx, version: str) -> ExtensionMetadata:
    """Add directive, node, settings and events to Sphinx."""
    for name, setting in SETTINGS.items():
        app.add_config_value(name, setting.default, setting.rebuild, setting.types)
    app.add_node(PipelinePicture)
    app.add_node(AuthorsText)
    app.add_directive("pipeline-schedule", PipelineSchedule)
    for event, handler in _handlers():
        app.connect(event, _guarded(event, handler))
    return {
        "version": version,
        "env_version": 3,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _handlers() -> Iterator[tuple[str, Handler]]:
    yield "config-inited", check_settings
    yield "builder-inited", shown.start
    yield "env-before-read-docs", shown.note_reading
    yield "doctree-read", pictures.draw_early
    yield "env-updated", shown.to_write_again
    yield "doctree-resolved", pictures.resolve
    yield "html-page-context", add_assets
    yield "html-collect-pages", garbage.collect_early
    yield "build-finished", kept.clean_up
    yield "build-finished", garbage.collect
    for noting in (failures, folders, shown):
        yield "env-purge-doc", noting.forget
        yield "env-merge-info", noting.merge
    for noting in (failures, folders):
        yield "env-get-outdated", noting.outdated


def _guarded(event: str, handler: Handler) -> Handler:
    """Return a handler that warns where another raises: that may end no build."""

    def call(*arguments: Any) -> Any:
        try:
            return handler(*arguments)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            place = f"event: {event}"
            known = unexpected(error, "handling it")
            logger.warning(
                known.sentence, location=place, type="pipeviz", subtype=known.subtype
            )
            return NOTHING.get(event)

    return call


def check_settings(app: Sphinx, config: Config) -> None:
    """Warn about each wrong value in conf.py and use the default instead."""
    for name, setting in SETTINGS.items():
        try:
            setting.check(config[name])
        except PipevizError as error:
            _tell(app, name, error)
            config[name] = setting.default
    config.pipeviz_roots = [
        os.path.relpath(Path(app.confdir, root), app.srcdir) for root in config.pipeviz_roots
    ]
    if config.pipeviz_cache_dir:
        place_cache(app, config)
    if isinstance(config.pipeviz_style, dict):
        config.pipeviz_style = placed(config.pipeviz_style, Path(app.confdir))
    if config.pipeviz_font:
        use_font(app, config)
    use_language(config)
    note_fonts(config)


def place_cache(app: Sphinx, config: Config) -> None:
    """Make the folder independent of where the build runs; warn of one in the output."""
    folder = Path(app.confdir, config.pipeviz_cache_dir)
    config.pipeviz_cache_dir = str(folder)
    real, output = map(os.path.realpath, (folder, app.outdir))  # links may lead in a circle
    if Path(real).is_relative_to(output):
        message = f"'{os.path.relpath(folder, app.confdir)}' is in the output, and is published"
        error = SpecError(message, hint="name a folder outside of it")
        _tell(app, "pipeviz_cache_dir", error)


def _tell(app: Sphinx, name: str, error: PipevizError) -> None:
    place = place_of(app, name)
    message = f"{name}: {error.sentence}"
    logger.warning(message, location=place, type="pipeviz", subtype="config")


def use_font(app: Sphinx, config: Config) -> None:
    """Give the configured font to the configured style; its content becomes the setting."""
    font = config.pipeviz_font
    if is_file(font):
        font = str(Path(app.confdir, font))
    try:
        config.pipeviz_font = font_digest(font)
    except PipevizError as error:
        _tell(app, "pipeviz_font", error)
        config.pipeviz_font = None
        return
    _lend(config, "font", font)


def note_fonts(config: Config) -> None:
    """Make what the files of the configured style's fonts hold part of a setting, too."""
    style = config.pipeviz_style if isinstance(config.pipeviz_style, dict) else {}
    known = [config.pipeviz_font] if config.pipeviz_font else []
    for name in map(style.get, FONT_FIELDS):
        if isinstance(name, str) and is_file(name):
            with contextlib.suppress(PipevizError):  # told of with the first picture
                known.append(font_digest(name))
    config.pipeviz_font = " ".join(dict.fromkeys(known)) or None


def use_language(config: Config) -> None:
    """Give the site's language to the configured style, where there are words in it."""
    language = language_of(config.language)
    if TABLES.get(language):
        _lend(config, "language", language)


def _lend(config: Config, field: str, value: str) -> None:
    """Set a field of the configured style, if it is not set there."""
    style = config.pipeviz_style
    whole = {"base": style} if isinstance(style, str) else style
    config.pipeviz_style = {field: value, **whole}
