"""Breaks: drum and bass in A minor at 174 beats a minute, heard by many as 87.

The drums are a broken beat of sixteen bars, no two of its four-bar turns alike. Two rounds of
chords take turns: four slow ones that carry the hook, and a circle of fifths that answers it.
"""

from score import Score, pitch

FORM = {"intro": 0, "build": 16, "drop": 24, "half": 56, "break": 72, "drop 2": 88, "outro": 120, "end": 132}
SHUFFLE = 0.05

# The slow round, two bars to a chord but for the last two, and the circle, one bar to a chord.
SLOW = (
    ("A1", "A3 C4 E4 G4"),
    ("A1", "A3 B3 E4 G4"),
    ("F1", "C4 E4 G4 A4"),
    ("F1", "C4 E4 G4 A4"),
    ("D2", "F3 A3 C4 G4"),
    ("D2", "F3 C4 E4 G4"),
    ("E1", "G3 B3 D4 A4"),
    ("E1", "G#3 B3 D4 F4"),
)
CIRCLE = (
    ("F1", "A3 C4 E4 G4"),
    ("E1", "B3 D4 G4 A4"),
    ("D2", "F3 C4 D4 A4"),
    ("G1", "F3 B3 E4 A4"),
    ("C2", "E3 G3 D4 B4"),
    ("F1", "E4 G4 A4 B4"),
    ("B1", "A3 D4 F4 B4"),
    ("E1", "G#3 D4 F4 B4"),
)
ROUNDS = {0: SLOW, 24: SLOW, 40: CIRCLE, 48: SLOW, 56: CIRCLE, 64: SLOW, 72: CIRCLE, 80: SLOW, 96: CIRCLE, 104: SLOW}

# The hook, eight bars as "pitch:beats", and its answer; BRIDGE goes with the circle.
HOOK = (
    "A4:1.5 C5:1.5 E5:3 D5:1 C5:1",
    "A4:1.5 C5:1.5 G5:3 E5:2",
    "F5:1.5 E5:1.5 D5:3 C5:1 A4:1",
    "B4:1.5 D5:1.5 G5:1 E5:2.5 B4:1.5",
)
ANSWER = (
    "A5:1.5 G5:1.5 E5:3 D5:1 E5:1",
    "G5:1.5 E5:1.5 C5:3 A4:1 C5:1",
    "F5:1.5 G5:1.5 A5:3 G5:1 E5:1",
    "G5:1.5 E5:1.5 D5:1 B4:2 G#4:2",
)
BRIDGE = (
    "A4:1 C5:1 E5:2 G5:2.5 E5:.5 D5:1",
    "A4:1 C5:1 F5:2 E5:2.5 D5:.5 B4:1",
    "B4:1 D5:1 E5:2 A5:2.5 G5:.5 E5:1",
    "D5:1 F5:1 A5:2 G#5:2.5 B5:1.5",
)
LIFT = "B4:1.5 D5:1.5 G5:1 G#5:2.5 B5:1.5"

# One bar a line, in sixteenths: O and o kick, X and x snare, hard and soft.
BEATS = {
    "a": ("O.........O.....", "....X..x.x..X..x"),
    "b": ("O.o.......O.....", "....X..x.x..X..."),
    "c": ("O.........O...o.", "....X..x....X.x."),
    "d": ("O.O.......O..o..", "....X..x.x..X..x"),
    "e": ("O.........OO....", ".x..X....x.xX..."),
    "f": ("O..o......O.....", "....X..x.x.xX.xx"),
    "h": ("O...............", "........X......x"),
    "i": ("O.....o.......o.", "........X..x...."),
    "j": ("O.........o.....", "...x....X....x.x"),
}
FILLS = (
    ("O.........O.....", "....X.xX.xX.XxXX"),
    ("O.....O...O.....", "....X..X..X.X.XX"),
    ("O.O...........O.", "....X..xX.xXX.X."),
)
TURNS = ("abac", "daef", "abdc", "ebaf")


