"""A piece of music: load one by name or from a file. Explained in notebooks/01-waveform.ipynb."""

import difflib
import json
import logging
import os
import time
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import soundfile as sf

from helpers import mixing
from helpers.files import AudioFile, convert, unreadable
from helpers.outputs import clock

__all__ = ["Track", "TrackError", "crowd", "load_track", "shipped"]

_DATA = Path(__file__).resolve().parent.parent / "data"
_SAMPLE_RATES = (8_000, 192_000)
_SHORTEST = 0.1
_BLOCK = 1 << 18
# A decoder may go beyond ±1, by a factor of 3 in the worst of hundreds; what is further out, if it is only a few
# samples, is damage.
_WILD, FEW = 4.0, 10
# What was loaded and is in use, and what was loaded last: the same file need not be decoded again. There is room, in
# bytes, for the six pieces and ten minutes of a reader's music, and then for one more.
_LOADED, _LATEST, _ROOM = WeakValueDictionary(), deque(), 300e6
# A file that is younger, in nanoseconds, may be written once more without getting another time.
_SETTLED = 2e9


class TrackError(ValueError):
    """A piece of music that cannot be loaded; the message, one line, says what was given and what to do.

    Examples
    --------
    >>> Track(np.zeros(0), 8000, "nothing")
    Traceback (most recent call last):
        ...
    helpers.tracks.TrackError: 'nothing' is empty: it has no samples. Choose another file.
    """

    def __init__(self, sentence: str):
        super().__init__(" ".join(sentence.encode("utf-8", "replace").decode().splitlines()))


