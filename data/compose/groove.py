"""Groove: a dance track in F minor, four to the floor at 128 beats a minute.

Eight chords, one a bar, carry everything. The hook is heard in fragments through a filter,
in full in the first drop, alone and slow in the break, and in two voices in the second drop.
"""

from score import Score, pitch

BARS = {"intro": 0, "build": 16, "drop": 24, "break": 40, "drop 2": 56, "outro": 80, "end": 92}
ROOTS = ("F1", "Db2", "Ab1", "G1", "F1", "Db2", "Bb1", "C2")
LEADING = ("Eb2", "Bb1", "Bb1", "Eb1", "Eb2", "C2", "C2", "G1")
CHORDS = (
    ("Ab3", "C4", "Eb4", "F4"),
    ("Ab3", "C4", "F4", "Ab4"),
    ("Ab3", "C4", "Eb4", "Ab4"),
    ("G3", "Bb3", "Eb4", "G4"),
    ("Ab3", "C4", "Eb4", "F4"),
    ("Ab3", "C4", "Eb4", "Ab4"),
    ("Ab3", "Db4", "F4", "Ab4"),
    ("G3", "Bb3", "C4", "F4"),
)
SOLVED = ("G3", "Bb3", "C4", "E4")

# The hook, a list of (beat, length, pitch) to each bar.
HOOK = (
    (
        (0, 0.7, "C5"),
        (0.75, 0.7, "Eb5"),
        (1.5, 0.8, "F5"),
        (2.5, 0.5, "Eb5"),
        (3, 0.5, "C5"),
        (3.5, 0.5, "Ab4"),
    ),
    ((0, 0.7, "C5"), (0.75, 0.7, "Ab4"), (1.5, 1.2, "F4"), (3, 0.5, "Ab4"), (3.5, 0.5, "Bb4")),
    (
        (0, 0.7, "C5"),
        (0.75, 0.7, "Eb5"),
        (1.5, 0.8, "Ab5"),
        (2.5, 0.5, "G5"),
        (3, 0.5, "Eb5"),
        (3.5, 0.5, "C5"),
    ),
    ((0, 1.4, "Bb4"), (1.5, 0.5, "C5"), (2, 0.9, "Bb4"), (3, 0.9, "G4")),
    (
        (0, 0.7, "C5"),
        (0.75, 0.7, "Eb5"),
        (1.5, 0.8, "F5"),
        (2.5, 0.5, "Eb5"),
        (3, 0.5, "C5"),
        (3.5, 0.5, "Eb5"),
    ),
    ((0, 0.7, "F5"), (0.75, 0.7, "Eb5"), (1.5, 1.2, "C5"), (3, 0.5, "Eb5"), (3.5, 0.5, "F5")),
    (
        (0, 0.7, "F5"),
        (0.75, 0.7, "Ab5"),
        (1.5, 0.9, "F5"),
        (2.5, 0.5, "Eb5"),
        (3, 0.5, "Db5"),
        (3.5, 0.5, "Bb4"),
    ),
    ((0, 1.4, "C5"), (2, 0.5, "Bb4"), (2.5, 0.5, "C5"), (3, 0.5, "E5"), (3.5, 0.5, "G5")),
)
# The same eight bars, answered higher.
ANSWER = (
    *HOOK[:3],
    ((0, 0.7, "Bb5"), (0.75, 0.7, "G5"), (1.5, 1.2, "Eb5"), (3, 0.5, "F5"), (3.5, 0.5, "G5")),
    (
        (0, 0.7, "Ab5"),
        (0.75, 0.7, "G5"),
        (1.5, 0.8, "F5"),
        (2.5, 0.5, "Eb5"),
        (3, 0.5, "F5"),
        (3.5, 0.5, "G5"),
    ),
    ((0, 0.7, "Ab5"), (0.75, 0.7, "F5"), (1.5, 1.2, "C5"), (3, 0.5, "Eb5"), (3.5, 0.5, "F5")),
    (
        (0, 0.7, "Bb5"),
        (0.75, 0.7, "Ab5"),
        (1.5, 0.9, "F5"),
        (2.5, 0.5, "Db5"),
        (3, 0.5, "F5"),
        (3.5, 0.5, "Ab5"),
    ),
    ((0, 1.4, "C6"), (2, 0.5, "Bb5"), (2.5, 0.5, "G5"), (3, 0.5, "E5"), (3.5, 0.5, "G5")),
)
# A slow voice beneath the second drop, one long note or two to a bar.
UNDER = (
    ((0, 4, "Ab4"),),
    ((0, 2.5, "Ab4"), (2.5, 1.5, "F4")),
    ((0, 2.5, "Ab4"), (2.5, 1.5, "C5")),
    ((0, 4, "Bb4"),),
    ((0, 4, "Ab4"),),
    ((0, 2.5, "Ab4"), (2.5, 1.5, "C5")),
    ((0, 2.5, "Db5"), (2.5, 1.5, "Bb4")),
    ((0, 2, "C5"), (2, 2, "Bb4")),
)
# The hook remembered, slow, for the break.
MEMORY = (
    ((0, 1, "C5"), (1, 1, "Eb5"), (2, 2, "F5")),
    ((0, 1.5, "Eb5"), (1.5, 0.5, "C5"), (2, 2, "Ab4")),
    ((0, 1, "C5"), (1, 1, "Eb5"), (2, 1.5, "Ab5"), (3.5, 0.5, "G5")),
    ((0, 2.5, "Eb5"), (2.5, 0.5, "F5"), (3, 1, "G5")),
    ((0, 1.5, "Ab5"), (1.5, 0.5, "G5"), (2, 1, "F5"), (3, 1, "Eb5")),
    ((0, 1.5, "F5"), (1.5, 0.5, "Eb5"), (2, 2, "C5")),
    ((0, 1, "Db5"), (1, 1, "F5"), (2, 1.5, "Bb5"), (3.5, 0.5, "Ab5")),
    ((0, 2, "G5"), (2, 2, "E5")),
)


