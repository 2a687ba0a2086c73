"""Run the chapters and keep what sounds and moves in them as files that a page can use without Python.

`python book/live.py OUT [chapters]` writes, for `host.js`, a folder a chapter and one for all sounds. Every file is a
classic script that hands over one value, because a page that is opened from a disk may read nothing else.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from copy import deepcopy
from functools import partial
from itertools import product
from math import prod
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import ipywidgets
import matplotlib
import numpy as np
import soundfile as sf

from helpers import Explorer, Player, cells
from helpers.outputs import VIEW
from helpers.quizzes import Quiz

matplotlib.use("agg")
ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRONTS = {"player": Player, "quizzes": Quiz}
# What a page without Python shows below a front end besides.
BELOW = {"quizzes": Path(__file__).with_name("pool.js")}
# Traits that every widget has and no page of a book needs.
UNUSED = {"layout", "tabbable", "tooltip", "file"}
# An explorer keeps as many positions as fit into so many bytes, but so many at least and at most.
ROOMY, FEWEST, MOST = 250_000, 8, 96
# So many rounds of a quiz are kept: in twenty, all ways of asking come equally often.
ROUNDS = 20
# Where all combinations would be too many, a slider keeps so many values at least.
STOPS = 5
# Which traits of an explorer change with its position.
CHANGING = ("panels", "pixels", "times", "palettes", "sound", "duration", "message")
# Controls that are typed in: a page without Python cannot know what will be.
TYPED = ("text", "number")
# Where a test clicks, as parts of width and height.
PLACES = tuple((place + 0.5) / 8 for place in range(8))
# The first of 32768 letters that stand for 15 bits each: none of them is a sign of JavaScript or half a letter.
LETTERS = 0x3400
# How small Vorbis makes a sound, from 0 to 1; and its encoder is not handed more samples at once.
SMALL = 0.9
BLOCK = 4096


class Pack:
    """Values for a page in few bytes: JSON in which each array of bytes stands for itself only once."""

    def __init__(self):
        self.blobs, self.known = [], {}

    def keep(self, value, name=""):
        """Return a value with its arrays of bytes replaced by where they are kept."""
        if isinstance(value, dict):
            return {key: self.keep(one, key) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.keep(one, name) for one in value]
        if not isinstance(value, bytes | memoryview):
            return value
        value = bytes(value)
        if (name, value) not in self.known:
            self.known[name, value] = len(self.blobs)
            self.blobs.append(packed(value, name))
        return {"blob": self.known[name, value]}

    def script(self, key: str, value) -> str:
        """Return a script that hands over what `keep` returned."""
        places, at = [], 0
        for form, data in self.blobs:
            places.append([form, at, len(data)])
            at += len(data)
        head = zlib.compress(json.dumps({"value": value, "blobs": places}).encode(), 9)
        return script(key, len(head).to_bytes(4, "little") + head + b"".join(data for _, data in self.blobs))


def packed(data: bytes, name: str) -> tuple[str, bytes]:
    """Return the form in which an array of bytes is kept, and its bytes."""
    forms = {"plain": data}
    if name in ("times", "versus") and len(data) % 4 == 0 and data:
        forms = {"moments": _moments(np.frombuffer(data, "<f4"))}
    elif name == "pixels" and len(data) % 3 == 0:
        pixels = np.frombuffer(data, "u1").reshape(-1, 3)
        # One number is compared sooner than three.
        _, first, which = np.unique(pixels @ (1 << np.array([16, 8, 0])), return_index=True, return_inverse=True)
        if len(first) <= 256:
            forms["colors"] = bytes([len(first) - 1]) + pixels[first].tobytes() + which.astype("u1").tobytes()
        else:
            forms["planes"] = pixels.T.tobytes()
    sizes = {form: zlib.compress(flat, 9) for form, flat in forms.items()}
    return min(sizes.items(), key=lambda one: len(one[1]))


def _moments(times) -> bytes:
    """Return seconds as the different ones in order, and which of them each pixel has, both as steps."""
    starts, which = np.unique(times.view("<i4"), return_inverse=True)
    steps = [np.diff(values.astype("<i4"), prepend=np.int32(0)) for values in (starts, which)]
    # The four bytes of a number resemble those of the next one, not each other.
    planes = [part.view("u1").reshape(-1, 4).T.tobytes() for part in steps]
    return len(starts).to_bytes(4, "little") + b"".join(planes)


def script(key: str, data: bytes) -> str:
    """Return a script that hands bytes to the page: 15 bits a letter, and their number.

    In UTF-16, which `write` writes, this takes 7 % more room than the bytes; base64 would take 33 %.
    """
    bits = np.unpackbits(np.frombuffer(data, "u1"))
    bits = np.append(bits, np.zeros(-len(bits) % 15, "u1")).reshape(-1, 15).astype("<u2")
    letters = (bits << np.arange(14, -1, -1, dtype="<u2")).sum(axis=1, dtype="<u2") + LETTERS
    return f'mycsLive.put({json.dumps(key)}, "{letters.tobytes().decode("utf-16-le")}", {len(data)});\n'


def write(path: Path, text: str) -> None:
    """Write a file that another process may be writing as well: the same, at once.

    The mark at the beginning tells a browser that it is UTF-16, whatever a server says.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8" if text.isascii() else "utf-16")
    os.replace(part, path)


