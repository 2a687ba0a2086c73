"""What guesses say: intervals like SciPy's, verdicts that hold, files that are read or refused in a sentence."""

import numpy as np
import pytest
from scipy.stats import binomtest

from helpers import guesses
from helpers.guesses import Guess

HEADER = "round,rounds,layout,way,wrong,right,seconds"


def made(shares, rounds, rng, people=1, spread=0.0):
    """Let people guess: how often each kind of picture is recognised, and how much people differ."""
    made = []
    for person in range(people):
        skill = rng.normal(0, spread)
        for name, share in shares.items():
            right = rng.uniform(size=rounds) < np.clip(share + skill, 0, 1)
            made += [Guess(person, 1, 1, name, "hear", "easy", bool(one), 1.0) for one in right]
    return made


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.995])
def test_wilson_is_scipys(confidence):
    for of in (1, 2, 7, 40, 1000):
        for right in {0, 1, of // 4, of // 2, of}:
            oracle = binomtest(right, of).proportion_ci(confidence, method="wilson")
            assert guesses.wilson(right, of, confidence) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_wilson_of_nothing_and_of_arrays():
    assert guesses.wilson(0, 0) == (0, 1)
    low, high = guesses.wilson(np.array([0, 3]), np.array([0, 9]))
    assert low.shape == high.shape == (2,)
    assert (low[1], high[1]) == guesses.wilson(3, 9)


def test_the_interval_of_a_difference_is_the_published_one():
    """The examples of Newcombe's paper, method 10."""
    for given, ends in {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090)}.items():
        assert guesses.settles(*given) == pytest.approx(ends, abs=5e-5)


def test_a_chance_player_is_within_the_interval():
    rng = np.random.default_rng(0)
    inside = [(found := guesses.scores(made({"a": 0.25}, 60, rng))["a"]).low <= 0.25 <= found.high for _ in range(400)]
    assert 0.92 <= np.mean(inside) <= 0.985


def test_people_who_differ_make_the_interval_wider():
    rng = np.random.default_rng(0)
    alike, apart = (
        guesses.scores(made({"a": 0.5}, 20, np.random.default_rng(1), 20, spread))["a"] for spread in (0, 0.3)
    )
    assert apart.high - apart.low > 1.5 * (alike.high - alike.low)
    inside, naive = [], []
    for _ in range(200):
        guessed = made({"a": 0.5}, 20, rng, 20, 0.2)
        found = guesses.scores(guessed)["a"]
        inside.append(found.low <= 0.5 <= found.high)
        low, high = guesses.wilson(found.right, found.of)
        naive.append(low <= 0.5 <= high)
    assert np.mean(inside) > 0.9 > np.mean(naive)


def test_differences_that_are_not_there_are_seldom_settled():
    rng = np.random.default_rng(0)
    shares = dict.fromkeys("abcde", 0.5)
    wrong = [any(one.settled for one in guesses.differences(made(shares, 20, rng, 10, 0.15))) for _ in range(150)]
    assert np.mean(wrong) < 0.08
    alone = [any(one.settled for one in guesses.differences(made(shares, 80, rng))) for _ in range(300)]
    assert np.mean(alone) < 0.08


def test_a_great_difference_is_settled_and_named_in_its_direction():
    guessed = made({"bad": 0.3, "good": 0.9, "same": 0.85}, 100, np.random.default_rng(0))
    first, second, last = guesses.differences(guessed)
    assert (first.one, first.other, first.settled) == ("good", "bad", True)
    assert second.settled
    assert not last.settled
    assert str(first).endswith("settled")
    assert str(last).endswith("not settled")
    assert guesses.differences(guessed[:5]) == []


def test_power_grows_with_rounds_and_is_what_experiments_show():
    powers = [guesses.power(0.7, 0.4, rounds) for rounds in (10, 30, 100, 300)]
    assert powers == sorted(powers)
    assert powers[-1] > 0.99
    assert guesses.power(0.4, 0.7, 30) == pytest.approx(powers[1], abs=0.03)
    assert guesses.power(0.5, 0.5, 50) < 0.04
    rng = np.random.default_rng(1)
    tried = [guesses.differences(made({"a": 0.7, "b": 0.4}, 30, rng))[0].settled for _ in range(300)]
    assert np.mean(tried) == pytest.approx(powers[1], abs=0.08)
    with pytest.raises(ValueError, match=r"rounds=0 was given; a whole number of at least 1"):
        guesses.power(0.5, 0.5, 0)
    with pytest.raises(ValueError, match=r"A share of 50 was given; a number from 0 to 1"):
        guesses.power(50, 0.5, 10)


