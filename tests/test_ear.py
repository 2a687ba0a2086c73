"""What is clicked is what is heard: real files of every kind, real clicks, and the very sound that leaves the page."""

from contextlib import ExitStack
from functools import cache

import ear
import lab
import numpy as np
import pytest
import soundfile as sf
from locate import RATE, locate, music, passages, plain
from recordings import KINDS
from test_browser import Hand, seconds_of

from helpers import load_track

SIDE = 32
SETUP = f"""
import ipywidgets
import numpy as np
from helpers import Picture, layouts, load_track, moments, play

def shown(path):
    global picture
    track = load_track(path)
    when = moments.even(track, {SIDE * SIDE})
    picture = Picture.compose(track, when, np.zeros((1, {SIDE * SIDE})), layouts.hilbert({SIDE}, {SIDE}))
    return play(picture)
"""
# Kind, sample rate, channels: each kind that a player may treat in its own way, and each rate.
FILES = [
    ("WAV", 44100, 2),
    ("WAV of 8 bits", 8000, 1),
    ("WAV of floats", 96000, 2),
    ("AIFF", 88200, 2),
    ("FLAC", 48000, 6),
    ("FLAC of 24 bits", 192_000, 2),
    ("Ogg Vorbis", 44100, 2),
    ("Ogg Vorbis", 176_400, 1),
    ("Ogg Vorbis from the air", 44100, 2),
    ("Ogg Vorbis without its beginning", 48000, 2),
    ("Opus", 48000, 2),
    ("Opus from the air", 48000, 2),
    ("MP3", 44100, 2),
    ("MP3 of a variable bit rate", 44100, 2),
    ("MP3 of a variable bit rate without its header", 44100, 2),
    ("MP3 of an average bit rate", 48000, 2),
    ("MP3 without its header", 44100, 2),
    ("MP3 of a free bit rate", 48000, 2),
    ("MP3 of a free bit rate without its header", 44100, 2),
    ("MP3 with a tail", 22050, 2),
    ("MP3 with a cover", 44100, 2),
    ("MP3 between tags", 11025, 1),
]
# What Python sends does not depend on the browser: another one hears less of it.
ALSO = [FILES[0], FILES[1], FILES[5], FILES[13]]
SHORT, SECONDS, LONG = 15, 30, 80
NEAR = 0.010
# How far the ends of a passage may seem to lie from where they are, where sound fades in 5 ms.
BLUR = 0.006
# Music may be silent for a few samples by itself.
GAP = 0.001
TRIES = 40


def browsers(names, chromium, firefox):
    """Parametrize a test: what to try in Chromium, and what in Firefox."""
    cases = [("Chromium", *case) for case in chromium] + [("Firefox", *case) for case in firefox]
    return pytest.mark.parametrize(("notebook", *names), cases, indirect=["notebook"])


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """Open notebooks with the ear at them, one in each browser, and keep them open."""
    with ExitStack() as stack:

        @cache
        def opened(name):
            path = lab.required({"Chromium": lab.chromium, "Firefox": lab.firefox}[name], name)
            laboratory = stack.enter_context(lab.opened(tmp_path_factory.mktemp("lab"), path))
            ear.start(laboratory.context)
            notebook = laboratory.notebook("ear.ipynb")
            notebook.do(SETUP)
            notebook.browser = name
            return notebook

        yield opened


@pytest.fixture
def notebook(request, notebooks):
    """The one in the browser asked for; it must not have complained at the end, and is left silent and empty."""
    notebook = notebooks(request.param)
    yield notebook
    notebook.page.keyboard.up("Shift")
    errors = list(notebook.errors)
    notebook.empty()
    assert errors == []


