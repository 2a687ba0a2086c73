"""A folder of music becomes a data set of pictures. Explained in notebooks/17-data-set.ipynb."""

import errno
import math
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from helpers import ledger, passages, recipes, sources, workers
from helpers.checks import whole
from helpers.tracks import TrackError

__all__ = ["DataSet", "make_pictures"]

# So many pictures are written at the same time.
_AT_ONCE = 16


@dataclass(frozen=True)
class DataSet:
    """What `make_pictures` made.

    Attributes
    ----------
    folder : Path
        Where the pictures are, with `metadata.csv` beside them, or beside those of each split.
    pieces, pictures : int
        How many files of music are done, and how many pictures they became.
    new : int
        How many of the pieces were done now, and not before.
    errors : list of (str, str)
        Which files could not be read, and a sentence that says why.
    links : int
        How many links were not followed.
    gone : int
        How many pieces have pictures, but are no longer in the folder of music.

    Examples
    --------
    >>> folders.DataSet("pictures", pieces=6, pictures=30, new=6)
    6 pieces became 30 pictures in 'pictures'.
    """

    folder: Path
    pieces: int
    pictures: int
    new: int
    errors: tuple[tuple[str, str], ...] = ()
    links: int = 0
    gone: int = 0

    def __repr__(self):
        words = [f"{_count(self.pieces, 'piece')} became {_count(self.pictures, 'picture')} in '{self.folder}'."]
        if self.errors:
            words += [f"{_count(len(self.errors), 'file')} could not be used: errors.csv says why."]
        if self.links:
            words += [f"{_count(self.links, 'link')} {'was' if self.links == 1 else 'were'} not followed."]
        if self.gone:
            verb = "is" if self.gone == 1 else "are"
            words += [f"{_count(self.gone, 'piece')} of them {verb} no longer in the folder of music."]
        return " ".join(words)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def make_pictures(
    folder,
    out,
    recipe: str = "rows",
    *,
    size: int = 224,
    seconds: float | None = 30.0,
    hop: float | None = None,
    split: str | None = None,
    by: str = "piece",
    seed: int = 0,
    jobs: int | None = None,
    scheduler: str | None = None,
    strict: bool = False,
    progress: bool = True,
    **parameters,
) -> DataSet:
    """Turn all music in a folder into pictures for a classifier, in as many processes as there are cores.

    Killed at any moment, the same call goes on where it was, and the result is the same, byte for byte. A file that
    changed since is done again; what could not be read is tried again.

    Parameters
    ----------
    folder : str or Path
        The music. Its first folders are the classes.
    out : str or Path
        Where the pictures go: a new or empty folder, or one in which the same call was made before.
    recipe : str
        One of `recipes.RECIPES`. The default, four rows of 56 mel bands in grey, recognised music best in chapter 16.
    size : int
        Pixels a side: 224, 299, …
    seconds : float or None
        Seconds a picture; None: one picture for the whole piece. A piece that is shorter is followed by silence.
    hop : float, optional
        Seconds from the beginning of a picture to that of the next, rounded to a moment; without it, `seconds`. The
        last picture ends with the piece, so it may begin a little earlier; less than half a hop is left out.
    split : str, optional
        Shares such as "80/10/10": pictures go to folders `train`, `validation` and `test`. All of a piece go to one.
    by : str
        "piece", or "folder": then all pieces of one folder (an artist, an album) are in the same split.
    seed : int
        Chooses who goes where.
    jobs : int, optional
        How many processes; without it, one a core.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers see both folders under the same names.
    strict : bool
        Whether the first file that cannot be read stops it all.
    progress : bool
        Whether a bar shows how far it is.
    **parameters
        Those of the recipe.

    Returns
    -------
    DataSet
        It says how many pieces and pictures there are, and which files could not be read.

    Raises
    ------
    ValueError
        If there is no music, a setting does not do, or `out` holds something else.
    TrackError
        With `strict`, if a file cannot be read.
    OSError
        If a picture cannot be written, because the disk is full, say.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> music = load_track("crowd/funk-1").path.parent
    >>> done = make_pictures(music, f"{mkdtemp()}/pictures", size=32, rows=2, jobs=1, progress=False)
    >>> done.pieces, done.pictures, done.errors
    (72, 72, ())
    """
    folder, out = Path(folder).expanduser(), Path(out).expanduser()
    settings = _settings(recipe, size, seconds, hop, split, by, seed, parameters)
    if not folder.is_dir():
        raise ValueError(f"There is no folder '{folder}': check the spelling.")
    if os.path.realpath(folder) == os.path.realpath(out):
        raise ValueError(f"'{out}' is the folder of music itself: choose another one for the pictures.")
    found, links = sources.find(folder, out)
    if not found:
        raise ValueError(f"There is no music in '{folder}': WAV, FLAC, OGG, Opus or MP3 files were expected.")
    known = sources.split({sources.group(one.path, by) for one in found}, sources.shares(split), seed) if split else {}
    with ledger.Ledger(out, settings) as record:
        there = record.sweep()
        # Who has a place already stays there, whoever came since.
        known |= {sources.group(path, by): entry.split for path, entry in record.pieces.items()}
        done_already = {
            (path, entry.state) for path, entry in record.pieces.items() if there[entry.name] >= entry.pictures
        }
        todo = [one for one in found if (one.path, one.state) not in done_already]
        done = _work(folder, record, todo, known, by, jobs, scheduler, strict, _bar(progress, len(found), len(todo)))
        if todo or not record.finished or (out / "errors.csv").exists():
            record.finish(done)
        pictures = sum(entry.pictures for entry in record.pieces.values())
        gone = len(set(record.pieces) - {one.path for one in found})
        return DataSet(out, len(record.pieces), pictures, len(todo) - len(done), tuple(sorted(done)), links, gone)


