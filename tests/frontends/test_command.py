"""The command: what it prints, what it writes and its exit codes 0, 1 and 2."""

import io
import json
import subprocess
import sys

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.schedules import SCHEDULES
from tests.draw.tiny_font import write_font

GOOD = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
BAD = "schedule: 1f1b\ndevices: 2\nmicrobatches: -3\n"
TIMELINE = """\
A:
- {type: forward, batch: 1, start_time: 0, duration: 1}
- {type: backward, batch: 1, start_time: 1, duration: 1}
"""
ROW_0 = "Device 1 │F1│F2│     │B1   │F3│B2   │  │B3   │"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "binary.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "folder.yaml").mkdir()
    return tmp_path


def give(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


# render


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", b"<?xml"), ("a.pdf", b"%PDF"), ("a.png", b"\x89PNG"), ("a.txt", b"t = ")],
)
def test_render_takes_the_format_from_the_suffix(run, here, name, start):
    assert run("render", "good.yaml", "-o", name) == (0, f"{name}\n", "")
    assert (here / name).read_bytes().startswith(start)


def test_render_writes_beside_its_input_by_default(run, here):
    (here / "sub").mkdir()
    (here / "sub" / "x.yaml").write_text(GOOD)
    assert run("render", "sub/x.yaml", "good.yaml") == (0, "sub/x.svg\ngood.svg\n", "")
    assert (here / "sub" / "x.svg").read_bytes() == pv.render(pv.read(GOOD))
    assert run("render", "good.yaml", "-f", "text")[1] == "good.txt\n"


def test_render_makes_a_folder_for_several(run, here):
    (here / "two.yaml").write_text(GOOD)
    code, out, err = run("render", "good.yaml", "two.yaml", "-o", "out", "-f", "pdf")
    assert (code, out, err) == (0, "out/good.pdf\nout/two.pdf\n", "")
    assert run("render", "good.yaml", "-o", "out") == (0, "out/good.svg\n", "")


def test_render_makes_the_folders_above_its_output(run, here):
    assert run("render", "good.yaml", "-o", "a/b/c.svg")[0] == 0
    assert (here / "a" / "b" / "c.svg").is_file()


def test_render_refuses_a_suffix_it_does_not_know(run, here):
    code, out, err = run("render", "good.yaml", "-o", "a.gif")
    assert (code, out) == (1, "")
    assert "cannot tell the format of 'a.gif'" in err
    assert not (here / "a.gif").exists()
    assert run("render", "good.yaml", "-o", "a.gif", "-f", "png")[0] == 0


def test_render_says_where_the_input_is_wrong_and_writes_nothing(run, here):
    code, out, err = run("render", "bad.yaml", "-o", "bad.svg")
    assert (code, out) == (1, "")
    assert err.startswith("sphinx-pipeviz: bad.yaml:3: ")
    assert not (here / "bad.svg").exists()


def test_render_takes_a_style(run):
    assert run("render", "good.yaml", "--style", "seed")[0] == 0
    code, _, err = run("render", "good.yaml", "--style", "nope")
    assert (code, "there is no style 'nope'" in err) == (1, True)


def test_render_reads_standard_input(run, monkeypatch):
    give(monkeypatch, GOOD)
    assert run("render", "-", "-o", "x.svg") == (0, "x.svg\n", "")
    give(monkeypatch, GOOD)
    assert run("render", "-") == (0, "schedule.svg\n", "")


@pytest.mark.parametrize("target", ["good.yaml/a.svg", "folder.yaml"])
def test_an_output_that_cannot_be_written_is_one_line_and_exit_code_1(run, here, target):
    (here / "folder.yaml" / "good.svg").mkdir()
    code, out, err = run("render", "good.yaml", "-o", target)
    assert (code, out) == (1, "")
    assert err.startswith("sphinx-pipeviz: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["render", "show", "order", "stats", "check"])
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("missing.yaml", "there is no such file"),
        ("binary.yaml", "this is not a text file in UTF-8"),
        ("folder.yaml", "has no file of a known format"),
        ("empty.yaml", "there is no schedule here"),
        ("bad.yaml:3", "microbatches must be"),
    ],
)
def test_every_command_names_the_file_that_it_cannot_use(run, command, file, message):
    code, _, err = run(command, file.partition(":")[0])
    assert code == 1
    assert file in err
    assert message in err
    assert "Traceback" not in err


# show, order, stats


def test_show_prints_a_grid_for_a_name_a_file_and_standard_input(run, monkeypatch):
    named = run("show", "1f1b", "--devices", "2", "--microbatches", "3")
    assert named[0] == 0
    assert named[1].splitlines()[1] == ROW_0
    assert run("show", "good.yaml") == named
    give(monkeypatch, GOOD)
    assert run("show", "-") == named


