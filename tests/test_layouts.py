"""Where: a layout loses nothing, repeats nothing, and can be undone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, scalar_dtypes

from helpers.layouts import Layout, timeline


def shuffled(rows: int, cols: int, seed: int) -> Layout:
    """Return a layout that visits its cells in a random order."""
    return Layout(np.random.default_rng(seed).permutation(rows * cols).reshape(rows, cols))


@st.composite
def layouts(draw):
    """Draw the timeline, or any permutation of at most 144 cells."""
    if draw(st.booleans()):
        return timeline()
    return shuffled(draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.integers(0, 999)))


def slow(where: Layout, values: np.ndarray) -> np.ndarray:
    """Arrange value by value."""
    bins, n = values.shape[:2]
    rows, cols = where.order.shape
    width = n // (rows * cols)
    picture = np.empty((rows * bins, cols * width, *values.shape[2:]), values.dtype)
    for row in range(rows):
        for col in range(cols):
            for i in range(width):
                for b in range(bins):
                    moment = where.order[row, col] * width + i
                    picture[row * bins + bins - 1 - b, col * width + i] = values[b, moment]
    return picture


@given(layouts(), st.integers(1, 7), st.integers(1, 7), st.sampled_from([(), (1,), (3,)]))
def test_arrange_is_the_slow_loop(where, bins, width, channels):
    shape = (bins, where.cells * width, *channels)
    values = np.arange(np.prod(shape)).reshape(shape)
    picture = where.arrange(values)
    assert np.array_equal(picture, slow(where, values))
    assert np.array_equal(where.unarrange(picture, bins), values)


@given(st.data(), layouts(), scalar_dtypes())
def test_unarrange_undoes_arrange_for_any_dtype(data, where, dtype):
    shape = (data.draw(st.integers(1, 4)), where.cells * data.draw(st.integers(1, 3)))
    values = data.draw(arrays(dtype, shape, fill=st.nothing() if shape[1] < 20 else None))
    picture = where.arrange(values)
    again = where.unarrange(picture, shape[0])
    assert picture.dtype == again.dtype == values.dtype
    assert again.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    ("rows", "cols", "bins", "width"),
    [(1, 1, 512, 512), (1, 1, 511, 1), (224, 224, 1, 1), (16, 16, 14, 14), (13, 23, 23, 13), (299, 1, 1, 299)],
)
def test_pictures_of_any_size(rows, cols, bins, width):
    where = shuffled(rows, cols, 0)
    values = np.random.default_rng(1).random((bins, rows * cols * width), np.float32)
    picture = where.arrange(values)
    assert picture.shape == (rows * bins, cols * width)
    assert np.array_equal(np.sort(picture, axis=None), np.sort(values, axis=None))
    assert np.array_equal(where.unarrange(picture, bins), values)


def test_timeline_only_puts_the_lowest_at_the_bottom():
    values = np.arange(12).reshape(3, 4)
    assert timeline().cells == 1
    assert np.array_equal(timeline().arrange(values), values[::-1])


def test_a_cell_stands_where_the_order_says():
    where = Layout([[2, 0], [1, 3]])
    assert where.cells == 4
    assert np.array_equal(where.arrange([[10, 11, 12, 13]]), [[12, 10], [11, 13]])


def test_arranging_changes_nothing_given():
    order, values = np.array([[1, 0]]), np.arange(4.0).reshape(1, 4)
    where = Layout(order)
    where.arrange(values)[:] = -1
    where.unarrange(values, 1)[:] = -1
    order[:] = 0
    assert np.array_equal(values, [[0, 1, 2, 3]])
    assert np.array_equal(where.order, [[1, 0]])


@pytest.mark.parametrize(
    "order",
    [
        0,
        [0, 1],
        [[[0]]],
        [[0, 0]],
        [[0, 2]],
        [[1, 2]],
        [[-1, 0]],
        [[0.5, 1]],
        [[0, float("nan")]],
        [["a", "b"]],
        [[]],
        np.empty((0, 0)),
    ],
)
def test_bad_orders(order):
    with pytest.raises(ValueError, match=r"^A layout of shape .* was given that .*: it would lose or repeat music\.$"):
        Layout(order)


@pytest.mark.parametrize("shape", [(3,), (), (2, 5), (2, 7, 3), (2, 0), (0, 6)])
def test_values_that_do_not_fill_the_cells(shape):
    with pytest.raises(ValueError, match=r"^Values of shape .* were given for 6 cells: .* must be a multiple of 6\.$"):
        shuffled(2, 3, 0).arrange(np.zeros(shape))


@pytest.mark.parametrize("shape", [(8,), (), (7, 6), (8, 7), (8, 7, 3), (8, 0), (0, 6)])
def test_pictures_that_the_layout_cannot_have_made(shape):
    with pytest.raises(ValueError, match=r"^A picture of shape .* was given; .* were expected\.$"):
        shuffled(2, 3, 0).unarrange(np.zeros(shape), 4)
