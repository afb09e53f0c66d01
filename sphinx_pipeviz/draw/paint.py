"""Scene -> svg, pdf or png bytes.

A picture is a handful of strokes of the brush: all rectangles of one look are one path,
and every glyph is one marker that is stamped wherever it stands. matplotlib's renderers
are used without its figures and artists, which would take most of the time. Nothing of its
global state reaches the picture, and none of it is changed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_pdf import PdfFile, RendererPdf
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, TransformedPath

from sphinx_pipeviz.draw.compact import shorter
from sphinx_pipeviz.draw.glyphs import Font, default_settings, font_of
from sphinx_pipeviz.draw.hatch import Hatch, strokes_of
from sphinx_pipeviz.draw.png import png
from sphinx_pipeviz.draw.scene import Box, Boxes, Lines, Scene, Stamp

DPI = 300
#: Most pixels of a png: larger pictures get fewer per inch.
PIXELS = 50_000_000
#: Rectangles in one path: more make Agg's rasterizer slow, fewer make more paths.
CHUNK = 2000

text_width = font_of().width


def paint(scene: Scene, format: str, dpi: float = DPI) -> bytes:
    """Return the picture as bytes, the same ones for the same scene.

    Args:
        scene: What to paint.
        format: ``svg``, ``pdf`` or ``png``.
        dpi: Pixels per inch of a png, at most; see ``PIXELS``.
    """
    dpi = min(dpi, math.sqrt(PIXELS / (scene.width * scene.height)) * 72)
    with default_settings():
        return _WRITERS[format](scene, _font(scene), dpi)


def _font(scene: Scene) -> Font:
    return font_of(scene.font, scene.fallback, scene.language)


def _svg(scene: Scene, font: Font, _: float) -> bytes:
    data = StringIO()
    about = {"Date": None, **_titled(scene)}
    renderer = RendererSVG(scene.width, scene.height, data, metadata=about)
    _Brush(renderer, font, 72).scene(scene)
    renderer.finalize()
    return shorter(data.getvalue()).encode()


def _pdf(scene: Scene, font: Font, _: float) -> bytes:
    data = BytesIO()
    inches = scene.width / 72, scene.height / 72
    file = PdfFile(data, metadata={"CreationDate": None, **_titled(scene)})
    file.newPage(*inches)
    renderer = RendererPdf(file, 72, *inches[::-1])
    _Brush(renderer, font, 72).scene(scene)
    renderer.finalize()
    file.finalize()
    file.close()
    return data.getvalue()


def _png(scene: Scene, font: Font, dpi: float) -> bytes:
    # in whole pixels, which keep the borders sharp
    renderer = RendererAgg(scene.width / 72 * dpi, scene.height / 72 * dpi, dpi)
    _Brush(renderer, font, dpi).scene(scene)
    return png(np.asarray(renderer.buffer_rgba()), dpi, scene.title)


def _titled(scene: Scene) -> dict[str, str]:
    return {"Title": scene.title} if scene.title else {}


_WRITERS = {"svg": _svg, "pdf": _pdf, "png": _png}


class _Look(NamedTuple):
    """How a path looks: colours are ``#RRGGBB`` or None, lengths are in points."""

    fill: str | None
    edge: str | None
    line_width: float
    snap: bool
    dash: tuple[float, ...] = ()


