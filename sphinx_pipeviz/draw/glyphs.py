"""Texts -> glyphs: their outlines, their widths, and which ones the fonts lack."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from sphinx_pipeviz.draw.fonts import WIDE, damaged, is_file, no_font, stand_ins
from sphinx_pipeviz.errors import StyleError

try:
    import matplotlib as mpl
    import numpy as np
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.path import Path
    from matplotlib.textpath import text_to_path
    from matplotlib.transforms import Bbox
except Exception as error:  # noqa: BLE001  (it reads settings, and chooses a backend)
    told = f"matplotlib cannot be loaded: {type(error).__name__}: {error}"
    hint = "look at its installation, its matplotlibrc and MPLBACKEND"
    raise StyleError(told, hint=hint) from None

#: Glyphs are read from the font at this size.
EM = 100.0
#: Half the height of DejaVu's capitals and digits, in ems.
MIDDLE = 0.365

FILES = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
_DEJAVU = FilePath(mpl.get_data_path()) / "fonts" / "ttf"
_LOCK = threading.RLock()


@contextmanager
def default_settings() -> Iterator[None]:
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


class Shaped(NamedTuple):
    """A text as glyphs, in ems from the start of its ink and from its base line."""

    glyphs: tuple[tuple[str, float, float], ...]  # (name of the glyph, x, y)
    width: float


class Outline(Path):
    """A glyph's path whose extents are those of its points: exact ones are slow to find."""

    def get_extents(self, transform: Any = None, **_: Any) -> Bbox:
        """Return the box around all points, which holds the curves between them."""
        points = np.asarray(self.vertices)
        points = points if transform is None else transform.transform(points)
        return Bbox([points.min(axis=0), points.max(axis=0)])


class Font:
    """The glyphs of one font; what it lacks comes from others.

    These are the fallback, DejaVu Sans, and for letters of Chinese, Japanese and Korean
    what is installed; it is looked for when a text needs it.

    Args:
        files: The font's own files, for each weight.
        fallback: Those of its fallback.
        language: Whose shapes of letters are preferred.
    """

    def __init__(
        self,
        files: dict[str, Sequence[str]],
        fallback: dict[str, Sequence[str]] | None = None,
        language: str = "",
    ) -> None:
        self.files = {
            weight: _chain(files[weight], (fallback or {}).get(weight, ()), str(_DEJAVU / name))
            for weight, name in FILES.items()
        }
        self._language = language
        self._glyphs: dict[str, Any] = {weight: {} for weight in FILES}
        self.shape = functools.lru_cache(maxsize=8192)(self._shape)
        self.outline = functools.lru_cache(maxsize=4096)(self._outline)

    def width(self, text: str, weight: str) -> float:
        """Return the width of a text's ink in ems; the weight is regular or bold."""
        return self.shape(text, weight).width

    def _files(self, text: str, weight: str) -> tuple[str, ...]:
        """Return the files whose glyphs a text needs."""
        files = self.files[weight]
        wide = set(map(ord, WIDE.findall(text)))
        if wide and wide.difference(*map(_characters, files)):
            return (*files, *stand_ins(self._language))
        return files

    def _shape(self, text: str, weight: str) -> Shaped:
        with default_settings():
            warnings.simplefilter("ignore")  # what is lacking is told by ``lacking``
            files = self._files(text, weight)
            glyphs = self._glyphs[weight]
            try:
                font = get_font(files)
                font.set_size(EM, 72)
                placed, _, _ = text_to_path.get_glyphs_with_font(font, text, glyphs)
            except RuntimeError as error:
                raise damaged(files[0]) from error
        ink = []
        for name, x, *_ in placed:
            vertices, codes = map(np.asarray, glyphs[name])
            across = vertices[codes != Path.CLOSEPOLY, 0]  # whose own point means nothing
            if len(across):
                ink += [x + across.min(), x + across.max()]
        left = min(ink, default=0.0)
        found = tuple((name, float(x - left) / EM, float(y) / EM) for name, x, y, *_ in placed)
        return Shaped(found, float(max(ink, default=0.0) - left) / EM)

    def _outline(self, weight: str, name: str, size: float, *, turned: bool) -> Outline | None:
        """Return a shaped glyph in points, around the middle of its line; None for a space.

        A turned one reads upwards.
        """
        vertices, codes = self._glyphs[weight][name]
        if not len(vertices):
            return None
        points = np.round(vertices * (size / EM) - (0, MIDDLE * size), 3)
        return Outline(points[:, ::-1] * (-1, 1) if turned else points, codes)

    def lacking(self, texts: Iterable[str]) -> str:
        """Return the characters that no file of the font has a glyph for, sorted."""
        text = "".join(texts)
        wanted = set(map(ord, text)) - {ord("\n")}
        wanted = wanted.difference(*map(_characters, self._files(text, "regular")))
        return "".join(map(chr, sorted(wanted)))


def _chain(own: Sequence[str], fallback: Sequence[str], usual: str) -> tuple[str, ...]:
    """Return files in the order in which they are asked for a glyph, each once."""
    return tuple(dict.fromkeys((*(own or (usual,)), *fallback, usual)))


@functools.cache
def _characters(file: str) -> frozenset[int]:
    with default_settings():
        return frozenset(get_font(file).get_charmap())


@functools.cache
def font_of(name: str = "", fallback: str = "", language: str = "") -> Font:
    """Return a font by its family, or by the path of its file; DejaVu Sans without a name.

    Args:
        name: The font.
        fallback: What it lacks comes from this one, named alike.
        language: Whose shapes of letters are preferred where another font stands in.

    Raises:
        StyleError: There is no such font.
    """
    own = {weight: _files(name, weight) for weight in FILES}
    other = {weight: _files(fallback, weight, "fallback") for weight in FILES}
    return Font(own, other, language)


def _files(name: str, weight: str, field: str = "font") -> Sequence[str]:
    if not name:
        return ()
    try:
        if not is_file(name):
            with default_settings():
                wanted = FontProperties(family=name, weight=weight)
                return (findfont(wanted, fallback_to_default=False),)
        get_font(name)
    except (ValueError, OSError, RuntimeError):
        raise no_font(name, field) from None
    return (name,)
