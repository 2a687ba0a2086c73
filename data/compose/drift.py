"""Drift: music without a beat, where one beat of the score is one second.

Eighteen chords of eight to fourteen seconds pass from D major to E flat and back. Their voices
move one after another, at times drawn by the score; a piano remembers three rising notes.
"""

from score import Score, pitch

SECTIONS = {"dawn": 0, "open": 4, "deep": 9, "return": 14}
END = 192.0

# When each chord begins, its bass, four voices, and what the piano plays above it.
CHORDS = (
    (0.0, "D2", "A3 D4 E4 A4", ""),
    (12.8, "D2", "B3 D4 F#4 A4", "D5 F#5 A5"),
    (22.1, "B1", "A3 D4 F#4 C#5", ""),
    (35.0, "G1", "B3 D4 F#4 B4", "A5 F#5 D5"),
    (44.6, "D2", "A3 D4 F#4 C#5", "D5 F#5 A5 C#6"),
    (53.1, "E2", "B3 D4 G4 B4", "B5 G5 D5"),
    (64.8, "F#2", "A3 C#4 E4 B4", "A4 C#5 E5"),
    (73.0, "G2", "B3 D4 F#4 C#5", "D6 C#6 A5 F#5"),
    (84.7, "A2", "A3 D4 E4 B4", "E5 B5 A5"),
    (94.0, "Bb1", "Bb3 D4 F4 A4", "F4 A4 D5"),
    (107.1, "G1", "Bb3 D4 F4 A4", "D5 Bb4 A4"),
    (116.0, "Eb2", "Bb3 D4 G4 Bb4", "G4 Bb4 D5 F5"),
    (127.9, "C2", "Bb3 Eb4 G4 D5", "Eb5 D5 Bb4 G4"),
    (136.2, "A1", "A3 D4 E4 G4", "E5 A5 D6"),
    (145.5, "D2", "A3 D4 F#4 A4", "F#5 A5 D6 F#6 E6"),
    (158.0, "B1", "A3 D4 F#4 B4", "A5 F#5 D5"),
    (166.9, "G1", "B3 D4 E4 A4", "E5 B4 A4"),
    (178.2, "D2", "A3 D4 E4 A4", "D5 F#5 A5"),
)

# How loud it all is: (second, dB).
ARC = (
    (0, -16), (22, -10), (44, -7), (73, -3.5), (90, -6), (100, -6.5), (116, -3), (136, -1), (146, 0), (154, -1),
    (166, -6), (180, -12), (188, -17), (195, -24),
)  # fmt: skip


def voices(score, part, which, first, last, force=76, lift=0, late=2.2, over=2.0):
    """Play chosen voices of the chords; a note that stays is held, others come in one by one.

    Parameters
    ----------
    score : Score
    part : Part
    which : sequence of int
        0 is the bass, 1 to 4 the voices above.
    first, last : int
        From chord `first` to before chord `last`.
    force : float
        Velocity.
    lift : int
        Semitones added.
    late, over : float
        At most so many seconds after the chord begins, and about so many beyond its end.
    """
    draw = score.random.uniform
    ends = [chord[0] for chord in CHORDS[1:]] + [END]
    for voice in which:
        notes = [pitch((bass, *above.split())[voice]) + lift for _, bass, above, _ in CHORDS]
        index = first
        while index < last:
            after = index + 1
            while after < last and notes[after] == notes[index]:
                after += 1
            start = CHORDS[index][0] + (draw(0.2, late) if late else 0)
            near = after < len(CHORDS) and abs(notes[after] - notes[index]) == 1
            stop = ends[after - 1] + (0.4 if near else draw(0.6, 1.2) * over)
            part.note(start, stop - start, notes[index], force + draw(-5, 5))
            index = after


def breathe(score, part, start=0.0, low=78, high=122):
    """Let a part rise and sink in breaths of different length."""
    draw = score.random.uniform
    level = low
    while start < END:
        end = start + draw(3.5, 8.5)
        goal = draw(low, low + 12) if level > (low + high) / 2 else draw(high - 12, high)
        part.swell(start, end, level, goal)
        start, level = end, goal


def arc(**changes):
    """Return the moving gain of a part: the arc, and its own (second, dB) beside it."""
    own = changes.get("own", ((0, 0), (END, 0)))
    result = []
    for second in sorted({point[0] for point in ARC} | {point[0] for point in own}):
        result.append((second, between(ARC, second) + between(own, second)))
    return result


def between(points, at):
    """Return the value at a place between (place, value) points."""
    before = max((point for point in points if point[0] <= at), default=points[0])
    after = min((point for point in points if point[0] > at), default=points[-1])
    if after[0] <= before[0]:
        return before[1]
    return before[1] + (after[1] - before[1]) * (at - before[0]) / (after[0] - before[0])


