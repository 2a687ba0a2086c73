"""Tries the solutions of chapter 14 on inputs that its reader did not see."""

import numpy as np

from helpers import colors


def found(solution):
    places = np.random.default_rng(14).choice(64, 2, replace=False)
    assert {8 * row + column for row, column in solution} == set(places.tolist())


def recipe(solution):
    centroid = np.linspace(0, 1, 50)
    for loudness in (0.1, 0.5, 0.9):
        light = colors.to_lab(solution(np.full(50, loudness), centroid, np.zeros(50)))[:, 0]
        assert abs(np.corrcoef(light, centroid)[0, 1]) > 0.9
    quiet, loud = (colors.to_lab(solution(np.full(50, loudness), centroid, np.zeros(50))) for loudness in (0, 1))
    assert np.linalg.norm(quiet - loud, axis=1).min() > 5
