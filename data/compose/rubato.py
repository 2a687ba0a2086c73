"""Rubato: a romantic miniature for piano in D flat major, its tempo never still.

One motif, a long note and three that fall from it, is sung four times. In the middle it turns
upside down, goes to the tenor, and comes back in octaves in A major, a flat sixth away.
"""

import itertools

import numpy as np
from score import Score, pitch

FORM = {"intro": 0, "A": 4, "A'": 12, "B": 20, "A''": 36, "coda": 46}
LAST = 53

# The tempo breathes with the phrases: (bar, beats per minute), even steps in between.
TEMPI = (
    (0, 71), (2, 77), (4, 73), (6, 83), (8, 77), (10, 86), (11, 82), (12, 75), (14, 86), (16, 79), (18, 90),
    (19, 83), (20, 75), (22, 87), (24, 81), (26, 92), (28, 97), (28.5, 92), (31, 98), (32.5, 99), (33.5, 92),
    (34.5, 82), (35.25, 73), (36, 70), (38, 80), (40, 74), (42, 83), (43, 77), (44, 71), (45, 75), (46, 70),
    (48, 78), (50, 73), (51, 75), (52, 71), (53.5, 70),
)  # fmt: skip

# How hard the melody is struck: (bar, velocity).
FORCE = (
    (0, 54), (2, 60), (3.5, 53), (4, 60), (6, 69), (8, 61), (9.5, 72), (10.5, 70), (12, 54), (12.1, 64),
    (14, 76), (16, 66), (17.5, 84), (19, 72), (20, 60), (22, 76), (24, 68), (26, 86), (28, 98), (30, 101),
    (31, 98), (32, 104), (33, 111), (34, 100), (35, 78), (36, 58), (38, 65), (40, 56), (41.5, 68), (43, 60),
    (44, 50), (45, 58), (46, 52), (48, 60), (50, 53), (51, 49), (54, 42),
)  # fmt: skip

# The left hand's chords: a bass, and four notes to break above it.
CHORDS = {
    "Db": "Db2 Ab2 F3 Ab3 Db4",
    "Bbm7": "Bb1 F2 Db3 Ab3 Db4",
    "Ebm7": "Eb2 Bb2 Gb3 Bb3 Db4",
    "Absus": "Ab2 Eb3 Gb3 Bb3 Db4",
    "Ab7": "Ab2 Eb3 Gb3 C4 Eb4",
    "Ab7low": "Ab1 Eb2 C3 Gb3 C4",
    "Db/F": "F2 Db3 F3 Ab3 Db4",
    "Gb": "Gb2 Db3 Gb3 Bb3 Db4",
    "Gbmaj7": "Gb2 Db3 F3 Bb3 Db4",
    "Gbm6": "Gb2 Db3 Eb3 A3 Db4",
    "Gbm/Db": "Db2 A2 Eb3 Gb3 A3",
    "Gb/Db": "Db2 Bb2 Gb3 Ab3 Bb3",
    "Db/Ab": "Ab2 F3 Ab3 Db4 F4",
    "F7sus": "F2 C3 Eb3 Bb3 C4",
    "F7": "F2 C3 Eb3 A3 C4",
    "A": "A1 E2 C#3 A3 C#4",
    "Eb0": "Eb2 A2 Gb3 A3 Db4",
}

