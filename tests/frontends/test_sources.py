"""Schedules from files and programs in pages: what is noted, where errors are told."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
import pytest

from sphinx_pipeviz.access import Access
from sphinx_pipeviz.errors import Location
from sphinx_pipeviz.frontends import kept as keeping
from sphinx_pipeviz.load import load
from sphinx_pipeviz.readers.yaml_spec import read_spec

FORMATS = Path(__file__).parents[1] / "formats"
FONT = Path(mpl.__file__).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf"
IDLE = "no targets are out of date."
MODULE = '''\
def rows():
    """Return an order."""
    return ["0F0 0F1 0B0 0B1", "1F0 1B0 1F1 1B1"]
'''


def rst(*options: str) -> str:
    lines = "".join(f"   :{option}\n" for option in options)
    return f"Title\n=====\n\n.. pipeline-schedule::\n{lines}"


def md(*options: str) -> str:
    lines = "".join(f":{option}\n" for option in options)
    return f"# Title\n\nWords.\n```{{pipeline-schedule}}\n{lines}```\n"


@pytest.fixture(params=["rst", "md"])
def page(request, site):
    """Return a function that writes the page of a site with one figure."""
    if request.param == "md":
        pytest.importorskip("myst_parser")
        more = ["extensions = ['myst_parser', 'sphinx_pipeviz']"]
    else:
        more = []
    more.append(f"import sys; sys.path.insert(0, {str(site.folder)!r})")
    site.configure(*more)

    def write(*options: str) -> str:
        text = (md if request.param == "md" else rst)(*options)
        return site.write(f"index.{request.param}", text).name

    site.more = more
    return write


OLD_MYST = int(version("myst-parser").partition(".")[0]) < 5


def at(source: str, line: int) -> str:
    """Return the place of an option; MyST before 5 only tells where its directive starts."""
    return f"{source}:{4 if OLD_MYST and source.endswith('.md') else line}"


def later(path: Path) -> None:
    """Let a file be newer than all that was built."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 5_000_000_000))


def copied(site, *names: str) -> None:
    for name in names:
        target = site.source / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (FORMATS / name).is_dir():
            shutil.copytree(FORMATS / name, target)
        else:
            shutil.copy(FORMATS / name, target)


CHANGED = "0 added, 1 changed, 0 removed"


@pytest.mark.behaviour(9)
def test_a_changed_data_file_reads_its_page_again(site, page):
    copied(site, "1f1b.csv")
    page("file: data/1f1b.csv")
    assert site.build().warnings == []
    assert IDLE in site.build().status
    site.write("data/1f1b.csv", "0F0,0B0\n1F0,1B0\n2F0,2B0\n")
    later(site.source / "data" / "1f1b.csv")
    again = site.build()
    assert CHANGED in again.status
    assert "3 devices" in site.page("index.html")


@pytest.mark.behaviour(9)
@pytest.mark.parametrize("file", ["data", "data/*.json", "da*/*.json", "data/**/*.json"])
def test_a_new_file_of_a_folder_or_pattern_reads_its_page_again(site, page, file):
    copied(site, "torch_trace")
    for path in (site.source / "data" / "torch_trace").iterdir():
        path.rename(site.source / "data" / path.name)
    (site.source / "data" / "torch_trace").rmdir()
    page(f"file: {file}")
    assert site.build().warnings == []
    assert IDLE in site.build().status
    assert site.build("html", "-E", "-j", "2").warnings == []
    assert IDLE in site.build().status
    shutil.copy(site.source / "data" / "1f1b-rank0.json", site.source / "data" / "new.json")
    again = site.build()
    assert CHANGED in again.status
    (warning,) = again.warnings
    assert "rank 0 is given twice" in warning
    (site.source / "data" / "new.json").unlink()
    assert site.build().warnings == []
    assert IDLE in site.build().status


@pytest.mark.behaviour(9, 33)
@pytest.mark.parametrize("file", ["data", "data/*.csv", "da*/*.csv"])
def test_other_new_files_in_a_folder_read_no_page_again(site, page, file):
    copied(site, "1f1b.csv")
    page(f"file: {file}")
    site.configure(*site.more, "pipeviz_cache_dir = 'data/kept'")  # made when data was read
    assert site.build().warnings == []
    site.write("data/notes.log", "Words.")
    site.write("dates.py", "")
    again = site.build()
    assert "0 added, 0 changed, 0 removed" in again.status
    assert IDLE in again.status


def test_a_new_file_below_a_folder_is_seen_by_a_pattern(site, page):
    copied(site, "torch_trace")
    (site.source / "data" / "more").mkdir()
    page("file: data/**/*.json")
    assert site.build().warnings == []
    assert IDLE in site.build().status
    shutil.copy(FORMATS / "torch_trace" / "1f1b-rank0.json", site.source / "data" / "more")
    assert CHANGED in site.build().status


