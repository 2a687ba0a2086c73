"""Say in numbers and one picture how a rendered piece sounds."""

import librosa
import matplotlib.pyplot as plt
import numpy as np
from measure import (
    RATE,
    balance,
    clashes,
    clicks,
    longest_silence,
    loudness,
    onset_strength,
    short_loudness,
    true_peak,
)


def tell(score, sound, stems, folder, rate=RATE):
    """Print the measures of a piece and draw its spectrogram.

    Parameters
    ----------
    score : score.Score
    sound : numpy.ndarray
        The decoded file.
    stems : dict
        The stems as `render.mix` gives them.
    folder : pathlib.Path
        Where the picture goes.
    rate : int
        Samples per second.
    """
    truth = score.truth()
    print(f"loudness {loudness(sound, rate):.2f} LUFS, true peak {true_peak(sound, rate):.2f} dBTP,", end=" ")
    print(f"silence {longest_silence(sound, rate=rate):.2f} s, clicks {clicks(sound, rate=rate)[:5]}")
    starts = [section["start"] for section in truth["sections"]] + [len(sound) / rate]
    print("section          start   LUFS  <120 <500   <2k   <6k  >6k  correlation")
    for section, end in zip(truth["sections"], starts[1:], strict=True):
        piece = sound[round(section["start"] * rate) : round(end * rate)]
        shares = " ".join(f"{100 * value:5.1f}" for value in balance(piece, rate))
        width = np.corrcoef(piece[:, 0], piece[:, -1])[0, 1]
        volume = 10 * np.log10(np.mean(10 ** (short_loudness(piece, rate=rate) / 10)))
        print(f"{section['label']:15} {section['start']:6.1f} {volume:6.1f} {shares}   {width:.2f}")
    total = short_loudness(sum(stems.values()), 1.0, 0.5, rate)
    print("stem            relative to the mix while it plays: median, loudest; seconds heard")
    for name, stem in stems.items():
        level = short_loudness(stem, 1.0, 0.5, rate)
        heard = level > max(level.max() - 20, -60)
        ratio = (level - total)[heard]
        print(f"{name:15} {np.median(ratio):6.1f} {ratio.max():6.1f}  {heard.sum() / 2:6.1f}")
    found = clashes(score)
    print(f"{len(found)} semitones on the beat", *found[:12], sep="\n  ")
    if truth["beats"]:
        beats = np.array(truth["beats"])
        mono = sound.mean(axis=1).astype(np.float32)
        if truth["tempo"]:
            tempo, _ = librosa.beat.beat_track(y=mono, sr=rate, start_bpm=truth["tempo"])
            print(f"tempo by librosa {float(np.ravel(tempo)[0]):.1f}, written {truth['tempo']}")
        rise, step = onset_strength(sound, rate=rate)
        shifts = np.arange(-20, 21)
        at = np.clip(np.round(beats[:, None] / step).astype(int) + shifts, 0, len(rise) - 1)
        print(f"onsets best {shifts[rise[at].mean(axis=0).argmax()] * step * 1000:+.0f} ms from the beats")
    figure, axes = plt.subplots(2, 1, figsize=(16, 9), sharex=True, height_ratios=[1, 3])
    level = short_loudness(sound, 0.4, 0.1, rate)
    axes[0].plot(np.arange(len(level)) * 0.1 + 0.2, level)
    axes[0].set(ylim=(-45, -8), ylabel="LUFS")
    axes[1].specgram(sound.mean(axis=1), 4096, rate, noverlap=2048, vmin=-140, cmap="magma")
    axes[1].set(yscale="log", ylim=(30, 0.41 * rate), xlabel="seconds", ylabel="Hz")
    for axis in axes:
        for start in starts:
            axis.axvline(start, color="c", lw=0.7)
    figure.tight_layout()
    figure.savefig(folder / f"{score.name}.png", dpi=70)
    plt.close(figure)
