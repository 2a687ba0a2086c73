"""Tries the solutions of chapter 5 on inputs that its reader did not see."""

import librosa
import numpy as np
from scipy.signal import welch

from helpers import load_track


def deep(solution):
    bands, lowest = solution
    for sr in (32000, 44100, 48000):
        bank = librosa.filters.mel(sr=sr, n_fft=4096, n_mels=bands, fmin=lowest, fmax=8000, norm=None)
        assert (bank.sum(axis=1) > 0).all()
        assert np.interp(50, librosa.fft_frequencies(sr=sr, n_fft=4096), bank.sum(axis=0)) >= 0.5


def to_hertz(solution):
    mel = np.append(np.random.default_rng(0).uniform(0, 50, 100), [0, 14.999999, 15, 15.000001])
    np.testing.assert_allclose([solution(one) for one in mel], librosa.mel_to_hz(mel))


def halfway(solution):
    """Half of the power lies below and above for another way to measure it as well."""
    track = load_track("breaks")
    hz, power = welch(track.signal, track.sr, "hann", 4096)
    up_to = np.interp([0.9 * solution, 1.1 * solution], hz, np.cumsum(power) / power.sum())
    assert up_to[0] <= 0.5 <= up_to[1]
