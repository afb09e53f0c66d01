"""Every error names the file and line of the offending entry, wherever it is written."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from importlib.metadata import version

import pytest

MARK = ">>"
OLD_MYST = int(version("myst-parser").partition(".")[0]) < 5
Files = dict[str, str]

#: name -> what the message says, option lines, body lines; MARK is on the offending line.
BODIES: dict[str, tuple[str, list[str], list[str]]] = {
    "unknown-key": (
        "there is no key 'devcies'",
        ["width: 400px"],
        ["schedule: gpipe", ">>devcies: 4", "microbatches: 4"],
    ),
    "wrong-type": (
        "devices must be",
        [],
        ["schedule: gpipe", "microbatches: 4", "", ">>devices: many"],
    ),
    "unknown-schedule": (
        "there is no schedule 'gpipp'",
        ["alt: text"],
        ["devices: 4", "microbatches: 4", ">>schedule: gpipp"],
    ),
    "lacking-key": ("needs the key 'devices'", [], ["microbatches: 4", ">>schedule: gpipe"]),
    "cost-in-a-list": (
        "costs.forward",
        [],
        [
            "schedule: gpipe",
            "devices: 3",
            "microbatches: 4",
            "costs:",
            "  forward:",
            "    - 1",
            ">>    - -2",
            "    - 1",
        ],
    ),
    "not-yaml": (
        "this is not valid YAML",
        ["align: center"],
        ["schedule: gpipe", "devices: 4", ">>microbatches: ]", "chunks: 1"],
    ),
    "open-quote": (
        "a quoted text has no end (close the quote)",
        [],
        ["schedule: gpipe", '>>title: "All of it', "devices: 4", "microbatches: 4"],
    ),
    "open-bracket": (
        "the bracket [ is not closed",
        [],
        ["schedule: gpipe", ">>follow: [1, 2", "devices: 4", "microbatches: 4"],
    ),
    "no-space": (
        "write key: value, with a space behind the colon",
        [],
        ["schedule: gpipe", ">>devices:4", "microbatches: 4"],
    ),
    "key-twice": (
        "the key 'devices' is given twice",
        [],
        ["schedule: gpipe", "devices: 4", "microbatches: 4", ">>devices: 5"],
    ),
    "key-as-option-too": (
        "'devices' is given as an option and in the text",
        ["devices: 4"],
        ["schedule: gpipe", ">>devices: 4", "microbatches: 4"],
    ),
    "no-such-slot": (
        "0F0x",
        [],
        ["order:", "  - 0F0 0B0", ">>  - 1F0 0F0x"],
    ),
    "deadlock": (
        "",
        [],
        ["order:", ">>  - 0B0 0F0"],
    ),
    "task-without-batch": (
        "lacks the key 'batch'",
        [],
        [
            "1:",
            "  - {type: forward, batch: 1, start_time: 0, duration: 1}",
            ">>  - {type: forward, start_time: 1, duration: 1}",
        ],
    ),
    "tasks-overlap": (
        "",
        [],
        [
            "1:",
            "  - {type: forward, batch: 1, start_time: 0, duration: 2}",
            ">>  - {type: forward, batch: 2, start_time: 1, duration: 2}",
        ],
    ),
    "part-of-a-comparison": (
        "there is no schedule 'gpipp'",
        [],
        [
            "devices: 2",
            "microbatches: 2",
            "compare:",
            "  - schedule: 1f1b",
            ">>  - schedule: gpipp",
        ],
    ),
    "note-of-a-list": (
        "devcie",
        [],
        [
            "schedule: gpipe",
            "devices: 2",
            "microbatches: 2",
            "notes:",
            "  - {text: a, time: 1, device: 0}",
            ">>  - {text: a, time: 1, devcie: 0}",
        ],
    ),
    "unknown-style": (
        "there is no style 'sed'",
        [],
        ["schedule: gpipe", "devices: 2", "microbatches: 2", ">>style: sed"],
    ),
    "unknown-colour": (
        "style.forward",
        [],
        [
            "schedule: gpipe",
            "devices: 2",
            "microbatches: 2",
            "style:",
            "  base: seed",
            ">>  forward: blue",
        ],
    ),
}
GOOD = ["schedule: gpipe", "devices: 2", "microbatches: 2"]
OPTIONS: dict[str, tuple[str, list[str], list[str]]] = {
    "unknown-option": (
        "there is no option 'widht'",
        ["alt: text", ">>widht: 3cm", "align: left"],
        GOOD,
    ),
    "wrong-option": (
        "the option 'align' cannot be 'top'",
        ["alt: text", "width: 3cm", ">>align: top"],
        GOOD,
    ),
    "wrong-length": ("the option 'width' cannot be 'wide'", [">>width: wide"], GOOD),
    "empty-option": ("the option 'scale' needs a value", ["alt: text", ">>scale:"], GOOD),
    "long-key-as-option": (
        "the option 'order' is strict or greedy",
        [">>order: 0F0 0B0"],
        GOOD,
    ),
    "wrong-key-as-option": (
        "devices must be",
        ["schedule: gpipe", ">>devices: many"],
        ["microbatches: 2"],
    ),
    "cost-as-option": (
        "costs.forward",
        ["schedule: gpipe", "alt: text", ">>costs: {forward: -1}"],
        ["devices: 2", "microbatches: 2"],
    ),
    "plan-by-option": (
        "chunks",
        ["schedule: gpipe", "alt: text", ">>chunks: 3"],
        ["devices: 2", "microbatches: 2"],
    ),
}
MISTAKES = BODIES | OPTIONS


def _indented(lines: list[str], indent: str) -> list[str]:
    """Indent lines, keeping the mark in front."""
    return [
        MARK + indent + line.removeprefix(MARK) if line.startswith(MARK) else indent + line
        for line in lines
    ]


def _options(options: list[str]) -> list[str]:
    """Write options as field lists."""
    return [
        f"{MARK}:{line.removeprefix(MARK)}" if line.startswith(MARK) else f":{line}"
        for line in options
    ]


def _rest(options: list[str], body: list[str]) -> list[str]:
    return [".. pipeline-schedule::", *_indented([*_options(options), "", *body], "   ")]


def _titled(lines: list[str], mark: str = "") -> str:
    title = [f"{mark} Title"] if mark else ["Title", "====="]
    return "\n".join([*title, "", "Some text.", "", *lines, "", "More text.", ""])


def rest(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.rst": _titled(_rest(options, body))}


def rest_include(name: str, options: list[str], body: list[str]) -> Files:
    return {
        f"{name}.rst": _titled([f".. include:: parts/{name}.txt"]),
        f"parts/{name}.txt": "\n".join(["Included.", "", *_rest(options, body), ""]),
    }


def rest_excerpt(name: str, options: list[str], body: list[str]) -> Files:
    include = [f".. include:: parts/{name}.txt", "   :start-after: [start]", "   :end-line: 99"]
    return {
        f"{name}.rst": _titled(include),
        f"parts/{name}.txt": "\n".join(
            ["Not included.", "", ".. [start]", "", *_rest(options, body), ""]
        ),
    }


def rest_csv_cell(name: str, options: list[str], body: list[str]) -> Files:
    cell = [line.replace('"', '""') for line in _indented(_rest(options, body), "   ")]
    return {f"{name}.rst": _titled([".. csv-table::", "", '   a, "Cell.', "", *cell, '   "'])}


def rest_list_item(name: str, options: list[str], body: list[str]) -> Files:
    item = _indented(["Item.", "", *_rest(options, body)], "  ")
    return {f"{name}.rst": _titled(["* One.", "*" + item[0][1:], *item[1:]])}


def rest_list_table(name: str, options: list[str], body: list[str]) -> Files:
    cell = _indented(_rest(options, body), "       ")
    rows = [
        ".. list-table::",
        "",
        "   * - a",
        "     - b",
        "   * - c",
        "     - Cell.",
        "",
        *cell,
    ]
    return {f"{name}.rst": _titled(rows)}


def rest_note(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.rst": _titled([".. note::", "", *_indented(_rest(options, body), "   ")])}


def rest_only_in_a_class(name: str, options: list[str], body: list[str]) -> Files:
    inner = [".. only:: not nothing", "", *_indented(_rest(options, body), "   ")]
    return {f"{name}.rst": _titled([".. container:: c", "", *_indented(inner, "   ")])}


def docstring(name: str, options: list[str], body: list[str]) -> Files:
    module = name.replace("-", "_") + "_module"
    text = ["Draw a thing.", "", *_rest(options, body), "", "Done."]
    lines = ["def draw():", '    """' + text[0], *_indented(text[1:], "    "), '    """', ""]
    return {
        f"{name}.rst": _titled([f".. autofunction:: {module}.draw"]),
        f"{module}.py": "\n".join(lines),
    }


def rest_grid_table(name: str, options: list[str], body: list[str]) -> Files:
    cell = ["Cell.", "", *_rest(options, body)]
    width = max(len(line.removeprefix(MARK)) for line in cell)
    edge = f"+---+{'-' * width}--+"
    rows = [
        MARK * line.startswith(MARK) + f"|   | {line.removeprefix(MARK).ljust(width)} |"
        for line in cell
    ]
    return {f"{name}.rst": _titled([edge, *rows, edge])}


def rest_include_of_an_include(name: str, options: list[str], body: list[str]) -> Files:
    return {
        f"{name}.rst": _titled([".. tip::", "", f"   .. include:: parts/{name}.txt"]),
        f"parts/{name}.txt": f".. include:: /parts/{name}.inner\n   :start-line: 2\n",
        f"parts/{name}.inner": "\n".join(["a", "b", "c", "", *_rest(options, body), ""]),
    }


def rest_second_of_two_excerpts(name: str, options: list[str], body: list[str]) -> Files:
    twin = [line.removeprefix(MARK) for line in _rest(options, body)]
    return {
        f"{name}.rst": _titled([f".. include:: parts/{name}.txt", "   :start-after: [second]"]),
        f"parts/{name}.txt": "\n".join(
            [*twin, "", ".. [second]", "", *_rest(options, body), ""]
        ),
    }


def rest_csv_file(name: str, options: list[str], body: list[str]) -> Files:
    cell = [line.replace('"', '""') for line in _rest(options, body)]
    return {
        f"{name}.rst": _titled([".. csv-table::", f"   :file: parts/{name}.csv"]),
        f"parts/{name}.csv": "\n".join(['a,"Cell.', "", *cell, '"', ""]),
    }


def docstring_of_a_method(name: str, options: list[str], body: list[str]) -> Files:
    module = name.replace("-", "_") + "_module"
    twin = [line.removeprefix(MARK) for line in _rest(options, body)]
    lines = [
        *("class Pen:", '    """Draws."""', "", "    @property", "    def drawn(self):"),
        *('        """Draw a thing.', "", "        Args:", "            a: It.", ""),
        *_indented(_rest(options, body), "        "),
        *('        """', "", "def draw():", '    """Draw.', ""),
        *_indented(twin, "    "),
        *('    """', ""),
    ]
    return {
        f"{name}.rst": _titled([f".. autoclass:: {module}.Pen", "   :members:"]),
        f"{module}.py": "\n".join(lines),
    }


