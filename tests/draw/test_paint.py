"""The same bytes always and everywhere, and nothing left behind in matplotlib."""

import hashlib
import os
import re
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib import patheffects
from PIL import Image, ImageChops

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw.hatch import DOTS, SQUARE, Hatch, Pattern, strokes_of
from sphinx_pipeviz.draw.layout import lay_out
from sphinx_pipeviz.draw.paint import PIXELS, paint, text_width
from sphinx_pipeviz.draw.scene import Boxes, Key, Lines, Scene, Stamp
from sphinx_pipeviz.draw.style import STYLES, resolve_style

FORMATS = ["svg", "pdf", "png"]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = {
    "text.usetex": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "other",
    "svg.id": "mine",
    "savefig.bbox": "tight",
    "savefig.dpi": 17,
    "savefig.transparent": True,
    "figure.dpi": 31,
    "figure.autolayout": True,
    "figure.facecolor": "red",
    "font.family": "monospace",
    "font.size": 40,
    "path.simplify": False,
    "path.snap": False,
    "path.sketch": (5, 50, 5),
    "patch.linewidth": 9,
    "patch.antialiased": False,
    "pdf.compression": 0,
    "agg.path.chunksize": 100,
    "axes.unicode_minus": False,
}
# Old versions of matplotlib do not know all of them.
HOSTILE = {key: value for key, value in HOSTILE.items() if key in mpl.rcParamsDefault}


def scene_of(name="1f1b", devices=4, microbatches=8):
    plan = pv.plan(name, devices=devices, microbatches=microbatches)
    return lay_out(pv.simulate(plan), STYLES["seed"], text_width)


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def expected():
    return {kind: paint(scene_of(), kind) for kind in FORMATS}


# The picture


def test_an_svg_is_one_that_books_may_hold():
    plan = pv.plan("gpipe", devices=2, microbatches=1)
    scene = lay_out(pv.simulate(plan), STYLES["torch"], text_width)
    empty = Lines("#FF0000", 1, ())
    panels = tuple(replace(panel, lines=(*panel.lines, empty)) for panel in scene.panels)
    svg = paint(replace(scene, panels=panels), "svg").decode()
    assert "<!DOCTYPE" not in svg
    assert re.findall(r"<path (?!id=|d=.)[^>]*>", svg) == []
    assert svg.count("#ff0000") == 0


def test_the_svg_is_well_formed_and_has_the_scenes_size(expected):
    root = ET.fromstring(expected["svg"])  # noqa: S314  (our own)
    scene = scene_of()
    assert root.tag == f"{SVG}svg"
    assert float(root.get("width").removesuffix("pt")) == pytest.approx(scene.width)
    assert float(root.get("height").removesuffix("pt")) == pytest.approx(scene.height, abs=1e-3)


def test_pdf_and_png_are_what_they_say(expected):
    assert expected["pdf"].startswith(b"%PDF-")
    assert expected["pdf"].rstrip().endswith(b"%%EOF")
    image = Image.open(BytesIO(expected["png"]))
    scene = scene_of()
    assert image.size == (int(scene.width / 72 * 300), int(scene.height / 72 * 300))
    assert image.mode == "RGB"
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_pixels_of_tasks_labels_idle_time_and_background_have_their_colours(expected):
    scene = scene_of()
    image = Image.open(BytesIO(expected["png"]))

    def pixel(x, y):
        return image.getpixel((round(x / 72 * 300), image.height - 1 - round(y / 72 * 300)))

    def rgb(colour):
        return tuple(bytes.fromhex(colour[1:]))

    for boxes in scene.panels[0].tasks:
        for x, y, width, height in boxes.boxes:
            assert pixel(x + width / 2, y + height * 0.06) == rgb(boxes.fill)
    assert pixel(1, 1) == rgb(scene.background)
    x, y, width, height = scene.panels[0].idle.boxes[-1]
    assert pixel(x + 0.3 * scene.panels[0].grid.unit, y + height / 2) == rgb(
        scene.panels[0].idle.fill
    )
    for stamp in scene.panels[0].labels:
        ink = {
            pixel(x + dx / 4, y + dy / 4)
            for x, y in stamp.places
            for dx in range(-6, 7)
            for dy in range(-9, 10)
        }
        assert rgb(stamp.colour) in ink  # and not covered by the task


