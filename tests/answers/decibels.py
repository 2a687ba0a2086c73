"""Tries the solutions of chapter 4 on inputs that its reader did not see."""

import librosa
import numpy as np


def row_of(solution):
    rows = librosa.fft_frequencies(sr=22050, n_fft=1024)
    assert [solution(hz, 22050, 1024) for hz in rows] == list(range(513))


def to_decibels(solution):
    magnitude = np.random.default_rng(0).uniform(1e-3, 10, 100)
    np.testing.assert_allclose(
        [solution(one) for one in magnitude], librosa.amplitude_to_db(magnitude, amin=1e-9, top_db=None)
    )


def louder(solution):
    assert abs(10 ** (solution / 10) - 2) < 1e-9
