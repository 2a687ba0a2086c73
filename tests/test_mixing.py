"""From channels to one line of samples: what is heard is drawn, and what is lost is said."""

import re

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from locate import music
from recordings import write

from helpers import features, mixing, moments, tracks
from helpers.player import _Sound
from helpers.tracks import Track, load_track

SR = 22050


@pytest.fixture(scope="module")
def stereo():
    """Thirty seconds in stereo."""
    return 0.5 * music(30, SR, 2)


def voice(hz: float = 1000) -> np.ndarray:
    """Return thirty seconds of a tone that comes and goes, [samples]."""
    t = np.arange(30 * SR) / SR
    return (0.2 * np.sin(2 * np.pi * hz * t) * (t % 2 < 1)).astype(np.float32)


def off(path, channels, least=-40) -> np.ndarray:
    """By how many decibels the mel power of a file is off the mean of its channels' power, where that is strong."""
    track = load_track(path)
    when = moments.even(track, 60)
    each = [features.mel(Track(channel.copy(), SR), when) for channel in channels.T]
    heard, drawn = np.mean(each, axis=0), features.mel(track, when)
    strong = features.decibels(heard) > least
    decibels = 10 * np.log10(np.maximum(drawn[strong], 1e-30) / heard[strong])
    return decibels - np.median(decibels)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3"])
def test_right_is_left_turned_over(ending, stereo, tmp_path):
    line = stereo.mean(axis=1)
    channels = np.stack([line, -line], axis=1)
    path = write(tmp_path / f"a{ending}", channels, SR)
    assert "its channels cancel each other, so this is" in repr(load_track(path))
    assert np.abs(load_track(path).signal).max() == pytest.approx(np.abs(line).max(), rel=0.3)
    # A lossy encoder changes both channels.
    assert np.abs(off(path, sf.read(path, dtype="float32")[0])).max() < (1 if ending in (".wav", ".flac") else 6)


@pytest.mark.parametrize("share", [1, 0.3, 0.1])
def test_a_voice_in_the_difference_is_kept(share, stereo, tmp_path):
    line = stereo.mean(axis=1)
    # Below the voice's octave only, so that it is as alone as a voice in a quiet accompaniment.
    music_below = np.fft.irfft(np.where(np.fft.rfftfreq(len(line), 1 / SR) < 500, np.fft.rfft(line), 0), len(line))
    channels = np.float32([music_below + share * voice(), music_below - share * voice()]).T
    track = load_track(write(tmp_path / "a.wav", channels, SR, "FLOAT"))
    when = moments.even(track, 60)
    band = features.mel(track, when).sum(axis=1)
    each = np.mean([features.mel(Track(channel.copy(), SR), when).sum(axis=1) for channel in channels.T], axis=0)
    assert 10 * np.log10(band / each)[each > 1e-4 * each.max()] == pytest.approx(0, abs=1)
    assert "its channels cancel each other" in track.note


def test_a_voice_in_the_difference_of_stereo_music(stereo, tmp_path):
    channels = stereo + np.float32([voice(), -voice()]).T
    path = write(tmp_path / "a.wav", channels, SR, "FLOAT")
    assert load_track(path).mix != (0.5, 0.5)
    assert off(path, channels, -20).min() > -12


def tones(*hz_and_loudness: tuple[float, float]) -> np.ndarray:
    """Return ten seconds of tones in both channels, turned over in the right one where the loudness is negative."""
    t = np.arange(10 * SR) / SR
    pairs = [np.outer(np.sin(2 * np.pi * hz * t), (abs(size), size)) for hz, size in hz_and_loudness]
    return np.sum(pairs, axis=0, dtype=np.float32)


@pytest.mark.parametrize(("hz", "kept"), [(20, False), (35, False), (56, True), (80, True)])
def test_what_is_too_low_to_be_heard_is_not_missed(hz, kept):
    mix, _, _ = mixing.weights(mixing.powers(tones((hz, -0.5), (300, 0.1)), SR))
    assert (mix != 0.5).any() == kept


@pytest.mark.parametrize(("decibels", "kept"), [(-20, True), (-23.5, True), (-26, False), (-30, False)])
def test_a_voice_that_is_hardly_heard_is_not_missed(decibels, kept):
    mix, lost, _ = mixing.weights(mixing.powers(tones((1500, 0.5), (3000, -0.5 * 10 ** (decibels / 20))), SR))
    assert (mix != 0.5).any() == kept
    assert kept or lost == 0


def test_a_low_voice_is_told_from_a_louder_one_beside_it():
    mix, _, _ = mixing.weights(mixing.powers(tones((65, -0.1), (115, 0.3)), SR))
    assert (mix != 0.5).any()