class Sounds:
    """The sounds that a chapter needs, written once each."""

    def __init__(self, out: Path):
        self.out, self.keys = out, set()

    def of(self, track) -> str:
        """Return the name of a track's sound: of its file, as it is, or of its samples, compressed."""
        if track.path and sf.info(track.path).frames == len(track.signal):
            key = track.path.resolve().relative_to(ROOT / "data").with_suffix("").as_posix().replace("/", "-")
            return self.keep(key, track.path.read_bytes)
        return self.keep(_named(track.signal.tobytes() + str(track.sr).encode()), lambda: compressed(track))

    def keep(self, key: str, read) -> str:
        """Write a sound, unless it is there."""
        path = self.out / "sound" / f"{key}.js"
        if not path.exists():
            write(path, script(f"sound/{key}", read()))
        self.keys.add(key)
        return key


def _named(data: bytes) -> str:
    """Return a name that no other bytes have."""
    return hashlib.sha256(data).hexdigest()[:12]


def compressed(track) -> bytes:
    """Return a track as OGG Vorbis, which begins with the first sample and ends with the last."""
    buffer = io.BytesIO()
    samples = track.signal / max(1, track.peak)
    with sf.SoundFile(buffer, "w", track.sr, 1, format="OGG", subtype="VORBIS", compression_level=SMALL) as file:
        for at in range(0, len(samples), BLOCK):
            file.write(samples[at : at + BLOCK])
    return buffer.getvalue()


def shown(path: Path):
    """Run a chapter, and yield each live widget as soon as its cell shows it, with a name: cell and number."""
    import matplotlib.pyplot as plt
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    try:
        with chdir(path.parent), plt.rc_context():
            # Without nbformat, whose import takes seconds in each process.
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] != "code":
                    continue
                with capture_output() as written:
                    result = shell.run_cell("".join(cell["source"]))
                result.raise_error()
                views = [output.data[VIEW]["model_id"] for output in written.outputs if VIEW in output.data]
                if isinstance(result.result, tuple(FRONTS.values())):
                    views.append(result.result.model_id)
                for number, view in enumerate(dict.fromkeys(views)):
                    yield f"{cell['id']}-{number}", cells.made(view)
    finally:
        ipywidgets.Widget.close_all()
        plt.close("all")
        InteractiveShell.clear_instance()


def state_of(widget, sounds: Sounds) -> dict:
    """Return what a page needs of a widget, its sound by the name of a file."""
    state = {key: value for key, value in deepcopy(widget.get_state()).items() if key[0] != "_" and key not in UNUSED}
    if isinstance(widget, Quiz):
        state["rounds"] = state["rounds"][:ROUNDS]
        for asked in state["rounds"]:
            asked["sounds"] = [sounds.keep(_named(sound), lambda sound=sound: sound) for sound in asked["sounds"]]
        # What tells the sounds of a page apart differs from run to run.
        state["sound"]["key"] = "quiz"
    elif state["sound"]:
        state["sound"]["key"] = sounds.of(widget.pictures[0].track)
    return state


