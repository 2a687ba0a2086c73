"""A picture you can hear: click it, and it plays from that moment. Explained in notebooks/00-start-here.ipynb.

The page (`player.js`, `panel.js`) draws the picture and plays the sound. Python hands it the pixels, the second of each
pixel and, piece by piece when the page asks for them, samples, which are therefore never stored in a notebook.
"""

import uuid
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

import anywidget
import numpy as np
import soundfile as sf
import traitlets

from helpers import cells, colors, outputs
from helpers.files import AudioFile
from helpers.pictures import ROOM, SLIMMEST, Picture, side_by_side

__all__ = ["Player", "play"]

_HERE = Path(__file__).resolve().parent
# The page is one script, written in several files.
_SCRIPTS = ("sound.js", "controls.js", "saved.js", "panel.js", "player.js")
# What a page is sent of a second, at most: a line of 2 Mbit/s carries two channels of 16 bits at this rate.
_MOST_HZ = 48_000
# How many seconds a page may ask for at once.
_LONGEST = 2
# How far a sample of a file that is read anew may be from the one that was loaded.
_SAME = 1e-3
# A decoder of MP3 or Vorbis that is set down somewhere needs some samples until it is in step: few, or more.
_RUN_UPS = (1 << 14, 1 << 17)

# One sound a track, for as long as the track is in use.
_SOUNDS = WeakKeyDictionary()


