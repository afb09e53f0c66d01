"""The command and formats besides YAML: what it reads, and what convert writes."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.readers import READERS
from sphinx_pipeviz.write import WRITERS

FORMATS = Path(__file__).parents[1] / "formats"
#: What holds a schedule that can run, and its format.
INPUTS = {
    "1f1b.csv": "torch-csv",
    "1f1b-with-transfers.csv": "torch-csv",
    "1f1b.mmd": "mermaid",
    "chart.txt": "ascii",
    "zb-legacy.csv": "torch-csv",
    "zb-v.txt": "sail-sg",
    "chrome_trace": "chrome-trace",
    "chrome_trace/begin-end.json": "chrome-trace",
    "megatron_timers": "megatron-timers",
    "primus_dump": "primus",
    "seed_json/overlapped.json": "json",
    "torch_trace": "torch-trace",
    "torch_trace/*.json": "torch-trace",
}
ORDERS = ("torch-csv", "ascii", "sail-sg")
YAML = "schedule: zb-h1\ndevices: 2\nmicrobatches: 2\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    shutil.copytree(FORMATS, tmp_path / "in")
    monkeypatch.chdir(tmp_path / "in")
    return tmp_path / "in"


def give(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_every_format_has_an_input():
    assert set(INPUTS.values()) == set(READERS)


@pytest.mark.parametrize(("file", "format"), INPUTS.items())
def test_every_command_reads_every_format(run, file, format):
    asked = ("--from", format)
    assert run("check", file) == run("check", file, *asked) == (0, f"{file}: ok\n", "")
    for command in ("show", "stats"):
        code, out, err = run(command, file)
        assert (code, bool(out), err) == (0, True, "")
        assert run(command, file, *asked) == (code, out, err)
    if file != "seed_json/overlapped.json":  # it is a part of a schedule
        code, out, _ = run("order", file)
        assert (code, len(out.splitlines())) == (0, 2)
    assert run("render", file, "-o", "a.svg") == (0, "a.svg\n", "")


@pytest.mark.parametrize(("file", "format"), INPUTS.items())
def test_convert_gives_what_is_read_again(run, file, format):
    code, text, err = run("convert", file)
    assert (code, err) == (0, "")
    assert text.startswith("order:\n" if format in ORDERS else "timeline:\n")
    before = pv.simulate(pv.read(text))
    for wanted in sorted({*WRITERS} - {"chrome", *(["csv"] * ("overlap" in file))}):
        _, written, _ = run("convert", file, "-t", wanted)
        again = pv.simulate(pv.read(written, wanted if wanted != "csv" else "torch-csv"))
        assert [len(row) for row in again.rows] == [len(row) for row in before.rows]
        if wanted == "json":
            assert again.rows == before.rows


@pytest.mark.parametrize("wanted", WRITERS)
@pytest.mark.parametrize(("file", "format"), INPUTS.items())
def test_every_format_becomes_every_other_in_the_same_time(run, here, file, format, wanted):
    name = {"yaml": "a.yaml", "csv": "a.csv"}.get(wanted, "a.json")
    code, out, err = run("convert", file, "-t", wanted, "-o", name)
    if (format, wanted) == ("json", "csv"):  # it is a part of a schedule
        assert (code, "are missing" in err) == (1, True)
        return
    assert (code, out, err) == (0, f"{name}\n", "")
    starts = {"csv": "0", "json": "{", "chrome": '{"traceEvents"'}
    kind = "order:\n" if format in ORDERS else "timeline:\n"
    assert (here / name).read_text().startswith(starts.get(wanted, kind))
    before, after = (json.loads(run("stats", each, "--json")[1]) for each in (file, name))
    assert after["devices"] == before["devices"]
    if wanted != "csv" or format in ORDERS:  # an order of a timeline has no times
        scale = 1000 if wanted == "chrome" else 1  # microseconds, read as milliseconds
        assert after["makespan"] * scale == pytest.approx(before["makespan"])


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (("-o", "a.yaml"), "order:"),
        (("-o", "a.yml"), "order:"),
        (("-o", "a.csv"), "0F0,0F1,0B0"),
        (("-o", "a.json"), "{"),
        (("-o", "a.json", "-t", "chrome"), '{"traceEvents"'),
        (("-o", "sub/a.txt", "--to", "csv"), "0F0"),
    ],
)
def test_convert_takes_the_format_from_the_suffix(run, here, arguments, start):
    assert run("convert", "1f1b.csv", *arguments) == (0, f"{arguments[1]}\n", "")
    assert (here / arguments[1]).read_text().startswith(start)


def test_convert_prints_yaml_by_default(run, monkeypatch):
    printed = run("convert", "1f1b.csv")
    assert printed == run("convert", "1f1b.csv", "-o", "-")
    give(monkeypatch, b"0F0,0F1,0B0,0B1\n1F0,1B0,1F1,1B1\n")
    assert run("convert", "-") == printed


def test_convert_takes_the_files_of_a_run_one_by_one(run):
    files = sorted(str(path) for path in Path("torch_trace").iterdir())
    assert run("convert", *files) == run("convert", "torch_trace")
    code, _, err = run("convert", files[0], "-")
    assert (code, "standard input is one file" in err) == (1, True)


def test_convert_keeps_costs_and_what_no_order_can_hold(run, here):
    (here / "a.yaml").write_text(YAML + "costs: {forward: {1: 3}, overlap: max, p2p: 0.5}\n")
    _, text, _ = run("convert", "a.yaml")
    assert 'costs: {"' not in text
    assert (
        pv.simulate(pv.read(text)).rows == pv.simulate(pv.read(Path("a.yaml").read_text())).rows
    )
    (here / "a.yaml").write_text(YAML.replace("zb-h1", "pipedream"))
    _, text, _ = run("convert", "a.yaml")
    assert text.startswith("timeline:\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("convert", "1f1b.csv", "-o", "a.gif"), "cannot tell the format of 'a.gif'"),
        (
            ("convert", "1f1b.csv", "-o", "a.csv", "-t", "json"),
            "named as csv, but --to is json",
        ),
        (("convert", "1f1b.csv", "-o", "1f1b.csv"), "over its own source"),
        (("convert", "1f1b.csv", "-o", "torch_trace", "-t", "csv"), "Is a directory"),
        (("convert", "1f1b.csv", "chart.txt"), "one file"),
        (("convert", "seed_json", "-t", "csv"), "seed_json: 6 ops are missing"),
        (("convert", "impossible-gantt.md"), "impossible-gantt.md:11: "),
        (("convert", "missing.json"), "there is no such file"),
        (("show", "torch_trace/1f1b-rank0.json"), "give one trace of every rank"),
        (("show", "1f1b.csv", "--from", "cvs"), "did you mean 'csv'?"),
        (("show", "chart.txt", "--from", "csv"), "chart.txt:1: "),
        (("show", "torch_trace", "--unit", "h"), "choose us or ms or s"),
        (("show", "torch_trace", "--pattern", "("), "not a regular expression"),
        (("show", "chart.txt", "--pattern", "F"), "'pattern' has no use for the format ascii"),
        (("show", "primus_dump", "--rank", "0"), "it goes with torch-trace, megatron-timers"),
        (("show", "chrome_trace", "--pattern", "("), "not a regular expression"),
        (("show", "torch_trace", "--rank", "x"), "'x' names no ranks"),
        (("show", "torch_trace", "--rank", "1"), "no trace has passes of stage 0"),
        (("show", "nothing/*.json"), "there is no file 'nothing/*.json'"),
        (("show", "**["), "**["),
        (("show", "no/such/folder"), "there is no such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert err.startswith("sphinx-pipeviz: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a", "a.md"])
def test_a_file_of_no_known_format_names_the_formats(run, here, name):
    (here / name).write_text('{"some": "words", "that are": "no schedule"}\n')
    code, _, err = run("check", name)
    assert code == 1
    assert err.startswith(f"{name}:1: the format of '{name}' cannot be told")
    assert f"give --from with one of yaml, {', '.join(READERS)}" in err


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "1: this file is empty"),
        ("a.json", b"\n \n", "1: this file is empty"),
        ("a.json", b"[" * 100_000, "1: this JSON is nested too deeply"),
        ("a.json", b'{"0":\n[', "2: this is not valid JSON"),
        ("a.json.gz", b"\x1f\x8b\x08", "1: this gzip file is cut short"),
        ("a.json.gz", b"\x1f\x8bnot gzip", "1: this gzip file is damaged"),
        ("a.json.gz", b"\x00\xff", "1: this is not a text file in UTF-8 (give a text file)"),
        ("a.txt", "Stage 0".encode("utf-16"), "1: this is not a text file in UTF-8"),
    ],
)
def test_what_hides_a_format_is_told_instead(run, here, name, data, message):
    (here / "new").mkdir()
    (here / "new" / name).write_bytes(data)
    for asked in (f"new/{name}", "new"):
        code, _, err = run("check", asked)
        assert code == 1
        assert err.startswith(f"new/{name}:{message}")


def test_formats_are_asked_for_as_the_command_does(run, here):
    (here / "new").mkdir()
    (here / "new" / "a.txt").write_text("words\n")
    hint = f"(give --from with one of {', '.join(READERS)})"
    assert hint in run("check", "new")[2]
    _, _, err = run("show", "torch_trace", "--from", "nope")
    assert f"(known: {', '.join(READERS)})" in err
    assert "JSON starts with { or [" in run("show", "chart.txt", "--from", "json")[2]


def test_several_runs_in_a_folder_are_told(run, here):
    for path in Path("torch_trace").iterdir():
        shutil.copy(path, here / "torch_trace" / path.name.replace("1f1b", "again"))
    (here / "torch_trace" / "none.json").write_text('{"traceEvents": []}')
    _, _, err = run("show", "torch_trace")
    assert "rank 0 is given twice" in err
    assert "name its files, such as again-rank*.json" in err


def test_yaml_is_known_by_its_keys_whatever_its_name(run, here, monkeypatch):
    (here / "a.md").write_text(YAML)
    (here / "b").write_text("{schedule: zb-h1, devices: 2, microbatches: 2}")
    give(monkeypatch, YAML.encode())
    assert run("show", "a.md") == run("show", "b") == run("show", "-")
    code, _, err = run("show", "a.md", "--unit", "us")
    assert (code, "--unit has no use for a schedule in YAML" in err) == (1, True)
    assert run("show", "a.md", "--from", "yaml")[0] == 0


def test_pattern_unit_and_rank_say_how_a_trace_is_read(run, here):
    slow = json.loads(run("stats", "torch_trace", "--unit", "us", "--json")[1])
    fast = json.loads(run("stats", "torch_trace", "--json")[1])
    assert slow["makespan"] == pytest.approx(1000 * fast["makespan"])
    assert run("show", "torch_trace", "--rank", "0-1") == run("show", "torch_trace")
    events = [
        {"ph": "X", "name": name, "pid": 0, "tid": 0, "ts": ts, "dur": 5}
        for name, ts in (("up/0", 0), ("down/0", 5))
    ]
    (here / "t.json").write_text(json.dumps(events))
    pattern = r"(?P<kind>up|down)/(?P<microbatch>\d+)"
    assert run("show", "t.json", "--pattern", pattern)[0] == 1
    (here / "t.json").write_text(json.dumps(events).replace("up", "fwd").replace("down", "bwd"))
    pattern = r"(?P<kind>fwd|bwd)/(?P<microbatch>\d+)"
    assert run("check", "t.json", "--pattern", pattern)[0] == 0


def test_python_objects_can_be_refused(run, here, monkeypatch):
    (here / "made_for_the_command.py").write_text("def rows():\n    return ['0F0 0B0']\n")
    monkeypatch.syspath_prepend(here)
    (here / "a.yaml").write_text("python: made_for_the_command:rows\n")
    assert run("order", "a.yaml") == (0, "0F0,0B0\n", "")
    for command in ("show", "order", "stats", "check", "render", "convert"):
        code, _, err = run(command, "a.yaml", "--no-python")
        assert code == 1
        assert "a.yaml:1: Python objects are not allowed here" in err


def test_a_picture_of_a_run_is_named_after_its_folder(run):
    assert run("render", "torch_trace")[1] == "torch_trace.svg\n"
    assert run("render", "torch_trace/*.json")[1] == "torch_trace/schedule.svg\n"


def test_list_shows_the_formats(run):
    code, out, _ = run("list", "--formats")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["yaml", *READERS]
    listed = json.loads(run("list", "--formats", "--json")[1])
    assert listed["torch-csv"]["suffixes"] == [".csv"]
    assert listed["torch-csv"]["aliases"] == ["csv", "pytorch-csv"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"[" * 100_000, b"{" * 50_000, b'{"0": [', b"gantt\n", b"0F0" * 9, b"- - -"],
    ids=repr,
)
def test_no_input_makes_a_traceback(run, monkeypatch, data):
    for asked in (None, "yaml", *READERS):
        give(monkeypatch, data[:100_000])
        code, _, err = run("convert", "-", *(("--from", asked) if asked else ()))
        assert code == 1
        assert err.startswith("sphinx-pipeviz: ")


def test_a_terminal_that_lacks_a_character_is_no_error(monkeypatch):
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    Path("a.yaml").write_text(
        "timeline: {ü: [{type: f, batch: 1, start_time: 0, duration: 1}]}"
    )
    assert main(["show", "a.yaml"]) == 0
    plain.flush()
    assert b"\\xfc" in plain.buffer.getvalue()
