"""A piece of music: load one by name or from a file. Explained in notebooks/01-waveform.ipynb."""

import difflib
import json
import logging
import os
import re
import time
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import soundfile as sf

from helpers import mpeg

__all__ = ["Track", "TrackError", "load_track", "shipped"]

_DATA = Path(__file__).resolve().parent.parent / "data"
_SAMPLE_RATES = (8_000, 192_000)
_SHORTEST = 0.1
_BLOCK = 1 << 18
# What libsndfile says of a FLAC file that was written by a stream.
_ENDLESS = (1 << 63) - 1
# How many bytes of tags may follow the music of an MP3 file.
_TAGS = 4096
# What was loaded and is in use, and the last two: the same file need not be decoded again.
_LOADED, _LATEST = WeakValueDictionary(), deque(maxlen=2)
# A file that is younger, in nanoseconds, may be written once more without getting another time.
_SETTLED = 2e9


class AudioFile(sf.SoundFile):
    """An audio file that is read straight on, to its true end.

    soundfile sets a file in which it may seek to its place again after each block; an MP3 then begins anew, and its
    next thousands of samples are wrong.
    """

    raw = None

    def __init__(self, path):
        file = open(path, "rb")  # noqa: SIM115
        try:
            self.raw = mpeg.complete(file)
            super().__init__(self.raw)
        except BaseException:
            file.close()
            raise
        if self.raw is not file:
            file.close()

    def close(self):
        """Close the file."""
        super().close()
        if self.raw:
            self.raw.close()

    def seekable(self):
        """Say that there is no need to seek."""
        return False


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
        super().__init__(" ".join(sentence.splitlines()))


@dataclass(frozen=True, eq=False)
class Track:
    """A piece of music as one channel of samples.

    Attributes
    ----------
    signal : float32 [samples]
        Amplitude, −1 to 1 (a floating-point file may go beyond); the mean of the file's channels.
    sr : int
        Sample rate: samples per second, as in the file; a whole number, of whatever type it was given.
    name : str
        What to call it in a title.
    path : Path or None
        The file it came from; may be given as a str.
    truth : dict or None
        For a shipped piece, its entry in `data/tracks.json`: sections, beats, tempo and so on.
    peak : float
        The largest amplitude: of any channel of the file, or, where it is not given, of the signal.

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

    def __post_init__(self):
        """Refuse what no picture could be made of, wherever the samples came from."""
        if not isinstance(self.name, str):
            raise TrackError(f"name={self.name!r} was given; a text in quotes was expected.")
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
        if len(signal) < _SHORTEST * sr:
            raise TrackError(
                f"'{self.name}' lasts {len(signal) / sr:.6g} s; at least {_SHORTEST} s were expected: "
                "choose a longer piece."
            )
        peak = 0.0
        for start in range(0, len(signal), _BLOCK):
            block = signal[start : start + _BLOCK]
            largest = float(np.abs(block).max())
            peak = max(peak, largest)
            if not np.isfinite(largest):
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

    def __repr__(self):
        minutes, seconds = divmod(round(self.duration, 1), 60)
        return f"Track '{self.name}': {minutes:.0f} min {seconds:.1f} s, {len(self.signal)} samples at {self.sr} Hz"


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

    Examples
    --------
    >>> list(tracks.shipped())
    ['groove', 'waltz', 'breaks', 'drift', 'rubato', 'rag']
    """
    return json.loads((_DATA / "tracks.json").read_text(encoding="utf-8"))


