"""Check an answer, and give a hint instead of an error. Explained in notebooks/01-waveform.ipynb."""

import numpy as np

__all__ = ["check"]

_DOTS = "Not answered yet: put your answer in place of the dots, then run this cell again."


def check(answer, expected, hint: str = "", close: float = 1e-6) -> None:
    """Compare an answer with what was asked for and print one helpful sentence.

    Parameters
    ----------
    answer
        A number, a text, an array, or a function. Dots (...) mean that it is not answered yet.
    expected
        What the answer should be. For a function, a list of examples `(arguments, result)`, each of the arguments
        a tuple.
    hint : str
        What to say when the answer is wrong.
    close : float
        How far off a number may be, relative to the expected one.

    Examples
    --------
    >>> check(2 + 2, 4)
    Right.
    >>> check(..., 4)
    Not answered yet: put your answer in place of the dots, then run this cell again.
    """
    print(_verdict(answer, expected, hint, close))


def _verdict(answer, expected, hint: str = "", close: float = 1e-6) -> str:
    """Return the sentence that `check` prints."""
    if not callable(answer) or not isinstance(expected, list) or not all(isinstance(e, tuple) for e in expected):
        return _compared(answer, expected, "", hint, close)
    for arguments, result in expected:
        given = ", ".join(_brief(argument) for argument in arguments)
        try:
            answered = answer(*arguments)
        except Exception as error:
            return f"Not yet: for ({given}) your function stops with {type(error).__name__}: {error}. {hint}".strip()
        sentence = _compared(answered, result, f"for ({given}) ", hint, close)
        if sentence != "Right.":
            return sentence
    return "Right."


def _compared(answer, expected, where: str, hint: str, close: float) -> str:
    """Return "Right.", or a sentence that says in what way `answer` differs from `expected`."""
    if answer is ... or answer is None:
        return _DOTS
    try:
        got, wanted = np.asarray(answer), np.asarray(expected)
        if got.shape != wanted.shape:
            wrong = f"has the shape {got.shape}, but {wanted.shape} was asked for"
        elif wanted.dtype.kind in "biufc":
            equal = np.allclose(got, wanted, rtol=close, atol=close * 1e-3)
            wrong = "" if equal else f"is {_brief(answer)}, and that is not it"
        else:
            wrong = "" if (got == wanted).all() else f"is {_brief(answer)}, and that is not it"
    except (TypeError, ValueError):
        wrong = f"is {_brief(answer)}, of type {type(answer).__name__}, but {type(expected).__name__} was asked for"
    return f"Not yet: {where}your answer {wrong}. {hint}".strip() if wrong else "Right."


def _brief(value) -> str:
    """Return a value as short text."""
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"an array of shape {value.shape}"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
