"""Waltz: a chamber waltz in D minor, intro-A-A'-B-A-C-A'-coda, at 156 beats a minute.

The tune climbs from D to A in two bars and needs sixteen to come home. B answers in F major over a bass that falls by
semitones, the trio sings in B flat major, and the coda lets go of the tune a third at a time.
"""

import itertools
import math

from score import STEPS, Score, pitch

FORM = (("intro", 8), ("A", 16), ("A'", 16), ("B", 16), ("A", 16), ("C", 36), ("A'", 16), ("coda", 12))
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7b5": (0, 3, 6, 10),
}

# Chords, a bar between two strokes; a number says for how many beats.
INTRO = "Dm | Dm | Bb | Bbmaj7 | Gm | Em7b5 | A7 | A7"
HOME = "Dm | Dm | Gm | Gm | A7 | A7 | Dm | A7 | Dm | D7 | Gm | Eb | Dm | A7 | Dm"
ENDS = {"A": "Dm:1 A7:2", "bright": "Dm:1 C7:2", "trio": "Dm:1 F7:2", "coda": "Dm"}
BRIGHT = "F | F | C7 | C7 | Gm | C7 | F | F | F | F7 | Bb | Bbm:3 | F | E7 | A7 | A7"
TRIO = "Bb | Gm7 | Cm7 | F7 | Dm7 | G7 | Cm7 | F7 | Bb | D7 | Gm | C7 | Cm7 | Bb:1 F7:2 | Bb"
LINK = "Bb | Gm | Em7b5 | A7 | A7"
CODA = "Bb | Gm | Eb | A7 | Dm | Gm | Dm | A7 | Dm | Dm | Dm | Dm"

# Lines: pitch and beats, "-" is a rest.
BASS = {
    "intro": """D2:3 | C2:3 | Bb1:3 | Bb1:2 A1:1 | G1:2 F2:1 | E2:3 | A1:3 | A1:2 E2:1""",
    "A": """D2:2 E2:1 | F2:2 A2:1 | Bb2:2 D2:1 | G2:2 Bb2:1 | A2:2 E2:1 | C#2:2 E2:1 | D2:2 A2:1 | E2:2 C#2:1 |
        D2:2 E2:1 | F#2:2 A2:1 | G2:2 F2:1 | G2:2 Bb2:1 | A2:2 D2:1 | A1:2 G2:1 | F2:2 A2:1""",
    "A end": "D2:1 E2:1 C#2:1",
    "bright end": "D2:1 C2:1 E2:1",
    "trio end": "F2:2 A2:1",
    "coda end": "D2:2 C2:1",
    "B": """F2:2 A2:1 | C2:2 F2:1 | G2:2 E2:1 | C2:2 E2:1 | G2:2 D2:1 | C2:2 E2:1 | F2:2 G2:1 | A2:2 C2:1 |
        F2:2 A2:1 | Eb2:2 A2:1 | D2:2 F2:1 | Db2:2 F2:1 | C2:2 F2:1 | B1:2 E2:1 | A1:2 E2:1 | A1:2 C#2:1""",
    "C": """Bb2:2 F2:1 | G2:2 D2:1 | C2:2 G2:1 | F2:2 A2:1 | D2:2 A2:1 | G2:2 D2:1 | C2:2 Eb2:1 | F2:2 A2:1 |
        Bb2:3 | A2:3 | G2:2 F2:1 | E2:3 | Eb2:3 | F2:2 F1:1 | Bb1:2 D2:1""",
    "C end": "Bb2:2 A2:1",
    "link": "Bb1:2 A1:1 | G1:2 G2:1 | E2:2 G2:1 | A2:3 | A1:2 E2:1",
    "coda": "Bb2:2 D2:1 | G2:2 F2:1 | G2:2 Bb2:1 | A2:2 A1:1 | D2:3 | D2:3 | D2:3 | D2:3 | D2:3 | D2:3 | D2:3 | D2:6",
}
THEME = """D5:1.5 E5:.5 F5:1 | A5:2 F5:1 | G5:1.5 F5:.5 E5:1 | D5:1.5 C#5:.5 D5:1 |
    C#5:1.5 D5:.5 E5:1 | G5:2 E5:1 | F5:1.5 E5:.5 D5:1 | A4:2 A4:1 |
    D5:1.5 E5:.5 F5:1 | A5:2 C6:1 | Bb5:1.5 A5:.5 G5:1 | Eb5:2 G5:1 |
    F5:1.5 E5:.5 D5:1 | E5:1 A4:1 C#5:1 | D5:3 | D5:1"""
