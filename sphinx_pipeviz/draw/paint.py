"""Scene -> svg, pdf or png bytes. The only importer of matplotlib.

A picture is a handful of artists: all rectangles of one look are one path, and every
glyph is one marker that is stamped wherever it stands. Nothing of matplotlib's global
state reaches the picture, and none of it is changed.
"""

from __future__ import annotations

import functools
import math
import threading
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image  # matplotlib's own way to write png
from PIL.PngImagePlugin import PngInfo

from sphinx_pipeviz.draw.compact import shorter
from sphinx_pipeviz.draw.hatch import Hatch, strokes_of
from sphinx_pipeviz.draw.scene import Box, Boxes, Lines, Scene, Stamp

DPI = 300
#: Most pixels of a png: larger pictures get fewer per inch.
PIXELS = 50_000_000
#: Rectangles in one path: more make Agg's rasterizer slow, fewer make more artists.
CHUNK = 2000
#: Of zlib, 1 to 9: packing takes most of the time, and higher levels gain little.
PNG_LEVEL = 3
#: Glyphs are read from the font at this size.
EM = 100.0
#: Half the height of DejaVu's capitals and digits, in ems.
MIDDLE = 0.365

_LOCK = threading.RLock()
_FONTS = FilePath(mpl.get_data_path()) / "fonts" / "ttf"
_FILES = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
#: Weight -> name of a glyph -> its vertices and codes.
_GLYPHS: dict[str, Any] = {weight: {} for weight in _FILES}


def paint(scene: Scene, format: str, dpi: float = DPI) -> bytes:
    """Return the picture as bytes, the same ones for the same scene.

    Args:
        scene: What to paint.
        format: ``svg``, ``pdf`` or ``png``.
        dpi: Pixels per inch of a png, at most; see ``PIXELS``.
    """
    inches = scene.width / 72, scene.height / 72
    dpi = min(dpi, math.sqrt(PIXELS / (inches[0] * inches[1])))
    with _default_settings():
        figure = Figure(
            figsize=inches,
            dpi=dpi if format == "png" else 72,
            facecolor=scene.background,
        )
        # Points to pixels; in a png, whole pixels keep the borders sharp.
        points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
        for artist in _artists(scene):
            artist.set_transform(points)
            figure.add_artist(artist)
        return _CANVASES[format](figure, scene.title)


def text_width(text: str, weight: str) -> float:
    """Return the width of a text's ink in ems; the weight is regular or bold."""
    return _shape(text, weight).width


class Shaped(NamedTuple):
    """A text as glyphs, in ems from the start of its ink."""

    glyphs: tuple[tuple[str, float], ...]  # (name of the glyph, x)
    width: float


@functools.lru_cache(maxsize=8192)
def _shape(text: str, weight: str) -> Shaped:
    with _default_settings():
        font = get_font(str(_FONTS / _FILES[weight]))
        font.set_size(EM, 72)
        placed, _, _ = text_to_path.get_glyphs_with_font(font, text, _GLYPHS[weight])
    ink = []
    for name, x, *_ in placed:
        vertices, codes = map(np.asarray, _GLYPHS[weight][name])
        across = vertices[codes != Path.CLOSEPOLY, 0]  # whose own point means nothing
        if len(across):
            ink += [x + across.min(), x + across.max()]
    left = min(ink, default=0.0)
    glyphs = tuple((name, float(x - left) / EM) for name, x, *_ in placed)
    return Shaped(glyphs, float(max(ink, default=0.0) - left) / EM)


@contextmanager
def _default_settings() -> Iterator[None]:
    """Use matplotlib's own defaults, whatever a matplotlibrc says, and put all back."""
    settings: dict[Any, Any] = mpl.rcParams
    with _LOCK, warnings.catch_warnings():
        # dict's own methods: matplotlib's would choose a backend and import pyplot.
        before = dict(dict.items(settings))
        dict.update(settings, _defaults())
        try:
            yield
        finally:
            dict.update(settings, before)


@functools.cache
def _defaults() -> dict[str, Any]:
    settings: Any = dict.items(mpl.rcParamsDefault)
    kept = {key: value for key, value in settings if not key.startswith("backend")}
    return {**kept, "svg.hashsalt": "sphinx-pipeviz"}


def _artists(scene: Scene) -> Iterator[Any]:
    for panel in scene.panels:
        yield from _rectangles(panel.idle)
        yield _strokes(panel.grid_lines)
        for boxes in panel.tasks:
            yield from _rectangles(boxes)
        for boxes in panel.curves:
            yield from _rectangles(boxes)
        yield from map(_strokes, panel.lines)
    for boxes in scene.legend:
        yield from _rectangles(boxes)
    yield from _glyphs(stamp for panel in scene.panels for stamp in panel.labels)
    for panel in scene.panels:
        for mark in panel.over:
            yield from _mark(mark)
    yield from _glyphs((*(s for panel in scene.panels for s in panel.texts), *scene.texts))


def _mark(mark: Boxes | Lines | Stamp) -> Iterator[Any]:
    if isinstance(mark, Boxes):
        yield from _rectangles(mark)
    elif isinstance(mark, Lines):
        yield _strokes(mark)
    else:
        yield from _glyphs([mark])


