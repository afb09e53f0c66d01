"""The command ``cache``: tell what a cache holds, check it, empty it and fill it."""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sphinx_pipeviz.cache import Cache, is_older, remove
from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.frontends.command_fill import MEGABYTE, amount, fill, say, size, takes_fill
from sphinx_pipeviz.frontends.notes import all_names, all_notes, is_at_work

#: Where a cache is looked for.
USUAL = (
    *("_build/doctrees/pipeviz", "_build/html/.doctrees/pipeviz"),
    *("docs/_build/doctrees/pipeviz", "docs/_build/html/.doctrees/pipeviz"),
    *("build/doctrees/pipeviz", "docs/build/doctrees/pipeviz", ".cache/pipeviz"),
)
DAY = 86_400


def takes_action(command: argparse.ArgumentParser) -> None:
    """Let a command take one of ACTIONS, each with options of its own."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, (_, summary, takes) in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary)
        action.set_defaults(action=name, parser=action)
        takes(action)


def cache(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    run, _, _ = ACTIONS[options.action]
    return run(options)


# What the actions take


def _takes_folder(action: argparse.ArgumentParser) -> None:
    told = f"the cache's folder; default: the first there is of {', '.join(USUAL)}"
    action.add_argument("--dir", type=Path, metavar="DIR", help=told)
    action.add_argument("--json", action="store_true", help="print JSON")


def _takes_info(action: argparse.ArgumentParser) -> None:
    _takes_folder(action)
    action.add_argument("--files", action="store_true", help="list the files, too")


def _takes_verify(action: argparse.ArgumentParser) -> None:
    _takes_folder(action)
    action.add_argument("--repair", action="store_true", help="remove damaged files")


def _takes_prune(action: argparse.ArgumentParser) -> None:
    _takes_folder(action)
    told = "remove what was drawn more than DAYS days ago"
    action.add_argument("--older-than", type=_number, metavar="DAYS", help=told)
    told = "remove the oldest until the others take at most MB megabytes"
    action.add_argument("--max-size", type=_number, metavar="MB", help=told)
    told = "remove what no build with the doctrees in DOCTREES shows; may be given again"
    action.add_argument(
        "--unused-by", type=Path, metavar="DOCTREES", action="append", default=[], help=told
    )
    action.add_argument("--dry-run", action="store_true", help="remove nothing, only tell")


def _number(text: str) -> float:
    """Return a number of at least 0.

    Raises:
        ArgumentTypeError: It is none, which is wrong usage.
    """
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        message = f"must be a number of at least 0, not '{text[:40]}'"
        raise argparse.ArgumentTypeError(message)
    return number


# What the actions do


def _info(options: argparse.Namespace) -> int:
    kept = _find(options.dir)
    files = [_row(path, state) for path, state in _states(kept.pictures()).items()]
    found = {"dir": str(kept.folder), **_summary(files), "unfinished": len(kept.parts())}
    if options.files:
        found["files"] = files
    lines = [_told(found)]
    if options.files:
        lines += [f"{row['drawn'][:10]} {row['bytes']:>9,} {row['name']}" for row in files]
    return say(options, found, lines)


def _states(paths: Iterable[Path]) -> dict[Path, os.stat_result]:
    """Return the size and age of the files that are there: others may remove some."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path] = path.stat()
    return found


def _row(path: Path, state: os.stat_result) -> dict[str, Any]:
    drawn = datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds")
    return {"name": path.name, "bytes": state.st_size, "drawn": drawn}


def _summary(files: list[dict[str, Any]]) -> dict[str, Any]:
    drawn = sorted(row["drawn"] for row in files)
    kinds = Counter(row["name"].rpartition(".")[2] for row in files)
    return {
        "pictures": len(files),
        "bytes": sum(row["bytes"] for row in files),
        "oldest": drawn[0] if drawn else None,
        "newest": drawn[-1] if drawn else None,
        "formats": dict(sorted(kinds.items())),
    }


def _told(found: dict[str, Any]) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in found["formats"].items())
    several = f" ({kinds}), drawn {_dates(found)}" if found["pictures"] else ""
    also = f"; {found['unfinished']} unfinished" if found["unfinished"] else ""
    return f"{found['dir']}: {amount(found['pictures'], found['bytes'])}{several}{also}"


def _dates(found: dict[str, Any]) -> str:
    return " to ".join(dict.fromkeys((found["oldest"][:10], found["newest"][:10])))


