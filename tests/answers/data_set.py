"""Tries the solutions of chapter 17 on inputs that its reader did not see."""

import csv
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile as sf

from helpers import make_pictures


def leaking(solution):
    dice = np.random.default_rng(0)
    for _ in range(20):
        folders = dice.choice(["a", "a/b", "c d", ""], 8)
        splits = dice.choice(["train", "validation", "test"], 8)
        rows = [
            {"source": f"{folder}/{number}.mp3".lstrip("/"), "split": split}
            for number, (folder, split) in enumerate(zip(folders.tolist(), splits.tolist(), strict=True))
        ]
        assert solution(rows) == {one for one in folders.tolist() if len(set(splits[folders == one])) > 1}


def made(length, **options):
    """Return from when to when the pictures of so many seconds of silence are."""
    with TemporaryDirectory() as home:
        music, out = Path(home, "music"), Path(home, "out")
        music.mkdir()
        sf.write(music / "silence.wav", np.zeros(round(length * 11025)), 11025)
        make_pictures(music, out, size=64, rows=1, jobs=1, progress=False, **options)
        with (out / "metadata.csv").open(newline="", encoding="utf-8") as file:
            return [(float(row["start"]), float(row["end"])) for row in csv.DictReader(file)]


def pictures_of(solution):
    for length, seconds, hop in ((1, 2, 1), (16, 8, 2), (17.1, 8, 2), (20, 4, 3), (21.5, 4, 3), (9, 4, 4)):
        assert solution(length, seconds, hop) == len(made(length, seconds=seconds, hop=hop))


def settings(solution):
    found = made(42, **solution)
    assert len(found) == 5
    assert (found[0][0], found[-1][1]) == (0, 42)
    np.testing.assert_allclose([after[0] - before[0] for before, after in pairwise(found)], 7, atol=0.2)
