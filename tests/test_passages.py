"""A piece measured while it is decoded is measured as if all of it were there."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
import soundfile as sf

from helpers import TrackError, features, load_track, moments, passages, tracks

FINE = 40_000


def mel(track, when):
    return features.mel(track, when, bands=8)


def music(seconds: float, sr: int = 8000, channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(round(seconds * 1000))
    return 0.1 * rng.standard_normal((round(seconds * sr), channels), np.float32)


def whole(path, highest=FINE):
    """Look at all of a piece at once."""
    return passages.see(path, None, 1, 1, lambda track: track, highest)


@pytest.fixture
def small(monkeypatch):
    """Measure a few moments at a time."""
    monkeypatch.setattr(passages, "_AT_ONCE", 10_000)


@pytest.mark.parametrize("seconds", [0.1, 0.77, 2.0, 300.0, None])
def test_a_stream_is_measured_like_a_whole_track(seconds, small, tmp_path):
    sf.write(tmp_path / "a.wav", load_track("groove").signal[:350_001], 44_100, "FLOAT")
    track = load_track(tmp_path / "a.wav")
    found = passages.measure(track.path, seconds, 50, mel, FINE)
    each = (track.duration if seconds is None else seconds) / 50
    assert found.columns.shape[1] == max(50, np.ceil(track.duration / each - 1e-6))
    when = np.arange(found.columns.shape[1] + 1) * each
    assert np.allclose(found.columns, mel(track, when), rtol=1e-4)
    edges = np.minimum(np.ceil(when * track.sr - 1e-6).astype(int), len(track.signal))
    power = [np.square(track.signal[a:b], dtype=np.float64).sum() for a, b in pairwise(edges)]
    assert np.allclose(found.energy, power, rtol=1e-4)
    assert found.duration == pytest.approx(track.duration)


@pytest.mark.parametrize("sr", [11_025, 22_050, 44_100, 176_400])
def test_no_stream_is_slower_than_a_piece_is_told_by(sr, tmp_path):
    sf.write(tmp_path / "a.wav", np.zeros((sr, 1)), sr)
    assert whole(tmp_path / "a.wav", 500.0).found[0].sr == 11_025


@pytest.mark.parametrize(("sr", "slow"), [(8000, 8000), (32_000, 32_000), (44_100, 22_050), (96_000, 24_000)])
@pytest.mark.parametrize("extra", [0, 1, 2, 3])
def test_fast_music_is_halved(sr, slow, extra, tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "_BLOCK", 3001)
    t = np.arange(sr + extra) / sr
    for hz, kept in ((100, 1), (3900, 1), (7900, 1), (14_500, 0), (20_000, 0)):
        if hz > sr / 2:
            continue
        path = tmp_path / f"{hz}.wav"
        sf.write(path, 0.5 * np.sin(2 * np.pi * hz * t), sr, "FLOAT")
        seen = whole(path, 8000.0)
        (track,) = seen.found
        assert (track.sr, seen.original_sr, len(track.signal)) == (slow, sr, -(-(sr + extra) * slow // sr))
        inside = track.signal[50:-50]
        if kept or slow == sr:
            at = np.arange(50, len(track.signal) - 50) / slow
            assert np.abs(inside - 0.5 * np.sin(2 * np.pi * hz * at)).max() < 0.01
        elif abs(slow - hz) < 8000:
            assert np.abs(inside).max() < 0.01


def test_memory_does_not_grow_with_the_music(tmp_path, small, monkeypatch):
    monkeypatch.setattr(tracks, "_BLOCK", 1 << 14)
    peaks = []
    for seconds in (1, 20, 200):
        path = tmp_path / f"{seconds}.wav"
        sf.write(path, music(seconds), 8000)
        tracemalloc.start()
        passages.measure(path, 10.0, 20, mel, FINE)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 200 s are 6.4 MB of samples.
    assert peaks[2] - peaks[1] < 500_000


def test_channels_that_cancel_are_mixed_as_ever(tmp_path, small):
    one = music(3)[:, 0]
    path = tmp_path / "opposite.wav"
    sf.write(path, np.stack([one, -one], axis=1), 8000, "FLOAT")
    found, track = passages.measure(path, 1.0, 20, mel, FINE), load_track(path)
    assert np.abs(track.signal).max() > 0.1
    assert np.allclose(found.columns, mel(track, moments.between(0, 3, 60)), rtol=1e-4)


def test_a_header_that_promises_too_much_is_measured_to_the_end(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    sf.write(path, music(2), 8000)
    real = tracks.Stream.__init__

    def wrong(self, *args):
        real(self, *args)
        self.frames *= 3

    expected = passages.measure(path, None, 20, mel, FINE).columns
    monkeypatch.setattr(tracks.Stream, "__init__", wrong)
    found = passages.measure(path, None, 20, mel, FINE)
    assert np.array_equal(found.columns, expected)
    assert found.duration == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused_where_it_is(bad, tmp_path):
    signal = music(3)
    signal[20_000] = bad
    sf.write(tmp_path / "bad.wav", signal, 8000, "FLOAT")
    with pytest.raises(TrackError, match=r"'bad' holds .* at 2\.500 s"):
        passages.measure(tmp_path / "bad.wav", 1.0, 20, mel, FINE)


@pytest.mark.parametrize("count", [1, 10, 11])
def test_a_few_wild_samples_are_cut(count, tmp_path):
    where = 7000 + 5 * np.arange(count)
    for name, value in (("tame", 1), ("wild", 1e6)):
        signal = music(3)
        signal[where] = value
        sf.write(tmp_path / f"{name}.wav", signal, 8000, "FLOAT")
    tame, wild = (whole(tmp_path / f"{name}.wav").found[0].signal for name in ("tame", "wild"))
    assert np.array_equal(tame, wild) == (count <= 10)


@pytest.mark.parametrize("length", [0.3, 1, 2.6, 2.4, 3])
@pytest.mark.parametrize("hop", [3, 20, 27])
def test_stretches_are_cut_out_of_the_stream(length, hop, tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "_BLOCK", 1003)
    signal = music(length)[:, 0]
    sf.write(tmp_path / "a.wav", signal, 8000, "FLOAT")
    seen = passages.see(tmp_path / "a.wav", 1.0, 20, hop, lambda track: track.signal.copy(), FINE)
    total = max(20, int(np.ceil(length * 20 - 1e-6)))
    assert seen.starts == passages.starts(total, 20, hop)
    assert seen.duration == pytest.approx(length)
    for start, found in zip(seen.starts, seen.found, strict=True):
        here = signal[start * 400 : (start + 20) * 400]
        assert np.array_equal(found, np.pad(here, (0, 8000 - len(here))))


@pytest.mark.parametrize(("minutes", "kept"), [(9.9, True), (10.1, False)])
def test_ten_minutes_are_looked_at_whole(minutes, kept, tmp_path):
    sf.write(tmp_path / "long.wav", np.zeros(round(minutes * 60 * 22_050), np.int16), 22_050)
    assert (whole(tmp_path / "long.wav") is not None) == kept


def test_too_long_to_be_kept_is_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(passages, "_MOST", 20_000)
    sf.write(tmp_path / "long.wav", music(3), 8000)
    assert whole(tmp_path / "long.wav") is None
    assert passages.see(tmp_path / "long.wav", 2.6, 20, 20, lambda _: pytest.fail("looked at"), FINE) is None
    assert len(passages.see(tmp_path / "long.wav", 1.0, 20, 20, lambda _: None, FINE).found) == 3
