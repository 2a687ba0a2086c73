"""A piece of music: every kind of file loads as it is, and whatever cannot be loaded gets one clear sentence."""

import errno
import math
import os
import re
import struct
import subprocess
import sys
import time
import weakref
from collections import deque
from pathlib import Path
from weakref import WeakValueDictionary

import librosa
import numpy as np
import pytest
import recordings
import scipy.signal
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import id3, write

from helpers import Picture, features, layouts, moments, mpeg, resynthesise, tracks
from helpers.tracks import Track, TrackError, load_track

# Ending, subtype and the sample rates it allows.
KINDS = {
    "WAV 16": (".wav", "PCM_16", [8000, 11025, 44100, 192_000]),
    "WAV 24": (".wav", "PCM_24", [8000, 48000, 96000, 192_000]),
    "WAV float": (".wav", "FLOAT", [8000, 44100, 88200, 192_000]),
    "FLAC": (".flac", "PCM_16", [8000, 22050, 44100, 192_000]),
    "OGG": (".ogg", "VORBIS", [8000, 44100, 48000, 192_000]),
    "Opus": (".opus", "OPUS", [48000]),
    "MP3": (".mp3", "MPEG_LAYER_III", [8000, 22050, 44100, 48000]),
    "AIFF": (".aiff", "PCM_16", [44100]),
    "W64": (".w64", "PCM_16", [44100]),
    "RF64": (".rf64", "PCM_16", [44100]),
}
SHIPPED = list(tracks.shipped())
CROWD = list(tracks.crowd())


