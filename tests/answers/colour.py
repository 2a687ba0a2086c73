"""Tries the solutions of chapter 13 on inputs that its reader did not see."""

from itertools import combinations

import numpy as np
from coloraide import Color

from helpers import colors


def six_colors(solution):
    known = [Color("srgb", [float(part) / 255 for part in pixel]) for pixel in solution]
    assert len(known) == 6
    light = [color.convert("lab-d65")["lightness"] for color in known]
    assert max(light) - min(light) <= 3
    assert min(one.delta_e(other, method="2000") for one, other in combinations(known, 2)) >= 20


def loudest_of(solution):
    dice = np.random.default_rng(1)
    for loudest in range(12):
        loudness, chroma, hue = dice.uniform(0, [[0.9], [0.14], [1]], (3, 12))
        loudness[loudest] = 1
        assert solution(colors.oklch(0.2 + 0.7 * loudness, chroma, hue)) == loudest
