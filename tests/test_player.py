"""The player: what the page is told, and the sound it gets; what the page makes of it, a browser proves."""

import gc
import io
import re
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nasty
import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from helpers import Picture, Player, colors, layouts, load_track, moments, play
from helpers.player import _LONGEST, _MOST_HZ, _SAME, _Sound, _still
from helpers.tracks import _BLOCK, Track

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


def heard(sound: _Sound, at: int = 0, frames: int | None = None) -> np.ndarray:
    """Return some of what a page hears, all of it without further words: float64 [frames, channels]."""
    samples = np.frombuffer(sound.read(at, sound.frames if frames is None else frames), "<i2")
    return samples.reshape(-1, sound.channels) / 32768


def ask(asked: Player, **changes) -> list[tuple[dict, bytes | None]]:
    """Ask a player for the beginning of the sound as the page does, and return its answers."""
    answers = []
    asked.send = lambda content, buffers=None: answers.append((content, buffers and buffers[0]))
    asked.answer(asked, {"sound": asked.sound.get("key", "?"), "at": 0, "frames": 100} | changes, [])
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
    assert (told.times, told.sound, told.duration) == ([b""], {}, 0)
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
    assert told.sound == {"key": _Sound.of(other).key, "rate": SR, "channels": 1, "frames": 2 * SR}
    assert told.sound["key"] != before["key"]
    assert told.duration == 2
    told.put([picture(None)])
    assert (told.sound, told.duration) == ({}, 0)


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
    assert np.abs(np.asarray(stored_image(data), dtype=int) - shown.still()).max() <= 2


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
    told.source.read(0, 1000)
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


def test_the_files_of_the_page_make_one_script():
    names = re.findall(r"^(?:const|let|class|function|async function) (\w+)", Player._esm, re.MULTILINE)
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


def test_the_page_sets_text_only_as_text():
    """Python sends names as they are, so nothing on the page may read them as HTML."""
    code = Player._esm
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert dangerous not in code
    assert "://" not in code


# A closed player.


def test_other_pictures_reach_the_page_in_one_message():
    track = Track(np.zeros(8000, np.float32), 8000, "silence")
    when = np.linspace(0, 1, 5)
    one, other = (Picture.compose(track, when, np.eye(4) * i, layouts.timeline()) for i in (1, 2))
    player, sent = play(one), []
    player.send_state = lambda key=None: sent.append(set(key))
    player.put([one, other], None)
    (names,) = sent
    assert {"panels", "pixels", "times"} <= names


def test_a_closed_player_holds_nothing_and_says_so():
    track = music()
    told = play(picture(track), painted(track), titles=["a", "b"])
    layout, signal = told.layout, weakref.ref(track.signal.base)
    del track
    for _ in range(2):
        told.close()
    assert signal() is None
    assert told.comm is layout.comm is None
    assert (told.pixels, told.times, told.panels, told.pictures, told.source) == ([], [], [], [], None)
    assert repr(told) == "This player is closed: run the cell again that makes it."
    assert _still(told) == ({"text/plain": repr(told)}, {})


def test_a_closed_player_that_is_used_does_not_complain():
    told = play(picture(music()))
    told.close()
    told.position, told.playing, told.message = 0.5, True, "words"
    told.answer(told, {"sound": "", "offset": 0}, [])
    told.put([picture(music())])


def test_nobody_keeps_a_closed_player():
    told = play(picture(music()))
    seen = weakref.ref(told)
    told.close()
    del told
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize("pictures", [[], [5]])
def test_what_could_not_become_a_player_goes_without_complaint(pictures, capsys):
    with pytest.raises(ValueError, match="was given"):
        Player(pictures)
    gc.collect()
    assert capsys.readouterr() == ("", "")


# The sound: the samples that are drawn, in stereo where the file is.

FILES = {
    "8.wav": dict(format="WAV", subtype="PCM_U8"),
    "16.wav": dict(format="WAV", subtype="PCM_16"),
    "24.wav": dict(format="WAV", subtype="PCM_24"),
    "float.wav": dict(format="WAV", subtype="FLOAT"),
    "law.wav": dict(format="WAV", subtype="ULAW"),
    "adpcm.wav": dict(format="WAV", subtype="MS_ADPCM"),
    "double.wav": dict(format="WAV", subtype="DOUBLE"),
    "vorbis.ogg": dict(format="OGG", subtype="VORBIS"),
    "opus.opus": dict(format="OGG", subtype="OPUS"),
    "constant.mp3": dict(format="MP3", bitrate_mode="CONSTANT"),
    "variable.mp3": dict(format="MP3", bitrate_mode="VARIABLE"),
    "16.flac": dict(format="FLAC", subtype="PCM_16"),
    "24.flac": dict(format="FLAC", subtype="PCM_24"),
    "apple.aiff": dict(format="AIFF", subtype="PCM_16"),
    "long.rf64": dict(format="RF64", subtype="PCM_16"),
    "core.caf": dict(format="CAF", subtype="PCM_16"),
}


