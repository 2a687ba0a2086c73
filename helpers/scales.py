"""The fixed tables between frequencies and what is heard: mel bands, the ear's sensitivity, pitch classes.

Explained in notebooks/04-mel.ipynb (mel), 05-perceptual.ipynb (`a_weighting`) and 11-colour.ipynb (`chroma_filters`).
"""

from functools import lru_cache

import numpy as np

from helpers.checks import whole

__all__ = ["a_weighting", "chroma_filters", "hz_to_mel", "mel_bands", "mel_filters", "mel_frequencies", "mel_to_hz"]


def hz_to_mel(hz) -> np.ndarray:
    """Convert Hz to mel: a straight line up to 1000 Hz, a logarithm above.

    From Slaney's Auditory Toolbox (1998), as librosa uses it: 200/3 Hz a mel up to 1000 Hz = 15 mel, then 27 mel
    for each factor of 6.4.

    Examples
    --------
    >>> scales.hz_to_mel([500, 1000, 6400])
    array([ 7.5, 15. , 42. ])
    """
    hz = np.asarray(hz, dtype=np.float64)
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000) / 1000) / np.log(6.4))


def mel_to_hz(mel) -> np.ndarray:
    """Convert mel to Hz; the inverse of `hz_to_mel`.

    Examples
    --------
    >>> scales.mel_to_hz([7.5, 15, 42])
    array([ 500., 1000., 6400.])
    """
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))


def _mel_edges(sr: int, bands: int, fmin: float, fmax: float) -> np.ndarray:
    """Return the corners of the triangles in Hz, float64 [bands + 2]: evenly spaced in mel."""
    bands, top = whole(bands, "bands"), min(fmax, sr / 2)
    if not 0 <= fmin < top:
        raise ValueError(
            f"fmin={fmin} Hz and fmax={fmax} Hz were given for {sr} samples per second; fmin must be at least 0 "
            f"and below {top:g} Hz."
        )
    return mel_to_hz(np.linspace(hz_to_mel(fmin), hz_to_mel(top), bands + 2))


def mel_frequencies(sr: int, bands=24, fmin=50.0, fmax=8000.0) -> np.ndarray:
    """Return the frequency in Hz at the peak of each mel band; float64 [bands].

    Examples
    --------
    >>> scales.mel_frequencies(44100, bands=4).round()
    array([ 643., 1276., 2353., 4339.])
    """
    return _mel_edges(sr, bands, fmin, fmax)[1:-1]


def mel_bands(sr: int, bands=24, fmin=50.0, fmax=8000.0) -> np.ndarray:
    """Return the lowest and the highest frequency in Hz that each mel band hears; float64 [bands, 2].

    Examples
    --------
    >>> scales.mel_bands(44100, bands=2).round()
    array([[  50., 2886.],
           [1041., 8000.]])
    """
    edges = _mel_edges(sr, bands, fmin, fmax)
    return np.column_stack([edges[:-2], edges[2:]])


@lru_cache(maxsize=16)
def mel_filters(sr: int, n_fft: int, bands=24, fmin=50.0, fmax=8000.0) -> np.ndarray:
    """Return the mel filter bank, float32 [bands, n_fft / 2 + 1]: one triangle over the frequencies a row.

    Each triangle has an area of 1 over Hz (Slaney's normalisation), so that white noise gives every band the same
    value. Equal to `librosa.filters.mel`, which takes two seconds to import. A row is all zeros where a
    triangle is so narrow that it falls between two frequencies.

    Examples
    --------
    >>> scales.mel_filters(44100, 4096, bands=24).shape
    (24, 2049)
    """
    edges = _mel_edges(sr, bands, fmin, fmax)[:, np.newaxis]
    left, peak, right = edges[:-2], edges[1:-1], edges[2:]
    hz = np.arange(n_fft // 2 + 1) * sr / n_fft
    triangles = np.maximum(0, np.minimum((hz - left) / (peak - left), (right - hz) / (right - peak)))
    filters = (triangles * 2 / (right - left)).astype(np.float32)
    filters.flags.writeable = False
    return filters


def a_weighting(hz) -> np.ndarray:
    """Return the A-weighting in dB: how much less sensitive the ear is than at 1000 Hz, for quiet sounds.

    The formula and its constants are those of IEC 61672-1:2013, annex E.

    Examples
    --------
    >>> scales.a_weighting([50, 1000, 3000]).round(1)
    array([-30.3,   0. ,   1.2])
    """
    square = np.asarray(hz, dtype=np.float64) ** 2
    f1, f2, f3, f4 = np.array([20.598997, 107.65265, 737.86223, 12194.217]) ** 2
    gain = f4 * square**2 / ((square + f1) * np.sqrt((square + f2) * (square + f3)) * (square + f4))
    return 20 * np.log10(np.maximum(gain, 1e-10)) + 2.0


@lru_cache(maxsize=16)
def chroma_filters(sr: int, n_fft: int) -> np.ndarray:
    """Return the pitch class filter bank, float32 [12, n_fft / 2 + 1]: which frequency belongs to C, C♯, … B.

    A frequency belongs to its neighbours as well, as a bell curve whose standard deviation is half a semitone, or half
    the distance to the next frequency if that is more; the squares of a frequency's weights add up to 1. Then the
    octaves are weighted with another bell, two octaves wide, around 880 Hz. These are the rules of Ellis (2007),
    and equal to `librosa.filters.chroma`, except that 0 Hz belongs nowhere. A is 440 Hz.

    Examples
    --------
    >>> int(scales.chroma_filters(44100, 4096)[:, 41].argmax())
    9
    """
    hz = np.arange(1, whole(n_fft, "n_fft", 2) // 2 + 2) * sr / n_fft
    semitone = 12 * np.log2(hz / 440) + 9
    width = np.maximum(np.diff(semitone), 1)
    semitone = semitone[:-1]
    away = (semitone - np.arange(12)[:, np.newaxis] + 6) % 12 - 6
    bells = np.exp(-2 * (away / width) ** 2)
    bells *= np.exp(-(((semitone - 21) / 24) ** 2) / 2) / np.sqrt((bells**2).sum(axis=0))
    filters = np.pad(bells, ((0, 0), (1, 0))).astype(np.float32)
    filters.flags.writeable = False
    return filters
