"""The player and the sliders in a real JupyterLab: what a hand does, what the eye sees, what sounds."""

import base64
import json
import os
import re
import shutil
import time

import chapters
import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from helpers import Track, explore

pytest_plugins = ["lab"]

SETUP = """
import ipywidgets
import numpy as np
from helpers import Picture, Player, Track, explore, features, layouts, moments, play, player as players

def noise(seconds, seed=0):
    dice = np.random.default_rng(seed)
    return Track(dice.normal(0, 0.001, 8000 * seconds).astype(np.float32), 8000, f"noise {seed}")

dice = np.random.default_rng(0)
track = noise(60)
when = moments.even(track, 240)
what = dice.uniform(size=(1, 240))
scattered = layouts.Layout(dice.permutation(240).reshape(12, 20))
picture = Picture.compose(track, when, what, scattered, unit="dB")
line = Picture.compose(track, when, dice.uniform(size=(60, 240)), layouts.timeline())

def watched(player):
    seen = []
    player.observe(lambda change: seen.append(change.new), "position")
    return seen
"""
ROWS, COLS, MOMENT = 12, 20, 0.25
# Alpha values of the canvas that lies above a picture: 255 is the present moment.
LIGHT = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, i) => data[4 * i + 3]);
}"""


class Hand:
    """A player of the page, as a reader handles it."""

    def __init__(self, notebook, which=0):
        self.notebook, self.page = notebook, notebook.page
        self.root = self.page.locator(".mycs").nth(which)
        self.stage, self.message = self.root.locator(".mycs-stage"), self.root.locator(".mycs-message")

    def place(self, row, col, panel=0):
        """Where on the screen the middle of a pixel is."""
        canvas = self.root.locator(".mycs-colors").nth(panel)
        canvas.scroll_into_view_if_needed()
        height, width = canvas.evaluate("(canvas) => [canvas.height, canvas.width]")
        box = canvas.bounding_box()
        return box["x"] + (col + 0.5) * box["width"] / width, box["y"] + (row + 0.5) * box["height"] / height

    def click(self, row, col, panel=0):
        self.page.mouse.click(*self.place(row, col, panel))

    def drag(self, start, end):
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(*end), steps=5)
        self.page.mouse.up()

    def light(self, panel=0):
        """How brightly each pixel is lit, 0 to 255, in one row."""
        return np.array(self.root.locator(".mycs-light").nth(panel).evaluate(LIGHT))

    def colors(self, panel=0):
        """What the picture shows, in a form that can be compared."""
        return self.root.locator(".mycs-colors").nth(panel).evaluate("(canvas) => canvas.toDataURL()")

    def until_playing(self, seconds=0.0):
        """Wait until it has sounded for so long."""
        since = self.sound["at"]
        self.page.wait_for_function(f"!sound().paused && sound().at > {since + seconds}")

    def until_position(self, seconds):
        """Wait until the clock below the picture shows a second."""
        text = f"{int(seconds // 60)}:{seconds % 60:04.1f}"
        self.root.locator(".mycs-bar > .mycs-clock", has_text=f"{text} /").wait_for()

    def until_paused(self):
        self.page.wait_for_function("sound().paused")
        self.root.locator(".mycs-play", has_text="Play").wait_for()

    @property
    def sound(self):
        """The newest sound of the page: where it is, and whether it is silent."""
        return self.page.evaluate("sound()")


@pytest.fixture(scope="module")
def open_notebook(laboratory):
    """A notebook with the music of these tests, in which cells come and go."""
    notebook = laboratory.notebook("player.ipynb")
    notebook.do(SETUP)
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(open_notebook):
    """The same, silent and without players; it must not have complained at the end."""
    notebook = open_notebook
    notebook.empty()
    yield notebook
    notebook.page.keyboard.up("Shift")
    assert notebook.errors == []


def shown(notebook, source, which=0):
    """Run a cell that ends with a player or an explorer, and take the player in hand."""
    notebook.run(source)
    return Hand(notebook, which)


def seconds_of(notebook, picture="picture"):
    """The second of each pixel."""
    return np.array(notebook.ask(f"{picture}.times.tolist()"))


@pytest.mark.parametrize("place", [(0, 0), (5, 13), (11, 19)])
def test_a_click_plays_the_moment_of_the_pixel(notebook, place):
    hand = shown(notebook, "player = play(picture); seen = watched(player); player")
    moment = seconds_of(notebook)[place]
    hand.click(*place)
    hand.until_playing()
    notebook.until("seen and player.playing")
    assert notebook.ask("seen[0]") == pytest.approx(moment, abs=0.05)
    assert moment <= hand.sound["at"] < moment + 10
    hand.page.keyboard.press(" ")
    hand.until_paused()
    notebook.until("not player.playing")
    assert notebook.ask("player.position") == pytest.approx(hand.sound["at"], abs=0.05)


def test_the_cursor_stands_on_the_present_moment(notebook):
    hand = shown(notebook, "play(picture)")
    times = seconds_of(notebook).ravel()
    row, col = np.argwhere(times.reshape(ROWS, COLS) == 20)[0]
    hand.click(row, col)
    hand.until_playing()
    frames = hand.page.evaluate(
        f"""async () => {{
            const [canvas, frames] = [document.querySelector(".mycs-light"), []];
            const light = {LIGHT};
            for (const end = sound().at + 2; sound().at < end && !sound().paused; ) {{
                await new Promise(requestAnimationFrame);
                frames.push([sound().at, light(canvas)]);
            }}
            return frames;
        }}"""
    )
    moments = {times[np.argmax(light)] for _, light in frames}
    assert len(moments) >= 8
    for now, light in frames:
        (lit,) = np.flatnonzero(np.array(light) == 255)
        assert times[lit] - 0.05 <= now < times[lit] + MOMENT + 0.05
        # What was lit before fades: the longer ago, the more.
        trail = np.flatnonzero((np.array(light) > 0) & (np.arange(len(light)) != lit))
        trail = trail[np.argsort(-times[trail])]
        assert (times[trail] < times[lit]).all()
        assert (np.diff(np.array(light)[trail]) < 0).all()
        assert len(trail) <= 3
    assert max(np.count_nonzero(light) for _, light in frames) >= 3


def test_the_cursor_is_white_on_dark_and_black_on_bright(notebook):
    hand = shown(
        notebook,
        "greys = np.where(np.arange(240) % 2, 141.5, 138.5)[None]\n"
        "play(Picture.compose(track, when, greys, layouts.rows(12), low=0, high=256, cmap='gray'))",
    )
    hand.click(0, 0)
    hand.until_playing()
    found = hand.page.evaluate(
        """async () => {
            const [canvas, found] = [document.querySelector(".mycs-light"), []];
            for (const end = sound().at + 1; sound().at < end && !sound().paused; ) {
                await new Promise(requestAnimationFrame);
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) found.push([i / 4, data[i]]);
            }
            return found;
        }"""
    )
    assert {(pixel % 2, red) for pixel, red in found} == {(0, 255), (1, 0)}


def test_all_pictures_light_up_together(notebook):
    hand = shown(notebook, "player = play(picture, line, titles=['scattered', 'line']); player")
    hand.click(30, 100, panel=1)
    hand.until_playing(0.3)
    hand.page.keyboard.press(" ")
    hand.until_paused()
    hand.page.wait_for_timeout(50)
    moment = int(hand.sound["at"] / MOMENT)
    scattered, line = seconds_of(notebook), seconds_of(notebook, "line")
    assert np.flatnonzero(hand.light(0)).tolist() == np.flatnonzero(scattered == moment * MOMENT).tolist()
    assert np.flatnonzero(hand.light(1)).tolist() == np.flatnonzero(line == moment * MOMENT).tolist()
    assert np.count_nonzero(hand.light(1)) == 60


def test_dragging_follows_the_pointer(notebook):
    hand = shown(notebook, "player = play(line); player")
    hand.drag((30, 20), (30, 200))
    hand.until_playing()
    assert 50 <= hand.sound["at"] < 56


def test_shift_and_drag_repeat_a_stretch(notebook):
    hand = shown(notebook, "player = play(line); player")
    hand.page.keyboard.down("Shift")
    hand.drag((30, 81), (30, 80))
    hand.page.keyboard.up("Shift")
    hand.until_playing()
    # From the beginning of moment 80 to the end of moment 81: half a second.
    passed = hand.page.evaluate(
        """async () => {
            const passed = [sound().at];
            for (let turns = 0; turns < 2 && passed.at(-1) < 25; ) {
                await new Promise(requestAnimationFrame);
                passed.push(sound().at);
                if (passed.at(-1) < passed.at(-2)) turns++;
            }
            return passed;
        }"""
    )
    assert min(passed) == pytest.approx(20, abs=0.05)
    assert 20.4 < max(passed) < 21
    hand.page.keyboard.press(" ")
    hand.until_paused()
    light = hand.light().reshape(60, 240)
    inside, outside = light[:, 80:82], np.delete(light, [80, 81, int(hand.sound["at"] / MOMENT)], axis=1)
    assert set(outside.ravel()) == {0x99}
    assert 0x99 not in inside
    assert hand.root.locator(".mycs-from").input_value() == "20.0"
    assert hand.root.locator(".mycs-to").input_value() == "20.5"
    hand.root.locator(".mycs-loop").click()
    hand.root.locator(".mycs-from").wait_for(state="hidden")
    assert np.count_nonzero(hand.light()) <= 60


def test_keys(notebook):
    hand = shown(notebook, "player = play(picture); player")
    hand.stage.focus()
    hand.page.keyboard.press(" ")
    hand.until_playing()
    hand.page.keyboard.press(" ")
    hand.until_paused()
    for keys, expected in (
        (["Home"], 0),
        (["ArrowRight"] * 3, 15),
        (["ArrowLeft"], 10),
        (["ArrowUp", "ArrowUp"], 20),
        (["ArrowDown"], 15),
        (["ArrowRight"] * 12, 60),
        (["Home"], 0),
        (["ArrowLeft"], 0),
    ):
        for key in keys:
            hand.page.keyboard.press(key)
        hand.until_position(expected)
        notebook.until(f"player.position == {expected}")


LEAKS = ["a", "b", "c", "v", "x", "d", "d", "m", "y", "r", "1", "z", "0", "0", "j", "k", "l", "h", "o", "i", "i"]
LEAKS += ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", " ", "Shift+ "]
LEAKS += ["Enter", "Escape", "Shift+ArrowDown", "Shift+m", "Delete", "Backspace"]
CONTROLS = "explore(lambda n, m, b, t: picture, n=(1, 9), m=[1, 2], b=True, t='t')"


@pytest.mark.parametrize(
    "where",
    [
        *(".mycs-stage", ".mycs-play", ".mycs-seek", ".mycs-loop", ".mycs-volume", "summary"),
        *("[name=n]", "[name=m]", "[name=b]", "[name=t]"),
    ],
)
def test_keys_do_not_leak(notebook, where):
    notebook.run(CONTROLS if "name" in where else "player = play(picture); player", "1 + 1", "2 + 2")
    hand = Hand(notebook)
    state = """() => {
        const content = jupyterapp.shell.currentWidget.content;
        return [[...content.widgets].map((cell) => [cell.model.id, cell.model.type, cell.inputHidden]), content.mode,
                content.activeCellIndex, [...content.widgets].map((cell) => content.isSelected(cell)),
                document.querySelectorAll(".jp-Dialog, .lm-Menu").length];
    }"""
    notebook.page.locator(".jp-InputPrompt").first.click()
    control = hand.root.locator(where)
    control.focus()
    before = hand.page.evaluate(state)
    for key in LEAKS:
        hand.page.keyboard.press(key)
        assert hand.page.evaluate(state) == before, key
        assert control.evaluate("(control) => control === document.activeElement"), key
    assert before[1] == "command"


def test_touch(notebook):
    hand = shown(notebook, "player = play(line); player")
    hand.page.touchscreen.tap(*hand.place(30, 40))
    hand.until_playing()
    assert 10 <= hand.sound["at"] < 15
    hand.page.keyboard.press(" ")
    hand.until_paused()
    fingers = hand.page.context.new_cdp_session(hand.page)
    for kind, cols in (("touchStart", [60]), ("touchMove", [80]), ("touchMove", [120]), ("touchEnd", [])):
        points = [dict(zip("xy", hand.place(30, col), strict=True)) for col in cols]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.until_playing()
    assert 30 <= hand.sound["at"] < 35


def test_one_player_sounds_at_a_time(notebook):
    notebook.run("first = play(picture); first", "second = play(line); second")
    first, second = Hand(notebook, 0), Hand(notebook, 1)
    for hand, other in ((first, "second"), (second, "first"), (first, "second")):
        hand.click(5, 5)
        notebook.until(f"not {other}.playing and ({'second' if other == 'first' else 'first'}).playing")
        assert notebook.page.locator(".mycs-play", has_text="Pause").count() == 1


def test_players_of_a_track_share_its_sound(notebook):
    notebook.run(
        "asked = []",
        "other = noise(3, seed=1)\n"
        "one, two = play(picture), play(line)\n"
        "three = play(Picture.compose(other, moments.even(other, 3), np.eye(3), layouts.timeline()))\n"
        "for player in (one, two, three):\n"
        "    player.on_msg(lambda player, content, _: asked.append((content['sound'], content['at'])))",
        "one",
        "two",
        "three",
    )
    page = notebook.page
    page.wait_for_function("[...ours().sources.values()].map((source) => source.users.size).join() === '2,1'")
    assert notebook.ask("one.source is two.source and one.source is not three.source")
    for which in (0, 1):
        Hand(notebook, which).click(*((5, 5), (30, 100))[which])
        page.wait_for_function("!sound().paused && ours().sounding.source.waiting.size === 0")
    assert notebook.ask("len(asked) == len(set(asked)) >= 2")


def test_a_closed_player_is_silent_and_lets_its_sound_go(notebook):
    hand = shown(notebook, "player = play(picture); player")
    hand.click(3, 3)
    hand.until_playing()
    notebook.run("player.close()")
    notebook.page.wait_for_function("sound().paused")
    notebook.page.wait_for_function("ours().sources.size === 0")


def test_a_player_that_is_no_longer_shown_is_silent(notebook):
    hand = shown(notebook, "player = play(picture); player")
    hand.click(3, 3)
    hand.until_playing()
    notebook.run("1 + 1")
    notebook.page.wait_for_function("sound().paused")


def test_a_cell_that_runs_again_lets_its_player_go_while_it_sounds(notebook):
    hand = shown(notebook, "player = play(picture); player")
    for _ in range(2):
        hand.click(3, 3)
        hand.until_playing()
        notebook.run_all()
        hand = Hand(notebook)
        hand.root.wait_for()
        notebook.page.wait_for_function("sound().paused")
        assert notebook.page.evaluate("ours().sources.size") == 1
    assert notebook.ask("sum(isinstance(one, Player) for one in ipywidgets.widgets.widget._instances.values())") == 1
    assert notebook.page.locator(".mycs").count() == 1


def test_position_set_from_python_moves_the_cursor(notebook):
    hand = shown(notebook, "player = play(picture); player")
    times = seconds_of(notebook).ravel()
    for seconds in (12.3, 59.9, 0.0):
        notebook.do(f"player.position = {seconds}")
        hand.until_position(int(seconds * 10) / 10)
        assert times[np.flatnonzero(hand.light())].tolist() == [seconds // MOMENT * MOMENT]
        assert notebook.ask("player.position") == pytest.approx(seconds, abs=1e-3)


def test_playing_set_from_python(notebook):
    hand = shown(notebook, "player = play(picture); player")
    hand.click(0, 0)
    hand.until_playing()
    notebook.do("player.playing = False")
    hand.until_paused()
    notebook.do("player.playing = True")
    hand.until_playing()


def test_volume_position_and_loop_by_their_controls(notebook):
    hand = shown(notebook, "player = play(picture); player")
    volume, seeker = hand.root.get_by_label("Volume"), hand.root.get_by_label("Position")
    hand.click(5, 5)
    hand.until_playing()
    volume.focus()
    hand.page.keyboard.press("Home")
    assert hand.page.evaluate("sound().volume") == 0
    assert volume.get_attribute("aria-valuetext") == "0 percent"
    hand.stage.press(" ")
    hand.until_paused()
    box = seeker.bounding_box()
    hand.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.until("abs(player.position - 30) < 1")
    assert seeker.get_attribute("aria-valuetext").endswith("of 1 minutes 0 seconds")
    hand.root.get_by_role("button", name="Loop").click()
    begin, end = hand.root.get_by_label("from (s)"), hand.root.get_by_label("to (s)")
    begin.fill("10")
    begin.press("Enter")
    end.fill("2")
    end.press("Tab")
    assert (begin.input_value(), end.input_value()) == ("2.0", "10.0")
    assert np.count_nonzero(hand.light() == 0x99) in (ROWS * COLS - 32, ROWS * COLS - 33)


EXPLORER = """
def function(bands=(1, 40), floor=(0.0, 1.0)):
    if bands > 35:
        raise ValueError("More than 35 bands\\nare too many.")
    return Picture.compose(track, when, np.linspace(floor, 1, bands * 240).reshape(240, bands).T, layouts.timeline())