VARIED = """D5:.5 C#5:.5 D5:.5 E5:.5 F5:1 | A5:1.5 G#5:.5 A5:.5 F5:.5 | G5:.5 Bb5:.5 G5:.5 F5:.5 E5:1 |
    D5:1 Bb4:.5 C5:.5 D5:1 | C#5:.5 B4:.5 C#5:.5 D5:.5 E5:1 | G5:1.5 F5:.5 G5:.5 E5:.5 |
    F5:.5 A5:.5 F5:.5 E5:.5 D5:1 | A4:1.5 B4:.5 C#5:.5 E5:.5 |
    D5:.5 C#5:.5 D5:.5 E5:.5 F5:1 | A5:1 D6:.5 A5:.5 C6:.5 A5:.5 | Bb5:.5 D6:.5 Bb5:.5 A5:.5 G5:1 |
    Eb5:.5 F5:.5 G5:.5 Bb5:.5 G5:1 | F5:.5 G5:.5 F5:.5 E5:.5 D5:1 | E5:.5 F5:.5 E5:.5 C#5:.5 A4:.5 C#5:.5 |
    D5:3 | D5:1"""
SECOND = """C5:.5 F5:.5 A5:1 G5:.5 F5:.5 | A5:2 F5:1 | Bb4:.5 E5:.5 G5:1 F5:.5 E5:.5 | G5:2 E5:1 |
    D5:.5 G5:.5 Bb5:1 A5:.5 G5:.5 | E5:.5 G5:.5 C6:1 Bb5:.5 G5:.5 | A5:1.5 G5:.5 F5:1 | C5:2 E5:.5 D5:.5 |
    C5:.5 F5:.5 A5:1 G5:.5 F5:.5 | A5:2 C6:1 | Bb5:1.5 A5:.5 Bb5:1 | Db6:1.5 C6:.5 Bb5:1 |
    A5:1.5 Bb5:.5 C6:1 | D6:1.5 B5:.5 G#5:1 | A5:1.5 G5:.5 E5:1 | C#5:2"""
SONG = """F5:2 D5:1 | Bb4:2 C5:.5 D5:.5 | Eb5:2 C5:1 | A4:1.5 Bb4:.5 C5:1 | D5:2 F5:1 | F5:1.5 D5:.5 B4:1 |
    C5:1 Eb5:1 G5:1 | F5:1.5 D5:.5 Eb5:1 | F5:2 D5:1 | A5:1.5 F#5:.5 A5:1 | Bb5:2 G5:1 | C6:2 Bb5:1 |
    G5:2 Eb5:1 | D5:1 C5:1 A4:1 | Bb4:3 | Bb4:1"""
OBBLIGATO = """-:1 Bb3:.5 D4:.5 F4:.5 Bb4:.5 | G4:2 F4:1 | -:1 C4:.5 Eb4:.5 G4:.5 Bb4:.5 | Eb4:2 F4:1 |
    -:1 D4:.5 F4:.5 A4:.5 C5:.5 | D5:1 B4:.5 G4:.5 D4:1 | Eb4:1 G4:1 Bb4:1 | A4:2 F4:.5 G4:.5 |
    -:1 D4:.5 F4:.5 Bb4:.5 F4:.5 | C5:2 C5:1 | Bb4:1 D5:1 Bb4:1 | G4:1 Bb4:1 C5:1 |
    C5:2 G4:1 | Bb4:1 A4:1 F4:1 | D4:1 F4:.5 D4:.5 F4:1 | Bb4:1 F4:.5 D4:.5 Bb3:1"""
