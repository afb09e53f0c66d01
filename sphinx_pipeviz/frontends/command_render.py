"""The command ``render``: files -> pictures beside them, in a file or in a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sphinx_pipeviz.errors import SpecError
from sphinx_pipeviz.frontends.command_input import WILD, about, read
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import draw

SUFFIXES = {".txt": "text", ".svg": "svg", ".pdf": "pdf", ".png": "png"}


def render(options: argparse.Namespace) -> int:
    """Draw each file."""
    out: Path | None = options.output
    if out is None or len(options.files) > 1 or out.is_dir():
        wanted = options.format or "svg"
        targets = [_in_folder(file, out, wanted) for file in options.files]
    else:
        wanted = _format_of(out, options.format)
        targets = [out]
    inputs = {Path(file).resolve() for file in options.files}
    for file, target in zip(options.files, targets, strict=True):
        if target.resolve() in inputs:
            message = f"the picture would be drawn over its own source '{target}'"
            raise SpecError(message, hint="name another file with --output")
        if targets.count(target) > 1:
            message = f"several files would be drawn into '{target}'"
            raise SpecError(message, hint="draw them one by one, or into several folders")
        style = {"base": options.style, "font": options.font}
        with about(file):
            source = read([file], options)
            data = draw(source, wanted, style, max_ops=options.max_ops)
        for remark in remarks(source, style, options.max_ops) if wanted != "text" else ():
            print(f"{file}: {remark.text}", file=sys.stderr)
        written = data if isinstance(data, bytes) else data.encode()
        if target == Path("-"):
            sys.stdout.buffer.write(written)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written)
        print(target)
    return 0


def _format_of(out: Path, asked: str | None) -> str:
    """Return the format that a file's suffix, or the option, asks for."""
    named = SUFFIXES.get(out.suffix.lower())
    if asked is not None and named not in (None, asked):
        message = f"'{out}' is named as {named}, but --format is {asked}"
        raise SpecError(message, hint="leave one of them out")
    if asked is None and named is None and out != Path("-"):
        message = f"cannot tell the format of '{out}'"
        raise SpecError(message, hint=f"end it in {', '.join(SUFFIXES)} or give --format")
    return asked or named or "svg"


def _in_folder(file: str, folder: Path | None, format: str) -> Path:
    """Return the file in ``folder``, or beside the input, that a picture goes to."""
    suffix = "txt" if format == "text" else format
    stem = Path(file).stem.removesuffix(".json")
    name = f"{'schedule' if file == '-' or WILD.search(stem) else stem}.{suffix}"
    return (Path(file).parent if folder is None else folder) / name
