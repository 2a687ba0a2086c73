"""Where: which place on the picture shows which moment.

A layout is a grid of cells. Each cell is a small timeline: `bins` high (the lowest at the bottom, or in the middle)
and as many moments wide as it gets. The layout says only in which order time visits the cells. Explained in
notebooks/06-squash.ipynb (`timeline`), 07-tempo-wrap.ipynb (`rows`, `Layout.centred`), 08-space-filling.ipynb
(`snake`, `z_order`) and 09-hilbert.ipynb (`hilbert`, and how far a layout scatters what belongs together).
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from helpers.checks import whole

__all__ = ["Layout", "distances", "gaps", "hilbert", "rows", "snake", "timeline", "worst_locality", "z_order"]

_RIGHT, _UP = np.eye(2, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Layout:
    """A permutation of stretches of time over the cells of a grid.

    Attributes
    ----------
    order : int64 [rows, cols]
        Which cell in time (0 is the first) stands at each place of the grid; row 0 is the top.
    from_middle : bool
        Whether the lowest bin stands in the middle of each cell instead of at its bottom.

    Raises
    ------
    ValueError
        If `order` is not a permutation of 0 … rows × cols − 1: some music would be lost, or shown twice.

    Examples
    --------
    >>> layouts.Layout([[0, 1], [3, 2]]).arrange(np.array([[5, 6, 7, 8]]))
    array([[5, 6],
           [8, 7]])
    """

    order: np.ndarray
    from_middle: bool = False

    def __post_init__(self):
        order = np.asarray(self.order)
        if order.ndim != 2 or not order.size or not np.array_equal(np.sort(order, axis=None), np.arange(order.size)):
            raise ValueError(
                f"A layout of shape {order.shape} was given that does not hold each number from 0 to "
                f"{order.size - 1} exactly once in rows and columns: it would lose or repeat music."
            )
        object.__setattr__(self, "order", order.astype(np.int64))

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.order.size

    @cached_property
    def places(self) -> np.ndarray:
        """The row and the column of each cell, in order of time; int64 [cells, 2], the inverse of `order`."""
        return np.column_stack(np.unravel_index(np.argsort(self.order, axis=None), self.order.shape))

    @cached_property
    def neighbours(self) -> np.ndarray:
        """The pairs of cells that share a side, each the earlier one first; int64 [pairs, 2]."""
        beside = self.order[:, :-1].ravel(), self.order[:, 1:].ravel()
        below = self.order[:-1].ravel(), self.order[1:].ravel()
        return np.sort(np.concatenate([beside, below], axis=1).T, axis=1)

    def centred(self) -> "Layout":
        """Return the same layout with the lowest bin in the middle of each cell, the others above and below in turn."""
        return replace(self, from_middle=True)

    def bins_from_top(self, bins: int) -> np.ndarray:
        """Return which bin each row of a cell shows, from the top down; int64 [bins]."""
        falling = np.arange(bins)[::-1]
        return np.concatenate([falling[falling % 2 == 1], np.arange(0, bins, 2)]) if self.from_middle else falling

    def arrange(self, values: np.ndarray) -> np.ndarray:
        """Lay measurements out as a picture.

        Parameters
        ----------
        values : [bins, n] or [bins, n, channels], any dtype
            `n` must be a multiple of the number of cells.

        Returns
        -------
        [rows × bins, cols × n / cells] or the same with channels, of the same dtype
            Row 0 is the top; inside a cell the bins stand as `bins_from_top` says.

        Raises
        ------
        ValueError
            If the moments cannot be shared out evenly among the cells.
        """
        values = np.asarray(values)
        rows, cols = self.order.shape
        if values.ndim < 2 or values.shape[1] % self.cells or not values.size:
            raise ValueError(
                f"Values of shape {values.shape} were given for {self.cells} cells: the second number, how many "
                f"moments there are, must be a multiple of {self.cells}."
            )
        bins, n, *channels = values.shape
        tiles = values[self.bins_from_top(bins)].reshape(bins, self.cells, n // self.cells, *channels)
        tiles = tiles[:, self.order]
        return tiles.swapaxes(0, 1).reshape(rows * bins, cols * n // self.cells, *channels)

    def unarrange(self, picture: np.ndarray, bins: int) -> np.ndarray:
        """Undo `arrange`: from a picture of `bins` rows a cell, get the values back in order of time."""
        picture = np.asarray(picture)
        rows, cols = self.order.shape
        if picture.ndim < 2 or picture.shape[0] != rows * bins or picture.shape[1] % cols or not picture.size:
            raise ValueError(
                f"A picture of shape {picture.shape} was given; {rows} rows of cells, {bins} pixels high, and a "
                f"width that is a multiple of {cols} were expected."
            )
        width, channels = picture.shape[1] // cols, picture.shape[2:]
        tiles = picture.reshape(rows, bins, cols, width, *channels).swapaxes(0, 1)
        in_time = np.empty((bins, self.cells, width, *channels), picture.dtype)
        in_time[:, self.order] = tiles
        return in_time.reshape(bins, self.cells * width, *channels)[np.argsort(self.bins_from_top(bins))]


def timeline() -> Layout:
    """Return the plainest layout: one cell, time from left to right.

    Examples
    --------
    >>> layouts.timeline().arrange([[1, 2, 3], [4, 5, 6]])
    array([[4, 5, 6],
           [1, 2, 3]])
    """
    return Layout(np.zeros((1, 1), np.int64))


def rows(nrows: int, ncols: int = 1) -> Layout:
    """Return rows that are read like lines of a text: each from left to right, the first at the top.

    Parameters
    ----------
    nrows, ncols : int
        How many rows, and how many cells stand in each.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        If one of them is not a whole number of at least 1. So do the other layouts.

    Examples
    --------
    >>> layouts.rows(2, 3).order
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    nrows, ncols = _sides(nrows, ncols)
    return Layout(np.arange(nrows * ncols).reshape(nrows, ncols))


