"""The settings in conf.py: default, types, what a change rebuilds, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sphinx_pipeviz.draw.style import resolve_style
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.frontends.downloads import FILES
from sphinx_pipeviz.page_html import MOST_TASKS
from sphinx_pipeviz.spec import MAX_OPS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FORMATS = ("svg", "pdf", "png")
#: How pictures are put into HTML pages.
WAYS = ("auto", "inline", "image")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Args:
        default: Its value where conf.py says nothing.
        types: What conf.py may assign.
        rebuild: What a change does: ``env`` reads all pages again, ``html`` writes
            them again, nothing does neither.
        summary: One line for the reference.
        check: Raises PipevizError for a value that does not fit.
    """

    default: Any
    types: tuple[type, ...]
    rebuild: Literal["", "env", "html"]
    summary: str
    check: Callable[[Any], object]


def _check_formats(value: Any) -> None:
    if not isinstance(value, list | tuple):
        raise SpecError(f"the formats must be a list such as ['svg', 'pdf'], not {value!r}")
    wrong = [item for item in value if item not in FORMATS]
    if wrong:
        hint = f"choose from {', '.join(FORMATS)}"
        raise SpecError(f"there is no format {wrong[0]!r}", hint=hint)


def _check_downloads(value: Any) -> None:
    if not isinstance(value, list | tuple):
        raise SpecError(f"the downloads must be a list such as ['svg', 'yaml'], not {value!r}")
    wrong = [item for item in value if item not in FILES]
    if wrong:
        hint = f"choose from {', '.join(FILES)}"
        raise SpecError(f"there is no download {wrong[0]!r}", hint=hint)


def _check_style(value: Any) -> None:
    if not isinstance(value, str | dict):
        raise SpecError(f"a style is a name or a mapping, not {value!r}")
    resolve_style(value)


def check_way(value: Any) -> None:
    """Check a way to put pictures into pages.

    Raises:
        SpecError: There is no such way.
    """
    if value not in WAYS:
        raise SpecError(f"there is no way {value!r}", hint=f"choose from {', '.join(WAYS)}")


def _check_max_ops(value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise SpecError(f"the limit must be a whole number of at least 1, not {value!r}")


def _check_flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise SpecError(f"this is True or False, not {value!r}")


def _check_folder(value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise SpecError(f"a folder is text, not {value!r}")
    if value and "\0" in value:
        raise SpecError("a folder's name cannot hold the character \\x00")


def _check_font(value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise SpecError(f"a font is text, not {value!r}")


def _check_roots(value: Any) -> None:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise SpecError(f"the folders must be a list such as ['../traces'], not {value!r}")


def place_of(app: Sphinx, name: str) -> str:
    """Return where a setting is given: the line of conf.py, its first, or the command line.

    A place has a colon; without one, Sphinx takes it for the name of a page.
    """
    if name in app.config.overrides:
        return f"command line: -D {name}"
    file = Path(app.confdir, "conf.py")
    lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
    given = re.compile(rf"\s*{name}\s*[:=]")
    numbers = (number for number, line in enumerate(lines, 1) if given.match(line))
    return f"{file}:{next(numbers, 1)}"


SETTINGS: dict[str, Setting] = {
    "pipeviz_style": Setting(
        "seed",
        (str, dict),
        "html",
        "Style of pictures that ask for none: a name, or a mapping of base and overrides.",
        _check_style,
    ),
    "pipeviz_font": Setting(
        None,
        (str, type(None)),
        "html",
        "Font of figures whose style names none: a family that is installed, or the path of"
        " a .ttf, .otf or .ttc file, relative to conf.py.",
        _check_font,
    ),
    "pipeviz_formats": Setting(
        list(FORMATS),
        (list, tuple),
        "html",
        "Formats in order of preference; each builder gets the first one it can show.",
        _check_formats,
    ),
    "pipeviz_html_embed": Setting(
        "auto",
        (str,),
        "html",
        "How HTML pages hold pictures: ``inline``, as ``image``, or ``auto``, which is inline"
        f" for pictures of at most {MOST_TASKS:,} tasks.",
        check_way,
    ),
    "pipeviz_zoom": Setting(
        default=False,
        types=(bool,),
        rebuild="html",
        summary="Whether readers of HTML pages may enlarge pictures; see :ref:`zoom`.",
        check=_check_flag,
    ),
    "pipeviz_downloads": Setting(
        [],
        (list, tuple),
        "html",
        "Files that HTML pages offer below every picture: ``svg``, ``pdf``, ``png``, ``yaml``.",
        _check_downloads,
    ),
    "pipeviz_cache_dir": Setting(
        None,
        (str, type(None)),
        "",
        "Folder of the cache, relative to conf.py; by default pipeviz in the doctrees' folder.",
        _check_folder,
    ),
    "pipeviz_allow_python": Setting(
        default=True,
        types=(bool,),
        rebuild="env",
        summary="Whether the key ``python`` may import and call Python objects; see"
        " :ref:`reference-allow-python`.",
        check=_check_flag,
    ),
    "pipeviz_roots": Setting(
        [],
        (list, tuple),
        "env",
        "Folders, relative to conf.py, whose files figures may read besides those of the"
        " source folder; see :doc:`security`.",
        _check_roots,
    ),
    "pipeviz_max_ops": Setting(
        MAX_OPS,
        (int,),
        "env",
        "Most ops that one schedule may have.",
        _check_max_ops,
    ),
}
