"""String quartet: four bowed voices whose texture changes with every phrase."""

from crowd.blocks import Piece, nearest, tones

CHORDS = {
    "major": (
        "I vi ii6,V7 I",
        "I,V7 I IV,ii V",
        "vi iii IV V7",
        "IV I ii,V7/V V",
        "I V7/vi vi,IV V7",
        "ii V7 iii,vi V7",
        "I IV I,V7 I",
        "V7/ii ii V7 I",
    ),
    "minor": (
        "i iv V7 i",
        "i bVI iv,iih7 V7",
        "bIII bVII bVI V7",
        "iv i iih7 V7",
        "i,bVII bVI iv,V7 i",
        "bVI bIII iv V7",
        "i V7/iv iv,V7 i",
        "v bVI iv V7",
    ),
}
RHYTHMS = ("x---x-x-", "x-xxx---", "x--xx-x-", "x-x-x-x-", "x---xxxx", "x-xxx-xx", ".xxxx-x-", "x-----xx")
CADENCES = ("x-x-x---", "x-xxx---", "x---x---")
FORMS = ("AABA", "ABAC", "ABCA", "ABBA", "AABC", "ABAB")
TEXTURES = ("pulse", "chorale", "broken", "canon", "syncopes", "short")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("quartet", seed, "4/4", 16, "D", "major minor", reverb=1.7)
    common = {"timing": 9, "touch": 4, "reverb": 0.22}
    names = (("violin", 40, -18.5), ("second violin", 40, -22), ("viola", 41, -22), ("cello", 42, -20))
    voices = [piece.score.part(name, program=p, level=level, **common) for name, p, level in names]
    material = piece.material(piece.hand(CHORDS[piece.mode]), RHYTHMS, CADENCES, 4, piece.hand(TEXTURES))
    for letter, bar, before, energy in piece.form(piece.deal(FORMS), 4):
        bars, theme, texture = material[letter]
        theme = piece.vary(theme, RHYTHMS) if before else theme
        closed = bar == 12 or bool(before)
        force = 68 + 20 * energy
        if letter == "B":
            tune = piece.sing(theme, bars, 50, 67, closed)
            piece.play(voices[3], bar, tune, force + 6)
            accompany(piece, (voices[0], voices[1], voices[2]), (76, 69, 62), bar, bars, texture, tune, force - 12)
        else:
            tune = piece.sing(theme, bars, 69, 88, closed)
            piece.play(voices[0], bar, tune, force + 4)
            for beat in range(0, 16, 2):
                classes = piece.at(bars, beat)
                low = nearest(tones(classes[:1], 36, 50), 43 + 3 * (-1) ** (beat // 2))
                piece.note(voices[3], bar * 4 + beat, 1.9, low, force - 4)
            accompany(piece, (voices[1], voices[2]), (69, 60), bar, bars, texture, tune, force - 12)
    root = piece.at(piece.harmony("I" if piece.mode == "major" else "i"), 0)
    for voice, middle in zip(voices, (74, 67, 59, 43), strict=True):
        pitch = nearest(tones(root[:1] if voice in (voices[0], voices[3]) else root[1:], 36, 84), middle)
        piece.note(voice, 64, 4.5, pitch, 76)
        voice.swell(64.5, 68, 118, 40)
    return piece.score


def accompany(piece, parts, middles, bar, bars, texture, tune, force):
    """Fill the inner voices of four bars."""
    if texture == "canon":
        later = [(beat + 4, min(length, 12 - beat), pitch, accent) for beat, length, pitch, accent in tune if beat < 12]
        for part, middle in zip(parts[1:], middles[1:], strict=True):
            for beat, length, pitch, accent in later:
                fitting = piece.fitting(bars, beat, length, middle - 10, middle + 10)
                piece.note(part, bar * 4 + beat, length, nearest(fitting, pitch - 12), force + 8 + accent)
        parts, middles = parts[:1], middles[:1]
    before = {}
    for beat in range(0, 16, 2):
        for part, middle in zip(parts, middles, strict=True):
            own = tones(piece.at(bars, beat)[1:], middle - 7, middle + 7)
            at = before[part] = nearest(own, before.get(part, middle))
            other = nearest(tones(piece.at(bars, beat), at - 9, at - 2), at - 4)
            start = bar * 4 + beat
            if texture in ("chorale", "canon"):
                piece.note(part, start, 1.95, at, force)
            elif texture == "pulse":
                for half in range(4):
                    piece.note(part, start + half / 2, 0.42, at, force - 4 * (half % 2))
            elif texture == "broken":
                for half, pitch in enumerate((other, at, other, at)):
                    piece.note(part, start + half / 2, 0.5, pitch, force - 3)
            elif texture == "syncopes":
                for off in (0.5, 1.5):
                    piece.note(part, start + off, min(0.9, 2 - off), at, force)
            else:
                for off, pitch in ((0, other), (1, at), (1.5, at)):
                    piece.note(part, start + off, 0.22, pitch, force + 4)