def docstring_of_a_value(name: str, options: list[str], body: list[str]) -> Files:
    module = name.replace("-", "_") + "_module"
    return {
        f"{name}.rst": _titled([f".. autodata:: {module}.size"]),
        f"{module}.py": "\n".join(
            ["#: Size.", "#:", *_indented(_rest(options, body), "#: "), "size = 3", ""]
        ),
    }


def _fence(
    options: list[str], body: list[str], fence: str = "```", word: str = ""
) -> list[str]:
    word = word or "{pipeline-schedule}"
    return [f"{fence}{word}", *_options(options), *body, fence]


def myst_backticks(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.md": _titled(_fence(options, body), "#")}


def myst_blank_lines(name: str, options: list[str], body: list[str]) -> Files:
    fence = ["```{pipeline-schedule}", *_options(options), "", "", *body, "", "", "```"]
    return {f"{name}.md": _titled(fence, "#")}


def myst_option_block(name: str, options: list[str], body: list[str]) -> Files:
    fence = ["```{pipeline-schedule}", "---", *options, "---", *body, "```"]
    return {f"{name}.md": _titled(fence, "#")}


def myst_colons(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.md": _titled(_fence(options, body, ":::"), "#")}


def myst_plain_fence(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.md": _titled(_fence(options, body, word="pipeline-schedule"), "#")}


def myst_list_item(name: str, options: list[str], body: list[str]) -> Files:
    item = _indented(_fence(options, body), "  ")
    return {f"{name}.md": _titled(["* One.", "* Item.", "", *item], "#")}


def myst_note(name: str, options: list[str], body: list[str]) -> Files:
    inner = _fence(options, body)
    return {f"{name}.md": _titled(["::::{note}", "Noted.", "", *inner, "::::"], "#")}


def myst_quote_in_a_list(name: str, options: list[str], body: list[str]) -> Files:
    lines = _indented(["Quoted.", "", *_fence(options, body)], "  > ")
    return {f"{name}.md": _titled(["* One.", "", *lines], "#")}


def myst_notes_in_notes(name: str, options: list[str], body: list[str]) -> Files:
    inner = ["````{tip}", ":class: x", "", "Hint.", "", *_fence(options, body), "````"]
    return {f"{name}.md": _titled([":::::{note}", "Noted.", "", *inner, ":::::"], "#")}


def myst_list_table(name: str, options: list[str], body: list[str]) -> Files:
    cell = _indented(_fence(options, body), "    ")
    return {
        f"{name}.md": _titled(["````{list-table}", "* - a", "  - b", "", *cell, "````"], "#")
    }


def myst_below_front_matter(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.md": "---\ntocdepth: 2\n---\n" + _titled(_fence(options, body), "#")}


def myst_excerpt(name: str, options: list[str], body: list[str]) -> Files:
    return {
        f"{name}.md": _titled(
            [f"```{{include}} parts/{name}.txt", ":start-after: start", "```"], "#"
        ),
        f"parts/{name}.txt": "\n".join(["No.", "", "% start", "", *_fence(options, body), ""]),
    }


def myst_include(name: str, options: list[str], body: list[str]) -> Files:
    return {
        f"{name}.md": _titled([f"```{{include}} parts/{name}.txt", "```"], "#"),
        f"parts/{name}.txt": "\n".join(["Included.", "", *_fence(options, body), ""]),
    }


def eval_rst(name: str, options: list[str], body: list[str]) -> Files:
    return {f"{name}.md": _titled(["```{eval-rst}", *_rest(options, body), "```"], "#")}


def eval_rst_in_a_note(name: str, options: list[str], body: list[str]) -> Files:
    inner = ["```{eval-rst}", "Text.", "", *_rest(options, body), "```"]
    return {f"{name}.md": _titled(["::::{note}", *inner, "::::"], "#")}


def eval_rst_include(name: str, options: list[str], body: list[str]) -> Files:
    return {
        f"{name}.md": _titled(["```{eval-rst}", f".. include:: parts/{name}.txt", "```"], "#"),
        f"parts/{name}.txt": "\n".join(["Included.", "", *_rest(options, body), ""]),
    }


PLACES: list[Callable[[str, list[str], list[str]], Files]] = [
    rest,
    rest_include,
    rest_excerpt,
    rest_second_of_two_excerpts,
    rest_include_of_an_include,
    rest_csv_cell,
    rest_csv_file,
    rest_grid_table,
    rest_list_item,
    rest_list_table,
    rest_note,
    rest_only_in_a_class,
    docstring,
    docstring_of_a_method,
    docstring_of_a_value,
    myst_backticks,
    myst_blank_lines,
    myst_option_block,
    myst_colons,
    myst_plain_fence,
    myst_list_item,
    myst_note,
    myst_quote_in_a_list,
    myst_notes_in_notes,
    myst_list_table,
    myst_below_front_matter,
    myst_excerpt,
    myst_include,
    eval_rst,
    eval_rst_in_a_note,
    eval_rst_include,
]


def yaml_file(name: str, options: list[str], body: list[str]) -> Files:
    directive = [
        f".. pipeline-schedule:: parts/{name}.yaml",
        *_indented(_options(options), "   "),
    ]
    return {
        f"{name}.rst": _titled(directive),
        f"parts/{name}.yaml": "\n".join(["# A comment.", *body, ""]),
    }


def yaml_file_from_myst(name: str, options: list[str], body: list[str]) -> Files:
    fence = [f"```{{pipeline-schedule}} /parts/{name}.yaml", *_options(options), "```"]
    return {
        f"{name}.md": _titled(fence, "#"),
        f"parts/{name}.yaml": "\n".join(["---", *body, ""]),
    }


CASES = [
    *((place, mistake) for place in PLACES for mistake in MISTAKES),
    *((place, mistake) for place in (yaml_file, yaml_file_from_myst) for mistake in BODIES),
]


def _name(place: Callable[..., Files], mistake: str) -> str:
    return f"{place.__name__.replace('_', '-')}-{mistake}"


def _expected(files: Files) -> str:
    """Return ``file:line`` of the marked line, as Sphinx writes it."""
    for path, text in files.items():
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if line.startswith(MARK):
                return f"{path}:{number}"
    raise AssertionError(files)


@pytest.fixture(scope="module")
def built(new_site):
    """Build one site with a page for every mistake in every place."""
    site = new_site(
        "import sys; sys.path.insert(0, str(__import__('pathlib').Path(__file__).parent))",
        "extensions += ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon']",
        "myst_enable_extensions = ['colon_fence']",
        "myst_fence_as_directive = ['pipeline-schedule']",
        index_rst=textwrap.dedent("""
            Index
            =====

            .. toctree::
               :glob:

               *
            """),
    )
    for place, mistake in CASES:
        _, options, body = MISTAKES[mistake]
        for path, text in place(_name(place, mistake), options, body).items():
            site.write(
                path,
                "".join(line.removeprefix(MARK) for line in text.splitlines(keepends=True)),
            )
    result = site.build("dummy")
    return site, result


@pytest.mark.behaviour(2, 18)
@pytest.mark.parametrize(
    ("place", "mistake"), CASES, ids=[_name(place, mistake) for place, mistake in CASES]
)
def test_a_mistake_is_reported_once_with_its_file_and_line(built, place, mistake):
    _, result = built
    message, options, body = MISTAKES[mistake]
    if OLD_MYST and mistake in OPTIONS and place.__name__.startswith("myst"):
        pytest.skip("MyST before 5 does not hand over option lines")
    if OLD_MYST and place in (myst_blank_lines, myst_include, myst_excerpt):
        pytest.skip("MyST before 5 miscounts lines in included files and before empty lines")
    name = _name(place, mistake)
    files = place(name, options, body)
    own = [line for line in result.warnings if line.startswith(tuple(f"{f}:" for f in files))]
    assert len(own) == 1, own
    assert own[0].startswith(f"{_expected(files)}: WARNING: ")
    assert message in own[0]


@pytest.mark.behaviour(2)
def test_no_other_warning_is_given(built):
    _, result = built
    assert result.code == 1
    assert len(result.warnings) == len(CASES)
