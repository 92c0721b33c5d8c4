"""MIDI files: a song that is read, a chorale that is written.

What a song is stands in ``companion.music.song``. What is written is mido's.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import mido

from companion.errors import BadMidiFile, one_line
from companion.files.chunks import Chunks, read_chunks
from companion.files.opening import read_file
from companion.files.tracks import (
    PERCUSSION,
    key_signature_of,
    last_tick,
    metres_of,
    name_of,
    song_events,
    tempos_of,
    track_notes,
)
from companion.files.writing import write_output
from companion.music.messages import META, TEMPO, meta_data
from companion.music.song import DEFAULT_BEAT_US, EXPECTED, Song, SongNote, VoiceEvent, VoiceNote
from companion.music.vocabulary import VOICES

_Written = tuple[int, Any]  # tick, mido message

MOST_BYTES = 4_000_000  # more than 25,000 bars of four voices
MOST_NOTES = 1_000_000
MOST_BEATS = 200_000  # over 24 hours at 120 beats a minute; keeps frames within memory
FRAMES_A_SECOND = {24: 24, 25: 25, 29: 30, 30: 30}  # by what a header says; 29 is 29.97, a thousandth slower
FRAMES_READ = "time counted in SMPTE frames, read at 120 beats a minute"
FEWEST_TICKS_PER_BEAT = 4  # a step needs a tick of its own; coarser files are multiplied
LONGEST_TAIL_BEATS = 64  # so long a note that is never ended sounds on after the last event of its track
LONGEST_DELTA_TICKS = 0x0FFF_FFFF  # what a file's longest number holds: four bytes of seven bits

FromTick = TypeVar("FromTick", bound=tuple[int, ...])  # something that holds from a tick on, its first number


def read_song(path: str | Path) -> Song:
    """Reads a MIDI file of format 0 or 1 (or of format 2 with a single track); notices say what was mended.

    A note is as long as its key is down, and lasts to the end of its track where it is never ended; what pedals hold
    is told by ``companion.phrase.pedals``. Where equal pitches overlap, the first to begin is the first to end.

    Raises:
        BadMidiFile: it cannot be read as music; the message is one line that names the file.
    """
    return song_of_bytes(read_file(path, MOST_BYTES, BadMidiFile), one_line(path))


def song_of_bytes(data: bytes, name: str) -> Song:
    """What ``read_song`` makes of a file that holds these bytes."""
    try:
        chunks = read_chunks(data)
    except ValueError as fault:
        raise BadMidiFile(f"{name} is no MIDI file ({fault}); save or export it again as format 0 or 1") from None
    _refuse_other_time(chunks, name)
    return _song(_in_beats(chunks) if chunks.division < 0 else chunks, name)


def _refuse_other_time(file: Chunks, name: str) -> None:
    """BadMidiFile for a file whose tracks do not share one musical time."""
    if file.form not in (0, 1, 2):
        raise BadMidiFile(f"{name} says it is of format {file.form}; expected 0 or 1")
    if file.form == 2 and len(file.tracks) > 1:
        raise BadMidiFile(f"{name} is of format 2 (patterns without a common time); export it as format 0 or 1")
    if file.division < 0 and 0 in _frames(file.division):
        raise BadMidiFile(f"{name} counts time in SMPTE frames of no known rate; export it with ticks per beat")
    if file.division == 0:
        raise BadMidiFile(f"{name} has 0 ticks per beat; expected 1..32767, save or export it again")


def _frames(division: int) -> tuple[int, int]:
    """SMPTE frames a second, and ticks a frame; 0 frames where the format knows no such rate."""
    return FRAMES_A_SECOND.get(-(division >> 8), 0), division & 0xFF


def _in_beats(file: Chunks) -> Chunks:
    """A file that counts SMPTE frames, in beats of half a second; what it says of tempo would move nothing there."""
    rate, resolution = _frames(file.division)
    tracks = [[(2 * tick, data) for tick, data in track if tuple(data[:2]) != (META, TEMPO)] for track in file.tracks]
    return Chunks(file.form, rate * resolution, tracks, file.mended + Counter({FRAMES_READ: 1}))


def _song(file: Chunks, name: str) -> Song:
    scale = 1 if file.division >= FEWEST_TICKS_PER_BEAT else FEWEST_TICKS_PER_BEAT
    ticks_per_beat = scale * file.division
    tracks = [[(scale * tick, data) for tick, data in track] for track in file.tracks]
    length_ticks = max(map(last_tick, tracks), default=0)
    if length_ticks > MOST_BEATS * ticks_per_beat:
        raise BadMidiFile(f"{name} lasts more than {MOST_BEATS} beats; choose a shorter piece")
    tail_ticks = LONGEST_TAIL_BEATS * ticks_per_beat
    every = sorted(note for number, events in enumerate(tracks) for note in track_notes(events, number, tail_ticks))
    notes = _without_percussion(every, name)
    events, too_many = song_events(tracks)
    drums = len(every) - len(notes)
    left_out = [f"left out {drums} percussion note{'s' * (drums > 1)} (channel 10)"] if drums else []
    metas = sorted((event for track in tracks for event in track if event[1][0] == META), key=_tick)
    return Song(
        notes,
        ticks_per_beat,
        tempos_of(metas),
        metres_of(metas),
        tuple(map(name_of, tracks)),
        length_ticks,
        key_signature_of(metas),
        (*left_out, *too_many, *(f"mended: {what}: {count}" for what, count in file.mended.items() if count)),
        events,
    )


def _without_percussion(every: Sequence[SongNote], name: str) -> tuple[SongNote, ...]:
    """The notes that have a pitch; BadMidiFile where there are none, or too many."""
    notes = tuple(note for note in every if note.channel != PERCUSSION)
    if not every:
        raise BadMidiFile(f"{name} holds no notes; {EXPECTED}")
    if not notes:
        raise BadMidiFile(f"{name} holds only percussion (channel 10); {EXPECTED}")
    if len(every) > MOST_NOTES:
        raise BadMidiFile(f"{name} holds more than {MOST_NOTES} notes; choose a shorter piece")
    return notes


def write_chorale(path: str | Path, notes: Iterable[VoiceNote], *, force: bool = False, **said: Any) -> None:
    """Writes what ``chorale_file`` makes; ValueError as there, other faults as in ``write_output``."""
    write_output(path, chorale_file(notes, **said), force=force)


def chorale_file(
    notes: Iterable[VoiceNote],
    *,
    ticks_per_beat: int,
    tempos: Sequence[tuple[int, int]] = (),
    metres: Sequence[tuple[int, int, int]] = (),
    key: tuple[int, bool] | None = None,
    markers: Sequence[tuple[int, str]] = (),
    events: Iterable[VoiceEvent] = (),
    text: str = "",
) -> bytes:
    """A file of format 1 with four tracks, one a voice, on channels 1-4.

    Tempos, time signatures, key and markers stand in the first of the four tracks: a fifth one
    would show up as an empty track in Live. The same arguments give the same bytes. A note that
    strikes a pitch again while its voice still holds it ends the earlier one.

    Args:
        notes: in any order.
        ticks_per_beat: 1..32767.
        tempos: (tick, microseconds a beat); 120 a minute until the first.
        metres: (tick, numerator, denominator); 4/4 until the first.
        key: (sharps, minor).
        markers: (tick, text).
        events: what else the voices hold, those of one tick in their order; at one tick texts come first, then the
            ends of notes, then what is of channels, then notes.
        text: what stands at the beginning of the first track as a text event (FF 01), if anything.

    Raises:
        ValueError: a number is outside what a MIDI file can hold.
    """
    if not 1 <= ticks_per_beat <= 0x7FFF:
        raise ValueError(f"ticks_per_beat {ticks_per_beat} is outside 1..32767")
    voices = [note_events(voice, channel) for channel, voice in enumerate(written_notes(notes))]
    voices[0] = [*conductor_events(tempos, metres, key, markers), *voices[0]]
    if text:
        voices[0].insert(0, (0, mido.MetaMessage("text", text=text)))
    for event in events:
        voices[event.voice].append((event.tick, _message(event)))
    voices = [sorted(voice, key=_place) for voice in voices]
    end_tick = max((voice[-1][0] for voice in voices if voice), default=0)
    tracks = [track_of_events(name.capitalize(), voice, end_tick) for name, voice in zip(VOICES, voices, strict=True)]
    data = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat, charset="utf-8", tracks=tracks).save(file=data)
    return data.getvalue()


def written_notes(notes: Iterable[VoiceNote]) -> list[list[VoiceNote]]:
    """The notes of each voice as they stand in a file; ValueError where one cannot."""
    return [_apart(voice) for voice in _by_voice(notes)]


def _tick(message: tuple[int, object]) -> int:
    return message[0]


def _place(message: _Written) -> tuple[int, int]:
    """Its tick, and its place among those of that tick."""
    tick, event = message
    if event.is_meta:
        return tick, 0
    return tick, {"note_off": 1, "note_on": 3}.get(event.type, 2)


def _message(event: VoiceEvent) -> Any:
    """What an event of a voice is to mido, on the voice's channel."""
    if event.data[0] == META:
        return mido.UnknownMetaMessage(event.data[1], list(meta_data(event.data)))
    return mido.Message.from_bytes(bytes((event.data[0] & 0xF0 | event.voice, *event.data[1:])))


