"""Measures of sound: loudness, peaks, balance, clicks, and notes that clash."""

import itertools

import numpy as np
import pyloudnorm
import scipy.ndimage
import scipy.signal

RATE = 44100
BANDS = (0, 120, 500, 2000, 6000, 22050)


def loudness(sound, rate=RATE):
    """Return the integrated loudness in LUFS."""
    return pyloudnorm.Meter(rate).integrated_loudness(sound)


def true_peak(sound, rate=RATE):
    """Return the true peak in dBTP, four times oversampled."""
    step = rate * 10
    peak = 1e-9
    for start in range(0, len(sound), step):
        piece = sound[max(0, start - 200) : start + step + 200]
        peak = max(peak, np.abs(scipy.signal.resample_poly(piece, 4, 1, axis=0)).max())
    return 20 * np.log10(peak)


def short_loudness(sound, window=3.0, step=1.0, rate=RATE):
    """Return the short-term loudness (K-weighted, ungated) in LUFS, one value a step."""
    meter = pyloudnorm.Meter(rate)
    weighted = sound
    for stage in meter._filters.values():
        weighted = scipy.signal.lfilter(stage.b, stage.a, weighted, axis=0)
    total = np.concatenate([[0.0], np.cumsum((weighted**2).sum(axis=1))])
    size = round(window * rate)
    starts = np.arange(0, max(1, len(sound) - size), round(step * rate))
    power = (total[np.minimum(starts + size, len(sound))] - total[starts]) / size
    return -0.691 + 10 * np.log10(power + 1e-12)


def balance(sound, rate=RATE):
    """Return the share of energy below 120 Hz, to 500, to 2000, to 6000 and above."""
    hertz, power = scipy.signal.welch(sound.mean(axis=1), rate, nperseg=8192)
    parts = [power[(hertz >= low) & (hertz < high)].sum() for low, high in itertools.pairwise(BANDS)]
    return np.array(parts) / (sum(parts) or 1.0)


def longest_silence(sound, floor=-60.0, step=0.02, rate=RATE):
    """Return the seconds of the longest stretch below `floor` dB."""
    size = round(step * rate)
    frames = np.abs(sound[: len(sound) // size * size]).max(axis=1).reshape(-1, size).max(axis=1)
    longest = run = 0
    for quiet in frames < 10 ** (floor / 20):
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest * size / rate


def clicks(sound, ratio=4.5, floor=0.02, rate=RATE):
    """Return the times of clicks.

    A click is a jump no instrument makes: the second difference of one or two samples is
    many times that of their surroundings before and after.

    Parameters
    ----------
    sound : numpy.ndarray
    ratio : float
        How many times the surroundings.
    floor : float
        Smallest second difference that counts.

    Returns
    -------
    list of float
    """
    found = []
    for channel in sound.T:
        bend = np.abs(np.diff(channel, 2))
        size = 64
        before = np.roll(scipy.ndimage.maximum_filter1d(bend, size), size // 2 + 4)
        after = np.roll(scipy.ndimage.maximum_filter1d(bend, size), -(size // 2 + 4))
        around = np.maximum(before, after)
        at = np.flatnonzero((bend > floor) & (bend > ratio * around))
        found += list(at / rate)
    return sorted(found)


def onset_strength(sound, step=0.005, rate=RATE):
    """Return how much louder each frame is than the one before, summed over bands."""
    hop = round(step * rate)
    _, _, power = scipy.signal.stft(sound.mean(axis=1), rate, nperseg=1024, noverlap=1024 - hop)
    level = np.log1p(1000 * np.abs(power))
    rise = np.maximum(0, np.diff(level, axis=1)).sum(axis=0)
    return np.concatenate([[0.0], rise]), hop / rate


def clashes(score, grid=1.0):
    """Return notes a semitone (or a minor ninth) apart that sound together on a beat.

    Parameters
    ----------
    score : score.Score
    grid : float
        Beats between the moments looked at.

    Returns
    -------
    list of tuple
        (beat, part, pitch, other part, other pitch).
    """
    notes = [
        (start, end, note, part.name)
        for part in score.parts.values()
        if not part.drums and not part.mix.get("noise")
        for start, end, note, _ in part.sounding()
    ]
    found = []
    for beat in np.arange(0, score.length(), grid):
        now = [(n, name) for start, end, n, name in notes if start <= beat + 0.06 and end > beat + 0.12]
        for index, (low, first) in enumerate(now):
            for high, second in now[index + 1 :]:
                if abs(low - high) in (1, 13):
                    found.append((float(beat), first, low, second, high))
    return found