def noise(samples: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Return white noise, [samples, channels]."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (samples, channels)).astype(np.float32)


def changed(path: Path, old: bytes, new: bytes) -> Path:
    """Put bytes in place of as many others."""
    data = path.read_bytes()
    assert data.count(old) == 1
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


def refusal(source) -> str:
    """Return the sentence with which a source is refused, after proving that it is one plain sentence."""
    with pytest.raises(TrackError) as caught:
        load_track(source)
    error, sentence = caught.value, str(caught.value)
    assert type(error) is TrackError
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 500
    return sentence


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for the files of one test after the other."""
    return tmp_path_factory.mktemp("music")


# What loads.


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_piece(name):
    track = load_track(name)
    assert (track.name, track.sr, track.signal.dtype) == (name, 44100, np.float32)
    assert track.truth == tracks.shipped()[name]
    assert track.path == tracks._DATA / track.truth["file"]
    assert track.duration == pytest.approx(track.truth["seconds"], abs=1e-5)


@pytest.mark.parametrize("name", CROWD[::7])
def test_piece_of_the_crowd(name):
    track = load_track(name)
    assert (track.name, track.sr, len(track.signal)) == (name, 22050, 42 * 22050)
    assert track.truth == tracks.crowd()[name]
    assert track.path == tracks._DATA / f"{name}.ogg"
    assert load_track(name) is track


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(data=st.data(), channels=st.sampled_from([1, 2, 6]), seconds=st.sampled_from([0.1, 0.15, 1, 2.2]))
def test_any_file_is_the_mean_of_its_channels(kind, folder, data, channels, seconds):
    suffix, subtype, rates = KINDS[kind]
    sr = data.draw(st.sampled_from(rates))
    signal = noise(math.ceil(seconds * sr), min(channels, 2) if kind == "MP3" else channels)
    path = write(folder / f"song{suffix}", signal, sr, subtype)
    track = load_track(path)
    samples, rate = sf.read(path, always_2d=True)
    assert track.sr == rate == sr
    assert track.signal.dtype == np.float32
    assert track.signal.shape == (len(samples),) == (len(signal),)
    np.testing.assert_allclose(track.signal, samples.mean(axis=1), rtol=0, atol=1e-6)
    assert (track.name, track.path, track.truth) == ("song", path, None)
    assert track.duration == len(samples) / sr


@pytest.mark.parametrize("block", [1, 1000, 4409, 4410, 4411])
def test_size_of_the_blocks_changes_nothing(block, tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", noise(4410, 2), 44100)
    whole = load_track(path).signal
    monkeypatch.setattr(tracks, "_BLOCK", block)
    assert np.array_equal(load_track(path).signal, whole)


def test_path_as_text_or_path_or_from_home(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", noise(4410), 44100)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for source in (path, str(path), "~/a.wav"):
        assert load_track(source).path == path


def test_file_of_the_name_of_a_librosa_example_comes_first(tmp_path, monkeypatch):
    write(tmp_path / "trumpet.wav", noise(4410), 44100).rename(tmp_path / "trumpet")
    monkeypatch.chdir(tmp_path)
    assert load_track("trumpet").duration == 0.1


def test_librosa_example(tmp_path, monkeypatch):
    path = write(tmp_path / "sorohanro.ogg", noise(4410), 44100)
    monkeypatch.setattr(librosa.util, "example", lambda name: str(path))
    track = load_track("trumpet")
    assert (track.name, track.path) == ("trumpet", path)


@pytest.mark.parametrize(
    "name", ["a 'quoted' song", '12" mix', "<b>bold</b> & sons", "日本語 – ñ", "no.1 hit", "100%s {x}"]
)
def test_strange_names_come_out_unharmed(name, tmp_path):
    path = tmp_path / f"{name.replace('/', '')}.wav"
    try:
        write(path, noise(4410), 44100)
    except (OSError, sf.LibsndfileError):
        pytest.skip("this system does not allow such a file name")
    assert load_track(path).name == path.stem
    assert path.stem in repr(load_track(path))
    path.write_bytes(b"no music")
    assert path.name in refusal(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_wav_from_a_stream(size, tmp_path):
    # ffmpeg and others write the first when they do not know the length yet, SoX the last.
    path = write(tmp_path / "a.wav", noise(22050, 2), 44100, "PCM_16")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    riff = struct.pack("<I", min(size + at - 4, 0xFFFFFFFF))
    path.write_bytes(data[:4] + riff + data[8:at] + struct.pack("<I", size) + data[at + 4 :])
    assert len(load_track(path).signal) == 22050


def test_flac_from_a_stream(tmp_path):
    path = write(tmp_path / "a.flac", noise(22050, 2), 44100, "PCM_16")
    data = bytearray(path.read_bytes())
    # The last 36 bits of these eight bytes say how many samples there are; 0: not known.
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert "does not say how long it is" in refusal(path)
    assert "`ffmpeg -i a.flac a.wav`" in refusal(path)


@pytest.mark.parametrize("size", [10, 100, 300_000])
def test_mp3_with_a_tag(size, tmp_path):
    path = write(tmp_path / "a.mp3", noise(44100), 44100)
    samples = load_track(path).signal
    data = path.read_bytes()
    path.write_bytes(id3(size) + data)
    assert np.array_equal(load_track(path).signal, samples)
    path.write_bytes(id3(size) + data[: len(data) // 2])
    assert "truncated" in refusal(path)


@pytest.mark.parametrize("name", ["MP3 without its header", "MP3 of a variable bit rate without its header"])
def test_an_mp3_without_its_header_is_read_to_its_end(name, tmp_path):
    path = recordings.KINDS[name].write(tmp_path, noise(3 * 44100), 44100, "a")
    # An encoder puts up to three frames of silence around the music, and only the header says so.
    assert 3 * 44100 <= len(load_track(path).signal) <= 3 * 44100 + 4 * 1152


@pytest.mark.parametrize("sr", [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
def test_frames_of_an_mp3_are_counted(mode, channels, sr, tmp_path):
    data = write(tmp_path / "a.mp3", noise(sr, channels), sr, bitrate_mode=mode).read_bytes()
    at, head = mpeg._side(data), mpeg._length(data, 0)
    count, *_ = mpeg._count_frames(data, head)
    assert data[at : at + 4] in (b"Xing", b"Info")
    assert int.from_bytes(data[at + 8 : at + 12], "big") == count
    assert sr <= count * mpeg._samples(data, 0) <= sr + 4 * 1152


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize("between", [b"", b"TAG".ljust(128, b"-"), b"ID3\x03\0\0\0\0\x02\0" + b"\xff\xfb" * 128])
def test_joined_mp3_files_are_read_to_their_end(mode, between, tmp_path, capfd):
    parts = [noise(44_100 * (i + 1), seed=i) for i in range(3)]
    files = [write(tmp_path / f"{i}.mp3", part, 44_100, bitrate_mode=mode) for i, part in enumerate(parts)]
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(between.join(file.read_bytes() for file in files))
    signal = load_track(joined).signal
    assert 6 * 44_100 <= len(signal) <= 6 * 44_100 + 10 * 1152
    for part, file in zip(parts, files, strict=True):
        alone = load_track(file).signal[10_000:30_000]
        place = scipy.signal.correlate(signal, alone, "valid").argmax()
        assert signal[place : place + 20_000] == pytest.approx(alone, abs=1e-3)
        assert np.corrcoef(part[10_000:30_000, 0], alone)[0, 1] > 0.5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("less", range(-1, 7))
def test_an_mp3_may_differ_from_its_header_by_four_frames(less, tmp_path):
    path = write(tmp_path / "a.mp3", noise(44_100), 44_100)
    data, whole = path.read_bytes(), load_track(path).signal
    at = mpeg._side(data) + 8
    told = int.from_bytes(data[at : at + 4], "big")
    path.write_bytes(data[:at] + (told - less).to_bytes(4, "big") + data[at + 4 :])
    signal = load_track(path).signal
    # A header that is nearly right also says where the music begins; one that is wrong says nothing.
    assert np.array_equal(signal[:20_000], whole[:20_000]) == (less <= 4)
    assert len(signal) >= len(whole) - 4 * 1152
    if less > 4:
        assert len(signal) >= len(whole)


@pytest.mark.parametrize("lost", range(7))
def test_four_frames_may_be_missing_at_the_end_of_an_mp3(lost, tmp_path):
    path = write(tmp_path / "a.mp3", noise(44_100), 44_100)
    data, whole = path.read_bytes(), load_track(path).signal
    ends = [end for _, end in recordings.mp3_frames(data, 44_100)]
    path.write_bytes(data[: ends[-1 - lost]])
    if lost <= 4:
        signal = load_track(path).signal
        assert np.array_equal(signal[:20_000], whole[:20_000])
    else:
        assert "truncated" in refusal(path)


TAILS = {
    "nothing of note": bytes(4000),
    "the oldest tag": recordings.with_id3v1(b"", 44_100),
    "lyrics and tags": recordings.with_tail(b"", 44_100),
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "W64"])
def test_tags_behind_the_music_are_no_music(kind, tail, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    path = write(tmp_path / f"a{suffix}", noise(3 * rates[-1] + 1), rates[-1], subtype)
    samples = load_track(path).signal
    path.write_bytes(path.read_bytes() + TAILS[tail])
    assert np.array_equal(load_track(path).signal, samples)


@pytest.mark.parametrize("kind", ["WAV 24", "OGG", "Opus"])
def test_more_than_tags_behind_the_music_is_said(kind, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    path = write(tmp_path / f"a{suffix}", noise(rates[-1]), rates[-1], subtype)
    path.write_bytes(path.read_bytes() + np.random.default_rng(0).bytes(9000))
    assert "does not say how long it is" in refusal(path)


# What does not.


@pytest.mark.parametrize("source", [None, 3, 3.5, "", "  ", b"groove", ["groove"], np.zeros(100)])
def test_wrong_type(source):
    assert "the name of a piece or the path of an audio file was expected" in refusal(source)


@pytest.mark.parametrize(
    ("name", "near"), [("grove", "groove"), ("Waltz", "waltz"), ("trumpett", "trumpet"), ("rubatto", "rubato")]
)
def test_no_such_name(name, near):
    sentence = refusal(name)
    assert sentence.startswith(f"There is no piece called '{name}'. Did you mean '{near}'")
    assert ", ".join(SHIPPED) in sentence


@pytest.mark.parametrize(
    ("name", "near"),
    [("crowd/ragtim-3", "crowd/ragtime-3"), ("crowd/dub-7", "crowd/dub-"), ("crowd/Choir-1", "crowd/choir-1")],
)
def test_no_such_name_in_the_crowd(name, near):
    sentence = refusal(name)
    assert sentence.startswith(f"There is no piece called '{name}'. Did you mean '{near}")
    assert "The crowd is in the list tracks.crowd(), from crowd/ragtime-1 to crowd/drums-6; for music" in sentence


def test_name_of_the_crowd_without_its_folder():
    assert "Did you mean 'crowd/ragtime-3'" in refusal("ragtime-3")


def test_folder_called_crowd_is_the_readers(tmp_path, monkeypatch):
    write(tmp_path / "mine.wav", noise(4410), 44100)
    (tmp_path / "crowd").mkdir()
    (tmp_path / "mine.wav").rename(tmp_path / "crowd" / "mine.wav")
    monkeypatch.chdir(tmp_path)
    assert load_track("crowd/mine.wav").name == "mine"
    assert load_track("crowd/dub-2").name == "crowd/dub-2"


def test_no_such_name_and_none_near():
    sentence = refusal("zzzzzz")
    assert sentence.startswith("There is no piece called 'zzzzzz'. The shipped pieces are groove")


@pytest.mark.parametrize("source", ["nosuch.wav", "no/such/song", Path("no such.flac"), "~nobody-has-this-name/a.wav"])
def test_no_such_file(source):
    assert f"There is no file '{source}': check the spelling" in refusal(source)


@pytest.mark.parametrize("source", ["x" * 300 + ".wav", "two\nlines.wav", "nothing\0.wav"])
def test_no_such_file_and_no_possible_file(source):
    refusal(source)


def test_folder(tmp_path):
    assert f"'{tmp_path}' is a folder; one audio file was expected" in refusal(tmp_path)


def test_unreadable_file(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", noise(4410), 44100)

    def deny(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    # The administrator, as whom some tests run, may read everything: so the file only seems unreadable.
    with monkeypatch.context() as patch:
        patch.setattr(tracks, "shipped", lambda: {})
        patch.setattr(tracks, "crowd", lambda: {})
        patch.setattr(Path, "open", deny)
        sentence = refusal(path)
    assert sentence == f"'{path.name}' cannot be read: Permission denied. Check the file."


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, np.random.default_rng(0).bytes(50_000), b"x"])
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".txt", ""])
def test_not_audio(content, suffix, tmp_path):
    path = tmp_path / f"diary{suffix}"
    path.write_bytes(content)
    assert f"'{path.name}' is not audio that can be read: WAV, FLAC" in refusal(path)


FOREIGN = {
    "song.m4a": (b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom", "an M4A or MP4 (AAC) file"),
    "song.aac": (b"\xff\xf1\x50\x80\x10\x1f\xfc", "an AAC file"),
    "song.ac3": (b"\x0b\x77\x12\x34", "an AC-3 file"),
    "song.wma": (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "a WMA or WMV file"),
    "song.webm": (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86", "a Matroska or WebM file"),
    "song.ape": (b"MAC \x96\x0f", "a Monkey's Audio (APE) file"),
    "song.wv": (b"wvpk\x9a\0\0\0", "a WavPack file"),
    "song.mpc": (b"MPCKSH", "a Musepack file"),
    "song.dsf": (b"DSD \x1c\0\0\0", "a DSD file"),
    "song.avi": (b"RIFF\x10\0\0\0AVI LIST", "an AVI file"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_nothing_here_reads(name, tmp_path):
    path, (head, kind) = tmp_path / name, FOREIGN[name]
    path.write_bytes(head + bytes(1000))
    assert refusal(path).startswith(f"'{name}' is {kind}, which cannot be read here: convert it first")
    assert f"`ffmpeg -i {name} song.flac`" in refusal(path)


def ogg_of(packet: bytes) -> bytes:
    """Return an Ogg file of one small packet."""
    page = b"OggS\0\2" + bytes(20) + bytes([1, len(packet)]) + packet
    return recordings.ogg_page(page, 0, 0)


@pytest.mark.parametrize(
    ("head", "codec"),
    [(b"\x7fFLAC\1\0\0\1fLaC", "FLAC"), (b"Speex   1.2", "Speex"), (b"\x80theora\3", "Theora"), (b"new", "unknown")],
)
def test_other_codecs_in_an_ogg_file(head, codec, tmp_path):
    path = tmp_path / "song.ogg"
    path.write_bytes(ogg_of(head + bytes(80)) * 2)
    sentence = refusal(path)
    assert sentence.startswith(f"'song.ogg' is damaged, or in a codec that cannot be read here ({codec}): convert it")
    assert "`ffmpeg -i song.ogg song.flac`" in sentence


@pytest.mark.parametrize("tag", [0x02, 0x11, 0x31, 0x45, 0x50, 0x55, 0x0161, 0x2000])
def test_other_codecs_in_a_wav_file(tag, tmp_path):
    path = write(tmp_path / "song.wav", noise(4410), 44100, "PCM_16")
    data = path.read_bytes()
    path.write_bytes(data[:20] + struct.pack("<H", tag) + data[22:])
    assert f"in a codec that cannot be read here (WAV 0x{tag:04x}): convert it first" in refusal(path)


@pytest.mark.parametrize("kind", ["QDMC", "MAC6"])
def test_other_codecs_in_an_aiff_file(kind, tmp_path):
    data = write(tmp_path / "song.aiff", noise(4410), 44100, "PCM_16").read_bytes()
    at = data.index(b"COMM")
    longer = b"COMM\0\0\0\x18" + data[at + 8 : at + 26] + kind.encode() + bytes(2)
    (tmp_path / "song.aiff").write_bytes(data[:8] + b"AIFC" + data[12:at] + longer + data[at + 26 :])
    assert f"in a codec that cannot be read here ({kind}): convert it first" in refusal(tmp_path / "song.aiff")


def test_midi_holds_notes(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\1\0\2\1\xe0MTrk")
    assert refusal(path).startswith("'song.mid' is a MIDI file: it holds notes and no sound.")


@pytest.mark.skipif(os.name == "nt", reason="there, a command is quoted otherwise")
@pytest.mark.parametrize(
    "name", ["$(reboot).m4a", 'a\'b "c".m4a', "-x.m4a", "a;b & c.m4a", "`id`.m4a", "$HOME.m4a", "日本語.m4a"]
)
def test_a_command_to_paste_names_the_file_and_does_nothing_else(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(1000))
    command = refusal(path).partition("for instance with `")[2].rpartition("`, and load")[0]
    script = f"ffmpeg() {{ printf '%s\\n' \"$@\"; }}; {command}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    given = done.stdout.splitlines()
    assert [given[0], *(Path(name).name for name in given[1:])] == ["-i", name, f"{path.stem}.flac"]
    assert not any(name.startswith("-") for name in given[1:])


def joined(tmp_path, *files: Path) -> Path:
    """Put files end to end, as `cat` does."""
    path = tmp_path / f"joined{files[0].suffix}"
    path.write_bytes(b"".join(file.read_bytes() for file in files))
    return path


@pytest.mark.parametrize("kind", ["WAV 16", "WAV float", "AIFF", "FLAC", "OGG", "Opus"])
@pytest.mark.parametrize("other", ["the same", "other channels", "another rate"])
def test_joined_files_are_a_sentence_where_the_rest_would_be_lost(kind, other, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    rate = rates[0] if other == "another rate" else rates[-1]
    one = write(tmp_path / f"1{suffix}", noise(3 * rates[-1] + 1), rates[-1], subtype)
    two = write(tmp_path / f"2{suffix}", noise(rates[-1], 1 + (other == "other channels")), rate, subtype)
    sentence = refusal(joined(tmp_path, one, two))
    assert "put end to end" in sentence or "does not say how long it is" in sentence


@pytest.mark.parametrize("seconds", [0.1, 1, 30])
@pytest.mark.parametrize("tag", [b"", id3(1000)])
def test_joined_flac_files_of_any_length(seconds, tag, tmp_path):
    files = [write(tmp_path / f"{i}.flac", noise(int(44_100 * seconds)), 44_100, "PCM_16") for i in range(2)]
    path = joined(tmp_path, *files)
    path.write_bytes(tag + path.read_bytes())
    assert "put end to end" in refusal(path)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac"])
def test_tags_of_an_mp3_around_another_file(suffix, tmp_path, capfd):
    path = write(tmp_path / f"a{suffix}", noise(44100, 2), 44100, "PCM_16")
    samples, data = load_track(path).signal, path.read_bytes()
    for before in (b"", id3(1000)):
        for after in (b"", b"TAG".ljust(128, b"\0")):
            path.write_bytes(before + data + after)
            assert np.array_equal(load_track(path).signal, samples)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("extra", [2, 8, 36, 44, 100, 1000])
@pytest.mark.parametrize("kind", ["WAV 16", "WAV 24", "AIFF", "W64"])
def test_a_header_that_promises_a_headers_worth_too_much(kind, extra, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    path = write(tmp_path / f"a{suffix}", noise(22050, 2), rates[-1], subtype)
    data = bytearray(path.read_bytes())
    name = b"SSND" if suffix == ".aiff" else b"data"
    order, at = ">I" if suffix == ".aiff" else "<I", data.index(name) + (16 if suffix == ".w64" else 4)
    size = struct.unpack_from(order, data, at)[0]
    struct.pack_into(order, data, at, size + extra)
    path.write_bytes(data)
    assert len(load_track(path).signal) == 22050


def test_a_truncated_file_may_be_whole_with_a_wrong_header(tmp_path):
    path = write(tmp_path / "a.wav", noise(441_000), 44100, "PCM_16")
    path.write_bytes(path.read_bytes()[:-2000])
    sentence = refusal(path)
    assert "is truncated: it ends after 9.98 s of 10.00 s" in sentence
    assert "if nothing is missing, convert it first, for instance with `ffmpeg -i a.wav a.flac`" in sentence


@given(st.floats(0.01, 1e4), st.floats(1e-5, 10))
def test_two_durations_never_look_the_same(seconds, more):
    one, other = tracks._apart(seconds, seconds + more)
    assert one != other
    assert float(one[:-2]) == pytest.approx(seconds, abs=0.051)


@pytest.mark.parametrize("size", [0, 1000])
def test_a_recording_whose_header_was_never_finished(size, tmp_path):
    path = write(tmp_path / "a.wav", noise(44100), 44100, "PCM_16")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"data") + 4, size)
    path.write_bytes(data)
    assert "does not say how long it is" in refusal(path)


@pytest.mark.parametrize("samples", [44100, 44101])
def test_what_follows_the_music_in_chunks_is_no_music(samples, tmp_path):
    path = write(tmp_path / "a.wav", noise(samples), 44100, "PCM_U8")
    chunk = b"junk" + struct.pack("<I", 100_000) + np.random.default_rng(0).bytes(100_000)
    data = path.read_bytes()
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk)
    assert len(load_track(path).signal) == samples


def test_pipes_and_devices(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", "/dev/zero", "/dev/null"):
        assert f"'{path}' is a pipe or a device; one audio file was expected" in refusal(path)


def test_own_files_without_the_shipped_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "_DATA", tmp_path / "nothing")
    assert tracks.shipped() == tracks.crowd() == {}
    assert load_track(write(tmp_path / "a.wav", noise(4410), 44100)).name == "a"
    assert "There is no piece called 'groove'. The pieces of the project are in its folder" in refusal("groove")
    assert "no piece called 'crowd/dub-2'. The pieces of the project are in its folder" in refusal("crowd/dub-2")


def test_empty_file(tmp_path):
    path = tmp_path / "a.wav"
    path.touch()
    assert refusal(path) == f"'{path.name}' is empty: the file has no bytes. Copy or download it again."


@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_no_frames(suffix, tmp_path):
    assert "'a' is empty" in refusal(write(tmp_path / f"a{suffix}", noise(0), 44100))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("seconds", [0.7, 3])
def test_truncated(kind, share, seconds, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    if kind == "MP3" and share == 0.99:
        # Four frames more or less are what encoders themselves get wrong.
        share = 0.8
    path = write(tmp_path / f"a{suffix}", noise(int(seconds * rates[-1]), 2), rates[-1], subtype)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    sentence = refusal(path)
    assert sentence.startswith(f"'a{suffix}' is ")
    if share > 0.01:
        assert "truncated" in sentence


@pytest.mark.parametrize("kind", ["OGG", "Opus"])
def test_truncated_after_any_page(kind, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    path = write(tmp_path / f"a{suffix}", noise(3 * rates[-1], 2), rates[-1], subtype)
    data = path.read_bytes()
    pages = [at.start() for at in re.finditer(b"OggS", data)]
    assert len(pages) > 4
    for end in pages[1:]:
        path.write_bytes(data[:end])
        assert "truncated" in refusal(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_length_is_whole(kind, tmp_path):
    suffix, subtype, rates = KINDS[kind]
    for extra in (0, 1, 575, 1151, 1152, 2047):
        samples = rates[-1] // 2 + extra
        path = write(tmp_path / f"a{suffix}", noise(samples), rates[-1], subtype)
        assert len(load_track(path).signal) == samples


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("at", [0, 5, tracks._BLOCK - 1, tracks._BLOCK, 299_999])
def test_not_finite(bad, at, tmp_path):
    signal = noise(300_000, 2)
    signal[at:, 1] = float(bad)
    path = write(tmp_path / "a.wav", signal, 44100, "FLOAT")
    assert f"'a' holds {bad} instead of an amplitude at {at / 44100:.3f} s; every sample must be" in refusal(path)


def test_louder_than_full_is_kept(tmp_path):
    path = write(tmp_path / "a.wav", noise(4410) * 10, 44100, "FLOAT")
    assert np.array_equal(load_track(path).signal, noise(4410)[:, 0] * 10)


def test_example_without_network(monkeypatch):
    def offline(name):
        raise ConnectionError("no\nroute")

    monkeypatch.setattr(librosa.util, "example", offline)
    sentence = refusal("trumpet")
    assert sentence.startswith(
        "The librosa example 'trumpet' could not be downloaded: go online once, or choose another. The ship"
    )


@pytest.mark.parametrize("sr", [8000, 44100, 192_000])
def test_too_short(sr, tmp_path):
    path = write(tmp_path / "a.wav", noise(sr // 10), sr)
    assert load_track(path).duration == 0.1
    path = write(tmp_path / "a.wav", noise(sr // 10 - 1), sr)
    assert len(load_track(path).signal) == sr // 10 - 1
    path = write(tmp_path / "a.wav", noise(sr // 10 - 2), sr)
    sentence = refusal(path)
    assert "at least 0.1 s were expected: choose a longer piece." in sentence
    assert "'a' lasts 0.09" in sentence


@pytest.mark.parametrize("samples", [1, 2, 50, 799])
def test_what_is_made_of_a_track_may_be_shorter(samples):
    track = Track(noise(samples)[:, 0], 8000, "a click")
    when = moments.even(track, 5)
    assert features.mel(track, when, fmax=4000).shape == (24, 5)
    assert len(resynthesise(track, when, np.ones((24, 5)), fmax=4000).signal) == samples


@pytest.mark.parametrize("sr", [4000, 7999, 192_001, 384_000])
def test_sample_rate_out_of_range(sr, tmp_path):
    path = write(tmp_path / "a.wav", noise(sr), sr)
    assert refusal(path) == f"'a' has {sr} samples per second; 8000 to 192000 were expected: resample it."


@given(st.binary(max_size=300), st.sampled_from([b"RIFF", b"fLaC", b"OggS", b"FORM", b"ID3", b"\xff\xfb\x90", b""]))
def test_rubbish_is_refused(folder, content, magic):
    path = folder / "rubbish"
    path.write_bytes(magic + content)
    refusal(path)


@settings(max_examples=100)
@given(st.sampled_from(["WAV 16", "FLAC", "OGG", "MP3"]), st.integers(0, 60), st.integers(0, 255))
def test_damaged_header_is_refused_or_loads(folder, kind, at, byte):
    suffix, subtype, _ = KINDS[kind]
    path = folder / f"sound-{kind}{suffix}"
    if not path.exists():
        write(path, noise(8000), 44100, subtype)
    data = bytearray(path.read_bytes())
    data[at] = byte
    damaged = folder / f"damaged{suffix}"
    damaged.write_bytes(data)
    try:
        loaded = np.isfinite(load_track(damaged).signal).all()
    except TrackError:
        loaded = False
    if not loaded:
        refusal(damaged)


# Track itself.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_track_leaves_the_callers_array_alone(dtype):
    signal = np.zeros(800, dtype)
    track = Track(signal, 8000)
    with pytest.raises(ValueError, match="read-only"):
        track.signal[0] = 1
    assert signal.flags.writeable
    signal[0] = 1
    assert track.signal.dtype == np.float32


def test_loaded_signal_is_read_only(tmp_path):
    signal = load_track(write(tmp_path / "a.wav", noise(4410, 2), 44100)).signal
    with pytest.raises(ValueError, match="read-only"):
        signal[0] = 1


def test_track_in_words():
    assert repr(Track(np.zeros(75 * 8000), 8000, "song")) == "Track 'song': 1 min 15.0 s, 600000 samples at 8000 Hz"
    assert "2 min 0.0 s" in repr(Track(np.zeros(round(119.97 * 8000)), 8000))


def test_track_refuses_channels():
    with pytest.raises(TrackError, match=re.escape("samples of shape (800, 2); one channel was expected")):
        Track(np.zeros((800, 2)), 8000)


@pytest.mark.parametrize("sr", [8000.0, np.int32(8000), np.int16(8000), np.float32(8000), np.float64(8000)])
def test_a_whole_sample_rate_of_any_type_is_an_int(sr):
    track = Track(noise(8000)[:, 0], sr)
    assert type(track.sr) is int
    when = moments.even(track, 10)
    picture = Picture.compose(track, when, features.mel(track, when, 10), layouts.timeline())
    assert picture.alt == Picture.compose(Track(track.signal, 8000), when, picture.levels[::-1], layouts.timeline()).alt
    assert resynthesise(track, when, np.ones((10, 10))).sr == 8000


@pytest.mark.parametrize(
    "sr",
    [
        *(44100.5, math.nan, math.inf, -math.inf, np.float64("inf"), 44100 + 0j, True, np.True_, None),
        *("44100", "", b"44100", [44100], (44100,), np.array(44100), np.array([44100, 1]), {}, Track),
    ],
)
@pytest.mark.filterwarnings("error")
def test_other_sample_rates_are_a_sentence(sr):
    sentence = re.escape(f"sr={sr!r} was given for 'song'; a whole number of samples per second was expected, such as")
    with pytest.raises(TrackError, match=sentence):
        Track(np.zeros(8000), sr, "song")


@pytest.mark.parametrize("sr", [0, -44100, 7999.0, np.int64(192_001), 1e300])
def test_sample_rates_that_no_picture_is_made_of(sr):
    with pytest.raises(
        TrackError, match=r"'song' has \S+ samples per second; 8000 to 192000 were expected: resample it"
    ):
        Track(np.zeros(8000), sr, "song")


@pytest.mark.parametrize("samples", [[0.0, 0.5, -1, 1], (0.25, -0.25, 0.5, 0), np.linspace(-1, 1, 4, dtype=np.float16)])
def test_samples_in_a_list(samples):
    track = Track([*samples] * 200, 8000)
    assert track.signal.dtype == np.float32
    assert np.array_equal(track.signal, np.tile(np.array(samples, np.float32), 200))


@pytest.mark.parametrize(
    ("samples", "kind"),
    [(np.zeros(8000, kind), kind) for kind in ("int8", "uint8", "int16", "int32", "int64", "bool", "complex64")]
    + [
        ([0, 1] * 4000, "int64"),
        (["0.5"] * 8000, "<U3"),
        ([None] * 8000, "object"),
        (None, "object"),
        ("a.wav", "<U5"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_samples_that_are_no_amplitudes_are_a_sentence(samples, kind):
    sentence = (
        f"'song' has samples of type {kind}; floating-point numbers from −1 to 1 were expected: divide samples of"
    )
    with pytest.raises(TrackError, match=re.escape(sentence)):
        Track(samples, 8000, "song")


def test_rows_of_different_lengths_are_a_sentence():
    with pytest.raises(TrackError, match="'song' has rows of different lengths; one row of samples was expected"):
        Track([[0.0, 0.5], [0.5]], 8000, "song")


@pytest.mark.parametrize("name", [None, 5, b"song", ["song"], Path("song")])
def test_a_name_that_is_no_text_is_a_sentence(name):
    with pytest.raises(TrackError, match=re.escape(f"name={name!r} was given; a text in quotes was expected.")):
        Track(np.zeros(8000), 8000, name)


@pytest.mark.parametrize("path", [5, True, b"a.wav", ["a.wav"]])
def test_a_path_that_is_none_is_a_sentence(path):
    with pytest.raises(
        TrackError, match=re.escape(f"path={path!r} was given for 'a'; the path of a file was expected.")
    ):
        Track(np.zeros(8000), 8000, "a", path)


def test_a_path_may_be_a_text():
    assert Track(np.zeros(8000), 8000, "a", "music/a.wav").path == Path("music/a.wav")


# The same file again.


@pytest.fixture
def decoded(monkeypatch):
    """Nothing is remembered; the list of files that are decoded from now on."""
    files, read_file = [], tracks._read_file
    monkeypatch.setattr(tracks, "_read_file", lambda path, *rest: files.append(path.name) or read_file(path, *rest))
    monkeypatch.setattr(tracks, "_LOADED", WeakValueDictionary())
    monkeypatch.setattr(tracks, "_LATEST", deque())
    return files


def settled(path: Path, seed: int = 0, when: int = 10**9) -> Path:
    """Write a file of the same size that was there long ago, at `when` seconds since 1970."""
    write(path, noise(8000, seed=seed), 8000, "PCM_16")
    os.utime(path, ns=(when * 10**9, when * 10**9))
    return path


def test_the_same_file_is_the_same_track(decoded, tmp_path, monkeypatch):
    path = settled(tmp_path / "a.wav")
    track = load_track(path)
    assert load_track(str(path)) is load_track(path) is track
    monkeypatch.chdir(tmp_path)
    assert np.array_equal(load_track("a.wav").signal, track.signal)
    assert load_track("a.wav").path == Path("a.wav")
    assert load_track(path) is track
    assert decoded == ["a.wav", "a.wav"]


def test_the_same_words_in_another_folder_are_another_file(decoded, tmp_path, monkeypatch):
    loaded = []
    for seed, folder in enumerate((tmp_path / "one", tmp_path / "two")):
        folder.mkdir()
        settled(folder / "a.wav", seed)
        monkeypatch.chdir(folder)
        loaded.append(load_track("a.wav"))
    assert not np.array_equal(loaded[0].signal, loaded[1].signal)


@pytest.mark.parametrize("change", ["content", "time", "size", "gone", "replaced by a folder", "damaged"])
def test_a_changed_file_is_loaded_anew(change, decoded, tmp_path):
    path = settled(tmp_path / "a.wav")
    old = load_track(path)
    if change in ("content", "time"):
        settled(path, seed=change == "content", when=10**9 + 1)
    elif change == "size":
        write(path, noise(8001), 8000, "PCM_16")
        os.utime(path, (10**9, 10**9))
    elif change == "damaged":
        path.write_bytes(b"RIFF")
    else:
        path.unlink()
    if change == "replaced by a folder":
        path.mkdir()
    if change in ("content", "time", "size"):
        new = load_track(path)
        assert new is not old
        assert np.array_equal(new.signal, sf.read(path, dtype="float32")[0])
    else:
        assert refusal(path)


def test_a_file_that_was_written_just_now_is_read_again(decoded, tmp_path):
    for seed in range(3):
        path = write(tmp_path / "a.wav", noise(8000, seed=seed), 8000, "PCM_16")
        os.utime(path, ns=(time.time_ns(),) * 2)
        stat = path.stat()
        first = load_track(path)
        write(path, noise(8000, seed=seed + 9), 8000, "PCM_16")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert not np.array_equal(load_track(path).signal, first.signal)


def test_each_name_keeps_its_name_and_its_truth(decoded):
    by_name = load_track("waltz")
    by_path = load_track(by_name.path)
    for _ in range(2):
        assert load_track("waltz") is by_name
        assert load_track(by_name.path) is by_path
    assert (by_name.name, by_name.truth) == ("waltz", tracks.shipped()["waltz"])
    assert (by_path.name, by_path.truth) == (by_name.path.stem, None)


def test_a_truth_that_somebody_changed_is_not_handed_on(decoded):
    load_track("waltz").truth["tempo"] = 1
    assert load_track("waltz").truth == tracks.shipped()["waltz"]


def test_the_last_are_remembered_as_long_as_there_is_room(decoded, tmp_path, monkeypatch):
    # Each takes 32,000 bytes.
    monkeypatch.setattr(tracks, "_ROOM", 64_000)
    a, b, c = (settled(tmp_path / f"{name}.wav") for name in "abc")
    for path in (a, b, a, b, a, c, a, c):
        load_track(path)
    assert decoded == ["a.wav", "b.wav", "c.wav"]
    kept = load_track(b)
    signals = [weakref.ref(load_track(path).signal) for path in (a, b, c)]
    assert decoded[3:] == ["b.wav", "a.wav", "c.wav"]
    assert [signal() is not None for signal in signals] == [False, True, True]
    load_track(a)
    assert load_track(b) is kept
    assert decoded[6:] == ["a.wav"]
    assert signals[2]() is None


def test_beside_what_takes_all_room_the_last_one_is_remembered(decoded, tmp_path, monkeypatch):
    a, b = (settled(tmp_path / f"{name}.wav") for name in "ab")
    kept = load_track(settled(tmp_path / "c.wav"))
    monkeypatch.setattr(tracks, "_ROOM", 31_999)
    for path in (a, a, b, b, a):
        load_track(path)
    assert decoded == ["c.wav", "a.wav", "b.wav", "a.wav"]
    assert load_track(kept.path) is kept


def test_there_is_room_for_the_pieces_and_ten_minutes():
    seconds = sum(piece["seconds"] for piece in tracks.shipped().values()) + 600
    assert 4 * 44_100 * seconds < tracks._ROOM < 1.1 * 4 * 44_100 * seconds


def test_no_error_is_remembered(decoded, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    os.utime(path, (10**9, 10**9))
    for _ in range(2):
        assert "damaged" in refusal(path)
    assert decoded == ["a.wav", "a.wav"]
    assert load_track(settled(path)).name == "a"


# An hour.

PEAK = """
import sys
from pathlib import Path
from helpers import Picture, features, layouts, load_track, moments, tracks
import soundfile, matplotlib.pyplot

def peak():
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1e3
    except FileNotFoundError:
        pass
    try:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    except ImportError:
        import psutil
        return psutil.Process().memory_info().peak_wset / 1e6

before = peak()
track = load_track(sys.argv[1])
when = moments.even(track, 224)
picture = Picture.compose(track, when, features.perceptual_mel(track, when, 224), layouts.timeline())
assert picture.pixels.shape == (224, 224, 3)
print(track.duration, peak() - before)
"""


def test_an_hour_takes_little_more_memory_than_its_signal(tmp_path):
    path, seconds, second = tmp_path / "hour.wav", 3600, 44100 * 4
    size = seconds * second
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 2, 44100, second, 4, 16)
    with path.open("wb") as file:
        file.write(head + struct.pack("<4sI", b"data", size))
        # A file with holes, which take no room on most disks: a second of noise every minute.
        for minute in range(60):
            file.seek(44 + minute * 60 * second)
            file.write((noise(44100, 2, minute) * 32767).astype("<i2").tobytes())
        file.truncate(44 + size)
    try:
        done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, timeout=120)
    finally:
        path.unlink()
    assert done.returncode == 0, done.stderr
    duration, megabytes = map(float, done.stdout.split())
    assert duration == seconds
    signal = seconds * 44100 * 4 / 1e6
    assert megabytes < signal + 400


LONG = {
    "constant.mp3": dict(format="MP3", bitrate_mode="CONSTANT"),
    "variable.mp3": dict(format="MP3", bitrate_mode="VARIABLE"),
    "a.ogg": dict(format="OGG", subtype="VORBIS"),
    "a.opus": dict(format="OGG", subtype="OPUS"),
    "a.flac": dict(format="FLAC"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_file_is_the_same_in_blocks_and_at_once(name, tmp_path):
    path, signal = tmp_path / name, np.random.default_rng(0).uniform(-0.3, 0.3, 3 * tracks._BLOCK)
    with sf.SoundFile(path, "w", 48_000, 1, **LONG[name]) as file:
        for start in range(0, len(signal), 4096):
            file.write(signal[start : start + 4096])
    at_once, _ = sf.read(path, dtype="float32")
    assert load_track(path).signal == pytest.approx(at_once, abs=1e-6)


# Samples beyond ±1.


@pytest.mark.parametrize("where", [[0], [30_000], [70_000, 70_001, 99_999]])
@pytest.mark.parametrize("value", [20_000, -1e30, 4.1])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_few_far_samples_are_cut_and_said(where, value, channels, tmp_path):
    signal = 0.2 * noise(100_000, channels)
    clean = signal.copy()
    signal[where, 0] = value
    track = load_track(write(tmp_path / "a.wav", signal, 44100, "FLOAT"))
    count = "1 sample" if len(where) == 1 else "3 samples"
    assert repr(track).endswith(f"44100 Hz; {count} far beyond the others, cut to ±1")
    assert np.abs(track.signal[where]) == pytest.approx(1)
    rest = np.delete(np.arange(100_000), where)
    assert track.signal[rest] == pytest.approx(clean[rest].mean(axis=1), abs=1e-7)
    assert track.peak == 1
    when = moments.even(track, 50)
    decibels = features.decibels(features.mel(track, when))
    assert np.median(decibels) > -40


@pytest.mark.parametrize(("samples", "most"), [(100_000, 10), (1_500_000, 15)])
@pytest.mark.parametrize("more", [0, 1])
def test_only_a_few_far_samples_are_damage(samples, most, more, tmp_path):
    signal = 0.2 * noise(samples)
    where = np.linspace(0, samples - 1, most + more, dtype=int)
    signal[where] = 100
    track = load_track(write(tmp_path / "a.wav", signal, 44100, "FLOAT"))
    assert np.abs(track.signal[where]) == pytest.approx(100 if more else 1)


def test_a_few_samples_as_far_out_as_a_decoder_goes_are_kept(tmp_path):
    signal = 0.2 * noise(44_100)
    signal[[7, 30_000]] = 3.9
    track = load_track(write(tmp_path / "a.wav", signal, 44100, "FLOAT"))
    assert np.array_equal(track.signal, signal[:, 0])


@pytest.mark.parametrize("scale", [2.99, 32768.0])
def test_what_goes_beyond_everywhere_is_kept(scale, tmp_path):
    signal = 2 * noise(44100) * np.float32(scale)
    track = load_track(write(tmp_path / "a.wav", signal, 44100, "FLOAT"))
    assert np.array_equal(track.signal, signal[:, 0])
    assert track.note == ""
    assert track.peak == np.abs(signal).max()


def test_what_is_not_finite_is_not_cut(tmp_path):
    signal = noise(44100)
    signal[[5, 700], 0] = 1e6, np.inf
    assert "holds inf instead of an amplitude" in refusal(write(tmp_path / "a.wav", signal, 44100, "FLOAT"))
