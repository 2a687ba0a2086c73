"""A picture that knows the moment of every pixel. Explained in notebooks/06-squash.ipynb."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import colors, figures, moments, tracks


@dataclass(frozen=True, eq=False)
class Picture:
    """Music as pixels.

    Attributes
    ----------
    pixels : uint8 [H, W, 3]
        RGB; row 0 is the top.
    times : float32 [H, W] or None
        The second at which the moment of each pixel begins; None for a picture without music.
    track : Track or None
        The music.
    levels : uint8 [H, W] or None
        Where the colours come from a colormap, which of its 256 colours each pixel has.
    scale : colors.Scale or None
        That colormap, and the values of its first and last colour.
    """

    pixels: np.ndarray
    times: np.ndarray | None
    track: tracks.Track | None
    levels: np.ndarray | None = None
    scale: colors.Scale | None = None

    @classmethod
    def compose(cls, track, when, what, where, *, cmap="magma", low=None, high=None, unit="") -> "Picture":
        """Join when, what, where and how.

        Parameters
        ----------
        track : Track
            The music.
        when : float64 [n + 1]
            The edges of the moments, in seconds.
        what : [bins, n], or uint8 [bins, n, 3]
            What was measured in each moment; or its colours, such as `colors.oklch` makes them.
        where : Layout
            Which cell shows which moments; `n` must be a multiple of its cells.
        cmap, low, high
            As for `colors.colormap`, for values; colours stay as they are.
        unit : str
            What the values are measured in, such as "dB"; the player names it.

        Returns
        -------
        Picture
            rows × bins pixels high and cols × n / cells pixels wide.

        Raises
        ------
        ValueError
            If `what` does not have one column a moment, or the moments do not fill the cells.
        """
        what, when = np.asarray(what), moments.checked(when)
        colored = what.ndim == 3 and what.shape[2] == 3 and what.dtype == np.uint8
        if not (what.ndim == 2 or colored) or what.shape[1] != len(when) - 1:
            raise ValueError(
                f"Values of shape {what.shape} were given for {len(when) - 1} moments: one column a moment was "
                "expected; measure with the same `when`."
            )
        values = where.arrange(what)
        times = where.arrange(np.broadcast_to(when[:-1].astype(np.float32), what.shape[:2]))
        if colored:
            return cls(values, times, track)
        levels = colors.levels(values, low, high)
        low = float(values.min()) if low is None else low
        high = float(values.max()) if high is None else high
        return cls(colors.palette(cmap).take(levels, axis=0), times, track, levels, colors.Scale(cmap, low, high, unit))

    @property
    def alt(self) -> str:
        """One sentence for those who cannot see it, computed from its pixels."""
        height, width = self.pixels.shape[:2]
        if self.track is None:
            values = f", values from {self.scale.low:.3g} to {self.scale.high:.3g}" if self.scale else ""
            return f"Picture, {width} × {height} pixels{values}."
        starts, moment = in_order(self.times)
        light = self.pixels[..., 0].astype(np.uint16) + self.pixels[..., 1] + self.pixels[..., 2]
        per_moment = np.bincount(moment.ravel(), light.ravel()) / np.bincount(moment.ravel())
        where = (
            "all of it equally bright"
            if np.ptp(per_moment) == 0
            else f"brightest at {figures.clock(max(0, starts[per_moment.argmax()]))}, "
            f"darkest at {figures.clock(max(0, starts[per_moment.argmin()]))}"
        )
        # A moment is taken to end one moment after it begins, because only the beginnings are known.
        end = starts[-1] + (starts[-1] - starts[-2]) if len(starts) > 1 else self.track.duration
        whole = end - starts[0] > 0.99 * self.track.duration
        length = figures.clock(self.track.duration if whole else end - starts[0])
        since = "" if whole else f" from {figures.clock(starts[0])} on,"
        return (
            f"Picture of {self.track.name}, {width} × {height} pixels: {length} of music{since} "
            f"in {len(starts)} moments, {where}."
        )

    def __repr__(self):
        return self.alt

    def image(self, zoom: int = 1) -> Image.Image:
        """Return it as a Pillow image, every pixel drawn as `zoom` × `zoom` pixels, nothing smoothed."""
        return Image.fromarray(self.pixels.repeat(zoom, axis=0).repeat(zoom, axis=1))

    def save(self, path) -> None:
        """Write the pixels, neither more nor fewer, as an image file; the ending (.png) chooses the format."""
        path = Path(path)
        part = path.with_name(f".{path.stem}.part{path.suffix}")
        try:
            self.image().save(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    def enlarged(self) -> Image.Image:
        """Return it as a Pillow image of a size that a page likes: as many whole times larger as fit 800 × 448.

        Where it is many times as wide as high, rows are repeated until the shape is about 3 : 1, so that they can be
        seen and hit; a very high one is widened alike.
        """
        height, width = self.pixels.shape[:2]
        zoom = max(1, min(800 // width, 448 // height))
        higher, wider = (max(1, round(shape / 3)) for shape in (width / height, height / width))
        return Image.fromarray(self.pixels.repeat(zoom * higher, axis=0).repeat(zoom * wider, axis=1))

    def _repr_mimebundle_(self, include=None, exclude=None):
        return figures.bundle(self.enlarged(), self.alt)


def in_order(times):
    """Return the different values of `times` in order, and which of them each pixel has; [n] and int64 [H, W]."""
    # All the rows of a cell show the same moments.
    new = np.append(True, (times[1:] != times[:-1]).any(axis=1))
    rows = times[new]
    starts = np.unique(rows)
    return starts, np.searchsorted(starts, rows)[np.cumsum(new) - 1]
