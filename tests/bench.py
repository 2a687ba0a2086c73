"""Measure speed and memory against the plain way, both in the same run.

`python tests/bench.py` (`make bench`) prints a table, a row as soon as it is measured; `--quick` leaves out what takes
longest. A missed target is marked and counted, but is no error: the machine may be busy.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import psutil
import soundfile as sf

from helpers import features, load_track, moments, tracks

SOONER = 5.0
AS_FAST = 1.0
CHAPTER_SECONDS = 15.0
HOUR_MEMORY = 400e6
TIMES = 5
PIECES = tracks.shipped()
WIDTHS = (50, 9, 9, 7, 9)

OURS = """
from helpers import Picture, features, layouts, load_track, moments
track = load_track(sys.argv[1])
when = moments.even(track, int(sys.argv[3]))
what = features.perceptual_mel(track, when, bands=int(sys.argv[4]))
Picture.compose(track, when, what, layouts.timeline()).save(sys.argv[2])
print(track.signal.nbytes)
"""
PLAIN = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import librosa
signal, sr = librosa.load(sys.argv[1])
power = librosa.feature.melspectrogram(y=signal, sr=sr, n_mels=24, fmin=50, fmax=8000)
hz = librosa.mel_frequencies(n_mels=24, fmin=50, fmax=8000)
what = librosa.perceptual_weighting(power, hz, ref=power.max())
figure, axes = plt.subplots()
librosa.display.specshow(what, sr=sr, x_axis="time", y_axis="mel", fmin=50, fmax=8000, ax=axes)
plt.savefig(sys.argv[2])
"""


@dataclass(frozen=True)
class Row:
    """A line of the table; `target` is the least ratio where there is a plain way, else the most that ours may be."""

    what: str
    ours: float
    plain: float | None = None
    target: float | None = None
    unit: str = "s"

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.ours <= self.target if self.plain is None else self.plain / self.ours >= self.target

    def __str__(self):
        plain = ratio = target = ""
        if self.plain is not None:
            plain, ratio = amount(self.plain, self.unit), f"{self.plain / self.ours:.2f} ×"
        if self.target is not None:
            target = f"≤ {amount(self.target, self.unit)}" if self.plain is None else f"≥ {self.target:g} ×"
        verdict = {None: "", True: "ok", False: "SLOW" if self.unit == "s" else "TOO MUCH"}[self.met]
        return line(self.what, amount(self.ours, self.unit), plain, ratio, target, verdict)


def amount(value: float, unit: str) -> str:
    """Write seconds or bytes with three digits and a fitting prefix."""
    steps = (("B", 1), ("kB", 1e3), ("MB", 1e6)) if unit == "B" else (("µs", 1e-6), ("ms", 1e-3), ("s", 1))
    name, size = max((step for step in steps if abs(value) >= step[1]), key=lambda step: step[1], default=steps[0])
    value /= size
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {name}"


def line(what, *rest) -> str:
    """Align the cells of a row: the first to the left, numbers to the right."""
    *numbers, verdict = rest
    cells = [f"{what:<{WIDTHS[0]}}", *(f"{n:>{width}}" for n, width in zip(numbers, WIDTHS[1:], strict=True))]
    return "  ".join([*cells, verdict]).rstrip()


def print_table(rows: Iterator[Row]) -> None:
    """Print rows as they come, then how many targets are met."""
    print(line("what", "ours", "plain", "ratio", "target", ""), flush=True)
    verdicts = []
    for row in rows:
        print(row, flush=True)
        verdicts.append(row.met)
    with_target = [met for met in verdicts if met is not None]
    print(f"{sum(with_target)} of {len(with_target)} targets met")


def seconds(call: Callable, at_least: float = 0.0) -> float:
    """Return how long a call takes, repeating a short one until it has lasted `at_least` seconds."""
    start, count = perf_counter(), 0
    while count == 0 or perf_counter() - start < at_least:
        call()
        count += 1
    return (perf_counter() - start) / count


def compare(ours: Callable, plain: Callable, at_least: float = 0.02) -> tuple[float, float]:
    """Return the median seconds of two calls, after one of each that does not count; they take turns at going first."""
    pair = (ours, plain)
    for call in pair:
        call()
    times = ([], [])
    for i in range(TIMES):
        for which in (0, 1) if i % 2 == 0 else (1, 0):
            times[which].append(seconds(pair[which], at_least))
    return statistics.median(times[0]), statistics.median(times[1])


