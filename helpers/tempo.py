"""Beats, a precise period, bars. Explained in notebooks/08-tempo-wrap.ipynb.

Two witnesses tell a tempo. Lines of the right length are alike, near and far: that shows whether one tempo holds, and
from where to where. And beats are picked as librosa picks them; a straight line through all of them tells the period
and the place of the beats far more precisely than any two of them, or than the tempo that librosa reports. What is a
bar, and where it begins, is told by which beats are alike.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from helpers import features, moments, outputs, spectra

__all__ = ["Pulse", "bars", "candidates", "find", "line", "onsets", "pick", "reported", "similarity"]

# Onsets are measured this many times a second, attacks so many.
_RATE, _FINE = 100, 1000
# How much stronger onsets must be on the beats than elsewhere, if no tempo holds. White noise reaches 1.2.
_AUDIBLE = 2.0
# Which share of the beats must lie on lines, and how far off a beat may be, in periods.
_STEADY, _ON_LINE = 0.7, 0.1
# How far the tempo may be from the one that is asked for.
_NEAR = 0.04
# Lines of a beat are compared in groups of so many; a tempo that holds, holds for three groups.
_TOGETHER = 8
# How alike lines are, a correlation, where one tempo holds. Clicks at half as many again reach 0.58 by chance.
_ALIKE = 0.55
_LEAST = 3 * _TOGETHER
# The most usual tempo; one octave from it counts 0.6, as in librosa.
_USUAL_BPM = 130
_SLOWEST, _FASTEST = 20, 400
# librosa reports no tempo above this.
_TOO_FAST = 320
# A line does not bridge so many beats in a row at which nothing begins, without being asked.
_PAUSE = 4
# Nothing begins where the mean band grows by less than this, in dB: it is the ripple of a steady tone.
_SILENT = 0.1
# Which tempos could be meant, beside the one that librosa reports.
_LEVELS = (1, 1 / 2, 2, 2 / 3, 3 / 2, 3 / 4, 4 / 3)

# What was measured of a track, for as long as the track is in use.
_ONSETS, _ATTACKS, _PARTS = WeakKeyDictionary(), WeakKeyDictionary(), WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Pulse:
    """What beats in a piece of music. Beats have numbers: 0 is the first that was heard, those before are negative.

    Attributes
    ----------
    beats : float64 [n]
        In seconds, the beats at which something was heard to begin. If the pulse is steady, some may be missing or
        wrong; otherwise they are all there is.
    period : float or None
        Seconds from beat to beat: of the line if the pulse is steady, otherwise the median. None: there is no beat.
    start : float
        The second of beat 0, on the line if the pulse is steady.
    error : float or None
        Standard error of the period in seconds; None if the pulse is not steady.
    steady : bool
        Whether one tempo holds throughout.
    why : str
        A sentence that says what was found.
    score : float
        What speaks for this tempo: `alike` times `share` times the share of beats at which anything begins, times how
        usual the tempo is. Where no tempo holds, the share of beats that lie on one line stands for `alike`.
    alike : float
        How alike lines are that last a beat, near and far ones: a correlation. 0 if no tempo holds.
    share : float
        At which share of the beats more begins than on average.
    contrast : float
        How strong onsets are on the beats, compared with all times of the piece.
    metre, downbeat : int
        Beats a bar, and the number of a beat that begins one. Until `bars` has looked, every beat is a bar.
    bar_score : float
        As explained at `bars`.

    Examples
    --------
    >>> pulse = tempo.Pulse(np.arange(8) / 2, period=0.5, steady=True)
    >>> pulse.bpm, pulse.seconds([0, 1, 100])
    (120.0, array([ 0. ,  0.5, 50. ]))
    """

    beats: np.ndarray
    period: float | None = None
    start: float = 0.0
    error: float | None = None
    steady: bool = False
    why: str = ""
    score: float = 0.0
    alike: float = 0.0
    share: float = 0.0
    contrast: float = 0.0
    metre: int = 1
    downbeat: int = 0
    bar_score: float = 0.0

    @property
    def bpm(self) -> float:
        """Beats a minute; not a number where there is no beat."""
        return 60 / self.period if self.period else np.nan

    def seconds(self, number) -> np.ndarray:
        """Return the second of each beat, given by its number, which may be a fraction or lie outside the music.

        A steady pulse is a straight line. Any other goes straight from each beat to the next; before the
        first and after the last it keeps the pace of the eight beats nearest to them.
        """
        number = np.asarray(number, dtype=np.float64)
        if self.steady:
            return self.start + self.period * number
        first, last = self.paces()
        end = len(self.beats) - 1
        inside = np.interp(number, np.arange(end + 1), self.beats)
        return inside + np.minimum(number, 0) * first + np.maximum(number - end, 0) * last

    def numbers(self, seconds) -> np.ndarray:
        """Return the number of the beat at each second, a fraction between two beats: the inverse of `seconds`."""
        seconds = np.asarray(seconds, dtype=np.float64)
        if self.steady:
            return (seconds - self.start) / self.period
        first, last = self.paces()
        inside = np.interp(seconds, self.beats, np.arange(len(self.beats)))
        return inside + np.minimum(seconds - self.beats[0], 0) / first + np.maximum(seconds - self.beats[-1], 0) / last

    def paces(self) -> tuple[float, float]:
        """Return how long the first and the last few beats are, in seconds."""
        few = min(8, len(self.beats) - 1)
        return (self.beats[few] - self.beats[0]) / few, (self.beats[-1] - self.beats[-1 - few]) / few


def find(track, bpm: float | None = None) -> Pulse:
    """Find the beat of a track and its bars: the likeliest, or those near a tempo of your choice.

    Parameters
    ----------
    track : Track
    bpm : float, optional
        Beats a minute, to within a few percent: one of `candidates`, say.

    Returns
    -------
    Pulse
        Where there is no beat, its period is None, and `why` says what was found instead.

    Raises
    ------
    ValueError
        If `bpm` is not a number from 20 to 400.

    Examples
    --------
    >>> pulse = tempo.find(load_track("groove"))
    >>> round(pulse.bpm, 1), pulse.metre, pulse.why
    (128.0, 4, 'One tempo holds: 128.00 beats a minute.')
    """
    if bpm is None:
        pulse = candidates(track)[0]
    elif isinstance(bpm, str) or not _SLOWEST <= bpm <= _FASTEST:
        raise ValueError(f"bpm={bpm!r} was given; {_SLOWEST} to {_FASTEST} beats a minute were expected.")
    else:
        pulse = _listen(track, bpm, _held(track, bpm))
    if pulse.period and not pulse.steady and not pulse.alike:
        pulse = _follow(track, pulse)
    return bars(track, pulse)[0] if pulse.period else pulse


def candidates(track) -> list[Pulse]:
    """Return the tempos that could be meant, the likeliest first: librosa's, and simple multiples and parts of it.

    Music has a beat on several levels, and nobody but the listener can tell which one is meant. `score`, `contrast`,
    `share` and `alike` say what speaks for each. Their bars have not been sought yet: give `find` the tempo you choose.

    Examples
    --------
    >>> [round(pulse.bpm) for pulse in tempo.candidates(load_track("groove"))]
    [128, 85, 64, 256, 171, 96, 192]
    """
    near = [reported(track) * level for level in _LEVELS]
    held = {bpm: _held(track, bpm) for bpm in near if _SLOWEST <= bpm <= _FASTEST}
    likely = [bpm for bpm in held if held[bpm]] or held
    found = [_listen(track, bpm, held[bpm]) for bpm in likely]
    found = found or [Pulse(np.empty(0), why="Nothing in it begins: there is no beat.")]
    return sorted(found, key=lambda pulse: (pulse.period is None, not pulse.alike, -pulse.score))


def bars(track, pulse: Pulse, metres=(4, 3, 2)) -> list[Pulse]:
    """Return the pulse with each bar it could have, the likeliest first.

    The score of a bar adds two differences between similarities (−1 to 1). How much more alike are beats that are
    whole bars apart than other beats, up to 24 apart? And how much more do the notes change at the beats that would
    begin a bar than at the others?

    Parameters
    ----------
    track : Track
    pulse : Pulse
        With a period.
    metres : sequence of int
        How many beats a bar may have, each at least 2.

    Returns
    -------
    list of Pulse
        One for each metre and each beat a bar could begin with, in falling order of `bar_score`.

    Examples
    --------
    >>> track = load_track("groove")
    >>> [bar.metre for bar in tempo.bars(track, tempo.find(track))][:2]
    [4, 2]
    """
    first, last = pulse.numbers([0, track.duration])
    number = np.arange(np.ceil(first), np.floor(last)).astype(np.int64)
    n = len(number)
    if n < 8:
        return [replace(pulse, metre=metre) for metre in metres]
    quarters = pulse.seconds(number[0] + np.arange(4 * n + 1) / 4)
    sound = features.perceptual_mel(track, quarters, top_db=80)
    sound = sound.reshape(-1, n, 4).swapaxes(1, 2).reshape(-1, n)
    notes = features.chroma(track, quarters[::4])
    # Twice the shortest stretch that is made of whole bars of each metre.
    lags = np.arange(1, min(2 * int(np.lcm.reduce(metres)) + 1, n))
    alike = np.array([similarity(sound, lag).mean() for lag in lags])
    one, two, three = (similarity(notes, lag) for lag in (1, 2, 3))
    # Between beats i + 1 and i + 2: two beats before and two after, against each beat before with each after.
    change = (one[:-2] + one[2:] - three - two[1:] - two[:-1] - one[1:-1]) / 4
    place, found = number[2:-1], []
    for metre in metres:
        whole = lags % metre == 0
        for downbeat in range(metre):
            begins = place % metre == downbeat
            score = _difference(alike, whole) + _difference(change, begins)
            found.append(replace(pulse, metre=metre, downbeat=downbeat, bar_score=score))
    return sorted(found, key=lambda pulse: -pulse.bar_score)


def onsets(track) -> np.ndarray:
    """Measure how much louder each hundredth of a second is than the one before: float32 [n], dB, mean of mel bands.

    Examples
    --------
    >>> tempo.onsets(load_track("groove")).shape
    (17708,)
    """
    if track not in _ONSETS:
        n = max(2, int(track.duration * _RATE))
        when = moments.between(0, n / _RATE, n)
        _ONSETS[track] = features.onset_strength(track, when, n_fft=spectra.window_length(track.sr) // 4)[0]
    return _ONSETS[track]


def _attacks(track) -> np.ndarray:
    """Measure how much louder the 10 ms after each millisecond are than the 10 ms before: float32 [n], log of power.

    What is nearest counts most. So it is greatest where a sound begins, whether soft or loud, short or long; the
    windows of a spectrum are too long to tell.
    """
    if track not in _ATTACKS:
        n, block = int(track.duration * _FINE), 60 * _FINE
        power = np.empty(n, np.float32)
        for a in range(0, n, block):
            edges = np.arange(a, min(a + block, n) + 1) * track.sr // _FINE
            samples = np.square(track.signal[edges[0] : edges[-1]] - np.float32(track.offset))
            power[a : a + block] = np.add.reduceat(samples, edges[:-1] - edges[0])
        weight = np.arange(_FINE // 100, 0, -1, dtype=np.float32)
        before, after = np.convolve(power, weight), np.convolve(power, weight[::-1])[len(weight) - 1 :]
        faint = max(1e-4 * after.mean(), 1e-12)
        for sums in (before, after):
            np.log(np.add(sums, faint, out=sums), out=sums)
        after[1:] -= before[: max(0, n - 1)]
        _ATTACKS[track] = after
    return _ATTACKS[track]


def _sharpen(track, beats) -> np.ndarray:
    """Move each beat to where a sound begins, at most 20 ms away."""
    attack, reach = _attacks(track), _FINE // 50
    near = np.round(beats * _FINE).astype(np.int64)[:, np.newaxis] + np.arange(-reach, reach + 1)
    near = np.clip(near, 0, len(attack) - 1)
    return (near[np.arange(len(near)), attack[near].argmax(axis=1)] + 0.5) / _FINE


def reported(track) -> float:
    """Return the tempo that librosa reports, in beats a minute; 0 where nothing begins.

    Examples
    --------
    >>> round(tempo.reported(load_track("groove")), 1)
    127.7
    """
    # One autocorrelation of the whole piece instead of one each moment: a thousand times less memory.
    return _rough(_autocorrelation(onsets(track), 8 * _RATE))


def _autocorrelation(values, size: int) -> np.ndarray:
    """Return the sums of the products of all values with those 0, 1, 2 … places later, less than `size`."""
    from scipy.fft import irfft, next_fast_len, rfft

    n = next_fast_len(2 * len(values) - 1, real=True)
    spectrum = rfft(values, n)
    return irfft(spectrum.real**2 + spectrum.imag**2, n)[: min(size, len(values))]


def _rough(alike, start_bpm: float = 120.0, octaves: float = 1.0) -> float:
    """Return the tempo that librosa reports for an autocorrelation, given a usual one and how far others are."""
    alike = np.maximum(0, alike[: 8 * _RATE])
    bpm = 60 * _RATE / np.arange(1, max(2, len(alike)))
    likely = np.where(bpm < _TOO_FAST, -0.5 * (np.log2(bpm / start_bpm) / octaves) ** 2, -np.inf)
    if not alike.any() or likely[-1] == -np.inf:
        return 0.0
    return float(bpm[(np.log1p(1e6 * alike[1:]) + likely).argmax()])


def pick(strength, bpm, tightness: float = 100.0) -> np.ndarray:
    """Pick the beats near a tempo: where much begins, and about as far from each other as the tempo says.

    Of all rows of beats it is the one with the greatest sum: what begins at each beat, less a fine for how far each gap
    is from the beat that was asked for (their logarithms, squared). D. P. W. Ellis: Beat tracking by dynamic
    programming, Journal of New Music Research 36, 2007. `librosa.beat.beat_track` picks the same beats; but it has to
    be compiled, which takes seconds and 150 MB.

    Parameters
    ----------
    strength : float32 [n]
        From `onsets`.
    bpm : float or [n]
        Beats a minute, throughout or in each hundredth of a second.
    tightness : float
        How large the fine is.

    Returns
    -------
    int64 [beats]
        In which hundredth of a second each beat is, increasing; none where nothing begins.

    Examples
    --------
    >>> tempo.pick(tempo.onsets(load_track("groove")), bpm=128)[:4]
    array([  0,  46,  93, 140])
    """
    strength = np.asarray(strength)
    n = len(strength)
    if not strength.any():
        return np.empty(0, np.int64)
    beats, which = np.unique(np.round(60 * _RATE / np.atleast_1d(bpm)), return_inverse=True)
    one, which = len(beats) == 1, np.broadcast_to(which, n)
    # Eight standard deviations.
    reach = int(beats[-1]) // 4
    blur = np.exp(-0.5 * (32 * np.arange(-reach, reach + 1) / beats[:, np.newaxis]) ** 2)
    padded = np.pad(strength / strength.std(), reach)
    local = sum(blur[0 if one else which, k] * padded[k : k + n] for k in range(2 * reach + 1))
    # A gap lasts half a beat to two.
    least = np.maximum(1, np.round(beats / 2)).astype(np.int64)
    gaps = np.arange(2 * int(beats[-1]), least[0] - 1, -1)
    fine = tightness * (np.log(gaps) - np.log(beats)[:, np.newaxis]) ** 2
    fine[(gaps < least[:, np.newaxis]) | (gaps > 2 * beats[:, np.newaxis])] = np.inf
    total = np.full(gaps[0] + n, -np.inf)
    sums, earlier = total[gaps[0] :], np.lib.stride_tricks.sliding_window_view(total, len(gaps))
    # As many frames at once as no beat is nearer to the one before.
    step = int(gaps[-1])
    room = np.empty((step, len(gaps)))
    for a in range(0, n, step):
        b = min(a + step, n)
        gain = np.subtract(earlier[a:b], fine if one else fine[which[a:b]], out=room[: b - a]).max(axis=1)
        if a < gaps[0]:
            gain[gain == -np.inf] = 0
        np.add(local[a:b], gain, out=sums[a:b])
    edged = np.pad(sums, 1, mode="edge")
    peaks = np.flatnonzero((sums > edged[:-2]) & (sums >= edged[2:]))
    peaks = peaks[sums[peaks] >= 0.5 * np.median(sums[peaks])] if len(peaks) else peaks
    picked = [int(peaks[-1]) if len(peaks) else n - 1]
    begin = (local >= 0.01 * local.max()).argmax()
    while (at := picked[-1]) >= max(begin, least[which[at]]):
        # Of gaps that are as good, the shortest.
        picked.append(at - int(gaps[::-1][(earlier[at] - fine[which[at]])[::-1].argmax()]))
    picked = np.array(picked[::-1])
    # Nor are there beats more than one beat before anything begins, or after.
    (first, last), beat = np.flatnonzero(strength)[[0, -1]], beats[which[picked]]
    return picked[(picked + beat >= first) & (picked - beat <= last)]


@dataclass(frozen=True, eq=False)
class _Part:
    """The onsets of a part of the music, and what is known of it and of its own parts: all tempos ask for the same."""

    strength: np.ndarray
    begin: int = 0
    parts: dict = field(default_factory=dict)
    stretches: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.strength)

    def __getitem__(self, bounds: slice) -> "_Part":
        a, b, _ = bounds.indices(len(self))
        if (a, b) not in self.parts:
            self.parts[a, b] = _Part(self.strength[a:b], self.begin + a)
        return self.parts[a, b]

    @cached_property
    def alike(self) -> np.ndarray:
        """How alike onsets are to those 0, 1, 2 … hundredths of a second later, up to half of their length.

        A correlation each: the likeness of neighbouring lines, for lines of every length at once.
        """
        n, half, x = len(self), len(self) // 2, self.strength - self.strength.mean()
        sums = _autocorrelation(x, half)
        return (sums / max(x @ x, 1e-9) * (n / np.arange(n, n - half, -1))).astype(np.float32)


def _comb(alike, periods, first: int, last: int) -> np.ndarray:
    """Return, for each period, the mean likeness of onsets that are `first` to `last` periods apart."""
    at = np.multiply.outer(np.asarray(periods) * _RATE, np.arange(first, last + 1))
    frame = np.minimum(at.astype(np.int64), len(alike) - 2)
    return (alike[frame] + (at - frame) * (alike[frame + 1] - alike[frame])).mean(axis=1)


def _needle(part: _Part, bpm: float) -> tuple[float, float, bool]:
    """Find the period near a tempo that makes lines most alike: lines 1, 2, 3 … periods apart.

    Returns
    -------
    period : float
        In seconds.
    alike : float
        How alike the lines are: their mean correlation.
    clear : bool
        Whether lines far apart are clearly more alike than with a slightly wrong period.
    """
    alike, period = part.alike, 60 / bpm
    reach = len(alike) / _RATE / (1 + _NEAR)
    last = min(64, int(reach / period))
    if last < 4:
        return period, 0.0, False
    tried = period * np.exp(np.arange(-_NEAR, _NEAR, 0.2 / (last * period * _RATE)))
    heights = _comb(alike, tried, 1, last)
    period, height = tried[heights.argmax()], heights.max()
    far = last // 2 + 1
    # Off by 0.06 to 0.5 s in the nearest of the lines compared.
    wrong = period * np.arange(6, 48, 0.5) / (far * period * _RATE)
    (there,), around = _comb(alike, [period], far, last), _comb(alike, period + np.append(-wrong, wrong), far, last)
    chance = 1 / np.sqrt(len(part) * (last - far + 1))
    clear = there > 2 * around.max() + 5 * chance
    while last < int(reach / period):
        width, last = 1 / (last * period * _RATE), min(8 * last, int(reach / period))
        tried = period * (1 + np.linspace(-width, width, 81))
        period = tried[_comb(alike, tried, 1, last).argmax()]
    return float(period), float(height), bool(clear)


def _folded(strength, period: float) -> np.ndarray:
    """Wrap onsets into lines of one beat, and return the shape of each eight: [lines, bins], unit vectors, mean 0."""
    n, bins = int(len(strength) / _RATE / period / _TOGETHER), round(period * _RATE)
    at = period * _RATE * np.arange(n * _TOGETHER * bins) / bins
    lines = np.interp(at, np.arange(len(strength)), strength).reshape(n, _TOGETHER, bins).mean(axis=1)
    lines -= lines.mean(axis=1, keepdims=True)
    return lines / np.maximum(np.linalg.norm(lines, axis=1, keepdims=True), 1e-9)


def _run(lines) -> tuple[int, int]:
    """Return the longest run of lines that are like each other: its first line, and the one after its last.

    It is the run with the greatest sum of correlations with one line, less `_ALIKE` each; and then with its
    own mean.
    """
    models = lines[:: 1 + len(lines) // 64]
    for _ in range(3):
        models = models / np.maximum(np.linalg.norm(models, axis=1, keepdims=True), 1e-9)
        total = np.pad(np.cumsum(models @ lines.T - _ALIKE, axis=1), ((0, 0), (1, 0)))
        gain = total - np.minimum.accumulate(total, axis=1)
        best, last = np.unravel_index(gain.argmax(), gain.shape)
        first = total[best, : last + 1].argmin()
        models = lines[first:last].mean(axis=0, keepdims=True)
    return int(first), int(last)


class _Stretch(NamedTuple):
    """Where one tempo holds: its first frame, the one after its last, its period, and how alike its lines are."""

    begin: int
    end: int
    period: float
    alike: float


def _stretches(part: _Part, bpm: float, shortest: float = 0.0) -> list[_Stretch]:
    """Find the stretches in which one tempo holds, each a sixty-fourth of the whole at least.

    Lines of a beat are like their mean where the tempo holds, and not elsewhere. So a stretch is the run of lines with
    the greatest sum of correlations, less `_ALIKE` each. What is left before and after it is searched in the
    same way, and each half of music in which no tempo holds.
    """
    shortest = shortest or len(part) / 64
    if (bpm, shortest) not in part.stretches:
        part.stretches[bpm, shortest] = _sought(part, bpm, shortest)
    return part.stretches[bpm, shortest]


def _sought(part: _Part, bpm: float, shortest: float) -> list[_Stretch]:
    """Find them, as `_stretches` says."""
    length = len(part)
    least = max(shortest, _LEAST * 60 / bpm * _RATE)
    if length < least or not part.strength.any():
        return []
    period, _, clear = _needle(part, bpm)
    found, rest = [], [part[: length // 2], part[length // 2 :]]
    if clear:
        first, last = _run(_folded(part.strength, period))
        if (last - first) * _TOGETHER < _LEAST:
            return []
        first, last = (int(line * _TOGETHER * period * _RATE) for line in (first, last))
        period, alike, _ = _needle(part[first:last], 60 / period)
        found, rest = [_Stretch(part.begin + first, part.begin + last, period, alike)], [part[:first], part[last:]]
    elif length < 2 * least:
        return []
    for other in rest:
        if len(other) >= least:
            levels = _rough(other.alike, start_bpm=bpm, octaves=0.6) * np.array(_LEVELS if clear else _LEVELS[:1])
            levels = levels[(levels >= _SLOWEST) & (levels <= _FASTEST)]
            usual = np.exp(-0.5 * (np.log2(np.maximum(levels, 1) / bpm) / 0.6) ** 2)
            alike = [_needle(other, level)[1] for level in levels] if clear else usual
            found += _stretches(other, float(levels[(alike * usual).argmax()]), shortest) if len(levels) else []
    return sorted(found)


@dataclass(frozen=True, eq=False)
class _Line:
    """Beats, and the straight line through them as `line` finds it."""

    beats: np.ndarray
    start: float
    period: float
    error: float
    share: float

    @classmethod
    def near(cls, beats, period: float, where=None) -> "_Line":
        """Return the line near a period, which is no more certain than the two agree."""
        start, found, error, share = line(beats if where is None else where, period)
        return cls(beats, start, found, max(error, abs(found - period)), share)

    def off(self) -> float:
        """Return how far the beats near the line are from it: root mean square, in seconds; not a number if none is."""
        rest = (self.beats - self.start + self.period / 2) % self.period - self.period / 2
        near = rest[np.abs(rest) < _ON_LINE * self.period]
        return float(np.sqrt(np.square(near).mean())) if len(near) else np.nan

    def between(self, begin: float, end: float) -> np.ndarray:
        """Return the seconds of its beats from one time to another."""
        first, last = np.ceil((np.array([begin, end]) - self.start) / self.period)
        return self.start + self.period * np.arange(first, last)

    def bpm(self) -> str:
        """Return its beats a minute in words, with no more digits than are certain."""
        off = 60 / self.period * self.error / self.period
        return f"{60 / self.period:.{int(np.clip(-np.log10(max(off, 1e-9)), 0, 3))}f}"


def _on_grid(strength, part: _Stretch) -> np.ndarray:
    """Return the frames in a stretch that are whole periods apart, and where most begins."""
    shape = _folded(strength[part.begin : part.end], part.period).mean(axis=0)
    frames = np.arange(part.begin + part.period * _RATE * shape.argmax() / len(shape), part.end, part.period * _RATE)
    return np.minimum(np.round(frames).astype(np.int64), part.end - 1)


def _heard(track) -> _Part:
    """Return the onsets of a track without ripple, and blurred: beats are some hundredths of a second early or late."""
    if track not in _PARTS:
        strength = np.where(onsets(track) > _SILENT, onsets(track), 0)
        _PARTS[track] = _Part(np.convolve(strength, np.array([1, 2, 3, 2, 1], np.float32) / 9, "same"))
    return _PARTS[track]


def _held(track, bpm: float) -> list[_Stretch]:
    """Return the stretches in which tempos near one hold, if most of what begins does so there."""
    part = _heard(track)
    held = _stretches(part, bpm)
    inside = sum(part.strength[one.begin : one.end].sum() for one in held)
    return held if inside >= _STEADY * part.strength.sum() > 0 else []


def _listen(track, bpm: float, held: list[_Stretch]) -> Pulse:
    """Find the beats near a tempo: on one line, on a line for each stretch of the music, or as they are picked."""
    from scipy.ndimage import maximum_filter1d

    strength = np.where(onsets(track) > _SILENT, onsets(track), 0)
    loud = maximum_filter1d(strength, 5)
    loud /= max(1e-9, loud.mean())
    grids = [_on_grid(_heard(track).strength, part) for part in held] or [pick(strength, bpm)]
    frames = np.concatenate(grids)
    sounds = loud[frames] > 0
    if sounds.sum() < 4:
        return Pulse(frames[sounds] / _RATE, why=f"Beats were heard {sounds.sum()} times: too few to tell a tempo.")
    contrast, share = float(loud[frames].mean()), float((loud[frames] > 1).mean())
    beats = _sharpen(track, frames[sounds] / _RATE)
    lines = _joined([one for part in held for one in _unbroken(beats, part)])
    holds = bool(lines)
    lines = lines or [_Line(beats, *line(beats))]
    alike = sum(part.alike * (part.end - part.begin) for part in held) / len(strength) if holds else 0.0
    score = (alike or lines[0].share) * share * sounds.mean() * np.exp(-0.5 * np.log2(bpm / _USUAL_BPM) ** 2)
    pulse = Pulse(beats, score=float(score), contrast=contrast, share=share, alike=float(alike))
    # Of a short piece, the line alone must tell.
    short = len(strength) < _LEAST * 60 / bpm * _RATE and lines[0].share >= _STEADY and contrast >= _AUDIBLE
    if len(lines) == 1 and (holds or short):
        (one,) = lines
        why = f"One tempo holds: {one.bpm()} beats a minute."
        error = one.error if np.isfinite(one.error) else None
        return replace(pulse, period=one.period, start=one.start, error=error, steady=True, why=why)
    if holds:
        parts = [f"{one.bpm()} beats a minute from {outputs.clock(one.beats[0], minutes=True)}" for one in lines]
        why = f"The beat changes, and one tempo holds in each of {len(parts)} stretches: {', '.join(parts)}."
        return _wandering(pulse, _chained(lines, loud - 1, track.duration), why)
    if contrast < _AUDIBLE:
        why = f"Onsets are only {contrast:.1f} times as strong on the beats as elsewhere: no beat stands out."
        return replace(pulse, why=why)
    first, *_, last = np.flatnonzero(sounds)
    why = f"Only {lines[0].share:.0%} of the beats lie on one line: the tempo wanders."
    return _wandering(pulse, _sharpen(track, frames[first : last + 1] / _RATE), why)


def _unbroken(beats, part: _Stretch) -> list[_Line]:
    """Return the lines through the beats of a stretch: one before and one after each pause of four beats or more."""
    mine = beats[(beats >= part.begin / _RATE) & (beats < part.end / _RATE)]
    gaps = np.diff(mine)
    pause = _PAUSE * max(part.period, np.median(gaps)) if len(gaps) else 0
    pieces = np.split(mine, np.flatnonzero(gaps > pause) + 1)
    return [_Line.near(piece, part.period) for piece in pieces if len(piece) >= 4]


def _wandering(pulse: Pulse, beats, why: str) -> Pulse:
    """Return a pulse that goes from beat to beat."""
    return replace(pulse, beats=beats, period=float(np.median(np.diff(beats))), start=float(beats[0]), why=why)


def _joined(lines: list[_Line]) -> list[_Line]:
    """Join neighbouring lines where one goes through the beats of both, or through those of one between the other's."""
    result = lines[:1]
    for other in lines[1:]:
        one = result[-1]
        period = max(one, other, key=lambda some: len(some.beats)).period
        for shift in (0, period / 2):
            joint = _Line.near(np.append(one.beats, other.beats), period, np.append(one.beats, other.beats + shift))
            apart = (one.share * len(one.beats) + other.share * len(other.beats)) / len(joint.beats)
            if joint.share > 0.9 * apart and joint.off() < 1.3 * max(one.off(), other.off()) + 0.001:
                result[-1] = joint
                break
        else:
            result.append(other)
    return result