def written(path, *lines):
    """Write a file of results."""
    path.write_text("\r\n".join(lines) + "\r\n", newline="")
    return path


def test_results_of_several_people_are_pooled(tmp_path):
    one = written(tmp_path / "one.csv", HEADER, "1,2,portrait,hear,easy,1,3.25", "2,2,timeline,see,hard,0,1e1")
    two = written(tmp_path / "two.CSV", "\ufeff" + HEADER, "1,40,portrait,hear,any,0,0")
    written(tmp_path / "notes.txt", "nothing")
    pooled = guesses.pool(tmp_path)
    assert pooled == guesses.pool([one, str(two)])
    assert pooled[1] == Guess(0, 2, 2, "timeline", "see", "hard", False, 10.0)
    assert [guess.person for guess in pooled] == [0, 0, 1]
    assert {name: (score.right, score.of) for name, score in guesses.scores(pooled).items()} == {
        "portrait": (1, 2),
        "timeline": (0, 1),
    }
    assert list(guesses.scores(pooled, by="person")) == [0, 1]


GOOD = "1,9,portrait,hear,easy,1,3.2"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], r"does not begin with the line 'round,rounds"),
        (["a,b", GOOD], r"does not begin with the line 'round,rounds"),
        ([HEADER], r"holds no guess. Play a round"),
        ([HEADER, "1,9,portrait"], r"line 2: 3 values; 7 were expected"),
        ([HEADER, GOOD, GOOD.replace("1,9", "3,9")], r"line 3: round 3 of 9; the rounds of one quiz"),
        ([HEADER, GOOD, GOOD.replace("1,9", "2,8")], r"line 3: round 2 of 8"),
        ([HEADER, GOOD.replace("1,9", "1,0")], r"line 2: 'rounds' is '0'; a whole number from 1"),
        ([HEADER, GOOD.replace("1,9", "one,9")], r"line 2: 'round' is 'one'; a whole number"),
        ([HEADER, GOOD.replace("portrait", "")], r"line 2: 'layout' is ''; a short name"),
        ([HEADER, GOOD.replace("hear", "smell")], r"line 2: 'way' is 'smell'; hear or see"),
        ([HEADER, GOOD.replace("easy", "cruel")], r"line 2: 'wrong' is 'cruel'; easy, hard or any"),
        ([HEADER, GOOD.replace(",1,3.2", ",yes,3.2")], r"line 2: 'right' is 'yes'; 0 or 1"),
        ([HEADER, GOOD.replace("3.2", "nan")], r"line 2: 'seconds' is 'nan'; a number of seconds"),
        ([HEADER, GOOD.replace("3.2", "-1")], r"line 2: 'seconds' is '-1'"),
    ],
)
def test_nonsense_gets_a_sentence(tmp_path, lines, sentence):
    written(tmp_path / "bad.csv", *lines)
    with pytest.raises(ValueError, match=sentence) as caught:
        guesses.pool(tmp_path)
    assert str(caught.value).startswith("'bad.csv'")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("number", "good"), [(10_000, True), (10_001, False)])
def test_nobody_guesses_for_so_long(tmp_path, number, good):
    written(tmp_path / "long.csv", HEADER, GOOD.replace("1,9", f"1,{number}"))
    if good:
        assert len(guesses.pool(tmp_path)) == 1
    else:
        with pytest.raises(ValueError, match=r"line 2: 'rounds' is '10001'; a whole number from 1"):
            guesses.pool(tmp_path)


def test_what_is_no_table_or_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"No results were found"):
        guesses.pool(tmp_path)
    with pytest.raises(ValueError, match=r"no.csv' cannot be read: No such file"):
        guesses.pool(tmp_path / "no.csv")
    (tmp_path / "sound.csv").write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(ValueError, match=r"'sound.csv' is no table of text"):
        guesses.pool(tmp_path)
    (tmp_path / "sound.csv").write_text("a" * 200_000)
    with pytest.raises(ValueError, match=r"'sound.csv'"):
        guesses.pool(tmp_path)


def test_the_same_guesses_do_not_count_twice(tmp_path):
    paths = [written(tmp_path / name, HEADER, GOOD) for name in ("a.csv", "b.csv")]
    with pytest.raises(ValueError, match=r"'b.csv' holds the same guesses as 'a.csv'"):
        guesses.pool(paths)