@pytest.mark.parametrize("start", np.arange(5, 10, 0.5))
def test_two_seconds_of_a_voice_are_not_overlooked(start):
    t = np.arange(30 * SR) / SR
    line = 0.1 * np.sin(2 * np.pi * 1000 * t) * (np.abs(t - start - 0.9) < 0.9)
    quiet = 0.02 * np.sin(2 * np.pi * 200 * t)
    mix, _, _ = mixing.weights(mixing.powers(np.float32([quiet + line, quiet - line]).T, SR))
    assert (mix != 0.5).any()


def test_ordinary_stereo_is_its_mean(stereo, tmp_path):
    path = write(tmp_path / "a.wav", stereo, SR, "FLOAT")
    track = load_track(path)
    assert (track.mix, track.note) == ((0.5, 0.5), "")
    assert track.signal == pytest.approx(stereo.mean(axis=1), abs=1e-7)


@pytest.mark.parametrize("name", tracks.shipped())
def test_shipped_pieces_are_their_mean(name):
    assert (load_track(name).mix, load_track(name).note) == ((0.5, 0.5), "")


@pytest.mark.parametrize("kind", ["equal", "one silent", "nothing in common", "half as loud and turned over", "silent"])
def test_other_pairs_are_their_mean(kind, stereo, tmp_path):
    left, right = stereo.T
    channels = {
        "equal": [left, left],
        "one silent": [left, 0 * left],
        "nothing in common": [left, right[::-1]],
        "half as loud and turned over": [left, -0.5 * left],
        "silent": [0 * left, 0 * left],
    }[kind]
    assert load_track(write(tmp_path / "a.wav", np.float32(channels).T, SR)).mix == (0.5, 0.5)


def test_six_channels(stereo, tmp_path):
    left, right = stereo.T
    none = np.zeros_like(left)
    ordinary = np.stack([left, right, 0.5 * (left + right), 0.2 * none, 0.3 * right, 0.3 * left], axis=1)
    assert load_track(write(tmp_path / "a.wav", ordinary, SR)).mix == pytest.approx([1 / 6] * 6)
    against = np.stack([left, -left, none, none, 0.2 * right, 0.2 * right], axis=1)
    path = write(tmp_path / "b.wav", against, SR, "FLOAT")
    assert load_track(path).note.endswith("this is the mean with channel 2 turned over")
    assert np.abs(off(path, against)).max() < 3
    assert _Sound.of(load_track(path)).channels == 1


def test_what_is_lost_in_any_mix_is_said(tmp_path):
    t = np.arange(20 * SR) / SR
    # Three tones, each in two channels against each other.
    a, b, c = (np.sin(2 * np.pi * hz * t) * (t > 10) for hz in (500, 1000, 2000))
    channels = 0.2 * np.float32([a + b, -a + c, -b - c]).T
    # In whatever mix, nothing is left of one of them.
    note = load_track(write(tmp_path / "a.wav", channels, SR)).note
    assert re.search(r"around 0:1\d, it is at least 40 dB quieter than they are$", note)
    some = 0.2 * np.float32([a + b, -0.9 * a + c, -0.9 * b - 0.9 * c]).T
    note = load_track(write(tmp_path / "b.wav", some, SR)).note
    lost = int(re.search(r"around 0:1\d, it is (\d+) dB quieter than they are$", note)[1])
    assert lost == pytest.approx(-off(tmp_path / "b.wav", some, -20).min(), abs=3)


def test_what_is_sent_is_what_is_drawn(stereo, tmp_path):
    line = stereo.mean(axis=1)
    track = load_track(write(tmp_path / "a.wav", np.stack([line, -line], axis=1), SR, "FLOAT"))
    samples = np.frombuffer(_Sound.of(track).read(SR, SR), "<i2").reshape(-1, 2)
    assert samples[:, 0] == pytest.approx(-samples[:, 1], abs=1)
    assert np.abs(samples).max() > 1000


@given(st.integers(1, 7), st.sampled_from([8000, 44100, 192_000]), st.integers(0, 40_000), st.integers(0, 9))
def test_any_block_can_be_measured(channels, sr, samples, seed):
    block = np.random.default_rng(seed).uniform(-1, 1, (samples, channels)).astype(np.float32)
    together = mixing.powers(block, sr)
    assert together.shape[2:] == (channels, channels)
    mix, lost, _ = mixing.weights(together)
    assert (mix == np.float32(1 / channels)).all()
    assert lost == 0


def test_powers_are_those_of_any_mix(stereo):
    together = mixing.powers(stereo, SR)
    for mix in ([1, 0], [0, 1], [0.5, 0.5], [0.3, -0.8]):
        line = stereo @ np.float32(mix)
        alone = mixing.powers(np.stack([line, 0 * line], axis=1), SR)[:, :, 0, 0]
        assert np.einsum("i,tbij,j->tb", mix, together, mix) == pytest.approx(alone, rel=1e-3, abs=1e-6)