def _verify(options: argparse.Namespace) -> int:
    kept = _find(options.dir)
    pictures = kept.pictures()
    damaged = [path for path in pictures if not _is_whole(path)]
    gone = remove(damaged) if options.repair else []
    names = [path.name for path in damaged]
    end = ", removed" if gone else ""
    found = {"dir": str(kept.folder), "pictures": len(pictures), "damaged": names}
    found["removed"] = len(gone)
    lines = [f"{path}: damaged" for path in damaged]
    lines.append(f"{kept.folder}: {amount(len(pictures))}, {len(names)} damaged{end}")
    say(options, found, lines)
    return 1 if len(gone) < len(damaged) else 0


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return not os.path.lexists(path)  # another process may have removed it
    try:
        return Cache.is_whole(path)
    except OSError:
        return False


def _prune(options: argparse.Namespace) -> int:
    if options.older_than is None and options.max_size is None and not options.unused_by:
        options.parser.error("say what to remove: --older-than, --max-size or --unused-by")
    kept = _find(options.dir)
    pictures = kept.pictures()
    chosen = _chosen(options, pictures)
    stopped = [part for part in kept.parts() if is_older(part, time.time() - DAY)]
    return _removed(options, kept, pictures, [*chosen, *stopped])


def _chosen(options: argparse.Namespace, pictures: list[Path]) -> list[Path]:
    """Return the pictures that any of the options asks to remove."""
    chosen = set()
    if options.older_than is not None:
        moment = time.time() - options.older_than * DAY
        chosen |= {path for path in pictures if is_older(path, moment)}
    if options.unused_by:
        used = set().union(*(_shown(doctrees) for doctrees in options.unused_by))
        chosen |= {path for path in pictures if path.name not in used}
    if options.max_size is not None:
        rest = [path for path in pictures if path not in chosen]
        chosen |= set(_beyond(rest, options.max_size * MEGABYTE))
    return sorted(chosen)


def _shown(doctrees: Path) -> set[str]:
    """Return what the builds with a folder of doctrees show.

    Raises:
        SpecError: No build has noted that there, or one is about to.
    """
    found = all_notes(doctrees)
    if not found:
        message = f"no build has noted in '{doctrees}' which pictures it shows"
        raise SpecError(message, hint="name the folder of the doctrees, sphinx-build's -d")
    if any(is_at_work(file, notes) for file, notes in found.items()):
        message = f"a build with the doctrees in '{doctrees}' is at work, or was stopped"
        raise SpecError(message, hint="prune after a build that came to its end")
    return all_names(doctrees)


def _beyond(paths: Iterable[Path], most: float) -> list[Path]:
    """Return the files that are too many, when the newest may take so many bytes."""
    beyond, total = [], 0
    states = _states(paths)
    for path in sorted(states, key=lambda path: states[path].st_mtime, reverse=True):
        total += states[path].st_size
        if total > most:
            beyond.append(path)
    return beyond


def _clear(options: argparse.Namespace) -> int:
    kept = _find(options.dir)
    pictures = kept.pictures()
    return _removed(options, kept, pictures, [*pictures, *kept.parts()])


def _removed(
    options: argparse.Namespace, kept: Cache, pictures: list[Path], chosen: list[Path]
) -> int:
    """Remove files and empty folders and tell what went; files of others stay."""
    states = _states(chosen)
    dry = getattr(options, "dry_run", False)
    went = chosen if dry else remove(chosen)
    for folder in {path.parent for path in went}:
        if not dry:
            with contextlib.suppress(OSError):
                folder.rmdir()
    gone = [path for path in went if path in pictures]
    saved = sum(states[path].st_size for path in gone if path in states)
    found = {"dir": str(kept.folder), "pictures": len(pictures), "removed": len(gone)}
    found["bytes"] = saved
    word = "would remove" if dry else "removed"
    line = f"{kept.folder}: {word} {len(gone)} of {amount(len(pictures))}, {size(saved)}"
    return say(options, found, [line])


# What all of them do


def _find(asked: Path | None) -> Cache:
    """Return the cache that was named, or the first one that is where caches usually are.

    Raises:
        SpecError: There is none.
    """
    if asked is None:
        found = next((Path(name) for name in USUAL if Path(name).is_dir()), None)
        if found is None:
            message = "there is no cache in the usual folders below this one"
            raise SpecError(message, hint="name its folder with --dir")
        return Cache(found)
    if not asked.is_dir():
        raise SpecError(f"there is no folder '{asked}'")
    return Cache(asked)


Run = Callable[[argparse.Namespace], int]
Takes = Callable[[argparse.ArgumentParser], None]

ACTIONS: dict[str, tuple[Run, str, Takes]] = {
    "info": (_info, "Tell what a cache holds.", _takes_info),
    "verify": (_verify, "Check that every file is whole.", _takes_verify),
    "prune": (_prune, "Remove pictures by age, size or use.", _takes_prune),
    "clear": (_clear, "Remove all pictures.", _takes_folder),
    "fill": (fill, "Draw all pictures of a documentation that uses Sphinx.", takes_fill),
}
