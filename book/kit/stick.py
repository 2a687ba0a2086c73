"""Fill a folder for a USB stick, from which the project sets itself up without a network.

`python book/kit/stick.py [folder]` (`make stick`) collects wheels for every platform and Python below, by the pins and
hashes of requirements.txt, and puts the project, the music, the book and the scripts that start it beside them.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from packaging import tags
from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
KIT = Path(__file__).resolve().parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# What the copy on a laptop is made of.
PROJECT = ("LICENSE", "README.md", "data", "helpers", "notebooks", "pyproject.toml", "requirements.txt")


def _manylinux(machine: str) -> list[str]:
    """Return the platforms of a Linux with glibc 2.28 or newer, the newest first."""
    old = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    names = [[f"manylinux_2_{minor}", *([old[minor]] if minor in old else [])] for minor in range(28, 4, -1)]
    return [f"{name}_{machine}" for pair in names for name in pair]


# By the words of `platform.system()` and `platform.machine()`: what markers ask for, and which wheels fit.
PLATFORMS = {
    ("Windows", "AMD64"): ("win32", "nt", ["win_amd64"]),
    ("Darwin", "arm64"): ("darwin", "posix", list(tags.mac_platforms((12, 0), "arm64"))),
    ("Darwin", "x86_64"): ("darwin", "posix", list(tags.mac_platforms((12, 0), "x86_64"))),
    ("Linux", "x86_64"): ("linux", "posix", _manylinux("x86_64")),
    ("Linux", "aarch64"): ("linux", "posix", _manylinux("aarch64")),
}


LAPTOPS = {
    ("Windows", "AMD64"): "Windows, Intel or AMD",
    ("Darwin", "arm64"): "Mac with an M chip, macOS 12 or newer",
    ("Darwin", "x86_64"): "Mac with an Intel chip, macOS 12 or newer",
    ("Linux", "x86_64"): "Linux, Intel or AMD, glibc 2.28 or newer",
    ("Linux", "aarch64"): "Linux, ARM, glibc 2.28 or newer",
}


@dataclass(frozen=True)
class Target:
    """A kind of laptop: its system, its processor and its Python."""

    system: str
    machine: str
    python: str

    def __str__(self):
        return f"{self.system} {self.machine}, Python {self.python}"

    @property
    def platforms(self) -> list[str]:
        return PLATFORMS[self.system, self.machine][2]

    @property
    def environment(self) -> dict[str, str]:
        """What the markers of requirements.txt ask for."""
        sys_platform, os_name, _ = PLATFORMS[self.system, self.machine]
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": os_name,
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system,
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": sys_platform,
        }

    @cache  # noqa: B019 - there are twenty of them.
    def tags(self) -> frozenset:
        """Which wheels can be installed."""
        version = tuple(map(int, self.python.split(".")))
        name = f"cp{self.python.replace('.', '')}"
        return frozenset(tags.cpython_tags(version, [name], self.platforms)) | frozenset(
            tags.compatible_tags(version, name, self.platforms)
        )


TARGETS = [Target(*kind, python) for kind in PLATFORMS for python in PYTHONS]


@dataclass(frozen=True)
class Pin:
    """A line of requirements.txt."""

    name: str
    version: str
    marker: str
    hashes: frozenset

    def line(self) -> str:
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in sorted(self.hashes))])


def pins(text: str) -> list[Pin]:
    """Read requirements.txt."""
    found = []
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", "")):
        if parts := re.match(r"([\w.-]+)==(\S+)(?: *; *(.*?))?(?= *--hash|$)", entry):
            hashes = frozenset(re.findall(r"--hash=sha256:(\w+)", entry))
            found.append(Pin(canonicalize_name(parts[1]), parts[2], (parts[3] or "").strip(), hashes))
    return found


def needed(target: Target, wanted: list[Pin]) -> list[Pin]:
    """Return the pins that a target installs."""
    return [pin for pin in wanted if not pin.marker or Marker(pin.marker).evaluate(target.environment)]


def serving(target: Target, wanted: list[Pin], wheels: Path) -> dict[Path, Pin]:
    """Return which wheels of a folder can be installed on a laptop, each with the pin that it is, by name and hash."""
    pinned = {(pin.name, pin.version): pin for pin in needed(target, wanted)}
    found = {}
    for path in wheels.glob("*.whl"):
        name, version, _, kinds = parse_wheel_filename(path.name)
        pin = pinned.get((name, str(version)))
        if pin and kinds & target.tags() and digest(path) in pin.hashes:
            found[path] = pin
    return found


def missing(target: Target, wanted: list[Pin], wheels: Path) -> list[Pin]:
    """Return the pins of a laptop for which a folder has no wheel that can be installed there."""
    there = set(serving(target, wanted, wheels).values())
    return [pin for pin in needed(target, wanted) if pin not in there]


@cache
def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(target: Target, wanted: list[Pin], wheels: Path, pip=(sys.executable, "-m", "pip")) -> str:
    """Fetch what a target still misses; return an empty text, or a sentence that says why it stays incomplete."""
    absent = missing(target, wanted, wheels)
    if not absent:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.txt"
        lines.write_text("\n".join(pin.line() for pin in absent))
        command = [*pip, "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}"]
        command += [f"--platform={name}" for name in target.platforms]
        done = subprocess.run([*command, f"--dest={wheels}", "-r", lines], capture_output=True, text=True)
    still = missing(target, wanted, wheels)
    if not still:
        return ""
    asked = re.findall(r"No matching distribution found for ([\w.-]+)", done.stderr)
    return f"{target}: no wheel of {asked[0] if asked else ', '.join(pin.name for pin in still)}."


def collect(wheels: Path, targets=TARGETS) -> dict[Target, str]:
    """Fetch the wheels of all targets; return what keeps each from being complete, or an empty text."""
    wheels.mkdir(parents=True, exist_ok=True)
    wanted, said = pins((ROOT / "requirements.txt").read_text("utf-8")), {}
    for target in targets:
        said[target] = fetch(target, wanted, wheels)
        print(said[target] or f"{target}: complete", flush=True)
    used = {(pin.name, pin.version) for target in targets if not said[target] for pin in needed(target, wanted)}
    for path in wheels.glob("*.whl"):
        name, version, *_ = parse_wheel_filename(path.name)
        if (name, str(version)) not in used:
            path.unlink()
    return said


def emptied(text: str) -> str:
    """Return a notebook without what its cells have shown."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def copy_project(folder: Path) -> None:
    """Copy what a laptop needs of the project, and the chapters once more without their answers."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("compose", "*.pyc", "__pycache__", ".ipynb_checkpoints", "*.egg-info")
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "notebooks" / "thumbnails", folder / "learner" / "thumbnails")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        (folder / "learner" / path.name).write_text(emptied(path.read_text("utf-8")), "utf-8")


def copy_scripts(stick: Path, said: dict[Target, str], book: bool) -> None:
    """Copy what starts the project, and the page that explains it; write down for which laptops it is."""
    shutil.rmtree(stick / "kit", ignore_errors=True)
    (stick / "kit").mkdir(parents=True)
    for name in ("check.py", "start.py"):
        shutil.copy(KIT / name, stick / "kit")
    laptops = [[t.system, t.machine, t.python] for t, wrong in said.items() if not wrong]
    (stick / "kit" / "laptops.json").write_text(json.dumps(laptops), "utf-8")
    # A label that ends without a carriage return is not found by every Windows.
    windows = (KIT / "stick" / "start.bat").read_text("utf-8")
    (stick / "start.bat").write_bytes(windows.replace("\n", "\r\n").encode())
    for name in ("start.sh", "start.command"):
        shutil.copy(KIT / "stick" / "start.sh", stick / name)
        (stick / name).chmod(0o755)
    lines = []
    for (system, machine), words in LAPTOPS.items():
        there = [t.python for t, wrong in said.items() if (t.system, t.machine) == (system, machine) and not wrong]
        found = f"Python {', '.join(there)}" if there else "no packages exist; the book works, and conda with a network"
        lines.append(f"  <li>{words}: {found}</li>")
    link = '<a href="book/index.html">Open the book</a>: its pictures can be clicked and heard without anything else.'
    page = Template((KIT / "stick" / "START-HERE.html").read_text("utf-8"))
    page = page.substitute(
        book=link if book else "The book is not on this stick.",
        pythons=f"{PYTHONS[0]} to {PYTHONS[-1]}",
        laptops="\n".join(lines),
    )
    (stick / "START-HERE.html").write_text(page, "utf-8")


def sums(stick: Path) -> str:
    """Return the SHA-256 of every file, as `sha256sum` writes it."""
    paths = sorted(path for path in stick.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    return "".join(f"{digest(path)}  {path.relative_to(stick).as_posix()}\n" for path in paths)


def main(stick: Path) -> int:
    """Fill the folder; return 0 if at least one laptop can be set up from it."""
    said = collect(stick / "wheels")
    copy_project(stick / "music-you-can-see")
    html = ROOT / "build" / "book" / "html"
    shutil.rmtree(stick / "book", ignore_errors=True)
    if html.exists():
        shutil.copytree(html, stick / "book")
    else:
        print("The stick is without the book: say make book, then make stick again.")
    copy_scripts(stick, said, html.exists())
    (stick / "SHA256SUMS").write_text(sums(stick), "utf-8")
    files = [path for path in stick.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e9
    complete = sum(not wrong for wrong in said.values())
    print(
        f"{len(files)} files, {size:.1f} GB, for {complete} of {len(said)} kinds of laptops: copy {stick} to the stick."
    )
    return int(not complete)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "stick")))