def _chained(lines: list[_Line], gain, duration: float) -> np.ndarray:
    """Return the beats of one line after the other, each up to where both together gain most.

    `gain` is what a beat is worth in each hundredth of a second.
    """
    beats, begin = [], 0.0
    for one, other in pairwise(lines):
        middles = np.median(one.beats), np.median(other.beats)
        ours, theirs = one.between(*middles), other.between(*middles)
        until, before = (np.append(0, np.cumsum(gain[(some * _RATE).astype(np.int64)])) for some in (ours, theirs))
        end = ours[(until[1:] - before[np.searchsorted(theirs, ours + other.period / 2)]).argmax()]
        beats.append(one.between(begin, end + one.period / 2))
        begin = end + other.period / 2
    return np.concatenate([*beats, lines[-1].between(begin, duration)])


def _follow(track, pulse: Pulse) -> Pulse:
    """Find wandering beats again, twice, each time near the tempo that the last ones had there, and less strictly.

    That tempo is the median of 13 beats, so that a few wrong ones do not lead astray.
    """
    from scipy.ndimage import median_filter

    strength, beats = onsets(track), pulse.beats
    for _ in range(2):
        local = 60 / median_filter(np.diff(beats), 13, mode="nearest")
        bpm = np.interp(np.arange(len(strength)) / _RATE, (beats[1:] + beats[:-1]) / 2, local)
        again = pick(strength, bpm, tightness=50) / _RATE
        if len(again) < 4:
            break
        beats = again
    early, late = pulse.beats[0] - pulse.period / 2, pulse.beats[-1] + pulse.period / 2
    beats = _sharpen(track, beats[(beats > early) & (beats < late)])
    few = min(8, len(beats) - 1)
    slow, fast = np.percentile(60 * few / (beats[few:] - beats[:-few]), [2, 98])
    return _wandering(pulse, beats, f"{pulse.why[:-1]}, {slow:.0f} to {fast:.0f} beats a minute.")


