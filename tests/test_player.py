"""The player: what the page is told, and the sound it gets; what the page makes of it, a browser proves."""

import gc
import io
import os
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from helpers import Picture, Player, colors, layouts, load_track, moments, play, player
from helpers.player import PIECE, Sound
from helpers.tracks import BLOCK, Track

SR = 8000
VIEW = "application/vnd.jupyter.widget-view+json"
SHIPPED = Path(__file__).resolve().parent.parent / "data"
NASTY = '<script>alert(1)</script><img src=x onerror=alert(2)> & "it\'s" </html>'


@pytest.fixture(autouse=True)
def close_widgets():
    """Let go of the widgets that a test made: ipywidgets keeps each until it is closed."""
    import ipywidgets

    yield
    ipywidgets.Widget.close_all()


def tone(seconds: float = 1.0, sr: int = SR, channels: int = 1) -> np.ndarray:
    """Return a sweep that is nowhere like itself, [samples] or [samples, channels] with the same in each."""
    t = np.arange(round(seconds * sr)) / sr
    signal = 0.8 * np.sin(2 * np.pi * (200 + 300 * t) * t) * np.linspace(0.3, 1, len(t))
    return signal if channels == 1 else np.repeat(signal[:, np.newaxis], channels, axis=1)


def music(seconds: float = 1.0, name: str = "sweep") -> Track:
    """Return a track that comes from no file."""
    return Track(tone(seconds), SR, name)


def picture(track: Track | None, height: int = 3, width: int = 4, **options) -> Picture:
    """Return a picture of so many pixels."""
    when = moments.between(0, track.duration if track else 1, width)
    what = np.random.default_rng(height * width).uniform(-60, 0, (height, width))
    return Picture.compose(track, when, what, layouts.timeline(), **options)


