"""Beats, periods and bars: of clicks whose truth is known, of the shipped pieces, and of what has none."""

import re
import subprocess
import sys
import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress

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


def clicks(times, seconds=None, sr=22050, pitch=1000.0, noise=1e-4, attack=1e-6, decay=0.01) -> Track:
    """Return a track of short decaying tones, one at each time, over very soft noise."""
    seconds = times[-1] + 0.6 if seconds is None else seconds
    signal = np.random.default_rng(0).normal(0, noise, round(seconds * sr))
    length = round(5 * decay * sr)
    after = np.arange(length) / sr
    shape = np.exp(-after / decay) * np.minimum(1, after / attack)
    for time, hz in zip(times, np.broadcast_to(pitch, np.shape(times)), strict=True):
        first = round(time * sr)
        click = 0.5 * shape * np.sin(2 * np.pi * hz * after)
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


def evenly(bpm, n, start=0.5):
    """Return the times of so many clicks."""
    return start + 60 / bpm * np.arange(n)


def found(track, pulse) -> np.ndarray:
    """Return all beats of a pulse that fall in the music."""
    first, last = pulse.numbers([0, track.duration])
    return pulse.seconds(np.arange(np.ceil(first), last))


def nearest(times, others) -> np.ndarray:
    """Return how far each time is from the nearest of the others."""
    return np.abs(np.asarray(others)[:, np.newaxis] - times).min(axis=0)


SOUNDS = {
    "clicks": {},
    "in noise": {"noise": 0.02},
    "soft": {"attack": 0.01, "decay": 0.1},
    "long": {"decay": 0.3, "noise": 0.005},
}


@pytest.mark.parametrize("sr", [8000, 11_025, 44_100, 96_000])
@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("bpm", [66, 113.7])
def test_beats_are_where_sounds_begin(bpm, sound, sr):
    times = evenly(bpm, 40)
    track = clicks(times, sr=sr, **SOUNDS[sound])
    pulse = tempo.find(track)
    assert pulse.steady
    assert nearest(times, found(track, pulse)).max() < 0.002
    assert (nearest(times, pulse.beats) < 0.002).mean() > 0.97


def test_wandering_beats_are_where_sounds_begin():
    times = 0.5 + np.cumsum(60 / np.linspace(100, 140, 250))
    pulse = tempo.find(clicks(times))
    assert "wanders" in pulse.why
    assert nearest(times, pulse.beats).max() < 0.002


@pytest.mark.parametrize("bpm", [30, 40, 45, 50, 60])
def test_beats_where_nothing_sounds_do_not_count(bpm):
    track = clicks(evenly(bpm, int(90 * bpm / 60)))
    pulse, *others = tempo.candidates(track)
    assert abs(pulse.bpm / bpm - 1) < 0.0002
    (double,) = [other for other in others if abs(other.bpm / bpm - 2) < 0.01]
    assert double.alike < 0.6 * pulse.alike
    assert double.share < 0.6 * pulse.share
    assert double.contrast < 0.6 * pulse.contrast
    assert double.score < pulse.score


@pytest.mark.parametrize("gap", [1, 1.5, 2, 3, 5, 8, 20])
@pytest.mark.parametrize("n", [30, 60, 100])
def test_a_line_does_not_bridge_silence(gap, n):
    times = evenly(128, n)
    times = np.append(times, times[-1] + gap + evenly(128, n, 0))
    track = clicks(times)
    pulse = tempo.find(track)
    assert not pulse.steady
    assert "2 stretches" in pulse.why
    assert abs(pulse.bpm - 128) < 0.02
    beats = found(track, pulse)
    assert nearest(times, beats).max() < 0.005
    sounding = (beats > 0.4) & (beats < times[-1] + 0.1) & ((beats < times[n - 1] + 0.1) | (beats > times[n] - 0.1))
    assert nearest(beats[sounding], times).max() < 0.005


def test_a_line_goes_on_after_a_pause_of_whole_beats():
    times = np.append(evenly(128, 60), evenly(128, 60, 0.5 + 70 * 60 / 128))
    pulse = tempo.find(clicks(times))
    assert pulse.steady
    assert abs(pulse.bpm - 128) < 0.005


