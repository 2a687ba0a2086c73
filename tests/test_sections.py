"""Compare every moment with every other: likeness, stripes, and where a piece changes."""

import warnings

import librosa
import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from helpers import Picture, features, layouts, moments, sections
from helpers.tracks import Track

SR = 8000


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def chord(notes, seconds: float, pulse: float = 0.5) -> np.ndarray:
    """Return a chord that is struck again and again, each time a little louder or softer."""
    t = np.arange(round(seconds * SR)) / SR
    tones = sum(np.sin(2 * np.pi * hz * t) for hz in notes) / len(notes)
    return 0.5 * tones * np.exp(-3 * (t % pulse))


def song(form: str, seconds: float) -> Track:
    """Return a piece with one part for each letter; the same letter sounds the same."""
    parts = {"A": (220, 277, 330), "B": (1400, 2100, 2800), "C": (90, 700, 3400)}
    signal = np.concatenate([chord(parts[letter], seconds) for letter in form])
    noise = np.random.default_rng(0).normal(0, 1e-3, len(signal))
    return Track((signal + noise).astype(np.float32), SR, form)


def melody(seconds: float, seed: int) -> np.ndarray:
    """Return random notes, four a second, none of which sounds like the one before."""
    dice = np.random.default_rng(seed)
    return np.concatenate([chord((hz,), 0.25) for hz in dice.permutation(np.geomspace(100, 3500, round(4 * seconds)))])


def silence(seconds: float = 1.0) -> Track:
    return Track(np.zeros(round(seconds * SR), np.float32), SR, "silence")


def dice(n: int, bins: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(bins, n))


# Likeness.


@given(n=st.integers(2, 40), bins=st.integers(3, 20), seed=st.integers(0, 99))
def test_likeness_is_the_correlation_of_what_is_special(n, bins, seed):
    values = dice(n, bins, seed) * 30 - 40
    special = values - values.mean(axis=1, keepdims=True)
    expected = 1 - cdist(special.T, special.T, "correlation")
    assert np.allclose(sections.likeness(values), expected, atol=1e-5)


def test_likeness_is_librosas_cross_similarity():
    values = dice(60, 12)
    special = values - values.mean(axis=1, keepdims=True)
    special -= special.mean(axis=0)
    # librosa keeps the nearest neighbours only, and 1 − cosine of them.
    distance = librosa.segment.cross_similarity(special, special, k=60, metric="cosine", mode="distance", full=True)
    assert np.allclose(sections.likeness(values), 1 - distance, atol=1e-5)


def test_likeness_in_a_slow_loop():
    values = dice(9, 5)
    mean = values.mean(axis=1)
    got = sections.likeness(values)
    for i in range(9):
        for j in range(9):
            a, b = values[:, i] - mean, values[:, j] - mean
            assert got[i, j] == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)


@given(n=st.integers(1, 40), bins=st.integers(1, 9), scale=st.sampled_from([0, 1e-6, 1, 1e9]), seed=st.integers(0, 99))
def test_likeness_is_symmetric_and_1_on_the_diagonal(n, bins, scale, seed):
    matrix = sections.likeness(scale * dice(n, bins, seed))
    assert matrix.dtype == np.float32
    assert matrix.shape == (n, n)
    assert np.allclose(matrix, matrix.T, atol=1e-6)
    assert (np.diag(matrix) == 1).all()
    assert np.abs(matrix).max() <= 1


@pytest.mark.parametrize("value", [0, -80, 1e-30, 7e5])
def test_columns_without_a_difference_are_alike(value):
    assert (sections.likeness(np.full((5, 7), value)) == 1).all()


def test_columns_like_the_average_are_alike_and_unrelated_to_others():
    values = np.tile(np.array([[1.0], [-5], [2], [8]]), (1, 4))
    values[:, 2] += [1, -2, 0, 3]
    values[:, 3] -= [1, -2, 0, 3]
    assert np.allclose(sections.likeness(values), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, -1], [0, 0, -1, 1]], atol=1e-6)