def bars(first, last):
    """Yield (bar, first beat, number of the chord) for a stretch of bars."""
    for bar in range(first, last):
        yield bar, 4 * bar, bar % 8


def drums(score):
    """Kick, claps, hats, fills and cymbals."""
    kick = score.part(
        "kick",
        program=25,
        drums=True,
        touch=1.5,
        level=-20,
        width=0.0,
        eq=[("highpass", 35), ("peak", 250, -3, 1.0), ("peak", 3500, 5, 0.9)],
        drive=4,
    )
    knock = score.part(
        "knock",
        program=16,
        drums=True,
        touch=1.5,
        level=-25,
        width=0.0,
        eq=[("highpass", 110), ("peak", 320, -4, 1.0), ("highshelf", 3000, 5)],
    )
    clap = score.part(
        "clap",
        program=25,
        drums=True,
        timing=1,
        touch=4,
        level=-23,
        width=1.3,
        reverb=0.18,
        eq=[("highpass", 250), ("peak", 1500, 2, 0.8)],
    )
    snare = score.part(
        "snare", program=16, drums=True, touch=4, level=-24, reverb=0.14, eq=[("highpass", 160), ("highshelf", 5000, 2)]
    )
    hats = score.part(
        "hats",
        program=25,
        drums=True,
        timing=1.5,
        touch=5,
        level=-29,
        pan=0.15,
        reverb=0.04,
        eq=[("highpass", 3000), ("highshelf", 8000, 3)],
        duck=2,
    )
    opened = score.part(
        "open hat",
        program=24,
        drums=True,
        touch=4,
        level=-27.5,
        pan=-0.1,
        reverb=0.05,
        eq=[("highpass", 2500), ("highshelf", 8000, 3)],
        duck=5,
    )
    shaker = score.part(
        "shaker",
        program=0,
        drums=True,
        timing=3,
        touch=6,
        level=-32,
        pan=-0.35,
        reverb=0.08,
        eq=[("highpass", 2500)],
    )
    toms = score.part("toms", program=24, drums=True, timing=1, touch=4, level=-22, width=1.4, reverb=0.2)
    crash = score.part("crash", program=0, drums=True, level=-27, width=1.4, reverb=0.25, eq=[("highpass", 400)])

    def thump(beat, force):
        kick.note(beat, 0.5, 36, force)
        knock.note(beat, 0.5, 36, force)

    def fill(bar):
        beat = 4 * bar
        if bar % 16 == 15:
            for step, force in enumerate((96, 60, 70, 100, 64, 76, 104, 110)):
                snare.note(beat + 2 + step / 4, 0.2, 38, force)
        else:
            for step, note in enumerate((50, 50, 48, 47, 45, 43)):
                toms.note(beat + 2.5 + step / 4, 0.25, note, 88 + 4 * step)
            snare.note(beat + 2.25, 0.2, 38, 70)

    steady = [*range(20), *range(24, 40), *range(56, 88)]
    for bar, beat, _ in bars(0, BARS["end"]):
        last = bar % 8 == 7
        big = 24 <= bar < 40 or 56 <= bar < 80
        if bar in steady:
            for step in range(4):
                if not (last and step == 3 and bar < 80):
                    thump(beat + step, 118 if step % 2 == 0 else 114)
            if big and bar % 4 == 3 and not last:
                thump(beat + 3.75, 84)
            if last and bar < 80 and bar != 23:
                fill(bar)
        if bar in steady and (bar >= 8 or bar % 8 >= 4) and bar < 86:
            for step in range(16):
                if step % 4 != 2 or not big:
                    hats.note(beat + step / 4, 0.2, 42, (88, 46, 74, 54)[step % 4])
        if bar in steady and (big or 12 <= bar < 16 or 80 <= bar < 84):
            for step in range(4):
                opened.note(beat + step + 0.5, 0.35, 46, 92 + 4 * (step % 2))
        if bar in steady and (big or 8 <= bar < 16 or 80 <= bar < 86):
            for step in (1, 3):
                clap.note(beat + step, 0.4, 39, 104)
                if big:
                    snare.note(beat + step, 0.3, 40, 92)
            if big and bar % 2:
                clap.note(beat + 3.75, 0.2, 39, 58)
        if big or 12 <= bar < 20 or 48 <= bar < 55:
            for step in range(16):
                shaker.note(beat + step / 4, 0.2, 82, (54, 40, 82, 46)[step % 4])
        if 64 <= bar < 80:
            for step in range(8):
                crash.note(beat + step / 2, 0.4, 51, 60 if step % 2 else 46)
        if (big or bar == 80) and bar % 8 == 0:
            crash.note(beat, 4, 49, 112)
        if big and bar % 8 == 4:
            crash.note(beat, 3, 57, 84)
    for bar in (8, 16, 40, 92):
        crash.note(4 * bar, 4, 49, 84)
    for first, last in ((16, 23.5), (51, 55.5)):
        beat, end = 4 * first, 4 * last
        while beat < end:
            done = (beat - 4 * first) / (end - 4 * first)
            snare.note(beat, 0.2, 38, 38 + 76 * done)
            beat += 1 if done < 0.4 else 0.5 if done < 0.7 else 0.25
    for step in range(6):
        toms.note(4 * 55 + 2.5 + step / 4, 0.25, (50, 48, 47, 45, 43, 41)[step], 90 + 5 * step)


