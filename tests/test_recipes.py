"""Recipes paint what the chapters show."""

import numpy as np
import pytest

from helpers import Picture, Track, colors, features, layouts, load_track, moments, recipes, scales, sections, spectra

TRACK = Track(load_track("groove").signal[: 44_100 * 20], 44_100, "groove")
SILENCE = Track(np.zeros(44_100, np.float32), 44_100, "silence")


def painted(track, name, size, **parameters):
    recipe = recipes.prepare(name, size, **parameters)
    if recipe.measure is None:
        return recipe.paint(track)
    return recipe.paint(recipe.measure(track, moments.even(track, recipe.moments)))


@pytest.mark.parametrize("size", [8, 32, 64, 77])
@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_fills_a_square(name, size):
    parameters = {"tiles": 4} if name in ("hilbert", "z-order") else {"rows": 2} if name in ("rows", "beat") else {}
    for track in (TRACK, SILENCE):
        pixels = painted(track, name, size, **parameters)
        assert pixels.dtype == np.uint8
        assert pixels.shape == ((size, size, 3) if name == "timbre" else (size, size))
        assert (pixels.max() > 0) == (track is TRACK or name in ("timbre", "similarity"))


def shown(bands, where, top_db=80.0, cmap="gray", weighted=True):
    """Make the same picture as a chapter would."""
    when = moments.even(TRACK, where.cells * 64 // where.order.shape[1])
    power = features.mel(TRACK, when, bands, n_fft=spectra.window_length(44_100) * 3 // 4)
    if weighted:
        power = power * 10 ** (scales.a_weighting(scales.mel_frequencies(44_100, bands))[:, np.newaxis] / 10)
    return Picture.compose(TRACK, when, features.decibels(power, top_db), where, cmap=cmap, low=-top_db, high=0)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("rows", {}, (16, layouts.rows(4))),
        ("rows", {"rows": 8, "top_db": 60}, (8, layouts.rows(8), 60)),
        ("perceptual", {}, (64, layouts.timeline())),
        ("mel", {}, (64, layouts.timeline(), 80, "gray", False)),
        ("z-order", {"tiles": 8, "cmap": "magma"}, (8, layouts.z_order(8, 8), 80, "magma")),
        ("hilbert", {"tiles": 4, "centred": True}, (16, layouts.hilbert(4, 4).centred())),
    ],
)
def test_bands_are_painted_as_a_picture_composes_them(name, parameters, expected):
    pixels = painted(TRACK, name, 64, **parameters)
    wanted = shown(*expected)
    assert np.mean(pixels != (wanted.pixels if pixels.ndim == 3 else wanted.levels)) < 0.001


def test_similarity_is_that_of_chapter_10():
    wanted = sections.self_similarity(TRACK, moments.even(TRACK, 32), smooth=4)
    assert np.array_equal(painted(TRACK, "similarity", 32), colors.levels(wanted, 0, 1)[::-1])


def test_timbre_is_that_of_chapter_11():
    when, names = moments.even(TRACK, 32 * 32), ["loudness", "centroid", "flatness"]
    what = features.timbre(TRACK, when, names, spectra.window_length(TRACK.sr) // 4)
    light, bright, noisy = (colors.drawn(name, row) for name, row in zip(names, what, strict=True))
    paint = colors.oklch(0.2 + 0.7 * light, 0.14 * (1 - noisy), 0.05 + 0.75 * bright)
    wanted = Picture.compose(TRACK, when, paint[np.newaxis], layouts.hilbert(32, 32)).pixels
    assert np.array_equal(painted(TRACK, "timbre", 32), wanted)


def test_rows_begin_with_a_bar():
    # Bars of 1.875 s: two of them in each of four rows of 5 s, so the rows are shorter, and alike.
    pixels = painted(TRACK, "beat", 64).astype(float).reshape(4, 16, 64)
    even = painted(TRACK, "rows", 64).astype(float).reshape(4, 16, 64)

    def alike(rows):
        return np.corrcoef(rows[1:].ravel(), rows[:-1].ravel())[0, 1]

    assert alike(pixels) > alike(even) + 0.1
    assert np.array_equal(painted(SILENCE, "beat", 64), painted(SILENCE, "rows", 64))


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("spiral", {}, "no recipe 'spiral': choose one of rows, "),
        ("rows", {"tiles": 3}, "no parameter 'tiles': it knows rows, bands"),
        ("rows", {"rows": 0}, "rows=0"),
        ("rows", {"rows": 33}, "at most 32"),
        ("rows", {"bands": 9}, "at most 8 bands"),
        ("rows", {"cmap": "rainbows"}, "name of a colormap"),
        ("rows", {"top_db": -3}, "more than 0 dB"),
        ("rows", {"size": 7}, "size=7"),
        ("rows", {"fmin": 9000}, "fmin=9000"),
        ("timbre", {"curve": "spiral"}, "curve='spiral'"),
        ("hilbert", {"tiles": 2.5}, "tiles=2.5"),
    ],
)
def test_what_does_not_do_is_refused_in_a_sentence(name, parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        painted(TRACK, name, parameters.pop("size", 32), **parameters)