def test_loudness_alone_makes_no_difference():
    values = dice(20, 8)
    louder = values + np.linspace(0, 30, 20)
    assert np.allclose(sections.likeness(values), sections.likeness(louder), atol=1e-5)


# Stripes.


@given(n=st.integers(1, 20), reach=st.integers(0, 25), seed=st.integers(0, 99))
def test_smoothing_in_a_slow_loop(n, reach, seed):
    matrix = np.random.default_rng(seed).uniform(-1, 1, (n, n)).astype(np.float32)
    window = np.hanning(2 * reach + 3)[1:-1]
    expected = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            near = [k for k in range(-reach, reach + 1) if 0 <= i + k < n and 0 <= j + k < n]
            expected[i, j] = np.average([matrix[i + k, j + k] for k in near], weights=[window[k + reach] for k in near])
    got = sections.along_diagonals(matrix, reach)
    assert got.dtype == np.float32
    assert np.allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("reach", [1, 4, 9])
def test_smoothing_is_librosas_path_enhancement_inside(reach):
    matrix = sections.likeness(dice(60))
    length = 2 * reach + 1
    expected = librosa.segment.path_enhance(
        matrix, length, window=lambda n: np.hanning(n + 2)[1:-1], n_filters=1, min_ratio=1, max_ratio=1, clip=False
    )
    inside = slice(length, -length)
    assert np.allclose(sections.along_diagonals(matrix, reach)[inside, inside], expected[inside, inside], atol=1e-4)


def test_no_smoothing_changes_nothing():
    matrix = sections.likeness(dice(30))
    assert np.array_equal(sections.along_diagonals(matrix, 0), matrix)


@given(n=st.integers(1, 30), reach=st.integers(0, 40))
def test_smoothing_keeps_the_diagonal_and_the_symmetry(n, reach):
    matrix = sections.along_diagonals(sections.likeness(dice(n)), reach)
    assert np.allclose(np.diag(matrix), 1, atol=1e-6)
    assert np.allclose(matrix, matrix.T, atol=1e-6)


def test_a_stripe_stays_and_the_rest_fades():
    matrix = sections.likeness(np.tile(dice(40, 12), (1, 2)))
    smooth = sections.along_diagonals(matrix, 6)
    assert np.allclose(np.diag(smooth, 40), 1, atol=1e-5)
    elsewhere = np.abs(np.subtract.outer(range(80), range(80))) % 40 != 0
    assert np.abs(smooth[elsewhere]).mean() < np.abs(matrix[elsewhere]).mean() / 2


# The matrix of a track.


def test_self_similarity_is_made_of_perceptual_mel_bands():
    track = song("AB", 2)
    when = moments.even(track, 24)
    values = features.perceptual_mel(track, when, 20, top_db=80)
    expected = sections.along_diagonals(sections.likeness(values), 3)
    assert np.array_equal(sections.self_similarity(track, when, smooth=3, bands=20), expected)


def test_repeats_are_blocks():
    track = song("AABA", 4)
    matrix = sections.self_similarity(track, moments.even(track, 64))
    # Where two parts meet, a window hears both.
    inside = np.flatnonzero(~np.isin(np.arange(64) % 16, [0, 15]))
    part = inside // 16
    alike = (part[:, np.newaxis] == 2) == (part == 2)
    blocks = matrix[np.ix_(inside, inside)]
    assert blocks[alike].min() > 0.5
    assert blocks[~alike].max() < -0.5


def test_repeats_are_stripes():
    verse = melody(5, 1)
    track = Track(np.concatenate([verse, melody(5, 2), verse]).astype(np.float32), SR, "verse, bridge, verse")
    matrix = sections.self_similarity(track, moments.even(track, 60), smooth=4)
    mean = [np.diag(matrix, lag).mean() for lag in range(8, 50)]
    assert 8 + int(np.argmax(mean)) == 40


def test_moments_may_be_uneven():
    track = song("ABA", 2)
    when = np.concatenate([np.arange(0, 3, 0.25), np.arange(3, 6.1, 0.5)])
    matrix = sections.self_similarity(track, when)
    assert matrix.shape == (len(when) - 1,) * 2
    assert matrix[1, -2] > 0.8 > 0 > matrix[1, 10]


