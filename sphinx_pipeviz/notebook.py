"""How schedules show themselves in notebooks: as a picture, and in a terminal as text."""

from __future__ import annotations

from typing import Protocol

from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.render import draw, draw_text
from sphinx_pipeviz.timelines import Source


class Printer(Protocol):
    """What IPython hands over to print with."""

    def text(self, text: str) -> None:
        """Print text as it is."""


def show_in_notebooks(*nouns: type) -> None:
    """Let classes of sources show themselves.

    The classes are steps before drawing, and cannot know how it is done.
    """
    for noun in nouns:
        noun._repr_svg_ = _svg  # type: ignore[attr-defined]
        noun._repr_pretty_ = _pretty  # type: ignore[attr-defined]


def _svg(source: Source) -> str | None:
    """Return a picture; None where there cannot be one lets IPython show the text."""
    try:
        data = draw(source, "svg")
    except PipevizError:
        return None
    return data.decode() if isinstance(data, bytes) else data


def _pretty(source: Source, printer: Printer, cycle: bool) -> None:  # noqa: ARG001, FBT001  (IPython's signature)
    """Print the text grid, or why there is none."""
    try:
        printer.text(draw_text(source).rstrip())
    except PipevizError as error:
        printer.text(f"{type(source).__name__} that cannot be drawn: {error}")
