"""Tries the solutions of chapter 0 on inputs that its reader did not see."""

import librosa
import numpy as np

from helpers import load_track


def seconds_a_pixel(solution):
    edges = np.linspace(0, 177.3, 17 * 17 + 1)
    np.testing.assert_allclose(solution(177.3, 17), np.diff(edges))


def mine(solution):
    assert solution.pixels.shape == (299, 299, 3)
    assert np.allclose(np.diff(solution.times, axis=1), solution.track.duration / 299, atol=1e-4)
    # Loud is bright, and low is at the bottom: in this piece there is more of it.
    upper, lower = np.array_split(solution.pixels.astype(int), 2)
    assert upper.mean() < lower.mean()


def quiet(solution):
    track = load_track("waltz")
    hop = track.sr // 2
    loud = librosa.feature.rms(y=track.signal, frame_length=2 * hop, hop_length=hop)[0]
    middle = loud[len(loud) // 10 : -len(loud) // 10]
    assert 0.1 < solution / track.duration < 0.9
    assert loud[round(solution * 2)] < np.quantile(middle, 0.3)