explorer = explore(function)
explorer
"""


def slide(notebook, key, which=0):
    """Press a key on a slider; its value afterwards."""
    slider = notebook.page.locator(".mycs-control input[type=range]").nth(which)
    slider.focus()
    slider.press(key)
    return float(slider.input_value())


def changed(hand, before):
    """Wait for another picture and return it."""
    canvas = hand.root.locator(".mycs-colors").first.element_handle()
    hand.page.wait_for_function("([canvas, before]) => canvas.toDataURL() !== before", arg=[canvas, before], polling=50)
    return hand.colors()


def test_a_slider_changes_the_picture_in_place(notebook):
    hand = shown(notebook, EXPLORER)
    canvas = hand.root.locator(".mycs-colors").first.element_handle()
    colors = [hand.colors()]
    for key in ("Home", "ArrowRight", "ArrowUp", "PageUp"):
        slide(notebook, key)
        colors.append(changed(hand, colors[-1]))
    assert len(set(colors)) == len(colors)
    assert canvas.evaluate("(canvas) => canvas.isConnected")
    assert hand.page.locator(".mycs-colors").count() == 1
    assert notebook.ask("explorer.controls['bands'].value") > 2


def test_an_error_is_a_sentence_and_the_picture_stays(notebook):
    hand = shown(notebook, EXPLORER)
    before = hand.colors()
    assert slide(notebook, "End") == 40
    hand.root.get_by_text("More than 35 bands", exact=True).wait_for()
    assert hand.colors() == before
    slide(notebook, "Home")
    changed(hand, before)
    assert hand.message.inner_text() == ""
    assert hand.page.locator(".jp-RenderedText[data-mime-type*='stderr']").count() == 0


KINDS = """
said = {}
def function(**given):
    said.update(given)
    return picture
