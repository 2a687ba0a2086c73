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


def load(path: Path, highest: float) -> tuple[tracks.Track, int]:
    """Load a piece at the rate at which it would be measured; and return the rate of the file.

    Raises a TrackError, as `load_track` does, and where the piece is too long to be kept in memory.
    """
    stream = tracks.Stream(path, path.stem)
    for _ in range(2):
        blocks, sr = _slow(stream, highest)
        signal, filled = np.empty(1 << 20, np.float32), 0
        for block in blocks:
            if filled + len(block) > len(signal):
                signal.resize(len(signal) + len(signal) // 4 + len(block), refcheck=False)
            signal[filled : filled + len(block)] = block
            filled += len(block)
            if filled > _MOST:
                raise tracks.TrackError(
                    f"'{path.name}' is longer than {_MOST / sr / 60:.0f} minutes, too long for a recipe that looks "
                    "at all of a piece: choose another recipe."
                )
        mix, _, _ = stream.wanted()
        if np.array_equal(mix, stream.mix):
            break
        stream = tracks.Stream(path, path.stem, mix)
    signal.resize(filled, refcheck=False)
    return tracks.Track(signal, sr, path.stem, path), stream.sr


def _pass(stream, seconds, frames: int, least: int, measures: Callable, highest: float) -> _Measured:
    """Decode a piece once, and measure it on the way; `frames` is how long it is if `seconds` does not tell."""
    blocks, sr = _slow(stream, highest)
    duration = max(frames, 1) / stream.sr if seconds is None else seconds
    each = duration * sr / least
    at_once, margin = max(1, int(_AT_ONCE / each)), spectra.window_length(sr)
    columns, energy = [], []
    # What was decoded and is not measured yet, from the sample `start` of the piece on: the first `filled` of a room.
    room, start, filled, done, ended = np.empty(1, np.float32), 0, 0, 0, False
    while not ended:
        block = next(blocks, None)
        ended = block is None
        if not ended:
            if filled + len(block) > len(room):
                room = np.concatenate([room[:filled], np.empty(filled + 2 * len(block), np.float32)])
            room[filled : filled + len(block)] = block
            filled += len(block)
        while (ready := start + filled >= (done + at_once) * each + margin) or ended:
            total = least if seconds is None else max(least, int(np.ceil((start + filled) / each - 1e-6)))
            count = at_once if ready else min(at_once, total - done)
            if count <= 0:
                break
            reach = max(1, int(np.ceil((done + count) * each)) + margin - start)
            passage = room[: min(reach, filled)] if filled else np.zeros(1, np.float32)
            track = tracks.Track(passage, sr, stream.name)
            when = (np.arange(done, done + count + 1) * each - start) / sr
            columns.append(measures(track, when))
            energy.append(_energy(track, when))
            done += count
            # Whole samples are cut away, so that every window stays where it was.
            cut = min(max(0, int(done * each) - margin - start), filled)
            room[: filled - cut] = room[cut:filled].copy()
            start, filled = start + cut, filled - cut
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


def cut(track: tracks.Track, start: float, seconds: float) -> tracks.Track:
    """Return a stretch of a track as one of its own, followed by silence where the music is over."""
    first, last = round(start * track.sr), round((start + seconds) * track.sr)
    music = track.signal[first:last]
    return tracks.Track(np.pad(music, (0, max(1, last - first) - len(music))), track.sr, track.name)