def snake(nrows: int, ncols: int) -> Layout:
    """Return rows that are read there and back: every second one from right to left.

    Examples
    --------
    >>> layouts.snake(2, 3).order
    array([[0, 1, 2],
           [5, 4, 3]])
    """
    nrows, ncols = _sides(nrows, ncols)
    order = np.arange(nrows * ncols).reshape(nrows, ncols)
    order[1::2] = order[1::2, ::-1]
    return Layout(order)


def z_order(nrows: int, ncols: int) -> Layout:
    """Return quarters within quarters: top left, top right, bottom left, bottom right, and so inside each.

    A place's Morton code has the bits of its row and its column in turn (G. M. Morton, 1966). Where the sides are
    not equal powers of two, the codes have gaps, so the places are ranked by their code: no moment is lost.

    Parameters
    ----------
    nrows, ncols : int
        How many cells there are, down and across.

    Returns
    -------
    Layout

    Examples
    --------
    >>> layouts.z_order(2, 4).order
    array([[0, 1, 4, 5],
           [2, 3, 6, 7]])
    """
    nrows, ncols = _sides(nrows, ncols)
    code = _interleaved(np.arange(nrows))[:, np.newaxis] * 2 + _interleaved(np.arange(ncols))
    order = np.empty(code.size, np.int64)
    order[np.argsort(code, axis=None)] = np.arange(code.size)
    return Layout(order.reshape(nrows, ncols))


def _interleaved(numbers: np.ndarray) -> np.ndarray:
    """Put a 0 before every bit: 0b111 becomes 0b010101."""
    bits = range(int(numbers.max()).bit_length())
    return sum((((numbers >> bit) & 1) << 2 * bit for bit in bits), np.zeros_like(numbers))


