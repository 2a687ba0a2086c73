"""What: what is measured in each moment.

Every measurement takes a track and moments and returns float32 [bins, n]: one column a moment, the lowest bin
first. Explained in notebooks/01-waveform.ipynb (`envelope`, `waveform`), 02-amplitude-histogram.ipynb
(`amplitude_histogram`), 03-spectrum.ipynb (`spectrogram`), 04-decibels.ipynb (`decibels`), 05-mel.ipynb (`mel`),
06-perceptual.ipynb (`perceptual_mel`), 12-timbre.ipynb (`timbre`) and 13-colour.ipynb (`onset_strength`, `chroma`).
"""

import numpy as np

from helpers import scales, spectra
from helpers.checks import whole

__all__ = [
    "TIMBRE",
    "amplitude_histogram",
    "centroid",
    "chroma",
    "decibels",
    "envelope",
    "flatness",
    "loudness",
    "mel",
    "onset_strength",
    "perceptual_mel",
    "rolloff",
    "spectrogram",
    "spread",
    "timbre",
    "waveform",
]

_SAMPLES_AT_ONCE = 1 << 20
_MOMENTS_AT_ONCE = 1 << 16


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

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.envelope(track, when).round(2)
    array([[-0.3 , -0.61, -0.28, -0.55],
           [ 0.37,  0.42,  0.25,  0.39]], dtype=float32)
    """
    edges = spectra.sample_edges(track, when)
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

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.waveform(track, when, bins=4)
    array([[0., 1., 0., 1.],
           [1., 1., 1., 1.],
           [1., 1., 1., 1.],
           [0., 0., 0., 0.]], dtype=float32)
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

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.amplitude_histogram(track, when, bins=3).astype(int)
    array([[    0,    64,     0,    46],
           [11020, 10907, 11025, 10939],
           [    5,    54,     0,    40]])
    """
    bins, edges = whole(bins, "bins"), spectra.sample_edges(track, when)
    counts = np.zeros((len(edges) - 1) * bins, np.int64)
    for start in range(edges[0], edges[-1], _SAMPLES_AT_ONCE):
        stop = min(start + _SAMPLES_AT_ONCE, edges[-1])
        level = np.floor((track.signal[start:stop] + np.float64(limit)) * (bins / (2 * limit)))
        level = np.clip(level, 0, bins - 1).astype(np.int64)
        inside = np.clip(edges, start, stop)
        moment = np.repeat(np.arange(len(edges) - 1), np.diff(inside))
        counts += np.bincount(moment * bins + level, minlength=len(counts))
    return counts.reshape(-1, bins).T.astype(np.float32)


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
        Window length in samples, even; without it, `spectra.window_length` chooses.

    Returns
    -------
    float32 [n_fft / 2 + 1, n]
        Power, |STFT|², scaled as librosa does it. Row *k* is the frequency k · sr / n_fft Hz.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.spectrogram(track, when, n_fft=2048).shape
    (1025, 4)
    """
    return spectra.power(track, when, n_fft or spectra.window_length(track.sr))


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
        Power: `scales.mel_filters` times the spectrogram. A band too narrow for the window is 0 throughout.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.mel(track, when, bands=2).round(2)
    array([[0.32, 0.76, 0.21, 0.64],
           [0.05, 0.19, 0.03, 0.16]], dtype=float32)
    """
    n_fft = n_fft or spectra.window_length(track.sr)
    return spectra.power(track, when, n_fft, scales.mel_filters(track.sr, n_fft, bands, fmin, fmax))


