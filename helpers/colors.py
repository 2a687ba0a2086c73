"""How: how a value becomes a colour. Explained in notebooks/03-decibels.ipynb."""

from dataclasses import dataclass

import matplotlib
import numpy as np

# Colormaps whose lightness only grows.
MONOTONE = ("magma", "inferno", "viridis", "cividis", "gray")


@dataclass(frozen=True)
class Scale:
    """Which value has which colour: `low` the first of `cmap`, `high` the last; `unit` is what both are measured in."""

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
    """
    if cmap not in matplotlib.colormaps:
        raise ValueError(f"'{cmap}' was given; the name of a colormap was expected, such as 'magma' or 'viridis'.")
    return matplotlib.colormaps[cmap](np.linspace(0, 1, 256), bytes=True)[:, :3].copy()


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
    """Turn values into colours, uint8 RGB [..., 3]; the parameters are those of `levels` and `palette`."""
    return palette(cmap)[levels(values, low, high)]
