"""MP3 files whose length is not what their header says. Explained in notebooks/00-start-here.ipynb.

An MP3 is a row of frames, each with a header of its own. A first frame without sound may say how many there are. Where
it is missing, or is that of the first of several files that were joined, libsndfile stops too early.
"""

import io
import mmap
import os

__all__ = []

# Kilobits a second by their index, of MPEG 1 and of MPEG 2 and 2.5, layer III (ISO/IEC 11172-3 and 13818-3).
_BIT_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_SAMPLE_RATES = (44_100, 48_000, 32_000)
# By how many frames a file may differ from what its header says: encoders leave out silence at both ends.
_FEW = 4
SLACK = _FEW * 1152


def complete(raw):
    """Return an MP3 whose first frame tells its true length.

    Parameters
    ----------
    raw : binary file
        Any file, as opened by `open`.

    Returns
    -------
    binary file
        The same, unless it is an MP3 that is longer than its header says, or has none and a bit rate that varies: then
        a copy in memory, with a header of ours. Without a header, what follows the last frame is left out.
    """
    if not os.fstat(raw.fileno()).st_size:
        return raw
    with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
        first = after_tag(data)
        if not _length(data, first):
            return raw
        head = bytearray(data[first : first + _length(data, first)])
        at, old = _side(head), bytes(head[36:40]) == b"VBRI"
        named = head[at : at + 4] in (b"Xing", b"Info")
        body = first + len(head) * (named or old)
        count, varies, end = _count_frames(data, body)
        told = int.from_bytes(head[at + 8 : at + 12], "big") if named and head[at + 7] & 1 else 0
        if not named and not varies and count:
            # Tags that are none of the usual ones would be taken for damage.
            return raw if end == len(data) else io.BytesIO(data[:end])
        if count <= told + _FEW:
            return raw
        if not named:
            # The largest bit rate has room for the header; it needs no check sum.
            head[1], head[2] = head[1] | 1, head[2] & 0x0F | 0xE0
            head = bytearray(head[:4] + bytes(_length(head, 0) - 4))
        # What follows the name: 1 for the number of frames, 2 for the number of bytes.
        size = len(head) + len(data) - body
        head[at : at + 16] = b"Xing" + b"".join(n.to_bytes(4, "big") for n in (3, count, size))
        return io.BytesIO(bytes(head) + data[body:])


def _count_frames(data, at: int) -> tuple[int, bool, int]:
    """Return how many frames there are from `at` on, whether their bit rates differ, and where the last one ends."""
    count, rates, end = 0, set(), at
    while at is not None:
        size = _length(data, at)
        if size and at + size <= len(data):
            rates.add(data[at + 2] >> 4)
            count, at = count + 1, at + size
            end = at
        else:
            at = _following(data, at + 1)
    return count, len(rates) > 1, end


def _following(data, at: int) -> int | None:
    """Return where the next frame begins that is followed by another of its kind, from `at` on; None at the end."""
    while (at := data.find(b"\xff", at)) >= 0:
        size = _length(data, at)
        if size and _length(data, at + size) and data[at + 1] == data[at + size + 1]:
            return at
        at += 1
    return None


def _length(data, at: int) -> int:
    """Return how many bytes the frame has that begins at `at`; 0 if none begins there."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return 0
    version, rate, pitch = data[at + 1] >> 3 & 3, data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version == 1 or rate in (0, 15) or pitch == 3:
        return 0
    sr = _SAMPLE_RATES[pitch] // {3: 1, 2: 2, 0: 4}[version]
    padding = data[at + 2] >> 1 & 1
    return _samples(data, at) // 8 * 1000 * _BIT_RATES[version != 3][rate] // sr + padding


def _samples(data, at: int) -> int:
    """Return how many samples of a channel the frame at `at` holds."""
    return 1152 if data[at + 1] >> 3 & 3 == 3 else 576


def _side(head) -> int:
    """Return where the sound of a frame begins, which is where a header without sound has its own words."""
    mono = head[3] >> 6 == 3
    return 4 + ((17 if mono else 32) if _samples(head, 0) == 1152 else (9 if mono else 17))


def after_tag(data) -> int:
    """Return where an ID3v2 tag ends, whose size is kept in four bytes of seven bits; 0 without one."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    return 10 + sum(part << shift for part, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