def sung(text):
    """Yield (beat, length, pitch) for a line of "pitch:beats"."""
    beat = 0.0
    for item in text.split():
        name, size = item.split(":")
        if name != "-":
            yield beat, float(size), pitch(name)
        beat += float(size)


def chord_at(bar):
    """Return (root, chord) of a bar."""
    start = max(first for first in ROUNDS if first <= bar)
    root, notes = ROUNDS[start][(bar - start) % 8]
    return pitch(root), [pitch(note) for note in notes.split()]


def swung(step):
    """Return the beat of a sixteenth, every second one a little late."""
    return step / 4 + SHUFFLE * (step % 2)


def drums(score):
    """Kick, snare with ghost notes, hats, ride, cymbals."""
    kick = score.part(
        "kick", program=8, drums=True, timing=1, touch=3, level=-19, width=0.2, drive=4,
        eq=[("highpass", 35), ("peak", 75, 3, 1.0), ("peak", 350, -4, 1.0), ("peak", 3500, 4, 0.8)],
    )  # fmt: skip
    snare = score.part(
        "snare", program=16, drums=True, timing=2, touch=4, level=-18.5, width=0.6, reverb=0.12, drive=3,
        eq=[("highpass", 120), ("peak", 210, 2, 1.0), ("peak", 5000, 3, 0.8)],
    )  # fmt: skip
    hats = score.part(
        "hats", program=0, drums=True, timing=3, touch=6, level=-25, pan=0.2, width=1.2,
        eq=[("highpass", 500), ("highshelf", 8000, 3)], reverb=0.05, highpass=[(0, 4000), (64, 1200), (96, 400)],
    )  # fmt: skip
    ride = score.part(
        "ride", program=0, drums=True, timing=3, touch=5, level=-27, pan=-0.3, width=1.2, reverb=0.1,
        eq=[("highpass", 400)],
    )  # fmt: skip
    shaker = score.part(
        "shaker", program=0, drums=True, timing=3, touch=5, level=-29, pan=-0.35, reverb=0.08,
        eq=[("highpass", 1000)],
    )  # fmt: skip
    crash = score.part("crash", program=0, drums=True, level=-25, width=1.4, reverb=0.25, eq=[("highpass", 250)])
    for bar in range(8, 128):
        beat = 4 * bar
        place = bar - 24 if bar < 88 else bar - 88
        loud = 24 <= bar < 56 or 88 <= bar < 120
        beaten = loud or 16 <= bar < 22 or 56 <= bar < 71 or bar >= 120
        turn = TURNS[place // 4 % 4]
        if 56 <= bar < 72:
            kicks, snares = BEATS["hihj"[bar % 4]]
        elif loud and bar % 8 == 7:
            kicks, snares = FILLS[bar // 8 % 3]
        else:
            kicks, snares = BEATS[turn[bar % 4]]
        if beaten:
            for step in range(16):
                if kicks[step] != "." and (bar < 120 or bar % 2 == 0):
                    kick.note(beat + swung(step), 0.4, 36, 116 if kicks[step] == "O" else 92)
                if snares[step] == "X" and bar >= 20:
                    snare.note(beat + swung(step), 0.4, 38, 114 if step % 4 == 0 else 94)
                elif snares[step] == "x" and bar >= 18:
                    snare.note(beat + swung(step), 0.2, 38, 44 + 6 * (step % 4 == 3))
        if 56 <= bar < 72:
            for step in range(0, 16, 2):
                hats.note(beat + step / 4, 0.2, 42, (76, 52, 66, 48)[step // 2 % 4])
        elif bar < 24 or loud or bar >= 120:
            if bar % 8 == 7 and bar != 15:
                hats.note(beat + 3.5, 0.5, 46, 86)
            for step in range(14 if bar % 8 == 7 else 16):
                quick = loud and step in ((3, 9, 15) if bar % 2 else (7, 11))
                if step % 2 == 0 or quick or bar in range(12, 24):
                    force = (82, 40, 96, 44)[step % 4] if bar >= 12 else (60, 0, 76, 0)[step % 4]
                    opened = loud and bar % 4 == 3 and step == 6
                    hats.note(beat + swung(step), 0.2, 46 if opened else 42, force)
        if 40 <= bar < 56 or 96 <= bar < 120:
            for step in range(8):
                ride.note(beat + step / 2, 0.4, 51 if step % 4 else 53, 80 if step % 2 == 0 else 60)
        if (loud and bar >= 32) or 64 <= bar < 71 or 120 <= bar < 124:
            for step in range(16):
                shaker.note(beat + swung(step), 0.2, 82, (58, 36, 80, 44)[step % 4])
        if loud and bar % 8 == 0:
            crash.note(beat, 4, 49 if bar % 16 == 8 else 57, 104)
    for bar in (16, 56, 64, 72, 120):
        crash.note(4 * bar, 4, 57, 84)
    for first, last in ((22, 23.75), (84, 87.75)):
        beat = 4 * first
        while beat < 4 * last:
            done = (beat - 4 * first) / (4 * (last - first))
            snare.note(beat, 0.2, 38, 30 + 78 * done)
            beat += 0.5 if done < 0.5 else 0.25
    crash.note(4 * FORM["end"] - 8, 6, 49, 70)


def low(score):
    """The deep tone and, above it, the growl of two mistuned saws."""
    sub = score.part("sub", program=80, bank=8, level=-21, width=0.0, duck=5, eq=[("lowpass", 150)])
    growl = score.part(
        "growl", program=38, level=-22.5, double=24, width=0.7, drive=6, duck=4, touch=3,
        eq=[("highpass", 110), ("peak", 300, -2, 0.8), ("peak", 1100, 3, 0.8)],
        lowpass=[
            (95.9, 500), (96, 900), (128, 1600), (158, 2600), (160, 1000), (192, 2200), (223, 3200), (224, 450),
            (288, 500), (352, 1200), (384, 2600), (416, 1600), (448, 2800), (479, 3600), (480, 500), (512, 300),
        ],
    )  # fmt: skip
    even = ((0, 1.4, 0), (1.5, 0.9, 0), (2.5, 0.7, 7), (3.25, 0.6, 12))
    odd = ((0, 0.9, 0), (1, 0.45, 12), (1.5, 1.4, 0))
    sub.note(4 * FORM["end"] - 8, 8, "A1", 70)
    for bar in range(16, 130):
        beat = 4 * bar
        root = chord_at(bar)[0]
        after = chord_at(bar + 1)[0] if bar < 129 else root
        loud = 24 <= bar < 56 or 88 <= bar < 120
        step = after - 1 if after > root else after + (2 if (after + 2) % 12 in (0, 2, 4, 5, 7, 9, 11) else 1)
        if loud:
            for place, size, jump in odd if bar % 2 else even:
                jump -= jump == 7 and root % 12 == 11  # the fifth of B is diminished
                sub.note(beat + place, size, root + min(jump, 12 if root < 34 else 0), 108 if place == 0 else 96)
                growl.note(beat + place, size * 0.9, root + 12 + jump, 104 if place == 0 else 88)
            if bar % 2:
                sub.note(beat + 3, 0.9, step if after != root else root + 7, 96)
                growl.note(beat + 3, 0.4, (step if after != root else root + 7) + 12, 92)
                growl.note(beat + 3.5, 0.4, (step if after != root else root + 10) + 12, 88)
        elif 56 <= bar < 72:
            sub.note(beat, 2.9, root, 90)
            sub.note(beat + 3, 0.9, step if after != root else root + 7, 82)
            for place in (0, 2.5):
                growl.note(beat + place, 1.4, root + 12, 90)
        elif bar < 24 or 80 <= bar < 87 or bar >= 120:
            if bar != 23:
                sub.note(beat, 3.9, root, 78)
            if 120 <= bar < 128:
                growl.note(beat, 3.5, root + 12, 80)


def harmony(score):
    """Electric piano, warm pad, strings and a plucked figure."""
    keys = score.part(
        "keys", program=4, level=-22, timing=5, touch=5, width=1.0, reverb=0.22, duck=2, pan=-0.15,
        eq=[("highpass", 170), ("peak", 380, -2, 0.9), ("highshelf", 3000, 4)], echo=(0.75, 0.35, 0.2),
    )  # fmt: skip
    pad = score.part(
        "pad", program=89, level=-25.5, double=10, width=1.2, reverb=0.4, duck=4,
        eq=[("highpass", 180), ("highshelf", 3500, 5)],
        lowpass=[(0, 400), (64, 1600), (94, 7000), (224, 3000), (288, 1200), (350, 9000), (480, 6000), (528, 700)],
    )  # fmt: skip
    strings = score.part(
        "strings", program=49, level=-24, width=1.2, double=7, reverb=0.35, duck=2,
        eq=[("highpass", 260), ("highshelf", 4500, 4)],
    )  # fmt: skip
    pluck = score.part(
        "pluck", program=98, level=-28, timing=3, touch=6, width=1.2, pan=0.25, reverb=0.3, duck=2,
        eq=[("highpass", 500)], echo=(0.75, 0.5, 0.4),
    )  # fmt: skip
    for bar in range(0, FORM["end"] - 2):
        beat = 4 * bar
        notes = chord_at(bar)[1]
        held = notes == chord_at(bar + 1)[1]
        again = bar > 0 and notes == chord_at(bar - 1)[1] and bar % 8
        loud = 24 <= bar < 56 or 88 <= bar < 120
        if loud or 8 <= bar < 23:
            rhythm = ((0.5, 0.8), (2, 0.4), (2.5, 1.3)) if again else ((0, 1.3), (1.5, 0.8), (3.5, 0.5))
            for place, size in rhythm:
                keys.chord(beat + place, size, notes, 88 if place == 0 else 74, strum=0.01)
        elif bar < 120:
            if bar != 23:
                keys.chord(beat, 3.9, notes, 66 if 56 <= bar < 72 else 74, strum=0.04)
        else:
            keys.chord(beat, 3.9, notes, 70 - (bar - 120), strum=0.04)
        if not again and bar not in (23, 87):
            pad.chord(beat, 8 if held else 4, notes, 76)
        if 40 <= bar < 56 or 64 <= bar < 71 or 76 <= bar < 120:
            high = sorted(note + 12 for note in notes)[1:]
            if not again:
                strings.chord(beat, 1.9 if bar == 87 else 8 if held else 4, high[:2], 80)
        if bar < 24 or 32 <= bar < 40 or 48 <= bar < 56 or 64 <= bar < 87 or bar >= 104:
            free = [note + 12 for note in notes if not {note + 11, note + 13, note - 1} & set(notes)]
            for step in range(8):
                if bar < 4 and step % 2:
                    continue
                index = (0, 2, 3, 1, 2, 0, 3, 2)[step] % len(free)
                pluck.note(beat + step / 2, 0.4, free[index], (84, 58, 72, 62)[step % 4])
    keys.swell(0, 40, 70, 105)
    pad.swell(0, 60, 55, 110)
    pad.swell(4 * 120, 4 * 128, 110, 60)
    strings.swell(4 * 76, 4 * 87, 50, 120)
    strings.control(4 * 88, 11, 100)
    end = 4 * FORM["end"] - 8
    keys.chord(end, 8, ("A2", "E3", "C4", "G4", "B4"), 62, strum=0.08)
    pad.chord(end, 8, ("A3", "C4", "E4", "B4"), 70)


def melody(score):
    """The flute's hook, the voice that doubles it, and the lead of the second drop."""
    flute = score.part(
        "flute", program=73, level=-18.5, timing=4, touch=4, reverb=0.28, width=0.8, echo=(0.75, 0.4, 0.2),
        eq=[("highpass", 220), ("peak", 2500, 2, 0.8), ("highshelf", 6000, 4)],
    )  # fmt: skip
    voice = score.part(
        "voice", program=54, level=-23.5, timing=4, touch=4, reverb=0.35, width=1.2, pan=-0.1,
        eq=[("highpass", 250), ("highshelf", 4000, 4)], echo=(1.5, 0.4, 0.2),
    )  # fmt: skip
    lead = score.part(
        "lead", program=81, level=-20.5, double=10, timing=2, touch=4, reverb=0.25, width=1.0,
        eq=[("highpass", 250), ("highshelf", 5000, -3)], echo=(0.75, 0.4, 0.25),
    )  # fmt: skip

    def sing(part, bar, lines, force=92, lift=0):
        for index, line in enumerate(lines):
            for place, size, note in sung(line):
                weight = 5 * (place == 0) + 4 * (size >= 2) + 0.4 * (note - 74)
                part.note(4 * (bar + 2 * index) + place, size * 0.96, note + lift, force + weight)

    sing(flute, 8, HOOK[:1], 66)
    sing(flute, 12, HOOK[2:3], 70)
    sing(voice, 16, HOOK[:3], 84)
    sing(flute, 24, HOOK)
    sing(flute, 32, (*HOOK[:3], LIFT), 94)
    sing(voice, 40, BRIDGE, 96)
    sing(flute, 40, BRIDGE, 92)
    sing(flute, 48, ANSWER, 96)
    sing(voice, 48, ANSWER[:3], 90, lift=-12)
    sing(voice, 56, BRIDGE[:3], 88)
    voice.note(4 * 62, 4, "D5", 84)
    voice.note(4 * 63, 4, "B4", 80)
    sing(flute, 66, HOOK[1:3], 80)
    sing(flute, 74, BRIDGE[1:], 82)
    sing(voice, 80, (*HOOK[:3], "B4:1.5 D5:1.5 G5:1 G#5:2"), 92)
    sing(lead, 88, HOOK, 96)
    sing(flute, 88, HOOK, 92, lift=12)
    sing(lead, 96, BRIDGE, 98)
    sing(voice, 96, BRIDGE, 94)
    for bar, lines in ((104, ANSWER), (112, (*ANSWER[:3], LIFT))):
        sing(lead, bar, lines, 102)
        sing(flute, bar, lines, 98)
        sing(voice, bar, HOOK[:3], 90)
    sing(flute, 120, HOOK[:3], 82)
    flute.note(4 * 126, 4, "B4", 72)
    flute.note(4 * 127, 4, "D5", 68)
    flute.note(4 * 128, 8, "E5", 62)
    voice.note(4 * 128, 14, "E4", 60)


def effects(score):
    """Noise that rises into the drops, cymbals played backwards, and a deep blow."""
    riser = score.part(
        "riser", program=125, bank=9, level=-29, width=1.4, reverb=0.3, noise=True,
        lowpass=[(64, 500), (94, 12000), (96, 12000), (320, 300), (350, 14000)],
        highpass=[(64, 200), (94, 1500), (320, 200), (350, 1800)],
    )  # fmt: skip
    backwards = score.part("backwards", program=119, level=-27, width=1.4, reverb=0.2, noise=True)
    boom = score.part("boom", program=116, level=-24, reverb=0.5, noise=True, eq=[("lowpass", 700)])
    for first, last in ((72, 95), (320, 351)):
        for beat in range(first, last, 4):
            riser.note(beat, min(4, last - beat), 60, 100)
        riser.swell(first, last, 10, 127)
    for beat in (64, 96, 224, 288, 352, 480):
        backwards.note(beat - 4, 4, 60, 100)
    for beat in (96, 224, 288, 352, 480):
        boom.note(beat, 4, 36, 108)


def compose():
    """Return the score."""
    score = Score(
        "breaks",
        "Breaks",
        "4/4",
        "A minor",
        174,
        master={"reverb": 2.0, "damping": 5500, "compress": (1.8, -19.0), "duck_beats": 0.6, "tail": 6.0, "fade": 3.0},
    )
    for label, bar in FORM.items():
        if label != "end":
            score.section(4 * bar, label.split()[0])
    drums(score)
    low(score)
    harmony(score)
    melody(score)
    effects(score)
    return score
