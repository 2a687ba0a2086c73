"""What the families share: harmony, themes, rhythm and form, dealt to the siblings by their seeds."""

import itertools
import re

import numpy as np
from score import Score

#: All pieces are as long, as loud and as wide as one another, whatever they are.
MASTER = {
    "seconds": 42.0,
    "fade": 1.0,
    "dynamic": True,
    "rate": 22050,
    "channels": 1,
    "loudness": -19.0,
    "tolerance": 0.02,
    "quality": 0.83,
    "size": 1e6,
}
#: Seconds until the last chord.
MUSIC = 39.0
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
KINDS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "9": (0, 4, 7, 10, 2),
    "m9": (0, 3, 7, 10, 2),
    "M9": (0, 4, 7, 11, 2),
    "o": (0, 3, 6),
    "o7": (0, 3, 6, 9),
    "h7": (0, 3, 6, 10),
    "sus": (0, 5, 7),
    "7sus": (0, 5, 7, 10),
    "add9": (0, 4, 7, 2),
    "madd9": (0, 3, 7, 2),
    "5": (0, 7),
}
#: How much harder or softer a mark of a rhythm is struck than "x"; "-" holds, "." rests.
MARKS = {"X": 14, "x": 0, "o": -20}
#: How the bars of a theme repeat their ideas, by number of bars; the last bar is its cadence.
PLANS = {
    2: ("az", "bz"),
    4: ("aabz", "abaz", "abbz"),
    8: ("abacabbz", "aabcaabz", "abcbabcz", "abacaacz"),
}


def chord(text, tonic):
    """Return the pitch classes of a chord such as "ii7", "bVII" or "V7/ii", its root first."""
    name, _, of = text.partition("/")
    if of:
        tonic = chord(of, tonic)[0]
    accidental, numeral, kind = re.fullmatch(r"([b#]?)([iv]+|[IV]+)(.*)", name).groups()
    root = tonic + NUMERALS[numeral.lower()] + {"b": -1, "#": 1}.get(accidental, 0)
    minor = "m" if numeral.islower() and kind[:1] not in ("o", "h") else ""
    return tuple((root + step) % 12 for step in KINDS[minor + kind])


def tones(classes, low, high):
    """Return the pitches from `low` to `high` that belong to some pitch classes, lowest first."""
    return [note for note in range(round(low), round(high) + 1) if note % 12 in classes]


def nearest(pitches, to):
    """Return the pitch nearest to another one."""
    return min(pitches, key=lambda note: (abs(note - to), note))


def strokes(rhythm):
    """Return (step, steps held, mark) of every stroke of a rhythm such as "x--xX-o."."""
    return [(found.start(), len(found[0]), found[0][0]) for found in re.finditer(r"[xXo]-*", rhythm)]


