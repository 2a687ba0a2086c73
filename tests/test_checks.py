"""What is refused is refused in one sentence."""

import numpy as np
import pytest

from helpers import checks


@pytest.mark.parametrize(
    "when", [[], [0], 3, [[0, 1]], [0, 0], [1, 0], [0, 1, 1], [0, float("nan")], [0, float("inf")], [float("nan"), 1]]
)
def test_checked_refuses_what_are_not_moments(when):
    with pytest.raises(ValueError, match=r"^Moments are increasing edges in seconds.*use moments.even\(track, n\)\.$"):
        checks.checked(when)


def test_checked_returns_float64():
    when = checks.checked([0, 1, 4])
    assert when.dtype == np.float64
    assert np.array_equal(when, [0, 1, 4])


@pytest.mark.parametrize("number", [1, 4.0, np.int8(7), np.float32(2), True])
def test_whole_returns_an_int(number):
    assert type(checks.whole(number, "n")) is int
    assert checks.whole(number, "n") == number


@pytest.mark.parametrize(
    ("number", "least"), [(0, 1), (1, 2), (-1, 0), (2.5, 1), (np.nan, 1), (np.inf, 1), ("7", 1), (None, 1)]
)
def test_whole_names_what_is_none(number, least):
    with pytest.raises(ValueError, match=rf"^n=.* was given; a whole number of at least {least} was expected\.$"):
        checks.whole(number, "n", least)
