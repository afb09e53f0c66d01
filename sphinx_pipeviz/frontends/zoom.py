"""The mark behind a picture that readers may enlarge, which a script makes a button of."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

#: What the buttons say, in English.
WORDS = {
    "open": "Enlarge",
    "in": "Zoom in",
    "out": "Zoom out",
    "fit": "Fit",
    "full": "Full screen",
    "close": "Close",
}
#: What an author may write -> whether a picture can be enlarged.
ANSWERS = {"": True, "true": True, "false": False}


def zoom_mark(say: Callable[[str], str] = str) -> str:
    """Return HTML that stands right behind a picture, and shows nothing by itself.

    Args:
        say: Turns English into the page's language.
    """
    words = "".join(f' data-{name}="{escape(say(word))}"' for name, word in WORDS.items())
    return f'<span class="pipeviz-zoom"{words} hidden></span>'


def zoom_answer(text: str) -> bool:
    """Return whether an option asks for zoom.

    Raises:
        ValueError: It is neither empty nor true nor false.
    """
    try:
        return ANSWERS[text.strip().lower()]
    except KeyError:
        raise ValueError("write true or false, or nothing, which is true") from None