def hilbert(nrows: int, ncols: int) -> Layout:
    """Return Hilbert's curve (D. Hilbert, 1891), generalised: it fills any rectangle in steps to a touching cell.

    A block is walked from one corner to the next along its length. A square-like one is cut in three: walk up the
    left half of its lower part, along all of the upper part, and down the right half, each of them a block again,
    the first and the last lying on their side. A long one is cut across in two. With equal powers of two this is
    Hilbert's own curve.

    The ends of a walk through touching cells have different colours on a chessboard if the number of cells is even,
    else the same. So a block of odd length and even height has no such walk; cutting at even numbers never makes
    one. If the whole picture is one, the walk leads to the opposite corner, whose colour is right: the picture is
    cut across its longer side into a block and a smaller rest of the same kind.

    Parameters
    ----------
    nrows, ncols : int
        How many cells there are, down and across.

    Returns
    -------
    Layout
        It begins top left. With equal sides it ends top right.

    Examples
    --------
    >>> layouts.hilbert(4, 4).order
    array([[ 0,  1, 14, 15],
           [ 3,  2, 13, 12],
           [ 4,  7,  8, 11],
           [ 5,  6,  9, 10]])
    """
    nrows, ncols = _sides(nrows, ncols)
    length, height = max(nrows, ncols), min(nrows, ncols)

    @cache
    def along(length, height):
        """Walk from (0, 0) to (length − 1, 0); int64 [cells, 2]."""
        if height == 1:
            return _straight(length)
        if length > 2 and 2 * length > 3 * height:
            cut = _even_half(length)
            return np.concatenate([along(cut, height), along(length - cut, height) + cut * _RIGHT])
        cut, middle = _even_half(height), (length + 1) // 2
        up, down = along(cut, middle)[:, ::-1], along(cut, length - middle)[:, ::-1]
        across = along(length, height - cut) + cut * _UP if height > cut else up[:0]
        return np.concatenate([up, across, (length - 1, cut - 1) - down])

    def opposite(length, height):
        """Walk from (0, 0) to (length − 1, height − 1), where the length is odd and the height even."""
        if length == 1:
            return _straight(height)[:, ::-1]
        if length < height:
            cut = _even_half(height)
            return np.concatenate([along(cut, length)[:, ::-1], opposite(length, height - cut) + cut * _UP])
        cut = _even_half(length)
        return np.concatenate([along(cut, height), opposite(length - cut, height) + cut * _RIGHT])

    walk = (opposite if length % 2 > height % 2 else along)(length, height)
    row, col = walk.T if nrows > ncols else walk[:, ::-1].T
    order = np.empty((nrows, ncols), np.int64)
    order[row, col] = np.arange(nrows * ncols)
    return Layout(order)


def _straight(length: int) -> np.ndarray:
    """Return the walk along one row; int64 [length, 2]."""
    return np.column_stack([np.arange(length), np.zeros(length, np.int64)])


def _even_half(length: int) -> int:
    """Return an even number near the half."""
    return (length // 2 + 1) // 2 * 2


def _sides(nrows: int, ncols: int) -> tuple[int, int]:
    """Return the numbers of rows and columns as ints, or raise a ValueError if there cannot be so many."""
    return whole(nrows, "nrows"), whole(ncols, "ncols")


def distances(layout: Layout, apart: int) -> np.ndarray:
    """Return how far from each other on the picture two moments are, for all pairs `apart` cells apart in time.

    Parameters
    ----------
    layout : Layout
    apart : int
        From 1 to the number of cells − 1.

    Returns
    -------
    float64 [cells − apart]
        In cells, as the crow flies.

    Examples
    --------
    >>> layouts.distances(layouts.rows(2, 3), apart=1).round(2)
    array([1.  , 1.  , 2.24, 1.  , 1.  ])
    """
    apart = whole(apart, "apart")
    if apart >= layout.cells:
        raise ValueError(f"apart={apart} was given for {layout.cells} cells; less than {layout.cells} was expected.")
    return np.hypot(*(layout.places[apart:] - layout.places[:-apart]).T)


def gaps(layout: Layout) -> np.ndarray:
    """Return how far apart in time two touching cells are, in cells, for all pairs that share a side; int64 [pairs].

    Examples
    --------
    >>> layouts.gaps(layouts.rows(2, 3))
    array([1, 1, 1, 1, 3, 3, 3])
    """
    return np.diff(layout.neighbours, axis=1)[:, 0]


def worst_locality(layout: Layout) -> float:
    """Return the greatest distance² on the picture per distance in time, over all pairs of cells.

    The measure of C. Gotsman and M. Lindenbaum (1996): below 6 for Hilbert's curve of any order. Distances are in
    cells, as in `distances`.

    Examples
    --------
    >>> round(layouts.worst_locality(layouts.hilbert(64, 64)), 2)
    5.62
    """
    places = layout.places.T.copy()
    furthest = np.square(np.array(layout.order.shape) - 1).sum()
    reach = np.zeros(layout.cells)
    worst, apart = 0.0, 1
    # Pairs further apart in time than this cannot be worse: the picture is not large enough.
    while apart < layout.cells and furthest > worst * apart:
        square = np.square(places[:, apart:] - places[:, :-apart]).sum(axis=0).max()
        worst, reach[apart] = max(worst, float(square / apart)), np.sqrt(square)
        # Nor can a few more steps, if they reach no further than the two parts of the way one after the other.
        more = np.arange(1, min(apart, layout.cells - 1 - apart) + 1)
        together = reach[apart] + reach[more]
        skip = np.argmin(np.append(together**2 <= worst * (apart + more), False))
        reach[apart + 1 : apart + 1 + skip] = together[:skip]
        apart += 1 + skip
    return worst
