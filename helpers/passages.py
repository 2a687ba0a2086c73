"""A piece, measured while it is decoded: memory does not grow with its length.

What is measured in a moment depends on that moment and half a window around it, so a few hundred moments at a time are
cut out of the stream as a `Track` of their own. Explained in notebooks/17-data-set.ipynb.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers import spectra, tracks

__all__ = []

# How many samples are measured at a time.
_AT_ONCE = 1 << 20
# The lowest rate that a stream is halved to, in samples a second, and how many times the highest frequency it must be.
_LOWEST_RATE, _ENOUGH = 10_000, 2.5
# So many samples are kept in memory at most, where a recipe needs all of a piece at once: ten minutes at 22,050 Hz.
_MOST = 13_230_000
# A half-band low-pass of 15 taps (Parks and McClellan): what is above 0.319 of the rate is 42 dB quieter, what is below
# 0.181 stays. Every second tap is 0 and left out, except the middle one, which is a half.
_TAPS = np.array([-0.01427, 0.03579, -0.0871, 0.31157, 0.31157, -0.0871, 0.03579, -0.01427], np.float32)


@dataclass(frozen=True)
class _Measured:
    """What was measured of a piece, moment by moment.

    Attributes
    ----------
    columns : float32 [bins, moments]
        As the measure returned it.
    energy : float64 [moments]
        The sum of the squared samples of each moment.
    samples : float
        How many samples a moment has, at the rate `sr`.
    sr : int
        The rate that was measured at.
    original_sr : int
        That of the file.
    duration : float
        Seconds of music.
    """

    columns: np.ndarray
    energy: np.ndarray
    samples: float
    sr: int
    original_sr: int
    duration: float


def measure(path: Path, seconds: float | None, least: int, measures: Callable, highest: float) -> _Measured:
    """Measure a whole piece in moments of equal length.

    Parameters
    ----------
    path : Path
        An audio file.
    seconds : float or None
        How long `least` moments last; None for as long as the piece is.
    least : int
        How many moments there are at least: where the music is over sooner, the rest is silence.
    measures : function
        Is given a Track and moments, and returns [bins, n]; what it returns for a moment may depend on a window of
        `spectra.window_length` samples in it, not on other moments.
    highest : float
        The highest frequency that counts, in Hz. A file whose rate is at least twice of what that needs is halved.

    Raises
    ------
    TrackError
        As for `load_track`.
    """
    stream = tracks.Stream(path, path.stem)
    frames = stream.frames
    while True:
        found = _pass(stream, seconds, frames, least, measures, highest)
        mix, _, _ = stream.wanted()
        frames, known = stream.length, frames
        same = np.array_equal(mix, stream.mix)
        if same and (seconds is not None or frames == known):
            return found
        stream = tracks.Stream(path, path.stem, mix)


@dataclass(frozen=True)
class _Seen:
    """What was found in stretches of a piece.

    Attributes
    ----------
    starts : list of int
        The moment with which each begins.
    found : list
        What was found in each.
    each : float
        How many seconds a moment lasts.
    original_sr, duration
        As for `_Measured`.
    """

    starts: list
    found: list
    each: float
    original_sr: int
    duration: float


def see(path: Path, seconds: float | None, least: int, hop: int, look: Callable, highest: float) -> _Seen | None:
    """Look at stretches of a piece, each as a track of its own; where the music is over, silence follows.

    Parameters
    ----------
    path, seconds, least, highest
        As for `measure`; a stretch lasts `least` moments.
    hop : int
        As for `starts`.
    look : function
        Is given a Track.

    Returns
    -------
    _Seen or None
        None, if a stretch is too long to be kept in memory.

    Raises
    ------
    TrackError
        As for `load_track`.
    """
    stream = tracks.Stream(path, path.stem)
    while True:
        seen = _looked(stream, seconds, least, hop, look, highest)
        mix, _, _ = stream.wanted()
        if seen is None or np.array_equal(mix, stream.mix):
            return seen
        stream = tracks.Stream(path, path.stem, mix)


def _looked(stream, seconds: float | None, least: int, hop: int, look: Callable, highest: float) -> _Seen | None:
    """Decode a piece once, and look at each stretch of it on the way."""
    blocks, sr = _slow(stream, highest)
    each = np.inf if seconds is None else seconds * sr / least
    if seconds is not None and each * least > _MOST:
        return None
    begun, found, waiting = [], [], _Waiting()

    def look_at(some):
        for start in some:
            first, last = round(start * each), round((start + least) * each)
            music = waiting.between(first, last)
            silence = max(1, last - first) - len(music)
            found.append(look(tracks.Track(np.pad(music, (0, silence)), sr, stream.name)))
            begun.append(start)

    for block in blocks:
        waiting.append(block)
        if seconds is None and waiting.end > _MOST:
            return None
        # Before the end, only what lies wholly in what was heard.
        whole = int(waiting.end / each)
        look_at(range(len(begun) * hop, whole - least + 1, hop))
        waiting.forget(int(min(len(begun) * hop, whole - least) * each) - 1 if whole else 0)
    each = waiting.end / least if seconds is None else each
    total = max(least, int(np.ceil(waiting.end / each - 1e-6)))
    look_at(starts(total, least, hop)[len(begun) :])
    return _Seen(begun, found, each / sr, stream.sr, stream.length / stream.sr)


def starts(total: int, least: int, hop: int) -> list[int]:
    """Return the moments with which the pictures of a piece of `total` moments begin, each of `least` moments.

    The last one ends with the piece, so it may begin earlier than a hop after the one before; less than half a hop is
    left out.

    Examples
    --------
    >>> passages.starts(total=26, least=10, hop=10)
    [0, 10, 16]
    """
    return [min(number * hop, total - least) for number in range(1 + round((total - least) / hop))]


class _Waiting:
    """Samples that were decoded and are still needed: those from `start` to `end` of a piece."""

    def __init__(self):
        self._room, self.start, self.end = np.empty(1, np.float32), 0, 0

    def append(self, block: np.ndarray) -> None:
        """Add what follows."""
        filled = self.end - self.start
        if filled + len(block) > len(self._room):
            more = np.empty(filled + 2 * len(block), np.float32)
            self._room = np.concatenate([self._room[:filled], more])
        self._room[filled : filled + len(block)] = block
        self.end += len(block)

    def between(self, first: int, last: int) -> np.ndarray:
        """Return samples, in memory that is used again; less at the end."""
        return self._room[max(0, first - self.start) : max(0, min(last, self.end) - self.start)]

    def forget(self, first: int) -> None:
        """Forget what lies before a sample."""
        first = min(max(first, self.start), self.end)
        if first == self.start:
            return
        self._room[: self.end - first] = self._room[first - self.start : self.end - self.start].copy()
        self.start = first


def _pass(stream, seconds, frames: int, least: int, measures: Callable, highest: float) -> _Measured:
    """Decode a piece once, and measure it on the way; `frames` is how long it is if `seconds` does not tell."""
    blocks, sr = _slow(stream, highest)
    duration = max(frames, 1) / stream.sr if seconds is None else seconds
    each = duration * sr / least
    at_once, margin = max(1, int(_AT_ONCE / each)), spectra.window_length(sr)
    columns, energy = [], []
    waiting, done, ended = _Waiting(), 0, False
    while not ended:
        block = next(blocks, None)
        ended = block is None
        if not ended:
            waiting.append(block)
        while (ready := waiting.end >= (done + at_once) * each + margin) or ended:
            total = least if seconds is None else max(least, int(np.ceil(waiting.end / each - 1e-6)))
            count = at_once if ready else min(at_once, total - done)
            if count <= 0:
                break
            start = waiting.start
            passage = waiting.between(start, int(np.ceil((done + count) * each)) + margin)
            track = tracks.Track(passage if len(passage) else np.zeros(1, np.float32), sr, stream.name)
            when = (np.arange(done, done + count + 1) * each - start) / sr
            columns.append(measures(track, when))
            energy.append(_energy(track, when))
            done += count
            # Whole samples are forgotten, so that every window stays where it was.
            waiting.forget(int(done * each) - margin)
    columns = np.concatenate(columns, axis=1)
    return _Measured(columns, np.concatenate(energy), each, sr, stream.sr, stream.length / stream.sr)


def _energy(track, when) -> np.ndarray:
    """Return the sum of the squared samples of each moment, float64 [n]."""
    edges = spectra.sample_edges(track, when)
    result, here = np.zeros(len(edges) - 1), np.flatnonzero(np.diff(edges))
    if len(here):
        result[here] = np.add.reduceat(np.square(track.signal[: edges[-1]]), edges[here])
    return result


def _slow(stream, highest: float) -> tuple[Iterator[np.ndarray], int]:
    """Return the blocks of a stream, halved in rate as often as the highest frequency allows; and their rate."""
    blocks, sr = _tame(stream), stream.sr
    while sr % 2 == 0 and sr // 2 >= max(_LOWEST_RATE, _ENOUGH * highest):
        blocks, sr = _halved(blocks), sr // 2
    return blocks, sr


def _tame(stream) -> Iterator[np.ndarray]:
    """Yield blocks in which the few samples that are far beyond the others, which are damage, are cut to ±1."""
    filled = seen = 0
    for block in stream:
        if 0 < len(stream.wild) - seen <= tracks.FEW:
            here = np.array(stream.wild[seen:]) - filled
            block[here] = np.clip(block[here], -1, 1)
        filled, seen = filled + len(block), len(stream.wild)
        if not np.isfinite(block.sum()) and len(bad := np.flatnonzero(~np.isfinite(block))):
            raise tracks.TrackError(
                f"'{stream.name}' holds {block[bad[0]]} instead of an amplitude at "
                f"{(filled - len(block) + bad[0]) / stream.sr:.3f} s; every sample must be a finite number: "
                "export the file again."
            )
        yield block


def _halved(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield blocks with half as many samples a second: low-passed, and every second one taken."""
    reach = len(_TAPS) - 1
    kept = np.zeros(reach, np.float32)
    ended = False
    while not ended:
        block = next(blocks, None)
        ended = block is None
        kept = np.concatenate([kept, np.zeros(reach, np.float32) if ended else block])
        count = (len(kept) - 2 * reach + 1) // 2
        if count > 0:
            slow = np.convolve(kept[: 2 * (count + reach) : 2], _TAPS, "valid")
            middle = kept[reach : reach + 2 * count : 2] * np.float32(0.5)
            slow += middle
            yield slow
            kept = kept[2 * count :]