def test_every_rectangle_and_label_of_the_scene_is_in_the_svg(expected):
    scene = scene_of()
    text = expected["svg"].decode()
    rectangles = len(re.findall(r"h-?[\d.]+v-?[\d.]+h-?[\d.]+z", text))
    boxes = [scene.panels[0].idle, *scene.panels[0].tasks, *scene.legend]
    assert rectangles == 1 + sum(len(b.boxes) for b in boxes)  # and the background
    characters = sum(
        len(s.text.replace(" ", "")) * len(s.places)
        for s in (*scene.panels[0].labels, *scene.panels[0].texts, *scene.texts)
    )
    assert text.count("<use ") == characters


@pytest.mark.behaviour(32)
@pytest.mark.parametrize(("size", "limit"), [((16, 64), 150_000), ((32, 256), 1_000_000)])
def test_large_schedules_make_small_svg_files(size, limit):
    data = paint(scene_of("1f1b", *size), "svg")
    assert len(data) < limit
    ET.fromstring(data)  # noqa: S314  (our own)


def test_a_huge_picture_gets_fewer_pixels_per_inch_not_more_memory():
    style = STYLES["seed"]
    timeline = pv.simulate(pv.plan("forward-only", devices=400, microbatches=2))
    large = lay_out(timeline, type(style)(width=5000), text_width)
    image = Image.open(BytesIO(paint(large, "png")))
    assert 0.9 * PIXELS < image.width * image.height <= PIXELS


# Hatches


PATTERNS = get_args(Pattern)


def hatched(pattern, name="1f1b", devices=2, microbatches=2):
    look = {"idle-look": "hatch", "hatches": {"backward": pattern, "idle": pattern}}
    timeline = pv.simulate(pv.plan(name, devices=devices, microbatches=microbatches))
    return lay_out(timeline, resolve_style(look), text_width)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_hatch_covers_part_of_its_boxes_and_nothing_else(pattern):
    plain, image = (
        Image.open(BytesIO(paint(scene, "png"))) for scene in (hatched(None), hatched(pattern))
    )
    scene = hatched(pattern)
    (boxes,) = (boxes for boxes in scene.panels[0].tasks if boxes.hatch)
    changed = ImageChops.difference(plain, image).convert("L").point(lambda v: 255 * (v > 0))
    scale = 300 / 72
    for x, y, width, height in boxes.boxes:
        area = [
            round(n * scale)
            for n in (x, scene.height - y - height, x + width, scene.height - y)
        ]
        share = changed.crop(area).histogram()[255] / (
            (area[2] - area[0]) * (area[3] - area[1])
        )
        assert 0.05 < share < 0.8
    for x, y, width, height in (
        b for found in scene.panels[0].tasks if not found.hatch for b in found.boxes
    ):
        inner = [round(n * scale) for n in (x + 1, scene.height - y - height + 1)]
        inner += [round(n * scale) for n in (x + width - 1, scene.height - y - 1)]
        assert changed.crop(inner).getbbox() is None


@pytest.mark.parametrize("pattern", PATTERNS)
def test_strokes_stay_within_their_bounds_and_are_few(pattern):
    bounds = (10.0, 20.0, 500.0, 120.0)
    found = strokes_of(pattern, bounds)
    assert 10 < len(found.strokes) < 300
    for x0, y0, x1, y1 in found.strokes:
        assert 10 - 2 * DOTS - 0.01 <= min(x0, x1) <= max(x0, x1) <= 500.01
        assert 20 - SQUARE - 0.01 <= min(y0, y1) <= max(y0, y1) <= 120.01 + SQUARE