@pytest.mark.parametrize("n", [1, 2, 3, 50])
@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_short_and_silent_tracks(n, seconds):
    for track in (silence(seconds), song("A", seconds)):
        when = moments.even(track, n)
        matrix = sections.self_similarity(track, when, smooth=2)
        curve = sections.novelty(matrix, 5)
        found = sections.boundaries(curve, when)
        assert np.isfinite(matrix).all()
        assert np.isfinite(curve).all()
        if track.name == "silence":
            assert (matrix == 1).all()
            assert not len(found)


def test_silence_is_like_silence_only():
    track = Track(np.concatenate([melody(3, 1), np.zeros(3 * SR)]).astype(np.float32), SR, "and then nothing")
    matrix = sections.self_similarity(track, moments.even(track, 30))
    assert matrix[16:, 16:].min() > 0.99
    assert matrix[:14, 16:].mean() < 0.1


def test_too_many_moments_are_refused():
    track = silence()
    with pytest.raises(ValueError, match=r"^4097 moments were given; at most 4096 can be compared.*: use longer"):
        sections.self_similarity(track, moments.even(track, 4097))
    with pytest.raises(ValueError, match=r"^bands=1 was given"):
        sections.self_similarity(track, moments.even(track, 4), bands=1)
    with pytest.raises(ValueError, match=r"^reach=-1 was given"):
        sections.self_similarity(track, moments.even(track, 4), smooth=-1)


def test_every_pixel_knows_its_moment():
    track = song("AB", 2)
    when = np.sort(np.append(moments.even(track, 10), 0.07))
    matrix = sections.self_similarity(track, when)
    picture = Picture.compose(track, when, matrix, layouts.timeline(), low=0, high=1)
    assert picture.pixels.shape == (11, 11, 3)
    assert np.array_equal(picture.times, np.tile(when[:-1].astype(np.float32), (11, 1)))
    # The diagonal rises from the first moment, at the bottom left.
    assert (picture.levels[::-1].diagonal() == 255).all()


# Where it changes.


@given(reach=st.integers(1, 40))
def test_checkerboard(reach):
    kernel = sections.checkerboard(reach)
    side = np.repeat([-1, 1], reach)
    assert kernel.shape == (2 * reach, 2 * reach)
    assert np.array_equal(np.sign(kernel), np.outer(side, side))
    assert np.abs(kernel).sum() == pytest.approx(1)
    assert np.allclose(kernel, kernel[::-1, ::-1])
    assert np.allclose(kernel, kernel.T)
    fading = np.abs(kernel[reach, reach:])
    assert (np.diff(fading) < 0).all()
    at = (0.5 + np.arange(reach)) / reach
    assert np.allclose(fading / fading[0], np.exp(-2 * at**2) / np.exp(-2 * at[0] ** 2))


@given(n=st.integers(1, 14), reach=st.integers(1, 20), seed=st.integers(0, 99))
def test_novelty_in_a_slow_loop(n, reach, seed):
    matrix = sections.likeness(dice(n, 6, seed))
    kernel = sections.checkerboard(reach)

    def mirrored(i):
        """Return which moment stands at i, if the music runs backwards beyond its ends."""
        i %= 2 * n
        return i if i < n else 2 * n - 1 - i

    expected = np.zeros(n + 1)
    for edge in range(n + 1):
        for a in range(2 * reach):
            for b in range(2 * reach):
                value = matrix[mirrored(edge - reach + a), mirrored(edge - reach + b)]
                expected[edge] += kernel[a, b] * value
    got = sections.novelty(matrix, reach)
    assert got.shape == (n + 1,)
    assert np.allclose(got, expected, atol=1e-9)
    assert np.allclose(got[[0, -1]], 0, atol=1e-12)


def test_novelty_of_two_blocks():
    blocks = np.kron(np.eye(2), np.ones((20, 20)))
    curve = sections.novelty(blocks, 8)
    assert curve.argmax() == 20
    assert curve.max() == pytest.approx(0.5)
    assert np.allclose(curve[[0, 5, 12, 28, 35, 40]], 0, atol=1e-12)
    assert sections.novelty(2 * blocks - 1, 8).max() == pytest.approx(1)


