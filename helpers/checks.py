"""What is refused, in a sentence: what was given, what was expected, what to do."""

import numpy as np

__all__ = []


def checked(when) -> np.ndarray:
    """Return `when` as float64, or raise a ValueError that says what is wrong with it as moments."""
    when = np.asarray(when, dtype=np.float64)
    if when.ndim != 1 or len(when) < 2 or not np.isfinite(when).all() or (np.diff(when) <= 0).any():
        raise ValueError(
            f"Moments are increasing edges in seconds, [n + 1] finite numbers; given was an array of shape "
            f"{when.shape} that is not: use moments.even(track, n)."
        )
    return when


def whole(number, name: str, least: int = 1) -> int:
    """Return a number as an int, or raise a ValueError that names it unless it is whole and at least `least`."""
    try:
        exact = int(number)
        if exact == number and exact >= least:
            return exact
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name}={number!r} was given; a whole number of at least {least} was expected.")
