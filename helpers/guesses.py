"""What guesses say: shares, how far to trust them, what is settled. Explained in notebooks/15-guess.ipynb.

A guess is one answer to one question with four choices, so whoever knows nothing is right in a quarter of them.
"""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from helpers import checks

__all__ = ["CHOICES", "Difference", "Guess", "Score", "differences", "pool", "power", "scores", "settles", "wilson"]

CHOICES = 4
# No quiz is longer, so that a file of another kind is not read to its end.
_MOST_ROUNDS = 10_000


@dataclass(frozen=True)
class Guess:
    """One answer.

    Attributes
    ----------
    person : int
        Who gave it: a number, from 0.
    round, rounds : int
        Which question it was, from 1, and how many were planned.
    layout : str
        What the pictures were.
    way : str
        "hear": a sound was heard and one of four pictures chosen; "see": a picture was seen and a sound chosen.
    wrong : str
        Where the three wrong ones came from: "hard", the same family; "easy", three others; "any", by chance.
    right : bool
    seconds : float
        How long it took.

    Examples
    --------
    >>> guesses.Guess(0, 1, 40, "portrait", "hear", "easy", True, 3.0).right
    True
    """

    person: int
    round: int
    rounds: int
    layout: str
    way: str
    wrong: str
    right: bool
    seconds: float


@dataclass(frozen=True)
class Score:
    """How many guesses are right, and between which shares the truth may lie.

    Attributes
    ----------
    right, of : int
    share, low, high : float
        The share, and its Wilson interval of 95 %, wider where people differ more than chance.

    Examples
    --------
    >>> print(guesses.Score(5, 10, 0.5, *guesses.wilson(5, 10)))
    5 of 10, 50% [24% to 76%]
    """

    right: int
    of: int
    share: float
    low: float
    high: float

    def __str__(self):
        return f"{self.right} of {self.of}, {self.share:.0%} [{self.low:.0%} to {self.high:.0%}]"


