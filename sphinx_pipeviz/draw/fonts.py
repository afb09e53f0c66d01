"""Names of fonts: what is a file, whether it is there, and what stands in for it.

matplotlib is not asked, so that a warm build needs none.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.spec import FONT_FIELDS, FONT_FILES


def is_file(font: str) -> bool:
    """Return whether a font is named by its file, and not by its family."""
    return font.lower().endswith(FONT_FILES)


def placed(style: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a style whose files of fonts, where it names some, start from a folder."""
    files = {
        field: str(folder / style[field])
        for field in FONT_FIELDS
        if isinstance(style.get(field), str) and is_file(style[field])
    }
    return {**style, **files}


def check_font(font: str, field: str = "font") -> None:
    """Check that a font's file is there; a family is looked for when text is drawn.

    Raises:
        StyleError: There is no such file.
    """
    if is_file(font) and not Path(font).is_file():
        raise no_font(font, field)


def no_font(font: str, field: str = "font") -> StyleError:
    """Return the error for a font that cannot be used."""
    name = Path(font).name[-60:] if is_file(font) else font[:60]
    hint = f"name a family that is installed, or a file ({', '.join(FONT_FILES)})"
    return StyleError(f"there is no font '{name}'", hint=hint, path=("style", field))


def damaged(file: str) -> StyleError:
    """Return the error for a font's file whose glyphs cannot be read."""
    message = f"the font '{Path(file).name[-60:]}' is damaged"
    return StyleError(message, hint="name another one", path=("style", "font"))


#: Letters of Chinese, Japanese and Korean, which fonts for other languages lack.
WIDE = re.compile(
    r"[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f"
    r"\uff00-\uffef\U00020000-\U0003ffff]"
)
#: Where systems have their fonts.
FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)
#: Language -> files of fonts for it, the best first: those of Debian, macOS and Windows.
STAND_INS: dict[str, tuple[str, ...]] = {
    "ja": (
        *("notosanscjkjp-regular.otf", "notosansjp-regular.otf", "sourcehansansjp-regular.otf"),
        *("ipaexg.ttf", "ipag.ttf", "takaogothic.ttf", "yugothr.ttc", "msgothic.ttc"),
    ),
    "ko": (
        *("notosanscjkkr-regular.otf", "notosanskr-regular.otf", "sourcehansanskr-regular.otf"),
        *("nanumgothic.ttf", "applesdgothicneo.ttc", "malgun.ttf"),
    ),
    "zh_CN": (
        *("notosanscjksc-regular.otf", "notosanssc-regular.otf", "sourcehansanssc-regular.otf"),
        *("pingfang.ttc", "msyh.ttc", "simhei.ttf"),
    ),
    "zh_TW": (
        *("notosanscjktc-regular.otf", "notosanstc-regular.otf", "sourcehansanstc-regular.otf"),
        "msjh.ttc",
    ),
    "": (
        *("notosanscjk-regular.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
        *("droidsansfallbackfull.ttf", "droidsansfallback.ttf", "arial unicode.ttf"),
    ),
}
#: So many of them at most, one after the other.
MOST = 3


def stand_ins(language: str) -> tuple[str, ...]:
    """Return installed files of fonts for Chinese, Japanese and Korean, the best first.

    Args:
        language: Whose letters' shapes are the best, as in ``STAND_INS``.
    """
    there = _installed(FOLDERS)
    rows = [STAND_INS.get(language, ()), STAND_INS[""], *STAND_INS.values()]
    names = dict.fromkeys(name for row in rows for name in row)
    return tuple(there[name] for name in names if name in there)[:MOST]


@functools.cache
def _installed(folders: tuple[str, ...]) -> dict[str, str]:
    """Return the path of every file of a font, by its name in small letters."""
    found = (pair for folder in folders for pair in _files(os.path.expanduser(folder)))  # noqa: PTH111
    return dict(sorted(found, reverse=True))


def _files(folder: str) -> Iterator[tuple[str, str]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            if is_file(name):
                yield name.lower(), os.path.join(parent, name)  # noqa: PTH118
