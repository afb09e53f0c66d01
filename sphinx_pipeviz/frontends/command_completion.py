"""The command ``completion``: its arguments -> a script that completes them in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from sphinx_pipeviz.draw.style import STYLES
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.readers import READERS
from sphinx_pipeviz.schedules import SCHEDULES

SHELLS = ("bash", "zsh", "fish")
#: What stands for a value in --help -> what a shell offers for it.
_PATHS = {"FILE": "FILE", "OUT": "FILE", "FOLDER": "DIRECTORY"}
_NAMES = " ".join(SCHEDULES)
#: A schedule's name, or a file.
_NAMED: dict[str, Any] = {
    "bash": "_pipeviz_names",
    "zsh": "_pipeviz_names",
    "fish": f"{_NAMES} (__fish_complete_path (commandline -ct))",
    "preamble": {
        "bash": f"_pipeviz_names() {{ compgen -W '{_NAMES}' -- $1; compgen -f -- $1; }}",
        "zsh": f"_pipeviz_names() {{ compadd {_NAMES}; _files }}",
    },
}
#: Arguments that may be other words too, and those that are offered.
_WORDS: dict[str, tuple[str, ...]] = {
    "style": tuple(STYLES),
    "source": ("yaml", *READERS),
}


def takes_shell(command: argparse.ArgumentParser) -> None:
    """Let a command take the name of a shell."""
    command.add_argument("shell", choices=SHELLS, help="the shell that the script is for")


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return a script that completes what the parser takes.

    Raises:
        SpecError: The package that writes it is not installed.
    """
    try:
        import shtab  # noqa: PLC0415  (optional)
    except ImportError:
        message = "completion needs the package shtab"
        hint = "pip install shtab, or sphinx-pipeviz[completion]"
        raise SpecError(message, hint=hint) from None
    for action in _actions(parser):
        if action.choices is None:
            action.choices = _WORDS.get(action.dest)
        if action.metavar == "NAME":
            action.complete = _NAMED
        elif isinstance(action.metavar, str) and action.metavar in _PATHS:
            action.complete = getattr(shtab, _PATHS[action.metavar])
    text: str = shtab.complete(parser, shell)
    return text


def _actions(parser: argparse.ArgumentParser) -> Iterator[Any]:
    """Yield what a parser and its commands take."""
    for action in parser._actions:  # noqa: SLF001  (there is no other way to them)
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from _actions(command)
