"""From windows to mean power: how the samples of each moment become a spectrum.

Explained in notebooks/01-waveform.ipynb (`sample_edges`) and 04-decibels.ipynb (`windows`, `window_length`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.checks import checked, whole

__all__ = ["sample_edges", "window_length", "windows"]

_SAMPLES_PER_BLOCK = 1 << 17
_BLOCKS_PER_TASK = 16
_FILTERS_AT_ONCE = 12
# Mean power of samples, −120 dB: what is quieter is rounding, of 24 bits or of calculations, and counts as silence.
_SILENCE = 1e-12


def window_length(sr: int) -> int:
    """Return the power of two that comes nearest to 93 ms: 2048 samples at 22,050 Hz, 4096 at 44,100 Hz.

    So a picture of the same music looks the same at every sample rate. 2048 at 22,050 Hz is librosa's default.

    Examples
    --------
    >>> spectra.window_length(22050), spectra.window_length(44100)
    (2048, 4096)
    """
    return 2 ** round(np.log2(2048 / 22050 * sr))


def sample_edges(track, when) -> np.ndarray:
    """Return the first sample of each moment, and the one after the last; int64 [n + 1].

    Every sample between the first and the last edge falls in exactly one moment. A moment may be empty if it is
    shorter than a sample.

    Examples
    --------
    >>> track = load_track("groove")
    >>> spectra.sample_edges(track, [0, 0.5, 1])
    array([    0, 22050, 44100])
    """
    # A millionth of a sample keeps an edge meant for a sample on that sample.
    return np.clip(np.ceil(checked(when) * track.sr - 1e-6), 0, len(track.signal)).astype(np.int64)


def windows(track, when, n_fft: int) -> tuple[np.ndarray, np.ndarray]:
    """Place the windows of `features.spectrogram`.

    Returns
    -------
    starts : int64 [windows]
        The first sample of each window; it may lie before the first sample of the music.
    first : int64 [n + 1]
        The windows of moment *i* are first[i] … first[i + 1] − 1.

    Examples
    --------
    >>> track = load_track("groove")
    >>> spectra.windows(track, [0, 0.1, 0.2], n_fft=4096)
    (array([-1313,   157,  1627,  3097,  4567,  6037]), array([0, 3, 6]))
    """
    edges = checked(when) * track.sr
    length = np.diff(edges)
    count = np.maximum(1, np.ceil(length / (n_fft / 2) - 1e-6)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)])
    moment = np.repeat(np.arange(len(count)), count)
    within = np.arange(first[-1]) - first[moment] + 0.5
    center = edges[moment] + within / count[moment] * length[moment]
    # Rounding half up, not half to even, so that whole-number hops stay equal.
    return np.floor(center - n_fft / 2 + 0.5 + 1e-6).astype(np.int64), first


def power(track, when, n_fft: int, filters: np.ndarray | None = None) -> np.ndarray:
    """Return the mean power of the windows of each moment, float32 [bins, n], seen through `filters` if given.

    `filters` is [bins, n_fft / 2 + 1]; without it the bins are the frequencies.
    """
    if filters is None:
        bins = whole(n_fft, "n_fft", 2) // 2 + 1
        return summaries(track, when, n_fft, bins, bins, lambda mean: mean)
    heard = np.flatnonzero(filters.any(axis=0)).max(initial=0) + 1
    weights = filters[:, :heard].T.astype(np.float64)
    # Neighbouring filters see neighbouring frequencies: most of a product with all of them would be zeros.
    parts = []
    for some in np.array_split(np.arange(len(filters)), -(-len(filters) // _FILTERS_AT_ONCE)):
        seen = np.flatnonzero(weights[:, some].any(axis=1))
        seen = slice(seen[0], seen[-1] + 1) if len(seen) else slice(0)
        parts.append((seen, np.ascontiguousarray(weights[seen, some])))

    def summarise(mean):
        return np.concatenate([mean[:, seen] @ some for seen, some in parts], axis=1)

    return summaries(track, when, n_fft, heard, len(filters), summarise)


def summaries(track, when, n_fft: int, heard: int, bins: int, summarise) -> np.ndarray:
    """Return what `summarise` makes of the mean power of the windows of each moment, float32 [bins, n].

    `summarise` is given the power of the lowest `heard` frequencies of some moments, float64 [moments, heard], and
    returns [moments, bins]. Works through the music in small blocks, so that memory does not grow with its length, on
    all processors. A constant that was added to the music (`Track.offset`) is taken away first, or it would be heard
    wherever the music begins and ends; and what is below −120 dB of a full scale counts as silence.
    """
    n_fft = whole(n_fft, "n_fft", 2)
    if n_fft % 2:
        raise ValueError(f"n_fft={n_fft} was given; an even number of samples was expected, such as 2048.")
    starts, first = windows(track, when, n_fft)
    n, count = len(first) - 1, np.diff(first)
    moment = np.repeat(np.arange(n), count)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    result = np.empty((n, bins), np.float32)
    # Sharing out a block takes its number of windows squared.
    at_once = min(max(1, _SAMPLES_PER_BLOCK // n_fft), 128)

    def measure(task):
        """Fill in the rows of some moments: no two tasks share a row."""
        begin, end = task
        alone = first[end] - first[begin] == end - begin
        mean = None if alone else np.zeros((end - begin, heard))
        # Every block uses the same memory: fetching new memory takes as long as the FFT.
        windowed = np.empty((at_once, n_fft))
        spectra = np.empty((at_once, n_fft // 2 + 1), np.complex128)
        squares, powers = np.empty((at_once, 2 * heard)), np.empty((at_once, heard))
        for a in range(first[begin], first[end], at_once):
            b = min(a + at_once, first[end])
            np.multiply(_cut(track, starts[a:b], n_fft), hann, out=windowed[: b - a])
            parts = np.fft.rfft(windowed[: b - a], out=spectra[: b - a])[:, :heard].view(np.float64)
            np.square(parts, out=squares[: b - a])
            power = np.add(squares[: b - a, ::2], squares[: b - a, 1::2], out=powers[: b - a])
            there = np.arange(moment[a], moment[b - 1] + 1)
            if alone:
                result[there[0] : there[-1] + 1] = summarise(_audible(power, n_fft))
            else:
                share = (moment[a:b] == there[:, np.newaxis]) / count[there, np.newaxis]
                mean[there - begin] += share @ power
        if not alone:
            result[begin:end] = summarise(_audible(mean, n_fft))

    # The tasks do not depend on the number of processors, so neither do the roundings.
    bounds = np.unique(np.searchsorted(first, np.arange(0, first[-1], _BLOCKS_PER_TASK * at_once)))
    tasks, threads = pairwise(np.append(bounds, n)), _threads()
    if threads == 1:
        for task in tasks:
            measure(task)
        return result.T
    # One thread a matrix product: they would wait for each other.
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1, "blas"):
        list(pool.map(measure, tasks))
    return result.T


def _audible(mean: np.ndarray, n_fft: int) -> np.ndarray:
    """Put 0 in place of what is below −120 dB of a full scale, in each row of [moments, frequencies]."""
    # A window's power over all frequencies is that of its samples times their number squared, times 3/16.
    mean[mean @ np.ones(mean.shape[1]) < _SILENCE * 3 / 16 * n_fft**2] = 0
    return mean


def _threads() -> int:
    """Return how many threads may calculate: a processor each, unless the environment says less, as in a worker."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(os.cpu_count() or 1, int(told)) if told.isdecimal() and int(told) else os.cpu_count() or 1


def _cut(track, starts: np.ndarray, length: int) -> np.ndarray:
    """Return the stretches of `length` samples that begin at `starts`, zero where there is no music."""
    low, high = starts[0], starts[-1] + length
    near = track.signal[max(low, 0) : max(high, 0)]
    if track.offset:
        near = near - np.float32(track.offset)
    if len(near) < high - low:
        before = min(max(-low, 0), high - low)
        near = np.pad(near, (before, high - low - before - len(near)))
    return np.lib.stride_tricks.sliding_window_view(near, length)[starts - low]
