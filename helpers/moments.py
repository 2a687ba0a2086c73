"""When: which stretches of time are looked at. Explained in notebooks/02-amplitude-histogram.ipynb.

*n* moments are written as their *n* + 1 edges, in seconds: moment *i* lasts from `when[i]` to `when[i + 1]`.
"""

import numpy as np


def even(track, n: int) -> np.ndarray:
    """Cut a whole track into `n` moments of equal length.

    Parameters
    ----------
    track : Track
    n : int
        How many moments, at least 1. There may be more moments than samples.

    Returns
    -------
    when : float64 [n + 1]
        Edges in seconds, from 0 to the track's duration, exact to a rounding error: nothing drifts.

    Raises
    ------
    ValueError
        If `n` is not a whole number of at least 1.
    """
    return between(0, track.duration, n)


def between(start: float, end: float, n: int) -> np.ndarray:
    """Cut the stretch from `start` to `end` (seconds) into `n` equal moments; float64 [n + 1]."""
    if not start < end:
        raise ValueError(f"A stretch from {start} s to {end} s was given; the end must come after the start.")
    return np.linspace(start, end, whole(n, "n") + 1)


def checked(when) -> np.ndarray:
    """Return `when` as float64, or raise a ValueError that says what is wrong with it as moments."""
    when = np.asarray(when, dtype=np.float64)
    if when.ndim != 1 or len(when) < 2 or not np.isfinite(when).all() or (np.diff(when) <= 0).any():
        raise ValueError(
            f"Moments are increasing edges in seconds, [n + 1] finite numbers; given was an array of shape "
            f"{when.shape} that is not: use moments.even(track, n)."
        )
    return when


def whole(number, name: str, least: int = 1) -> int:
    """Return a number as an int, or raise a ValueError that names it unless it is whole and at least `least`."""
    try:
        exact = int(number)
        if exact == number and exact >= least:
            return exact
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name}={number!r} was given; a whole number of at least {least} was expected.")
