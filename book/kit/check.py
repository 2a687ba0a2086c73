"""Is this laptop ready? One sentence for each thing that a lesson needs: `python book/kit/check.py` (`make check`).

It runs before anything is installed, with any Python 3 and nothing else. It ends with 0 if all is well, or 1.
With `--tone` it opens a page that plays a tone, the one thing that only you can check.
"""

import base64
import io
import json
import math
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import wave
import webbrowser
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 14)
# What the environment, the copy of the project and some results take, and what is needed once they are there.
ROOM, SPARE = 2.0, 0.3
PORTS = range(8888, 8938)
# Asked of the Python of the environment: what of the list is not there, not as pinned, or does not load.
ASKED = r"""
import importlib.metadata as metadata, importlib, json, re, sys
pins = dict(re.findall(r"^([\w.-]+)==([\w.]+) *\\?$", open(sys.argv[1], encoding="utf-8").read(), re.M))
wrong = []
for name, version in pins.items():
    try:
        there = metadata.version(name)
    except metadata.PackageNotFoundError:
        there = "not there"
    if there != version:
        wrong.append(f"{name} is {there}, not {version}")
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        wrong.append(f"{name} does not load ({type(error).__name__}: {error})")
print(json.dumps([len(pins), wrong]))
"""
LOADED = ("numpy", "librosa", "matplotlib", "sklearn", "soundfile", "jupyterlab", "helpers.features")


def project():
    """Return the folder of the project: where it was set up from a stick, or where this file lies."""
    home = Path.home() / "music-you-can-see"
    return home if (HERE.parent / "wheels").exists() else HERE.parent.parent


def environment(folder):
    """Return the Python of the project's environment, or None if it has not been set up."""
    paths = [folder / ".venv" / "bin" / "python", folder / ".venv" / "Scripts" / "python.exe"]
    return next((path for path in paths if path.exists()), None)


def python(version=sys.version_info):
    """Is Python new enough?"""
    found = "Python {}.{}".format(*version[:2])
    span = "{}.{} to {}.{}".format(*OLDEST, *NEWEST)
    if tuple(version[:2]) < OLDEST:
        return False, f"{found} is too old: install one of {span} from python.org, and run this with it."
    if tuple(version[:2]) > NEWEST:
        return False, f"{found} is newer than what was tested: install one of {span} beside it."
    return True, f"{found} is right."


def packages(folder, ready):
    """Are the packages there, as pinned, and do they load?"""
    if ready is None:
        how = "say make lab, or open start from the stick"
        return False, f"The packages are not set up yet: {how}; it takes some minutes, once."
    command = [str(ready), "-c", ASKED, str(folder / "requirements.txt"), *LOADED]
    done = subprocess.run(command, capture_output=True, text=True, cwd=str(folder))
    try:
        number, wrong = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines()
        number, wrong = 0, [said[-1] if said else "it stops without a word"]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        where = folder / ".venv"
        return False, f"The packages do not work: {wrong[0]}{more}. Delete the folder {where} and set up again."
    return True, f"All {number} packages are there, as pinned, and load."


def browser():
    """Is there a browser that Python can open?"""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False, "No browser was found: install Firefox or Chrome, and make it the standard browser."
    name = Path(getattr(found, "name", "") or "").name
    return True, f"A browser is there{f' ({name})' if name else ''}; it should be from the last two years."


def sound(system=None, cards=Path("/proc/asound/cards")):
    """Does the system know of anything that can sound? Whether it is heard, only a person can tell."""
    system, listen = system or platform.system(), "say again with --tone, and listen"
    if system == "Windows":
        import ctypes

        outputs = ctypes.windll.winmm.waveOutGetNumDevs()
    elif system == "Linux" and cards.exists():
        outputs = 0 if "no soundcards" in cards.read_text(encoding="utf-8", errors="replace") else 1
    else:
        return True, f"Sound cannot be told from here: {listen}."
    if not outputs:
        return False, "The system knows no sound device: plug in headphones or loudspeakers, or switch the driver on."
    return True, f"A sound device is there; whether it is heard, only you can tell: {listen}."


def ports(numbers=PORTS):
    """Is there a port at which JupyterLab can speak to the browser?"""
    for number in numbers:
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", number))
            except OSError:
                continue
        taken = "" if number == numbers[0] else f" ({numbers[0]} is taken; JupyterLab goes on to the next by itself)"
        return True, f"Port {number} is free{taken}."
    return (
        False,
        f"No port from {numbers[0]} to {numbers[-1]} is free: close other notebooks, or restart the laptop.",
    )


def disk(folder, ready):
    """Is there room on the disk?"""
    while not folder.exists():
        folder = folder.parent
    free, wanted = shutil.disk_usage(str(folder)).free / 1e9, SPARE if ready else ROOM
    if free < wanted:
        return False, f"Only {free:.1f} GB are free at {folder}, and {wanted:g} GB are needed: make room first."
    return True, f"{free:.0f} GB are free, and {wanted:g} GB are needed."


def tone(seconds=2, rate=22050):
    """Write a page that plays a tone, and return its path."""
    swing = [math.sin(2 * math.pi * 440 * i / rate) for i in range(seconds * rate)]
    fade = [min(1, i / 500, (len(swing) - i) / 500) for i in range(len(swing))]
    samples = struct.pack(f"<{len(swing)}h", *(round(9000 * s * f) for s, f in zip(swing, fade)))  # noqa: B905
    with io.BytesIO() as memory:
        with wave.open(memory, "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(samples)
        data = base64.b64encode(memory.getvalue()).decode()
    page = Path(tempfile.mkdtemp()) / "tone.html"
    page.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>A tone</title><h1>Press play, and listen</h1>"
        f'<audio controls src="data:audio/wav;base64,{data}"></audio>'
        "<p>You should hear a tone for two seconds. If not: is the sound of the laptop off or turned down, does it go "
        "to another device (a projector, headphones), is this tab muted?</p>",
        encoding="utf-8",
    )
    return page


def report():
    """Ask everything: a list of (is it well, what to say)."""
    folder = project()
    ready = environment(folder)
    return [python(), packages(folder, ready), browser(), sound(), ports(), disk(folder, ready)]


def main(words):
    """Print one line for each thing; return 0 if all is well."""
    if "--tone" in words:
        page = tone()
        print(f"A page with a tone: {page}")
        webbrowser.open(page.as_uri())
        return 0
    found = report()
    green, red, plain = ("\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() and os.name != "nt" else ("", "", "")
    for well, sentence in found:
        print(f"{green}ok{plain}    {sentence}" if well else f"{red}mend{plain}  {sentence}")
    bad = sum(not well for well, _ in found)
    print("\nThis laptop is ready." if not bad else f"\nNot ready yet: {bad} of {len(found)} to mend.")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
