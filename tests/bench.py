"""Measure speed and memory against the plain way, both in the same run.

`python tests/bench.py` (`make bench`) prints a table, a row as soon as it is measured; `--quick` leaves out what takes
longest. A missed target is marked and counted, but is no error: the machine may be busy.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from time import perf_counter, process_time, sleep

import numpy as np
import psutil
import soundfile as sf
from threadpoolctl import threadpool_limits

from helpers import (
    Picture,
    Track,
    colors,
    features,
    layouts,
    load_track,
    make_pictures,
    moments,
    scales,
    sections,
    spectra,
    tempo,
    tracks,
)
from helpers.files import AudioFile

SOONER = 5.0
AS_FAST = 1.0
LOADING = 0.8
CHAPTER_SECONDS, LATER_SECONDS = 15.0, 20.0
HOUR_MEMORY = 400e6
LAYOUT_SECONDS, COLOR_SECONDS, PAINTED_SECONDS = 0.05, 0.005, 0.4
KEY_SECONDS, KEY_SOONER, KEYS, PAUSE = {224: 0.021, 512: 0.035}, 4.0, 25, 0.1
DRAG_SECONDS, DRAG_EACH = 2.0, 1 / 20
PAGE_SECONDS = 0.010
KERNEL_MEMORY, PAGE_MEMORY = 20e6, 100e6
CLICK_SECONDS, CLICKS = 0.060, 15
BOOK_SECONDS, READ_SECONDS = 300.0, 1.0
# How much of the time of a data set is decoding, at least.
DECODING = {"OGG": 0.85, "Opus": 0.85, "FLAC": 0.85, "MP3": 0.65}
FOLDER_SOONER, TWO_SOONER, WORKER_MEMORY = 5.0, 1.8, 400e6
TINY = 10_000
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
# The way of most scripts: one process, everything in memory.
SCRIPT = """
import io
from pathlib import Path
import librosa
import numpy as np
from PIL import Image
kept = []
for path in sorted(Path(sys.argv[1]).rglob("*.*")):
    signal, sr = librosa.load(path)
    for start in range(0, len(signal) - 30 * sr, 30 * sr):
        part = signal[start : start + 30 * sr]
        power = librosa.feature.melspectrogram(y=part, sr=sr, n_mels=224, hop_length=len(part) // 223)
        what = librosa.power_to_db(power, ref=np.max, top_db=80)
        png = io.BytesIO()
        Image.fromarray(((what + 80) / 80 * 255).astype(np.uint8)[::-1, :224]).save(png, "png")
        kept.append(png.getvalue())
"""
WITH_FIGURES = SCRIPT.replace(
    "from PIL import Image", "import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt"
)
WITH_FIGURES = (
    WITH_FIGURES[: WITH_FIGURES.index("        Image.from")]
    + """
        figure, axes = plt.subplots()
        librosa.display.specshow(what, sr=sr, ax=axes)
        figure.savefig(png)
        plt.close(figure)
"""
)
ONLY_DECODE = """
import soundfile as sf
with sf.SoundFile(sys.argv[1]) as file:
    while len(file.read(1 << 18, dtype="float32")):
        pass
"""
ONE_FILE = """
import os
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
from pathlib import Path
from helpers import folders, ledger
path, out = Path(sys.argv[1]), Path(sys.argv[2])
settings = folders._settings(sys.argv[3], 224, 30.0, None, None, "piece", 0, {})
with ledger.Ledger(out, settings):
    assert "rows" in folders._piece(str(path.parent), path.name, str(out), None, settings)
"""
# The same array for both, different at each step.
SLIDER = """
import numpy as np
from helpers import Picture, explore, layouts, load_track, moments, play
track = load_track({name!r})
values = np.random.default_rng(0).uniform(size=({size}, {size})).cumsum(axis=1)
rolled = lambda step: np.roll(values, step, axis=1)
"""
EXPLORE = "explore(rolled, track=track, step=(0, 200))"
OURS_AT, PLAIN_AT = ".mycs-control input", (".noUi-handle", ".noUi-target")
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact

@interact(step=(0, 200))
def shown(step):
    plt.imshow(rolled(step), cmap="magma", origin="lower", aspect="auto", interpolation="nearest")
    plt.show()
"""
# When a key or the pointer went down, and when pictures of either kind were drawn since; in milliseconds.
METERS = """
globalThis.down = 0;
globalThis.drawn = [];
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    if (this.canvas.matches(".mycs-colors")) drawn.push(performance.now());
};
document.addEventListener("load", (event) => {
    if (event.target.matches(".jp-RenderedImage img")) drawn.push(performance.now());
}, true);
for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, () => { down = performance.now(); drawn.length = 0; }, true);
}
"""


# Milliseconds from the last byte of a page to its first letters.
READ = """() => new Promise((resolve) => {
    const end = performance.getEntriesByType("navigation")[0].responseEnd;
    new PerformanceObserver((list) => {
        const [paint] = list.getEntriesByName("first-contentful-paint");
        if (paint) resolve(paint.startTime - end);
    }).observe({ type: "paint", buffered: true });
})"""


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


def seconds(call: Callable, at_least: float = 0.0, clock: Callable = perf_counter) -> float:
    """Return how long a call takes, repeating a short one until it has lasted `at_least` seconds."""
    start, count = clock(), 0
    while count == 0 or clock() - start < at_least:
        call()
        count += 1
    return (clock() - start) / count


def compare(ours: Callable, plain: Callable, at_least: float = 0.02, clock: Callable = perf_counter):
    """Return the median seconds of two calls, after one of each that does not count; they take turns at going first."""
    pair = (ours, plain)
    for call in pair:
        call()
    times = ([], [])
    for i in range(TIMES):
        for which in (0, 1) if i % 2 == 0 else (1, 0):
            times[which].append(seconds(pair[which], at_least, clock))
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
    path = tracks._DATA / next(iter(PIECES.values()))["file"]
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
        plain = partial(librosa.load, tracks._DATA / piece["file"], sr=None)
        yield Row(f"load {name}", *compare(partial(decode, name), plain))
    path = tracks._DATA / next(iter(PIECES.values()))["file"]
    for beside in ("alone", "beside a busy neighbour"):
        neighbours = [fresh("while True: pass") for _ in range(psutil.cpu_count() if beside != "alone" else 0)]
        times = compare(partial(decode, path), partial(only_decode, path))
        for neighbour in neighbours:
            neighbour.kill()
        yield Row(f"load, only decode, {beside}", *times, LOADING)


def decode(source) -> None:
    """Load a track that is not remembered."""
    tracks._LOADED.clear()
    tracks._LATEST.clear()
    load_track(source)


def only_decode(path: Path) -> None:
    """Decode a file block by block, and keep nothing."""
    with AudioFile(path) as file:
        while len(file.read(tracks._BLOCK, dtype="float32", always_2d=True)):
            pass


def measuring() -> Iterator[Row]:
    """Each feature for the same number of columns, with imports and caches warm and the music decoded."""
    import librosa

    track = load_track(next(iter(PIECES)))
    sr, n_fft = track.sr, spectra.window_length(track.sr)
    hz = scales.mel_frequencies(sr)
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
        assert (np.diff(spectra.windows(track, when, n_fft)[1]) == each).all()
        for plain in (spectrogram, mel, perceptual_mel):
            ours = getattr(features, plain.__name__)
            assert ours(track, when).shape == plain(y, hop, each).shape
            times = compare(partial(ours, track, when), partial(plain, y, hop, each))
            yield Row(f"{plain.__name__}, {n} columns, windows: {each} each", *times, AS_FAST)

    for n in (224, 3584):
        when = moments.even(track, n)
        edges = spectra.sample_edges(track, when)
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
        ours = partial(scales.mel_filters.__wrapped__, sr, n_fft, n)
        plain = partial(librosa.filters.mel, sr=sr, **bands | {"n_mels": n})
        yield Row(f"mel_filters, {n} bands, not cached", *compare(ours, plain), AS_FAST)

    times = compare(partial(scales.a_weighting, hz), partial(librosa.A_weighting, hz))
    yield Row(f"a_weighting, {len(hz)} frequencies", *times, AS_FAST)


def median(call: Callable) -> float:
    """Return the median seconds of a call, after one that does not count."""
    call()
    return statistics.median(seconds(call, 0.02) for _ in range(TIMES))


def arranging() -> Iterator[Row]:
    """Make each layout of 224 × 224 cells, compare all moments, find the beat."""
    for make in (layouts.rows, layouts.snake, layouts.z_order, layouts.hilbert):
        yield Row(f"{make.__name__}, 224 × 224 cells", median(partial(make, 224, 224)), target=LAYOUT_SECONDS)
    track = load_track(next(iter(PIECES)))
    alike = partial(sections.self_similarity, track, moments.even(track, 448), smooth=8)
    yield Row("self_similarity, 448 × 448", median(alike))

    def beat():
        tempo._ONSETS.pop(track, None)
        tempo.find(track)

    yield Row("tempo.find", median(beat))


def painting() -> Iterator[Row]:
    """Turn 224 × 224 moments of a loaded four-minute track into a colour picture, and three channels into colours."""
    track = load_track(next(iter(PIECES)))
    track = Track(np.resize(track.signal, 240 * track.sr), track.sr, "four minutes")
    when, where = moments.even(track, 224 * 224), layouts.hilbert(224, 224)
    names, n_fft = ["loudness", "centroid", "flatness"], spectra.window_length(track.sr) // 4

    def picture():
        what = features.timbre(track, when, names, n_fft)
        light, bright, noisy = (colors.drawn(name, row) for name, row in zip(names, what, strict=True))
        paint = colors.oklch(0.2 + 0.7 * light, 0.14 * (1 - noisy), 0.05 + 0.75 * bright)
        return Picture.compose(track, when, paint[np.newaxis], where)

    yield Row("four minutes → 224 × 224 in colour", median(picture), target=PAINTED_SECONDS)
    one, two, three = np.random.default_rng(0).random((3, 224, 224), np.float32)
    conversions = {
        "rgb": partial(colors.rgb, one, two, three),
        "hsv": partial(colors.hsv, one, two, three),
        "hsl": partial(colors.hsl, one, two, three),
        "lab": partial(colors.lab, 20 + 70 * one, 80 * two - 40, 80 * three - 40),
        "oklch": partial(colors.oklch, 0.2 + 0.7 * one, 0.14 * two, three),
    }
    for name, convert in conversions.items():
        yield Row(f"{name}, 224 × 224 colours", median(convert), target=COLOR_SECONDS)


def averaged(power: np.ndarray, each: int) -> np.ndarray:
    """Average the power of every so many frames."""
    return power if each == 1 else power.reshape(len(power), -1, each).mean(axis=2)


def chapters() -> Iterator[Row]:
    """Run each chapter once, in a fresh kernel."""
    from chapters import CHAPTERS, read, run

    for path in CHAPTERS:
        target = CHAPTER_SECONDS if path.stem < "08" else LATER_SECONDS
        yield Row(f"chapter {path.stem}", seconds(lambda path=path: run(read(path))), target=target)


def an_hour(path: Path) -> Path:
    """Write an hour of stereo music."""
    piece = next(iter(PIECES.values()))
    stereo, sr = sf.read(tracks._DATA / piece["file"], dtype="int16", always_2d=True)
    with sf.SoundFile(path, "w", sr, 2, compression_level=0) as file:
        for start in range(0, 3600 * sr, 4096):
            file.write(stereo.take(range(start, min(start + 4096, 3600 * sr)), axis=0, mode="wrap"))
    return path


def hour(folder: Path) -> Iterator[Row]:
    """Make a picture of an hour of stereo music in a fresh process, and watch its memory."""
    path = an_hour(folder / "hour.flac")
    start = perf_counter()
    peak, size = peak_of(fresh(OURS, path, folder / "hour.png", 224, 224))
    yield Row("an hour of stereo → picture", perf_counter() - start)
    yield Row("an hour of stereo: peak memory above signal", peak - int(size), target=HOUR_MEMORY, unit="B")


def peak_of(process: subprocess.Popen) -> tuple[int, str]:
    """Wait for a process, and return the most memory that it took, and what it printed."""
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        sleep(0.005)
    return peak, finish(process)


def written(folder: Path) -> dict[str, list[Path]]:
    """Write two shipped pieces in each format, and return the files."""
    formats = {"OGG": {}, "FLAC": {}, "Opus": {"format": "OGG", "subtype": "OPUS"}, "MP3": {}}
    found = {name: [] for name in formats}
    for number, piece in enumerate(list(PIECES.values())[:2]):
        signal, sr = sf.read(tracks._DATA / piece["file"], dtype="float32", always_2d=True)
        for name, how in formats.items():
            path = folder / name / f"{number}.{name.lower()}"
            path.parent.mkdir(exist_ok=True)
            # Opus knows no 44,100 Hz: the same samples, a little faster.
            with sf.SoundFile(path, "w", 48_000 if name == "Opus" else sr, signal.shape[1], **how) as file:
                for start in range(0, len(signal), 4096):
                    file.write(signal[start : start + 4096])
            found[name].append(path)
    return found


def data_sets(folder: Path, music: Path | None) -> Iterator[Row]:
    """A folder of music becomes a data set, against decoding alone and against a script; one numerical thread each."""
    from helpers import folders, ledger, recipes

    written_files = written(folder)
    if music:
        written_files["OGG, yours"] = [path for path in music.rglob("*.ogg") if path.is_file()][:20]
    with threadpool_limits(1):
        os.environ["OMP_NUM_THREADS"] = "1"
        for recipe in recipes.RECIPES:
            out, settings = folder / recipe, folders._settings(recipe, 224, 30.0, None, None, "piece", 0, {})
            with ledger.Ledger(out, settings):
                for name, paths in written_files.items():

                    def ours(paths=paths, out=out, settings=settings):
                        for path in paths:
                            assert "rows" in folders._piece(str(path.parent), path.name, str(out), None, settings)

                    def plain(paths=paths):
                        for path in paths:
                            with sf.SoundFile(path) as file:
                                while len(file.read(1 << 18, dtype="float32")):
                                    pass

                    target = DECODING.get(name) if recipe == "rows" else None
                    # Of the processor, so that a busy machine does not matter.
                    times = compare(ours, plain, clock=process_time)
                    yield Row(f"pictures '{recipe}', only decode, {name}", *times, target)
        os.environ.pop("OMP_NUM_THREADS")
    source = music or folder / "OGG"
    both, one = compare(*(partial(make, source, folder / "set", jobs) for jobs in (2, 1)))
    yield Row("data set, two processes, one process", both, one, TWO_SOONER)
    for name, code in (("librosa and matplotlib", WITH_FIGURES), ("librosa and PNG in memory", SCRIPT)):
        yield Row(f"data set, {name}", both, seconds(lambda code=code: finish(fresh(code, source))), FOLDER_SOONER)
    tiny = folder / "tiny"
    tiny.mkdir()
    for number in range(TINY):
        sf.write(tiny / f"{number}.wav", np.zeros(800), 8000)
    yield Row(f"each of {TINY:,} tiny files", seconds(partial(make, tiny, folder / "set", 2, size=8, rows=1)) / TINY)
    yield from handed_out(tiny, folder)
    path = an_hour(folder / "hour.flac")
    alone, _ = peak_of(fresh(ONLY_DECODE, path))
    for recipe in recipes.RECIPES:
        peak, _ = peak_of(fresh(ONE_FILE, path, folder / f"hour {recipe}", recipe))
        yield Row(f"an hour, '{recipe}': memory above decoding", peak - alone, target=WORKER_MEMORY, unit="B")


def handed_out(tiny: Path, folder: Path) -> Iterator[Row]:
    """What a task costs those who hand it out with Dask, the scheduler and who asks, however many workers there are."""
    told, quiet = folder / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    local = [f"--scheduler-file={told}", "--host=127.0.0.1", "--no-dashboard"]
    started = [subprocess.Popen([*dask, "scheduler", "--port=0", *local], cwd=folder, **quiet)]
    started += [subprocess.Popen([*dask, "worker", "--nthreads=1", *local], cwd=folder, **quiet) for _ in range(2)]
    try:
        while not told.exists():
            sleep(0.1)
        address = json.loads(told.read_text())["address"]
        watched = psutil.Process(started[0].pid)

        def spent() -> float:
            times = watched.cpu_times()
            return times.user + times.system

        before = spent()
        asked = seconds(partial(make, tiny, folder / "set", None, size=8, rows=1, scheduler=address), 0, process_time)
        yield Row(f"each of {TINY:,} tiny files, Dask's scheduler", (spent() - before) / TINY)
        yield Row(f"each of {TINY:,} tiny files, who asks Dask", asked / TINY)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def make(source: Path, out: Path, jobs: int | None, **options) -> None:
    """Make a data set from the beginning."""
    shutil.rmtree(out, ignore_errors=True)
    make_pictures(source, out, jobs=jobs, progress=False, **options)


def pressed(page, control, key: str) -> np.ndarray:
    """Return the seconds from each of some presses of a key to the picture drawn."""
    times = []
    for _ in range(3 + KEYS):
        control.press(key)
        page.wait_for_function("drawn.length")
        times.append(page.evaluate("drawn[0] - down") / 1000)
        sleep(PAUSE)
    return np.array(times[3:])


def dragged(page, track) -> float:
    """Return the seconds that each new picture takes while a slider is dragged to and fro along its track."""
    track = track.bounding_box()
    y = track["y"] + track["height"] / 2
    page.mouse.move(track["x"] + track["width"] / 2, y)
    page.mouse.down()
    end = perf_counter() + DRAG_SECONDS
    while (left := end - perf_counter()) > 0:
        page.mouse.move(track["x"] + track["width"] * abs(left % 2 - 1), y)
        sleep(1 / 60)
    took, count = page.evaluate("[performance.now() - down, drawn.length]")
    page.mouse.up()
    return took / 1000 / max(1, count)


def browser(folder: Path) -> Iterator[Row]:
    """From the hand to the eye and the ear, in a real JupyterLab; `interact` with an inline figure is the plain way."""
    import lab

    path = lab.chromium()
    if path is None:
        print("no Chromium or Chrome was found: nothing is measured in JupyterLab")
        return
    with lab.opened(folder, path) as laboratory:
        laboratory.context.add_init_script(METERS)
        notebook = laboratory.notebook("bench.ipynb")
        page = notebook.page
        for size, key_seconds in KEY_SECONDS.items():
            notebook.do(SLIDER.format(name=next(iter(PIECES)), size=size))
            keys, drags = [], []
            for source, slider, track in ((EXPLORE, OURS_AT, OURS_AT), (INTERACT, *PLAIN_AT)):
                notebook.run(source)
                page.wait_for_function("drawn.length")
                keys.append(pressed(page, page.locator(slider).first, "ArrowRight"))
                drags.append(dragged(page, page.locator(track).first))
            (ours, plain), what = keys, f"{size} × {size}"
            yield Row(f"slider key → picture, {what}", np.median(ours), target=key_seconds)
            yield Row("… and interact: median", np.median(ours), np.median(plain), KEY_SOONER)
            yield Row("… and interact: nine in ten", *(np.percentile(times, 90) for times in keys))
            yield Row(f"each picture of a 2 s drag, {what}", drags[0], target=DRAG_EACH)
            yield Row("… and interact", *drags)
            notebook.run(EXPLORE)
            page.locator(".mycs-look summary").click()
            for label in ("Range", "Contrast"):
                times = pressed(page, page.locator(".mycs").get_by_label(label), "ArrowLeft")
                yield Row(f"{label.lower()} key → picture, {what}", np.median(times), target=PAGE_SECONDS)
        notebook.close()


def sounding(folder: Path) -> Iterator[Row]:
    """From a click to the sound that leaves the page, for a short piece and an hour that was opened a second ago."""
    import ear
    import lab

    path = lab.chromium()
    if path is None:
        return
    an_hour(folder / "hour.flac")
    with lab.opened(folder, path) as laboratory:
        ear.start(laboratory.context)
        notebook = laboratory.notebook("sound.ipynb")
        page, kernel = notebook.page, psutil.Process(notebook.ask("__import__('os').getpid()"))
        pages = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name().lower()]
        for what, name in (("", next(iter(PIECES))), (", an hour", str(folder / "hour.flac"))):
            notebook.do(f"from helpers import *\ntrack = load_track({name!r})\nwhen = moments.even(track, 800)")
            before = kernel.memory_info().rss, sum(one.memory_info().rss for one in pages if one.is_running())
            notebook.run("play(Picture.compose(track, when, features.envelope(track, when), layouts.timeline()))")
            page.locator(".mycs-colors").wait_for()
            sleep(1)
            times = list(clicked(page, CLICKS))
            after = kernel.memory_info().rss, sum(one.memory_info().rss for one in pages if one.is_running())
            yield Row(f"first click → sound{what}", times[0], target=CLICK_SECONDS)
            yield Row(f"click → sound{what}", statistics.median(times[1:]), target=CLICK_SECONDS)
        more = np.subtract(after, before)
        yield Row("an hour in a player: kernel", max(0, more[0]), target=KERNEL_MEMORY, unit="B")
        yield Row("an hour in a player: page", max(0, more[1]), target=PAGE_MEMORY, unit="B")
        notebook.close()


