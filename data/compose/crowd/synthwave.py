"""Synthwave: a steady kick, a bass in octaves, wide chords that breathe with the kick, an arpeggio and a lead."""

from crowd.blocks import Piece, tones

CHORDS = {
    "minor": (
        "i bVI bIII bVII",
        "i bVII bVI bVII",
        "bVI bVII i i",
        "i iv bVI V7",
        "iv bVI i bVII",
        "i bIII bVII iv",
        "i v bVI iv",
        "bVI i bVII v",
    ),
    "major": (
        "vi IV I V",
        "IV V vi I",
        "I V ii IV",
        "I iii vi IV",
        "IV I V vi",
        "ii IV I V",
        "I vi iii IV",
        "IV vi V V",
    ),
}
RHYTHMS = ("x---x-x-", "x-----x-", "x--x--x-", "x---xxx-", "..x-x-x-", "x-x---x-", "x-----xx", "....x-x-")
CADENCES = ("x-----..", "x--x----", "x-x-----")
BASSES = (
    "x.x.x.x.x.x.x.x.",
    "xxxxxxxxxxxxxxxx",
    "x..x..x.x..x..x.",
    "x.xxx.xxx.xxx.xx",
    "..x...x...x...xx",
    "x.x.x.xxx.x.x.xx",
)
OCTAVES = ((0,), (0, 12), (0, 0, 12), (0, 12, 0, 7), (0, 0, 0, 12), (0, 7, 12, 7))
ARPEGGIOS = ((0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 3, 2, 1), (0, 3, 1), (0, 2, 3))
FORMS = ("AAB", "ABA", "ABB", "ABC", "ACA", "ACB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("synthwave", seed, "4/4", 16, "A", "minor minor major", reverb=2.0, kick="drums")
    part = piece.score.part
    drums = part("drums", program=24, drums=True, level=-19, touch=2, reverb=0.12)
    bass = part("bass", program=38, level=-20, duck=3, eq=[("lowpass", 1800)])
    pad = part("pad", program=90, level=-23, duck=5, reverb=0.3, eq=[("highpass", 180)])
    arpeggio = part(
        "arpeggio", program=81, level=-27, duck=3, echo=(0.75, 0.45, 0.35), eq=[("lowpass", 4500)], reverb=0.2
    )
    lead = part(
        "lead", program=81, level=-21.5, touch=3, double=10, echo=(1.0, 0.4, 0.3), eq=[("lowpass", 5000)], reverb=0.25
    )
    material = piece.material(piece.hand(CHORDS[piece.mode]), RHYTHMS, CADENCES)
    low, jumps, order, pace = piece.deal(BASSES), piece.deal(OCTAVES), piece.deal(ARPEGGIOS), piece.deal((8, 16))
    sections = piece.form(piece.deal(FORMS), 4, 2, 2)
    for letter, bar, before, energy in [("I", 0, 0, 0), *sections, ("E", 14, 0, 0.7)]:
        bars, theme = material["A" if letter in "IE" else letter]
        size = 2 if letter in "IE" else 4
        force, chord = 74 + 18 * energy, None
        for index in range(size):
            start = (bar + index) * 4
            chord = piece.voice(bars[index][0], 63, chord)
            piece.chord(pad, start, 3.95, [*chord, chord[0] - 12], force)
            notes = [*piece.voice(bars[index][0], 72), 0]
            notes[-1] = notes[0] + 12
            for step in range(pace):
                pitch = notes[order[step % len(order)] % len(notes)]
                piece.note(arpeggio, start + step * 4 / pace, 3.2 / pace, pitch, force - 6 + 6 * (step % 4 == 0))
            if letter != "I" or index:
                root = tones(bars[index][0][:1], 30, 41)[0]
                for count, (beat, length, accent) in enumerate(piece.strokes(bar + index, low)):
                    piece.note(bass, beat, length * 0.85, root + jumps[count % len(jumps)], force + 8 + accent)
            if letter != "I" and not (letter == "B" and index == 0):
                snare = "..X...X." if index < size - 1 else "....X.......X.xX"
                hats = "x.x.x.x.x.x.x.x." if energy < 0.5 else "xoxoxoxoxoxoxoxo"
                piece.hit(drums, bar + index, {36: "X.X.X.X.", 38: snare, 42: hats}, force)
        if size == 4:
            theme = piece.vary(theme, RHYTHMS) if before else theme
            tune = piece.sing(theme, bars, 67, 84, closed=letter != "B")
            piece.play(lead, bar, tune, force)
            if energy == 1:
                piece.play(lead, bar, tune, force - 12, shift=-12)
    home = piece.harmony("I" if piece.mode == "major" else "i")[0][0]
    piece.hit(drums, 16, {36: "X...", 49: "x..."}, 86)
    for voice, pitches in (
        (bass, tones(home[:1], 30, 41)),
        (pad, piece.voice(home, 63)),
        (lead, tones(home[:1], 69, 80)[:1]),
    ):
        piece.chord(voice, 64, 3.5, pitches, 80)
    return piece.score
