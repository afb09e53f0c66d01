"""Which tasks and rows the links of a picture are on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sphinx_pipeviz.draw.scene import Task
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.links import check_link
from sphinx_pipeviz.model import Timeline
from sphinx_pipeviz.ops import Op
from sphinx_pipeviz.picture import Link, Picture

#: Device, stage, kind and microbatch of a task; None is any.
Wanted = tuple[int | None, int | None, str | None, int | None]


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
    links = picture.links or []
    missing = _missing(timeline, {_wanted(link, shift) for link in links}) if links else set()
    for index, link in enumerate(links):
        path = ("links", index)
        check_link(link, path)
        device = link.device
        if device is not None and device >= timeline.devices:
            message = f"there is no device {device}; they are 0 to {timeline.devices - 1}"
            raise StyleError(message, path=(*path, "device"))
        if not is_of_row(link) and _wanted(link, shift) in missing:
            raise StyleError("no task is as this link says", path=path)


def _wanted(link: Link, shift: int) -> Wanted:
    number = None if link.microbatch is None else link.microbatch - shift
    return link.device, link.stage, link.kind, number


def _missing(timeline: Timeline, wanted: set[Wanted]) -> set[Wanted]:
    """Return those of the wanted tasks that there are not, in one pass for all of them."""
    left: dict[tuple[bool, ...], set[Wanted]] = defaultdict(set)
    for each in wanted:
        left[tuple(value is not None for value in each)].add(each)
    beside = ((lane.device, lane.runs) for lane in timeline.lanes)
    for device, runs in (*enumerate(timeline.rows), *beside):
        for op in (op for run in runs for op in run.slot.ops):
            known = (device, op.stage, op.kind.value, timeline.microbatch(op))
            for asked, those in left.items():
                those.discard(
                    tuple(v if ask else None for v, ask in zip(known, asked, strict=True))
                )
    return set().union(*left.values())