def painted(track: Track, height: int = 3, width: int = 4) -> Picture:
    """Return a picture whose colours come from no colormap."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Picture(pixels, np.arange(height * width, dtype=np.float32).reshape(height, width) / 100, track)


def write(path: Path, signal: np.ndarray, sr: int = SR, **options) -> Path:
    """Write an audio file in blocks: some encoders do not survive a long one."""
    channels = 1 if signal.ndim == 1 else signal.shape[1]
    with sf.SoundFile(path, "w", sr, channels, **options) as file:
        for start in range(0, len(signal), 4096):
            file.write(signal[start : start + 4096])
    return path


def whole(sound: Sound) -> bytes:
    """Read a sound as the page does: each piece begins where the last one ended."""
    pieces, at, size = [], 0, 1
    while at < size:
        piece, size = sound.read(at)
        assert piece
        pieces.append(piece)
        at += len(piece)
    assert at == size
    return b"".join(pieces)


def ask(asked: Player, offset=0, **changes) -> list[tuple[dict, bytes | None]]:
    """Ask a player for a piece of sound as the page does, and return its answers."""
    answers = []
    asked.send = lambda content, buffers=None: answers.append((content, buffers and buffers[0]))
    asked.answer(asked, {"sound": asked.sound, "offset": offset} | changes, [])
    return answers


# What the page is told.


def test_a_colormap_goes_as_one_byte_a_pixel_and_a_palette():
    shown = picture(music(), low=-80, high=0, unit="dB")
    told = play(shown)
    assert told.pixels == [shown.levels.tobytes()]
    (panel,) = told.panels
    assert panel == {
        **{"height": 3, "width": 4, "title": "", "alt": shown.alt},
        **{"cmap": "magma", "low": -80, "high": 0, "unit": "dB"},
    }
    palette = np.frombuffer(told.palettes["magma"], np.uint8).reshape(256, 3)
    levels = np.frombuffer(told.pixels[0], np.uint8).reshape(3, 4)
    assert np.array_equal(palette[levels], shown.pixels)


def test_other_colours_go_as_red_green_and_blue():
    shown = painted(music())
    told = play(shown)
    assert told.panels[0]["cmap"] == ""
    assert np.array_equal(np.frombuffer(told.pixels[0], np.uint8).reshape(3, 4, 3), shown.pixels)


@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_every_pixels_second_arrives(height, width):
    shown = picture(music(), height, width)
    told = Player([shown])
    times = np.frombuffer(told.times[0], "<f4").reshape(height, width)
    assert np.array_equal(times, shown.times)
    assert (told.panels[0]["height"], told.panels[0]["width"]) == (height, width)
    assert len(told.pixels[0]) == height * width
    told.close()


def test_seconds_are_little_endian_whatever_the_machine():
    shown = painted(music())
    other = Picture(shown.pixels, shown.times.astype(">f4"), shown.track)
    assert play(other).times == play(shown).times == [shown.times.astype("<f4").tobytes()]


def test_the_page_can_choose_among_all_colormaps_of_monotone_lightness():
    told = play(picture(music()))
    assert set(told.palettes) == set(colors.MONOTONE)
    for name, palette in told.palettes.items():
        assert palette == colors.palette(name).tobytes()
    assert set(play(picture(music(), cmap="coolwarm")).palettes) == {*colors.MONOTONE, "coolwarm"}


def test_duration_title_and_words():
    track = music(2.5)
    one, two = picture(track), painted(track)
    told = play(one, two, titles=["first", 2])
    assert told.duration == 2.5
    assert [panel["title"] for panel in told.panels] == ["first", "2"]
    assert [panel["alt"] for panel in told.panels] == [one.alt, two.alt]
    assert told.alt == repr(told) == f"first: {one.alt} 2: {two.alt}"
    assert play(one).alt == one.alt


def test_a_player_is_silent_and_at_the_beginning():
    told = play(picture(music()))
    assert (told.position, told.playing, told.message) == (0, False, "")


def test_several_pictures_of_different_sizes():
    track = music()
    shown = [picture(track, 1, 1), picture(track, 7, 3), painted(track, 2, 9)]
    told = play(*shown)
    assert [len(pixels) for pixels in told.pixels] == [1, 21, 54]
    assert [len(times) for times in told.times] == [4, 84, 72]


def test_one_pixel():
    told = play(picture(music(), 1, 1))
    assert np.frombuffer(told.times[0], "<f4") == [0]
    assert told._repr_mimebundle_()[0]["image/png"]


@pytest.mark.parametrize("silent", [picture(None), Picture(np.zeros((2, 2, 3), np.uint8), None, None)])
def test_a_picture_without_music_has_neither_seconds_nor_sound(silent):
    told = play(silent)
    assert (told.times, told.sound, told.duration) == ([b""], "", 0)
    assert ask(told) == []
    assert told._repr_mimebundle_()[1]["image/png"]["alt"] == silent.alt


def test_other_pictures_in_the_same_place():
    track = music()
    told = play(picture(track))
    told.position = 0.4
    sound, source, palettes = told.sound, told.source, told.palettes
    told.put([picture(track, 5, 9), painted(track)], ["a", "b"])
    assert [(panel["height"], panel["width"]) for panel in told.panels] == [(5, 9), (3, 4)]
    assert (told.sound, told.position) == (sound, 0.4)
    assert told.source is source
    assert told.palettes is palettes


def test_a_picture_of_other_music_brings_its_sound():
    told = play(picture(music()))
    before = told.sound
    other = music(2.0)
    told.put([picture(other)])
    assert told.sound == Sound.of(other).key != before
    assert told.duration == 2
    told.put([picture(None)])
    assert (told.sound, told.duration) == ("", 0)


@pytest.mark.parametrize(
    ("given", "titles", "sentence"),
    [
        ([], None, r"^No picture was given; one Picture or several were expected, such as play\(picture\)\.$"),
        ([np.zeros((2, 2))], None, r"^A ndarray was given; one Picture or several were expected"),
        ([[picture(None)]], None, r"^A list was given; one Picture or several were expected"),
        ([picture(music()), picture(music())], None, r"^The pictures show different music: .* one track only\.$"),
        ([picture(None), picture(music())], None, r"^The pictures show different music"),
        ([picture(None)], ["a", "b"], r"^2 titles were given for 1 pictures: give one title a picture\.$"),
        ([picture(None)] * 2, [], r"^0 titles were given for 2 pictures"),
    ],
)
def test_what_cannot_be_shown(given, titles, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        play(*given, titles=titles)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_shown_changes_nothing():
    track = music()
    told = play(picture(track))
    before = told.get_state()
    for wrong in ([], [picture(track), picture(music())], [picture(track), 3]):
        with pytest.raises(ValueError, match=r"\.$"):
            told.put(wrong)
    with pytest.raises(ValueError, match="titles"):
        told.put([picture(track, 8, 8)], ["a", "b"])
    assert told.get_state() == before


# What a notebook stores.


def stored_image(bundle):
    """Return the stored PNG of a mimebundle."""
    import base64

    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB")


def test_an_output_carries_the_picture_its_words_and_the_live_view():
    shown = picture(music(), 20, 30)
    told = play(shown)
    data, metadata = told._repr_mimebundle_(include=None, exclude=None)
    assert set(data) == {"image/png", "text/plain", VIEW}
    assert data["text/plain"] == metadata["image/png"]["alt"] == shown.alt
    assert metadata["music-you-can-see"] == {"caption": "Run this cell to hear it."}
    assert data[VIEW] == {"version_major": 2, "version_minor": 0, "model_id": told.model_id}
    assert np.array_equal(np.asarray(stored_image(data)), np.asarray(shown.enlarged()))


def test_several_pictures_are_stored_side_by_side_with_their_titles():
    track = music()
    one, two = painted(track, 50, 60), painted(track, 40, 70)
    data, metadata = play(one, two, titles=["a", "b"])._repr_mimebundle_()
    pixels = np.asarray(stored_image(data))
    assert metadata["image/png"]["alt"] == f"a: {one.alt} b: {two.alt}"
    height, width = pixels.shape[:2]
    for shown in (one, two):
        h, w = shown.pixels.shape[:2]
        views = np.lib.stride_tricks.sliding_window_view(pixels, (h, w, 3))[:, :, 0]
        assert any((views[y, x] == shown.pixels).all() for y in range(height - h + 1) for x in range(width - w + 1))


def test_no_sound_is_stored():
    track = load_track(SHIPPED / "groove.ogg")
    told = play(picture(track, 30, 40))
    told.source.read(0)
    data, metadata = told._repr_mimebundle_()
    assert len(repr((data, metadata))) < 20_000
    state = {name: value for name, value in told.get_state().items() if name not in ("_esm", "_css")}
    assert len(repr(state)) < 50_000


def test_names_and_titles_stay_text(tmp_path):
    track = load_track(write(tmp_path / "<b>&'x.wav", tone()))
    told = play(picture(Track(track.signal, SR, NASTY)), titles=[NASTY])
    data, metadata = told._repr_mimebundle_()
    assert told.panels[0]["title"] == NASTY
    assert NASTY in told.panels[0]["alt"]
    assert not any("html" in kind for kind in data)
    assert NASTY in metadata["image/png"]["alt"]
    told = play(picture(track))
    assert whole(told.source) == track.path.read_bytes()
    track.path.unlink()
    (answer,) = ask(told)
    assert answer[0]["problem"].startswith("The sound cannot be read")


def test_the_page_sets_text_only_as_text():
    """Python sends names as they are, so nothing on the page may read them as HTML."""
    code = (player.HERE / "player.js").read_text(encoding="utf-8")
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert dangerous not in code
    assert "://" not in code


# The sound: the file's own bytes where browsers play them.


PLAYED = {
    "8.wav": ("audio/wav", dict(format="WAV", subtype="PCM_U8")),
    "16.wav": ("audio/wav", dict(format="WAV", subtype="PCM_16")),
    "24.wav": ("audio/wav", dict(format="WAV", subtype="PCM_24")),
    "32.wav": ("audio/wav", dict(format="WAV", subtype="PCM_32")),
    "float.wav": ("audio/wav", dict(format="WAV", subtype="FLOAT")),
    "extended.wav": ("audio/wav", dict(format="WAVEX", subtype="PCM_24")),
    "vorbis.ogg": ("audio/ogg", dict(format="OGG", subtype="VORBIS")),
    "opus.opus": ("audio/ogg", dict(format="OGG", subtype="OPUS")),
    "layer3.mp3": ("audio/mpeg", dict(format="MP3", subtype="MPEG_LAYER_III")),
}
NOT_PLAYED = {
    "16.flac": dict(format="FLAC", subtype="PCM_16"),
    "24.flac": dict(format="FLAC", subtype="PCM_24"),
    "law.wav": dict(format="WAV", subtype="ULAW"),
    "a.wav": dict(format="WAV", subtype="ALAW"),
    "adpcm.wav": dict(format="WAV", subtype="MS_ADPCM"),
    "double.wav": dict(format="WAV", subtype="DOUBLE"),
    "apple.aiff": dict(format="AIFF", subtype="PCM_16"),
    "next.au": dict(format="AU", subtype="PCM_16"),
    "long.rf64": dict(format="RF64", subtype="PCM_16"),
    "core.caf": dict(format="CAF", subtype="PCM_16"),
}


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("channels", [1, 2])
def test_browsers_get_the_file_itself(name, channels, tmp_path):
    kind, options = PLAYED[name]
    path = write(tmp_path / name, tone(channels=channels), **options)
    track = load_track(path)
    sound = Sound.of(track)
    assert sound.kind == kind
    assert whole(sound) == path.read_bytes()
    # And what is in it has the times of the pictures; an MP3 may begin some milliseconds late.
    heard, sr = sf.read(io.BytesIO(whole(sound)), always_2d=True)
    assert sr == SR
    assert heard.mean(axis=1) == pytest.approx(track.signal, abs=1e-6)
    late = np.correlate(heard.mean(axis=1), tone(), "full").argmax() - (len(tone()) - 1)
    assert 0 <= late <= (0.05 * SR if kind == "audio/mpeg" else 0)


def decoded(sound: Sound) -> np.ndarray:
    """Return what a page hears of an encoded sound."""
    heard, sr = sf.read(io.BytesIO(whole(sound)))
    assert sr == sound.sr
    assert heard.ndim == 1
    return heard


@pytest.mark.parametrize("name", NOT_PLAYED)
def test_other_files_are_encoded_without_a_shift(name, tmp_path):
    track = load_track(write(tmp_path / name, tone(), **NOT_PLAYED[name]))
    sound = Sound.of(track)
    assert sound.kind == "audio/wav"
    assert decoded(sound) == pytest.approx(track.signal, abs=1 / 32768)


@pytest.mark.parametrize("channels", [3, 6])
@pytest.mark.parametrize("name", ["16.wav", "vorbis.ogg"])
def test_many_channels_become_the_one_that_is_shown(name, channels, tmp_path):
    _, options = PLAYED[name]
    track = load_track(write(tmp_path / name, tone(channels=channels), **options))
    assert Sound.of(track).kind == "audio/wav"
    assert decoded(Sound.of(track)) == pytest.approx(track.signal, abs=1 / 32768)


@pytest.mark.parametrize("sr", [8000, 11_025, 44_100, 65_535, 65_537, 88_211, 96_000, 191_999, 192_000])
def test_every_sample_rate_is_kept(sr):
    track = Track(tone(0.3, sr), sr)
    sound = Sound.of(track)
    assert sf.info(io.BytesIO(whole(sound))).format == "WAV"
    assert decoded(sound) == pytest.approx(track.signal, abs=1 / 32768)


@pytest.mark.parametrize("loudest", [0, 1e-3, 0.5, 1, 1.001, 4, 1e6])
def test_what_is_louder_than_loud_is_turned_down_and_nothing_else(loudest):
    signal = (tone() / np.abs(tone()).max() * loudest).astype(np.float32)
    heard = decoded(Sound.of(Track(signal, SR)))
    assert heard == pytest.approx(signal / max(1, loudest), abs=1.1 / 32768)


def test_a_loud_moment_in_the_last_block_turns_down_the_first():
    signal = np.full(2 * BLOCK + 5, 0.5, np.float32)
    signal[-1] = -2
    heard = decoded(Sound.of(Track(signal, SR)))
    assert heard[[0, -1]] == pytest.approx([0.25, -1], abs=1 / 32768)
    assert len(heard) == len(signal)


def test_a_file_that_is_not_the_track_is_not_played(tmp_path):
    path = write(tmp_path / "a.wav", tone())
    track = load_track(path)
    half = Track(track.signal[: SR // 2], SR, "half", path)
    assert len(decoded(Sound.of(half))) == SR // 2
    slower = Track(track.signal, SR + 1, "slower", path)
    assert decoded(Sound.of(slower)) == pytest.approx(track.signal, abs=1 / 32768)
    write(path, tone(3))
    assert decoded(Sound.of(track)) == pytest.approx(track.signal, abs=1 / 32768)


@pytest.mark.parametrize("left", [None, b"", b"no music"])
def test_a_file_gone_before_the_player_is_made_is_not_missed(left, tmp_path):
    track = load_track(write(tmp_path / "a.wav", tone()))
    track.path.unlink()
    if left is not None:
        track.path.write_bytes(left)
    assert decoded(Sound.of(track)) == pytest.approx(track.signal, abs=1 / 32768)


def test_a_file_is_found_from_another_folder(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", tone())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    track = load_track("a.wav")
    sound = Sound.of(track)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert whole(sound) == (tmp_path / "a.wav").read_bytes()


# The sound: one copy, in pieces, as long as it is needed.


@pytest.mark.parametrize("piece", [1000, 1001, 16_044, 16_045, PIECE])
@pytest.mark.parametrize("from_file", [True, False])
def test_pieces_put_together_are_the_whole(piece, from_file, tmp_path, monkeypatch):
    monkeypatch.setattr(player, "PIECE", piece)
    path = write(tmp_path / "a.wav", tone())
    sound = Sound.of(load_track(path) if from_file else music())
    assert len(sound.read(0)[0]) <= piece
    assert whole(sound) == (path.read_bytes() if from_file else sound.encoded(0, 10**9))


def test_players_of_a_track_share_its_sound():
    track = music()
    one, two, other = play(picture(track)), play(painted(track)), play(picture(music()))
    assert one.source is two.source is Sound.of(track)
    assert one.sound == two.sound != other.sound


def test_a_file_loaded_twice_is_one_sound_for_the_page(tmp_path):
    path = write(tmp_path / "a.wav", tone())
    same = write(tmp_path / "b.wav", tone())
    assert Sound.of(load_track(path)).key == Sound.of(load_track(str(path))).key
    assert Sound.of(load_track(path)).key != Sound.of(load_track(same)).key


def test_a_sound_is_forgotten_with_its_track():
    track = music()
    sound = weakref.ref(Sound.of(track))
    whole(sound())
    gc.collect()
    assert sound() is not None
    del track
    gc.collect()
    assert sound() is None


def test_a_long_track_is_encoded_piece_by_piece():
    # An hour at 16 kHz: 115 MB as 16-bit samples.
    hour = Track(np.broadcast_to(np.float32(0.25), (3600 * 16_000,)), 16_000)
    sound = Sound.of(hour)
    tracemalloc.start()
    try:
        piece, size = sound.read(100_000_001)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(piece), size) == (PIECE, 44 + 2 * len(hour.signal))
    assert peak < 10 * PIECE < size / 5


# The protocol: the page asks, the player answers.


def test_the_page_gets_the_piece_it_asks_for(monkeypatch):
    monkeypatch.setattr(player, "PIECE", 3000)
    told = play(picture(music()))
    heard = told.source.encoded(0, 10**9)
    for offset in (0, 3000, len(heard) // 3000 * 3000):
        ((reply, piece),) = ask(told, offset)
        assert reply == {"sound": told.sound, "offset": offset, "type": "audio/wav", "size": len(heard)}
        assert piece == heard[offset : offset + 3000]


def test_a_player_listens_to_its_page():
    told = play(picture(music()))
    answers = []
    told.send = lambda content, buffers=None: answers.append(content)
    told._handle_custom_msg({"sound": told.sound, "offset": 0}, [])
    assert [answer["offset"] for answer in answers] == [0]


@pytest.mark.parametrize("changes", [{"sound": "another"}, {"sound": ""}, {"sound": None}])
def test_questions_for_another_sound_are_left_alone(changes):
    assert ask(play(picture(music())), **changes) == []


@pytest.mark.parametrize("change", ["deleted", "longer", "touched", "folder"])
def test_a_file_that_is_no_longer_the_same_is_a_sentence(change, tmp_path):
    path = write(tmp_path / "song <1>.wav", tone())
    told = play(picture(load_track(path)))
    assert ask(told)[0][1] == path.read_bytes()
    if change == "longer":
        write(path, tone(2))
    elif change == "touched":
        os.utime(path, (1, 1))
    else:
        path.unlink()
    if change == "folder":
        path.mkdir()
    ((reply, piece),) = ask(told)
    assert piece is None
    assert set(reply) == {"sound", "offset", "type", "problem"}
    reason = {"deleted": "No such file or directory", "folder": "Is a directory"}.get(
        change, f"{path.name} has changed"
    )
    assert reply["problem"] == f"The sound cannot be read ({reason}): load the track again."
