"""Tries the solutions of chapter 10 on inputs that its reader did not see."""

import numpy as np

from helpers import layouts


def seam(solution):
    walk = layouts.hilbert(16, 16).places.tolist()
    one, other = map(list, solution)
    assert sorted(np.abs(np.subtract(one, other)).tolist()) == [0, 1]
    assert abs(walk.index(one) - walk.index(other)) > 128


def ring(solution):
    places = [np.argwhere(np.asarray(solution) == cell).tolist() for cell in range(64)]
    assert [len(found) for found in places] == [1] * 64
    for (here,), (there,) in zip(places, places[1:] + places[:1], strict=True):
        assert sorted(np.abs(np.subtract(here, there)).tolist()) == [0, 1]
