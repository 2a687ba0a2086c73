"""Tries the solutions of chapter 4 on inputs that its reader did not see."""

import librosa
import numpy as np


def to_decibels(solution):
    magnitude = np.random.default_rng(0).uniform(1e-3, 10, 100)
    np.testing.assert_allclose(
        [solution(one) for one in magnitude], librosa.amplitude_to_db(magnitude, amin=1e-9, top_db=None)
    )


def softer(solution):
    sound = np.random.default_rng(0).normal(size=1000)
    for decibels in (-6, 0.5, 3, 40):
        loss = librosa.power_to_db(np.mean(sound**2)) - librosa.power_to_db(np.mean(solution(sound, decibels) ** 2))
        assert abs(loss - decibels) < 1e-6


def window_found(solution):
    """One of seven lengths for 44,100 samples a second, the one that the same dice chose."""
    assert solution == 256 * 2 ** np.random.default_rng(9).integers(7)
