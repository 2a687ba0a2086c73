"""How: the colours are those of matplotlib and coloraide, and bad values are refused."""

import colorsys

import matplotlib
import numpy as np
import pytest
from coloraide import Color
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.colors import Normalize, hsv_to_rgb

from helpers import Picture, Track, colors, features, layouts, moments

MAPS = ["magma", "viridis", "gray", "twilight", "tab10", "gray_r"]
numbers = st.floats(-1e4, 1e4, width=32)


@pytest.mark.parametrize("cmap", MAPS)
def test_palette_is_matplotlibs(cmap):
    palette = colors.palette(cmap)
    assert palette.dtype == np.uint8
    assert palette.shape == (256, 3)
    assert np.array_equal(palette, matplotlib.colormaps[cmap](np.linspace(0, 1, 256), bytes=True)[:, :3])


def test_palette_belongs_to_the_caller():
    colors.palette()[:] = 0
    assert colors.palette().any()


@pytest.mark.parametrize("cmap", ["magma", "viridis", "gray", "gray_r"])
@pytest.mark.parametrize(("low", "high"), [(None, None), (-1, 1), (-80, 0), (None, 0.5), (0.25, None)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_colormap_is_matplotlibs(cmap, low, high, dtype):
    values = np.random.default_rng(0).normal(0, 1, (60, 70)).astype(dtype)
    theirs = matplotlib.colormaps[cmap](Normalize(low, high, clip=True)(values), bytes=True)[..., :3]
    ours = colors.colormap(values, cmap, low, high)
    assert ours.dtype == np.uint8
    differ = (ours != theirs).any(axis=2)
    assert differ.mean() < 0.002
    # Where they differ, the value lies on the boundary of two steps.
    bottom, top = (values.min() if low is None else low), (values.max() if high is None else high)
    step = (values[differ].astype(float) - bottom) / (top - bottom) * 256
    assert np.abs(step - np.round(step)).max(initial=0) < 1e-3


@given(arrays(np.float32, array_shapes(max_dims=3), elements=numbers))
def test_levels_span_the_values(values):
    levels = colors.levels(values)
    assert levels.dtype == np.uint8
    assert levels.shape == values.shape
    if values.min() == values.max():
        assert not levels.any()
        return
    assert (levels[values == values.min()] == 0).all()
    assert (levels[values == values.max()] == 255).all()
    assert (np.diff(levels.ravel()[np.argsort(values, axis=None)].astype(int)) >= 0).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("dtype", "exponent"),
    [
        (np.float32, -148),
        (np.float32, -140),
        (np.float32, -60),
        (np.float32, 127),
        (np.float64, -1073),
        (np.float64, -1030),
        (np.float64, -300),
        (np.float64, 1015),
    ],
)
def test_levels_of_very_small_and_very_large_values(dtype, exponent):
    values = np.ldexp(np.array([0, 0.5, 1], dtype), exponent)
    assert colors.levels(values).tolist() == [0, 128, 255]


def test_levels_clip_beyond_low_and_high():
    assert colors.levels([-5, 0, 1, 5], 0, 1).tolist() == [0, 0, 255, 255]
    assert colors.levels([0.0, 1, 2, 3], 0, 4).tolist() == [0, 64, 128, 192]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint16, bool, np.float16])
def test_levels_of_any_kind_of_number(dtype):
    values = np.array([0, 1, 100], dtype)
    expected = colors.levels(values.astype(float), 2, 300)
    assert np.array_equal(colors.levels(values, 2, 300), expected)
    assert np.array_equal(colors.levels(values), colors.levels(values.astype(float)))


@pytest.mark.parametrize("value", [7, 0.0, -3.5])
def test_where_nothing_stands_out_all_is_dark(value):
    assert not colors.levels(np.full((3, 4), value)).any()
    assert (colors.colormap(np.full((3, 4), value)) == colors.palette()[0]).all()
    assert not colors.levels([1, 2, 3], 2, 2).any()


