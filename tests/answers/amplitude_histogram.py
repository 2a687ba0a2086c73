"""Tries the solutions of chapter 2 on inputs that its reader did not see."""

import numpy as np

from helpers import shuffled


def bin_of(solution):
    inside = [*np.random.default_rng(0).uniform(-1, 1, 200), -1.0, 1.0]
    for bins in (1, 7, 100):
        for amplitude in inside:
            count, _ = np.histogram([amplitude], bins, range=(-1, 1))
            assert solution(amplitude, bins) == count.argmax()
        assert [solution(amplitude, bins) for amplitude in (-7.5, 1.001, 33.0)] == [0, bins - 1, bins - 1]


def by_fullest(solution):
    picture = np.random.default_rng(0).uniform(0, 1e-3, (5, 4)) * [1, 0, 1e6, 1e-9]
    by_hand = [[value / max(column) if max(column) else value for value in column] for column in picture.T.tolist()]
    np.testing.assert_allclose(solution(picture), np.transpose(by_hand))


def honest(solution):
    assert "ABCD"[shuffled(["right", "scales", "upside down", "mixed up"]).index("right")] == solution


def level(solution):
    in_order = np.sort(solution)
    assert len(in_order) == 10_000
    # The distance to what is spread evenly, as Kolmogorov and Smirnov measure it.
    assert np.abs(in_order - np.linspace(-1, 1, 10_000)).max() < 0.02
