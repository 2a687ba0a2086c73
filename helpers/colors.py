"""How: how values become colours.

Explained in notebooks/04-decibels.ipynb (a colormap), 12-timbre.ipynb (`drawn`), 13-colour.ipynb (the color spaces) and
14-portrait.ipynb (`seen_by`, `gray`).

The functions named after a color space take its three channels as arrays that broadcast, and return uint8 RGB
[..., 3]. A hue is a part of the circle, 0 to 1, and goes on beyond: 1.25 is 0.25.
"""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "EYES",
    "Scale",
    "colormap",
    "drawn",
    "gray",
    "hsl",
    "hsv",
    "lab",
    "largest_chroma",
    "levels",
    "oklch",
    "palette",
    "pitch_hue",
    "rgb",
    "seen_by",
    "stretched",
    "to_lab",
]

# Colormaps whose lightness only grows.
MONOTONE = ("magma", "inferno", "viridis", "cividis", "gray")


@dataclass(frozen=True)
class Scale:
    """Which value has which colour: `low` the first of `cmap`, `high` the last; `unit` is what both are measured in.

    Examples
    --------
    >>> colors.Scale("magma", -80, 0, "dB")
    Scale(cmap='magma', low=-80, high=0, unit='dB')
    """

    cmap: str
    low: float
    high: float
    unit: str = ""


def palette(cmap: str = "magma") -> np.ndarray:
    """Return the 256 colours of a matplotlib colormap, dark to bright, as uint8 RGB [256, 3].

    Raises
    ------
    ValueError
        If matplotlib has no colormap of that name.

    Examples
    --------
    >>> colors.palette("gray")[[0, 128, 255]]
    array([[  0,   0,   0],
           [128, 128, 128],
           [255, 255, 255]], dtype=uint8)
    """
    from matplotlib import colormaps

    if cmap not in colormaps:
        raise ValueError(f"'{cmap}' was given; the name of a colormap was expected, such as 'magma' or 'viridis'.")
    return colormaps[cmap](np.linspace(0, 1, 256), bytes=True)[:, :3].copy()


