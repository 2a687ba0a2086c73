"""When: n moments are n moments, evenly spaced, and nothing drifts."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import moments


def lasting(samples: int, sr: int):
    """Return what `moments` needs of a track of any length."""
    return SimpleNamespace(duration=samples / sr)


@given(
    samples=st.integers(800, 3600 * 192_000),
    sr=st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000, 192_000]),
    n=st.one_of(st.integers(1, 600), st.sampled_from([1000, 3584, 50176])),
)
def test_even_edges_are_exact(samples, sr, n):
    when = moments.even(lasting(samples, sr), n)
    assert when.dtype == np.float64
    assert when.shape == (n + 1,)
    assert when[0] == 0
    assert when[-1] == samples / sr
    for i in {0, 1, n // 3, n // 2, n - 1, n}:
        assert abs(Fraction(when[i]) - Fraction(samples * i, sr * n)) <= 2 * np.spacing(samples / sr)


@given(st.integers(1, 60_000))
def test_even_spacing(n):
    when = moments.even(lasting(3600 * 44_100, 44_100), n)
    assert np.abs(np.diff(when) - 3600 / n).max() <= 2 * np.spacing(3600.0)


def test_more_moments_than_samples():
    when = moments.even(lasting(800, 8000), 5000)
    assert (np.diff(when) > 0).all()


def test_whole_number_written_as_a_float():
    assert np.array_equal(moments.even(lasting(800, 8000), 4.0), moments.even(lasting(800, 8000), 4))


@pytest.mark.parametrize("n", [0, -1, 2.5, float("nan"), float("inf"), "seven", "7", None])
def test_even_refuses_what_is_not_a_number_of_moments(n):
    with pytest.raises(ValueError, match=r"^n=.* was given; a whole number of at least 1 was expected\.$"):
        moments.even(lasting(8000, 8000), n)


def test_between():
    assert np.array_equal(moments.between(1, 3, 4), [1, 1.5, 2, 2.5, 3])


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("nan"))])
def test_between_refuses_a_stretch_without_length(start, end):
    with pytest.raises(ValueError, match=r"the end must come after the start\.$"):
        moments.between(start, end, 3)


@pytest.mark.parametrize(
    "when", [[], [0], 3, [[0, 1]], [0, 0], [1, 0], [0, 1, 1], [0, float("nan")], [0, float("inf")], [float("nan"), 1]]
)
def test_checked_refuses_what_are_not_moments(when):
    with pytest.raises(ValueError, match=r"^Moments are increasing edges in seconds.*use moments.even\(track, n\)\.$"):
        moments.checked(when)


def test_checked_returns_float64():
    when = moments.checked([0, 1, 4])
    assert when.dtype == np.float64
    assert np.array_equal(when, [0, 1, 4])
