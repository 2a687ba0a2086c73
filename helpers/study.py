"""Let a robot look at a whole folder of music. Explained in notebooks/16-robot.ipynb.

`make study MUSIC=~/Music` prints how often a robot finds the second half of a piece by its first half, in several ways.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from helpers import colors, corpus, features, layouts, recipes, robots, scales, sections, tempo, workers
from helpers.moments import between, on_the_beat
from helpers.tracks import Track, TrackError, load_track

__all__ = ["LAYOUTS", "Seen", "contest", "halves", "levels", "look", "main", "medley", "on_bars", "ranked"]

# The pictures of a study: rows like lines of a text.
_ROWS = layouts.rows(4)


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


def on_bars(track, moments: int, seconds: float = 10, pictures: int = 2) -> list:
    """Cut as `halves` does, but so that each of the four rows of a picture begins with a bar.

    A row lasts as many bars as come nearest to a quarter of `seconds`. Where there is no beat, or a half is too short
    for four rows, it cuts as `halves` does. Parameters, result and errors are those of `halves`.

    Examples
    --------
    >>> (first, *_), _ = study.on_bars(load_track("crowd/dub-2"), moments=4)
    >>> first.round(2)
    array([ 0.  ,  3.25,  6.5 ,  9.75, 13.  ])
    """
    even, pulse, half = halves(track, moments, seconds, pictures), tempo.find(track), track.duration / 2
    if not pulse.period:
        return even
    beats, each = pulse.metre * max(1, round(seconds / 4 / pulse.metre / pulse.period)), moments // 4
    when = on_the_beat(track, pulse, beats, each)
    begins, ends, result = when[:-1:each], when[each::each], []
    for start, end in ((0, half), (half, track.duration)):
        rows = np.flatnonzero((begins >= start) & (ends <= end))
        if len(rows) < 4:
            return even
        first = rows[np.linspace(0, len(rows) - 4, pictures).round().astype(int)]
        result.append([when[row * each : (row + 4) * each + 1] for row in first])
    return result


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


def _matrix(shown) -> np.ndarray:
    """Compare all moments; as they do not fit, so many are averaged first as there are rows."""
    some = shown.reshape(len(shown), -1, 4).mean(axis=2)
    return layouts.timeline().arrange(colors.levels(sections.along_diagonals(sections.likeness(some), 2), 0, 1))


def _portrait(shown) -> np.ndarray:
    """Paint one pixel a moment by what the same bands tell about it, along Hilbert's curve."""
    power = 10 ** (shown / 255 * 8 - 8)
    centroid = scales.mel_frequencies(22050, len(shown)) @ power / power.sum(axis=0)
    flatness = np.exp(np.log(power).mean(axis=0)) / power.mean(axis=0)
    # Wide bands are flat: three times as many decibels spread them over the range of colours.
    paint = recipes.portrait(power.sum(axis=0), centroid, flatness**3)
    return layouts.hilbert(shown.shape[1] // 32, 32).arrange(paint[np.newaxis])


# How the same levels, uint8 [bands, moments], become each kind of picture.
LAYOUTS = {
    "timeline": layouts.timeline().arrange,
    "rows": _ROWS.arrange,
    "Z-order": layouts.z_order(4, 4).arrange,
    "Hilbert": layouts.hilbert(4, 4).arrange,
    "self-similarity": _matrix,
    "portrait": _portrait,
}


def _colored(picture, color: bool) -> np.ndarray:
    """Return a picture in colour or in grey; what has no colours gets those of magma."""
    if color:
        return picture if picture.ndim == 3 else np.take(colors.palette("magma"), picture, axis=0)
    # In whole numbers: which way a half is rounded differs from processor to processor.
    return picture if picture.ndim == 2 else ((picture @ np.array([299, 587, 114]) + 500) // 1000).astype(np.uint8)


def contest(even: Seen, beat: Seen, centroids: int = 100, progress: bool = False) -> dict[str, np.ndarray]:
    """Let an eye judge each of `LAYOUTS`, in grey and in colour, with even moments and on bars.

    All are made of the same numbers. A new eye learns each kind of picture.

    Parameters
    ----------
    even, beat : Seen
        Of the recipe "rows", with four rows; once cut by `halves` and once by `on_bars`.
    centroids : int
        How many kinds of patches an eye learns.
    progress : bool
        Whether a bar shows how far it is.

    Returns
    -------
    dict of str to bool [pieces]
        Whether the second half was found by the first, by names such as "rows, grey, on bars".

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (5, 2, 1, 64, 64), dtype=np.uint8)
    >>> seen = study.Seen([None] * 5, noise, None, None)
    >>> len(study.contest(seen, seen, centroids=2))
    24
    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    kinds = list(product(LAYOUTS, ("grey", "colour"), ("even", "on bars")))
    tasks = [delayed(_judged)(beat if pace == "on bars" else even, name, tint, centroids) for name, tint, pace in kinds]
    # One limit around all: each thread that sets its own would lift those of the others.
    with threadpool_limits(1):
        found = Parallel(-1, prefer="threads", return_as="generator")(tasks)
        if progress:
            from tqdm import tqdm

            found = tqdm(found, total=len(kinds), unit="layout")
        return {", ".join(kind): right for kind, right in zip(kinds, found, strict=True)}


def _judged(seen: Seen, name: str, tint: str, centroids: int) -> np.ndarray:
    """Let a new eye learn one kind of picture and judge it: bool [pieces]."""
    bands = seen.pictures.shape[3] // 4

    def drawn(pictures):
        return np.array([_colored(LAYOUTS[name](_ROWS.unarrange(one, bands)), tint == "colour") for one in pictures])

    examples = drawn(seen.pictures[:, 0, 0])
    # Where a moment has one pixel, there are fewer, and the eye looks everywhere.
    step = 1 if name == "portrait" else 8
    high = examples.shape[1] if name in ("portrait", "self-similarity") else bands
    eye = robots.Eye(high, centroids=centroids, step=step).learn(examples, 5000)
    flat = seen.pictures.reshape(-1, *seen.pictures.shape[3:])
    # Some at a time: those of a thousand pieces would fill the memory.
    parts = [eye.see(drawn(part)) for part in np.array_split(flat, -(-len(flat) // 200))]
    what = np.concatenate(parts).reshape(*seen.pictures.shape[:3], -1)
    return robots.found(robots.alike(what[:, 0], what[:, 1]))


def ranked(table: dict[str, np.ndarray]) -> str:
    """Order a table of what was found, the best first, and say by how much each is better than the next.

    Examples
    --------
    >>> print(study.ranked({"one": np.arange(50) < 5, "other": np.ones(50)}))
                                                           better than the next
    other                             1.00 [1.00 1.00]     0.90 [0.82 0.98]     settled
    one                               0.10 [0.02 0.18]
    """
    order = sorted(table, key=lambda name: -np.mean(table[name]))
    lines = [f"{'':<55}better than the next"]
    for name, after in zip(order, [*order[1:], None], strict=True):
        line = f"{name:<34}{robots.interval(table[name])!s:<21}"
        if after:
            more = robots.better(table[name], table[after])
            line += f"{more!s:<21}{'settled' if more.settled else 'open'}"
        lines.append(line.rstrip())
    return "\n".join(lines)


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
        "sound, 128 numbers": seen.sounds[..., :128],
        "sound, 652 numbers": seen.sounds,
        "learned patches": seen.seen_by(eye.see),
    }
    result = {name: robots.alike(what[:, 0], what[:, 1]) for name, what in ways.items()}
    result["patches and sound"] = result["learned patches"] + result["sound, 652 numbers"]
    shorter = {"sound, 652 numbers": "sound", "learned patches": "patches", "patches and sound": "both"}
    for name, short in shorter.items():
        result[f"{short}, no hubs"] = robots.without_hubs(result[name])
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
    best = robots.found(ways["sound, 652 numbers"])
    siblings = np.array([np.sum(families == family) for family in families])
    lines = [
        f"{len(families)} pieces in {len(set(families))} folders; {2 * seen.pictures.shape[2]} pictures of each",
        f"{'':<19}{'among all':<17}{'every second':<17}{'in its folder':<17}less sound, 652",
        f"{'chance':<19}{1 / len(families):<17.3f}{1 / len(families):<17.3f}{np.mean(1 / siblings):.2f}",
    ]
    for name, way in ways.items():
        right = robots.found(way)
        among, inside, more = (
            robots.interval(right),
            robots.interval(robots.found(way, families)),
            robots.better(right, best),
        )
        lines.append(f"{name:<19}{among!s:<17}{robots.interval(right[1::2])!s:<17}{inside!s:<17}{more}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables of a folder; return 0, or 2 if the folder will not do.

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
    parser.add_argument("--brief", action="store_true", help="do not compare layouts")
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
    if not given.brief:
        on = partial(on_bars, seconds=seconds, pictures=pictures)
        beat = look(crowd, recipes.prepare("rows"), on, jobs=given.jobs, progress=True)
        print(f"\nAll layouts, made of the same numbers:\n{ranked(contest(seen, beat, progress=True))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
