"""Audio files: opened, read straight on to their true end, and named where they cannot be read.

Explained in notebooks/00-start-here.ipynb.
"""

import io
import mmap
import os
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import soundfile as sf

from helpers import mpeg

__all__ = []

# What libsndfile says of a FLAC file that was written by a stream.
_ENDLESS = (1 << 63) - 1
# How a FLAC file begins: a block of 34 bytes always comes first.
_FLAC = b"fLaC\0\0\0\x22"
# How many bytes of tags may follow the music of a file.
_TAGS = 4096
# Some programs write the size of the file, or of what follows, in place of the size of the sound.
_HEADER = 1024
# What no library here reads: where its first bytes are, these bytes, and its name.
_FOREIGN = (
    (4, b"ftyp", "an M4A or MP4 (AAC) file"),
    (0, b"\xff\xf1", "an AAC file"),
    (0, b"\xff\xf9", "an AAC file"),
    (0, b"ADIF", "an AAC file"),
    (0, b"\x0b\x77", "an AC-3 file"),
    (0, b"\x7f\xfe\x80\x01", "a DTS file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a WMA or WMV file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (0, b"MAC ", "a Monkey's Audio (APE) file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"TTA1", "a True Audio file"),
    (0, b"tBaK", "a TAK file"),
    (0, b"OFR ", "an OptimFROG file"),
    (0, b"MPCK", "a Musepack file"),
    (0, b"MP+", "a Musepack file"),
    (0, b"ajkg", "a Shorten file"),
    (0, b"DSD ", "a DSD file"),
    (0, b"FRM8", "a DSD file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b".RMF", "a RealMedia file"),
    (0, b"FLV", "a Flash video"),
    (8, b"AVI ", "an AVI file"),
    (0, b"\0\0\1\xba", "an MPEG video"),
)
# The codecs that an Ogg file may begin with; those that can be read have no name here.
_IN_OGG = (
    (b"\x01vorbis", ""),
    (b"OpusHead", ""),
    (b"\x7fFLAC", "FLAC"),
    (b"Speex", "Speex"),
    (b"\x80theora", "Theora"),
    (b"fishead\0", "Skeleton"),
    (b"PCM ", "PCM"),
)
KNOWN = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b"caff", b"ID3", b"\xff\xfb", b"\xff\xf3")
KNOWN += (b"\xff\xfa", b"\xff\xf2", b"\xff\xe3", b".snd")


class AudioFile(sf.SoundFile):
    """An audio file that is read straight on, to its true end; `size` is how many bytes it has.

    soundfile sets a file in which it may seek to its place again after each block; an MP3 then begins anew, and its
    next thousands of samples are wrong.
    """

    raw = None

    def __init__(self, path):
        file = open(path, "rb", buffering=0)  # noqa: SIM115
        try:
            self.raw = mpeg.complete(file)
            if self.raw is file:
                self.raw = _Part(file)
            self.size = self.raw.seek(0, os.SEEK_END)
            self.raw.seek(0)
            # libsndfile reads the file itself where it can: asking Python for every few bytes takes long.
            whole = isinstance(self.raw, _Part) and self.raw.whole and os.name != "nt"
            super().__init__(file.fileno() if whole else self.raw, closefd=False)
        except BaseException:
            file.close()
            raise
        if not isinstance(self.raw, _Part):
            file.close()

    def close(self):
        """Close the file."""
        super().close()
        if self.raw:
            self.raw.close()

    def seekable(self):
        """Say that there is no need to seek."""
        return False

    @property
    def endless(self) -> bool:
        """Whether the file does not say how long it is, so that libsndfile would not read it to its end."""
        return self.frames == _ENDLESS

    def block(self, room: np.ndarray, done: int) -> np.ndarray:
        """Return the next block, float32 [samples, channels], in the memory of `room`; `done` samples were read."""
        # What follows the last sample of a FLAC file, libFLAC takes for damage.
        return self.read(out=room[: max(0, self.frames - done)] if self.format == "FLAC" else room)

    def joined(self) -> bool:
        """Say whether another FLAC file follows the one that was read, of which libFLAC says no word."""
        if self.format != "FLAC":
            return False
        # It reads a little further than to the last sample.
        self.raw.seek(max(4, self.raw.tell() - (1 << 16)))
        return _FLAC in self.raw.read(1 << 17)

    def unread(self) -> bool:
        """Say whether music may follow what was read: more than tags, where no length or a wrong one is given."""
        lost = re.search(r"Unknown chunk marker .* at position (\d+)\. Exiting", self.extra_info)
        at = int(lost[1]) if lost else self.raw.tell()
        return self.size - at > _TAGS and (lost is not None or self.promised() == 0)

    def promised(self) -> float:
        """Return how many frames the file says it has: 0 where it does not say, infinity where its end is missing."""
        raw = self.raw
        if self.format == "OGG":
            raw.seek(max(0, self.size - (1 << 17)))
            tail = raw.read()
            page = tail[max(0, tail.rfind(b"OggS")) :]
            # RFC 3533: byte 5 of a page holds its flags; 4 marks the last page. Byte 26 says how many sizes follow.
            whole = len(page) > 26 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
            return 0 if whole and page.startswith(b"OggS") and page[5] & 4 else np.inf
        if self.format in ("MP3", "MPEG"):
            raw.seek(0)
            raw.seek(mpeg.after_tag(raw.read(10)))
            frame = raw.read(256)
            # Without this header the length is a guess from the size of the file.
            return max(1, self.frames - mpeg.SLACK) if b"Xing" in frame or b"Info" in frame else 0
        # The sizes of the audio in WAV, AIFF, W64 and RF64; one near 2 or 4 GB was written before the size was known.
        cut = re.search(r"^ *(?:data|SSND|riff|Riff size) *: (\d+) \(should be (\d+)\)", self.extra_info, re.MULTILINE)
        if cut and int(cut[2]) + _HEADER < int(cut[1]) < 0x7FFF0000:
            return self.frames * int(cut[1]) / int(cut[2]) if int(cut[2]) else np.inf
        return self.frames


class _Part:
    """A binary file without the tags of an MP3 that some programs put around others, too."""

    def __init__(self, file):
        self.file, self.begin, self.end = file, 0, os.fstat(file.fileno()).st_size
        tag = mpeg.after_tag(file.read(10))
        file.seek(tag)
        container = file.read(4)
        if tag and container in KNOWN:
            self.begin = tag
        if container == b"fLaC":
            file.seek(max(0, self.end - 128))
            self.end -= 128 * (file.read(3) == b"TAG")
        self.whole = (self.begin, self.end) == (0, os.fstat(file.fileno()).st_size)
        if not self.whole:
            self.file = io.BufferedReader(file)
        self.file.seek(self.begin)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte; not before the first."""
        start = (self.begin, self.file.tell(), self.end)[whence]
        return self.file.seek(max(self.begin, start + offset)) - self.begin

    def tell(self) -> int:
        """Return the number of the next byte."""
        return self.file.tell() - self.begin

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, less at the end."""
        left = max(0, self.end - self.file.tell())
        return self.file.read(left if size < 0 else min(size, left))

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def unreadable(path: Path) -> str:
    """Say in a sentence why libsndfile cannot read a file that is not empty, and what to do."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] == b"MThd" or data[8:12] == b"RMID":
            return (
                f"'{path.name}' is a MIDI file: it holds notes and no sound. Record what an instrument plays of them."
            )
        for at, magic, name in _FOREIGN:
            if data[at : at + len(magic)] == magic:
                return f"'{path.name}' is {name}, which cannot be read here: {convert(path)}"
        if not data[:4].startswith(KNOWN):
            return f"'{path.name}' is not audio that can be read: WAV, FLAC, OGG, Opus or MP3 was expected."
        if _joined(data):
            return (
                f"'{path.name}' is several files put end to end, of which only the first could be read: join the "
                "music with an audio program, for instance Audacity."
            )
        codec = _codec(data)
    if codec:
        return f"'{path.name}' is damaged, or in a codec that cannot be read here ({codec}): {convert(path)}"
    return f"'{path.name}' is damaged or truncated audio: copy, download or export it again."


def _joined(data) -> bool:
    """Say whether a file of the same kind begins where the first one ends."""
    begin = mpeg.after_tag(data)
    if data[begin : begin + 4] == b"fLaC":
        return data.find(_FLAC, begin + 4) > 0
    order = "big" if data[:4] in (b"FORM", b"RIFX") else "little"
    size = 8 + int.from_bytes(data[4:8], order)
    return data[:4] in (b"RIFF", b"RIFX", b"FORM") and data[:4] in (data[size : size + 4], data[size + 1 : size + 5])


def _codec(data) -> str:
    """Return the name of the codec inside a container that may hold many, empty for those that can be read."""
    if data[:4] == b"OggS" and len(data) > 27:
        packet = data[27 + data[26] :][:64]
        return next((name for magic, name in _IN_OGG if packet.startswith(magic)), "unknown" if packet else "")
    if data[8:12] == b"WAVE" and (at := data.find(b"fmt ", 12, 4096)) > 0 and len(data) > at + 10:
        tag = int.from_bytes(data[at + 8 : at + 10], "big" if data[:4] == b"RIFX" else "little")
        return "" if tag in (1, 3, 6, 7, 0xFFFE) else f"WAV 0x{tag:04x}"
    if data[8:12] == b"AIFC" and (at := data.find(b"COMM", 12, 4096)) > 0:
        name = data[at + 26 : at + 30]
    elif data[:4] == b"caff" and (at := data.find(b"desc", 4, 4096)) > 0:
        name = data[at + 20 : at + 24]
    else:
        return ""
    return "" if name in (b"", b"NONE", b"sowt", b"twos", b"lpcm") else name.decode("latin-1").strip()


def convert(path: Path) -> str:
    """Return the end of a sentence that says how to make a readable file of another one."""
    ending = ".wav" if path.suffix.lower() == ".flac" else ".flac"
    # A program would take a name that begins with a dash for an option.
    names = [f"./{name}" if name.startswith("-") else name for name in (path.name, f"{path.stem}{ending}")]
    command = ["ffmpeg", "-i", *names]
    line = subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
    return f"convert it first, for instance with `{line}`, and load the result."
