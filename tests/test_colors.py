"""How: the colours are matplotlib's, and bad values are refused."""

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.colors import Normalize

from helpers import colors

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