@dataclass(frozen=True)
class Difference:
    """How much more often people are right with one kind of picture than with another.

    Attributes
    ----------
    one, other : str
    difference, low, high : float
        The difference of two shares, and its interval, wide enough for all pairs together.

    Examples
    --------
    >>> print(guesses.Difference("timeline", "portrait", 0.2, 0.05, 0.33))
    timeline − portrait: +20% [+5% to +33%], settled
    """

    one: str
    other: str
    difference: float
    low: float
    high: float

    @property
    def settled(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    def __str__(self):
        verdict = "settled" if self.settled else "not settled"
        return f"{self.one} − {self.other}: {self.difference:+.0%} [{self.low:+.0%} to {self.high:+.0%}], {verdict}"


def wilson(right, of, confidence: float = 0.95):
    """Return between which two shares the truth lies if so many guesses are right (Wilson 1927).

    Parameters
    ----------
    right, of : number or array
        How many are right, of how many.
    confidence : float
        In so many of all such intervals the truth lies, nearly.

    Returns
    -------
    low, high : float64 or arrays
        0 and 1 where nobody has guessed.

    Examples
    --------
    >>> print("{:.2f} to {:.2f}".format(*guesses.wilson(5, 10)))
    0.24 to 0.76
    """
    from scipy.special import ndtri

    right, of = np.asarray(right, dtype=float), np.asarray(of, dtype=float)
    z = ndtri(0.5 + confidence / 2)
    n = np.maximum(of, 1e-12)
    share = right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = (
        np.clip(np.where(of > 0, end, other), 0, 1)[()] for end, other in ((middle - half, 0), (middle + half, 1))
    )
    return low, high


def settles(right, of, other_right, other_of, confidence: float = 0.95):
    """Return the interval of the difference of two shares, the first less the other (Newcombe 1998).

    Parameters
    ----------
    right, of, other_right, other_of : number or array
    confidence : float

    Returns
    -------
    low, high : float64 or arrays
        If both are on one side of zero, the difference is settled.

    Examples
    --------
    >>> print("{:.2f} to {:.2f}".format(*guesses.settles(56, 70, 48, 80)))
    0.05 to 0.33
    """
    one, other = right / np.maximum(of, 1e-12), other_right / np.maximum(other_of, 1e-12)
    low, high = wilson(right, of, confidence)
    other_low, other_high = wilson(other_right, other_of, confidence)
    down = np.sqrt((one - low) ** 2 + (other_high - other) ** 2)
    up = np.sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return one - other - down, one - other + up


def scores(guesses: Iterable[Guess], by: str = "layout") -> dict:
    """Return how often people are right.

    Guesses of one person resemble each other: some people are simply better. Where the persons' shares differ more than
    chance would let them, the guesses count as fewer (Rao and Scott 1992), so that the interval is as wide as it must.

    Parameters
    ----------
    guesses : iterable of Guess
    by : str
        Which of their attributes tells them apart: "layout", "way", "wrong" or "person".

    Returns
    -------
    dict of str to Score
        In the order in which the names first appear.

    Examples
    --------
    >>> print(guesses.scores([guesses.Guess(0, 1, 1, "portrait", "hear", "easy", True, 3.0)])["portrait"])
    1 of 1, 100% [21% to 100%]
    """
    found = {}
    for name, (right, of, worth) in _counted(guesses, by).items():
        share = right / of
        found[name] = Score(right, of, share, *map(float, wilson(share * worth, worth)))
    return found


def differences(guesses: Iterable[Guess], by: str = "layout") -> list[Difference]:
    """Return how every two kinds of guesses differ, the greatest difference first.

    With many pairs one of them would seem settled by chance; so the 95 % hold for all pairs together (Bonferroni).

    Parameters
    ----------
    guesses : iterable of Guess
    by : str
        As for `scores`.

    Returns
    -------
    list of Difference
        Each names the better one first.

    Examples
    --------
    >>> made = [guesses.Guess(0, 1, 1, name, "hear", "easy", name == "portrait", 3.0) for name in quizzes.LAYOUTS[-2:]]
    >>> print(*guesses.differences(made * 20))
    portrait − self-similarity: +100% [+77% to +100%], settled
    """
    counted = _counted(guesses, by)
    pairs, found = list(combinations(counted, 2)), []
    for one, other in pairs:
        if counted[one][0] / counted[one][1] < counted[other][0] / counted[other][1]:
            one, other = other, one
        (p, worth), (q, other_worth) = ((right / of, worth) for right, of, worth in (counted[one], counted[other]))
        ends = settles(p * worth, worth, q * other_worth, other_worth, 1 - 0.05 / len(pairs))
        found.append(Difference(one, other, p - q, *map(float, ends)))
    return sorted(found, key=lambda pair: -pair.difference)


def power(one: float, other: float, rounds: int, pairs: int = 1, trials: int = 2000, seed: int = 0) -> float:
    """Return how often an experiment settles a difference that is there, by trying it with dice.

    Parameters
    ----------
    one, other : float
        How often people are right, in truth, with each of two kinds of pictures: 0 to 1.
    rounds : int
        How many guesses are made with each.
    pairs : int
        How many pairs are compared together.
    trials : int
        How many experiments are tried.
    seed : int

    Returns
    -------
    float
        The share of experiments that settle it in the right direction.

    Raises
    ------
    ValueError
        If `rounds`, `pairs` or `trials` is no whole number above zero, or a share is not between 0 and 1.

    Examples
    --------
    >>> guesses.power(0.9, 0.3, rounds=40) > 0.99
    True
    """
    rounds, pairs, trials = (
        checks.whole(value, name) for value, name in ((rounds, "rounds"), (pairs, "pairs"), (trials, "trials"))
    )
    for share in (one, other):
        if not 0 <= share <= 1:
            raise ValueError(f"A share of {share!r} was given; a number from 0 to 1 was expected.")
    rng = np.random.default_rng(seed)
    right = rng.binomial(rounds, [[one], [other]], (2, trials))
    low, high = settles(right[0], rounds, right[1], rounds, 1 - 0.05 / pairs)
    return float(np.mean(low > 0 if one >= other else high < 0))


def pool(results) -> list[Guess]:
    """Read the results of several people, each saved by the quiz as a file of its own.

    Parameters
    ----------
    results : str or Path, or a list of them
        Files; or a folder, of which all files that end in .csv are read.

    Returns
    -------
    list of Guess
        Their persons are numbers, in the order of the files.

    Raises
    ------
    ValueError
        If there is no such file, or something in it is not what the quiz saves; the sentence names file and line.

    Examples
    --------
    >>> guesses.pool([])
    Traceback (most recent call last):
    ValueError: No results were found: save some in the quiz, and name the files or their folder.
    """
    single = isinstance(results, str | os.PathLike)
    paths = [Path(os.path.expanduser(path)) for path in ([results] if single else results)]
    if single and paths[0].is_dir():
        paths = sorted(path for path in paths[0].iterdir() if path.suffix.lower() == ".csv")
    if not paths:
        raise ValueError("No results were found: save some in the quiz, and name the files or their folder.")
    pooled, seen = [], {}
    for person, path in enumerate(paths):
        rows = tuple(_read(path))
        if (twin := seen.setdefault(rows, path)) is not path:
            raise ValueError(f"'{path.name}' holds the same guesses as '{twin.name}': leave one of the two out.")
        pooled += [Guess(person, *row) for row in rows]
    return pooled


# What a field of a saved guess may be: how it is read, which values are good, and what these are in words.
_FIELDS = {
    "round": (int, lambda value: 1 <= value <= _MOST_ROUNDS, "a whole number from 1"),
    "rounds": (int, lambda value: 1 <= value <= _MOST_ROUNDS, "a whole number from 1"),
    "layout": (str, lambda value: 0 < len(value) <= 40 and value.isprintable(), "a short name"),
    "way": (str, {"hear", "see"}.__contains__, "hear or see"),
    "wrong": (str, {"easy", "hard", "any"}.__contains__, "easy, hard or any"),
    "right": ({"0": False, "1": True}.__getitem__, lambda value: True, "0 or 1"),
    "seconds": (float, lambda value: 0 <= value < 1e6, "a number of seconds"),
}


def _read(path: Path) -> list[tuple]:
    """Return the guesses of a file, without the person."""
    again = "Save the results in the quiz again, and leave the file as it is."
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line, _ in zip(csv.reader(file), range(_MOST_ROUNDS + 2), strict=False)]
    except OSError as error:
        raise ValueError(f"'{path}' cannot be read: {error.strerror}. Check the spelling.") from None
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"'{path.name}' is no table of text; the results of a quiz were expected. {again}") from None
    if not lines or lines[0] != list(_FIELDS):
        raise ValueError(
            f"'{path.name}' does not begin with the line '{','.join(_FIELDS)}', as the results of a quiz do. {again}"
        )
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(_FIELDS):
            raise ValueError(f"'{path.name}', line {number}: {len(line)} values; {len(_FIELDS)} were expected. {again}")
        row = []
        for text, (name, (kind, good, words)) in zip(line, _FIELDS.items(), strict=True):
            try:
                row.append(kind(text))
                fits = good(row[-1])
            except (ValueError, KeyError):
                fits = False
            if not fits:
                raise ValueError(
                    f"'{path.name}', line {number}: '{name}' is {text[:40]!r}; {words} was expected. {again}"
                )
        if row[0] != number - 1 or row[0] > row[1] or row[1] != (rows or [row])[0][1]:
            raise ValueError(
                f"'{path.name}', line {number}: round {row[0]} of {row[1]}; the rounds of one quiz were expected, "
                f"one after the other. {again}"
            )
        rows.append(tuple(row))
    if not rows:
        raise ValueError(f"'{path.name}' holds no guess. Play a round, then save.")
    return rows


def _counted(guesses, by: str) -> dict[str, tuple[int, int, float]]:
    """Return how many guesses are right, of how many, and as how many independent ones they count."""
    people = {}
    for guess in guesses:
        tally = people.setdefault(getattr(guess, by), {}).setdefault(guess.person, [0, 0])
        tally[0] += guess.right
        tally[1] += 1
    return {name: _worth(np.array(list(tallies.values()))) for name, tallies in people.items()}


def _worth(tallies) -> tuple[int, int, float]:
    """Return right, of, and of how many independent guesses the share is as sure, [people, 2] → three numbers."""
    right, of = tallies.sum(axis=0).tolist()
    people, share = len(tallies), right / of
    by_chance = of * share * (1 - share)
    if people < 2 or not by_chance:
        return right, of, of
    found = people / (people - 1) * ((tallies[:, 0] - share * tallies[:, 1]) ** 2).sum()
    return right, of, of / max(1, found / by_chance)
