"""What: every measurement is what it says, equal to librosa's, and skips no sample."""

import itertools
import warnings
from functools import partial
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import colors, features, moments, scales, spectra, tracks
from helpers.tracks import Track

SR = 8000
N_FFT = 64
FEATURES = {
    "envelope": features.envelope,
    "waveform": partial(features.waveform, bins=9),
    "amplitude_histogram": partial(features.amplitude_histogram, bins=9),
    "spectrogram": partial(features.spectrogram, n_fft=N_FFT),
    "mel": partial(features.mel, bands=5, n_fft=N_FFT),
    "perceptual_mel": partial(features.perceptual_mel, bands=5, n_fft=N_FFT),
}
ROWS = {"envelope": 2, "waveform": 9, "amplitude_histogram": 9, "spectrogram": 33, "mel": 5, "perceptual_mel": 5}

sizes = st.one_of(st.integers(1, 512), st.sampled_from([1, 2, 3, 27, 224, 299, 511, 512]))


def noise(samples: int, sr: int = SR, seed: int = 0) -> Track:
    """Return a track of white noise."""
    return Track(np.random.default_rng(seed).uniform(-0.9, 0.9, samples).astype(np.float32), sr, "noise")


def impulse(samples: int, at: int) -> Track:
    """Return a silent track but for one sample."""
    signal = np.zeros(samples, np.float32)
    signal[at] = 1
    return Track(signal, SR, "impulse")


def uneven(track: Track, n: int, seed: int) -> np.ndarray:
    """Return moments of many lengths that cover a track."""
    inner = np.random.default_rng(seed).uniform(0, track.duration, n - 1)
    return np.unique(np.concatenate([[0], inner, [track.duration]]))


def inside(signal: np.ndarray, start: int, length: int) -> np.ndarray:
    """Return `length` samples from `start`, zeros where there is no music."""
    at = np.arange(start, start + length)
    there = (at >= 0) & (at < len(signal))
    return np.where(there, signal[np.clip(at, 0, len(signal) - 1)], 0).astype(float)


def slow_power(track: Track, when: np.ndarray, n_fft: int) -> np.ndarray:
    """Return the mean power of the windows of each moment, window by window."""
    starts, first = spectra.windows(track, when, n_fft)
    hann = np.sin(np.pi * np.arange(n_fft) / n_fft) ** 2
    powers = [np.abs(np.fft.rfft(inside(track.signal, s, n_fft) * hann)) ** 2 for s in starts]
    return np.stack([np.mean(powers[a:b], axis=0) for a, b in itertools.pairwise(first)], axis=1)


# The promises: exact, nothing lost.


@pytest.mark.parametrize("name", FEATURES)
@given(n=sizes, samples=st.integers(800, 5000))
def test_n_moments_give_n_columns(name, n, samples):
    track = noise(samples)
    what = FEATURES[name](track, moments.even(track, n))
    assert what.shape == (ROWS[name], n)
    assert what.dtype == np.float32
    assert np.isfinite(what).all()


@pytest.mark.parametrize("name", FEATURES)
def test_silence_is_measured(name):
    track = Track(np.zeros(800, np.float32), SR)
    what = FEATURES[name](track, moments.even(track, 7))
    expected = {"perceptual_mel": [-60], "amplitude_histogram": [0, 114, 115], "waveform": [0, 1]}.get(name, [0])
    assert set(np.unique(what)) <= set(expected)


@pytest.mark.parametrize("name", FEATURES)
def test_measuring_changes_neither_track_nor_moments(name):
    track = noise(2000)
    when = moments.even(track, 9)
    before, edges = track.signal.copy(), when.copy()
    FEATURES[name](track, when)
    assert np.array_equal(track.signal, before)
    assert np.array_equal(when, edges)


@given(n=st.integers(1, 3000), samples=st.integers(800, 2000), evenly=st.booleans(), seed=st.integers(0, 99))
def test_every_sample_lies_in_exactly_one_moment(n, samples, evenly, seed):
    track = noise(samples)
    when = moments.even(track, n) if evenly else uneven(track, n, seed)
    edges = spectra.sample_edges(track, when)
    assert edges[0] == 0
    assert edges[-1] == samples
    assert (np.diff(edges) >= 0).all()
    moment = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    time = np.arange(samples) / SR
    assert (when[moment] <= time + 1e-9).all()
    assert (time < when[moment + 1] + 1e-9).all()