def _settings(recipe, size, seconds, hop, split, by, seed, parameters) -> dict:
    """Return all that the pictures depend on as JSON values, or raise a ValueError if something does not do."""
    prepared = recipes.prepare(recipe, size, **parameters)
    for name, value in (("seconds", seconds), ("hop", hop)):
        if value is not None and not (isinstance(value, int | float) and 0.1 <= value <= 86_400):
            raise ValueError(f"{name}={value!r} was given; 0.1 s to a day (86,400 s) were expected.")
    if seconds is None and hop is not None:
        raise ValueError(f"hop={hop!r} was given with one picture a piece: say how many seconds a picture has, too.")
    if by not in ("piece", "folder"):
        raise ValueError(f"by={by!r} was given; 'piece' or 'folder' was expected.")
    if split:
        sources.shares(split)
    return {
        "version": recipes.VERSION,
        "recipe": recipe,
        "parameters": recipes.defaults(recipe) | parameters,
        "size": int(size),
        "seconds": None if seconds is None else float(seconds),
        "columns": None if hop is None else max(1, round(hop / seconds * prepared.moments)),
        "split": split or None,
        "by": by if split else None,
        "seed": whole(seed, "seed", 0) if split else None,
    }


def _bar(progress: bool, total: int, left: int):
    """Return a bar that shows how far it is, in a terminal or a notebook."""
    from tqdm.auto import tqdm

    return tqdm(total=total, initial=total - left, unit="file", disable=not progress, dynamic_ncols=True)


def _work(folder, record, todo, known, by, jobs, scheduler, strict, bar) -> list[tuple[str, str]]:
    """Make the pictures of all files; return which could not be read."""
    errors, pictures = [], 0
    # Other processes may be at home in another folder.
    folder, out = os.path.abspath(folder), os.path.abspath(record.out)
    tasks = ((folder, one.path, out, known.get(sources.group(one.path, by)), record.settings) for one in todo)
    if jobs is None:
        from joblib import cpu_count

        jobs = min(cpu_count(), len(todo)) or 1
    with bar:
        for (_, path, *_), entry in workers.run(_piece, tasks, whole(jobs, "jobs"), scheduler):
            sentence = "A process died of this file, more than once." if entry is None else entry.get("error")
            if sentence:
                record.undone(path)
                errors.append((path, sentence))
                if strict:
                    raise TrackError(f"{path}: {sentence}")
            else:
                record.done(entry)
                pictures += len(entry["rows"])
            bar.set_postfix(pictures=pictures, errors=len(errors), refresh=False)
            bar.update()
    return errors


