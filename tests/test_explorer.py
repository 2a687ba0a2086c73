"""Sliders: controls from ranges, the picture in place, and one sentence where something fails."""

import gc
import json
import weakref

import comm
import ipywidgets
import numpy as np
import pytest

from helpers import Explorer, Picture, explore, layouts, moments
from helpers.explorer import _as_pictures, _controls_for, _said
from helpers.player import Player, _Sound
from helpers.tracks import Track, TrackError

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def close_widgets():
    """Let go of the widgets that a test made: ipywidgets keeps each until it is closed."""
    yield
    ipywidgets.Widget.on_widget_constructed(None)
    ipywidgets.Widget.close_all()


def music(seconds: float = 1.0, name: str = "noise") -> Track:
    """Return a track of white noise."""
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * 8000))
    return Track(signal.astype(np.float32), 8000, name)


TRACK = music()


def ramp(n: int, track: Track | None = TRACK) -> Picture:
    """Return a picture that is one pixel high and `n` wide."""
    when = moments.between(0, track.duration if track else 1, n)
    return Picture.compose(track, when, np.arange(n)[np.newaxis], layouts.timeline())


def shown(explorer: Explorer) -> tuple[int, int]:
    """Return height and width of the one picture on the page."""
    (panel,) = explorer.panels
    assert len(explorer.pixels[0]) == panel["height"] * panel["width"]
    return panel["height"], panel["width"]


# Controls.


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        ((1, 10), ipywidgets.IntSlider, 5),
        ((0, 10, 2), ipywidgets.IntSlider, 4),
        ((0.0, 1.0), ipywidgets.FloatSlider, 0.5),
        ((0.0, 1.0, 0.25), ipywidgets.FloatSlider, 0.5),
        ((3, 3), ipywidgets.IntSlider, 3),
        (4, ipywidgets.IntSlider, 4),
        (2.5, ipywidgets.FloatSlider, 2.5),
        (["a", "b"], ipywidgets.Dropdown, "a"),
        ([("one", 1), ("two", 2)], ipywidgets.Dropdown, 1),
        ({"one": 1, "two": 2}, ipywidgets.Dropdown, 1),
        (range(5, 9), ipywidgets.Dropdown, 5),
        (True, ipywidgets.Checkbox, True),
        (False, ipywidgets.Checkbox, False),
        ("text", ipywidgets.Text, "text"),
    ],
)
@pytest.mark.parametrize("as_default", [False, True])
def test_ranges_and_defaults_make_controls(given, kind, value, as_default):
    def with_default(x=given):
        return ramp(3)

    explorer = explore(with_default) if as_default else explore(lambda x: ramp(3), x=given)
    control = explorer.controls["x"]
    assert type(control) is kind
    assert control.value == value
    assert control.description == "x"
    assert explorer.inputs[0]["label"] == "x"
    assert isinstance(explorer, Player)


def test_a_default_inside_its_range_is_where_the_control_begins():
    controls = _controls_for(lambda a=7, b="y", c=True: None, {"a": (1, 10), "b": ["x", "y"], "c": False})
    assert [control.value for control in controls.values()] == [7, "y", False]
    assert (controls["a"].min, controls["a"].max) == (1, 10)


def test_a_default_outside_its_range_is_brought_inside():
    assert _controls_for(lambda a=99: None, {"a": (1, 10)})["a"].value == 10


def test_controls_stand_in_the_order_of_the_parameters():
    explorer = explore(lambda a, b=2, *, c=3: ramp(3), c=(1, 5), a=(1, 5))
    assert list(explorer.controls) == ["a", "b", "c"]
    assert [about["name"] for about in explorer.inputs] == list(explorer.values) == ["a", "b", "c"]


def test_a_control_of_ones_own():
    own = ipywidgets.IntSlider(value=3, min=1, max=8, description="how many")
    explorer = explore(lambda n: ramp(n), n=own)
    assert explorer.controls["n"] is own
    assert own.description == "how many"
    own.value = 8
    assert shown(explorer) == (1, 8)


