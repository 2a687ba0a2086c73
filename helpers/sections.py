"""Which moments are alike, and where a piece changes. Explained in notebooks/10-self-similarity.ipynb."""

import numpy as np

from helpers import features
from helpers.checks import checked, whole

__all__ = ["along_diagonals", "boundaries", "checkerboard", "likeness", "novelty", "score", "self_similarity"]

# A self-similarity matrix of so many moments takes 64 MB.
_MOST_COMPARED = 4096
# The least prominence of a boundary: what is less may be rounding.
_FAINT = 0.01


def self_similarity(track, when, smooth: int = 0, bands: int = 40) -> np.ndarray:
    """Measure how alike any two moments sound..

    Parameters
    ----------
    track : Track
    when : float64 [n + 1]
        Edges of the moments, in seconds: at most 4096 moments, because each is compared with each.
    smooth : int
        How many moments before and after a pair are looked at as well, as in `along_diagonals`. With 0, each
        pair is judged by itself.
    bands : int
        How many perceptual mel bands describe a moment, at least 2.

    Returns
    -------
    float32 [n, n]
        −1 to 1: the `likeness` of the moments' perceptual mel bands in decibels. Symmetric, 1 on the diagonal.
        Row *i* is moment *i*, and so is column *i*.

    Raises
    ------
    ValueError
        If there are more moments than that.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> sections.self_similarity(track, when).round(1)
    array([[ 1. , -0.7,  0.2, -0.7],
           [-0.7,  1. , -0.8,  0.8],
           [ 0.2, -0.8,  1. , -0.8],
           [-0.7,  0.8, -0.8,  1. ]], dtype=float32)
    """
    n, bands = len(checked(when)) - 1, whole(bands, "bands", 2)
    if n > _MOST_COMPARED:
        raise ValueError(
            f"{n} moments were given; at most {_MOST_COMPARED} can be compared, each with each: use longer moments, "
            "such as moments.even(track, 448)."
        )
    return along_diagonals(likeness(features.perceptual_mel(track, when, bands)), smooth)


def likeness(values) -> np.ndarray:
    """Compare each column with each: how alike is what sets them apart from the average column?

    The average over all columns is subtracted, and what remains of each two columns is correlated (Pearson): it
    does not count how much they differ from the average, only in which direction.

    Parameters
    ----------
    values : [bins, n]
        One column a moment.

    Returns
    -------
    float32 [n, n]
        1 alike, 0 unrelated, −1 opposite. Columns that do not differ from the average, as in silence, are alike
        among themselves and unrelated to all others.

    Examples
    --------
    >>> sections.likeness([[1, 0, 1], [0, 2, 0]]).round(2)
    array([[ 1., -1.,  1.],
           [-1.,  1., -1.],
           [ 1., -1.,  1.]], dtype=float32)
    """
    values = np.asarray(values, dtype=np.float64)
    special = values - values.mean(axis=1, keepdims=True)
    special -= special.mean(axis=0)
    length = np.linalg.norm(special, axis=0)
    # What differs by less than this is a rounding error of float32.
    plain = length <= 1e-5 * np.abs(values).max() * np.sqrt(len(values))
    special /= np.where(plain, np.inf, length)
    result = (special.T @ special).astype(np.float32)
    result[np.ix_(plain, plain)] = 1
    return result


def along_diagonals(matrix, reach: int) -> np.ndarray:
    """Average each place of a self-similarity matrix with its neighbours along the diagonal.

    Where music repeats, a whole row of moments is like a row of later moments: a stripe. It stays, and what is alike
    only by chance fades (Müller 2015, Fundamentals of Music Processing, section 4.2).

    Parameters
    ----------
    matrix : [n, n]
    reach : int
        How many neighbours on either side, at least 0; a Hann window weighs them. Beyond the edge there are none.

    Returns
    -------
    float32 [n, n]

    Examples
    --------
    >>> sections.along_diagonals([[1, 0, 0], [0, 1, 1], [0, 1, 1]], reach=1).round(2)
    array([[1.  , 0.33, 0.  ],
           [0.33, 1.  , 0.67],
           [0.  , 0.67, 1.  ]], dtype=float32)
    """
    matrix, reach = np.asarray(matrix, dtype=np.float32), whole(reach, "reach", 0)
    n = len(matrix)
    total, weights = np.zeros_like(matrix), np.zeros_like(matrix)
    for shift, weight in enumerate(np.hanning(2 * reach + 3)[1:-1].astype(np.float32), -reach):
        here, there = slice(max(0, -shift), max(0, n - shift)), slice(max(0, shift), max(0, n + shift))
        total[here, here] += weight * matrix[there, there]
        weights[here, here] += weight
    return total / weights


