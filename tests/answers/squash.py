"""Tries the solutions of chapter 7 on inputs that its reader did not see."""

import numpy as np

from helpers import features, load_track, moments


def columns_for(solution):
    for duration in range(1, 400, 7):
        for tempo in (40, 61, 90, 128, 199):
            columns = solution(duration, tempo)
            assert columns == int(columns)
            # No column is longer than a quarter of a beat, and one fewer would make them so.
            assert duration / columns <= 15 / tempo + 1e-9
            assert columns == 1 or duration / (columns - 1) > 15 / tempo


def mine(solution):
    """Every moment is one column, in order, and its rows are what the ear hears."""
    high, wide = solution.pixels.shape[:2]
    assert high * wide <= 50176
    starts = moments.even(solution.track, wide)[:-1]
    np.testing.assert_allclose(solution.times, np.tile(starts, (high, 1)), atol=1e-4)
    assert np.diff(starts).max() <= solution.track.duration / (8 * 224) + 1e-9


def busiest(solution):
    """Measured column by column, hardly any other one changes more."""
    track = load_track("rag")
    power = features.mel(track, moments.even(track, 3584), 24)
    changes = []
    for column in range(224):
        inside = 10 * np.log10(np.maximum(power[:, 16 * column : 16 * column + 16] / power.max(), 1e-6))
        changes.append(np.mean([np.var(row) for row in inside]))
    assert sorted(changes, reverse=True).index(changes[solution]) < 5
