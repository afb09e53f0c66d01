"""``.. style-samples::`` draws its body in every preset style, light beside dark."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.draw.styles import PRESETS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

#: Width of a sample in points: two stand side by side.
WIDTH = 330


def sample(name: str, body: Sequence[str]) -> str:
    """Return the directive that draws a schedule in a style."""
    text = "\n".join([*body, f"style: {{base: {name}, width: {WIDTH}}}"])
    return f".. pipeline-schedule::\n   :alt: {name}\n\n" + textwrap.indent(text, "   ")


class StyleSamples(SphinxDirective):
    """Show the source of the body, then a table of what it makes in each style."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the source and the table."""
        text = "\n".join(self.content)
        rows = [".. list-table::", "   :class: samples", ""]
        for name in PRESETS:
            for mark, style in (("* -", name), ("  -", f"{name}-dark")):
                cell = f"``{style}``\n\n{sample(style, self.content)}"
                lines = textwrap.indent(cell, "       ").splitlines()
                rows += [f"   {mark} {lines[0].strip()}", *lines[1:]]
        source = nodes.literal_block(text, text, language="yaml")
        return [source, *self.parse_text_to_nodes("\n".join(rows))]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive."""
    app.add_directive("style-samples", StyleSamples)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