def test_levels_change_nothing_given():
    values = np.arange(5.0)
    colors.levels(values)
    assert np.array_equal(values, np.arange(5))


@pytest.mark.parametrize("values", [[], [1, float("nan")], [float("inf"), 1], [-float("inf")]])
def test_values_without_a_colour(values):
    with pytest.raises(ValueError, match=r"only finite numbers have a colour\.$"):
        colors.colormap(values)


def test_low_above_high():
    with pytest.raises(ValueError, match=r"^low=2 and high=1 were given; low must not be greater than high\.$"):
        colors.levels([0, 1], 2, 1)


def test_unknown_colormap():
    with pytest.raises(ValueError, match=r"^'magmma' was given; the name of a colormap was expected"):
        colors.colormap([0, 1], "magmma")


# Other colour spaces. The oracle is coloraide, colour by colour; colorsys and matplotlib know HSL and HSV.

unit = arrays(np.float32, (3, 7), elements=st.floats(0, 1, width=32))
SHAPES = [(), (5,), (1, 6), (2, 3, 4)]
RING = np.arange(360) / 360
SPACES = [colors.rgb, colors.hsv, colors.hsl, colors.lab, colors.oklch]


def theirs(space: str, *coordinates: float) -> Color:
    """Return a colour of coloraide; its hues are in degrees."""
    return Color(space, list(map(float, coordinates)))


def by_library(ring: np.ndarray) -> list[Color]:
    """Return uint8 colours as those of coloraide."""
    return [theirs("srgb", *(pixel / 255)) for pixel in ring]


def ratio(ring: np.ndarray) -> float:
    """Return how many times the greatest ΔE 2000 from a colour to the next, round the ring, is the smallest."""
    ring = [theirs("srgb", *color) for color in ring]
    steps = [a.delta_e(b, method="2000") for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    return max(steps) / min(steps)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_colours_have_the_shape_of_their_channels(space, shape):
    values = [np.random.default_rng(i).uniform(0, 1, shape) for i in range(3)]
    before = [np.array(value) for value in values]
    pixels = space(*values)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (*shape, 3)
    assert all(np.array_equal(*pair) for pair in zip(values, before, strict=True))
    assert np.array_equal(space(values[0], 0.25, 0.5), space(values[0], np.full(shape, 0.25), np.full(shape, 0.5)))


@pytest.mark.parametrize("space", SPACES)
def test_colours_of_what_is_no_number(space):
    with pytest.raises(ValueError, match=r"only finite numbers have a colour\.$"):
        space(0.5, float("nan"), 0.5)
    with pytest.raises(ValueError, match=r"^Channels of shapes \(2,\), \(3,\), \(\) were given; three of the same"):
        space(np.zeros(2), np.zeros(3), 1)


@given(unit)
def test_rgb_rounds_to_the_nearest_step(values):
    assert np.abs(colors.rgb(*values) - values.T.astype(float) * 255).max() <= 0.5 + 1e-4


def test_rgb_clips():
    assert colors.rgb(-1, 0.5, 2).tolist() == [0, 128, 255]


@given(unit)
def test_hsl_is_colorsys(values):
    expected = [[*colorsys.hls_to_rgb(h, lightness, s)] for h, s, lightness in values.T.astype(float)]
    assert np.abs(colors.hsl(*values) - np.array(expected) * 255).max() <= 0.5 + 1e-3


@given(unit)
def test_hsv_is_matplotlibs_and_colorsys(values):
    expected = hsv_to_rgb(values.T.astype(float))
    assert np.allclose(expected, [colorsys.hsv_to_rgb(*value) for value in values.T.astype(float)], atol=1e-6)
    assert np.abs(colors.hsv(*values) - expected * 255).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("space", [colors.hsl, colors.hsv])
def test_hue_goes_round_and_the_rest_is_clipped(space):
    assert np.array_equal(space([0.25, 1.25, -0.75], 0.5, 0.5), [space(0.25, 0.5, 0.5)] * 3)
    assert np.array_equal(space(1, 3, 0.5), space(0, 1, 0.5))
    assert space(0.3, 0.7, -2).tolist() == [0, 0, 0]


@given(arrays(np.uint8, (5, 3)))
def test_to_lab_is_coloraides(pixels):
    expected = [color.convert("lab-d65").coords() for color in by_library(pixels)]
    measured = colors.to_lab(pixels)
    assert measured.dtype == np.float32
    assert np.allclose(measured, expected, atol=0.01)


@given(arrays(np.uint8, (5, 3)))
def test_lab_undoes_to_lab(pixels):
    assert np.abs(colors.lab(*colors.to_lab(pixels).T).astype(int) - pixels).max() <= 1


@given(arrays(np.uint8, (5, 3)))
def test_oklch_undoes_coloraide(pixels):
    lightness, chroma, hue = np.array([color.convert("oklch").coords(nans=False) for color in by_library(pixels)]).T
    assert np.abs(colors.oklch(lightness, chroma, hue / 360).astype(int) - pixels).max() <= 1
    assert np.allclose(colors.largest_chroma(lightness, chroma, hue / 360), chroma, atol=2e-3)


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 1))
def test_too_much_chroma_is_reduced_and_nothing_else(lightness, chroma, hue):
    kept = float(colors.largest_chroma(lightness, chroma, hue))
    assert 0 <= kept <= np.float32(chroma)
    fitting = theirs("oklch", lightness, kept, hue * 360)
    assert fitting.in_gamut("srgb", tolerance=2e-3)
    assert np.abs(colors.oklch(lightness, chroma, hue) - np.array(fitting.convert("srgb").coords()) * 255).max() <= 1.2
    if kept < chroma - 1e-6:
        more = kept + max(2e-3, chroma / 200)
        assert not theirs("oklch", lightness, more, hue * 360).convert("srgb-linear").in_gamut(tolerance=0)


