"""Chip: square waves as on an old console, chords as fast broken notes, drums of noise."""

from crowd.blocks import Piece, nearest, tones

CHORDS = {
    "major": ("I V vi IV", "vi IV I V", "I bVII IV I", "IV V iii vi", "I iii IV V", "ii V I vi", "I,V vi,iii IV V"),
    "minor": (
        "i bVI bVII i",
        "i bVII bVI V",
        "iv bVII bIII bVI",
        "i v bVI bVII",
        "i iv V7 i",
        "bVI bVII i v",
        "i bIII bVII iv",
    ),
    "dorian": ("i IV i IV", "i bVII IV i", "i bIII IV bVII", "IV i v i", "i ii bIII IV", "bVII IV i i", "i v IV bVII"),
}
RHYTHMS = ("x--x--x-", "x-x-xx-x", "xx-xx-x-", "x--xx-x-", "xxx-xxx-", ".x-x-xx-", "x-xxxx-x", "x---xxxx")
CADENCES = ("x-x-x---", "xxx-x---", "x--x----")
FORMS = ("AABAC", "ABABC", "ABACA", "AABBA", "ABCAB", "ABCBA")
ARPEGGIOS = ((0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 1, 3), (0, 1, 2, 1), (0, 3, 1, 3), (2, 1, 0, 1))
BASSES = ("x-x-x-x-", "x--x--x-", "x-xxx-xx", "xxxxxxxx", "x--xx-x-", "x---x-xx")
KICKS = ("X...x.x.", "X..x..x.", "X...X...", "X.x...x.", "X..xx...", "X.....xx")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("chip", seed, "4/4", 24, "C", "major minor dorian", reverb=0.5)
    part = piece.score.part
    lead = part("lead", program=80, level=-19, touch=2, width=0, echo=(0.75, 0.35, 0.25))
    second = part("second", program=80, level=-24, width=0, eq=[("highpass", 300), ("peak", 1800, -4, 0.8)])
    bass = part("bass", program=39, level=-21, width=0, eq=[("lowpass", 1500)])
    noise = part("noise", program=25, drums=True, level=-22, width=0, drive=8)
    material = piece.material(piece.hand(CHORDS[piece.mode]), RHYTHMS, CADENCES)
    order, low, kick = piece.deal(ARPEGGIOS), piece.deal(BASSES), piece.deal(KICKS)
    back = "....X.......X..."
    for letter, bar, before, energy in [("I", 0, 0, 0), *piece.form(piece.deal(FORMS), 4, 2, 2), ("E", 22, 0, 1)]:
        bars, theme = material["A" if letter in "IE" else letter]
        size = 2 if letter in "IE" else 4
        force = 76 + 16 * energy
        for index in range(size):
            broken(piece, second, bar + index, bars[index], order, force)
            for beat, length, accent in piece.strokes(index, low):
                root = tones(piece.at(bars, beat)[:1], 33, 44)[0]
                jump = 12 if beat % 2 == 1.5 and piece.seed % 2 else 0
                piece.note(bass, bar * 4 + beat, length * 0.8, root + jump, 84 + accent)
            full = letter != "I" and not (letter == "C" and index < 2)
            fill = "xx.xx.xxXxxxXxxx" if index == size - 1 and full else back
            hats = "x.o.x.o.x.o.x.o." if energy < 0.6 else "xoxoxoxoxoxoxoxo"
            piece.hit(noise, bar + index, {36: kick, 38: fill, 42: hats} if full else {42: hats}, force)
        if size == 4:
            theme = piece.vary(theme, RHYTHMS) if before else theme
            tune = piece.sing(theme, bars, 69, 88, closed=letter != "B")
            piece.play(lead, bar, tune, force + 4, short=0.9 if letter == "A" else 0.6)
    ending = [*cadence(piece, material["A"][0][-1])]
    piece.play(lead, 22, ending, 96)
    root = tones([piece.tonic], 33, 44)[0]
    for voice, pitches in (
        (lead, (root + 48,)),
        (second, (root + 40 - (piece.mode != "major"), root + 31)),
        (bass, (root,)),
    ):
        piece.chord(voice, 96, 1.8, pitches, 92)
    piece.hit(noise, 24, {36: "X...", 49: "x..."}, 84)
    return piece.score


def broken(piece, part, bar, chords, order, force):
    """Play a bar of chords as broken sixteenths."""
    for step in range(16):
        classes = chords[step * len(chords) // 16]
        pitches = piece.voice(classes, 66)
        pitches = [*pitches, pitches[0] + 12]
        piece.note(part, bar * 4 + step / 4, 0.22, pitches[order[step % 4]], force - 8 + 6 * (step % 4 == 0))


def cadence(piece, chords):
    """Return a run up the scale to the last note."""
    steps = tones(piece.over(chords[0]), 69, 91)
    top = nearest(tones([piece.tonic], 76, 89), 82)
    run = [pitch for pitch in steps if pitch < top][-6:]
    return [(4 + 0.5 * index, 0.4, pitch, 0) for index, pitch in enumerate(run, 2)]
