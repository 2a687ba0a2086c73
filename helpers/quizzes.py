"""A quiz: which picture shows what you hear? Explained in notebooks/15-guess.ipynb.

All rounds, their pictures and their sound are sent to the page (`quizzes.js`) before the first question, so that
nobody has to answer while people play.
"""

import io
import uuid
from collections import Counter
from dataclasses import replace
from math import gcd
from pathlib import Path

import anywidget
import numpy as np
import soundfile as sf
import traitlets

from helpers import cells, checks, colors, corpus, moments, outputs, recipes, tempo
from helpers.guesses import CHOICES, Guess
from helpers.pictures import Picture, side_by_side
from helpers.tracks import Track

__all__ = ["LAYOUTS", "Quiz", "quiz"]

_HERE = Path(__file__).resolve().parent
_SCRIPTS = ("sound.js", "saved.js", "panel.js", "quizzes.js")
_STYLES = ("player.css", "quizzes.css")
_SIDE = 224
# Seconds of an excerpt, and of a piece at most: of a longer one, its middle is drawn and heard.
_EXCERPT, _LONGEST = 8.0, 60.0
# What an excerpt is sent as: MP3, which every browser decodes, about 40 kB.
_RATE = 22_050
# An excerpt is at least this loud, as a part of the amplitude of the whole piece: silence could be of any.
_AUDIBLE = 0.1