class _Brush:
    """Paints with one of matplotlib's renderers.

    Args:
        renderer: What takes the paths.
        font: Where glyphs come from.
        dpi: Its units per inch.
    """

    def __init__(self, renderer: Any, font: Font, dpi: float) -> None:
        self._renderer = renderer
        self._font = font
        self._points = Affine2D().scale(dpi / 72)
        #: Agg knows the last clip by its address, which must not be used again.
        self._clips: list[TransformedPath] = []

    def scene(self, scene: Scene) -> None:
        """Paint everything, from the back to the front."""
        paper = (0.0, 0.0, scene.width, scene.height)
        self._rectangles(Boxes(scene.background, None, 0, (paper,)))
        for panel in scene.panels:
            self._marks((panel.idle, panel.grid_lines, *panel.tasks))
            self._marks((*panel.curves, *panel.lines))
        self._marks(scene.legend)
        self._glyphs(stamp for panel in scene.panels for stamp in panel.labels)
        for panel in scene.panels:
            self._marks(panel.over)
        self._glyphs((*(s for panel in scene.panels for s in panel.texts), *scene.texts))

    def _marks(self, marks: Iterable[Boxes | Lines | Stamp]) -> None:
        for mark in marks:
            self._mark(mark)

    def _mark(self, mark: Boxes | Lines | Stamp) -> None:
        if isinstance(mark, Boxes):
            self._rectangles(mark)
        elif isinstance(mark, Lines):
            look = _Look(None, mark.colour, mark.line_width, snap=mark.upright)
            self._path(_strokes(mark.lines), look)
        else:
            self._glyphs([mark])

    def _rectangles(self, boxes: Boxes) -> None:
        look = _Look(boxes.fill, boxes.edge, boxes.line_width, snap=True)
        for start in range(0, len(boxes.boxes), CHUNK):
            some = boxes.boxes[start : start + CHUNK]
            self._path(_rounded(some, boxes.radius) if boxes.radius else _outlines(some), look)
            if boxes.hatch:
                inner = boxes.line_width / 2 if boxes.edge else 0.0
                self._hatched(boxes.hatch, some, inner)

    def _hatched(self, hatch: Hatch, boxes: Sequence[Box], inner: float) -> None:
        """Draw a few strokes over everything, clipped to rectangles."""
        shape = _outlines(boxes, inner)
        low, high = (pick(shape.vertices, axis=0).tolist() for pick in (np.min, np.max))
        found = strokes_of(hatch.pattern, (*low, *high))
        dash = tuple(length * found.line_width for length in found.dash)
        look = _Look(None, hatch.colour, found.line_width, snap=False, dash=dash)
        ends = [((x0, y0), (x1, y1)) for x0, y0, x1, y1 in found.strokes]
        self._path(_strokes(ends), look, clip=shape)

    def _path(self, path: Path, look: _Look, clip: Path | None = None) -> None:
        if not np.size(path.vertices):
            return  # an SVG path without a shape is a fault
        context = self._renderer.new_gc()
        context.set_linewidth(look.line_width if look.edge else 0)
        context.set_foreground(to_rgba(look.edge or "#000000"), isRGBA=True)
        context.set_joinstyle("miter")
        context.set_snap(look.snap)
        if look.dash:
            context.set_dashes(0, look.dash)
        if clip is not None:
            self._clips.append(TransformedPath(clip, self._points))
            context.set_clip_path(self._clips[-1])
        fill = to_rgb(look.fill) if look.fill else None
        self._renderer.draw_path(context, path, self._points, fill)
        context.restore()

    def _glyphs(self, stamps: Iterable[Stamp]) -> None:
        for (outline, colour), places in self._placed(stamps).items():
            context = self._renderer.new_gc()
            context.set_linewidth(0)
            # else thin stems of small glyphs, as of an i, fall between pixels
            context.set_snap(False)
            where = Path(np.round(places, 3))
            points = self._points
            self._renderer.draw_markers(context, outline, points, where, points, to_rgb(colour))
            context.restore()

    def _placed(self, stamps: Iterable[Stamp]) -> dict[tuple[Path, str], list[Any]]:
        """Return where each glyph stands; a glyph's outline is always the same object."""
        placed: dict[tuple[Path, str], list[Any]] = defaultdict(list)
        for stamp in stamps:
            shaped = self._font.shape(stamp.text, stamp.weight)
            ahead = {"left": 0.0, "center": shaped.width / 2, "right": shaped.width}
            for name, x, y in shaped.glyphs:
                outline = self._font.outline(
                    stamp.weight, name, stamp.size, turned=stamp.turned
                )
                if outline is not None:
                    right, up = (x - ahead[stamp.align]) * stamp.size, y * stamp.size
                    right, up = (-up, right) if stamp.turned else (right, up)
                    placed[outline, stamp.colour] += [
                        (left + right, low + up) for left, low in stamp.places
                    ]
        return placed


def _outlines(boxes: Sequence[Box], inner: float = 0.0) -> Path:
    """Return many rectangles as one path, each smaller by ``inner`` on every side."""
    x, y, width, height = np.array(boxes).T
    right, top = x + np.maximum(width - inner, inner), y + height - inner
    left, bottom, right, top = np.round([x + inner, y + inner, right, top], 3)
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    vertices = np.array(corners).transpose(2, 0, 1).reshape(-1, 2)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(vertices, np.tile(codes, len(left)), closed=False)


def _rounded(boxes: Sequence[Box], radius: float) -> Path:
    """Return rectangles with round corners as one path."""
    vertices: list[tuple[float, float]] = []
    for x, y, width, height in boxes:
        right, top = x + width, y + height
        vertices += [(x + radius, y), (right - radius, y), (right, y), (right, y + radius)]
        vertices += [(right, top - radius), (right, top), (right - radius, top)]
        vertices += [(x + radius, top), (x, top), (x, top - radius)]
        vertices += [(x, y + radius), (x, y), (x + radius, y), (x + radius, y)]
    curve = [Path.CURVE3, Path.CURVE3]
    codes = [Path.MOVETO, *([Path.LINETO, *curve] * 4), Path.CLOSEPOLY]
    return Path(np.round(vertices, 3), np.tile(codes, len(boxes)), closed=False)


def _strokes(lines: Sequence[Any]) -> Path:
    vertices = np.array(lines).reshape(-1, 2) if lines else np.empty((0, 2))
    return Path(vertices, np.tile([Path.MOVETO, Path.LINETO], len(lines)))
