"""What: the numbers that describe a sound are librosa's, of moments that skip no sample."""

from functools import partial

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import colors, features, moments, spectra
from helpers.tracks import Track

SR = 8000
N_FFT = 256
MEASURES = {
    **{name: partial(getattr(features, name), n_fft=N_FFT) for name in features.TIMBRE},
    "timbre": partial(features.timbre, n_fft=N_FFT),
    "onset_strength": partial(features.onset_strength, bands=5, n_fft=N_FFT),
    "chroma": partial(features.chroma, n_fft=N_FFT),
}
ROWS = {"timbre": 5, "chroma": 12}
# Many windows a moment, about one, and many moments a window.
MOMENTS = [3, 40, 700]


def noise(samples: int = 4000, sr: int = SR, seed: int = 0) -> Track:
    """Return a track of noise that is louder and duller in the middle, with silence at the end."""
    signal = np.random.default_rng(seed).uniform(-0.9, 0.9, samples) * np.hanning(samples) ** 2
    middle = slice(samples // 3, samples // 2)
    signal[middle] = np.cumsum(signal[middle]) / 9
    signal[-samples // 8 :] = 0
    return Track(signal.astype(np.float32), sr, "noise")


def tone(hz: float, sr: int = 22050, seconds: float = 1.0) -> Track:
    """Return a track of one sine wave."""
    return Track((0.5 * np.sin(2 * np.pi * hz * np.arange(round(sr * seconds)) / sr)).astype(np.float32), sr, "tone")


@pytest.mark.parametrize("name", MEASURES)
@given(n=st.integers(1, 600), samples=st.integers(800, 5000))
def test_n_moments_give_n_columns(name, n, samples):
    track = noise(samples)
    what = MEASURES[name](track, moments.even(track, n))
    assert what.shape == (ROWS.get(name, 1), n)
    assert what.dtype == np.float32
    assert np.isfinite(what).all()


@pytest.mark.parametrize("n", MOMENTS)
@pytest.mark.parametrize("exponent", [1, 2])
def test_shape_of_the_spectrum_is_librosas(n, exponent):
    track = noise()
    when = moments.even(track, n)
    power = features.spectrogram(track, when, N_FFT).astype(float)
    weight, hz = power ** (exponent / 2), np.arange(N_FFT // 2 + 1) * SR / N_FFT
    given = {"S": weight, "freq": hz}
    theirs = {
        "centroid": librosa.feature.spectral_centroid(**given),
        "spread": librosa.feature.spectral_bandwidth(**given),
        "rolloff": librosa.feature.spectral_rolloff(**given),
        "flatness": librosa.feature.spectral_flatness(S=weight, power=1),
    }
    ours = features.timbre(track, when, list(theirs), N_FFT, exponent)
    for name, mine in zip(theirs, ours, strict=True):
        close = np.isclose(mine, theirs[name][0], rtol=1e-4, atol=1e-3)
        # A rolloff may fall on the border of two frequencies.
        assert close.mean() >= (0.99 if name == "rolloff" else 1), name
    assert ours.std(axis=1).min() > 0


@pytest.mark.parametrize("n", MOMENTS)
def test_loudness_is_weighted_power(n):
    track = noise()
    when = moments.even(track, n)
    power = features.spectrogram(track, when, N_FFT)
    with np.errstate(divide="ignore"):
        weight = librosa.A_weighting(np.arange(N_FFT // 2 + 1) * SR / N_FFT, min_db=None)
    theirs = librosa.power_to_db(10 ** (weight / 10) @ power, ref=np.max, amin=1e-30)
    assert np.allclose(features.loudness(track, when, N_FFT)[0], np.maximum(theirs, -80), atol=1e-3)
    by_magnitude = features.timbre(track, when, "loudness", N_FFT, exponent=1)
    assert np.array_equal(by_magnitude, features.loudness(track, when, N_FFT))


@pytest.mark.parametrize("n_fft", [256, 1024, 4096])
def test_a_common_reference_is_a_sine_wave(n_fft):
    track = tone(1000)
    quiet = Track(track.signal / 10, track.sr)
    when = moments.between(0.3, 0.7, 3)
    assert features.loudness(track, when, n_fft, ref=0.5) == pytest.approx(np.zeros((1, 3)), abs=0.1)
    assert features.loudness(track, when, n_fft, ref=0.05) == pytest.approx(np.full((1, 3), 20), abs=0.1)
    assert features.loudness(quiet, when, n_fft, ref=0.5) == pytest.approx(np.full((1, 3), -20), abs=0.1)
    assert np.allclose(features.loudness(quiet, when, n_fft), features.loudness(track, when, n_fft), atol=1e-3)
    named = features.timbre(quiet, when, ["centroid", "loudness"], n_fft, ref=0.5)
    assert np.array_equal(named[1:], features.loudness(quiet, when, n_fft, ref=0.5))


@pytest.mark.parametrize("n", MOMENTS)
def test_onset_strength_is_librosas(n):
    track = noise()
    when = moments.even(track, n)
    bands = {"bands": 5, "n_fft": N_FFT}
    levels = features.decibels(features.mel(track, when, **bands))
    theirs = librosa.onset.onset_strength(S=levels, sr=SR, center=False)
    assert np.allclose(features.onset_strength(track, when, **bands)[0], theirs, atol=1e-4)


@pytest.mark.parametrize("n", MOMENTS)
def test_chroma_is_librosas(n):
    track = noise()
    when = moments.even(track, n)
    power = features.spectrogram(track, when, N_FFT)
    power[0] = 0
    theirs = librosa.feature.chroma_stft(S=power, sr=SR, n_fft=N_FFT, tuning=0)
    assert np.allclose(features.chroma(track, when, N_FFT), theirs, atol=1e-4)


@pytest.mark.parametrize(("hz", "pitch_class"), [(261.63, 0), (440, 9), (880, 9), (1244.5, 3), (123.47, 11)])
def test_a_tone_has_its_pitch_class(hz, pitch_class):
    track = tone(hz)
    chroma = features.chroma(track, moments.even(track, 3))
    assert (chroma.argmax(axis=0) == pitch_class).all()
    hue, agree = colors.pitch_hue(chroma, step=1)
    apart = (hue * 12 - pitch_class + 6) % 12 - 6
    assert np.abs(apart).max() < 0.5
    assert agree.min() > 0.8
    # A lower tone reaches its neighbours on the keyboard, which are far away on the circle of fifths.
    if hz > 200:
        apart = (colors.pitch_hue(chroma)[0] * 12 - pitch_class * 7 + 6) % 12 - 6
        assert np.abs(apart).max() < 0.5


@pytest.mark.parametrize(("sr", "seconds"), [(8000, 0.1), (22050, 1), (96_000, 0.5), (192_000, 0.3)])
def test_every_sample_rate_and_length(sr, seconds):
    track = tone(1000, sr, seconds)
    for n in (1, 9, 300):
        when = moments.even(track, n)
        what = dict(zip(features.TIMBRE, features.timbre(track, when), strict=True))
        inner = slice(n // 3, n - n // 3)
        assert np.median(what["rolloff"][inner]) == pytest.approx(1000, rel=0.1)
        if seconds >= 0.3:
            assert np.median(what["centroid"][inner]) == pytest.approx(1000, rel=0.1)
        assert features.chroma(track, when).shape == (12, n)


@pytest.mark.parametrize("sr", [8000, 44100, 192_000])
def test_the_same_music_sounds_the_same_at_every_sample_rate(sr):
    assert features.flatness(tone(1000, sr), [0.3, 0.7]) < 1e-3
    white = Track(np.random.default_rng(0).uniform(-0.9, 0.9, sr).astype(np.float32), sr)
    when = moments.even(white, 1)
    assert features.flatness(white, when) > 0.5
    assert features.centroid(white, when) == pytest.approx(sr / 4, rel=0.05)
    assert features.spread(white, when) == pytest.approx(sr / 2 / np.sqrt(12), rel=0.05)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exponent", [1, 2])
def test_silence(exponent):
    track = Track(np.zeros(SR, np.float32), SR)
    when = moments.even(track, 7)
    what = features.timbre(track, when, n_fft=N_FFT, exponent=exponent)
    assert np.allclose(what, np.array([-80, 0, 0, 0, 1])[:, np.newaxis])
    assert np.allclose(features.loudness(track, when, N_FFT, ref=1), -80)
    assert not features.onset_strength(track, when).any()
    chroma = features.chroma(track, when)
    assert not chroma.any()
    assert not colors.pitch_hue(chroma).any()
    for name, row in zip(features.TIMBRE, what, strict=True):
        assert (colors.drawn(name, row) == (name == "flatness")).all()
        assert not colors.stretched(row).any()


def test_one_pass_gives_the_same_as_several():
    track = noise()
    when = moments.even(track, 50)
    names = ["flatness", "loudness", "spread", "centroid", "rolloff"]
    together = features.timbre(track, when, names, N_FFT)
    alone = [getattr(features, name)(track, when, N_FFT)[0] for name in names]
    assert np.allclose(together, alone, rtol=1e-6)
    assert np.array_equal(features.timbre(track, when, "spread", N_FFT)[0], alone[2])


def test_no_moment_knows_of_others(monkeypatch):
    track = noise(20_000)
    when = moments.even(track, 300)
    once = features.timbre(track, when, n_fft=N_FFT)
    monkeypatch.setattr(spectra, "_BLOCKS_PER_TASK", 1)
    monkeypatch.setattr(spectra, "_SAMPLES_PER_BLOCK", N_FFT * 7)
    assert np.allclose(features.timbre(track, when, n_fft=N_FFT), once, rtol=1e-5)


@pytest.mark.parametrize("names", [["loud"], [], ["centroid", "brightness"]])
def test_unknown_names(names):
    track = noise()
    with pytest.raises(ValueError, match=r"was given; some of loudness, centroid, .* were expected\.$"):
        features.timbre(track, moments.even(track, 2), names)


def test_odd_window():
    track = noise()
    with pytest.raises(ValueError, match="n_fft=255 was given; an even number"):
        features.centroid(track, moments.even(track, 2), 255)


# Between 0 and 1.
