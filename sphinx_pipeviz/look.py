"""Source -> Style: what a source asks for, with what it leaves to the default."""

from __future__ import annotations

from typing import Any

import msgspec

from sphinx_pipeviz.draw.fonts import check_font
from sphinx_pipeviz.draw.style import Style, resolve_style
from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.languages import known_language
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.spec import Spec

#: What a style that a source asks for takes from the default one.
LENT = ("font", "fallback", "language")


def style_of(source: Spec | Plan | Timeline, default: str | dict[str, Any] = "seed") -> Style:
    """Return the style a source asks for, else the default one.

    Raises:
        StyleError: There is no such style, or an override does not fit.
    """
    spec = source if isinstance(source, Spec) else Spec()
    asked, own = spec.style, spec.language
    try:
        usual = resolve_style(default)
        look = usual if asked is None else resolve_style(asked, default)
        lent = {name: getattr(usual, name) for name in LENT if not getattr(look, name)}
        language = known_language(own) if own else lent.get("language", look.language)
        look = msgspec.structs.replace(look, **lent | {"language": language})
        check_font(look.font)
        check_font(look.fallback, "fallback")
    except PipevizError as error:
        written = error.path[:1] in spec.marks  # else it is a mistake of the default style
        raise error.located(spec.marks if written else None) from None
    return look
