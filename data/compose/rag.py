"""Rag: a piano rag in C major with a trio in F, in the old form AABBACCDD.

Each strain has sixteen bars of two beats. The left hand walks between bass and chord, the right hand ties its
accents over the beats. Tuba, banjo and brushes join quietly at the end.
"""

from score import Score, pitch

CHORDS = {
    "C": "C E G",
    "C7": "C E G Bb",
    "C/G": "G C E",
    "D7": "D F# A C",
    "Dm": "D F A",
    "A7": "A C# E G",
    "F": "F A C",
    "F7": "F A C Eb",
    "F/C": "C F A",
    "F#o": "F# A C Eb",
    "G7": "G B D F",
    "Bb": "Bb D F",
    "Bbm": "Bb Db F",
    "Bo": "B D F Ab",
}

# One bar a line: one chord or two, and eight sixteenths; "-" holds a note, "." is a rest.
INTRO = (
    ("C", "C5 E5 G5 C6 - G5 E5 -"),
    ("F#o", "D#5 F#5 A5 C6 - A5 F#5 -"),
    ("D7 G7", "D5 F#5 A5 C6 B5 G5 F5 D5"),
    ("G7", "G5 - . G4 - A4 B4 -"),
)
A = (
    ("C", "G4 C5 E5 G5 - E5 C5 -"),
    ("C", "A5 - G5 E5 - C5 E5 -"),
    ("G7", "F5 D5 - B4 - D5 F5 A5"),
    ("C", "G5 - - E5 - - C5 -"),
    ("F", "A4 C5 F5 A5 - F5 C5 -"),
    ("C", "G5 - E5 C5 - E5 G5 -"),
    ("D7", "F#5 A5 - F#5 - D5 E5 F#5"),
    ("G7", "G5 - F5 D5 - B4 G4 -"),
    ("C", "G4 C5 E5 G5 - E5 C5 -"),
    ("C", "A5 - G5 E5 - C5 E5 -"),
    ("G7", "F5 D5 - B4 - D5 F5 A5"),
    ("C C7", "G5 - - E5 - Bb4 C5 -"),
    ("F", "A4 C5 F5 A5 - C6 A5 -"),
    ("F#o C/G", "A5 - F#5 A5 G5 - E5 -"),
    ("D7 G7", "D5 F#5 A5 - F5 - D5 B4"),
    ("C", "C5 - E5 - C5 - . ."),
)
B = (
    ("G7", "D6 - B5 G5 - F5 D5 -"),
    ("G7", "D6 B5 - G5 - F5 G5 A5"),
    ("C", "G5 - C6 G5 - E5 G5 -"),
    ("C", "E6 - - C6 - G5 E5 -"),
    ("G7", "D6 - B5 G5 - F5 D5 -"),
    ("G7", "B5 D6 - B5 - A5 G5 F5"),
    ("C", "E5 G5 - C6 - G5 E5 -"),
    ("C A7", "C6 - - G5 - - C#6 -"),
    ("Dm", "D6 - A5 F5 - A5 D6 -"),
    ("Dm", "F6 - D6 A5 - F5 A5 -"),
    ("C/G", "E6 - C6 G5 - E5 G5 -"),
    ("C", "C6 E6 - C6 - G5 A5 A#5"),
    ("F F#o", "A5 C6 - A5 A5 - C6 D#6"),
    ("C/G A7", "E6 - C6 G5 G5 - E5 C#5"),
    ("D7 G7", "D5 F#5 A5 C6 B5 - G5 F5"),
    ("C", "E5 - G5 - C6 - . ."),
)
C = (
    ("F", "A4 - C5 F5 - - E5 -"),
    ("F", "D5 - C5 A4 - - C5 -"),
    ("C7", "Bb4 - D5 G5 - - F5 -"),
    ("F", "E5 - F5 A5 - - - -"),
    ("Bb", "Bb5 - A5 F5 - D5 F5 -"),
    ("F/C D7", "A5 - F5 C5 C5 - D5 F#5"),
    ("G7", "G5 - B5 D6 - B5 G5 -"),
    ("C7", "C6 - Bb5 G5 - E5 C5 -"),
    ("F", "A4 - C5 F5 - - E5 -"),
    ("F", "D5 - C5 A4 - - C5 -"),
    ("C7", "Bb4 - D5 G5 - - F5 -"),
    ("F F7", "E5 - F5 A5 - - C6 Eb6"),
    ("Bb Bo", "D6 - Bb5 F5 D6 - B5 F5"),
    ("F/C D7", "C6 - A5 F5 F#5 - A5 C6"),
    ("G7 C7", "B5 - G5 F5 E5 - G5 Bb5"),
    ("F", "A5 - F5 - F5 - . ."),
)
D = (
    ("F", "C6 A5 - F5 - C6 D6 C6"),
    ("F", "A5 - F5 C5 - F5 A5 -"),
    ("C7", "Bb5 G5 - E5 - Bb5 C6 Bb5"),
    ("C7", "G5 - E5 C5 - E5 G5 -"),
    ("C7", "D6 Bb5 - G5 - E5 G5 Bb5"),
    ("C7", "D6 - C6 Bb5 - G5 E5 -"),
    ("F", "C6 A5 - F5 - A5 C6 -"),
    ("F F7", "F6 - C6 A5 - F5 Eb5 -"),
    ("Bb", "D6 Bb5 - F5 - D6 Eb6 D6"),
    ("Bbm", "Db6 - Bb5 F5 - Bb5 Db6 -"),
    ("F/C", "C6 A5 - F5 - A5 C6 F6"),
    ("D7", "F#6 - D6 C6 - A5 F#5 -"),
    ("G7", "G5 B5 - D6 - B5 D6 F6"),
    ("C7", "E6 - C6 Bb5 - G5 E5 -"),
    ("F/C C7", "F5 A5 C6 F6 E6 - Bb5 G5"),
    ("F", "F5 - A5 - F6 - . ."),
)
# Label, bars, and how hard it is struck.
FORM = (
    ("intro", INTRO, 88),
    ("A", A, 78),
    ("A", A, 84),
    ("B", B, 92),
    ("B", B, 86),
    ("A", A, 72),
    ("C", C, 66),
    ("C", C, 74),
    ("D", D, 90),
    ("D", D, 102),
)
SWING = 0.05