def track_of_events(name: str, events: Iterable[_Written], end_tick: int) -> Any:
    """A track of mido's from events in the order of their ticks."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, message in [*events, (end_tick, mido.MetaMessage("end_of_track"))]:
        if not 0 <= tick - now <= LONGEST_DELTA_TICKS:
            raise ValueError(f"tick {tick} after tick {now} cannot be written: 0..{LONGEST_DELTA_TICKS} further on")
        message.time = tick - now
        track.append(message)
        now = tick
    return track


def conductor_events(
    tempos: Sequence[tuple[int, int]],
    metres: Sequence[tuple[int, int, int]],
    key: tuple[int, bool] | None,
    markers: Sequence[tuple[int, str]],
) -> list[_Written]:
    """What holds for all voices, as events in the order of their ticks."""
    events = [(int(tick), _time_signature(*metre)) for tick, *metre in _from_start(metres, (0, 4, 4))]
    if key is not None:
        events.append((0, _key_signature(*key)))
    for tick, beat_us in _from_start(tempos, (0, DEFAULT_BEAT_US)):
        if not 1 <= beat_us <= 0xFFFFFF:
            raise ValueError(f"a beat of {beat_us} us is outside 1..{0xFFFFFF}")
        events.append((int(tick), mido.MetaMessage("set_tempo", tempo=int(beat_us))))
    events += [(int(tick), mido.MetaMessage("marker", text=text)) for tick, text in markers]
    return sorted(events, key=_tick)


def _time_signature(numerator: int, denominator: int) -> Any:
    if not 1 <= numerator <= 255 or denominator not in (1, 2, 4, 8, 16, 32, 64):
        raise ValueError(f"time signature {numerator}/{denominator} cannot be written")
    click = max(1, 96 // denominator)  # MIDI clocks a metronome click: a beat of the denominator
    return mido.MetaMessage(
        "time_signature", numerator=int(numerator), denominator=int(denominator), clocks_per_click=click
    )


def _key_signature(sharps: int, minor: bool) -> Any:
    if not -7 <= sharps <= 7:
        raise ValueError(f"a key of {sharps} sharps is outside -7..7")
    return mido.MetaMessage.from_bytes([0xFF, 0x59, 2, int(sharps) % 256, int(minor)])  # as bytes: mido asks a name


def _from_start(changes: Sequence[FromTick], default: FromTick) -> list[FromTick]:
    """The changes, with a default before them where nothing is said at tick 0."""
    return [*([] if any(change[0] == 0 for change in changes) else [default]), *changes]


def _by_voice(notes: Iterable[VoiceNote]) -> list[list[VoiceNote]]:
    """The notes of each voice, checked and with plain integers."""
    voices: list[list[VoiceNote]] = [[] for _ in VOICES]
    for given in notes:
        note = VoiceNote(*map(int, given))
        if not (0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 and 0 <= note.start_tick < note.end_tick):
            raise ValueError(f"{note} cannot be written: pitch 0..127, velocity 1..127, start before end")
        if not 0 <= note.voice < len(VOICES):
            raise ValueError(f"voice {note.voice} is outside 0..{len(VOICES) - 1}")
        voices[note.voice].append(note)
    return voices


def _apart(notes: list[VoiceNote]) -> list[VoiceNote]:
    """No two notes of one pitch sound at once: the later strike ends the earlier one.

    Of notes that begin together the longest stays.
    """
    apart: list[VoiceNote] = []
    for note in sorted(notes, key=lambda note: (note.pitch, note.start_tick, -note.end_tick, -note.velocity)):
        before = apart[-1] if apart else None
        if before is not None and before.pitch == note.pitch and before.end_tick > note.start_tick:
            if before.start_tick == note.start_tick:
                continue
            apart[-1] = before._replace(end_tick=note.start_tick)
        apart.append(note)
    return apart


def note_events(notes: Iterable[VoiceNote], channel: int) -> list[_Written]:
    """Note-ons and note-offs; at one tick the offs come first."""
    events = []
    for note in notes:
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=64)
        events += [(note.start_tick, on), (note.end_tick, off)]
    return sorted(events, key=lambda event: (event[0], event[1].type == "note_on", event[1].note))
