"""Examples of this documentation: source and figure, or source and error message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.errors import Location, PipevizError
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.timelines import timeline_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class Example(SphinxDirective):
    """Show the source of the body, then what it makes."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the source and the nodes it makes."""
        text = "\n".join(self.content)
        source = nodes.literal_block(text, text)
        page = Path(self.env.doc2path(self.env.docname))
        source["language"] = "markdown" if page.suffix == ".md" else "rst"
        return [source, *self.parse_content_to_nodes()]


class ErrorExample(SphinxDirective):
    """Show a schedule that is wrong, and the message it gets."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the source and the message."""
        text = "\n".join(self.content)
        source = nodes.literal_block(text, text, linenos=True, language="yaml")
        told = message(text)
        answer = nodes.literal_block(told, told, language="none", classes=["message"])
        return [source, answer]


def message(text: str) -> str:
    """Return what the command prints for a YAML file that is wrong.

    Raises:
        ValueError: Nothing is wrong with it.
    """
    try:
        spec = read_text(text, source="schedule.yaml")
        style_of(spec)
        timeline_of(spec)
    except PipevizError as error:
        error.location = error.location or Location("schedule.yaml", 1)
        return str(error)
    raise ValueError(f"this schedule is right:\n{text}")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives."""
    app.add_directive("example", Example)
    app.add_directive("error-example", ErrorExample)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
