"""Many pieces of music: the crowd that comes with the project, or all that is in a folder of your own.

Explained in notebooks/16-robot.ipynb.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf

from helpers import checks, sources
from helpers.files import AudioFile, unreadable
from helpers.tracks import Track, TrackError, crowd, load_track

__all__ = ["Corpus", "Piece", "gather"]

_FEWEST = 8


@dataclass(frozen=True)
class Piece:
    """A piece of a corpus.

    Attributes
    ----------
    name : str
        What to call it: its name in the crowd without "crowd/", or its path in the folder without the ending.
    family : str
        Whose sibling it is: its family in the crowd, or the folder that holds it ("" for the first folder).
    source : str or Path
        What `load_track` takes.

    Examples
    --------
    >>> load_track(corpus.gather().pieces[7].source)
    Track 'crowd/quartet-2': 0 min 42.0 s, 926100 samples at 22050 Hz
    """

    name: str
    family: str
    source: str | Path


@dataclass
class Corpus:
    """Many pieces of music, loaded one at a time.

    Attributes
    ----------
    pieces : list of Piece
        In the order of their names.
    skipped : dict of str to str
        The sentence why, for each file that is left out, by its path in the folder.
    of : int
        How many files there are; not all are looked at where only some are taken.
    links : int
        How many links in the folder are not followed.

    Examples
    --------
    >>> corpus.gather()
    72 pieces in 12 families
    """

    pieces: list[Piece]
    skipped: dict[str, str] = field(default_factory=dict)
    of: int = 0
    links: int = 0

    def __len__(self):
        return len(self.pieces)

    def tracks(self) -> Iterator[tuple[Piece, Track]]:
        """Load one piece after the other; what turns out to be damaged leaves the corpus with its sentence.

        Raises
        ------
        TrackError
            At the end, if fewer than eight pieces are left.
        """
        for piece in list(self.pieces):
            try:
                track = load_track(piece.source)
            except TrackError as error:
                self.pieces.remove(piece)
                self.skipped[piece.name + Path(piece.source).suffix] = str(error)
                continue
            yield piece, track
        self.check()

    def check(self) -> None:
        """Raise a TrackError if there are fewer than eight pieces."""
        if len(self) < _FEWEST:
            there = "There is 1 usable piece" if len(self) == 1 else f"There are {len(self)} usable pieces"
            raise TrackError(
                f"{there} of music; at least {_FEWEST} were expected: name a folder with more. "
                f"{_left_out(self.skipped, self.links)}".strip()
            )

    def __repr__(self):
        families = len({piece.family for piece in self.pieces})
        words = f"{len(self)} pieces in {families} {'family' if families == 1 else 'families'}"
        if len(self) + len(self.skipped) < self.of:
            words += f", taken by chance from {self.of} files"
        return "; ".join(filter(None, [words, _left_out(self.skipped, self.links).removesuffix(".")]))


def gather(music=None, most: int = 1000, seconds: float = 8.0, seed: int = 0) -> Corpus:
    """Return many pieces of music: the crowd, or what is in a folder and the folders below it.

    Hidden files and files whose ending is not that of a sound are passed over. Links are not followed: what they lead
    to inside the folder is found there, and what is outside was not asked for.

    Parameters
    ----------
    music : str or Path, optional
        A folder; None for the crowd.
    most : int
        At most so many pieces; where there are more, chance decides.
    seconds : float
        The shortest piece that is of use.
    seed : int
        Seeds the chance.

    Returns
    -------
    Corpus
        The pieces that seem usable: each file is opened, but not decoded yet. It says what was skipped.

    Raises
    ------
    TrackError
        If there is no such folder, or fewer than eight usable pieces in it.
    ValueError
        If `most` is no whole number of at least eight.

    Examples
    --------
    >>> corpus.gather(most=8).pieces[0]
    Piece(name='ragtime-6', family='ragtime', source='crowd/ragtime-6')
    """
    most, rng = checks.whole(most, "most", _FEWEST), np.random.default_rng(seed)
    if music is None:
        pieces = [Piece(name.removeprefix("crowd/"), known["family"], name) for name, known in crowd().items()]
        if not pieces:
            raise TrackError("The crowd is in the folder of the project, which is not here: give a folder of music.")
        return Corpus([pieces[i] for i in sorted(rng.permutation(len(pieces))[:most])], of=len(pieces))
    if not isinstance(music, str | os.PathLike) or not str(music).strip():
        raise TrackError(f"{music!r} was given; the path of a folder of music was expected, or None for the crowd.")
    folder = Path(os.path.expanduser(music))
    if not os.path.isdir(folder):
        what = "is a file" if os.path.isfile(folder) else "does not exist"
        raise TrackError(
            f"'{music}' {what}; a folder of music was expected: check the spelling, or give its full path."
        )
    files, links, skipped = _files(folder)
    found = Corpus([], skipped, len(files) + len(skipped), links)
    for i in rng.permutation(len(files)) if len(files) > most else range(len(files)):
        if len(found) == most:
            break
        path = files[i].relative_to(folder)
        if why := _refused(files[i], seconds):
            found.skipped[path.as_posix()] = why
        else:
            family = "" if path.parent == Path() else path.parent.as_posix()
            found.pieces.append(Piece(path.with_suffix("").as_posix(), family, files[i]))
    found.pieces.sort(key=lambda piece: str(piece.source))
    found.check()
    return found


def _files(folder: Path) -> tuple[list[Path], int, dict[str, str]]:
    """Return the sound files in a folder and below, how many links there are, and which folders cannot be read."""
    closed, real = {}, folder.resolve()

    def deny(error):
        closed[Path(error.filename).relative_to(real).as_posix()] = f"It cannot be read: {error.strerror}."

    found, links = sources.find(folder, onerror=deny)
    return [path for path in (folder / source.path for source in found) if path.is_file()], links, closed


def _refused(path: Path, seconds: float) -> str:
    """Return a sentence why a file is of no use, as far as its beginning tells, or nothing."""
    try:
        if path.stat().st_size == 0:
            return f"'{path.name}' is empty: the file has no bytes."
        with AudioFile(path) as file:
            lasts = file.frames / file.samplerate
    except (sf.LibsndfileError, RuntimeError):
        return unreadable(path)
    except OSError as error:
        return f"'{path.name}' cannot be read: {error.strerror}."
    return f"'{path.name}' lasts {lasts:.1f} s; at least {seconds:g} s were expected." if lasts < seconds else ""


def _left_out(skipped: dict[str, str], links: int, shown: int = 5) -> str:
    """Say which files are left out; nothing if none is."""
    sentences = []
    if skipped:
        names = ", ".join(f"'{name}'" for name in list(skipped)[:shown])
        more = f" and {len(skipped) - shown} more" if len(skipped) > shown else ""
        count = "1 file is" if len(skipped) == 1 else f"{len(skipped)} files are"
        sentences.append(f"{count} skipped: {names}{more} (`skipped` says why).")
    if links:
        sentences.append("1 link is not followed." if links == 1 else f"{links} links are not followed.")
    return " ".join(" ".join(sentences).encode("utf-8", "replace").decode().splitlines())
