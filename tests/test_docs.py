"""The documentation: every example is read and drawn, every table and formula is checked."""

from __future__ import annotations

import doctest
import importlib.util
import itertools
import re
import shlex
import sys
import textwrap
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.access import Access
from sphinx_pipeviz.costs import Costs
from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.errors import Location, Marks
from sphinx_pipeviz.frontends.command import COMMANDS
from sphinx_pipeviz.frontends.directive_options import PICTURE_OPTIONS, SPEC_OPTIONS
from sphinx_pipeviz.frontends.failures import SUBTYPES
from sphinx_pipeviz.frontends.schema import json_schema
from sphinx_pipeviz.frontends.settings import SETTINGS
from sphinx_pipeviz.load import load as load_sources
from sphinx_pipeviz.picture import (
    Group,
    Highlight,
    Labels,
    Legend,
    Link,
    Note,
    Pattern,
    Phase,
    Rows,
    Sizes,
)
from sphinx_pipeviz.readers import READERS, recognised
from sphinx_pipeviz.readers.text_file import TextFile
from sphinx_pipeviz.readers.written_timeline import TYPES
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.readers.yaml_tree import Tree, scalar
from sphinx_pipeviz.render import draw
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES, depends_on_costs
from sphinx_pipeviz.spec import KEYS, PICTURE_KEYS, Operation, Task

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "CHANGELOG.md"]
PAGES += sorted(
    page
    for page in DOCS.rglob("*")
    if page.suffix in (".rst", ".md") and not {"_build", "examples"} & set(page.parts)
)
SCHEDULES_PAGES = "".join(p.read_text() for p in sorted((DOCS / "schedules").glob("*.rst")))


# Examples


class Example(NamedTuple):
    folder: Path
    page: str
    line: int
    argument: str
    text: str
    """Options and body, without indentation."""


def directives(page):
    """Yield every pipeline-schedule in a page, shown as code or not."""
    lines = page.read_text().splitlines()
    for number, line in enumerate(lines):
        if match := re.match(r"(\s*)\.\. pipeline-schedule::(.*)", line):
            indent = len(match[1])
            body = itertools.takewhile(
                lambda text, indent=indent: (
                    not text.strip() or len(text) - len(text.lstrip()) > indent
                ),
                lines[number + 1 :],
            )
        elif match := re.match(r"(\s*)`{3,}\{pipeline-schedule\}(.*)", line):
            body = itertools.takewhile(
                lambda text: not text.strip().startswith("```"), lines[number + 1 :]
            )
        else:
            continue
        text = textwrap.dedent("\n".join(body))
        yield Example(page.parent, page.name, number + 1, match[2].strip(), text)


def split(text):
    """Part a directive's text into options and body."""
    if text.startswith("---\n"):
        block, _, body = text.removeprefix("---\n").partition("\n---\n")
        pairs = (line.split(":", 1) for line in block.splitlines())
        return {key: value.strip() for key, value in pairs}, body
    options = {}
    lines = text.splitlines()
    while lines and (match := re.fullmatch(r":([\w-]+):\s*(.*)", lines[0])):
        options[match[1]] = match[2]
        del lines[0]
    return options, "\n".join(lines)


EXAMPLES = [example for page in PAGES for example in directives(page)]


def test_the_pages_have_examples():
    assert len(EXAMPLES) > 30
    assert {"README.md", "index.rst", "guide.rst", "markdown.md"} <= {e.page for e in EXAMPLES}


@pytest.fixture
def ours(monkeypatch):
    """Let Python objects of the documentation be importable, as conf.py does."""
    monkeypatch.syspath_prepend(DOCS / "_ext")


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.page}-{e.line}")
def test_example_is_read_and_drawn(example):
    options, body = split(example.text)
    assert options.keys() <= {*PICTURE_OPTIONS, *SPEC_OPTIONS}
    keys = {key: scalar(value) for key, value in options.items() if key in SPEC_OPTIONS}
    if example.argument:
        assert not body.strip()
        if example.argument.endswith(".yaml"):
            body = (example.folder / example.argument).read_text()
        elif not example.argument.startswith("trace"):  # of an author's
            keys["file"] = example.argument
        else:
            return
    place = Location(example.page, example.line)
    tree = Tree(keys, Marks({(): place})) if keys else None
    spec = load_sources(read_spec(body, lambda _: place, tree), Access(example.folder))
    root = ET.fromstring(draw(spec, "svg"))  # noqa: S314  (our own)
    assert root.tag.endswith("svg")
    assert draw(spec, "text")