explorer = explore(function, whole=(0, 10, 2), part=(0.0, 1.0, 0.1), pick=["a", "b"], on=True, word="x",
                   long=ipywidgets.SelectionSlider(options=[("1 ms", 1), ("2 ms", 2)]),
                   count=ipywidgets.IntText(3), off=ipywidgets.Text("y", continuous_update=False))
explorer
"""


def test_every_kind_of_control(notebook):
    hand = shown(notebook, KINDS)

    def label(name):
        return hand.root.get_by_label(name, exact=True)

    def until(name, value):
        notebook.until(f"said[{name!r}] == {value!r}")

    def text(name):
        beside = hand.root.locator(f".mycs-control:has([name={name}]) .mycs-clock").inner_text()
        assert label(name).get_attribute("aria-valuetext") == beside
        return beside

    for key, value in (("ArrowRight", 6), ("End", 10), ("Home", 0), ("PageUp", 2)):
        label("whole").press(key)
        until("whole", value)
        assert text("whole") == str(value)
    label("part").press("Home")
    for tenths in range(1, 11):
        label("part").press("ArrowRight")
        until("part", tenths / 10)
        assert text("part") == f"{tenths / 10:.1f}"
    label("long").press("ArrowRight")
    until("long", 2)
    assert text("long") == "2 ms"
    pick = hand.root.get_by_role("combobox", name="pick", exact=True)
    pick.select_option("b")
    until("pick", "b")
    label("on").press(" ")
    until("on", False)
    label("word").press("End")
    label("word").press_sequentially("yz")
    until("word", "xyz")
    label("off").fill("later")
    hand.page.wait_for_timeout(100)
    assert notebook.ask("said['off']") == "y"
    label("off").press("Enter")
    until("off", "later")
    label("count").fill("12")
    label("count").press("Tab")
    until("count", 12)
    # And the other way.
    notebook.do("explorer.controls['part'].value = 0.1 + 0.2; explorer.controls['pick'].value = 'a'")
    notebook.do("explorer.controls['whole'].value = 99; explorer.controls['on'].value = True")
    hand.page.wait_for_function("document.querySelector('[name=on]').checked")
    assert (text("part"), text("whole")) == ("0.3", "10")
    assert pick.input_value() == "0"
    assert hand.message.inner_text() == ""


def test_labels_stand_below_each_other(notebook):
    notebook.page.set_viewport_size({"width": 600, "height": 1600})
    hand = shown(notebook, "explore(lambda n, longer, b: picture, n=(1, 9), longer=[1], b=True)")
    left = [control.bounding_box()["x"] for control in hand.root.locator(".mycs-control :is(input, select)").all()]
    notebook.page.set_viewport_size({"width": 1200, "height": 1600})
    assert len(left) == 3
    assert max(left) - min(left) < 6


def test_while_python_draws_only_the_newest_value_waits(notebook):
    hand = shown(
        notebook,
        "import time\n"
        "calls = []\n"
        "def slow(n):\n"
        "    calls.append(n); time.sleep(0.3 if n > 1 else 0)\n"
        "    return Picture.compose(track, when, np.arange(240)[None] < n, layouts.timeline())\n"
        "explorer = explore(slow, n=(1, 100)); explorer",
    )
    notebook.do("calls.clear()")
    slider = hand.root.get_by_label("n", exact=True)
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    hand.page.mouse.move(box["x"] + 10, y)
    began = time.monotonic()
    hand.page.mouse.down()
    for step in range(1, 61):
        hand.page.mouse.move(box["x"] + 10 + (box["width"] - 30) * step / 60, y)
        hand.page.wait_for_timeout(1000 / 60)
    hand.page.mouse.up()
    lasted = time.monotonic() - began
    last = int(slider.input_value())
    notebook.until(f"explorer.values['n'] == {last} and calls[-1] == {last}")
    calls = notebook.ask("calls")
    assert last > 85
    assert calls == sorted(set(calls))
    assert 3 <= len(calls) <= lasted / 0.3 + 3
    assert len(calls) < 30
    hand.root.locator(".mycs-message:empty").wait_for(state="attached")


def test_a_function_that_exits_draws_again(notebook):
    hand = shown(
        notebook,
        "def function(n):\n"
        "    if n == 1: raise SystemExit(3)\n"
        "    return Picture.compose(track, when, np.arange(240)[None] < n, layouts.timeline())\n"
        "explore(function, n=(1, 100))",
    )
    colors = hand.colors()
    slide(notebook, "Home")
    hand.root.get_by_text("The function stopped with SystemExit: 3", exact=True).wait_for()
    assert hand.colors() == colors
    slide(notebook, "ArrowRight")
    changed(hand, colors)
    hand.root.locator(".mycs-message:empty").wait_for(state="attached")


SILENT = "Python does not answer: run this cell again."


def test_a_long_wait_is_said_until_python_answers(notebook):
    hand = shown(
        notebook,
        "import time\n"
        "def function(n):\n"
        "    time.sleep(6 * (n == 1))\n"
        "    return Picture.compose(track, when, np.arange(240)[None] < n, layouts.timeline())\n"
        "explore(function, n=(1, 100))",
    )
    colors = hand.colors()
    slide(notebook, "Home")
    hand.root.get_by_text(SILENT, exact=True).wait_for()
    assert hand.colors() == colors
    changed(hand, colors)
    hand.root.locator(".mycs-message:empty").wait_for(state="attached")


@pytest.mark.parametrize(("width", "height", "scale"), [(800, 600, 1), (640, 400, 2), (1280, 800, 1)])
def test_sliders_picture_and_play_fit_the_window_together(notebook, width, height, scale):
    """200 % zoom is half the window with twice the pixels."""
    screen = notebook.page.context.new_cdp_session(notebook.page)
    notebook.run(
        "square = np.random.default_rng(0).random((224, 224))\n"
        "explore(lambda n, m, k: np.roll(square, n), track=track, n=(0, 9), m=(0, 9), k=['a', 'b'])"
    )
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    screen.send("Emulation.setDeviceMetricsOverride", metrics)
    try:
        notebook.page.wait_for_function(f"innerHeight === {height}")
        notebook.page.locator(".mycs-controls").evaluate("(at) => at.scrollIntoView()")
        # Until all has settled: each part tells the others of its new size.
        notebook.page.wait_for_function(
            """() => {
                const place = (at) => document.querySelector(at).getBoundingClientRect();
                return place(".mycs-bar").bottom <= place(".jp-WindowedPanel-outer").bottom + 1;
            }"""
        )
        boxes = [notebook.page.locator(at).first.bounding_box() for at in (".mycs-controls", ".mycs-box", ".mycs-bar")]
        view = notebook.page.locator(".jp-WindowedPanel-outer").bounding_box()
    finally:
        screen.send("Emulation.clearDeviceMetricsOverride")
        screen.detach()
    for box in boxes:
        assert view["y"] - 1 <= box["y"]
        assert box["y"] + box["height"] <= view["y"] + view["height"] + 1
        assert view["x"] <= box["x"]
        assert box["x"] + box["width"] <= view["x"] + view["width"]
    assert boxes[1]["height"] >= 100
    if scale * min(boxes[1]["width"], boxes[1]["height"]) >= 224:
        assert boxes[1]["width"] * scale % 224 == 0


def test_the_sound_goes_on_while_the_picture_changes(notebook):
    hand = shown(notebook, EXPLORER)
    hand.click(5, 100)
    hand.until_playing()
    hand.page.evaluate("globalThis.run = ours().sounding.deck.run")
    before, colors = hand.sound, hand.colors()
    for key in ("Home", "PageUp", "ArrowRight"):
        slide(notebook, key)
        colors = changed(hand, colors)
    hand.until_playing(0.2)
    assert hand.page.evaluate("run === ours().sounding.deck.run && run.starved === null")
    assert hand.sound["at"] > before["at"] + 0.2


def test_a_slider_changes_the_sound_while_it_plays(notebook):
    notebook.do(
        "def other(n=2):\n"
        "    music = Track(np.sin(np.arange(80000) * n / 9), 8000, str(n))\n"
        "    return Picture.compose(music, moments.even(music, 20), np.ones((1, 20)) * n, layouts.timeline())"
    )
    hand = shown(notebook, "explorer = explore(other, n=(1, 9)); explorer")
    hand.click(0, 2)
    hand.until_playing()
    key = notebook.ask("explorer.sound['key']")
    slide(notebook, "End")
    notebook.until(f"explorer.sound['key'] != {key!r}")
    hand.until_playing()
    notebook.until("explorer.playing and explorer.position > 1.2")


def test_colours_change_without_the_kernel(notebook):
    hand = shown(notebook, "player = play(picture); player")
    first = hand.colors()
    hand.root.locator("summary").click()
    sent = notebook.sent
    seen = [first]
    for label, keys in (("Range", ["Home", "ArrowRight"]), ("Contrast", ["Home", "End"])):
        for key in keys:
            hand.root.get_by_label(label).press(key)
            seen.append(hand.colors())
    for name in ("gray", "viridis"):
        hand.root.get_by_label("Colormap").select_option(name)
        seen.append(hand.colors())
    assert len(set(seen)) == len(seen)
    hand.root.get_by_role("button", name="Reset").click()
    assert hand.colors() == first
    assert notebook.sent == sent


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(notebook, theme):
    notebook.run("play(picture, line, titles=['scattered', 'line'])", "play(line)", EXPLORER, CONTROLS)
    notebook.theme(theme)
    hand = Hand(notebook)
    hand.root.get_by_role("button", name="Loop").click()
    hand.root.locator("summary").click()
    notebook.do("explorer.message = 'Something went wrong.'")
    Hand(notebook, 2).root.get_by_text("Something went wrong.").wait_for()
    found = Axe().run(notebook.page, context=".mycs")
    notebook.theme("Light")
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 10


def test_everything_can_be_reached_by_keyboard(notebook):
    notebook.run("play(picture)")
    hand = Hand(notebook)
    notebook.page.locator(".jp-InputPrompt").first.click()
    reached = []
    for _ in range(30):
        notebook.page.keyboard.press("Tab")
        inside, name, outlined = notebook.page.evaluate("""() => {
            const at = document.activeElement;
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            return [Boolean(at.closest(".mycs")), at.classList[0] || at.textContent,
                    outlineStyle !== "none" && parseFloat(outlineWidth) >= 1];
        }""")
        if inside:
            reached.append(name)
            assert outlined, name
        if name == "Reset":
            break
        if name == "Colours":
            notebook.page.keyboard.press("Enter")
        if name == "mycs-stage":
            notebook.page.keyboard.press(" ")
            hand.until_playing()
        if name == "mycs-play":
            notebook.page.keyboard.press(" ")
            hand.until_paused()
        if name == "mycs-loop":
            notebook.page.keyboard.press("Enter")
    expected = ["stage", "play", "seek", "loop", "from", "to", "volume"]
    assert reached == [
        *(f"mycs-{name}" for name in expected),
        "Colours",
        "mycs-cmap",
        "mycs-range",
        "mycs-contrast",
        "Reset",
    ]


def test_less_motion(notebook):
    notebook.page.emulate_media(reduced_motion="reduce")
    hand = shown(notebook, "play(picture)")
    hand.click(5, 5)
    hand.until_playing()
    levels = set()
    for _ in range(5):
        hand.until_playing(0.2)
        levels |= set(hand.light().tolist())
    notebook.page.emulate_media(reduced_motion="no-preference")
    assert levels == {0, 255}


def test_a_picture_without_music(notebook):
    notebook.run("silent = explore(lambda n=(2, 9): np.eye(n), n=(2, 9)); silent")
    hand = Hand(notebook)
    before = hand.colors()
    assert not hand.root.locator(".mycs-bar").first.is_visible()
    hand.click(0, 0)
    hand.stage.focus()
    hand.page.keyboard.press(" ")
    hand.page.keyboard.press("ArrowRight")
    slide(notebook, "Home")
    changed(hand, before)
    assert notebook.page.evaluate("sound().paused")


def test_a_pixel_without_a_moment_is_neither_clicked_nor_lit(notebook):
    notebook.do("half = picture.times.copy(); half[:, :10] = np.nan")
    hand = shown(notebook, "play(Picture(picture.pixels, half, picture.track, words='half'))")
    hand.click(5, 3)
    assert notebook.page.evaluate("sound().paused")
    hand.click(5, 13)
    hand.until_playing()
    lit = hand.light().reshape(ROWS, COLS)
    assert not lit[:, :10].any()
    assert lit[:, 10:].any()


def test_silence_can_be_played(notebook):
    notebook.do("silence = Track(np.zeros(8000, np.float32), 8000, 'silence')")
    hand = shown(
        notebook, "play(Picture.compose(silence, moments.even(silence, 4), np.zeros((1, 4)), layouts.timeline()))"
    )
    hand.click(0, 1)
    hand.until_playing()
    hand.until_paused()
    hand.until_position(1.0)
    hand.click(0, 0)
    hand.until_playing()


def test_a_picture_of_one_pixel(notebook):
    notebook.run(
        "one = play(Picture.compose(track, moments.even(track, 1), np.ones((1, 1)), layouts.timeline()))", "one"
    )
    hand = Hand(notebook)
    box = hand.root.locator(".mycs-box").bounding_box()
    assert min(box["width"], box["height"]) > 40
    hand.click(0, 0)
    hand.until_playing(0.1)
    assert hand.sound["at"] < 10
    assert hand.light().tolist() == [255]


def test_an_hour(notebook):
    notebook.do("hour = noise(3600); line_of_hour = moments.even(hour, 3600)")
    hand = shown(
        notebook,
        "player = play(Picture.compose(hour, line_of_hour, np.arange(3600)[None] % 256,\n"
        "                              layouts.Layout(np.arange(60).reshape(60, 1))))\nplayer",
    )
    hand.click(59, 30)
    hand.until_playing()
    assert 3570 <= hand.sound["at"] < 3590
    hand.page.keyboard.press("Home")
    hand.page.wait_for_function("sound().at < 100")


def test_a_kernel_that_dies(laboratory):
    notebook = laboratory.notebook("dies.ipynb")
    notebook.do(SETUP)
    hand = shown(notebook, "player = play(picture); player")
    hand.click(5, 5)
    hand.until_playing()
    pid = notebook.ask("__import__('os').getpid()")
    os.kill(pid, 9)
    dialog = notebook.page.locator(".jp-Dialog")
    dialog.wait_for()
    dialog.locator("button").last.click()
    dialog.wait_for(state="detached")
    if hand.root.count():
        before = hand.colors()
        hand.click(0, 0)
        hand.root.locator("summary").click()
        hand.root.get_by_label("Range").press("Home")
        assert hand.colors() != before
    notebook.do(SETUP)
    again = shown(notebook, "player = play(picture); player")
    again.click(5, 5)
    again.until_playing()
    assert notebook.page.locator(".mycs-play", has_text="Pause").count() == 1
    assert notebook.errors == []
    notebook.close()


def test_sliders_say_that_the_kernel_is_gone(laboratory):
    notebook = laboratory.notebook("gone.ipynb")
    notebook.do(SETUP)
    hand = shown(notebook, EXPLORER)
    notebook.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    colors = hand.colors()
    for key in ("Home", "ArrowRight"):
        slide(notebook, key)
    hand.root.get_by_text(SILENT, exact=True).wait_for(timeout=8000)
    assert hand.colors() == colors
    slide(notebook, "ArrowRight")
    assert hand.message.inner_text() == SILENT
    notebook.page.close()


def test_a_page_without_kernel_shows_the_picture(laboratory):
    notebook = laboratory.notebook("kept.ipynb")
    notebook.do(SETUP)
    notebook.run("play(picture)")
    notebook.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    notebook.close()
    kept = laboratory.folder / "kept.ipynb"
    nbformat.write(chapters.tidy(chapters.read(kept)), kept)
    notebook = laboratory.notebook("kept.ipynb", anew=False)
    picture = notebook.page.locator(".jp-OutputArea img")
    picture.wait_for()
    assert picture.evaluate("(picture) => picture.naturalWidth") >= 20 * 37
    assert notebook.errors == []
    notebook.close()


STILL = """
player = play(picture); display(player)
explorer = explore(lambda n: line, titles=["<b>'1' & \\"2\\""], n=(1, 9)); display(explorer)
display(explore(lambda n: np.eye(n), n=(2, 9)))
"""


def saved(notebook, path):
    """Save a notebook as the menu does, and return its outputs."""
    notebook.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    return [output for cell in chapters.cells(chapters.read(path)) for output in cell.outputs]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_saved_notebook_shows_pictures_and_a_sentence(laboratory, trusted):
    name, path = "saved.ipynb", laboratory.folder / "saved.ipynb"
    notebook = laboratory.notebook(name)
    notebook.do(SETUP)
    live = notebook.run(STILL, "ipywidgets.IntSlider()")
    kept = saved(notebook, path)
    # What is open stays alive, and what is not ours is left alone.
    assert notebook.page.locator(".mycs").count() == 3
    assert kept[3]["data"] == live[3]["data"]
    for before, after in zip(live[:3], kept[:3], strict=True):
        assert set(after["data"]) == {"text/html", "text/plain"}
        assert before["data"]["image/png"].strip() in after["data"]["text/html"]
        assert after["data"]["text/plain"] == before["data"]["text/plain"]
    slide(notebook, "Home")
    assert saved(notebook, path) == kept
    notebook.close()
    if not trusted:
        nb = chapters.read(path)
        nb.cells[0].source += "\n# Changed elsewhere."
        nbformat.write(nb, path)
    notebook = laboratory.notebook(name, anew=False)
    notebook.page.locator("figcaption").nth(2).wait_for()
    output = notebook.page.locator(".jp-OutputArea").first
    sentences = ["Run this cell to hear it.", "Run this cell to hear it.", "Run this cell to move it."]
    assert output.locator("figcaption").all_inner_texts() == sentences
    assert output.locator("img").evaluate_all("(all) => all.map((one) => one.naturalWidth > 0 && one.alt)") == [
        output["data"]["text/plain"] for output in live[:3]
    ]
    cell = "jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted"
    assert notebook.page.evaluate(cell) is trusted
    assert "not found" not in output.inner_text()
    assert saved(notebook, path)[:3] == kept[:3]
    notebook.close()


def test_pictures_wake_up_when_the_page_is_loaded_again(laboratory):
    name, path = "again.ipynb", laboratory.folder / "again.ipynb"
    notebook = laboratory.notebook(name)
    notebook.do(SETUP)
    notebook.run(STILL)
    kept = saved(notebook, path)
    notebook.page.reload()
    notebook.page.locator(".mycs").nth(2).wait_for()
    hand = Hand(notebook, 1)
    before = notebook.ask("explorer.drawn")
    slide(notebook, "Home")
    notebook.until(f"explorer.drawn != {before}")
    hand.click(5, 100)
    hand.root.locator(".mycs-play", has_text="Pause").wait_for()
    notebook.until("explorer.playing and explorer.position >= 25")
    assert saved(notebook, path) == kept
    notebook.close()


def test_a_chapter_that_was_saved_by_hand_comes_out_the_same(laboratory, tmp_path, monkeypatch):
    chapter = chapters.CHAPTERS[0]
    shutil.copy(chapter, laboratory.folder)
    notebook = laboratory.notebook(chapter.name, anew=False)
    notebook.run_all()
    saved(notebook, laboratory.folder / chapter.name)
    notebook.close()
    by_hand = laboratory.folder / chapter.name
    assert without_pictures(by_hand) != without_pictures(chapter)
    monkeypatch.setattr(chapters, "THUMBNAILS", tmp_path)
    chapters.main([by_hand])
    assert without_pictures(by_hand) == without_pictures(chapter)
    chapters.come_out_again(chapter, chapters.cells(chapters.read(by_hand)))


def without_pictures(path):
    """Return a notebook's text without the bytes of its pictures: another processor rounds a pixel otherwise."""
    return re.sub(r"[\w+/=]{100,}", "", path.read_text(encoding="utf-8"))