UNDER = """A3:3 | D4:2 F4:1 | D4:2 Bb3:1 | Bb3:1 G3:2 | G3:2 A3:1 | A3:1 B3:1 C#4:1 | D4:3 |
    C#4:2 E4:1 | F4:2 D4:1 | C4:2 D4:1 | D4:3 | Bb3:1 C4:1 Bb3:1 | A3:3 | G3:3 | F3:3 | A3:1"""
DEEP = """Bb2:2 D3:1 | G3:2 F3:1 | Eb3:2 G3:1 | F3:2 Eb3:1 | D3:2 F3:1 | G3:2 F3:1 | Eb3:2 C3:1 | F3:2 A3:1 |
    Bb3:3 | A3:2 C4:1 | Bb3:2 D4:1 | C4:2 Bb3:1 | G3:2 C4:1 | F3:1 Eb3:2 | D3:3 | D3:2 F3:1 |
    G3:3 | G3:2 Bb3:1 | A3:3 | G3:3"""


def line(text):
    """Yield (beat, length, pitch) of each note of a line, checking that its bars are full."""
    for bar, measure in enumerate(text.split("|")):
        place = 0.0
        for word in measure.split():
            note, size = word.split(":")
            if note != "-":
                yield 3 * bar + place, float(size), pitch(note)
            place += float(size)
        assert place == 3 or bar == text.count("|"), measure


def chords(text):
    """Yield (beat, length, pitch classes) of each chord."""
    for bar, measure in enumerate(text.split("|")):
        place = 0.0
        for word in measure.split():
            name, _, size = word.partition(":")
            letters = 2 if name[1:2] in ("b", "#") else 1
            root = STEPS[name[0]] + name[:letters].count("#") - name[:letters].count("b")
            size = float(size or 3)
            yield 3 * bar + place, size, [(root + step) % 12 for step in QUALITIES[name[letters:]]]
            place += size


def voicing(classes, low, high, before, size=3):
    """Return the voicing of a chord that moves least from the one before."""
    notes = [note for note in range(low, high + 1) if note % 12 in classes]
    needed = {classes[1], *classes[3:]}

    def cost(voices):
        gaps = [b - a for a, b in itertools.pairwise(voices)]
        missing = len(needed - {note % 12 for note in voices}) + (len({note % 12 for note in voices}) < 3)
        moved = sum(abs(a - b) for a, b in zip(voices, before, strict=True))
        return 20 * missing + moved + sum(6 for gap in gaps if gap < 3 or gap > 8)

    return min(itertools.combinations(notes, size), key=cost)


def voiced(text, low, high, size=3):
    """Yield (beat, length, notes) of chords led from one to the next."""
    before = [low + (high - low) * (index + 1) / (size + 1) for index in range(size)]
    for beat, length, classes in chords(text):
        before = voicing(classes, low, high, before, size)
        yield beat, length, before


def sing(part, text, bar, force, shift=0, first=0, last=99, legato=0.97):
    """Play a line from a bar on: phrases of four bars rise and fall, downbeats weigh more."""
    for beat, size, note in line(text):
        if first <= beat // 3 < last:
            arch = 7 * math.sin(math.pi * (beat % 12) / 12) + 0.35 * (note - 74)
            accent = 4 if beat % 3 == 0 else -3 if beat % 1 else 0
            part.note(3 * bar + beat, size * legato, note + shift, force + arch + accent)


def breathe(part, first, last, low, high):
    """Swell and fade once in every four bars, by expression."""
    for bar in range(first, last, 4):
        end = min(bar + 4, last)
        middle = bar + 0.6 * (end - bar)
        part.swell(3 * bar, 3 * middle, low, high)
        part.swell(3 * middle, 3 * end, high, low + 4)


def oompah(part, text, bar, force, low=52, high=67, size=0.55, strum=0.012):
    """Play the chords on the second and third beat of each bar."""
    for beat, length, notes in voiced(text, low, high):
        for step in range(math.ceil(beat), math.ceil(beat + length)):
            if step % 3:
                weight = 2 if step % 3 == 1 else -3
                part.chord(3 * bar + step, size, notes, force + weight, strum=strum)