@pytest.mark.parametrize(
    "tempos", [(120, 140), (100, 130), (140, 100), (90, 120), (120, 124), (160, 170), (70, 95), (120, 140, 100, 128)]
)
@pytest.mark.parametrize("n", [80, 120])
def test_a_change_of_tempo_is_followed(tempos, n):
    times = [0.5]
    for bpm in tempos:
        times.extend(evenly(bpm, n + 1, times[-1])[1:])
    track = clicks(times)
    pulse = tempo.find(track)
    assert f"{len(tempos)} stretches" in pulse.why
    told = re.findall(r"([\d.]+) beats a minute", pulse.why)
    assert np.allclose(np.array(told, dtype=float), tempos, rtol=2e-4)
    beats = found(track, pulse)
    assert (nearest(times, beats) < 0.005).mean() > 0.98
    assert (nearest(beats[(beats > 0.4) & (beats < times[-1] + 0.1)], times) < 0.005).mean() > 0.98
    assert pulse.error is None


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
    assert half.steady
    assert abs(half.bpm - 87) < 0.02
    assert abs(tempo.find(piece("groove"), 64).bpm - 64) < 0.05


def test_candidates_are_ranked(piece):
    found = tempo.candidates(piece("groove"))
    scores = [pulse.score for pulse in found if pulse.period]
    assert scores == sorted(scores, reverse=True)
    assert len({round(pulse.bpm) for pulse in found}) == len(found) == 7


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


def test_standard_error_of_few_beats():
    dice = np.random.default_rng(3)
    for n in (8, 12, 30):
        beats = 0.5 * np.arange(n) + dice.normal(0, 0.01, n)
        _, period, error, share = tempo.line(beats)
        expected = linregress(np.arange(n), beats)
        assert share == 1
        assert np.isclose(period, expected.slope, rtol=1e-9)
        assert np.isclose(error, expected.stderr, rtol=1e-6)


def test_standard_error_grows_where_beats_are_late_together():
    dice = np.random.default_rng(1)
    off = []
    for _ in range(200):
        late = np.repeat(dice.normal(0, 0.01, 10), 32)
        _, period, error, _ = tempo.line(0.5 * np.arange(320) + late + dice.normal(0, 0.003, 320))
        off.append((period - 0.5) / error)
    assert np.std(off) < 2


@pytest.mark.parametrize(("on_line", "sure"), [(69, False), (71, True)])
def test_no_precision_without_evidence(on_line, sure):
    beats = 0.5 * np.arange(100.0)
    beats[np.arange(1, 100 - on_line + 1) * 3 - 2] += 0.2
    *_, error, share = tempo.line(np.sort(beats))
    assert share == on_line / 100
    assert np.isfinite(error) == sure


def test_precision_in_words():
    for error, words in ((1e-7, "120.000"), (2e-5, "120.00"), (2e-4, "120.0"), (np.inf, "120")):
        assert tempo._Line(np.arange(4), 0, 0.5, error, 1).bpm() == words


def test_a_line_that_no_beat_is_near():
    assert np.isnan(tempo._Line(0.25 + 0.5 * np.arange(8), 0, 0.5, np.inf, 0).off())


def test_the_two_witnesses_limit_the_precision():
    beats = 0.5 * np.arange(100)
    assert np.isclose(tempo._Line.near(beats, 0.5001).error, 0.0001, rtol=0.01)


def test_share_of_the_music_in_which_a_tempo_holds():
    dice = np.random.default_rng(4)
    for part, steady in ((0.6, False), (0.8, True)):
        times = evenly(120, int(200 * part))
        times = np.append(times, times[-1] + 0.5 + np.cumsum(dice.uniform(0.2, 0.8, 200 - len(times))))
        assert tempo.find(clicks(times), 120).steady == steady


def test_audible():
    times = 0.5 + np.cumsum(60 / np.linspace(100, 140, 150))
    pulses = [tempo._listen(clicks(times, noise=noise), 120, []) for noise in np.geomspace(0.05, 0.3, 30)]
    contrast = np.array([pulse.contrast for pulse in pulses])
    assert ((contrast > 1.8) & (contrast < 2)).any()
    assert ((contrast > 2) & (contrast < 2.2)).any()
    assert all((pulse.period is None) == (pulse.contrast < 2) for pulse in pulses)


def test_how_near_a_tempo_must_be_asked_for():
    part = tempo._Part(tempo.onsets(clicks(evenly(120, 120))))
    for percent, there in ((-3.8, True), (3.8, True), (-4.6, False), (4.6, False)):
        period, _, clear = tempo._needle(part, 120 * (1 + percent / 100))
        assert clear == there
        assert not there or abs(period - 0.5) < 1e-5