# A page that has no Jupyter, only a model with the few methods that anywidget promises, each event with one name.
MOUNT = """async ({ esm, css, state }) => {
    const bytes = (text) => new DataView(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
    for (const name of ["pixels", "times"]) state[name] = state[name].map(bytes);
    for (const name in state.palettes) state.palettes[name] = bytes(state.palettes[name]);
    const heard = {}, changed = new Set();
    const set = (name, value) => {
        state[name] = value;
        for (const call of heard[`change:${name}`] ?? []) call();
    };
    globalThis.asked = [];
    const model = {
        get: (name) => state[name],
        set: (name, value) => { state[name] = value; },
        on: (name, call) => (heard[name] ??= new Set()).add(call),
        off: (name, call) => heard[name]?.delete(call),
        send: () => {},
        save_changes: () => {
            if (state.asked === state.drawn) return;
            asked.push(state.values);
            setTimeout(() => {
                set("drawn", state.asked);
                const inverted = (old) => new DataView(new Uint8Array(old.buffer).map((level) => 255 - level).buffer);
                set("pixels", state.pixels.map(inverted));
            }, 20);
        },
    };
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const widget = (await import(url)).default();
    document.body.append(Object.assign(document.createElement("style"), { textContent: css }));
    const leave = await widget.initialize({ model });
    const el = document.body.appendChild(document.createElement("div"));
    globalThis.leave = [await widget.render({ model, el }), leave];
}"""


