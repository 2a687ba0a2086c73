"""Hand drums: a time-line, interlocking drums, and a leader whom the others answer."""

from crowd.blocks import Piece, rotate, spread

TIMELINES = {
    16: ("x..x..x...x.x...", "x..x...x..x.x...", "x.x.x..x.x.x.x..", "x..x..x..x..x.x."),
    12: ("x.x.xx.x.x.x", "x.x.x.xx.x.x", "x..x.xx..x.x", "x.xx.x.x.xx."),
}
FORMS = ("AABA", "ABAC", "ABCA", "AABB", "ABBA", "ABAB")


def compose(seed):
    """Return the score of a sibling."""
    piece = Piece("drums", seed, "4/4", 18, "C", "major", reverb=1.0)
    piece.score.key = "none"
    part = piece.score.part
    common = {"program": 0, "drums": True, "timing": 6, "touch": 6, "reverb": 0.14}
    bell = part("bell", level=-27, **common)
    shaker = part("shaker", level=-29, **common)
    congas, bongos = part("congas", level=-20, **common), part("bongos", level=-22, **common)
    lead = part("leader", program=117, level=-20.5, timing=6, touch=6, reverb=0.2)
    deep = part("deep drum", program=116, level=-20, timing=5, touch=4, reverb=0.18)
    steps = piece.deal((16, 12, 16, 12, 16, 12))
    line = piece.deal(TIMELINES[steps])
    shift = steps // 4
    material = {letter: patterns(piece, steps, shift) for letter in "ABC"}
    low = piece.deal((40, 41, 42, 43, 44, 45))
    for letter, bar, before, energy in [("I", 0, 0, 0.1), *piece.form(piece.deal(FORMS), 4, 2)]:
        conga, bongo, deeps, calls = material["A" if letter == "I" else letter]
        size, force = (2 if letter == "I" else 4), 74 + 24 * energy
        for index in range(size):
            last = index == size - 1
            piece.hit(bell, bar + index, {67: line}, force - 4)
            piece.hit(shaker, bar + index, {70: "xo" * 8 if steps == 16 else "xoo" * 4}, force - 10)
            if letter == "I" and not index:
                continue
            if letter != "B" or index > 1:
                piece.hit(congas, bar + index, conga, force)
            if letter != "I":
                together = last and before
                if letter != "C" or index > 1:
                    piece.hit(bongos, bar + index, {60: calls[1]} if together else bongo, force)
                for beat, _, accent in piece.strokes(bar + index, deeps):
                    piece.note(deep, beat, 0.8, low + (5 if accent else 0), force + accent)
                answer(piece, lead, deep if together else None, bar + index, calls, index, low, force)
    for part, keys in ((congas, (63, 64)), (bongos, (60, 61)), (bell, (67,))):
        piece.chord(part, 72, 0.3, keys, 112)
    piece.chord(lead, 72, 1.0, (low + 12, low + 19), 110)
    for beat, force in ((72, 115), (73.5, 70), (74, 84), (75.5, 62)):
        piece.note(deep, beat, 2.0, low, force)
    return piece.score


def patterns(piece, steps, shift):
    """Return what the drums of a section play: congas, bongos, deep drum, and a call with its answers."""
    count = int(piece.rng.integers(steps // 3, steps // 2 + 1))
    turn = int(piece.rng.integers(steps))
    slaps = rotate(spread(count, steps), turn)
    opened = rotate(spread(int(piece.rng.integers(2, 5)), steps), int(piece.rng.integers(steps)))
    deeper = rotate(spread(int(piece.rng.integers(2, 4)), steps), int(piece.rng.integers(steps)))
    conga = {62: slaps.replace("x", "o"), 63: opened.replace("x", "X"), 64: deeper}
    high = rotate(spread(int(piece.rng.integers(4, 8)), steps), int(piece.rng.integers(shift)))
    bongo = {60: high, 61: "".join("x" if a == "." and piece.rng.random() < 0.3 else "." for a in high)}
    deeps = "X" + rotate(spread(int(piece.rng.integers(2, 5)), steps), int(piece.rng.integers(steps)))[1:]
    calls = []
    for density in (0.45, 0.6, 0.35):
        calls.append(
            "".join("x" if piece.rng.random() < density + 0.25 * (at % shift == 0) else "." for at in range(steps))
        )
    return conga, bongo, deeps, calls


def answer(piece, lead, deep, bar, calls, index, low, force):
    """Play the leader's bar: a call, a rest that the others fill, the call again, and a longer answer."""
    rhythm = (calls[0], "." * len(calls[0]), calls[0], calls[1])[index]
    tones = (0, 7, 12, 7, 0, 12, 19, 12)
    for count, (beat, length, accent) in enumerate(piece.strokes(bar, rhythm)):
        piece.note(lead, beat, length, low + 12 + tones[(count + piece.seed) % len(tones)], force + 8 + accent)
        if deep:
            piece.note(deep, beat, 0.5, low, force + accent)