def pads(score):
    """Everything that is held: sine, low pad, warm pad, bowed glass, choir, strings, air."""
    sine = score.part("sine", program=80, bank=8, level=-27, width=0.0, eq=[("lowpass", 140)], gain=arc())
    ground = score.part(
        "ground", program=89, level=-23, double=8, width=0.8, reverb=0.25, gain=arc(),
        eq=[("highpass", 60), ("peak", 180, -2, 0.8)],
        lowpass=[(0, 500), (60, 900), (94, 600), (145, 1600), (165, 800), (192, 400)],
    )  # fmt: skip
    pad = score.part(
        "pad", program=94, level=-20.5, double=9, width=1.1, reverb=0.45,
        gain=arc(own=((0, 1), (END, 1))), eq=[("highpass", 150), ("peak", 350, -2, 0.8), ("highshelf", 3500, 3)],
        lowpass=[(0, 700), (20, 1400), (44, 2600), (75, 7000), (94, 1500), (116, 3000), (146, 10000), (170, 2000),
                 (195, 700)],
    )  # fmt: skip
    glass = score.part(
        "glass", program=92, level=-24.5, width=1.2, reverb=0.55, pan=0.15, gain=arc(),
        eq=[("highpass", 300), ("highshelf", 4000, 4)],
    )  # fmt: skip
    choir = score.part(
        "choir", program=52, level=-22.5, width=1.3, double=6, reverb=0.5, gain=arc(),
        eq=[("highpass", 180), ("peak", 900, -1.5, 0.8), ("highshelf", 3500, 3)],
        lowpass=[(44, 900), (75, 3500), (94, 1600), (146, 6000), (175, 1200)],
    )  # fmt: skip
    strings = score.part(
        "strings", program=49, level=-22.5, width=1.2, double=6, reverb=0.4, pan=-0.1,
        gain=arc(own=((94, -6), (116, -2), (145, 0), (160, -4), (170, -12))),
        eq=[("highpass", 120), ("highshelf", 4000, 4)],
        lowpass=[(94, 900), (120, 2500), (146, 8000), (165, 1500)],
    )  # fmt: skip
    air = score.part(
        "air", program=122, level=-33, width=1.4, reverb=0.2, noise=True,
        gain=[(0, 0), (30, -4), (60, -9), (120, -9), (150, -4), (195, -5)], eq=[("highpass", 300)],
    )  # fmt: skip
    count = len(CHORDS)
    voices(score, sine, (0,), 1, count, 84, late=0, over=0.3)
    voices(score, ground, (0,), 0, count, 84, late=0, over=0.8)
    voices(score, ground, (0,), 4, 16, 66, lift=12, over=0.8)
    voices(score, pad, (1, 2, 3, 4), 0, count, 78)
    voices(score, glass, (3, 4), 2, 9, 70, lift=12, late=3.0)
    voices(score, glass, (4,), 9, 13, 62, lift=12, late=3.0)
    voices(score, glass, (2, 4), 13, count, 70, lift=12, late=3.0)
    voices(score, choir, (2, 3), 4, 6, 66)
    voices(score, choir, (1, 2, 3, 4), 6, 9, 76)
    voices(score, choir, (1, 3), 10, 12, 70)
    voices(score, choir, (1, 2, 3, 4), 12, 17, 88)
    voices(score, strings, (0,), 9, 16, 74, lift=12)
    voices(score, strings, (1, 3, 4), 10, 17, 80)
    voices(score, strings, (4,), 13, 16, 76, lift=12)
    for part in (pad, glass, choir, strings):
        breathe(score, part)
    start = 0.0
    while start < END - 4:
        size = score.random.uniform(7, 13)
        air.note(start, size + 2, score.random.choice((55, 58, 60)), score.random.uniform(60, 90))
        start += size


def strikes(score):
    """Everything that is struck: a piano far away, bells, and glints of a celesta."""
    piano = score.part(
        "piano", program=0, level=-20, width=0.7, reverb=0.6, timing=0, touch=3, pan=-0.15,
        gain=arc(own=((0, 5), (44, 2), (146, -1), (170, 2), (END, 6))), echo=(1.37, 0.35, 0.25),
        eq=[("highpass", 120), ("highshelf", 4000, 2)],
    )  # fmt: skip
    bells = score.part(
        "bells", program=14, level=-28, width=1.0, reverb=0.6, pan=0.3, gain=arc(),
        eq=[("highpass", 200), ("highshelf", 4000, 2)],
    )  # fmt: skip
    glints = score.part(
        "glints", program=8, level=-28, width=1.3, reverb=0.6, gain=arc(own=((0, 3), (100, 0), (END, 4))),
        eq=[("highpass", 500), ("highshelf", 5000, 4)], echo=(0.83, 0.4, 0.35),
    )  # fmt: skip
    draw = score.random.uniform
    for index, (start, bass, above, phrase) in enumerate(CHORDS):
        notes = [pitch(note) for note in above.split()]
        end = CHORDS[index + 1][0] if index + 1 < len(CHORDS) else END
        at = start + draw(1.6, 2.8)
        names = phrase.split()
        for place, name in enumerate(names):
            last = place == len(names) - 1
            piano.note(at, min(7.0, end + 1.5 - at), name, 58 + 5 * place - 8 * last + draw(-3, 3))
            if last and index > 3:
                piano.note(at + 0.03, 5, pitch(name) - 12, 46)
            at += draw(0.75, 1.25) * (1.15 if index < 14 else 1.4) * (1.5 if place == len(names) - 2 else 1)
        if index in (1, 4, 6, 9, 11, 13, 14, 16):
            bells.note(start + draw(0.05, 0.4), 7, pitch(bass) + 24, 78)
            bells.note(start + draw(3.5, 6), 6, notes[3] + (12 if index < 9 else 0), 62)
        thick = 0 if index == 0 else 2.6 if index < 4 else 1.5 if index < 9 else 4.5 if index < 13 else 1.7
        at = start + draw(1, 3)
        while thick and at < end - 1:
            high = score.random.choice(notes)
            glints.note(at, 2, high + score.random.choice((12, 24)), draw(42, 72))
            at += 0.35 + score.random.expovariate(1 / thick)


def compose():
    """Return the score."""
    score = Score(
        "drift",
        "Drift",
        None,
        "D major",
        60,
        master={"reverb": 5.0, "damping": 3800, "predelay": 0.035, "compress": (1.3, -20.0), "tail": 9.0, "fade": 6.0},
    )
    for label, index in SECTIONS.items():
        score.section(CHORDS[index][0], label)
    pads(score)
    strikes(score)
    return score