# One bar a line: its chords, and what is sung, "pitch:beats", "-" a rest.
INTRO = (
    ("Db", "-:2 Ab5:2"),
    ("Gbm/Db", "Gb5:1 Eb5:3"),
    ("Db", "-:2 Db6:2"),
    ("Absus Ab7", "Bb5:1 Ab5:1 Eb5:1 Ab4:1"),
)
FIRST = (
    ("Db", "F5:2 Eb5:.5 Db5:.5 Ab4:1"),
    ("Bbm7", "C5:1.5 Bb4:.5 Db5:2"),
    ("Ebm7", "Gb5:2 F5:.5 Eb5:.5 Bb4:1"),
    ("Absus Ab7", "Db5:1.5 C5:.5 Eb5:2"),
    ("Db/F", "Ab5:2 Gb5:.5 F5:.5 Db5:1"),
    ("Gb Gbm6", "Bb5:1.5 Ab5:.5 Gb5:1 Eb5:1"),
    ("Db/Ab Ab7low", "F5:1.5 Eb5:.5 Db5:.5 Eb5:.5 C5:1"),
    ("Db", "Db5:3 Ab4:1"),
)
SECOND = (
    ("Db", "F5:1.5 Gb5:.25 F5:.25 Eb5:.5 Db5:.5 Ab4:.5 Bb4:.5"),
    ("Bbm7", "C5:1.5 Bb4:.5 Db5:1.5 F5:.5"),
    ("Ebm7", "Gb5:1.5 Ab5:.25 Gb5:.25 F5:.5 Eb5:.5 Bb4:.5 C5:.5"),
    ("Absus Ab7", "Db5:1.5 C5:.5 Eb5:1.5 Gb5:.5"),
    ("Db/F", "Ab5:1.5 Bb5:.25 Ab5:.25 Gb5:.5 F5:.5 Db5:.5 F5:.5"),
    ("Gbmaj7", "Bb5:1.5 Ab5:.5 Gb5:1 F5:1"),
    ("Ebm7", "Eb5:1 Gb5:1 F5:1 Eb5:1"),
    ("F7sus F7", "Bb4:1.5 A4:.5 C5:2"),
)
THIRD = (
    *FIRST[:7],
    ("A", "C#5:1 E5:2 C#5:1"),
    ("Eb0 Ab7low", "Eb5:1.5 Db5:.5 C5:1.5 Eb5:.5"),
    ("Db", "Db5:4"),
)
CODA = (
    ("Db", "F4:2 Eb4:.5 Db4:.5 Ab3:1"),
    ("Gbm/Db", "-:1 Eb5:1 Db5:1 A4:1"),
    ("Db", "F6:2 Eb6:.5 Db6:.5 Ab5:1"),
    ("Gbm/Db", "A5:2 Gb5:1 Eb5:1"),
    ("Db", "F5:2 Eb5:.5 Db5:.5 Ab4:1"),
    ("Gb/Db", "Bb4:4"),
)
# The voice between the hands in the second and third verse.
ALTO = (
    "Ab4:2 F4:2",
    "F4:2 Ab4:2",
    "Bb4:2 Gb4:2",
    "Ab4:2 Gb4:2",
    "Db5:2 Ab4:2",
    "Db5:2 Bb4:2",
    "Gb4:2 Bb4:2",
    "Eb4:2 Eb4:2",
)
ECHO = {38: "-:2.5 Ab5:.5 Db6:1", 40: "-:2.5 C6:.5 Eb6:1", 42: "-:3 Ab6:1"}