@pytest.mark.behaviour(9)
def test_a_changed_python_module_reads_its_page_again(site, page):
    (site.folder / "made_for_pages.py").write_text("from imported_by_it import rows\n")
    module = site.folder / "imported_by_it.py"
    module.write_text(MODULE)
    page("python: made_for_pages:rows")
    assert site.build_apart().warnings == []
    assert IDLE in site.build_apart().status
    module.write_text(MODULE.replace('1B1"]', '1B1", "2F0 2B0 2F1 2B1"]'))
    later(module)
    again = site.build_apart()
    assert (again.warnings, CHANGED in again.status) == ([], True)
    assert "3 devices" in site.page("index.html")


@pytest.mark.behaviour(12)
def test_a_moved_checkout_finds_the_pictures_of_files_and_programs(site, page, monkeypatch):
    kept = "pipeviz_cache_dir = '../kept'"
    site.configure(*site.more, kept)
    (site.folder / "made_to_be_moved.py").write_text(MODULE)
    monkeypatch.syspath_prepend(site.folder)
    copied(site, "torch_trace", "1f1b.csv")
    first = Path(page("file: data/torch_trace"))
    whole = [(site.source / first).read_text()]
    for option in ("file: data/1f1b.csv", "python: made_to_be_moved:rows"):
        page(option)
        whole.append(
            (site.source / first).read_text().partition("=====\n")[2]
            or (site.source / first).read_text().partition("# Title\n")[2]
        )
    site.write(first.name, "\n".join(whole))
    assert site.build().warnings == []
    assert len(site.pictures()) == 3
    moved = type(site)(site.folder / "elsewhere")
    shutil.rmtree(moved.source)
    for name in ("source", "kept"):
        shutil.move(site.folder / name, moved.folder / name)
    monkeypatch.setattr(keeping, "draw", lambda *_, **__: pytest.fail("drawn again"))
    assert moved.build().warnings == []
    assert len(moved.pictures()) == 3


@pytest.mark.behaviour(2)
@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("a.csv", "0F0,0B0\n1F0,1Q0\n", 2, "'1Q0' is not an op"),
        ("a.csv", "0F0,0B0\n1F0\n", 2, "missing"),
        ("a.mmd", "gantt\ndateFormat X\nsection A\nF0 :0\n", 4, "the task 'F0' ends at '0'"),
        ("a.json", '{"0": [{"type": "forward",\n"start_time": 0}]}', None, "duration"),
        ("a.txt", "Stage 0: [F0]\nStage 1: [x]\n", 2, "'x' is not an op"),
        ("a.yaml", "schedule: 1f1b\ndevices: two\nmicrobatches: 2\n", 2, "devices"),
    ],
)
def test_an_error_of_a_data_file_is_told_with_its_line(site, page, name, text, line, message):
    source = page() if name == "a.yaml" else page(f"file: data/{name}")
    site.write(f"data/{name}", text)
    if name == "a.yaml":
        whole = (site.source / source).read_text()
        (site.source / source).write_text(
            whole.replace("::\n", ":: data/a.yaml\n").replace("}\n", "} data/a.yaml\n")
        )
    (warning,) = site.build().warnings
    place, _, said = warning.partition(": WARNING: ")
    assert place.startswith(f"data/{name}:")
    assert line is None or place == f"data/{name}:{line}"
    assert message in said
    assert f"; used by {source}:" in said


def test_an_error_of_a_data_file_without_a_line_is_told_with_the_first(site, page):
    copied(site, "torch_trace")
    source = page("file: data/torch_trace")
    site.write("data/torch_trace/1f1b-rank1.json", '{"schemaVersion": 1, "traceEvents": []}')
    (warning,) = site.build().warnings
    place, _, said = warning.partition(": WARNING: ")
    assert place == "data/torch_trace/1f1b-rank1.json:1"
    assert f"; used by {at(source, 5)}" in said


@pytest.mark.parametrize("key", ["variant", "order", "title", "schedule"])
def test_an_option_without_a_value_is_an_error(site, page, key):
    source = page("alt: x", f"{key}:")
    (warning,) = site.build().warnings
    assert warning.startswith(f"{at(source, 6)}: WARNING: the option '{key}' needs a value")


@pytest.mark.parametrize("key", ["transfers", "recompute"])
def test_a_flag_needs_no_value(site, page, key):
    source = page("schedule: gpipe", "devices: 2", "microbatches: 2", f"{key}:")
    assert site.build().warnings == []
    (picture,) = site.pictures()
    text = (site.source / source).read_text()
    site.write(source, text.replace(f":{key}:", f":{key}: true"))
    assert site.build().warnings == []
    assert site.pictures() == [picture]