def sides(seconds: float = 1.0, sr: int = SR) -> np.ndarray:
    """Return two channels that differ: a sweep, and the same backwards."""
    return np.stack([tone(seconds, sr), tone(seconds, sr)[::-1]], axis=1)


@pytest.mark.parametrize("name", FILES)
def test_what_is_heard_is_what_is_drawn_in_every_format(name, tmp_path):
    track = load_track(write(tmp_path / name, sides(3), **FILES[name]))
    sound = _Sound.of(track)
    assert (sound.rate, sound.channels, sound.frames) == (SR, 2, len(track.signal))
    assert heard(sound).mean(axis=1) == pytest.approx(track.signal, abs=1.1 / 32768)
    left, right = heard(sound).T
    assert np.abs(left - right).max() > 0.5
    # Wherever one begins to listen, and in whatever order.
    whole = heard(sound)
    for at in (20_000, 19_999, 5, 12_345, 12_345 + 500, 0):
        assert heard(sound, at, 500) == pytest.approx(whole[at : at + 500], abs=_SAME + 1 / 32768)


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_other_than_two_channels_are_heard_as_the_one_that_is_drawn(channels, tmp_path):
    track = load_track(write(tmp_path / "a.wav", tone(channels=channels), format="WAV", subtype="PCM_24"))
    assert _Sound.of(track).channels == 1
    assert heard(_Sound.of(track))[:, 0] == pytest.approx(track.signal, abs=1 / 32768)


def test_a_silent_channel_stays_silent(tmp_path):
    signal = sides() * [1, 0]
    sound = _Sound.of(load_track(write(tmp_path / "a.flac", signal, subtype="PCM_24")))
    assert heard(sound) == pytest.approx(signal, abs=1.1 / 32768)
    assert not heard(sound)[:, 1].any()


@pytest.mark.parametrize("sr", [8000, 11_025, 44_100, 48_000])
def test_a_usual_sample_rate_is_kept(sr):
    track = Track(tone(0.3, sr), sr)
    sound = _Sound.of(track)
    assert (sound.rate, sound.frames) == (sr, len(track.signal))
    assert heard(sound)[:, 0] == pytest.approx(track.signal, abs=1 / 32768)


@pytest.mark.parametrize("stereo", [False, True])
@pytest.mark.parametrize("sr", [48_001, 88_200, 96_000, 176_400, 191_999, 192_000])
def test_a_high_sample_rate_is_divided_and_stays_in_time(sr, stereo, tmp_path):
    signal = sides(0.5, sr) if stereo else tone(0.5, sr)
    track = load_track(write(tmp_path / "a.wav", signal, sr, format="WAV", subtype="FLOAT"))
    sound = _Sound.of(track)
    assert sound.rate <= _MOST_HZ < 2.01 * sound.rate
    assert sound.rate * sound.step == sr
    assert sound.frames == -(-len(signal) // sound.step)
    # Every so many samples of a sweep far below the new limit are the samples of the slower one.
    expected = signal.reshape(len(signal), -1)[:: sound.step]
    inside = slice(100, -100)
    assert heard(sound)[inside] == pytest.approx(expected[inside], abs=2e-3)
    # In pieces as well as at once: no seam.
    pieces = [heard(sound, at, 1000) for at in range(0, sound.frames, 1000)]
    assert np.concatenate(pieces) == pytest.approx(heard(sound), abs=1.1 / 32768)


def test_what_a_lower_rate_cannot_carry_is_not_heard():
    t = np.arange(96_000) / 96_000
    sound = _Sound.of(Track(0.5 * np.sin(2 * np.pi * 30_000 * t), 96_000))
    assert np.abs(heard(sound)[100:-100]).max() < 0.01


@pytest.mark.parametrize("loudest", [0, 1e-3, 0.5, 1, 1.001, 4, 1e6])
def test_what_is_louder_than_loud_is_turned_down_and_nothing_else(loudest):
    signal = (tone() / np.abs(tone()).max() * loudest).astype(np.float32)
    assert heard(_Sound.of(Track(signal, SR)))[:, 0] == pytest.approx(signal / max(1, loudest), abs=1.1 / 32768)


def test_a_loud_moment_in_the_last_block_turns_down_the_first():
    signal = np.full(2 * _BLOCK + 5, 0.5, np.float32)
    signal[-1] = -2
    samples = heard(_Sound.of(Track(signal, SR)))
    assert samples[[0, -1], 0] == pytest.approx([0.25, -1], abs=1 / 32768)
    assert len(samples) == len(signal)


def test_a_loud_side_turns_down_both(tmp_path):
    signal = sides() * [2, 0.1]
    sound = _Sound.of(load_track(write(tmp_path / "a.wav", signal, format="WAV", subtype="FLOAT")))
    assert heard(sound) == pytest.approx(signal / np.abs(signal).max(), abs=1.1 / 32768)


def test_a_file_that_is_not_the_track_is_not_played(tmp_path):
    path = write(tmp_path / "a.wav", sides())
    track = load_track(path)
    slower = Track(track.signal, SR + 1, "slower", path)
    assert heard(_Sound.of(slower))[:, 0] == pytest.approx(track.signal, abs=1 / 32768)
    write(path, sides()[::-1] * 0.3)
    sound = _Sound.of(track)
    assert heard(sound) == pytest.approx(np.repeat(track.signal[:, np.newaxis], 2, axis=1), abs=1 / 32768)
    write(path, sides(0.5))
    assert heard(sound) == pytest.approx(np.repeat(track.signal[:, np.newaxis], 2, axis=1), abs=1 / 32768)


@pytest.mark.parametrize(("off", "same"), [(0.0007, True), (0.0015, False)])
def test_a_file_is_the_track_as_far_as_decoders_agree(off, same, tmp_path):
    path = write(tmp_path / "a.wav", sides(), subtype="FLOAT")
    sound = _Sound.of(load_track(path))
    write(path, sides() + np.float32(off), subtype="FLOAT")
    left, right = heard(sound).T
    assert np.array_equal(left, right) != same


@pytest.mark.parametrize("left", [None, b"", b"no music"])
def test_a_file_that_is_gone_is_heard_as_it_is_drawn(left, tmp_path):
    track = load_track(write(tmp_path / "a.wav", sides()))
    track.path.unlink()
    if left is not None:
        track.path.write_bytes(left)
    assert heard(_Sound.of(track))[:, 0] == pytest.approx(track.signal, abs=1 / 32768)


# The sound: one copy, in pieces, as long as it is needed.


@pytest.mark.parametrize("frames", [1, 999, 1000, 8000, 10**9])
def test_pieces_put_together_are_the_whole(frames, tmp_path):
    sound = _Sound.of(load_track(write(tmp_path / "a.wav", sides(0.2))))
    pieces = [heard(sound, at, frames) for at in range(0, sound.frames, frames)]
    assert np.array_equal(np.concatenate(pieces), heard(sound))
    assert all(len(piece) == frames for piece in pieces[:-1])


def test_questions_may_come_from_several_threads(tmp_path):
    sound = _Sound.of(load_track(write(tmp_path / "a.ogg", sides(20, 44_100), 44_100)))
    places = np.random.default_rng(0).integers(0, sound.frames - 5000, 600).tolist()
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(lambda at: sound.read(at, 5000), places))
    assert several == [sound.read(at, 5000) for at in places]


