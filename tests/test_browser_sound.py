"""What else a player does with its sound: bands, pairs of moments, other pages, long lines, pages without Python."""

import base64
import json
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import ear
import far
import numpy as np
import pytest
import soundfile as sf
from locate import locate, music, passages
from test_browser import SETUP, shown

from helpers import Picture, Track, layouts, moments, play, scales

pytest_plugins = ["lab"]

NEAR = 0.010
MUSIC = """
import sys
sys.path.insert(0, {tests!r})
from locate import music
signal = music({seconds}, {sr}, {channels})
import soundfile
soundfile.write("music.flac", signal, {sr})
from helpers import load_track
track = load_track("music.flac")
when = moments.even(track, 400)
"""


@pytest.fixture(scope="module")
def open_notebook(laboratory):
    """A notebook with the ear at it."""
    ear.start(laboratory.context)
    notebook = laboratory.notebook("sound.ipynb")
    notebook.do(SETUP)
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(open_notebook):
    """The same without players, with nothing heard yet; it must not have complained at the end."""
    notebook = open_notebook
    notebook.empty()
    ear.forget(notebook.page)
    yield notebook
    assert notebook.errors == []


def with_music(notebook, seconds=30, sr=16_000, channels=1):
    """Let `track` be music of which every moment can be told; returns it."""
    tests = str(Path(__file__).parent)
    notebook.do(MUSIC.format(tests=tests, seconds=seconds, sr=sr, channels=channels))
    return music(seconds, sr, channels)


def test_only_the_band_of_a_row_is_heard(notebook):
    notebook.do(
        "noisy = Track(np.random.default_rng(0).normal(0, 0.1, 10 * 44100).astype(np.float32), 44100, 'noise')\n"
        "edges = moments.even(noisy, 100)\n"
        "from helpers import scales"
    )
    hand = shown(
        notebook,
        "play(Picture.compose(noisy, edges, np.ones((12, 100)), layouts.timeline(), hz=scales.mel_bands(44100, 12)))",
    )
    button = hand.root.get_by_role("button", name="Hear the band")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    bands = scales.mel_bands(44_100, 12)[::-1]
    for first, last in ((4, 4), (10, 10), (3, 5)):
        ear.forget(notebook.page)
        hand.drag((first, 10), (last, 10))
        ear.until_heard(notebook.page, 1.5)
        low, high = bands[[first, last]].min(), bands[[first, last]].max()
        assert hand.root.get_by_label("low (Hz)").input_value() == f"{low:.0f}"
        assert hand.root.get_by_label("high (Hz)").input_value() == f"{high:.0f}"
        sound = ear.sounding(notebook.page).sound[-44_100:, 0]
        power, hz = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2, np.arange(22_051)
        inside = power[(hz > low) & (hz < high)].mean()
        for outside in ((hz > 1) & (hz < low / 3), (hz > 3 * high) & (hz < 20_000)):
            assert 10 * np.log10(power[outside].mean() / inside) < -15
        dark = hand.light().reshape(12, 100)[:, 50] == 0x99
        beyond = (bands[:, 1] <= low) | (bands[:, 0] >= high)
        assert dark.tolist() == beyond.tolist()
    button.click()
    ear.forget(notebook.page)
    hand.click(4, 10)
    ear.until_heard(notebook.page, 1.5)
    sound = ear.sounding(notebook.page).sound[-44_100:, 0]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    assert abs(10 * np.log10(power[10_000:20_000].mean() / power[100:5000].mean())) < 1
    assert not hand.root.get_by_label("low (Hz)").is_visible()


