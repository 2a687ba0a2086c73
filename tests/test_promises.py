"""The three promises: exact, nothing lost, and every pixel knows where it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Picture, Track, features, layouts, moments

settings.register_profile("promises", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("promises")

SR = 8000
FEATURES = {
    "envelope": features.envelope,
    "histogram": lambda track, when: features.amplitude_histogram(track, when, 7),
    "spectrogram": lambda track, when: features.spectrogram(track, when, 64),
    "mel": lambda track, when: features.mel(track, when, 5),
    "perceptual mel": lambda track, when: features.perceptual_mel(track, when, 5),
}


def noise(samples: int, sr: int = SR) -> Track:
    """Make a track of random samples, the same ones each time."""
    return Track(np.random.default_rng(samples).uniform(-1, 1, samples).astype(np.float32), sr, "noise")


def shuffled(rows: int, cols: int) -> layouts.Layout:
    """Make a layout that visits the cells in a random order."""
    return layouts.Layout(np.random.default_rng(rows).permutation(rows * cols).reshape(rows, cols))


@given(st.integers(800, 4000), st.integers(1, 5000))
def test_moments_are_even_and_cover_everything(samples, n):
    track = noise(samples)
    when = moments.even(track, n)
    assert len(when) == n + 1
    assert when[0] == 0
    assert when[-1] == track.duration
    assert np.allclose(when, np.arange(n + 1) * track.duration / n, rtol=1e-13)


@pytest.mark.parametrize("name", FEATURES)
@given(st.integers(800, 3000), st.integers(1, 600))
def test_a_column_for_each_moment(name, samples, n):
    track = noise(samples)
    values = FEATURES[name](track, moments.even(track, n))
    assert values.shape[1] == n
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


@given(st.integers(800, 9000), st.integers(1, 12000))
def test_every_sample_is_counted_once(samples, n):
    track = noise(samples)
    assert features.amplitude_histogram(track, moments.even(track, n), 9).sum() == samples


def test_windows_do_not_drift_in_an_hour():
    class Hour:
        sr, signal, duration = 44100, np.broadcast_to(np.float32(0), 3600 * 44100), 3600.0

    when = moments.even(Hour, 7 * 44_111)
    starts, first = features.windows(Hour, when, 4096)
    assert np.array_equal(first, np.arange(len(when)))
    middles = (when[:-1] + when[1:]) / 2 * Hour.sr
    assert np.abs(starts + 2048 - middles).max() <= 0.5 + 1e-5


@pytest.mark.parametrize("n", [1, 3, 10, 77])
def test_no_sample_is_skipped(n):
    for place in range(0, 8000, 37):
        signal = np.zeros(8000, np.float32)
        signal[place] = 1
        track = Track(signal, SR)
        seen = features.spectrogram(track, moments.even(track, n), 256).sum()
        assert seen > 0 or place < 64 or place >= 8000 - 64, place


def test_long_moments_average_power():
    track = noise(16000)
    when = moments.even(track, 5)
    starts, first = features.windows(track, when, 256)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    padded = np.pad(track.signal.astype(float), 256)
    power = np.array([np.abs(np.fft.rfft(padded[s + 256 : s + 512] * hann)) ** 2 for s in starts])
    slow = [power[a:b].mean(axis=0) for a, b in pairwise(first)]
    assert np.diff(first).min() > 1
    assert np.allclose(features.spectrogram(track, when, 256), np.transpose(slow), rtol=1e-6)


def test_blocks_and_processors_change_nothing(monkeypatch):
    track = noise(60000)
    when = moments.even(track, 41)
    before = features.mel(track, when, 12, n_fft=256)
    monkeypatch.setattr(features, "SAMPLES_PER_BLOCK", 1000)
    assert np.allclose(features.mel(track, when, 12, n_fft=256), before, rtol=1e-6)
    monkeypatch.undo()
    monkeypatch.setattr(features.os, "cpu_count", lambda: 1)
    assert np.array_equal(features.mel(track, when, 12, n_fft=256), before)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 8), st.integers(1, 8), st.sampled_from([(), (3,)]))
def test_arranging_can_be_undone(rows, cols, bins, width, channels):
    where = shuffled(rows, cols)
    values = np.arange(bins * rows * cols * width * np.prod(channels, dtype=int)).reshape(bins, -1, *channels)
    picture = where.arrange(values)
    assert picture.shape == (rows * bins, cols * width, *channels)
    assert np.array_equal(where.unarrange(picture, bins), values)


def test_arranging_puts_each_tile_whole_in_its_cell():
    where = layouts.Layout(np.array([[2, 0], [1, 3]]))
    values = np.arange(3 * 8).reshape(3, 8)
    picture = where.arrange(values)
    for row in range(2):
        for col in range(2):
            cell = where.order[row, col]
            tile = picture[3 * row : 3 * row + 3, 2 * col : 2 * col + 2]
            assert np.array_equal(tile, values[::-1, 2 * cell : 2 * cell + 2])


@pytest.mark.parametrize("name", FEATURES)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 20))
def test_every_pixel_knows_its_moment(name, rows, cols, width):
    track, where = noise(2000), shuffled(rows, cols)
    when = moments.even(track, rows * cols * width)
    what = FEATURES[name](track, when)
    picture = Picture.compose(track, when, what, where)
    assert picture.pixels.shape == (*picture.times.shape, 3)
    starts, pixels = np.unique(picture.times, return_counts=True)
    assert np.array_equal(starts, when[:-1].astype(np.float32))
    assert (pixels == len(what)).all()
    back = where.unarrange(picture.times, len(what))
    assert (back == when[:-1].astype(np.float32)).all()


@pytest.mark.parametrize("size", [16, 31, 224, 299, 512])
def test_squares_of_any_size(size):
    track = noise(4000)
    when = moments.even(track, size)
    picture = Picture.compose(track, when, features.perceptual_mel(track, when, bands=size), layouts.timeline())
    assert picture.pixels.shape == (size, size, 3)


@pytest.mark.parametrize("order", [[[0, 0]], [[1, 2]], [0, 1], [[0.5, 1]]])
def test_a_layout_that_loses_music_is_refused(order):
    with pytest.raises(ValueError, match="lose or repeat"):
        layouts.Layout(np.array(order))


def test_wrong_numbers_get_a_sentence():
    track = noise(1000)
    when = moments.even(track, 10)
    for wrong in (
        lambda: moments.even(track, 0),
        lambda: moments.even(track, 1.5),
        lambda: moments.between(2, 1, 4),
        lambda: features.mel(track, when[::-1]),
        lambda: features.mel(track, when, bands=0),
        lambda: features.mel(track, when, fmin=5000),
        lambda: features.spectrogram(track, when, 255),
        lambda: shuffled(2, 2).arrange(np.zeros((3, 7))),
        lambda: shuffled(2, 2).unarrange(np.zeros((3, 7)), 3),
        lambda: Picture.compose(track, when, np.zeros((3, 9)), layouts.timeline()),
        lambda: Picture.compose(track, when, np.full((3, 10), np.nan), layouts.timeline()),
        lambda: Picture.compose(track, when, np.zeros((3, 10)), layouts.timeline(), cmap="rainbows"),
    ):
        with pytest.raises(ValueError, match=r"\.$") as error:
            wrong()
        assert "\n" not in str(error.value)


def test_saving_writes_every_pixel_or_nothing(tmp_path):
    from PIL import Image

    track = noise(1000)
    when = moments.even(track, 30)
    picture = Picture.compose(track, when, features.envelope(track, when), layouts.timeline())
    picture.save(tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture.pixels)
    with pytest.raises(ValueError, match="extension"):
        picture.save(tmp_path / "a.nonsense")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == metadata["image/png"]["alt"] == picture.alt