def test_players_of_a_track_share_its_sound():
    track = music()
    one, two, other = play(picture(track)), play(painted(track)), play(picture(music()))
    assert one.source is two.source is _Sound.of(track)
    assert one.sound == two.sound
    assert one.sound["key"] != other.sound["key"]


def test_a_sound_is_forgotten_with_its_track():
    track = music()
    sound = weakref.ref(_Sound.of(track))
    heard(sound())
    gc.collect()
    assert sound() is not None
    del track
    gc.collect()
    assert sound() is None


def test_a_long_track_is_sent_piece_by_piece():
    # An hour at 16 kHz: 115 MB as 16-bit samples.
    hour = Track(np.broadcast_to(np.float32(0.25), (3600 * 16_000,)), 16_000)
    sound = _Sound.of(hour)
    tracemalloc.start()
    try:
        piece = sound.read(50_000_001, 16_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(piece), sound.frames) == (32_000, len(hour.signal))
    assert peak < 4e6


# The protocol: the page asks, the player answers.


def test_the_page_gets_the_samples_it_asks_for():
    told = play(picture(music()))
    samples = told.source.read(0, SR)
    for at, frames in ((0, 300), (300, 1), (SR - 10, 300)):
        ((reply, piece),) = ask(told, at=at, frames=frames)
        assert reply == {"sound": told.sound["key"], "at": at}
        assert piece == samples[2 * at : 2 * (at + frames)]


def test_an_answer_is_no_longer_than_a_page_may_wait_for():
    told = play(picture(music(5.0)))
    ((_, piece),) = ask(told, frames=10**12)
    assert len(piece) == 2 * (2 * SR)


def test_a_player_listens_to_its_page():
    told = play(picture(music()))
    answers = []
    told.send = lambda content, buffers=None: answers.append(content)
    told._handle_custom_msg({"sound": told.sound["key"], "at": 5, "frames": 1}, [])
    assert [answer["at"] for answer in answers] == [5]


@pytest.mark.parametrize("changes", [{"sound": "another"}, {"sound": ""}, {"sound": None}])
def test_questions_for_another_sound_are_left_alone(changes):
    assert ask(play(picture(music())), **changes) == []


@pytest.mark.parametrize("content", nasty.MESSAGES, ids=lambda content: repr(content)[:60])
def test_messages_that_no_page_sends_are_met_calmly(content):
    told = play(picture(music()))
    if isinstance(content, dict) and content.get("sound") == nasty.KEY:
        content = content | {"sound": told.sound["key"]}
    answers = []
    told.send = lambda *given: answers.append(given)
    told.answer(told, content, [])
    # Too many frames are as many as a page may ask for; all else gets no answer.
    for reply, (piece,) in answers:
        assert reply == {"sound": told.sound["key"], "at": content["at"]}
        assert content["at"] in range(SR)
        assert piece == told.source.read(content["at"], min(content["frames"], _LONGEST * SR))
