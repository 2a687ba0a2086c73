"""Tries the solutions of chapter 9 on inputs that its reader did not see."""

import numpy as np

from helpers import features, layouts, load_track, moments


def loudest(solution):
    track = load_track("rubato")
    first, second, third = (int(pair, 2) for pair in solution.split())
    assert features.loudness(track, moments.even(track, 64)).argmax() == 16 * first + 4 * second + third


def backwards(solution):
    assert sorted(map(int, np.ravel(solution))) == list(range(64))
    places = [np.argwhere(solution == cell)[0] for cell in range(64)]
    assert places[0].tolist() == [7, 7]
    for cell in range(64):
        for n in (2, 4):
            begin = places[cell // n**2 * n**2]
            assert (places[cell] // n == begin // n).all()


def weave(solution):
    for row, col in np.random.default_rng(0).integers(0, 1024, (100, 2)):
        digits = [(col >> k & 1) * 4**k + (row >> k & 1) * 2 * 4**k for k in range(10)]
        assert solution(int(row), int(col)) == sum(digits)
    assert [[solution(row, col) for col in range(8)] for row in range(8)] == layouts.z_order(8, 8).order.tolist()
