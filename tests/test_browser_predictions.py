"""Questions in a real JupyterLab: they are answered by hand, and what they fold away opens, fits, plays."""

import subprocess
import sys

import chapters
import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

pytest_plugins = ["lab"]

SETUP = """
import numpy as np
from helpers import Picture, Track, explore, layouts, moments, play, predict

dice = np.random.default_rng(0)
track = Track(dice.normal(0, 0.001, 8000 * 60).astype(np.float32), 8000, "noise")
when = moments.even(track, 240)
line = Picture.compose(track, when, dice.uniform(size=(60, 240)), layouts.timeline())
"""
CHOICES = 'predict("Which <b>one</b>?", "this", "that", "none")\nprint("1 < 2")\nline'
TYPED = 'predict("How many?")\nplayer = play(line); player'
MOVED = (
    'predict("And now?", "yes", "no")\n'
    "explore(lambda n: Picture.compose(track, when, np.eye(n, 240), layouts.timeline()), n=(2, 9))"
)
WHERE = "[...jupyterapp.shell.currentWidget.content.model.cells].length"
ACTIVE = "jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(scope="module")
def notebook(laboratory):
    """A notebook with questions of every kind."""
    notebook = laboratory.notebook("questions.ipynb")
    notebook.do(SETUP)
    notebook.run(CHOICES, TYPED, MOVED, "play(line)")
    notebook.page.locator("fieldset").nth(2).wait_for()
    yield notebook
    assert notebook.errors == []
    notebook.close()


def summary(notebook, which):
    """What folds the answer to a question away."""
    return notebook.page.locator("summary", has_text="Show what happens").nth(which)


def tab_to(page, kind):
    """Press Tab until an element is reached."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("(kind) => document.activeElement.matches(kind)", kind):
            return
    raise AssertionError(f"{kind} cannot be reached by keyboard")


def test_a_choice_is_made_by_keyboard(notebook):
    page = notebook.page
    chosen = "(all) => all.map((one) => one.checked)"
    radios = page.locator("fieldset").first.locator("input[type=radio]")
    page.locator(".jp-InputPrompt").first.click()
    before = page.evaluate(f"[{WHERE}, {ACTIVE}]")
    tab_to(page, "[type=radio]")
    page.keyboard.press("Space")
    assert radios.evaluate_all(chosen) == [True, False, False]
    for key, expected in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("a", 1), ("Enter", 1)):
        page.keyboard.press(key)
        assert radios.evaluate_all(chosen).index(True) == expected, key
        assert page.evaluate(f"[{WHERE}, {ACTIVE}]") == before, key
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    page.get_by_text("1 < 2").last.wait_for()
    assert page.locator("details[open] img").evaluate("(image) => image.naturalWidth") > 200
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("jupyterapp.shell.currentWidget.content.mode") == "command"


def test_a_guess_is_typed(notebook):
    box = notebook.page.locator("fieldset input[type=text]")
    before = notebook.page.evaluate(WHERE)
    box.click()
    notebook.page.keyboard.type("about 12, dd")
    assert box.input_value() == "about 12, dd"
    assert notebook.page.evaluate(WHERE) == before


def test_a_folded_player_opens_fits_and_plays(notebook):
    page = notebook.page
    player, unfolded = page.locator(".mycs").nth(0), page.locator(".mycs").nth(2)
    assert not player.is_visible()
    assert unfolded.is_visible()
    summary(notebook, 1).click()
    canvas = player.locator(".mycs-colors")
    canvas.scroll_into_view_if_needed()
    size = "(canvas) => [canvas.clientWidth, canvas.clientHeight]"
    page.wait_for_function(
        f"([one, other]) => `${{({size})(one)}}` === `${{({size})(other)}}`",
        arg=[canvas.element_handle(), unfolded.locator(".mycs-colors").element_handle()],
    )
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.501, box["y"] + box["height"] / 2)
    notebook.until("player.playing and 30 <= player.position < 35")
    page.keyboard.press(" ")
    notebook.until("not player.playing")
    summary(notebook, 1).click()
    assert not player.is_visible()


def test_a_folded_slider_moves(notebook):
    page = notebook.page
    summary(notebook, 2).focus()
    page.keyboard.press("Enter")
    canvas, slider = page.locator(".mycs-colors").nth(1), page.locator(".mycs-control input")
    page.wait_for_function("(canvas) => canvas.clientWidth > 200", arg=canvas.element_handle())
    assert page.evaluate("jupyterapp.shell.currentWidget.content.mode") == "command"
    slider.press("Home")
    page.wait_for_function("(canvas) => canvas.height === 2", arg=canvas.element_handle())
    summary(notebook, 2).click()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(notebook, theme):
    notebook.theme(theme)
    for which in range(3):
        summary(notebook, which).click()
    found = Axe().run(notebook.page, context=".jp-OutputArea")
    for which in range(3):
        summary(notebook, which).click()
    notebook.theme("Light")
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 10


def test_what_is_stored_is_folded_without_trust_and_without_a_kernel(laboratory, tmp_path):
    path = laboratory.folder / "stored.ipynb"
    sources = [SETUP + CHOICES, TYPED]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(chapters.tidy(chapters.run(nb)), path)
    notebook = laboratory.notebook(path.name, anew=False)
    notebook.page.locator("fieldset").nth(1).wait_for()
    assert notebook.page.evaluate("jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted") is False
    folds_and_opens(notebook.page)
    notebook.close()
    command = [sys.executable, "-m", "nbconvert", "--log-level=ERROR", "--to=html", f"--output-dir={tmp_path}", path]
    subprocess.run(command, check=True)
    page = laboratory.context.new_page()
    page.route("http*://**", lambda route: route.abort())
    page.goto((tmp_path / "stored.html").as_uri(), wait_until="domcontentloaded")
    folds_and_opens(page)
    page.locator("[type=radio]").nth(1).check()
    page.close()


def folds_and_opens(page):
    """What two cells show lies behind their questions: words and a picture, and a picture alone."""
    assert page.locator("fieldset legend").all_inner_texts() == ["Predict"] * 2
    images = page.locator("details img")
    assert [image.is_visible() for image in images.all()] == [False, False]
    for one in page.locator("summary").all():
        one.click()
    assert page.locator("details pre").first.inner_text().strip() == "1 < 2"
    assert [image.is_visible() for image in images.all()] == [True, True]
    assert images.evaluate_all("(all) => all.every((one) => one.naturalWidth > 200 && one.alt.includes('noise'))")
