"""Every chapter in a real JupyterLab: it runs, its players and sliders live, and nothing complains.

With the environment variable SCREENSHOTS set to a folder, what each chapter looks like is kept there.
"""

import os
import shutil
from pathlib import Path

import chapters
import nbformat
import pytest
from playwright.sync_api import TimeoutError
from test_chapters import unclean

pytest_plugins = ["lab"]

# What the pictures of a cell show.
SEEN = "(cell) => [...cell.querySelectorAll('.mycs-colors')].map((canvas) => canvas.toDataURL()).join()"

# A reader has guessed everything.
UNFOLD = "(folds) => folds.forEach((fold) => { fold.open = true; })"

# What the kernel hears from players; the names must not be those of a chapter.
LISTEN = """
from helpers import Player as _Player
from ipywidgets.widgets.widget import _instances
_players = [widget for widget in _instances.values() if isinstance(widget, _Player)]
_heard = []
for _player in _players:
    _player.observe(lambda change: _heard.append((change.owner, change.new)), "position")
"""
# Where to click until something sounds: a picture may show no moment there, such as beside the axes of a figure.
PIXELS = ((0.8, 0.9), (0.2, 0.3), (0.5, 0.5), *((x / 8, y / 8) for x in (3, 5, 2, 6) for y in (2, 3, 5, 6)))


@pytest.fixture
def notebook(laboratory, path):
    """A copy of a chapter, open in JupyterLab."""
    shutil.copy(path, laboratory.folder)
    notebook = laboratory.notebook(path.name, anew=False)
    yield notebook
    notebook.close()


@pytest.mark.parametrize("path", chapters.CHAPTERS, ids=lambda path: path.stem)
def test_chapter(notebook, path):
    cells = [nbformat.from_dict({"outputs": outputs}) for outputs in notebook.run_each()]
    assert [output for cell in cells for output in unclean(cell.outputs)] == []
    chapters.come_out_again(path, cells)
    notebook.page.locator(".jp-OutputArea details:not(.mycs-look)").evaluate_all(UNFOLD)
    for player in notebook.page.locator(".mycs").all():
        player.locator(".mycs-colors").first.wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        notebook.screenshots(Path(folder).resolve(), path.stem)
    notebook.do(LISTEN)
    for player in notebook.page.locator(".mycs:has(.mycs-timed)").all():
        assert any(click_and_listen(notebook, player, x, y) for x, y in PIXELS)
    for slider in notebook.page.locator(".mycs-control input[type=range]").all():
        to_both_ends(notebook.page, slider)
    assert notebook.errors == []


def to_both_ends(page, slider):
    """Move a slider to its ends; wherever it moves, the picture must change, without a message."""
    slider.scroll_into_view_if_needed()
    cell = slider.evaluate_handle("(slider) => slider.closest('.jp-CodeCell')")
    for key in ("Home", "End"):
        value, seen = slider.input_value(), cell.evaluate(SEEN)
        slider.focus()
        slider.press(key)
        if slider.input_value() != value:
            # Not in each frame, which would leave the kernel little of the computer.
            page.wait_for_function(f"([cell, seen]) => ({SEEN})(cell) !== seen", arg=[cell, seen], polling=100)
        assert cell.evaluate("(cell) => cell.querySelector('.mycs-message').textContent") == "", key


def click_and_listen(notebook, player, x, y) -> bool:
    """Click a pixel, given as a part of width and height: it plays from the second of that pixel, if it has one."""
    button, canvas = player.locator(".mycs-play"), player.locator(".mycs-colors").first
    canvas.scroll_into_view_if_needed()
    width, height = canvas.evaluate("(canvas) => [canvas.width, canvas.height]")
    row, col = int(y * height), int(x * width)
    box = canvas.bounding_box()
    notebook.until("not any(player.playing for player in _players)")
    notebook.do("_heard.clear()")
    notebook.page.mouse.click(
        box["x"] + (col + 0.5) * box["width"] / width, box["y"] + (row + 0.5) * box["height"] / height
    )
    try:
        button.filter(has_text="Pause").wait_for(timeout=2000)
    except TimeoutError:
        return False
    notebook.until("_heard")
    position, second = notebook.ask(f"[_heard[0][1], float(_heard[0][0].pictures[0].times[{row}, {col}])]")
    assert position == pytest.approx(second, abs=0.05)
    notebook.page.keyboard.press(" ")
    button.filter(has_text="Play").wait_for()
    assert notebook.page.evaluate("sound().paused")
    return True
