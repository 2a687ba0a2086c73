"""Load anything that is music, and say in one sentence what is wrong with anything else."""

import struct
import subprocess
import sys

import librosa
import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Track, TrackError, load_track

RNG = np.random.default_rng(3)


def write(path, seconds=1.0, sr=44100, channels=2, **kind):
    """Write noise to a file in small blocks, and return its path."""
    data = RNG.uniform(-0.5, 0.5, (round(seconds * sr), channels)).astype(np.float32)
    with sf.SoundFile(path, "w", sr, channels, **kind) as file:
        for start in range(0, len(data), 4096):
            file.write(data[start : start + 4096])
    return path


def refused(source) -> str:
    """Return the sentence with which a source is refused."""
    with pytest.raises(TrackError) as error:
        load_track(source)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert error.value.__cause__ is None
    return sentence


@settings(deadline=None, derandomize=True, max_examples=30)
@given(
    st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]),
    st.sampled_from([8000, 22050, 44100, 96000, 192000]),
    st.integers(1, 8),
    st.floats(0.1, 1.5),
)
def test_wav_of_any_kind(tmp_path_factory, subtype, sr, channels, seconds):
    path = write(tmp_path_factory.mktemp("wav") / "a.wav", seconds + 1 / sr, sr, channels, subtype=subtype)
    track = load_track(path)
    assert track.sr == sr
    assert track.signal.dtype == np.float32
    assert np.allclose(track.signal, sf.read(path, always_2d=True)[0].mean(axis=1), atol=1e-6)


KINDS = {
    "a.flac": {},
    "a.ogg": {},
    "a.mp3": {},
    "a.opus": {"format": "OGG", "subtype": "OPUS", "sr": 48000},
    "a.aiff": {},
}


@pytest.mark.parametrize("name", KINDS)
def test_compressed_and_other_files(tmp_path, name):
    path = write(tmp_path / name, 7, **KINDS[name])
    expected = sf.read(path, always_2d=True)[0].mean(axis=1)
    assert np.allclose(load_track(str(path)).signal, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["a.wav", *KINDS])
@pytest.mark.parametrize("share", [0.5, 0.01])
def test_truncated(tmp_path, name, share):
    path = write(tmp_path / name, 7, **KINDS.get(name, {}))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "truncated" in refused(path)


def test_mp3_with_a_tag_and_without_a_header(tmp_path):
    path = write(tmp_path / "a.mp3", 5)
    plain, whole = path.read_bytes(), load_track(path)
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256) + plain)
    assert abs(len(load_track(path).signal) - len(whole.signal)) <= 2304
    at = max(plain.find(b"Xing"), plain.find(b"Info"))
    path.write_bytes(plain[:at] + b"\0\0\0\0" + plain[at + 4 :])
    assert abs(load_track(path).duration - 5) < 0.2


def test_wav_that_was_streamed(tmp_path):
    path = write(tmp_path / "a.wav", 1, channels=1)
    data = bytearray(path.read_bytes())
    data[4:8] = data[data.find(b"data") + 4 : data.find(b"data") + 8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert load_track(path).duration == pytest.approx(1)


def test_names(monkeypatch):
    assert load_track("groove").truth["tempo"] == 128
    assert "Did you mean 'groove'" in refused("grove")

    def offline(name):
        raise ConnectionError("no network")

    monkeypatch.setattr(librosa.util, "example", offline)
    assert "go online" in refused("trumpet")


def test_what_is_no_music(tmp_path):
    assert "no file" in refused(tmp_path / "missing.wav")
    assert "folder" in refused(tmp_path)
    text = tmp_path / "text.wav"
    text.write_text("not audio at all " * 50)
    assert "not audio" in refused(text)
    text.write_bytes(b"")
    assert "empty" in refused(text)
    sf.write(text, np.zeros((0, 2)), 44100)
    assert "empty" in refused(text)
    text.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(2000))
    assert "ffmpeg" in refused(text)
    assert "M4A" in refused(text)
    for wrong in (None, 3, "", "  "):
        assert "was given" in refused(wrong)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 300_000])
def test_samples_that_are_no_numbers(tmp_path, bad, place):
    data = np.zeros(400_000, np.float32)
    data[place] = bad
    sf.write(tmp_path / "a.wav", data, 44100, subtype="FLOAT")
    assert f"at {place / 44100:.3f} s" in refused(tmp_path / "a.wav")


def test_too_short_too_slow_too_many(tmp_path):
    assert "at least 0.1 s" in refused(write(tmp_path / "a.wav", 0.05))
    assert "8000 to 192000" in refused(write(tmp_path / "b.wav", 1, sr=4000))
    with pytest.raises(TrackError, match="one channel"):
        Track(np.zeros((4000, 2)), 8000)


def test_a_strange_name_is_no_obstacle(tmp_path):
    path = write(tmp_path / "ünï <b>'\"& song.wav")
    assert load_track(path).name == "ünï <b>'\"& song"


def test_the_samples_are_read_only_and_the_callers_are_not():
    mine = np.zeros(8000, np.float32)
    track = Track(mine, 8000)
    mine[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        track.signal[0] = 1


HOUR = """
import resource, sys
from helpers import Picture, features, layouts, load_track, moments
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
track = load_track(sys.argv[1])
when = moments.even(track, 224)
Picture.compose(track, when, features.perceptual_mel(track, when, bands=224), layouts.timeline())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before - track.signal.nbytes)
"""


def test_an_hour_takes_little_memory(tmp_path):
    second = RNG.integers(-3000, 3000, (44100, 2), dtype=np.int16)
    with sf.SoundFile(tmp_path / "hour.wav", "w", 44100, 2) as file:
        for _ in range(3600):
            file.write(second)
    done = subprocess.run([sys.executable, "-c", HOUR, tmp_path / "hour.wav"], capture_output=True, text=True)
    assert int(done.stdout) < 400e6, done.stderr
