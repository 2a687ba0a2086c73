"""Choir: slow voices over a drone, in chords, in canon or in parallel, and a few bells."""

from crowd.blocks import Piece, nearest, tones

CHORDS = {
    "major": ("I,vi IV,V", "I,iii IV,I", "vi,IV ii,V", "IV,I ii,V", "I,V vi,iii", "ii,vi IV,V", "I,IV I,V"),
    "dorian": (
        "i,IV bVII,i",
        "i,bVII IV,i",
        "bIII,IV i,v",
        "i,v bVII,IV",
        "IV,i bIII,bVII",
        "i,ii bIII,IV",
        "v,i IV,bVII",
    ),
    "minor": (
        "i,bVI iv,v",
        "i,iv bVI,bVII",
        "bVI,bIII iv,V",
        "i,v bVI,iv",
        "iv,i bVII,bIII",
        "bIII,bVII iv,V",
        "i,bVII bVI,V",
    ),
}
RHYTHMS = ("x---x---", "x-----x-", "x---x-x-", "x-x-x---", "x--xx---", "x---xx--", "..x-x---", "x-xxx---")
CADENCES = ("x---x---", "x-x-x---", "x-------")
FORMS = ("ABABA", "AABAC", "ABACA", "AABBA", "ABCBA", "ABCAB")
TEXTURES = ("chorale", "parallel", "canon", "waves", "chorale", "waves")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("choir", seed, "4/4", 10, "F", "major dorian minor", reverb=3.0)
    part = piece.score.part
    upper = part("upper voices", program=52, level=-19, timing=15, touch=3, reverb=0.35)
    lower = part("lower voices", program=52, level=-21, timing=15, touch=3, reverb=0.35)
    breath = part("soft voices", program=53, level=-24, reverb=0.4)
    drone = part("drone", program=19, level=-27, reverb=0.3, eq=[("lowpass", 900)])
    bells = part("bells", program=14, level=-28, timing=10, touch=5, reverb=0.4)
    material = piece.material(piece.hand(CHORDS[piece.mode]), RHYTHMS, CADENCES, 2, piece.hand(TEXTURES))
    peals = piece.deal(("x-------", "x---x---", "....x---", "x-----x-", "..x---x-", "x--x--x-"))
    for letter, bar, before, energy in piece.form(piece.deal(FORMS), 2):
        bars, theme, texture = material[letter]
        theme = piece.vary(theme, RHYTHMS) if before else theme
        force = 62 + 26 * (1 - abs(energy - 0.7))
        tune = piece.sing(theme, bars, 65, 81, closed=bar == 8 or letter == "B")
        piece.play(upper, bar, tune, force + 8)
        upper.swell(bar * 4, bar * 4 + 4, 88, 122)
        upper.swell(bar * 4 + 4, bar * 4 + 7.5, 122, 84)
        if bar:
            singers(piece, lower, bar, bars, texture, tune, force)
        chord = None
        for beat in range(0, 8, 2):
            classes = piece.at(bars, beat)
            chord = piece.voice(classes, 62, chord)
            piece.chord(breath, bar * 4 + beat, 2.0, chord, force - 6)
            root = nearest(tones(classes[:1], 36, 48), 41)
            piece.chord(drone, bar * 4 + beat, 1.98, (root, root + 12) if energy > 0.4 else (root,), force)
        if before or letter == "C":
            for beat, length, accent in [*piece.strokes(0, peals), *piece.strokes(1, peals)]:
                piece.note(bells, bar * 4 + beat, length, tones(piece.at(bars, beat), 67, 84)[-1], force - 4 + accent)
    home = piece.harmony("I" if piece.mode == "major" else "i")[0][0]
    root = nearest(tones(home[:1], 36, 48), 41)
    for voice, pitches in (
        (upper, [nearest(tones(home[:1], 67, 80), 74)]),
        (lower, piece.voice(home, 57)),
        (breath, piece.voice(home, 62)),
        (drone, (root, root + 12)),
        (bells, [root + 36]),
    ):
        piece.chord(voice, 40, 1.9, pitches, 70)
    return piece.score


def singers(piece, part, bar, bars, texture, tune, force):
    """Sing the lower voices of two bars: in chords, after the tune, in parallel, or note by note."""
    before = None
    if texture in ("canon", "parallel"):
        for beat, length, pitch, accent in tune:
            later = beat + (2 if texture == "canon" else 0)
            if later < 8:
                own = piece.fitting(bars, later, length, pitch - 15, pitch - 5)
                low = nearest(own, pitch - (12 if texture == "canon" else 7))
                piece.note(part, bar * 4 + later, min(length, 8 - later), low, force + accent)
        return
    for beat in range(0, 8, 2):
        before = piece.voice(piece.at(bars, beat), 57, before)
        for index, pitch in enumerate(before):
            late = index * 0.5 if texture == "waves" else 0
            piece.note(part, bar * 4 + beat + late, 1.95 - late, pitch, force)
