"""Every chapter runs, and its sliders move, for music of any kind."""

import os
import re

import chapters
import numpy as np
import pytest
import soundfile as sf

from helpers import tracks

STRANGE = ["silence.wav", "no$i_{se$.wav", "six.wav"]
MANY = "ma$ny"


@pytest.fixture(scope="session")
def strange_music(tmp_path_factory):
    """Music that most programs stumble over, as files."""
    folder = tmp_path_factory.mktemp("music <&> 'quoted'")
    dice = np.random.default_rng(0)
    sf.write(folder / "silence.wav", np.zeros(44100), 44100)
    sf.write(folder / "no$i_{se$.wav", dice.uniform(-0.5, 0.5, 11025), 22050)
    sf.write(folder / "six.wav", dice.uniform(-0.5, 0.5, (3 * 96000, 6)), 96000)
    many = folder / MANY
    many.mkdir()
    for number, sr in enumerate([8000, 11025, 44100] * 3):
        sf.write(many / f"{number} $i_{{se$ <b>.wav", dice.uniform(-0.5, 0.5, (9 + number) * sr) * (number != 4), sr)
    return folder


def sane(player) -> bool:
    """Tell whether what the page gets is whole: every pixel a colour, and where there is music, a second."""
    for picture, panel, pixels, times in zip(player.pictures, player.panels, player.pixels, player.times, strict=True):
        height, width, channels = picture.pixels.shape
        assert (panel["height"], panel["width"], channels) == (height, width, 3)
        assert len(pixels) == height * width * (1 if panel["cmap"] else 3)
        assert panel["cmap"] in {"", *player.palettes}
        assert re.search(r"\d", panel["alt"])
        if player.sound:
            seconds = np.frombuffer(times, "<f4")
            assert seconds.shape == (height * width,)
            assert not np.isinf(seconds).any()
            assert np.fmin.reduce(seconds) < player.duration
    return True


def stops(control) -> list[tuple[str, object]]:
    """Return where to move a control, as names and values of a trait: its ends, or each of its options."""
    if hasattr(control, "options"):
        return [("index", i) for i in range(len(control.options))]
    if hasattr(control, "min"):
        return [("value", control.min), ("value", control.max)]
    assert isinstance(control.value, bool), f"{control.description}: a control without known ends"
    return [("value", not control.value), ("value", control.value)]


def move(explorer, name, trait, value) -> list[bytes]:
    """Move one control and return the pixels of the pictures, which must be there, without a complaint."""
    setattr(explorer.controls[name], trait, value)
    said = {name: control.value for name, control in explorer.controls.items()}
    assert explorer.message == "", said
    assert sane(explorer), said
    return [picture.pixels.tobytes() for picture in explorer.pictures]


def play_with(page) -> list[str]:
    """Move all controls of a chapter to all their ends, one by one and together; return those that change nothing."""
    idle = []
    assert page.players
    assert all(map(sane, page.players))
    for explorer in page.explorers:
        start = {name: control.value for name, control in explorer.controls.items()}
        for name in start:
            drawn = [move(explorer, name, *stop) for stop in stops(explorer.controls[name])]
            drawn.append(move(explorer, name, "value", start[name]))
            if all(one == drawn[0] for one in drawn):
                idle.append(name)
        # All the way down, then all the way up.
        for end in (0, -1):
            for name in start:
                move(explorer, name, *stops(explorer.controls[name])[end])
    assert page.stderr == []
    return idle


def cases():
    """Yield chapters and what to try each with: another piece and one kind of strange music in turn, or many pieces.

    `make test-long` tries all kinds. The music that a chapter comes with is played with in `test_browser_chapters`.
    """
    for number, path in enumerate(chapters.CHAPTERS):
        nb, turn = chapters.read(path), number % len(STRANGE)
        strange = STRANGE if os.environ.get("LONG") else STRANGE[turn : turn + 1]
        another = "groove" if "waltz" in chapters.cells(nb)[0].source else "waltz"
        for music in [MANY] if chapters.takes_many(nb) else [another, *strange]:
            yield pytest.param(path, music, id=f"{music}-{path.stem}")


@pytest.mark.parametrize(("path", "music"), list(cases()))
def test_runs_and_its_sliders_move_for_any_music(path, music, strange_music):
    shipped = music in tracks.shipped()
    source = music if shipped else str(strange_music / music)
    with chapters.live(chapters.with_track(chapters.read(path), source)) as page:
        idle = play_with(page)
    assert not shipped or idle == [], "these controls change nothing"
