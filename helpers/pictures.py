"""A picture that knows the moment of every pixel. Explained in notebooks/07-squash.ipynb."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import axes, colors, outputs, tracks
from helpers.checks import checked

__all__ = ["Picture", "gallery"]

# What an enlarged picture may fill on a page, width and height; and a picture of a more extreme shape than this is
# stretched, so that it can be seen and hit. The player is sent both.
ROOM, SLIMMEST = (800, 448), 3


@dataclass(frozen=True, eq=False)
class Picture:
    """Music as pixels.

    Attributes
    ----------
    pixels : uint8 [H, W, 3]
        RGB; row 0 is the top.
    times : float32 [H, W] or None
        The second at which the moment of each pixel begins, NaN where a pixel shows none, as in the margins of a
        figure; None for a picture without music.
    track : Track or None
        The music.
    levels : uint8 [H, W] or None
        Where the colours come from a colormap, which of its 256 colours each pixel has.
    scale : colors.Scale or None
        That colormap, and the values of its first and last colour.
    hz : float32 [H, 2] or None
        Where the rows of pixels are frequencies, from which to which one.
    versus : float32 [H, W] or None
        Where each pixel compares two moments, the second at which the other one begins.
    words : str
        What it shows, where that is more than its pixels can tell.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> Picture.compose(track, when, features.mel(track, when), layouts.timeline())
    Picture of groove, 4 × 24 pixels: 1 s of music from 8 s on, in 4 moments, brightest at 8.25 s, darkest at 8.5 s.
    """

    pixels: np.ndarray
    times: np.ndarray | None
    track: tracks.Track | None
    levels: np.ndarray | None = None
    scale: colors.Scale | None = None
    hz: np.ndarray | None = None
    versus: np.ndarray | None = None
    words: str = ""

    @classmethod
    def compose(
        cls, track, when, what, where, *, cmap="magma", low=None, high=None, unit="", hz=None, versus=None
    ) -> "Picture":
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
        hz : [bins, 2], optional
            Where bins are frequencies, the lowest and the highest of each, in Hz: the player can play them alone.
        versus : [bins], optional
            Where bins are moments as well (time against time), the second at which each of them begins: the player
            plays both moments of a place.

        Returns
        -------
        Picture
            rows × bins pixels high and cols × n / cells pixels wide.

        Raises
        ------
        ValueError
            If `what` does not have one column a moment, the moments do not fill the cells, or `hz` or `versus`
            does not have one row a bin.
        """
        what, when = np.asarray(what), checked(when)
        colored = what.ndim == 3 and what.shape[2] == 3 and what.dtype == np.uint8
        if not (what.ndim == 2 or colored) or what.shape[1] != len(when) - 1:
            raise ValueError(
                f"Values of shape {what.shape} were given for {len(when) - 1} moments: one column a moment was "
                "expected; measure with the same `when`."
            )
        values = where.arrange(what)
        times = where.arrange(np.broadcast_to(when[:-1].astype(np.float32), what.shape[:2]))
        of_bins = {"hz": (hz, (len(what), 2)), "versus": (versus, (len(what),))}
        for name, (given, shape) in of_bins.items():
            if given is not None and np.shape(given) != shape:
                raise ValueError(f"{name} has the shape {np.shape(given)}; {shape} was expected: one row a bin.")
        rows = where.arrange(np.broadcast_to(np.arange(len(what))[:, np.newaxis], what.shape[:2]))
        hz = None if hz is None else np.asarray(hz, dtype=np.float32)[rows[:, 0]]
        versus = None if versus is None else np.asarray(versus, dtype=np.float32)[rows]
        if colored:
            return cls(values, times, track, hz=hz, versus=versus)
        levels = colors.levels(values, low, high)
        low = float(values.min()) if low is None else low
        high = float(values.max()) if high is None else high
        scale = colors.Scale(cmap, low, high, unit)
        return cls(colors.palette(cmap).take(levels, axis=0), times, track, levels, scale, hz, versus)

    @property
    def alt(self) -> str:
        """Its words for those who cannot see it; where it has none, a sentence computed from its pixels."""
        if self.words:
            return self.words
        height, width = self.pixels.shape[:2]
        if self.track is None:
            values = f", values from {self.scale.low:.3g} to {self.scale.high:.3g}" if self.scale else ""
            return f"Picture, {width} × {height} pixels{values}."
        starts, moment = _in_order(self.times)
        light = self.pixels[..., 0].astype(np.uint16) + self.pixels[..., 1] + self.pixels[..., 2]
        per_moment = np.bincount(moment.ravel(), light.ravel()) / np.bincount(moment.ravel())
        where = (
            "all of it equally bright"
            if np.ptp(per_moment) == 0
            else f"brightest at {outputs.clock(max(0, starts[per_moment.argmax()]))}, "
            f"darkest at {outputs.clock(max(0, starts[per_moment.argmin()]))}"
        )
        # A moment is taken to end one moment after it begins, because only the beginnings are known.
        end = starts[-1] + (starts[-1] - starts[-2]) if len(starts) > 1 else self.track.duration
        whole = end - starts[0] > 0.99 * self.track.duration
        length = outputs.clock(self.track.duration if whole else end - starts[0])
        since = "" if whole else f" from {outputs.clock(starts[0])} on,"
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
        """Return it as a Pillow image of a size that a page likes: as many whole times larger as fit `ROOM`.

        Where it is many times as wide as high, rows are repeated until the shape is about `SLIMMEST` : 1, so that they
        can be seen and hit; a very high one is widened alike.
        """
        height, width = self.pixels.shape[:2]
        zoom = max(1, min(room // side for room, side in zip(ROOM, (width, height), strict=True)))
        higher, wider = (max(1, round(shape / SLIMMEST)) for shape in (width / height, height / width))
        return Image.fromarray(self.pixels.repeat(zoom * higher, axis=0).repeat(zoom * wider, axis=1))

    def still(self) -> Image.Image:
        """Return it as a notebook stores it: enlarged, with axes beside it where its places have a meaning."""
        return _sheet([self], [self.enlarged()])

    def _repr_mimebundle_(self, include=None, exclude=None):
        return outputs.bundle(self.still(), self.alt)


def gallery(pictures, titles) -> None:
    """Show pictures side by side, pixel by pixel and in their own colours, each with a title above it.

    Parameters
    ----------
    pictures : list of Picture
    titles : list of str

    Examples
    --------
    >>> one, two = (Picture.compose(None, range(3), what, layouts.timeline()) for what in (np.eye(2), np.ones((3, 2))))
    >>> gallery([one, two], ["one", "two"])
    one: Picture, 2 × 2 pixels, values from 0 to 1. two: Picture, 2 × 3 pixels, values from 1 to 1.
    """
    outputs.emit(*side_by_side(pictures, titles))


def side_by_side(pictures, titles, with_axes=False):
    """Return the Pillow image that `gallery` shows, and its alt text."""
    words = (f"{title}: {picture.alt}" for picture, title in zip(pictures, titles, strict=True))
    return _sheet(pictures, [picture.image() for picture in pictures], titles, with_axes), " ".join(words)


def _sheet(pictures, images, titles=None, with_axes=True):
    """Put images of pictures in a row, pixel by pixel, with titles above and axes beside them; a Pillow image."""
    import matplotlib.pyplot as plt

    sizes = [image.size for image in images]
    # A page makes a wide image smaller, and its texts with it.
    scale = max(1, max(width for width, _ in sizes) / ROOM[0])
    fig = plt.figure(dpi=100 * scale, layout="none")
    frames = [axes.written(fig, one, *size) if with_axes else None for one, size in zip(pictures, sizes, strict=True)]
    if frames == [None] and titles is None:
        plt.close(fig)
        return images[0]
    # How far axes reach beyond their image: to the left, down, to the right, up.
    beyond = [np.ceil(_reach(ax)).astype(int) for ax in frames]
    gap, head = round(24 * scale), max(up for *_, up in beyond) + (0 if titles is None else round(26 * scale))
    width = sum(left + size[0] + right + gap for size, (left, _, right, _) in zip(sizes, beyond, strict=True)) - gap
    height = head + max(size[1] + reach[1] for size, reach in zip(sizes, beyond, strict=True))
    # A hundredth more, as a fraction of a pixel would be cut off.
    fig.set_size_inches((width + 0.01) / fig.dpi, (height + 0.01) / fig.dpi)
    start = 0
    for image, ax, reach, title in zip(images, frames, beyond, titles or [""] * len(images), strict=True):
        start += reach[0]
        box = np.array([start, height - head - image.height, *image.size])
        fig.figimage(np.asarray(image), *box[:2], origin="upper")
        if ax:
            ax.set_position(box / np.tile(fig.bbox.size, 2))
        fig.text(start / width, 1 - 4 * scale / height, title, va="top", fontsize=10)
        start += image.width + reach[2] + gap
    return outputs.render(fig)


def _reach(ax):
    """Return how many pixels what is written around axes reaches beyond them: to the left, down, to the right, up."""
    if ax is None:
        return np.zeros(4)
    inner, outer = ax.bbox.extents, ax.get_tightbbox().extents
    return (inner - outer) * (1, 1, -1, -1) + 0.03 * ax.figure.dpi


def _in_order(times):
    """Return the different values of `times` in order, and which of them each pixel has; [n] and int64 [H, W]."""
    # All the rows of a cell show the same moments.
    new = np.append(True, (times[1:] != times[:-1]).any(axis=1))
    rows = times[new]
    starts = np.unique(rows)
    return starts, np.searchsorted(starts, rows)[np.cumsum(new) - 1]
