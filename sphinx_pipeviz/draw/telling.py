"""Tasks -> words: what pointers, focus and screen readers are told of a task."""

from __future__ import annotations

from collections.abc import Callable

from sphinx_pipeviz.draw.legend import WORDS
from sphinx_pipeviz.draw.scene import Panel, Task
from sphinx_pipeviz.languages import say


def teller(panel: Panel, language: str) -> Callable[[Task], str]:
    """Return what puts a task in words: ``Forward 3, stage 2, Device 2, 4 to 5``.

    Stages are told only where they are not the devices.
    """
    names = [printable(name) for name in panel.names]
    found = (task for boxes in panel.tasks for task in boxes.tasks)
    staged = any(task.op.stage not in (None, task.device) for task in found)

    def tell(task: Task) -> str:
        word = printable(task.op.name) or say(language, WORDS[task.op.kind])
        what = word if task.microbatch is None else f"{word} {task.microbatch}"
        told = [what, names[task.device], _span(task, language)]
        if staged and task.stage is not None:
            told.insert(1, say(language, "stage {number}", number=task.stage))
        return ", ".join(told)

    return tell


def _span(task: Task, language: str) -> str:
    start, end = f"{task.start:.6g}", f"{task.end:.6g}"
    return say(language, "{start} to {end}", start=start, end=end)


def printable(text: str) -> str:
    """Return a text without characters that print nothing."""
    return "".join(character for character in text if character.isprintable())
