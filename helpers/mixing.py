"""Many channels become one line of samples that keeps what is heard. Explained in notebooks/01-waveform.ipynb.

Everybody expects the mean of the channels. But what one channel does and another undoes is missing from it, while two
loudspeakers let us hear it. So the power of the channels is compared with that of their mean, moment by moment and
third of an octave by third: what is quieter within such a band, the ear does not notice beside what is louder.
"""

from functools import cache

import numpy as np

__all__ = []

# Windows are as long as fits into a tenth of a second, and one of sixteen is looked at.
_WINDOWS_A_SECOND, _EACH = 10, 16
# Bands begin at 50 Hz; each is a third of an octave wide, but not less than what a Hann window can tell apart.
_LOWEST, _NARROWEST = 50.0, 4.0 * _WINDOWS_A_SECOND
# By how many decibels the mean may be quieter than channels that have nothing in common, and when we stop counting.
_TOLERATED, MOST = 9.0, 40.0
# By how many decibels more it may be quieter on average, over all that is heard.
_NEGLIGIBLE = 0.1
# How much of the mean is in a mix that prefers one channel: of two, it loses the sum and the difference of none.
_MEAN = 2 - np.sqrt(2)


def powers(block, sr: int) -> np.ndarray:
    """Measure power and cross-power of channels in windows here and there.

    Parameters
    ----------
    block : float32 [samples, channels]
    sr : int
        Samples a second.

    Returns
    -------
    float64 [windows, bands, channels, channels]
        Weighted roughly as by an ear. No windows where the channels are equal or the block is too short.
    """
    channels, length = block.shape[1], 2 ** int(np.log2(sr / _WINDOWS_A_SECOND))
    bands = _bands(sr)
    first = np.ceil(bands * length / sr).astype(int)
    windows = block[: len(block) // length * length].reshape(-1, length, channels)[::_EACH].transpose(2, 0, 1)
    result = np.zeros((windows.shape[1], len(bands), channels, channels))
    # What is not finite is refused later, in a sentence.
    if all(np.array_equal(windows[0], other) for other in windows[1:]) or not np.isfinite(windows).all():
        return result[:0]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length, dtype=np.float32) / length)
    # Real and imaginary parts side by side: the sum of products is the real part of the cross-power.
    spectra = np.fft.rfft(np.ascontiguousarray(windows) * hann).view(np.float32)
    for i in range(channels):
        for j in range(i + 1):
            together = np.add.reduceat(spectra[i] * spectra[j], 2 * first, axis=1)
            result[:, :, i, j] = result[:, :, j, i] = together * np.minimum(bands / 1000, 1) ** 2
    return result


@cache
def _bands(sr: int) -> np.ndarray:
    """Return the lowest frequency of each band, in Hz."""
    bands = [_LOWEST]
    while (following := bands[-1] + max(_NARROWEST, bands[-1] * (2 ** (1 / 3) - 1))) < min(sr / 2, 16_000):
        bands.append(following)
    return np.array(bands)


def weights(together) -> tuple[np.ndarray, float, float]:
    """Choose how much of each channel is taken.

    Parameters
    ----------
    together : float64 [windows, bands, channels, channels]
        What `powers` measured.

    Returns
    -------
    weights : float32 [channels]
        Those of the mean, unless too much is missing from it: then of the mean with some channels turned over, of one
        channel, or of one channel with a little of the others, whichever loses least.
    lost : float
        By how many decibels it is quieter than the channels where most is lost; 0 if that is no more than usual.
    where : float
        In which part of the music that is, 0 to 1.
    """
    channels = together.shape[-1]
    mean, alone = np.full(channels, 1 / channels), np.eye(channels)
    heard = np.trace(together, axis1=-2, axis2=-1) / channels
    mix, lost = mean, _lost(together, heard, mean)
    if _average(lost, heard, _TOLERATED) > _NEGLIGIBLE:
        everywhere = together.sum(axis=(0, 1))
        strength = np.sqrt(everywhere.diagonal())
        strongest = strength.argmax()
        turned = np.where(everywhere[strongest] < -0.5 * strength[strongest] * strength, -mean, mean)
        mixes = [mean, turned, *alone, *(_MEAN * mean + (1 - _MEAN) * alone)]
        mix = min(mixes, key=lambda mix: round(_average(_lost(together, heard, mix), heard, 0), 2))
        lost = _lost(together, heard, mix)
    if _average(lost, heard, _TOLERATED) <= _NEGLIGIBLE:
        return mix.astype(np.float32), 0.0, 0.0
    window, band = np.unravel_index((lost * heard).argmax(), lost.shape)
    return mix.astype(np.float32), float(lost[window, band]), float(window / len(lost))


def words(mix) -> str:
    """Say in words what a mix is made of.

    Examples
    --------
    >>> mixing.words([0.5, -0.5]), mixing.words([0, 1])
    ('the mean with channel 2 turned over', 'channel 2 alone')
    """
    strongest = int(np.argmax(mix)) + 1
    if np.count_nonzero(mix) == 1:
        return f"channel {strongest} alone"
    if np.ptp(np.abs(mix)) < 1e-6:
        turned = [str(i) for i, share in enumerate(mix, 1) if share < 0]
        return f"the mean with channel {', '.join(turned)} turned over" if turned else "their mean"
    return f"mostly channel {strongest}, with a little of the rest"


def _lost(together, heard, mix) -> np.ndarray:
    """Return by how many decibels a mix is quieter than the mean of channels with nothing in common would be."""
    kept = np.einsum("i,...ij,j->...", mix, together, mix)
    share = np.divide(kept, heard, out=np.ones_like(heard), where=heard > 0)
    return -10 * np.log10(np.maximum(share * len(mix), 10 ** (-MOST / 10)))


def _average(lost, heard, tolerated: float) -> float:
    """Return by how many decibels too much is lost, on average over all that is heard."""
    return float((np.maximum(lost - tolerated, 0) * heard).sum() / max(heard.sum(), 1e-30))
