"""The fixed tables are those of librosa."""

import warnings

import librosa
import numpy as np
import pytest

from helpers import scales


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 44100, 192_000])
@pytest.mark.parametrize("n_fft", [512, 2048])
@pytest.mark.parametrize(("bands", "fmin", "fmax"), [(1, 50, 3000), (24, 50, 4000), (56, 0, 4000), (128, 20, 3999.5)])
def test_mel_filters_are_librosas(sr, n_fft, bands, fmin, fmax):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=bands, fmin=fmin, fmax=fmax)
    ours = scales.mel_filters(sr, n_fft, bands, fmin, fmax)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6 * theirs.max())
    expected = librosa.mel_frequencies(n_mels=bands + 2, fmin=fmin, fmax=fmax)[1:-1]
    np.testing.assert_allclose(scales.mel_frequencies(sr, bands, fmin, fmax), expected)


def test_nothing_is_above_half_the_sample_rate():
    half = scales.mel_filters(8000, 512, 24, 50, 4000)
    assert np.array_equal(scales.mel_filters(8000, 512, 24, 50, 20_000), half)


def test_filters_kept_for_later_cannot_be_altered():
    with pytest.raises(ValueError, match="read-only"):
        scales.mel_filters(8000, 512)[0] = 1


def test_hz_and_mel_are_librosas():
    hz = np.concatenate([np.linspace(0, 1000, 50), [999.999, 1000, 1000.001], np.geomspace(1001, 96_000, 50)])
    np.testing.assert_allclose(scales.hz_to_mel(hz), librosa.hz_to_mel(hz), rtol=1e-12)
    mel = np.concatenate([np.linspace(0, 80, 50), [15]])
    np.testing.assert_allclose(scales.mel_to_hz(mel), librosa.mel_to_hz(mel), rtol=1e-12)
    np.testing.assert_allclose(scales.mel_to_hz(scales.hz_to_mel(hz)), hz, rtol=1e-12)


def test_a_weighting_is_librosas():
    hz = np.geomspace(2, 96_000, 500)
    np.testing.assert_allclose(scales.a_weighting(hz), librosa.A_weighting(hz, min_db=None), rtol=1e-6, atol=1e-3)
    assert scales.a_weighting(1000) == pytest.approx(0, abs=0.01)
    assert np.isfinite(scales.a_weighting(0))


@pytest.mark.parametrize("sr", [8000, 22050, 44100, 192_000])
@pytest.mark.parametrize("n_fft", [256, 2048, 4096])
def test_chroma_filters_are_librosas(sr, n_fft):
    ours = scales.chroma_filters(sr, n_fft)
    assert np.allclose(ours[:, 1:], librosa.filters.chroma(sr=sr, n_fft=n_fft, tuning=0)[:, 1:], atol=1e-6)
    assert not ours[:, 0].any()


@pytest.mark.parametrize(("sr", "bands"), [(22_050, 1), (44_100, 24), (8_000, 40)])
def test_a_mel_band_hears_from_its_first_to_its_last_frequency(sr, bands):
    n_fft = 1 << 16
    filters = scales.mel_filters(sr, n_fft, bands)
    for (low, high), row in zip(scales.mel_bands(sr, bands), filters, strict=True):
        heard = np.flatnonzero(row)[[0, -1]] * sr / n_fft
        assert heard == pytest.approx([low, high], abs=1.01 * sr / n_fft)
