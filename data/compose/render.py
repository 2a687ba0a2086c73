"""Play a score with FluidSynth, part by part, and mix the stems with NumPy and SciPy."""

import concurrent.futures
import os
import pathlib
import struct
import subprocess
import tempfile

import mido
import numpy as np
import scipy.ndimage
import scipy.signal
import soundfile
from measure import loudness, true_peak

RATE = 44100
BLOCK = 128
SOUNDFONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
PREROLL = 0.1
LATENCY = 0.002  # FluidSynth plays a note so many seconds late, measured with a hi-hat

#: How a part is mixed, unless it says otherwise.
PART = {
    "level": -20.0,  # loudness of the stem while it plays, in LUFS, before the master
    "pan": 0.0,  # -1 left, 1 right
    "width": 1.0,  # 0 mono, 1 as sampled, above 1 wider
    "double": 0.0,  # play it twice, so many cents apart, left and right
    "eq": (),  # ("highpass", hz), ("peak", hz, dB, q), ("lowshelf", hz, dB) and so on
    "lowpass": (),  # moving filter: (beat, hz), (beat, hz), ...
    "highpass": (),  # the same, from below
    "gain": (),  # moving gain: (beat, dB), (beat, dB), ...
    "drive": 0.0,  # dB of soft saturation
    "duck": 0.0,  # dB by which each kick pushes it down
    "echo": None,  # (beats, feedback, level): repeats that go from side to side
    "reverb": 0.0,  # share sent to the hall, 0 to 1
}

#: How the whole is mixed, unless the score's `master` says otherwise.
MASTER = {
    "kick": "kick",  # part whose notes duck the others
    "duck_beats": 0.75,  # time until they are back
    "reverb": 1.8,  # seconds in which the hall decays by 60 dB
    "damping": 5000,  # Hz above which it decays faster
    "predelay": 0.018,
    "eq": (("highpass", 25),),
    "compress": (1.6, -20.0),  # ratio, and threshold in dB against full scale
    "tail": 8.0,  # at most so many seconds after the last note
    "fade": 2.0,  # of what is heard, so many seconds are faded at the end
    "loudness": -16.0,
    "tolerance": 1.0,  # by how many LU the file may be louder or quieter
    "ceiling": -1.5,
    "size": 3.2e6,  # largest file in bytes
    "quality": 0.2,  # tried first, from 0 (best) to 1
    "dynamic": False,  # load samples when they are needed: faster, and some drums differ by 0.00001
    "rate": RATE,
    "channels": 2,
    "seconds": None,  # of the file; None: as long as it is heard
}


def decibels(value):
    """Return the factor for a number of decibels."""
    return 10 ** (np.asarray(value) / 20)


def play(part, score, length, cents=0.0, gain=0.4):
    """Play one part with FluidSynth.

    Parameters
    ----------
    part : score.Part
    score : score.Score
    length : float
        Seconds wanted.
    cents : float
        Detuning.
    gain : float
        FluidSynth's own gain.

    Returns
    -------
    numpy.ndarray
        Stereo samples, shape (n, 2), aligned with the score's time to a few milliseconds.
    """
    song = mido.MidiFile(ticks_per_beat=500)
    line = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    now = 0
    for beat, _, message in part.events(9 if part.drums else 0, cents):
        tick = 0 if beat < 0 else round((score.seconds(beat) + PREROLL) * 1000)
        line.append(message.copy(time=tick - now))
        now = tick
    end = mido.Message("control_change", control=3, value=0)
    line.append(end.copy(time=round((length + PREROLL + 1) * 1000) - now))
    song.tracks.append(line)
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "part.mid"), os.path.join(folder, "part.wav")
        song.save(source)
        command = ["fluidsynth", "-n", "-i", "-q", "-R", "0", "-C", "0", "-g", str(gain), "-r", str(RATE)]
        command += ["-o", "synth.polyphony=512", "-o", "synth.cpu-cores=1", "-O", "float", "-T", "wav"]
        command += ["-o", f"synth.dynamic-sample-loading={(MASTER | score.master)['dynamic']:d}"]
        command += ["-F", target, SOUNDFONT, source]
        subprocess.run(command, check=True, capture_output=True)
        sound = soundfile.read(target, always_2d=True)[0]
    start = round((PREROLL + LATENCY) * RATE)
    return sound[start : start + round(length * RATE)]


