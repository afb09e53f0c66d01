"""The table of readers: a format, and the function that reads it."""

from __future__ import annotations

from collections.abc import Callable

from sphinx_pipeviz.errors import Location, SpecError
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.spec import Spec

READERS: dict[str, Callable[[str, Callable[[int], Location]], Spec]] = {
    "yaml": read_spec,
}


def read_text(text: str | bytes, format: str = "yaml", source: str | None = None) -> Spec:
    """Turn text into a Spec.

    Args:
        text: What a user wrote.
        format: A key of READERS.
        source: Name of the file it comes from, for messages.

    Raises:
        SpecError: The format is unknown or the text does not follow it.
    """
    if not isinstance(text, str):
        message = f"the text must be str, not {type(text).__name__}"
        raise SpecError(message, hint="decode bytes as UTF-8 first")
    if format not in READERS:
        message = f"there is no format '{format}'"
        raise SpecError(message, hint=f"known: {', '.join(READERS)}")
    return READERS[format](text, lambda line: Location(source, line + 1))
