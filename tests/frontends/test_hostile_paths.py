"""Paths that lead out of the pages' folder: no front end reads or writes there."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_pipeviz.frontends.fence import FenceExtension

from .test_sources import FONT

#: A schedule that is told by its seven devices.
SECRET = "".join(f"Stage {stage}: {'    ' * stage}[F0]\n" for stage in range(7))
SHOWN = "7 devices"
OUTSIDE = "is outside of the folders that figures may read"
BASE = "schedule: 1f1b\ndevices: 2\nmicrobatches: 2\n"
#: What a page says, and whether that is told as outside; else there is no such file.
WAYS = {
    "file: ../secret.txt": True,
    "file: ./x/../../secret.txt": True,
    "file: [inside.txt, ../secret.txt]": True,
    "file: ..": True,
    "file: ../*.txt": True,
    "file: '*/../../secret.txt'": True,
    "file: '../secret.[t]xt'": True,
    "file: link.txt": True,
    "file: li*.txt": True,
    "file: linked": True,
    "file: linked/*.txt": True,
    "file: '*/secret.txt'": True,
    "file: linked/secret.txt": True,
    "file: ABSOLUTE": True,
    "file: ~/secret.txt": False,
    "file: $HOME/secret.txt": False,
    "file: file:ABSOLUTE": False,
    "file: '..\\secret.txt'": False,
    "file: 'C:\\secret.txt'": False,
    "file: '\\\\host\\secret.txt'": False,
    "file: '%2e%2e/secret.txt'": False,
    "file: '[.][.]/secret.txt'": False,
    "file: circle": False,
    "file: /dev/stdin": True,
    "file: /proc/self/environ": True,
    f"{BASE}style: {{font: ../font.ttf}}": True,
    f"{BASE}style: {{fallback: ../font.ttf}}": True,
    f"{BASE}style: {{font: link.ttf}}": True,
    f"compare: [{{file: ../secret.txt}}, {{title: b}}]\n{BASE}": True,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with secrets beside the folder of pages, into which links lead."""
    docs = tmp_path / "docs"
    (docs / "x").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "secret.txt", tmp_path / "other" / "secret.txt"):
        path.write_text(SECRET)
    shutil.copy(FONT, tmp_path / "font.ttf")
    (docs / "inside.txt").write_text("Stage 0: [F0][B0]\n")
    for name, target in (
        ("link.txt", "../secret.txt"),
        ("link.ttf", "../font.ttf"),
        ("linked", "../other"),
        ("circle", "circle"),
    ):
        (docs / name).symlink_to(target)
    return tmp_path


def body(way, folder):
    return way.replace("ABSOLUTE", str(folder / "secret.txt")) + "\n"


def assert_refused(way, said, page, *, rooted=False):
    """Neither the message nor the page shows more than the name."""
    known = WAYS[way] and not (rooted and re.match(r"file: (/|ABSOLUTE)", way))
    assert (OUTSIDE in said) == known, said
    assert "drawing failed" not in said
    assert SHOWN not in page
    assert "Stage 6" not in page + said
    assert "HOME=" not in page + said


@pytest.mark.parametrize("way", WAYS)
def test_a_fence_reads_nothing_outside(way, folder, caplog):
    """The page says: a path that leads out of the source folder is an error."""
    markdown = pytest.importorskip("markdown")
    with caplog.at_level(logging.WARNING):
        options = {"folder": str(folder / "docs")}
        text = f"```pipeline-schedule\n{body(way, folder)}```\n"
        page = markdown.markdown(text, extensions=[FenceExtension(**options)])
    (record,) = caplog.records
    assert_refused(way, record.getMessage(), page)


def test_roots_of_a_fence_are_further_folders(folder, caplog):
    """The page says: in Python-Markdown the option is roots."""
    markdown = pytest.importorskip("markdown")
    options = {"folder": str(folder / "docs"), "roots": [str(folder / "other")]}
    text = "```pipeline-schedule\nfile: ../other/secret.txt\n```\n"
    assert SHOWN in markdown.markdown(text, extensions=[FenceExtension(**options)])
    text = text.replace("other/", "")
    assert SHOWN not in markdown.markdown(text, extensions=[FenceExtension(**options)])
    assert OUTSIDE in caplog.text


