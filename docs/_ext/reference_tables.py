"""The tables of the reference, made from the types and tables that the package uses.

``.. reference-table:: NAME`` shows one of TABLES, ``.. schedule-facts:: NAME`` a row of
SCHEDULES and ``.. command-help::`` what every command takes.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import msgspec.inspect as types
from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.frontends.command import COMMANDS, fill
from sphinx_pipeviz.frontends.directive_options import PICTURE_OPTIONS, SPEC_OPTIONS
from sphinx_pipeviz.frontends.failures import SUBTYPES
from sphinx_pipeviz.frontends.schema import meanings
from sphinx_pipeviz.frontends.settings import SETTINGS
from sphinx_pipeviz.languages import TABLES as LANGUAGES
from sphinx_pipeviz.picture import (
    Group,
    Highlight,
    Labels,
    Legend,
    Link,
    Note,
    Pattern,
    Phase,
    Picture,
    Rows,
    Sizes,
)
from sphinx_pipeviz.readers import READERS
from sphinx_pipeviz.readers.written_timeline import TYPES
from sphinx_pipeviz.readers.yaml_spec import SOURCES
from sphinx_pipeviz.schedules import OPTION_KEYS, SCHEDULES
from sphinx_pipeviz.spec import PICTURE_KEYS, Keys, Operation, Task

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose cells are reStructuredText.

    Args:
        headings: One per column; the first column holds the names.
        widths: Of the columns, in parts of the whole.
        rows: The cells.
    """

    headings: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> list[str]:
        """The words that the first column explains."""
        return [name for row in self.rows for name in re.findall(r"``(.*?)``", row[0])]


# What a type allows, in words


#: No time is longer; the page says what a time is.
LONGEST = 1e12

WORDS = {
    types.IntType: "whole number",
    types.FloatType: "number",
    types.StrType: "text",
    types.AnyType: "value",
    types.BoolType: "``true`` or ``false``",
}


def _limits(kind: Any) -> str:
    if not isinstance(kind, types.IntType | types.FloatType) or kind.le == LONGEST:
        return ""
    low = "" if kind.ge is None else f" from {_number(kind.ge)}"
    if kind.gt is not None:
        low = f" above {_number(kind.gt)}"
    return low if kind.le is None else f"{low} to {_number(kind.le)}"


def _number(value: float) -> str:
    return re.sub(r"e\+0*", "e", f"{value:g}")


def allowed(kind: Any, *, many: bool = False) -> str:
    """Return what a msgspec type allows, for example ``whole number from 1``."""
    match kind:
        case types.UnionType():
            parts = [part for part in kind.types if not isinstance(part, types.NoneType)]
            *others, last = (allowed(part, many=many) for part in parts)
            words = f"{', '.join(others)} or {last}" if others else last
        case types.ListType() | types.VarTupleType():
            words = f"list{'s' * many} of {allowed(kind.item_type, many=True)}"
        case types.DictType():
            pair = (allowed(part, many=True) for part in (kind.key_type, kind.value_type))
            words = f"mapping of {' to '.join(pair)}"
        case types.StructType():
            name = kind.cls.__name__.lower()
            words = f":ref:`{name}{'s' * many} <reference-{name}>`"
        case types.LiteralType():
            words = " or ".join(f"``{value}``" for value in sorted(kind.values))
        case _:
            words = f"{_word(kind)}s" if many else _word(kind) + _limits(kind)
    return words


def _word(kind: Any) -> str:
    if isinstance(kind, types.FloatType) and kind.le == LONGEST:
        return "time"
    if isinstance(kind, types.StrType) and kind.pattern:
        return "colour"
    return WORDS[type(kind)]


def _fields(struct: type) -> list[tuple[Any, str]]:
    words = {name: text for part in struct.__mro__ for name, text in meanings(part).items()}
    return [(field, words[field.name]) for field in types.type_info(struct).fields]


def _code(words: Any) -> str:
    return ", ".join(f"``{word}``" for word in words)


# The tables


def _keys() -> Table:
    rows = []
    for field, meaning in _fields(Keys):
        name = field.encode_name
        if name in PICTURE_KEYS:
            continue  # in the table "picture"
        sources = [source for source, others in SOURCES.items() if name in others]
        also = f" Goes with {_code(sources)}." if sources else ""
        rows.append((f"``{name}``", allowed(field.type), meaning + also))
    return Table(("Key", "Value", "Meaning"), (24, 28, 48), tuple(rows))


def _struct(heading: str, struct: type) -> Table:
    rows = tuple(
        (
            f"``{field.encode_name}``",
            allowed(field.type) + (", needed" if field.required else ""),
            meaning,
        )
        for field, meaning in _fields(struct)
    )
    return Table((heading, "Value", "Meaning"), (22, 34, 44), rows)


def _style() -> Table:
    rows = tuple(
        (f"``{field.encode_name}``", allowed(field.type), _default(field), meaning)
        for field, meaning in _fields(Style)
    )
    return Table(("Field", "Value", "Default", "Meaning"), (22, 23, 20, 35), rows)


