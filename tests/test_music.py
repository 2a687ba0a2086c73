"""The six pieces in data/: their sound, and what tracks.json says of it."""

import functools
import hashlib
import importlib
import io
import json
import pathlib
import sys

import mido
import numpy as np
import pytest
import soundfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
sys.path.append(str(DATA / "compose"))

import measure  # noqa: E402

TRACKS = json.loads((DATA / "tracks.json").read_text())
ORDER = ["groove", "waltz", "breaks", "drift", "rubato", "rag"]
FIELDS = [
    "title",
    "file",
    "seconds",
    "sample_rate",
    "channels",
    "metre",
    "key",
    "tempo",
    "tempo_range",
    "sections",
    "beats",
    "downbeats",
    "licence",
    "sha256",
    "score_sha256",
]

pytestmark = pytest.mark.parametrize("name", list(TRACKS))


@functools.cache
def sound(name):
    """Return the decoded file, shape (n, channels)."""
    return soundfile.read(DATA / TRACKS[name]["file"], always_2d=True)[0]


@functools.cache
def score(name):
    """Return the piece, composed again."""
    return importlib.import_module(name).compose()


def with_beat(name):
    """Return the beats of a piece, or skip the test where there are none."""
    if TRACKS[name]["metre"] is None:
        pytest.skip("no beat")
    return np.array(TRACKS[name]["beats"])


def onsets(name, times):
    """Return the mean strength of the strongest onset within some 25 ms of the times."""
    rise, step = strength(name)
    at = np.round(times / step).astype(int)
    near = at[:, None] + np.arange(-4, 6)
    return rise[np.clip(near, 0, len(rise) - 1)].max(axis=1).mean()


@functools.cache
def strength(name):
    """Return the onset strength of a piece and its step in seconds."""
    return measure.onset_strength(sound(name))


def test_entry_has_the_fields_of_the_schema(name):
    entry = TRACKS[name]
    assert list(TRACKS) == [known for known in ORDER if known in TRACKS]
    assert list(entry) == FIELDS
    assert entry["file"] == f"{name}.ogg"
    assert entry["licence"] == "CC BY 4.0"
    assert all(isinstance(entry[field], str) and entry[field] for field in ("title", "key"))
    if entry["metre"] is None:
        assert entry["tempo"] is None
        assert entry["tempo_range"] is None
        assert entry["beats"] == entry["downbeats"] == []
        return
    low, high = entry["tempo_range"]
    assert 0 < low <= high
    assert entry["tempo"] == (low if low == high else None)


def test_file_is_the_one_recorded(name):
    path = DATA / TRACKS[name]["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == TRACKS[name]["sha256"]
    assert path.stat().st_size < 3.5e6


def test_file_is_stereo_and_two_to_four_minutes_long(name):
    entry = TRACKS[name]
    info = soundfile.info(DATA / entry["file"])
    assert (info.format, info.subtype) == ("OGG", "VORBIS")
    assert info.samplerate == entry["sample_rate"] == 44100
    assert info.channels == entry["channels"] == 2
    assert len(sound(name)) / 44100 == pytest.approx(entry["seconds"], abs=1e-5)
    assert 120 <= entry["seconds"] <= 240
    assert not np.array_equal(*sound(name).T)


def test_loudness_is_even(name):
    assert measure.loudness(sound(name)) == pytest.approx(-16, abs=1)


def test_true_peak_leaves_a_decibel(name):
    assert measure.true_peak(sound(name)) <= -1


def test_no_sample_is_clipped(name):
    full = np.abs(sound(name)) >= 0.999
    assert not (full[2:] & full[1:-1] & full[:-2]).any()


def test_no_dead_air(name):
    assert measure.longest_silence(sound(name)) <= 2


def test_begins_at_once_and_ends_softly(name):
    samples = sound(name)
    assert np.abs(samples[: 44100 * 2]).max() > 0.01
    end = 20 * np.log10(np.sqrt(np.mean(samples[-2205:] ** 2)) + 1e-9)
    assert end < -55


def test_no_clicks(name):
    assert measure.clicks(sound(name)) == []


def test_a_click_would_be_found(name):
    samples = sound(name)
    heard = 0
    places = np.random.default_rng(1).integers(44100 * 3, len(samples) - 44100 * 8, 20)
    for place in places:
        piece = samples[place - 22050 : place + 22050].copy()
        piece[22050, 0] += 0.6 * np.abs(piece).max()
        heard += any(abs(time - 0.5) < 0.001 for time in measure.clicks(piece))
    assert heard > len(places) / 2


def test_sections_begin_on_downbeats(name):
    entry = TRACKS[name]
    starts = [section["start"] for section in entry["sections"]]
    assert starts[0] == 0
    assert len(starts) >= 3
    assert starts == sorted(set(starts))
    assert starts[-1] < entry["seconds"]
    assert all(section["label"].strip() for section in entry["sections"])
    if entry["downbeats"]:
        assert set(starts) <= set(entry["downbeats"])


def test_beats_rise_and_bars_are_regular(name):
    entry = TRACKS[name]
    beats = with_beat(name)
    assert beats[0] == 0
    assert (np.diff(beats) > 0).all()
    assert beats[-1] < entry["seconds"]
    assert beats[-1] > entry["seconds"] - 15
    assert entry["downbeats"] == entry["beats"][:: int(entry["metre"].split("/")[0])]


def test_beats_keep_the_tempo(name):
    entry = TRACKS[name]
    gaps = np.diff(with_beat(name))
    low, high = entry["tempo_range"]
    if entry["tempo"]:
        np.testing.assert_allclose(gaps, 60 / entry["tempo"], rtol=0, atol=1.01e-6)
    assert gaps.min() >= 60 / high - 1e-5
    assert gaps.max() <= 60 / low + 1e-5


def test_score_composed_again_is_the_same(name):
    truth = score(name).truth()
    assert truth == {key: TRACKS[name][key] for key in truth}
    assert hashlib.sha256(score(name).midi_bytes()).hexdigest() == TRACKS[name]["score_sha256"]
    again = importlib.import_module(name).compose()
    assert again.midi_bytes() == score(name).midi_bytes()


def test_midi_file_keeps_the_time_of_the_score(name):
    piece = score(name)
    now, found = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(piece.midi_bytes())):
        now += message.time
        if message.type == "marker":
            found.append(now)
    starts = [section["start"] for section in TRACKS[name]["sections"]]
    assert found == pytest.approx(starts, abs=2e-3)


def test_beats_agree_with_the_sound(name):
    beats = with_beat(name)[:-1]
    gap = np.diff(TRACKS[name]["beats"])
    here = onsets(name, beats)
    assert all(here > 1.15 * onsets(name, beats + share * gap) for share in (0.13, 0.37, 0.63, 0.87))
