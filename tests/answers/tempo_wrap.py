"""Tries the solutions of chapter 8 on inputs that its reader did not see."""

from itertools import pairwise

import numpy as np

from helpers import load_track, tempo


def longer(solution):
    waltz = load_track("waltz")
    bar = 3 * 60 / waltz.truth["tempo"]
    assert solution > 1.5 * bar
    # By hand, on other columns: each line beside the next.
    strength, columns = tempo.onsets(waltz), 100
    times = np.arange(int(waltz.duration / solution) * columns) * solution / columns
    lines = np.interp(times, np.arange(len(strength)) / 100, strength).reshape(-1, columns)
    alike = [np.corrcoef(one, other)[0, 1] for one, other in pairwise(lines)]
    assert np.nanmean(alike) > 0.35


def leaning(solution):
    groove = load_track("groove")
    beats = np.array(groove.truth["beats"])
    # Where in its line each first beat of a bar stands, counted in lines.
    place = beats[::4] * solution / 240 - np.arange(len(beats[::4]))
    assert np.all(np.diff(place) > 0)
    to_the_end = (place[-1] - place[0]) * groove.duration / (beats[::4][-1] - beats[0])
    assert abs(to_the_end - 1) < 0.01
