"""What: what is measured in each moment.

Every measurement takes a track and moments and returns float32 [bins, n]: one column a moment, the lowest bin
first. Explained in notebooks/01-waveform.ipynb (`envelope`, `waveform`), 02-amplitude-histogram.ipynb
(`amplitude_histogram`), 03-decibels.ipynb (`spectrogram`, `decibels`), 04-mel.ipynb (`mel`) and
05-perceptual.ipynb (`perceptual_mel`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.moments import checked, whole

SAMPLES_AT_ONCE = 1 << 20
SAMPLES_PER_BLOCK = 1 << 17
BLOCKS_PER_TASK = 16


def sample_edges(track, when) -> np.ndarray:
    """Return the first sample of each moment, and the one after the last; int64 [n + 1].

    Every sample between the first and the last edge falls in exactly one moment. A moment may be empty if it is
    shorter than a sample.
    """
    # A millionth of a sample keeps an edge meant for a sample on that sample.
    return np.clip(np.ceil(checked(when) * track.sr - 1e-6), 0, len(track.signal)).astype(np.int64)


def envelope(track, when) -> np.ndarray:
    """Measure the lowest and the highest amplitude of each moment.

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        Edges of the moments, in seconds.

    Returns
    -------
    float32 [2, n]
        Lowest, highest. A moment shorter than a sample gets the sample that follows its beginning.
    """
    edges = sample_edges(track, when)
    last = len(track.signal) - 1
    result = np.tile(track.signal[np.minimum(edges[:-1], last)], (2, 1))
    # The moments after the last sample have none; reduceat would take one from the moment before.
    begun = edges[: np.searchsorted(edges, edges[-1])]
    if len(begun):
        signal = track.signal[: edges[-1]]
        result[:, : len(begun)] = np.minimum.reduceat(signal, begun), np.maximum.reduceat(signal, begun)
    return result


def waveform(track, when, bins: int = 100, limit: float = 1.0) -> np.ndarray:
    """Draw the envelope with pixels: which amplitudes lie between the lowest and the highest of each moment.

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        Edges of the moments, in seconds.
    bins : int
        How many equal steps the range −limit … limit is divided into.
    limit : float
        The largest amplitude; what lies beyond is drawn in the outermost bins.

    Returns
    -------
    float32 [bins, n]
        1 from the bin of the lowest to that of the highest amplitude, 0 elsewhere.
    """
    bins = whole(bins, "bins")
    level = np.floor((envelope(track, when) + np.float64(limit)) * (bins / (2 * limit)))
    low, high = np.clip(level, 0, bins - 1)
    row = np.arange(bins)[:, np.newaxis]
    return ((low <= row) & (row <= high)).astype(np.float32)


def amplitude_histogram(track, when, bins: int = 100, limit: float = 1.0) -> np.ndarray:
    """Count how often each amplitude occurs in each moment.

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        Edges of the moments, in seconds.
    bins : int
        How many equal steps the range −limit … limit is divided into: the same for every moment.
    limit : float
        The largest amplitude; samples beyond it are counted in the outermost bins.

    Returns
    -------
    float32 [bins, n]
        Numbers of samples. They add up to the length of the signal.
    """
    bins, edges = whole(bins, "bins"), sample_edges(track, when)
    counts = np.zeros((len(edges) - 1) * bins, np.int64)
    for start in range(edges[0], edges[-1], SAMPLES_AT_ONCE):
        stop = min(start + SAMPLES_AT_ONCE, edges[-1])
        level = np.floor((track.signal[start:stop] + np.float64(limit)) * (bins / (2 * limit)))
        level = np.clip(level, 0, bins - 1).astype(np.int64)
        inside = np.clip(edges, start, stop)
        moment = np.repeat(np.arange(len(edges) - 1), np.diff(inside))
        counts += np.bincount(moment * bins + level, minlength=len(counts))
    return counts.reshape(-1, bins).T.astype(np.float32)


def window_length(sr: int) -> int:
    """Return the power of two that comes nearest to 93 ms: 2048 samples at 22,050 Hz, 4096 at 44,100 Hz.

    So a picture of the same music looks the same at every sample rate. 2048 at 22,050 Hz is librosa's default.
    """
    return 2 ** round(np.log2(2048 / 22050 * sr))


def spectrogram(track, when, n_fft: int | None = None) -> np.ndarray:
    """Measure the power at each frequency in each moment.

    A Hann window of `n_fft` samples stands in the middle of each moment, to the nearest sample. In a moment longer
    than half a window, several windows stand side by side, at most half a window apart, and their power is
    averaged: no sample is skipped.

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        Edges of the moments, in seconds.
    n_fft : int, optional
        Window length in samples, even; without it, `window_length` chooses.

    Returns
    -------
    float32 [n_fft / 2 + 1, n]
        Power, |STFT|², scaled as librosa does it. Row *k* is the frequency k · sr / n_fft Hz.
    """
    return power(track, when, n_fft or window_length(track.sr))


def mel(track, when, bands=24, fmin=50.0, fmax=8000.0, n_fft: int | None = None) -> np.ndarray:
    """Measure the power in each mel band in each moment.

    Parameters
    ----------
    track, when, n_fft
        As for `spectrogram`.
    bands : int
        How many mel bands.
    fmin, fmax : float
        The lowest and the highest frequency, in Hz. Above half the sample rate there is nothing to measure, so
        a higher `fmax` means half the sample rate.

    Returns
    -------
    float32 [bands, n]
        Power: `mel_filters` times the spectrogram. A band too narrow for the window is 0 throughout.
    """
    n_fft = n_fft or window_length(track.sr)
    return power(track, when, n_fft, mel_filters(track.sr, n_fft, bands, fmin, fmax))


def perceptual_mel(track, when, bands=24, fmin=50.0, fmax=8000.0, n_fft: int | None = None, top_db=80.0) -> np.ndarray:
    """Measure how loud each mel band sounds in each moment, in decibels below the loudest.

    The power of each band is weighted by the ear's sensitivity at the band's centre (A-weighting), then turned
    into decibels.

    Parameters
    ----------
    track, when, bands, fmin, fmax, n_fft
        As for `mel`.
    top_db : float
        As for `decibels`.

    Returns
    -------
    float32 [bands, n]
        Decibels, −top_db to 0.
    """
    weight = 10 ** (a_weighting(mel_frequencies(track.sr, bands, fmin, fmax)) / 10)
    return decibels(mel(track, when, bands, fmin, fmax, n_fft) * weight[:, np.newaxis], top_db)


def decibels(power, top_db: float = 80.0, ref: float | None = None) -> np.ndarray:
    """Turn power into decibels: 10 · log10(power / ref).

    Parameters
    ----------
    power : array of numbers ≥ 0, any shape
    top_db : float
        How far down to look: everything quieter becomes −top_db.
    ref : float, optional
        The power that is called 0 dB; without it, the greatest one.

    Returns
    -------
    float32, the same shape
        Silence is −top_db everywhere.
    """
    power = np.asarray(power)
    ref = float(power.max()) if ref is None else float(ref)
    if ref <= 0:
        return np.full(power.shape, -top_db, np.float32)
    relative = np.maximum(power / ref, 10 ** (-top_db / 10))
    np.log10(relative, out=relative)
    relative *= 10
    return relative.astype(np.float32, copy=False)


def hz_to_mel(hz) -> np.ndarray:
    """Convert Hz to mel: a straight line up to 1000 Hz, a logarithm above.

    From Slaney's Auditory Toolbox (1998), as librosa uses it: 200/3 Hz a mel up to 1000 Hz = 15 mel, then 27 mel
    for each factor of 6.4.
    """
    hz = np.asarray(hz, dtype=np.float64)
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000) / 1000) / np.log(6.4))


def mel_to_hz(mel) -> np.ndarray:
    """Convert mel to Hz; the inverse of `hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))


def mel_edges(sr: int, bands: int, fmin: float, fmax: float) -> np.ndarray:
    """Return the corners of the triangles in Hz, float64 [bands + 2]: evenly spaced in mel."""
    bands, top = whole(bands, "bands"), min(fmax, sr / 2)
    if not 0 <= fmin < top:
        raise ValueError(
            f"fmin={fmin} Hz and fmax={fmax} Hz were given for {sr} samples per second; fmin must be at least 0 "
            f"and below {top:g} Hz."
        )
    return mel_to_hz(np.linspace(hz_to_mel(fmin), hz_to_mel(top), bands + 2))


def mel_frequencies(sr: int, bands=24, fmin=50.0, fmax=8000.0) -> np.ndarray:
    """Return the frequency in Hz at the peak of each mel band; float64 [bands]."""
    return mel_edges(sr, bands, fmin, fmax)[1:-1]


@lru_cache(maxsize=16)
def mel_filters(sr: int, n_fft: int, bands=24, fmin=50.0, fmax=8000.0) -> np.ndarray:
    """Return the mel filter bank, float32 [bands, n_fft / 2 + 1]: one triangle over the frequencies a row.

    Each triangle has an area of 1 over Hz (Slaney's normalisation), so that white noise gives every band the same
    value. Equal to `librosa.filters.mel`, which takes two seconds to import. A row is all zeros where a
    triangle is so narrow that it falls between two frequencies.
    """
    edges = mel_edges(sr, bands, fmin, fmax)[:, np.newaxis]
    left, peak, right = edges[:-2], edges[1:-1], edges[2:]
    hz = np.arange(n_fft // 2 + 1) * sr / n_fft
    triangles = np.maximum(0, np.minimum((hz - left) / (peak - left), (right - hz) / (right - peak)))
    filters = (triangles * 2 / (right - left)).astype(np.float32)
    filters.flags.writeable = False
    return filters


def a_weighting(hz) -> np.ndarray:
    """Return the A-weighting in dB: how much less sensitive the ear is than at 1000 Hz, for quiet sounds.

    The formula and its constants are those of IEC 61672-1:2013, annex E.
    """
    square = np.asarray(hz, dtype=np.float64) ** 2
    f1, f2, f3, f4 = np.array([20.598997, 107.65265, 737.86223, 12194.217]) ** 2
    gain = f4 * square**2 / ((square + f1) * np.sqrt((square + f2) * (square + f3)) * (square + f4))
    return 20 * np.log10(np.maximum(gain, 1e-10)) + 2.0


def windows(track, when, n_fft: int) -> tuple[np.ndarray, np.ndarray]:
    """Place the windows of `spectrogram`.

    Returns
    -------
    starts : int64 [windows]
        The first sample of each window; it may lie before the first sample of the music.
    first : int64 [n + 1]
        The windows of moment *i* are first[i] … first[i + 1] − 1.
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

    `filters` is [bins, n_fft / 2 + 1]; without it the bins are the frequencies. Works through the music in small
    blocks, so that memory does not grow with its length, on all processors.
    """
    n_fft = whole(n_fft, "n_fft", 2)
    if n_fft % 2:
        raise ValueError(f"n_fft={n_fft} was given; an even number of samples was expected, such as 2048.")
    starts, first = windows(track, when, n_fft)
    n, count = len(first) - 1, np.diff(first)
    moment = np.repeat(np.arange(n), count)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    heard = n_fft // 2 + 1 if filters is None else np.flatnonzero(filters.any(axis=0)).max(initial=0) + 1
    weights = None if filters is None else filters[:, :heard].T.astype(np.float64)
    result = np.empty((n, heard if filters is None else len(filters)), np.float32)
    # Sharing out a block takes its number of windows squared.
    at_once = min(max(1, SAMPLES_PER_BLOCK // n_fft), 128)

    def measure(task):
        """Fill in the rows of some moments: no two tasks share a row."""
        begin, end = task
        mean = np.zeros((end - begin, heard))
        # Every block uses the same memory: fetching new memory takes as long as the FFT.
        windowed = np.empty((at_once, n_fft))
        spectra = np.empty((at_once, n_fft // 2 + 1), np.complex128)
        for a in range(first[begin], first[end], at_once):
            b = min(a + at_once, first[end])
            np.multiply(cut(track.signal, starts[a:b], n_fft), hann, out=windowed[: b - a])
            parts = np.fft.rfft(windowed[: b - a], out=spectra[: b - a]).view(np.float64)[:, : 2 * heard]
            np.square(parts, out=parts)
            there = np.arange(moment[a], moment[b - 1] + 1)
            share = (moment[a:b] == there[:, np.newaxis]) / count[there, np.newaxis]
            mean[there - begin] += share @ (parts[:, ::2] + parts[:, 1::2])
        result[begin:end] = mean if weights is None else mean @ weights

    # The tasks do not depend on the number of processors, so neither do the roundings.
    bounds = np.unique(np.searchsorted(first, np.arange(0, first[-1], BLOCKS_PER_TASK * at_once)))
    # One thread a matrix product: they would wait for each other.
    with ThreadPoolExecutor(os.cpu_count()) as pool, threadpool_limits(1, "blas"):
        list(pool.map(measure, pairwise(np.append(bounds, n))))
    return result.T


def cut(signal: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Return the stretches of `length` samples that begin at `starts`, zero where there is no music."""
    low, high = starts[0], starts[-1] + length
    near = signal[max(low, 0) : max(high, 0)]
    if len(near) < high - low:
        before = min(max(-low, 0), high - low)
        near = np.pad(near, (before, high - low - before - len(near)))
    return np.lib.stride_tricks.sliding_window_view(near, length)[starts - low]