def as_json(data):
    """Return data with the keys that JSON would have."""
    if isinstance(data, dict):
        return {str(key): as_json(value) for key, value in data.items()}
    return [as_json(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.page}-{e.line}")
def test_example_fits_the_schema(example):
    schema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    options, body = split(example.text)
    if example.argument:
        path = DOCS / example.argument
        if path.suffix != ".yaml":
            return  # the schema is that of the YAML
        body = path.read_text()
    keys = {key: scalar(value) for key, value in options.items() if key in SPEC_OPTIONS}
    schema.validate(as_json(keys | (scalar(body) or {})), json_schema())


def test_readme_picture_is_a_picture_of_its_example():
    picture = (DOCS / "_static" / "readme-1f1b.svg").read_text()
    root = ET.fromstring(picture)  # noqa: S314  (our own)
    titles = [element.text for element in root.iter() if element.tag.endswith("title")]
    assert "1f1b" in titles
    assert float(root.get("viewBox").split()[2]) == STYLES["seed"].width
    for colour in (STYLES["seed"].forward, STYLES["seed"].backward):
        assert colour.lower() in picture
    example = next(example for example in EXAMPLES if example.page == "README.md")
    assert pv.read(split(example.text)[1]).schedule == "1f1b"


def test_python_examples_print_what_they_say():
    results = doctest.testfile(str(DOCS / "python.rst"), module_relative=False)
    assert results.attempted > 5
    assert not results.failed


def commands():
    """Yield each command of ours that a page shows, and what it prints there."""
    for page in PAGES:
        for block in re.findall(
            r"^\.\. code-block:: console\n(?:   :class:.*\n)?\n((?:   .*\n|\n)+)",
            page.read_text(),
            re.MULTILINE,
        ):
            for shown in re.split(r"^\$ ", textwrap.dedent(block), flags=re.MULTILINE)[1:]:
                command, _, output = shown.partition("\n")
                if command.startswith("sphinx-pipeviz ") and "..." not in command:
                    yield page.name, command, output.strip()


@pytest.mark.parametrize(("page", "command", "output"), list(commands()))
def test_shell_example_prints_what_it_says(
    page, command, output, tmp_path, monkeypatch, capsys
):
    from sphinx_pipeviz.frontends.command import main  # noqa: PLC0415

    (tmp_path / "docs").symlink_to(DOCS)
    monkeypatch.chdir(tmp_path)
    code = main(shlex.split(command.partition(" > ")[0])[1:])
    printed = capsys.readouterr()
    assert code == bool(printed.err), page
    if output:
        assert output == (printed.out + printed.err).strip()
    else:
        assert code == 0


def test_every_format_has_a_section_with_a_figure_of_a_file():
    parts = re.split(
        r"^\.\. _format-(.*):$", (DOCS / "formats.rst").read_text(), flags=re.MULTILINE
    )
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(sections) == [*READERS, "python"]
    folder = DOCS / "examples" / "formats"
    for name, text in sections.items():
        assert ".. example::\n" in text
        assert "Refused " in text or name == "python"
        for shown in re.findall(r"literalinclude:: (.*)", text):
            assert (DOCS / shown).is_file()
        for file in re.findall(r"(?:schedule::|file:) examples/formats/(.*)", text):
            path = folder / file
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            assert recognised([TextFile(f.name, f.read_text()) for f in files]) == name


def test_alt_text_of_the_guide_is_what_pictures_get():
    from sphinx_pipeviz.describe import describe  # noqa: PLC0415

    alt = describe(pv.simulate(pv.plan("1f1b", devices=4, microbatches=8)))
    assert alt in " ".join((DOCS / "guide.rst").read_text().split())


#: The published figures that the gallery reproduces.
FIGURES = {
    "ailzhang_noted_1f1b",
    "deepspeed_pipe-schedule",
    "dualpipe_repo_dualpipe",
    "dualpipe_repo_dualpipev",
    "internevo_pipeline_schedule",
    "jax_pipelining_example",
    "lil_pipedream-2bw",
    "mindspeed_pipedream1F1B",
    "mindspeed_ripipe_b",
    "mindspore_megatron",
    "mindspore_zbv",
    "neuron_pp_schedule",
    "paddle_pipeline-4",
    "primus_image_1",
    "primus_simulation",
    "selamie_zb-sched",
    "seq1f1b_seq1f1b-I",
    "stas_parallelism-gpipe-bubble",
    "uva_pipeline_breadth_first",
    "zeus_wide-resnet_last",
}


def test_the_gallery_reproduces_every_figure_in_a_section_with_its_directive():
    parts = re.split(
        r"^\.\. _gallery-(.*):$", (DOCS / "gallery.rst").read_text(), flags=re.MULTILINE
    )
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert sections.keys() == FIGURES
    for text in sections.values():
        title, line = text.strip().splitlines()[:2]
        assert line == "~" * len(title)
        assert ".. example::\n\n   .. pipeline-schedule::\n      :caption: " in text


@pytest.mark.parametrize("name", STYLES)
def test_the_sample_of_every_style_is_read_and_drawn(name):
    page = (DOCS / "styles.rst").read_text()
    body = textwrap.dedent(page.partition(".. style-samples::\n\n")[2].split("\n\n")[0])
    sample = load("style_samples").sample(name, body.splitlines())
    options, text = split(textwrap.dedent(sample.partition("\n")[2]))
    assert options.keys() <= {*PICTURE_OPTIONS, *SPEC_OPTIONS}
    spec = read_spec(text, lambda _: Location("styles.rst", 1))
    assert STYLES[name].forward.lower() in draw(spec, "svg").decode().lower()


# Tables


def load(name):
    """Import a file of docs/_ext."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


TABLES = load("reference_tables").TABLES

NAMES = {
    "keys": [key for key in KEYS if key not in PICTURE_KEYS],
    "picture": PICTURE_KEYS,
    "labels": [name.replace("_", "-") for name in Labels.__struct_fields__],
    "legend": [name.replace("_", "-") for name in Legend.__struct_fields__],
    "phase": Phase.__struct_fields__,
    "rows": Rows.__struct_fields__,
    "sizes": Sizes.__struct_fields__,
    "group": Group.__struct_fields__,
    "highlight": [name.rstrip("_") for name in Highlight.__struct_fields__],
    "link": list(Link.__struct_fields__),
    "note": [name.replace("_", "-") for name in Note.__struct_fields__],
    "costs": [field.replace("_", "-") for field in Costs.__struct_fields__],
    "task": Task.__struct_fields__,
    "operation": Operation.__struct_fields__,
    "task-types": TYPES,
    "style": [field.replace("_", "-") for field in Style.__struct_fields__],
    "styles": STYLES,
    "patterns": get_args(Pattern),
    "schedules": SCHEDULES,
    "formats": READERS,
    "options": [*SPEC_OPTIONS, *PICTURE_OPTIONS],
    "settings": SETTINGS,
    "warnings": [f"pipeviz.{subtype}" for subtype in SUBTYPES],
    "commands": COMMANDS,
    "words": [],  # they are words, and no names
}


def test_the_reference_shows_every_table():
    pages = ("reference", "formats", "languages")
    text = "".join((DOCS / f"{page}.rst").read_text() for page in pages)
    assert set(re.findall(r"^ *\.\. reference-table:: (.*)$", text, re.MULTILINE)) == set(
        TABLES
    )
    assert NAMES.keys() == TABLES.keys()
    assert "\n.. command-help::\n" in text


@pytest.mark.parametrize("name", TABLES)
def test_table_explains_every_name(name):
    table = TABLES[name]()
    assert sorted(table.names) == sorted(NAMES[name])
    assert len(table.widths) == len(table.headings)
    for row in table.rows:
        assert len(row) == len(table.headings)
        assert all(cell for heading, cell in zip(table.headings, row, strict=True))


def test_table_of_schedules_gives_every_alias():
    text = " ".join(cell for row in TABLES["schedules"]().rows for cell in row)
    assert all(f"``{alias}``" in text for alias in ALIASES)


def test_every_picture_option_is_explained():
    assert load("reference_tables").PICTURE.keys() >= PICTURE_OPTIONS.keys()


def test_help_covers_every_command():
    assert load("reference_tables").helps().keys() == COMMANDS.keys()


def test_every_error_example_is_wrong():
    message = load("examples").message
    count = 0
    for page in PAGES:
        for body in re.findall(
            r"^\.\. error-example::\n\n((?:   .*\n|\n)+)", page.read_text(), re.MULTILINE
        ):
            assert re.match(r"schedule\.yaml:\d+: ", message(textwrap.dedent(body)))
            count += 1
    assert count > 10


# Schedules and their formulas


def sections():
    """Return the text under each ``.. _schedule-NAME:``."""
    parts = re.split(r"^\.\. _schedule-(.*):$", SCHEDULES_PAGES, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def formulas():
    """Return the lines of each ``formula-NAME``: schedule -> {what: expression}."""
    block = r"   :name: formula-(.*)\n\n((?:   .+\n)+)"
    return {
        name: dict(line.split(" = ", 1) for line in textwrap.dedent(code).splitlines())
        for name, code in re.findall(block, SCHEDULES_PAGES)
    }


FORMULAS = formulas()


def test_every_schedule_has_figure_facts_and_formula():
    assert sections().keys() == SCHEDULES.keys()
    for name, text in sections().items():
        assert f"   schedule: {name}\n" in text
        assert f".. schedule-facts:: {name}\n" in text
        assert f"   :name: formula-{name}\n" in text


def sizes(name):
    row = SCHEDULES[name]
    chunks = (1, 2, 3) if "chunks" in row.options else (row.chunks,)
    return itertools.product((1, 2, 3, 4, 8), (1, 2, 4, 5, 8, 12, 16), chunks)


#: F, I, W and L
TIMES = (
    *((1, 1, 1, 0), (2, 2, 2, 0), (2, 2, 1, 0), (3, 2, 1, 0), (1, 3, 2, 0), (3, 0.5, 0.5, 0)),
    *((1, 1, 1, 0.5), (3, 0.5, 0.5, 1), (2, 1, 1, 3)),
)


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_agrees_with_the_simulator(name):
    lines = {"holds": "True", **FORMULAS[name]}
    checked = 0
    for (P, M, V), (F, I, W, L) in itertools.product(sizes(name), TIMES):  # noqa: E741, N806
        known = {"P": P, "M": M, "V": V, "F": F, "B": I + W, "I": I, "W": W, "L": L}
        known |= {"k": SCHEDULES[name].sequence_chunks, "min": min, "max": max, "range": range}

        def value(what, known=known):
            return eval(lines[what], {"__builtins__": {}} | known)  # noqa: S307  (our own)

        if not value("holds"):
            continue
        costs = pv.Costs(forward=F, backward_input=I, backward_weight=W, p2p=L)
        keys = {"devices": P, "microbatches": M, "chunks": V}
        if depends_on_costs(name, None):
            keys["costs"] = costs
        plan = pv.plan(name, **keys)
        found = pv.measure(pv.simulate(plan, costs))
        size = f"P={P} M={M} V={V} F={F} I={I} W={W} L={L}"
        known["makespan"] = value("makespan")
        assert found.makespan == pytest.approx(known["makespan"]), size
        if L == 0:
            assert found.bubble_ratio == pytest.approx(value("bubble")), size
        if "peak" in lines:
            assert found.peak_activations == tuple(value("peak")), size
        checked += 1
    assert checked > 15


# Words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page):
    if page.suffix == ".md":
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), target


def test_make_targets_in_the_docs_exist():
    targets = set(re.findall(r"^(\w+):", (TOP / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"\bmake (\w+)`|\$ make (\w+)", page.read_text())) <= {
            pair for target in targets for pair in ((target, ""), ("", target))
        }


def test_versions_in_the_docs_are_those_of_the_package():
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    python = project["requires-python"].removeprefix(">=")
    for page in (TOP / "README.md", TOP / "CONTRIBUTING.md", DOCS / "guide.rst"):
        assert f"Python {python} or newer" in page.read_text()
    assert f"## {pv.__version__} " in (TOP / "CHANGELOG.md").read_text()