def _rectangles(boxes: Boxes) -> Iterator[PathPatch]:
    for start in range(0, len(boxes.boxes), CHUNK):
        x, y, width, height = np.array(boxes.boxes[start : start + CHUNK]).T
        right, top = np.round(x + width, 3), np.round(y + height, 3)
        path = _outlines(x, y, right, top)
        patch = PathPatch(path, facecolor=boxes.fill or "none", edgecolor=boxes.edge or "none")
        patch.set_linewidth(boxes.line_width if boxes.edge else 0)
        patch.set_snap(True)
        yield patch
        if boxes.hatch:
            inner = boxes.line_width / 2 if boxes.edge else 0.0
            yield Hatching(boxes.hatch, boxes.boxes[start : start + CHUNK], inner)


def _outlines(left: Any, bottom: Any, right: Any, top: Any) -> Path:
    """Return many rectangles as one path."""
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    vertices = np.array(corners).transpose(2, 0, 1).reshape(-1, 2)
    return Path(vertices, np.tile(codes, len(left)), closed=False)


class Hatching(PathPatch):
    """A hatch: a few strokes over everything, clipped to rectangles.

    Args:
        hatch: Pattern and colour.
        boxes: The rectangles.
        inner: How far inside of them it stays, in points.
    """

    def __init__(self, hatch: Hatch, boxes: Sequence[Box], inner: float) -> None:
        x, y, width, height = np.array(boxes).T
        shape = np.array(
            [x + inner, y + inner, x + np.maximum(width - inner, inner), y + height - inner]
        )
        left, bottom, right, top = np.round(shape, 3)
        bounds = float(left.min()), float(bottom.min()), float(right.max()), float(top.max())
        found = strokes_of(hatch.pattern, bounds)
        ends = np.array(found.strokes).reshape(-1, 2)
        codes = np.tile([Path.MOVETO, Path.LINETO], len(found.strokes))
        super().__init__(Path(ends, codes), facecolor="none", edgecolor=hatch.colour)
        self.set_linewidth(found.line_width)
        if found.dash:
            self.set_linestyle((0, found.dash))
        self.set_snap(False)
        self.shape = _outlines(left, bottom, right, top)

    def set_transform(self, t: Any) -> None:
        """Place the strokes, and what they are clipped to."""
        super().set_transform(t)
        self.set_clip_path(self.shape, t)


def _strokes(lines: Lines) -> PathPatch:
    vertices = np.array(lines.lines).reshape(-1, 2) if lines.lines else np.empty((0, 2))
    codes = np.tile([Path.MOVETO, Path.LINETO], len(lines.lines))
    patch = PathPatch(Path(vertices, codes), facecolor="none", edgecolor=lines.colour)
    patch.set_linewidth(lines.line_width)
    patch.set_snap(lines.upright)
    return patch


class Outline(Path):
    """A glyph's path whose extents are those of its points: exact ones are slow to find."""

    def get_extents(self, transform: Any = None, **_: Any) -> Bbox:
        """Return the box around all points, which holds the curves between them."""
        points = np.asarray(self.vertices)
        points = points if transform is None else transform.transform(points)
        return Bbox([points.min(axis=0), points.max(axis=0)])


class Glyph(Artist):
    """One glyph, stamped in many places.

    Args:
        path: Its outline in points, around its place.
        places: Where it stands, in points.
        colour: ``#RRGGBB``.
    """

    zorder = 1  # as rectangles have: later ones cover earlier ones

    def __init__(self, path: Path, places: Path, colour: str) -> None:
        super().__init__()
        self.path = path
        self.places = places
        self.colour = colour

    def draw(self, renderer: Any) -> None:
        """Stamp the glyph; called by the figure."""
        look = renderer.new_gc()
        look.set_linewidth(0)
        points = self.get_transform()
        renderer.draw_markers(
            look,
            self.path,
            Affine2D(points.get_matrix()).translate(*-points.transform((0, 0))),
            self.places,
            points,
            to_rgb(self.colour),
        )
        look.restore()


def _glyphs(stamps: Iterable[Stamp]) -> Iterator[Glyph]:
    places: dict[tuple[str, str, float, str], list[tuple[float, float]]] = defaultdict(list)
    for stamp in stamps:
        shaped = _shape(stamp.text, stamp.weight)
        ahead = {"left": 0.0, "center": shaped.width / 2, "right": shaped.width}[stamp.align]
        for name, x in shaped.glyphs:
            shift = (x - ahead) * stamp.size
            places[stamp.weight, name, stamp.size, stamp.colour] += [
                (left + shift, y) for left, y in stamp.places
            ]
    for (weight, name, size, colour), where in places.items():
        vertices, codes = _GLYPHS[weight][name]
        if len(vertices):
            outline = np.round(vertices * (size / EM) - (0, MIDDLE * size), 3)
            yield Glyph(Outline(outline, codes), Path(np.round(where, 3)), colour)


def _svg(figure: Figure, title: str) -> bytes:
    data = BytesIO()
    FigureCanvasSVG(figure).print_svg(data, metadata={"Date": None, **_titled(title)})
    return shorter(data.getvalue().decode()).encode()


def _pdf(figure: Figure, title: str) -> bytes:
    data = BytesIO()
    FigureCanvasPdf(figure).print_pdf(data, metadata={"CreationDate": None, **_titled(title)})
    return data.getvalue()


def _png(figure: Figure, title: str) -> bytes:
    """Write pixels without transparency, which the picture has none of: a quarter less."""
    data = BytesIO()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    words = PngInfo()
    for key, value in _titled(title).items():
        words.add_text(key, value)
    image.save(
        data, "png", dpi=(figure.dpi, figure.dpi), pnginfo=words, compress_level=PNG_LEVEL
    )
    return data.getvalue()


def _titled(title: str) -> dict[str, str]:
    return {"Title": title} if title else {}


_CANVASES = {"svg": _svg, "pdf": _pdf, "png": _png}