def test_how_many_beats_make_a_stretch():
    for seconds, many in ((11.9, 0), (12.5, 1)):
        assert len(tempo._stretches(tempo._Part(tempo.onsets(clicks(evenly(120, 23), seconds))), 120)) == many


def test_pauses_part_lines():
    for pause, parts in ((3.9, 1), (4.1, 2)):
        beats = np.append(0.5 * np.arange(20), 9.5 + 0.5 * pause + 0.5 * np.arange(20))
        assert len(tempo._unbroken(beats, tempo._Stretch(0, 10_000, 0.5, 1))) == parts


def test_paces():
    beats = np.cumsum(np.arange(1.0, 21))
    pulse = tempo.Pulse(beats, 1.0)
    assert pulse.seconds(-1) == beats[0] - (beats[8] - beats[0]) / 8
    assert pulse.seconds(20) == beats[19] + (beats[19] - beats[11]) / 8


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


def librosas(strength, bpm, tightness=100.0):
    """Return the beats that librosa picks."""
    how = {"sr": 100, "hop_length": 1, "trim": False, "tightness": tightness}
    return librosa.beat.beat_track(onset_envelope=strength, bpm=bpm, **how)[1]


@pytest.mark.parametrize("bpm", [20, 76, 128, 400])
@pytest.mark.parametrize("least", [0, 0.1])
def test_picked_beats_are_librosas(piece, bpm, least):
    strength = tempo.onsets(piece("rubato"))
    strength = np.where(strength > least, strength, 0)
    assert np.array_equal(tempo.pick(strength, bpm), librosas(strength, bpm))


@pytest.mark.parametrize("tightness", [20, 400])
def test_picked_beats_follow_a_tempo_that_changes_as_librosas_do(piece, tightness):
    strength = tempo.onsets(piece("drift"))
    bpm = np.interp(np.arange(len(strength)), [0, len(strength) // 2, len(strength)], [50, 150, 90])
    assert np.array_equal(tempo.pick(strength, bpm, tightness), librosas(strength, bpm, tightness))


# Each of these notices another constant.
@pytest.mark.parametrize("seed", [3, 7, 12, 38, 147, 286])
def test_picked_beats_of_a_few_faint_sounds_are_librosas(seed):
    dice = np.random.default_rng(seed)
    n = dice.integers(100, 900)
    strength = np.where(dice.random(n) < 0.02, dice.random(n) ** 8, 0)
    strength[[dice.integers(90), -dice.integers(1, 90)]] = dice.random(2) ** 6
    strength[0] = 0
    bpm = dice.uniform(30, 300)
    assert np.array_equal(tempo.pick(strength, bpm), librosas(strength, bpm))


def test_no_beats_are_picked_in_silence():
    assert not len(tempo.pick(np.zeros(500), 120))


def test_reported_tempo_is_librosas(piece):
    for name in ("groove", "waltz", "breaks"):
        track = piece(name)
        (expected,) = librosa.feature.tempo(onset_envelope=tempo.onsets(track), sr=100, hop_length=1)
        assert tempo.reported(track) == expected


@pytest.mark.parametrize("usual", [50, 120, 500])
def test_reported_tempo_is_neither_far_from_the_usual_one_nor_too_fast(usual):
    alike = np.tile([1.0, *np.zeros(8)], 80) * np.linspace(1, 0.5, 720)
    (expected,) = librosa.feature.tempo(tg=alike[:, np.newaxis], sr=100, hop_length=1, start_bpm=usual, std_bpm=0.2)
    assert tempo._rough(alike, usual, 0.2) == expected <= 320


def test_a_tempo_is_found_without_waking_a_compiler():
    code = "import sys, helpers as h; h.tempo.find(h.load_track('crowd/ragtime-1')); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_onsets_are_kept_only_with_their_track(piece):
    track = clicks([0.2, 0.4], 1)
    before = len(tempo._ONSETS)
    assert tempo.onsets(track) is tempo.onsets(track)
    del track
    assert len(tempo._ONSETS) == before


def test_how_alike_lines_of_one_tempo_are():
    dice = np.random.default_rng(0)
    shape = np.sin(np.arange(4000) / 7)
    shape /= np.linalg.norm(shape)
    for alike, there in ((0.5, False), (0.6, True)):
        others = dice.normal(size=(200, 4000))
        others -= np.outer(others @ shape, shape)
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        first, last = tempo._run(np.sqrt(alike) * shape + np.sqrt(1 - alike) * others)
        assert (last - first > 150) == there