def line(beats, period: float | None = None) -> tuple[float, float, float, float]:
    """Fit a straight line through beats, of which some may be missing, too many or wrong.

    The Fourier transform of the beats shows on which period near their median distance most of them agree, and the
    place in that period where most of them are gives each its number. The line is the least-squares one through the
    beats within a tenth of a period of it.

    Parameters
    ----------
    beats : float64 [n]
        In seconds, increasing; at least 4.
    period : float, optional
        In seconds, if it is known to within a tenth of a beat over the whole length.

    Returns
    -------
    start, period, error : float
        In seconds: beat 0 on the line, the one nearest to beats[0]; the period, and its standard error. The error is
        infinite where fewer than 70 % of the beats are near the line, because it may be a wrong one.
    share : float
        Which share of the beats lies within a tenth of a period of the line, 0 to 1.

    Examples
    --------
    >>> start, period, error, share = tempo.line(np.array([0.5, 1, 1.5, 2.5, 3, 3.5]))
    >>> round(start, 3), round(period, 3), share
    (0.5, 0.5, 1.0)
    """
    from scipy.fft import rfft

    since = beats - beats[0]
    median = np.median(np.diff(beats))
    if period is None:
        train = np.bincount(np.round(since * _RATE).astype(np.int64)).astype(np.float32)
        size = 4 << (len(train) - 1).bit_length()
        turns = np.arange(size / _RATE / median / 1.05, size / _RATE / median * 1.05).astype(np.int64)
        period = size / _RATE / turns[np.abs(rfft(train, size)[turns]).argmax()]
    place = np.bincount((since / period % 1 * 100).astype(np.int64) % 100, minlength=100)
    start = (np.convolve(np.tile(place, 2), np.ones(20), "valid")[:100].argmax() / 100 + _ON_LINE) * period
    for _ in range(8):
        number = np.round((since - start) / period)
        rest = since - start - number * period
        near = np.abs(rest) < _ON_LINE * period
        x = number[near] - number[near].mean() if near.any() else np.zeros(1)
        if not x.any():
            return float(beats[0]), float(median), np.inf, 0.0
        period += x @ rest[near] / (x @ x)
        start = since[near].mean() - number[near].mean() * period
    share = float(near.mean())
    error = np.sqrt((rest[near] ** 2).sum() / max(1, near.sum() - 2) / (x @ x)) * _clumping(rest[near])
    start = beats[0] + start - np.round(start / period) * period
    return float(start), float(period), float(error) if share >= _STEADY else np.inf, share