def ripple(part, text, bar, force, low=50, high=69):
    """Break the chords into quavers."""
    for beat, length, notes in voiced(text, low, high, size=4):
        for step in range(round(2 * beat), round(2 * (beat + length))):
            index = (0, 2, 3, 1, 2, 3)[step % 6]
            weight = (4, -5, 0, -5, 0, -4)[step % 6]
            ring = min(1.2, beat + length - step / 2)
            part.note(3 * bar + step / 2, ring, notes[index], force + weight)


def hold(part, text, bar, force, low=55, high=72, size=3):
    """Hold the chords."""
    for beat, length, notes in voiced(text, low, high, size=size):
        part.chord(3 * bar + beat, length * 0.98, notes, force)


def bars():
    """Return the first bar of each section, by its place in the form."""
    return list(itertools.accumulate((count for _, count in FORM), initial=0))


def ensemble(score):
    """Return the players."""
    bow = {"timing": 8, "touch": 3}
    score.part(
        "accordion",
        program=21,
        timing=7,
        touch=3,
        level=-19,
        pan=-0.12,
        width=0.7,
        reverb=0.16,
        eq=[("highpass", 160), ("peak", 420, -2, 0.8), ("highshelf", 2500, 5)],
    )
    score.part(
        "clarinet", program=71, timing=7, touch=3, level=-20.5, pan=0.28, width=0.7, reverb=0.22, eq=[("highpass", 120)]
    )
    score.part(
        "violin",
        program=40,
        **bow,
        level=-20,
        pan=-0.32,
        width=0.7,
        reverb=0.26,
        eq=[("highpass", 180), ("peak", 3000, -2, 0.9)],
    )
    score.part(
        "cello",
        program=42,
        **bow,
        level=-21,
        pan=0.34,
        width=0.7,
        reverb=0.22,
        eq=[("highpass", 60), ("peak", 220, -2, 0.8)],
    )
    score.part(
        "strings",
        program=48,
        timing=8,
        touch=2,
        level=-27,
        width=1.3,
        reverb=0.3,
        eq=[("highpass", 180), ("highshelf", 4000, 5)],
    )
    score.part(
        "reeds", program=21, timing=7, touch=3, level=-28, pan=-0.2, width=1.0, reverb=0.16, eq=[("highpass", 220)]
    )
    score.part(
        "guitar",
        program=24,
        timing=6,
        touch=4,
        level=-22,
        pan=0.25,
        width=1.4,
        reverb=0.14,
        eq=[("highpass", 110), ("peak", 250, -2, 0.9), ("highshelf", 3500, 7)],
    )
    score.part(
        "bass",
        program=32,
        timing=5,
        touch=4,
        level=-25,
        width=0.3,
        reverb=0.06,
        eq=[("highpass", 38), ("peak", 100, -3, 0.8), ("peak", 900, 6, 0.8)],
    )
    score.part(
        "brushes", program=40, drums=True, timing=6, touch=5, level=-29, pan=-0.1, reverb=0.14, eq=[("highpass", 200)]
    )
    score.part(
        "triangle", program=0, drums=True, timing=5, touch=5, level=-33, pan=-0.4, reverb=0.25, eq=[("highpass", 2500)]
    )
    return score.parts