def test_all_files_that_use_a_wrong_one_are_told(site):
    site.write("index.rst", rst().replace("::\n", ":: a.yaml\n"))
    site.write("a.yaml", "title: A\nfile: a.csv\n")
    site.write("a.csv", "0F0,0Q0\n")
    (warning,) = site.build().warnings
    assert warning.startswith("a.csv:1: WARNING: ")
    assert "; used by a.yaml:2, index.rst:4" in warning


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("file: data/no.csv", "there is no file 'data/no.csv'"),
        ("file: data/no*.csv", "there is no file 'data/no*.csv'"),
        ("file: data", "has no file of a known format"),
        ("file: data/a.txt", "cannot be told from its content"),
        ("file: [data/a.txt, data/no.csv]", "there is no file"),
        ("python: no_such_module:rows", "there is no module 'no_such_module'"),
        ("python: os", "python must be package.module:callable"),
    ],
)
def test_what_is_not_there_is_told_with_the_line_of_the_page(site, page, option, message):
    (site.source / "data").mkdir()
    if "a.txt" in option:
        site.write("data/a.txt", "words\n")
    source = page("alt: x", option)
    (warning,) = site.build().warnings
    place, _, said = warning.partition(": WARNING: ")
    assert message in said
    assert str(site.folder) not in said
    if "cannot be told" not in message:
        assert place == at(source, 6)


def test_python_objects_can_be_refused(site, page, monkeypatch):
    (site.folder / "made_to_be_refused.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(site.folder)
    source = page("python: made_to_be_refused:rows")
    assert "it ran" in site.build().warnings[0]
    site.configure(*site.more, "pipeviz_allow_python = False")
    (warning,) = site.build().warnings
    assert warning.startswith(f"{at(source, 5)}: WARNING: Python objects are not allowed here")
    assert "[pipeviz.spec]" in warning


OUTSIDE = "'{}' is outside of the folders that figures may read"


@pytest.fixture
def outside(site):
    """Return a file beside the source folder, seen from a page in it."""
    shutil.copy(FORMATS / "chart.txt", site.folder / "secret.txt")
    return os.path.relpath(site.folder / "secret.txt", site.source)


def test_a_file_outside_is_not_read(site, page, outside):
    source = page("alt: x", f"file: {outside}")
    (warning,) = site.build().warnings
    assert warning.startswith(f"{at(source, 6)}: WARNING: {OUTSIDE.format(outside)}")
    assert "pipeviz_roots names more folders" in warning


@pytest.mark.parametrize(
    "way", ["link", "linked by a pattern", "linked folder", "folder", "pattern", "absolute"]
)
def test_no_way_leads_outside(site, page, outside, way):
    if "link" in way:
        (site.source / "inside.txt").symlink_to(site.folder / "secret.txt")
        (site.folder / "other").mkdir()
        shutil.copy(site.folder / "secret.txt", site.folder / "other")
        (site.source / "inner").symlink_to(site.folder / "other")
    name = {
        "link": "inside.txt",
        "linked by a pattern": "in*.txt",
        "linked folder": "inn*/s*.txt",
        "folder": str(Path(outside).parent),
        "pattern": str(Path(outside).parent / "secr*.txt"),
        "absolute": str(site.folder / "secret.txt"),
    }[way]
    source = page(f"file: {name}")
    (warning,) = site.build().warnings
    assert warning.startswith(f"{at(source, 5)}: WARNING: ")
    if way == "absolute":  # a leading slash is the source folder's
        assert "there is no file" in warning
    else:
        assert OUTSIDE.format(name) in warning
        assert "secret" not in warning.replace(name, "")
        assert "secret" not in site.page("index.html").replace(name, "")


@pytest.mark.parametrize("pattern", ["*/" * 30 + "chart*.txt", "**/" * 30 + "chart*.txt"])
def test_links_in_circles_cost_a_pattern_no_time(tmp_path, pattern):
    (tmp_path / "inner").mkdir()
    for name in "abc":
        (tmp_path / "inner" / name).symlink_to(".")
    shutil.copy(FORMATS / "chart.txt", tmp_path / "inner" / "chart1.txt")
    spec = read_spec(f"file: '{pattern}'\n", lambda line: Location("text", line + 1))
    assert load(spec, Access(tmp_path, roots=(tmp_path,))).loaded


def test_a_schedule_in_yaml_outside_is_not_read(site):
    (site.folder / "secret.yaml").write_text("schedule: 1f1b\ndevices: 2\nmicrobatches: 2\n")
    site.configure()
    source = site.write("index.rst", "T\n=\n\n.. pipeline-schedule:: ../secret.yaml\n").name
    (warning,) = site.build().warnings
    assert warning.startswith(f"{source}:4: WARNING: {OUTSIDE.format('../secret.yaml')}")


def test_a_font_outside_is_not_read(site):
    shutil.copy(FONT, site.folder / "a.ttf")
    site.configure()
    body = "   schedule: 1f1b\n   devices: 2\n   microbatches: 2\n   style: {{font: {}}}\n"
    text = "T\n=\n\n.. pipeline-schedule::\n\n" + body
    source = site.write("index.rst", text.format("../a.ttf")).name
    (warning,) = site.build().warnings
    assert warning.startswith(f"{source}:9: WARNING: {OUTSIDE.format('../a.ttf')}")
    shutil.copy(FONT, site.source / "a.ttf")
    site.write("index.rst", text.format("a.ttf"))
    assert not site.build().warnings


def test_roots_are_further_folders(site, page, outside):
    root = os.path.relpath(site.folder, site.source)
    site.configure(*site.more, f"pipeviz_roots = [{root!r}]")
    page(f"file: {outside}")
    assert not site.build().warnings
