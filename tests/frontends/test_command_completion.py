"""The scripts of ``completion``, run by the shells that are installed."""

import shutil
import subprocess
import sys

import pytest

from sphinx_pipeviz.frontends.command import COMMANDS, main

#: What is typed, and some of what is offered.
TYPED = [
    ("re", {"render"}),
    ("render --for", {"--format"}),
    ("render --format ", {"svg", "pdf", "png", "text"}),
    ("render --style meg", {"megatron", "megatron-dark"}),
    ("render in.ya", {"in.yaml"}),
    ("show zb-h", {"zb-h1", "zb-h2"}),
    ("show in.ya", {"in.yaml"}),
    ("check --from chr", {"chrome-trace"}),
    ("completion ", {"bash", "zsh", "fish"}),
]
BASH = """\
source ./script
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
call=$(complete -p sphinx-pipeviz | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$call sphinx-pipeviz "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = 'autoload -U compinit; compinit -u -D; eval "$(<script)"; print -r -- $_comps'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    pytest.importorskip("shtab", reason="shtab is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.yaml").write_text("")
    return tmp_path


@pytest.fixture
def shell(here, capsys):
    def run(name, *arguments):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        assert main(["completion", name]) == 0
        (here / "script").write_text(capsys.readouterr().out)
        done = subprocess.run(
            [name, *arguments], cwd=here, capture_output=True, text=True, check=False
        )
        return done.stdout

    return run


@pytest.mark.parametrize(("typed", "offered"), TYPED)
def test_bash_completes(shell, here, typed, offered):
    (here / "test").write_text(BASH)
    found = shell("bash", "--norc", "test", "sphinx-pipeviz", *typed.split(" "))
    assert set(found.split()) == offered


@pytest.mark.parametrize(("typed", "offered"), TYPED)
def test_fish_completes(shell, typed, offered):
    found = shell("fish", "-c", f"source script; complete -C 'sphinx-pipeviz {typed}'")
    assert {line.split("\t")[0] for line in found.splitlines()} == offered


def test_zsh_takes_the_script(shell):
    assert "_shtab_sphinx_pipeviz" in shell("zsh", "-fc", ZSH).split()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_of_its_command(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    told = capsys.readouterr().out.partition("\nExamples:\n")[2].splitlines()
    assert told
    assert all(line.startswith(f"  sphinx-pipeviz {name}") for line in told)
    assert max(map(len, told)) <= 79


def test_without_its_package_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "needs the package shtab (pip install shtab" in capsys.readouterr().err
