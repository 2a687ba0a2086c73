"""Find where a piece changes, from its self-similarity. Explained in notebooks/10-self-similarity.ipynb."""

import numpy as np

from helpers.checks import checked, whole

# The least prominence of a boundary: what is less may be rounding.
FAINT = 0.01


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
    """
    profile = arm(reach)
    return np.outer(profile, profile)


def arm(reach: int) -> np.ndarray:
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
        From `features.self_similarity`.
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
    """
    matrix, profile = np.asarray(matrix, dtype=np.float64), arm(reach)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(
            f"A matrix of shape {matrix.shape} was given; a square one was expected, as from features.self_similarity."
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
    """
    from scipy.signal import find_peaks

    curve, when = np.asarray(curve, dtype=np.float64), checked(when)
    if curve.shape != when.shape:
        raise ValueError(
            f"A curve of shape {curve.shape} was given for {len(when)} edges of moments: one number an edge was "
            "expected, as from sections.novelty."
        )
    peaks, _ = find_peaks(curve, prominence=max(least * curve.max(), FAINT))
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
    """
    from mir_eval.segment import detection
    from mir_eval.util import boundaries_to_intervals

    inner = [np.unique(np.asarray(times, dtype=np.float64)) for times in (true, found)]
    inner = [times[(times > 0) & (times < duration)] for times in inner]
    if not all(map(len, inner)):
        return 0.0, 0.0, 0.0
    whole_piece = [boundaries_to_intervals(np.concatenate([[0], times, [duration]])) for times in inner]
    return detection(*whole_piece, window=within, trim=True)
