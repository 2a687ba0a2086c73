"""Where: a layout loses nothing, repeats nothing, and can be undone; and what belongs together stays near."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, scalar_dtypes

from helpers.layouts import Layout, distances, gaps, hilbert, rows, snake, timeline, worst_locality, z_order

GRIDS = [rows, snake, z_order, hilbert]
every_grid = pytest.mark.parametrize("grid", GRIDS)
sides = st.integers(1, 40)


def shuffled(rows: int, cols: int, seed: int) -> Layout:
    """Return a layout that visits its cells in a random order."""
    return Layout(np.random.default_rng(seed).permutation(rows * cols).reshape(rows, cols))


@st.composite
def layouts(draw):
    """Draw the timeline, any permutation of at most 144 cells, or one of the layouts; centred or not."""
    kind = draw(st.sampled_from([timeline, None, *GRIDS]))
    sizes = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    if kind is timeline:
        where = timeline()
    elif kind is None:
        where = shuffled(*sizes, draw(st.integers(0, 999)))
    else:
        where = kind(*sizes)
    return where.centred() if draw(st.booleans()) else where


def row_of_bin(where: Layout, b: int, bins: int) -> int:
    """Return how far below the top of its cell a bin stands, one step after the other."""
    if not where.from_middle:
        return bins - 1 - b
    row = bins // 2
    for step in range(b + 1):
        row += step if step % 2 == 0 else -step
    return row


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
                    picture[row * bins + row_of_bin(where, b, bins), col * width + i] = values[b, moment]
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


# Low notes in the middle.


def test_centred_as_the_original():
    def centerize(spec):
        out = np.zeros_like(spec)
        middle = len(spec) // 2
        out[middle:] = spec[0::2]
        out[:middle] = spec[1::2][::-1]
        return out

    for bins in range(1, 30):
        values = np.arange(bins * 6).reshape(bins, 6)
        assert np.array_equal(timeline().centred().arrange(values), centerize(values))


def test_centred_changes_nothing_but_the_rows_of_a_cell():
    where = rows(2, 2).centred()
    assert np.array_equal(where.order, [[0, 1], [2, 3]])
    assert where.arrange(np.arange(5)[:, np.newaxis].repeat(4, axis=1))[:, 0].tolist() == [3, 1, 0, 2, 4] * 2
    assert not rows(2, 2).from_middle
    assert np.array_equal(where.centred().bins_from_top(5), where.bins_from_top(5))


# Where each moment stands.


@given(layouts())
def test_places_are_the_inverse(where):
    assert where.places.dtype == np.int64
    assert where.places.shape == (where.cells, 2)
    for moment, (row, col) in enumerate(where.places):
        assert where.order[row, col] == moment


@given(layouts())
def test_neighbours_are_the_slow_loop(where):
    high, wide = where.order.shape
    expected = Counter()
    for row, col in np.ndindex(high, wide):
        for below, right in ((row + 1, col), (row, col + 1)):
            if below < high and right < wide:
                expected[tuple(sorted((int(where.order[row, col]), int(where.order[below, right]))))] += 1
    assert Counter(map(tuple, where.neighbours.tolist())) == expected


# The layouts.


@every_grid
@given(high=sides, wide=sides)
def test_any_rectangle_holds_every_moment_once(grid, high, wide):
    order = grid(high, wide).order
    assert order.dtype == np.int64
    assert order.shape == (high, wide)
    assert order[0, 0] == 0
    assert np.array_equal(np.sort(order, axis=None), np.arange(high * wide))


@every_grid
@pytest.mark.parametrize(
    ("high", "wide"), [(1, 5000), (5000, 1), (2, 3001), (3001, 2), (3, 1000), (512, 511), (299, 299)]
)
def test_flat_and_large_ones(grid, high, wide):
    order = grid(high, wide).order
    assert np.array_equal(np.sort(order, axis=None), np.arange(high * wide))


@every_grid
@pytest.mark.parametrize(("high", "wide"), [(0, 4), (4, 0), (-1, 4), (2.5, 4), (4, "4"), (4, None), (4, float("inf"))])
def test_sizes_that_are_none(grid, high, wide):
    with pytest.raises(ValueError, match=r"^(nrows|ncols)=.* was given; a whole number of at least 1 was expected\.$"):
        grid(high, wide)


@every_grid
def test_whole_numbers_of_any_type(grid):
    assert np.array_equal(grid(np.int32(6), 4.0).order, grid(6, 4).order)


def test_rows_are_lines_of_a_text():
    assert rows(2, 3).order.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert rows(3).order.tolist() == [[0], [1], [2]]


def test_snake_turns_round_at_the_end_of_a_row():
    assert snake(3, 3).order.tolist() == [[0, 1, 2], [5, 4, 3], [6, 7, 8]]


@given(sides, sides)
def test_rows_and_snake_go_through_the_same_rows(high, wide):
    assert np.array_equal(np.sort(snake(high, wide).order, axis=1), rows(high, wide).order)
    assert (distances(snake(high, wide), 1) == 1).all() if high * wide > 1 else True


@given(sides, sides)
def test_z_order_sorts_places_by_their_interleaved_digits(high, wide):
    def code(place):
        row, col = (f"{number:06b}" for number in place)
        return "".join(a + b for a, b in zip(row, col, strict=True))

    expected = sorted(np.ndindex(high, wide), key=code)
    assert [tuple(place) for place in z_order(high, wide).places.tolist()] == expected


def slow_hilbert(order: int) -> list[tuple[int, int]]:
    """Return the places of Hilbert's curve, row and column, by asking of each cell on its own."""
    places = []
    for moment in range(4**order):
        row = col = 0
        for level in range(order):
            side = 2**level
            quarter = moment >> 2 * level & 3
            if quarter == 0:
                row, col = col, row
            elif quarter == 3:
                row, col = side - 1 - col, side - 1 - row
            row += side * (quarter in (1, 2))
            col += side * (quarter in (2, 3))
        places.append((row, col))
    return places