def place(step):
    """Return the beat of a sixteenth: every second one comes a little late."""
    return step / 4 + (SWING if step % 2 else 0)


def tones(chord, low, high):
    """Return the pitches of a chord from `low` to `high`, lowest first."""
    classes = {pitch(f"{name}4") % 12 for name in CHORDS[chord].split()}
    return [note for note in range(low, high + 1) if note % 12 in classes]


def right_hand(part, beat, chords, line, force, octaves):
    """Play one bar of melody, long notes in sixths and thirds, and in octaves where asked."""
    steps = line.split()
    for step, name in enumerate(steps):
        if name in "-.":
            continue
        length = 1 + next((i for i, later in enumerate(steps[step + 1 :]) if later != "-"), 7 - step)
        size = place(step + length) - place(step) - 0.03
        tied = step % 2 and length > 1
        accent = 9 if tied else 5 if step % 4 == 0 else -6
        note = pitch(name)
        part.note(beat + place(step), size, note, force + accent)
        chord = chords[step // 4 * (len(chords) - 1)]
        if octaves:
            part.note(beat + place(step), size, note - 12, force + accent - 14)
        elif length > 1:
            inner = [tone for tone in tones(chord, note - 9, note - 3)]
            part.note(beat + place(step), size, inner[-1], force + accent - 22)


def left_hand(part, beat, chords, force, bar):
    """Play one bar of bass and chord: root or fifth in octaves on the beat, the chord after it."""
    for half in range(2):
        chord = chords[half * (len(chords) - 1)]
        bass = tones(chord, 36, 47)
        root = next(note for note in bass if note % 12 == pitch(CHORDS[chord].split()[0] + "4") % 12)
        fifth = max((note for note in bass if (note - root) % 12 in (6, 7)), default=root)
        low = fifth if half and len(chords) == 1 else root
        for note in (low, low - 12):
            if note >= 29:
                part.note(beat + half, 0.45, note, force - (4 if half else 0))
        for note in tones(chord, 52, 63)[-3:]:
            part.note(beat + half + 0.5, 0.32, note, force - 16 + (2 if bar % 4 == 3 else 0))


def compose():
    """Return the score."""
    score = Score("rag", "Rag", "2/4", "C major", 96, master={"reverb": 1.3, "compress": (1.5, -20.0), "fade": 1.5})
    common = {"program": 0, "timing": 4, "touch": 4, "reverb": 0.12, "width": 0.5}
    right = score.part("right hand", level=-18, pan=0.12, eq=[("highshelf", 4000, 3)], **common)
    left = score.part("left hand", level=-21.5, pan=-0.15, eq=[("highpass", 45), ("peak", 220, -2, 0.9)], **common)
    tuba = score.part("tuba", program=58, timing=6, touch=4, level=-25, reverb=0.15, eq=[("highpass", 40)])
    banjo = score.part(
        "banjo", program=105, timing=6, touch=5, level=-29, pan=0.45, reverb=0.15, eq=[("highpass", 250)]
    )
    brushes = score.part("brushes", program=40, drums=True, timing=5, touch=5, level=-30, pan=-0.3, reverb=0.15)
    bar, plays = 0, {}
    for label, strain, force in FORM:
        score.section(2 * bar, label)
        plays[label] = plays.get(label, 0) + 1
        full = label == "D" and plays[label] == 2
        for number, (chords, line) in enumerate(strain):
            beat, chords = 2 * bar, chords.split()
            arch = force + (0, 1, 3, 1, 2, 4, 6, 2)[number % 8]
            right_hand(right, beat, chords, line, arch, octaves=label == "intro" or full)
            if label != "intro" or number < 3:
                left_hand(left, beat, chords, arch - 10, number)
            if label == "D":
                for half in range(2):
                    chord = chords[half * (len(chords) - 1)]
                    root = pitch(CHORDS[chord].split()[0] + "2")
                    tuba.note(beat + half, 0.5, root if root < 48 else root - 12, 70 + 14 * full)
                    brushes.note(beat + half, 0.3, 36 if half == 0 else 38, 54)
                    brushes.note(beat + half + 0.5, 0.3, 38, 62 + 10 * full)
                    if full:
                        banjo.chord(beat + half + 0.5, 0.3, tones(chord, 57, 69)[-3:], 80, strum=0.01)
            bar += 1
    beat = 2 * bar
    for part, notes, force in ((right, "C5 F5 A5 C6", 100), (left, "F1 F2 C3 F3", 92), (tuba, "F1", 84)):
        part.chord(beat, 1.6, notes.split(), force, strum=0.008)
    return score
