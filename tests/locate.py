"""Music of which every moment can be told from every other, and how to tell: the ears of the tests.

The music is noise from 100 to 3500 Hz, so that it survives 8000 samples a second and every codec; a melody is laid over
it for people who listen. A fifth of a second of it is found again anywhere in minutes of music, to a fraction of a
millisecond.
"""

from dataclasses import dataclass

import numpy as np
import soxr

RATE = 8000
LOW, HIGH = 100, 3500
# A second peak within so many seconds of the first is the same one.
WIDTH = 0.003
# So many seconds of something else end a passage.
APART = 0.003


def music(seconds: float, sr: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Return music as float32 [samples, channels]: the same at every sample rate, another in every channel."""
    samples = round(seconds * sr)
    dice = np.random.default_rng(seed)
    low, high = round(LOW * seconds), round(HIGH * seconds)
    result = np.empty((samples, channels), np.float32)
    for channel in range(channels):
        spectrum = np.zeros(samples // 2 + 1, np.complex64)
        # So many random waves of amplitude 1 have a mean power of half their number.
        waves = np.exp(2j * np.pi * dice.uniform(size=high - low))
        spectrum[low:high] = waves * (0.12 / np.sqrt(2 * (high - low)) * samples)
        result[:, channel] = np.fft.irfft(spectrum, samples)
    t = np.arange(samples) / sr
    notes = 330 * 2 ** (dice.choice([0, 2, 4, 7, 9, 12], round(4 * seconds) + 1) / 12)
    note = np.minimum((4 * t).astype(int), len(notes) - 1)
    melody = np.sin(2 * np.pi * notes[note] * t) * np.exp(-4 * (4 * t - note)) * np.minimum(1, (4 * t - note) * 50)
    return result + (0.05 * melody[:, np.newaxis]).astype(np.float32)


def plain(sound: np.ndarray, sr: float) -> np.ndarray:
    """Return the mean of all channels at the rate at which sounds are compared, float64 [samples]."""
    sound = np.asarray(sound, dtype=np.float64)
    sound = sound.mean(axis=1) if sound.ndim == 2 else sound
    return sound if sr == RATE else soxr.resample(sound, sr, RATE, quality="VHQ")


def locate(heard, sr, music, music_sr, near=None) -> tuple[float, float]:
    """Find where in the music a snippet comes from.

    Parameters
    ----------
    heard : [samples] or [samples, channels]
        A tenth of a second or more. Channels are averaged, here and in the music.
    sr, music_sr : float
        Samples per second, of each.
    music : [samples] or [samples, channels]
        The whole.
    near : float, optional
        Look no further than 2 seconds from this second.

    Returns
    -------
    seconds : float
        Which second of the music sounds at the first sample of the snippet; NaN if the snippet is silent.
    confidence : float
        How many times better this place fits than the next best one: above 2, it is the right one.
    """
    offset = 0.0
    if near is not None:
        first = max(0, round((near - 2) * music_sr))
        music = music[first : round((near + 2) * music_sr) + len(heard) * round(music_sr / sr + 1)]
        offset = first / music_sr
    snippet, whole = plain(heard, sr), plain(music, music_sr)
    if not np.abs(snippet).max(initial=0) > 1e-5:
        return float("nan"), 0.0
    # Half a snippet of nothing on either side: it may begin before the music does, or end after it.
    margin = len(snippet) // 2
    whole = np.pad(whole, margin)
    size = 1 << (len(whole) + len(snippet) - 1).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(snippet, size))
    places = len(whole) - len(snippet) + 1
    likeness = np.fft.irfft(spectrum, size)[:places]
    power = np.cumsum(np.concatenate(([0], whole**2)))
    power = power[len(snippet) :] - power[:places]
    likeness /= np.sqrt(np.maximum(power, 1e-3 * power.max()) * np.sum(snippet**2))
    best = int(np.argmax(likeness))
    width = round(WIDTH * RATE)
    others = np.delete(likeness, slice(max(0, best - width), best + width + 1))
    next_best = max(others.max(initial=0), 1e-3)
    # The top of the parabola through the three highest points lies between samples.
    finer = 0.0
    if 0 < best < places - 1:
        before, peak, after = likeness[best - 1 : best + 2]
        finer = (before - after) / (2 * (before - 2 * peak + after))
    return offset + (best + finer - margin) / RATE, float(likeness[best] / next_best)


@dataclass(frozen=True)
class Passage:
    """A stretch of what was heard in which the music goes on without a jump.

    Attributes
    ----------
    begin, end : float
        Where it lies in what was heard, in seconds.
    second : float
        Which second of the music sounds at its beginning.
    """

    begin: float
    end: float
    second: float

    @property
    def until(self) -> float:
        """The second of the music at its end."""
        return self.second + self.end - self.begin


def passages(heard, sr, music, music_sr) -> list[Passage]:
    """Find all passages of the music in what was heard; parameters as for `locate`.

    A gap or a jump of 3 ms or more divides passages; their ends are true to about a millisecond. What is shorter than
    a twentieth of a second may be overlooked.
    """
    sound, whole, found = plain(heard, sr), plain(music, music_sr), []
    size = round(0.1 * RATE)
    at = 0
    while at + size <= len(sound):
        snippet = sound[at : at + size]
        second, confidence = locate(snippet, RATE, whole, RATE) if np.abs(snippet).max() > 1e-3 else (0, 0)
        if confidence < 2:
            at += size // 8
            continue
        shift = second * RATE - at
        begin, end = extent(sound, whole, at + size // 2, shift)
        if end - begin < size // 2:
            at += size // 8
            continue
        begin = max(begin, found[-1][1] if found else 0)
        found.append((begin, end, (begin + shift) / RATE))
        at = max(end, at + size // 8)
    return [Passage(begin / RATE, end / RATE, second) for begin, end, second in found]


def extent(sound, whole, middle, shift) -> tuple[int, int]:
    """Return from where to where, around `middle`, sample i of the sound is sample i + shift of the whole."""
    # The part of the shift that is no whole sample is taken out of the sound.
    steps = round(shift)
    turn = -2j * np.pi * np.fft.rfftfreq(len(sound)) * (shift - steps)
    sound = np.fft.irfft(np.fft.rfft(sound) * np.exp(turn), len(sound))
    other = np.zeros_like(sound)
    first, last = max(0, -steps), min(len(sound), len(whole) - steps)
    other[first:last] = whole[first + steps : last + steps]
    near = slice(max(0, middle - RATE // 50), middle + RATE // 50)
    other *= sound[near] @ other[near] / (other[near] @ other[near])
    # Below 0 where the two are alike, above 0 where they are not, or where one of them is silent.
    unlike = 0.5 * sound**2 + 0.5 * other**2 - 2 * sound * other
    most = 0.5 * np.mean(other[near] ** 2) * APART * RATE

    def length(values):
        total = np.cumsum(np.concatenate(([0], values)))
        too_much = np.flatnonzero(total - np.minimum.accumulate(total) > most)
        return int(np.argmin(total[: too_much[0] if len(too_much) else None]))

    return middle - length(unlike[:middle][::-1]), middle + length(unlike[middle:])