def _clumping(rest) -> float:
    """Return how much more the means of 16 parts scatter than if each number had nothing to do with its neighbours.

    One instrument begins more softly than another, and plays for a while: so beats are late or early together.
    """
    n = len(rest) // 16
    if n < 4 or rest.std() < 1e-9:
        return 1.0
    parts = rest[: 16 * n].reshape(16, n)
    return float(np.sqrt(max(1, n * parts.mean(axis=1).var(ddof=2) / rest.var())))


def similarity(values, lag: int) -> np.ndarray:
    """Return how alike each column is to the one `lag` later: the cosine of what sets both apart from the mean column.

    Unlike `sections.likeness`, it counts whether a column is louder or quieter than the mean throughout, because an
    accent makes a bar; and it compares only columns `lag` apart, so that memory grows with the music, not its square.

    Parameters
    ----------
    values : [bins, n]
        One column a moment.
    lag : int
        How many columns later, 1 to n − 1.

    Returns
    -------
    [n − lag]
        −1 to 1.

    Examples
    --------
    >>> tempo.similarity(np.array([[1, 0, 1, 0], [0, 1, 0, 1]]), lag=2)
    array([1., 1.])
    """
    values = values - values.mean(axis=1, keepdims=True)
    values = values / np.maximum(np.linalg.norm(values, axis=0), 1e-9)
    return (values[:, :-lag] * values[:, lag:]).sum(axis=0)


def _difference(values, chosen) -> float:
    """Return by how much the mean of the chosen values exceeds that of the others."""
    return float(values[chosen].mean() - values[~chosen].mean())
