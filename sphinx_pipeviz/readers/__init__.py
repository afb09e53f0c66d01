"""The table of readers: a format, and the functions that know and read it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx_pipeviz.errors import Location, PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.model import Plan, Timeline
from sphinx_pipeviz.readers.json_text import HEAD, parse_json
from sphinx_pipeviz.readers.text_file import LARGEST, LARGEST_TRACE, ReadOptions, TextFile
from sphinx_pipeviz.readers.yaml_spec import SOURCES, read_spec
from sphinx_pipeviz.spec import Spec


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table.

    Args:
        file: The file of this package that knows it, imported when it is needed: it has
            the functions ``read_FILE`` and ``looks_like_FILE``.
        summary: What it is, one line.
        aliases: Other names.
        suffixes: Of the files, in a folder.
        largest: Most bytes of a file.
        takes: Those of the keys ``pattern`` and ``rank`` that it has a use for.
    """

    file: str
    summary: str
    aliases: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".json", ".json.gz")
    largest: int = LARGEST
    takes: tuple[str, ...] = ()

    def read(self, files: Sequence[TextFile], options: ReadOptions) -> Plan | Timeline:
        """Return what files hold; several are the ranks of one run."""
        found: Plan | Timeline = self._function("read")(files, options)
        return found

    def recognise(self, file: TextFile) -> bool:
        """Tell whether a file looks like it, from its first characters."""
        return bool(self._function("looks_like")(file))

    def _function(self, name: str) -> Callable[..., Any]:
        module = importlib.import_module(f"sphinx_pipeviz.readers.{self.file}")
        function: Callable[..., Any] = getattr(module, f"{name}_{self.file}")
        return function


#: Formats besides YAML, those that are recognised most surely first.
READERS: dict[str, Format] = {
    "torch-trace": Format(
        "torch_trace",
        "traces of PyTorch's profiler, one file per rank",
        aliases=("kineto", "pytorch-trace"),
        largest=LARGEST_TRACE,
        takes=("rank",),
    ),
    "chrome-trace": Format(
        "chrome_trace",
        "Chrome trace events of any program",
        aliases=("chrome", "trace"),
        largest=LARGEST_TRACE,
        takes=("pattern",),
    ),
    "megatron-timers": Format(
        "megatron_timers",
        "dumps of Megatron-LM's timers, one file per rank",
        aliases=("megatron", "victarry"),
        takes=("rank",),
    ),
    "primus": Format(
        "primus_dump",
        "dumps of Primus' pp_vis: config.json and a file per rank",
        aliases=("pp-vis",),
    ),
    "json": Format(
        "seed_json",
        "a written timeline as JSON",
        aliases=("seed-json", "seed"),
    ),
    "torch-csv": Format(
        "pytorch_csv",
        "PyTorch's CSV of an order, with or without communication",
        aliases=("csv", "pytorch-csv"),
        suffixes=(".csv",),
    ),
    "mermaid": Format(
        "mermaid_gantt",
        "a gantt chart of Mermaid, alone or in a page",
        aliases=("gantt",),
        suffixes=(".mmd", ".mermaid", ".md"),
    ),
    "sail-sg": Format(
        "sail_sg_text",
        "an order as sail-sg's zero-bubble code prints it",
        suffixes=(".txt",),
    ),
    "ascii": Format(
        "ascii_chart",
        "a chart of characters, one row per device",
        aliases=("chart",),
        suffixes=(".txt",),
    ),
}
ALIASES = {alias: name for name, row in READERS.items() for alias in row.aliases}
#: Suffixes of files that hold the YAML of a directive.
YAML = (".yaml", ".yml")
#: What a directive's YAML has in one of its first lines.
_KEY = re.compile(
    rf"(?:^|[{{,][ \t]*)[\"']?(?:{'|'.join(SOURCES)}|devices|microbatches|start_time)[\"']?:",
    re.MULTILINE,
)


def format_name(name: str, known: Sequence[str] = ("yaml", *READERS)) -> str:
    """Return the table's name for a format's name or alias.

    Args:
        name: What a user calls it.
        known: The names that are allowed.

    Raises:
        SpecError: There is no such format.
    """
    word = name.strip().lower().replace("_", "-")
    word = ALIASES.get(word, word)
    if word not in known:
        hint = did_you_mean(word, [*known, *ALIASES]) or f"known: {', '.join(known)}"
        raise SpecError(f"there is no format '{name[:40]}'", hint=hint, path=("format",))
    return word


def recognised(files: Sequence[TextFile]) -> str | None:
    """Return the name of the format that one of the files looks like, or None.

    A file that ends in .yaml or .yml is YAML; so is one that no reader knows but which
    has a key of a schedule.
    """
    if any(file.name.lower().endswith(YAML) for file in files):
        return "yaml"
    for name, row in READERS.items():
        if any(map(row.recognise, files)):
            return name
    return "yaml" if any(_KEY.search(file.text[:HEAD]) for file in files) else None


def unrecognised(file: TextFile, way: str) -> SpecError:
    """Return the error for a whole file whose format nobody knows.

    Args:
        file: What is nothing known; JSON that is broken is told as such.
        way: How to say the format, such as ``write format: with one of``.
    """
    place = Location(file.name, 1)
    if not file.text.strip():
        return SpecError("this file is empty", place)
    if file.text.lstrip()[:1] in tuple("{["):
        try:
            parse_json(file)
        except SpecError as error:
            error.location = (error.location or place).with_line()
            return error
    message = f"the format of '{Path(file.name).name[-60:]}' cannot be told from its content"
    return SpecError(message, place, f"{way} {', '.join(READERS)}")


def read_files(
    files: Sequence[TextFile], format: str, options: ReadOptions | None = None
) -> Plan | Timeline:
    """Turn files into the plan or timeline that they hold.

    Args:
        files: One file, or one per rank.
        format: A key of READERS.
        options: What else the reader needs to know.

    Raises:
        SpecError: A file does not follow the format, which may have no use for an option.
        PlanError: Its order or timeline is impossible.
    """
    row, options = READERS[format], options or ReadOptions()
    for key in ("pattern", "rank"):
        if getattr(options, key) is not None and key not in row.takes:
            fitting = ", ".join(name for name, other in READERS.items() if key in other.takes)
            message = f"'{key}' has no use for the format {format}"
            raise SpecError(message, hint=f"it goes with {fitting}", path=(key,))
    try:
        return row.read(files, options)
    except PipevizError as error:
        error.location = error.location and error.location.with_line()
        raise


def read_text(text: str | bytes, format: str = "yaml", source: str | None = None) -> Spec:
    """Turn text into a Spec; one in a format besides YAML holds what was read.

    Args:
        text: What a user wrote.
        format: ``yaml`` or a key of READERS.
        source: Name of the file it comes from, for messages.

    Raises:
        SpecError: The format is unknown or the text does not follow it.
        PlanError: Its order or timeline is impossible.
    """
    if not isinstance(text, str):
        message = f"the text must be str, not {type(text).__name__}"
        raise SpecError(message, hint="decode bytes as UTF-8 first")
    name = format_name(format)
    if name == "yaml":
        return read_spec(text, lambda line: Location(source, line + 1))
    return Spec(loaded=read_files([TextFile(source or "", text)], name))