def low(score):
    """The bass that bounces between the kicks, and the pure tone beneath it."""
    bass = score.part(
        "bass",
        program=38,
        timing=1,
        touch=4,
        level=-20,
        width=0.0,
        drive=5,
        duck=5,
        eq=[("highpass", 70), ("peak", 250, -2, 0.8), ("peak", 900, 4, 0.8), ("highshelf", 4000, 3)],
        lowpass=[
            (0, 300),
            (32, 300),
            (64, 900),
            (79.9, 1600),
            (80, 900),
            (95.9, 500),
            (96, 4500),
            (160, 5200),
            (160.1, 700),
            (223.9, 900),
            (224, 5500),
            (320, 6500),
            (352, 260),
        ],
    )
    sub = score.part(
        "sub",
        program=80,
        bank=8,
        level=-23,
        width=0.0,
        duck=9,
        eq=[("lowpass", 160)],
        gain=[(175, 0), (176, -7), (223, -3), (224, 0)],
    )
    pattern = (
        (0.5, 0.22, 0),
        (0.75, 0.22, 0),
        (1.5, 0.3, 0),
        (1.75, 0.22, 12),
        (2.25, 0.22, 0),
        (2.5, 0.3, 0),
        (2.75, 0.22, 12),
        (3.25, 0.22, 0),
    )
    for bar, beat, turn in bars(8, 88):
        root = pitch(ROOTS[turn])
        if 24 <= bar < 40 or 56 <= bar < 80 or 8 <= bar < 20 or bar >= 80:
            for place, size, jump in pattern:
                if bar < 16 and jump:
                    continue
                bass.note(beat + place, size, root + jump + 12, 100 if place % 1 == 0.5 else 84)
            bass.note(beat + 3.5, 0.45, pitch(LEADING[turn]) + 12, 98)
        if 24 <= bar < 40 or 56 <= bar < 86 or 16 > bar >= 12:
            for step in range(4):
                note = pitch(LEADING[turn]) if step == 3 else root
                sub.note(beat + step + 0.2, 0.75, note, 104)
        elif 44 <= bar < 55:
            sub.note(beat, 3.9, root, 84)
    bass.note(368, 4, "F2", 84)
    sub.note(368, 4, "F1", 64)