@given(st.floats(0, 100), st.floats(-150, 150), st.floats(-150, 150))
def test_lab_keeps_lightness_and_hue(lightness, a, b):
    seen = colors.to_lab(colors.lab(lightness, a, b)).astype(float)
    assert seen[0] == pytest.approx(lightness, abs=0.6)
    if np.hypot(*seen[1:]) > 8:
        turn = np.arctan2(seen[2], seen[1]) - np.arctan2(b, a)
        assert np.abs((turn + np.pi) % (2 * np.pi) - np.pi) * np.hypot(*seen[1:]) < 1.5


@pytest.mark.parametrize(("lightness", "expected"), [(0, 0), (-1, 0), (1, 255), (2, 255)])
def test_black_and_white_have_no_chroma(lightness, expected):
    assert np.abs(colors.oklch(lightness, 0.3, RING).astype(int) - expected).max() <= 1
    assert np.abs(colors.lab(lightness * 100, 90, RING * 90).astype(int) - expected).max() <= 1
    # In black a chroma that nobody can see fits.
    assert colors.largest_chroma(lightness, 0.3, RING).max() < (0.01 if expected else 0.08)


def test_black_white_and_grey_fit_always():
    lightness = np.linspace(0, 1, 101)
    for pixels in (colors.oklch(lightness, 0, 0.3), colors.lab(lightness * 100, 0, 0)):
        assert np.ptp(pixels.astype(int), axis=1).max() <= 1
        assert (np.diff(pixels[:, 1].astype(int)) >= 0).all()
        assert (pixels[0].max(), pixels[-1].min()) == (0, 255)


def test_the_ring_of_oklch_is_even():
    ring = colors.oklch(0.75, 0.1275, RING[::5])
    assert np.ptp(colors.to_lab(ring)[:, 0]) < 5
    assert ratio(ring / 255) < 2
    turn = 2 * np.pi * RING
    linear, _ = colors._fit(colors._oklab_to_linear, 0.75, 0.1275 * np.cos(turn), 0.1275 * np.sin(turn))
    assert ratio(colors._linear_to_screen(linear.astype(float)).T) == pytest.approx(1.54, abs=0.02)


