"""Axes beside a picture, where its places have a meaning.

The stored PNG of a player has them, for those who read a page without running it. What is clicked, saved as a file or
shown to a network has none.
"""

from dataclasses import dataclass, field

import numpy as np

from helpers.outputs import clock

__all__ = []

# The steps, in seconds, of an axis in minutes and seconds.
_MINUTES = np.array([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600])
# The steps of a frequency axis that is not linear.
_NICE_HZ = np.array([20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000])
# How many pixels a text takes, across and down.
_TEXT = (26, 14)


@dataclass(frozen=True)
class _Axis:
    """What is written along a side of a picture.

    Attributes
    ----------
    name : str
        What it shows, with the unit in brackets; empty if its places have no meaning.
    ticks : dict of float to str
        A text at each of some places, in pixels of the picture from the left or from the top: 1.5 is the middle of the
        second pixel.
    """

    name: str = ""
    ticks: dict = field(default_factory=dict)


def in_time(seconds: float, name: str = "time") -> str:
    """Name an axis that spans so many seconds: it is in minutes where there are any."""
    return f"{name} (m:ss)" if seconds >= 20 else f"{name} (s)"


def locator(name: str, seconds: float, most: int):
    """Return the matplotlib locator of about so many round times on an axis of this name and so many seconds."""
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    if not name.endswith("(m:ss)"):
        return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    return MultipleLocator(_MINUTES[min(np.searchsorted(_MINUTES, seconds / most), len(_MINUTES) - 1)])


def ticks(values, name: str = "", fitting: int = 16) -> dict:
    """Put round numbers beside increasing values.

    Parameters
    ----------
    values : [n]
        Increasing.
    name : str
        The name of their axis; its unit, such as "(m:ss)", says how they are written.
    fitting : int
        How many texts would touch each other.

    Returns
    -------
    dict of float to str
        A text for each of some places: 1.5 is half way from the second value to the third.
    """
    from matplotlib.ticker import MaxNLocator

    values, unit = np.asarray(values, dtype=float), name.rstrip(")").rpartition("(")[2]
    # Evenly spaced ones may be far apart.
    most = max(1, fitting * 2 // 5)
    if len(values) == 1:
        nice = values
    elif unit in ("s", "m:ss"):
        nice = locator(name, values[-1] - values[0], most).tick_values(values[0], values[-1])
    elif np.allclose(values, np.linspace(values[0], values[-1], len(values)), atol=0.01 * np.ptp(values)):
        nice = MaxNLocator(most).tick_values(values[0], values[-1])
    else:
        nice = _NICE_HZ
    chosen = {}
    for value in nice:
        place = float(np.interp(value, values, np.arange(len(values))))
        if values[0] <= value <= values[-1] and all(abs(place - other) > len(values) / fitting for other in chosen):
            chosen[place] = clock(value, minutes=True) if unit == "m:ss" else f"{value:,.8g}"
    return chosen


def _around(picture, width: int, height: int) -> tuple[_Axis, _Axis]:
    """Find out what the places of a picture mean.

    Where its moments are in the order of a text, line by line, time runs along the lines, and each line begins at some
    time. Where there is only one line, and its rows are frequencies or moments, these run upwards. A picture too small
    for two texts has no axes.

    Parameters
    ----------
    picture : Picture
    width, height : float
        How large it is shown, in pixels.

    Returns
    -------
    below, left : _Axis
    """
    below = left = _Axis()
    times, hz, versus = picture.times, picture.hz, picture.versus
    across, down = int(width // _TEXT[0]), int(height // _TEXT[1])
    if picture.track is None or times is None or min(across, down) < 2:
        return below, left
    lines = times[np.append(True, (times[1:] != times[:-1]).any(axis=1))].astype(float)
    # A figure, which has its own axes, has NaN beside them: that is in no order.
    if not (np.diff(lines.ravel()) >= 0).all():
        return below, left
    since = lines - lines[:, :1]
    if len(lines) > 1:
        left = _of_lines(lines[:, 0], len(times) // len(lines), down)
        # Lines that follow a beat need not be equally long.
        if np.ptp(since, axis=0).max() <= since.max() / since.shape[1]:
            below = _along(since[0], "time in the line", across)
        return below, left
    below = _along(lines[0], "time", across)
    if versus is not None and (versus == versus[:, :1]).all():
        left = _along(versus[::-1, 0], "time", down)
    elif hz is not None:
        left = _along(hz[::-1].mean(axis=1), "frequency (Hz)", down)
    return below, _Axis(left.name, {len(times) - place: text for place, text in left.ticks.items()})


def _of_lines(starts, height: int, fitting: int) -> _Axis:
    """Return the axis of lines of so many pixels each: the second at which a line begins, beside its middle."""
    name = in_time(np.ptp(starts), "line begins at")
    minutes = name.endswith("(m:ss)")
    chosen = range(0, len(starts), -(-2 * len(starts) // fitting))
    texts = (clock(starts[line], minutes=True) if minutes else f"{starts[line]:.4g}" for line in chosen)
    return _Axis(name, dict(zip([(line + 0.5) * height for line in chosen], texts, strict=True)))


def _along(values, name: str, fitting: int) -> _Axis:
    """Return the axis of values that do not decrease from pixel to pixel: the seconds at which they begin, or Hz."""
    steps, first = np.unique(values, return_index=True)
    if len(steps) < 2 or (np.diff(values) < 0).any():
        return _Axis()
    edges = np.append(first, len(values))
    if name.endswith("(Hz)"):
        places = (edges[1:] + edges[:-1]) / 2
    else:
        # That the last moment is as long as the one before is likely: only the beginnings are known.
        places, steps = edges, np.append(steps, 2 * steps[-1] - steps[-2])
        name = in_time(steps[-1] - steps[0], name)
    chosen = ticks(steps, name, fitting)
    return _Axis(name, dict(zip(np.interp(list(chosen), np.arange(len(places)), places), chosen.values(), strict=True)))


def written(fig, picture, width: int, height: int):
    """Add the axes of a picture to a figure, for an image of so many pixels; None if its places have no meaning.

    Returns
    -------
    matplotlib Axes or None
        Transparent, and as large as the image; all is written beside it.
    """
    below, left = _around(picture, *(side * 100 / fig.dpi for side in (width, height)))
    if not below.name and not left.name:
        return None
    ax = fig.add_axes((0, 0, width / fig.bbox.width, height / fig.bbox.height))
    ax.patch.set_visible(False)
    ax.spines[:].set_visible(False)
    rows, columns = picture.pixels.shape[:2]
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_xticks(list(below.ticks), list(below.ticks.values()))
    ax.set_yticks(list(left.ticks), list(left.ticks.values()))
    ax.tick_params(length=4, pad=3, color="#555555", labelcolor="#555555", labelsize=9)
    ax.set_xlabel(below.name, color="#333333", size=9.5)
    ax.set_ylabel(left.name, color="#333333", size=9.5)
    return ax