def rhythm(players, start):
    """Bass, guitar, brushes and triangle."""
    bass, guitar = players["bass"], players["guitar"]
    brushes, triangle = players["brushes"], players["triangle"]

    def low(name, bar, force, legato=0.9):
        for beat, size, note in line(BASS[name]):
            weight = 5 if beat % 3 == 0 else -9
            bass.note(3 * bar + beat, size * legato, note, force + weight + 4 * math.sin(math.pi * (beat % 12) / 12))

    def brush(first, last, force):
        for bar in range(first, last):
            for step, note, weight in ((0, 36, -22), (1, 38, 0), (2, 38, -8), (2.5, 38, -26)):
                if step != 2.5 or bar % 4 == 3:
                    brushes.note(3 * bar + step, 0.4, note, force + weight)

    def ring(first, last, force, every=2):
        for bar in range(first, last, every):
            triangle.note(3 * bar, 2, 81, force)

    ripple(guitar, INTRO, start[0], 74)
    low("intro", start[0], 68, 0.95)
    for place, end, force in ((1, "A", 73), (2, "bright", 77), (4, "trio", 80), (6, "coda", 86)):
        oompah(guitar, f"{HOME} | {ENDS[end]}", start[place], force)
        low("A", start[place], force + 2)
        low(f"{end} end", start[place] + 15, force + 2)
    oompah(guitar, BRIGHT, start[3], 80, 53, 69)
    low("B", start[3], 82)
    ripple(guitar, f"{TRIO} | F7", start[5], 62)
    low("C", start[5], 66, 0.97)
    low("C end", start[5] + 15, 66, 0.97)
    ripple(guitar, f"{TRIO} | {LINK}", start[5] + 16, 74)
    low("C", start[5] + 16, 76, 0.97)
    low("link", start[5] + 31, 80, 0.97)
    oompah(guitar, " | ".join(CODA.split("|")[:5]), start[7], 82)
    ripple(guitar, " | ".join(CODA.split("|")[5:9]), start[7] + 5, 58)
    for step, note in enumerate(("D3", "A3", "D4", "F4", "A4", "D5")):
        guitar.note(3 * (start[7] + 9) + step, 4, note, 60 - 2 * step)
    guitar.chord(3 * (start[7] + 11), 6, ("D3", "A3", "D4", "F4"), 58, strum=0.04)
    for beat, size, note in line(BASS["coda"]):
        bass.note(3 * start[7] + beat, size * 0.95, note, 90 - 0.9 * beat + (4 if beat % 3 == 0 else -6))
    brush(start[2], start[3], 62)
    brush(start[3], start[4] - 1, 70)
    brush(start[4], start[5] - 1, 70)
    brush(start[5] + 24, start[6] - 1, 60)
    brush(start[6], start[7] + 4, 80)
    ring(start[3], start[4], 60)
    ring(start[5] + 16, start[6], 50, 4)
    ring(start[6], start[7], 74)
    triangle.note(3 * (start[7] + 4), 3, 81, 52)
    triangle.note(3 * (start[7] + 11), 3, 81, 44)


def melody(players, start):
    """Who sings, section by section."""
    accordion, clarinet = players["accordion"], players["clarinet"]
    violin, cello = players["violin"], players["cello"]
    intro, first, varied, bright, again, trio, last, coda = start[:8]

    sing(
        clarinet,
        """- :3 | -:3 | D4:1.5 E4:.5 F4:1 | A4:2 F4:1 | G4:1.5 A4:.5 Bb4:1 | D5:2 Bb4:1 | A4:3 | A4:1.5""".replace(
            "- ", "-"
        ),
        intro,
        82,
    )
    breathe(clarinet, intro + 2, first, 70, 96)
    accordion.note(3 * first - 1, 0.95, "A4", 74)

    sing(accordion, THEME, first, 84)
    breathe(accordion, first, varied, 84, 104)
    accordion.note(3 * varied - 1, 0.9, "A4", 70)

    sing(violin, VARIED, varied, 86)
    breathe(violin, varied, bright, 88, 112)
    sing(clarinet, "-:1 A4:.5 G4:.5 F4:1", varied + 6, 66)
    sing(clarinet, "-:1 F4:.5 G4:.5 A4:.5 F4:.5 | G4:.5 A4:.5 Bb4:.5 C5:.5 D5:.5 E5:.5", varied + 14, 76)
    breathe(clarinet, varied, bright, 84, 100)

    sing(clarinet, SECOND, bright, 90)
    breathe(clarinet, bright, again, 94, 118)
    accordion.note(3 * again - 1, 0.9, "A4", 82)

    sing(accordion, THEME, again, 90)
    sing(clarinet, THEME, again, 76, shift=-12, first=8)
    sing(cello, UNDER, again, 82)
    for player, high in ((accordion, 116), (clarinet, 104), (cello, 108)):
        breathe(player, again, trio, high - 20, high)

    sing(cello, SONG, trio, 84, shift=-12, legato=1.0)
    breathe(cello, trio, trio + 16, 88, 116)
    cello.note(3 * (trio + 16) - 2, 1.9, "A3", 70)
    sing(violin, SONG, trio + 16, 88, legato=1.0, last=15)
    sing(violin, "D5:2 F5:1 | G5:2 Bb5:1 | D6:2 Bb5:1 | A5:3 | G5:1.5 E5:.5 C#5:1", trio + 31, 92, legato=1.0)
    sing(clarinet, OBBLIGATO, trio + 16, 80)
    sing(cello, DEEP, trio + 16, 78, legato=1.0)
    for player, low in ((violin, 88), (clarinet, 82), (cello, 84)):
        breathe(player, trio + 16, trio + 32, low, low + 26)
        player.swell(3 * (trio + 32), 3 * last, low + 4, low + 38)

    sing(accordion, VARIED, last, 94)
    sing(violin, VARIED, last, 94)
    sing(clarinet, THEME, last, 82, shift=-12)
    sing(cello, UNDER, last, 86)
    tune = "D6:1.5 C6:.5 Bb5:1 | Bb5:1.5 A5:.5 G5:1 | G5:1.5 F5:.5 Eb5:1 | E5:1 A4:1 C#5:1"
    sing(accordion, f"{tune} | D5:3", coda, 92)
    sing(violin, f"{tune} | D5:3", coda, 92)
    sing(cello, "F4:3 | D4:3 | Bb3:3 | G3:3 | F3:3", coda, 88)
    for player in (accordion, violin, clarinet, cello):
        breathe(player, last, coda, 104, 124)
        player.swell(3 * coda, 3 * (coda + 5), 124, 84)
        player.control(3 * (coda + 5), 11, 96)
    sing(clarinet, "D4:1.5 E4:.5 F4:1 | Bb4:2 G4:1 | A4:3", coda + 4, 74)
    sing(cello, "D3:1.5 E3:.5 F3:1 | G3:2 C#3:1 | D3:3", coda + 6, 72)
    sing(accordion, "D5:1.5 E5:.5 F5:1 | A5:3", coda + 8, 60)
    accordion.notes[-1] = (*accordion.notes[-1][:1], 5.8, *accordion.notes[-1][2:])
    accordion.swell(3 * (coda + 9), 3 * (coda + 11), 96, 20)