def coefficients(kind, hz, level=0.0, q=0.707, rate=RATE):
    """Return the biquad (b, a) of a filter: the well-known audio EQ cookbook forms."""
    amp = 10 ** (level / 40)
    turn = 2 * np.pi * min(hz, 0.49 * rate) / rate
    cos, alpha = np.cos(turn), np.sin(turn) / (2 * q)
    if kind == "lowpass":
        b, a = [(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]
    elif kind == "highpass":
        b, a = [(1 + cos) / 2, -1 - cos, (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]
    elif kind == "peak":
        b = [1 + alpha * amp, -2 * cos, 1 - alpha * amp]
        a = [1 + alpha / amp, -2 * cos, 1 - alpha / amp]
    else:
        sign = {"lowshelf": 1, "highshelf": -1}[kind]
        root = 2 * np.sqrt(amp) * alpha
        up, down = amp + 1, amp - 1
        b = [up - sign * down * cos + root, sign * 2 * (down - sign * up * cos)]
        b = [amp * value for value in [*b, up - sign * down * cos - root]]
        a = [up + sign * down * cos + root, -sign * 2 * (down + sign * up * cos)]
        a = [*a, up + sign * down * cos - root]
    return np.array(b) / a[0], np.array(a) / a[0]


def equalise(sound, bands, rate=RATE):
    """Filter by a list of bands such as ``("peak", 300, -3, 1.0)``."""
    for band in bands:
        sound = scipy.signal.lfilter(*coefficients(*band, rate=rate), axis=0, x=sound)
    return sound


def curve(score, points, count, rate, log=False):
    """Return the value of (beat, value) points at the start of every block."""
    times = [score.seconds(beat) for beat, _ in points]
    values = np.array([value for _, value in points], float)
    at = np.arange(-(-count // BLOCK) + 1) * BLOCK / rate
    return np.exp(np.interp(at, times, np.log(values))) if log else np.interp(at, times, values)


def spread(values, count):
    """Return values given block by block as one for each sample."""
    return np.interp(np.arange(count), np.arange(len(values)) * BLOCK, values)[:, None]


def sweep(sound, kind, hertz, rate, q=0.9):
    """Filter with a corner frequency that is given block by block."""
    result = np.empty_like(sound)
    state = np.zeros((2, sound.shape[1]))
    for index, start in enumerate(range(0, len(sound), BLOCK)):
        b, a = coefficients(kind, hertz[index], q=q, rate=rate)
        piece = sound[start : start + BLOCK]
        result[start : start + BLOCK], state = scipy.signal.lfilter(b, a, piece, axis=0, zi=state)
    return result


def ducking(score, count, kick, length, rate):
    """Return the shape, 0 to 1 for each sample, by which a kick pushes the others down."""
    shape = np.zeros(count)
    for beat in sorted({start for start, *_ in score.parts[kick].sounding()} if kick in score.parts else ()):
        start, end = (round(score.seconds(at) * rate) for at in (beat, beat + length))
        rise = round(0.004 * rate)
        dip = np.cos(np.linspace(0, np.pi / 2, max(2, end - start))) ** 2
        dip = np.concatenate([np.linspace(0, 1, rise), dip])
        first = max(0, start - rise)
        piece = shape[first : first + len(dip)]
        np.maximum(piece, dip[: len(piece)], out=piece)
    return shape[:, None]


def hall(seconds, damping, predelay, rate):
    """Return the impulse response of a hall: decaying seeded noise, duller as it fades."""
    noise = np.random.default_rng(7).standard_normal((round(1.2 * seconds * rate), 2))
    time = np.arange(len(noise))[:, None] / rate
    dull = equalise(noise, [("lowpass", damping)], rate)
    tail = dull * 10 ** (-3 * time / seconds) + (noise - dull) * 10 ** (-9 * time / seconds) * 0.5
    tail *= np.minimum(1, time / 0.012)
    tail = equalise(tail, [("highpass", 220), ("highshelf", 7000, -6)], rate)
    tail /= np.sqrt(np.sum(tail**2) / 2)
    return np.concatenate([np.zeros((round(predelay * rate), 2)), tail])


def echoes(sound, delay, feedback, level, rate):
    """Return the repeats of a sound, each duller and on the other side."""
    result = np.zeros_like(sound)
    tap = sound
    step = round(delay * rate)
    for turn in range(1, 9):
        tap = equalise(tap, [("lowpass", 4500), ("highpass", 250)], rate)[:, ::-1]
        if level * feedback ** (turn - 1) < 0.01 or turn * step >= len(sound):
            break
        side = np.array([1.0, 0.35] if turn % 2 else [0.35, 1.0])
        result[turn * step :] += level * feedback ** (turn - 1) * side * tap[: len(sound) - turn * step]
    return result


def shape(part, score, sound, rate):
    """Give a stem its tone, its moves and its level."""
    mix = PART | part.mix
    sound = equalise(sound, mix["eq"], rate)
    middle, side = sound.mean(axis=1, keepdims=True), (sound[:, :1] - sound[:, 1:]) / 2
    sound = np.hstack([middle + mix["width"] * side, middle - mix["width"] * side])
    if mix["drive"]:
        peak = np.abs(sound).max() or 1.0
        sound = np.tanh(sound / peak * decibels(mix["drive"]))
    present = loudness(sound, rate)
    sound = sound * decibels(mix["level"] - present)
    for kind in ("lowpass", "highpass"):
        if mix[kind]:
            sound = sweep(sound, kind, curve(score, mix[kind], len(sound), rate, log=True), rate)
    if mix["gain"]:
        sound = sound * spread(decibels(curve(score, mix["gain"], len(sound), rate)), len(sound))
    if mix["echo"]:
        beats, feedback, level = mix["echo"]
        sound = sound + echoes(sound, score.seconds(beats), feedback, level, rate)
    angle = (mix["pan"] + 1) * np.pi / 4
    return sound * np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])


def compress(sound, ratio, threshold, rate):
    """Even out the whole gently: 10 ms attack, 150 ms release."""
    blocks = -(-len(sound) // BLOCK)
    power = np.zeros(blocks * BLOCK)
    power[: len(sound)] = (sound**2).mean(axis=1)
    level = 10 * np.log10(power.reshape(blocks, BLOCK).mean(axis=1) + 1e-12)
    wanted = np.maximum(0, level - threshold) * (1 - 1 / ratio)
    attack, release = (1 - np.exp(-BLOCK / rate / time) for time in (0.010, 0.150))
    reduction = np.empty(blocks)
    now = 0.0
    for index, value in enumerate(wanted):
        now += (attack if value > now else release) * (value - now)
        reduction[index] = now
    return sound * spread(decibels(-reduction), len(sound))


def limit(sound, ceiling, rate=RATE):
    """Keep the true peak below a ceiling in dB, looking ahead ten milliseconds."""
    high = np.abs(scipy.signal.resample_poly(sound, 4, 1, axis=0)).max(axis=1)
    peak = high.reshape(-1, 4).max(axis=1)
    peak = scipy.ndimage.maximum_filter1d(peak, 3)
    gain = np.minimum(1, decibels(ceiling) / np.maximum(peak, 1e-9))
    window = round(0.02 * rate) | 1
    gain = scipy.ndimage.minimum_filter1d(gain, window)
    weights = np.hanning(window + 2)[1:-1]
    return sound * scipy.signal.oaconvolve(gain, weights / weights.sum(), "same")[:, None]


def master(sound, settings):
    """Compress, bring to the wanted loudness and limit."""
    rate = settings["rate"]
    sound = equalise(sound, settings["eq"], rate)
    sound = sound * decibels(-18 - loudness(sound, rate))
    sound = compress(sound, *settings["compress"], rate)
    gain = settings["loudness"] - loudness(sound, rate)
    for _ in range(4):
        limited = limit(sound * decibels(gain), settings["ceiling"], rate)
        missing = settings["loudness"] - loudness(limited, rate)
        gain += missing
        if abs(missing) < 0.02:
            break
    return limited


def mix(score):
    """Play and mix a score.

    Parameters
    ----------
    score : score.Score

    Returns
    -------
    sound : numpy.ndarray
        The mastered mix, shape (n, 2).
    stems : dict
        Each part as it is in the mix, before reverb and master.
    """
    settings = MASTER | score.master
    rate = settings["rate"]
    length = settings["seconds"] or score.seconds(score.length()) + settings["tail"]
    count = round(length * rate)
    duck = ducking(score, count, settings["kick"], settings["duck_beats"], rate)

    def stem(part):
        spread_cents = part.mix.get("double", 0.0)
        if spread_cents:
            low, high = (play(part, score, length, cents) for cents in (-spread_cents / 2, spread_cents / 2))
            sound = low * [1.0, 0.25] + high * [0.25, 1.0]
        else:
            sound = play(part, score, length)
        if rate != RATE:
            sound = scipy.signal.resample_poly(sound, rate, RATE, axis=0)
        sound = np.pad(sound[:count], ((0, max(0, count - len(sound))), (0, 0)))
        sound = shape(part, score, sound, rate)
        return sound * decibels(-part.mix.get("duck", 0.0) * duck)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        stems = dict(zip(score.parts, pool.map(stem, score.parts.values()), strict=True))
    dry = sum(stems.values())
    send = sum(sound * score.parts[name].mix.get("reverb", 0.0) for name, sound in stems.items())
    response = hall(settings["reverb"], settings["damping"], settings["predelay"], rate)
    wet = scipy.signal.oaconvolve(send, response, axes=0)[:count]
    sound = dry + wet
    if settings["channels"] == 1:
        sound = sound.mean(axis=1, keepdims=True)
    sound = master(sound, settings)
    if not settings["seconds"]:
        sound = sound[: np.flatnonzero(np.abs(sound).max(axis=1) > decibels(-56))[-1] + rate // 4]
    fade = round(settings["fade"] * rate)
    sound[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    return sound, stems


def write(path, sound, title, quality, rate=RATE):
    """Write an OGG Vorbis file block by block; the same sound gives the same bytes."""
    with soundfile.SoundFile(
        path, "w", rate, sound.shape[1], format="OGG", subtype="VORBIS", compression_level=quality
    ) as file:
        file.title, file.license = title, "CC BY 4.0"
        for start in range(0, len(sound), 4096):
            file.write(sound[start : start + 4096])
    renumber(path)


def renumber(path):
    """Replace the random serial number of an OGG stream by 1, and mend its checksums."""
    table = []
    for value in range(256):
        value <<= 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    data = bytearray(path.read_bytes())
    start = 0
    while start < len(data):
        lacing = start + 27 + data[start + 26]
        end = lacing + sum(data[start + 27 : lacing])
        data[start + 14 : start + 18] = struct.pack("<I", 1)
        data[start + 22 : start + 26] = bytes(4)
        check = 0
        for byte in memoryview(data)[start:end]:
            check = (check << 8 & 0xFFFFFFFF) ^ table[check >> 24 ^ byte]
        data[start + 22 : start + 26] = struct.pack("<I", check)
        start = end
    path.write_bytes(data)


def export(sound, path, title, settings=None):
    """Encode as well as the size allows, so that the decoded file keeps below the ceiling.

    Parameters
    ----------
    sound : numpy.ndarray
    path : str or pathlib.Path
    title : str
    settings : dict, optional
        Overrides of `MASTER`.

    Returns
    -------
    numpy.ndarray
        The decoded file.
    """
    settings = MASTER | (settings or {})
    path = pathlib.Path(path)
    draft = path.with_suffix(".draft.ogg")
    rate = settings["rate"]
    for quality in np.arange(settings["quality"], 1.0, 0.05):
        write(draft, sound, title, float(quality), rate)
        if draft.stat().st_size <= settings["size"]:
            break
    for _ in range(8):
        decoded = soundfile.read(draft, always_2d=True)[0]
        high, missing = true_peak(decoded, rate) > -1.05, settings["loudness"] - loudness(decoded, rate)
        if not high and abs(missing) <= settings["tolerance"]:
            break
        if abs(missing) > settings["tolerance"]:
            sound = sound * decibels(missing)
        if high:
            sound = limit(sound, 20 * np.log10(np.abs(sound).max()) - 0.3, rate)
        write(draft, sound, title, float(quality), rate)
    os.replace(draft, path)
    return decoded
