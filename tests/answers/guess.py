"""Tries the solutions of chapter 15 on inputs that its reader did not see."""

import numpy as np
from scipy.stats import binomtest


def must_be_right(solution):
    for rounds in (5, 12, 33, 100):
        low = [binomtest(right, rounds).proportion_ci(method="wilson").low for right in range(rounds + 1)]
        right = solution(rounds)
        assert low[right] > 0.25 >= low[right - 1]


def answers(solution):
    low = [
        binomtest(sum(solution[:n]), n).proportion_ci(method="wilson").low if n else 0 for n in range(len(solution) + 1)
    ]
    assert len(solution) == 40
    assert max(low[10:31]) > 0.25 >= low[40]


def first_meetings(solution):
    dice = np.random.default_rng(0)
    rounds = [dice.integers(0, 60, 4).tolist() for _ in range(30)]
    slow = [i for i, one in enumerate(rounds) if not any(name in earlier for earlier in rounds[:i] for name in one)]
    assert solution(rounds) == slow
    assert 1 < len(slow) < 30
