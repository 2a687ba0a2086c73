"""Pictures by a short name, for whoever makes thousands: what of the chapters' pictures can be chosen, and how.

Explained in notebooks/17-data-set.ipynb. A recipe measures moments and paints what was measured; where both are known,
nothing else is needed to make the same picture again.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers import colors, features, layouts, moments, scales, sections, spectra, tempo
from helpers.checks import whole

__all__ = ["RECIPES", "Recipe", "portrait", "prepare"]

# Three quarters of the chapters' window, 70 ms: the shortest of which one is enough for a moment of the default recipe.
_WINDOW = 3 / 4
# Raised whenever a recipe would paint other pixels than before.
VERSION = 1


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a picture is made.

    Attributes
    ----------
    moments : int
        How many moments a picture shows.
    paint : function
        Turns what was measured in them, [bins, moments], into pixels: uint8 [H, W] (grey) or [H, W, 3] (RGB).
    measure : function or None
        Is given a Track and moments, and returns float32 [bins, n], each column of which depends on no other moment.
        None: `paint` is given the Track instead, all of the music that the picture shows.
    highest : float
        The highest frequency that counts, in Hz.
    where : Layout or None
        Which place shows which moments, where `measure` measures them.
    bins : int
        How many pixels high a moment is there.
    long : Recipe or None
        Where `measure` is None, what is painted instead of music that is too long to be looked at as a whole.

    Examples
    --------
    >>> recipe = recipes.prepare("perceptual", size=224)
    >>> recipe.paint(recipe.measure(load_track("groove"), moments.between(8, 9, recipe.moments))).shape
    (224, 224)
    """

    moments: int
    paint: Callable
    measure: Callable | None
    highest: float = 8000.0
    where: layouts.Layout | None = None
    bins: int = 1
    long: "Recipe | None" = None

    def times(self, when) -> np.ndarray:
        """Return the moment of each pixel, in seconds: float32, as large as what is filled of the picture.

        Parameters
        ----------
        when : float64 [n + 1]
            The edges of the moments that it shows.

        Examples
        --------
        >>> recipes.prepare("perceptual", size=8).times(moments.between(0, 4, 8))[0]
        array([0. , 0.5, 1. , 1.5, 2. , 2.5, 3. , 3.5], dtype=float32)
        """
        begins = np.asarray(when, np.float32)[:-1]
        return self.where.arrange(np.broadcast_to(begins, (self.bins, len(begins))))


