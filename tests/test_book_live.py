"""The book without Python: what is clicked is heard, what is moved is what Python drew, nothing leaves the machine."""

import io
import json
import sys
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import ear
import lab
import numpy as np
import pytest
import soundfile as sf
from locate import RATE, locate, music, plain

sys.path.insert(0, str(Path(__file__).parent.parent / "book"))
import live

from helpers import Track, guesses

pytest_plugins = ["book"]

# Seconds by which what is heard may miss what was clicked, and of how much of it is listened to.
NEAR, HEARD = 0.010, 0.2
# Where the music is softer than this in its first four milliseconds, a click is no test.
AUDIBLE = 0.01
PIXELS = """(canvas) => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let crc = -1;
    for (let i = 0; i < data.length; i++) {
        if (i % 4 === 3) continue;
        crc ^= data[i];
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return (crc ^ -1) >>> 0;
}"""
SHOWN = f"(root) => [...root.querySelectorAll('.mycs-colors')].map({PIXELS})"


@pytest.fixture(scope="module")
def browser(request):
    name = getattr(request, "param", "Chromium")
    with lab.browser(lab.required({"Chromium": lab.chromium, "Firefox": lab.firefox}[name], name)) as started:
        yield started


@pytest.fixture(scope="module")
def address(book):
    """The address of the book at a plain web server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=book / "html")) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Page:
    """A page of the book in a browser that has no network."""

    def __init__(self, browser, book, where, stem):
        self.context = browser.new_context(viewport={"width": 1200, "height": 1000})
        self.stem, self.book, self.errors, self.left, self.awake = stem, book, [], [], False
        ear.start(self.context)
        self.page = self.context.new_page()
        self.page.add_init_script(lab.EARS)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda entry: entry.type == "error" and self.errors.append(entry.text))
        self.page.on("request", lambda request: self.left.append(request.url))
        self.page.route(lambda url: not url.startswith((where, "blob:", "data:")), lambda route: route.abort())
        self.page.goto(f"{where}/{stem}.html")
        self.left = [url for url in self.left if not url.startswith((where, "blob:", "data:"))]
        self.where = where
        self.proofs = json.loads((book / "live" / stem / "done.json").read_text())["proofs"]

    def close(self):
        """Close it; nothing has left the machine, and nothing has complained."""
        assert [url for url in self.left if not url.startswith((self.where, "blob:", "data:"))] == []
        assert self.errors == []
        self.context.close()

    def wake(self, name):
        """Bring a live picture to life, as somebody who comes by does, and return it."""
        place = self.page.locator(f".mycs-live[data-live='{self.stem}/{name}']")
        place.evaluate(
            "(place) => { for (let e = place; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true; }"
        )
        place.scroll_into_view_if_needed()
        place.and_(self.page.locator("[data-state=live]")).wait_for()
        return place

    def click_and_listen(self, root, row, col):
        """Click a picture at a place of `live.PLACES`, and return what is heard from then on."""
        canvas = root.locator(".mycs-colors").first
        # What is above may still become higher.
        canvas.click(trial=True)
        height, width = canvas.evaluate("(canvas) => [canvas.height, canvas.width]")
        y, x = int(live.PLACES[row] * height), int(live.PLACES[col] * width)
        box = canvas.bounding_box()
        ear.forget(self.page)
        self.page.mouse.click(
            box["x"] + (x + 0.5) * box["width"] / width, box["y"] + (y + 0.5) * box["height"] / height
        )
        ear.until_heard(self.page, HEARD + 0.05)
        self.page.keyboard.press(" ")
        self.page.wait_for_function("sound().paused")
        one = ear.sounding(self.page)
        first = ear.audible(one.sound)[0]
        return one.sound[first:][: round(HEARD * one.sr)], one.sr


def bytes_of(text):
    """Return the bytes that a script hands over: 15 bits a letter."""
    letters, length = text.split('"')[3], int(text.split(", ")[-1].split(")")[0])
    numbers = np.frombuffer(letters.encode("utf-16-le"), "<u2") - live.LETTERS
    bits = (numbers[:, np.newaxis] >> np.arange(14, -1, -1)) & 1
    return np.packbits(bits.astype("u1").ravel()).tobytes()[:length]


@pytest.mark.parametrize("length", [0, 1, 2, 14, 15, 16, 1000])
def test_bytes_become_letters_that_a_script_may_hold(length):
    data = np.random.default_rng(length).bytes(length)
    text = live.script("name", data)
    assert bytes_of(text) == data
    assert all(0x3400 <= ord(letter) < 0xB400 for letter in text.split('"')[3])


@cache
def sound(key, book):
    """Return a sound at the rate at which sounds are compared: as it is shipped, or as the book has compressed it."""
    path = live.ROOT / "data" / f"{key.replace('-', '/', 1)}.ogg"
    if not path.exists():
        path = io.BytesIO(bytes_of((book / "live" / "sound" / f"{key}.js").read_text("utf-16")))
    signal, sr = sf.read(path)
    return plain(signal, sr)


def audible(places, signal):
    """Return three places, far apart, whose moments begin with something to hear."""
    found = []
    for row, line in enumerate(places):
        for col, second in enumerate(line):
            if second is None:
                continue
            at = round(second * RATE)
            begin = signal[at : at + RATE // 250]
            if at + 2 * HEARD * RATE < len(signal) and len(begin) and np.sqrt(np.mean(begin**2)) > AUDIBLE:
                found.append((second, row, col))
    found.sort()
    return [found[i] for i in sorted({0, len(found) // 2, len(found) - 1})] if found else []


def fits(heard, sr, signal, second) -> bool:
    """Tell whether what is heard is the music of a second: nothing near it, and nowhere else, fits better."""
    skip = round(0.01 * sr)
    found, _ = locate(heard[skip:], sr, signal, RATE, near=second)
    if abs(found - skip / sr - second) <= NEAR:
        return True
    # Music that repeats itself exactly fits in several places, and so does a tone.
    snippet = plain(heard[skip:], sr)

    def likeness(at):
        there = signal[max(0, round((at + skip / sr) * RATE)) :][: len(snippet)]
        here = snippet[: len(there)]
        return here @ there / np.sqrt((here @ here) * (there @ there))

    best = max(likeness(second + shift / RATE) for shift in range(-80, 81))
    return best > 0.98 * likeness(found - skip / sr)


def sweep(page):
    """Try all that lives on a page."""
    for name, proof in page.proofs.items():
        root = page.wake(name)
        if "rounds" in proof:
            continue
        assert root.evaluate(SHOWN) == proof["pictures"], name
        listen(page, root, proof)
        for control in root.locator(".mycs-control :is(input, select)").all():
            for end in ("Home", "End"):
                to_end(control, end)
                value = control.input_value()
                seen = proof["positions"][position(root, proof)]
                assert control.input_value() == value
                until_shown(page, root, seen["pictures"])
                assert root.locator(".mycs-message").inner_text() == ""
        if "positions" in proof:
            # Another position may have another sound.
            listen(page, root, seen, most=1)


def listen(page, root, proof, most=3):
    """Click a picture in some places, and hear that each is right.

    The first sound of a page wakes the sound card; Firefox may lose the first hundredths of a second of it.
    """
    if not proof["sound"]:
        return
    signal = sound(proof["sound"], page.book)
    places = audible(proof["seconds"], signal)
    assert places or most < 3
    if places and not page.awake:
        page.click_and_listen(root, *places[0][1:])
        page.awake = True
    for second, row, col in places[-most:]:
        assert fits(*page.click_and_listen(root, row, col), signal, second), (page.stem, second)


def to_end(control, end):
    """Move a control to its first or last value."""
    if control.get_attribute("type") == "checkbox":
        control.set_checked(end == "End")
    elif control.evaluate("(control) => control.tagName") == "SELECT":
        control.select_option(index=0 if end == "Home" else control.locator("option").count() - 1)
    else:
        control.focus()
        control.press(end)


def until_shown(page, root, pictures):
    """Wait until a live picture shows what Python drew."""
    shown = f"([root, pictures]) => ({SHOWN})(root).join() === pictures.join()"
    page.page.wait_for_function(shown, arg=[root.element_handle(), pictures], timeout=20_000, polling=50)


def position(root, proof):
    """Return which of the positions that are kept the controls stand at."""
    # Others may follow the one that was moved.
    for _ in range(100):
        stand = root.locator(".mycs-control :is(input, select)").evaluate_all(
            "(all) => all.map((one) => one.type === 'checkbox' ? Number(one.checked) : Number(one.value))"
        )
        if stand in proof["places"]:
            return proof["places"].index(stand)
        root.page.wait_for_timeout(50)
    pytest.fail(f"The controls stay at {stand}, which is not kept")


# One page is enough to see that another browser does the same; that one rounds where it is clicked, so the pixels of
# the page's pictures must be large.
CASES = [("Chromium", path) for path in live.CHAPTERS]
CASES += [("Firefox", path) for path in live.CHAPTERS if path.stem == "13-colour"]


@pytest.mark.parametrize(
    ("browser", "path"), CASES, ids=lambda one: getattr(one, "stem", one), indirect=["browser"], scope="module"
)
def test_what_is_clicked_is_heard_and_what_is_moved_is_what_python_drew(browser, book, address, path):
    # From a disk and from a plain server, in turn.
    where = [(book / "html").as_uri(), address][live.CHAPTERS.index(path) % 2]
    page = Page(browser, book, where, path.stem)
    sweep(page)
    page.close()


def test_a_slide_is_heard_where_it_is_clicked(browser, book):
    where = (book / "html").as_uri()
    page = Page(browser, book, where, "00-start-here")
    page.page.goto(f"{where}/teach/slides/00-start-here.html")
    live_one = page.page.locator("section.present .mycs-live[data-state=live]:visible")
    for _ in range(60):
        if live_one.count():
            break
        page.page.keyboard.press("ArrowRight")
        # A slide takes most of a second to come.
        page.page.wait_for_timeout(1000)
    name = live_one.first.get_attribute("data-live").split("/")[1]
    listen(page, live_one.first, page.proofs[name])
    page.close()


@pytest.fixture
def quiz(browser, book):
    """The page of the quiz."""
    page = Page(browser, book, (book / "html").as_uri(), "15-guess")
    (name,) = (name for name, proof in page.proofs.items() if "rounds" in proof)
    page.quiz, page.rounds = page.wake(name).locator(".mycs-quiz"), page.proofs[name]["rounds"]
    yield page
    page.close()


def test_the_quiz_is_played_by_keys_saved_and_pooled(quiz, tmp_path):
    page, press = quiz.page, quiz.page.keyboard.press
    quiz.quiz.locator(".mycs-stage").focus()
    rng, right = np.random.default_rng(0), 0
    for number, asked in enumerate(quiz.rounds, 1):
        chosen = asked["right"] if rng.uniform() < 0.6 else (asked["right"] + 1) % 4
        right += chosen == asked["right"]
        assert quiz.quiz.get_by_text(f"Round {number} of {len(quiz.rounds)}, {asked['layout']}").is_visible()
        assert quiz.quiz.locator(".mycs-colors").first.evaluate("(canvas) => canvas.width") > 1
        press(str(chosen + 1) if asked["way"] == "see" else " ")
        page.wait_for_function("() => !sound().paused && ours().sounding.deck.run?.pieces.length > 0")
        press("Enter" if asked["way"] == "see" else str(chosen + 1))
        quiz.quiz.locator("button", has_text="right").first.wait_for()
        press("Enter")
    assert quiz.quiz.get_by_text(f"All {len(quiz.rounds)} rounds are played.").is_visible()
    with page.expect_download() as saved:
        press("Enter")
    saved.value.save_as(tmp_path / "mine.csv")
    mine = guesses.pool(tmp_path / "mine.csv")
    assert sum(one.right for one in mine) == right
    # Somebody who knows everything, and one who knows nothing.
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    for name, verdict in (("all", "1"), ("none", "0")):
        rows = [line.split(",") for line in lines[1:]]
        text = [lines[0], *(",".join([*row[:5], verdict, row[6]]) for row in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(text) + "\n")
    files = sorted(tmp_path.glob("*.csv"))
    pool = page.locator(".mycs-pool")
    pool.locator("input").set_input_files(files)
    pool.get_by_text("3 people").wait_for()
    scores = guesses.scores(guesses.pool(files))
    for row in pool.locator("tbody tr").all()[:-1]:
        name, count, share, interval = row.locator("th, td").all_inner_texts()[:4]
        score = scores.pop(name)
        assert count == f"{score.right} of {score.of}"
        half_up = [f"{np.floor(100 * end + 0.5):.0f} %" for end in (score.share, score.low, score.high)]
        assert [share, *interval.split(" to ")] == half_up
    assert scores == {}
    (tmp_path / "other.csv").write_text("a table\n")
    pool.locator("input").set_input_files([*files, tmp_path / "other.csv"])
    pool.get_by_text("'other.csv' does not begin with the line").wait_for()
    assert pool.locator("table").count() == 0


def test_what_cannot_be_loaded_is_said(browser, book):
    page = Page(browser, book, (book / "html").as_uri(), "06-perceptual")
    page.page.route("**/sound/*.js", lambda route: route.abort())
    page.page.route("**/*-more.js", lambda route: route.abort())
    name = next(name for name, proof in page.proofs.items() if "positions" in proof)
    root = page.wake(name)
    root.locator(".mycs-play").click()
    root.get_by_text("The sound cannot be loaded.").wait_for()
    root.locator(".mycs-control input[type=range]").first.press("Home")
    root.get_by_text("The other pictures cannot be loaded.").wait_for()
    assert page.page.evaluate("sound().paused")
    page.errors.clear()
    page.close()


# What is chosen and kept.


def test_few_positions_are_all_kept():
    every = {"size": [1, 2, 3, 4], "way": [0, 1], "on": [False, True]}
    stops, positions = live.grid(every, ["size"], {"size": 2, "way": 1, "on": True}, 16)
    assert stops == every
    assert positions[0] == {"size": 2, "way": 1, "on": True}
    assert len({tuple(position.values()) for position in positions}) == 16


def test_many_are_thinned_evenly_with_both_ends_and_the_beginning():
    about = {"part": {"kind": "slider", "min": 0.0, "max": 1.0, "step": 0.01}}
    about["turn"] = {"kind": "slider", "min": 0, "max": 9, "step": 1}
    start = {"part": 0.37, "turn": 5}
    every = {name: live._values(one, start[name]) for name, one in about.items()}
    assert [len(values) for values in every.values()] == [101, 10]
    stops, positions = live.grid(every, list(every), start, 60)
    for name, values in stops.items():
        assert (values[0], values[-1]) == (about[name]["min"], about[name]["max"])
        assert start[name] in values
        assert max(np.diff(values)) < 2.1 * (values[-1] - values[0]) / (len(values) - 1)
    assert positions[0] == start
    assert 40 < len(positions) <= 60


def test_of_too_many_controls_those_positions_are_kept_that_change_the_fewest():
    every = {name: list(range(10)) for name in ("one", "two", "three")}
    assert len(live.grid(every, [], dict.fromkeys(every, 4), 5)[1]) == 28
    _, positions = live.grid(every, [], dict.fromkeys(every, 4), 28)
    changed = [sum(value != 4 for value in position.values()) for position in positions]
    assert changed == [0] + 27 * [1]


@pytest.mark.parametrize(
    ("value", "step", "text"), [(3, 1, "3"), (0.5, 0.01, "0.50"), (0.125, 0.1, "0.125"), (2.0, 0.5, "2.0")]
)
def test_numbers_are_written_as_the_page_writes_them(value, step, text):
    assert live._written(value, step) == text


def test_compressed_sound_begins_and_ends_with_the_music():
    signal = music(3, 22_050)[:, 0]
    decoded, sr = sf.read(io.BytesIO(live.compressed(Track(signal, 22_050))))
    assert (len(decoded), sr) == (len(signal), 22_050)
    for second in (0.0, 1.5, 2.7):
        found, confidence = locate(decoded[round(second * sr) :][: sr // 4], sr, signal, sr)
        assert found == pytest.approx(second, abs=0.0005)
        assert confidence > 2
