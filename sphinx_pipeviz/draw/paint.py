"""Scene -> svg, pdf or png bytes. The only importer of matplotlib.

A picture is a handful of artists: all rectangles of one look are one path, and every
text is one marker that is stamped wherever it stands. Nothing of matplotlib's global
state reaches the picture, and none of it is changed.
"""

from __future__ import annotations

import functools
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from sphinx_pipeviz.draw.scene import Boxes, Lines, Scene, Stamp

DPI = 300
#: Rectangles in one path: more make Agg's rasterizer slow, fewer make more artists.
CHUNK = 2000
#: matplotlib's text paths are made at this size.
EM = 100.0

_LOCK = threading.Lock()
_FONTS = FilePath(mpl.get_data_path()) / "fonts" / "ttf"


def paint(scene: Scene, format: str, dpi: float = DPI) -> bytes:
    """Return the picture as bytes, the same ones for the same scene.

    Args:
        scene: What to paint.
        format: ``svg``, ``pdf`` or ``png``.
        dpi: Pixels per inch of a png.
    """
    with _default_settings():
        figure = Figure(
            figsize=(scene.width / 72, scene.height / 72),
            dpi=dpi if format == "png" else 72,
            facecolor=scene.background,
        )
        # Points to pixels; in a png, whole pixels keep the borders sharp.
        points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
        for artist in _artists(scene):
            artist.set_transform(points)
            if isinstance(artist, PathCollection):
                artist.set_offset_transform(points)
            figure.add_artist(artist)
        return _CANVASES[format](figure, scene.title)


@functools.lru_cache(maxsize=4096)
def text_width(text: str, weight: str) -> float:
    """Return the advance width of a text in ems; the weight is regular or bold."""
    font = _properties(weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / font.get_size_in_points()


@functools.cache
def _properties(weight: str) -> FontProperties:
    name = "DejaVuSans-Bold.ttf" if weight == "bold" else "DejaVuSans.ttf"
    return FontProperties(fname=str(_FONTS / name), size=EM)


@contextmanager
def _default_settings() -> Iterator[None]:
    """Use matplotlib's own defaults, whatever a matplotlibrc says, and put all back."""
    with _LOCK, warnings.catch_warnings():
        before = dict.copy(mpl.rcParams)
        defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
        defaults["svg.hashsalt"] = "sphinx-pipeviz"
        dict.update(mpl.rcParams, defaults)
        try:
            yield
        finally:
            dict.update(mpl.rcParams, before)


def _artists(scene: Scene) -> Iterator[Any]:
    yield from _rectangles(scene.idle)
    yield _strokes(scene.grid_lines)
    for boxes in (*scene.tasks, *scene.legend):
        yield from _rectangles(boxes)
    yield _strokes(scene.arrow)
    for stamp in (*scene.labels, *scene.texts):
        yield _glyphs(stamp)


def _rectangles(boxes: Boxes) -> Iterator[PathPatch]:
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    for start in range(0, len(boxes.boxes), CHUNK):
        x, y, width, height = np.array(boxes.boxes[start : start + CHUNK]).T
        right, top = np.round(x + width, 3), np.round(y + height, 3)
        corners = [(x, y), (right, y), (right, top), (x, top), (x, y)]
        vertices = np.array(corners).transpose(2, 0, 1).reshape(-1, 2)
        path = Path(vertices, np.tile(codes, len(x)), closed=False)
        patch = PathPatch(path, facecolor=boxes.fill, edgecolor=boxes.edge or "none")
        patch.set_linewidth(boxes.line_width if boxes.edge else 0)
        patch.set_snap(True)
        yield patch


def _strokes(lines: Lines) -> PathPatch:
    vertices = np.array(lines.lines).reshape(-1, 2) if lines.lines else np.empty((0, 2))
    codes = np.tile([Path.MOVETO, Path.LINETO], len(lines.lines))
    patch = PathPatch(Path(vertices, codes), facecolor="none", edgecolor=lines.colour)
    patch.set_linewidth(lines.line_width)
    patch.set_snap(lines.upright)
    return patch


def _glyphs(stamp: Stamp) -> PathCollection:
    vertices, codes = text_to_path.get_text_path(_properties(stamp.weight), stamp.text)
    scaled = np.array(vertices).reshape(-1, 2) * (stamp.size / EM)
    width = text_width(stamp.text, stamp.weight) * stamp.size
    # DejaVu's capitals and digits are 0.73 em high.
    shift = {"left": 0.0, "center": -width / 2, "right": -width}[stamp.align]
    path = Path(np.round(scaled + np.array([shift, -0.365 * stamp.size]), 3), codes)
    return PathCollection(
        [path], offsets=stamp.places, facecolors=[stamp.colour], linewidths=[0.0]
    )


def _svg(figure: Figure, title: str) -> bytes:
    data = BytesIO()
    FigureCanvasSVG(figure).print_svg(data, metadata={"Date": None, **_titled(title)})
    return _shorter(data.getvalue().decode()).encode()


_NUMBER = r"(-?[\d.]+)"
_RECTANGLE = re.compile(
    rf"M {_NUMBER} {_NUMBER} \nL {_NUMBER} \2 \nL \3 {_NUMBER} \nL \1 \4 \nz ?\n?"
)
_STROKE = re.compile(rf"M {_NUMBER} {_NUMBER} \nL {_NUMBER} {_NUMBER} \n")


def _shorter(svg: str) -> str:
    """Write rectangles and strokes as relative moves: half the bytes, the same picture."""

    def rectangle(match: re.Match[str]) -> str:
        x, y, right, top = map(float, match.groups())
        width, height = _short(right - x), _short(top - y)
        return f"M{_short(x)} {_short(y)}h{width}v{height}h{_short(x - right)}z"

    def stroke(match: re.Match[str]) -> str:
        x, y, to_x, to_y = map(float, match.groups())
        return f"M{_short(x)} {_short(y)}l{_short(to_x - x)} {_short(to_y - y)}"

    return _STROKE.sub(stroke, _RECTANGLE.sub(rectangle, svg))


def _short(number: float) -> str:
    return f"{round(number, 3):.3f}".rstrip("0").rstrip(".")


def _pdf(figure: Figure, title: str) -> bytes:
    data = BytesIO()
    FigureCanvasPdf(figure).print_pdf(data, metadata={"CreationDate": None, **_titled(title)})
    return data.getvalue()


def _png(figure: Figure, title: str) -> bytes:
    data = BytesIO()
    FigureCanvasAgg(figure).print_png(data, metadata={"Software": None, **_titled(title)})
    return data.getvalue()


def _titled(title: str) -> dict[str, str]:
    return {"Title": title} if title else {}


_CANVASES = {"svg": _svg, "pdf": _pdf, "png": _png}
