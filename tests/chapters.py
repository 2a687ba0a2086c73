"""Run chapters: as they are, with another track, or with the exercises solved.

`python tests/chapters.py notebooks/*.ipynb` (`make notebooks`) runs them in place and stores what they show, in a
form in which running them again changes nothing.
"""

import ast
import base64
import hashlib
import io
import re
import sys
import warnings
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

from helpers.outputs import MARK, VIEW

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
THUMBNAILS = NOTEBOOKS / "thumbnails"
CHAPTERS = sorted(NOTEBOOKS.glob("*.ipynb"))
_IN_HTML = re.compile(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)"')
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)


def read(path: Path):
    """Read a chapter as it is stored."""
    return nbformat.read(path, as_version=4)


def cells(nb, kind="code", tag=None) -> list:
    """Return the cells of one kind, only those with a tag if one is given."""
    return [
        cell for cell in nb.cells if cell.cell_type == kind and (tag is None or tag in cell.metadata.get("tags", []))
    ]


def with_track(nb, source):
    """Set another `TRACK`, or other `MUSIC` where a chapter is about many pieces, as a reader would."""
    (cell,) = cells(nb, tag="parameters")
    cell.source = f"{cell.source.split()[0]} = {source!r}"
    return nb


def takes_many(nb) -> bool:
    """Tell whether a chapter is about many pieces rather than one track."""
    (cell,) = cells(nb, tag="parameters")
    return cell.source == "MUSIC = None"


def solved(nb):
    """Put the folded solution that follows each exercise in place of its first statement, before the same check."""
    for exercise, after in zip(nb.cells, nb.cells[1:], strict=False):
        if "exercise" in exercise.metadata.get("tags", []):
            first = ast.parse(exercise.source).body[0].end_lineno
            check = exercise.source.splitlines()[first:]
            exercise.source = "\n".join([SOLUTION.search(after.source)[1], *check])
    return nb


def run(nb, timeout=300):
    """Run all cells in a fresh kernel, in the folder of the notebooks; raises what a cell raises."""
    for cell in cells(nb):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(
        nb,
        timeout=timeout,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    ).execute()
    return nb


@dataclass
class Page:
    """A chapter that has been run and is still alive.

    Attributes
    ----------
    players, explorers : list of widgets
        In the order in which they were made; an explorer is among the players too.
    stdout : list of str
        What each cell printed.
    stderr : list of str
        What a reader should not see: lines written to stderr, and warnings.
    names : dict
        What the cells have named.
    """

    players: list = field(default_factory=list)
    explorers: list = field(default_factory=list)
    stdout: list = field(default_factory=list)
    stderr: list = field(default_factory=list)
    names: dict = field(default_factory=dict)


@contextmanager
def live(nb):
    """Run all cells in this process instead of a kernel, so that tests can move the sliders; raises what a cell raises.

    What a kernel would write to stderr is collected for as long as the page is in use.
    """
    import ipywidgets
    import matplotlib.pyplot as plt
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    from helpers import Explorer, Player, exercises

    page = Page()
    exercises._VERDICTS.clear()

    def collect(widget):
        if isinstance(widget, Player):
            page.players.append(widget)
        if isinstance(widget, Explorer):
            page.explorers.append(widget)

    def complain(message, category, *_):
        page.stderr.append(f"{category.__name__}: {message}")

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    ipywidgets.Widget.on_widget_constructed(collect)
    try:
        with chdir(NOTEBOOKS), plt.rc_context(), warnings.catch_warnings():
            # What Python shows outside of tests, and once for each place that warns.
            warnings.resetwarnings()
            for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", category)
            warnings.showwarning = complain
            for cell in cells(nb):
                with capture_output() as written:
                    result = shell.run_cell(cell.source)
                result.raise_error()
                page.stdout.append(written.stdout)
                page.stderr += written.stderr.splitlines()
            page.names = dict(shell.user_ns)
            yield page
    finally:
        ipywidgets.Widget.on_widget_constructed(None)
        ipywidgets.Widget.close_all()
        plt.close("all")
        shell.restore_sys_module_state()
        InteractiveShell.clear_instance()


def tidy(nb):
    """Remove what differs from run to run or from machine to machine, and name cells after their content.

    Of a live widget its PNG and its words stay: they are what a reader without a kernel sees.
    """
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    seen = {}
    for cell in nb.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
            output.get("metadata", {}).pop(MARK, None)
    return nb


@dataclass
class Still:
    """A stored picture: its words, and how it looks."""

    alt: str
    image: Image.Image


def stills(cell) -> list[Still]:
    """Return the pictures that a cell stores, folded ones as well."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data:
            found.append((output.metadata.get("image/png", {}).get("alt", ""), data["image/png"]))
        found += [(unescape(alt), png) for alt, png in _IN_HTML.findall(data.get("text/html", ""))]
    return [Still(alt, Image.open(io.BytesIO(base64.b64decode(png)))) for alt, png in found]


def same(one: Image.Image, other: Image.Image) -> bool:
    """Tell whether two pictures are alike: at most one pixel in a thousand differs by more than 8 of 255 steps."""
    if one.size != other.size:
        return False
    one, other = (np.asarray(picture.convert("RGB"), dtype=int) for picture in (one, other))
    return bool((np.abs(one - other).max(axis=2) > 8).mean() <= 0.001)


def come_out_again(path: Path, again: list):
    """Prove that the pictures of the cells of a chapter, run again, are those that are stored."""
    for before, after in zip(cells(read(path)), again, strict=True):
        old, new = stills(before), stills(after)
        assert len(old) == len(new), before.source
        for one, other in zip(old, new, strict=True):
            assert same(one.image, other.image), before.source


def reading_minutes(nb) -> int:
    """Return how long a chapter takes to read, try and solve, to the nearest five minutes.

    180 words or 15 lines of code a minute, a picture 20 seconds; 90 seconds for what is clicked or moved, three minutes
    for an exercise. It agrees with what people took.
    """
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in cells(nb, "markdown"))
    lines = sum(bool(line.strip()) for cell in cells(nb) for line in cell.source.splitlines())
    looked_at = sum(len(stills(cell)) for cell in cells(nb))
    played = sum("explore(" in cell.source or "play(" in cell.source for cell in cells(nb))
    minutes = words / 180 + lines / 15 + looked_at / 3 + 1.5 * played + 3 * len(cells(nb, tag="exercise"))
    return 5 * round(minutes / 5)


def thumbnail(nb) -> Image.Image:
    """Return the chapter's own picture (the last one of the cell tagged so), 320 pixels wide."""
    (cell,) = cells(nb, tag="thumbnail")
    picture = stills(cell)[-1].image.convert("RGB")
    return picture.resize((320, round(320 * picture.height / picture.width)), Image.Resampling.LANCZOS)


def main(paths):
    """Run the chapters in place."""
    THUMBNAILS.mkdir(exist_ok=True)
    for path in map(Path, paths):
        nb = tidy(run(read(path)))
        nbformat.write(nb, path)
        thumbnail(nb).save(THUMBNAILS / f"{path.stem}.png", optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
