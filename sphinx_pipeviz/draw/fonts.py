"""Names of fonts: what is a file, and whether it is there."""

from __future__ import annotations

from pathlib import Path

from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.spec import FONT_FILES


def is_file(font: str) -> bool:
    """Return whether a font is named by its file, and not by its family."""
    return font.lower().endswith(FONT_FILES)


def check_font(font: str) -> None:
    """Check that a font's file is there; a family is looked for when text is drawn.

    Raises:
        StyleError: There is no such file.
    """
    if is_file(font) and not Path(font).is_file():
        raise no_font(font)


def no_font(font: str) -> StyleError:
    """Return the error for a font that cannot be used."""
    name = Path(font).name[-60:] if is_file(font) else font[:60]
    hint = f"name a family that is installed, or a file ({', '.join(FONT_FILES)})"
    return StyleError(f"there is no font '{name}'", hint=hint, path=("style", "font"))
