"""Beats, a precise period, bars. Explained in notebooks/08-tempo-wrap.ipynb.

librosa finds the beats. A straight line through all of them tells the period far more precisely than any two of them,
or than the tempo that librosa reports. What is a bar, and where it begins, is told by which beats are alike.
"""

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from helpers import features, moments, spectra

__all__ = ["Pulse", "bars", "candidates", "find", "line", "onsets", "reported", "similarity"]

# Onsets are measured this many times a second.
_RATE = 100
# How much stronger onsets must be on the beats than on average. White noise reaches 1.5, the shipped piece without a
# beat 2.3, the softest one with a beat 4.8.
_AUDIBLE = 3.0
# Which share of the beats must lie on one line, and how far off a beat may be, in periods.
_STEADY, _ON_LINE = 0.7, 0.1
# The tempo at which people tap most readily; as librosa does, one octave from it counts 0.6.
_USUAL_BPM = 120
_SLOWEST, _FASTEST = 20, 400
# Over this many beats, beats are compared to find bars.
_LOOK_AHEAD = 24

# The onsets of a track, for as long as the track is in use.
_ONSETS = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Pulse:
    """What beats in a piece of music. Beats have numbers: 0 is the first that was heard, those before are negative.

    Attributes
    ----------
    beats : float64 [n]
        The beats as librosa heard them, in seconds. Some may be missing, some wrong.
    period : float or None
        Seconds from beat to beat: of the line if the pulse is steady, otherwise the median. None: there is no beat.
    start : float
        The second of beat 0, on the line if the pulse is steady.
    error : float or None
        Standard error of the period in seconds; None if the pulse is not steady.
    steady : bool
        Whether most beats lie on one straight line.
    why : str
        A sentence that says what was found.
    score : float
        How strong the onsets are on the beats, times the share of beats on the line, times how usual the tempo is.
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
    metre: int = 1
    downbeat: int = 0
    bar_score: float = 0.0

    @property
    def bpm(self) -> float:
        """Beats a minute; not a number where there is no beat."""
        return 60 / self.period if self.period else np.nan

    def seconds(self, number) -> np.ndarray:
        """Return the second of each beat, given by its number, which may be a fraction or lie outside the music.

        A steady pulse is a straight line. A wandering one goes straight from each beat heard to the next; before the
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
    (128.0, 4, '100% of the beats lie on one line: 127.999 beats a minute, steady.')
    """
    if bpm is None:
        pulse = candidates(track)[0]
    elif isinstance(bpm, str) or not _SLOWEST <= bpm <= _FASTEST:
        raise ValueError(f"bpm={bpm!r} was given; {_SLOWEST} to {_FASTEST} beats a minute were expected.")
    else:
        pulse = _listen(track, bpm)
    return bars(track, pulse)[0] if pulse.period else pulse


def candidates(track) -> list[Pulse]:
    """Return the tempos that could be meant, the likeliest first: librosa's, half, double, 2/3 and 3/2 of it.

    Their bars have not been sought yet: give `find` the tempo you choose.

    Examples
    --------
    >>> [round(pulse.bpm) for pulse in tempo.candidates(load_track("groove"))]
    [128, 64, 256, 86, 200]
    """
    tempo = reported(track)
    near = [tempo * factor for factor in (1, 1 / 2, 2, 2 / 3, 3 / 2) if _SLOWEST <= tempo * factor <= _FASTEST]
    found = [_listen(track, bpm) for bpm in near] or [Pulse(np.empty(0), why="Nothing in it begins: there is no beat.")]
    return sorted(found, key=lambda pulse: (pulse.period is None, -pulse.score))


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
    lags = np.arange(1, min(_LOOK_AHEAD + 1, n))
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


def reported(track) -> float:
    """Return the tempo that librosa reports, in beats a minute; 0 where nothing begins.

    Examples
    --------
    >>> round(tempo.reported(load_track("groove")), 1)
    127.7
    """
    import librosa

    strength = onsets(track)
    if not strength.any():
        return 0.0
    # One autocorrelation of the whole piece instead of one each moment: a thousand times less memory.
    alike = np.maximum(0, librosa.autocorrelate(strength, max_size=8 * _RATE))
    return float(librosa.feature.tempo(tg=alike[:, np.newaxis], sr=_RATE, hop_length=1)[0])


def _listen(track, bpm: float) -> Pulse:
    """Find the beats near a tempo, and the straight line through them if there is one."""
    import librosa

    strength = onsets(track)
    _, frames = librosa.beat.beat_track(onset_envelope=strength, sr=_RATE, hop_length=1, bpm=bpm)
    beats = frames / _RATE
    if len(beats) < 4:
        return Pulse(beats, why=f"Beats were heard {len(beats)} times: too few to tell a tempo.")
    contrast = strength[frames].mean() / strength.mean()
    start, period, error, share = line(beats)
    score = float(contrast * share * np.exp(-0.5 * np.log2(bpm / _USUAL_BPM) ** 2))
    if contrast < _AUDIBLE:
        why = f"Onsets are only {contrast:.1f} times as strong on the beats as on average: no beat stands out."
        return Pulse(beats, why=why, score=score)
    if share >= _STEADY:
        why = f"{share:.0%} of the beats lie on one line: {60 / period:.3f} beats a minute, steady."
        return Pulse(beats, period, start, error, True, why, score)
    beats = _follow(strength, beats)
    few = min(8, len(beats) - 1)
    slow, fast = np.percentile(60 * few / (beats[few:] - beats[:-few]), [2, 98])
    why = f"Only {share:.0%} of the beats lie on one line: the tempo wanders, {slow:.0f} to {fast:.0f} beats a minute."
    return Pulse(beats, float(np.median(np.diff(beats))), float(beats[0]), None, False, why, score)


def _follow(strength, beats) -> np.ndarray:
    """Find wandering beats again, four times, each time near the tempo that the last ones had there, and less strictly.

    That tempo is the median of 13 beats, so that a few wrong ones do not lead astray.
    """
    import librosa
    from scipy.ndimage import median_filter

    for _ in range(4):
        local = 60 / median_filter(np.diff(beats), 13, mode="nearest")
        bpm = np.interp(np.arange(len(strength)) / _RATE, (beats[1:] + beats[:-1]) / 2, local)
        _, frames = librosa.beat.beat_track(onset_envelope=strength, sr=_RATE, hop_length=1, bpm=bpm, tightness=50)
        if len(frames) < 4:
            break
        beats = frames / _RATE
    return beats


def line(beats) -> tuple[float, float, float, float]:
    """Fit a straight line through beats, of which some may be missing, too many or wrong.

    The Fourier transform of the beats shows on which period near their median distance most of them agree. That gives
    each beat its number. The line is the least-squares one through the beats within a tenth of a period of it.

    Parameters
    ----------
    beats : float64 [n]
        In seconds, increasing; at least 4.

    Returns
    -------
    start, period, error : float
        In seconds: beat 0 on the line, the one nearest to beats[0]; the period, and its standard error.
    share : float
        Which share of the beats lies within a tenth of a period of the line, 0 to 1.

    Examples
    --------
    >>> start, period, error, share = tempo.line(np.array([0.5, 1, 1.5, 2.5, 3, 3.5]))
    >>> round(start, 3), round(period, 3), share
    (0.5, 0.5, 1.0)
    """
    since = beats - beats[0]
    train = np.bincount(np.round(since * _RATE).astype(np.int64))
    size = 8 * len(train)
    agreement = np.abs(np.fft.rfft(train, size))
    periods = size / _RATE / np.maximum(np.arange(len(agreement)), 0.5)
    median = np.median(np.diff(beats))
    period = periods[np.where(np.abs(periods / median - 1) < 0.05, agreement, -1).argmax()]
    start = np.angle(np.exp(2j * np.pi * since / period).sum()) / (2 * np.pi) * period
    for _ in range(8):
        number = np.round((since - start) / period)
        rest = since - start - number * period
        near = np.abs(rest) < _ON_LINE * period
        x = number[near] - number[near].mean() if near.any() else np.zeros(1)
        if not x.any():
            return beats[0], median, np.inf, 0.0
        period += x @ rest[near] / (x @ x)
        start = since[near].mean() - number[near].mean() * period
    scatter = np.sqrt((rest[near] ** 2).sum() / max(1, near.sum() - 2))
    return float(beats[0] + start), float(period), float(scatter / np.sqrt(x @ x)), float(near.mean())


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
