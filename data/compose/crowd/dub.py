"""Dub: a heavy bass, chords off the beat, the drum on the third beat, and echoes that go on alone."""

from crowd.blocks import Piece, tones

CHORDS = (
    "i i iv iv",
    "i bVII i bVII",
    "i bVI bVII i",
    "i iv v i",
    "i bIII bVII iv",
    "i,bVII bVI,bVII i i",
    "i7 IV i7 IV",
    "bVI bVII i i",
    "iv i bVII i",
)
BASSES = (
    "x-x.x-x-..x-x-x.",
    "..x-x-x-x--.x-x-",
    "x--xx-..x--xx-x-",
    "x-..x-x-x-..x-xx",
    "..x-..x-xxx-x-..",
    "x--.xxx-x-..x---",
)
RHYTHMS = (
    "x---..x-x-x-....",
    "..x-x-x---..x-x-",
    "x-xxx-----......",
    "....x-x-x-xxx---",
    "x---x---xx-x....",
    "..xxx-x-....x---",
)
CADENCES = ("x-x-x-----......", "x---x-......x---", "xxx-x---........")
FORMS = ("AABAC", "ABACA", "ABCAB", "AABBA", "ABBCA", "ABABA")
KICKS = (
    "........X.......",
    "X.......X.......",
    "X...X...X...X...",
    "........X.....x.",
    "X.....x.X.......",
    "x.......X..x....",
)


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("dub", seed, "4/4", 12, "A", "minor dorian", swing=(0.25, 0.05), reverb=2.2)
    part = piece.score.part
    bass = part("bass", program=33, level=-18, touch=3, eq=[("lowpass", 500), ("lowshelf", 90, 4)])
    drums = part("drums", program=0, drums=True, level=-20, timing=5, touch=5, reverb=0.1)
    rim = part("rim", program=0, drums=True, level=-25, echo=(0.75, 0.65, 0.7), eq=[("highpass", 300)], reverb=0.3)
    skank = part("skank", program=28, level=-24, touch=4, echo=(1.5, 0.5, 0.3), eq=[("highpass", 250)], reverb=0.2)
    organ = part("organ", program=16, level=-26, touch=4, eq=[("lowpass", 2500)], reverb=0.12)
    reed = part("melodica", program=22, level=-22.5, timing=12, touch=5, echo=(0.75, 0.55, 0.5), reverb=0.3)
    material = piece.material(piece.hand(CHORDS), RHYTHMS, CADENCES, 2, piece.hand(BASSES))
    moves = [0, *(int(piece.rng.choice([0, 7, 12, 10, 3, 5])) for _ in range(15))]
    kick, bubble = piece.deal(KICKS), piece.deal(("..x...x...x...x.", ".xx..xx..xx..xx.", "..xx..xx..xx..xx"))
    silent = piece.deal((1, 2, 3, 4, 2, 3))
    for number, (letter, bar, before, energy) in enumerate(
        [("I", 0, 0, 0.3), *piece.form(piece.deal(FORMS), 2, 2)],
    ):
        bars, theme, riff = material["A" if letter == "I" else letter]
        half = bars[2 * (before % 2) : 2 * (before % 2) + 2]
        force = 80 + 10 * energy
        for index in range(2):
            hats = "x.o.x.o.x.o.x.o." if letter == "B" else "x...x.o.x...x.oo"
            lines = {36: kick, 37: "........X.......", 42: hats}
            if number != silent or index:
                piece.hit(drums, bar + index, lines if index == 0 else lines | {38: "............o.xX"}, force)
            if number == silent or index:
                piece.hit(
                    rim, bar + index, {37: piece.draw(("....x...........", "..........x.....", "......x....x...."))}, 96
                )
            if number != silent:
                for count, (beat, length, accent) in enumerate(piece.strokes(index, riff)):
                    classes = piece.at(half, beat)
                    move = 4 if moves[count] == 3 and (classes[0] + 4) % 12 in classes else moves[count]
                    piece.note(bass, bar * 4 + beat, length * 0.9, tones(classes[:1], 28, 39)[0] + move, 92 + accent)
            for beat, length, accent in piece.strokes(
                index, "....x.......x..." if letter == "B" else "....x.......x.x."
            ):
                piece.chord(
                    skank, bar * 4 + beat, 0.2 * length + 0.05, piece.voice(piece.at(half, beat), 64), force + accent
                )
            if letter != "I":
                for beat, _, accent in piece.strokes(index, bubble):
                    piece.chord(organ, bar * 4 + beat, 0.18, piece.voice(piece.at(half, beat), 57), force + accent - 8)
        if number != 0 and number != silent:
            tune = piece.sing(piece.vary(theme, RHYTHMS) if before else theme, half, 64, 80, closed=letter != "B")
            piece.play(reed, bar, tune, force)
    root = tones([piece.tonic], 28, 39)[0]
    piece.hit(drums, 12, {36: "X...", 37: "X...", 49: "o..."}, 90)
    piece.hit(rim, 12, {37: "..x."}, 96)
    for voice, pitches in ((bass, (root,)), (skank, (root + 31, root + 36)), (organ, (root + 24, root + 31))):
        piece.chord(voice, 48, 1.5, pitches, 88)
    return piece.score