def perceptual_mel(track, when, bands=24, fmin=50.0, fmax=8000.0, n_fft: int | None = None, top_db=60.0) -> np.ndarray:
    """Measure how loud each mel band sounds in each moment, in decibels below the loudest.

    The power of each band is weighted by the ear's sensitivity at the band's centre (A-weighting), then turned
    into decibels.

    Parameters
    ----------
    track, when, bands, fmin, fmax, n_fft
        As for `mel`.
    top_db : float
        As for `decibels`. Pictures of the six pieces have most to tell with 60: more makes them bright throughout,
        less makes them black (chapter 6 measures it).

    Returns
    -------
    float32 [bands, n]
        Decibels, −top_db to 0.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.perceptual_mel(track, when, bands=2).round(1)
    array([[ -3.7,   0. ,  -5.7,  -0.8],
           [-10.6,  -4.8, -13.4,  -5.5]], dtype=float32)
    """
    weight = 10 ** (scales.a_weighting(scales.mel_frequencies(track.sr, bands, fmin, fmax)) / 10)
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

    Examples
    --------
    >>> features.decibels([1, 10, 100, 0])
    array([-20., -10.,   0., -80.], dtype=float32)
    """
    power = np.asarray(power)
    ref = float(power.max()) if ref is None else float(ref)
    if ref <= 0:
        return np.full(power.shape, -top_db, np.float32)
    relative = np.maximum(power / ref, 10 ** (-top_db / 10))
    np.log10(relative, out=relative)
    relative *= 10
    return relative.astype(np.float32, copy=False)


TIMBRE = ("loudness", "centroid", "spread", "rolloff", "flatness")


def timbre(
    track, when, names=TIMBRE, n_fft: int | None = None, exponent: float = 2.0, ref: float | None = None
) -> np.ndarray:
    """Measure several numbers that describe the sound of each moment, in one pass through the music.

    - loudness: the power, weighted by the ear's sensitivity (A-weighting), in decibels below the loudest moment.
    - centroid: the mean frequency in Hz, each weighted with its power; the middle of the spectrum.
    - spread: the standard deviation of the frequency in Hz around the centroid, also called bandwidth.
    - rolloff: the frequency in Hz below which 85 % of the power lies.
    - flatness: the geometric mean of the power over its arithmetic mean. 1 is white noise, a tone is near 0; power
      below 1e-10 counts as 1e-10.

    They are those of `librosa.feature`, but of the mean power of a moment, as `spectrogram` measures it.

    Parameters
    ----------
    track, when, n_fft
        As for `spectrogram`.
    names : sequence of str
        Which of `TIMBRE`, in any order.
    exponent : float
        2 weights frequencies with their power, 1 with their magnitude. Loudness is of power in any case.
    ref : float, optional
        What is called 0 dB loud: a sine wave of 1000 Hz with this amplitude, the same for every piece. Without it, the
        loudest moment of this one.

    Returns
    -------
    float32 [names, n]
        In silence, loudness is −80 dB, flatness 1 and the rest 0 Hz.

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.timbre(track, when, ["loudness", "centroid"]).round(1)
    array([[ -4. ,   0. ,  -6.1,  -0.8],
           [487.6, 734.9, 545.9, 555.2]], dtype=float32)
    """
    names = [names] if isinstance(names, str) else list(names)
    n_fft = n_fft or spectra.window_length(track.sr)
    result = timbre_in_power(track, when, names, n_fft, exponent)
    # The power of a sine wave over all frequencies, as `spectra.summaries` measures it.
    called_0_db = None if ref is None else 3 / 32 * (ref * n_fft) ** 2
    for row, name in zip(result, names, strict=True):
        if name == "loudness":
            row[:] = decibels(row, ref=called_0_db)
    return result


def timbre_in_power(track, when, names, n_fft: int | None = None, exponent: float = 2.0) -> np.ndarray:
    """Measure what `timbre` does, but loudness as power: it depends on no other moment."""
    n_fft = n_fft or spectra.window_length(track.sr)
    unknown = [name for name in names if name not in TIMBRE]
    if unknown or not names:
        raise ValueError(f"{unknown[:1] or names} was given; some of {', '.join(TIMBRE)} were expected.")
    heard = whole(n_fft, "n_fft", 2) // 2 + 1
    hz = np.arange(heard) * track.sr / n_fft
    ear = 10 ** (scales.a_weighting(hz) / 10)
    powers_of_hz = np.stack([np.ones(heard), hz, hz**2], axis=1)

    def summarise(mean):
        weight = mean if exponent == 2 else mean ** (exponent / 2)
        total, first, second = (weight @ powers_of_hz).T
        total = np.where(total > 0, total, 1)
        measures = {
            "loudness": lambda: mean @ ear,
            "centroid": lambda: first / total,
            "spread": lambda: np.sqrt(np.maximum(second / total - (first / total) ** 2, 0)),
            "rolloff": lambda: hz[_below(weight, 0.85)],
            "flatness": lambda: _flat(np.maximum(weight, 1e-10)),
        }
        return np.stack([measures[name]() for name in names], axis=1)

    return spectra.summaries(track, when, n_fft, heard, len(names), summarise)


def _below(weight: np.ndarray, share: float) -> np.ndarray:
    """Return the first frequency (its number) of each row up to which a share of its weight lies."""
    up_to = np.cumsum(weight, axis=1)
    return (up_to < share * up_to[:, -1:]).sum(axis=1)


def _flat(weight: np.ndarray) -> np.ndarray:
    """Return the geometric mean of each row over its arithmetic mean."""
    return np.exp(np.log(weight).mean(axis=1)) / weight.mean(axis=1)


def loudness(track, when, n_fft: int | None = None, ref: float | None = None) -> np.ndarray:
    """Measure the A-weighted loudness of each moment in dB below the loudest, or `ref`; float32 [1, n]. See `timbre`.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.loudness(track, when).round(1)
    array([[-4. ,  0. , -6.1, -0.8]], dtype=float32)
    """
    return timbre(track, when, ["loudness"], n_fft, ref=ref)


def centroid(track, when, n_fft: int | None = None, exponent: float = 2.0) -> np.ndarray:
    """Measure the spectral centroid of each moment in Hz; float32 [1, n]. See `timbre`.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.centroid(track, when).round()
    array([[488., 735., 546., 555.]], dtype=float32)
    """
    return timbre(track, when, ["centroid"], n_fft, exponent)


def spread(track, when, n_fft: int | None = None, exponent: float = 2.0) -> np.ndarray:
    """Measure the spread (bandwidth) of each moment in Hz; float32 [1, n]. See `timbre`.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.spread(track, when).round()
    array([[2031., 2287., 2197., 1960.]], dtype=float32)
    """
    return timbre(track, when, ["spread"], n_fft, exponent)


def rolloff(track, when, n_fft: int | None = None, exponent: float = 2.0) -> np.ndarray:
    """Measure the rolloff of each moment in Hz; float32 [1, n]. See `timbre`.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.rolloff(track, when).round()
    array([[ 65., 161.,  75., 108.]], dtype=float32)
    """
    return timbre(track, when, ["rolloff"], n_fft, exponent)


def flatness(track, when, n_fft: int | None = None, exponent: float = 2.0) -> np.ndarray:
    """Measure the spectral flatness of each moment, 0 to 1; float32 [1, n]. See `timbre`.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.flatness(track, when).round(5)
    array([[0.00237, 0.00343, 0.0027 , 0.00262]], dtype=float32)
    """
    return timbre(track, when, ["flatness"], n_fft, exponent)


def onset_strength(track, when, bands=24, fmin=50.0, fmax=8000.0, n_fft: int | None = None) -> np.ndarray:
    """Measure by how many decibels the mel bands of each moment are louder than in the moment before.

    Bands that became quieter count as 0, and the mean is taken over all bands, as `librosa.onset.onset_strength` does
    it.

    Parameters
    ----------
    track, when, bands, fmin, fmax, n_fft
        As for `mel`.

    Returns
    -------
    float32 [1, n]
        Decibels, 0 for the first moment.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.onset_strength(track, when).round(1)
    array([[0. , 4.9, 0.1, 5.9]], dtype=float32)
    """
    power = mel(track, when, bands, fmin, fmax, n_fft)
    result, loudest = np.zeros((1, power.shape[1]), np.float32), power.max()
    for start in range(1, power.shape[1], _MOMENTS_AT_ONCE):
        stop = start + _MOMENTS_AT_ONCE
        louder = np.diff(decibels(power[:, start - 1 : stop], ref=loudest), axis=1)
        result[0, start:stop] = np.maximum(louder, 0).mean(axis=0)
    return result


def chroma(track, when, n_fft: int | None = None) -> np.ndarray:
    """Measure how strong each pitch class (C, C♯, … B) is in each moment, whatever its octave.

    Parameters
    ----------
    track, when, n_fft
        As for `spectrogram`.

    Returns
    -------
    float32 [12, n]
        `scales.chroma_filters` times the spectrogram, the strongest pitch class of each moment 1; all 0 in silence.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> features.chroma(track, when).argmax(axis=0)
    array([ 9, 11,  8,  0])
    """
    n_fft = n_fft or spectra.window_length(track.sr)
    strength = spectra.power(track, when, n_fft, scales.chroma_filters(track.sr, n_fft))
    strongest = strength.max(axis=0)
    return strength / np.where(strongest > 0, strongest, 1)