def test_what_is_fixed_is_passed_on_and_not_shown():
    explorer = explore(lambda n, m: ramp(n + m), n=ipywidgets.fixed(2), m=(1, 5))
    assert shown(explorer) == (1, 5)
    assert [about["name"] for about in explorer.inputs] == list(explorer.values) == ["m"]


def test_a_function_that_takes_anything():
    explorer = explore(lambda **given: ramp(given["x"] + given["y"]), x=(1, 3), y=[5, 6])
    assert list(explorer.controls) == ["x", "y"]
    assert shown(explorer) == (1, 7)


def test_stars_are_no_parameters():
    explorer = explore(lambda *more, n=2, **rest: ramp(n + len(more) + len(rest)))
    assert list(explorer.controls) == ["n"]


def test_a_function_without_parameters():
    assert shown(explore(lambda: ramp(4))) == (1, 4)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((1, 10), {"kind": "slider", "min": 1, "max": 10, "step": 1}),
        ((0.0, 2.0, 0.25), {"kind": "slider", "min": 0, "max": 2, "step": 0.25}),
        ((np.int64(0), np.float64(2)), {"kind": "slider", "min": 0, "max": 2, "step": 0.1}),
        ([np.float32(1), None], {"kind": "choice", "options": ["1.0", "None"]}),
        ({"one": TRACK, "two": 2}, {"kind": "choice", "options": ["one", "two"]}),
        (
            ipywidgets.SelectionSlider(options=[("1 ms", 1), ("2 ms", 2)]),
            {"kind": "slider", "options": ["1 ms", "2 ms"]},
        ),
        (ipywidgets.RadioButtons(options="ab"), {"kind": "choice", "options": ["a", "b"]}),
        (ipywidgets.ToggleButton(description="press"), {"kind": "checkbox", "label": "press"}),
        (
            ipywidgets.BoundedFloatText(2, min=1, max=3),
            {"kind": "number", "min": 1, "max": 3, "step": None, "event": "change"},
        ),
        (ipywidgets.IntText(2), {"kind": "number", "min": None, "max": None, "step": 1, "event": "change"}),
        (ipywidgets.IntSlider(2, continuous_update=False), {"kind": "slider", "event": "change"}),
        (ipywidgets.IntSlider(2, disabled=True), {"disabled": True}),
        ("text", {"kind": "text"}),
        (True, {"kind": "checkbox"}),
    ],
)
def test_what_the_page_is_told_of_a_control(given, told):
    explorer = explore(lambda x: ramp(3), x=given)
    (about,) = explorer.inputs
    assert about == about | {"name": "x", "event": "input", "disabled": False, "label": "x"} | told
    assert json.loads(json.dumps([about, explorer.values])) == [about, explorer.values]


@pytest.mark.parametrize("odd", [ipywidgets.IntRangeSlider(), ipywidgets.FloatLogSlider(), ipywidgets.DatePicker()])
def test_controls_that_the_page_does_not_have(odd):
    with pytest.raises(ValueError, match=rf"^A {type(odd).__name__} was given for 'x'; a slider .* was expected\.$"):
        explore(lambda x: ramp(3), x=odd)


def test_a_control_that_changes_is_described_again():
    own = ipywidgets.IntSlider(value=3, min=1, max=8)
    explorer = explore(lambda n: ramp(n), n=own)
    own.max = 2
    assert (explorer.inputs[0]["max"], explorer.values, shown(explorer)) == (2, {"n": 2}, (1, 2))


def test_our_controls_are_seen_by_no_page(monkeypatch):
    opened = []

    class Seen(comm.DummyComm):
        def publish_msg(self, kind, **_):
            opened.append(kind)

    monkeypatch.setattr(comm, "create_comm", Seen)
    explorer = explore(lambda n, w, b: ramp(n), n=(1, 9), w=["a", "b"], b=True)
    assert comm.create_comm is Seen
    # The layout of the explorer, and itself.
    assert opened.count("comm_open") == 2
    opened.clear()
    explorer.controls["n"].value = 9
    assert opened == ["comm_msg"]


