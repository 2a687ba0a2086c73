"""Let a robot look at a whole folder of music. Explained in notebooks/16-robot.ipynb.

`make study MUSIC=~/Music` prints how often a robot finds the second half of a piece by its first half, in several ways.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from helpers import colors, corpus, features, recipes, robots, workers
from helpers.moments import between
from helpers.tracks import Track, TrackError, load_track

__all__ = ["Seen", "halves", "levels", "look", "main", "medley"]


@dataclass(frozen=True)
class Seen:
    """What there is to look at, of many pieces.

    Attributes
    ----------
    pieces : list of corpus.Piece
    pictures : uint8 [pieces, 2, n, height, width] or [pieces, 2, n, height, width, 3]
        Some of each half.
    starts : float [pieces, 2, n]
        The second at which each begins.
    sounds : float [pieces, 2, n, numbers] or None
        What `robots.sound` says of the same moments.

    Examples
    --------
    >>> seen = study.look(corpus.gather(most=8), recipes.prepare("rows", size=56), jobs=1)
    >>> seen.pictures.shape, seen.seen_by(robots.pixels).shape
    ((8, 2, 2, 56, 56), (8, 2, 2, 784))
    """

    pieces: list
    pictures: np.ndarray
    starts: np.ndarray
    sounds: np.ndarray | None

    @property
    def families(self) -> np.ndarray:
        """The family of each piece."""
        return np.array([piece.family for piece in self.pieces])

    def seen_by(self, see: Callable) -> np.ndarray:
        """Return what an eye sees in all of the pictures: float [pieces, 2, n, numbers]."""
        shape = self.pictures.shape
        return see(self.pictures.reshape(-1, *shape[3:])).reshape(*shape[:3], -1)


def halves(track, moments: int, seconds: float = 10, pictures: int = 2) -> list:
    """Cut some stretches of equal length out of each half of a piece, evenly spaced.

    Parameters
    ----------
    track : Track
    moments : int
        How many there are in a stretch.
    seconds : float
        How long a stretch is.
    pictures : int
        How many stretches there are in a half. They overlap where the half is short.

    Returns
    -------
    list of two lists of float64 [moments + 1]
        Edges in seconds.

    Raises
    ------
    ValueError
        If a half is shorter than a stretch.

    Examples
    --------
    >>> first, second = study.halves(load_track("crowd/dub-2"), moments=4)
    >>> [when[0].round(1).item() for when in first + second]
    [0.0, 11.0, 21.0, 32.0]
    """
    half = track.duration / 2
    if half < seconds:
        raise ValueError(f"'{track.name}' lasts {track.duration:.1f} s; at least {2 * seconds:g} s were expected.")
    starts = np.linspace(0, half - seconds, pictures) if pictures > 1 else [(half - seconds) / 2]
    return [[between(at + start, at + start + seconds, moments) for start in starts] for at in (0, half)]


def look(crowd, recipe, when=halves, listen: bool = False, jobs: int | None = None, progress: bool = False) -> Seen:
    """Make pictures of all pieces; a piece that cannot be used leaves the corpus, with a sentence why.

    Parameters
    ----------
    crowd : Corpus
    recipe : Recipe
        From `recipes.prepare`.
    when : function
        Is given a track and how many moments a picture has, and returns two lists of edges, as `halves` does.
    listen : bool
        Whether `robots.sound` listens as well.
    jobs : int
        In how many processes; without it, one for each core.
    progress : bool
        Whether a bar shows how far it is.

    Raises
    ------
    TrackError
        If fewer than eight pieces are left.

    Examples
    --------
    >>> seen = study.look(corpus.gather(most=8), recipes.prepare("rows", size=56), jobs=1)
    >>> seen.pictures.shape
    (8, 2, 2, 56, 56)
    """
    from joblib import cpu_count

    tasks = [(piece, recipe, when, listen) for piece in crowd.pieces]
    results = workers.run(_look_at, tasks, jobs or cpu_count())
    if progress:
        from tqdm import tqdm

        results = tqdm(results, total=len(tasks), unit="piece")
    shown = {}
    for (piece, *_), result in results:
        if isinstance(result, tuple):
            shown[piece] = result
        else:
            crowd.skipped[str(piece.source)] = result or "It cannot be decoded: the process died of it."
    crowd.pieces[:] = [piece for piece in crowd.pieces if piece in shown]
    crowd.check()
    pictures, starts, sounds = zip(*(shown[piece] for piece in crowd.pieces), strict=True)
    return Seen(list(crowd.pieces), np.array(pictures), np.array(starts), np.array(sounds) if listen else None)


def levels(power, top_db: float = 80.0) -> np.ndarray:
    """Return power as the 256 levels of a picture, in order of time: uint8 [bands, moments].

    Examples
    --------
    >>> study.levels(np.array([[1.0, 1e-4, 0.0]], dtype=np.float32))
    array([[255, 128,   0]], dtype=uint8)
    """
    return colors.levels(features.decibels(power, top_db), -top_db, 0)


def _look_at(piece, recipe, when, listen: bool):
    """Return the pictures, starts and sounds of one piece, or a sentence why there are none."""
    try:
        track = load_track(piece.source)
        edges = when(track, recipe.moments)
    except (TrackError, ValueError) as error:
        return str(error)
    pictures = [[recipe.paint(recipe.measure(track, one)) for one in half] for half in edges]
    sounds = [[robots.sound(track, one) for one in half] for half in edges] if listen else None
    return np.array(pictures), [[one[0] for one in half] for half in edges], sounds


def _table(seen: Seen) -> dict[str, np.ndarray]:
    """Compare the halves of all pieces in several ways: how alike they are, float [pieces, pieces], by name."""
    eye = robots.Eye(bands=56).learn(seen.pictures[:, 0, 0])
    ways = {
        "pixels": seen.seen_by(robots.pixels),
        "no picture, 128 numbers": seen.sounds[..., :128],
        "no picture, 652 numbers": seen.sounds,
        "learned patches": seen.seen_by(eye.see),
    }
    result = {name: robots.alike(what[:, 0], what[:, 1]) for name, what in ways.items()}
    result["patches and no picture"] = result["learned patches"] + result["no picture, 652 numbers"]
    return result


def medley(seen: Seen, seconds: float, sr: int = 22050) -> Track:
    """Return one track in which the stretch of every first picture follows the other, `seconds` each.

    With it, pictures of different pieces stand in one player.

    Examples
    --------
    >>> study.medley(study.look(corpus.gather(most=8), recipes.prepare("rows", size=56), jobs=1), seconds=10)
    Track 'one after the other': 1 min 20.0 s, 1764000 samples at 22050 Hz
    """
    from scipy.signal import resample_poly

    each = round(seconds * sr)
    signal = np.zeros((len(seen.pieces), each), np.float32)
    for row, piece, start in zip(signal, seen.pieces, seen.starts[:, 0, 0], strict=True):
        track = load_track(piece.source)
        first = int(start * track.sr)
        part = track.signal[first : first + round(seconds * track.sr)]
        common = np.gcd(track.sr, sr)
        part = part if track.sr == sr else resample_poly(part, sr // common, track.sr // common)
        row[: len(part)] = part[:each]
    return Track(signal.ravel(), sr, "one after the other")


def _report(seen: Seen) -> str:
    """Return a table: how often the second half is found by the first, among all pieces and among siblings."""
    families = seen.families
    ways = _table(seen)
    best = robots.found(ways["no picture, 652 numbers"])
    siblings = np.array([np.sum(families == family) for family in families])
    lines = [
        f"{len(families)} pieces in {len(set(families))} folders; {2 * seen.pictures.shape[2]} pictures of each",
        f"{'':<26}{'among all':<20}{'every second piece':<20}{'in its folder':<20}less no picture, 652",
        f"{'chance':<26}{1 / len(families):<20.3f}{1 / len(families):<20.3f}{np.mean(1 / siblings):<20.2f}",
    ]
    for name, way in ways.items():
        right = robots.found(way)
        among, inside, more = (
            robots.interval(right),
            robots.interval(robots.found(way, families)),
            robots.better(right, best),
        )
        lines.append(f"{name:<26}{among!s:<20}{robots.interval(right[1::2])!s:<20}{inside!s:<20}{more}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the table of a folder; return 0, or 2 if the folder will not do.

    Examples
    --------
    >>> study.main(["no/such/folder"])
    2
    """
    parser = argparse.ArgumentParser(prog="python -m helpers.study", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", help="a folder of music; without it, the crowd")
    parser.add_argument("--seconds", type=float, help="of a picture (30; 10 for the crowd)")
    parser.add_argument("--pictures", type=int, help="of each half (4; 2 for the crowd)")
    parser.add_argument("--most", type=int, default=1000, help="how many pieces at most (%(default)s)")
    parser.add_argument("--jobs", type=int, help="how many processes (one for each core)")
    given = parser.parse_args(arguments)
    seconds, pictures = (given.seconds or 30, given.pictures or 4) if given.folder else (10, 2)
    try:
        crowd = corpus.gather(given.folder, given.most, 2 * seconds)
        when = partial(halves, seconds=seconds, pictures=pictures)
        seen = look(crowd, recipes.prepare("rows"), when, listen=True, jobs=given.jobs, progress=True)
    except (TrackError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for name, why in crowd.skipped.items():
        print(f"skipped {name}: {why}", file=sys.stderr)
    print(_report(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