class Listener:
    """A player of a file, the hand that plays it and the ear that hears it."""

    def __init__(self, notebook, path):
        notebook.run(f"shown({str(path)!r})")
        self.hand, self.page = Hand(notebook), notebook.page
        self.times = seconds_of(notebook)
        track = load_track(path)
        self.duration, self.music = track.duration, plain(track.signal, track.sr)

    def pixel(self, second):
        """Return row and column of the pixel whose moment begins nearest to a second."""
        return np.unravel_index(np.abs(self.times - second).argmin(), self.times.shape)

    def heard(self):
        """Return what was heard, of the one context that sounds, and the passages of the music in it."""
        heard = ear.sounding(self.page)
        return heard, passages(heard.sound, heard.sr, self.music, RATE)

    def since(self, press, seconds=0.25):
        """Do something, and return the passage that is heard next, and how many milliseconds later."""
        ear.forget(self.page)
        press()
        for _ in range(TRIES):
            ear.until_heard(self.page, seconds)
            heard, found = self.heard()
            # The clock of the page was read every hundredth of a second, or less often where the computer is busy.
            asked = heard.frame(heard.pressed) / heard.sr - 0.03
            found = [one for one in found if one.begin > asked]
            if found and found[-1].end - found[0].begin >= seconds:
                return found[0], heard.time(round(found[0].begin * heard.sr)) - heard.pressed
            self.page.wait_for_timeout(200)
        pytest.fail(f"nothing new was heard after {asked:.3f} s: {found}")

    def click(self, second):
        """Click the pixel of a second; return what second was heard too early or too late, and the latency in ms."""
        place = self.pixel(second)
        passage, latency = self.since(lambda: self.hand.click(*place))
        return passage.second - self.times[place], latency


def written(tmp_path, kind, sr, channels, seconds=SECONDS):
    """Write music as a file; return its path and the music."""
    sound = music(seconds, sr, channels)
    return KINDS[kind].write(tmp_path, sound, sr), sound


def own_step(path):
    """Return the largest step that a seam may have: what the music of a file has of its own, and a little."""
    with sf.SoundFile(path) as file:
        file.seek(file.samplerate)
        return 2 * ear.step(file.read(5 * file.samplerate, dtype="float32"), file.samplerate) + 0.005


@browsers(["kind", "sr", "channels"], FILES, ALSO)
def test_heard_is_clicked(notebook, kind, sr, channels, tmp_path):
    path, sound = written(tmp_path, kind, sr, channels, SECONDS if sr <= 48000 else SHORT)
    listener = Listener(notebook, path)
    last = listener.duration
    errors, latencies = zip(*(listener.click(at) for at in (0.4, 0.7 * last, last - 2, 0)), strict=True)
    print(kind, sr, notebook.browser, "ms:", np.round(1000 * np.array(errors), 2), "after", np.round(latencies))
    assert np.abs(errors).max() <= NEAR

    # Shift and drag: a loop of ten moments, which is heard again and again.
    first = np.abs(listener.times - 0.3 * last).argmin()
    order = np.argsort(listener.times.ravel())
    rank = int(np.flatnonzero(order == first)[0])
    ends = [np.unravel_index(order[rank + more], listener.times.shape) for more in (0, 9)]
    begin, end = listener.times[ends[0]], listener.times.ravel()[order[rank + 10]]
    ear.forget(notebook.page)
    notebook.page.keyboard.down("Shift")
    listener.hand.drag(*ends)
    notebook.page.keyboard.up("Shift")
    for _ in range(TRIES):
        ear.until_heard(notebook.page, 4 * (end - begin))
        heard, found = listener.heard()
        # While the pointer moves, it begins anew each time.
        released = heard.frame(max(time for kind, time in heard.events if kind == "pointerup")) / heard.sr
        turns = [one for one in found if one.begin > released]
        if len(turns) >= 4:
            break
        notebook.page.wait_for_timeout(300)
    assert len(turns) >= 4, found
    assert [one.second for one in turns] == pytest.approx([begin] * len(turns), abs=NEAR)
    assert [one.until for one in turns[:-1]] == pytest.approx([end] * (len(turns) - 1), abs=NEAR)
    periods = np.diff([one.begin - one.second for one in turns])
    assert periods == pytest.approx([end - begin] * (len(turns) - 1), abs=1e-3)
    since = round(turns[0].begin * heard.sr)
    looped = heard.sound[since + round(BLUR * heard.sr) : round(turns[-1].end * heard.sr) - round(BLUR * heard.sr)]
    assert ear.silence(looped, heard.sr) < GAP
    assert ear.step(looped, heard.sr) <= own_step(path)

    # Both channels of two are heard, each on its side; of one or many, both sides are alike.
    if channels != 2:
        assert np.array_equal(*looped.T)
        return
    if kind == "Opus from the air":
        return  # What libsndfile reads there after a seek is not what was drawn, so what was drawn is heard.
    late = KINDS[kind].delay / sr
    once = round((min(0.3, end - begin) - 2 * BLUR) * heard.sr)
    for side in (0, 1):
        second, confidence = locate(looped[:once, side], heard.sr, sound[:, side], sr)
        assert confidence > 2
        if "without its beginning" not in kind:
            assert second + late == pytest.approx(turns[0].second + BLUR, abs=NEAR)
        _, confidence = locate(looped[:once, side], heard.sr, sound[:, 1 - side], sr)
        assert confidence < 1.5


