"""When: n moments are n moments, evenly spaced, and nothing drifts."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import moments
from helpers.tempo import Pulse


def lasting(samples: int, sr: int):
    """Return what `moments` needs of a track of any length."""
    return SimpleNamespace(duration=samples / sr)


@given(
    samples=st.integers(800, 3600 * 192_000),
    sr=st.sampled_from([8000, 11025, 22050, 44100, 48000, 96000, 192_000]),
    n=st.one_of(st.integers(1, 600), st.sampled_from([1000, 3584, 50176])),
)
def test_even_edges_are_exact(samples, sr, n):
    when = moments.even(lasting(samples, sr), n)
    assert when.dtype == np.float64
    assert when.shape == (n + 1,)
    assert when[0] == 0
    assert when[-1] == samples / sr
    for i in {0, 1, n // 3, n // 2, n - 1, n}:
        assert abs(Fraction(when[i]) - Fraction(samples * i, sr * n)) <= 2 * np.spacing(samples / sr)


@given(st.integers(1, 60_000))
def test_even_spacing(n):
    when = moments.even(lasting(3600 * 44_100, 44_100), n)
    assert np.abs(np.diff(when) - 3600 / n).max() <= 2 * np.spacing(3600.0)


def test_more_moments_than_samples():
    when = moments.even(lasting(800, 8000), 5000)
    assert (np.diff(when) > 0).all()


def test_whole_number_written_as_a_float():
    assert np.array_equal(moments.even(lasting(800, 8000), 4.0), moments.even(lasting(800, 8000), 4))


@pytest.mark.parametrize("n", [0, -1, 2.5, float("nan"), float("inf"), "seven", "7", None])
def test_even_refuses_what_is_not_a_number_of_moments(n):
    with pytest.raises(ValueError, match=r"^n=.* was given; a whole number of at least 1 was expected\.$"):
        moments.even(lasting(8000, 8000), n)


def test_between():
    assert np.array_equal(moments.between(1, 3, 4), [1, 1.5, 2, 2.5, 3])


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("nan"))])
def test_between_refuses_a_stretch_without_length(start, end):
    with pytest.raises(ValueError, match=r"the end must come after the start\.$"):
        moments.between(start, end, 3)


def steady(period, start, downbeat=0, metre=1):
    """Return a pulse that is a straight line."""
    return Pulse(np.empty(0), period, start, steady=True, downbeat=downbeat, metre=metre)


def wandering(beats, downbeat=0, metre=1):
    """Return a pulse that is a list of beats."""
    beats = np.asarray(beats, dtype=np.float64)
    return Pulse(beats, float(np.median(np.diff(beats))), beats[0], downbeat=downbeat, metre=metre)


steady_pulses = st.builds(steady, st.floats(0.15, 3), st.floats(-2, 200), st.integers(-9, 9), st.integers(1, 4))
wandering_pulses = st.builds(
    lambda start, gaps, downbeat, metre: wandering(start + np.cumsum(gaps), downbeat, metre),
    st.floats(0, 60),
    st.lists(st.floats(0.1, 3), min_size=4, max_size=200),
    st.integers(-9, 9),
    st.integers(1, 4),
)
pulses = st.one_of(steady_pulses, wandering_pulses)
lengths = st.builds(lasting, st.integers(800, 600 * 8000), st.just(8000))


@given(lengths, pulses, st.integers(1, 24), st.integers(1, 300))
def test_rows_on_the_beat(track, pulse, beats_per_row, per_row):
    when = moments.on_the_beat(track, pulse, beats_per_row, per_row)
    assert when.dtype == np.float64
    assert (len(when) - 1) % per_row == 0
    assert (np.diff(when) > 0).all()
    assert when[0] <= 0
    assert when[-1] >= track.duration
    # All edges but the two at the ends are where the beat says, and the rows begin with a bar.
    number = pulse.numbers(when)
    moment = beats_per_row / per_row
    start = number[-2] - (len(when) - 2) * moment
    assert np.abs(number[1:-1] - start - np.arange(1, len(when) - 1) * moment).max(initial=0) < 1e-6
    if len(when) > 2:
        bar = (start - pulse.downbeat) / pulse.metre
        assert abs(bar - round(bar)) < 1e-6
    # The ends are at most half a moment off, no bar before the music is empty, and no row after it.
    assert start - moment / 2 - 1e-6 <= number[0] <= start + 1e-6 or len(when) == 2
    zero, end = pulse.numbers([0, track.duration])
    assert zero < start + pulse.metre + 1e-6
    assert end > start + (len(when) - 1 - per_row) * moment - 1e-6 or len(when) - 1 == per_row


@given(lengths, steady_pulses, st.integers(1, 24), st.integers(1, 300))
def test_steady_rows_do_not_drift(track, pulse, beats_per_row, per_row):
    when = moments.on_the_beat(track, pulse, beats_per_row, per_row)[1:-1]
    moment = beats_per_row * pulse.period / per_row
    steps = (when - when[:1]) / moment
    assert np.abs(steps - np.arange(len(when))).max(initial=0) * moment <= 1e-9 * (1 + np.abs(when).max(initial=0))


def test_a_sliver_adds_no_row():
    track = lasting(80_080, 8000)
    assert np.allclose(
        moments.on_the_beat(track, steady(0.5, 0.01, metre=4), 4, 4)[[0, 1, -2, -1]], [0, 0.51, 9.51, 10.01]
    )
    late = moments.on_the_beat(track, steady(0.5, 0.3, metre=4), 4, 4)
    assert np.allclose(late[[0, 1, -1]], [-1.7, -1.2, 10.3])


@given(wandering_pulses, st.integers(1, 8))
def test_rows_begin_on_the_beats_heard(pulse, beats_per_row):
    track = SimpleNamespace(duration=pulse.beats[-1] + 1)
    rows = moments.on_the_beat(track, replace(pulse, metre=beats_per_row), beats_per_row, 7)[::7]
    expected = pulse.beats[pulse.downbeat % beats_per_row :: beats_per_row]
    # The ends may lie half a moment off the beat.
    expected = expected[(expected >= rows[1]) & (expected < rows[-1] - 2)]
    assert np.abs(rows[:, np.newaxis] - expected).min(axis=0).max(initial=0) < 1e-6


@given(lengths, pulses)
def test_by_beat_covers_the_track(track, pulse):
    when = moments.by_beat(track, pulse)
    assert (when[0], when[-1]) == (0, track.duration)
    assert (np.diff(when) > 0).all()
    number = pulse.numbers(when)
    inner = number[1:-1]
    assert np.abs(inner - np.round(inner)).max(initial=0) < 1e-6
    if len(when) > 2:
        assert np.diff(number).min() > 0.5 - 1e-6
        assert np.diff(number).max() < 1.5 + 1e-6


def test_by_beat_without_a_beat():
    assert np.array_equal(moments.by_beat(lasting(8000, 8000), Pulse(np.empty(0))), [0, 0.5, 1])
    assert np.array_equal(moments.by_beat(lasting(800, 8000), Pulse(np.empty(0))), [0, 0.1])


def test_no_rows_without_a_beat():
    track = SimpleNamespace(duration=1, name="sea")
    pulse = Pulse(np.empty(0), why="No beat stands out.")
    with pytest.raises(
        ValueError, match=r"^'sea' cannot be cut at its beats: use moments\.even.*No beat stands out\.$"
    ):
        moments.on_the_beat(track, pulse, 4, 4)


@pytest.mark.parametrize(
    ("beats", "per_row", "name"), [(0, 4, "beats_per_row"), (4, 1.5, "per_row"), ("4", 4, "beats")]
)
def test_rows_refuse_what_is_not_a_number(beats, per_row, name):
    with pytest.raises(ValueError, match=rf"^{name}.* was given; a whole number of at least 1 was expected\.$"):
        moments.on_the_beat(lasting(8000, 8000), steady(0.5, 0), beats, per_row)