@pytest.mark.parametrize("order", range(8))
def test_hilbert_of_powers_of_two_is_the_classical_curve(order):
    assert [tuple(place) for place in hilbert(2**order, 2**order).places.tolist()] == slow_hilbert(order)


@settings(max_examples=300)
@given(sides, sides)
def test_hilbert_takes_only_steps_to_a_touching_cell(high, wide):
    places = hilbert(high, wide).places
    assert (np.abs(np.diff(places, axis=0)).sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("high", "wide"), [(224, 224), (223, 223), (224, 225), (225, 224), (512, 301), (2, 999), (7, 448)]
)
def test_hilbert_takes_only_such_steps_in_large_ones(high, wide):
    assert (distances(hilbert(high, wide), 1) == 1).all()


@given(sides, sides)
def test_hilbert_turned_on_its_side(high, wide):
    if high != wide:
        assert np.array_equal(hilbert(high, wide).order, hilbert(wide, high).order.T)


# Near in time, near on the picture.


@settings(max_examples=30)
@given(layouts())
def test_measures_are_the_slow_loops(where):
    if where.cells == 1:
        return
    apart = [abs(int(a) - int(b)) for a, b in where.neighbours]
    assert gaps(where).tolist() == apart
    square = {
        pair: int(((where.places[pair[0]] - where.places[pair[1]]) ** 2).sum())
        for pair in combinations(range(where.cells), 2)
    }
    assert worst_locality(where) == pytest.approx(max(s / (j - i) for (i, j), s in square.items()), rel=1e-12)
    for k in {1, where.cells // 2, where.cells - 1} - {0}:
        expected = [square[i, i + k] ** 0.5 for i in range(where.cells - k)]
        assert np.allclose(distances(where, k), expected, rtol=1e-12)


@pytest.mark.parametrize("apart", [2.0, np.int64(2), np.float32(2)])
def test_a_whole_distance_may_be_of_any_type(apart):
    assert np.array_equal(distances(hilbert(4, 4), apart), distances(hilbert(4, 4), 2))


@pytest.mark.parametrize("apart", [0, 6, 7, -1, 1.5, "2", None, [2], float("nan")])
def test_pairs_that_do_not_exist(apart):
    with pytest.raises(ValueError, match=r"^apart=.* was given"):
        distances(rows(2, 3), apart)


def test_one_cell_has_no_pairs():
    assert worst_locality(timeline()) == 0
    assert len(gaps(timeline())) == 0
    assert timeline().neighbours.shape == (0, 2)


@pytest.mark.parametrize(
    ("order", "worst"), [(2, 2.5), (3, 3.625), (4, 4.4815), (5, 5.2326), (6, 5.6199), (7, 5.8111), (8, 5.9059)]
)
def test_worst_locality_of_powers_of_two(order, worst):
    side = 2**order
    assert round(worst_locality(hilbert(side, side)), 4) == worst
    assert worst_locality(z_order(side, side)) == worst_locality(rows(side, side)) == (side - 1) ** 2 + 1
    assert worst_locality(snake(side, side)) == side - 1


@settings(max_examples=30)
@given(high=st.integers(2, 70), more=st.floats(1, 2))
def test_worst_locality_of_rectangles_that_are_not_flat(high, more):
    assert worst_locality(hilbert(high, int(high * more))) < 8


def test_worst_locality_of_a_picture():
    assert round(worst_locality(hilbert(224, 224)), 4) == 5.8588


@pytest.mark.parametrize(
    ("where", "mean"),
    [
        (hilbert(224, 224), [4.4, 8.9, 17.4]),
        (z_order(256, 256), [6.6, 12.9, 24.9]),
        (rows(224, 224), [29.7, 91.3, 54.8]),
    ],
)
def test_mean_distances(where, mean):
    assert [round(float(distances(where, apart).mean()), 1) for apart in (16, 64, 256)] == mean


@pytest.mark.parametrize(
    ("grid", "mean", "median"), [(hilbert, 156, 1), (z_order, 128, 2), (snake, 128, 1), (rows, 128, 128)]
)
def test_gaps_in_time_between_touching_pixels(grid, mean, median):
    apart = gaps(grid(256, 256))
    assert apart.mean() == pytest.approx(mean, abs=0.5)
    assert np.median(apart) == pytest.approx(median, abs=0.5)


def test_a_cropped_hilbert_jumps():
    order = hilbert(256, 256).order[:224, :224]
    steps = distances(Layout(order.argsort(axis=None).argsort().reshape(order.shape)), 1)
    assert (steps > 1).sum() == 5
    assert steps.max() == 63


def test_the_originals_matrix_for_powers_of_two():
    for order in range(1, 6):
        side = 2**order
        matrix = [[0]]
        for _ in range(order):
            matrix = [row + [value + len(row) ** 2 for value in row] for row in matrix]
            matrix += [[value + len(row) ** 2 // 2 for value in row] for row in matrix]
        assert z_order(side, side).order.tolist() == matrix
