"""The quiz in a real browser: played with keys alone, by mouse and by touch, without Python, saved, and read again."""

import base64
import json
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile as sf
from axe_playwright_python.sync_playwright import Axe

from helpers import guesses, quiz
from helpers.quizzes import LAYOUTS

pytest_plugins = ["lab"]

ROUNDS = 20
AGAIN = "game.close()\ngame = quiz(game_music, rounds=4)\ngame"
KEYS = "jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Sixteen short pieces in four folders."""
    folder, rng = tmp_path_factory.mktemp("music"), np.random.default_rng(0)
    for number in range(16):
        place = folder / f"family{number % 4}"
        place.mkdir(exist_ok=True)
        t = np.arange(10 * 8000) / 8000
        signal = sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(100, 3000, 3)) * 0.2 * (t % 0.5 < 0.3)
        sf.write(place / f"{number}.wav", signal, 8000)
    return folder


@pytest.fixture(scope="module")
def notebook(laboratory, music):
    """A notebook that shows a quiz."""
    notebook = laboratory.notebook("quiz.ipynb")
    notebook.run(
        f"from helpers import quiz\ngame_music = {str(music)!r}", f"game = quiz(game_music, rounds={ROUNDS})\ngame"
    )
    notebook.page.locator(".mycs-quiz").wait_for()
    yield notebook
    assert notebook.errors == []
    notebook.close()


class Hand:
    """Somebody at the quiz on a page."""

    def __init__(self, page, rounds):
        self.page, self.rounds = page, rounds
        self.root = page.locator(".mycs-quiz")

    def said(self):
        """Return the verdict."""
        return self.root.locator("[role=status]").inner_text()

    def count(self):
        """Return what stands in the last line of the table: so many of so many."""
        return self.root.locator("tbody tr").last.locator("td").first.inner_text()

    def sounds(self):
        """Wait until something sounds."""
        self.page.wait_for_function("() => !sound().paused && ours().sounding.deck.run?.pieces.length > 0")

    def play(self, number, chosen):
        """Play a round by keys alone: hear, choose, go on."""
        asked, press = self.rounds[number], self.page.keyboard.press
        assert self.root.get_by_text(f"Round {number + 1} of {len(self.rounds)}, {asked['layout']}").is_visible()
        press(str(chosen + 1) if asked["way"] == "see" else " ")
        self.sounds()
        press("Enter" if asked["way"] == "see" else str(chosen + 1))
        self.root.locator("button", has_text="right").first.wait_for()
        verdict = "Right." if chosen == asked["right"] else f"it is {'picture' if asked['way'] == 'hear' else 'sound'}"
        assert verdict in self.said()
        press("Enter")


def known(notebook):
    """Return what each round asks, without its pictures and sounds."""
    return notebook.ask("[{k: r[k] for k in ('layout', 'way', 'wrong', 'right', 'at')} for r in game.rounds]")


