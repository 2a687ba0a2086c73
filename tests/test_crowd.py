"""The crowd in data/crowd/: what its list says, how it sounds, and that sound alone does not tell siblings apart."""

import functools
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

DATA = Path(__file__).resolve().parent.parent / "data"
sys.path.append(str(DATA / "compose"))

import crowd  # noqa: E402
import measure  # noqa: E402

PIECES = json.loads((DATA / "crowd.json").read_text())
TRACKS = json.loads((DATA / "tracks.json").read_text())
RATE, SECONDS = 22050, 42
NAMES = [f"crowd/{family}-{seed}" for family in crowd.FAMILIES for seed in crowd.SIBLINGS]

each_piece = pytest.mark.parametrize("name", NAMES)
each_family = pytest.mark.parametrize("family", crowd.FAMILIES)


@functools.cache
def sound(name):
    """Return the decoded file, shape (n, 1)."""
    return soundfile.read(DATA / PIECES[name]["file"], always_2d=True)[0]


@functools.cache
def score(name):
    """Return the piece, composed again."""
    return composed(name)


def composed(name):
    """Return the piece, composed anew."""
    module = __import__(f"crowd.{PIECES[name]['family']}", fromlist=["compose"])
    return module.compose(PIECES[name]["seed"])


def siblings(family):
    """Return the names of a family."""
    return [name for name in NAMES if PIECES[name]["family"] == family]


@functools.cache
def spectrum(name):
    """Return the mean power in 40 bands of equal width on a logarithmic axis, 50 to 8000 Hz, in dB."""
    power = np.abs(np.fft.rfft(sound(name)[:, 0])) ** 2
    hertz = np.fft.rfftfreq(len(sound(name)), 1 / RATE)
    edges = np.searchsorted(hertz, np.geomspace(50, 8000, 41))
    return 10 * np.log10(np.add.reduceat(power, edges)[:40])


def test_list_is_whole():
    assert list(PIECES) == NAMES
    assert len(crowd.FAMILIES) >= 10
    assert len(NAMES) >= 60
    for name, entry in PIECES.items():
        extra = {"family": name.split("/")[1].split("-")[0], "seed": int(name.split("-")[1])}
        assert {key: entry[key] for key in extra} == extra
        assert set(entry) == {*TRACKS["groove"], *extra}
        assert entry["file"] == f"{name}.ogg"
        assert entry["licence"] == "CC BY 4.0"
        assert entry["key"].strip()
        assert entry["tempo"] > 0


def test_files_are_the_ones_recorded_and_small():
    files = sorted((DATA / "crowd").iterdir())
    assert [f"crowd/{file.stem}" for file in files] == sorted(NAMES)
    for name in NAMES:
        data = (DATA / PIECES[name]["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == PIECES[name]["sha256"]
    assert sum(file.stat().st_size for file in files) < 15e6


@each_piece
def test_score_composed_again_is_the_same(name):
    truth, entry = score(name).truth(), PIECES[name]
    assert truth == {key: entry[key] for key in truth}
    assert hashlib.sha256(composed(name).midi_bytes()).hexdigest() == entry["score_sha256"]


@each_piece
def test_beats_and_sections_are_in_order(name):
    entry = PIECES[name]
    starts = [section["start"] for section in entry["sections"]]
    assert starts[0] == entry["beats"][0] == 0
    assert len(starts) >= 3
    assert set(starts) <= set(entry["downbeats"])
    np.testing.assert_allclose(np.diff(entry["beats"]), 60 / entry["tempo"], atol=1.01e-6)
    assert SECONDS - 6 < entry["beats"][-1] < SECONDS - 1


@each_piece
def test_all_have_one_format_and_one_length(name):
    info = soundfile.info(DATA / PIECES[name]["file"])
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("OGG", "VORBIS", RATE, 1)
    assert (PIECES[name]["sample_rate"], PIECES[name]["channels"], PIECES[name]["seconds"]) == (RATE, 1, SECONDS)
    assert len(sound(name)) == SECONDS * RATE


@each_piece
def test_all_are_equally_loud(name):
    assert measure.loudness(sound(name), RATE) == pytest.approx(-19, abs=0.05)


@each_piece
def test_nothing_is_clipped_or_clicks(name):
    assert measure.true_peak(sound(name), RATE) <= -1
    assert measure.clicks(sound(name), rate=RATE) == []


@each_piece
def test_begins_at_once_is_silent_at_the_end_only_and_ends_softly(name):
    samples = sound(name)
    assert np.abs(samples[:RATE]).max() > 0.01
    assert measure.longest_silence(samples[: -3 * RATE], rate=RATE) < 0.5
    assert measure.longest_silence(samples, rate=RATE) < 2
    assert np.abs(samples[-RATE // 20 :]).max() < 0.01


@each_family
def test_sound_reaches_eight_kilohertz(family):
    for name in siblings(family):
        power = spectrum(name)
        assert power[-2:].max() > power.max() - 80


@each_piece
def test_music_grows_and_its_parts_differ(name):
    level = measure.short_loudness(sound(name)[: -3 * RATE], 3, 1, RATE)
    assert 1 < np.percentile(level, 95) - np.percentile(level, 5) < 16
    third = SECONDS * RATE // 3
    early, late = (measure.loudness(part, RATE) for part in (sound(name)[:third], sound(name)[third : 2 * third]))
    assert late > early - 1.5


@each_family
def test_siblings_share_instruments_and_mix(family):
    parts = [
        {name: (part.program, part.drums, part.mix) for name, part in score(piece).parts.items()}
        for piece in siblings(family)
    ]
    assert all(other == parts[0] for other in parts)
    assert all(score(piece).master == score(siblings(family)[0]).master for piece in siblings(family))


@each_family
def test_tempo_and_metre_do_not_tell_siblings_apart(family):
    assert len({(PIECES[name]["tempo"], PIECES[name]["metre"]) for name in siblings(family)}) == 1
    assert len({PIECES[name]["key"].split()[0] for name in siblings(family)}) == 1


@each_family
def test_siblings_are_different_music(family):
    """No more than half of the notes, and a few drum beats, are at the same place in a sibling."""
    events = [
        {
            (part.name, round(beat * 4), note)
            for part in score(name).parts.values()
            for beat, _, note, _, _ in part.notes
        }
        for name in siblings(family)
    ]
    for index, one in enumerate(events):
        for other in events[:index]:
            assert len(one & other) < 0.6 * min(len(one), len(other))


def test_family_is_heard_from_the_mean_spectrum():
    """Siblings sound alike and families do not."""
    table = np.array([spectrum(name) for name in NAMES])
    family = np.array([PIECES[name]["family"] for name in NAMES])
    apart = np.linalg.norm(table[:, None] - table[None], axis=2)
    own = (family[:, None] == family[None]) & ~np.eye(len(NAMES), dtype=bool)
    assert np.median(apart[own]) < 0.6 * np.median(apart[family[:, None] != family[None]])
    np.fill_diagonal(apart, np.inf)
    assert np.mean(family[apart.argmin(axis=1)] == family) > 0.8
