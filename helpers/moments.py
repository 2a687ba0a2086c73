"""When: which stretches of time are looked at. Explained in notebooks/02-amplitude-histogram.ipynb.

`by_beat` and `on_the_beat` follow the music and are explained in notebooks/08-tempo-wrap.ipynb.

*n* moments are written as their *n* + 1 edges, in seconds: moment *i* lasts from `when[i]` to `when[i + 1]`.
"""

import numpy as np

from helpers.checks import whole

__all__ = ["between", "by_beat", "even", "on_the_beat"]


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

    Examples
    --------
    >>> track = load_track("groove")
    >>> moments.even(track, 4).round(2)
    array([  0.  ,  44.27,  88.54, 132.81, 177.08])
    """
    return between(0, track.duration, n)


def between(start: float, end: float, n: int) -> np.ndarray:
    """Cut the stretch from `start` to `end` (seconds) into `n` equal moments; float64 [n + 1].

    Examples
    --------
    >>> moments.between(0, 1, 4)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    if not start < end:
        raise ValueError(f"A stretch from {start} s to {end} s was given; the end must come after the start.")
    return np.linspace(start, end, whole(n, "n") + 1)


def by_beat(track, pulse) -> np.ndarray:
    """Cut a whole track at its beats: one moment a beat.

    Parameters
    ----------
    track : Track
    pulse : tempo.Pulse
        Where it has no period, the moments are equal, as near to half a second as will fit.

    Returns
    -------
    when : float64 [n + 1]
        Edges in seconds, from 0 to the track's duration. What is left over before the first beat and after the last
        is a moment of its own if it lasts at least half a beat, and otherwise belongs to the beat beside it.

    Examples
    --------
    >>> track = load_track("groove")
    >>> moments.by_beat(track, tempo.find(track))[:4].round(2)
    array([0.  , 0.47, 0.94, 1.41])
    """
    if not pulse.period:
        return even(track, max(1, round(2 * track.duration)))
    first, last = pulse.numbers([0, track.duration])
    beats = pulse.seconds(np.arange(np.ceil(first + 0.5), last - 0.5))
    return np.concatenate([[0.0], beats, [track.duration]])


def on_the_beat(track, pulse, beats_per_row: int, per_row: int) -> np.ndarray:
    """Cut a whole track into moments for rows that begin on a beat: on a bar, if a row holds whole bars.

    The first row begins with the bar in which the music begins, and the last one ends after the track's end: nothing
    is lost, and what lies beyond the music is silence. Where less than half a moment would be left over at an end, no
    bar or row is added for it, and the moment beside it is that much longer.

    Parameters
    ----------
    track : Track
    pulse : tempo.Pulse
        If it is steady, all rows are equally long; otherwise they follow the beats.
    beats_per_row : int
        A multiple of `pulse.metre` makes whole bars.
    per_row : int
        How many moments a row is cut into.

    Returns
    -------
    when : float64 [rows × per_row + 1]
        Edges in seconds.

    Raises
    ------
    ValueError
        If there is no beat, or a number is not whole and at least 1.

    Examples
    --------
    >>> track = load_track("groove")
    >>> len(moments.on_the_beat(track, tempo.find(track), beats_per_row=16, per_row=224)) - 1
    5376
    """
    beats, per_row = whole(beats_per_row, "beats_per_row"), whole(per_row, "per_row")
    if not pulse.period:
        raise ValueError(f"'{track.name}' cannot be cut at its beats: use moments.even(track, n). {pulse.why}".strip())
    first, last = pulse.numbers([0, track.duration])
    half = beats / per_row / 2
    start = pulse.downbeat + pulse.metre * np.floor((first + half - pulse.downbeat) / pulse.metre)
    rows = max(1, int(np.ceil((last - half - start) / beats)))
    when = pulse.seconds(start + beats * (np.arange(rows * per_row + 1) / per_row))
    when[0], when[-1] = min(when[0], 0), max(when[-1], track.duration)
    return when