def grid(every: dict, thinned: list, values: dict, most: int) -> tuple[dict, list[dict]]:
    """Choose the positions of an explorer that are kept.

    Parameters
    ----------
    every : dict of str to list
        Which values each control could have.
    thinned : list of str
        Of which controls some values may be left out.
    values : dict
        Where it begins.
    most : int
        How many positions are kept, if that is enough for every value.

    Returns
    -------
    stops : dict of str to list
        Which values each control has.
    positions : list of dict
        Which values they have together: all combinations where these are few; else those that differ from the
        beginning in the fewest controls.
    """
    stops = dict(every)
    counts = {name: len(every[name]) for name in thinned}
    while prod(map(len, stops.values())) > most and any(counts[name] > STOPS for name in thinned):
        widest = max(thinned, key=counts.get)
        counts[widest] -= max(1, counts[widest] // 8)
        stops[widest] = _thinned(every[widest], counts[widest], values[widest])
    positions = [dict(zip(stops, chosen, strict=True)) for chosen in product(*stops.values())]
    positions.sort(key=lambda position: sum(position[name] != values[name] for name in position))
    # Each value of each control is kept at least once: a slider must be able to stay where a hand has put it.
    return stops, positions[: max(most, 1 + sum(len(values) - 1 for values in stops.values()))]


def _values(about: dict, value) -> list:
    """Return all values of a control; of a field that is typed in, the one it has."""
    if "options" in about:
        return list(range(len(about["options"])))
    if about["kind"] == "checkbox":
        return [False, True]
    if about["kind"] != "slider":
        return [value]
    low, high, step = about["min"], about["max"], about["step"]
    found = [low + i * step for i in range(int((high - low) / step + 1e-9) + 1)]
    kind = type(value)
    return sorted({value, *(kind(round(one, 9)) for one in found)})


def _thinned(values: list, count: int, kept) -> list:
    """Return evenly spaced ones of some values, both ends among them and one that must be kept."""
    places = {round(place) for place in np.linspace(0, len(values) - 1, count)} | {values.index(kept)}
    return [values[place] for place in sorted(places)]


def _written(value, step) -> str:
    """Write a number as the page writes it: as many decimals as its step has, or two more."""
    digits = str(step).partition(".")[2] if "e" not in str(step) else "00"
    decimals = 0 if digits == "0" else len(digits)
    return f"{value:.{decimals if round(value, decimals) == round(value, 9) else decimals + 2}f}"


def explored(explorer: Explorer, sounds: Sounds, key: str) -> tuple[dict, str, list]:
    """Move an explorer through its positions.

    Returns
    -------
    state : dict
        What the page needs in order to show the first picture and the controls.
    script : str
        The pictures of all positions.
    proofs : list
        What each of them shows, for the tests.
    """
    first = state_of(explorer, sounds)
    inputs, start = first["inputs"], first["values"]
    every = {about["name"]: _values(about, start[about["name"]]) for about in inputs}
    pack, held, proofs = Pack(), [], []
    # The beginning and the ends say how large a picture is.
    for end in (0, -1):
        explorer.values, explorer.asked = {name: values[end] for name, values in every.items()}, end - 1.0
        pack.keep({name: getattr(explorer, name) for name in ("panels", "pixels", "times")})
    size = sum(len(data) for _, data in pack.blobs) / 2
    most = int(np.clip(ROOMY / max(1, size), FEWEST, MOST))
    thinned = [about["name"] for about in inputs if "min" in about or len(every[about["name"]]) > most]
    stops, positions = grid(every, thinned, start, most)
    pack = Pack()
    for number, position in enumerate(positions):
        explorer.values, explorer.asked = position, float(number + 1)
        state = state_of(explorer, sounds)
        held.append(pack.keep({name: state[name] for name in CHANGING}))
        proofs.append(proof(explorer, state))
    places = [[stops[name].index(position[name]) for name in stops] for position in positions]
    for about in inputs:
        name, kept = about["name"], stops[about["name"]]
        # A slider of the page has only the values that are kept, and counts them.
        if name in thinned:
            words = about.get("options")
            about["options"] = [words[value] if words else _written(value, about["step"]) for value in kept]
            start[name], stops[name] = kept.index(start[name]), list(range(len(kept)))
        about["disabled"] |= about["kind"] in TYPED
    first["held"] = {"stops": stops, "positions": places, "of": prod(map(len, every.values()))}
    return first, pack.script(key, held), proofs


def proof(widget, state: dict) -> dict:
    """Return what can be seen and heard of a widget, by which a test recognises it."""
    if isinstance(widget, Quiz):
        names = ("layout", "way", "wrong", "right")
        return {"rounds": [{name: one[name] for name in names} for one in widget.rounds[:ROUNDS]]}
    sound = state["sound"].get("key", "")
    times = widget.pictures[0].times
    height, width = (0, 0) if times is None else times.shape
    seconds = [[float(times[int(y * height), int(x * width)]) for x in PLACES] for y in PLACES] if height else []
    # JSON has no NaN.
    seconds = [[None if np.isnan(second) else second for second in row] for row in seconds]
    pictures = [zlib.crc32(picture.pixels.tobytes()) for picture in widget.pictures]
    return {"pictures": pictures, "seconds": seconds, "sound": sound}


def chapter(path: Path, out: Path) -> dict:
    """Write the files of a chapter, unless they are there and nothing has changed since."""
    stem, sounds = path.stem, Sounds(out)
    done, mark = out / stem / "done.json", made_of(path)
    if done.exists() and (known := json.loads(done.read_text()))["mark"] == mark:
        return known
    shutil.rmtree(out / stem, ignore_errors=True)
    entries, proofs = {}, {}
    for name, widget in shown(path):
        key = f"{stem}/{name}"
        entries[name] = {"front": next(front for front, kind in FRONTS.items() if isinstance(widget, kind))}
        state = state_of(widget, sounds)
        proofs[name] = proof(widget, state)
        if isinstance(widget, Explorer):
            state, more, proofs[name]["positions"] = explored(widget, sounds, f"{key}-more")
            proofs[name]["places"] = state["held"]["positions"]
            write(out / f"{key}-more.js", more)
        for number, asked in enumerate(state.get("rounds", [])):
            pack = Pack()
            parts = {part: asked.pop(part) for part in ("pictures", "times")}
            write(out / f"{key}-{number}.js", pack.script(f"{key}-{number}", pack.keep(parts)))
        pack = Pack()
        write(out / f"{key}.js", pack.script(key, pack.keep(state)))
    write(out / stem / "index.js", f"mycsLive.put({json.dumps(f'{stem}/index')}, {json.dumps(entries)});\n")
    size = sum(file.stat().st_size for file in (out / stem).glob("*.js"))
    print(f"{stem}: {len(entries)} live pictures, {size / 1e6:.1f} MB, {process_time():.0f} s of computing", flush=True)
    known = {"mark": mark, "sounds": sorted(sounds.keys), "proofs": proofs}
    write(done, json.dumps(known))
    return known


def made_of(path: Path) -> str:
    """Return a number that changes whenever what a chapter shows may change."""
    files = [path, Path(__file__), ROOT / "helpers" / "notebook.mplstyle"]
    files += [file for pattern in ("helpers/*.py", "data/**/*.ogg", "data/*.json") for file in ROOT.glob(pattern)]
    contents = hashlib.sha256()
    for file in sorted(files):
        contents.update(file.relative_to(ROOT).as_posix().encode() + hashlib.sha256(file.read_bytes()).digest())
    return contents.hexdigest()


def fronts(out: Path) -> None:
    """Write the front ends and their styles, which are those of the notebooks."""
    for name, widget in FRONTS.items():
        below = BELOW[name].read_text(encoding="utf-8") if name in BELOW else "const below = null;"
        head, _, made = widget._esm.partition("export default ")
        body = f'"use strict";\n{head}{below}\nreturn {{ below, front: {made.strip().rstrip(";")} }};'
        write(out / f"{name}.js", f"mycsLive.put({json.dumps(name)}, () => {{\n{body}\n}});\n")
    styles = [*(ROOT / "helpers" / f"{name}.css" for name in FRONTS), Path(__file__).with_name("live.css")]
    write(out / "live.css", "\n".join(path.read_text(encoding="utf-8") for path in styles))


def build(out: Path, chapters=CHAPTERS, processes: int = 2) -> None:
    """Write the files of some chapters, each in a process of its own, and remove sounds that no chapter needs."""
    fronts(out)
    # The last chapters take longest: they begin.
    with ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1) as pool:
        found = list(pool.map(partial(chapter, out=out), reversed(chapters)))
    if chapters == CHAPTERS:
        needed = {key for one in found for key in one["sounds"]}
        for path in (out / "sound").glob("*"):
            if path.stem not in needed:
                path.unlink()


if __name__ == "__main__":
    wanted = sys.argv[2:]
    build(Path(sys.argv[1]).resolve(), [path for path in CHAPTERS if not wanted or path.stem in wanted])
