"""Figures: drawn where they belong, and true in words."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import Picture, figures, gallery, layouts, play
from helpers.figures import _describe, draw
from helpers.tracks import Track


@pytest.fixture(autouse=True)
def _nothing_stays_open():
    """Close what a test has drawn."""
    yield
    plt.close("all")


def peaked(bins: int = 4, n: int = 8, row: int = 2, column: int = 5) -> np.ndarray:
    """Return values with one that is greatest."""
    values = np.zeros((bins, n))
    values[row, column] = 3
    return values


def ticks(axis) -> dict[str, float]:
    """Return where the tick labels of an axis stand."""
    axis.figure.canvas.draw()
    return {text.get_text(): at for text, at in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)}


def colour_at(ax, x: float, y: float) -> tuple:
    """Return the colour that is drawn at a place of the axes."""
    ax.figure.canvas.draw()
    column, row = ax.transData.transform((x, y))
    image = np.asarray(ax.figure.canvas.buffer_rgba())
    return tuple(image[len(image) - 1 - int(row), int(column), :3])


@pytest.mark.parametrize("when", [np.linspace(0, 4, 9), np.array([0, 1, 1.2, 1.5, 2, 3.1, 3.2, 3.9, 4])])
def test_draw_puts_each_value_in_its_place(when):
    values = np.arange(32.0).reshape(4, 8)
    ax = draw(values, when, cmap="gray")
    assert isinstance(ax, plt.Axes)
    assert ax.get_xlim() == (0, 4)
    assert ax.get_ylim() == (-0.5, 3.5)
    for row, column in [(0, 0), (0, 7), (3, 0), (3, 7), (2, 5)]:
        grey = values[row, column] / 31 * 255
        assert colour_at(ax, when[column : column + 2].mean(), row)[0] == pytest.approx(grey, abs=8)


def test_draw_on_given_axes():
    _, (one, other) = plt.subplots(1, 2)
    assert draw(peaked(), np.arange(9), ax=other) is other
    assert len(other.images) == 1
    assert not one.images


def test_draw_names_its_axes():
    ax = draw(peaked(), np.arange(9), ylabel="mel band", unit="dB", title="A title", low=-1, high=5)
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title()) == ("mel band", "time (s)", "A title")
    assert ax.images[0].get_clim() == (-1, 5)
    (bar,) = (other for other in ax.figure.axes if other is not ax)
    assert bar.get_ylabel() == "dB"
    assert len(draw(peaked(), np.arange(9)).figure.axes) == 1


@pytest.mark.parametrize("row", [0, 2, 3])
@pytest.mark.parametrize("column", [0, 5, 7])
def test_draw_says_where_the_greatest_value_is(row, column):
    ax = draw(peaked(4, 8, row, column), np.arange(9) * 0.5, [100, 200, 400, 800], ylabel="pitch (Hz)", unit="dB")
    most = f"greatest at {column * 0.5 + 0.25:.3g} s, {[100, 200, 400, 800][row]} Hz"
    assert _describe(ax.figure) == f"Pitch (Hz) against time (s). 4 rows × 8 moments, 0 to 3 dB, {most}."


def test_draw_says_that_nothing_stands_out():
    assert "4 rows × 8 moments, 2 to 2, all equal." in _describe(draw(np.full((4, 8), 2), np.arange(9)).figure)


@pytest.mark.parametrize(
    ("shape", "when", "rows"),
    [((4, 8), 8, None), ((4, 8), 10, None), ((8,), 9, None), ((4, 8), 9, [1, 2, 3]), ((4, 8, 1), 9, None)],
)
def test_draw_refuses_what_does_not_fit(shape, when, rows):
    with pytest.raises(ValueError, match=r"^Values of shape .* were given for \d+ rows and \d+ moments: .*\.$"):
        draw(np.zeros(shape), np.arange(when), rows)


@pytest.mark.parametrize("bins", [1, 2, 300])
@pytest.mark.parametrize("n", [1, 2, 300])
def test_draw_any_number_of_rows_and_moments(bins, n):
    values = np.random.default_rng(0).random((bins, n))
    ax = draw(values, np.linspace(0, 1, n + 1), np.geomspace(100, 5000, bins) if bins > 1 else [440])
    assert f"{bins} rows × {n} moments, {values.min():.3g} to {values.max():.3g}" in _describe(ax.figure)
    assert np.array_equal(ax.images[0].get_array(), values)


@settings(max_examples=20)
@given(st.integers(2, 200), st.floats(0, 500), st.floats(100, 20_000))
def test_rows_that_are_evenly_spaced_have_true_ticks(count, first, reach):
    rows = np.linspace(first, first + reach, count)
    ax = draw(np.zeros((count, 3)), np.arange(4), rows)
    labels = ticks(ax.yaxis)
    plt.close("all")
    for text, at in labels.items():
        value = float(text.replace(",", ""))
        assert value == pytest.approx(np.interp(at, np.arange(count), rows), rel=1e-4, abs=reach * 1e-4)
        assert -0.5 <= at <= count - 0.5


@pytest.mark.parametrize(("apart", "both"), [(9, False), (11, True)])
def test_ticks_have_room(apart, both):
    rows = np.interp(np.arange(160), [0, 20, 20 + apart, 159], [60, 100, 200, 450])
    assert list(ticks(draw(np.zeros((160, 3)), np.arange(4), rows).yaxis)) == ["100"] + ["200"] * both


def test_rows_of_mel_bands_have_round_ticks():
    hz = np.geomspace(60, 7000, 24)
    labels = ticks(draw(np.zeros((24, 3)), np.arange(4), hz).yaxis)
    assert list(labels) == ["100", "200", "500", "1,000", "2,000", "5,000"]
    for text, at in labels.items():
        assert float(text.replace(",", "")) == pytest.approx(np.interp(at, np.arange(24), hz))


def test_one_row_has_one_tick():
    assert ticks(draw(np.zeros((1, 3)), np.arange(4), [440]).yaxis) == {"440": 0}


def test_ticks_do_not_crowd():
    labels = ticks(draw(np.zeros((10, 3)), np.arange(4), np.geomspace(15, 60_000, 10)).yaxis)
    assert np.diff(list(labels.values())).min() > 10 / 16


@pytest.mark.parametrize(("end", "label"), [(19.9, "time (s)"), (20, "time (m:ss)"), (200, "time (m:ss)")])
def test_long_times_are_minutes(end, label):
    ax = draw(np.zeros((2, 4)), np.linspace(0, end, 5))
    assert ax.get_xlabel() == label
    if end >= 20:
        for text, at in ticks(ax.xaxis).items():
            minutes, seconds = map(int, text.split(":"))
            assert minutes * 60 + seconds == pytest.approx(at, abs=0.5)


def test_fill_draws_the_stretch_of_each_moment():
    when, low, high = np.array([0, 1, 3, 4]), np.array([-0.5, -0.1, -0.2]), np.array([0.2, 0.9, 0.4])
    ax = figures.fill(low, high, when, title="Envelope")
    (stairs,) = ax.patches
    values, edges, baseline = stairs.get_data()
    assert np.array_equal(values, high)
    assert np.array_equal(edges, when)
    assert np.array_equal(baseline, low)
    assert ax.get_xlim() == (0, 4)
    assert ax.get_ylim() == (-1.05, 1.05)
    assert _describe(ax.figure) == "Envelope. Amplitude against time (s). 3 columns, -0.5 to 0.9, widest at 1 s."


def test_fill_makes_room_for_loud_music():
    ax = figures.fill([-3, -1], [1, 2], [0, 1, 2])
    assert ax.get_ylim() == (-3, 3)
    _, other = plt.subplots()
    assert figures.fill([-3, -1], [1, 2], [0, 1, 2], ax=other) is other


def test_describe_says_captions_axes_and_lines():
    _, (one, other) = plt.subplots(1, 2)
    one.plot([0, 1, 2], [5, 9, 1], label="rise")
    one.set(title="Left.", xlabel="time (s)", ylabel="power")
    other.plot([10, 20, 80, 90], [1, 2, 3, -4])
    other.set(xlabel="time (m:ss)")
    other.set_title("right", loc="left")
    assert _describe(one.figure) == (
        "Left. Power against time (s). Rise from 1 to 9, greatest at 1 s. "
        "Right. Time (m:ss). Line from -4 to 3, greatest at 1:20."
    )


def test_describe_sums_up_many_lines():
    _, ax = plt.subplots()
    for height in range(1, 11):
        ax.plot([0, 1, 2], [0, height, 0])
    ax.set_xlabel("frequency (Hz)")
    assert _describe(ax.figure) == (
        "Frequency (Hz). 10 lines, the first: line from 0 to 1, greatest at 1 Hz; "
        "the last: line from 0 to 10, greatest at 1 Hz."
    )


@pytest.mark.parametrize(("lines", "summed"), [(5, False), (6, True)])
def test_describe_names_a_few_lines_one_by_one(lines, summed):
    _, ax = plt.subplots()
    ax.plot(np.eye(3, lines))
    assert ("lines, the first" in _describe(ax.figure)) == summed


def test_describe_names_scatters_and_nothing_unnamed():
    _, ax = plt.subplots()
    ax.scatter([1, 2], [3, 4], label="onsets")
    ax.scatter([1, 2], [3, 4])
    assert _describe(ax.figure) == "Onsets."


def test_describe_an_axis_without_a_name():
    _, ax = plt.subplots()
    ax.plot([0, 1, 2], [5, 9, 1])
    assert _describe(ax.figure) == "Line from 1 to 9, greatest at 1."


def test_describe_says_nothing_false_of_a_mark():
    _, ax = plt.subplots()
    ax.plot([0, 50], [-3, 8], label="rise")
    ax.axvline(20, label="now")
    ax.plot([], [], label="nothing yet")
    words = _describe(ax.figure)
    assert "ow" in words
    # A mark spans the height of the axes, whatever their values: 0 to 1 is not where it is.
    assert "from 0 to 1" not in words


@pytest.mark.parametrize(
    ("value", "label", "said"),
    [
        (53.83, "frequency (Hz)", "53.83 Hz"),
        (67, "time (m:ss)", "1:07"),
        (0.25, "time (s)", "0.25 s"),
        (12, "mel band", "mel band 12"),
        (2, "", "2"),
    ],
)
def test_with_unit(value, label, said):
    assert figures._with_unit(value, label) == said


def test_describe_nothing():
    assert _describe(plt.figure()) == ""


def test_show_emits_the_picture_with_its_words_and_closes_it(shown):
    fig = draw(peaked(), np.arange(9), unit="dB", title="A title").figure
    words = _describe(fig)
    figures.show(fig, "Look at the dot.")
    ((data, metadata, raw),) = shown
    assert raw
    assert data["text/plain"] == metadata["image/png"]["alt"] == f"Look at the dot. {words}"
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.format == "PNG"
    assert image.size == tuple(fig.canvas.get_width_height())
    assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 10
    assert plt.get_fignums() == []


def test_show_takes_the_current_figure(shown):
    draw(peaked(), np.arange(9), title="First")
    draw(peaked(), np.arange(9), title="Second")
    figures.show()
    ((data, _, _),) = shown
    assert data["text/plain"].startswith("Second.")
    assert len(plt.get_fignums()) == 1


def test_show_gives_the_same_bytes_again(shown):
    for _ in range(2):
        figures.show(draw(peaked(), np.arange(9), unit="dB").figure)
    assert shown[0] == shown[1]


def test_dollar_signs_in_a_name_are_no_formula(shown):
    name = "Ke$ha \\frac{$"
    ax = draw(peaked(), np.arange(9), title=name)
    ax.plot([0, 8], [0, 4], label=name)
    ax.legend()
    ax.set_yscale("symlog")
    figures.show(ax.figure)
    track = Track(np.zeros(8000, np.float32), 8000, name)
    picture = Picture.compose(track, np.linspace(0, 1, 5), np.eye(4), layouts.timeline())
    gallery([picture], [name])
    assert all(name in data["text/plain"] for data, _, _ in shown)


def test_rows_in_minutes_and_seconds():
    ax = draw(np.eye(180), np.arange(181.0), np.arange(180.0), ylabel="time (m:ss)")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30"]


def test_a_figure_is_clicked_where_it_shows_time():
    fig, (above, below) = plt.subplots(2, 1)
    draw(peaked(), np.linspace(2, 4, 9), title="Above", cmap="gray", ax=above)
    below.plot([0, 1])
    words = _describe(fig)
    music = Track(np.zeros(5 * 8000, np.float32), 8000, "silence")
    shown = figures.picture(fig, music)
    height, width = shown.pixels.shape[:2]
    assert (shown.alt, width, plt.get_fignums()) == (words, 800, [])
    rows, columns = np.nonzero(~np.isnan(shown.times))
    assert rows.max() < height / 2
    left, right = columns.min(), columns.max() + 1
    np.testing.assert_allclose(shown.times[rows[0], left:right], np.linspace(2, 4, right - left + 1)[:-1], atol=0.005)
    # The dot is where its moment is.
    row, column = np.argwhere((shown.pixels[rows.min() : rows.max(), left:right] > 180).all(axis=2)).mean(axis=0)
    assert 3.25 <= shown.times[rows.min() + round(row), left + round(column)] <= 3.5
    assert play(shown).position == pytest.approx(2, abs=0.005)


def test_a_figure_without_time_is_silent_or_not_clicked():
    shown = [figures.picture(plt.subplots()[0], music) for music in (None, Track(np.zeros(9), 8000))]
    assert shown[0].times is None
    assert np.isnan(shown[1].times).all()
    assert play(shown[1]).position == 0