@pytest.mark.parametrize(
    ("function", "ranges", "sentence"),
    [
        (lambda n: ramp(3), {}, r"^'n' has no range: give it one, such as n=\(1, 10\) for a slider"),
        (lambda n=None: ramp(3), {}, r"^'n' has no range"),
        (lambda n, m: ramp(3), {"n": (1, 2), "m": (1, "a")}, r"^'m' has no range"),
        (lambda n, m: ramp(3), {"n": (1, 2), "m": 3, "k": 2}, r"'k', but the function takes n, m\.$"),
        (lambda: ramp(3), {"n": (1, 2)}, r"'n', but the function takes nothing\.$"),
        (lambda n: ramp(3), {"n": (10, 1)}, r"^n=\(10, 1\) is no range: "),
        (ramp(3), {}, r"^A Picture was given; a function that returns a picture was expected"),
        (np.zeros((2, 2)), {"n": 2}, r"^A ndarray was given; a function"),
    ],
)
def test_ranges_that_do_not_fit(function, ranges, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        explore(function, **ranges)
    assert "\n" not in str(caught.value)


# What a function may return.


def test_a_picture_stays_what_it_is():
    picture = ramp(3)
    assert _as_pictures(picture) == [picture]
    assert _as_pictures((picture, picture)) == [picture, picture]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_an_array_has_its_first_row_at_the_bottom(dtype):
    (picture,) = _as_pictures(np.array([[0, 1, 1], [0, 0, 0]], dtype))
    assert picture.levels.tolist() == [[0, 0, 0], [0, 255, 255]]
    assert (picture.times, picture.track) == (None, None)


def test_the_columns_of_an_array_are_moments_of_the_track():
    (picture,) = _as_pictures(np.zeros((2, 4)), TRACK)
    assert picture.times.tolist() == [[0, 0.25, 0.5, 0.75]] * 2
    explorer = explore(lambda n: np.zeros((2, n)), track=TRACK, n=(1, 4))
    assert explorer.sound["key"] == _Sound.of(TRACK).key
    assert explorer.duration == 1
    assert explore(lambda n: np.zeros((2, n)), n=(1, 4)).sound == {}


def test_several_pictures_and_arrays_with_titles():
    explorer = explore(lambda n: [ramp(n), np.zeros((2, n))], track=TRACK, titles=["a", "b"], n=(1, 4))
    assert [panel["title"] for panel in explorer.panels] == ["a", "b"]
    explorer.controls["n"].value = 4
    assert [(panel["height"], panel["width"]) for panel in explorer.panels] == [(1, 4), (2, 4)]


NONSENSE = [
    (None, "The function returned a NoneType; a Picture or a 2-D array of numbers was expected."),
    (3, "The function returned a int; a Picture or a 2-D array of numbers was expected."),
    ("text", "The function returned a str; a Picture or a 2-D array of numbers was expected."),
    (np.zeros(3), "The function returned a ndarray of shape (3,); a Picture or a 2-D array of numbers was expected."),
    (np.zeros((2, 2, 3)), "The function returned a ndarray of shape (2, 2, 3); a Picture or"),
    (np.zeros((0, 3)), "The function returned a ndarray of shape (0, 3); a Picture or"),
    (np.zeros((2, 2), complex), "The function returned a ndarray of shape (2, 2); a Picture or"),
    (np.array([["a", "b"]]), "The function returned a ndarray of shape (1, 2); a Picture or"),
    ([[1, 2], [3, 4]], "The function returned a list of shape (2,); a Picture or"),
    ([ramp(3), None], "The function returned a NoneType; a Picture or"),
    ([], "No picture was given; one Picture or several were expected"),
    (np.array([[1, np.nan]]), "Some values are missing, infinite or not numbers"),
    ([ramp(3), ramp(3, music())], "The pictures show different music"),
]


@pytest.mark.parametrize(("result", "sentence"), NONSENSE)
def test_nonsense_is_one_sentence_at_once_and_later(result, sentence):
    with pytest.raises(ValueError, match=r"^\S") as caught:
        explore(lambda: result)
    assert str(caught.value).startswith(sentence)
    explorer = explore(lambda n: result if n == 9 else ramp(n), n=(1, 9))
    explorer.controls["n"].value = 9
    assert explorer.message == str(caught.value)
    assert shown(explorer) == (1, 5)


# Moving.


def test_every_move_draws_once_with_all_values():
    calls = []

    def draw(n=2, bright=True, word="a"):
        calls.append((n, bright, word))
        return ramp(n)

    explorer = explore(draw, n=(1, 9), word=["a", "b"])
    explorer.controls["n"].value = 9
    explorer.controls["bright"].value = False
    explorer.controls["word"].value = "b"
    explorer.controls["word"].value = "b"
    assert calls == [(2, True, "a"), (9, True, "a"), (9, False, "a"), (9, False, "b")]
    assert shown(explorer) == (1, 9)


def test_the_picture_changes_in_place_and_nothing_piles_up():
    explorer = explore(lambda n: ramp(n), n=(1, 9))
    inputs, sound = explorer.inputs, explorer.sound
    explorer.position = 0.5
    made = []
    ipywidgets.Widget.on_widget_constructed(made.append)
    for n in range(1, 10):
        explorer.controls["n"].value = n
        assert shown(explorer) == (1, n)
        assert explorer.inputs == inputs
    assert (explorer.sound, explorer.position) == (sound, 0.5)
    assert made == []


def test_there_is_no_output_widget():
    made = []
    ipywidgets.Widget.on_widget_constructed(made.append)
    explorer = explore(lambda n: ramp(n), n=(1, 9))
    explorer.controls["n"].value = 9
    assert explorer in made
    assert not any(isinstance(one, ipywidgets.Output) for one in made)


def test_the_number_of_pictures_may_change():
    explorer = explore(lambda n: [ramp(n)] * n, n=(1, 4))
    for n in (4, 1, 3):
        explorer.controls["n"].value = n
        assert len(explorer.panels) == len(explorer.times) == n
        assert explorer.message == ""


def test_titles_that_no_longer_fit_are_a_sentence():
    explorer = explore(lambda n: [ramp(n)] * n, titles=["a", "b"], n=ipywidgets.IntSlider(2, 1, 4))
    explorer.controls["n"].value = 3
    assert explorer.message == "2 titles were given for 3 pictures: give one title a picture."
    assert len(explorer.panels) == 2


def from_page(explorer: Explorer, asked: float, **values) -> list[set]:
    """Move controls as the page does; returns the names of the traits in each message that goes back."""
    sent = []
    explorer.send_state = lambda key=None: sent.append(set(key))
    explorer.set_state({"values": explorer.values | values, "asked": asked})
    del explorer.send_state
    return sent


def test_the_page_moves_several_controls_and_gets_one_answer():
    calls = []

    def draw(n, bright, word):
        calls.append((n, bright, word))
        return ramp(n)

    explorer = explore(draw, n=(1, 9), bright=True, word=["a", "b"])
    sent = from_page(explorer, 7.5, n=8, bright=False, word=1)
    assert calls == [(5, True, "a"), (8, False, "b")]
    assert [explorer.controls[name].value for name in ("n", "bright", "word")] == [8, False, "b"]
    assert (explorer.drawn, shown(explorer)) == (7.5, (1, 8))
    (names,) = sent
    assert {"drawn", "pixels"} <= names
    assert not {"inputs", "asked", "palettes", "sound"} & names


def test_what_the_page_asks_beyond_the_ends_is_brought_inside():
    explorer = explore(lambda n: ramp(n), n=(1, 9))
    (names,) = from_page(explorer, 1, n=50)
    assert (explorer.values, shown(explorer)) == ({"n": 9}, (1, 9))
    assert {"values", "drawn"} <= names


def test_what_python_sets_reaches_the_page_in_one_message():
    explorer = explore(lambda n: ramp(n), n=(1, 9))
    sent = []
    explorer.send_state = lambda key=None: sent.append(set(key))
    explorer.controls["n"].value = 9
    (names,) = sent
    assert {"values", "pixels"} <= names
    assert explorer.values == {"n": 9}


def test_the_music_may_change():
    pieces = {"short": TRACK, "long": music(2)}
    explorer = explore(lambda piece: ramp(3, pieces[piece]), piece=list(pieces))
    explorer.controls["piece"].value = "long"
    assert explorer.sound["key"] == _Sound.of(pieces["long"]).key != _Sound.of(TRACK).key
    assert explorer.duration == 2


# Failing.


class Wordy(Exception):
    """An error that says what it likes."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("Too few bands were given."), "Too few bands were given."),
        (TrackError("There is no such piece."), "There is no such piece."),
        (ValueError("first line\nsecond line"), "first line"),
        (ValueError("\n\n  after empty lines \n"), "after empty lines"),
        (ValueError(), "The function stopped with ValueError."),
        (ValueError(" \n "), "The function stopped with ValueError."),
        (KeyError("bands"), "The function stopped with KeyError: 'bands'"),
        (ZeroDivisionError("division by zero"), "The function stopped with ZeroDivisionError: division by zero"),
        (AssertionError(), "The function stopped with AssertionError."),
        (Wordy("<b>bold\r\nmore"), "The function stopped with Wordy: <b>bold"),
    ],
)
def test_an_error_is_said_in_one_line_and_the_slider_lives_on(error, sentence):
    def draw(n=2):
        if n == 5:
            raise error
        return ramp(n)

    explorer = explore(draw, n=(1, 9))
    assert _said(error) == sentence
    before = explorer.pixels, explorer.times, explorer.panels
    explorer.controls["n"].value = 5
    assert explorer.message == sentence
    assert (explorer.pixels, explorer.times, explorer.panels) == before
    explorer.controls["n"].value = 6
    assert explorer.message == ""
    assert shown(explorer) == (1, 6)


@pytest.mark.parametrize(
    ("stop", "sentence"),
    [
        (KeyboardInterrupt(), "The function was interrupted."),
        (SystemExit(3), "The function stopped with SystemExit: 3"),
        (GeneratorExit(), "The function stopped with GeneratorExit."),
    ],
)
def test_nothing_that_the_function_raises_ends_the_slider(stop, sentence):
    def draw(n=2):
        if n == 5:
            raise stop
        return ramp(n)

    explorer = explore(draw, n=(1, 9))
    from_page(explorer, 1, n=5)
    assert (explorer.message, explorer.drawn, shown(explorer)) == (sentence, 1, (1, 2))
    from_page(explorer, 2, n=6)
    assert (explorer.message, explorer.drawn, shown(explorer)) == ("", 2, (1, 6))


def test_a_function_that_fails_at_once_is_one_sentence():
    def draw(n, word):
        raise IndexError("index 5 is out of bounds\nfor an axis")

    with pytest.raises(ValueError, match=r"^There is no first picture with n=5, word='a': ") as caught:
        explore(draw, n=(1, 9), word=["a"])
    assert str(caught.value).endswith("The function stopped with IndexError: index 5 is out of bounds")
    assert caught.value.__suppress_context__
    with pytest.raises(ValueError, match=r"^There is no first picture: no\.$"):
        explore(lambda: (_ for _ in ()).throw(ValueError("no.")))


# What a notebook stores.


def test_an_output_carries_the_picture_its_words_and_the_live_view():
    explorer = explore(lambda n: ramp(n), n=(1, 9))
    for n in (5, 9):
        explorer.controls["n"].value = n
        data, metadata = explorer._repr_mimebundle_(include=None, exclude=None)
        assert set(data) == {"image/png", "text/plain", VIEW}
        assert data["text/plain"] == metadata["image/png"]["alt"] == repr(explorer) == ramp(n).alt
        assert data[VIEW]["model_id"] == explorer.model_id
        assert metadata["music-you-can-see"] == {"caption": "Run this cell to hear it."}
        own = ramp(n)._repr_mimebundle_()[0]
        assert data["image/png"] == own["image/png"]


def test_a_picture_without_music_does_not_promise_any():
    (_, metadata) = explore(lambda n: np.eye(n), n=(1, 9))._repr_mimebundle_()
    assert metadata["music-you-can-see"] == {"caption": "Run this cell to move it."}


def test_pictures_that_were_replaced_are_forgotten():
    made = []

    def draw(n=1):
        picture = ramp(n)
        made.append(weakref.ref(picture))
        return picture

    explorer = explore(draw, n=(1, 9))
    for n in range(2, 10):
        explorer.controls["n"].value = n
    gc.collect()
    assert [ref() is not None for ref in made] == [False] * 8 + [True]