def test_the_ring_of_hsl_is_not():
    ring = colors.hsl(RING[::5], 1, 0.5)
    lightness = colors.to_lab(ring)[:, 0]
    assert (round(lightness.min()), round(lightness.max())) == (32, 97)
    assert 40 < ratio(ring / 255) < 55


def test_the_largest_full_circle():
    assert np.array_equal(colors.largest_chroma(0.75, 0.1275, RING), np.full(360, 0.1275, np.float32))
    assert (colors.largest_chroma(0.75, 0.1285, RING) < np.float32(0.1285)).any()
    assert (
        (colors.largest_chroma(np.linspace(0.5, 0.95, 46)[:, np.newaxis], 0.1285, RING) < np.float32(0.1285))
        .any(axis=1)
        .all()
    )


@given(st.floats(0, 0.4), st.floats(0, 1), st.sampled_from(["oklch", "lab"]))
def test_louder_is_lighter(chroma, hue, space):
    levels = colors.drawn("loudness", np.linspace(-45, 0, 60))
    if space == "oklch":
        pixels = colors.oklch(levels, chroma, hue)
    else:
        pixels = colors.lab(levels * 100, 300 * chroma * (hue - 0.5), 200 * chroma * (0.5 - hue))
    lightness = colors.to_lab(pixels)[:, 0]
    # Not by more than the rounding to 255 steps.
    assert np.diff(lightness).min() > -0.7
    assert np.diff(lightness[::10]).min() >= 0
    assert lightness[-1] > 99


@pytest.mark.parametrize(
    ("eyes", "filter"), [("protanope", "protan"), ("deuteranope", "deutan"), ("tritanope", "tritan")]
)
@given(pixels=arrays(np.uint8, (5, 3)))
def test_seen_by_is_coloraides(eyes, filter, pixels):
    expected = [
        color.filter(filter, method="machado", space="srgb-linear", out_space="srgb").clip().coords()
        for color in by_library(pixels)
    ]
    assert np.abs(colors.seen_by(pixels, eyes) - np.array(expected) * 255).max() <= 1


def test_seen_by_other_eyes():
    with pytest.raises(ValueError, match=r"^'eagle' was given; one of protanope, deuteranope, tritanope was expected"):
        colors.seen_by(np.zeros((2, 3), np.uint8), "eagle")


@given(arrays(np.uint8, (5, 3)))
def test_gray_has_the_luminance_of_the_colour(pixels):
    grays = colors.gray(pixels)
    assert (grays == grays[:, :1]).all()
    assert np.abs(colors.to_lab(grays)[:, 0] - colors.to_lab(pixels)[:, 0]).max() < 0.7
    for gray, color in zip(grays, by_library(pixels), strict=True):
        assert by_library([gray])[0].luminance() == pytest.approx(color.luminance(), abs=0.006)


def test_grays_stay_as_they_are():
    grays = np.arange(256, dtype=np.uint8)[:, np.newaxis].repeat(3, axis=1)
    assert np.array_equal(colors.gray(grays), grays)
    assert all(np.abs(colors.seen_by(grays, eyes).astype(int) - grays).max() <= 1 for eyes in colors.EYES)


@pytest.mark.parametrize("call", [colors.gray, colors.to_lab, lambda pixels: colors.seen_by(pixels, "protanope")])
@pytest.mark.parametrize("pixels", [np.zeros((4, 3)), np.zeros((4, 4), np.uint8), np.uint8(3)])
def test_what_is_no_picture(call, pixels):
    with pytest.raises(ValueError, match="was given; colours were expected, uint8 with red, green and blue last"):
        call(pixels)