@dataclass(frozen=True, eq=False)
class Track:
    """A piece of music as one channel of samples.

    Attributes
    ----------
    signal : float32 [samples]
        Amplitude, −1 to 1 (a decoded file may go beyond); the mean of the file's channels. Where channels cancel each
        other, the mean would lose what two loudspeakers let us hear: then it is another mix of them, which keeps it.
    sr : int
        Sample rate: samples per second, as in the file; a whole number, of whatever type it was given.
    name : str
        What to call it in a title.
    path : Path or None
        The file it came from; may be given as a str.
    truth : dict or None
        For a shipped piece, its entry in `data/tracks.json` or `data/crowd.json`: sections, beats, tempo and so on.
    peak : float
        The largest amplitude: of any channel of the file, or, where it is not given, of the signal.
    mix : tuple of float
        How much of each channel of the file is in the signal; empty if it comes from no file.
    note : str
        What was done to the samples, or lost with the channels; the track says so when it is shown.

    Examples
    --------
    >>> Track(np.zeros(8000), 8000, "silence")
    Track 'silence': 0 min 1.0 s, 8000 samples at 8000 Hz
    """

    signal: np.ndarray
    sr: int
    name: str = "untitled"
    path: Path | None = None
    truth: dict | None = None
    peak: float = 0.0
    mix: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self):
        """Refuse what no picture could be made of, wherever the samples came from."""
        if not isinstance(self.name, str):
            raise TrackError(f"name={self.name!r} was given; a text in quotes was expected.")
        # A file's name may hold bytes that are no text, and no page, font or terminal could show them.
        name = self.name.encode("utf-8", "replace").decode()
        object.__setattr__(self, "name", name)
        if not isinstance(self.path, str | os.PathLike | None):
            raise TrackError(f"path={self.path!r} was given for '{self.name}'; the path of a file was expected.")
        if isinstance(self.sr, bool) or not isinstance(self.sr, Real) or not float(self.sr).is_integer():
            raise TrackError(
                f"sr={self.sr!r} was given for '{self.name}'; a whole number of samples per second was expected, "
                "such as 44100."
            )
        signal, sr, (low, high) = _amplitudes(self.signal, self.name), int(self.sr), _SAMPLE_RATES
        if signal.ndim != 1:
            raise TrackError(
                f"'{self.name}' has samples of shape {signal.shape}; one channel was expected: "
                "average the channels first."
            )
        if not low <= sr <= high:
            raise TrackError(f"'{self.name}' has {sr} samples per second; {low} to {high} were expected: resample it.")
        if len(signal) == 0:
            raise TrackError(f"'{self.name}' is empty: it has no samples. Choose another file.")
        peak = 0.0
        for start in range(0, len(signal), _BLOCK):
            block = signal[start : start + _BLOCK]
            low, high = float(block.min()), float(block.max())
            peak = max(peak, high, -low)
            if not np.isfinite(high - low):
                bad = start + int(np.flatnonzero(~np.isfinite(block))[0])
                raise TrackError(
                    f"'{self.name}' holds {signal[bad]} instead of an amplitude at {bad / sr:.3f} s; "
                    "every sample must be a finite number: export the file again."
                )
        signal.flags.writeable = False
        path = None if self.path is None else Path(self.path)
        fields = {"signal": signal, "sr": sr, "path": path, "peak": max(peak, self.peak)}
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    @cached_property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.signal) / self.sr

    @cached_property
    def offset(self) -> float:
        """The amplitude that the music rests at: 0, unless a device added a constant, which nobody hears.

        It is the mean of the samples, but the quieter a tenth of a second is, the more it counts: loud music is seldom
        as long above as below. What may be chance, or is less than a twentieth of the quietest music, is no offset.
        """
        size = min(len(self.signal), max(1, self.sr // 10))
        parts = self.signal[: len(self.signal) // size * size].reshape(-1, size)
        means = parts.mean(axis=1, dtype=np.float64)
        power = np.einsum("ij,ij->i", parts, parts, dtype=np.float64) / size
        weight = 1 / np.maximum(power - means**2, 1e-12)
        offset = float((weight @ means) / weight.sum())
        return offset if offset**2 * weight.mean() > max(0.05**2, 6**2 / len(self.signal)) else 0.0

    def __repr__(self):
        minutes, seconds = divmod(round(self.duration, 1), 60)
        words = f"Track '{self.name}': {minutes:.0f} min {seconds:.1f} s, {len(self.signal)} samples at {self.sr} Hz"
        return f"{words}; {self.note}" if self.note else words


def _amplitudes(signal, name: str) -> np.ndarray:
    """Return samples as float32, without a copy if they are; raise a TrackError if they are no amplitudes."""
    try:
        given = np.asarray(signal)
    except ValueError:
        raise TrackError(f"'{name}' has rows of different lengths; one row of samples was expected.") from None
    if given.dtype.kind != "f" and given.size:
        raise TrackError(
            f"'{name}' has samples of type {given.dtype}; floating-point numbers from −1 to 1 were expected: "
            "divide samples of 16 bits by 32768."
        )
    return given.astype(np.float32, copy=False).view()


def shipped() -> dict:
    """Return the pieces that come with this project: their names and what is known of each (a dict).

    It is empty where only the package is installed, without the folder `data` of the project.

    Examples
    --------
    >>> list(tracks.shipped())
    ['groove', 'waltz', 'breaks', 'drift', 'rubato', 'rag']
    """
    return _listed("tracks.json")


def crowd() -> dict:
    """Return the crowd: many short pieces in families of siblings, their names and what is known of each (a dict).

    Siblings share their instruments, tempo and mix, and all are equally long and loud: what differs is the music. It
    is empty where only the package is installed, without the folder `data` of the project.

    Examples
    --------
    >>> list(tracks.crowd())[:3]
    ['crowd/ragtime-1', 'crowd/ragtime-2', 'crowd/ragtime-3']
    """
    return _listed("crowd.json")


def _listed(name: str) -> dict:
    """Return what a list of pieces in the folder `data` holds, or nothing if it is not there."""
    try:
        return json.loads((_DATA / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def load_track(source) -> Track:
    """Load a piece of music.

    Parameters
    ----------
    source : str or Path
        The name of a shipped piece ("groove") or of one of the crowd ("crowd/dub-2"), the path of an audio file (WAV,
        FLAC, OGG, Opus, MP3 or anything else soundfile reads; 8 to 192 kHz, any number of channels, at least a tenth
        of a second), or the name of a librosa example ("trumpet"), which is downloaded the first time.

    Returns
    -------
    Track
        The same one for the same unchanged file, as long as it is in use; and after that, until another one is loaded
        and all of them have 300 MB or more.

    Raises
    ------
    TrackError
        If there is no such piece or file, or the file is not audio, truncated, empty, too short, of a sample
        rate outside 8 to 192 kHz, or holds a sample that is not a finite number.

    Examples
    --------
    >>> load_track("groove")
    Track 'groove': 2 min 57.1 s, 7809243 samples at 44100 Hz
    """
    if not isinstance(source, str | Path) or not str(source).strip():
        given = repr(source) if isinstance(source, str | int | float | None) else f"A {type(source).__name__}"
        raise TrackError(f"{given} was given; the name of a piece or the path of an audio file was expected.")
    pieces = shipped() | crowd()
    if isinstance(source, str) and source in pieces:
        return _loaded(_DATA / pieces[source]["file"], source, pieces[source])
    path = Path(os.path.expanduser(source))
    if os.path.isdir(path):
        raise TrackError(f"'{source}' is a folder; one audio file was expected: name a file inside it.")
    if os.path.isfile(path):
        return _loaded(path, path.stem)
    if os.path.exists(path):
        raise TrackError(
            f"'{source}' is a pipe or a device; one audio file was expected: save the music in a file, and load that."
        )
    if isinstance(source, str) and source.startswith("crowd/"):
        raise TrackError(_no_piece(source, list(pieces), list(pieces)))
    if path.suffix or len(path.parts) > 1:
        raise TrackError(f"There is no file '{source}': check the spelling, or give the full path.")
    return _loaded(_librosa_example(str(source), list(pieces)), str(source))


def _librosa_example(name: str, pieces: list[str]) -> Path:
    """Return the file of a librosa example, downloading it the first time; `pieces` are named in the error."""
    import librosa

    logging.getLogger("pooch").setLevel(logging.ERROR)
    try:
        return Path(librosa.util.example(name))
    except librosa.ParameterError:
        # librosa prints its list of examples instead of returning it; without this name we can suggest none of them.
        examples = getattr(librosa.util.files, "__TRACKMAP", ())
        raise TrackError(_no_piece(name, pieces, [*pieces, *examples])) from None
    except Exception:
        raise TrackError(
            f"The librosa example '{name}' could not be downloaded: go online once, or choose another. {_named(pieces)}"
        ) from None


def _no_piece(name: str, pieces: list[str], known: list[str]) -> str:
    """Say that no piece is called so, which of the known names are near, and what pieces there are."""
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    did_you_mean = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    return f"There is no piece called '{name}'.{did_you_mean} {_named(pieces, name)}"


def _named(pieces: list[str], name: str = "") -> str:
    """Say what the shipped pieces are, or those of the crowd if `name` asks for one, and what else may be loaded."""
    many = [piece for piece in pieces if piece.startswith("crowd/")]
    if not pieces:
        named = "The pieces of the project are in its folder"
    elif name.startswith("crowd/"):
        named = f"The crowd is in the list tracks.crowd(), from {many[0]} to {many[-1]}"
    else:
        named = f"The shipped pieces are {', '.join(piece for piece in pieces if piece not in many)}"
    return f"{named}; for music of your own, give the path of a file."


def _loaded(path: Path, name: str, truth: dict | None = None) -> Track:
    """Return the track of a file, decoded only if it is not known already; parameters as for `_read_file`."""
    try:
        stat = path.stat()
    except OSError:
        return _read_file(path, name, truth)
    key = (path, path.resolve(), stat.st_size, stat.st_mtime_ns, name, truth is None)
    track = _LOADED.get(key)
    if track is None or track.truth != truth:
        # Before reading, so that both need not have room at once.
        while _LATEST and sum(one.signal.nbytes for one in _LOADED.values()) >= _ROOM:
            _LATEST.popleft()
        track = _read_file(path, name, truth)
        if time.time_ns() - stat.st_mtime_ns < _SETTLED:
            return track
        _LOADED[key] = track
    if track in _LATEST:
        _LATEST.remove(track)
    _LATEST.append(track)
    return track


def _read_file(path: Path, name: str, truth: dict | None = None) -> Track:
    """Decode an audio file block by block into one channel; parameters and errors as for `load_track`."""
    stream = Stream(path, name)
    signal, known = _collected(stream)
    mix, lost, where = stream.wanted()
    if not np.array_equal(mix, stream.mix):
        signal, known = _collected(Stream(path, name, mix))
    notes = [known.pop("note", "")]
    if not np.array_equal(mix, stream.mix) or lost:
        notes += [f"its channels cancel each other, so this is {mixing.words(mix)}"]
    if lost:
        least = "at least " * (lost >= mixing.MOST)
        notes += [f"around {clock(where * len(signal) / stream.sr)}, it is {least}{lost:.0f} dB quieter than they are"]
    note = "; ".join(filter(None, notes))
    return Track(signal, stream.sr, name, path, truth, **known, mix=tuple(mix.tolist()), note=note)


def _apart(seconds: float, others: float) -> tuple[str, str]:
    """Write two different durations so that they look different."""
    digits = next((n for n in range(1, 6) if f"{seconds:.{n}f}" != f"{others:.{n}f}"), 6)
    return f"{seconds:.{digits}f} s", f"{others:.{digits}f} s"


class Stream:
    """An audio file that becomes one channel, block by block; each pass decodes it anew.

    Attributes
    ----------
    sr, frames : int
        Samples a second, and how many of each channel the file is likely to have.
    length : int
        After a pass, how many there are.
    mix : float32 [channels]
        How much of each channel is taken.
    peak, highest : float
        After a pass, the largest amplitude of any channel, without and with what is far beyond the others.
    wild : list of int
        After a pass, which samples are far beyond the others; after each block, those so far.
    """

    def __init__(self, path: Path, name: str, mix: np.ndarray | None = None):
        try:
            with path.open("rb") as raw:
                empty = not raw.read(1)
        except OSError as error:
            raise TrackError(f"'{path.name}' cannot be read: {error.strerror}. Check the file.") from None
        if empty:
            raise TrackError(f"'{path.name}' is empty: the file has no bytes. Copy or download it again.")
        self.path, self.name = path, name
        with self._opened() as file:
            self.sr, channels = file.samplerate, file.channels
            # A header may promise more than there is.
            self.frames = min(file.frames, 64 * file.size)
        self.mix = np.full(channels, 1 / channels, np.float32) if mix is None else mix
        self._begin()

    def _begin(self) -> None:
        self.length, self.peak, self.highest, self.wild, self._powers = 0, 0.0, 0.0, [], []

    def _opened(self) -> AudioFile:
        try:
            return AudioFile(self.path)
        except (sf.LibsndfileError, RuntimeError):
            raise TrackError(unreadable(self.path)) from None

    def __iter__(self):
        """Yield the samples in blocks, float32; at the end, raise a TrackError if there should have been more."""
        self._begin()
        path = self.path
        with self._opened() as file:
            # The same memory for every block: fetching new memory takes as long as mixing the channels.
            room = np.empty((_BLOCK, file.channels), np.float32)
            # Of a file without an end, nothing is read.
            while not file.endless and len(block := self._read(file, room)):
                line = self._mixed(block)
                self.length += len(block)
                yield line
            try:
                lost, promised, joined = file.endless or file.unread(), file.promised(), file.joined()
            except (sf.LibsndfileError, RuntimeError):
                raise TrackError(unreadable(path)) from None
        if joined:
            raise TrackError(unreadable(path))
        if lost:
            raise TrackError(
                f"'{path.name}' does not say how long it is, so it cannot be read to its end: {convert(path)}"
            )
        if self.length < promised:
            ends, end = _apart(self.length / self.sr, promised / self.sr)
            whole = f" of {end}" if np.isfinite(promised) else ""
            raise TrackError(
                f"'{path.name}' is truncated: it ends after {ends}{whole}. "
                f"Copy, download or export it again; if nothing is missing, {convert(path)}"
            )
        if not self.length:
            raise TrackError(f"'{self.name}' is empty: it has no samples. Choose another file.")
        if self.length < _SHORTEST * self.sr - 1:
            seconds = _apart(self.length / self.sr, _SHORTEST)[0]
            raise TrackError(
                f"'{self.name}' lasts {seconds}; at least {_SHORTEST} s were expected: choose a longer piece."
            )

    def _read(self, file: AudioFile, room: np.ndarray) -> np.ndarray:
        """Return the next block of all channels, float32 [samples, channels], in the memory of `room`."""
        try:
            return file.block(room, self.length)
        except (sf.LibsndfileError, RuntimeError):
            raise TrackError(unreadable(self.path)) from None

    def _mixed(self, block: np.ndarray) -> np.ndarray:
        """Return a block as one channel, and remember what is to be known of it."""
        # One channel after the other: a product of matrices would wake a thread a processor, and wait for them.
        if (self.mix == self.mix[0]).all():
            line = sum(block.T[1:], block[:, 0])
            line = line * self.mix[0] if line.base is not None else np.multiply(line, self.mix[0], out=line)
        else:
            line = sum(channel * share for channel, share in zip(block.T, self.mix, strict=True))
        largest = max(float(block.max()), -float(block.min()))
        self.highest = max(self.highest, largest)
        if largest > _WILD and len(self.wild) < _BLOCK:
            beyond = np.abs(block) > _WILD
            self.wild += (self.length + np.flatnonzero((beyond & np.isfinite(block)).any(axis=1))).tolist()
            largest = float(np.abs(block, where=~beyond, out=np.zeros_like(block)).max())
        self.peak = max(self.peak, largest)
        if len(self.mix) > 1:
            self._powers.append(mixing.powers(block, self.sr))
        return line

    def wanted(self) -> tuple[np.ndarray, float, float]:
        """Return, after a pass, the mix that keeps what is heard, and what even that loses: see `mixing.weights`."""
        return mixing.weights(np.concatenate(self._powers)) if self._powers else (self.mix, 0.0, 0.0)


def _collected(stream: Stream) -> tuple[np.ndarray, dict]:
    """Return all samples of a file, float32 [samples]; and, as `Track` keeps them, its peak and what was done to it."""
    # The array begins no larger than likely, and grows with what arrives.
    signal, filled = np.empty(stream.frames + _BLOCK, np.float32), 0
    for line in stream:
        if filled + len(line) > len(signal):
            signal.resize(len(signal) + len(signal) // 4 + _BLOCK, refcheck=False)
        signal[filled : filled + len(line)] = line
        filled += len(line)
    signal.resize(filled, refcheck=False)
    wild = stream.wild
    if 0 < len(wild) <= max(FEW, filled // 100_000):
        signal[wild] = np.clip(signal[wild], -1, 1)
        samples = "1 sample" if len(wild) == 1 else f"{len(wild)} samples"
        return signal, {"peak": stream.peak, "note": f"{samples} far beyond the others, cut to ±1"}
    return signal, {"peak": stream.highest}
