"""The ear of the tests itself: it hears what a page plays, and every mistake that is put in on purpose."""

import base64

import ear
import lab
import numpy as np
import pytest
from locate import locate, music, passages

SECONDS = 12
# A page that plays one buffer, in pieces [when, offset, duration, rate], as soon as it is clicked.
PAGE = """<!doctype html><title>A page that plays</title><body style="height: 100vh">
<script>
  addEventListener("pointerdown", () => {
    const { rate, sound, pieces, sr } = plan;
    const context = (globalThis.context = new AudioContext(rate ? { sampleRate: rate } : {}));
    const buffer = context.createBuffer(sound.length, sound[0].length, sr);
    sound.forEach((channel, c) => buffer.copyToChannel(channel, c));
    const out = (globalThis.out = new GainNode(context));
    out.connect(context.destination);
    for (const [when, offset, duration, playbackRate] of pieces) {
      const node = new AudioBufferSourceNode(context, { buffer, playbackRate });
      node.connect(out);
      node.start(when, offset, duration);
    }
  });
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
</script>"""
ADDRESS = "http://localhost/"


@pytest.fixture(scope="module", params=["Chromium", "Firefox"])
def context(request):
    """A browser to open pages in."""
    find = {"Chromium": lab.chromium, "Firefox": lab.firefox}[request.param]
    with lab.browser(lab.required(find, request.param)) as browser:
        yield browser.new_context()


