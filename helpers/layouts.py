"""Where: which place on the picture shows which moment. Explained in notebooks/06-squash.ipynb.

A layout is a grid of cells. Each cell is a small timeline: `bins` high (the lowest at the bottom) and as many
moments wide as it gets. The layout says only in which order time visits the cells.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Layout:
    """A permutation of stretches of time over the cells of a grid.

    Attributes
    ----------
    order : int64 [rows, cols]
        Which cell in time (0 is the first) stands at each place of the grid; row 0 is the top.

    Raises
    ------
    ValueError
        If `order` is not a permutation of 0 … rows × cols − 1: some music would be lost, or shown twice.
    """

    order: np.ndarray

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

    def arrange(self, values: np.ndarray) -> np.ndarray:
        """Lay measurements out as a picture.

        Parameters
        ----------
        values : [bins, n] or [bins, n, channels], any dtype
            `n` must be a multiple of the number of cells.

        Returns
        -------
        [rows × bins, cols × n / cells] or the same with channels, of the same dtype
            Row 0 is the top; inside a cell the highest bin is at the top.

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
        tiles = values[::-1].reshape(bins, self.cells, n // self.cells, *channels)
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
        return in_time.reshape(bins, self.cells * width, *channels)[::-1]


def timeline() -> Layout:
    """Return the plainest layout: one cell, time from left to right."""
    return Layout(np.zeros((1, 1), np.int64))
