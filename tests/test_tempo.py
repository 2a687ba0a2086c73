"""Beats, periods and bars: of clicks whose truth is known, of the shipped pieces, and of what has none."""

import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import load_track, moments, tempo
from helpers.tracks import Track, shipped

PIECES = [name for name, truth in shipped().items() if truth["beats"]]
CONSTANT = [name for name in PIECES if shipped()[name]["tempo"]]


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("error", UserWarning)
        yield


@pytest.fixture(scope="module")
def piece():
    """Load each shipped piece once."""
    loaded = {}
    return lambda name: loaded.setdefault(name, load_track(name))


def clicks(times, seconds, sr=22050, pitch=1000.0) -> Track:
    """Return a track of short decaying tones, one at each time, over very soft noise."""
    signal = np.random.default_rng(0).normal(0, 1e-4, round(seconds * sr))
    length = round(0.05 * sr)
    decay = np.exp(-np.arange(length) / (0.01 * sr))
    for time, hz in zip(times, np.broadcast_to(pitch, np.shape(times)), strict=True):
        first = round(time * sr)
        click = 0.5 * decay * np.sin(2 * np.pi * hz * np.arange(length) / sr)
        signal[first : first + length] += click[: max(0, len(signal) - first)]
    return Track(signal.astype(np.float32), sr)


@pytest.mark.parametrize("bpm", [*range(60, 181, 10), 73.3, 97.77, 128.02, 133.333, 171.4])
def test_period_of_clicks(bpm):
    pulse = tempo.find(clicks(np.arange(0.3, 60, 60 / bpm), 60))
    octave = 2.0 ** np.round(np.log2(pulse.bpm / bpm))
    assert pulse.steady
    assert abs(pulse.bpm / octave / bpm - 1) < 0.0002
    late = (pulse.start - 0.3 + pulse.period / 2) % min(pulse.period, 60 / bpm) - pulse.period / 2
    assert octave != 1 or abs(late) < 0.015
    assert pulse.error / pulse.period < 0.0002


@pytest.mark.parametrize("sr", [8000, 44_100, 192_000])
def test_any_sample_rate(sr):
    pulse = tempo.find(clicks(np.arange(0.25, 30, 0.5), 30, sr))
    assert abs(pulse.bpm - 120) < 0.02
    assert abs((pulse.start - 0.25 + 0.25) % 0.5 - 0.25) < 0.015


@pytest.mark.parametrize("name", PIECES)
def test_beats_of_the_pieces(name, piece):
    track = piece(name)
    truth, pulse = np.array(track.truth["beats"]), tempo.find(track)
    inside = pulse.seconds(np.arange(np.ceil(pulse.numbers(truth[0] - 0.1)), pulse.numbers(truth[-1] + 0.1)))
    gap = np.abs(inside[:, np.newaxis] - truth)
    assert (gap.min(axis=0) < 0.05).mean() > 0.98
    assert (gap.min(axis=1) < 0.05).mean() > 0.98
    assert pulse.steady == (track.truth["tempo"] is not None)


@pytest.mark.parametrize("name", CONSTANT)
def test_period_of_the_pieces(name, piece):
    track = piece(name)
    pulse, true = tempo.find(track), track.truth["tempo"]
    assert abs(pulse.bpm / true - 1) < 0.0002
    assert abs(tempo.reported(track) / true - 1) > 10 * abs(pulse.bpm / true - 1)
    assert pulse.error / pulse.period < 0.0002


@pytest.mark.parametrize("name", PIECES)
def test_bars_of_the_pieces(name, piece):
    track = piece(name)
    pulse = tempo.find(track)
    assert pulse.metre % int(track.truth["metre"][0]) == 0
    per_row = 224
    when = moments.on_the_beat(track, pulse, 4 * pulse.metre, per_row)
    truth = np.array(track.truth["downbeats"])
    rows = when[::per_row]
    rows = rows[(rows > truth[0] - 0.1) & (rows < truth[-1] + 0.1)]
    nearest = truth[np.abs(rows[:, np.newaxis] - truth).argmin(axis=1)]
    pixel = np.diff(when).mean()
    assert len(rows) > 10
    assert np.abs(rows - nearest).max() < pixel
    if pulse.steady:
        assert np.ptp(rows - nearest) < pixel / 2


def test_no_beat(piece):
    pulse = tempo.find(piece("drift"))
    assert pulse.period is None
    assert np.isnan(pulse.bpm)
    assert "no beat stands out" in pulse.why
    assert not pulse.steady


def test_the_reader_chooses_the_tempo(piece):
    track = piece("breaks")
    assert abs(tempo.find(track).bpm - 174) < 0.1
    assert abs(tempo.reported(track) - 87) < 1
    half = tempo.find(track, tempo.reported(track))
    assert abs(half.bpm - 87) < 3
    assert abs(tempo.find(piece("groove"), 64).bpm - 64) < 0.05


def test_candidates_are_ranked(piece):
    found = tempo.candidates(piece("groove"))
    scores = [pulse.score for pulse in found if pulse.period]
    assert scores == sorted(scores, reverse=True)
    assert len({round(pulse.bpm) for pulse in found}) == len(found) == 5


def test_bars_are_ranked(piece):
    track = piece("waltz")
    pulse = tempo.find(track)
    found = tempo.bars(track, pulse)
    scores = [bar.bar_score for bar in found]
    assert scores == sorted(scores, reverse=True)
    assert sorted((bar.metre, bar.downbeat) for bar in found) == [(m, d) for m in (2, 3, 4) for d in range(m)]
    assert (pulse.metre, pulse.bar_score) == (3, scores[0])
    assert {bar.metre for bar in tempo.bars(track, pulse, [3])} == {3}