def test_a_page_that_has_no_jupyter(laboratory):
    track = Track(np.zeros(8000, np.float32), 8000, "silence")
    explorer = explore(lambda n: np.eye(n), track=track, n=(2, 40))
    state = {
        name: getattr(explorer, name)
        for name in explorer.trait_names(sync=True)
        if not name.startswith("_") and name != "layout"
    }
    as_text = {name: [base64.b64encode(one).decode() for one in state[name]] for name in ("pixels", "times")}
    as_text["palettes"] = {name: base64.b64encode(one).decode() for name, one in state["palettes"].items()}
    page = laboratory.context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate(MOUNT, {"esm": explorer._esm, "css": str(explorer._css), "state": state | as_text})
    colors = "document.querySelector('.mycs-colors').toDataURL()"
    before = page.evaluate(colors)
    page.locator("[name=n]").press("ArrowRight")
    page.wait_for_function(f"{colors} !== {json.dumps(before)}")
    for key in ("End", "Home"):
        page.locator("[name=n]").press(key)
    page.wait_for_function("asked.at(-1).n === 2")
    # Longer than a page waits for an answer.
    page.wait_for_timeout(4500)
    assert SILENT not in page.locator(".mycs-message").inner_text()
    page.evaluate("leave.forEach((call) => call())")
    assert page.locator(".mycs").count() == 0
    assert errors == []
    explorer.close()
    page.close()
