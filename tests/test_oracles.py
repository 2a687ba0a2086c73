"""Our numbers against those of well-known libraries, or of a slow and obvious loop."""

import warnings
from itertools import pairwise

import librosa
import matplotlib
import numpy as np
import pytest

from helpers import Track, colors, exercises, features, figures, moments

RNG = np.random.default_rng(7)


def hops(hop: int, n: int = 40, sr: int = 22050):
    """Return a track of n hops, its moments, and its samples laid so that librosa's frames have the same middles."""
    signal = RNG.normal(0, 0.1, n * hop).astype(np.float32)
    n_fft = 2048
    before = n_fft // 2 - (hop + 1) // 2
    return Track(signal, sr), moments.even(Track(signal, sr), n), np.pad(signal, (before, n_fft))


@pytest.mark.parametrize("hop", [128, 441, 512, 999, 1024])
def test_equals_librosa(hop):
    track, when, padded = hops(hop)
    stft = librosa.stft(padded, n_fft=2048, hop_length=hop, center=False)[:, :40]
    power = np.abs(stft) ** 2
    ours = features.spectrogram(track, when, 2048)
    assert np.allclose(ours, power, rtol=1e-5, atol=1e-9)
    mel = librosa.feature.melspectrogram(S=power, sr=22050, n_mels=24, fmin=50, fmax=8000)
    assert np.allclose(features.mel(track, when, 24), mel, rtol=1e-5)
    centers = librosa.mel_frequencies(n_mels=26, fmin=50, fmax=8000)[1:-1]
    weighted = librosa.perceptual_weighting(mel, centers, ref=1.0, top_db=None)
    assert np.allclose(features.perceptual_mel(track, when, 24), weighted - weighted.max(), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("sr", "n_fft", "bands"), [(22050, 2048, 24), (44100, 4096, 224), (48000, 512, 128)])
def test_filters_equal_librosa(sr, n_fft, bands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=bands, fmin=50, fmax=8000)
    assert np.allclose(features.mel_filters(sr, n_fft, bands), theirs, atol=1e-8)
    assert np.allclose(
        features.mel_frequencies(sr, bands), librosa.mel_frequencies(n_mels=bands + 2, fmin=50, fmax=8000)[1:-1]
    )


def test_scales_equal_librosa():
    hz = np.geomspace(10, 20000, 200)
    assert np.allclose(features.hz_to_mel(hz), librosa.hz_to_mel(hz))
    assert np.allclose(features.mel_to_hz(features.hz_to_mel(hz)), hz)
    assert np.allclose(features.a_weighting(hz), librosa.A_weighting(hz, min_db=None), atol=1e-4)


def test_decibels_equal_librosa():
    power = RNG.exponential(size=(20, 30)) ** 8
    assert np.allclose(features.decibels(power), librosa.power_to_db(power, ref=np.max, amin=1e-30), atol=1e-4)
    assert (features.decibels(np.zeros((3, 3))) == -80).all()


@pytest.mark.parametrize(
    ("sr", "samples"), [(8000, 1024), (22050, 2048), (44100, 4096), (48000, 4096), (192000, 16384)]
)
def test_window_length_follows_the_sample_rate(sr, samples):
    assert features.window_length(sr) == samples


def test_histogram_and_envelope_equal_a_loop():
    track = Track(RNG.uniform(-1.2, 1.2, 5000).astype(np.float32), 8000)
    when = moments.even(track, 37)
    edges = np.ceil(when * 8000 - 1e-6).astype(int)
    parts = [track.signal[a:b] for a, b in pairwise(edges)]
    counts = [np.histogram(np.clip(part, -1, 1), 20, range=(-1, 1))[0] for part in parts]
    assert np.array_equal(features.amplitude_histogram(track, when, 20), np.transpose(counts))
    slow = [[part.min() for part in parts], [part.max() for part in parts]]
    assert np.array_equal(features.envelope(track, when), slow)


def test_colors_equal_matplotlib():
    values = RNG.normal(size=(30, 40))
    norm = matplotlib.colors.Normalize(values.min(), values.max())
    theirs = matplotlib.colormaps["viridis"](norm(values), bytes=True)[..., :3]
    assert (colors.colormap(values, "viridis") != theirs).any(axis=2).mean() < 0.002
    assert (colors.colormap(np.ones((2, 2))) == colors.palette()[0]).all()
    with pytest.raises(ValueError, match="greater than high"):
        colors.levels(values, 1, 0)


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (..., 3, "Not answered yet"),
        (None, 3, "Not answered yet"),
        (3.0, 3, "Right."),
        (4, 3, "is 4, and that is not it. Try again."),
        ([1, 2], 3, "has the shape"),
        ("three", 3, "is 'three'"),
        (lambda x: ..., [((1,), 2)], "Not answered yet"),
        (lambda x: x + 1, [((1,), 2)], "Right."),
        (lambda x: x / 0, [((1,), 2)], "stops with ZeroDivisionError"),
        (lambda: 1, [((1,), 2)], "stops with TypeError"),
        (lambda x: x, [((1,), 2)], "for (1) your answer is 1"),
    ],
)
def test_exercises_answer_with_a_sentence(answer, expected, says):
    sentence = exercises.verdict(answer, expected, "Try again.")
    assert says in sentence
    assert "\n" not in sentence


def test_figures_say_what_they_show(capsys):
    values = np.zeros((24, 50), np.float32)
    values[7, 20] = 5
    ax = figures.draw(values, np.linspace(0, 100, 51), np.arange(24) * 100.0, ylabel="frequency (Hz)", title="One spot")
    words = figures.describe(ax.figure)
    assert words.startswith("One spot. Frequency (Hz) against time (m:ss).")
    assert "24 rows × 50 moments, 0 to 5, greatest at 0:41, 700 Hz" in words
    figures.show(ax.figure)
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
    assert [figures.clock(t) for t in (0, 7.25, 67, 59.7)] == ["0 s", "7.25 s", "1:07", "1:00"]
