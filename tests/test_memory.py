"""Memory in a living notebook: what the page no longer shows, the kernel lets go; what it shows, it keeps.

A real kernel is told what JupyterLab tells it: which cell runs.
"""

import ast
import os

import chapters
import numpy as np
import pytest
import soundfile as sf
from jupyter_client.manager import start_new_kernel

PATIENCE = 120
VIEW = "application/vnd.jupyter.widget-view+json"
SETUP = """
import gc, weakref
import numpy as np
from ipywidgets.widgets.widget import _instances
from helpers import Explorer, Picture, Player, Track, explore, layouts, moments, play
# The first import leaves circles through whoever asked for it.
import matplotlib.pyplot

# What is alive must not depend on when Python looks for circles.
gc.disable()
signals = []

def picture():
    track = Track(np.random.default_rng(0).uniform(-1, 1, 8000), 8000)
    signals.append(weakref.ref(track.signal.base))
    when = moments.even(track, 4)
    return Picture.compose(track, when, np.eye(4), layouts.timeline())

def alive():
    return [ref() is not None for ref in signals]

def living(*kinds):
    return sum(isinstance(widget, kinds or object) for widget in _instances.values())
"""


class Kernel:
    """A kernel, and the page that shows its cells."""

    def __init__(self, **options):
        self.manager, self.client = start_new_kernel(**options)

    def run(self, cell: str | None, code: str, fails: bool = False) -> list[dict]:
        """Run a cell, and return what the page shows of it then."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(request)
        shown = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind in ("display_data", "execute_result", "stream", "error"):
                shown.append(content)
        assert any("ename" in content for content in shown) == fails, shown
        assert not any("Error in callback" in content.get("text", "") for content in shown), shown
        return shown

    def ask(self, expression: str):
        """Return the value of an expression, if it can be written down; IPython does not notice."""
        reply = self.client.execute(
            "", silent=True, user_expressions={"value": expression}, reply=True, timeout=PATIENCE
        )
        value = reply["content"]["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return ast.literal_eval(value["data"]["text/plain"])

    def close(self) -> None:
        """Stop it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def started():
    """A kernel for the tests of this module."""
    kernel = Kernel()
    kernel.run("imports", SETUP)
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(started):
    """The same, without players and tracks."""
    started.run(None, "import ipywidgets; ipywidgets.Widget.close_all(); signals.clear()")
    return started


@pytest.fixture
def name(request):
    """Give a cell a name that no other test uses."""
    return lambda cell: f"{cell} of {request.node.name}"


SHOWN = {
    "player": "play(picture())",
    "named player": "player = play(picture())\nplayer",
    "displayed players": "for _i in range(3):\n    display(play(picture()))",
    "players": "players = [play(picture()) for _i in range(3)]\nplayers",
    "players in a dict": "{'a': play(picture()), 'b': 2}",
    "picture": "picture()",
    "track": "picture().track",
    "samples": "picture().track.signal[:5]",
    "explorer": "shown = picture()\nexplore(lambda n=(1, 5): shown)",
    "displayed explorer": "display((lambda shown: explore(lambda n=(1, 5): shown))(picture()))",
    "not shown": "player = play(picture())",
    "looked at": "print(play(picture()).alt)",
}


@pytest.mark.parametrize("source", SHOWN.values(), ids=SHOWN)
def test_what_a_cell_showed_goes_when_it_runs_again(kernel, name, source):
    counts = []
    for _ in range(4):
        kernel.run(name("cell"), source)
        counts.append((kernel.ask("living(Player, Explorer)"), kernel.ask("len(Out)")))
    alive = kernel.ask("alive()")
    latest = len(alive) // 4
    assert alive == [False] * 3 * latest + [True] * latest
    assert len(set(counts)) == 1


def test_it_is_the_cell_that_counts(kernel, name):
    for cell in "abc":
        kernel.run(name(cell), "play(picture())")
    assert kernel.ask("alive()") == [True] * 3
    kernel.run(name("b"), "play(picture())")
    assert kernel.ask("alive()") == [True, False, True, True]
    kernel.run(name("a"), "1 + 1")
    assert kernel.ask("alive()") == [False, False, True, True]
    assert kernel.ask("living(Player)") == 2


def test_without_cells_everything_stays(kernel):
    for _ in range(3):
        kernel.run(None, "play(picture())")
    assert kernel.ask("alive()") == [True] * 3
    assert kernel.ask("living(Player)") == 3


def test_other_outputs_stay(kernel, name):
    numbers = []
    for source in ("'words'", "[1, 2]", "object()"):
        for _ in range(2):
            kernel.run(name("cell"), source)
            numbers.append(kernel.ask("max(Out)"))
    assert kernel.ask(f"[number in Out for number in {numbers}]") == [True] * 6


def test_names_of_outputs_go_too(kernel, name):
    kernel.run(name("a"), "play(picture())")
    number = kernel.ask("max(Out)")
    for source in ("2", "3"):
        kernel.run(name(source), source)
    assert kernel.ask(f"___ is _{number} is Out[{number}]")
    kernel.run(name("a"), "None")
    assert kernel.ask("(_, __, ___)") == (3, 2, "")
    assert not kernel.ask(f"{number} in Out or '_{number}' in globals()")
    kernel.run(name("b"), "4")
    assert kernel.ask("(_, __, ___)") == (4, 3, 2)


def test_the_same_track_shown_again_keeps_its_name(kernel, name):
    kernel.run(None, "same = picture().track")
    for _ in range(3):
        kernel.run(name("a"), "same")
    assert kernel.ask("_ is same and sum(one is same for one in Out.values()) == 1")


