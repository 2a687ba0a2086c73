"""Axes: beside what has a meaning, and every tick at the pixels that it speaks of."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import Picture, layouts, play, scales
from helpers.axes import _around
from helpers.tracks import Track

MUSIC = Track(np.zeros(8000, np.float32), 8000, "music")


def composed(when, bins=3, where=None, **options) -> Picture:
    """Return a picture of random values."""
    what = np.random.default_rng(0).random((bins, len(when) - 1))
    return Picture.compose(MUSIC, when, what, where or layouts.timeline(), **options)


def around(picture):
    """Return the axes of a picture that is shown as large as it is stored."""
    return _around(picture, *picture.enlarged().size)


def names(picture) -> list[str]:
    """Return the names of both axes."""
    return [axis.name for axis in around(picture)]


def value(text: str) -> float:
    """Return the number that a tick names: seconds or Hz."""
    minutes, _, rest = text.rpartition(":")
    return 60 * int(minutes) + int(rest) if minutes else float(text.replace(",", ""))


def stands_right(axis, edges):
    """Prove that each tick stands at the edge of pixels that has its value, or not a pixel beside it."""
    assert axis.ticks
    for place, text in axis.ticks.items():
        around = edges[max(0, int(place) - 1) : int(place) + 3]
        assert around.min() - 1e-4 <= value(text) <= around.max() + 1e-4


@settings(max_examples=40)
@given(n=st.integers(2, 300), start=st.floats(0, 100), length=st.floats(0.01, 5000), even=st.booleans())
def test_time_runs_along_a_timeline(n, start, length, even):
    parts = np.ones(n) if even else np.random.default_rng(n).uniform(0.5, 1, n)
    when = start + length * np.append(0, np.cumsum(parts)) / n
    below, left = around(composed(when))
    assert below.name in ("time (s)", "time (m:ss)")
    assert left.name == ""
    stands_right(below, when)


@pytest.mark.parametrize(("width", "height"), [(52, 28), (51, 28), (52, 27), (600, 20)])
def test_two_texts_must_have_room(width, height):
    where = layouts.rows(10, 10).centred()
    axes = _around(composed(np.linspace(0, 50, 101), 1, where, hz=np.ones((1, 2))), width, height)
    assert [bool(axis.ticks) for axis in axes] == 2 * [width >= 52 and height >= 28]


@pytest.mark.parametrize("height", [28, 60, 140, 224, 900])
def test_texts_beside_each_other_do_not_touch(height):
    picture = composed(np.linspace(0, 50, 2001), 1, layouts.rows(40, 50).centred(), hz=np.ones((1, 2)))
    _, left = _around(picture, 400, height)
    places = np.array(sorted(left.ticks)) * height / picture.pixels.shape[0]
    assert np.diff(places).min(initial=height) >= 14


def test_pixels_of_the_same_moment_are_one_step():
    picture = composed(np.arange(0, 9.0))
    larger = Picture(*(grown.repeat(5, 0).repeat(5, 1) for grown in (picture.pixels, picture.times)), MUSIC)
    below, _ = around(larger)
    assert len(below.ticks) > 3
    assert all(place / 5 == pytest.approx(value(text)) for place, text in below.ticks.items())


@pytest.mark.parametrize("bands", [2, 14, 60])
def test_frequencies_run_upwards(bands):
    hz = scales.mel_bands(44100, bands)
    picture = composed(np.arange(0, 9.0), bands, hz=hz)
    _, left = around(picture)
    assert left.name == "frequency (Hz)"
    for place, text in left.ticks.items():
        low, high = picture.hz[int(place)]
        assert low <= value(text) <= high


def test_rounded_frequencies_are_even_all_the_same():
    hz = np.round(np.arange(15, 3000, 15) / 10.77)[:, np.newaxis] * 10.77 + [-5, 5]
    _, left = around(composed(np.arange(9.0), len(hz), hz=hz))
    steps = np.diff(sorted(map(value, left.ticks.values())))
    assert len(steps) > 3
    assert np.ptp(steps) == 0


def test_in_a_picture_of_time_against_time_it_runs_both_ways():
    when = np.append(0, np.cumsum(np.random.default_rng(0).uniform(0.5, 1, 100)))
    picture = composed(when, 100, versus=when[:-1])
    below, left = around(picture)
    assert below.name == left.name == "time (m:ss)"
    stands_right(below, when)
    stands_right(left, when[::-1])


@settings(max_examples=20)
@given(rows=st.integers(2, 40), cols=st.integers(1, 5), bins=st.integers(1, 4), length=st.floats(0.5, 500))
def test_lines_begin_at_some_time_and_time_runs_along_them(rows, cols, bins, length):
    where = layouts.rows(rows, cols).centred()
    when = np.linspace(0, length, rows * cols * 3 + 1)
    picture = composed(when, bins, where, hz=np.ones((bins, 2)))
    below, left = around(picture)
    assert (below.name[:17], left.name[:15]) == ("time in the line ", "line begins at ")
    stands_right(below, when[: cols * 3 + 1])
    assert left.ticks
    for place, text in left.ticks.items():
        assert value(text) == pytest.approx(picture.times[int(place), 0], rel=1e-3, abs=0.5 * (":" in text))


def test_lines_of_different_length_only_begin_at_some_time():
    assert names(composed([0, 1, 2, 3, 5, 7, 9], where=layouts.rows(2))) == ["", "line begins at (s)"]


@pytest.mark.parametrize(
    "where", [layouts.hilbert(2, 2), layouts.hilbert(8, 8), layouts.z_order(4, 4), layouts.snake(2, 3)]
)
def test_places_without_a_meaning_have_no_axes(where):
    picture = composed(np.linspace(0, 9, 2 * where.cells + 1), where=where, hz=[[1, 2], [2, 3], [3, 4]])
    assert names(picture) == ["", ""]
    assert picture.still().size == picture.enlarged().size


def test_what_is_no_music_has_no_axes():
    assert names(Picture.compose(None, range(3), np.eye(2), layouts.timeline())) == ["", ""]
    assert names(composed([0, 1])) == ["", ""]


def test_axes_are_written_beside_the_picture():
    """The stored pixels are those of the picture, and the marks point at its ticks."""
    picture = composed(np.linspace(0, 100, 225), 224, hz=scales.mel_bands(44100, 224))
    data, _ = picture._repr_mimebundle_()
    stored = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert stored.mode == "P"
    image, inner = np.asarray(picture.still()).astype(int), np.asarray(picture.enlarged())
    assert np.abs(np.asarray(stored.convert("RGB")) - image).max() <= 2
    colored = np.ptp(image, axis=2) > 0
    top, left = colored.any(axis=1).argmax(), colored.any(axis=0).argmax()
    below, beside = around(picture)
    # The lowest colour of the map is nearly grey: look for the place where all agrees.
    places = [(y, x) for y in range(top - 3, top + 1) for x in range(left - 3, left + 1)]
    ((top, left),) = (at for at in places if np.array_equal(image[at[0] :, at[1] :][:448, :448], inner))
    dark = (image == 0x55).all(axis=2)
    marks = np.flatnonzero(dark[top + 448 + 2, left - 1 :]) - 1
    assert np.abs(marks - 2 * np.array(list(below.ticks))).max() <= 1
    marks = np.flatnonzero(dark[: top + 449, left - 3]) - top
    assert np.abs(marks - 2 * np.array(sorted(beside.ticks))).max() <= 1
    # Nothing is cut off.
    frame = np.concatenate([image[[0, -1]].reshape(-1, 3), image[:, [0, -1]].reshape(-1, 3)])
    assert (frame == 255).all()


def test_beside_a_wide_picture_texts_are_larger():
    """A page shows it smaller: its axes take as large a part of it as those of others."""
    beside = []
    for n in (800, 1600):
        picture = composed(np.linspace(0, 100, n + 1))
        inner, outer = picture.enlarged(), picture.still()
        beside.append([(outer.width - inner.width) / n, (outer.height - inner.height) / n])
    np.testing.assert_allclose(*beside, rtol=0.1)


def test_pictures_side_by_side_have_their_own():
    pictures = [composed(np.arange(61.0), 60, **hz) for hz in ({"hz": scales.mel_bands(8000, 60, fmax=4000)}, {})]
    data, _ = play(*pictures, titles=["a", "b"])._repr_mimebundle_()
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB"), dtype=int)
    inner = pictures[0].pixels
    (top, one), (also, other) = (
        (y, x)
        for y, x in np.argwhere((np.abs(image - inner[0, 0]) <= 2).all(axis=2))
        if (part := image[y : y + 60, x : x + 60]).shape == inner.shape and np.abs(part - inner).max() <= 2
    )
    # Both show the same values, and only the first the frequencies of its rows.
    assert top == also
    assert 0 < other - one - 60 < one
