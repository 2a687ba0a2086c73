"""Draw measurements, and say every figure in words as well. Explained in notebooks/02-amplitude-histogram.ipynb and
03-spectrum.ipynb (`picture`).

`show` stores a figure together with its alt text, which is computed from what the figure holds: the words are true
for any music, and the tests compare them.
"""

import numpy as np

from helpers import axes
from helpers.outputs import clock, emit, render
from helpers.pictures import ROOM, Picture

__all__ = ["draw", "fill", "label_time", "picture", "show"]


def draw(values, when, rows=None, *, ylabel="bin", unit="", title="", cmap=None, low=None, high=None, ax=None):
    """Draw measurements as a picture with axes: time to the right, the lowest bin at the bottom.

    Parameters
    ----------
    values : [bins, n]
        What was measured.
    when : float64 [n + 1]
        The edges of the moments, in seconds.
    rows : [bins], optional
        What each row stands for (Hz, amplitude), increasing; without it, rows are numbered.
    ylabel, unit, title : str
        Names of the vertical axis and of the values, and the caption. Values with a unit get a colour bar.
    cmap, low, high
        Colormap, and the values of its first and last colour.
    ax : matplotlib Axes, optional
        Where to draw; without it, a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = draw(np.eye(3), [0, 10, 20, 30], title="Three moments")
    >>> ax.get_title(), ax.get_xlabel()
    ('Three moments', 'time (m:ss)')
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    values, when = np.asarray(values), np.asarray(when)
    rows = np.arange(len(values)) if rows is None else np.asarray(rows)
    if values.ndim != 2 or values.shape != (len(rows), len(when) - 1):
        raise ValueError(
            f"Values of shape {values.shape} were given for {len(rows)} rows and {len(when) - 1} moments: "
            "measure with the same `when`, and name each row once."
        )
    if ax is None:
        _, ax = plt.subplots()
    image = ax.pcolorfast(when, np.arange(len(rows) + 1) - 0.5, values, cmap=cmap, vmin=low, vmax=high)
    image.set_interpolation("auto")
    row, column = np.unravel_index(values.argmax(), values.shape)
    extent = f"{len(rows)} rows × {values.shape[1]} moments, {values.min():.3g} to {values.max():.3g} {unit}".rstrip()
    place = f"greatest at {clock(when[column : column + 2].mean())}, {_with_unit(rows[row], ylabel or 'row')}"
    image.set_label(f"{extent}, {place if np.ptp(values) else 'all equal'}")
    if unit:
        # A fixed number of ticks: matplotlib's own choice hangs on a fraction of a pixel.
        ax.figure.colorbar(image, ax=ax, label=unit, pad=0.01, ticks=MaxNLocator(5))
    chosen = axes.ticks(rows, ylabel)
    ax.set_yticks(list(chosen), list(chosen.values()))
    label_time(ax, when[0], when[-1])
    ax.set(ylabel=ylabel, title=title)
    return ax


def fill(low, high, when, *, title="", ax=None):
    """Draw the stretch from the lowest to the highest amplitude of each moment.

    Parameters
    ----------
    low, high : [n]
        Lowest and highest amplitude.
    when : float64 [n + 1]
        The edges of the moments, in seconds.
    title : str
        The caption.
    ax : matplotlib Axes, optional
        Where to draw; without it, a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = figures.fill([-0.5, -1.5], [0.5, 1], [0, 1, 2])
    >>> ax.get_ylabel(), ax.get_xlabel()
    ('amplitude', 'time (s)')
    """
    import matplotlib.pyplot as plt

    low, high = np.asarray(low), np.asarray(high)
    if ax is None:
        _, ax = plt.subplots()
    widest = when[(high - low).argmax()]
    label = f"{len(low)} columns, {low.min():.3g} to {high.max():.3g}, widest at {clock(widest)}"
    ax.stairs(high, when, baseline=low, fill=True, label=label)
    label_time(ax, when[0], when[-1])
    reach = max(1.05, np.abs([low, high]).max())
    ax.set(ylim=(-reach, reach), ylabel="amplitude", title=title)
    return ax


def label_time(ax, start: float, end: float) -> None:
    """Make the horizontal axis show the time from `start` to `end` seconds, as minutes where there are any.

    Examples
    --------
    >>> ax = draw(np.eye(3), [0, 1, 2, 3])
    >>> figures.label_time(ax, 0, 90)
    >>> ax.get_xlabel()
    'time (m:ss)'
    """
    room = max(2, round(9 * ax.get_position().width))
    name = axes.in_time(end - start)
    ax.set(xlim=(start, end), xlabel=name)
    ax.xaxis.set_major_locator(axes.locator(name, end - start, room))
    if name.endswith("(m:ss)"):
        ax.xaxis.set_major_formatter(lambda seconds, _: clock(seconds, minutes=True))


def show(fig=None, alt: str = "") -> None:
    """Show a matplotlib figure, with an alt text computed from it, and close it.

    Parameters
    ----------
    fig : matplotlib Figure, optional
        Without it, the current figure.
    alt : str
        A sentence to put before the computed ones.

    Examples
    --------
    >>> ax = draw(np.eye(3), [0, 1, 2, 3], title="Three moments")
    >>> show(ax.figure)
    Three moments. Bin against time (s). 3 rows × 3 moments, 0 to 1, greatest at 0.5 s, bin 0.
    """
    import matplotlib.pyplot as plt

    fig = fig or plt.gcf()
    words = f"{alt} {_describe(fig)}".strip()
    emit(_drawn(fig), words)


def picture(fig=None, track=None) -> Picture:
    """Make a matplotlib figure a Picture, for `play` and `explore`, and close it.

    It is drawn as wide as a page shows a picture. Where it has a time axis, such as `label_time` makes, its pixels know
    their moments: they are clicked and heard.

    Parameters
    ----------
    fig : matplotlib Figure, optional
        Without it, the current figure.
    track : Track, optional
        The music whose seconds are on the time axes.

    Returns
    -------
    Picture
        Of 800 pixels in width; `times` is NaN outside of the axes.

    Examples
    --------
    >>> ax = draw(np.eye(3), [0, 1, 2, 3], title="Three moments")
    >>> figures.picture(ax.figure)
    Three moments. Bin against time (s). 3 rows × 3 moments, 0 to 1, greatest at 0.5 s, bin 0.
    """
    import matplotlib.pyplot as plt

    fig = fig or plt.gcf()
    words = _describe(fig) or "A figure."
    fig.set_size_inches(ROOM[0] / fig.dpi, fig.get_figheight())
    pixels = np.array(_drawn(fig).convert("RGB"))
    height, width = pixels.shape[:2]
    times = np.full((height, width), np.nan, dtype=np.float32)
    for ax in fig.axes:
        if ax.get_xlabel().startswith("time ("):
            left, right = np.round(ax.bbox.intervalx).astype(int)
            bottom, top = np.round(ax.bbox.intervaly).astype(int)
            across = np.column_stack([np.arange(left, right), np.full(right - left, bottom)])
            times[height - top : height - bottom, left:right] = ax.transData.inverted().transform(across)[:, 0]
    return Picture(pixels, times if track else None, track, words=words)


def _drawn(fig):
    """Draw a figure into a Pillow image of 256 colours: as many as a colormap has, and a third of the bytes."""
    from PIL import Image

    return render(fig).quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _describe(fig) -> str:
    """Say in words what a figure shows: its captions, its axes, and the extremes of its lines and pictures."""
    sentences = []
    for ax in fig.axes:
        if ax.get_label() == "<colorbar>":
            continue
        facts = [image.get_label() for image in ax.images] + _lines_in_words(ax)
        facts += [artist.get_label() for artist in (*ax.collections, *ax.patches)]
        facts = [fact for fact in facts if fact and not fact.startswith("_")]
        axes = " against ".join(label for label in (ax.get_ylabel(), ax.get_xlabel()) if label)
        sentences += [ax.get_title(loc="left") or ax.get_title(), axes, "; ".join(facts)]
    return " ".join(f"{text[0].upper()}{text[1:].rstrip('.')}." for text in sentences if text)


def _lines_in_words(ax) -> list[str]:
    """Say in words what each line of a figure shows; many lines without names are summed up."""
    words = []
    for line in ax.lines:
        name = line.get_label() if not line.get_label().startswith("_") else "line"
        x, y = (np.asarray(values, dtype=float) for values in line.get_data())
        along, up = line.get_transform().contains_branch_seperately(ax.transData)
        if not up and len(x):
            words.append(f"{name} at {_with_unit(x[0], ax.get_xlabel())}")
        elif not along and len(y):
            words.append(f"{name} at {_with_unit(y[0], ax.get_ylabel())}")
        elif len(y):
            peak = _with_unit(x[y.argmax()], ax.get_xlabel())
            words.append(f"{name} from {y.min():.3g} to {y.max():.3g}, greatest at {peak}")
    return words if len(words) < 6 else [f"{len(words)} lines, the first: {words[0]}; the last: {words[-1]}"]


def _with_unit(value: float, label: str) -> str:
    """Write a value with the unit that an axis label has in brackets: 53.8 Hz, 1:07; else with the label's name."""
    name, _, unit = label.rstrip(")").partition(" (")
    if unit == "m:ss":
        return clock(value)
    return f"{value:.4g} {unit}" if unit else f"{name} {value:.4g}".lstrip()