def built(tool, folder):
    done = subprocess.run(
        [sys.executable, "-m", tool, "build"],
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


CONFIGS = {
    "mkdocs": (
        "mkdocs.yml",
        "site_name: S\ntheme: {name: null, custom_dir: theme}\nplugins: [pipeviz]\n",
        ("plugins: [pipeviz]", "plugins: [{pipeviz: {roots: [other]}}]"),
    ),
    "zensical": (
        "zensical.toml",
        '[project]\nsite_name = "S"\n[project.markdown_extensions.sphinx_pipeviz]\n',
        ("[project.markdown_extensions.sphinx_pipeviz]\n", 'roots = ["other"]\n'),
    ),
}


@pytest.mark.parametrize("tool", CONFIGS)
def test_a_site_of_markdown_reads_nothing_outside(tool, folder):
    """The page says: a path that leads out of the source folder is an error."""
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"not installed: {tool}")
    name, config, (old, new) = CONFIGS[tool]
    (folder / "theme").mkdir()
    (folder / "theme" / "main.html").write_text("{{ page.content }}")
    (folder / name).write_text(config)
    (folder / "docs" / "circle").unlink()  # these programs fail of it themselves
    ways = [way for way in WAYS if "circle" not in way]
    for number, way in enumerate(ways):
        text = f"# T\n\n```pipeline-schedule\n{body(way, folder)}```\n"
        (folder / "docs" / f"p{number}.md").write_text(text)
    said = built(tool, folder).splitlines()
    for number, way in enumerate(ways):
        page = (folder / "site" / f"p{number}" / "index.html").read_text()
        (line,) = [line for line in said if f"p{number}.md:" in line]
        assert_refused(way, line, page, rooted=True)
    other = "```pipeline-schedule\nfile: ../other/secret.txt\n```\n"
    for old_page in (folder / "docs").glob("p*.md"):
        old_page.unlink()
    (folder / "docs" / "p.md").write_text(other)
    new = new if new.startswith("plugins") else old + new
    (folder / name).write_text(config.replace(old, new))
    assert OUTSIDE not in built(tool, folder)
    assert SHOWN in (folder / "site" / "p" / "index.html").read_text()


@pytest.mark.parametrize("suffix", ["rst", "md"])
def test_sphinx_reads_nothing_outside(site, folder, suffix):
    """The page says: a path that leads out of the source folder is an error."""
    more = []
    if suffix == "md":
        pytest.importorskip("myst_parser")
        more = ["extensions = ['myst_parser', 'sphinx_pipeviz']"]
    site.configure(*more, "exclude_patterns = ['x']", "pipeviz_html_embed = 'inline'")
    for path in list((folder / "docs").iterdir()):
        shutil.move(path, site.source / path.name)
    names = [f"p{number}" for number in range(len(WAYS))]
    toc = "\n   ".join(names)
    site.write("index.rst", f"T\n=\n\n.. toctree::\n\n   {toc}\n")
    for name, way in zip(names, WAYS, strict=True):
        text = body(way, folder)
        lines = "".join(f"   {line}\n" for line in text.splitlines())
        rst = f"T\n=\n\n.. pipeline-schedule::\n\n{lines}"
        md = f"# T\n\n```{{pipeline-schedule}}\n{text}```\n"
        (site.source / f"{name}.{suffix}").write_text(rst if suffix == "rst" else md)
    said = site.build().warnings
    for name, way in zip(names, WAYS, strict=True):
        (line,) = [line for line in said if line.startswith(f"{name}.{suffix}:")]
        assert_refused(way, line, site.page(f"{name}.html"), rooted=True)


@pytest.mark.usefixtures("folder")
def test_what_a_page_includes_reads_nothing_outside(site):
    """Paths in an included part are the page's; a schedule in YAML has the same limits."""
    part = ".. pipeline-schedule::\n\n   file: ../secret.txt\n"
    site.write("parts/part.txt", part)
    site.write("a.yaml", "file: ../secret.txt\n")
    site.write(
        "index.rst",
        "T\n=\n\n.. include:: parts/part.txt\n\n.. pipeline-schedule:: a.yaml\n",
    )
    said = site.build().warnings
    assert len(said) == 2
    assert all(OUTSIDE in line for line in said)
    assert SHOWN not in site.page("index.html")


# Writing


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_names_of_figures_are_names_of_no_files(site):
    """The page says: no name of a file is made of an author's words."""
    names = ("../../evil", "/evil", "a/../../../evil", "evil.svg", "..", "~/evil")
    site.configure("pipeviz_downloads = ['svg', 'yaml', 'png', 'pdf']")
    blocks = [
        f".. pipeline-schedule::\n   :name: {name}\n   :caption: {name}\n\n"
        f"   schedule: gpipe\n   devices: 2\n   microbatches: 2\n   title: '{name}'\n"
        for name in names
    ]
    site.write("index.rst", "T\n=\n\n" + "\n".join(blocks))
    before = below(site.folder)
    site.build()
    new = below(site.folder) - before
    assert not [name for name in new if "evil" in name]
    assert all(name.startswith(("output/", "doctrees/")) for name in new)
    ours = [name for name in new if "pipeviz" in Path(name).name]
    assert ours
    pattern = r"pipeviz-[0-9a-f]{32}-[0-9a-f]{16}(\.dark)?\.\w+|pipeviz[\w-]*\.(css|js)"
    assert all(re.fullmatch(pattern, Path(name).name) for name in ours)


def test_a_link_in_the_place_of_assets_is_not_followed(folder):
    """The page says: nothing is written outside of the cache and of the output."""
    if importlib.util.find_spec("zensical") is None:
        pytest.skip("not installed: zensical")
    config = CONFIGS["zensical"][1] + 'assets = "assets/pipeviz"\n'
    (folder / "zensical.toml").write_text(config)
    (folder / "docs" / "circle").unlink()
    (folder / "docs" / "assets").mkdir()
    (folder / "docs" / "assets" / "pipeviz").symlink_to("../../other")
    (folder / "docs" / "index.md").write_text(f"# T\n\n```pipeline-schedule\n{BASE}```\n")
    built("zensical", folder)
    assert "<svg" in (folder / "site" / "index.html").read_text()
    assert [path.name for path in (folder / "other").iterdir()] == ["secret.txt"]