def fresh(code: str, *args) -> subprocess.Popen:
    """Start some code in a process of its own."""
    command = [sys.executable, "-c", f"import sys\n{code}", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> str:
    """Wait for a process and return what it printed; raises if it failed."""
    printed, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return printed


def first_picture(folder: Path) -> Iterator[Row]:
    """From a file to a mel picture, and what of it is imports, each in a fresh process."""
    path = tracks.DATA / next(iter(PIECES.values()))["file"]
    times = compare(
        *(lambda code=code: finish(fresh(code, path, folder / "mel.png", 800, 24)) for code in (OURS, PLAIN))
    )
    yield Row("file → first mel picture", *times, SOONER)
    for code in ("import helpers", "from helpers import *", "pass"):
        once = partial(lambda code: finish(fresh(code)), code)
        once()
        yield Row(f"fresh process: {code}", statistics.median(seconds(once) for _ in range(TIMES)))


def loading() -> Iterator[Row]:
    """Decode each shipped piece; librosa without resampling."""
    import librosa

    for name, piece in PIECES.items():
        plain = partial(librosa.load, tracks.DATA / piece["file"], sr=None)
        yield Row(f"load {name}", *compare(partial(load_track, name), plain))


def measuring() -> Iterator[Row]:
    """Each feature for the same number of columns, with imports and caches warm and the music decoded."""
    import librosa

    track = load_track(next(iter(PIECES)))
    sr, n_fft = track.sr, features.window_length(track.sr)
    hz = features.mel_frequencies(sr)
    bands = {"n_fft": n_fft, "n_mels": 24, "fmin": 50, "fmax": 8000}

    def spectrogram(y, hop, each):
        return averaged(np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop)) ** 2, each)

    def mel(y, hop, each):
        return averaged(librosa.feature.melspectrogram(y=y, sr=sr, hop_length=hop, **bands), each)

    def perceptual_mel(y, hop, each):
        power = mel(y, hop, each)
        return librosa.perceptual_weighting(power, hz, ref=power.max())

    # Ours looks at every sample; librosa's frames do so once they stand half a window apart.
    for n, each in ((len(track.signal) // (n_fft // 4), 1), (3584, 2), (224, 18)):
        hop = len(track.signal) // n // each
        when = moments.between(0, n * each * hop / sr, n)
        # librosa makes a column more for a signal that is a multiple of the hop.
        y = track.signal[: n * each * hop - 1]
        assert (np.diff(features.windows(track, when, n_fft)[1]) == each).all()
        for plain in (spectrogram, mel, perceptual_mel):
            ours = getattr(features, plain.__name__)
            assert ours(track, when).shape == plain(y, hop, each).shape
            times = compare(partial(ours, track, when), partial(plain, y, hop, each))
            yield Row(f"{plain.__name__}, {n} columns, windows: {each} each", *times, AS_FAST)

    for n in (224, 3584):
        when = moments.even(track, n)
        edges = features.sample_edges(track, when)
        parts = [track.signal[a:b] for a, b in pairwise(edges)]

        def envelope(parts=parts):
            return np.array([(part.min(), part.max()) for part in parts]).T

        def amplitude_histogram(parts=parts):
            return np.array([np.histogram(part, 100, (-1, 1))[0] for part in parts]).T

        for plain in (envelope, amplitude_histogram):
            times = compare(partial(getattr(features, plain.__name__), track, when), plain)
            yield Row(f"{plain.__name__}, {n} columns (NumPy)", *times)

    when = moments.even(track, 224)
    for power in (features.mel(track, when, 224), features.spectrogram(track, when)):
        plain = partial(librosa.power_to_db, power, ref=np.max)
        times = compare(partial(features.decibels, power), plain)
        yield Row(f"decibels, {power.shape[0]} × {power.shape[1]}", *times, AS_FAST)

    for n in (24, 224):
        ours = partial(features.mel_filters.__wrapped__, sr, n_fft, n)
        plain = partial(librosa.filters.mel, sr=sr, **bands | {"n_mels": n})
        yield Row(f"mel_filters, {n} bands, not cached", *compare(ours, plain), AS_FAST)

    times = compare(partial(features.a_weighting, hz), partial(librosa.A_weighting, hz))
    yield Row(f"a_weighting, {len(hz)} frequencies", *times, AS_FAST)


def averaged(power: np.ndarray, each: int) -> np.ndarray:
    """Average the power of every so many frames."""
    return power if each == 1 else power.reshape(len(power), -1, each).mean(axis=2)


def chapters() -> Iterator[Row]:
    """Run each chapter once, in a fresh kernel."""
    from chapters import CHAPTERS, read, run

    for path in CHAPTERS:
        yield Row(f"chapter {path.stem}", seconds(lambda path=path: run(read(path))), target=CHAPTER_SECONDS)


def hour(folder: Path) -> Iterator[Row]:
    """Make a picture of an hour of stereo music in a fresh process, and watch its memory."""
    piece = next(iter(PIECES.values()))
    stereo, sr = sf.read(tracks.DATA / piece["file"], dtype="int16", always_2d=True)
    path = folder / "hour.flac"
    with sf.SoundFile(path, "w", sr, 2, compression_level=0) as file:
        for start in range(0, 3600 * sr, 4096):
            file.write(stereo.take(range(start, min(start + 4096, 3600 * sr)), axis=0, mode="wrap"))

    start, peak = perf_counter(), 0
    process = fresh(OURS, path, folder / "hour.png", 224, 224)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        sleep(0.005)
    yield Row("an hour of stereo → picture", perf_counter() - start)
    yield Row("an hour of stereo: peak memory above signal", peak - int(finish(process)), target=HOUR_MEMORY, unit="B")


def main() -> None:
    """Measure everything, or only what is quick."""
    parser = argparse.ArgumentParser(description="Measure speed and memory against the plain way.")
    parser.add_argument("--quick", action="store_true", help="skip the chapters and the hour of music")
    quick = parser.parse_args().quick

    def rows(folder: Path) -> Iterator[Row]:
        yield from first_picture(folder)
        yield from loading()
        yield from measuring()
        if not quick:
            yield from chapters()
            yield from hour(folder)

    with tempfile.TemporaryDirectory() as folder:
        print_table(rows(Path(folder)))


if __name__ == "__main__":
    main()
