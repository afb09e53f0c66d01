"""sphinx-pipeviz: simulate, check and draw pipeline-parallel training schedules.

Importing the package loads neither matplotlib nor Sphinx. ``simulate`` and ``render`` are
functions here, and also the names of the modules they come from; import other names of
these modules with ``from sphinx_pipeviz.render import ...``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.errors import Location, PipevizError, PlanError, SpecError, StyleError
from sphinx_pipeviz.metrics import Metrics
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.ops import Kind, Op, Overlap, Run
from sphinx_pipeviz.public import (
    measure,
    plan,
    read,
    render,
    simulate,
    visualize_pipeline_parallelism,
    weight_versions,
)
from sphinx_pipeviz.spec import Spec

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "0.1.0"

__all__ = [
    "Costs",
    "Kind",
    "Location",
    "Metrics",
    "Op",
    "Overlap",
    "PipevizError",
    "Plan",
    "PlanError",
    "Run",
    "Spec",
    "SpecError",
    "StyleError",
    "Timeline",
    "measure",
    "plan",
    "read",
    "render",
    "setup",
    "simulate",
    "visualize_pipeline_parallelism",
    "weight_versions",
]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the ``pipeline-schedule`` directive to Sphinx."""
    from sphinx_pipeviz.frontends.extension import connect  # noqa: PLC0415  (sphinx)

    return connect(app, __version__)
