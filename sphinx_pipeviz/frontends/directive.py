"""The ``pipeline-schedule`` directive: text -> a node that holds a checked Spec."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives, states
from docutils.parsers.rst.directives import images
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.errors import Location, Marks, PipevizError, SpecError, did_you_mean
from sphinx_pipeviz.frontends.failures import report, tell, unexpected
from sphinx_pipeviz.frontends.folders import note_folder
from sphinx_pipeviz.frontends.places import at_directive, at_option, in_body, option_line
from sphinx_pipeviz.frontends.settings import WAYS
from sphinx_pipeviz.frontends.widths import fitted
from sphinx_pipeviz.load import Access, load
from sphinx_pipeviz.readers import YAML, recognised
from sphinx_pipeviz.readers.text_file import read_file, read_head
from sphinx_pipeviz.readers.yaml_spec import ORDERS, read_spec
from sphinx_pipeviz.readers.yaml_tree import Tree, parse_tree
from sphinx_pipeviz.remarks import remarks
from sphinx_pipeviz.render import check
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES
from sphinx_pipeviz.spec import KEYS, Spec

#: Keys of a spec that are short enough to be options.
SPEC_OPTIONS = (
    "schedule",
    "devices",
    "microbatches",
    "chunks",
    "stages",
    "microbatch-group-size",
    "sequence-chunks",
    "waves",
    "memory-limit",
    "iterations",
    "backward",
    "order",
    "variant",
    "place",
    "recompute",
    "all-reduce",
    "optimizer",
    "transfers",
    "costs",
    "style",
    "file",
    "format",
    "pattern",
    "rank",
    "python",
    "title",
    "labels",
    "rows",
    "axis",
    "unit",
    "legend",
    "from",
    "to",
    "color-by",
    "overlap",
    "lanes",
    "phases",
    "bubble",
    "flush",
    "arrows",
    "follow",
    "critical-path",
    "memory",
)
FIGURE_OPTIONS = ("caption", "figwidth", "figclass", "figname")
PICTURE_OPTIONS: dict[str, Callable[[str], Any]] = {
    **(images.Figure.option_spec or {}),
    "caption": directives.unchanged_required,
    "figname": directives.unchanged,  # docutils before 0.22 lacks it
    "embed": lambda text: directives.choice(text, WAYS),
}


def _about_file(name: str) -> str:
    """Return what to do about a file that is not there."""
    if "\n" in name or ": " in name:
        return "leave an empty line between the directive and its body"
    if name.strip().lower() in {*SCHEDULES, *ALIASES}:
        return f"for the schedule of this name, write the option :schedule: {name.strip()}"
    return "paths are relative to the page, or to the source folder with a leading /"


DASHES = "in Markdown a body must not start with ---, which starts options"


def _advice(key: str, block: str) -> str:
    """Return what to do about an option that does not exist."""
    if key in KEYS:
        return f"write '{key}' in the body, below an empty line; {DASHES}"
    known = sorted([*PICTURE_OPTIONS, *SPEC_OPTIONS])
    otherwise = DASHES if _starts_with_dashes(block) else f"known: {', '.join(known)}"
    return did_you_mean(key, known) or otherwise


def _starts_with_dashes(block: str) -> bool:
    return any(line.startswith("---") for line in block.splitlines()[:2])


class PipelinePicture(nodes.General, nodes.Inline, nodes.Element):
    """Where a picture goes; holds a Spec and an image's attributes until it is known
    which file the builder wants."""


class _AnyOption(dict[str, Callable[[str], Any]]):
    """Lets every option through as text: ``run`` checks them all, with their lines."""

    def __missing__(self, key: str) -> Callable[[str], Any]:
        return directives.unchanged


class PipelineSchedule(SphinxDirective):
    """Draw the pipeline schedule that the body, or a file, describes."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = _AnyOption(
        dict.fromkeys((*PICTURE_OPTIONS, *SPEC_OPTIONS), directives.unchanged)
    )

    def run(self) -> list[nodes.Node]:
        """Return a figure or picture, or an error box."""
        try:
            options = self._picture_options()
            return self._nodes(self._spec(), options)
        except PipevizError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            return self._failed(unexpected(error))

    def _failed(self, error: PipevizError) -> list[nodes.Node]:
        if error.location is None:
            error.location = at_directive(self)
        return [report(self.env, error, self.block_text)]

    # Reading

    def _spec(self) -> Spec:
        options = self._spec_options()
        if self.arguments and any(line.strip() for line in self.content):
            message = "the schedule is given both as a file and in the body"
            raise SpecError(message, in_body(self, 0), "keep one of them")
        argument = " ".join(self.arguments)
        if argument and not self._is_yaml(argument, options):
            place = at_directive(self)
            given = Tree(
                {"file": argument, **options.data}, Marks(options.marks | {("file",): place})
            )
            spec = read_spec("", lambda _: place, given)
        else:
            text, locate = self._file(argument) if argument else self._body(options)
            spec = read_spec(text, locate, options if options.data else None)
        return load(spec, self._access())

    def _body(self, options: Tree) -> tuple[str, Callable[[int], Location]]:
        text = "\n".join(self.content)
        if not (text.strip() or options.data) and _starts_with_dashes(self.block_text):
            raise SpecError("there is no schedule here", at_directive(self), DASHES)
        return text, lambda line: in_body(self, line)

    def _access(self) -> Access:
        """Return what the keys ``file`` and ``python`` may reach, and note what they do."""
        _, page = self.env.relfn2path("page")

        def note(path: Path) -> None:
            if path.is_dir():
                note_folder(self.env, path)
            else:
                self.env.note_dependency(os.path.relpath(path, self.env.srcdir))

        return Access(
            Path(page).parent,
            root=Path(self.env.srcdir),
            note=note,
            python=self.config.pipeviz_allow_python,
        )

    def _is_yaml(self, name: str, options: Tree) -> bool:
        """Return whether a file is, or where it is not there should be, YAML."""
        path = self._access().place(name.strip())
        if options.data.get("format") not in (None, "yaml") or path.is_dir():
            return False
        if name.strip().endswith(YAML) or not path.is_file():
            return not re.search(r"[*?\[]", name)
        with contextlib.suppress(OSError, ValueError):
            return recognised([read_head(path, name.strip())]) == "yaml"
        return True

    def _file(self, name: str) -> tuple[str, Callable[[int], Location]]:
        path = self._access().place(name.strip())
        self._access().note(path)
        place = at_directive(self)
        try:
            text = read_file(path, str(path))
        except FileNotFoundError:
            message = f"there is no file '{' '.join(name.split())[:60]}'"
            raise SpecError(message, place, _about_file(name)) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SpecError(f"'{name}' cannot be read: {reason}", place) from None
        return text, lambda line: Location(str(path), line + 1)

    def _spec_options(self) -> Tree:
        """Return the keys that were given as options, as if written in YAML."""
        data, marks = {}, Marks({(): at_directive(self)})
        for key in SPEC_OPTIONS:
            if key in self.options:
                place = at_option(self, key)
                if key == "order" and self.options[key].strip() not in ORDERS:
                    message = f"the option 'order' is {' or '.join(ORDERS)}"
                    raise SpecError(message, place, _advice(key, self.block_text))
                tree = parse_tree(self.options[key], lambda _, place=place: place)  # type: ignore[misc]
                data[key] = tree.data
                marks.update({(key, *path): place for path in tree.marks})
        return Tree(data, marks)

    def _picture_options(self) -> dict[str, Any]:
        """Return the converted image and figure options.

        Raises:
            SpecError: An option is unknown or its value does not fit.
        """
        given = {key: text for key, text in self.options.items() if key not in SPEC_OPTIONS}
        return {key: self._converted(key, text or "") for key, text in given.items()}

    def _converted(self, key: str, text: str) -> Any:
        if key not in PICTURE_OPTIONS:
            hint = _advice(key, self.block_text)
            raise SpecError(f"there is no option '{key}'", at_option(self, key), hint)
        if not text and key != "alt":
            raise SpecError(f"the option '{key}' needs a value", at_option(self, key))
        convert = self._align if key == "align" else PICTURE_OPTIONS[key]
        try:
            return convert(text)
        except (ValueError, TypeError) as error:
            message = f"the option '{key}' cannot be '{text}'"
            hint = " ".join(str(error).split())
            raise SpecError(message, at_option(self, key), hint) from None

    def _align(self, text: str) -> str:
        """Return how to align: a picture in a line of text has other ways than a block."""
        inline = isinstance(self.state, states.SubstitutionDef)
        ways = images.Image.align_v_values if inline else images.Image.align_h_values
        return str(directives.choice(text, ways))

    # Nodes

    def _nodes(self, spec: Spec, options: dict[str, Any]) -> list[nodes.Node]:
        told = check(spec, self.config.pipeviz_style, self.config.pipeviz_max_ops)
        for found in remarks(spec, self.config.pipeviz_style, self.config.pipeviz_max_ops):
            tell(self.env, found, at_directive(self))
        options.setdefault("alt", told)
        figure_options = {key: options.pop(key) for key in FIGURE_OPTIONS if key in options}
        if not figure_options:
            name = options.pop("name", None)
            return self._picture(spec, options, name)
        align, name = options.pop("align", None), options.pop("name", None)
        *messages, picture = self._picture(spec, options, None)
        figure = nodes.figure("", picture)
        self.set_source_info(figure)
        self._dress(figure, figure_options, align, options.get("width"))
        self._name(figure, name, figure_options.get("figname"))
        return [*messages, figure]

    def _picture(
        self, spec: Spec, options: dict[str, Any], name: str | None
    ) -> list[nodes.Node]:
        """Let docutils make an image of the options, and put our node in its place."""
        *messages, outer = images.Image(
            self.name,
            ["pipeviz"],
            options,
            self.content,
            self.lineno,
            self.content_offset,
            self.block_text,
            self.state,
            self.state_machine,
        ).run()
        image = next(iter(outer.findall(nodes.image)))
        picture = PipelinePicture(self.block_text, **image.attributes)
        picture["spec"] = fitted(spec, image.get("width")).without_marks()
        del picture["uri"]
        self.set_source_info(picture)
        self._name(picture, name)
        if outer is image:
            return [*messages, picture]
        image.replace_self(picture)
        return [*messages, outer]

    def _dress(
        self,
        figure: nodes.figure,
        options: dict[str, Any],
        align: str | None,
        width: str | None,
    ) -> None:
        if align:
            figure["align"] = align
        if figwidth := options.get("figwidth"):
            # the word "image" stays where only drawing tells how wide the image is
            figure["width"] = width or figwidth if figwidth == "image" else figwidth
        figure["classes"] += options.get("figclass", [])
        if text := options.get("caption"):
            inline, messages = self.parse_inline(text, lineno=option_line(self, "caption"))
            caption = nodes.caption(text, "", *inline)
            place = at_option(self, "caption")
            caption.source, caption.line = place.source, place.line
            figure += [caption, *messages]

    def _name(self, node: nodes.Element, *names: str | None) -> None:
        known = [nodes.fully_normalize_name(name) for name in names if name]
        if known:
            node["names"] += dict.fromkeys(known)
            self.state.document.note_explicit_target(node, node)
