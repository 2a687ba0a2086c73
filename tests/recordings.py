"""Audio files as other programs write them: every codec, rate and number of channels, and the oddities of the wild.

What no library here writes is made of what one does write: MP3 without its first frame, of a free bit rate, or between
tags; Ogg that was recorded from a running stream.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

AT_ONCE = 4096
RATES = (8000, 11025, 22050, 44100, 48000, 88200, 96000, 176400, 192_000)
# Kilobits per second, by the four bits that name them: MPEG 1, and MPEG 2 and 2.5.
KILOBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
# Samples by which an MP3 sounds late where nothing says so: 576 of LAME's and 529 of every decoder's.
LAME_DELAY = 1105
# The same where a header of ours says how long it is: then the decoder leaves out its part.
OURS_DELAY = 576
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# The time of an Ogg page on which no packet ends.
NOWHERE = 0xFFFFFFFFFFFFFFFF


def write(path: Path, signal: np.ndarray, sr: int, subtype: str | None = None, **options) -> Path:
    """Write [samples, channels] as an audio file, in small blocks: some encoders cannot take much at once."""
    kind = {".opus": "OGG"}.get(path.suffix)
    with sf.SoundFile(path, "w", sr, signal.shape[1], subtype, format=kind, **options) as file:
        for start in range(0, len(signal), AT_ONCE):
            file.write(signal[start : start + AT_ONCE])
    return path


def mp3_frames(data: bytes, sr: int) -> Iterator[tuple[int, int]]:
    """Yield where each frame of an MP3 stream begins and ends; `sr` is its sample rate."""
    at = 0
    while at < len(data):
        head, bits = int.from_bytes(data[at : at + 2], "big"), data[at + 2]
        assert head & 0xFFE6 == 0xFFE2, f"no frame begins at byte {at}"
        version = head >> 3 & 3
        size = (144_000 if version == 3 else 72_000) * KILOBITS[version != 3][bits >> 4] // sr + (bits >> 1 & 1)
        yield at, at + size
        at += size


def without_header(data: bytes, sr: int) -> bytes:
    """Leave out the first frame of an MP3, which holds no sound but says how long and of which delay it is."""
    _, end = next(mp3_frames(data, sr))
    assert b"Xing" in data[:end] or b"Info" in data[:end]
    return data[end:]


def free_format(data: bytes, sr: int) -> bytes:
    """Make the bit rate of an MP3 one that has no number: every frame must be as long as the others."""
    changed = bytearray(data)
    for at, _ in mp3_frames(data, sr):
        assert data[at + 1] & 1, "a frame with a checksum cannot be changed so easily"
        changed[at + 2] &= 0x0F
    return bytes(changed)


def id3(size: int) -> bytes:
    """Return an ID3v2 tag with so many bytes of padding."""
    return b"ID3\x04\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(size)


def with_cover(data: bytes, sr: int) -> bytes:
    """Put a tag with a picture of 200 kB, in which MP3 frames seem to begin, in front of an MP3."""
    picture = np.random.default_rng(0).bytes(100_000) + data[:100_000].ljust(100_000, b"\0")
    frame = b"\0image/jpeg\0\x03\0" + picture
    # The size of a frame of ID3v2.3 has eight bits a byte, the size of the whole has seven.
    frame = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    return b"ID3\x03" + id3(len(frame))[4:10] + frame + data


def with_tail(data: bytes, sr: int) -> bytes:
    """Put lyrics, an APE tag, an ID3v1 tag and zeros behind an MP3."""
    lyrics = b"LYRICSBEGIN" + b"LYR00012Hello, world" + b"000031LYRICS200"
    item = struct.pack("<II", 6, 0) + b"Artist\0Nobody"
    head, foot = (struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32 + len(item), 1, flag << 29) for flag in (5, 4))
    return with_id3v1(data + lyrics + head + item + foot, sr) + bytes(2000)


def with_id3v1(data: bytes, sr: int) -> bytes:
    """Put the oldest and smallest tag behind an MP3."""
    return data + b"TAG" + bytes(124) + b"\xff"


def ogg_pages(data: bytes) -> Iterator[bytes]:
    """Yield the pages of an Ogg stream (RFC 3533)."""
    at = 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS", f"no page begins at byte {at}"
        sizes = data[at + 27 : at + 27 + data[at + 26]]
        end = at + 27 + len(sizes) + sum(sizes)
        yield data[at:end]
        at = end


def ogg_time(page: bytes) -> int:
    """Return the sample at which an Ogg page ends."""
    return int.from_bytes(page[6:14], "little")


def ogg_page(page: bytes, time: int, number: int) -> bytes:
    """Return an Ogg page with another time and number, and the checksum that belongs to it."""
    page = page[:6] + struct.pack("<Q", time) + page[14:18] + struct.pack("<I4x", number) + page[26:]
    # The same polynomial as zlib's, but with the bits of every byte the other way round, and beginning at 0.
    checksum = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return page[:22] + struct.pack(">I", checksum).translate(REVERSED) + page[26:]


def ogg_later(data: bytes, sr: int, seconds: float = 4321.5) -> bytes:
    """Let the time of an Ogg stream begin at a later second, as when a programme is recorded from the air."""
    later, changed = round(seconds * sr), []
    for number, page in enumerate(ogg_pages(data)):
        time = ogg_time(page)
        changed.append(ogg_page(page, time + later if 0 < time < NOWHERE else time, number))
    return b"".join(changed)


def ogg_cut(data: bytes, sr: int, seconds: float = 3.0) -> bytes:
    """Leave out the first seconds of an Ogg stream, as when a listener comes late: the times stay as they were."""
    pages = list(ogg_pages(data))
    kept = [page for page in pages if ogg_time(page) == 0 or ogg_time(page) > seconds * sr]
    return b"".join(ogg_page(page, ogg_time(page), number) for number, page in enumerate(kept))


@dataclass(frozen=True)
class Kind:
    """A way of writing music.

    Attributes
    ----------
    ending : str
        Of the file's name.
    options : dict
        How soundfile is told to write it.
    changes : tuple of functions (bytes, sample rate) -> bytes
        What is done to it afterwards.
    rates : tuple of int
        The sample rates it allows.
    channels : int
        How many it allows.
    delay : int
        How many samples later than in the music everything sounds: what an encoder adds and a lost header would say.
    """

    ending: str
    options: dict
    changes: tuple[Callable[[bytes, int], bytes], ...] = ()
    rates: tuple[int, ...] = RATES
    channels: int = 6
    delay: int = 0

    def write(self, folder: Path, signal: np.ndarray, sr: int, name: str = "song") -> Path:
        """Write [samples, channels] as a file of this kind, and return its path."""
        path = write(folder / f"{name}{self.ending}", signal, sr, **self.options)
        data = path.read_bytes()
        for change in self.changes:
            data = change(data, sr)
        path.write_bytes(data)
        return path


def lossless(ending: str, subtype: str) -> Kind:
    """A kind that keeps every sample."""
    return Kind(ending, {"subtype": subtype})


def mp3(mode: str, *changes, **given) -> Kind:
    """A kind of MP3: at level 0.5 LAME puts its header in front at every rate."""
    options = {"bitrate_mode": mode, "compression_level": 0.5}
    given = {"delay": LAME_DELAY if without_header in changes else 0} | given
    return Kind(".mp3", options, changes, tuple(rate for rate in RATES if rate <= 48000), 2, **given)


def ogg(*changes) -> Kind:
    """A kind of Ogg Vorbis."""
    return Kind(".ogg", {"subtype": "VORBIS", "compression_level": 0.3}, changes)


def opus(*changes) -> Kind:
    """A kind of Opus."""
    return Kind(".opus", {"subtype": "OPUS", "compression_level": 0.2}, changes, (8000, 48000))


KINDS = {
    "WAV of 8 bits": lossless(".wav", "PCM_U8"),
    "WAV": lossless(".wav", "PCM_16"),
    "WAV of 24 bits": lossless(".wav", "PCM_24"),
    "WAV of floats": lossless(".wav", "FLOAT"),
    "AIFF": lossless(".aiff", "PCM_16"),
    "W64": lossless(".w64", "PCM_24"),
    "RF64": lossless(".rf64", "PCM_16"),
    "FLAC": lossless(".flac", "PCM_16"),
    "FLAC of 24 bits": lossless(".flac", "PCM_24"),
    "Ogg Vorbis": ogg(),
    "Ogg Vorbis from the air": ogg(ogg_later),
    "Ogg Vorbis without its beginning": ogg(ogg_cut),
    "Opus": opus(),
    "Opus from the air": opus(ogg_later),
    "Opus without its beginning": opus(ogg_cut),
    "MP3": mp3("CONSTANT"),
    "MP3 of a variable bit rate": mp3("VARIABLE"),
    "MP3 of an average bit rate": mp3("AVERAGE"),
    "MP3 without its header": mp3("CONSTANT", without_header),
    "MP3 of a variable bit rate without its header": mp3("VARIABLE", without_header, delay=OURS_DELAY),
    "MP3 of an average bit rate without its header": mp3("AVERAGE", without_header, delay=OURS_DELAY),
    "MP3 of a free bit rate": mp3("CONSTANT", free_format),
    "MP3 of a free bit rate without its header": mp3("CONSTANT", without_header, free_format),
    "MP3 with a tail": mp3("CONSTANT", with_tail),
    "MP3 without its header, with an ID3v1 tag": mp3("CONSTANT", without_header, with_id3v1),
    "MP3 without its header, with a tail": mp3("CONSTANT", without_header, with_tail),
    "MP3 with a cover": mp3("VARIABLE", with_cover),
    "MP3 between tags": mp3("AVERAGE", with_cover, with_tail),
}