def load_track(source) -> Track:
    """Load a piece of music.

    Parameters
    ----------
    source : str or Path
        The name of a shipped piece ("groove"), the path of an audio file (WAV, FLAC, OGG, Opus, MP3 or anything
        else soundfile reads; 8 to 192 kHz, any number of channels, at least a tenth of a second), or the name
        of a librosa example ("trumpet"), which is downloaded the first time.

    Returns
    -------
    Track
        The same one for the same unchanged file, as long as it is in use or one of the last two.

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
    pieces = shipped()
    if isinstance(source, str) and source in pieces:
        return _loaded(_DATA / pieces[source]["file"], source, pieces[source])
    path = Path(os.path.expanduser(source))
    if os.path.isdir(path):
        raise TrackError(f"'{source}' is a folder; one audio file was expected: name a file inside it.")
    if os.path.exists(path):
        return _loaded(path, path.stem)
    if path.suffix or len(path.parts) > 1:
        raise TrackError(f"There is no file '{source}': check the spelling, or give the full path.")
    return _loaded(_librosa_example(str(source), list(pieces)), str(source))


def _librosa_example(name: str, pieces: list[str]) -> Path:
    """Return the file of a librosa example, downloading it the first time; `pieces` are named in the error."""
    import librosa.util.files

    # librosa prints its list of examples instead of returning it, so this name is the only way to it.
    examples = getattr(librosa.util.files, "__TRACKMAP")
    if name not in examples:
        near = difflib.get_close_matches(name.lower(), [*pieces, *examples], n=3, cutoff=0.5)
        did_you_mean = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        raise TrackError(
            f"There is no piece called '{name}'.{did_you_mean} The shipped pieces are {', '.join(pieces)}; "
            "for music of your own, give the path of a file."
        )
    logging.getLogger("pooch").setLevel(logging.ERROR)
    try:
        return Path(librosa.util.example(name))
    except Exception:
        raise TrackError(
            f"The librosa example '{name}' could not be downloaded: go online once, or choose a shipped piece "
            f"({', '.join(pieces)})."
        ) from None


def _loaded(path: Path, name: str, truth: dict | None = None) -> Track:
    """Return the track of a file, decoded only if it is not known already; parameters as for `_read_file`."""
    try:
        stat = path.stat()
    except OSError:
        return _read_file(path, name, truth)
    key = (path, path.resolve(), stat.st_size, stat.st_mtime_ns, name, truth is None)
    track = _LOADED.get(key)
    if track is None or track.truth != truth:
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
    try:
        with path.open("rb") as raw:
            head = raw.read(64)
    except OSError as error:
        raise TrackError(f"'{path}' cannot be read: {error.strerror}. Check the file.") from None
    if not head:
        raise TrackError(f"'{path}' is empty: the file has no bytes. Copy or download it again.")
    if head[4:8] == b"ftyp":
        raise TrackError(f"'{path.name}' is an M4A (AAC) file, which cannot be read here: {_convert(path)}")
    try:
        with AudioFile(path) as file:
            sr, endless = file.samplerate, file.frames == _ENDLESS
            signal, peak = (np.empty(0, np.float32), 0.0) if endless else _decode(file, path.stat().st_size)
            unread = path.stat().st_size - file.raw.tell()
            promised = _promised_frames(file)
    except (sf.LibsndfileError, RuntimeError):
        known = head.startswith((b"RIFF", b"fLaC", b"OggS", b"FORM", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xfa"))
        raise TrackError(
            f"'{path.name}' is damaged or truncated audio: copy, download or export it again."
            if known
            else f"'{path.name}' is not audio that can be read: WAV, FLAC, OGG, Opus or MP3 was expected."
        ) from None
    if endless or (promised == 0 and unread > _TAGS):
        raise TrackError(
            f"'{path.name}' does not say how long it is, so it cannot be read to its end: {_convert(path)}"
        )
    if len(signal) < promised:
        whole = f" of {promised / sr:.1f} s" if np.isfinite(promised) else ""
        raise TrackError(
            f"'{path.name}' is truncated: it ends after {len(signal) / sr:.1f} s{whole}. "
            "Copy, download or export it again."
        )
    return Track(signal, sr, name, path, truth, peak)


def _convert(path: Path) -> str:
    """Return the end of a sentence that says how to make a readable file of another one."""
    ending = ".wav" if path.suffix.lower() == ".flac" else ".flac"
    return (
        f'convert it first, for instance with \'ffmpeg -i "{path.name}" "{path.stem}{ending}"\', and load the result.'
    )


def _decode(file: AudioFile, size: int) -> tuple[np.ndarray, float]:
    """Return all that is left in an open file of `size` bytes as float32 [samples], the mean of its channels.

    And the largest amplitude of any channel.
    """
    # A header may promise more than there is: the array begins no larger than likely, and grows with what arrives.
    signal, filled, peak = np.empty(min(file.frames, 64 * size) + _BLOCK, np.float32), 0, 0.0
    mean = np.full(file.channels, 1 / file.channels, np.float32)
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        if filled + len(block) > len(signal):
            signal.resize(len(signal) + len(signal) // 4 + _BLOCK, refcheck=False)
        np.dot(block, mean, out=signal[filled : filled + len(block)])
        filled, peak = filled + len(block), max(peak, float(np.abs(block).max()))
    signal.resize(filled, refcheck=False)
    return signal, peak


def _promised_frames(file: AudioFile) -> float:
    """Return how many frames a file says it has: 0 where it does not say, infinity where its end is missing."""
    raw = file.raw
    if file.format == "OGG":
        size = raw.seek(0, os.SEEK_END)
        raw.seek(max(0, size - (1 << 17)))
        tail = raw.read()
        page = tail[max(0, tail.rfind(b"OggS")) :]
        # RFC 3533: byte 5 of a page holds its flags; 4 marks the last page. Byte 26 says how many sizes follow.
        whole = len(page) > 26 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
        return 0 if whole and page.startswith(b"OggS") and page[5] & 4 else np.inf
    if file.format in ("MP3", "MPEG"):
        raw.seek(0)
        raw.seek(mpeg.after_tag(raw.read(10)))
        frame = raw.read(256)
        # Without this header the length is a guess from the size of the file.
        return file.frames if b"Xing" in frame or b"Info" in frame else 0
    # The sizes of the audio in WAV, AIFF, W64 and RF64; one near 2 or 4 GB was written before the size was known.
    cut = re.search(r"^ *(?:data|SSND|riff|Riff size) *: (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if cut and int(cut[2]) < int(cut[1]) < 0x7FFF0000:
        return file.frames * int(cut[1]) / int(cut[2])
    return file.frames