class _Sound:
    """What a page plays of a track: samples of 16 bits, at most 48,000 a second.

    A file of two channels is heard in stereo, as long as it is there and its mix is what the track holds; all else is
    heard as it is drawn, in one channel.

    Attributes
    ----------
    key : str
        A name that no other sound has.
    rate : float
        Samples a second: those of the track, or of every second, third … of them.
    channels : int
        1 or 2.
    frames : int
        How many samples a channel has.
    """

    @classmethod
    def of(cls, track) -> "_Sound":
        """Return the sound of a track: one, however many players ask."""
        if track not in _SOUNDS:
            _SOUNDS[track] = cls(track)
        return _SOUNDS[track]

    def __init__(self, track):
        # The track itself is not kept, so that it can be forgotten together with its sound.
        self.signal, self.peak, self.file = track.signal, track.peak, None
        self.mix = track.mix or (0.5, 0.5)
        self.key = uuid.uuid4().hex
        # JupyterLab has messages of different players answered in different threads; a decoder serves one at a time.
        self.lock = Lock()
        self.step = -(-track.sr // _MOST_HZ)
        self.rate = track.sr / self.step
        if self.step > 1:
            # Its import takes a second: not when somebody clicks.
            from scipy.signal import resample_poly

            self.resample = resample_poly
        self.frames = -(-len(track.signal) // self.step)
        try:
            # The file stays open: to find a place in an MP3 again may take a second.
            file = AudioFile(track.path) if track.path else None
        except (sf.LibsndfileError, OSError):
            file = None
        if file and (file.channels, file.samplerate) == (2, track.sr):
            self.file = file
        self.channels = 2 if self.file else 1

    def read(self, at: int, frames: int) -> bytes:
        """Return some samples, the channels in turn, as little-endian integers of 16 bits; less at the end."""
        start, stop = at * self.step, min((at + frames) * self.step, len(self.signal))
        # A filter looks at a few samples before and after.
        margin = 32 * self.step if self.step > 1 else 0
        first = max(0, start - margin)
        with self.lock:
            samples = self.samples(first, min(len(self.signal), stop + margin))
        if self.step > 1:
            samples = self.resample(samples, 1, self.step)
        skipped = (start - first) // self.step
        samples = samples[skipped : skipped - (-(stop - start) // self.step)] * (32768 / max(1, self.peak))
        return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()

    def mixed(self, stereo: np.ndarray) -> np.ndarray:
        """Return the one line of samples that is drawn of two channels."""
        return stereo[:, 0] * np.float32(self.mix[0]) + stereo[:, 1] * np.float32(self.mix[1])

    def samples(self, start: int, stop: int) -> np.ndarray:
        """Return samples, float32 [stop − start, channels]: those of the file where it still holds what was loaded."""
        mono = self.signal[start:stop, np.newaxis]
        if self.file is None:
            return mono
        for run_up in _RUN_UPS:
            try:
                if self.file.tell() != start:
                    first = max(0, start - run_up)
                    self.file.seek(first)
                    self.file.read(start - first, dtype="float32")
                stereo = self.file.read(stop - start, dtype="float32", always_2d=True)
            except (sf.LibsndfileError, OSError):
                break
            if stereo.shape == (stop - start, 2) and np.allclose(self.mixed(stereo), mono[:, 0], atol=_SAME):
                return stereo
            # The next try begins somewhere else.
            self.file.seek(0)
        return np.repeat(mono, 2, axis=1)


class Player(anywidget.AnyWidget):
    """One picture or several of one piece, with its sound.

    Attributes
    ----------
    position : float
        The second that sounds now, at first the beginning of what is shown; setting it moves the cursor and the sound.
    playing : bool
        Whether it sounds; setting it starts and stops the sound.
    message : str
        A sentence below the picture.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> Player([Picture.compose(track, when, features.mel(track, when), layouts.timeline())])
    Picture of groove, 4 × 24 pixels: 1 s of music from 8 s on, in 4 moments, brightest at 8.25 s, darkest at 8.5 s.
    """

    # As text: anywidget would keep each player for the sake of watching a file.
    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    _css = (_HERE / "player.css").read_text(encoding="utf-8")

    panels = traitlets.List().tag(sync=True)
    pixels = traitlets.List().tag(sync=True)
    times = traitlets.List().tag(sync=True)
    palettes = traitlets.Dict().tag(sync=True)
    sound = traitlets.Dict().tag(sync=True)
    # The address of an audio file, for pages without Python.
    file = traitlets.Unicode().tag(sync=True)
    # The largest picture on a page, width and height, and the most extreme shape.
    room = traitlets.Tuple((*ROOM, SLIMMEST)).tag(sync=True)
    duration = traitlets.Float().tag(sync=True)
    position = traitlets.Float(0.0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    # If it is folded away: what there is to click.
    folded = traitlets.Unicode().tag(sync=True)

    def __init__(self, pictures, titles=None):
        super().__init__()
        cells.hold(self)
        self.put(pictures, titles)
        # fmin leaves NaN out, and so does max if it comes second.
        starts = [np.fmin.reduce(picture.times, axis=None) for picture in self.pictures if picture.times is not None]
        self.position = max(0.0, float(np.fmin.reduce(starts or [0])))
        self.on_msg(self.answer)

    def put(self, pictures, titles=None) -> None:
        """Show other pictures in the same place, while the sound goes on.

        Parameters
        ----------
        pictures : sequence of Picture
            Of the same track.
        titles : sequence of str, optional
            One for each picture.

        Raises
        ------
        ValueError
            If there is no picture, the pictures show different music, or the titles do not fit.
        """
        pictures = list(pictures)
        strange = [type(one).__name__ for one in pictures if not isinstance(one, Picture)]
        if strange or not pictures:
            given = f"A {strange[0]}" if strange else "No picture"
            raise ValueError(f"{given} was given; one Picture or several were expected, such as play(picture).")
        titles = [""] * len(pictures) if titles is None else [str(title) for title in titles]
        if len(titles) != len(pictures):
            raise ValueError(f"{len(titles)} titles were given for {len(pictures)} pictures: give one title a picture.")
        track = pictures[0].track
        if any(picture.track is not track for picture in pictures):
            raise ValueError("The pictures show different music: a cursor can walk through pictures of one track only.")
        cmaps = {picture.scale.cmap for picture in pictures if picture.scale}
        with self.hold_sync():
            self.panels = [_described(picture, title) for picture, title in zip(pictures, titles, strict=True)]
            self.pixels = [(p.pixels if p.levels is None else p.levels).tobytes() for p in pictures]
            timed = [track is not None and picture.times is not None for picture in pictures]
            self.times = [
                picture.times.astype("<f4").tobytes() if music else b""
                for picture, music in zip(pictures, timed, strict=True)
            ]
            names = sorted({*cmaps, *colors.MONOTONE}, key=lambda name: (name not in colors.MONOTONE, name))
            if set(names) != set(self.palettes):
                self.palettes = {name: colors.palette(name).tobytes() for name in names}
            self.duration = track.duration if track else 0.0
            self.source = _Sound.of(track) if track else None
            names = ("key", "rate", "channels", "frames")
            self.sound = {name: getattr(self.source, name) for name in names} if track else {}
        self.pictures, self.titles = pictures, titles

    def answer(self, _, content, buffers) -> None:
        """Send the page the samples that it asks for; what is no such question is left alone."""
        match content:
            case {"sound": str(key), "at": int(at), "frames": int(frames)} if self.source and key == self.source.key:
                frames = min(frames, int(_LONGEST * self.source.rate))
                if 0 <= at < self.source.frames and frames > 0:
                    self.send({"sound": key, "at": at}, [self.source.read(at, frames)])

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        named = zip(self.pictures, self.titles, strict=True)
        return " ".join(f"{title}: {picture.alt}" if title else picture.alt for picture, title in named)

    def close(self) -> None:
        """Take it off every page, and let go of the pictures and the sound."""
        if self.comm is not None:
            super().close()
            self.layout.close()
            self.pictures, self.titles, self.source = [], [], None
            self.panels, self.pixels, self.times = [], [], []

    def __repr__(self):
        return self.alt or "This player is closed: run the cell again that makes it."

    def _repr_mimebundle_(self, **_):
        return _still(self)


def _described(picture, title: str) -> dict:
    """Return what the page is told of a picture besides its pixels."""
    height, width = picture.pixels.shape[:2]
    about = {"height": height, "width": width, "title": title, "alt": picture.alt, "cmap": ""}
    if picture.scale:
        about |= vars(picture.scale)
    if picture.hz is not None:
        about["hz"] = picture.hz.tolist()
    if picture.versus is not None:
        about["versus"] = picture.versus.astype("<f4").tobytes()
    return about


def _still(player) -> tuple[dict, dict]:
    """Return a live widget together with a PNG of its player, for pages without a kernel."""
    if not player.pictures:
        return {"text/plain": repr(player)}, {}
    cells.hold(player)
    if len(player.pictures) == 1 and not player.titles[0]:
        image = player.pictures[0].still()
    else:
        image, _ = side_by_side(player.pictures, player.titles, with_axes=True)
    data, metadata = outputs.bundle(image, player.alt)
    view = {"version_major": 2, "version_minor": 0, "model_id": player.model_id}
    caption = f"Run this cell to {'hear' if player.sound else 'move'} it."
    return data | {outputs.VIEW: view}, metadata | {outputs.MARK: {"caption": caption}}


def play(*pictures, titles=None) -> Player:
    """Show pictures that can be clicked and heard.

    A click plays from the moment shown there, and while the music plays, the pixels of the present moment light up,
    in all the pictures at once. Drag with Shift held down to repeat a stretch.

    Parameters
    ----------
    *pictures : Picture
        One or several, of the same track.
    titles : sequence of str, optional
        A title below each picture.

    Returns
    -------
    Player

    Raises
    ------
    ValueError
        If there is no picture, the pictures show different music, or the titles do not fit.

    Examples
    --------
    >>> track, when = load_track("groove"), moments.between(8, 9, 4)
    >>> play(Picture.compose(track, when, features.mel(track, when), layouts.timeline()))
    Picture of groove, 4 × 24 pixels: 1 s of music from 8 s on, in 4 moments, brightest at 8.25 s, darkest at 8.5 s.
    """
    return Player(pictures, titles)