# The middle: bass, right hand and the tenor's tune; then the tune in octaves above wide chords.
TENOR = (
    ("Bb1 F2", "Bb4 Db5 F5 Bb5", "Bb3:2 C4:.5 Db4:.5 F4:1"),
    ("Bb1 Gb2", "Bb4 Eb5 Gb5 Bb5", "Gb4:1.5 F4:.5 Eb4:2"),
    ("A1 F2", "A4 C5 Eb5 F5", "C4:1.5 Db4:.5 Eb4:1 Gb4:1"),
    ("Bb1 Ab1", "Bb4 Db5 F5 Bb5", "F4:3 Db4:1"),
    ("Gb1 Db2", "Bb4 Db5 Gb5 Bb5", "Gb3:2 Ab3:.5 Bb3:.5 Db4:1"),
    ("D2 A1", "A4 C#5 F#5 A5", "F#4:1.5 E4:.5 D4:2"),
    ("B1 F#2", "D5 F#5 A5 D6", "D4:1 F#4:1 A4:1 B4:1"),
    ("E2 B1", "D5 G#5 B5 E6", "B4:1 D5:1 E5:1 G#5:1"),
)
OCTAVES = (
    ("A1 E2 C#3 E3 A3 C#4 E4", "E5 A5", "C#6:2 B5:.5 A5:.5 E5:1"),
    ("F#1 C#2 A2 E3 A3 C#4 E4", "C#5 E5", "G#5:1.5 F#5:.5 A5:2"),
    ("D2 A2 F#3 A3 C#4 D4 F#4", "F#5 A5", "D6:2 C#6:.5 B5:.5 F#5:1"),
    ("E2 B2 E3 A3 B3 D4|E2 B2 E3 G#3 B3 D4", "D5 E5", "A5:1.5 G#5:.5 B5:1 D6:1"),
    ("F2 C#3 G#3 B3 C#4 F4 G#4", "G#5 B5", "F6:2 D#6:.5 C#6:.5 G#5:1"),
    ("F#1 C#2 A2 C#3 F#3 A3 C#4", "A5 C#6", "F#6:2 E6:.5 C#6:.5 A5:1"),
    ("Eb2 A2 Gb3 A3 Db4 Eb4 Gb4", "Gb5 A5", "Eb6:1 Db6:1 A5:1 Gb5:1"),
    ("Ab1 Eb2 C3 Gb3 C4 Eb4 Gb4", "", "Eb5:1 C5:1 Ab4:2"),
)


def sung(text):
    """Yield (beat, length, pitch) for a line of "pitch:beats"."""
    beat = 0.0
    for item in text.split():
        name, size = item.split(":")
        if name != "-":
            yield beat, float(size), pitch(name)
        beat += float(size)


def force(beat):
    """Return the velocity of the melody at a beat."""
    return float(np.interp(beat / 4, *zip(*FORCE, strict=True)))


def sing(part, bar, text, softer=0.0):
    """Play a line of melody: legato, its downbeats and its high and long notes leaned upon."""
    for place, size, note in sung(text):
        beat = 4 * bar + place
        weight = 3 * (place == 0) + 2 * (size >= 1.5) - 4 * (size < 0.5) + 0.3 * (note - 73)
        part.note(beat, size + 0.1, note, force(beat) + weight - softer)


def break_chord(part, beat, notes, order, step, softer=16.0):
    """Play the notes of a chord in turn under one pedal, the bass a little stronger."""
    size = len(order) * step
    for index, number in enumerate(order):
        place = beat + index * step
        weight = (8 if index == 0 else 0) + 3 * np.sin(np.pi * index / len(order)) - 3 * (number == 4)
        part.note(place, 1.15 * step, notes[number], force(place) - softer + weight)
    part.pedal(beat + 0.12, beat + size + 0.01)


def verse(bar, lines, melody, left, flowing=False):
    """Play bars of a verse: in quavers, or in triplets where it is flowing."""
    for line, (names, tune) in enumerate(lines):
        chords = [CHORDS[name].split() for name in names.split()]
        length = 4 / len(chords)
        for half, chord in enumerate(chords):
            if flowing:
                order = (0, 1, 2, 3, 4, 3, 2, 3, 4, 3, 2, 1)[: round(3 * length)]
            else:
                order = (0, 1, 2, 3, 4, 3, 2, 3)[: round(2 * length)]
            break_chord(left, 4 * (bar + line) + half * length, chord, order, length / len(order))
        sing(melody, bar + line, tune)


