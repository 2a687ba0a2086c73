"""Many pieces: the crowd, or what a folder holds, whatever else is in it."""

import os
from pathlib import Path

import numpy as np
import pytest
from recordings import write

from helpers import corpus, tracks
from helpers.tracks import TrackError


def song(path: Path, seconds: float = 8.5, seed: int = 0) -> Path:
    """Write a short file of noise where it is wanted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    signal = np.random.default_rng(seed).uniform(-0.5, 0.5, (round(seconds * 8000), 1)).astype(np.float32)
    return write(path, signal, 8000, "PCM_16")


@pytest.fixture
def music(tmp_path):
    """A folder of ten pieces: two albums and two pieces beside them."""
    folder = tmp_path / "music"
    for i in range(4):
        song(folder / "first" / f"{i}.wav", seed=i)
        song(folder / "second" / "disc 1" / f"{i}.flac", seed=10 + i)
    song(folder / "single.wav")
    song(folder / "LOUD.WAV")
    return folder


def refusal(*args, **settings) -> str:
    """Return the one sentence or two with which a folder is refused."""
    with pytest.raises(TrackError) as caught:
        corpus.gather(*args, **settings)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_the_crowd_is_what_there_is_without_a_folder():
    everyone = corpus.gather()
    assert [piece.source for piece in everyone.pieces] == list(tracks.crowd())
    assert repr(everyone) == f"{len(everyone)} pieces in 12 families"
    piece = everyone.pieces[7]
    assert (f"crowd/{piece.name}", piece.family) == (piece.source, tracks.crowd()[piece.source]["family"])


def test_some_of_the_crowd_are_drawn_by_seed():
    drawn = [[piece.name for piece in corpus.gather(most=10, seed=seed).pieces] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 10
    some = corpus.gather(most=10)
    assert repr(some) == f"10 pieces in {len({p.family for p in some.pieces})} families, taken by chance from 72 files"


def test_crowd_is_missing_where_only_the_package_is(tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "_DATA", tmp_path)
    assert refusal() == "The crowd is in the folder of the project, which is not here: give a folder of music."


def test_folder_and_the_folders_below_it(music):
    found = corpus.gather(music)
    names = ["LOUD", *(f"first/{i}" for i in range(4)), *(f"second/disc 1/{i}" for i in range(4)), "single"]
    assert [piece.name for piece in found.pieces] == names
    assert {piece.family for piece in found.pieces} == {"", "first", "second/disc 1"}
    assert repr(found) == "10 pieces in 3 families"
    loaded = list(found.tracks())
    assert [piece.name for piece, _ in loaded] == names
    assert all(track.duration == 8.5 and track.path == piece.source for piece, track in loaded)


def test_folder_as_text_and_from_home(music, monkeypatch):
    monkeypatch.setenv("HOME", str(music.parent))
    monkeypatch.setenv("USERPROFILE", str(music.parent))
    assert len(corpus.gather("~/music")) == len(corpus.gather(str(music))) == 10


def test_what_cannot_be_used_is_named_and_skipped(music):
    (music / "first" / "diary.mp3").write_bytes(b"Dear diary,\n" * 1000)
    (music / "empty.ogg").touch()
    (music / "bought.m4a").write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom")
    song(music / "jingle.wav", 2)
    (music / "cover.jpg").write_bytes(b"\xff\xd8")
    (music / "._single.wav").write_bytes(b"resource fork")
    song(music / ".trash" / "old.wav")
    found = corpus.gather(music)
    assert len(found) == 10
    assert list(found.skipped) == ["bought.m4a", "empty.ogg", "first/diary.mp3", "jingle.wav"]
    assert "an M4A or MP4 (AAC) file" in found.skipped["bought.m4a"]
    assert "is empty" in found.skipped["empty.ogg"]
    assert "lasts 2.0 s; at least 8 s were expected" in found.skipped["jingle.wav"]
    assert "is not audio that can be read" in found.skipped["first/diary.mp3"]
    names = "'bought.m4a', 'empty.ogg', 'first/diary.mp3', 'jingle.wav'"
    assert repr(found) == f"10 pieces in 3 families; 4 files are skipped: {names} (`skipped` says why)"


def test_what_is_damaged_further_on_leaves_when_it_is_loaded(music):
    path = music / "first" / "0.wav"
    path.write_bytes(path.read_bytes()[:50_000])
    found = corpus.gather(music, seconds=2)
    assert len(found) == 10
    assert [piece.name for piece, _ in found.tracks()] == [piece.name for piece in found.pieces]
    assert len(found) == 9
    assert "truncated" in found.skipped["first/0.wav"]


def test_too_few_are_left(music):
    for i in range(3):
        (music / "first" / f"{i}.wav").write_bytes(b"RIFF")
    sentence = refusal(music)
    assert sentence.startswith("There are 7 usable pieces of music; at least 8 were expected: name a folder with more.")
    assert "3 files are skipped: 'first/0.wav', 'first/1.wav', 'first/2.wav'" in sentence


def test_too_few_are_left_after_loading(music):
    found = corpus.gather(music)
    for i in range(3):
        (music / "first" / f"{i}.wav").unlink()
    with pytest.raises(TrackError, match="There are 7 usable pieces of music; at least 8 were expected"):
        list(found.tracks())


def test_an_empty_folder(tmp_path):
    assert refusal(tmp_path).startswith("There are 0 usable pieces of music; at least 8 were expected")


def test_many_are_named_briefly(music):
    for i in range(30):
        (music / f"broken {i:02}.wav").touch()
    assert "30 files are skipped: 'broken 00.wav'" in repr(corpus.gather(music))
    assert "'broken 04.wav' and 25 more" in repr(corpus.gather(music))


@pytest.mark.parametrize("given", [3, ["a"], "", "  "])
def test_no_folder_at_all(given):
    assert "the path of a folder of music was expected, or None for the crowd" in refusal(given)


def test_no_such_folder(tmp_path):
    assert f"'{tmp_path}/nowhere' does not exist; a folder of music was expected" in refusal(f"{tmp_path}/nowhere")
    assert "is a file; a folder of music was expected" in refusal(song(tmp_path / "a.wav"))


@pytest.mark.parametrize("most", [7, 0, -1, 2.5, "many", None])
def test_most_is_a_number_of_at_least_eight(most):
    with pytest.raises(ValueError, match=r"most=.* was given; a whole number of at least 8 was expected"):
        corpus.gather(most=most)


def test_a_thousand_are_sampled(tmp_path, monkeypatch):
    one = song(tmp_path / "0000.wav")
    for i in range(1, 1010):
        os.link(one, tmp_path / f"{i:04}.wav")
    opened = []
    monkeypatch.setattr(corpus, "_refused", lambda path, _: opened.append(path) or "")
    drawn = [corpus.gather(tmp_path, most=50, seed=seed) for seed in (0, 0, 1)]
    names = [[piece.name for piece in found.pieces] for found in drawn]
    assert names[0] == names[1] != names[2]
    assert names[0] == sorted(set(names[0]))
    assert len(names[0]) == 50
    assert len(opened) == 150
    assert repr(drawn[0]) == "50 pieces in 1 family, taken by chance from 1010 files"
    assert len(corpus.gather(tmp_path)) == 1000


def test_unusable_ones_do_not_count_among_the_sampled(music):
    for i in range(20):
        (music / f"empty {i}.wav").touch()
    assert len(corpus.gather(music, most=9)) == 9
    assert len(corpus.gather(music, most=10)) == 10


def test_links_are_not_followed(music, tmp_path):
    outside = song(tmp_path / "outside" / "secret.wav")
    try:
        (music / "loop").symlink_to(music, target_is_directory=True)
        (music / "out").symlink_to(outside.parent, target_is_directory=True)
        (music / "secret.wav").symlink_to(outside)
        (music / "gone.wav").symlink_to(tmp_path / "gone.wav")
        (tmp_path / "way").symlink_to(music, target_is_directory=True)
    except OSError:
        pytest.skip("this system does not allow links")
    found = corpus.gather(music)
    assert len(found) == 10
    assert repr(found) == "10 pieces in 3 families; 4 links are not followed"
    assert len(corpus.gather(tmp_path / "way")) == 10


def test_pipes_are_no_pieces(music):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(music / "pipe.wav")
    assert len(corpus.gather(music)) == 10


def test_a_folder_that_cannot_be_read_is_named(music, monkeypatch):
    scandir = os.scandir

    def deny(path):
        if str(path).endswith("first"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    song(music / "a.wav")
    song(music / "b.wav")
    monkeypatch.setattr(os, "scandir", deny)
    found = corpus.gather(music)
    assert len(found) == 8
    assert found.skipped == {"first": "It cannot be read: Permission denied."}


def test_strange_names(music):
    try:
        for name in ("two\nlines.wav", "emoji 🎵.wav", "<b>.wav"):
            song(music / name)
            (music / f"broken {name}").touch()
    except OSError:
        pytest.skip("this system does not allow such file names")
    found = corpus.gather(music)
    assert len(found) == 13
    assert "\n" not in repr(found)
    assert "'broken <b>.wav'" in repr(found)
