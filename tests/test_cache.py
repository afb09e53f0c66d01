"""Names made of every input; pictures written at once or not at all, checked when read."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version as real_version
from pathlib import Path

import msgspec
import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz import cache
from sphinx_pipeviz.cache import Cache, picture_key
from sphinx_pipeviz.draw.style import Style
from sphinx_pipeviz.picture import Highlight, Note, Rows, Sizes
from sphinx_pipeviz.readers import read_text
from sphinx_pipeviz.spec import Keys
from tests.draw.tiny_font import write_font

DATA = b"<svg>picture</svg>"
KEY = "ab" + "0" * 30
BASE = "schedule: 1f1b\ndevices: 4\nmicrobatches: 8\n"


def key_of(text, style=None, format="svg"):
    return picture_key(read_text(text), style or Style(), format)


@pytest.fixture
def folder(tmp_path):
    return Cache(tmp_path / "cache")


def kept(folder, data=DATA, key=KEY):
    return folder.keep(key, "svg", lambda: data)


def refuse():
    pytest.fail("the picture was drawn again")


# The key changes with every input


OTHERS = [
    BASE,
    "schedule: gpipe\ndevices: 4\nmicrobatches: 8\n",
    "schedule: 1f1b\ndevices: 5\nmicrobatches: 8\n",
    "schedule: 1f1b\ndevices: 4\nmicrobatches: 9\n",
    BASE + "chunks: 1\n",
    BASE + "stages: 4\n",
    BASE + "microbatch-group-size: 4\n",
    BASE + "backward: same\n",
    BASE + "costs: {backward: 3}\n",
    BASE + "costs: {backward: [2, 2, 2, 3]}\n",
    BASE + "costs: {backward: {3: 3}}\n",
    BASE + "costs: {forward: 2}\n",
    BASE + "costs: {backward-input: 2}\n",
    BASE + "costs: {backward-weight: 2}\n",
    BASE + "costs: {optimizer: 2}\n",
    BASE + "costs: {p2p: 0.5}\n",
    BASE + "costs: {overlap: max}\n",
    "order: ['0F0 0B0']\n",
    "order: ['0F0 0B0']\nplacement: [0]\n",
    "order: [['0F0', '0B0'], []]\n",
    "A: [{type: forward, batch: 1, start_time: 0, duration: 1}]\n",
    "A: [{type: forward, batch: 1, start_time: 0, duration: 2}]\n",
    "A: [{type: forward, batch: 1, start_time: 1, duration: 1}]\n",
    "A: [{type: forward, batch: 2, start_time: 0, duration: 1}]\n",
    "A: [{type: backward, batch: 1, start_time: 0, duration: 1}]\n",
    "A: [{type: forward, batch: 1, start_time: 0, duration: 1, stage: 0}]\n",
]


@pytest.mark.behaviour(4)
def test_every_value_of_a_spec_changes_the_key():
    assert len({key_of(text) for text in OTHERS}) == len(OTHERS)


@pytest.mark.behaviour(4)
def test_every_key_that_a_spec_can_have_is_in_the_key():
    base = key_of(BASE)
    values = {
        "schedule": "gpipe",
        "devices": 9,
        "microbatches": 9,
        "chunks": 9,
        "stages": 9,
        "microbatch_group_size": 9,
        "backward": "same",
        "variant": "sail-sg",
        "place": "alap",
        "sequence_chunks": 9,
        "waves": 9,
        "memory_limit": 9,
        "iterations": 9,
        "recompute": True,
        "recompute_stages": [0],
        "all_reduce": "end",
        "optimizer": "ready",
        "transfers": True,
        "costs": pv.Costs(forward=9),
        "order": ["0F0"],
        "placement": [0],
        "timeline": {"A": []},
        "file": "a.csv",
        "format": "torch-csv",
        "pattern": "(?P<kind>F)",
        "rank": "0-3",
        "unit": "ms",
        "python": "a:b",
        "compare": [{}],
        "title": "t",
        "transition": "t",
        "labels": "F{mb}",
        "overlap": "merged",
        "lanes": False,
        "rows": Rows(order="up"),
        "axis": "numbers",
        "legend": "right",
        "from_": 1.0,
        "to": 9.0,
        "color_by": "stage",
        "phases": True,
        "bubble": True,
        "flush": True,
        "arrows": "turns",
        "follow": 1,
        "critical_path": True,
        "memory": True,
        "sizes": Sizes(activations=1.0),
        "highlight": [Highlight(kind="F")],
        "notes": [Note(text="a", time=1, device=0)],
        "language": "de",
    }
    known = {*values, "style", "links"}  # see below
    assert known == set(Keys.__struct_fields__)
    spec = read_text(BASE)
    for name, value in values.items():
        other = msgspec.structs.replace(spec, **{name: value})
        assert picture_key(other, Style(), "svg") != base, name


LINKED = "links: [{device: 0, to: a}]\n"


@pytest.mark.parametrize(
    ("one", "other"), [(BASE, BASE + LINKED), (BASE + LINKED, BASE + LINKED.replace("a", "b"))]
)
def test_files_know_nothing_of_links(one, other):
    assert key_of(one) == key_of(other)


def test_inline_pictures_know_what_links_are_on_and_not_where_they_lead():
    plain, first, second, elsewhere = (
        key_of(BASE + more, format="inline")
        for more in ("", LINKED, LINKED.replace("0", "1"), LINKED.replace("a}", "b}"))
    )
    assert len({plain, first, second}) == 3
    assert first == elsewhere


def test_links_of_a_comparisons_parts_do_not_count_either():
    parts = "compare:\n- {schedule: gpipe, devices: 2, microbatches: 2}\n"
    linked = parts.replace("2}", "2, links: [{device: 0, to: a}]}")
    assert key_of(parts) == key_of(linked)
    assert key_of(parts, format="inline") != key_of(linked, format="inline")
    assert key_of(linked, format="inline") == key_of(
        linked.replace("to: a", "to: b"), format="inline"
    )


@pytest.mark.behaviour(4)
def test_every_field_of_a_style_changes_the_key():
    base = Style()
    others = {"first": 0, "width": 541.0, "row_height": 23.0, "font_size": 10.0}
    others |= {"font": "DejaVu Serif", "fallback": "DejaVu Serif", "language": "de"}
    keys = {key_of(BASE)}
    for field in Style.__struct_fields__:
        value = others.get(field, "#010203")
        keys.add(key_of(BASE, msgspec.structs.replace(base, **{field: value})))
    assert len(keys) == 1 + len(Style.__struct_fields__)


@pytest.mark.behaviour(4)
def test_a_fonts_content_is_in_the_key_and_its_place_is_not(tmp_path):
    one, other, same = (tmp_path / name for name in ("one.ttf", "other.ttf", "same.ttf"))
    write_font(one, "a")
    write_font(other, "ab")
    same.write_bytes(one.read_bytes())
    keys = [key_of(BASE, Style(font=str(font))) for font in (one, other, same)]
    assert keys[0] == keys[2] != keys[1]
    one.write_bytes(other.read_bytes())
    os.utime(one, (1, 1))
    assert key_of(BASE, Style(font=str(one))) == keys[1]
    assert key_of(BASE) not in keys


@pytest.mark.behaviour(4)
def test_the_format_and_matplotlibs_version_change_the_key(monkeypatch):
    assert len({key_of(BASE, format=f) for f in ("svg", "pdf", "png")}) == 3
    before = key_of(BASE)
    cache._program.cache_clear()
    monkeypatch.setattr(cache, "version", lambda name: real_version(name) + ".post1")
    assert key_of(BASE) != before
    cache._program.cache_clear()


@pytest.mark.behaviour(4)
@pytest.mark.parametrize(
    "changed",
    [
        "__init__.py",
        "simulate.py",
        "readers/yaml_spec.py",
        "schedules/one_f_one_b.py",
        "draw/paint.py",
    ],
)
def test_the_packages_own_code_changes_the_key(monkeypatch, changed):
    before = key_of(BASE)
    read = Path.read_bytes

    def edited(path):
        data = read(path)
        return data + b"# edited\n" if path.as_posix().endswith(changed) else data

    cache._program.cache_clear()
    monkeypatch.setattr(Path, "read_bytes", edited)
    assert key_of(BASE) != before
    cache._program.cache_clear()


def test_front_ends_are_not_part_of_the_key(monkeypatch):
    before = key_of(BASE)
    read = Path.read_bytes

    def guarded(path):
        assert "frontends" not in path.parts
        return read(path)

    cache._program.cache_clear()
    monkeypatch.setattr(Path, "read_bytes", guarded)
    assert key_of(BASE) == before
    cache._program.cache_clear()


# ... and with nothing else


@pytest.mark.behaviour(4)
@pytest.mark.parametrize(
    "text",
    [
        "microbatches: 8\nschedule: 1f1b\ndevices: 4\n",
        "\n\n# a comment\nschedule: 1f1b\n\ndevices: 4\nmicrobatches: 8\n",
        "{schedule: '1f1b', devices: 4, microbatches: 8}",
        "schedule: PipeDream-Flush\ndevices: 4\nmicrobatches: 8\n",
        "schedule: dapple\ndevices: 4\nmicrobatches: 8\n",
        BASE + "style: seed\n",  # the style is given on its own
    ],
)
def test_what_does_not_change_the_picture_does_not_change_the_key(text):
    assert key_of(text) == key_of(BASE)


@pytest.mark.behaviour(4)
def test_the_file_name_of_the_source_is_not_in_the_key():
    one = picture_key(read_text(BASE, source="a.yaml"), Style(), "svg")
    assert one == picture_key(read_text(BASE, source="b/c.yaml"), Style(), "svg")


@pytest.mark.behaviour(4, 14)
def test_the_key_is_the_same_in_other_processes_with_any_hash_seed():
    code = (
        "from sphinx_pipeviz.cache import picture_key\n"
        "from sphinx_pipeviz.draw.style import Style\n"
        "from sphinx_pipeviz.readers import read_text\n"
        f"print(picture_key(read_text({BASE!r}), Style(), 'svg'))\n"
    )
    for seed in "01":
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == key_of(BASE)


# Reading and writing


@pytest.mark.behaviour(4)
def test_a_picture_is_made_once_and_then_found(folder):
    path = kept(folder)
    assert path.read_bytes() == DATA
    assert folder.keep(KEY, "svg", refuse) == path
    assert folder.find(KEY, "svg") == path
    assert folder.find(KEY, "pdf") is None
    assert folder.find("cd" * 16, "svg") is None


@pytest.mark.behaviour(4)
def test_a_hit_leaves_the_file_as_it_is(folder):
    path = kept(folder)
    os.utime(path, (1, 1))
    before = path.stat()
    folder.keep(KEY, "svg", refuse)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_an_empty_folder_is_not_made_by_looking(folder):
    assert folder.find(KEY, "svg") is None
    assert not folder.folder.exists()


@pytest.mark.behaviour(10)
@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA + b"x", b"\0" * len(DATA)])
def test_a_damaged_file_is_known_removed_and_replaced(folder, damage):
    path = kept(folder)
    path.write_bytes(damage)
    assert folder.find(KEY, "svg") is None
    assert not path.exists()
    assert kept(folder).read_bytes() == DATA


def test_a_folder_in_the_place_of_a_picture_does_not_stop_the_build(folder):
    path = kept(folder)
    path.unlink()
    path.with_name(f"pipeviz-{KEY}-0.svg").mkdir()
    assert folder.find(KEY, "svg") is None
    assert kept(folder).read_bytes() == DATA


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_in_the_place_of_a_picture_is_replaced(folder):
    path = kept(folder)
    path.unlink()
    os.mkfifo(path)
    assert kept(folder) == path
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_written_when_the_drawing_fails(folder, error):
    def fail():
        raise error

    with pytest.raises(error):
        folder.keep(KEY, "svg", fail)
    assert not folder.folder.exists()


@pytest.mark.behaviour(10)
def test_a_write_that_is_stopped_leaves_no_file_behind(folder, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        kept(folder)
    assert [p for p in folder.folder.rglob("*") if p.is_file()] == []


@pytest.mark.behaviour(10)
def test_what_a_killed_process_left_is_never_taken_for_a_picture(folder):
    part = folder.folder / KEY[:2] / ".pipeviz-abc.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA[:4])
    assert folder.find(KEY, "svg") is None
    assert kept(folder).read_bytes() == DATA


@pytest.mark.behaviour(4)
def test_a_file_for_light_pages_and_one_for_dark_pages_may_have_one_key(folder):
    light, dark = kept(folder), folder.keep(KEY, "dark.svg", lambda: b"dark")
    for _ in range(2):
        assert folder.keep(KEY, "svg", refuse) == light
        assert folder.keep(KEY, "dark.svg", refuse) == dark
    assert folder.pictures() == sorted((light, dark))


def test_a_folder_that_another_process_removes_is_made_again(folder, monkeypatch):
    make = cache.tempfile.mkstemp

    def late(**where):
        monkeypatch.setattr(cache.tempfile, "mkstemp", make)
        Path(where["dir"]).rmdir()
        return make(**where)

    monkeypatch.setattr(cache.tempfile, "mkstemp", late)
    assert kept(folder).read_bytes() == DATA


def test_files_can_be_read_by_everybody(folder):
    assert stat.S_IMODE(kept(folder).stat().st_mode) == 0o644


@pytest.mark.behaviour(10)
def test_many_threads_that_write_at_once_leave_one_whole_file(folder):
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: kept(folder), range(64)))
    assert len(paths) == 1
    assert [p for p in folder.folder.rglob("*") if p.is_file()] == list(paths)


@pytest.mark.behaviour(10)
def test_two_processes_that_write_at_once_leave_one_whole_file(folder):
    code = (
        "import sys; from pathlib import Path; from sphinx_pipeviz.cache import Cache\n"
        "data = b'x' * 1_000_000\n"
        "for i in range(50):\n"
        "    path = Cache(Path(sys.argv[1])).keep(f'{i:032x}', 'svg', lambda: data)\n"
        "    assert path.read_bytes() == data\n"
    )
    command = [sys.executable, "-c", code, str(folder.folder)]
    runs = [subprocess.Popen(command) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert len([p for p in folder.folder.rglob("*") if p.is_file()]) == 50


@pytest.mark.behaviour(34)
def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        kept(Cache(tmp_path / "file" / "cache"))