def checkerboard(reach: int) -> np.ndarray:
    """Return the kernel that looks for a corner between two blocks (Foote 2000).

    Positive where both moments lie on the same side of the middle, negative where they lie on different sides, and
    fading outwards as a Gaussian whose standard deviation is half the reach.

    Parameters
    ----------
    reach : int
        How many moments before and after the middle, at least 1.

    Returns
    -------
    float64 [2 · reach, 2 · reach]
        Its magnitudes add up to 1.

    Examples
    --------
    >>> sections.checkerboard(reach=1)
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    profile = _arm(reach)
    return np.outer(profile, profile)


def _arm(reach: int) -> np.ndarray:
    """Return what the checkerboard is the outer product of: negative before the middle, positive after it."""
    reach = whole(reach, "reach")
    at = (np.arange(2 * reach) + 0.5) / reach - 1
    profile = np.sign(at) * np.exp(-0.5 * (at / 0.5) ** 2)
    return profile / np.abs(profile).sum()


def novelty(matrix, reach: int) -> np.ndarray:
    """Measure how much a piece changes at each edge between two moments.

    The checkerboard slides along the diagonal of the self-similarity matrix. J. Foote: Automatic audio segmentation
    using a measure of audio novelty, IEEE International Conference on Multimedia and Expo, 2000.

    Parameters
    ----------
    matrix : [n, n]
        From `self_similarity`.
    reach : int
        How many moments before and after the edge are compared, at least 1.

    Returns
    -------
    float64 [n + 1]
        The likeness among the moments on the same side of each edge, less that across it; so one number for each
        element of `when`. Before its beginning and after its end the music is taken to run backwards, so that it
        does not change there: the first and the last number are 0.
        Two halves that are alike inside and unrelated to each other reach 0.5, white noise by chance 0.05.

    Raises
    ------
    ValueError
        If the matrix is not square, or `reach` is not a whole number of at least 1.

    Examples
    --------
    >>> sections.novelty(np.kron(np.eye(2), np.ones((2, 2))), reach=1)
    array([0. , 0. , 0.5, 0. , 0. ])
    """
    matrix, profile = np.asarray(matrix, dtype=np.float64), _arm(reach)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(
            f"A matrix of shape {matrix.shape} was given; a square one was expected, as from sections.self_similarity."
        )
    padded, width = np.pad(matrix, int(reach), mode="symmetric"), len(profile)
    squares = (padded[i : i + width, i : i + width] for i in range(len(matrix) + 1))
    curve = np.array([profile @ square @ profile for square in squares])
    curve[[0, -1]] = 0
    return curve


def boundaries(curve, when, least: float = 0.2) -> np.ndarray:
    """Find the peaks of a novelty curve.

    Parameters
    ----------
    curve : [n + 1]
        From `novelty`.
    when : float64 [n + 1]
        The edges of the moments, in seconds.
    least : float
        How far a peak must stand out (its prominence), as a part of the curve's greatest value.

    Returns
    -------
    float64 [boundaries]
        Seconds, increasing; neither the beginning nor the end of the piece is among them. There may be none.

    Raises
    ------
    ValueError
        If there is not one number an edge.

    Examples
    --------
    >>> sections.boundaries([0, 0.1, 0.5, 0.1, 0], when=[0, 10, 20, 30, 40])
    array([20.])
    """
    from scipy.signal import find_peaks

    curve, when = np.asarray(curve, dtype=np.float64), checked(when)
    if curve.shape != when.shape:
        raise ValueError(
            f"A curve of shape {curve.shape} was given for {len(when)} edges of moments: one number an edge was "
            "expected, as from sections.novelty."
        )
    peaks, _ = find_peaks(curve, prominence=max(least * curve.max(), _FAINT))
    return when[peaks]


def score(found, true, duration: float, within: float = 3.0) -> tuple[float, float, float]:
    """Compare boundaries with the true ones, as mir_eval does it.

    Parameters
    ----------
    found, true : sequence of float
        Seconds. The beginning and the end of the piece do not count, since anybody would find them.
    duration : float
        Of the piece, in seconds.
    within : float
        How many seconds off a boundary may be. Each true boundary can be found only once.

    Returns
    -------
    precision, recall, F : float
        The part of the found boundaries that are true, the part of the true ones that were found, and their
        harmonic mean. All 0 where there are no boundaries to compare.

    Examples
    --------
    >>> sections.score(found=[10, 21], true=[12, 30], duration=60)
    (0.5, 0.5, 0.5)
    """
    from mir_eval.segment import detection
    from mir_eval.util import boundaries_to_intervals

    inner = [np.unique(np.asarray(times, dtype=np.float64)) for times in (true, found)]
    inner = [times[(times > 0) & (times < duration)] for times in inner]
    if not all(map(len, inner)):
        return 0.0, 0.0, 0.0
    whole_piece = [boundaries_to_intervals(np.concatenate([[0], times, [duration]])) for times in inner]
    return detection(*whole_piece, window=within, trim=True)