def test_all_of_it_by_keys_alone_then_saved_and_read_again(notebook, tmp_path):
    hand = Hand(notebook.page, known(notebook))
    page = notebook.page
    before = page.evaluate(KEYS)
    hand.root.locator(".mycs-stage").focus()
    page.keyboard.press("2")
    first = hand.rounds[0]
    if first["way"] == "hear":
        assert hand.said() == "Listen first."
    rng = np.random.default_rng(0)
    chosen = [one["right"] if rng.uniform() < 0.6 else (one["right"] + 1) % 4 for one in hand.rounds]
    for number, one in enumerate(chosen):
        hand.play(number, one)
    assert hand.root.get_by_text(f"All {ROUNDS} rounds are played.").is_visible()
    assert page.evaluate(KEYS) == before
    assert page.evaluate("jupyterapp.shell.currentWidget.content.mode") == "command"
    right = sum(one == asked["right"] for one, asked in zip(chosen, hand.rounds, strict=True))
    assert hand.count() == f"{right} of {ROUNDS}"
    notebook.until(f"len(game.answers) == {ROUNDS}")
    assert notebook.ask("[one['chosen'] for one in game.answers]") == chosen
    assert page.evaluate("document.activeElement.textContent") == "Save results"
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "mine.csv")
    assert saved.value.suggested_filename == "guesses.csv"
    pooled = guesses.pool(tmp_path)
    assert [(one.layout, one.way, one.wrong) for one in pooled] == [
        (one["layout"], one["way"], one["wrong"]) for one in hand.rounds
    ]
    assert sum(one.right for one in pooled) == right
    assert notebook.ask("[[g.round, g.rounds, g.right, g.seconds] for g in game.guesses]") == [
        [one.round, one.rounds, one.right, one.seconds] for one in pooled
    ]
    assert "family" not in (tmp_path / "mine.csv").read_text()
    table = hand.root.locator("tbody tr")
    for row, (name, score) in zip(table.all(), sorted(guesses.scores(pooled).items(), key=in_order), strict=False):
        low, high = guesses.wilson(score.right, score.of)
        cells = row.locator("th, td").all_inner_texts()
        assert cells[:2] == [name, f"{score.right} of {score.of}"]
        assert cells[3] == f"{np.floor(100 * low + 0.5):.0f} % to {np.floor(100 * high + 0.5):.0f} %"
    assert Counter(one.layout for one in pooled) == dict.fromkeys(LAYOUTS, 4)


def in_order(item):
    """Sort by the order of the layouts."""
    return LAYOUTS.index(item[0])


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_before_and_after_an_answer(notebook, theme):
    notebook.theme(theme)
    notebook.run("from helpers import quiz", AGAIN)
    hand = Hand(notebook.page, known(notebook))
    hand.root.wait_for()
    for answered in (False, True):
        if answered:
            hand.root.locator(".mycs-stage").focus()
            asked = hand.rounds[0]
            notebook.page.keyboard.press("1" if asked["way"] == "see" else " ")
            notebook.page.keyboard.press("Enter" if asked["way"] == "see" else "1")
            hand.root.locator("button", has_text="right").first.wait_for()
        found = Axe().run(notebook.page, context=".jp-OutputArea")
        assert found.violations_count == 0, found.generate_report()
        assert len(found.response["passes"]) > 10
    notebook.theme("Light")


# A page without Jupyter and without Python.

HOST = """<!doctype html><meta charset="utf-8"><style>%(css)s</style><div id="here"></div><script type="module">
const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const traits = JSON.parse(%(traits)s, (_, value) => (value?.bytes === undefined ? value : view(value.bytes)));
const model = { get: (name) => traits[name], set: (name, value) => { traits[name] = value; } };
Object.assign(model, { on() {}, off() {}, send() {}, save_changes() { throw Error("no kernel"); } });
globalThis.traits = traits;
const code = URL.createObjectURL(new Blob([%(esm)s], { type: "text/javascript" }));
const { initialize, render } = (await import(code)).default();
globalThis.leave = [initialize({ model }), render({ model, el: document.querySelector("#here") })];
</script>"""


@contextmanager
def page_of(context, music, folder, rounds=10, seed=3):
    """A quiz on a page that is nothing but a file."""
    import lab

    game = quiz(music, rounds=rounds, seed=seed)
    state = {name: value for name, value in game.get_state().items() if not name.startswith("_") and name != "layout"}
    text = json.dumps(state, default=lambda data: {"bytes": base64.b64encode(data).decode()})
    script = {
        name: json.dumps(value).replace("</", "<\\/") for name, value in {"traits": text, "esm": game._esm}.items()
    }
    (folder / "page.html").write_text(HOST % (script | {"css": game._css}))
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(lab.EARS)
    page.goto((folder / "page.html").as_uri())
    page.locator(".mycs-quiz").wait_for()
    yield Hand(page, game.rounds)
    assert errors == []
    page.close()
    game.close()


@pytest.fixture
def alone(laboratory, music, tmp_path):
    """Somebody at such a page."""
    with page_of(laboratory.context, music, tmp_path) as hand:
        yield hand


