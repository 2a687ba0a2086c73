"""Tries the solutions of chapter 6 on inputs that its reader did not see."""

import librosa
import numpy as np

from helpers import load_track


def weigh(solution):
    dice = np.random.default_rng(0)
    for shape in ((1, 7), (5, 5), (40, 3)):
        decibels, hz = dice.uniform(-80, 0, shape), dice.uniform(20, 20000, shape[0])
        expected = [[value + librosa.A_weighting(one) for value in row] for row, one in zip(decibels, hz, strict=True)]
        np.testing.assert_allclose(solution(decibels, hz), expected, atol=1e-3)


def worst(solution):
    """No other five magnitudes come out larger."""
    others = np.random.default_rng(0).exponential(size=(10_000, 5)) ** 2
    first, last = (np.asarray(solution) ** 2).sum(), np.sum(solution) ** 2
    assert last / first >= (others.sum(axis=1) ** 2 / (others**2).sum(axis=1)).max()


def highlights(solution):
    """Nine tenths of a picture that librosa measures are as dark."""
    track = load_track("groove")
    hop = round(track.duration * track.sr / 400)
    power = librosa.feature.melspectrogram(
        y=track.signal, sr=track.sr, n_fft=4096, hop_length=1024, n_mels=64, fmin=20, fmax=8000
    )
    whole = power[:, : power.shape[1] // (hop // 1024) * (hop // 1024)]
    power = whole.reshape(64, -1, hop // 1024).mean(axis=2)
    middles = librosa.mel_frequencies(66, fmin=20, fmax=8000)[1:-1]
    weighted = 10 * np.log10(np.maximum(power, 1e-20)) + librosa.A_weighting(middles)[:, np.newaxis]
    assert abs(np.mean(weighted < weighted.max() - solution) - 0.9) < 0.05
