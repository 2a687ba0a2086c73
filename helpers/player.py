"""A picture you can hear: click it, and it plays from that moment. Explained in notebooks/00-start-here.ipynb.

The page (`player.js`) draws the picture and plays the sound. Python hands it the pixels, the second of each pixel
and, piece by piece when the page asks for it, the sound, which is therefore never stored in a notebook.
"""

import hashlib
import struct
import uuid
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

import anywidget
import numpy as np
import soundfile as sf
import traitlets

from helpers import colors, figures
from helpers.pictures import Picture
from helpers.tracks import BLOCK

HERE = Path(__file__).resolve().parent
VIEW = "application/vnd.jupyter.widget-view+json"
# By this in its metadata, `saved.js` knows an output of ours.
MARK = "music-you-can-see"
# One module for the page, in this order.
SCRIPTS = ("controls.js", "saved.js", "player.js")
PIECE = 1 << 21
# What browsers play as it is: the format and the ways of writing a sample, as soundfile names them. Not FLAC: Chromium
# fails at some moments near its end.
PLAYABLE = {
    "WAV": ("audio/wav", {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"}),
    "WAVEX": ("audio/wav", {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"}),
    "OGG": ("audio/ogg", {"VORBIS", "OPUS"}),
    "MP3": ("audio/mpeg", {"MPEG_LAYER_III"}),
}

# One sound a track, for as long as the track is in use.
SOUNDS = WeakKeyDictionary()


class Sound:
    """What a page needs in order to play a track: the file's own bytes, or the signal as WAV of 16 bits.

    Attributes
    ----------
    key : str
        The same for every track of the same file.
    kind : str
        The media type, such as "audio/ogg".
    """

    @classmethod
    def of(cls, track) -> "Sound":
        """Return the sound of a track: one copy, however many players ask."""
        if track not in SOUNDS:
            SOUNDS[track] = cls(track)
        return SOUNDS[track]

    def __init__(self, track):
        # The track itself is not kept, so that it can be forgotten together with its sound.
        self.path, self.signal, self.sr = None, track.signal, track.sr
        self.kind = "audio/wav"
        self.key = uuid.uuid4().hex
        kind = playable(track)
        if kind:
            self.path, self.kind = Path(track.path).resolve(), kind
            self.key = self.fingerprint()

    def fingerprint(self) -> str:
        """Return a name that changes when the file does."""
        stat = self.path.stat()
        return hashlib.sha256(f"{self.path} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()

    @cached_property
    def loudest(self) -> float:
        """The largest amplitude; beyond 1, the sound is turned down by so much."""
        return max(np.abs(self.signal[i : i + BLOCK]).max() for i in range(0, len(self.signal), BLOCK))

    @cached_property
    def head(self) -> bytes:
        """What stands before the samples of a WAV file of one channel and 16 bits a sample."""
        size = 2 * len(self.signal)
        form = struct.pack("<HHIIHH", 1, 1, self.sr, 2 * self.sr, 2, 16)
        return struct.pack("<4sI4s4sI16s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, form, b"data", size)

    def encoded(self, start: int, stop: int) -> bytes:
        """Return bytes `start` to `stop` of the signal as a WAV file, which is never there as a whole."""
        first, last = (max(0, at - len(self.head)) // 2 for at in (start, stop + 1))
        samples = np.minimum(np.rint(self.signal[first:last] * (32768 / max(1, self.loudest))), 32767)
        data = self.head[start:stop] + samples.astype("<i2").tobytes()
        skipped = max(0, start - len(self.head)) % 2
        return data[skipped : skipped + stop - start]

    def read(self, offset: int) -> tuple[bytes, int]:
        """Return the piece that begins at byte `offset`, and the size of the whole.

        Raises
        ------
        OSError
            If the file is gone, or is not the one that was loaded.
        """
        if self.path is None:
            return self.encoded(offset, offset + PIECE), len(self.head) + 2 * len(self.signal)
        with self.path.open("rb") as file:
            if self.fingerprint() != self.key:
                raise OSError(f"{self.path.name} has changed")
            file.seek(offset)
            return file.read(PIECE), self.path.stat().st_size


def playable(track) -> str | None:
    """Return the media type of a track's file if every browser plays it and it is as long as the track, else None."""
    if track.path is None:
        return None
    try:
        info = sf.info(str(track.path))
    except (sf.LibsndfileError, OSError):
        return None
    kind, subtypes = PLAYABLE.get(info.format, (None, ()))
    unchanged = (info.frames, info.samplerate) == (len(track.signal), track.sr)
    return kind if info.subtype in subtypes and info.channels <= 2 and unchanged else None


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
    """

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = HERE / "player.css"

    panels = traitlets.List().tag(sync=True)
    pixels = traitlets.List().tag(sync=True)
    times = traitlets.List().tag(sync=True)
    palettes = traitlets.Dict().tag(sync=True)
    sound = traitlets.Unicode().tag(sync=True)
    duration = traitlets.Float().tag(sync=True)
    position = traitlets.Float(0.0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, pictures, titles=None):
        super().__init__()
        self.put(pictures, titles)
        starts = [picture.times.min() for picture in self.pictures if picture.times is not None]
        self.position = max(0.0, float(min(starts, default=0)))
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
            self.panels = [described(picture, title) for picture, title in zip(pictures, titles, strict=True)]
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
            self.source = Sound.of(track) if track else None
            self.sound = self.source.key if track else ""
        self.pictures, self.titles = pictures, titles

    def answer(self, _, content, buffers) -> None:
        """Send the page the piece of sound that it asks for."""
        if self.source is None or content.get("sound") != self.sound:
            return
        reply = {"sound": self.sound, "offset": content["offset"], "type": self.source.kind}
        try:
            piece, reply["size"] = self.source.read(int(content["offset"]))
        except OSError as error:
            problem = f"The sound cannot be read ({error.strerror or error}): load the track again."
            self.send(reply | {"problem": problem})
        else:
            self.send(reply, [piece])

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        named = zip(self.pictures, self.titles, strict=True)
        return " ".join(f"{title}: {picture.alt}" if title else picture.alt for picture, title in named)

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, **_):
        return still(self)


def described(picture, title: str) -> dict:
    """Return what the page is told of a picture besides its pixels."""
    height, width = picture.pixels.shape[:2]
    scale = vars(picture.scale) if picture.scale else {"cmap": ""}
    return {"height": height, "width": width, "title": title, "alt": picture.alt, **scale}


def still(player) -> tuple[dict, dict]:
    """Return a live widget together with a PNG of its player, for pages without a kernel."""
    if len(player.pictures) == 1 and not player.titles[0]:
        image = player.pictures[0].enlarged()
    else:
        image, _ = figures.side_by_side(player.pictures, player.titles)
    data, metadata = figures.bundle(image, player.alt)
    view = {"version_major": 2, "version_minor": 0, "model_id": player.model_id}
    caption = f"Run this cell to {'hear' if player.sound else 'move'} it."
    return data | {VIEW: view}, metadata | {MARK: {"caption": caption}}


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
    """
    return Player(pictures, titles)
