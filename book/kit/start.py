"""Set the project up on this laptop from the stick beside this file, without a network, and open JupyterLab.

`python kit/start.py [folder]`: what start.bat, start.command and start.sh do. The copy goes into the folder
music-you-can-see in your home, unless another is named. What you changed in a copy stays. `--fits` only tells, by what
it ends with, whether the stick has packages for this Python.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import check

STICK = Path(__file__).resolve().parent.parent
# What a system may call the same processor.
MACHINES = {"x64": "AMD64", "amd64": "AMD64", "ARM64": "arm64"}


class Stopped(Exception):
    """What keeps this laptop from being set up, in a sentence."""


def supported(known, system=None, machine=None, version=sys.version_info):
    """Raise a sentence unless the stick has the packages for this laptop.

    `known` says what it has: a list of a system, a processor and a version of Python.
    """
    system, machine = system or platform.system(), machine or platform.machine()
    if system == "Windows":
        machine = MACHINES.get(machine, machine)
    python = "{}.{}".format(*version[:2])
    if [system, machine, python] in known:
        return
    others = [p for s, m, p in known if (s, m) == (system, machine)]
    if others:
        raise Stopped(
            f"The stick has no packages for Python {python} on this laptop, but for Python {', '.join(others)}: "
            "install one of these from python.org, and start again."
        )
    kinds = sorted({f"{s} on {m}" for s, m, _ in known})
    raise Stopped(
        f"The stick has no packages for {system} on {machine}, only for {', '.join(kinds)}. Open book/index.html "
        "on the stick instead: the pictures of the book can be heard without Python."
    )


def copied(stick, folder):
    """Copy the project into a folder; what is there already stays as it is."""

    def unless_there(source, target):
        if not Path(target).exists():
            shutil.copyfile(source, target)

    try:
        shutil.copytree(str(stick / "music-you-can-see"), str(folder), copy_function=unless_there, dirs_exist_ok=True)
    except OSError as error:
        raise Stopped(f"The project could not be copied to {folder}: {error}.") from None


def installed(stick, folder):
    """Make the environment unless it is there, from the wheels of the stick alone; return its Python."""
    done = folder / ".venv" / ".ready"
    if not done.exists():
        print("Setting up, once; this takes some minutes. Leave the stick where it is.", flush=True)
        try:
            venv.create(str(folder / ".venv"), with_pip=True, clear=True)
        except (subprocess.CalledProcessError, OSError):
            raise Stopped(
                "This Python cannot make environments: install its venv package (on Debian and Ubuntu: python3-venv), "
                "or a Python from python.org."
            ) from None
        pip = [str(check.environment(folder)), "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
        pip += ["--quiet", "--no-index"]
        wheels = ["--find-links", str(stick / "wheels"), "--require-hashes", "-r", str(folder / "requirements.txt")]
        own = ["--no-deps", "--no-build-isolation", "-e", str(folder)]
        for part in (wheels, own):
            if subprocess.run(pip + part).returncode:
                raise Stopped("The packages could not be installed. Is the stick complete? SHA256SUMS lists its files.")
        done.touch()
    return check.environment(folder)


def main(words):
    """Set up and open; return what the process ends with."""
    fits = "--fits" in words
    folder = Path(words[0]).resolve() if words and not fits else check.project()
    try:
        well, sentence = check.python()
        if not well:
            raise Stopped(sentence)
        supported(json.loads((STICK / "kit" / "laptops.json").read_text(encoding="utf-8")))
        if fits:
            return 0
        ready = check.environment(folder) if (folder / ".venv" / ".ready").exists() else None
        well, sentence = check.disk(folder, ready)
        if not well:
            raise Stopped(sentence)
        copied(STICK, folder)
        python = installed(STICK, folder)
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    print(f"Everything is in {folder}. JupyterLab opens in the browser; this window keeps it alive.", flush=True)
    # From here on the stick is not needed.
    os.chdir(str(folder))
    lab = [str(python), "-m", "jupyterlab", *os.environ.get("LAB_FLAGS", "").split()]
    return subprocess.run([*lab, "learner/00-start-here.ipynb"]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
