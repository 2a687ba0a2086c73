"""Try a stick: `python tests/stick.py build/stick build/lock/bin/uv` (`make test-stick`), with minutes to spare.

Its packages are resolved anew for every laptop it is for, from its wheels alone. Then it sets itself up on this
computer, in an empty home and without a network, opens JupyterLab and runs a chapter.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "kit"))

import stick  # noqa: E402

PORT = 8987
# A loopback and nothing else, where the system lets us; elsewhere a network that leads nowhere.
ALONE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
NOWHERE = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
# What uv calls the systems of the laptops.
UV_NAMES = {
    ("Windows", "AMD64"): "windows",
    ("Darwin", "arm64"): "aarch64-apple-darwin",
    ("Darwin", "x86_64"): "x86_64-apple-darwin",
    ("Linux", "x86_64"): "x86_64-manylinux_2_28",
    ("Linux", "aarch64"): "aarch64-manylinux_2_28",
}
# What Windows allows a path to have, where nobody has changed it; and a home with a long name.
LONGEST = 259
HOME = r"C:\Users\maximiliane.musterfrau\music-you-can-see\.venv"


def resolve(folder: Path, target: stick.Target, uv: str) -> None:
    """Let uv resolve what a laptop installs, from the wheels of the stick alone."""
    command = [uv, "pip", "install", "--no-config", "--no-cache", "--dry-run", "--quiet", "--no-build", "--no-index"]
    command += [f"--find-links={folder / 'wheels'}", "--require-hashes", f"--target={folder.parent / 'nowhere'}"]
    command += [f"--python-platform={UV_NAMES[target.system, target.machine]}", f"--python-version={target.python}"]
    project = folder / "music-you-can-see"
    subprocess.run([*alone(), *command, "-r", project / "requirements.txt"], check=True, env={**os.environ, **NOWHERE})


def longest_path(folder: Path, wanted: list) -> str:
    """Return the longest path that a laptop with Windows gets."""
    longest = ""
    for python in stick.PYTHONS:
        target = stick.Target("Windows", "AMD64", python)
        for path in stick.serving(target, wanted, folder / "wheels"):
            with zipfile.ZipFile(path) as wheel:
                for name in wheel.namelist():
                    inside = name.split(".data/data/")[-1] if ".data/data/" in name else f"Lib/site-packages/{name}"
                    longest = max(longest, f"{HOME}\\{inside}".replace("/", "\\"), key=len)
    return longest


def alone() -> list[str]:
    """Return what a command begins with that is to have no network, or nothing where that is not allowed."""
    allowed = shutil.which("unshare") and not subprocess.run([*ALONE, "true"], capture_output=True).returncode
    return ALONE if allowed else []


INSIDE = """
import json, os, pathlib, signal, subprocess, sys, time, urllib.request
stick, home, port = sys.argv[1:]
begun = time.monotonic()
flags = f"--no-browser --allow-root --port={port} --ServerApp.token="
started = subprocess.Popen(["sh", f"{stick}/start.sh"], env={**os.environ, "LAB_FLAGS": flags}, start_new_session=True)
try:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5)
            break
        except OSError:
            assert started.poll() is None, "The stick did not start."
            time.sleep(1)
    print(f"JupyterLab answers after {time.monotonic() - begun:.0f} s", flush=True)
    project = pathlib.Path(home) / "music-you-can-see"
    run = [project / ".venv" / "bin" / "jupyter", "nbconvert", "--log-level=ERROR", "--to=notebook", "--execute"]
    chapter = project / "learner" / "01-waveform.ipynb"
    done = subprocess.run([*run, "--stdout", chapter], check=True, capture_output=True)
    shown = sum(bool(cell.get("outputs")) for cell in json.loads(done.stdout)["cells"])
    assert shown > 10, shown
    print(f"chapter 1 ran: {shown} of its cells show something", flush=True)
finally:
    # The script, and the JupyterLab that it has started.
    os.killpg(started.pid, signal.SIGTERM)
    started.wait()
"""


def set_up(folder: Path) -> None:
    """Set up from the stick in an empty home, without a network; open JupyterLab and run a chapter."""
    with tempfile.TemporaryDirectory() as home:
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))
        }
        clean |= {"HOME": home, **({} if alone() else NOWHERE), "no_proxy": "127.0.0.1"}
        words = [sys.executable, "-c", INSIDE, str(folder), home, str(PORT)]
        subprocess.run([*alone(), *words], check=True, env=clean, cwd=home)


def main(folder: Path, uv: str) -> None:
    """Try everything; the first thing that is wrong stops it."""
    known = json.loads((folder / "kit" / "laptops.json").read_text())
    wanted = stick.pins((folder / "music-you-can-see" / "requirements.txt").read_text("utf-8"))
    for laptop in known:
        resolve(folder, stick.Target(*laptop), uv)
        print(f"{stick.Target(*laptop)}: resolved without a network", flush=True)
    path = longest_path(folder, wanted)
    print(f"The longest path on Windows has {len(path)} characters, with a home of {len(HOME)}: {path[len(HOME) :]}")
    assert len(path) <= LONGEST, path
    print("Network:", "a namespace of its own, with nothing but a loopback" if alone() else "proxies that lead nowhere")
    set_up(folder)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    print("All sums are right.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2])
