"""Phase: two marimbas play one short pattern and drift apart, a vibraphone finds melodies between them."""

from crowd.blocks import Piece, cycle, nearest, tones

CHORDS = (
    "Iadd9 vi7 IVM7 IVadd9",
    "vi7 IVM7 Iadd9 V",
    "Iadd9 bVII I IVadd9",
    "ii7 IVadd9 vi7 I",
    "IVM7 I iii7 vi7",
    "Iadd9 iii7 IVadd9 Vadd9",
)
PATTERNS = (
    "xx.xx.x.xx.x",
    "x.xx.xx.x.xx",
    "xxx.x.xx.xx.",
    "x.xxx.x.xx.x",
    "xx.x.xx.xxx.",
    "x.x.xx.xx.xx",
)
#: By how many sixteenths the second marimba is ahead in each group of two bars.
DRIFTS = (
    (0, 0, 1, 2, 3, 4, 5, 6, 9, 11, 12, 0),
    (0, 2, 2, 4, 4, 6, 6, 8, 10, 10, 0, 0),
    (0, 0, 3, 3, 5, 5, 7, 7, 5, 3, 0, 0),
    (0, 0, 0, 1, 1, 2, 2, 3, 3, 6, 6, 0),
    (6, 6, 5, 5, 4, 4, 3, 3, 2, 1, 0, 0),
    (0, 4, 4, 8, 8, 2, 2, 6, 6, 10, 0, 0),
)
#: Which chord each group of two bars has.
FORMS = ("AAAABBBBCCAA", "AABBCCDDCCAA", "AAABBBAAACCA", "AAAAAABBBBCC", "ABABCDCDABAA", "AABBAACCDDAA")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("phase", seed, "3/4", 24, "G", "major lydian mixolydian", reverb=1.6)
    part = piece.score.part
    common = {"program": 12, "touch": 3, "reverb": 0.12}
    first, second = part("marimba", level=-20, **common), part("second marimba", level=-21, **common)
    vibes = part("vibraphone", program=11, level=-22, touch=4, reverb=0.25)
    bells = part("glockenspiel", program=9, level=-30, touch=4, reverb=0.3)
    deep = part("deep marimba", program=12, level=-22, touch=3, reverb=0.12, eq=[("lowshelf", 200, 4)])
    chords = dict(zip("ABCD", piece.harmony(piece.deal(CHORDS)), strict=True))
    pattern, drift, form = piece.deal(PATTERNS), piece.deal(DRIFTS), piece.deal(FORMS)
    count = pattern.count("x")
    steps = [int(step) for step in piece.rng.permutation(cycle(range(6), count))]
    pulse = piece.deal(("x..x..x..x..", "x.....x.....", "x...x...x...", "x..x..x.x.x.", "x.......x...", "x.x...x.x..."))
    for group, letter in enumerate(form):
        if group == 0 or letter != form[group - 1]:
            piece.score.section(group * 6, letter)
        classes = chords[letter][0]
        pitches = tones(classes, 57, 82)[:8]
        force = 62 + 26 * min(1, group / 8) - (14 if group == 11 else 0)
        line = dict(
            zip([at for at, mark in enumerate(pattern) if mark == "x"], [pitches[s] for s in steps], strict=True)
        )
        grown = min(count, 3 + 2 * group) if piece.seed % 2 else count
        kept = sorted(line)[:grown] if grown < count else sorted(line)
        for bar in (2 * group, 2 * group + 1):
            for at in kept:
                piece.note(first, bar * 3 + at / 4, 0.24, line[at], force + 6 * (at % 3 == 0))
            if group:
                ahead = drift[group] % 12
                for at in kept:
                    piece.note(second, bar * 3 + ((at - ahead) % 12) / 4, 0.24, line[at], force - 2)
            if group > 1:
                root = tones(classes[:1], 36, 48)[0]
                for beat, length, _ in piece.strokes(bar, pulse):
                    piece.note(
                        deep,
                        beat,
                        length,
                        root if beat % 3 < 2 else nearest(tones(classes[2:3], 36, 52), root + 7),
                        force,
                    )
        if group in (3, 4, 6, 7, 9, 10):
            found(piece, vibes, bells if group > 6 else None, group, line, drift[group] % 12, force)
    classes = piece.harmony("Iadd9")[0][0]
    root = tones(classes[:1], 36, 48)[0]
    for voice, notes in (
        (first, tones(classes, 60, 76)),
        (vibes, tones(classes, 67, 84)[:4]),
        (deep, (root, root + 12)),
    ):
        piece.chord(voice, 72, 3.5, notes, 74, strum=0.06)
    return piece.score


def found(piece, vibes, bells, group, line, ahead, force):
    """Play what the two patterns yield together: their highest notes, one motif for two bars."""
    joined = {at: max(line.get(at, 0), line.get((at + ahead) % 12, 0)) for at in range(12)}
    top = sorted(joined, key=lambda at: (-joined[at], at))[: 4 + piece.seed % 3]
    for bar in (2 * group, 2 * group + 1):
        for at in sorted(top):
            piece.note(vibes, bar * 3 + at / 4, 0.7, joined[at], force + 4)
            if bells and at in top[:2]:
                piece.note(bells, bar * 3 + at / 4, 0.5, joined[at] + 12, force - 6)