def prepare(name: str = "rows", size: int = 224, **parameters) -> Recipe:
    """Prepare a recipe for pictures of `size` × `size` pixels.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    size : int
        Pixels a side. What a recipe does not fill, because its rows or tiles do not divide the side, stays dark at the
        right and at the bottom.
    **parameters
        Those that the recipe knows: each has a default. `bands=0` means as many mel bands as fit.

    Raises
    ------
    ValueError
        If there is no such recipe or parameter, or its value does not do.

    Examples
    --------
    >>> recipes.prepare("hilbert", size=224, tiles=16).moments
    3584
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe '{name}': choose one of {', '.join(RECIPES)}.")
    known = list(inspect.signature(RECIPES[name]).parameters)[1:]
    unknown = [key for key in parameters if key not in known]
    if unknown:
        raise ValueError(f"The recipe '{name}' has no parameter '{unknown[0]}': it knows {', '.join(known)}.")
    return RECIPES[name](whole(size, "size", 8), **parameters)


def defaults(name: str) -> dict:
    """Return the parameters of a recipe and what they are if not given."""
    parameters = list(inspect.signature(RECIPES[name]).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in parameters}


def _bands(size, where, bands, weighted, fmin, fmax, top_db, cmap) -> Recipe:
    """Mel bands in decibels below the loudest of the picture; every cell of the layout as wide as fits."""
    rows, cols = where.order.shape
    bands = whole(bands or size // rows, "bands")
    if cmap != "gray":
        colors.palette(cmap)
    if not top_db > 0 or bands * rows > size:
        raise ValueError(
            f"bands={bands} and top_db={top_db} were given for {rows} × {cols} cells in {size} pixels; at most "
            f"{size // rows} bands and more than 0 dB were expected."
        )

    def measure(track, when):
        n_fft = int(_WINDOW * spectra.window_length(track.sr))
        filters = scales.mel_filters(track.sr, n_fft, bands, fmin, fmax)
        if weighted:
            weight = 10 ** (scales.a_weighting(scales.mel_frequencies(track.sr, bands, fmin, fmax)) / 10)
            filters = filters * weight[:, np.newaxis]
        return spectra.power(track, when, n_fft, filters)

    def paint(power):
        levels = where.arrange(colors.levels(features.decibels(power, top_db), -top_db, 0))
        return _framed(levels if cmap == "gray" else colors.palette(cmap)[levels], size)

    return Recipe(where.cells * (size // cols), paint, measure, fmax, where=where, bins=bands)


def _framed(pixels, size: int) -> np.ndarray:
    """Fill up to the whole size with black."""
    missing = [(0, size - pixels.shape[0]), (0, size - pixels.shape[1])] + [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, missing)


def _rows(size, rows=4, bands=0, fmin=50.0, fmax=8000.0, top_db=80.0, cmap="gray", centred=False):
    """Weighted mel bands in rows like lines of a text (chapters 8, 16): what recognised music best in chapter 16."""
    where = layouts.rows(_fits(rows, "rows", size))
    return _bands(size, where.centred() if centred else where, bands, True, fmin, fmax, top_db, cmap)


def _mel(size, bands=0, fmin=50.0, fmax=8000.0, top_db=80.0, cmap="gray"):
    """Mel bands as they are, time from left to right (chapter 5)."""
    return _bands(size, layouts.timeline(), bands, False, fmin, fmax, top_db, cmap)


def _perceptual(size, bands=0, fmin=50.0, fmax=8000.0, top_db=80.0, cmap="gray"):
    """Mel bands weighted as by an ear, time from left to right (chapters 6 and 7)."""
    return _bands(size, layouts.timeline(), bands, True, fmin, fmax, top_db, cmap)


def _tiles(curve):
    """Return the recipe for tiles along a curve."""

    def recipe(size, tiles=16, bands=0, centred=False, fmin=50.0, fmax=8000.0, top_db=80.0, cmap="gray"):
        tiles = _fits(tiles, "tiles", size)
        where = curve(tiles, tiles)
        return _bands(size, where.centred() if centred else where, bands, True, fmin, fmax, top_db, cmap)

    return recipe


def _alike(size, smooth=4, bands=40):
    """Every moment compared with every other (chapter 11)."""
    bands, smooth = whole(bands, "bands", 2), whole(smooth, "smooth", 0)

    def measure(track, when):
        weight = 10 ** (scales.a_weighting(scales.mel_frequencies(track.sr, bands)) / 10)
        return features.mel(track, when, bands) * weight[:, np.newaxis].astype(np.float32)

    def paint(power):
        matrix = sections.along_diagonals(sections.likeness(features.decibels(power)), smooth)
        return layouts.timeline().arrange(colors.levels(matrix, 0, 1))

    return Recipe(size, paint, measure, where=layouts.timeline(), bins=size)


def _timbre(size, curve="hilbert", window=4):
    """One pixel a moment: lightness is loudness, hue the centroid, chroma falls with the flatness (chapter 14)."""
    if curve not in ("hilbert", "z_order", "rows", "snake"):
        raise ValueError(f"curve='{curve}' was given; hilbert, z_order, rows or snake was expected.")
    where, window = getattr(layouts, curve)(size, size), whole(window, "window")
    names = ("loudness", "centroid", "flatness")

    def measure(track, when):
        return features.timbre_in_power(track, when, names, spectra.window_length(track.sr) // window)

    def paint(what):
        return where.arrange(portrait(*what)[np.newaxis])

    return Recipe(size * size, paint, measure, where=where)


def portrait(loud, bright, noisy) -> np.ndarray:
    """Return the colours of moments: uint8 [n, 3].

    Parameters
    ----------
    loud, bright, noisy : [n]
        The loudness of each moment as power, the centroid in Hz, and the flatness.

    Examples
    --------
    >>> recipes.portrait(np.array([1.0]), np.array([440.0]), np.array([0.001]))
    array([[232, 223, 181]], dtype=uint8)
    """
    light = colors.drawn("loudness", features.decibels(loud))
    paint = 0.14 * (1 - colors.drawn("flatness", noisy)), 0.05 + 0.75 * colors.drawn("centroid", bright)
    return colors.oklch(0.2 + 0.7 * light, *paint)


def _beat(size, rows=4, bands=0, fmin=50.0, fmax=8000.0, top_db=80.0, cmap="gray"):
    """Rows that begin with a bar, each of as many bars as fit (chapter 8); above ten minutes as 'rows'."""
    even = _rows(size, rows, bands, fmin, fmax, top_db, cmap)

    def paint(track):
        when = moments.even(track, even.moments)
        pulse = tempo.find(track)
        if pulse.period:
            bars = max(1, int(track.duration / rows / (pulse.period * pulse.metre)))
            on_beat = moments.on_the_beat(track, pulse, bars * pulse.metre, even.moments // rows)
            when = on_beat[: even.moments + 1] if len(on_beat) > even.moments else when
        return even.paint(even.measure(track, when))

    # Where a picture shows more than ten minutes, a bar is hardly three pixels wide.
    return Recipe(even.moments, paint, None, fmax, long=even)


def _fits(cells, name: str, size: int) -> int:
    """Return how many rows or tiles a side has, or raise a ValueError if it has too few pixels for them."""
    cells = whole(cells, name)
    if cells > size:
        raise ValueError(f"{name}={cells} was given for {size} pixels; at most {size} was expected.")
    return cells


_z_order, _hilbert = _tiles(layouts.z_order), _tiles(layouts.hilbert)
_z_order.__doc__ = "Tiles of weighted mel bands, quarters within quarters (chapter 9)."
_hilbert.__doc__ = "Tiles of weighted mel bands along Hilbert's curve (chapter 10)."
RECIPES = {
    "rows": _rows,
    "mel": _mel,
    "perceptual": _perceptual,
    "beat": _beat,
    "z-order": _z_order,
    "hilbert": _hilbert,
    "similarity": _alike,
    "timbre": _timbre,
}
