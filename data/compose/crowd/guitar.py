"""Guitar: one plucked guitar that accompanies its own tune."""

from crowd.blocks import Piece, nearest, tones

CHORDS = {
    "major": (
        "I V vi IV",
        "I,IV I IV,V I",
        "vi IV I V",
        "ii V7 I vi",
        "I iii IV V7",
        "IV I ii7 V7",
        "I V7/vi vi,V7/V V7",
        "IV iv I V7/V,V7",
    ),
    "minor": (
        "i bVII bVI V7",
        "i iv V7 i",
        "i V7/iv iv i,V7",
        "bVI bIII iv V7",
        "iv i V7 i",
        "i bIII bVII iv,V7",
        "iv bVII bIII bVI,V7",
        "i,V7 i iv,iih7 V7",
    ),
}
RHYTHMS = ("x---x-x-", "x-x-x---", "x-----xx", "x--xx---", "..x-x-x-", "x-xxx---", "x---x--x", ".x-xx---")
CADENCES = ("x-x-x---", "x---x---", "x-----..")
#: Which string plays each eighth: b is the bass, a its other note, 1 to 3 the strings above.
PICKING = ("b1a2b1a3", "b123b321", "b213a213", "b-12a-12", "b1231231", "b3a1b2a1", "b121a121", "b231b232")
FORMS = ("AABA", "ABAC", "ABCA", "ABBA", "AABC", "ABAB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("guitar", seed, "4/4", 16, "E", "major minor", reverb=1.3)
    common = {"program": 24, "timing": 7, "touch": 4, "reverb": 0.15, "width": 0.3}
    fingers = piece.score.part("fingers", level=-18, eq=[("highshelf", 3500, 3)], **common)
    thumb = piece.score.part("thumb", level=-20.5, **common)
    material = piece.material(piece.hand(CHORDS[piece.mode]), RHYTHMS, CADENCES, 4, piece.hand(PICKING))
    for letter, bar, before, energy in piece.form(piece.deal(FORMS), 4):
        bars, theme, picking = material[letter]
        theme = piece.vary(theme, RHYTHMS) if before else theme
        force = 66 + 16 * energy
        tune = piece.sing(theme, bars, 64, 81, closed=bar == 12 or bool(before))
        for beat, length, pitch, accent in tune:
            piece.note(fingers, bar * 4 + beat, max(length, 0.6), pitch, force + 14 + accent)
            inner = tones(piece.at(bars, beat), pitch - 9, pitch - 3)
            if before and length >= 1 and inner:
                piece.note(fingers, bar * 4 + beat, length, inner[-1], force)
        for beat in range(0, 32):
            classes, mark = piece.at(bars, beat / 2), picking[beat % 8]
            root = nearest(tones(classes[:1], 40, 52), 44)
            strings = piece.voice(classes[:3], 56)
            other = nearest(tones(classes[2:3], 40, 55), root + 5)
            pitch = {"b": root, "a": other, "-": None}.get(mark) if mark in "ba-" else strings[int(mark) - 1]
            if pitch:
                piece.note(
                    thumb, bar * 4 + beat / 2, min(1.4, 2 - beat / 2 % 2), pitch, force + (4 if mark == "b" else -8)
                )
    home = piece.harmony("Iadd9" if piece.mode == "major" else "i")[0][0]
    piece.chord(thumb, 64, 5, [nearest(tones(home[:1], 40, 52), 44), *piece.voice(home[:3], 57)], 70, strum=0.12)
    piece.chord(fingers, 64.5, 4.5, tones(home, 64, 78)[-3:], 64, strum=0.12)
    return piece.score
