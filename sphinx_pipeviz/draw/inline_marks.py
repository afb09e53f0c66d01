"""What stands in an inline picture for what only its page knows."""

from __future__ import annotations

#: Stands for what makes a figure's ids its own; no XML and no page may hold it.
ID = "\x1f"
#: Stands around the number of a link: its panel, a point, and its place among the links.
LINK = "\x1e"
#: How a link begins.
ANCHOR = '<a class="pv-a"'
