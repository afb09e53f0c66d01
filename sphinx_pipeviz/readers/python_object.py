"""``package.module:callable`` -> Spec, Plan or Timeline, by running the user's code."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from sphinx_pipeviz.errors import Location, Marks, PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.ops import one_line
from sphinx_pipeviz.readers.returned_value import (
    Source,
    plan_from_object,
    read_returned_text,
)
from sphinx_pipeviz.spec import Spec

#: Characters of an exception's text in a message.
LONGEST = 200
_OWN = Path(__file__).parents[1]
_INSTALLED = tuple(
    Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_PATH = ("python",)


def read_object(
    name: str,
    location: Location | None = None,
    arguments: Mapping[str, Any] | None = None,
    *,
    read: Callable[[str], Source] = read_returned_text,
) -> Source:
    """Return the schedule that Python code makes.

    The module is imported as any other: from ``sys.path``, which a ``conf.py`` may
    extend, and once in a process, so a change shows in the next build. What is named is
    called if it can be, else taken as it is.

    Args:
        name: ``package.module:callable``; the part after the colon may have dots.
        location: Where the name is written.
        arguments: Keyword arguments of the call.
        read: How to read text, if the code returns text.

    Raises:
        SpecError: There is no such code, or it fails, or returns no schedule.
        PlanError: It returns an order or timeline that is not legal.
    """
    try:
        with _running(name):
            found = _find(*_parted(name))
            _check_arguments(found, name, arguments or {})
            value = found(**(arguments or {})) if callable(found) else found
            source = plan_from_object(value, read)
    except PipevizError as error:
        inner = f"{error.location}: {error.message}" if error.location else error.message
        here = error.path == _PATH
        message = inner if here else f"{name} gives what cannot be drawn: {inner}"
        raise type(error)(message, location, error.hint, path=_PATH) from error.__cause__
    if isinstance(source, Spec):
        marks = Marks({(): location} if location else {})
        return msgspec.structs.replace(source, marks=marks)
    return source


@contextmanager
def _running(name: str) -> Iterator[None]:
    """Turn whatever the user's code raises into a message, even a call of ``exit``."""
    try:
        yield
    except (PipevizError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit is no Exception
        place = _place(error)
        message = f"{name} raised {_told(error)}" + (f" (in {place})" if place else "")
        raise SpecError(message, path=_PATH) from error


def modules_of(name: str) -> list[Path]:
    """Return the files of an object's module and of what it imports, but for what is installed.

    Args:
        name: As for ``read_object``, which has imported it.
    """
    found: dict[str, Path] = {}
    left = [name.partition(":")[0].strip()]
    while left:
        module = sys.modules.get(left.pop())
        file = getattr(module, "__file__", None)
        if not module or not file or module.__name__ in found:
            continue
        if not found or not _is_installed(Path(file)):
            found[module.__name__] = Path(file)
            left += _imports(module, Path(file))
    return list(found.values())


def _imports(module: ModuleType, file: Path) -> Iterator[str]:
    """Yield the names of modules, and some others, that a module imports."""
    package = module.__package__ or ""
    yield package
    try:
        nodes = [*ast.walk(ast.parse(file.read_bytes()))]
    except (OSError, SyntaxError, ValueError):  # compiled, or not what was imported
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            with suppress(ImportError):  # where it is not run
                base = importlib.util.resolve_name(start, package)
                yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _is_installed(file: Path) -> bool:
    return any(file.is_relative_to(folder) for folder in (_OWN, *_INSTALLED))


def _told(error: BaseException) -> str:
    """Return an exception's type and text in one line."""
    try:
        text = one_line(str(error), LONGEST)
    except Exception:  # noqa: BLE001  (an exception of the user may fail to say what it is)
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException) -> str:
    """Return ``file:line`` of the user's code that failed, as far as known."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
    ]
    outside = [at for at in frames if not at[0].is_relative_to(_OWN)]
    users = [at for at in outside if not _is_installed(at[0])]
    # An installed package's own schedule is the user's code, too.
    found = (users or outside)[-1:]
    return "".join(f"{path}:{line}" for path, line in found)


def _parted(name: str) -> tuple[str, list[str]]:
    """Part a name into the module and the attributes."""
    module, _, attributes = name.partition(":")
    words = [*module.split("."), *attributes.split(".")]
    if all(word.isidentifier() for word in words):
        return module, attributes.split(".")
    message = f"python must be package.module:callable, not '{one_line(name, 80)}'"
    hint = None
    if ":" not in name and "." in module and all(w.isidentifier() for w in module.split(".")):
        hint = f"did you mean '{':'.join(module.rsplit('.', 1))}'?"
    raise SpecError(message, hint=hint, path=_PATH)


def _find(module: str, attributes: list[str]) -> Any:
    found: Any = _imported(module)
    for name in attributes:
        try:
            found = getattr(found, name)
        except AttributeError:
            kind = "module" if isinstance(found, ModuleType) else "object"
            holder = getattr(found, "__name__", type(found).__name__)
            hint = did_you_mean(name, [known for known in dir(found) if known[0] != "_"])
            message = f"the {kind} {holder} has no '{name}'"
            raise SpecError(message, hint=hint, path=_PATH) from None
    return found


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module == missing or module.startswith(f"{missing}."):
            message = f"there is no module '{missing}'"
        else:
            message = f"{module} imports the module '{missing}', which is missing"
        hint = "it must be importable: install it, or add its folder to sys.path in conf.py"
        raise SpecError(message, hint=hint, path=_PATH) from error


def _check_arguments(found: Any, name: str, arguments: Mapping[str, Any]) -> None:
    """Check that what is named can be called with the arguments."""
    if not callable(found):
        if arguments:
            raise SpecError(f"{name} cannot be called, so it takes no arguments", path=_PATH)
        return
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # some built-ins do not say
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        given = "with these arguments" if arguments else "without arguments"
        message = f"{name} cannot be called {given}: {error}"
        raise SpecError(message, path=_PATH) from None
