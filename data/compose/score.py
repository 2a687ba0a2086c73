"""Scores written in code: a tempo map, sections and parts that hold notes."""

import bisect
import io
import math
import random
import re

import mido

TICKS = 960
BEND_RANGE = 12
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name):
    """Return the MIDI number of a pitch.

    Parameters
    ----------
    name : str or int
        Such as ``"C4"`` (60), ``"F#2"`` or ``"Bb3"``; a number is returned as it is.

    Returns
    -------
    int
    """
    if not isinstance(name, str):
        return int(name)
    letter, accidental, octave = re.fullmatch(r"([A-G])([#b]*)(-?\d+)", name).groups()
    shift = accidental.count("#") - accidental.count("b")
    return STEPS[letter] + shift + 12 * (int(octave) + 1)


def clamp(value, low=0, high=127):
    """Round to a whole number within the bounds."""
    return int(min(high, max(low, round(value))))


class Part:
    """One instrument: its notes, its controllers and its place in the mix.

    Made by `Score.part`, whose documentation names the settings.
    """

    def __init__(self, score, name, program=0, bank=0, drums=False, timing=0.0, touch=0.0, **mix):
        self.score = score
        self.name = name
        self.program = program
        self.bank = bank
        self.drums = drums
        self.timing = timing
        self.touch = touch
        self.mix = mix
        self.notes = []
        self.controls = []
        self.bends = []

    def note(self, beat, length, note, velocity=90):
        """Write one note.

        Parameters
        ----------
        beat, length : float
            Where it begins and how long it sounds, in beats.
        note : str or int
            A pitch such as ``"C4"`` or a MIDI number.
        velocity : float
            From 1 to 127.
        """
        draw = self.score.gauss
        late = draw(0, self.timing) / 1000 if self.timing else 0.0
        force = clamp(velocity + (draw(0, self.touch) if self.touch else 0), 1)
        self.notes.append((beat, length, pitch(note), force, late))

    def chord(self, beat, length, notes, velocity=90, strum=0.0):
        """Write several notes at once, each `strum` beats after the one before."""
        for index, note in enumerate(notes):
            self.note(beat + index * strum, length - index * strum, note, velocity)

    def control(self, beat, number, value):
        """Set a MIDI controller (11 is expression, 64 the sustain pedal)."""
        self.controls.append((beat, number, clamp(value)))

    def swell(self, start, end, low, high, number=11):
        """Move a controller steadily from `low` at `start` to `high` at `end`."""
        steps = max(1, round((end - start) * 8))
        for step in range(steps + 1):
            share = step / steps
            self.control(start + share * (end - start), number, low + share * (high - low))

    def pedal(self, start, end):
        """Hold the sustain pedal from beat `start` to beat `end`."""
        self.control(start, 64, 127)
        self.control(end, 64, 0)

    def bend(self, beat, semitones):
        """Bend every note of the part by up to twelve semitones from `beat` on."""
        self.bends.append((beat, semitones))

    def glide(self, start, end, low, high):
        """Bend steadily from `low` to `high` semitones."""
        steps = max(1, round((end - start) * 16))
        for step in range(steps + 1):
            share = step / steps
            self.bend(start + share * (end - start), low + share * (high - low))

    def sounding(self):
        """Return (start, end, pitch, velocity) in beats, in order, one voice to a key."""
        played = []
        last = {}
        for beat, length, note, velocity, late in sorted(self.notes):
            start = max(0.0, beat + late * self.score.bpm(beat) / 60)
            if note in last and played[last[note]][1] > start:
                played[last[note]][1] = max(start - 0.001, played[last[note]][0])
            last[note] = len(played)
            played.append([start, start + max(length, 0.01), note, velocity])
        return [tuple(item) for item in played]

    def events(self, channel, cents=0.0):
        """Return the part's messages as a sorted list of (beat, order, message)."""
        tune = cents / 100

        def control(number, value):
            return mido.Message("control_change", channel=channel, control=number, value=value)

        def wheel(semitones):
            value = clamp((semitones + tune) / BEND_RANGE * 8192, -8192, 8191)
            return mido.Message("pitchwheel", channel=channel, pitch=value)

        setup = [control(0, self.bank)] if self.bank and not self.drums else []
        setup += [mido.Message("program_change", channel=channel, program=self.program)]
        setup += [control(101, 0), control(100, 0), control(6, BEND_RANGE), control(38, 0)]
        setup += [control(7, 100), control(10, 64), wheel(0)]
        found = [(-1.0, index, message) for index, message in enumerate(setup)]
        found += [(beat, 1, control(number, value)) for beat, number, value in self.controls]
        found += [(beat, 1, wheel(semitones)) for beat, semitones in self.bends]
        for start, end, note, velocity in self.sounding():
            on = mido.Message("note_on", channel=channel, note=note, velocity=velocity)
            off = mido.Message("note_off", channel=channel, note=note, velocity=64)
            found += [(start, 2, on), (end, 0, off)]
        return sorted(found, key=lambda event: event[:2])