class Piece:
    """One sibling while it is written.

    What is dealt (`deal`) differs from sibling to sibling for sure; what is drawn (`rng`) differs by chance.

    Parameters
    ----------
    family, seed : str, int
    metre : str
        Such as ``"3/4"``.
    bars : int
        Until the last chord, which falls on the next down-beat.
    tonic, modes : str
        The key-note of the family, and modes to deal, separated by spaces.
    swing : (float, float)
        A grid in beats, and by how much every second place of it is late.
    **master
        Settings of the whole mix, see `render.MASTER`.
    """

    def __init__(self, family, seed, metre, bars, tonic, modes, swing=(1.0, 0.0), **master):
        self.rng, touch = (np.random.default_rng([*family.encode(), seed, stream]) for stream in (0, 1))
        self.deck, self.seed = np.random.default_rng([*family.encode()]), seed
        self.swing, self.bars, self.per = swing, bars, int(metre.split("/")[0])
        self.strong = {2: 1, 3: 3, 4: 2}[self.per]
        self.mode = self.deal(modes.split())
        self.tonic = TONICS.index(tonic)
        self.scale = [(self.tonic + step) % 12 for step in MODES[self.mode]]
        tempo = round(60 * bars * self.per / MUSIC, 2)
        title = f"{family.capitalize()} {seed}"
        name = f"{family}-{seed}"
        self.score = Score(name, title, metre, f"{tonic} {self.mode}", tempo, MASTER | master, touch.normal)

    def deal(self, options):
        """Return one of some options: another to each sibling, as far as they go."""
        return options[self.deck.permutation(len(options))[(self.seed - 1) % len(options)]]

    def hand(self, options, count=3):
        """Return several of some options, different ones; another hand to each sibling, as far as they go."""
        order, step = self.deck.permutation(len(options)), len(options) // count
        return [options[order[(self.seed - 1 + index * step) % len(options)]] for index in range(count)]

    def draw(self, options):
        """Return one of some options by chance."""
        return options[self.rng.integers(len(options))]

    def harmony(self, text):
        """Return bars of chords from text such as "I vi ii7,V7 I": a space ends a bar."""
        return [[chord(name, self.tonic) for name in bar.split(",")] for bar in text.split()]

    def material(self, texts, rhythms, cadences, size=4, more=()):
        """Return what a piece is made of: chords and a theme to each letter, and one of what else is given."""
        return {
            letter: (self.harmony(text), self.theme(rhythms, cadences, size), *other)
            for letter, text, *other in zip("ABC", texts, *([more] if more else []), strict=True)
        }

    def form(self, letters, size, intro=0, ending=0):
        """Write down the sections; return (letter, first bar, how often it came before, energy 0 to 1) of each."""
        start, found = intro, []
        if intro:
            self.score.section(0, "intro")
        for index, letter in enumerate(letters):
            before = letters[:index].count(letter)
            self.score.section(start * self.per, letter + "'" * before)
            found.append((letter, start, before, index / max(1, len(letters) - 1)))
            start += size
        if ending:
            self.score.section(start * self.per, "ending")
        assert start + ending == self.bars, (start, ending, self.bars)
        return found

    # Where a note falls.

    def place(self, beat):
        """Return a beat as it is swung."""
        grid, late = self.swing
        pair, rest = divmod(beat, 2 * grid)
        half = grid + late
        return pair * 2 * grid + (
            rest * half / grid if rest < grid else half + (rest - grid) * (2 * grid - half) / grid
        )

    def note(self, part, beat, length, pitch, force):
        """Write one note where it is swung to."""
        start = self.place(beat)
        part.note(start, max(0.05, self.place(beat + length) - start), int(pitch), force)

    def chord(self, part, beat, length, pitches, force, strum=0.0):
        """Write several notes at once, each `strum` beats after the one before."""
        for index, pitch in enumerate(pitches):
            self.note(part, beat + index * strum, length - index * strum, pitch, force)

    def strokes(self, bar, rhythm):
        """Return (beat, length, force) of every stroke of a rhythm that fills a bar."""
        step = self.per / len(rhythm)
        return [(bar * self.per + at * step, held * step, MARKS[mark]) for at, held, mark in strokes(rhythm)]

    def hit(self, part, bar, lines, force):
        """Play a bar of drums: a rhythm to each key."""
        for key, rhythm in lines.items():
            for beat, _, accent in self.strokes(bar, rhythm):
                self.note(part, beat, 0.2, key, force + accent)

    def play(self, part, bar, tune, force, shift=0, short=1.0):
        """Play a tune, as `sing` gives it, from a bar on."""
        for beat, length, pitch, accent in tune:
            self.note(part, bar * self.per + beat, length * short, pitch + shift, force + accent)

    # Harmony.

    def at(self, bars, beat):
        """Return the chord that sounds at a beat of some bars of chords."""
        bar, rest = divmod(beat + 1e-6, self.per)
        chords = bars[int(bar) % len(bars)]
        return chords[int(rest / self.per * len(chords))]

    def over(self, classes):
        """Return the scale as it is over a chord: a note of the chord replaces its neighbours."""
        strange = [note for note in classes if note not in self.scale]
        return {note for note in self.scale if all((note - other) % 12 not in (1, 11) for other in strange)} | {
            *classes
        }

    def lasting(self, bars, beat, length, low, high):
        """Return the tones of the chord at a beat that still fit to the chord when they end."""
        later = self.at(bars, min(beat + length, len(bars) * self.per) - 0.1)
        own = tones(self.at(bars, beat), low, high)
        fit = [note for note in own if note % 12 in later or not {(note - 1) % 12, (note + 1) % 12} & {*later}]
        return fit or own

    def fitting(self, bars, beat, length, low, high):
        """Return the pitches that a tune may have at a beat.

        Tones of the chord where the beat is strong or the note is longer than a beat; on other beats no note that rubs
        against the chord from above; any note of the scale in passing.
        """
        if beat % self.strong == 0 or length > 1:
            return self.lasting(bars, beat, length, low, high)
        classes = self.at(bars, beat)
        steps = tones(self.over(classes), low, high)
        if beat % 1 == 0 or length > 0.6:
            steps = [note for note in steps if note % 12 in classes or (note - 1) % 12 not in classes]
        return steps

    def voice(self, classes, middle, before=None):
        """Return a chord in close position around a pitch, nearest to the chord before."""
        options = []
        for first in tones(classes, middle - 9, middle + 4):
            notes = [first]
            while len(notes) < len(classes):
                notes.append(next(n for n in range(notes[-1] + 1, notes[-1] + 12) if n % 12 in classes))
            options.append(notes)

        def cost(notes):
            moved = sum(abs(a - b) for a, b in zip(notes, before or notes, strict=False))
            return moved + abs(np.mean(notes) - middle), notes[0]

        return min(options, key=cost)

    def walk(self, bars, low, high):
        """Return a bass that walks in quarters: roots, then tones of the chord, then a step to the next root."""
        beats = [self.at(bars, beat) for beat in range(len(bars) * self.per)]
        line, at = [], (low + high) / 2
        for beat, now in enumerate(beats):
            later = beats[(beat + 1) % len(beats)]
            if beat == 0 or now != beats[beat - 1] or beat % self.per == 0:
                at = nearest(tones(now[:1], low, high), at)
            elif later != now:
                goal = nearest(tones(later[:1], low, high), at)
                at = goal + self.draw([-1, 1, -2 if goal > low + 2 else 2])
            else:
                at = self.draw([n for n in tones(now, at - 7, at + 7) if n != at and low <= n <= high])
            line.append((float(beat), 0.9, at, 0))
        return line

    # Melody.

    def idea(self, rhythm):
        """Return an idea: a rhythm, and by how many steps of the scale each of its notes moves."""
        moves, leap = [], 0
        bias = self.rng.choice([-0.35, 0.35])
        for _ in strokes(rhythm):
            move = int(self.rng.choice([-3, -2, -1, 0, 1, 2, 3, 4], p=[0.05, 0.15, 0.25, 0.08, 0.25, 0.14, 0.05, 0.03]))
            if abs(leap) > 2:
                move = -int(np.sign(leap))
            elif self.rng.random() < abs(bias):
                move = int(np.sign(bias)) * abs(move)
            moves.append(move)
            leap = move
        return rhythm, moves

    def theme(self, rhythms, cadences, size=4):
        """Return a theme, an idea to each bar: a few ideas that come again, and a cadence."""
        ideas = {
            letter: self.idea(rhythm) for letter, rhythm in zip("abc", self.rng.permutation(rhythms), strict=False)
        }
        ideas["z"] = self.idea(self.draw(cadences))
        ideas.setdefault("c", self.idea(ideas["a"][0]))
        return [ideas[letter] for letter in self.draw(PLANS[size])]

    def vary(self, theme, rhythms):
        """Return a theme whose beginning is still known: a bar in the middle gets another idea, another is turned."""
        theme = list(theme)
        where = 1 + int(self.rng.integers(len(theme) - 1)) if len(theme) > 2 else 0
        if where < len(theme) - 1:
            theme[where] = self.idea(self.draw(rhythms))
        rhythm, moves = theme[-2]
        theme[-2] = rhythm, [-move for move in moves]
        return theme

    def sing(self, theme, bars, low, high, closed=True):
        """Return a theme as notes over some bars of chords.

        Parameters
        ----------
        theme : list of (str, list of int)
            As `theme` gives it.
        bars : list of list of tuple
            The chords, as `harmony` gives them.
        low, high : int
            The range of the voice.
        closed : bool
            Whether it ends on the root of the last chord, or openly on another of its tones.

        Returns
        -------
        list of (float, float, int, float)
            Beat, length, pitch and accent of each note.
        """
        notes, at = [], (low + high) / 2 + self.rng.uniform(-2, 2)
        for bar, (rhythm, moves) in enumerate(theme):
            for (beat, length, accent), move in zip(self.strokes(bar, rhythm), moves, strict=True):
                steps = tones(self.over(self.at(bars, beat)), low, high)
                index = steps.index(nearest(steps, at)) + move
                index = abs(index) if index < len(steps) else 2 * (len(steps) - 1) - index
                own = self.fitting(bars, beat, length, low, high)
                new = [note for note in own if not move or note != at]
                pitch = nearest(new or own, steps[index] + 0.1 * np.sign(move))
                arch = 5 * np.sin(np.pi * bar / len(theme)) + (4 if beat % self.per == 0 else 0)
                notes.append([beat, length * 0.94, pitch, accent + arch])
                at = pitch
        last = self.at(bars, notes[-1][0] + notes[-1][1])
        goal = nearest(tones(last[:1] if closed else last[1:3], low, high), at)
        notes[-1][2] = goal
        if len(notes) > 1 and notes[-2][1] < 0.9:
            steps = tones(self.over(self.at(bars, notes[-2][0])), low - 2, high + 2)
            side = [note for note in steps if 0 < abs(note - goal) <= 2] or steps
            notes[-2][2] = nearest(side, notes[-2][2])
        return [tuple(note) for note in notes]


def rotate(rhythm, steps):
    """Return a rhythm that begins so many steps later."""
    return rhythm[steps % len(rhythm) :] + rhythm[: steps % len(rhythm)]


def spread(strokes, steps):
    """Return a rhythm of so many strokes, as even as so many steps allow (Bjorklund's or Euclid's)."""
    return "".join("x" if index * strokes % steps < strokes else "." for index in range(steps))


def cycle(items, count):
    """Return the first `count` items of some that are repeated for ever."""
    return list(itertools.islice(itertools.cycle(items), count))
