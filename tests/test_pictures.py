"""A picture: every feature in every layout, and every pixel knows its moment."""

import base64
import io
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import Picture, colors, features, gallery, layouts, moments, outputs
from helpers.layouts import Layout, timeline
from helpers.pictures import _in_order
from helpers.tracks import Track

SR = 8000
FEATURES = {
    "envelope": lambda bins: features.envelope,
    "amplitude_histogram": lambda bins: partial(features.amplitude_histogram, bins=bins),
    "spectrogram": lambda bins: partial(features.spectrogram, n_fft=max(2, 2 * bins - 2)),
    "mel": lambda bins: partial(features.mel, bands=bins, n_fft=64),
    "perceptual_mel": lambda bins: partial(features.perceptual_mel, bands=bins, n_fft=64),
}

GRIDS = [layouts.rows, layouts.snake, layouts.z_order, layouts.hilbert]


def noise(seconds: float = 0.25, name: str = "noise") -> Track:
    """Return a short track of white noise."""
    samples = round(seconds * SR)
    return Track(np.random.default_rng(0).uniform(-0.9, 0.9, samples).astype(np.float32), SR, name)


def shuffled(rows: int, cols: int, seed: int = 0) -> Layout:
    """Return a layout that visits its cells in a random order."""
    return Layout(np.random.default_rng(seed).permutation(rows * cols).reshape(rows, cols))


def ramp(n: int = 6, where: Layout | None = None, **options) -> Picture:
    """Return a picture of `n` moments a second long, each brighter than the one before."""
    track = Track(np.zeros(SR * n, np.float32), SR, "ramp")
    what = np.arange(n)[np.newaxis].repeat(2, axis=0)
    return Picture.compose(track, np.arange(n + 1.0), what, where or timeline(), **options)