@pytest.fixture
def page(context):
    """A page of the browser, with the ear at it."""
    page = context.new_page()
    page.route(ADDRESS, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    ear.start(page)
    page.goto(ADDRESS)
    yield page
    page.close()


@pytest.fixture(scope="module")
def piece():
    """The music of the page."""
    return music(SECONDS, 44100, 2)


def play(page, sound, pieces, seconds, sr=44100, rate=44100):
    """Click the page, let it play some pieces of a sound for so long, and return what was heard."""
    pieces = [[*piece, *(0, 0, 100, 1)[len(piece) :]] for piece in pieces]
    channels = [base64.b64encode(np.ascontiguousarray(channel, "<f4").tobytes()).decode() for channel in sound.T]
    page.evaluate(
        "([sound, plan]) => { globalThis.plan = { ...plan, sound: sound.map(floats) }; }",
        [channels, {"sr": sr, "rate": rate, "pieces": pieces}],
    )
    page.mouse.click(100, 100)
    page.wait_for_function(f"globalThis.context?.currentTime > {seconds + 0.2}")
    (heard,) = ear.heard(page)
    return heard


def test_what_is_played_is_heard_to_the_bit(page, piece):
    heard = play(page, piece, [(0.5, 7)], 2)
    assert (heard.sr, heard.sound.dtype) == (44100, np.float32)
    start = 22050 - heard.first
    assert start >= 0
    assert not heard.sound[:start].any()
    sound = heard.sound[start : start + 44100]
    # What came before the recorder was ready went through a delay line, which may round its length.
    assert np.abs(sound - piece[7 * 44100 : 8 * 44100]).max() < 1e-3
    (passage,) = passages(heard.sound, heard.sr, piece, 44100)
    assert passage.second == pytest.approx(7, abs=2e-3)
    assert passage.begin == pytest.approx(start / 44100, abs=2e-3)
    assert passage.until == pytest.approx(7 + len(heard.sound[start:]) / 44100, abs=2e-3)
    assert ear.silence(heard.sound, heard.sr) == 0
    assert ear.step(heard.sound[start + 200 :], heard.sr) < 1.1 * ear.step(piece, 44100) + 1e-3


def test_what_begins_at_once_is_heard_from_its_beginning(page, piece):
    heard = play(page, piece, [(0, 7)], 1)
    (passage,) = passages(heard.sound, heard.sr, piece, 44100)
    assert passage.second == pytest.approx(7, abs=2e-3)
    assert 0 <= heard.latency() < 2000
    assert heard.pressed == max(time for kind, time in heard.events if kind == "pointerdown")


def test_too_late(page, piece):
    heard = play(page, piece, [(0, 7.037)], 1)
    (passage,) = passages(heard.sound, heard.sr, piece, 44100)
    assert passage.second - 7 == pytest.approx(0.037, abs=2e-3)


def test_a_gap(page, piece):
    heard = play(page, piece, [(0.5, 7, 1), (1.505, 8)], 2.5)
    before, after = passages(heard.sound, heard.sr, piece, 44100)
    assert before.until == pytest.approx(8, abs=2e-3)
    assert after.second == pytest.approx(8, abs=2e-3)
    assert after.begin - before.end == pytest.approx(0.005, abs=2e-3)
    assert ear.silence(heard.sound, heard.sr) == pytest.approx(0.005, abs=2e-4)


def test_a_missing_and_a_repeated_stretch(page, piece):
    heard = play(page, piece, [(0.5, 3, 1), (1.5, 4.02, 1), (2.5, 5, 1)], 3.5)
    first, second, third = passages(heard.sound, heard.sr, piece, 44100)
    assert [first.until, second.second, second.until, third.second] == pytest.approx([4, 4.02, 5.02, 5], abs=2e-3)
    assert second.begin - first.end == pytest.approx(0, abs=2e-3)
    assert ear.silence(heard.sound, heard.sr) < 1e-4


def test_a_click_at_a_seam(page, piece):
    # Two places of which one is loud to one side and the other to the other.
    left = piece[:, 0]
    low, high = (
        2 * 44100 + np.argmin(left[2 * 44100 : 3 * 44100]),
        9 * 44100 + np.argmax(left[9 * 44100 : 10 * 44100]),
    )
    heard = play(page, piece, [(0.5, low / 44100 - 1, 1), (1.5, high / 44100)], 2)
    before, after = passages(heard.sound, heard.sr, piece, 44100)
    assert [before.until, after.second] == pytest.approx([low / 44100, high / 44100], abs=2e-3)
    own = ear.step(piece, 44100)
    seam = round(after.begin * 44100)
    assert ear.step(heard.sound[seam - 400 : seam + 400], 44100) > 20 * own
    assert ear.step(heard.sound[seam + 400 :], 44100) < 2 * own


def test_drift(page, piece):
    heard = play(page, piece, [(0.5, 2, 100, 1.0005)], 6)
    start = np.flatnonzero(np.abs(heard.sound).max(axis=1) > ear.AUDIBLE)[0]
    first, last = start, start + 5 * 44100
    seconds = [locate(heard.sound[at : at + 8820], 44100, piece, 44100)[0] for at in (first, last)]
    assert seconds[1] - seconds[0] - 5 == pytest.approx(0.0025, abs=2e-4)


def test_channels_are_told_apart(page, piece):
    silent = piece * [[1, 0]]
    heard = play(page, silent.astype(np.float32), [(0, 7)], 1)
    assert not heard.sound[:, 1].any()
    (passage,) = passages(heard.sound[:, 0], heard.sr, piece[:, 0], 44100)
    assert passage.second == pytest.approx(7, abs=2e-3)
    assert passages(heard.sound[:, 0], heard.sr, piece[:, 1], 44100) == []


def test_one_channel_comes_out_of_both(page, piece):
    heard = play(page, piece[:, :1], [(0, 7)], 1)
    assert heard.sound.any()
    assert np.array_equal(*heard.sound.T)


@pytest.mark.parametrize("rate", [8000, 192_000, 47999.75])
def test_any_sample_rate(page, piece, rate):
    heard = play(page, piece, [(0, 7)], 1, rate=rate)
    assert heard.sr == rate
    (passage,) = passages(heard.sound, heard.sr, piece, 44100)
    assert passage.second == pytest.approx(7, abs=2e-3)
    assert passage.end - passage.begin > 0.9


def test_several_contexts_and_what_is_connected_anew(page, piece):
    play(page, piece, [(0, 7)], 0.5)
    page.evaluate("out.disconnect(context.destination)")
    page.wait_for_timeout(300)
    ear.forget(page)
    page.mouse.click(100, 100)
    page.wait_for_function("globalThis.context.currentTime > 0.5")
    one, other = ear.heard(page)
    assert not one.sound.any()
    assert passages(other.sound, other.sr, piece, 44100)[0].second == pytest.approx(7, abs=2e-3)
    page.evaluate("out.disconnect()")
    page.wait_for_timeout(300)
    ear.forget(page)
    page.evaluate("out.connect(context.destination)")
    page.wait_for_timeout(500)
    one, other = ear.heard(page)
    assert not one.sound.any()
    (passage,) = passages(other.sound, other.sr, piece, 44100)
    at = round(passage.begin * 44100) + 1000
    start = round(passage.second * 44100) + 1000
    # As loud as it is, not twice.
    assert np.abs(other.sound[at : at + 4410]).max() == pytest.approx(
        np.abs(piece[start : start + 4410]).max(), rel=0.1
    )


def test_the_clock_of_the_page(page, piece):
    heard = play(page, piece, [(1, 7)], 2)
    (passage,) = passages(heard.sound, heard.sr, piece, 44100)
    shown = heard.time(round(passage.begin * 44100))
    assert heard.frame(shown) == pytest.approx(round(passage.begin * 44100), abs=0.1 * 44100)
    seconds, times = heard.clock[:, 0], heard.clock[:, 1]
    assert (np.diff(seconds) >= 0).all()
    # The sound card of Firefox's tests is slow.
    assert 0.8 < (seconds[-1] - seconds[0]) / (times[-1] - times[0]) * 1000 < 1.1
    assert heard.latency() > 900