def test_both_moments_of_a_place_are_heard_one_after_the_other(notebook):
    signal = with_music(notebook)
    notebook.do("edges = moments.even(track, 30); alike = np.eye(30)")
    hand = shown(
        notebook,
        "play(Picture.compose(track, edges, alike, layouts.timeline(), versus=edges[:-1]))",
    )
    # Column 5 begins at 5 s, and the row for 20 s is the 21st from below.
    hand.click(29 - 20, 5)
    hand.until_playing()
    assert hand.message.inner_text() == "First 0:05.0, then 0:20.0."
    hand.until_paused()
    one = ear.sounding(notebook.page)
    first, second = passages(one.sound, one.sr, signal, 16_000)
    assert [first.second, second.second] == pytest.approx([5, 20], abs=NEAR)
    assert [first.until, second.until] == pytest.approx([7, 22], abs=2 * NEAR)
    hand.root.get_by_role("button", name="Hear both").click()
    ear.forget(notebook.page)
    hand.click(29 - 20, 5)
    ear.until_heard(notebook.page, 2.6)
    hand.page.keyboard.press(" ")
    one = ear.sounding(notebook.page)
    (only,) = passages(one.sound, one.sr, signal, 16_000)
    assert only.second == pytest.approx(5, abs=NEAR)
    assert only.until > 7.4


def test_two_pages_do_not_sound_together(laboratory, notebook):
    hand = shown(notebook, "play(picture)")
    other = laboratory.notebook("other.ipynb")
    other.do(SETUP)
    there = shown(other, "play(picture)")
    for one, another in ((hand, there), (there, hand), (hand, there)):
        one.page.bring_to_front()
        one.click(5, 5)
        one.until_playing()
        another.page.wait_for_function("sound().paused")
    other.close()


BUSY = """(code) => {
    const panel = jupyterapp.shell.currentWidget;
    globalThis.busy = panel.sessionContext.session.kernel.requestExecute({ code, store_history: false }).done;
}"""


def test_waiting_is_said_and_ends(notebook):
    hand = shown(notebook, "play(picture)")
    notebook.page.evaluate(BUSY, "import time; time.sleep(5)")
    hand.click(5, 5)
    hand.root.get_by_text("Waiting for the sound …").wait_for()
    hand.root.get_by_text("Python does not answer. If it is busy, the sound will come").wait_for()
    hand.until_playing()
    notebook.page.wait_for_function("busy")
    notebook.page.wait_for_function("document.querySelector('.mycs-message').textContent === ''")
    ear.until_heard(notebook.page, 0.5)


def test_what_begins_at_the_end_of_a_block_has_no_gap(notebook):
    signal = with_music(notebook)
    notebook.do("""edges = moments.even(track, 250)
import time
def slowly(player):
    read = player.source.read
    player.source.read = lambda *block: time.sleep(0.08) or read(*block)
    return player
""")
    hand = shown(notebook, "slowly(play(Picture.compose(track, edges, np.ones((1, 250)), layouts.timeline())))")
    # Five milliseconds before an eighth of a second is over, in which the next block cannot come.
    hand.click(0, 26)
    ear.until_heard(notebook.page, 1)
    one = ear.sounding(notebook.page)
    sound = one.sound[ear.audible(one.sound)[0] :]
    # A busy computer may be late for what comes after 60 ms.
    first = sound[: round(0.06 * one.sr)]
    assert np.diff(ear.audible(first), append=len(first)).max() / one.sr < 0.001
    second, _ = locate(sound[: round(0.1 * one.sr)], one.sr, signal, 16_000)
    assert second == pytest.approx(0.12 * 26, abs=NEAR)


@pytest.mark.parametrize(("seconds", "bits"), [(0.15, 2e6), (0.3, 4e6)], ids=["narrow", "long"])
def test_over_a_long_and_narrow_line(laboratory, notebook, seconds, bits):
    signal = with_music(notebook, 60, 44_100, 2)
    port = int(re.search(r":(\d+)/", laboratory.address)[1])
    with far.away(port) as line:
        address, laboratory.address = laboratory.address, laboratory.address.replace(f":{port}/", f":{line.port}/")
        try:
            distant = laboratory.notebook("far.ipynb")
        finally:
            laboratory.address = address
        distant.do(SETUP)
        with_music(distant, 60, 44_100, 2)
        hand = shown(distant, "play(Picture.compose(track, when, np.ones((1, 400)), layouts.timeline()))")
        line.narrow(seconds, bits)
        for col in (100, 300):
            ear.forget(distant.page)
            hand.click(0, col)
            hand.root.get_by_text("Waiting for the sound …").wait_for()
            ear.until_heard(distant.page, 8)
            one = ear.sounding(distant.page)
            since = max(0, one.frame(one.pressed))
            found = passages(one.sound[since:], one.sr, signal, 44_100)
            wanted = [passage for passage in found if passage.until > col * 60 / 400 + 1]
            (passage,) = wanted
            # Before it, there may be the end of what sounded when the reader clicked.
            assert one.time(since + passage.begin * one.sr) - one.pressed < 1400
            assert passage.second == pytest.approx(col * 60 / 400, abs=NEAR)
            assert passage.end - passage.begin > 7
        line.narrow(0, 1e9)
        distant.close()


