"""Sound from mel bands: measured again, its bands are the given ones; what they did not keep stays away."""

import numpy as np
import pytest

from helpers import features, load_track, moments, resynthesise, scales, sounds
from helpers.player import _Sound
from helpers.tracks import Track

SR = 22050


def noise(seconds: float = 2.0, sr: int = SR, loud: float = 0.1) -> Track:
    """Return white noise that swells and fades once a second."""
    t = np.arange(round(seconds * sr)) / sr
    signal = np.random.default_rng(0).standard_normal(len(t)) * (1.1 + np.sin(2 * np.pi * t)) * loud / 2
    return Track(signal.astype(np.float32), sr, "noise")


def differences(track: Track, when, power, fmin=50.0, fmax=8000.0, **options) -> np.ndarray:
    """Return by how many dB the bands of the new sound differ from the given ones, where these can be heard at all."""
    again = features.mel(resynthesise(track, when, power, fmin, fmax, **options), when, len(power), fmin, fmax)
    heard = power > power.max() * 1e-4
    assert heard.any()
    return 10 * np.log10(np.maximum(again[heard], 1e-30) / power[heard])


# Measured again.


@pytest.mark.parametrize("sr", [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_its_bands_are_the_given_ones_at_every_sample_rate(sr):
    track = noise(1.0, sr)
    when = moments.even(track, 4)
    off = differences(track, when, features.mel(track, when))
    assert abs(np.median(off)) < 0.6
    assert np.quantile(np.abs(off), 0.9) < 2


@pytest.mark.parametrize(("n", "bands", "allowed"), [(10, 24, 0.7), (112, 24, 3), (112, 112, 6)])
def test_its_bands_are_the_given_ones_for_music(n, bands, allowed):
    groove = load_track("groove")
    track = Track(groove.signal[60 * groove.sr : 70 * groove.sr], groove.sr, "ten seconds of groove")
    when = moments.even(track, n)
    power = features.mel(track, when, bands)
    off = differences(track, when, power)
    assert abs(np.median(off)) < 1
    assert np.quantile(np.abs(off), 0.9) < allowed
    # The squares differ as pictures by less than a tenth of the range of 80 dB.
    again = features.mel(resynthesise(track, when, power), when, bands)
    assert np.abs(features.decibels(again) - features.decibels(power)).mean() < 4


def test_rounds_come_as_near_as_is_needed():
    filters = scales.mel_filters(SR, 2048, 24, 50, 8000)
    power = filters @ np.exp(np.random.default_rng(0).normal(0, 1.5, (filters.shape[1], 64)))
    off = np.abs(10 * np.log10(filters @ sounds._spectra(power, filters) / power)).max()
    assert 0.005 < off < 0.008


def test_all_its_power_is_where_it_was_given():
    track = noise(2.0)
    when = moments.even(track, 8)
    power = np.full((24, 8), 1e-9)
    power[5, 2] = 1
    again = features.mel(resynthesise(track, when, power), when, 24)
    band, moment = np.unravel_index(again.argmax(), again.shape)
    assert (band, moment) == (5, 2)
    # Windows reach into the moments beside, and triangles into the bands beside.
    far = np.ones_like(again, bool)
    far[3:8, 1:4] = False
    assert again[far].max() < 1e-3 * again.max()


def test_uneven_moments():
    track = noise(3.0)
    when = np.array([0, 0.05, 0.4, 0.41, 1.5, 1.52, 2.9, 3.0])
    off = differences(track, when, features.mel(track, when, 16))
    assert abs(np.median(off)) < 2
    # The long ones are as exact as ever.
    long = np.array([0, 0.9, 1.1, 3.0])
    assert np.quantile(np.abs(differences(track, long, features.mel(track, long, 16))), 0.9) < 1


@pytest.mark.parametrize(("fmin", "fmax"), [(50, 2000), (500, 8000), (0, 11_025), (50, 99_999)])
def test_other_ranges_of_frequency(fmin, fmax):
    track = noise(1.0)
    when = moments.even(track, 3)
    power = features.mel(track, when, 20, fmin, fmax)
    assert abs(np.median(differences(track, when, power, fmin, fmax))) < 0.6
    made = resynthesise(track, when, power, fmin, fmax)
    spectrum = features.spectrogram(made, when).mean(axis=1)
    hz = np.arange(len(spectrum)) * SR / 2048
    assert spectrum[(hz < fmin - 50) | (hz > fmax + 50)].sum() < 1e-3 * spectrum.sum()


def test_one_band_and_one_moment():
    track = noise(1.0)
    assert np.abs(differences(track, [0, 1], features.mel(track, [0, 1], 1))).max() < 1


def test_bands_too_narrow_to_be_measured_are_silent_and_spoil_nothing():
    track = noise(1.0)
    when = moments.even(track, 3)
    power = features.mel(track, when, 1000)
    assert (power == 0).all(axis=1).any()
    assert abs(np.median(differences(track, when, power))) < 1.5


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_size_of_the_blocks_changes_only_roundings(at_once, monkeypatch):
    track = noise(1.0)
    when = moments.even(track, 30)
    power = features.mel(track, when, 12)
    whole = resynthesise(track, when, power).signal
    monkeypatch.setattr(sounds, "_AT_ONCE", at_once)
    assert resynthesise(track, when, power).signal == pytest.approx(whole, abs=1e-5)


# What it is besides.


@pytest.mark.parametrize("samples", [800, 801, 1023, 1024, 1025, 5000])
def test_length_sample_rate_and_name(samples):
    track = Track(np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32), 8000, "song")
    when = moments.even(track, 3)
    made = resynthesise(track, when, features.mel(track, when, 8))
    assert (made.signal.shape, made.signal.dtype, made.sr) == ((samples,), np.float32, 8000)
    assert made.name == "what is left of song"
    assert (made.path, made.truth) == (None, None)


def test_the_seed_chooses_the_noise():
    track = noise(0.5)
    when = moments.even(track, 5)
    power = features.mel(track, when, 12)
    one, same, other = (resynthesise(track, when, power, seed=seed).signal for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert np.array_equal(one, resynthesise(track, when, power).signal)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


def test_the_measurements_are_not_altered():
    track = noise(0.5)
    when = moments.even(track, 5)
    power = features.mel(track, when, 12) - 1e-3
    before = power.copy()
    resynthesise(track, when, power)
    assert np.array_equal(power, before)


def test_silence_stays_silent():
    track = Track(np.zeros(SR, np.float32), SR)
    when = moments.even(track, 9)
    assert not resynthesise(track, when, features.mel(track, when)).signal.any()


def test_negative_power_is_none():
    track = noise(1.0)
    when = moments.even(track, 6)
    power = features.mel(track, when, 12)
    power[3:] = 0
    below = np.where(power == 0, -5, power)
    assert np.array_equal(resynthesise(track, when, below).signal, resynthesise(track, when, power).signal)
    assert not resynthesise(track, when, -power).signal.any()


@pytest.mark.parametrize("factor", [0.01, 0.25, 4.0])
def test_four_times_the_power_is_twice_as_loud(factor):
    track = noise(1.0, loud=0.02)
    when = moments.even(track, 6)
    power = features.mel(track, when, 12)
    once = resynthesise(track, when, power).signal
    assert resynthesise(track, when, power * factor).signal == pytest.approx(once * np.sqrt(factor), rel=1e-3, abs=1e-5)


def test_it_is_as_loud_as_the_music():
    track = noise(2.0)
    when = moments.even(track, 20)
    made = resynthesise(track, when, features.mel(track, when, 40, 0, SR / 2), 0, SR / 2)
    rms = [np.sqrt(np.mean(signal.astype(float) ** 2)) for signal in (track.signal, made.signal)]
    assert 20 * np.log10(rms[1] / rms[0]) == pytest.approx(0, abs=1)


def test_it_is_as_loud_as_measured_even_beyond_full_scale():
    track = noise(1.0)
    when = moments.even(track, 6)
    power = features.mel(track, when, 12)
    once, louder = resynthesise(track, when, power), resynthesise(track, when, power * 1e6)
    assert louder.peak > 10
    assert louder.signal == pytest.approx(1000 * once.signal, rel=1e-3, abs=1e-2)
    # The player turns it down.
    assert np.abs(np.frombuffer(_Sound.of(louder).read(0, SR), "<i2").astype(int)).max() > 32000


def test_moments_that_end_elsewhere_than_the_music():
    track = noise(2.0)
    when = np.array([-1.0, -0.5, 0.5, 1.0])
    power = np.array([[9.0, 1, 1]] * 12)
    made = resynthesise(track, when, power).signal
    assert len(made) == len(track.signal)
    # Beyond the last moment there is nothing; a window reaches 93 ms into it.
    assert np.abs(made[: SR // 2]).mean() > 0.01
    assert not made[round(1.1 * SR) :].any()
    late = resynthesise(track, when + 2, power).signal
    assert not late[: round(0.9 * SR)].any()
    assert late[round(1.1 * SR) :].any()


@pytest.mark.parametrize(
    "power",
    [
        np.ones((4, 3)),
        np.ones((4, 5)),
        np.ones(4),
        np.ones((4, 4, 1)),
        np.full((4, 4), np.nan),
        np.full((4, 4), np.inf),
    ],
)
def test_power_that_does_not_fit(power):
    track = noise(0.5)
    with pytest.raises(ValueError, match=r"^Power of shape .* was given for 4 moments: one column of finite numbers"):
        resynthesise(track, moments.even(track, 4), power)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": -1}, r"^seed=-1 was given; a whole number of at least 0 was expected\.$"),
        ({"seed": 0.5}, r"^seed=0.5 was given"),
        ({"fmin": 9000}, r"fmin must be at least 0 and below 8000 Hz\.$"),
    ],
)
def test_what_it_cannot_be_asked(options, sentence):
    track = noise(0.5)
    with pytest.raises(ValueError, match=sentence):
        resynthesise(track, moments.even(track, 4), np.ones((4, 4)), **options)
    with pytest.raises(ValueError, match=r"^Moments are increasing edges"):
        resynthesise(track, [0, 2, 1], np.ones((4, 2)))


def test_no_bands_are_a_sentence():
    track = noise(0.5)
    with pytest.raises(ValueError, match=r"^bands=0 was given; a whole number of at least 1 was expected\.$"):
        resynthesise(track, moments.even(track, 4), np.ones((0, 4)))