# How each kind of picture is made. Rows of bars: as many as there are. The portrait has half as many pixels each way:
# an excerpt is so short that it shows no fewer things.
_DRAWN = {
    "timeline": recipes.prepare("perceptual", _SIDE, top_db=60),
    "rows of bars": None,
    "Hilbert tiles": recipes.prepare("hilbert", _SIDE, top_db=60),
    "self-similarity": recipes.prepare("similarity", _SIDE, smooth=2),
    "portrait": recipes.prepare("timbre", _SIDE // 2),
}
LAYOUTS = tuple(_DRAWN)


def _drawn(track, layout: str) -> Picture:
    """Draw a piece; what is measured in one number a pixel is painted in magma."""
    if recipe := _DRAWN[layout]:
        when = moments.even(track, recipe.moments)
    else:
        pulse = tempo.find(track)
        if not pulse.period:
            pulse = replace(pulse, period=0.5, steady=True, metre=4)
        when = moments.on_the_beat(track, pulse, 4 * pulse.metre, _SIDE)
        recipe = recipes.prepare("rows", _SIDE, rows=len(when) // _SIDE, top_db=60, centred=True)
    times, pixels = recipe.times(when), recipe.paint(recipe.measure(track, when))
    pixels = pixels[: times.shape[0], : times.shape[1]]
    if pixels.ndim == 3:
        return Picture(pixels, times, track)
    return Picture(colors.palette("magma")[pixels], times, track, levels=pixels)


class Quiz(anywidget.AnyWidget):
    """Rounds of guessing, played in the page.

    Attributes
    ----------
    rounds : list of dict
        What each round asks and shows.
    answers : list of dict
        What was chosen so far, and after how many seconds.
    guesses : list of Guess
        The same, as `scores` and `differences` take it.

    Examples
    --------
    >>> quiz(rounds=1).guesses
    []
    """

    # As in the player, the files are read here, so that no thread watches them.
    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    _css = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _STYLES)

    rounds = traitlets.List().tag(sync=True)
    answers = traitlets.List().tag(sync=True)
    layouts = traitlets.List().tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    # A name that no other sound on the page has, and what each excerpt is.
    sound = traitlets.Dict().tag(sync=True)

    def __init__(self, rounds, shown):
        super().__init__(
            rounds=rounds,
            layouts=list(LAYOUTS),
            palette=colors.palette("magma").tobytes(),
            sound={"key": uuid.uuid4().hex, "rate": _RATE, "seconds": _EXCERPT},
        )
        cells.hold(self)
        self.shown = shown

    @property
    def guesses(self) -> list[Guess]:
        """What was answered so far, by person 0."""
        of = len(self.rounds)
        return [
            Guess(
                *(0, number, of, asked["layout"], asked["way"], asked["wrong"]),
                *(answer["chosen"] == asked["right"], answer["seconds"]),
            )
            for number, (asked, answer) in enumerate(zip(self.rounds, self.answers, strict=False), 1)
        ]

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        first, count = self.rounds[0], len(self.rounds)
        seen = f"{CHOICES} pictures, one of which" if first["way"] == "hear" else "a picture, which"
        return (
            f"A quiz of {count} {'round' if count == 1 else 'rounds'}. The first shows {seen} belongs to a sound of "
            f"{_EXCERPT:g} seconds: {first['layout']}."
        )

    def close(self) -> None:
        """Take it off every page, and let go of pictures and sound."""
        if self.comm is not None:
            super().close()
            self.layout.close()
            self.rounds, self.shown = [], []

    def __repr__(self):
        return self.alt if self.rounds else "This quiz is closed: run the cell again that makes it."

    def _repr_mimebundle_(self, **_):
        if not self.rounds:
            return {"text/plain": repr(self)}, {}
        cells.hold(self)
        numbers = [str(number) for number in range(1, len(self.shown) + 1)]
        image, _ = side_by_side(self.shown, numbers)
        data, metadata = outputs.bundle(image, self.alt)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return data | {outputs.VIEW: view}, metadata | {outputs.MARK: {"caption": "Run this cell to play."}}


def quiz(music=None, rounds: int = 40, wrong: str = "both", seed: int = 0) -> Quiz:
    """Ask which picture shows what is heard, and which sound belongs to a picture.

    The five kinds of pictures take turns: each comes once in every five rounds, and with each, all ways of asking come
    equally often in every twenty. Which pieces are shown, which of them is right and which eight seconds are heard,
    dice decide; so nobody who does not listen is right in more than a quarter of the rounds.

    Parameters
    ----------
    music : Corpus, str or Path, optional
        Many pieces, as `corpus.gather` returns them, or a folder; None for the crowd. Of each piece at most a minute is
        used, from its middle.
    rounds : int
        How many questions there are.
    wrong : str
        Where the wrong ones come from: "hard", the family of the right one; "easy", three other families; "both".
        Where families are too small or too few, they come from anywhere.
    seed : int
        Another number makes another quiz.

    Returns
    -------
    Quiz

    Raises
    ------
    TrackError
        If there are fewer than eight usable pieces.
    ValueError
        If `wrong` is none of the three, or `rounds` is no whole number of at least one.

    Examples
    --------
    >>> quiz(rounds=1)
    A quiz of 1 round. The first shows 4 pictures, one of which belongs to a sound of 8 seconds: self-similarity.
    """
    rounds, rng = checks.whole(rounds, "rounds"), np.random.default_rng(seed)
    if wrong not in ("easy", "hard", "both"):
        raise ValueError(f"wrong={wrong!r} was given; 'easy', 'hard' or 'both' was expected.")
    music = music if isinstance(music, corpus.Corpus) else corpus.gather(music, seconds=_EXCERPT)
    families = [piece.family for piece in music.pieces]
    plan = _planned(families, rounds, wrong, rng)
    tracks, drawn = _Tracks(music), {}

    def draw(piece, layout):
        if (piece, layout) not in drawn:
            drawn[piece, layout] = _drawn(tracks[piece], layout)
        return drawn[piece, layout]

    asked, shown = [], []
    for about in plan:
        pieces, right = about.pop("pieces"), about["right"]
        one, hear = [pieces[right]], about["way"] == "hear"
        pictures = [draw(piece, about["layout"]) for piece in (pieces if hear else one)]
        excerpts = [_excerpt(tracks[piece], rng) for piece in (one if hear else pieces)]
        begins, sounds = zip(*excerpts, strict=True)
        about |= {"at": begins[0 if hear else right], "pictures": list(map(_sent, pictures)), "sounds": list(sounds)}
        asked.append(about | _timed(pictures[right if hear else 0]))
        shown = shown or pictures
    return Quiz(asked, shown)


def _planned(families, rounds: int, wrong: str, rng) -> list[dict]:
    """Return what each round asks: layout, way, wrong, which four pieces, and which of these is right.

    The four are drawn alike and then one of them is chosen, so that the other three cannot give it away.
    """
    count = Counter(families)
    large = [i for i, family in enumerate(families) if count[family] >= CHOICES]
    kinds = ["hard"] * bool(large) + ["easy"] * (len(count) >= CHOICES)
    kinds = [kind for kind in kinds if wrong in (kind, "both")] or ["any"]
    tasks = [(way, kind) for way in ("hear", "see") for kind in kinds]
    plan = []
    while len(plan) < rounds:
        turns = {layout: rng.permutation(len(tasks)) for layout in LAYOUTS}
        for turn in range(len(tasks)):
            for layout in rng.permutation(LAYOUTS).tolist():
                way, kind = tasks[turns[layout][turn]]
                pieces = _four(families, kind, large, rng)
                plan.append({"layout": layout, "way": way, "wrong": kind, "pieces": pieces})
                plan[-1]["right"] = int(rng.integers(CHOICES))
    return plan[:rounds]


def _four(families, kind: str, large: list[int], rng) -> list[int]:
    """Draw four pieces: of one family, of four, or any."""
    if kind == "easy":
        chosen = rng.permutation(sorted(set(families)))[:CHOICES]
        return [int(rng.choice([i for i, name in enumerate(families) if name == family])) for family in chosen]
    family = families[rng.choice(large)] if kind == "hard" else None
    among = [i for i, name in enumerate(families) if family in (None, name)]
    return rng.permutation(among)[:CHOICES].tolist()


class _Tracks(dict):
    """Pieces by their number, loaded when they are first asked for; of a long one, the middle."""

    def __init__(self, music):
        super().__init__()
        self.pieces = music.pieces

    def __missing__(self, number):
        from helpers.tracks import load_track

        track = load_track(self.pieces[number].source)
        most = round(_LONGEST * track.sr)
        if len(track.signal) > most:
            start = (len(track.signal) - most) // 2
            track = Track(track.signal[start : start + most].copy(), track.sr, track.name)
        self[number] = track
        return track


def _excerpt(track, rng) -> tuple[float, bytes]:
    """Choose eight seconds that are not silent, and return where they begin and what is sent of them."""
    length = round(_EXCERPT * track.sr)
    least = _AUDIBLE * float(np.sqrt(np.mean(track.signal**2)))
    for _ in range(20):
        start = int(rng.integers(max(1, len(track.signal) - length + 1)))
        samples = track.signal[start : start + length]
        if np.sqrt(np.mean(samples**2)) >= least:
            break
    if track.sr != _RATE:
        from scipy.signal import resample_poly

        common = gcd(_RATE, track.sr)
        samples = resample_poly(samples, _RATE // common, track.sr // common)
    buffer = io.BytesIO()
    sf.write(buffer, np.clip(samples / max(1, track.peak), -1, 1), _RATE, format="MP3")
    return start / track.sr, buffer.getvalue()


def _sent(picture) -> dict:
    """Return what the page is told of a picture: not which piece it shows."""
    height, width = picture.pixels.shape[:2]
    plain = picture.levels is None
    pixels = (picture.pixels if plain else picture.levels).tobytes()
    return {"height": height, "width": width, "cmap": "" if plain else "magma", "pixels": pixels}


def _timed(picture) -> dict:
    """Return the moment of each pixel in 16 bits, and the seconds of the first and the last."""
    low, high = float(picture.times.min()), float(picture.times.max())
    times = np.rint((picture.times - low) * (65535 / max(high - low, 1e-9)))
    return {"times": times.astype("<u2").tobytes(), "span": [low, high]}