def harmony(score):
    """Stabs that open through a filter, pads, and an arpeggio above them."""
    stabs = score.part(
        "stabs",
        program=81,
        level=-21.5,
        double=18,
        duck=7,
        reverb=0.16,
        touch=4,
        width=1.2,
        eq=[("highpass", 180), ("peak", 400, -3, 0.9), ("highshelf", 5000, 2)],
        lowpass=[
            (0, 350),
            (32, 700),
            (64, 500),
            (94, 9000),
            (96, 5500),
            (128, 6000),
            (160, 7500),
            (160.1, 500),
            (192, 500),
            (222, 10000),
            (224, 7000),
            (320, 9500),
            (320.1, 5000),
            (352, 300),
        ],
    )
    pad = score.part(
        "pad",
        program=89,
        level=-25,
        double=10,
        duck=6,
        reverb=0.4,
        width=1.3,
        eq=[("highpass", 160), ("highshelf", 4000, 4)],
    )
    strings = score.part(
        "strings",
        program=50,
        level=-26,
        double=8,
        duck=4,
        reverb=0.35,
        width=1.3,
        eq=[("highpass", 250), ("highshelf", 5000, 3)],
    )
    arp = score.part(
        "arp",
        program=90,
        level=-27,
        timing=1,
        touch=5,
        reverb=0.2,
        echo=(0.75, 0.45, 0.35),
        duck=4,
        eq=[("highpass", 350), ("highshelf", 4500, 4)],
        width=1.2,
        pan=0.2,
        lowpass=[
            (0, 1400),
            (64, 5000),
            (94, 9000),
            (160, 9000),
            (192, 1500),
            (222, 12000),
            (320, 12000),
            (360, 900),
        ],
    )
    rhythm = ((0, 0.5), (0.75, 0.5), (1.5, 0.4), (2.5, 0.4), (3.25, 0.5))
    for bar, beat, turn in bars(0, BARS["end"]):
        chord = CHORDS[turn]
        full = 24 <= bar < 40 or 56 <= bar < 80
        if full or 8 <= bar < 24 or 48 <= bar < 56 or 80 <= bar < 88:
            for place, size in rhythm:
                if bar in (23, 55) and place > 1.5:
                    break
                notes = SOLVED if turn == 7 and place >= 2 else chord
                if 56 <= bar < 80:
                    notes = (*notes, pitch(notes[0]) + 12) if pitch(notes[-1]) < pitch(notes[0]) + 11 else notes
                stabs.chord(beat + place, size, notes, 96 if place in (0, 1.5) else 84)
        if full or 44 <= bar < 56 or 16 <= bar < 24 or bar >= 84:
            length = 1.8 if bar in (23, 55) else 4
            if turn == 7 and length == 4:
                pad.chord(beat, 2, chord, 74)
                pad.chord(beat + 2, 2, SOLVED, 74)
            else:
                pad.chord(beat, length, chord, 74)
        if 48 <= bar < 56 or 64 <= bar < 80:
            high = [pitch(note) + 12 for note in (chord[1], chord[2])]
            if bar == 55:
                strings.chord(beat, 1.8, high, 84)
            elif turn == 7:
                strings.chord(beat, 2, (pitch("C5"), pitch("F5")), 84)
                strings.chord(beat + 2, 2, (pitch("C5"), pitch("E5")), 84)
            else:
                strings.chord(beat, 4, high, 84)
        if full or bar < 24 or 48 <= bar < 56 or 80 <= bar < 90:
            for step in range(16):
                if (bar in (23, 55) and step > 7) or (bar < 4 and step % 2):
                    continue
                notes = SOLVED if turn == 7 and step >= 8 else chord
                index = (0, 2, 1, 3, 2, 0, 3, 1)[step % 8]
                lift = 24 if full and step % 8 in (3, 6) else 12
                arp.note(beat + step / 4, 0.22, pitch(notes[index]) + lift, (88, 60, 74, 64)[step % 4])
    pad.chord(368, 6, CHORDS[0], 80)
    strings.chord(368, 6, ("C5", "Eb5"), 60)
    strings.swell(192, 220, 30, 120)
    strings.control(256, 11, 100)
    pad.swell(64, 93, 50, 115)
    pad.control(96, 11, 90)
    pad.swell(176, 220, 45, 120)
    pad.control(224, 11, 96)
    arp.swell(0, 48, 72, 112)
    arp.control(96, 11, 100)
    arp.swell(192, 222, 40, 120)
    arp.swell(336, 359, 110, 20)