HOST = """<!doctype html><meta charset="utf-8"><style>%(css)s</style><div id="here"></div><script type="module">
const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const traits = JSON.parse(%(traits)s, (_, value) => (value?.bytes === undefined ? value : view(value.bytes)));
const file = %(file)s;
traits.file = file.endsWith(".ogg") ? file : () => Promise.resolve(view(file));
const model = { get: (name) => traits[name], set: (name, value) => { traits[name] = value; } };
Object.assign(model, { on() {}, off() {}, send() {}, save_changes() {} });
const code = URL.createObjectURL(new Blob([%(esm)s], { type: "text/javascript" }));
const { initialize, render } = (await import(code)).default();
initialize({ model });
render({ model, el: document.querySelector("#here") });
</script>"""


@pytest.fixture
def site(tmp_path):
    """A folder, and the address at which a plain web server shows it."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("ending", [".ogg", ".flac", ".mp3"])
def test_a_page_without_python_decodes_the_file(laboratory, site, ending):
    tmp_path, address = site
    signal, path = music(20, 44_100, 2), tmp_path / f"music{ending}"
    with sf.SoundFile(path, "w", 44_100, 2) as file:
        for at in range(0, len(signal), 4096):
            file.write(signal[at : at + 4096])
    track = Track(signal.mean(axis=1), 44_100)
    player = play(Picture.compose(track, moments.even(track, 400), np.ones((1, 400)), layouts.rows(4)))
    state = {name: value for name, value in player.get_state().items() if not name.startswith("_")}
    state.pop("layout", None)
    state["sound"] = state["sound"] | {"channels": 2}
    text = json.dumps(state, default=lambda data: {"bytes": base64.b64encode(data).decode()})
    file = path.name if ending == ".ogg" else base64.b64encode(path.read_bytes()).decode()
    literal = {"traits": text, "file": file, "esm": player._esm}
    page = laboratory.context.new_page()
    ear.start(page)
    script = {name: json.dumps(value).replace("</", "<\\/") for name, value in literal.items()}
    (tmp_path / "page.html").write_text(HOST % (script | {"css": player._css}))
    page.goto(f"{address}/page.html")
    page.locator(".mycs-colors").wait_for()
    for row, col in ((0, 3), (2, 50), (1, 10)):
        ear.forget(page)
        box = page.locator(".mycs-colors").bounding_box()
        page.mouse.click(box["x"] + (col + 0.5) * box["width"] / 100, box["y"] + (row + 0.5) * box["height"] / 4)
        # What sounded before goes on until the click.
        ear.until_heard(page, 1.2)
        one = ear.sounding(page)
        found = passages(one.sound[max(0, one.frame(one.pressed)) :], one.sr, signal, 44_100)
        assert found[-1].second == pytest.approx((100 * row + col) / 20, abs=NEAR)
        assert found[-1].end - found[-1].begin > 0.4
    page.close()


def test_a_kernel_that_is_gone(laboratory):
    notebook = laboratory.notebook("gone.ipynb")
    notebook.do(SETUP)
    hand = shown(notebook, "play(picture)")
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    hand.click(5, 5)
    hand.root.get_by_text("run this cell to hear it").wait_for()
    notebook.page.close()
