"""The same bytes from every run: in turn, in parallel, with any hash seed, in every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

#: Format -> a builder that takes it.
FORMATS = {"svg": "html", "png": "html", "pdf": "latex"}
FIGURES = (
    (
        "schedule: interleaved-1f1b",
        "devices: 4",
        "microbatches: 8",
        "chunks: 2",
        "phases: true",
    ),
    ("schedule: zb-h1", "devices: 4", "microbatches: 8", "memory: true", "legend: right"),
    ("schedule: dualpipe", "devices: 4", "microbatches: 8", "critical-path: true"),
    ("compare: [{schedule: gpipe}, {schedule: 1f1b}]", "devices: 4", "microbatches: 4"),
)


def fill(site) -> None:
    names = [f"page{number:02}" for number in range(16)]
    site.write("index.rst", "Title\n=====\n\n.. toctree::\n\n   " + "\n   ".join(names) + "\n")
    for number, name in enumerate(names):
        way = ("inline", "image")[number % 2]
        lines = (f":caption: {number}", f":name: figure-{number}", f":embed: {way}", "")
        lines += FIGURES[number % len(FIGURES)]
        body = "\n".join(f"   {line}" if line else "" for line in lines)
        also = f":numref:`figure-{(number + 5) % 16}`"
        site.write(
            f"{name}.rst",
            f"Title {number}\n========\n\n.. pipeline-schedule::\n{body}\n\n{also}\n",
        )


def content(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def build(site, builder: str, *arguments: str, **env: str) -> dict[str, bytes]:
    """Return all that a fresh interpreter writes, in which no code of ours is deprecated."""
    shown = "default::DeprecationWarning,default::PendingDeprecationWarning"
    result = site.build_apart(builder, *arguments, PYTHONWARNINGS=shown, **env)
    assert result.code == 0
    said = "\n".join(result.warnings)
    assert "WARNING:" not in said
    assert "sphinx_pipeviz" not in said
    for packed in (site.output / builder).glob("*.epub"):
        packed.unlink()  # it holds the times of its files, which are compared themselves
    return content(site.output / builder)


@pytest.mark.behaviour(14, 24)
@pytest.mark.parametrize("builder", ["html", "latex", "epub"])
def test_any_number_of_processes_writes_the_same(new_site, builder):
    outputs = []
    for jobs, seed in (("1", "0"), ("4", "1"), ("auto", "2")):
        site = new_site("html_copy_source = False", "epub_date = '2000-01-01'")
        fill(site)
        arguments = ("-j", jobs, "-D", "today=2000")
        env = {"SOURCE_DATE_EPOCH": "946684800", "PYTHONHASHSEED": seed}
        outputs.append(
            build(site, builder, *arguments, **env) | content(site.doctrees / "pipeviz")
        )
    first, *others = outputs
    assert len(first) > 16 or builder == "latex"
    for other in others:
        assert first.keys() == other.keys()
        assert [name for name in first if first[name] != other[name]] == []


@pytest.mark.behaviour(14)
@pytest.mark.parametrize("wanted", FORMATS)
def test_pictures_of_every_format_are_the_same_in_all_processes(new_site, wanted):
    found = []
    for seed in ("0", "12345"):
        site = new_site(f"pipeviz_formats = ['{wanted}']")
        fill(site)
        build(site, FORMATS[wanted], PYTHONHASHSEED=seed)
        kept = content(site.doctrees / "pipeviz")
        assert {re.sub(r".*\.", "", name) for name in kept} >= {wanted}
        found.append(kept)
    assert found[0] == found[1]