def test_a_picture_of_colours():
    track = Track(np.zeros(800, np.float32), 8000)
    when = moments.even(track, 6)
    what = colors.hsl(np.linspace(0, 1, 12).reshape(2, 6), 1, 0.5)
    picture = Picture.compose(track, when, what, layouts.timeline())
    assert np.array_equal(picture.pixels, what[::-1])
    assert picture.levels is None
    assert picture.scale is None
    assert np.allclose(picture.times[0], when[:-1])
    with pytest.raises(ValueError, match=r"^Values of shape \(2, 5, 3\) were given for 6 moments"):
        Picture.compose(track, when, what[:, 1:], layouts.timeline())
    with pytest.raises(ValueError, match=r"^Values of shape \(2, 6, 3\) were given"):
        Picture.compose(track, when, what / 255, layouts.timeline())


@given(st.lists(st.floats(0, 1, width=32), min_size=12, max_size=12), st.sampled_from([1, 5, 7, 11]))
def test_pitch_hue_turns_with_the_music(strengths, step):
    chroma = np.array(strengths, np.float32)[:, np.newaxis]
    hue, agree = colors.pitch_hue(chroma, step)
    assert 0 <= hue[0] < 1
    assert 0 <= agree[0] <= 1
    up, agree_up = colors.pitch_hue(np.roll(chroma, step, axis=0), step)
    assert agree_up == pytest.approx(agree, abs=1e-5)
    if agree[0] > 1e-3:
        assert (up[0] - hue[0] - 1 / 12 + 0.5) % 1 == pytest.approx(0.5, abs=1e-3)


def test_each_pitch_class_has_its_place():
    hue, agree = colors.pitch_hue(np.eye(12))
    # C, G, D, A, E, B, F♯, C♯, G♯, D♯, A♯, F
    assert np.argsort(hue).tolist() == [0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5]
    assert np.allclose(agree, 1)
    assert colors.pitch_hue(np.ones((12, 1)))[1] == pytest.approx(0, abs=1e-6)


def test_a_circle_that_leaves_classes_out():
    with pytest.raises(ValueError, match="step=2 was given; 1, 5, 7 or 11 was expected"):
        colors.pitch_hue(np.eye(12), 2)


@pytest.mark.parametrize("name", features.TIMBRE)
@given(st.lists(st.floats(-100, 1e5, width=32), min_size=2))
def test_drawn_lies_between_0_and_1_and_keeps_the_order(name, values):
    values = np.sort(values)
    drawn = colors.drawn(name, values)
    assert drawn.dtype == np.float32
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert (np.diff(drawn) >= 0).all()


def test_drawn_follows_the_stated_rules():
    assert colors.drawn("loudness", [-99, -40, -20, 0]).tolist() == [0, 0, 0.5, 1]
    assert np.allclose(colors.drawn("flatness", [0, 1e-6, 10**-3.5, 0.1, 1]), [0, 0, 0.5, 1, 1])
    for name in ("centroid", "spread", "rolloff"):
        octave = np.log(2) / np.log(40)
        assert np.allclose(colors.drawn(name, [0, 150, 300, 600, 6000, 1e5]), [0, 0, octave, 2 * octave, 1, 1])


def test_drawn_of_an_unknown_name():
    with pytest.raises(ValueError, match=r"^'loud' was given; one of loudness, "):
        colors.drawn("loud", [0])


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
def test_stretched_uses_the_whole_range(values):
    values = np.array(values)
    stretched = colors.stretched(values)
    assert ((stretched >= 0) & (stretched <= 1)).all()
    assert (np.diff(stretched[np.argsort(values)]) >= 0).all()
    low, high = np.percentile(values, [5, 95])
    assert (stretched[values >= high] == 1).all() or low == high


def test_stretched_ignores_outliers():
    values = np.arange(101.0)
    values[-1] = 1e9
    assert colors.stretched(values)[50] == pytest.approx(0.5)
    assert colors.stretched(values, 0, 50)[25] == pytest.approx(0.5)