def clicked(page, times: int) -> Iterator[float]:
    """Click here and there; each time, the seconds until it is heard."""
    import ear

    box = page.locator(".mycs-colors").bounding_box()
    for i in range(times):
        ear.forget(page)
        page.mouse.click(box["x"] + box["width"] * ((0.3 + i * 0.37) % 1), box["y"] + box["height"] / 2)
        ear.until_heard(page, 0.3)
        one = ear.sounding(page)
        yield one.latency() / 1000
        page.keyboard.press(" ")
        page.wait_for_function("sound().paused")
        # What was on its way to the loudspeaker.
        sleep(0.2)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_):
        """Say nothing."""


def book(folder: Path) -> Iterator[Row]:
    """The book: to make it from the stored chapters, and to read a page after its HTML has arrived."""
    import lab

    begin = perf_counter()
    subprocess.run([sys.executable, Path(__file__).parent.parent / "book", folder / "book"], check=True)
    yield Row("the book, from nothing", perf_counter() - begin, target=BOOK_SECONDS)
    path, html = lab.chromium(), folder / "book" / "html"
    if path is None:
        return
    handler = partial(Quiet, directory=html)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, lab.browser(path) as browser:
        Thread(target=server.serve_forever, daemon=True).start()
        times = []
        for page_of in sorted(html.glob("*.html")):
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/{page_of.name}")
            times.append(page.evaluate(READ) / 1000)
            page.close()
        server.shutdown()
    yield Row("HTML of a page → it can be read: median", statistics.median(times), target=READ_SECONDS)
    yield Row("… the slowest page", max(times), target=READ_SECONDS)


def main() -> None:
    """Measure everything, or only what is quick."""
    parser = argparse.ArgumentParser(description="Measure speed and memory against the plain way.")
    parser.add_argument("--quick", action="store_true", help="skip the chapters and the hour of music")
    parser.add_argument("--folders", action="store_true", help="measure only how a folder becomes a data set")
    parser.add_argument(
        "--music", type=Path, help="a folder of music of your own for that, instead of the shipped pieces"
    )
    given = parser.parse_args()
    quick = given.quick

    def rows(folder: Path) -> Iterator[Row]:
        if given.folders:
            yield from data_sets(folder, given.music)
            return
        yield from first_picture(folder)
        yield from loading()
        yield from measuring()
        yield from arranging()
        yield from painting()
        yield from browser(folder)
        yield from sounding(folder)
        if not quick:
            yield from chapters()
            yield from hour(folder)
            yield from book(folder)
            yield from data_sets(folder, given.music)

    with tempfile.TemporaryDirectory() as folder:
        print_table(rows(Path(folder)))


if __name__ == "__main__":
    main()
