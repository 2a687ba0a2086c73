"""Tries the solutions of chapter 3 on what its reader did not see."""

import numpy as np


def found(solution):
    """The tone that the same dice hid, of which no code of the chapter tells."""
    assert abs(solution - np.random.default_rng(8).uniform(300, 900)) < 0.5


def ladder(solution):
    """Three probes, by a slow loop over the frequencies that a ladder may have, explain all of the sound."""
    at = np.arange(len(solution)) / 44100

    def strength(hertz):
        return abs((solution * np.exp(-2j * np.pi * hertz * at)).sum()) / len(at)

    lowest = max(range(200, 401), key=strength)
    rungs = [strength(times * lowest) for times in (1, 2, 3)]
    assert rungs == sorted(rungs, reverse=True)
    assert rungs[2] > 0.02
    assert max(strength(times * lowest) for times in (0.5, 1.5, 2.5, 4, 5)) < rungs[2] / 4