def _default(field: Any) -> str:
    if field.default_factory is not types.NODEFAULT:
        return "none" if not field.default_factory() else "those of ``seed-dark``"
    return _shown(field.default)


def _shown(value: Any) -> str:
    if isinstance(value, str) and value:
        return f":swatch:`{value}`" if value.startswith("#") else f"``{value}``"
    return f"{value:g}" if isinstance(value, int | float) else "none"


def _styles() -> Table:
    fills = ("forward", "backward", "backward_input", "backward_weight", "optimizer", "idle")
    rows = tuple(
        (f"``{name}``", *(_shown(getattr(style, fill)) for fill in fills))
        for name, style in STYLES.items()
    )
    headings = ("Style", *(fill.replace("_", "-") for fill in fills))
    return Table(headings, (10, *[15] * len(fills)), rows)


#: What each pattern of a hatch looks like.
PATTERNS = {
    "rising": "Strokes that rise to the right.",
    "falling": "Strokes that fall to the right.",
    "crossed": "Both.",
    "level": "Level strokes.",
    "upright": "Upright strokes.",
    "dotted": "Dots.",
    "checked": "A checkerboard.",
}


def _patterns() -> Table:
    rows = tuple((f"``{name}``", PATTERNS[name]) for name in get_args(Pattern))
    return Table(("Pattern", "What it looks like"), (30, 70), rows)


def _schedules() -> Table:
    rows = tuple(
        (f"``{name}``", _code(row.aliases) or "none", row.summary)
        for name, row in SCHEDULES.items()
    )
    return Table(("Name", "Aliases", "What it does"), (24, 36, 40), rows)


#: What docutils' image and figure options do here.
PICTURE = {
    "alt": "Text for readers who cannot see the picture; by default made from the schedule.",
    "height": "Height of the picture.",
    "width": "Width of the picture; by default that of its style.",
    "scale": "Scale in percent.",
    "align": "``left``, ``center`` or ``right``; of a picture in a line of text ``top``,"
    " ``middle`` or ``bottom``.",
    "target": "Link of the picture: an address or a reference.",
    "loading": "``lazy``, ``link`` or ``embed``. Where ``:embed:`` does not say it, HTML pages"
    " hold the picture as an image with the first two, and inline with the last.",
    "class": "Classes of the picture.",
    "embed": "How HTML pages hold the picture: ``auto``, ``inline`` or ``image``.",
    "zoom": "Whether readers of HTML pages may enlarge the picture: nothing or ``true``, or"
    " ``false``; else ``pipeviz_zoom`` says it. See :ref:`zoom`.",
    "downloads": "Files that HTML pages offer below the picture: some of ``svg``, ``pdf``,"
    " ``png`` and ``yaml``, or ``none``.",
    "name": "Name for ``:ref:`` and ``:numref:``.",
    "caption": "Caption; with it the picture is a figure and gets a number.",
    "figwidth": "Width of the figure; ``image`` takes the picture's.",
    "figclass": "Classes of the figure.",
    "figname": "Name of the figure, where ``name`` is not given.",
}


def _options() -> Table:
    keys = (_code(SPEC_OPTIONS), "The key of the same name, its value as one line of YAML.")
    figure = "As in docutils' ``figure`` directive."
    picture = ((f"``{name}``", PICTURE.get(name, figure)) for name in sorted(PICTURE_OPTIONS))
    return Table(("Option", "Meaning"), (35, 65), (keys, *picture))


#: What a change of a setting does to the pages, by Sphinx's word for it.
REBUILD = {
    "": "A change builds no page anew.",
    "env": "After a change all pages are read again.",
    "html": "After a change all pages are written again.",
}


def _settings() -> Table:
    rows = tuple(
        (
            f"``{name}``",
            " or ".join(kind.__name__.removesuffix("Type") for kind in setting.types),
            f"``{setting.default!r}``",
            f"{setting.summary} {REBUILD[setting.rebuild]}",
        )
        for name, setting in SETTINGS.items()
    )
    return Table(("Setting", "Type", "Default", "Meaning"), (27, 15, 20, 38), rows)


def _warnings() -> Table:
    rows = tuple(
        (f"``pipeviz.{name}``", f"{what[0].upper()}{what[1:]}.")
        for name, what in SUBTYPES.items()
    )
    return Table(("Warning", "What happened"), (30, 70), rows)


def _task_types() -> Table:
    words = {
        kind: [word for word, other in TYPES.items() if other == kind]
        for kind in TYPES.values()
    }
    rows = tuple(
        (_code(found), kind.name.lower().replace("_", " ")) for kind, found in words.items()
    )
    return Table(("Written as", "Kind"), (50, 50), rows)


def _commands() -> Table:
    rows = tuple((f"``{name}``", command.summary) for name, command in COMMANDS.items())
    return Table(("Command", "What it does"), (25, 75), rows)