@pytest.mark.parametrize("form", ["AABA", "ABAC", "AB", "ABCB"])
def test_boundaries_are_found(form):
    track = song(form, 6)
    when = moments.even(track, len(form) * 12)
    found = sections.boundaries(sections.novelty(sections.self_similarity(track, when), 8), when)
    expected = [6 * i for i in range(1, len(form)) if form[i] != form[i - 1]]
    assert len(found) == len(expected)
    assert np.allclose(found, expected, atol=0.51)


def test_noise_is_hardly_novel():
    signal = np.random.default_rng(3).uniform(-0.5, 0.5, 60 * SR).astype(np.float32)
    track = Track(signal, SR, "noise")
    curve = sections.novelty(sections.self_similarity(track, moments.even(track, 240)), 30)
    assert curve.max() < 0.06


def test_boundaries_stand_out_by_as_much_as_was_asked():
    curve, when = np.array([0, 0.3, 0, 0.1, 0, 0.05, 0.04, 0.2, 0]), np.arange(9.0)
    assert list(sections.boundaries(curve, when, 0.5)) == [1, 7]
    assert list(sections.boundaries(curve, when)) == [1, 3, 7]
    assert list(sections.boundaries(curve, when, 0)) == [1, 3, 5, 7]
    # What a rounding error leaves is no boundary.
    assert list(sections.boundaries(curve / 100, when, 0)) == []
    assert list(sections.boundaries(-curve, when)) == [2, 4, 6]


@pytest.mark.parametrize("curve", [[0, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1], [-1, -1, -1, -1]])
def test_flat_curves_have_no_boundaries(curve):
    assert list(sections.boundaries(curve, np.arange(len(curve)))) == []


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"^A matrix of shape \(2, 3\) was given; a square one"):
        sections.novelty(np.ones((2, 3)), 1)
    with pytest.raises(ValueError, match=r"^A matrix of shape \(0, 0\)"):
        sections.novelty(np.ones((0, 0)), 1)
    with pytest.raises(ValueError, match=r"^reach=0 was given"):
        sections.novelty(np.ones((2, 2)), 0)
    with pytest.raises(ValueError, match=r"^A curve of shape \(4,\) was given for 5 edges"):
        sections.boundaries(np.ones(4), np.arange(5))


# Compared with the truth.


def slow_hits(found, true, within):
    """Return how many can be paired, trying every way."""
    if not found or not true:
        return 0
    first, rest = found[0], found[1:]
    best = slow_hits(rest, true, within)
    for i, one in enumerate(true):
        if abs(one - first) <= within:
            best = max(best, 1 + slow_hits(rest, true[:i] + true[i + 1 :], within))
    return best


times = st.lists(st.integers(1, 99), max_size=5, unique=True)


@given(found=times, true=times, within=st.sampled_from([1, 3.0, 10]))
def test_score_pairs_each_boundary_once(found, true, within):
    precision, recall, f = sections.score(found, true, 100, within)
    hits = slow_hits(found, true, within)
    assert precision == pytest.approx(hits / len(found) if found and true else 0)
    assert recall == pytest.approx(hits / len(true) if found and true else 0)
    assert f == pytest.approx(2 * hits / (len(found) + len(true)) if hits else 0)


def test_score_leaves_out_what_anybody_finds():
    assert sections.score([0, 50, 100], [0, 50], 100) == (1, 1, 1)
    assert sections.score([0, 100], [0, 50, 100], 100) == (0, 0, 0)
    assert sections.score([], [], 100) == (0, 0, 0)
    assert sections.score([50, 50], [50], 100) == (1, 1, 1)


def test_score_is_mir_evals():
    found, true = [10.0, 31, 75], [12.0, 34.5, 60, 77]
    intervals = [mir_eval.util.boundaries_to_intervals(np.array([0, *inner, 100])) for inner in (true, found)]
    assert sections.score(found, true, 100) == mir_eval.segment.detection(*intervals, window=3.0, trim=True)
