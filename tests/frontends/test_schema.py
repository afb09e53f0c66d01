"""The JSON Schema that the command prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sphinx_pipeviz.draw.style import STYLES, Style
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.frontends.schema import json_schema
from sphinx_pipeviz.readers.yaml_tree import scalar
from sphinx_pipeviz.schedules import ALIASES, SCHEDULES
from sphinx_pipeviz.spec import KEYS

SCHEMA = json_schema()
DEFINED = SCHEMA["$defs"]


def nodes(node):
    """Yield every mapping in the schema."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)


def test_command_prints_it(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_every_key_is_explained():
    assert list(DEFINED["Keys"]["properties"]) == list(KEYS)
    for schema in DEFINED.values():
        assert schema["description"]
        for field in schema.get("properties", {}).values():
            assert field["description"]
            assert "``" not in field["description"]


def test_references_lead_somewhere():
    named = {node["$ref"] for node in nodes(SCHEMA) if isinstance(node.get("$ref"), str)}
    assert {name.removeprefix("#/$defs/") for name in named} == set(DEFINED)


def test_names_are_offered():
    names = DEFINED["Keys"]["properties"]["schedule"]["anyOf"][0]["enum"]
    assert set(names) == {*SCHEDULES, *ALIASES}
    style = DEFINED["Style"]["properties"]
    assert set(style["base"]["enum"]) == set(STYLES)
    assert len(style) == len(Style.__struct_fields__) + 1


LINE = "# yaml-language-server: $schema=pipeviz.json\n"
FILES = sorted((Path(__file__).parents[2] / "docs" / "examples").rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_of_the_documentation_fit_with_the_line_for_editors(file, tmp_path, monkeypatch):
    """Do what an editor does: find the schema that the first line names."""
    schema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    monkeypatch.chdir(tmp_path)
    Path("pipeviz.json").write_text(json.dumps(SCHEMA))
    Path("a.yaml").write_text(LINE + file.read_text())
    first, _, rest = Path("a.yaml").read_text().partition("\n")
    named = json.loads(Path(first.partition("$schema=")[2]).read_text())
    schema.validate(scalar(rest), named)
    assert main(["check", "a.yaml"]) == 0


def test_the_line_for_editors_is_in_the_documentation():
    page = FILES[0].parents[1] / "command.rst"
    assert f"\n   {LINE}   schedule: 1f1b\n" in page.read_text()


RIGHT = [
    "{schedule: 1f1b, devices: 4, microbatches: 8}",
    "{schedule: 1F1B, devices: 4, microbatches: 8, style: {base: mono, first: 0}}",
    "{order: [0F0 0B0]}",
    "{'1': [{type: forward, batch: 1, start_time: 0, duration: 1}]}",
    "{timeline: {'1': []}}",
    "{compare: [{schedule: gpipe}, {schedule: 1f1b}], devices: 2, microbatches: 2}",
]
WRONG = [
    "{}",
    "{devices: 4}",
    "{schedule: 1f1b, device: 4}",
    "{schedule: 1f1b, devices: four}",
    "{schedule: 1f1b, costs: {forwards: 1}}",
    "{schedule: 1f1b, style: sead}",
    "{schedule: 1f1b, style: {base: sead}}",
    "{'1': [{type: forward}]}",
    "{compare: [{schedules: gpipe}]}",
    "[1]",
]


@pytest.mark.parametrize("text", [*RIGHT, *WRONG])
def test_it_tells_right_from_wrong(text):
    schema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema.Draft202012Validator.check_schema(SCHEMA)
    checker = schema.Draft202012Validator(SCHEMA)
    assert checker.is_valid(scalar(text)) == (text in RIGHT)
