"""Turn measurements back into sound, in order to hear what they kept. Explained in notebooks/07-squash.ipynb."""

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.checks import checked, whole
from helpers.scales import mel_filters
from helpers.spectra import window_length
from helpers.tracks import Track

__all__ = ["resynthesise"]

_ROUNDS = 20
_AT_ONCE = 256


def resynthesise(track, when, power, fmin=50.0, fmax=8000.0, *, seed=0) -> Track:
    """Make a sound that has the given power in each mel band in each moment, and is noise otherwise.

    Mel bands keep neither the phase nor the place of a tone within its band. Nothing is invented in their stead:
    noise is coloured, moment by moment, until its bands are as strong as the measured ones.

    Parameters
    ----------
    track : Track
        Where the measurements come from; the sound gets its length, sample rate and name.
    when : float64 [n + 1]
        The edges of the moments, in seconds.
    power : [bands, n]
        What `features.mel` measured, or decibels turned back into power. A negative value counts as 0.
    fmin, fmax : float
        As for `features.mel`.
    seed : int
        Chooses the noise.

    Returns
    -------
    Track
        As loud as the measurements say, even where that is beyond ±1.

    Raises
    ------
    ValueError
        If there is not one column of power a moment.

    Examples
    --------
    >>> track, when = Track(np.zeros(8000), 8000, "nothing"), [0, 0.5, 1]
    >>> resynthesise(track, when, features.mel(track, when))
    Track 'what is left of nothing': 0 min 1.0 s, 8000 samples at 8000 Hz
    """
    when, power = checked(when), np.asarray(power, dtype=np.float64)
    if power.ndim != 2 or power.shape[1] != len(when) - 1 or not np.isfinite(power).all():
        raise ValueError(
            f"Power of shape {power.shape} was given for {len(when) - 1} moments: one column of finite numbers a "
            "moment was expected."
        )
    n_fft = window_length(track.sr)
    hop, n = n_fft // 4, len(when) - 1
    # The Hann window is shared out between analysis and synthesis; at a quarter's hop its copies add up to 2.
    fade = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft))
    filters = mel_filters(track.sr, n_fft, len(power), fmin, fmax)
    frames = -(-len(track.signal) // hop) + 3
    centers = (np.arange(frames) - 1) * hop / track.sr
    moment = np.searchsorted(when, centers, side="right") - 1
    noise = np.random.default_rng(whole(seed, "seed", 0)).standard_normal((frames + 3) * hop, np.float32)
    signal = np.zeros_like(noise)
    for column in range(0, n, _AT_ONCE):
        gain = np.sqrt(_spectra(power[:, column : column + _AT_ONCE], filters) / np.sum(fade**4)).T
        begin, end = np.searchsorted(moment, [column, min(column + _AT_ONCE, n)])
        for a in range(begin, end, _AT_ONCE):
            b = min(a + _AT_ONCE, end)
            windows = np.lib.stride_tricks.sliding_window_view(noise, n_fft)[a * hop : b * hop : hop] * fade
            shaped = np.fft.irfft(np.fft.rfft(windows) * gain[moment[a:b] - column], n_fft) * (fade / 2)
            for i, window in enumerate(shaped, a):
                signal[i * hop : i * hop + n_fft] += window
    signal = signal[3 * hop :][: len(track.signal)]
    return Track(signal, track.sr, f"what is left of {track.name}")


def _spectra(power, filters) -> np.ndarray:
    """Return spectra whose mel bands are as close to the given power as can be; float64 [n_fft / 2 + 1, n].

    The filters overlap, so each round compares the bands of the spectra so far with the given ones and corrects
    every frequency by what its bands lack (Richardson 1972, Lucy 1974).
    """
    heard = np.flatnonzero(filters.any(axis=0))
    within, power = filters[:, heard].astype(np.float64), np.maximum(power, 0)
    among = (within / within.sum(axis=0)).T
    spectrum = np.ones((len(heard), power.shape[1]))
    # One thread a matrix product: they would wait for each other.
    with threadpool_limits(1, "blas"):
        for _ in range(_ROUNDS):
            spectrum *= among @ (power / np.maximum(within @ spectrum, 1e-30))
    result = np.zeros((filters.shape[1], power.shape[1]))
    result[heard] = spectrum
    return result