def levels(values, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Turn values into 256 steps from `low` (0) to `high` (255).

    Parameters
    ----------
    values : array of numbers, any shape
    low, high : float, optional
        The values that become the first and the last colour; what lies beyond is clipped. Without them, the
        smallest and the largest value.

    Returns
    -------
    uint8, the same shape
        Where `low` equals `high`, nothing stands out: all 0.

    Raises
    ------
    ValueError
        If a value is not a finite number, or `low` is greater than `high`.

    Examples
    --------
    >>> colors.levels([-80, -40, 0])
    array([  0, 128, 255], dtype=uint8)
    """
    values = np.asarray(values)
    if not values.size or not np.isfinite(values).all():
        raise ValueError("Some values are missing, infinite or not numbers: only finite numbers have a colour.")
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    if low > high:
        raise ValueError(f"low={low} and high={high} were given; low must not be greater than high.")
    if low == high:
        return np.zeros(values.shape, np.uint8)
    # 256 equal steps, as matplotlib does it; in float64, where no 32-bit range is too small.
    return np.clip((values.astype(np.float64) - low) / (high - low) * 256, 0, 255).astype(np.uint8)


def colormap(values, cmap: str = "magma", low: float | None = None, high: float | None = None) -> np.ndarray:
    """Turn values into colours, uint8 RGB [..., 3]; the parameters are those of `levels` and `palette`.

    Examples
    --------
    >>> colors.colormap([0, 0.5, 1], cmap="gray")
    array([[  0,   0,   0],
           [128, 128, 128],
           [255, 255, 255]], dtype=uint8)
    """
    return palette(cmap)[levels(values, low, high)]


# What is drawn as 0 and as 1: dB, or Hz on a logarithmic scale.
_DRAWN = {
    "loudness": (-40, 0),
    "flatness": (-60, -10),
    "centroid": (150, 6000),
    "spread": (150, 6000),
    "rolloff": (150, 6000),
}


def drawn(name: str, values) -> np.ndarray:
    """Map one of `features.TIMBRE` to 0 … 1 by a rule that is the same for every piece.

    Loudness goes from −40 to 0 dB, flatness from −60 to −10 dB; centroid, spread and rolloff from 150 to 6000 Hz, as
    the logarithm. What lies beyond is clipped.

    Parameters
    ----------
    name : str
        What was measured.
    values : array of any shape
        As `features.timbre` measures it.

    Returns
    -------
    float32, the same shape

    Examples
    --------
    >>> colors.drawn("loudness", [-60, -20, 0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    if name not in _DRAWN:
        raise ValueError(f"'{name}' was given; one of {', '.join(_DRAWN)} was expected.")
    low, high = _DRAWN[name]
    values = np.asarray(values, dtype=np.float64)
    if name == "flatness":
        values = 10 * np.log10(np.maximum(values, 1e-10))
    elif name != "loudness":
        low, high, values = np.log(low), np.log(high), np.log(np.maximum(values, 1))
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)


def stretched(values, least: float = 5.0, most: float = 95.0) -> np.ndarray:
    """Map values to 0 … 1 so that the range of this very piece is used.

    The percentile `least` becomes 0, `most` becomes 1, and what lies beyond is clipped. Where both are equal (silence),
    all is 0. float32, the same shape.

    Examples
    --------
    >>> colors.stretched([0, 1, 2, 3, 1000], least=0, most=50)
    array([0. , 0.5, 1. , 1. , 1. ], dtype=float32)
    """
    low, high = np.percentile(values, [least, most])
    if not low < high:
        return np.zeros(np.shape(values), np.float32)
    return np.clip((np.asarray(values) - low) / (high - low), 0, 1).astype(np.float32)


def pitch_hue(chroma: np.ndarray, step: int = 7) -> np.ndarray:
    """Place each moment on a circle of the twelve pitch classes, so that a hue can stand for it.

    Each pitch class pulls towards its own place with its strength; the direction of the sum is the hue.

    Parameters
    ----------
    chroma : [12, n]
        As `features.chroma` measures it.
    step : int
        How many semitones lie between neighbours: 7 is the circle of fifths, where classes that sound well together
        are near each other; 1 is the keyboard.

    Returns
    -------
    float32 [2, n]
        The direction as part of the circle, 0 (C) to 1; and how much the classes agree, 0 to 1 (only one sounds). In
        silence both are 0.

    Raises
    ------
    ValueError
        If `step` does not lead through all twelve.

    Examples
    --------
    >>> colors.pitch_hue(np.eye(12)[:, [0, 7, 2]]).round(2)
    array([[0.  , 0.08, 0.17],
           [1.  , 1.  , 1.  ]], dtype=float32)
    """
    if step not in (1, 5, 7, 11):
        raise ValueError(f"step={step!r} was given; 1, 5, 7 or 11 was expected: only those visit all twelve.")
    place = np.arange(12) * step % 12
    pull = np.exp(2j * np.pi * place / 12) @ np.asarray(chroma)
    agree = np.abs(pull) / np.maximum(np.sum(chroma, axis=0), 1e-30)
    # A tiny negative angle, modulo 1, is rounded to 1.
    hue = (np.angle(pull) / (2 * np.pi)).astype(np.float32) % 1 % 1
    return np.stack([hue, np.minimum(agree, 1)]).astype(np.float32)


# OKLab: what the three channels add to the cube roots of the cones' answers, and what these add to linear RGB.
# Ottosson, "A perceptual color space for image processing" (2020; matrices of 2021-01-25).
_OKLAB_TO_ROOTS = np.array(
    [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.2914855480],
    ]
)
_CONES_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
# sRGB (IEC 61966-2-1): from linear RGB to CIE XYZ, whose second row is the luminance.
_LINEAR_TO_XYZ = np.array(
    [
        [0.4123907993, 0.3575843394, 0.1804807884],
        [0.2126390059, 0.7151686788, 0.0721923154],
        [0.0193308187, 0.1191947798, 0.9505321522],
    ]
)
# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency" (IEEE
# TVCG 15, 2009), for eyes in which one kind of cone is missing altogether; on linear RGB.
EYES = {
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# How far beyond 0 … 1 linear RGB may lie before it counts as outside: a tenth of a step of 255 in the dark.
_ALMOST = 2e-5
# So few that they stay in the processor's cache.
_COLORS_AT_ONCE = 8192


def rgb(red, green, blue) -> np.ndarray:
    """Turn red, green and blue, each 0 to 1, into colours.

    Examples
    --------
    >>> colors.rgb(1, 0.5, 0)
    array([255, 128,   0], dtype=uint8)
    """
    return _in_steps(np.stack(_channels(red, green, blue)))


def hsv(hue, saturation, value) -> np.ndarray:
    """Turn hue, saturation and value, each 0 to 1, into colours.

    Examples
    --------
    >>> colors.hsv([0, 1 / 3, 2 / 3], 1, 1)
    array([[255,   0,   0],
           [  0, 255,   0],
           [  0,   0, 255]], dtype=uint8)
    """
    hue, saturation, value = _channels(hue, saturation, value)
    return _in_steps(np.clip(value, 0, 1) * (1 - np.clip(saturation, 0, 1) * (1 - _rainbow(hue))))


def hsl(hue, saturation, lightness) -> np.ndarray:
    """Turn hue, saturation and lightness, each 0 to 1, into colours.

    Examples
    --------
    >>> colors.hsl([0, 1 / 3, 2 / 3], 1, 0.5)
    array([[255,   0,   0],
           [  0, 255,   0],
           [  0,   0, 255]], dtype=uint8)
    """
    hue, saturation, lightness = _channels(hue, saturation, lightness)
    lightness = np.clip(lightness, 0, 1)
    reach = np.clip(saturation, 0, 1) * np.minimum(lightness, 1 - lightness)
    return _in_steps(lightness + reach * (2 * _rainbow(hue) - 1))


def _rainbow(hue: np.ndarray) -> np.ndarray:
    """Return red, green and blue of the purest colour of a hue, [3, ...].

    Each of them is 1 up to a sixth of the circle from its own place, and falls to 0 within the next sixth.
    """
    turn = hue - np.floor(hue)
    away = np.abs(np.stack([turn * 6 - place for place in (0, 2, 4)]))
    return np.clip(2 - np.minimum(away, 6 - away), 0, 1)


def lab(lightness, a, b) -> np.ndarray:
    """Turn CIELAB into colours: lightness 0 to 100, a from green to red, b from blue to yellow (white is D65).

    Colours that a screen cannot show lose chroma, as in `oklch`; so no a and b are too large.

    Examples
    --------
    >>> colors.lab([0, 50, 100], 0, 0)
    array([[  0,   0,   0],
           [119, 119, 119],
           [255, 255, 255]], dtype=uint8)
    """
    return _in_steps(_linear_to_screen(_fit(_lab_to_linear, lightness, a, b, top=100)[0]))


def oklch(lightness, chroma, hue) -> np.ndarray:
    """Turn OKLCH into colours: lightness 0 to 1, chroma from 0 (grey), hue 0 to 1.

    A screen cannot show every chroma at every lightness. Where there is too much, chroma is reduced until the colour
    fits; lightness and hue stay. `largest_chroma` says how much fits.

    Examples
    --------
    >>> colors.oklch(0.7, 0.1, [0, 1 / 3, 2 / 3])
    array([[210, 132, 156],
           [150, 168,  94],
           [ 96, 167, 214]], dtype=uint8)
    """
    lightness, chroma, hue = _channels(lightness, chroma, hue)
    angle = 2 * np.pi * hue
    return _in_steps(
        _linear_to_screen(_fit(_oklab_to_linear, lightness, chroma * np.cos(angle), chroma * np.sin(angle))[0])
    )


def largest_chroma(lightness, chroma, hue) -> np.ndarray:
    """Return the chroma that `oklch` shows, at most the one asked for: where it is less, a colour was clipped.

    float32, the shape to which the three broadcast.

    Examples
    --------
    >>> colors.largest_chroma(0.7, 0.4, [0, 1 / 3, 2 / 3]).round(2)
    array([0.21, 0.17, 0.16], dtype=float32)
    """
    lightness, chroma, hue = _channels(lightness, chroma, hue)
    angle = 2 * np.pi * hue
    return chroma * _fit(_oklab_to_linear, lightness, chroma * np.cos(angle), chroma * np.sin(angle))[1]


def _fit(to_linear, lightness, a, b, top: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return linear RGB [3, ...], and the part of a and b, 0 to 1, that a screen can show at this lightness."""
    asked = np.stack(_channels(lightness, a, b))
    shape, asked = asked.shape[1:], asked.reshape(3, -1)
    asked[0] = np.clip(asked[0], 0, top)
    linear, part = np.empty_like(asked), np.ones(asked.shape[1], np.float32)
    for start in range(0, asked.shape[1], _COLORS_AT_ONCE):
        block = slice(start, start + _COLORS_AT_ONCE)
        linear[:, block] = to_linear(asked[:, block])
        over = start + np.flatnonzero(~_on_screen(linear[:, block]))
        if len(over):
            part[over], linear[:, over] = _reduced(to_linear, asked.take(over, axis=1))
    return linear.reshape(3, *shape), part.reshape(shape)


def _reduced(to_linear, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the part of the chroma of each colour [3, n] that fits, and what it is in linear RGB."""
    fits, step, trial = np.zeros(asked.shape[1], np.float32), np.float32(0.5), asked.copy()
    # Halving ten times: the chroma is right to a thousandth of what was asked for.
    for _ in range(10):
        np.multiply(asked[1:], fits + step, out=trial[1:])
        fits += step * _on_screen(to_linear(trial))
        step /= 2
    np.multiply(asked[1:], fits, out=trial[1:])
    return fits, to_linear(trial)


def _on_screen(linear: np.ndarray) -> np.ndarray:
    """Tell of linear RGB [3, n] which colours a screen can show; bool [n]."""
    inside = np.abs(linear - np.float32(0.5)) <= np.float32(0.5 + _ALMOST)
    return inside[0] & inside[1] & inside[2]


def _oklab_to_linear(oklab: np.ndarray) -> np.ndarray:
    """Convert OKLab to linear RGB, both [3, n]."""
    roots = _mixed(_OKLAB_TO_ROOTS, oklab)
    return _mixed(_CONES_TO_LINEAR, roots * roots * roots)


def _lab_to_linear(cielab: np.ndarray) -> np.ndarray:
    """Convert CIELAB to linear RGB, both [3, n]."""
    y = (cielab[0] + 16) / 116
    roots = np.stack([y + cielab[1] / 500, y, y - cielab[2] / 200])
    relative = np.where(roots > 6 / 29, roots * roots * roots, (roots - 4 / 29) * (108 / 841))
    return _mixed(np.linalg.inv(_LINEAR_TO_XYZ) * _LINEAR_TO_XYZ.sum(axis=1), relative)


def _mixed(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return matrix @ values, [3, n]; on so few rows the threads of a matrix product would wait for each other."""
    first, second, third = matrix.T.astype(values.dtype)[:, :, np.newaxis]
    return first * values[0] + second * values[1] + third * values[2]


def _linear_to_screen(linear: np.ndarray) -> np.ndarray:
    """Bend linear RGB, 0 to 1, the way a screen expects it (sRGB, IEC 61966-2-1); what lies beyond is clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.power(linear, 1 / 2.4) - 0.055)


def _screen_to_linear(pixels: np.ndarray) -> np.ndarray:
    """Undo `_linear_to_screen`: from uint8 RGB [..., 3] to linear RGB, float32 [..., 3], proportional to the light."""
    step = np.arange(256) / 255
    linear = np.where(step <= 0.04045, step / 12.92, ((step + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)[_as_pixels(pixels)]


def to_lab(pixels) -> np.ndarray:
    """Measure colours in CIELAB (white is D65): uint8 RGB [..., 3] to lightness, a and b, float32 [..., 3].

    The formula of ISO/CIE 11664-4.

    Examples
    --------
    >>> colors.to_lab(colors.rgb([0, 1], [0, 0], [0, 0])).round(1)
    array([[ 0. ,  0. ,  0. ],
           [53.2, 80.1, 67.2]], dtype=float32)
    """
    relative = _screen_to_linear(pixels).astype(np.float64) @ (_LINEAR_TO_XYZ.T / _LINEAR_TO_XYZ.sum(axis=1))
    x, y, z = np.moveaxis(np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative * (841 / 108) + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def gray(pixels) -> np.ndarray:
    """Return colours as a black-and-white photograph shows them: the same luminance, added up as light; uint8 RGB.

    Examples
    --------
    >>> colors.gray(colors.rgb([1, 0], [0, 1], [0, 0]))
    array([[127, 127, 127],
           [220, 220, 220]], dtype=uint8)
    """
    luminance = _screen_to_linear(pixels) @ _LINEAR_TO_XYZ[1].astype(np.float32)
    return _in_steps(np.stack([_linear_to_screen(luminance)] * 3))


def seen_by(pixels, eyes: str) -> np.ndarray:
    """Return colours as eyes that lack one kind of cone see them, after Machado, Oliveira and Fernandes (2009).

    Parameters
    ----------
    pixels : uint8 [..., 3]
        RGB.
    eyes : str
        "protanope" (without the cones for long waves, red), "deuteranope" (middle, green) or "tritanope" (short, blue).

    Returns
    -------
    uint8 [..., 3]

    Raises
    ------
    ValueError
        If there are no such eyes.

    Examples
    --------
    >>> colors.seen_by(colors.rgb([1, 0], [0, 1], [0, 0]), "deuteranope")
    array([[163, 144,   0],
           [239, 214,  58]], dtype=uint8)
    """
    if eyes not in EYES:
        raise ValueError(f"'{eyes}' was given; one of {', '.join(EYES)} was expected.")
    seen = _screen_to_linear(pixels) @ EYES[eyes].T.astype(np.float32)
    return _in_steps(np.moveaxis(_linear_to_screen(seen), -1, 0))


def _channels(*values) -> list[np.ndarray]:
    """Return three channels as float32 of the same shape, or raise a ValueError that says why they have no colour."""
    values = [np.asarray(value) for value in values]
    try:
        values = [value.astype(np.float32) for value in np.broadcast_arrays(*values)]
    except ValueError:
        shapes = ", ".join(str(value.shape) for value in values)
        raise ValueError(f"Channels of shapes {shapes} were given; three of the same shape were expected.") from None
    if not all(np.isfinite(value).all() for value in values):
        raise ValueError("Some values are missing, infinite or not numbers: only finite numbers have a colour.")
    return values


def _in_steps(screen: np.ndarray) -> np.ndarray:
    """Round screen values [3, ...] from 0 to 1 to 255 steps, and put the channels last: uint8 [..., 3]."""
    return np.ascontiguousarray(np.moveaxis((np.clip(screen, 0, 1) * 255 + 0.5).astype(np.uint8), 0, -1))


def _as_pixels(pixels) -> np.ndarray:
    """Return uint8 RGB [..., 3] as an array, or raise a ValueError that says what it is instead."""
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim < 1 or pixels.shape[-1] != 3:
        raise ValueError(
            f"An array of shape {pixels.shape} and type {pixels.dtype} was given; colours were expected, uint8 "
            "with red, green and blue last."
        )
    return pixels
