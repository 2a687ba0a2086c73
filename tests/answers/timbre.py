"""Tries the solutions of chapter 12 on inputs that its reader did not see."""

import librosa
import numpy as np

from helpers import load_track


def bright_moment(solution):
    track = load_track("breaks")
    magnitude = np.abs(librosa.stft(track.signal, n_fft=4096, hop_length=2048))
    centroid = librosa.feature.spectral_centroid(S=magnitude**2, sr=track.sr)[0]
    seconds = librosa.frames_to_time(np.arange(len(centroid)), sr=track.sr, hop_length=2048)
    within = (solution <= seconds) & (seconds < solution + 0.5)
    assert centroid[within].mean() > np.quantile(centroid, 0.85)


def dull_noise(solution):
    sound = np.asarray(solution, dtype=np.float64)
    assert sound.shape == (22050,)
    power = np.abs(librosa.stft(sound, n_fft=2048)) ** 2
    assert np.median(librosa.feature.spectral_centroid(S=power, sr=22050)) < 1000
    assert np.median(librosa.feature.spectral_flatness(S=power, power=1)) > 0.05