def test_in_firefox_by_keys_alone(music, tmp_path):
    import lab

    with (
        lab.browser(lab.required(lab.firefox, "Firefox")) as firefox,
        page_of(firefox.new_context(), music, tmp_path, rounds=2, seed=1) as hand,
    ):
        hand.root.locator(".mycs-stage").focus()
        assert {asked["way"] for asked in hand.rounds} == {"hear", "see"}
        for number, asked in enumerate(hand.rounds):
            hand.play(number, asked["right"])
        assert hand.count() == "2 of 2"


@pytest.mark.parametrize("touch", [False, True])
def test_without_python_by_mouse_and_by_touch(alone, touch):
    for number, asked in enumerate(alone.rounds):
        hit = (lambda one: one.tap()) if touch else (lambda one: one.click())
        if asked["way"] == "hear":
            if number == 0:
                hit(alone.root.get_by_role("button", name="Hear it"))
            alone.sounds()
            target = alone.root.locator(".mycs-box").nth(asked["right"])
            assert target.bounding_box()["width"] >= 150
            hit(target if number % 2 else alone.root.get_by_role("button", name=f"Choose {asked['right'] + 1}"))
        else:
            for which in (0, asked["right"]):
                hit(alone.root.get_by_role("button", name=f"Hear {which + 1}"))
                alone.sounds()
            hit(alone.root.get_by_role("button", name=f"Choose {asked['right'] + 1}"))
        assert alone.said().startswith("Right.")
        assert alone.count() == f"{number + 1} of {number + 1}"
        hit(alone.root.get_by_role("button", name="Next" if number + 1 < len(alone.rounds) else "Finish"))
    assert alone.page.evaluate("traits.answers.length") == len(alone.rounds)
    alone.page.evaluate("leave.forEach((call) => call())")
    assert alone.page.locator(".mycs-quiz").count() == 0
    assert alone.page.evaluate("sound().paused")


LIT = """() => {
    const light = document.querySelectorAll(".mycs-light")[%d];
    const data = light.getContext("2d").getImageData(0, 0, light.width, light.height).data;
    return Array.from({ length: light.width * light.height }, (_, p) => data[4 * p + 3]);
}"""


def test_the_right_picture_lights_up_where_the_excerpt_is(alone):
    """All but the excerpt is darkened, and while it is heard, its moments light up one after the other."""
    number = next(i for i, one in enumerate(alone.rounds) if one["way"] == "hear")
    alone.root.locator(".mycs-stage").focus()
    for i in range(number):
        alone.play(i, 0)
    asked = alone.rounds[number]
    assert not any(alone.page.evaluate(LIT % asked["right"]))
    alone.page.keyboard.press(" ")
    alone.sounds()
    alone.page.keyboard.press(str((asked["right"] + 1) % 4 + 1))
    alone.page.wait_for_function(f"() => ({LIT % asked['right']})().includes(255)")
    alone.root.locator(".mycs-good").wait_for()
    lit = np.array(alone.page.evaluate(LIT % asked["right"]))
    low, high = asked["span"]
    times = low + (high - low) / 65535 * np.frombuffer(asked["times"], "<u2")
    begin = times[times <= asked["at"]].max()
    inside = (times >= begin) & (times < asked["at"] + 8)
    dark = lit == 0x99
    assert (dark == ~inside).mean() > 0.99
    assert inside[lit == 255].all()
    assert (lit == 255).any()
    assert alone.root.locator(".mycs-good").count() == alone.root.locator(".mycs-bad").count() == 1
    other = alone.page.evaluate(LIT % ((asked["right"] + 1) % 4))
    assert not any(other)


def test_four_pictures_fit_a_phone(alone):
    alone.page.set_viewport_size({"width": 360, "height": 740})
    boxes = [box.bounding_box() for box in alone.root.locator(".mycs-box").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)
    assert alone.page.evaluate("document.documentElement.scrollWidth") <= 360