@pytest.mark.parametrize(("metre", "downbeat"), [(3, 0), (3, 2), (4, 1), (4, 3)])
def test_bars_of_clicks(metre, downbeat):
    beat = np.arange(160)
    bar = (beat - downbeat) // metre
    # A low tone begins each bar; the other beats are high, on a note that changes with every bar.
    pitch = np.where((beat - downbeat) % metre == 0, 110, 440 * 2 ** (np.array([0, 5, 7, 2])[bar % 4] / 12))
    track = clicks(0.2 + 0.5 * beat, 81, pitch=pitch)
    pulse = tempo.find(track, 120)
    assert pulse.metre == metre
    first = pulse.seconds(pulse.downbeat)
    assert abs((first - 0.2 - 0.5 * downbeat + 0.1) % (0.5 * metre) - 0.1) < 0.02


def test_wandering_clicks_are_followed():
    # Four slow waves between 80 and 110 beats a minute.
    times = [0.5]
    while times[-1] < 118:
        times.append(times[-1] + 60 / (95 + 15 * np.sin(times[-1] / 5)))
    times = np.array(times)
    pulse = tempo.find(clicks(times, 120), 95)
    assert not pulse.steady
    assert pulse.error is None
    assert "wanders" in pulse.why
    near = np.abs(pulse.beats[:, np.newaxis] - times).min(axis=0)
    assert (near < 0.03).mean() > 0.97
    assert np.abs(np.diff(pulse.beats) / np.interp(pulse.beats[:-1], times[:-1], np.diff(times)) - 1).max() < 0.1


@given(
    st.floats(0.25, 1.5),
    st.floats(0, 3),
    st.integers(40, 300),
    st.integers(0, 2**32 - 1),
)
def test_line_through_faulty_beats(period, start, n, seed):
    dice = np.random.default_rng(seed)
    beats = start + period * np.arange(n) + dice.uniform(-0.01, 0.01, n)
    missing = dice.random(n) < 0.15
    extra = dice.uniform(start, beats[-1], n // 10)
    faulty = np.unique(np.concatenate([beats[~missing], extra]))
    _, found, error, share = tempo.line(faulty)
    assert abs(found - period) < max(6 * error, 1e-4 * period)
    assert error < 0.001 * period
    assert share > 0.8


@given(st.floats(0.2, 2), st.floats(0, 100), st.integers(8, 400))
def test_line_through_perfect_beats(period, start, n):
    beats = start + period * np.arange(n)
    found_start, found, error, share = tempo.line(beats)
    assert abs(found - period) < 1e-9
    assert abs(found_start - start) < 1e-6
    assert error < 1e-6
    assert share == 1


def test_standard_error_is_honest():
    dice = np.random.default_rng(1)
    off = []
    for _ in range(200):
        beats = 0.5 * np.arange(200) + dice.normal(0, 0.01, 200)
        _, period, error, _ = tempo.line(beats)
        off.append((period - 0.5) / error)
    assert 0.85 < np.std(off) < 1.15


@given(st.lists(st.floats(0.1, 3), min_size=4, max_size=60), st.floats(-50, 200))
def test_seconds_and_numbers_are_inverse(gaps, number):
    beats = 5 + np.cumsum(gaps)
    for pulse in (tempo.Pulse(beats, 0.5), tempo.Pulse(beats, 0.37, 5.0, steady=True)):
        assert abs(pulse.numbers(pulse.seconds(number)) - number) < 1e-6
    assert np.allclose(tempo.Pulse(beats, 0.5).seconds(np.arange(len(beats))), beats)


@pytest.mark.parametrize("sr", [8000, 22_050, 192_000])
@pytest.mark.parametrize("seconds", [0.1, 0.5, 2, 20])
@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "constant", "one click"])
def test_what_has_no_beat(kind, seconds, sr):
    n = round(seconds * sr)
    signal = {
        "silence": lambda: np.zeros(n),
        "noise": lambda: np.random.default_rng(2).uniform(-0.5, 0.5, n),
        "tone": lambda: np.sin(2 * np.pi * 440 * np.arange(n) / sr),
        "constant": lambda: np.full(n, 0.5),
        "one click": lambda: np.eye(1, n, n // 2)[0],
    }[kind]()
    track = Track(signal.astype(np.float32), sr)
    for bpm in (None, 30, 120, 400):
        pulse = tempo.find(track, bpm)
        assert pulse.period is None
        assert pulse.why.endswith(".")
        assert moments.by_beat(track, pulse)[-1] == track.duration


@pytest.mark.parametrize("bpm", [0, -1, 19, 401, float("nan"), "120"])
def test_find_refuses_what_is_no_tempo(bpm):
    with pytest.raises(ValueError, match=r"^bpm=.* was given; 20 to 400 beats a minute were expected\.$"):
        tempo.find(clicks([0.1], 1), bpm)


def test_beats_are_librosas(piece):
    track = piece("groove")
    _, frames = librosa.beat.beat_track(
        onset_envelope=tempo.onsets(track), sr=100, hop_length=1, bpm=tempo.reported(track)
    )
    assert np.array_equal(tempo.candidates(track)[0].beats, frames / 100)


def test_reported_tempo_is_librosas(piece):
    for name in ("groove", "waltz", "breaks"):
        track = piece(name)
        (expected,) = librosa.feature.tempo(onset_envelope=tempo.onsets(track), sr=100, hop_length=1)
        assert tempo.reported(track) == expected


def test_onsets_are_kept_only_with_their_track(piece):
    track = clicks([0.2, 0.4], 1)
    before = len(tempo._ONSETS)
    assert tempo.onsets(track) is tempo.onsets(track)
    del track
    assert len(tempo._ONSETS) == before
