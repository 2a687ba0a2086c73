"""What Jupyter gets: times as a listener says them, colours as they are."""

import base64
import io
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager
from PIL import Image

from helpers import Track, features, layouts, moments, outputs
from helpers.pictures import Picture, side_by_side


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (6.7, "6.7 s"),
        (0.0123, "0.0123 s"),
        (10, "0:10"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (67, "1:07"),
        (600, "10:00"),
        (3600, "60:00"),
        (np.float32(67.2), "1:07"),
    ],
)
def test_clock(seconds, said):
    assert outputs.clock(seconds) == said


def test_clock_with_minutes():
    assert [outputs.clock(seconds, minutes=True) for seconds in (0, 6.7, 90)] == ["0:00", "0:07", "1:30"]


@given(st.floats(0, 36_000))
def test_clock_is_never_far_off(seconds):
    said = outputs.clock(seconds)
    if said.endswith(" s"):
        assert float(said[:-2]) == pytest.approx(seconds, rel=0.006)
        return
    minutes, rest = map(int, said.split(":"))
    assert 0 <= rest < 60
    assert minutes * 60 + rest == pytest.approx(seconds, abs=0.5)


def test_a_picture_of_many_colours_keeps_them_all():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    data, _ = outputs.bundle(Image.fromarray(pixels), "many")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"])))), pixels)


def test_a_picture_of_256_colours_is_stored_with_a_table_and_exactly():
    pixels = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    pixels = pixels[np.random.default_rng(1).integers(0, 256, (40, 50))]
    data, _ = outputs.bundle(Image.fromarray(pixels), "few")
    stored = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert stored.mode == "P"
    assert np.array_equal(np.asarray(stored.convert("RGB")), pixels)


@pytest.mark.parametrize(("off", "mode"), [(2, "P"), (3, "RGB")])
def test_a_table_changes_no_colour_by_more_than_two_steps(off, mode):
    often = np.array([(r, g, b) for r in range(0, 240, 40) for g in range(0, 256, 40) for b in range(0, 220, 42)])[:256]
    pixels = np.concatenate([often.repeat(40, axis=0), np.add(often, [0, off, 0])]).astype(np.uint8)
    data, _ = outputs.bundle(Image.fromarray(pixels.reshape(-1, len(often), 3)), "almost few")
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).mode == mode


def drawn(title):
    """Draw a figure of a title only; every warning is an error."""
    fig, ax = plt.subplots(figsize=(5, 1))
    ax.set_axis_off()
    ax.set_title(title, loc="left")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.asarray(outputs.render(fig))


@pytest.mark.parametrize(
    "title",
    ["日本語の歌", "한국어", "🎵🎸 song 👩‍🎤", "a\tb\x07c", "\ud800?".encode("utf-8", "replace").decode(), "𝄞 ]^[\\-"],
)
def test_no_name_makes_a_figure_complain(title, capfd):
    drawn(title)
    track = Track(np.zeros(8000), 8000, title)
    when = moments.even(track, 4)
    picture = Picture.compose(track, when, features.mel(track, when, fmax=4000), layouts.timeline())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, words = side_by_side([picture, picture], [title, "another"])
    assert title in words
    assert capfd.readouterr() == ("", "")


def test_what_no_font_has_is_left_out():
    assert np.array_equal(drawn("a 日本語 song"), drawn("a … song"))
    assert not np.array_equal(drawn("a ñ song"), drawn("a … song"))


def test_another_installed_font_is_used_for_what_the_own_lacks():
    before = drawn("😀")
    # This one has letters and no faces.
    with mpl.rc_context({"font.family": "STIXGeneral"}):
        own = font_manager.get_font(font_manager.findfont("STIXGeneral"))
        assert not own.get_char_index(ord("😀"))
        assert own.get_char_index(ord("…"))
        assert not np.array_equal(drawn("😀"), drawn("…"))
    assert np.array_equal(drawn("😀"), before)
