"""Run the chapters and keep what sounds and moves in them as files that a page can use without Python.

`python book/live.py OUT [chapters]` writes, for `host.js`, a folder a chapter and one for all sounds. Every file is a
classic script that hands over one value, because a page that is opened from a disk may read nothing else.
"""

import base64
import hashlib
import io
import json
import os
import sys
import zlib
from contextlib import chdir
from itertools import product
from math import prod
from multiprocessing import get_context
from pathlib import Path

import ipywidgets
import matplotlib
import nbformat
import numpy as np
import soundfile as sf

from helpers import Explorer, Player, cells
from helpers.outputs import VIEW
from helpers.quizzes import Quiz

matplotlib.use("agg")
ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRONTS = {"player": Player, "quizzes": Quiz}
# Traits that every widget has and no page of a book needs.
UNUSED = {"layout", "tabbable", "tooltip", "file"}
# An explorer keeps as many positions as fit into so many bytes, but so many at least and at most.
ROOMY, FEWEST, MOST = 700_000, 16, 144
# Where all combinations would be too many, a slider keeps so many values at least.
STOPS = 5
# An encoder of Vorbis is not handed more at once.
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
        colors, which = np.unique(np.frombuffer(data, "u1").reshape(-1, 3), axis=0, return_inverse=True)
        if len(colors) <= 256:
            forms["colors"] = bytes([len(colors) - 1]) + colors.tobytes() + which.astype("u1").tobytes()
        else:
            forms["planes"] = np.frombuffer(data, "u1").reshape(-1, 3).T.tobytes()
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
    """Return a script that hands bytes to the page."""
    return f"mycsLive.put({json.dumps(key)}, {json.dumps(base64.b64encode(data).decode())});\n"


def write(path: Path, text: str) -> None:
    """Write a file that another process may be writing as well: the same, at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


class Sounds:
    """The sounds that a chapter needs, written once each."""

    def __init__(self, out: Path):
        self.out, self.keys = out, set()

    def of(self, track) -> str:
        """Return the name of a track's sound: of its file, as it is, or of its samples, compressed."""
        if track.path:
            key = track.path.resolve().relative_to(ROOT / "data").with_suffix("").as_posix().replace("/", "-")
            return self.keep(key, track.path.read_bytes)
        samples = hashlib.sha256(track.signal.tobytes() + str(track.sr).encode()).hexdigest()[:12]
        return self.keep(samples, lambda: compressed(track))

    def keep(self, key: str, read) -> str:
        """Write a sound, unless it is there."""
        path = self.out / "sound" / f"{key}.js"
        if not path.exists():
            write(path, script(f"sound/{key}", read()))
        self.keys.add(key)
        return key


def compressed(track) -> bytes:
    """Return a track as OGG Vorbis, which begins with the first sample and ends with the last."""
    buffer = io.BytesIO()
    samples = track.signal / max(1, track.peak)
    with sf.SoundFile(buffer, "w", track.sr, 1, format="OGG", subtype="VORBIS") as file:
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
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type != "code":
                    continue
                with capture_output() as written:
                    result = shell.run_cell(cell.source)
                result.raise_error()
                views = [output.data[VIEW]["model_id"] for output in written.outputs if VIEW in output.data]
                if isinstance(result.result, tuple(FRONTS.values())):
                    views.append(result.result.model_id)
                for number, view in enumerate(dict.fromkeys(views)):
                    yield f"{cell.id}-{number}", cells.made(view)
    finally:
        ipywidgets.Widget.close_all()
        plt.close("all")
        InteractiveShell.clear_instance()


def state_of(widget, sounds: Sounds) -> dict:
    """Return what a page needs of a widget, its sound by the name of a file."""
    state = {key: value for key, value in widget.get_state().items() if key[0] != "_" and key not in UNUSED}
    if isinstance(widget, Quiz):
        state["rounds"] = [
            asked
            | {"sounds": [sounds.keep(hashlib.sha256(one).hexdigest()[:12], lambda o=one: o) for one in asked["sounds"]]}
            for asked in state["rounds"]
        ]
    elif state["sound"]:
        state["sound"] = state["sound"] | {"key": sounds.of(widget.pictures[0].track)}
    return state