@pytest.mark.parametrize("sr", [11025, 44100, 192_000])
@pytest.mark.parametrize("n", [1, 2, 7, 224, 1000, 3584, 50176])
def test_windows_stand_in_the_middle_and_never_drift(sr, n):
    samples, n_fft = 3600 * sr + 1, 2048
    hour = SimpleNamespace(sr=sr, duration=samples / sr)
    starts, first = spectra.windows(hour, moments.even(hour, n), n_fft)
    count = np.diff(first)
    moment = np.repeat(np.arange(n), count)
    within = np.arange(len(starts)) - first[moment]
    # In whole numbers, so that the test itself rounds nothing: center = (moment + (within + ½) / count) · samples / n.
    off = (starts + n_fft // 2) * 2 * n * count[moment] - (2 * moment * count[moment] + 2 * within + 1) * samples
    assert np.abs(off / (2 * n * count[moment])).max() <= 0.5 + 1e-4
    assert len(first) == n + 1
    # As many windows as it takes, half a window apart, and no more.
    assert (samples / n / count <= n_fft / 2 + 1e-3).all()
    assert ((count == 1) | (samples / n / (n_fft / 2) > count - 1)).all()


@given(n=st.integers(1, 60), seed=st.integers(0, 99))
def test_windows_of_uneven_moments(n, seed):
    track = noise(4000)
    when = uneven(track, n, seed)
    starts, first = spectra.windows(track, when, 256)
    middle = (when[1:] + when[:-1]) / 2 * SR
    for i, (a, b) in enumerate(itertools.pairwise(first)):
        assert abs(np.mean(starts[a:b] + 128) - middle[i]) <= 0.5 + 1e-5
        assert (when[i + 1] - when[i]) * SR / (b - a) <= 128 + 1e-5
    assert np.diff(starts).max(initial=0) <= 129


@pytest.mark.parametrize("n", [1, 2, 3, 13, 31, 100, 700])
def test_no_impulse_is_overlooked(n):
    samples, n_fft = 4000, 256
    for at in [0, 1, *range(5, samples - 1, 67), samples - 2, samples - 1]:
        track = impulse(samples, at)
        when = moments.even(track, n)
        seen = features.spectrogram(track, when, n_fft)
        count = np.diff(spectra.windows(track, when, n_fft)[1])
        # Some window stands within a quarter of its length, where a Hann window is at least ½: power ¼ in each row.
        assert (seen * count).max() >= 0.24, at
        assert seen[0].argmax() in range(int(at * n / samples) - n_fft * n // samples - 1, n)
        assert features.envelope(track, when)[1].max() == 1
        assert features.amplitude_histogram(track, when, 4)[3].sum() == 1


@given(n=st.integers(1, 2000), samples=st.integers(800, 3000), bins=st.integers(1, 130))
def test_histogram_counts_every_sample_once(n, samples, bins):
    track = noise(samples)
    counts = features.amplitude_histogram(track, moments.even(track, n), bins)
    assert counts.sum(dtype=float) == samples
    assert counts.sum(axis=0).max() <= -(-samples // n)


def test_histogram_of_an_hour_in_one_moment_counts_every_sample():
    signal = np.zeros((1 << 24) + 1, np.float32)
    track = Track(signal, 192_000)
    counts = features.amplitude_histogram(track, moments.even(track, 1), 3)
    assert counts.sum(dtype=float) == pytest.approx(len(signal), rel=1e-6)


# Against a slow loop.


@given(n=st.integers(1, 1200), evenly=st.booleans(), seed=st.integers(0, 99))
def test_envelope_is_the_slow_loop(n, evenly, seed):
    track = noise(1000, seed=seed)
    when = moments.even(track, n) if evenly else uneven(track, n, seed)
    low, high = features.envelope(track, when)
    edges = spectra.sample_edges(track, when)
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        piece = track.signal[a:b] if b > a else track.signal[[min(a, 999)]]
        assert (low[i], high[i]) == (piece.min(), piece.max())


@pytest.mark.parametrize("when", [[0, 0.1, 0.2], [0, 0.05, 0.09995, 0.1], [-0.1, 0, 0.1], [0.03, 0.07, 0.3]])
def test_envelope_of_moments_that_end_elsewhere_than_the_music(when):
    signal = np.zeros(800, np.float32)
    signal[-1] = 1
    track = Track(signal, SR)
    edges = spectra.sample_edges(track, when)
    holds = [a <= 799 < b for a, b in itertools.pairwise(edges)]
    high = features.envelope(track, when)[1]
    assert high[np.flatnonzero(holds)] == 1


@given(
    n=st.integers(1, 1200),
    bins=st.integers(1, 100),
    limit=st.sampled_from([0.25, 0.5, 1.0, 2.0]),
    evenly=st.booleans(),
    seed=st.integers(0, 99),
)
def test_waveform_is_the_slow_loop(n, bins, limit, evenly, seed):
    track = noise(1000, seed=seed)
    when = moments.even(track, n) if evenly else uneven(track, n, seed)
    drawn = features.waveform(track, when, bins, limit)
    borders = np.linspace(-limit, limit, bins + 1)
    for i, (low, high) in enumerate(features.envelope(track, when).T.astype(float)):
        first, last = (
            min(max(np.searchsorted(borders, amplitude, side="right") - 1, 0), bins - 1) for amplitude in (low, high)
        )
        assert np.flatnonzero(drawn[:, i]).tolist() == list(range(first, last + 1))
    assert set(np.unique(drawn)) <= {0, 1}


def test_waveform_fills_the_bins_between_the_lowest_and_the_highest():
    signal = np.repeat(np.float32([0, 0.3, -0.9, 5, -5]), 800)
    signal[:400] = -0.1
    drawn = features.waveform(Track(signal, SR), np.arange(6) / 10, 4)
    assert drawn.T.tolist() == [[0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    loud = features.waveform(Track(signal, SR), np.arange(6) / 10, 4, limit=20)
    assert loud.T.tolist() == [[0, 1, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]


@given(n=st.integers(1, 50), bins=st.integers(1, 100), limit=st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_histogram_is_the_slow_loop(n, bins, limit):
    track = noise(1500, seed=n)
    when = moments.even(track, n)
    counts = features.amplitude_histogram(track, when, bins, limit)
    edges = spectra.sample_edges(track, when)
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        piece = np.clip(track.signal[a:b].astype(float), -limit, limit)
        assert np.array_equal(counts[:, i], np.histogram(piece, bins, (-limit, limit))[0])


def test_histogram_has_the_lowest_amplitude_first():
    track = Track(np.full(800, -0.95, np.float32), SR)
    assert np.array_equal(features.amplitude_histogram(track, [0, 0.1], 10)[:, 0], [800] + [0] * 9)


@pytest.mark.parametrize("n_fft", [2, 64, 250])
@settings(max_examples=25)
@given(n=st.integers(1, 90), evenly=st.booleans(), seed=st.integers(0, 99))
def test_spectrogram_is_the_mean_power_of_its_windows(n_fft, n, evenly, seed):
    track = noise(1500, seed=seed)
    when = moments.even(track, n) if evenly else uneven(track, n, seed)
    slow = slow_power(track, when, n_fft)
    assert features.spectrogram(track, when, n_fft) == pytest.approx(slow, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("when", [[-3, -2], [5, 6, 7], [-0.2, 0.05, 0.3], [0.049, 0.0491], [-2, 4]])
def test_spectrogram_of_moments_outside_the_music(when):
    track = noise(800)
    what = features.spectrogram(track, when, 64)
    assert what == pytest.approx(slow_power(track, np.array(when, float), 64), rel=1e-5, abs=1e-9)


# librosa is the oracle.


@pytest.mark.parametrize(("hop", "n_fft"), [(512, 2048), (1024, 2048), (441, 2048), (147, 512), (1, 64), (32, 64)])
def test_spectrogram_is_librosas(hop, n_fft):
    n = 40
    track = noise(n * hop if n * hop >= 800 else 800)
    n = len(track.signal) // hop
    ours = features.spectrogram(track, np.arange(n + 1) * hop / SR, n_fft)
    padded = np.pad(track.signal.astype(float), (n_fft // 2 - (hop + 1) // 2, n_fft))
    theirs = np.abs(librosa.stft(padded, n_fft=n_fft, hop_length=hop, center=False)[:, :n]) ** 2
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("hop", "n_fft"), [(512, 2048), (441, 2048), (255, 512)])
def test_moments_around_librosas_frames_give_librosas_spectrogram(hop, n_fft):
    track = noise(40 * hop, 22050)
    theirs = np.abs(librosa.stft(track.signal.astype(float), n_fft=n_fft, hop_length=hop)) ** 2
    when = (np.arange(theirs.shape[1] + 1) - 0.5) * hop / 22050
    np.testing.assert_allclose(features.spectrogram(track, when, n_fft), theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("many", [2, 3, 8])
def test_long_moments_are_the_mean_of_librosas_frames(many):
    n_fft, n = 256, 11
    track = noise(n * many * n_fft // 2)
    ours = features.spectrogram(track, moments.even(track, n), n_fft)
    padded = np.pad(track.signal.astype(float), (n_fft // 4, n_fft))
    frames = np.abs(librosa.stft(padded, n_fft=n_fft, hop_length=n_fft // 2, center=False)[:, : n * many]) ** 2
    theirs = frames.reshape(len(frames), n, many).mean(axis=2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    ("sr", "hop", "n_fft", "bands", "fmin", "fmax"),
    [(22050, 512, 2048, 24, 50, 8000), (44100, 735, 4096, 14, 50, 8000), (8000, 200, 512, 40, 20, 4000)],
)
def test_mel_and_perceptual_mel_are_librosas(sr, hop, n_fft, bands, fmin, fmax):
    n = 30
    track = noise(n * hop, sr)
    when = np.arange(n + 1) * hop / sr
    padded = np.pad(track.signal.astype(float), (n_fft // 2 - (hop + 1) // 2, n_fft))
    power = np.abs(librosa.stft(padded, n_fft=n_fft, hop_length=hop, center=False)[:, :n]) ** 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = librosa.feature.melspectrogram(S=power, sr=sr, n_mels=bands, fmin=fmin, fmax=fmax)
    ours = features.mel(track, when, bands, fmin, fmax, n_fft)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-12)

    centers = librosa.mel_frequencies(n_mels=bands + 2, fmin=fmin, fmax=fmax)[1:-1]
    weighted = librosa.perceptual_weighting(theirs, centers, ref=1.0, amin=1e-30, top_db=None)
    expected = np.maximum(weighted - weighted.max(), -80)
    ours = features.perceptual_mel(track, when, bands, fmin, fmax, n_fft)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)
    assert ours.max() == 0


@pytest.mark.parametrize("top_db", [20.0, 80.0, 120.0])
@pytest.mark.parametrize("ref", [None, 1.0, 0.01])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels_are_librosas(top_db, ref, dtype):
    power = np.random.default_rng(0).uniform(0, 1, (30, 40)) ** 20
    power[0] = 0
    expected = librosa.power_to_db(power, ref=ref or np.max, amin=1e-300, top_db=None)
    ours = features.decibels(power.astype(dtype), top_db, ref)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.maximum(expected, -top_db), rtol=1e-5, atol=1e-4)
    if ref is None:
        theirs = librosa.power_to_db(power, ref=np.max, amin=1e-300, top_db=top_db)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("ref", [None, 0.0])
def test_decibels_of_silence(ref):
    assert np.array_equal(features.decibels(np.zeros((2, 3)), 60.0, ref), np.full((2, 3), -60))


def test_power_is_averaged_before_decibels():
    signal = np.zeros(8000, np.float32)
    signal[:4000] = np.sin(2 * np.pi * 1000 * np.arange(4000) / SR)
    track = Track(signal, SR)
    # Half of one moment is silent: half the power, 3 dB down. Decibels averaged would be some 40 down.
    whole, half = (features.mel(track, [0, end], 24, 50, 4000, 256).max() for end in (1, 0.5))
    assert whole / half == pytest.approx(0.5, rel=0.02)


def test_rows_are_frequencies_lowest_first():
    track = Track(np.sin(2 * np.pi * 1000 * np.arange(8000) / SR).astype(np.float32), SR)
    assert (features.spectrogram(track, moments.even(track, 5), 256).argmax(axis=0) == 32).all()
    band = np.abs(scales.mel_frequencies(SR, 24, 50, 4000) - 1000).argmin()
    assert (features.mel(track, moments.even(track, 5), 24, 50, 4000, 2048).argmax(axis=0) == band).all()


def steps_used(values) -> float:
    """Return the entropy, in bits, of the 256 steps from the smallest to the greatest value."""
    counts = np.bincount(colors.levels(values).ravel())
    share = counts[counts > 0] / values.size
    return float(-(share * np.log2(share)).sum())


def test_pictures_look_as_far_down_as_uses_their_steps_best():
    """On average over the six pieces, the steps of a square are used worse with less depth and with more."""
    used = []
    for name in tracks.shipped():
        track = tracks.load_track(name)
        when = moments.even(track, 224)
        all_of_it = features.perceptual_mel(track, when, 224, top_db=200)
        others = [np.maximum(all_of_it, -depth) for depth in (30, 40, 50, 70, 80, 100)]
        used.append([steps_used(values) for values in (features.perceptual_mel(track, when, 224), *others)])
    by_default, *otherwise = np.mean(used, axis=0)
    assert by_default > max(otherwise)


# The window's length, and where the work is done.


@pytest.mark.parametrize(
    ("sr", "length"),
    [
        (8000, 1024),
        (11025, 1024),
        (16000, 2048),
        (22050, 2048),
        (32000, 4096),
        (44100, 4096),
        (48000, 4096),
        (88200, 8192),
        (96000, 8192),
        (176400, 16384),
        (192000, 16384),
    ],
)
def test_window_length(sr, length):
    assert spectra.window_length(sr) == length
    assert abs(np.log2(length / sr / (2048 / 22050))) <= 0.5


def test_window_length_is_chosen_where_none_is_given():
    track = noise(4000)
    when = moments.even(track, 3)
    assert np.array_equal(features.spectrogram(track, when), features.spectrogram(track, when, 1024))
    assert np.array_equal(features.mel(track, when), features.mel(track, when, n_fft=1024))
    assert np.array_equal(features.perceptual_mel(track, when), features.perceptual_mel(track, when, n_fft=1024))


@pytest.mark.parametrize("n", [1, 40, 3000])
def test_number_of_processors_changes_nothing(n, monkeypatch):
    track = noise(30_000)
    monkeypatch.setattr(spectra, "_SAMPLES_PER_BLOCK", 512)
    monkeypatch.setattr(spectra, "_BLOCKS_PER_TASK", 2)
    results = []
    for processors in (1, 2, 7, None):
        monkeypatch.setattr(spectra.os, "cpu_count", lambda processors=processors: processors)
        results.append(features.mel(track, moments.even(track, n), n_fft=128))
    assert all(np.array_equal(result, results[0]) for result in results)


@pytest.mark.parametrize("samples_per_block", [1, 64, 1000, 5000])
@pytest.mark.parametrize("blocks_per_task", [1, 3])
@pytest.mark.parametrize("n", [1, 3, 17, 400])
def test_size_of_the_blocks_changes_only_roundings(samples_per_block, blocks_per_task, n, monkeypatch):
    track = noise(3000)
    when = moments.even(track, n)
    whole = features.spectrogram(track, when, 64)
    monkeypatch.setattr(spectra, "_SAMPLES_PER_BLOCK", samples_per_block)
    monkeypatch.setattr(spectra, "_BLOCKS_PER_TASK", blocks_per_task)
    np.testing.assert_allclose(features.spectrogram(track, when, 64), whole, rtol=1e-6)


@pytest.mark.parametrize("samples_at_once", [1, 100, 2999, 3000])
def test_histogram_does_not_depend_on_its_blocks(samples_at_once, monkeypatch):
    track = noise(3000)
    when = moments.even(track, 17)
    whole = features.amplitude_histogram(track, when)
    monkeypatch.setattr(features, "_SAMPLES_AT_ONCE", samples_at_once)
    assert np.array_equal(features.amplitude_histogram(track, when), whole)


@pytest.mark.parametrize("n_fft", [-2, 1, 3, 2.5, float("nan")])
def test_bad_window_lengths(n_fft):
    with pytest.raises(
        ValueError, match=r"^n_fft=.* was given; (an even number of samples|a whole number of at least 2) was expected"
    ):
        features.spectrogram(noise(800), [0, 0.1], n_fft)


@pytest.mark.parametrize("bins", [0, -1, 2.5, float("nan"), float("inf")])
def test_bad_numbers_of_bins(bins):
    for feature in (features.waveform, features.amplitude_histogram, features.mel, features.perceptual_mel):
        with pytest.raises(
            ValueError, match=r"^(bins|bands)=.* was given; a whole number of at least 1 was expected\.$"
        ):
            feature(noise(800), [0, 0.1], bins)


def test_whole_numbers_written_as_floats():
    track, when = noise(800), [0, 0.1]
    assert features.amplitude_histogram(track, when, 4.0).shape == (4, 1)
    assert features.mel(track, when, 4.0).shape == (4, 1)
    assert features.spectrogram(track, when, 64.0).shape == (33, 1)


@pytest.mark.parametrize(("fmin", "fmax"), [(-1, 100), (100, 100), (200, 100), (4000, 8000)])
def test_bad_frequencies(fmin, fmax):
    with pytest.raises(ValueError, match=r"fmin must be at least 0 and below .* Hz\.$"):
        features.mel(noise(800), [0, 0.1], 4, fmin, fmax)


@pytest.mark.parametrize("name", FEATURES)
def test_bad_moments(name):
    with pytest.raises(ValueError, match=r"^Moments are increasing edges in seconds"):
        FEATURES[name](noise(800), [0, 0.05, 0.02])


# What nobody hears.

EARS = {
    "mel": lambda track, when: features.decibels(features.mel(track, when, fmax=4000)),
    "perceptual_mel": partial(features.perceptual_mel, fmax=4000),
    "onset_strength": partial(features.onset_strength, fmax=4000),
    "spectrogram": lambda track, when: features.decibels(features.spectrogram(track, when)),
    "centroid": features.centroid,
    "spread": features.spread,
    "rolloff": features.rolloff,
    "flatness": features.flatness,
    "loudness": features.loudness,
    "chroma": features.chroma,
}


def fading(seconds: float = 6, sr: int = SR) -> np.ndarray:
    """Return a chord with a little noise that fades to a fiftieth, and begins and ends at once."""
    t = np.arange(round(seconds * sr)) / sr
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (110, 277, 660, 1500))
    noise = np.random.default_rng(0).normal(0, 0.05, len(t))
    return (0.1 * (chord + noise) * np.linspace(1, 0.02, len(t))).astype(np.float32)


@pytest.mark.parametrize("name", EARS)
@pytest.mark.parametrize("offset", [0.02, -0.3, 0.002])
def test_a_constant_is_not_heard(name, offset):
    signal = fading()
    when = moments.even(Track(signal, SR), 100)
    without, shifted = (EARS[name](Track(one, SR), when) for one in (signal, signal + np.float32(offset)))
    # What is left of the constant is at 0 Hz, and in the neighbour that a Hann window cannot tell from it.
    rows = slice(2, None) if name == "spectrogram" else slice(None)
    assert shifted[rows] == pytest.approx(without[rows], rel=1e-3, abs=0.3 if name != "chroma" else 1e-3)


def test_the_waveform_shows_the_constant():
    track = Track(fading() + np.float32(0.3), SR)
    assert features.envelope(track, [5, 6]).mean() == pytest.approx(0.3, abs=0.01)


def test_a_constant_alone_is_silence():
    track = Track(np.full(SR, 0.25, np.float32), SR)
    when = moments.even(track, 9)
    assert track.offset == 0.25
    assert not features.spectrogram(track, when).any()
    assert (features.loudness(track, when) == -80).all()


@pytest.mark.parametrize("seed", range(20))
def test_what_has_no_constant_is_left_alone(seed):
    dice = np.random.default_rng(seed)
    assert noise(800 + 100 * seed, seed=seed).offset == 0
    assert impulse(800, dice.integers(800)).offset == 0
    low = 0.5 * np.sin(2 * np.pi * dice.uniform(20, 60) * np.arange(800) / SR)
    assert Track(low, SR).offset == 0
    # Pulses are longer below than above, and only while they sound.
    pulses = np.where(np.arange(SR) % 80 < 20, 0.5, -0.1) * (np.arange(SR) % 2000 < 1000)
    assert Track(pulses, SR).offset == 0


@pytest.mark.parametrize("sr", [8000, 44100])
@pytest.mark.parametrize("n", [5, 300])
def test_rounding_is_silence(n, sr):
    dice = np.random.default_rng(0)
    for rounding in (dice.normal(0, 1e-8, 3 * sr), dice.integers(-1, 2, 3 * sr) * 2.0**-23):
        track = Track(rounding, sr)
        when = moments.even(track, n)
        assert not features.spectrogram(track, when).any()
        assert not features.chroma(track, when).any()
        assert (features.perceptual_mel(track, when, fmax=4000) == -60).all()
    quiet = Track(1e-5 * fading(3, sr), sr)
    assert features.mel(quiet, moments.even(quiet, n), fmax=4000)[:, : n // 2].any()
