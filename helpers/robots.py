"""Let a robot look at pictures, and nothing else. Explained in notebooks/16-robot.ipynb.

A robot is an eye that turns pictures into numbers, and a way to compare numbers. It is asked one question: here is a
part of a piece; which of those other parts belongs to the same piece?
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from helpers import features, spectra

__all__ = ["Eye", "Share", "Whitening", "better", "found", "interval", "nearest", "pixels", "sound"]

# What keeps a patch without any structure from being blown up; pixels go from 0 to 255.
_FLAT = 10.0
# The least a direction counts when patches, and features, are whitened.
_RIDGE = 0.1


@dataclass
class Eye:
    """An eye that has learned, without being told any names, what pictures are made of.

    It looks at small square patches everywhere in a picture. Each is compared with the centroids it has learned, and
    what is found is added up in zones: separately for low, middle and high sounds. After Coates and Ng (2011),
    "The importance of encoding versus training with sparse coding and vector quantization".

    Attributes
    ----------
    bands : int
        How many pixels high a moment is: the eye knows in which part of the column a patch lies.
    size : int
        Pixels on each side of a patch.
    centroids : int
        How many kinds of patches it learns.
    zones : int
        In how many parts of a column it counts separately.
    step : int
        Pixels from one patch to the next.
    seed : int
        Of the patches that it learns from.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    >>> Eye(bands=32, size=4, centroids=10).learn(noise).see(noise).shape
    (4, 80)
    """

    bands: int
    size: int = 8
    centroids: int = 300
    zones: int = 4
    step: int = 2
    seed: int = 0
    _mean: np.ndarray = field(default=None, repr=False)
    _white: np.ndarray = field(default=None, repr=False)
    _kinds: np.ndarray = field(default=None, repr=False)

    def learn(self, pictures, patches: int = 48_000) -> "Eye":
        """Learn from pictures, uint8 [n, height, width] or [n, height, width, 3], and return the eye itself."""
        from sklearn.cluster import MiniBatchKMeans

        dice = np.random.default_rng(self.seed)
        each = -(-patches // len(pictures))
        drawn = [self._patches(picture, 1) for picture in pictures]
        known = np.concatenate([some[dice.choice(len(some), min(each, len(some)), replace=False)] for some in drawn])
        self._mean = known.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(known - self._mean, rowvar=False))
        self._white = (vectors / np.sqrt(np.maximum(values, 0) + _RIDGE)) @ vectors.T
        kinds = MiniBatchKMeans(min(self.centroids, len(known)), random_state=self.seed, n_init=1, batch_size=4096)
        self._kinds = kinds.fit((known - self._mean) @ self._white).cluster_centers_.astype(np.float32)
        return self

    def see(self, pictures) -> np.ndarray:
        """Return what it sees in each picture: float32 [n, numbers], means and deviations of what was found."""
        return np.array([self._seen(picture) for picture in pictures])

    @property
    def learned(self) -> np.ndarray:
        """The patches that it has learned, as differences from their mean: float32 [centroids, size, size, channels]."""
        shapes = self._kinds @ np.linalg.inv(self._white) + self._mean
        return shapes.reshape(len(shapes), self.size, self.size, -1)

    def _patches(self, picture, step: int) -> np.ndarray:
        """Return all patches of a picture, each less its mean and divided by its deviation: float32 [n, pixels]."""
        picture = np.asarray(picture, np.float32).reshape(*picture.shape[:2], -1)
        windows = np.lib.stride_tricks.sliding_window_view(picture, (self.size, self.size), axis=(0, 1))
        patches = windows[::step, ::step].transpose(0, 1, 3, 4, 2).reshape(-1, self.size**2 * picture.shape[2])
        patches = patches - patches.mean(axis=1, keepdims=True)
        return patches / np.sqrt((patches**2).mean(axis=1, keepdims=True) + _FLAT)

    def _seen(self, picture) -> np.ndarray:
        white = ((self._patches(picture, self.step) - self._mean) @ self._white).astype(np.float32)
        squares = (white**2).sum(axis=1, keepdims=True) - 2 * white @ self._kinds.T + (self._kinds**2).sum(axis=1)
        apart = np.sqrt(np.maximum(squares, 0))
        near = np.maximum(apart.mean(axis=1, keepdims=True) - apart, 0)
        rows, columns = (len(range(0, side - self.size + 1, self.step)) for side in picture.shape[:2])
        middle = np.arange(rows) * self.step + self.size // 2
        zone = (middle % self.bands) * self.zones // self.bands
        near = near.reshape(rows, columns, -1)
        parts = [near[zone == z].reshape(-1, near.shape[2]) for z in range(self.zones)]
        parts = [part if len(part) else np.zeros((1, near.shape[2]), np.float32) for part in parts]
        return np.concatenate([stat for part in parts for stat in (part.mean(axis=0), part.std(axis=0))])


@dataclass(frozen=True)
class Whitening:
    """A change of scale after which no feature, and no sum of features, varies more than another.

    Attributes
    ----------
    mean, scale : float [numbers]
    turn : float [numbers, directions]
    """

    mean: np.ndarray
    scale: np.ndarray
    turn: np.ndarray

    @classmethod
    def of(cls, known) -> "Whitening":
        """Return the one that fits the features [n, numbers] of some pictures, whose names are not needed."""
        mean, scale = known.mean(axis=0), known.std(axis=0)
        scale = np.where(scale > 1e-6 * max(1e-12, scale.max()), scale, np.inf)
        _, values, directions = np.linalg.svd((known - mean) / scale, full_matrices=False)
        variance = values**2 / len(known)
        return cls(mean, scale, directions.T / np.sqrt(variance + _RIDGE))

    def __call__(self, seen) -> np.ndarray:
        """Return features in that scale, each row of length 1, so that a product of two rows is their cosine."""
        turned = (seen - self.mean) / self.scale @ self.turn
        return turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)


def pixels(pictures, side: int = 28) -> np.ndarray:
    """Return what the simplest eye sees: the picture in fewer pixels, each the mean of those it covers.

    Parameters
    ----------
    pictures : uint8 [n, height, width] or [n, height, width, 3]
    side : int
        How many pixels high and wide.

    Returns
    -------
    float32 [n, side · side · channels]
    """
    pictures = np.asarray(pictures, np.float32)
    for axis in (1, 2):
        edges = np.arange(side) * pictures.shape[axis] // side
        counts = np.diff(np.append(edges, pictures.shape[axis]))
        shape = [-1 if a == axis else 1 for a in range(pictures.ndim)]
        pictures = np.add.reduceat(pictures, edges, axis=axis) / counts.reshape(shape)
    return pictures.reshape(len(pictures), -1)


def sound(track, when) -> np.ndarray:
    """Return numbers that are heard, without any picture: what a picture must beat.

    Means, deviations and deviations of the changes of 64 mel bands; means, and how they vary together, of 20 MFCCs and
    of their changes.

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        The edges of the moments, in seconds: some hundredths of a second each.

    Returns
    -------
    float64 [652]
    """
    from scipy.fft import dct

    window = spectra.window_length(track.sr) // 2
    mel = features.perceptual_mel(track, when, bands=64, n_fft=window, top_db=80).astype(float)
    cepstrum = dct(mel, axis=0, norm="ortho")[:20]
    numbers = [mel.mean(axis=1), mel.std(axis=1), np.diff(mel).std(axis=1)]
    for values in (cepstrum, np.diff(cepstrum)):
        together = np.cov(values)
        numbers += [values.mean(axis=1), together[np.triu_indices(20)]]
    return np.concatenate(numbers)


def found(seen, wanted, known=None) -> np.ndarray:
    """Ask for each row of `seen` which row of `wanted` is most like it; right is the one of the same number.

    Features are whitened. To be fair, the whitening is not fitted on what it judges: the pieces are dealt into five
    groups, and each group is judged by a whitening that was fitted on the other four.

    Parameters
    ----------
    seen, wanted : float [pieces, numbers]
        Features of one part of each piece, and of another part of it.
    known : float [n, numbers], optional
        Features of other pieces; if given, the whitening is fitted on these alone.

    Returns
    -------
    bool [pieces]
        Which were found.
    """
    return nearest(seen, wanted, known)[:, 0] == np.arange(len(seen))


def nearest(seen, wanted, known=None) -> np.ndarray:
    """Return for each row of `seen` the rows of `wanted`, the most alike first: int [pieces, pieces].

    Parameters
    ----------
    seen, wanted, known
        As for `found`.
    """
    order = np.empty((len(seen), len(wanted)), np.int64)
    group = np.random.default_rng(0).permutation(len(seen)) % 5
    for one in range(5):
        mine = group == one
        others = np.concatenate([seen[~mine], wanted[~mine]]) if known is None else known
        if mine.any():
            white = Whitening.of(others)
            order[mine] = np.argsort(-white(seen[mine]) @ white(wanted).T, axis=1, kind="stable")
    return order


class Share(NamedTuple):
    """A share of pieces, or a difference of two, and the interval in which it would lie with other such pieces."""

    share: float
    low: float
    high: float

    def __str__(self):
        return f"{self.share:.2f} [{self.low:.2f} {self.high:.2f}]"


def interval(right, seed: int = 0) -> Share:
    """Return a mean over pieces and its 95 % interval: pieces are drawn again and again, with replacement.

    Parameters
    ----------
    right : bool or float [pieces]
    seed : int

    Examples
    --------
    >>> print(interval(np.repeat([True, False], [80, 20])))
    0.80 [0.72 0.88]
    """
    right = np.asarray(right, float)
    drawn = np.random.default_rng(seed).integers(0, len(right), (2000, len(right)))
    low, high = np.percentile(right[drawn].mean(axis=1), [2.5, 97.5])
    return Share(float(right.mean()), float(low), float(high))


def better(one, other, seed: int = 0) -> Share:
    """Return by how much more pieces are found in one way than in another, the same pieces compared each time."""
    return interval(np.asarray(one, float) - np.asarray(other, float), seed)