def test_a_player_shown_in_two_cells_stays_until_both_have_run_again(kernel, name):
    kernel.run(name("a"), "player = play(picture())")
    kernel.run(name("b"), "player")
    for _ in range(2):
        assert VIEW in kernel.run(name("b"), "player")[0]["data"]
    kernel.run(name("a"), "player = play(picture())")
    assert kernel.ask("alive()") == [True, True]
    assert VIEW in kernel.run(name("b"), "player")[0]["data"]
    assert kernel.ask("alive()") == [False, True]


def test_a_player_made_once_can_be_shown_again_and_again(kernel, name):
    for _ in range(3):
        (shown,) = kernel.run(name("a"), "if 'once' not in globals():\n    once = play(picture())\nonce")
        assert VIEW in shown["data"]
    assert kernel.ask("alive()") == [True]


def test_an_explorer_shown_elsewhere_keeps_its_picture(kernel, name):
    kernel.run(name("a"), "seen = picture()\nexplorer = explore(lambda n=(1, 5): seen)")
    kernel.run(name("b"), "explorer")
    kernel.run(name("a"), "1")
    assert kernel.ask("[len(one.pixels) for one in _instances.values() if isinstance(one, Player)]") == [1]
    assert kernel.ask("explorer.comm is not None")
    kernel.run(name("b"), "1")
    assert kernel.ask("living(Player, Explorer)") == 0


def test_a_slider_that_was_given_lives_on(kernel, name):
    kernel.run(name("a"), "import ipywidgets; n = ipywidgets.IntSlider(2, 1, 5); tried = []")
    for _ in range(3):
        kernel.run(name("b"), "shown = picture()\nexplore(lambda n: (tried.append(n), shown)[1], n=n)")
    assert kernel.ask("(n.comm is None, alive())") == (False, [False, False, True])
    kernel.run(name("c"), "tried.clear(); n.value = 3")
    assert kernel.ask("tried") == [3]


@pytest.mark.parametrize("call", ["explore(5)", "explore(lambda n: 5, n=(1, 2))", "explore(lambda n: n)", "play(5)"])
def test_what_never_came_to_be_goes_without_a_word(kernel, name, call):
    code = f"try:\n    {call}\nexcept ValueError:\n    pass\ngc.collect();"
    assert kernel.run(name("a"), code) == kernel.run(name("a"), code) == []
    assert kernel.ask("living(Player, Explorer)") <= 1


def test_a_function_of_another_cell_makes_it_for_the_cell_that_calls(kernel, name):
    kernel.run(name("a"), "def shown():\n    return play(picture())")
    kernel.run(name("b"), "shown()")
    kernel.run(name("a"), "def shown():\n    return play(picture())")
    assert kernel.ask("alive()") == [True]
    kernel.run(name("b"), "shown()")
    assert kernel.ask("alive()") == [False, True]


@pytest.mark.parametrize("source", ["1 / 0", "play(picture()); 1 / 0", "not python", "raise KeyboardInterrupt"])
def test_a_cell_that_fails_lets_go_of_what_it_showed(kernel, name, source):
    kernel.run(name("a"), "player = play(picture()); player")
    kernel.run(name("a"), source, fails=True)
    assert kernel.ask("alive()")[0] is False
    (shown,) = kernel.run(name("b"), "player")
    assert shown["data"] == {"text/plain": "This player is closed: run the cell again that makes it."}
    kernel.run(name("a"), "1")
    assert not any(kernel.ask("alive()")[1:])


def test_what_is_made_between_cells_belongs_to_none(kernel, name):
    kernel.run(name("a"), "import asyncio; later = asyncio.get_running_loop().call_later")
    kernel.run(name("a"), "players = []; later(0.1, lambda: players.append(play(picture())))")
    while not kernel.ask("len(players)"):
        pass
    for _ in range(2):
        kernel.run(name("b"), "1")
    assert kernel.ask("(alive(), living(Player))") == ([True], 1)


def test_code_within_code_is_not_a_cell(kernel, name):
    for _ in range(2):
        kernel.run(name("a"), "get_ipython().run_cell('inner = play(picture())')\nplay(picture())")
    assert kernel.ask("alive()[-2:]") == [True, True]


COUNTED = """
import gc, weakref
_seen = [*globals().get("_seen", []), weakref.ref(track.signal.base)]
_counts = [*globals().get("_counts", []), {}]
gc.collect()
for _one in gc.get_objects():
    if type(_one).__name__ in ("Track", "Picture", "Player", "Explorer"):
        _counts[-1][type(_one).__name__] = _counts[-1].get(type(_one).__name__, 0) + 1
"""


@pytest.mark.parametrize("path", [chapters.CHAPTERS[0], chapters.CHAPTERS[6]], ids=lambda path: path.stem)
def test_a_chapter_with_one_track_after_the_other(path, tmp_path):
    kernel = Kernel(cwd=str(chapters.NOTEBOOKS))
    try:
        kernel.run(None, "from helpers import tracks; tracks._ROOM = 0")
        for number in range(4):
            song = tmp_path / f"{number}.wav"
            sf.write(song, np.random.default_rng(number).normal(0, 0.1, 88200), 44100)
            os.utime(song, (0, 0))
            for cell in chapters.cells(chapters.with_track(chapters.read(path), str(song))):
                kernel.run(cell.id, cell.source)
            kernel.run(None, COUNTED)
        seen, counts = kernel.ask("[ref() is not None for ref in _seen]"), kernel.ask("_counts")
    finally:
        kernel.close()
    assert seen[0] is seen[1] is False
    assert seen[-1]
    assert counts[1] == counts[2] == counts[3]
