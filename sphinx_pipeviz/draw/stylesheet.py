"""Palette -> the stylesheet that gives its names their colours, light and dark."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from sphinx_pipeviz.draw.colours import Pair
from sphinx_pipeviz.draw.styles import DARK_FRAME

PREFIX = "pipeviz"
#: Where a page says that it is dark: Furo and marimo; pydata and book; Material and Zensical;
#: MkDocs and others of Bootstrap's; Jupyter; VS Code; Colab.
DARK = (
    "body[data-theme=dark]",
    "html[data-theme=dark]",
    "[data-md-color-scheme=slate]",
    "[data-bs-theme=dark]:not([data-theme])",
    "body[data-jp-theme-light=false]",
    "body[data-vscode-theme-kind=vscode-dark]",
    "html[theme=dark]",
)
#: A page that leaves it to the system: themes without a toggle, and Furo without JavaScript.
#: Themes of pydata's family are light without JavaScript, and known by their default mode.
PLAIN = (
    "html:not([data-theme],[data-bs-theme],[theme])"
    " body:not([data-theme],[data-default-mode],[data-md-color-scheme]"
    ",[data-jp-theme-light],[data-vscode-theme-kind])"
)
SYSTEM = ("body[data-theme=auto]", PLAIN)
#: What the page itself has behind everything, in themes that say so.
PAGE = (
    *("--color-background-primary", "--pst-color-background", "--md-default-bg-color"),
    "--jp-layout-color0",
)


def class_name(pairs: Mapping[str, Pair]) -> str:
    """Return the class of pictures with these colours."""
    digest = hashlib.sha256(json.dumps(pairs, sort_keys=True).encode()).hexdigest()
    return f"{PREFIX}-style-{digest[:10]}"


def is_opaque(pairs: Mapping[str, Pair]) -> bool:
    """Tell whether pictures have a background of their own, not the page's."""
    return pairs["background"] != ("#FFFFFF", DARK_FRAME["background"])


def stylesheet(pairs: Mapping[str, Pair]) -> str:
    """Return the rules for pictures with these colours; what is printed is light."""
    light = {name: pair[0] for name, pair in pairs.items()}
    dark = {name: pair[1] for name, pair in pairs.items() if pair[0] != pair[1]}
    if not is_opaque(pairs):
        light["background"] = _page(light["background"])
        dark["background"] = _page(dark["background"])
    name = class_name(pairs)
    rules = [_rule([f".{name}"], light)]
    if dark:
        toggled = _rule([f"{page} .{name}" for page in DARK], dark)
        by_system = _rule([f"{page} .{name}" for page in SYSTEM], dark)
        rules += [
            f"@media screen{{\n{toggled}\n}}",
            f"@media screen and (prefers-color-scheme:dark){{\n{by_system}\n}}",
        ]
    if not is_opaque(pairs):
        white = _rule([f".{name}.{name}"], {"background": pairs["background"][0]})
        rules.append(f"@media print{{\n{white}\n}}")
    return "\n".join(rules) + "\n"


def variable(name: str, pairs: Mapping[str, Pair]) -> str:
    """Return a colour for a page with or without the stylesheet."""
    return f"var(--{PREFIX}-{name},{pairs[name][0]})"


def _page(colour: str) -> str:
    for name in reversed(PAGE):
        colour = f"var({name},{colour})"
    return colour


def _rule(selectors: Iterable[str], colours: Mapping[str, str]) -> str:
    values = "".join(f"--{PREFIX}-{name}:{colour};" for name, colour in colours.items())
    return f"{','.join(selectors)}{{{values}}}"
