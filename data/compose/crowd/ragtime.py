"""Ragtime: a honky-tonk piano, bass and chord in the left hand, ties over the beat in the right one."""

from crowd.blocks import Piece, tones

STRAINS = (
    "I I V7 V7 V7 V7 I I,V7",
    "I V7/ii V7/V V7 I V7/ii V7/V,V7 I",
    "I I7 IV #ivo7 I,V7/ii V7/V,V7 I I",
    "V7 I V7 I V7/V V7 I,V7/ii ii,V7",
    "I vi ii7 V7 I V7/vi vi,V7/V V7",
    "IV IV I I V7/V V7/V V7 V7",
    "vi V7/vi vi V7/vi IV I V7/V V7",
    "I bVI7 I V7/V I,V7/ii V7/V,V7 I I",
    "iii V7/vi vi I7 IV #ivo7 I,V7 I",
)
RHYTHMS = ("xx-xx-x-", "x-xx-xx-", "xxx-x-x-", ".xx-xxx-", "x-x-xx-x", "xxxx-xx-", "x--x--x-", "xx-x-xxx")
CADENCES = ("x-x-x---", "xx-xx---", "xxx-x---", "x--xx---")
FORMS = ("ABA", "AAB", "ABB", "ABC", "ACA", "ACB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("ragtime", seed, "2/4", 30, "F", "major", swing=(0.25, 0.04), reverb=1.1)
    common = {"program": 3, "timing": 4, "touch": 4, "reverb": 0.1, "width": 0.5}
    right = piece.score.part("right hand", level=-18, eq=[("highshelf", 4000, 3)], **common)
    left = piece.score.part("left hand", level=-21, eq=[("highpass", 45)], **common)
    material = piece.material(piece.hand(STRAINS), RHYTHMS, CADENCES, 8)
    sections = piece.form(piece.deal(FORMS), 8, 4, 2)
    intro = piece.harmony("I V7/ii V7/V V7")
    right_hand(piece, right, 0, piece.sing(piece.theme(RHYTHMS, CADENCES), intro, 62, 81, False), intro, 84, True)
    left_hand(piece, left, 2, intro[2:], 78, 1)
    for letter, bar, before, energy in sections:
        bars, theme = material[letter]
        theme = piece.vary(theme, RHYTHMS) if before else theme
        high = 5 * (letter == "B")
        tune = piece.sing(theme, bars, 64 + high, 82 + high, closed=letter != "B")
        right_hand(piece, right, bar, tune, bars, 78 + 14 * energy, energy == 1)
        left_hand(piece, left, bar, bars, 70 + 12 * energy, piece.seed % 2)
    ending = piece.harmony("IV,#ivo7 I,V7 I")
    right_hand(piece, right, 28, piece.sing([piece.idea(piece.draw(RHYTHMS))] * 2, ending, 67, 84), ending, 92, True)
    left_hand(piece, left, 28, ending[:2], 84, 0)
    for part, low, high in ((right, 60, 84), (left, 36, 55)):
        piece.chord(part, 60, 2.0, tones(ending[2][0], low, high)[-5:], 98, strum=0.01)
    return piece.score


def right_hand(piece, part, bar, tune, bars, force, octaves):
    """Play a tune, long notes in sixths and thirds, or all of it in octaves."""
    for beat, length, pitch, accent in tune:
        piece.note(part, bar * 2 + beat, length, pitch, force + accent)
        inner = tones(piece.at(bars, beat), pitch - 9, pitch - 3)
        if octaves:
            piece.note(part, bar * 2 + beat, length, pitch - 12, force + accent - 14)
        elif length > 0.4 and inner:
            piece.note(part, bar * 2 + beat, length, inner[-1], force + accent - 22)


def left_hand(piece, part, bar, bars, force, walking):
    """Play bass and chord in turn; where it walks, every fourth bar goes by in octaves."""
    for index, beat in enumerate(range(bar * 2, (bar + len(bars)) * 2)):
        classes = piece.at(bars, index)
        bass = tones(classes[:1] if index % 2 == 0 or len(bars[index // 2]) > 1 else classes[2:3], 34, 46)[0]
        if walking and index % 8 in (6, 7):
            line = sorted(piece.over(classes), key=lambda note: (note - bass) % 12)
            for half, step in enumerate((0, 1 + index % 2)):
                pitch = bass + (line[step] - bass) % 12
                piece.chord(part, beat + half / 2, 0.4, (pitch, pitch - 12), force)
            continue
        piece.chord(part, beat, 0.45, (bass, bass - 12) if bass > 40 else (bass,), force)
        piece.chord(part, beat + 0.5, 0.32, piece.voice(classes, 57), force - 14)
