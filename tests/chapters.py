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
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from helpers.player import _MARK, _VIEW

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
THUMBNAILS = NOTEBOOKS / "thumbnails"
CHAPTERS = sorted(NOTEBOOKS.glob("*.ipynb"))
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)


def read(path: Path):
    """Read a chapter as it is stored."""
    return nbformat.read(path, as_version=4)


def cells(nb, kind="code", tag=None) -> list:
    """Return the cells of one kind, only those with a tag if one is given."""
    return [
        cell for cell in nb.cells if cell.cell_type == kind and (tag is None or tag in cell.metadata.get("tags", []))
    ]


def with_track(nb, source: str):
    """Set another `TRACK`, as a reader would."""
    (cell,) = cells(nb, tag="parameters")
    cell.source = f"TRACK = {source!r}"
    return nb


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
    """

    players: list = field(default_factory=list)
    explorers: list = field(default_factory=list)
    stdout: list = field(default_factory=list)
    stderr: list = field(default_factory=list)


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

    from helpers import Explorer, Player

    page = Page()

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
            output.get("data", {}).pop(_VIEW, None)
            output.get("metadata", {}).pop(_MARK, None)
    return nb


def pictures(cell) -> list:
    """Return the outputs of a cell that are pictures."""
    return [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def image(output) -> Image.Image:
    """Return a stored picture."""
    return Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"])))


def thumbnail(nb) -> Image.Image:
    """Return the chapter's own picture (the last one of the cell tagged so), 320 pixels wide."""
    (cell,) = cells(nb, tag="thumbnail")
    picture = image(pictures(cell)[-1]).convert("RGB")
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