def keeps_its_promises(track: Track, when, what, where: Layout):
    """Compose a picture, and prove that nothing is lost and every pixel knows its moment."""
    bins, n = what.shape
    rows, cols = where.order.shape
    picture = Picture.compose(track, when, what, where)
    assert picture.track is track
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (rows * bins, cols * n // where.cells, 3)
    assert np.array_equal(where.unarrange(where.arrange(what), bins), what)
    assert np.array_equal(where.unarrange(picture.pixels, bins), colors.colormap(what))

    assert picture.times.dtype == np.float32
    assert picture.times.shape == picture.pixels.shape[:2]
    times, pixels = np.unique(picture.times, return_counts=True)
    assert np.array_equal(times, np.asarray(when)[:-1].astype(np.float32))
    assert (pixels == bins).all()
    # A pixel's time leads to the column that gave it its colour.
    moment = np.searchsorted(times, picture.times)
    row = np.tile(where.bins_from_top(bins), rows)
    assert np.array_equal(picture.pixels, colors.colormap(what)[row[:, np.newaxis], moment])


@pytest.mark.parametrize("name", FEATURES)
@settings(max_examples=40)
@given(
    rows=st.integers(1, 9),
    cols=st.integers(1, 9),
    width=st.integers(1, 9),
    bins=st.integers(2, 23),
    seed=st.integers(0, 999),
)
def test_promises_for_any_layout(name, rows, cols, width, bins, seed):
    track, where = noise(), shuffled(rows, cols, seed)
    when = moments.even(track, where.cells * width)
    keeps_its_promises(track, when, FEATURES[name](bins)(track, when), where)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("size", [1, 2, 3, 27, 64, 101, 224, 299, 511, 512])
def test_promises_for_any_size(name, size):
    track = noise()
    when = moments.even(track, size)
    what = FEATURES[name](size)(track, when)
    keeps_its_promises(track, when, what, timeline())
    keeps_its_promises(track, when, what, shuffled(size, 1))
    keeps_its_promises(track, when, what, shuffled(1, size))


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize(("rows", "cols", "width", "bins"), [(16, 16, 14, 14), (224, 224, 1, 2), (13, 23, 13, 23)])
def test_promises_for_whole_pictures(name, rows, cols, width, bins):
    track = noise(0.5)
    when = moments.even(track, rows * cols * width)
    keeps_its_promises(track, when, FEATURES[name](bins)(track, when), shuffled(rows, cols))


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("grid", GRIDS)
@settings(max_examples=6)
@given(
    high=st.integers(16, 512),
    wide=st.integers(16, 512),
    bins=st.integers(2, 40),
    width=st.integers(1, 40),
    centred=st.booleans(),
)
def test_promises_for_every_layout(grid, name, high, wide, bins, width, centred):
    """Pictures of about high × wide pixels: as many whole cells as there is room for."""
    track, where = noise(), grid(max(1, high // bins), max(1, wide // width))
    where = where.centred() if centred else where
    when = moments.even(track, where.cells * width)
    keeps_its_promises(track, when, FEATURES[name](bins)(track, when), where)


@pytest.mark.parametrize("size", [16, 17, 101, 224, 225, 299, 511, 512])
@pytest.mark.parametrize("grid", GRIDS)
def test_promises_for_one_pixel_a_moment(grid, size):
    track = noise()
    when = moments.even(track, size * size)
    keeps_its_promises(track, when, features.mel(track, when, 1, n_fft=32), grid(size, size))


@given(n=st.integers(1, 40), seed=st.integers(0, 99))
def test_promises_for_uneven_moments(n, seed):
    track = noise()
    when = np.cumsum(np.random.default_rng(seed).uniform(0.001, 0.01, n + 1))
    keeps_its_promises(track, when, features.mel(track, when, 3, n_fft=64), shuffled(1, n, seed))


def test_times_of_an_hour():
    when = np.linspace(0, 3600, 224 * 224 + 1)
    keeps_its_promises(noise(), when, np.zeros((1, 224 * 224)), shuffled(224, 224))


def test_compose_is_the_slow_loop():
    track, where = noise(), shuffled(3, 2, 5)
    when = moments.even(track, 24)
    what = features.mel(track, when, 5, n_fft=64)
    picture = Picture.compose(track, when, what, where, cmap="viridis", low=0.1, high=0.5)
    for row, col in np.ndindex(3, 2):
        for i, b in np.ndindex(4, 5):
            y, x, moment = row * 5 + 4 - b, col * 4 + i, where.order[row, col] * 4 + i
            assert picture.times[y, x] == np.float32(when[moment])
            assert np.array_equal(picture.pixels[y, x], colors.colormap(what[b, moment], "viridis", 0.1, 0.5))


def test_colour_map_and_its_ends_are_passed_on():
    picture = ramp(cmap="gray", low=1, high=3)
    assert picture.pixels[0, :, 0].tolist() == [0, 0, 128, 255, 255, 255]


@pytest.mark.parametrize("shape", [(2, 5), (2, 7), (6, 2), (6,), (2, 6, 3)])
def test_values_that_are_not_one_column_a_moment(shape):
    with pytest.raises(ValueError, match=r"^Values of shape .* were given for 6 moments: .* with the same `when`\.$"):
        Picture.compose(noise(), np.arange(7), np.zeros(shape), timeline())


def test_moments_that_do_not_fill_the_cells():
    with pytest.raises(ValueError, match=r"must be a multiple of 4\.$"):
        Picture.compose(noise(), np.arange(7), np.zeros((2, 6)), shuffled(2, 2))


def test_moments_that_are_none():
    with pytest.raises(ValueError, match=r"^Moments are increasing edges"):
        Picture.compose(noise(), np.zeros(7), np.zeros((2, 6)), timeline())


# In words.


def test_alt_names_the_brightest_and_the_darkest():
    assert (
        repr(ramp())
        == ramp().alt
        == ("Picture of ramp, 6 × 2 pixels: 6 s of music in 6 moments, brightest at 5 s, darkest at 0 s.")
    )
    assert ramp(80).alt.endswith("1:20 of music in 80 moments, brightest at 1:19, darkest at 0 s.")


@given(seed=st.integers(0, 999))
def test_alt_is_right_in_any_layout(seed):
    track, n = noise(9.0, "dice"), 36
    when = moments.even(track, n)
    order = np.random.default_rng(seed).permutation(n)
    picture = Picture.compose(track, when, order[np.newaxis].repeat(3, axis=0), shuffled(4, 3, seed))
    brightest, darkest = (outputs.clock(when[i]) for i in (order.argmax(), order.argmin()))
    assert picture.alt == (
        f"Picture of dice, 9 × 12 pixels: 9 s of music in 36 moments, brightest at {brightest}, darkest at {darkest}."
    )


def test_alt_where_nothing_stands_out():
    assert ramp(1).alt.endswith("1 moments, all of it equally bright.")
    picture = Picture.compose(noise(), np.linspace(0, 1, 8), np.full((50, 7), 3), shuffled(7, 1))
    assert picture.alt.endswith("in 7 moments, all of it equally bright.")


# As an image.


def test_image_is_not_smoothed():
    picture = ramp(6, shuffled(2, 3))
    assert np.array_equal(np.asarray(picture.image()), picture.pixels)
    assert np.array_equal(np.asarray(picture.image(5)), np.kron(picture.pixels, np.ones((5, 5, 1), np.uint8)))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".PNG", ".tiff"])
def test_save_writes_exactly_the_pixels(suffix, tmp_path):
    picture = ramp(6, shuffled(2, 3))
    path = tmp_path / f"a <b> 'c'{suffix}"
    path.write_bytes(b"what was there before")
    picture.save(path)
    picture.save(str(path))
    assert np.array_equal(np.asarray(Image.open(path)), picture.pixels)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["picture.nosuch", "picture", "picture.wav"])