@browsers(["kind"], [["Ogg Vorbis"], ["MP3 of a variable bit rate"]], [["Opus"]])
def test_ten_seeks_in_a_row(notebook, kind, tmp_path):
    path, _ = written(tmp_path, kind, 48000, 2)
    listener = Listener(notebook, path)
    seconds = np.random.default_rng(0).uniform(0, SECONDS - 2, 10)
    errors, latencies = zip(*map(listener.click, seconds), strict=True)
    print(notebook.browser, "ms:", np.round(1000 * np.array(errors), 2), "after", np.round(latencies))
    assert np.abs(errors).max() <= NEAR


@browsers([], [[]], [[]])
def test_keys_and_button(notebook, tmp_path):
    path, _ = written(tmp_path, "FLAC", 44100, 2)
    listener = Listener(notebook, path)
    listener.click(20)
    passage, _ = listener.since(lambda: notebook.page.keyboard.press("Home"))
    assert passage.second == pytest.approx(0, abs=NEAR)
    button = listener.hand.root.locator(".mycs-play")
    ear.forget(notebook.page)
    button.click()
    notebook.page.wait_for_timeout(800)
    _, found = listener.heard()
    passage, _ = listener.since(button.click)
    # What was on its way to the loudspeaker when it stopped is heard again.
    assert found[-1].until - 0.25 < passage.second < found[-1].until + NEAR


@browsers(["side"], [[0], [1]], [[1]])
def test_a_silent_channel_stays_silent(notebook, side, tmp_path):
    sound = music(SECONDS, 44100, 2)
    sound[:, 1 - side] = 0
    path = KINDS["FLAC"].write(tmp_path, sound, 44100)
    listener = Listener(notebook, path)
    error, _ = listener.click(10)
    assert abs(error) <= NEAR
    heard, _ = listener.heard()
    begin = heard.frame(heard.pressed)
    assert np.abs(heard.sound[begin:, side]).max() > 0.1
    assert not heard.sound[:, 1 - side].any()


@browsers(["kind"], [["MP3 of a variable bit rate"]], [["Ogg Vorbis"]])
def test_a_minute_without_drift(notebook, kind, tmp_path):
    path, _ = written(tmp_path, kind, 44100, 2, LONG)
    listener = Listener(notebook, path)
    place = listener.pixel(5)
    ear.forget(notebook.page)
    listener.hand.click(*place)
    ear.until_heard(notebook.page, 61)
    heard, found = listener.heard()
    assert len(found) == 1, found
    begin, end = (round(at * heard.sr) for at in (found[0].begin + BLUR, found[0].end - BLUR))
    assert end - begin > 60 * heard.sr
    size = round(0.2 * heard.sr)
    (first, _), (last, _) = (
        locate(heard.sound[at : at + size], heard.sr, listener.music, RATE) for at in (begin, end - size)
    )
    drift = last - first - (end - size - begin) / heard.sr
    print(notebook.browser, f"{1000 * (first - BLUR - listener.times[place]):.2f} ms, drift {1000 * drift:.3f} ms")
    assert abs(first - BLUR - listener.times[place]) <= NEAR
    assert abs(drift) <= 0.005
    assert ear.silence(heard.sound[begin:end], heard.sr) < GAP
    assert ear.step(heard.sound[begin:end], heard.sr) <= own_step(path)
