"""Funk: a vamp of ninth chords, a slapped bass riff, clavinet and drums in sixteenths, horns that answer."""

from crowd.blocks import Piece, tones

CHORDS = {
    "dorian": (
        "i7 i7 IV9 i7",
        "i7 IV9 i7 IV9",
        "i7 bIII7,IV9 i7 V7",
        "i7 bVII9 bVI7 V7",
        "i7 v7 i7 IV9",
        "IV9 IV9 bVII9 V9",
        "bVI7 bVII9 i7 i7",
        "iv7 iv7 V7 V7",
        "ii7 V9 i7 bIII9",
    ),
    "mixolydian": (
        "I9 I9 bVII9 IV9",
        "I9 IV9 I9 V9,IV9",
        "I9 bIII9 IV9 I9",
        "I9 I9 IV9 bVII9",
        "IV9 bVII9 bIII7 V7",
        "ii7 V9 ii7 V9",
        "bIII7 IV9 bVI7 V7",
        "vi7 vi7 II9 V9",
        "IV9 IV9 I9 V9",
    ),
}
BASSES = (
    "X..xo..x..x.x.xo",
    "X.x...xx..x.o.x.",
    "X..x..x...xxx..x",
    "X...xx.x.x..x.xx",
    "X.ox..x.x..x..x.",
    "X..x.xx...x.xx..",
)
CLAVS = (
    "..xo.xo.x.o.xo.x",
    "x.o.xo.xo.x..xo.",
    ".xo..xo..xo..xox",
    "..x...xo..x.x.o.",
    "xo.xo..x.oxo..x.",
    "o.xoo.xoo.xoo.x.",
)
KICKS = (
    "X..x..x...x..x..",
    "X.x.......xx....",
    "X......x..x.....",
    "X..x.......x..x.",
    "X.....x.x.x....x",
    "X.x....x..x..x..",
)
RIFFS = (
    "x.x...x-..x.x...",
    "..x.x-..x.xx....",
    "x---..x.x.....x.",
    "x.xx..x-x.......",
    "....x.x.x---..x.",
    "x..x..x-....x.x.",
)
CADENCES = ("x.x.x-......x...", "xxx.x---........", "x..x..x-........")
FORMS = ("AABA", "ABAB", "AABB", "ABBA", "ABAC", "AACB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("funk", seed, "4/4", 18, "E", "dorian mixolydian", swing=(0.25, 0.02), reverb=0.8)
    add = piece.score.part
    drums = add("drums", program=8, drums=True, level=-19, timing=4, touch=5, reverb=0.1)
    bass = add("bass", program=36, level=-19.5, timing=4, touch=5, eq=[("highshelf", 3000, -4)])
    clav = add("clavinet", program=7, level=-24, timing=4, touch=6, reverb=0.08)
    horns = add("horns", program=61, level=-22, timing=8, touch=4, reverb=0.18)
    keys = add("organ", program=17, level=-28, reverb=0.15)
    pool = CHORDS[piece.mode]
    material = piece.material((piece.deal(pool[:4]), *piece.hand(pool[4:], 2)), RIFFS, CADENCES)
    riffs, clavs, kick = [piece.deal(BASSES) for _ in "ab"], [piece.deal(CLAVS) for _ in "ab"], piece.deal(KICKS)
    moves = [int(piece.rng.choice([0, 0, 12, 7, 10, 3, 5])) for _ in range(16)]
    for letter, bar, before, energy in [("I", 0, 0, 0.2), *piece.form(piece.deal(FORMS), 4, 2)]:
        bars, theme = material["A" if letter == "I" else letter]
        size, other = (2 if letter == "I" else 4), letter == "B"
        force = 78 + 16 * energy
        for index in range(size):
            last = index == size - 1
            snare = "....X..o.o..X..o" if not last else "....X..o.ooxX.xX"
            hats = "x.x.x.x.x.x.x.xo" if not other else "xoxoxoxoxoxoxoxo"
            lines = {36: kick, 38: snare, 42: hats, 46: "..............x." if last else "."}
            piece.hit(drums, bar + index, lines if letter != "I" or index else {42: hats, 36: kick}, force)
            riff(piece, bass, bar + index, bars[index], riffs[other], moves, force + 6)
            if letter == "I" and not index:
                continue
            for beat, length, accent in piece.strokes(index, clavs[other]):
                upper = piece.voice(piece.at(bars, beat)[1:4], 64)
                piece.chord(clav, bar * 4 + beat, length * 0.6, upper if accent >= 0 else upper[:1], force + accent - 6)
            for beat in (0, 2):
                held = piece.voice(piece.at(bars, index * 4 + beat)[1:4], 67)
                piece.chord(keys, (bar + index) * 4 + beat, 1.95, held, 50 + 30 * energy)
        if letter != "I":
            theme = piece.vary(theme, RIFFS) if before else theme
            tune = piece.sing(theme, bars, 62, 79, closed=letter != "B")
            piece.play(horns, bar, tune, force + 6, short=0.8)
            if before or letter == "B":
                for beat, length, pitch, accent in tune:
                    third = tones(piece.at(bars, beat), pitch - 8, pitch - 3)
                    piece.note(
                        horns, bar * 4 + beat, length * 0.8, third[-1] if third else pitch - 12, force + accent - 4
                    )
    root = tones(material["A"][0][0][0][:1], 28, 40)[0]
    piece.hit(drums, 18, {36: "X.......", 49: "X.......", 38: "X......."}, 92)
    for voice, pitches in ((bass, (root,)), (horns, piece.voice(material["A"][0][0][0][:4], 68)), (clav, (root + 24,))):
        piece.chord(voice, 72, 1.0, pitches, 102)
    piece.chord(keys, 72, 4, piece.voice(material["A"][0][0][0][1:4], 67), 84)
    return piece.score


def riff(piece, part, bar, chords, rhythm, moves, force):
    """Play a bar of bass: the root at first, then always the same steps of the riff over each chord."""
    for index, (beat, length, accent) in enumerate(piece.strokes(0, rhythm)):
        classes = piece.at([chords], beat)
        root = tones(classes[:1], 28, 39)[0]
        move = moves[index] if index else 0
        if move == 3 and (classes[0] + 4) % 12 in classes:
            move = 4
        piece.note(part, bar * 4 + beat, length * 0.22 if accent < 0 else 0.24, root + move, force + accent)
