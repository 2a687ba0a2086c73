"""What lies in a folder of music, what its pictures are called, and who may learn from them.

Explained in notebooks/17-data-set.ipynb.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from helpers import files

__all__ = ["shares"]

# The endings of audio files: those that can be read, and others of which a sentence says why not.
_READ = "wav wave flac ogg oga opus mp3 mp2 mpga aif aiff aifc au snd caf w64 rf64 voc"
_REFUSED = "m4a m4b aac ac3 amr ape dff dsf dts mpc ra spx tak tta wma wv"
_ENDINGS = frozenset(f".{ending}" for ending in f"{_READ} {_REFUSED}".split())
# Names that Windows keeps for itself, with any ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 _.-]{0,62}(?<![ .])")
# The class of what lies in no folder.
_NO_FOLDER = "music"
_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class _Source:
    """A file of music: its path in the folder, with "/"; and its size in bytes and when it last changed, in ns."""

    path: str
    state: tuple[int, int]


def find(folder: Path, out: Path | None = None, onerror=None) -> tuple[list[_Source], int]:
    """Return the audio files below a folder, in order of their paths; and how many links were not followed.

    Hidden files and folders are left out, and so is `out`. A file without an ending counts if it begins like audio.
    Links are not followed: what they lead to inside the folder is found anyway, and what is outside is not of it. A
    folder that cannot be read is passed over; `onerror` is told.
    """
    found, links, out = [], 0, out and os.path.realpath(out)
    for here, folders, names in os.walk(os.path.realpath(folder), onerror=onerror):
        links += sum(os.path.islink(os.path.join(here, name)) for name in folders)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and os.path.join(here, name) != out)
        for name in names:
            full = os.path.join(here, name)
            if name.startswith(".") or not _is_audio(full):
                continue
            if os.path.islink(full):
                links += 1
                continue
            try:
                stat = os.stat(full)
            except OSError:
                # It went away a moment ago, or will be complained about when it is read.
                continue
            path = Path(os.path.relpath(full, os.path.realpath(folder))).as_posix()
            found.append(_Source(path, (stat.st_size, stat.st_mtime_ns)))
    return sorted(found, key=lambda source: source.path), links


def is_there(folder) -> bool:
    """Say whether a folder can be read and holds anything: where a disk was unplugged, an empty one may remain."""
    try:
        with os.scandir(folder) as names:
            return any(True for _ in names)
    except OSError:
        return False


def _is_audio(full: str) -> bool:
    """Say whether a file has the ending of audio, or none and begins like audio."""
    ending = os.path.splitext(full)[1].lower()
    if ending or not os.path.isfile(full):
        return ending in _ENDINGS
    try:
        with open(full, "rb") as file:
            return file.read(4).startswith(files.KNOWN)
    except OSError:
        return False


def label(path: str) -> str:
    """Return the class of a piece: the first folder of its path.

    Examples
    --------
    >>> sources.label("Jazz/Trio/one.mp3"), sources.label("one.mp3")
    ('Jazz', 'music')
    """
    parts = PurePosixPath(path).parts
    return parts[0] if len(parts) > 1 else _NO_FOLDER


def safe(name: str) -> str:
    """Return a name that every file system takes: itself if that is so, otherwise a like one that no other name has.

    Examples
    --------
    >>> sources.safe("Hip Hop"), sources.safe("C'est à dire/…")
    ('Hip Hop', 'c-est-a-dire-3c8bcd65d5e5a1ba')
    """
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    return f"{_slug(name)}-{_digest(name)}"


def stem(path: str) -> str:
    """Return what the names of a piece's pictures begin with: its own name, made plain, and a number of its whole path.

    Examples
    --------
    >>> sources.stem("Jazz/So What.mp3")
    'so-what-9e1dd6d9d7f5fdb3'
    """
    return f"{_slug(PurePosixPath(path).stem)}-{_digest(path)}"


def _slug(name: str) -> str:
    """Return the letters and digits of a name without accents, in lower case, with dashes between the words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "piece"


def _digest(name: str) -> str:
    """Return 16 digits that no other name has, as far as anybody will see."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]


def shares(text: str) -> tuple[float, ...]:
    """Return the shares of train, validation and test, which add up to 1.

    Examples
    --------
    >>> sources.shares("80/10/10")
    (0.8, 0.1, 0.1)
    """
    try:
        numbers = [float(part) for part in str(text).split("/")]
    except ValueError:
        numbers = []
    if not 2 <= len(numbers) <= 3 or not all(0 <= number < float("inf") for number in numbers) or not sum(numbers):
        raise ValueError(f"split={text!r} was given; shares of train, validation and test were expected: 80/10/10.")
    numbers = numbers if len(numbers) == 3 else [numbers[0], 0.0, numbers[1]]
    return tuple(number / sum(numbers) for number in numbers)


def group(path: str, by: str) -> str:
    """Return what decides on the split of a piece: its path, or the path of the folder in which it lies."""
    return path if by == "piece" else str(PurePosixPath(path).parent)


def split(groups: set[str], share: tuple[float, ...], seed: int) -> dict[str, str]:
    """Return the split of each group: dealt out in an order that the seed chooses, to whichever split lacks most."""
    order = sorted(groups, key=lambda one: hashlib.sha256(f"{seed}/".encode() + os.fsencode(one)).digest())
    counts, result = [0] * len(share), {}
    for number, one in enumerate(order, 1):
        lack = [part * number - count for part, count in zip(share, counts, strict=True)]
        best = lack.index(max(lack))
        counts[best] += 1
        result[one] = _SPLITS[best]
    return result
