"""Which tasks and rows the links of a picture are on."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_pipeviz.draw.scene import Task
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.links import check_link
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Op
from sphinx_pipeviz.picture import Link, Picture


def is_of_row(link: Link) -> bool:
    """Tell whether a link is on the name of a row, and not on tasks."""
    return (link.kind, link.microbatch, link.stage) == (None, None, None)


def link_of_task(links: Sequence[Link], task: Task) -> int | None:
    """Return which link a task has: the first that names it."""
    found = (
        index
        for index, link in enumerate(links)
        if not is_of_row(link)
        and link.device in (None, task.device)
        and link.microbatch in (None, task.microbatch)
        and _names(link, task.op)
    )
    return next(found, None)


def link_of_row(links: Sequence[Link], device: int) -> int | None:
    """Return which link the name of a row has."""
    found = (
        index
        for index, link in enumerate(links)
        if is_of_row(link) and link.device in (None, device)
    )
    return next(found, None)


def _names(link: Link, op: Op) -> bool:
    """Tell whether an op has the kind and the stage of a link."""
    return link.kind in (None, op.kind.value) and link.stage in (None, op.stage)


def check_links(timeline: Timeline, picture: Picture, style: Style) -> None:
    """Check that what links are on is there, and that they lead to a safe place.

    Raises:
        StyleError: A device or a task is not there.
        SpecError: A link leads nowhere that it may lead to.
    """
    shift = 0 if timeline.as_written else style.first
    for index, link in enumerate(picture.links or ()):
        path = ("links", index)
        check_link(link, path)
        device = link.device
        if device is not None and device >= timeline.devices:
            message = f"there is no device {device}; they are 0 to {timeline.devices - 1}"
            raise StyleError(message, path=(*path, "device"))
        if is_of_row(link) or _occurs(timeline, link, shift):
            continue
        raise StyleError("no task is as this link says", path=path)


def _occurs(timeline: Timeline, link: Link, shift: int) -> bool:
    """Tell whether there is a task that a link is on."""
    wanted = None if link.microbatch is None else link.microbatch - shift
    beside = ((lane.device, lane.runs) for lane in timeline.lanes)
    return any(
        _names(link, op) and wanted in (None, timeline.microbatch(op))
        for device, runs in (*enumerate(timeline.rows), *beside)
        if link.device in (None, device)
        for run in runs
        for op in run.slot.ops
    )