def _piece(folder: str, path: str, out: str, split: str | None, settings: dict) -> dict:
    """Make all pictures of a file, and return what the record keeps of it; or, under "error", why it could not be read.

    It is called in another process, perhaps on another machine.
    """
    source, sentence = Path(folder, path), ""
    try:
        stat = os.stat(source)
        # All is measured before the first picture is written, so that a damaged file leaves none.
        drawn = _drawn(source, settings)
        first = next(drawn)
    except TrackError as error:
        sentence = str(error)
    except MemoryError:
        sentence = "There was not enough memory to read it."
    except OSError as error:
        sentence = f"It could not be read: {error.strerror or error}."
    except Exception as error:
        sentence = f"It could not be used: {type(error).__name__}: {' '.join(str(error).split())}"
    # An unplugged disk is no fault of its files, and nor is a machine that does not see it.
    if sentence and not sources.is_there(folder):
        raise FileNotFoundError(errno.ENOENT, "The folder of music is not there, or no longer", folder)
    if not ledger.is_there(Path(out)):
        raise FileNotFoundError(errno.ENOENT, "The folder of pictures is not there, or no longer", out)
    if sentence:
        return {"error": sentence}
    label = sources.label(path)
    place = "/".join(filter(None, (split, sources.safe(label))))
    os.makedirs(os.path.join(out, place), exist_ok=True)
    if os.path.realpath(os.path.join(out, place)) != os.path.join(os.path.realpath(out), *place.split("/")):
        raise OSError(f"'{place}' in '{out}' is a link: nothing is written outside the folder of the pictures.")
    rows = []
    drawn = enumerate(chain([first], drawn))
    while some := list(islice(drawn, _AT_ONCE)):
        names = [f"{place}/{sources.stem(path)}-{number:04d}.png" for number, _ in some]
        with ledger.whole_files([Path(out, name) for name in names]) as opened:
            for file, (_, (pixels, _)) in zip(opened, some, strict=True):
                file.write(_png(pixels))
        split_of = {"split": split} if split else {}
        for name, (_, (_, about)) in zip(names, some, strict=True):
            rows.append({"file_name": name, "label": label, **split_of, "source": path, **about})
    ledger.settle(Path(out, place))
    return {"path": path, "size": stat.st_size, "mtime": stat.st_mtime_ns, "split": split, "rows": rows}


def _drawn(source: Path, settings: dict) -> Iterator[tuple[np.ndarray, dict]]:
    """Yield each picture of a file, uint8 [H, W] or [H, W, 3], and what `metadata.csv` says of it."""
    recipe = recipes.prepare(settings["recipe"], settings["size"], **settings["parameters"])
    n, seconds = recipe.moments, settings["seconds"]
    hop = settings["columns"] or n

    def row(start, each, sr, length, power):
        return {
            "start": round(start * each, 6),
            "end": round(min((start + n) * each, length), 6),
            "seconds_per_pixel": round(each, 9),
            "sample_rate": sr,
            "level": round(10 * math.log10(max(power, 1e-12)), 2),
            "recipe": settings["recipe"],
            "version": settings["version"],
        }

    if recipe.measure is None and (seen := passages.see(source, seconds, n, hop, _looker(recipe), recipe.highest)):
        for start, (pixels, power) in zip(seen.starts, seen.found, strict=True):
            yield pixels, row(start, seen.each, seen.original_sr, seen.duration, power)
        return
    recipe = recipe.long or recipe
    found = passages.measure(source, seconds, n, recipe.measure, recipe.highest)
    each = found.samples / found.sr
    for start in passages.starts(found.columns.shape[1], n, hop):
        here = slice(start, start + n)
        power = found.energy[here].sum() / (n * found.samples)
        yield recipe.paint(found.columns[:, here]), row(start, each, found.original_sr, found.duration, power)


def _looker(recipe) -> Callable:
    """Return what paints a track, and measures its mean power."""
    return lambda music: (recipe.paint(music), np.square(music.signal).sum() / len(music.signal))


def _png(pixels: np.ndarray) -> bytes:
    """Return a picture as a PNG file, in a quarter of the time that Pillow takes: noise hardly gets any smaller."""
    height, width = pixels.shape[:2]
    kind = 2 if pixels.ndim == 3 else 0
    lines = np.pad(pixels.reshape(height, -1), ((0, 0), (1, 0)))
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    parts = {
        b"IHDR": struct.pack(">2I5B", width, height, 8, kind, 0, 0, 0),
        b"IDAT": packer.compress(lines.tobytes()) + packer.flush(),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