def test_save_refuses_an_ending_that_is_no_image(name, tmp_path):
    with pytest.raises(ValueError, match="unknown file extension"):
        ramp().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_saving_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def half(self, file, *_, **__):
        with open(file, "wb") as opened:
            opened.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(OSError, match="disk full"):
        ramp().save(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_alt_of_a_part_does_not_promise_the_whole():
    track = noise(9.0, "dice")
    picture = Picture.compose(track, moments.between(2, 2.5, 100), np.zeros((1, 100)), timeline())
    assert ": 0.5 s of music from 2 s on, in 100 moments, " in picture.alt


@pytest.mark.parametrize(
    ("height", "width", "shown"),
    [(224, 224, (448, 448)), (1, 1, (448, 448)), (2, 6, (266, 798)), (24, 800, (264, 800)), (300, 1000, (300, 1000))],
)
def test_enlarged_fits_a_page_and_can_be_hit(height, width, shown):
    what = np.random.default_rng(0).random((height, width))
    picture = Picture.compose(noise(), np.linspace(0, 0.25, width + 1), what, timeline())
    high, wide = np.asarray(picture.enlarged()).shape[:2]
    assert (high, wide) == shown
    assert np.array_equal(np.asarray(picture.enlarged())[:: high // height, :: wide // width], picture.pixels)


def test_enlarged_widens_a_high_one():
    picture = Picture.compose(noise(), np.linspace(0, 0.25, 5), np.zeros((100, 4)), timeline())
    assert picture.enlarged().size == (4 * 4 * 8, 100 * 4)


@pytest.mark.parametrize("n", [6, 224, 225, 1000])
def test_jupyter_gets_the_picture_and_its_words(n):
    picture = ramp(n)
    data, metadata = picture._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == metadata["image/png"]["alt"] == picture.alt
    shown = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert shown.format == "PNG"
    # A table of 256 colours, shared with the letters of the axes.
    assert np.abs(np.asarray(shown.convert("RGB"), dtype=int) - picture.still()).max() <= 2


def test_gallery_shows_pictures_pixel_by_pixel(shown):
    track = Track(np.zeros(8000, np.float32), 8000, "dots")
    dice = np.random.default_rng(0)
    pictures = [
        Picture.compose(track, np.linspace(0, 1, n + 1), dice.random((bins, n)), layouts.timeline())
        for bins, n in [(60, 70), (80, 50)]
    ]
    gallery(pictures, ["One", "Two"])
    ((data, metadata, _),) = shown
    assert data["text/plain"] == metadata["image/png"]["alt"] == f"One: {pictures[0].alt} Two: {pictures[1].alt}"
    stored = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    image = np.asarray(stored.convert("RGB"), dtype=int)
    assert image.shape == (80 + 26, 70 + 24 + 50, 3)
    # A table of 256 colours, shared with the smoothed letters: no channel is off by more than 2 of 255.
    assert stored.mode == "P"
    assert np.abs(image[26:86, :70] - pictures[0].pixels).max() <= 2
    assert np.abs(image[26:106, 94:] - pictures[1].pixels).max() <= 2
    assert plt.get_fignums() == []


@given(
    rows=st.integers(1, 6),
    cols=st.integers(1, 6),
    bins=st.integers(1, 4),
    each=st.integers(1, 3),
    centred=st.booleans(),
)
def test_the_moments_of_a_picture_in_order(rows, cols, bins, each, centred):
    where = shuffled(rows, cols)
    n = rows * cols * each
    times = (where.centred() if centred else where).arrange(np.tile(np.arange(n, dtype=np.float32) / 7, (bins, 1)))
    starts, which = _in_order(times)
    expected = np.unique(times, return_inverse=True)
    assert np.array_equal(starts, expected[0])
    assert np.array_equal(which, expected[1].reshape(times.shape))
