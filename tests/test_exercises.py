"""An answer gets one helpful sentence, whatever it is, and never an error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import exercises
from helpers.exercises import _DOTS, _verdict

HINT = "Think of the sample rate."
SQUARES = [((2,), 4), ((-3,), 9)]


def broken(x):
    """Fail."""
    raise KeyError("oops")


@pytest.mark.parametrize("expected", [3, "a", np.arange(3), SQUARES])
@pytest.mark.parametrize("answer", [..., None])
def test_dots(answer, expected):
    assert _verdict(answer, expected, HINT) == _DOTS


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3),
        (3.0, 3),
        (np.float32(0.1), 0.1),
        (True, True),
        ("mel", "mel"),
        ([1, 2], np.array([1, 2])),
        (np.array([1.0, 2.0]), (1, 2)),
        (np.zeros((0,)), []),
        (1 + 1e-9, 1),
        (["a", "b"], ["a", "b"]),
        (1j, 1j),
        (lambda x: x * x, SQUARES),
        (lambda x: [x, x], [((1,), [1, 1])]),
    ],
)
def test_right(answer, expected):
    assert _verdict(answer, expected, HINT) == "Right."


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (4, 3, "is 4, and that is not it"),
        (float("nan"), 3, "is nan, and that is not it"),
        (1.001, 1, "is 1.001, and that is not it"),
        (np.arange(3), np.arange(3) + 1, "and that is not it"),
        (np.arange(30), np.arange(30) + 1, "is an array of shape (30,), and that is not it"),
        ("mal", "mel", "is 'mal', and that is not it"),
        ([1, 2], 3, "has the shape (2,), but () was asked for"),
        (3, np.arange(3), "has the shape (), but (3,) was asked for"),
        ("3", 3, "is '3', of type str, but int was asked for"),
        (3, "mel", "is 3"),
        (object, 3, "is"),
        (len, 3, "is"),
        (3, SQUARES, ""),
        ([1, [2, 3]], 3, "is [1, [2, 3]], of type list, but int was asked for"),
        ({}, 3, "is {}"),
        (lambda x: x, SQUARES, "for (2) your answer is 2, and that is not it"),
        (lambda x: x + 2, SQUARES, "for (-3) your answer is -1"),
        (lambda: 1, SQUARES, "for (2) your function stops with TypeError"),
        (broken, SQUARES, "for (2) your function stops with KeyError: 'oops'"),
        (lambda x: "four", SQUARES, "for (2) your answer is 'four', of type str"),
        (lambda x: [x, x], SQUARES, "for (2) your answer has the shape (2,), but () was asked for"),
    ],
)
def test_wrong_gets_the_hint(answer, expected, says):
    sentence = _verdict(answer, expected, HINT)
    assert sentence.startswith("Not yet: ")
    assert sentence.endswith(HINT)
    assert says in sentence
    assert "  " not in sentence


def test_a_function_still_with_dots():
    assert _verdict(lambda x: ..., SQUARES, HINT) == _DOTS
    assert _verdict(lambda x: None, SQUARES, HINT) == _DOTS


def test_how_close_is_close_enough():
    assert _verdict(101, 100, close=0.02) == "Right."
    assert _verdict(103, 100, close=0.02) != "Right."
    assert _verdict(1e-10, 0) == "Right."
    assert _verdict(0.001, 0) != "Right."


def test_without_a_hint_nothing_trails():
    assert _verdict(4, 3) == "Not yet: your answer is 4, and that is not it."


def test_long_answers_are_cut_short():
    assert len(_verdict("x" * 1000, "y")) < 150
    assert "an array of shape (2, 50)" in _verdict(lambda a: 0, [((np.zeros((2, 50)),), 1)])


@pytest.mark.parametrize("expected", [3, "a", np.arange(3.0), np.eye(2), [1, 2], True, SQUARES])
@given(
    answer=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=2), st.tuples(inner)
        ),
        max_leaves=5,
    )
)
def test_never_raises(answer, expected):
    assert _verdict(answer, expected, HINT) in (_DOTS, "Right.") or _verdict(answer, expected, HINT).startswith(
        "Not yet: "
    )


@pytest.mark.parametrize("expected", [3, "a", np.arange(3.0), SQUARES])
@pytest.mark.parametrize("answer", [object(), slice(3), np.array([None]), np.ma.masked, int, set()])
def test_never_raises_for_odd_things(answer, expected):
    assert _verdict(answer, expected, HINT).startswith("Not yet: ")


def test_check_prints_the_sentence(capsys):
    exercises.check(3, 3)
    exercises.check(4, 3, HINT)
    exercises.check(..., 3)
    assert capsys.readouterr().out.splitlines() == ["Right.", _verdict(4, 3, HINT), _DOTS]