def test_areas_side_by_side_continue_each_others_hatch():
    left, right = (strokes_of("rising", (x, 0.0, x + 50.0, 40.0)) for x in (0.0, 50.0))
    shifts = {round(x - y, 2) for x, y, *_ in (*left.strokes, *right.strokes)}
    both = {
        round(x - y, 2) for x, y, *_ in strokes_of("rising", (0.0, 0.0, 100.0, 40.0)).strokes
    }
    assert shifts == both


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_smallest_boxes_can_be_hatched(pattern):
    scene = hatched(pattern)
    tiny = Boxes(
        "#FFFFFF", "#000000", 0.5, ((5, 5, 0, 3), (9, 9, 0.2, 0.2)), Hatch(pattern, "#AAAAAA")
    )
    for kind in FORMATS:
        assert paint(replace(scene, panels=(replace(scene.panels[0], tasks=(tiny,)),)), kind)


def test_each_hatch_is_clipped_to_its_own_boxes():
    scene = hatched("rising")
    places = [(20.0 * n, 10.0, 15.0, 15.0) for n in range(20)]
    hatch = Hatch("crossed", "#FF0000")
    many = tuple(Boxes("#FFFFFF", None, 0.0, (place,), hatch) for place in places)
    image = Image.open(BytesIO(paint(replace(scene, keys=(Key(many, ()),)), "png")))
    for x, y, width, height in places:
        edges = (x, scene.height - y - height, x + width, scene.height - y)
        inner = image.crop([round(n * 300 / 72) for n in edges])
        assert (255, 0, 0) in {colour for _, colour in inner.getcolors(100_000)}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("pattern", ["rising", "checked"])
def test_hatched_bytes_are_the_same_again_and_in_other_processes(format, pattern):
    data = paint(hatched(pattern), format)
    assert paint(hatched(pattern), format) == data
    code = (
        "import hashlib, sphinx_pipeviz as pv\n"
        f"hatches = {{'backward': '{pattern}', 'idle': '{pattern}'}}\n"
        "look = {'idle-look': 'hatch', 'hatches': hatches}\n"
        "p = pv.plan('1f1b', devices=2, microbatches=2)\n"
        f"print(hashlib.sha256(pv.render(p, '{format}', style=look)).hexdigest())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(data)


def test_hatches_are_defined_once_and_keep_svg_files_small():
    size = {"name": "1f1b", "devices": 32, "microbatches": 256}
    hatch, plain = (len(paint(hatched(p, **size), "svg")) for p in ("crossed", None))
    assert hatch < 1.7 * plain
    small = paint(hatched("rising"), "svg").decode()
    names = re.findall(r'<clipPath id="(\w+)"', small)
    assert names == [f"clip{number}" for number in range(len(names))]
    assert set(re.findall(r"url\(#(\w+)\)", small)) == set(names)
    ET.fromstring(small)  # noqa: S314  (our own)


# The same bytes


@pytest.mark.behaviour(14)
@pytest.mark.parametrize("format", FORMATS)
def test_bytes_are_the_same_again_and_after_other_pictures(format, expected):
    paint(scene_of("gpipe", 2, 3), format)
    assert paint(scene_of(), format) == expected[format]


@pytest.mark.behaviour(14)
def test_bytes_are_the_same_in_other_processes_with_any_hash_seed(expected, tmp_path):
    code = (
        "import hashlib, sphinx_pipeviz as pv\n"
        "p = pv.plan('1f1b', devices=4, microbatches=8)\n"
        "for f in ('svg', 'pdf', 'png'): print(hashlib.sha256(pv.render(p, f)).hexdigest())\n"
    )
    rc = tmp_path / "matplotlibrc"
    rc.write_text("font.size: 30\nsvg.fonttype: none\npath.simplify: False\nbackend: svg\n")
    for seed, extra in (("0", {}), ("1", {}), ("2", {"MATPLOTLIBRC": str(rc)})):
        env = {**os.environ, "PYTHONHASHSEED": seed, **extra}
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.split() == [digest(expected[kind]) for kind in FORMATS]


@pytest.mark.behaviour(15)
@pytest.mark.parametrize("format", FORMATS)
def test_hostile_settings_change_nothing(format, expected):
    effects = [patheffects.withStroke(linewidth=5, foreground="red")]
    with mpl.rc_context({**HOSTILE, "path.effects": effects}):
        assert paint(scene_of(), format) == expected[format]


@pytest.mark.behaviour(15)
def test_hostile_settings_at_the_first_measure_change_nothing(expected):
    code = (
        "import hashlib, matplotlib as mpl, sphinx_pipeviz as pv\n"
        f"mpl.rcParams.update({HOSTILE!r})\n"
        "p = pv.plan('1f1b', devices=4, microbatches=8)\n"
        "print(hashlib.sha256(pv.render(p, 'svg')).hexdigest())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(expected["svg"])


def test_threads_that_draw_at_once_give_the_same_bytes_as_one(expected):
    jobs = [(name, f) for name in ("1f1b", "gpipe", "naive") for f in FORMATS] * 3
    serial = {(name, f): paint(scene_of(name), f) for name, f in set(jobs)}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda job: paint(scene_of(job[0]), job[1]), jobs))
    assert results == [serial[job] for job in jobs]
    assert serial["1f1b", "svg"] == expected["svg"]


