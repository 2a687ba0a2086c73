"""The quiz as Python makes it: balanced, fair, and without a hint of which piece is which."""

import io
import re
from collections import Counter

import numpy as np
import pytest
import soundfile as sf

from helpers import corpus, guesses, quiz, quizzes
from helpers.quizzes import LAYOUTS, Quiz, _planned
from helpers.tracks import TrackError

FAMILIES = [family for family in "abcdef" for _ in range(5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty chords of ten seconds in four folders; one is long, one nearly silent."""
    folder, rng = tmp_path_factory.mktemp("music"), np.random.default_rng(0)
    for number in range(20):
        place = folder / f"secret{number % 4}"
        place.mkdir(exist_ok=True)
        seconds, sr = (90, 8000) if number == 7 else (10, (8000, 22_050, 44_100)[number % 3])
        t = np.arange(seconds * sr) / sr
        signal = sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(100, 3000, 3)) * (0.1 + 0.1 * (t % 0.5 < 0.1))
        sf.write(place / f"hush{number}.wav", signal * (number != 3) + rng.normal(0, 1e-3, len(t)), sr)
    return folder


@pytest.fixture(scope="module")
def game(folder):
    """Forty rounds of it."""
    game = quiz(folder, rounds=40)
    yield game
    game.close()


@pytest.mark.parametrize("seed", range(5))
def test_layouts_ways_and_kinds_are_balanced(seed):
    plan = _planned(FAMILIES, 60, "both", np.random.default_rng(seed))
    counted = Counter((one["layout"], one["way"], one["wrong"]) for one in plan)
    assert len(counted) == 20
    assert set(counted.values()) == {3}
    for begin in range(0, 60, 5):
        assert {one["layout"] for one in plan[begin : begin + 5]} == set(LAYOUTS)
    assert [one["layout"] for one in plan[:5]] != [one["layout"] for one in plan[5:10]]


def test_another_seed_is_another_quiz_and_the_same_is_the_same():
    one, again, other = (_planned(FAMILIES, 20, "both", np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one == again != other


def test_hard_is_one_family_and_easy_four():
    for one in _planned(FAMILIES, 200, "both", np.random.default_rng(0)):
        families = {FAMILIES[piece] for piece in one["pieces"]}
        assert len(set(one["pieces"])) == 4
        assert len(families) == {"hard": 1, "easy": 4}[one["wrong"]]


@pytest.mark.parametrize(
    ("families", "wrong", "kinds"),
    [
        (FAMILIES, "easy", {"easy"}),
        (FAMILIES, "hard", {"hard"}),
        (["x"] * 8, "both", {"hard"}),
        (["x"] * 8, "easy", {"any"}),
        ([str(i) for i in range(8)], "both", {"easy"}),
        ([str(i) for i in range(8)], "hard", {"any"}),
        (list("aaabbbcc"), "both", {"any"}),
    ],
)
def test_families_that_are_too_few_or_too_small(families, wrong, kinds):
    plan = _planned(families, 40, wrong, np.random.default_rng(0))
    assert {one["wrong"] for one in plan} == kinds


def test_nothing_but_the_sound_gives_the_right_one_away():
    """Neither its place, nor whether it was right before, nor its family among the four."""
    plan = _planned(FAMILIES, 4000, "both", np.random.default_rng(0))
    right = [one["pieces"][one["right"]] for one in plan]
    assert min(Counter(one["right"] for one in plan).values()) > 900
    seen, fresh = set(), []
    for piece in right[:30]:
        fresh.append(piece not in seen)
        seen.add(piece)
    assert not all(fresh)
    for one in plan:
        if one["wrong"] == "easy":
            assert len({FAMILIES[piece] for piece in one["pieces"]}) == 4
    favourite = [min(one["pieces"]) == piece for one, piece in zip(plan, right, strict=True)]
    assert np.mean(favourite) == pytest.approx(0.25, abs=0.03)


def test_what_the_page_is_sent(game):
    for one in game.rounds:
        assert (len(one["pictures"]), len(one["sounds"])) == {"hear": (4, 1), "see": (1, 4)}[one["way"]]
        assert 0 <= one["right"] < 4
        for picture in one["pictures"]:
            channels = 1 if picture["cmap"] else 3
            assert len(picture["pixels"]) == picture["height"] * picture["width"] * channels
        shown = one["pictures"][one["right"] if one["way"] == "hear" else 0]
        assert len(one["times"]) == 2 * shown["height"] * shown["width"]
        low, high = one["span"]
        assert low <= one["at"] <= one["at"] + 7.9 <= high + 2
        for sound in one["sounds"]:
            samples, sr = sf.read(io.BytesIO(sound))
            assert sr == 22_050
            assert 8 <= len(samples) / sr < 8.3
            assert np.abs(samples).max() <= 1.05


def test_the_moments_of_pixels_survive_sixteen_bits(folder):
    track = corpus.gather(folder).tracks().__next__()[1]
    for layout in LAYOUTS:
        picture = quizzes._drawn(track, layout)
        sent = quizzes._timed(picture)
        low, high = sent["span"]
        times = low + (high - low) / 65535 * np.frombuffer(sent["times"], "<u2").reshape(picture.times.shape)
        np.testing.assert_allclose(times, picture.times, atol=(high - low) / 65535)
        assert len(np.unique(times)) == len(np.unique(picture.times))


def test_no_name_is_sent_or_stored(game, folder):
    state = {name: value for name, value in game.get_state().items() if name not in ("_esm", "_css")}
    data, metadata = game._repr_mimebundle_()
    assert "hush" not in repr((state, data, metadata)) + game.alt
    assert "secret" not in repr((state, data, metadata))
    assert str(folder) not in repr((state, data, metadata))
    assert len(repr((data, metadata))) < 400_000
    assert not any("html" in kind for kind in data)


def test_players_who_know_all_and_nothing(game):
    game.answers = [{"chosen": one["right"], "seconds": 1.5} for one in game.rounds]
    assert {(score.right, score.of) for score in guesses.scores(game.guesses).values()} == {(8, 8)}
    assert [guess.seconds for guess in game.guesses] == [1.5] * 40
    rng, right = np.random.default_rng(0), 0
    for _ in range(50):
        game.answers = [{"chosen": int(rng.integers(4)), "seconds": 1.0} for _ in game.rounds]
        right += sum(guess.right for guess in game.guesses)
    low, high = guesses.wilson(right, 50 * 40)
    assert low <= 0.25 <= high
    game.answers = game.answers[:3]
    assert [(guess.round, guess.rounds) for guess in game.guesses] == [(1, 40), (2, 40), (3, 40)]
    game.answers = []


def test_a_long_piece_is_heard_and_drawn_from_its_middle(folder):
    music = corpus.gather(folder)
    tracks = quizzes._Tracks(music)
    number = next(i for i, piece in enumerate(music.pieces) if piece.name.endswith("hush7"))
    assert tracks[number].duration == 60
    whole = sf.read(music.pieces[number].source, dtype="float32")[0]
    np.testing.assert_allclose(tracks[number].signal, whole[15 * 8000 : 75 * 8000], atol=1e-4)


@pytest.mark.parametrize(("share", "heard"), [(0, False), (0.08, False), (0.13, True)])
def test_an_excerpt_is_not_silent(share, heard):
    sr, rng = 8000, np.random.default_rng(0)
    signal = rng.normal(0, 1, 60 * sr).astype(np.float32)
    # In the last two thirds, so much of the loudness of the whole.
    signal[: 20 * sr] *= 0.2
    signal[20 * sr :] *= share * 0.2 / np.sqrt(3)
    track = quizzes.Track(signal, sr)
    begins = [quizzes._excerpt(track, rng)[0] for _ in range(20)]
    assert (max(begins) >= 20) == heard
    assert len(set(begins)) > 10


def test_how_large_the_pictures_are(folder):
    track = corpus.gather(folder).tracks().__next__()[1]
    sides = {layout: quizzes._drawn(track, layout).pixels.shape[:2] for layout in LAYOUTS}
    assert {side for layout in LAYOUTS if layout != "portrait" for side in sides[layout]} == {224}
    assert sides["portrait"] == (112, 112)


def test_what_is_refused(tmp_path, folder):
    with pytest.raises(ValueError, match=r"wrong='medium' was given; 'easy', 'hard' or 'both'"):
        quiz(folder, wrong="medium")
    with pytest.raises(ValueError, match=r"rounds=0 was given"):
        quiz(folder, rounds=0)
    with pytest.raises(TrackError, match=r"at least 8 were expected"):
        quiz(tmp_path)


def test_a_closed_quiz_says_so(folder):
    game = quiz(folder, rounds=1)
    assert repr(game).startswith("A quiz of 1 round.")
    game.close()
    assert "closed" in repr(game)
    assert set(Quiz._repr_mimebundle_(game)[0]) == {"text/plain"}


def test_the_files_of_the_page_make_one_safe_script():
    names = re.findall(r"^(?:const|let|class|function|async function) (\w+)", Quiz._esm, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser", "://"):
        assert dangerous not in Quiz._esm