def colour(players, start):
    """Strings and the accordion's chords behind the others."""
    strings, reeds = players["strings"], players["reeds"]
    _, _, varied, bright, again, trio, last, coda = start[:8]
    hold(reeds, f"{HOME} | {ENDS['bright']}", varied, 66, 55, 69)
    oompah(reeds, BRIGHT, bright, 80, 57, 72, size=0.4, strum=0)
    breathe(reeds, varied, bright, 70, 92)
    reeds.control(3 * bright, 11, 108)
    hold(strings, " | ".join(BRIGHT.split("|")[8:]), bright + 8, 66)
    strings.swell(3 * (bright + 8), 3 * again, 60, 112)
    hold(strings, f"{HOME} | {ENDS['trio']}", again, 70)
    breathe(strings, again, trio, 80, 100)
    hold(strings, f"{TRIO} | F7", trio, 58, 53, 67)
    breathe(strings, trio, trio + 16, 66, 84)
    hold(strings, f"{TRIO} | {LINK}", trio + 16, 74, size=4)
    breathe(strings, trio + 16, trio + 32, 84, 108)
    strings.swell(3 * (trio + 32), 3 * last, 84, 124)
    hold(strings, f"{HOME} | Dm | {' | '.join(CODA.split('|')[:10])}", last, 80, size=4)
    breathe(strings, last, coda, 100, 120)
    strings.swell(3 * coda, 3 * (coda + 10), 118, 24)
    oompah(reeds, f"{HOME} | Dm", last, 82, 57, 72, size=0.4, strum=0)


def compose():
    """Return the score."""
    score = Score(
        "waltz",
        "Waltz",
        "3/4",
        "D minor",
        156,
        master={
            "reverb": 1.7,
            "damping": 4800,
            "compress": (1.5, -18.0),
            "tail": 6.0,
            "fade": 2.0,
            "eq": (("highpass", 30), ("lowshelf", 110, -1.5), ("highshelf", 5000, 3)),
        },
    )
    start = bars()
    for (label, _), bar in zip(FORM, start, strict=False):
        score.section(3 * bar, label)
    players = ensemble(score)
    rhythm(players, start)
    melody(players, start)
    colour(players, start)
    return score