def _formats() -> Table:
    rows = tuple(
        (
            f"``{name}``",
            _code(row.aliases) or "none",
            f":ref:`{row.summary[0].upper()}{row.summary[1:]} <format-{name}>`",
            _code(row.takes) or "none",
        )
        for name, row in READERS.items()
    )
    return Table(("Format", "Aliases", "What it is", "Keys"), (20, 28, 40, 12), rows)


#: Longer words are left out of the table.
SHORT = 32


def _words() -> Table:
    others = {language: table for language, table in LANGUAGES.items() if table}
    english = next(iter(others.values()))
    rows = tuple(
        (word, *(table[word] for table in others.values()))
        for word in english
        if "{" not in word and len(word) <= SHORT
    )
    headings = ("``en``", *(f"``{language}``" for language in others))
    return Table(headings, (16, *[14] * len(others)), rows)


TABLES: dict[str, Callable[[], Table]] = {
    "keys": _keys,
    "picture": partial(_struct, "Key", Picture),
    "labels": partial(_struct, "Key", Labels),
    "legend": partial(_struct, "Key", Legend),
    "phase": partial(_struct, "Key", Phase),
    "rows": partial(_struct, "Key", Rows),
    "group": partial(_struct, "Key", Group),
    "sizes": partial(_struct, "Key", Sizes),
    "highlight": partial(_struct, "Key", Highlight),
    "note": partial(_struct, "Key", Note),
    "link": partial(_struct, "Key", Link),
    "costs": partial(_struct, "Cost", Costs),
    "task": partial(_struct, "Key", Task),
    "operation": partial(_struct, "Key", Operation),
    "task-types": _task_types,
    "style": _style,
    "styles": _styles,
    "patterns": _patterns,
    "schedules": _schedules,
    "formats": _formats,
    "options": _options,
    "settings": _settings,
    "warnings": _warnings,
    "commands": _commands,
    "words": _words,
}


# Directives


class ReferenceTable(SphinxDirective):
    """Show one of TABLES; every row can be linked to as ``TABLE-NAME``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        name = self.arguments[0]
        made = TABLES[name]()
        group = nodes.tgroup(cols=len(made.widths))
        group += [nodes.colspec(colwidth=width) for width in made.widths]
        group += nodes.thead("", self._row(made.headings))
        group += nodes.tbody("", *(self._named(name, row) for row in made.rows))
        return [nodes.table("", group, classes=["reference", "colwidths-given"])]

    def _named(self, table: str, cells: tuple[str, ...]) -> nodes.row:
        row = self._row(cells)
        for word in re.findall(r"``(.*?)``", cells[0]):
            anchor = nodes.make_id(f"{table}-{word}")
            next(row.findall(nodes.paragraph)).insert(0, nodes.target("", "", ids=[anchor]))
        return row

    def _row(self, cells: tuple[str, ...]) -> nodes.row:
        return nodes.row(
            "", *(nodes.entry("", *self.parse_text_to_nodes(cell)) for cell in cells)
        )


class ScheduleFacts(SphinxDirective):
    """Show aliases, keys and source of one of SCHEDULES."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a list of names and values."""
        schedule = SCHEDULES[self.arguments[0]]
        keys = [OPTION_KEYS[option] for option in schedule.options]
        if "chunks" in keys:
            keys.insert(keys.index("chunks") + 1, "stages")
        facts = {
            "Name": f"``{self.arguments[0]}``",
            "Aliases": _code(schedule.aliases) or "none",
            "Keys": _code(["devices", "microbatches", *keys, "costs", "style"]),
            "Source": schedule.source,
        }
        lines = [f":{word}: {text}" for word, text in facts.items()]
        listed = self.parse_text_to_nodes("\n".join(lines))
        listed[0]["classes"].append("facts")
        return listed


class CommandHelp(SphinxDirective):
    """Show what every command takes."""

    def run(self) -> list[nodes.Node]:
        """Return a title and a text for each command."""
        shown: list[nodes.Node] = []
        for name, text in helps().items():
            title = self.parse_text_to_nodes(f"``sphinx-pipeviz {name}``")
            shown += [*title, nodes.literal_block(text, text, language="none")]
        return shown


def helps() -> dict[str, str]:
    """Return what ``--help`` prints: command -> text, 79 characters wide."""
    found = {}
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"sphinx-pipeviz {name}")
        fill(parser, command)
        parser.formatter_class = partial(argparse.RawDescriptionHelpFormatter, width=79)
        found[name] = parser.format_help()
    return found


class Swatch(SphinxRole):
    """Show a colour's code, in HTML with a spot of the colour."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the spot and the code."""
        colour = nodes.unescape(self.text)
        spot = f'<span class="swatch" style="background: {colour}"></span>'
        return [nodes.raw("", spot, format="html"), nodes.literal(colour, colour)], []


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives and the role."""
    app.add_directive("reference-table", ReferenceTable)
    app.add_directive("schedule-facts", ScheduleFacts)
    app.add_directive("command-help", CommandHelp)
    app.add_role("swatch", Swatch())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