def melody(score):
    """The hook: lead, its double an octave up, its answer, and the bell of the break."""
    lead = score.part(
        "lead",
        program=81,
        level=-18.5,
        double=9,
        timing=1,
        touch=4,
        reverb=0.2,
        duck=2.5,
        width=0.8,
        echo=(0.75, 0.4, 0.22),
        eq=[("highpass", 220), ("peak", 2200, 3, 0.8), ("peak", 450, -2, 1.0)],
        lowpass=[(0, 700), (64, 1200), (94, 5000), (96, 7000), (224, 8500), (319, 8500), (320, 900)],
    )
    square = score.part(
        "square",
        program=80,
        level=-25,
        timing=1,
        touch=4,
        reverb=0.25,
        duck=3,
        pan=-0.25,
        echo=(0.5, 0.4, 0.25),
        eq=[("highpass", 400), ("highshelf", 5000, -3)],
    )
    under = score.part(
        "under",
        program=62,
        level=-24,
        double=8,
        reverb=0.25,
        duck=4,
        pan=0.2,
        eq=[("highpass", 200), ("peak", 800, -2, 1.0)],
    )
    bell = score.part(
        "bell",
        program=5,
        level=-23.5,
        timing=4,
        touch=5,
        reverb=0.45,
        echo=(0.75, 0.5, 0.3),
        gain=[(160, -1), (190, 0), (220, 3), (230, 0), (319, 0), (340, -1.5), (367, 0)],
        eq=[("highpass", 150), ("highshelf", 4000, 5)],
    )

    def sing(part, tune, first, count=8, lift=0, force=100):
        for bar in range(count):
            for place, size, note in tune[bar]:
                accent = 6 if place == 0 else 0
                part.note(4 * (first + bar) + place, size, pitch(note) + lift, force + accent)

    for bar in (10, 12, 14):
        sing(lead, HOOK[:1], bar, 1, force=72)
    sing(lead, HOOK, 16, 4, force=80)
    lead.note(4 * 23 + 3, 0.5, "E5", 104)
    lead.note(4 * 23 + 3.5, 0.5, "G5", 108)
    sing(lead, HOOK, 24)
    sing(lead, ANSWER, 32)
    sing(square, HOOK, 32, 3, lift=12, force=84)
    sing(bell, MEMORY, 40, force=78)
    sing(bell, MEMORY, 48, 7, force=88)
    bell.note(4 * 55, 2, "G5", 92)
    lead.note(4 * 55 + 3, 0.5, "E5", 108)
    lead.note(4 * 55 + 3.5, 0.5, "G5", 112)
    sing(lead, HOOK, 56, force=106)
    sing(lead, ANSWER, 64, force=106)
    sing(lead, HOOK, 72, 4, force=108)
    for bar in range(4, 8):
        sing(lead, (ANSWER[bar],), 72 + bar, 1, force=110)
    sing(square, HOOK, 56, lift=12, force=88)
    sing(square, ANSWER, 72, force=92)
    sing(under, UNDER, 64, force=88)
    sing(under, UNDER, 72, force=96)
    sing(bell, MEMORY, 80, 8, force=74)
    sing(bell, MEMORY, 88, 3, force=66)
    bell.note(4 * 91, 4, "G5", 62)
    bell.chord(368, 6, ("F4", "C5", "Eb5", "Ab5"), 70, strum=0.12)


def effects(score):
    """Noise that rises, cymbals played backwards, and the blow that ends them."""
    riser = score.part(
        "riser",
        program=125,
        bank=9,
        level=-27,
        width=1.4,
        reverb=0.3,
        noise=True,
        lowpass=[(64, 400), (93, 12000), (94, 12000), (192, 300), (221, 14000)],
        highpass=[(64, 150), (94, 1200), (192, 150), (222, 1500)],
    )
    backwards = score.part("backwards", program=119, level=-27, width=1.4, reverb=0.2, noise=True)
    boom = score.part("boom", program=116, level=-22, reverb=0.5, noise=True, eq=[("lowpass", 900)])
    for first, last in ((64, 94), (192, 222)):
        beat = first
        while beat < last:
            riser.note(beat, min(4, last - beat), 60, 100)
            beat += 4
        riser.swell(first, last, 10, 127)
    for beat in (32, 96, 160, 224, 256):
        backwards.note(beat - 4, 4, 60, 100)
    for beat, force in ((96, 110), (160, 110), (224, 118), (320, 96), (368, 70)):
        boom.note(beat, 4, 36, force)


def compose():
    """Return the score."""
    score = Score(
        "groove",
        "Groove",
        "4/4",
        "F minor",
        128,
        master={
            "reverb": 2.0,
            "damping": 5500,
            "compress": (1.8, -19.0),
            "eq": (("highpass", 28), ("highshelf", 7000, 2)),
        },
    )
    for label, bar in BARS.items():
        if label != "end":
            score.section(4 * bar, label.split()[0])
    drums(score)
    low(score)
    harmony(score)
    melody(score)
    effects(score)
    return score
