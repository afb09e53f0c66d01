"""Steps from a Spec to a picture, loaded with the first picture that is drawn.

A build whose pictures are all inline, and all in the cache, loads none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx_pipeviz.embed import embed, text_of
    from sphinx_pipeviz.figure_source import figure_source
    from sphinx_pipeviz.remarks import lacking, large

__all__ = ["embed", "figure_source", "lacking", "large", "text_of"]
#: Each step, and the file it is in.
STEPS = {
    "embed": "embed",
    "figure_source": "figure_source",
    "lacking": "remarks",
    "large": "remarks",
    "text_of": "embed",
}


def __getattr__(name: str) -> Any:
    """Return a step; Python asks for what it does not find in this file."""
    if name not in STEPS:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"sphinx_pipeviz.{STEPS[name]}"), name)
