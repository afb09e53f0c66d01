"""The rules of the house: who may import whom, and what an import may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sphinx_pipeviz

ROOT = Path(sphinx_pipeviz.__file__).parent

#: The steps from text to picture; a file imports only from steps before its own.
STEPS = [
    "errors",
    "languages",
    "ops",
    "moves",
    "legality",
    "causality",
    "model",
    "costs",
    "picture",
    "links",
    "spec",
    "authors",
    "convert",
    "shape",
    "readers",
    "access",
    "load",
    "schedules",
    "extend",
    "transfers",
    "additions",
    "lanes",
    "place",
    "simulate",
    "timelines",
    "metrics",
    "describe",
    "phases",
    "write",
    "versions",
    "draw",
    "look",
    "page_html",
    "render",
    "figure_source",
    "remarks",
    "embed",
    "notebook",
    "public",
    "cache",
    "frontends",
]
#: Within draw/, in the order they are handed on; files of one rank may not meet.
DRAW = [
    {"colours", "compact", "fonts", "hatch", "inline_marks", "png", "styles", "terminal"},
    {"glyphs", "palette"},
    {"scene", "style"},
    {"legend", "labels", "tracks", "thin"},
    {"legend_lines"},
    {"amounts", "words", "chosen", "linked", "scales", "named", "stylesheet", "telling"},
    {"cells", "rows", "axis", "brackets", "notes", "swatches"},
    {"arrows", "lettering", "overlays", "titles"},
    {"panel"},
    {"layout"},
    {"text_rows", "paint", "inline"},
    {"text_scale"},
    {"text_marks"},
    {"text_lines"},
    {"paint_text"},
]
#: Heavy third parties, and the files that may import them.
OWNERS = {
    "matplotlib": ["draw/paint.py", "draw/glyphs.py"],
    "numpy": ["draw/paint.py", "draw/glyphs.py", "draw/png.py"],
    "PIL": ["draw/png.py"],
    "yaml": ["readers/yaml_tree.py"],
    "sphinx": ["frontends/", "__init__.py"],
    "docutils": ["frontends/"],
    "markdown": ["frontends/fence"],
    "mkdocs": ["frontends/mkdocs_plugin.py"],
}
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
FRONT = ("__init__.py", "__main__.py")  # the doors, which may open on every room


def imports(file):
    """Yield every module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (modules_of(node.module, alias.name) for alias in node.names)


def modules_of(module, name):
    """``from package import file`` imports the file, not the package."""
    parts = [*module.split(".")[1:], name]
    is_file = module.startswith("sphinx_pipeviz") and ROOT.joinpath(*parts).with_suffix(".py")
    return f"{module}.{name}" if is_file and is_file.exists() else module


def own_imports(file):
    return [tuple(m.split(".")[1:]) for m in imports(file) if m.startswith("sphinx_pipeviz")]


def module_of(file):
    return tuple(file.removesuffix(".py").removesuffix("/__init__").split("/"))


def rank_in_draw(name):
    return next(rank for rank, names in enumerate(DRAW) if name in names)


def test_every_file_is_a_step_or_in_the_folder_of_one():
    found = {module_of(file)[0] for file in FILES if file not in FRONT}
    assert found == set(STEPS)
    drawing = {module_of(file)[1:] for file in FILES if file.startswith("draw/")}
    assert drawing == {(), *((name,) for names in DRAW for name in names)}


@pytest.mark.parametrize("file", [file for file in FILES if file not in FRONT])
def test_a_file_imports_only_from_earlier_steps(file):
    here = module_of(file)[0]
    for module in own_imports(file):
        if not module:
            assert file == "frontends/command.py", f"{file} imports the package"
            continue
        assert STEPS.index(module[0]) <= STEPS.index(here), f"{file} imports {module}"


@pytest.mark.parametrize("file", [file for file in FILES if "/" in file])
def test_no_file_imports_from_its_own_package_as_a_whole(file):
    package = (file.split("/")[0],)
    assert package not in own_imports(file)


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("draw/")])
def test_drawing_goes_from_scene_and_style_to_paint(file):
    for module in own_imports(file):
        if module[0] == "draw":
            assert rank_in_draw(module[1]) < rank_in_draw(module_of(file)[1])


@pytest.mark.parametrize("package", ["readers", "schedules", "draw", "frontends"])
def test_the_files_of_a_package_do_not_import_each_other_in_a_circle(package):
    graph = {
        module_of(file): {m for m in own_imports(file) if m[:1] == (package,)}
        for file in FILES
        if file.startswith(f"{package}/")
    }
    while free := [module for module, needs in graph.items() if not needs & graph.keys()]:
        for module in free:
            del graph[module]
    assert not graph


@pytest.mark.parametrize("file", FILES)
def test_each_heavy_library_has_one_owner(file):
    for module in imports(file):
        owners = OWNERS.get(module.split(".")[0])
        if owners:
            assert file.startswith(tuple(owners)), f"{file} imports {module}"
    if file.startswith("frontends/command"):
        assert not {m.split(".")[0] for m in imports(file)} & {"sphinx", "docutils"}


def test_only_setup_and_the_type_checker_see_sphinx_in_the_package():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    for statement in tree.body:
        seen = ast.unparse(statement)
        if "from sphinx." in seen or "import sphinx\n" in seen or "frontends" in seen:
            assert seen.startswith(("def setup(", "if TYPE_CHECKING:"))


@pytest.mark.behaviour(30)
@pytest.mark.parametrize(
    "statement",
    [
        "import sphinx_pipeviz",
        (
            "from sphinx_pipeviz.frontends.command import main\n"
            "try: main(['--help'])\n"
            "except SystemExit as stop: assert not stop.code"
        ),
        "import sphinx_pipeviz as pv\npv.measure(pv.plan('1f1b', devices=2, microbatches=2))",
        (
            "import sphinx_pipeviz as pv\n"
            "pv.render(pv.plan('1f1b', devices=2, microbatches=2), 'text')"
        ),
    ],
    ids=["import", "help", "measure", "text"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(statement):
    heavy = ("matplotlib", "numpy", "PIL", "sphinx", "docutils")
    code = f"import sys\n{statement}\nprint('loaded:', *({set(heavy)} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


@pytest.mark.parametrize("command", ["--help", "list", "schema", "render --help", "show 1f1b"])
def test_quick_commands_load_nothing_heavy(command):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sphinx_pipeviz", *command.split()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "sphinx_pipeviz" in loaded
    assert not loaded & {"matplotlib", "numpy", "PIL", "sphinx", "docutils", "multiprocessing"}


@pytest.mark.behaviour(39)
def test_python_finds_no_fault_with_how_memory_is_used():
    plan = "pv.plan('1f1b', devices=2, microbatches=2)"
    code = f"import sphinx_pipeviz as pv; pv.render({plan}, 'text')"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