def test_show_keeps_to_the_terminals_width(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    _, out, _ = run("show", "gpipe")
    assert max(map(len, out.splitlines())) <= 50
    assert "Device 4" in out


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_shown_ordered_and_measured_by_its_name(run, name):
    for command in ("show", "order", "stats"):
        code, out, err = run(command, name)
        assert (code, err) == (0, "")
        assert out


def test_order_prints_one_row_of_ops_per_device(run):
    assert run("order", "1f1b", "--devices", "2", "--microbatches", "2") == (
        0,
        "0F0,0F1,0B0,0B1\n1F0,1B0,1F1,1B1\n",
        "",
    )


def test_what_order_prints_can_be_read_again(run):
    _, out, _ = run("order", "interleaved-1f1b", "--chunks", "2")
    plan = pv.Plan.parse(out.splitlines())
    named = pv.plan("interleaved-1f1b", devices=4, microbatches=8, chunks=2)
    assert plan.orders == named.orders


def test_order_of_a_written_timeline_is_that_in_which_it_runs(run, here):
    (here / "t.yaml").write_text(TIMELINE)
    assert run("order", "t.yaml") == (0, "0F0,0B0\n", "")
    (here / "t.yaml").write_text(TIMELINE.replace("forward", "optimizer"))
    code, _, err = run("order", "t.yaml")
    assert (code, "t.yaml" in err, "missing" in err) == (1, True, True)


def test_stats_as_json_are_the_metrics(run):
    code, out, _ = run("stats", "good.yaml", "--json")
    metrics = pv.measure(pv.read(GOOD))
    stats = json.loads(out)
    assert code == 0
    assert stats["devices"] == 2
    assert stats["makespan"] == metrics.makespan == 12
    assert stats["bubble_ratio"] == metrics.bubble_ratio
    assert stats["peak_activations"] == list(metrics.peak_activations)


def test_stats_as_text_name_every_number(run):
    _, out, _ = run("stats", "good.yaml")
    assert "devices: 2\n" in out
    assert "makespan: 12\n" in out
    assert "bubble ratio: 0.25\n" in out


def test_keys_are_options_and_wrong_values_are_user_errors(run):
    assert run("show", "gpipe", "--backward", "reversed")[0] == 0
    assert run("show", "zb-v", "--variant", "sail-sg")[0] == 0
    assert run("stats", "1f1b", "--costs", "{forward: 2, backward: 4}")[0] == 0
    for arguments in (
        ("show", "1f1b", "--devices", "many"),
        ("show", "1f1b", "--devices", "0"),
        ("show", "1f1b", "--backward", "sideways"),
        ("show", "1f1b", "--costs", "{forward: -1}"),
        ("show", "1f1b", "--chunks", "3"),
        ("show", "1f2b"),
        ("show", "good.yaml", "--devices", "3"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (1, ""), arguments
        assert err.startswith("sphinx-pipeviz: ")
        assert err.count("\n") == 1


def test_a_misspelt_schedule_gets_a_hint(run):
    assert "did you mean '1f1b'?" in run("show", "1f1")[2]


def test_max_ops_limits_what_is_planned(run):
    code, _, err = run("show", "1f1b", "--max-ops", "10")
    assert (code, "the limit is 10" in err) == (1, True)
    assert run("show", "1f1b", "--max-ops", "64")[0] == 0


# check, list


def test_check_reports_every_file_and_fails_if_one_is_wrong(run):
    code, out, err = run("check", "bad.yaml", "good.yaml", "missing.yaml")
    assert code == 1
    assert out == "good.yaml: ok\n"
    assert [line.split(": ")[0] for line in err.splitlines()] == ["bad.yaml:3", "missing.yaml"]
    assert run("check", "good.yaml") == (0, "good.yaml: ok\n", "")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("order:\n- 0F0 0B0\n- 1B0 1F0\n", 3, "1B0"),
        (GOOD + "style: nope\n", 4, "there is no style"),
        (GOOD + "style: {forward: red}\n", 4, "forward"),
        (GOOD + "chunks: 2\n", 4, "one stage per device"),
        ("schedule: 1f1b\n", 1, "devices"),
    ],
)
def test_check_simulates_and_styles_and_names_the_line(run, here, text, line, word):
    (here / "x.yaml").write_text(text)
    code, out, err = run("check", "x.yaml")
    assert (code, out) == (1, "")
    assert err.startswith(f"x.yaml:{line}: ")
    assert word in err


def test_list_names_every_schedule_with_its_aliases(run):
    code, out, _ = run("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(SCHEDULES)
    for schedule in SCHEDULES.values():
        assert all(alias in out for alias in schedule.aliases)
    listed = json.loads(run("list", "--json")[1])
    assert {name: tuple(row["aliases"]) for name, row in listed.items()} == {
        name: row.aliases for name, row in SCHEDULES.items()
    }


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nope",),
        ("render",),
        ("show",),
        ("render", "good.yaml", "-f", "gif"),
        ("show", "1f1b", "--max-ops", "x"),
        ("show", "1f1b", "--max-ops", "0"),
        ("show", "1f1b", "--max-ops", "-3"),
        ("list", "extra"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    assert "usage: sphinx-pipeviz" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("render", "--help")])
def test_help_and_version_are_exit_code_0(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 0
    assert capsys.readouterr().out


# As a process


def process(*arguments, **keys):
    command = [sys.executable, "-W", "error", "-m", "sphinx_pipeviz", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **keys)


def test_python_m_runs_the_command():
    good = process("show", "-", input=GOOD)
    assert (good.returncode, good.stderr) == (0, "")
    assert ROW_0 in good.stdout
    bad = process("check", "bad.yaml")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.startswith("bad.yaml:3: ")
    assert process("nope").returncode == 2


def test_a_reader_that_stops_early_is_no_error():
    command = f"{sys.executable} -m sphinx_pipeviz order 1f1b --microbatches 20000 | head -c 7"
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0F0,0F1"
    assert done.stderr == ""


def test_two_pictures_are_never_drawn_into_one_file(run, here):
    (here / "other").mkdir()
    (here / "other" / "good.yaml").write_text((here / "good.yaml").read_text())
    code, _, err = run("render", "good.yaml", "other/good.yaml", "-o", "out")
    assert code == 1
    assert "several files would be drawn into" in err
    assert not (here / "out").exists()


def test_several_pictures_are_not_drawn_into_a_folder_that_is_named_as_a_file(run, here):
    (here / "other.yaml").write_text((here / "good.yaml").read_text())
    code, out, err = run("render", "good.yaml", "other.yaml", "-o", "a.svg")
    assert (code, out) == (1, "")
    assert "several pictures need a folder, and 'a.svg' is named as a file" in err
    assert not (here / "a.svg").exists()
    assert run("render", "good.yaml", "other.yaml", "-o", "a.svg/")[0] == 0


def test_a_format_that_contradicts_the_suffix_is_refused(run, here):
    code, _, err = run("render", "good.yaml", "-o", "a.png", "-f", "svg")
    assert code == 1
    assert "'a.png' is named as png, but --format is svg" in err
    assert not (here / "a.png").exists()


def test_a_picture_can_be_printed(here):
    command = [sys.executable, "-m", "sphinx_pipeviz", "render", "good.yaml", "-o", "-"]
    done = subprocess.run(command, cwd=here, capture_output=True, check=True)
    assert done.stdout.startswith(b"<?xml")
    assert not (here / "-").exists()


def test_a_picture_is_never_drawn_over_its_own_source(run, here):
    text = (here / "good.yaml").read_text()
    (here / "in.svg").write_text(text)
    code, _, err = run("render", "in.svg")
    assert code == 1
    assert "drawn over its own source 'in.svg'" in err
    assert (here / "in.svg").read_text() == text


def test_what_cannot_be_decoded_is_told_with_its_line(run, here):
    (here / "bad.yaml").write_bytes(b"schedule: 1f1b\ndevices: \xff\n")
    assert run("check", "bad.yaml") == (
        1,
        "",
        "bad.yaml:2: this is not a text file in UTF-8 (give a text file)\n",
    )


def test_a_file_without_end_is_not_read_to_the_end(run, monkeypatch):
    monkeypatch.setattr("sphinx_pipeviz.readers.text_file.LARGEST", 2_000_000)
    assert run("check", "/dev/zero")[::2] == (1, "/dev/zero:1: this file is larger than 2 MB\n")


# Colours in a terminal


@pytest.mark.parametrize(
    ("asked", "terminal", "environment", "coloured"),
    [
        ((), True, {}, True),
        ((), False, {}, False),
        ((), True, {"NO_COLOR": "1"}, False),
        ((), True, {"NO_COLOR": ""}, True),
        (("--color", "always"), False, {"NO_COLOR": "1"}, True),
        (("--color", "never"), True, {}, False),
    ],
)
def test_colours_are_for_terminals_and_for_who_asks(
    asked, terminal, environment, coloured, monkeypatch, capsys
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["show", "gpipe", *asked]) == 0
    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_show_takes_a_style(capsys):
    outs = []
    for style in ("seed", "megatron"):
        assert main(["show", "gpipe", "--color", "always", "--style", style]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0] != outs[1]


def test_render_tells_missing_glyphs_and_takes_a_font(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("schedule: gpipe\ndevices: 2\nmicrobatches: 2\ntitle: \u56fe\n")
    assert main(["render", str(file)]) == 0
    said = capsys.readouterr().err
    assert said.startswith(f"{file}: the font of this picture has no glyphs for '\u56fe'")
    font = write_font(tmp_path / "squares.ttf", "\u56fe")
    assert main(["render", str(file), "--font", font]) == 0
    assert capsys.readouterr().err == ""
    assert main(["render", str(file), "--font", "none.ttf"]) == 1
    assert "there is no font 'none.ttf'" in capsys.readouterr().err