def grid(inputs: list[dict], values: dict, most: int) -> tuple[dict, list[dict]]:
    """Choose the positions of an explorer that are kept.

    Returns
    -------
    stops : dict of str to list
        Which values each control has.
    positions : list of dict
        Which values they have together: all combinations where these are few; else those that differ from the
        beginning in the fewest controls.
    """
    every = {about["name"]: _values(about, values[about["name"]]) for about in inputs}
    sliders = [about["name"] for about in inputs if about["kind"] == "slider" and "options" not in about]
    stops = dict(every)
    counts = {name: len(every[name]) for name in sliders}
    while prod(map(len, stops.values())) > most and any(counts[name] > STOPS for name in sliders):
        widest = max(sliders, key=counts.get)
        counts[widest] -= max(1, counts[widest] // 8)
        stops[widest] = _thinned(every[widest], counts[widest], values[widest])
    positions = [dict(zip(stops, chosen, strict=True)) for chosen in product(*stops.values())]
    positions.sort(key=lambda position: sum(position[name] != values[name] for name in position))
    return stops, positions[:most]


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


def explored(explorer: Explorer, sounds: Sounds, key: str) -> tuple[dict, str]:
    """Move an explorer through its positions; returns what is kept of the first one, and a script with all pictures."""
    first = state_of(explorer, sounds)
    inputs, start = first["inputs"], dict(first["values"])
    pack = Pack()
    pack.keep({name: first[name] for name in ("pixels", "times", "panels")})
    size = sum(len(data) for _, data in pack.blobs)
    stops, positions = grid(inputs, start, int(np.clip(ROOMY / max(1, size), FEWEST, MOST)))
    pack, held = Pack(), []
    for number, position in enumerate(positions):
        explorer.values = position
        explorer.asked = float(number + 1)
        state = state_of(explorer, sounds)
        names = ("panels", "pixels", "times", "palettes", "sound", "duration", "message")
        held.append(pack.keep({name: state[name] for name in names}))
    # A slider of the page has only the values that are kept, and counts them.
    numbers = {
        about["name"]: [_written(value, about["step"]) for value in stops[about["name"]]]
        for about in inputs
        if about["kind"] == "slider" and "options" not in about
    }
    choices = {name: list(range(len(words))) for name, words in numbers.items()}
    first["inputs"] = [
        about | ({"options": numbers[about["name"]]} if about["name"] in numbers else {})
        | ({"disabled": True} if about["kind"] in ("text", "number") else {})
        for about in inputs
    ]
    first["values"] = {name: _counted(name, value, numbers, stops) for name, value in start.items()}
    first["held"] = {
        "stops": stops | choices,
        "positions": [[stops[name].index(value) for name, value in position.items()] for position in positions],
        "of": prod(len(_values(about, start[about["name"]])) for about in inputs),
    }
    return first, pack.script(key, held)


def _counted(name, value, numbers, stops):
    """Return the value of a control as the page counts it."""
    return stops[name].index(value) if name in numbers else value


def chapter(path: Path, out: Path) -> dict:
    """Write the files of a chapter, unless they are there and nothing has changed since."""
    stem, sounds = path.stem, Sounds(out)
    done = out / stem / "done.json"
    mark = made_of(path)
    if done.exists() and (known := json.loads(done.read_text()))["mark"] == mark:
        return known
    entries = {}
    for name, widget in shown(path):
        key = f"{stem}/{name}"
        front = next(front for front, kind in FRONTS.items() if isinstance(widget, kind))
        entries[name] = {"front": front}
        if isinstance(widget, Explorer):
            state, more = explored(widget, sounds, f"{key}-more")
            write(out / f"{key}-more.js", more)
        else:
            state = state_of(widget, sounds)
        if isinstance(widget, Quiz):
            for number, asked in enumerate(state["rounds"]):
                pack = Pack()
                parts = {part: asked.pop(part) for part in ("pictures", "times")}
                write(out / f"{key}-{number}.js", pack.script(f"{key}-{number}", pack.keep(parts)))
        pack = Pack()
        write(out / f"{key}.js", pack.script(key, pack.keep(state)))
    write(out / stem / "index.js", f"mycsLive.put({json.dumps(f'{stem}/index')}, {json.dumps(entries)});\n")
    known = {"mark": mark, "sounds": sorted(sounds.keys), "widgets": sorted(entries)}
    write(done, json.dumps(known))
    return known


def made_of(path: Path) -> str:
    """Return a number that changes whenever what a chapter shows may change."""
    files = [path, Path(__file__), *ROOT.glob("helpers/*.*"), *ROOT.glob("data/**/*.ogg"), *ROOT.glob("data/*.json")]
    contents = hashlib.sha256()
    for file in sorted(files):
        contents.update(file.relative_to(ROOT).as_posix().encode() + hashlib.sha256(file.read_bytes()).digest())
    return contents.hexdigest()


def fronts(out: Path) -> None:
    """Write the front ends and their styles, which are those of the notebooks."""
    for name, widget in FRONTS.items():
        body = widget._esm.default_value if hasattr(widget._esm, "default_value") else widget._esm
        head, export, rest = body.rpartition("export default ")
        assert export and "export " not in head
        wrapped = f'() => {{\n"use strict";\n{head}return {rest}\n}}'
        write(out / f"{name}.js", f"mycsLive.put({json.dumps(name)}, {wrapped});\n")
    styles = "\n".join((ROOT / "helpers" / f"{name}.css").read_text(encoding="utf-8") for name in FRONTS)
    write(out / "live.css", styles)
    write(out / "host.js", (Path(__file__).with_name("host.js")).read_text(encoding="utf-8"))


def build(out: Path, chapters=CHAPTERS, processes: int = 2) -> dict[str, dict]:
    """Write the files of some chapters, a chapter a process; returns what each needs."""
    fronts(out)
    with get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        found = pool.starmap(chapter, [(path, out) for path in chapters], chunksize=1)
    return dict(zip((path.stem for path in chapters), found, strict=True))


if __name__ == "__main__":
    wanted = sys.argv[2:]
    build(Path(sys.argv[1]).resolve(), [path for path in CHAPTERS if not wanted or path.stem in wanted])
