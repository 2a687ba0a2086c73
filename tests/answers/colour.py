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


def hue_of(solution):
    for pitch_class in range(12):
        hue, _ = colors.pitch_hue(np.eye(12)[:, [pitch_class]])
        assert abs(solution(pitch_class) - hue[0]) < 1e-6


def loudness_from(solution):
    loudness, chroma, hue = np.random.default_rng(1).uniform(0, [[1], [0.14], [1]], (3, 300))
    pixels = colors.oklch(0.2 + 0.7 * loudness, chroma, hue)
    assert np.abs(solution(pixels) - loudness).mean() < 0.05
    assert solution(pixels.reshape(3, 100, 3)).shape == (3, 100)
