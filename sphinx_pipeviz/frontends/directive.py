"""The ``pipeline-schedule`` directive: text -> a node that holds a checked Spec."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives, states
from docutils.parsers.rst.directives import images
from sphinx.util.docutils import SphinxDirective

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.errors import Location, Marks, PipevizError, Remark, SpecError
from sphinx_pipeviz.frontends import steps
from sphinx_pipeviz.frontends.cross_links import waiting_links
from sphinx_pipeviz.frontends.directive_options import (
    DASHES,
    FIGURE_OPTIONS,
    PICTURE_OPTIONS,
    SPEC_OPTIONS,
    AnyOption,
    about_file,
    picture_options,
    spec_options,
    starts_with_dashes,
    way_of,
)
from sphinx_pipeviz.frontends.failures import report, tell, unexpected
from sphinx_pipeviz.frontends.folders import note_folder, roots_of
from sphinx_pipeviz.frontends.inline_text import parse_inline
from sphinx_pipeviz.frontends.kept import checked_before
from sphinx_pipeviz.frontends.places import at_directive, at_option, in_body
from sphinx_pipeviz.frontends.translation import text_nodes
from sphinx_pipeviz.frontends.widths import fitted
from sphinx_pipeviz.load import load
from sphinx_pipeviz.look import style_of
from sphinx_pipeviz.readers import YAML, recognised
from sphinx_pipeviz.readers.text_file import read_file, read_head
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.readers.yaml_tree import Tree
from sphinx_pipeviz.render import check
from sphinx_pipeviz.spec import Spec


class PipelinePicture(nodes.General, nodes.Inline, nodes.Element):
    """Where a picture goes; holds a Spec and an image's attributes until it is known
    which file the builder wants."""

    @property
    def outer(self) -> nodes.Element:
        """The link around the picture, or the picture where there is none."""
        return self.parent if isinstance(self.parent, nodes.reference) else self

    def is_in_line(self) -> bool:
        """Tell whether the picture, with its link, stands in a line of text."""
        return isinstance(self.outer.parent, nodes.TextElement)


class PipelineSchedule(SphinxDirective):
    """Draw the pipeline schedule that the body, or a file, describes."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = AnyOption(
        dict.fromkeys((*PICTURE_OPTIONS, *SPEC_OPTIONS), directives.unchanged)
    )

    def run(self) -> list[nodes.Node]:
        """Return a figure or picture, or an error box."""
        if self._is_in_line() and not re.search(r"(?m)^\s*:alt:", self.block_text):
            self.options.pop("alt", None)  # docutils puts the name of the substitution there
        try:
            options = picture_options(self)
            return self._nodes(self._spec(), options)
        except PipevizError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001  (no exception may leave a front end)
            return self._failed(unexpected(error))

    def _failed(self, error: PipevizError) -> list[nodes.Node]:
        error.located(Marks({(): at_directive(self)}))
        return [report(self.env, error, self.block_text, in_line=self._is_in_line())]

    def _is_in_line(self) -> bool:
        return isinstance(self.state, states.SubstitutionDef)

    # Reading

    def _spec(self) -> Spec:
        options = spec_options(self)
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
        if not (text.strip() or options.data) and starts_with_dashes(self.block_text):
            raise SpecError("there is no schedule here", at_directive(self), DASHES)
        return text, lambda line: in_body(self, line)

    def _access(self) -> Access:
        """Return what the keys ``file`` and ``python`` may reach, and note what they do."""
        page = Path(self.env.doc2path(self.env.docname))

        def note(path: Path) -> None:
            # a folder above may be a link
            there = path.parent.resolve() / path.name if ".." in path.parts else path
            self.env.note_dependency(os.path.relpath(there, self.env.srcdir))

        return Access(
            page.parent,
            root=Path(self.env.srcdir),
            note=note,
            python=self.config.pipeviz_allow_python,
            roots=roots_of(self.env),
            note_folder=partial(note_folder, self.env),
        )

    def _is_yaml(self, name: str, options: Tree) -> bool:
        """Return whether a file is, or where it is not there should be, YAML."""
        path = self._access().place(name.strip())
        self._access().check(path, name.strip())
        if options.data.get("format") not in (None, "yaml") or path.is_dir():
            return False
        if name.strip().endswith(YAML) or not path.is_file():
            return not re.search(r"[*?\[]", name)
        with contextlib.suppress(OSError, ValueError):
            return recognised([read_head(path, name.strip())]) == "yaml"
        return True

    def _file(self, name: str) -> tuple[str, Callable[[int], Location]]:
        path = self._access().place(name.strip())
        self._access().check(path, name.strip())
        self._access().note(path)
        place = at_directive(self)
        try:
            text = read_file(path, str(path))
        except FileNotFoundError:
            message = f"there is no file '{' '.join(name.split())[:60]}'"
            raise SpecError(message, place, about_file(name)) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SpecError(f"'{name}' cannot be read: {reason}", place) from None
        return text, lambda line: Location(str(path), line + 1)

    # Nodes

    def _checked(self, spec: Spec, options: dict[str, Any]) -> tuple[str, list[Remark]]:
        """Find every mistake, unless the picture is known to have none.

        Returns:
            A sentence about the picture, and what its readers may miss.
        """
        way = way_of(options, self.config.pipeviz_html_embed)
        shown = fitted(spec, options.get("width"))
        if way != "image" and (found := checked_before(self.env, shown, way)):
            return found.told, found.remarks
        checked = check(spec, self.config.pipeviz_style, self.config.pipeviz_max_ops)
        return checked.told, steps.large(checked.timelines)

    def _nodes(self, spec: Spec, options: dict[str, Any]) -> list[nodes.Node]:
        told, remarks = self._checked(spec, options)
        for remark in remarks:
            tell(self.env, remark, at_directive(self))
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
        alt = (options["alt"], at_option(self, "alt")) if "alt" in self.options else None
        picture += text_nodes(spec, alt)
        picture["spec"] = fitted(spec, image.get("width")).without_marks()
        picture += waiting_links(self, spec)
        if "alt" not in self.options:
            picture["told_in"] = style_of(spec, self.config.pipeviz_style).language
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
            place = at_option(self, "caption")
            inline, messages = parse_inline(self, text, place)
            caption = nodes.caption(text, "", *inline)
            caption.source, caption.line = place.source, place.line
            figure += [caption, *messages]

    def _name(self, node: nodes.Element, *names: str | None) -> None:
        known = [nodes.fully_normalize_name(name) for name in names if name]
        if known:
            node["names"] += dict.fromkeys(known)
            self.state.document.note_explicit_target(node, node)
