"""Hears what a page plays: everything that reaches the destination of its audio graphs, to the frame."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SCRIPT = (Path(__file__).parent / "ear.js").read_text(encoding="utf-8")
# So many chunks of a twentieth of a second are fetched at once.
CHUNKS = 200
AUDIBLE = 1e-4
PATIENCE = 60
# Music of the tests ends here, in hertz; a step in the sound does not.
ABOVE = 4000


@dataclass(frozen=True, eq=False)
class Heard:
    """What one audio context of a page played.

    Attributes
    ----------
    sound : float32 [frames, 2]
        Left and right.
    sr : float
        Frames a second.
    first : int
        Which frame of the context's clock is the first of them.
    clock : float64 [n, 4]
        Moments in which the context was asked: the second up to which it had played, the time of the page in
        milliseconds; the second that left the loudspeaker, and when it did (0 where the browser does not say).
    events : list of (str, float)
        "pointerdown", "pointerup" and "keydown", and when they happened, in milliseconds of the page.
    """

    sound: np.ndarray
    sr: float
    first: int
    clock: np.ndarray
    events: list

    def frame(self, time: float) -> int:
        """Return which frame of `sound` the context was about to play at a time of the page, in milliseconds."""
        return round(np.interp(time, self.clock[:, 1], self.clock[:, 0]) * self.sr) - self.first

    def time(self, frame: int) -> float:
        """Return when the context had played a frame, in milliseconds of the page."""
        later = np.searchsorted(self.clock[:, 0], (self.first + frame) / self.sr, side="right")
        return self.clock[min(later, len(self.clock) - 1), 1]

    @property
    def pressed(self) -> float:
        """When the reader last pressed something, in milliseconds of the page."""
        return max(time for kind, time in self.events if kind != "pointerup")

    def latency(self, since: float | None = None) -> float:
        """Return how many milliseconds passed from a press (the last one) to the first audible frame after it."""
        since = self.pressed if since is None else since
        start = max(0, self.frame(since))
        frames = audible(self.sound[start:])
        assert len(frames), "nothing was heard after the press"
        return self.time(start + frames[0]) - since


def start(page) -> None:
    """Listen to all that a page, or all pages of a browser context, will show from now on."""
    page.add_init_script(SCRIPT)


def forget(page) -> None:
    """Forget what was heard, and pressed, so far."""
    page.wait_for_function("ears.complete()")
    page.evaluate("ears.forget()")


def until_heard(page, seconds: float) -> None:
    """Wait until about so many seconds of audible sound were heard."""
    page.wait_for_function(f"ears.audible > {seconds}", timeout=1000 * (seconds + PATIENCE))


def heard(page) -> list[Heard]:
    """Return what each audio context of a page played since it began, or since that was last forgotten.

    Raises
    ------
    RuntimeError
        If a context cannot be heard, or something of it was lost.
    """
    page.wait_for_function("ears.complete()")
    result = []
    events = page.evaluate("ears.events")
    listeners = page.evaluate("ears.listeners.map((one) => [one.rate, one.problem, one.clock, one.chunks.length])")
    for which, (rate, problem, clock, chunks) in enumerate(listeners):
        if problem:
            raise RuntimeError(f"An audio context cannot be heard: {problem}.")
        firsts, pieces = [], []
        for at in range(0, chunks, CHUNKS):
            taken = page.evaluate("(which) => ears.take(which)", [which, at, min(at + CHUNKS, chunks)])
            both = [np.frombuffer(base64.b64decode(taken[side]), "<f4") for side in ("left", "right")]
            firsts += taken["firsts"]
            pieces += np.split(np.stack(both, axis=1), np.cumsum(taken["frames"]))[:-1]
        if pieces:
            result.append(Heard(joined(firsts, pieces), rate, min(firsts), np.array(clock).reshape(-1, 4), events))
    return result


def sounding(page) -> Heard:
    """Return what was heard of the one context of a page that sounds."""
    (one,) = (one for one in heard(page) if np.abs(one.sound).max(initial=0) > AUDIBLE)
    return one


def joined(firsts, pieces) -> np.ndarray:
    """Return pieces of sound, each with its first frame, as one."""
    first = min(firsts)
    ends = [at + len(piece) for at, piece in zip(firsts, pieces, strict=True)]
    sound, there = np.zeros((max(ends) - first, 2), np.float32), np.zeros(max(ends) - first, bool)
    for at, end, piece in zip(firsts, ends, pieces, strict=True):
        sound[at - first : end - first] = piece
        there[at - first : end - first] = True
    if not there.all():
        lost = np.flatnonzero(~there)
        raise RuntimeError(
            f"{len(lost)} of {len(there)} frames were lost, the first of them {lost[0]} after the first."
        )
    return sound


def audible(sound) -> np.ndarray:
    """Return which frames of a sound can be heard, in any channel."""
    return np.flatnonzero(np.abs(sound).reshape(len(sound), -1).max(axis=1, initial=0) > AUDIBLE)


def silence(sound, sr) -> float:
    """Return how many seconds the longest silence between two audible frames lasts."""
    return (np.diff(audible(sound)).max(initial=1) - 1) / sr


def step(sound, sr) -> float:
    """Return the largest step between neighbouring frames, without what music up to 4 kHz has of its own.

    At less than 16,000 frames a second, music leaves no room above it: there it is the plain difference.
    """
    sound = np.asarray(sound, dtype=np.float64).reshape(len(sound), -1)
    if sr < 4 * ABOVE:
        return float(np.abs(np.diff(sound, axis=0)).max())
    taps = 2 * round(0.002 * sr) + 1
    n = np.arange(taps) - taps // 2
    low = 2 * ABOVE / sr * np.sinc(2 * ABOVE / sr * n) * np.blackman(taps)
    high = (n == 0) - low / low.sum()
    return max(float(np.abs(np.convolve(channel, high, "valid")).max()) for channel in sound.T)