class Score:
    """A piece of music as it is written.

    Parameters
    ----------
    name : str
        Short name; seeds the humanisation and names the file.
    title : str
        Title as printed.
    metre : str or None
        Such as ``"3/4"``; None for a piece without a beat.
    key : str
        Such as ``"A minor"``.
    tempo : float
        Beats per minute at beat 0. Where there is no beat, 60 makes a beat a second.
    master : dict, optional
        Settings of the whole mix, see `render.MASTER`.
    gauss : callable, optional
        Draws the humanisation, given a mean and a deviation; one seeded by the name if there is none.
    """

    def __init__(self, name, title, metre, key, tempo, master=None, gauss=None):
        self.name = name
        self.title = title
        self.metre = metre
        self.key = key
        self.master = dict(master or {})
        self.random = random.Random(name)
        self.gauss = gauss or self.random.gauss
        self.parts = {}
        self.sections = []
        self.pieces = [(0.0, 0.0, tempo, tempo, 0.0)]

    def part(self, name, **settings):
        """Add an instrument and return it.

        Parameters
        ----------
        name : str
            Name of its stem.
        program, bank, drums : int, int, bool
            General MIDI program (from 0) and bank; with `drums` the program is a kit.
        timing, touch : float
            Humanisation: standard deviation in milliseconds and in velocity.
        **settings
            Its place in the mix, see `render.PART`.

        Returns
        -------
        Part
        """
        self.parts[name] = Part(self, name, **settings)
        return self.parts[name]

    def section(self, beat, label):
        """Begin a section; call in order, the first at beat 0."""
        self.sections.append((beat, label))

    def tempo(self, beat, bpm):
        """Set the tempo from `beat` on; call in order, together with `ramp`."""
        self.pieces.append((beat, self.seconds(beat), bpm, bpm, 0.0))

    def ramp(self, start, end, bpm):
        """Change the tempo evenly, beat by beat, to reach `bpm` at beat `end`."""
        self.pieces.append((start, self.seconds(start), self.bpm(start), bpm, end - start))
        self.tempo(end, bpm)

    def _piece(self, beat):
        return self.pieces[max(0, bisect.bisect_right(self.pieces, (beat, math.inf)) - 1)]

    def bpm(self, beat):
        """Return the tempo at a beat."""
        start, _, first, last, length = self._piece(beat)
        return first if first == last else first + (last - first) * (beat - start) / length

    def seconds(self, beat):
        """Return the time of a beat, exactly, in seconds."""
        piece = self._piece(beat)
        return piece[1] + elapsed(piece, beat - piece[0])

    def length(self):
        """Return the beat at which the last written note ends."""
        return max(b + size for part in self.parts.values() for b, size, *_ in part.notes)

    def beats_per_bar(self):
        """Return the number of beats in a bar, or None."""
        return int(self.metre.split("/")[0]) if self.metre else None

    def midi(self):
        """Return the whole score as a `mido.MidiFile`, one track to a part."""
        song = mido.MidiFile(type=1, ticks_per_beat=TICKS)
        conductor = [(0, mido.MetaMessage("track_name", name=self.title))]
        if self.metre:
            top, bottom = map(int, self.metre.split("/"))
            message = mido.MetaMessage("time_signature", numerator=top, denominator=bottom)
            conductor.append((0, message))
        for piece in self.pieces:
            size = 1 / 4 if piece[4] else 1
            for step in range(max(1, round(piece[4] / size))):
                mean = (elapsed(piece, (step + 1) * size) - elapsed(piece, step * size)) / size
                message = mido.MetaMessage("set_tempo", tempo=round(mean * 1e6))
                conductor.append((round((piece[0] + step * size) * TICKS), message))
        for beat, label in self.sections:
            conductor.append((round(beat * TICKS), mido.MetaMessage("marker", text=label)))
        song.tracks.append(track(conductor))
        free = [channel for channel in range(16) if channel != 9]
        melodic = 0
        for part in self.parts.values():
            channel = 9 if part.drums else free[melodic % 15]
            melodic += not part.drums
            events = [(0, mido.MetaMessage("track_name", name=part.name))]
            for beat, _, message in part.events(channel):
                events.append((max(0, round(beat * TICKS)), message))
            song.tracks.append(track(events))
        return song

    def midi_bytes(self):
        """Return the bytes of the MIDI file."""
        buffer = io.BytesIO()
        self.midi().save(file=buffer)
        return buffer.getvalue()

    def truth(self):
        """Return what is known of the piece from its score alone.

        Returns
        -------
        dict
            Title, metre, key, tempo, sections, beats and downbeats.
        """
        last = max(beat for part in self.parts.values() for beat, *_ in part.notes)
        count = math.floor(last + 1e-9) + 1 if self.metre else 0
        beats = [round(self.seconds(beat), 6) for beat in range(count)]
        tempi = [value for piece in self.pieces for value in piece[2:4]]
        steady = min(tempi) == max(tempi)
        return {
            "title": self.title,
            "metre": self.metre,
            "key": self.key,
            "tempo": self.pieces[0][2] if self.metre and steady else None,
            "tempo_range": [min(tempi), max(tempi)] if self.metre else None,
            "sections": [{"start": round(self.seconds(beat), 6), "label": label} for beat, label in self.sections],
            "beats": beats,
            "downbeats": beats[:: self.beats_per_bar()] if self.metre else [],
        }


def elapsed(piece, beats):
    """Return the seconds that the first `beats` of a piece of the tempo map take."""
    _, _, first, last, length = piece
    if first == last:
        return beats * 60 / first
    slope = (last - first) / length
    return 60 / slope * math.log1p(slope * beats / first)


def track(events):
    """Return a MIDI track of (tick, message) pairs, sorted by tick."""
    result = mido.MidiTrack()
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        result.append(message.copy(time=tick - now))
        now = tick
    result.append(mido.MetaMessage("end_of_track", time=TICKS))
    return result
