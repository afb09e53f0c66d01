"""The options of the directive: keys of a spec, and those of docutils' images and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from docutils.parsers.rst import directives, states
from docutils.parsers.rst.directives import images
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.errors import Marks, SpecError, did_you_mean
from sphinx_pipeviz.frontends.downloads import files_named
from sphinx_pipeviz.frontends.places import at_directive, at_option
from sphinx_pipeviz.frontends.settings import WAYS
from sphinx_pipeviz.frontends.zoom import zoom_answer
from sphinx_pipeviz.readers.yaml_spec import ORDERS
from sphinx_pipeviz.readers.yaml_tree import Tree, parse_tree
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES
from sphinx_pipeviz.spec import FLAGS, KEYS

#: Keys of a spec that are short enough to be options.
SPEC_OPTIONS = (
    "schedule",
    "devices",
    "microbatches",
    "chunks",
    "stages",
    "microbatch-group-size",
    "sequence-chunks",
    "waves",
    "memory-limit",
    "iterations",
    "backward",
    "order",
    "variant",
    "place",
    "recompute",
    "all-reduce",
    "optimizer",
    "transfers",
    "costs",
    "style",
    "file",
    "format",
    "pattern",
    "rank",
    "python",
    "title",
    "labels",
    "rows",
    "axis",
    "unit",
    "legend",
    "from",
    "to",
    "color-by",
    "overlap",
    "lanes",
    "phases",
    "bubble",
    "flush",
    "arrows",
    "follow",
    "critical-path",
    "memory",
    "language",
)
FIGURE_OPTIONS = ("caption", "figwidth", "figclass", "figname")
PICTURE_OPTIONS: dict[str, Callable[[str], Any]] = {
    **(images.Figure.option_spec or {}),
    "caption": directives.unchanged_required,
    "figname": directives.unchanged,  # docutils before 0.22 lacks it
    "downloads": files_named,
    "embed": lambda text: directives.choice(text, WAYS),
    "zoom": zoom_answer,
}

#: What the option ``loading`` of images means for how pages hold them.
LOADED = {"lazy": "image", "link": "image", "embed": "inline"}
#: What some options may be, where docutils does not say it.
MEASURES = {
    "width": "write a length such as 300px, or a share such as 50%",
    "figwidth": "write a length such as 300px, a share such as 50%, or image",
    "height": "write a length such as 300px",
    "scale": "write a whole number, which is percent",
}


def way_of(options: Mapping[str, Any], usual: str) -> str:
    """Return how a picture is put into a page: auto, inline or image.

    Args:
        options: Those of the picture.
        usual: What ``pipeviz_html_embed`` says.
    """
    return str(options.get("embed") or LOADED.get(options.get("loading", ""), usual))


def about_file(name: str) -> str:
    """Return what to do about a file that is not there."""
    if "\n" in name or ": " in name:
        return "leave an empty line between the directive and its body"
    if name.strip().lower() in {*SCHEDULES, *ALIASES}:
        return f"for the schedule of this name, write the option :schedule: {name.strip()}"
    return "paths are relative to the page, or to the source folder with a leading /"


DASHES = "in Markdown a body must not start with ---, which starts options"


def _advice(key: str, block: str) -> str:
    """Return what to do about an option that does not exist."""
    if key in KEYS:
        return f"write '{key}' in the body, below an empty line; {DASHES}"
    known = sorted([*PICTURE_OPTIONS, *SPEC_OPTIONS])
    otherwise = DASHES if starts_with_dashes(block) else f"known: {', '.join(known)}"
    return did_you_mean(key, known) or otherwise


def starts_with_dashes(block: str) -> bool:
    """Tell whether a directive's text, with or without its opening line, starts with ---."""
    return any(line.startswith("---") for line in block.splitlines()[:2])


class AnyOption(dict[str, Callable[[str], Any]]):
    """Lets every option through as text: ``run`` checks them all, with their lines."""

    def __missing__(self, key: str) -> Callable[[str], Any]:
        """Return what leaves a text as it is."""
        return directives.unchanged


def spec_options(directive: SphinxDirective) -> Tree:
    """Return the keys that were given as options, as if written in YAML."""
    data, marks = {}, Marks({(): at_directive(directive)})
    for key in SPEC_OPTIONS:
        if key in directive.options:
            place = at_option(directive, key)
            word = (directive.options[key] or "").strip()
            if key == "order" and word and word not in ORDERS:
                message = f"the option 'order' is {' or '.join(ORDERS)}"
                raise SpecError(message, place, _advice(key, directive.block_text))
            tree = parse_tree(directive.options[key] or "", lambda _, place=place: place)  # type: ignore[misc]
            if tree.data is None and key not in FLAGS:
                raise SpecError(f"the option '{key}' needs a value", place)
            data[key] = True if tree.data is None else tree.data
            marks.update({(key, *path): place for path in tree.marks})
    return Tree(data, marks)


def picture_options(directive: SphinxDirective) -> dict[str, Any]:
    """Return the converted image and figure options.

    Raises:
        SpecError: An option is unknown or its value does not fit.
    """
    given = {key: text for key, text in directive.options.items() if key not in SPEC_OPTIONS}
    return {key: _converted(directive, key, text or "") for key, text in given.items()}


def _converted(directive: SphinxDirective, key: str, text: str) -> Any:
    if key not in PICTURE_OPTIONS:
        hint = _advice(key, directive.block_text)
        raise SpecError(f"there is no option '{key}'", at_option(directive, key), hint)
    if not text and key not in ("alt", "zoom"):
        raise SpecError(f"the option '{key}' needs a value", at_option(directive, key))
    convert = partial(_aligned, directive) if key == "align" else PICTURE_OPTIONS[key]
    try:
        return convert(text)
    except (ValueError, TypeError) as error:
        message = f"the option '{key}' cannot be '{text}'"
        hint = MEASURES.get(key) or " ".join(str(error).split())
        raise SpecError(message, at_option(directive, key), hint) from None


def _aligned(directive: SphinxDirective, text: str) -> str:
    """Return how to align: a picture in a line of text has other ways than a block."""
    inline = isinstance(directive.state, states.SubstitutionDef)
    ways = images.Image.align_v_values if inline else images.Image.align_h_values
    return str(directives.choice(text, ways))
