"""Swing: walking bass, ride cymbal and brushes, a piano that comps, a saxophone with a theme and a chorus."""

from crowd.blocks import Piece, tones

#: Tunes of three lines of four bars: blues, and songs.
TUNES = (
    ("I7 IV7 I7 I7", "IV7 #ivo7 I7 V7/ii", "ii7 V7 I7,V7/ii ii7,V7"),
    ("vi7 ii7 V7 IM7", "IVM7 viih7 V7/vi vi7,V7/ii", "ii7 V7 I6,V7/ii ii7,V7"),
    ("IM7,vi7 ii7,V7 iii7,V7/ii ii7,V7", "v7,I7 IVM7,iv6 iii7,V7/ii ii7,V7", "V7/vi V7/ii V7/V V7"),
    ("ii7 V7 IM7 IVM7", "iih7/vi V7/vi vi7 V7/ii", "ii7 V7 IM7,V7/ii ii7,V7"),
    ("I6 I6 II7 II7", "ii7 V7 I6,V7/ii ii7,V7", "IVM7 iv6 iii7,V7/ii ii7,V7"),
    ("IM7 iv7,bVII7 IM7 v7,I7", "IVM7 bVII7 iii7 V7/ii", "ii7 V7 I6,vi7 ii7,V7"),
)
RHYTHMS = (
    "x-xx-x-.",
    ".xxx-xx-",
    "x--x--x-",
    "xxxxx-..",
    ".x-x-xxx",
    "x-x--x..",
    "xxx-.xx-",
    "..xxxxxx",
    "x--xx---",
    ".xx-xx-x",
)
CADENCES = ("x--x....", ".xx-x-..", "xx-x----", "x-x-....")
COMPS = ("x..x....", ".x..x...", "...x..x.", "x-......", ".x.x....", "..x....x", "...x.x..")
FORMS = ("ABCABC", "ABCACB", "AABCBA", "ABABCA", "ABCCAB", "AABCAB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("swing", seed, "4/4", 28, "F", "major", swing=(0.5, 0.15), reverb=1.0)
    part = piece.score.part
    drums = part("drums", program=40, drums=True, level=-21, timing=4, touch=6, reverb=0.1)
    ride = part("ride", program=32, drums=True, level=-25, timing=4, touch=6, reverb=0.1)
    bass = part("bass", program=32, level=-19.5, timing=6, touch=5, eq=[("highpass", 40)])
    piano = part("piano", program=0, level=-23, timing=7, touch=6, reverb=0.12)
    sax = part("saxophone", program=66, level=-19.5, timing=10, touch=5, reverb=0.18)
    material = piece.material(piece.deal(TUNES), RHYTHMS, CADENCES)
    comps = [piece.deal(COMPS), piece.deal(COMPS), piece.draw(COMPS)]
    turn = material["C"][0][2:]
    for letter, bar, before, energy in [("I", 0, 0, 0.1), *piece.form(piece.deal(FORMS), 4, 2, 2), ("E", 26, 0, 0.8)]:
        bars, theme = (turn, None) if letter in "IE" else material[letter]
        force = 74 + 18 * energy
        piece.play(bass, bar, piece.walk(bars, 29, 48), force + 8)
        for index in range(len(bars)):
            last = index == len(bars) - 1
            piece.hit(ride, bar + index, {51: "X-x-X-xxX-x-X-xx"[8 * (index % 2) :][:8], 44: "..X...X."}, force - 4)
            snare = piece.draw(("........", "...o....", "......o.", ".o......")) if not last else "..o.x.xX"
            piece.hit(drums, bar + index, {38: snare, 36: "o...o...", 40: "..x...x."}, force)
            for beat, length, accent in piece.strokes(index, comps[index % 3]):
                shell = piece.voice(piece.at(bars, beat)[1:], 61)
                piece.chord(piano, bar * 4 + beat, 0.4 * length + 0.1, shell, force + accent - 6)
        if theme:
            theme = [piece.idea(piece.draw(RHYTHMS)), *piece.vary(theme, RHYTHMS)[1:]] if before else theme
            piece.play(sax, bar, piece.sing(theme, bars, 53, 75, closed=letter == "C"), force + 4)
        elif letter == "E":
            piece.play(
                sax, bar, piece.sing([piece.idea("xxxxx-.x"), piece.idea("x-xx-x--")], bars, 58, 75, False), force + 4
            )
    home = piece.harmony("I6")[0][0]
    root = tones(home[:1], 29, 41)[0]
    for voice, pitches in ((bass, (root,)), (piano, piece.voice(home, 62)), (sax, tones(home[1:3], 57, 68)[-1:])):
        piece.chord(voice, 112, 2.5, pitches, 88, strum=0.03)
    piece.hit(ride, 28, {49: "X......."}, 80)
    return piece.score