# Nothing left behind


@pytest.mark.behaviour(15)
@pytest.mark.parametrize("format", FORMATS)
def test_drawing_leaves_matplotlib_as_it_was(format):
    with mpl.rc_context({"backend": "svg", "font.size": 33, "path.simplify": False}):
        before = dict(dict.items(mpl.rcParams))
        filters, backend, figures = list(warnings.filters), mpl.get_backend(), plt.get_fignums()
        paint(scene_of(), format)
        assert dict(dict.items(mpl.rcParams)) == before
        assert warnings.filters == filters
        assert mpl.get_backend() == backend
        assert plt.get_fignums() == figures


@pytest.mark.behaviour(15)
def test_a_failed_drawing_also_leaves_matplotlib_as_it_was():
    before = dict(dict.items(mpl.rcParams))
    with pytest.raises(KeyError):
        paint(scene_of(), "gif")
    assert dict(dict.items(mpl.rcParams)) == before


@pytest.mark.behaviour(15)
def test_drawing_does_not_import_pyplot():
    code = (
        "import sys, sphinx_pipeviz as pv\n"
        "assert 'matplotlib' not in sys.modules\n"
        "pv.render(pv.plan('1f1b', devices=2, microbatches=2), 'png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_three_files_import_matplotlib_and_pillow():
    package = Path(pv.__file__).parent
    importers = {
        file.name
        for file in package.rglob("*.py")
        if re.search(r"^\s*(import|from) (matplotlib|PIL)", file.read_text(), re.MULTILINE)
    }
    assert importers == {"paint.py", "glyphs.py", "png.py"}


@pytest.mark.parametrize("format", FORMATS)
def test_round_corners_are_painted_in_every_format(format):
    box = ((100.0, 10.0, 40.0, 20.0),)
    scene = scene_of()
    data = [
        paint(replace(scene, keys=(Key((boxes,), ()),)), format)
        for boxes in (Boxes("#FF0000", None, 0.0, box, radius=radius) for radius in (0.0, 8.0))
    ]
    assert data[0] != data[1]
    if format == "png":
        corners = (Image.open(BytesIO(one)) for one in data)
        red = [image.getpixel((100 * 300 // 72 + 3, image.height - 45)) for image in corners]
        assert red[0] == (255, 0, 0) != red[1]


def test_the_ink_of_glyphs_grows_with_their_area_also_of_those_with_thin_stems():
    def ink(size):
        stamp = Stamp("Fil", size, "#000000", "left", "regular", ((2.0, 4.0),))
        scene = Scene(20.0, 8.0, "#FFFFFF", (), (), (stamp,))
        levels = Image.open(BytesIO(paint(scene, "png"))).convert("L").tobytes()
        return sum(255 - level for level in levels) / size**2

    sizes = (1.5, 2.0, 3.0, 4.0, 7.0)
    assert [ink(size) for size in sizes] == pytest.approx([ink(7.0)] * 5, rel=0.05)