def middle(melody, inner, left):
    """Play the middle: the tune in the tenor, then in octaves at its height."""
    for line, (bass, hand, tune) in enumerate(TENOR):
        bar = FORM["B"] + line
        beat = 4 * bar
        sing(melody, bar, tune, softer=-4)
        for part in (left, inner):
            part.pedal(beat + 0.12, beat + 2.01)
            part.pedal(beat + 2.12, beat + 4.01)
        for half, note in enumerate(bass.split()):
            left.note(beat + 2 * half, 2, note, force(beat) - 8 - 4 * half)
            left.note(beat + 2 * half, 2, pitch(note) + 12, force(beat) - 16)
        notes = hand.split()
        for step in range(12):
            place = beat + step / 3
            inner.note(place, 0.4, notes[(0, 1, 2, 3, 2, 1)[step % 6]], force(place) - 22 + 3 * (step % 3 == 0))
    for line, (chords, filling, tune) in enumerate(OCTAVES):
        bar = FORM["B"] + 8 + line
        sing(melody, bar, tune)
        sing(melody, bar, " ".join(f"{lower(item)}" for item in tune.split()), softer=10)
        for note in filling.split():
            inner.note(4 * bar, 1.9, note, force(4 * bar) - 12)
        for half, chord in enumerate(chords.split("|")):
            notes = chord.split()
            order = (0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1) if len(notes) == 7 else (0, 1, 2, 3, 4, 5)
            break_chord(left, 4 * bar + 2 * half, notes, order, 1 / 3, softer=12)


def lower(item):
    """Return a "pitch:beats" an octave down."""
    name, size = item.split(":")
    return f"{name[:-1]}{int(name[-1]) - 1}:{size}"


def compose():
    """Return the score."""
    score = Score(
        "rubato",
        "Rubato",
        "4/4",
        "Db major",
        TEMPI[0][1],
        master={"reverb": 2.2, "damping": 4500, "compress": (1.5, -22.0), "tail": 7.0, "fade": 3.5},
    )
    for label, bar in FORM.items():
        score.section(4 * bar, label)
    for (bar, _), (end, bpm) in itertools.pairwise(TEMPI):
        score.ramp(4 * bar, 4 * end, bpm)
    tone = [("highpass", 35), ("peak", 260, -3, 0.7), ("highshelf", 3500, 5)]
    melody = score.part("melody", timing=7, touch=2, level=-19, width=0.55, reverb=0.22, eq=tone)
    inner = score.part("inner", timing=7, touch=2, level=-26, width=0.55, reverb=0.2, eq=tone)
    left = score.part("left", timing=7, touch=2, level=-23, width=0.55, reverb=0.16, eq=tone)
    verse(FORM["intro"], INTRO, melody, left)
    verse(FORM["A"], FIRST, melody, left)
    sing(inner, 7, "-:2 Gb4:1 Ab4:1", 8)
    sing(inner, 11, "F4:1.5 Gb4:.5 Ab4:1 F4:1", 8)
    verse(FORM["A'"], SECOND, melody, left)
    middle(melody, inner, left)
    verse(FORM["A''"], THIRD, melody, left, flowing=True)
    for line, text in enumerate(ALTO):
        sing(inner, FORM["A'"] + line, text, softer=12)
    for line, text in enumerate((*ALTO[:5], "Db5:2 A4:2", "Ab4:2 Gb4:2", "A4:4", "Gb4:2 Gb4:2", "F4:4")):
        sing(inner, FORM["A''"] + line, text, softer=12)
    for bar, text in ECHO.items():
        sing(inner, bar - 1, text, softer=10)
    verse(FORM["coda"], CODA, melody, left)
    sing(inner, 48, "Ab4:4 Gb4:4", softer=12)
    for step, note in enumerate(("Db2", "Ab2", "F3", "Ab3", "Db4", "F4", "Ab4", "Db5")):
        left.note(4 * 52 + step / 2, 4 - step / 2, note, force(4 * 52) - 9 + step)
    melody.note(4 * 52 + 1, 3, "F5", force(4 * 52) - 4)
    end = 4 * LAST
    left.pedal(4 * 52 + 0.1, end)
    left.pedal(end + 0.12, end + 9)
    left.chord(end, 9, ("Db2", "Ab2", "F3", "Db4"), 33, strum=0.06)
    melody.chord(end + 0.24, 8.7, ("Ab4", "F5", "Db6"), 34, strum=0.06)
    return score
