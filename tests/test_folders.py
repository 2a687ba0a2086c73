"""A folder of music becomes a data set, and stays one: whatever lies in it, and whenever the lights go out."""

import csv
import errno
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from helpers import TrackError, command, folders, ledger, make_pictures, passages, sources, workers

SMALL = {"size": 32, "seconds": 0.5, "rows": 2, "progress": False}
COMMAND = [sys.executable, "-c", "import sys; from helpers.command import main; sys.exit(main())"]
FLAGS = ["--size=32", "--seconds=0.5", "--set=rows=2", "--quiet"]
RECORD = ".music-you-can-see.jsonl"


def tone(path: Path, seconds: float = 1.2, seed: int = 0, **options) -> Path:
    """Write some noise of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(round(8000 * seconds))
    with open(path, "wb") as file:
        sf.write(file, noise, 8000, format=options.pop("format", "WAV"), **options)
    return path


def album(folder: Path, pieces: int = 6) -> Path:
    """Write a few pieces in two classes."""
    for number in range(pieces):
        tone(folder / ("jazz", "rock")[number % 2] / f"Song {number}.wav", 0.4 + 0.3 * number, number)
    return folder


def contents(out: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def table(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tables(out: Path) -> list[dict]:
    """Return the rows of all splits."""
    return [row for split in sources._SPLITS for row in table(out / split / "metadata.csv")]


@pytest.fixture
def music(tmp_path):
    return album(tmp_path / "music")


@pytest.fixture
def made(music, tmp_path):
    """Return what a run that was never stopped makes of it."""
    make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    return contents(tmp_path / "made")


def test_a_picture_and_a_row_for_each_stretch(music, tmp_path):
    done = make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    rows = table(tmp_path / "out" / "metadata.csv")
    assert (done.pieces, done.new, done.errors) == (6, 6, ())
    assert done.pictures == len(rows)
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")}
    assert {row["file_name"] for row in rows} == names
    assert {row["file_name"].split("/")[0] for row in rows} == {row["label"] for row in rows} == {"jazz", "rock"}
    for row in rows:
        image = Image.open(tmp_path / "out" / row["file_name"])
        assert (image.size, image.mode) == ((32, 32), "L")
        assert image.getextrema() != (0, 0)
    # 0.4 s and 0.7 s are one picture; of 1.9 s, the last one ends with the piece.
    starts = {
        piece: [float(row["start"]) for row in rows if row["source"].endswith(piece)] for piece in ("0.wav", "5.wav")
    }
    assert starts == {"0.wav": [0.0], "5.wav": [0.0, 0.5, 1.0, pytest.approx(1.4, abs=0.01)]}
    (short,) = (row for row in rows if row["source"] == "jazz/Song 0.wav")
    assert (short["end"], short["sample_rate"], short["recipe"]) == ("0.4", "8000", "rows")
    assert float(short["seconds_per_pixel"]) == pytest.approx(0.5 / 64)


def test_level_is_that_of_the_music(tmp_path):
    for factor in (1.0, 0.1):
        loud = factor * 0.5 * np.ones(8000) * np.where(np.arange(8000) % 2, 1, -1)
        (tmp_path / "music").mkdir(exist_ok=True)
        sf.write(tmp_path / "music" / f"{factor}.wav", loud, 8000, "FLOAT")
    make_pictures(tmp_path / "music", tmp_path / "out", jobs=1, **SMALL)
    levels = [float(row["level"]) for row in table(tmp_path / "out" / "metadata.csv")]
    assert levels == pytest.approx([-26.02, -26.02, -6.02, -6.02], abs=0.02)


@pytest.mark.parametrize("recipe", ["mel", "hilbert", "beat", "similarity", "timbre"])
def test_each_recipe_ends_up_in_files(recipe, tmp_path):
    tone(tmp_path / "music" / "a.wav", 3)
    parameters = {"tiles": 4} if recipe == "hilbert" else {}
    for seconds, pictures in ((1.0, 3), (None, 1)):
        out = tmp_path / f"out {seconds}"
        done = make_pictures(
            tmp_path / "music", out, recipe, size=32, seconds=seconds, jobs=1, progress=False, **parameters
        )
        assert (done.pictures, done.errors) == (pictures, ())
        pixels = [np.asarray(Image.open(path)) for path in out.rglob("*.png")]
        assert {image.shape for image in pixels} == {(32, 32, 3) if recipe == "timbre" else (32, 32)}


def test_rows_of_a_long_piece_need_no_bars(tmp_path, monkeypatch):
    monkeypatch.setattr(passages, "_MOST", 8000)
    tone(tmp_path / "music" / "a.wav", 3)
    for recipe in ("beat", "rows"):
        options = SMALL | {"seconds": 1.5, "jobs": 1}
        assert make_pictures(tmp_path / "music", tmp_path / recipe, recipe, **options).pictures == 2
    for path in (tmp_path / "beat").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "rows" / path.relative_to(tmp_path / "beat")).read_bytes()


def test_other_processes_are_told_where_the_folders_are(music, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sent = []
    monkeypatch.setattr(workers, "run", lambda _, tasks, *__: sent.extend(tasks) or iter([]))
    make_pictures("music", "out", jobs=1, **SMALL)
    assert {(task[0], task[2]) for task in sent} == {(str(tmp_path / "music"), str(tmp_path / "out"))}
    assert {task[1] for task in sent} == {path.relative_to(music).as_posix() for path in music.rglob("*.wav")}


def test_pictures_may_overlap(tmp_path):
    tone(tmp_path / "music" / "a.wav", 2)
    make_pictures(tmp_path / "music", tmp_path / "out", hop=0.25, jobs=1, **SMALL)
    rows = table(tmp_path / "out" / "metadata.csv")
    assert [float(row["start"]) for row in rows] == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
    assert rows[-1]["end"] == "2.0"


def test_pillow_reads_what_is_written():
    rng = np.random.default_rng(0)
    for shape in ((5, 7), (5, 7, 3), (224, 224)):
        pixels = rng.integers(0, 256, shape, np.uint8)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(folders._png(pixels)))), pixels)


def test_processes_make_the_same(music, made, tmp_path):
    make_pictures(music, tmp_path / "out", jobs=2, **SMALL)
    assert contents(tmp_path / "out") == made


def test_nothing_is_done_twice(music, made, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_piece", lambda *_: pytest.fail("done again"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "made").rglob("*")}
    done = make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    assert (done.pieces, done.new) == (6, 0)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "made").rglob("*")}


def test_a_changed_file_is_done_again_and_a_new_one_too(music, made, tmp_path):
    changed, longer = music / "jazz" / "Song 4.wav", music / "rock" / "Song 1.wav"
    tone(changed, 0.4, 99)
    tone(longer, 3, 98)
    tone(music / "rock" / "Song 7.wav", 1, 7)
    done = make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    assert (done.pieces, done.new) == (7, 3)
    make_pictures(music, tmp_path / "fresh", jobs=1, **SMALL)
    assert contents(tmp_path / "made") == contents(tmp_path / "fresh")


def test_a_picture_that_was_lost_is_made_again(music, made, tmp_path):
    next((tmp_path / "made" / "jazz").glob("*.png")).unlink()
    assert make_pictures(music, tmp_path / "made", jobs=1, **SMALL).new == 1
    assert contents(tmp_path / "made") == made


def test_what_went_away_stays_and_is_said(music, made, tmp_path):
    (music / "jazz" / "Song 4.wav").unlink()
    done = make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    assert (done.pieces, done.gone) == (6, 1)
    assert "1 piece of them is no longer in the folder of music" in str(done)
    assert contents(tmp_path / "made") == made


@pytest.mark.parametrize(
    "other", [{"size": 33}, {"recipe": "mel"}, {"seconds": 1}, {"hop": 0.2}, {"rows": 4}, {"split": "1/1/1"}]
)
def test_another_recipe_into_the_same_folder_is_refused(other, music, made, tmp_path):
    given = SMALL | other
    if "recipe" in other:
        given.pop("rows")
    with pytest.raises(ValueError, match=r"holds pictures made with .* use the same settings to go on"):
        make_pictures(music, tmp_path / "made", jobs=1, **given)
    assert contents(tmp_path / "made") == made


def test_a_folder_of_others_is_refused(music, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("all my work")
    with pytest.raises(ValueError, match=r"holds other files, such as 'thesis\.txt'"):
        make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    with pytest.raises(ValueError, match="is a file: name a new or empty folder"):
        make_pictures(music, tmp_path / "out" / "thesis.txt", jobs=1, **SMALL)
    with pytest.raises(ValueError, match="is the folder of music itself"):
        make_pictures(music, music, jobs=1, **SMALL)


def test_two_runs_at_once_are_refused(music, tmp_path):
    out = tmp_path / "out"
    settings = folders._settings("rows", 32, 0.5, None, None, "piece", 0, {"rows": 2})
    with ledger.Ledger(out, settings), pytest.raises(ValueError, match="Another run works in"):
        make_pictures(music, out, jobs=1, **SMALL)
    assert make_pictures(music, out, jobs=1, **SMALL).pieces == 6


@pytest.mark.parametrize("cut", [1, 2, 30, 400, 3000])
def test_a_record_that_was_cut_short_goes_on(cut, music, made, tmp_path):
    record = tmp_path / "made" / RECORD
    record.write_bytes(record.read_bytes()[:-cut])
    (tmp_path / "made" / "metadata.csv").write_text("of an earlier run")
    assert make_pictures(music, tmp_path / "made", jobs=1, **SMALL).new == {1: 0, 2: 0, 30: 1, 400: 1, 3000: 5}[cut]
    assert contents(tmp_path / "made") == made


def test_pictures_inside_the_folder_of_music(music, made):
    for _ in range(2):
        done = make_pictures(music, music / "pictures", jobs=1, **SMALL)
        assert done.pieces == 6
    assert contents(music / "pictures") == made


# Bad files.


def bad_files(folder: Path) -> int:
    """Write files that cannot be read, and return how many."""
    good = tone(folder.parent.parent / "good.wav", 2).read_bytes()
    flac = tone(folder.parent.parent / "good.flac", 2, format="FLAC").read_bytes()
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    kinds = {
        "empty.mp3": b"",
        "text.ogg": b"These are no sounds.\n" * 99,
        "noise.flac": rng.bytes(5000),
        "cut.wav": good[: len(good) // 2],
        "cut.flac": flac[: len(flac) // 3],
        "header only.wav": good[:44],
        "head.flac": flac[:50],
        "a movie.m4a": b"\0\0\0\x20ftypM4A " + rng.bytes(500),
        "short.wav": good[:40] + (100).to_bytes(4, "little") + good[44:144],
        "picture.mp3": b"\x89PNG\r\n\x1a\n" + rng.bytes(900),
    }
    for number in range(20):
        for name, data in kinds.items():
            (folder / f"{number} {name}").write_bytes(data)
    return 20 * len(kinds)


def test_bad_files_are_listed_and_stop_nothing(music, made, tmp_path):
    count = bad_files(music / "bad")
    assert count == 200
    # What is no audio by its ending, or is hidden, is not even looked at.
    for name in ("cover.jpg", "notes.txt", ".hidden.wav", "._Song 0.wav", ".hidden/song.wav"):
        (music / name).parent.mkdir(exist_ok=True)
        (music / name).write_bytes(b"RIFF")
    # A wrong or missing ending is no fault.
    good = (music / "jazz" / "Song 0.wav").read_bytes()
    (music / "jazz" / "really a wave.mp3").write_bytes(good)
    (music / "jazz" / "no ending").write_bytes(good)
    done = make_pictures(music, tmp_path / "out", jobs=2, **SMALL)
    assert (done.pieces, len(done.errors)) == (8, count)
    errors = table(tmp_path / "out" / "errors.csv")
    assert [(row["source"], row["error"]) for row in errors] == list(done.errors)
    assert all(row["source"].startswith("bad/") and row["error"].endswith(".") for row in errors)
    assert not any("Error" in row["error"] or str(tmp_path) in row["error"] for row in errors)
    assert {row["label"] for row in table(tmp_path / "out" / "metadata.csv")} == {"jazz", "rock"}
    assert not (tmp_path / "out" / "bad").exists()
    for path in (music / "bad").iterdir():
        path.unlink()
    make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    assert not (tmp_path / "out" / "errors.csv").exists()


def test_a_file_that_became_bad_has_no_pictures(music, made, tmp_path):
    (music / "jazz" / "Song 4.wav").write_bytes(b"RIFF")
    done = make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    assert (done.pieces, len(done.errors)) == (5, 1)
    (music / "jazz" / "Song 4.wav").unlink()
    make_pictures(music, tmp_path / "fresh", jobs=1, **SMALL)
    (tmp_path / "made" / "errors.csv").unlink()
    assert contents(tmp_path / "made") == contents(tmp_path / "fresh")


def test_strict_stops_at_the_first(music, tmp_path):
    (music / "jazz" / "A bad one.wav").write_bytes(b"RIFF")
    with pytest.raises(TrackError, match=r"jazz/A bad one\.wav: "):
        make_pictures(music, tmp_path / "out", jobs=1, strict=True, **SMALL)


def test_a_full_disk_stops_it_and_leaves_nothing_half(music, made, tmp_path, monkeypatch):
    real, written = os.fsync, []

    def full(number):
        written.append(number)
        if len(written) > 5:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    monkeypatch.undo()
    assert not list((tmp_path / "out").rglob("*.part"))
    assert {name: data for name, data in contents(tmp_path / "out").items() if name != RECORD}.items() <= made.items()
    make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    assert contents(tmp_path / "out") == made


@pytest.mark.parametrize("which", ["music", "pictures"])
@pytest.mark.parametrize("empty", [False, True])
def test_an_unplugged_folder_stops_it(which, empty, music, made, tmp_path, monkeypatch, capsys):
    run = [str(music), str(tmp_path / "pictures"), "--jobs=1", *FLAGS]
    real, count = folders._drawn, []

    def drawn(*given):
        count.append(given)
        if len(count) == 3:
            (tmp_path / which).rename(tmp_path / "drawer")
            if empty:
                (tmp_path / which).mkdir()
        return real(*given)

    monkeypatch.setattr(folders, "_drawn", drawn)
    assert command.main(run) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"The folder of {which} is not there, or no longer: '{tmp_path / which}'.")
    assert (tmp_path / which).exists() == empty
    if empty:
        (tmp_path / which).rmdir()
    (tmp_path / "drawer").rename(tmp_path / which)
    assert command.main(run) == 0
    assert contents(tmp_path / "pictures") == made


def test_a_network_without_locks_will_do(music, made, tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    real = os.fsync

    def locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    def flushed(number):
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(number)

    monkeypatch.setattr(fcntl, "flock", locks)
    monkeypatch.setattr(os, "fsync", flushed)
    make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    assert contents(tmp_path / "out") == made


def test_nothing_is_written_through_a_link(music, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    for path in (tmp_path / "out" / "jazz").iterdir():
        path.unlink()
    (tmp_path / "out" / "jazz").rmdir()
    (tmp_path / "out" / "jazz").symlink_to(elsewhere)
    tone(music / "jazz" / "Song 0.wav", 1, 50)
    with pytest.raises(OSError, match="nothing is written outside"):
        make_pictures(music, tmp_path / "out", jobs=1, **SMALL)
    assert not list(elsewhere.iterdir())


def test_links_are_not_followed_and_that_is_said(music, tmp_path):
    outside = tone(tmp_path / "outside" / "secret.wav")
    (music / "loop").symlink_to(music)
    (music / "jazz" / "up").symlink_to("..")
    (music / "out").symlink_to(outside.parent)
    (music / "link.wav").symlink_to(outside)
    (music / "broken.wav").symlink_to(music / "nowhere.wav")
    done = make_pictures(music, tmp_path / "pictures", jobs=1, **SMALL)
    assert (done.pieces, done.links, done.errors) == (6, 5, ())
    assert "5 links were not followed" in str(done)


# Names.

STRANGE = [
    "a\nb",
    "…",
    "🎷 sax",
    "..mp3",
    "con",
    "NUL.x",
    " x",
    "x.",
    "-rf",
    "=1+1",
    "a,b",
    'q"q',
    "\x1b[31mred",
    "ü" * 80,
]


def test_strange_names_become_safe_ones(tmp_path):
    for number, name in enumerate(STRANGE):
        tone(tmp_path / "music" / f"{name} " / f"{name}.wav", 0.4, number)
        tone(tmp_path / "music" / f"{name} " / f"{name}.aiff", 0.4, number)
    with open(os.fsencode(tmp_path / "music") + b"/latin \xe9.wav", "wb") as file:
        file.write(tone(tmp_path / "a.wav").read_bytes())
    done = make_pictures(tmp_path / "music", tmp_path / "out", jobs=2, **SMALL)
    rows = table(tmp_path / "out" / "metadata.csv")
    # On disk, a hidden folder is left out.
    assert (done.pieces, done.errors) == (1 + 2 * len([name for name in STRANGE if name[0] != "."]), ())
    shown = {os.fsdecode(path).encode("utf-8", "backslashreplace").decode() for path in _paths(tmp_path / "music")}
    assert {row["source"] for row in rows} <= shown
    for row in rows:
        assert all(part.isascii() and part.isprintable() for part in row["file_name"].split("/"))
        assert (tmp_path / "out" / row["file_name"]).is_file()


def _paths(folder: Path) -> set[bytes]:
    here = os.fsencode(folder)
    return {os.path.relpath(os.path.join(at, name), here) for at, _, names in os.walk(here) for name in names}


ANY_NAME = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=30)


@given(st.lists(ANY_NAME, min_size=2, max_size=2, unique=True))
def test_names_are_safe_and_different(names):
    stems = [sources.stem(name) for name in names]
    assert stems[0].casefold() != stems[1].casefold()
    made = [sources.safe(name) for name in names]
    assert made[0] != made[1]
    for name in stems + made:
        assert 0 < len(name) <= 64
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set('<>:"/\\|?*')
        assert name[0] not in " .-"
        assert name[-1] not in " ."
        assert name.split(".")[0].lower() not in ("con", "nul", "aux", "prn", "com1", "lpt9")
    assert [sources.safe(name) for name in made] == made


@given(st.sets(ANY_NAME, min_size=1, max_size=40), st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 5)))
def test_splits_have_their_shares_and_depend_on_the_seed_alone(groups, parts):
    share = sources.shares("/".join(map(str, parts)))
    dealt = sources.split(groups, share, 1)
    assert dealt == sources.split(set(sorted(groups)[::-1]), share, 1)
    assert set(dealt) == groups
    for name, part in zip(sources._SPLITS, share, strict=True):
        assert abs(list(dealt.values()).count(name) - part * len(groups)) < 2


@pytest.mark.parametrize("by", ["piece", "folder"])
def test_splits_do_not_leak(by, tmp_path):
    for number in range(12):
        tone(tmp_path / "music" / f"class {number % 2}" / f"artist {number % 4}" / f"{number}.wav", 1.2, number)
    done = make_pictures(tmp_path / "music", tmp_path / "out", split="50/25/25", by=by, jobs=1, **SMALL)
    rows = tables(tmp_path / "out")
    assert done.pictures == len(rows) == 24
    found = {}
    for row in rows:
        assert row["file_name"].split("/")[0] == row["label"]
        assert (tmp_path / "out" / row["split"] / row["file_name"]).is_file()
        group = row["source"] if by == "piece" else row["source"].rpartition("/")[0]
        found.setdefault(group, set()).add(row["split"])
    assert all(len(splits) == 1 for splits in found.values())
    assert sorted(map(min, found.values())) == ["test"] * (len(found) // 4) + ["train"] * (len(found) // 2) + [
        "validation"
    ] * (len(found) // 4)
    tone(tmp_path / "music" / "class 0" / "artist 9" / "new.wav")
    make_pictures(tmp_path / "music", tmp_path / "out", split="50/25/25", by=by, jobs=1, **SMALL)
    after = {row["source"]: row["split"] for row in tables(tmp_path / "out")}
    assert {row["source"]: row["split"] for row in rows}.items() <= after.items()


# Crashes.


# `make test-long` has patience.
KILLS = 50 if os.environ.get("LONG") else 4


def long_album(folder: Path, pieces: int = 30 * KILLS) -> Path:
    """Write more short pieces than are done before the last of all kills."""
    for number in range(pieces):
        tone(folder / ("jazz", "rock")[number % 2] / f"{number}.wav", 0.4 + 0.5 * (number % 3), number)
    return folder


def recorded(out: Path) -> dict[str, tuple[int, int]]:
    """Return the pictures that the record knows, each with what changes when a file is written anew."""
    lines = (out / RECORD).read_bytes().splitlines(keepends=True)
    rows = [row for line in lines if line.endswith(b"\n") for row in json.loads(line).get("rows", ())]
    stats = {row["file_name"]: (out / row["file_name"]).stat() for row in rows}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def kills_cost_nothing(arguments: list[str], out: Path, made: dict[str, bytes], also=lambda: None) -> None:
    """Kill a command at random moments, and prove that nothing is lost, half written or done twice."""
    rng, before = np.random.default_rng(0), {}
    for number in range(KILLS):
        run = subprocess.Popen(arguments, start_new_session=True)
        there = len(list(out.rglob("*.png")))
        while run.poll() is None and len(list(out.rglob("*.png"))) == there:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.06))
        also()
        assert run.poll() is None, "there were too few pieces"
        # Sometimes only the command is killed, and its processes live on for a moment.
        (os.killpg if number % 2 else os.kill)(run.pid, signal.SIGKILL)
        run.wait()
        now = recorded(out)
        assert before.items() <= now.items()
        before = now
        for name, content in contents(out).items():
            assert not name.endswith(".png") or content == made[name]
    assert subprocess.run(arguments).returncode == 0
    assert before.items() <= recorded(out).items()
    assert contents(out) == made


def test_kills_at_any_moment_cost_nothing(tmp_path):
    music, out = long_album(tmp_path / "music"), tmp_path / "out"
    make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    kills_cost_nothing([*COMMAND, str(music), str(out), "--jobs=2", *FLAGS], out, contents(tmp_path / "made"))


def killed_at(step: int, *given, **options) -> bool:
    """Make pictures in a process that kills itself before its so-manieth step on the disk; say whether it did."""
    process = os.fork()
    if not process:
        left = iter(range(step))

        def before(function):
            def counted(*arguments):
                if next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments)

            return counted

        def half(self, entry):
            # Half of a line, and only then the line.
            self._file.seek(0, os.SEEK_END)
            self._file.write(json.dumps(entry).encode()[:40])
            self._file.flush()
            before(lambda: self._file.truncate(self._file.seek(0, os.SEEK_END) - 40))()
            return append(self, entry)

        def watch(event, arguments):
            # Python tells of each file that is opened: to write, only one that counts for nothing, or the record's end.
            if event == "open" and str(arguments[0]).startswith(f"{given[1]}{os.sep}"):
                path, _, flags = arguments
                if flags & (os.O_WRONLY | os.O_RDWR) and not (flags & os.O_APPEND or str(path).endswith(".part")):
                    os._exit(2)

        sys.addaudithook(watch)
        append, ledger.Ledger._append = ledger.Ledger._append, half
        os.fsync, os.replace = before(os.fsync), before(os.replace)
        try:
            make_pictures(*given, **options)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fifty_kills_between_two_steps_cost_nothing(tmp_path):
    music, out, kills = long_album(tmp_path / "music", 30), tmp_path / "out", 0
    make_pictures(music, tmp_path / "made", jobs=1, **SMALL)
    made, rng = contents(tmp_path / "made"), np.random.default_rng(0)
    while killed_at(rng.integers(1, 13), music, out, jobs=1, **SMALL):
        kills += 1
        assert kills < 500
        there = contents(out)
        assert {name: there[name] for name in there if name.endswith(".png")}.items() <= made.items()
    assert kills >= 50
    assert contents(out) == made


def dies(path: str, *_) -> str:
    """Kill the process that calls it, if its name says so."""
    if "kill" in path:
        os.kill(os.getpid(), signal.SIGKILL)
    return path


def test_a_file_that_kills_its_process_is_found_out():
    tasks = [(name,) for name in ("a", "b", "kill 1", "c", "d", "kill 2", "e", "f")]
    results = dict(workers.run(dies, tasks, 2))
    assert results == {task: None if "kill" in task[0] else task[0] for task in tasks}


def fails(path: str) -> str:
    raise OSError(28, "No space left on device")


def test_what_a_task_raises_is_raised():
    with pytest.raises(OSError, match="No space left"):
        list(workers.run(fails, [("a",)], 2))


# The command.


def test_the_command_says_how_it_went(music, tmp_path, capsys):
    run = [str(music), str(tmp_path / "out"), "--jobs=1", *FLAGS]
    assert command.main(run) == 0
    assert "6 pieces became" in capsys.readouterr().out
    (music / "bad\x1b[31m.wav").write_bytes(b"RIFF")
    assert command.main(run) == 1
    assert "1 file could not be used" in capsys.readouterr().out
    assert command.main([*run, "--strict"]) == 2
    assert "bad\\x1b[31m" in capsys.readouterr().err
    (tmp_path / "only bad").mkdir()
    (tmp_path / "only bad" / "a.wav").write_bytes(b"RIFF")
    assert command.main([str(tmp_path / "only bad"), str(tmp_path / "none"), *FLAGS, "--jobs=1"]) == 3
    assert command.main([str(tmp_path / "nothing"), str(tmp_path / "none")]) == 2
    assert "There is no folder" in capsys.readouterr().err
    assert command.main([str(music), str(tmp_path / "x"), "--scheduler=nowhere"]) == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seconds": 0}, "seconds=0"),
        ({"seconds": "30"}, "seconds='30'"),
        ({"hop": 0.01}, "hop=0.01"),
        ({"seconds": None, "hop": 3}, "one picture a piece"),
        ({"split": "80-20"}, "split='80-20'"),
        ({"split": "a/b"}, "split='a/b'"),
        ({"by": "artist"}, "'piece' or 'folder'"),
        ({"jobs": 0}, "jobs=0"),
        ({"size": 0}, "size=0"),
        ({"recipe": "soup"}, "no recipe 'soup'"),
        ({"split": "1/1", "seed": -1}, "seed=-1"),
    ],
)
def test_what_does_not_do_is_refused_in_a_sentence(given, sentence, music, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        make_pictures(music, tmp_path / "out", **{"jobs": 1, **SMALL, **given})
    assert not list((tmp_path / "out").rglob("*.png"))


def test_no_music_is_said(tmp_path):
    with pytest.raises(ValueError, match="There is no music in"):
        make_pictures(tmp_path, tmp_path / "out", jobs=1, **SMALL)


def test_progress_is_shown(music, tmp_path, capsys):
    make_pictures(music, tmp_path / "out", jobs=1, **SMALL | {"progress": True})
    shown = capsys.readouterr().err
    assert "6/6" in shown
    assert "errors=0" in shown
    assert "pictures=" in shown
    assert json.loads((tmp_path / "out" / RECORD).read_text().splitlines()[0])["size"] == 32
