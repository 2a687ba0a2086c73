"""Musette: a fast waltz for accordion and clarinet over tuba and guitar."""

from crowd.blocks import Piece, nearest, tones

CHORDS = {
    "major": (
        "I I V7 V7 V7 V7 I I",
        "I V7/ii ii ii V7 V7 I V7",
        "IV IV I I V7 V7 I I",
        "I I6 ii7 V7 ii7 V7 I I",
        "vi vi ii ii V7/V V7/V V7 V7",
        "I V7/vi vi I7 IV I V7 I",
        "V7/ii V7/ii ii ii V7 V7 I I",
    ),
    "minor": (
        "i i V7 V7 V7 V7 i i",
        "i i iv iv V7 V7 i V7",
        "bVI bVI bIII bIII V7 V7 i i",
        "iv iv i i V7/V V7/V V7 V7",
        "i V7/iv iv iv i V7 i i",
        "bIII bVII bIII bIII V7 V7 i i",
        "iih7 V7 i i iih7 V7 i i",
    ),
}
RHYTHMS = ("x-x-x-", "x---x-", "x-xxxx", "xxxxxx", "xxx-x-", ".xx-x-", "x--xx-", ".xxxxx", "xxxxx-")
CADENCES = ("x-----", "x---..", "x-x-..")
FORMS = ("AABA", "ABAC", "ABCA", "AABC", "ABBA", "AABB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("musette", seed, "3/4", 38, "D", "major minor", reverb=1.2)
    part = piece.score.part
    reed = part("accordion", program=21, level=-18.5, timing=5, touch=4, double=14, reverb=0.12)
    clarinet = part("clarinet", program=71, level=-21, timing=8, touch=4, reverb=0.2)
    tuba = part("tuba", program=58, level=-21.5, timing=6, touch=4, reverb=0.1)
    guitar = part("guitar", program=25, level=-24, timing=6, touch=5, reverb=0.12)
    material = piece.material(piece.hand(CHORDS[piece.mode]), piece.hand(RHYTHMS, 4), CADENCES, 8)
    home = "I" if piece.mode == "major" else "i"
    vamp = piece.harmony(f"{home} V7 {home} V7")
    accompany(piece, tuba, guitar, 0, vamp, 70)
    piece.play(reed, 2, piece.sing([piece.idea("xxxxxx"), piece.idea("x-x-x-")], vamp[2:], 64, 82, False), 80)
    for letter, bar, before, energy in piece.form(piece.deal(FORMS), 8, 4, 2):
        bars, theme = material[letter]
        theme = piece.vary(theme, RHYTHMS) if before else theme
        force = 76 + 16 * energy
        accompany(piece, tuba, guitar, bar, bars, force - 8)
        tune = piece.sing(theme, bars, 64 + 3 * (letter == "C"), 84, closed=letter != "B" or energy == 1)
        lead, other = (clarinet, reed) if letter == "B" else (reed, clarinet)
        piece.play(lead, bar, tune, force + 4)
        if letter == "B":
            for index in range(8):
                chord = piece.voice(bars[index][0], 64)
                for beat in (1, 2):
                    piece.chord(other, (bar + index) * 3 + beat, 0.5, chord, force - 18)
        elif before:
            line, at = [], 67
            for index in range(8):
                sung = {pitch % 12 for beat, _, pitch, _ in tune if beat // 3 == index}
                own = [n for n in tones(bars[index][0], 58, 74) if not {(n + 1) % 12, (n - 1) % 12} & sung]
                if own:
                    at = nearest(own, at + piece.draw([-2, -1, 1, 2]))
                    line.append((index * 3.0, 2.6, at, 0))
            piece.play(other, bar, line, force - 8)
        elif energy > 0.5:
            piece.play(other, bar, tune, force - 8, shift=-12)
    ending = piece.harmony(f"{home},V7 {home}")
    accompany(piece, tuba, guitar, 36, ending[:1], 90)
    run = tones(piece.over(ending[0][0]), 64, 88)
    top = nearest(tones([piece.tonic], 74, 88), 80)
    run = [pitch for pitch in run if pitch <= top][-6:]
    piece.play(reed, 36, [(3 + index / 2, 0.45, pitch, 2 * index) for index, pitch in enumerate(run[:-1])], 84)
    root = tones([piece.tonic], 34, 46)[0]
    for voice, pitches in ((reed, (top, *piece.voice(ending[1][0], 66))), (clarinet, (top - 12,)), (tuba, (root,))):
        piece.chord(voice, 114, 2.2, pitches, 94)
    piece.chord(guitar, 114, 2, piece.voice(ending[1][0], 57), 90, strum=0.04)
    return piece.score


def accompany(piece, tuba, guitar, bar, bars, force):
    """Play bass on one, chords on two and three; before a new chord, now and then, a step towards it."""
    for index, chords in enumerate(bars):
        start = (bar + index) * 3
        for half, classes in enumerate(chords):
            root = tones(classes[:1] if index % 2 == 0 else classes[2:3], 34, 46)[0]
            piece.note(tuba, start + 1.5 * half, 0.8, root, force + 6)
        for beat in (1, 2):
            piece.chord(
                guitar, start + beat, 0.4, piece.voice(piece.at(bars, index * 3 + beat), 59), force - 4 * beat, 0.015
            )
